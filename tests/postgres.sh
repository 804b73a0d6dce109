#!/bin/sh
# postgres.sh start STATE [fsync] | crash STATE | ctl STATE ARGUMENT... | stop STATE: a PostgreSQL of the tests' own, in a temporary folder, gone when they are done.
#
# STATE is a folder; STATE/url then holds the URL (database postgres, a superuser, over a Unix socket), STATE/tcp the same over TCP with a
# password. Where PostgreSQL is not installed, neither file is there, and the tests that need it skip. `fsync`: commits wait for the
# disk; without it they are quicker and a power cut would lose the database, which is what tests want.
# autovacuum is off: a vacuum that happens to look while a test erases would keep the erased rows a little longer (docs/ledger.md).
# POSTGRES_OPTIONS adds options of the server's; LD_PRELOAD reaches it. POSTGRES_DATA: an empty folder for its data, kept afterwards;
# POSTGRES_INITDB: options of initdb's. `ctl` is pg_ctl: restart -m immediate, stop -m fast, start.
# The server is stopped by its pid: by `stop`, by the next `start`, or by a watcher once the process that ran `start` is gone.
set -u
command=${1:-} state=${2:-} fsync=off
[ "${3:-}" = fsync ] && fsync=on
[ -n "$state" ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }

as_server() { # postgres refuses to run as root
    if [ "$(id -u)" = 0 ]; then
        user=postgres
        id "$user" >/dev/null 2>&1 || user=nobody
        setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups env HOME=/tmp "$@"
    else
        "$@"
    fi
}

stop() {
    [ -f "$state/folder" ] || return 0
    folder=$(cat "$state/folder")
    pid=$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)
    if [ -n "$pid" ] && kill -INT "$pid" 2>/dev/null; then # INT: fast shutdown
        n=0
        while kill -0 "$pid" 2>/dev/null && [ $n -lt 100 ]; do
            n=$((n + 1))
            sleep 0.1
        done
        kill -0 "$pid" 2>/dev/null && kill -QUIT "$pid" 2>/dev/null
    fi
    case $folder in /tmp/marram-pg.*) rm -rf "$folder" ;; esac
    rm -f "$state/folder" "$state/url" "$state/tcp" "$state/bin"
}

# On PATH, or the newest of Debian's folders.
find_bin() {
    if command -v initdb >/dev/null 2>&1; then dirname "$(command -v initdb)" && return; fi
    ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n | tail -n 1
}

start() {
    bin=$(find_bin)
    if [ -z "$bin" ] || [ ! -x "$bin/initdb" ]; then
        echo "no PostgreSQL here: tests on it will be skipped"
        return 0
    fi
    # Short: a socket's path has 107 bytes at most.
    folder=$(mktemp -d /tmp/marram-pg.XXXXXX) || return 1
    echo "$folder" >"$state/folder"
    echo "$bin" >"$state/bin"
    [ -z "${POSTGRES_DATA:-}" ] || ln -s "$POSTGRES_DATA" "$folder/data"
    password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
    echo "$password" >"$folder/password"
    [ "$(id -u)" = 0 ] && { id postgres >/dev/null 2>&1 && chown -R postgres "$folder" ${POSTGRES_DATA:-} || chown -R nobody "$folder" ${POSTGRES_DATA:-}; }
    cd "$folder" || return 1
    as_server "$bin/initdb" -D "$folder/data" -U marram -E UTF8 --locale=C --pwfile="$folder/password" \
        --auth-local=trust --auth-host=scram-sha-256 --no-sync ${POSTGRES_INITDB:-} >"$folder/initdb.log" 2>&1 ||
        { cat "$folder/initdb.log"; return 1; }
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
        # A free port by trial: the server says so itself when it is not.
        port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 40000))
        printf '%s\n' "port = $port" "unix_socket_directories = '$folder'" "listen_addresses = '127.0.0.1'" "fsync = $fsync" \
            "autovacuum = off" "max_connections = 100" "shared_buffers = 64MB" "max_wal_size = 4GB" >"$folder/data/postgresql.auto.conf"
        if as_server "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 -s -o "${POSTGRES_OPTIONS:-}" start >/dev/null 2>&1 </dev/null; then
            echo "postgresql://marram:$password@127.0.0.1:$port/postgres" >"$state/tcp"
            echo "postgresql://marram@/postgres?host=$folder&port=$port" >"$state/url"
            return 0
        fi
    done
    cat "$folder/log"
    return 1
}

# Down at once, as in a power cut; up again two seconds later.
crash() {
    folder=$(cat "$state/folder") && bin=$(cat "$state/bin") && cd "$folder" || return 1
    as_server "$bin/pg_ctl" -D "$folder/data" -w -s -m immediate stop || return 1
    sleep 2
    as_server "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 -s -o "${POSTGRES_OPTIONS:-}" start >/dev/null 2>&1 </dev/null
}

# Stops the server when ctest (or whoever ran us) is gone without having stopped it.
watch() {
    trap '' HUP INT
    while kill -0 "$1" 2>/dev/null && [ "$(cat "$state/folder" 2>/dev/null)" = "$2" ]; do sleep 1; done
    [ "$(cat "$state/folder" 2>/dev/null)" = "$2" ] && stop
}

case $command in
start)
    mkdir -p "$state" && state=$(cd "$state" && pwd) || exit 1
    stop
    start || { stop; exit 1; }
    # exec: a redirection of the call alone would leave ctest's pipe open in the shell, and ctest waits for its end.
    [ ! -f "$state/folder" ] || { exec >/dev/null 2>&1 </dev/null; watch "$PPID" "$(cat "$state/folder")"; } &
    ;;
crash) crash ;;
ctl)
    folder=$(cat "$state/folder") && bin=$(cat "$state/bin") && cd "$folder" || exit 1
    shift 2
    as_server "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 -s "$@" >/dev/null 2>&1 </dev/null
    ;;
stop) stop ;;
*) exit 2 ;;
esac
