#!/bin/sh
# cluster.sh STATE start | PROGRAM [ARGUMENT ...]: runs a test program of the ledger on the stand-in for Citus (cluster.sql), in a database of
# the PostgreSQL that postgres.sh started with STATE. `start` makes the database. Against a real cluster instead: MARRAM_TEST_CITUS=URL ctest.
set -u
state=$1
shift
[ -f "$state/url" ] || { echo "no PostgreSQL here: tests on it will be skipped"; [ "$1" = start ] && exit 0; exec "$@"; }
url=$(cat "$state/url")
host=$(printf '%s' "$url" | sed 's/.*host=\([^&]*\).*/\1/') port=$(printf '%s' "$url" | sed 's/.*port=\([0-9]*\).*/\1/')
cluster=$(printf '%s' "$url" | sed 's|/postgres?|/cluster?|')
if [ "$1" = start ]; then
    psql=$(cat "$state/bin")/psql
    [ -x "$psql" ] || psql=psql
    "$psql" -q -v ON_ERROR_STOP=1 "$url" -c "CREATE DATABASE cluster TEMPLATE template0" || exit 1
    exec "$psql" -q -v ON_ERROR_STOP=1 -v host="$host" -v port="$port" -f "$(dirname "$0")/cluster.sql" "$cluster"
fi
MARRAM_TEST_CITUS=${MARRAM_TEST_CITUS:-$cluster} exec "$@"
