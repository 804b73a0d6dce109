#!/bin/sh
# sql.sh SOURCE WORK CC: every SQL text of src/ledger keeps the dialect of docs/ledger.md, and touches one shard (it names its customer) or is
# listed in docs/scale.md as one that does not. The list of statements is left in WORK/statements for tests/ledger/statements.c.
set -u
source=$1 work=$2 cc=$3
. "$source/tests/layering/lib.sh"
rm -rf "$work"
mkdir -p "$work"

includes="-I$source/include"
for room in base math history model reason decide ingest db ledger; do includes="$includes -I$source/src/$room"; done
statements() { # of the C files given
    for file in "$@"; do "$cc" -E -P -D_GNU_SOURCE $includes "$file"; done | perl "$source/tests/layering/statements.pl" | LC_ALL=C sort -u
}

# What would mean one thing on SQLite and another on PostgreSQL, or runs on one alone.
forbidden='::|\bI?LIKE\b|\b(UPPER|LOWER|ROUND|GREATEST|LEAST|IFNULL|NVL|NOW|STRFTIME|DATE|RANDOM|GROUP_CONCAT|STRING_AGG)\(|CURRENT_|->|\bUSING\b|\bLATERAL\b|DISTINCT ON|FOR (UPDATE|SHARE)|^WITH|\bOVER\b|INSERT OR|REPLACE INTO|\bGLOB\b|(^|[^T])\(SUM|[^(]SUM\(|\?[0-9]*'
dialect() { ! grep -nE "$forbidden" "$1"; }

tables=$(sed -n 's/^TABLE(\([a-z_]*\), PER_CUSTOMER.*/\1/p' "$source/src/db/tables.def" | paste -sd'|')
# Statements on per-customer tables that name no customer.
many_shards() {
    grep -E "(FROM|JOIN|INTO|UPDATE) ($tables)\b" "$1" |
        grep -vE '\b(customer_id|ref) = \$[0-9]|^INSERT INTO [a-z_]+ \((customer_id|ref), .*VALUES \(\$1,'
}
listed() { # every one of them stands in docs/scale.md
    many_shards "$1" >"$work/many"
    listed_all=0
    while read -r statement; do grep -qF -- "\`$statement\`" "$2" || { echo "not in $2: $statement"; listed_all=1; }; done <"$work/many"
    return $listed_all
}

statements "$source"/src/ledger/*.c >"$work/statements"
check "there are statements" test "$(wc -l <"$work/statements")" -ge 30
check "the dialect" dialect "$work/statements"
check "one customer, or listed" listed "$work/statements" "$source/docs/scale.md"

# Each of these is wrong in its own way and must be caught.
while read -r wrong; do
    echo "const char *s = \"$wrong\";" >"$work/wrong.c"
    statements "$work/wrong.c" >"$work/wrong"
    refuses "dialect: $wrong" dialect "$work/wrong"
done <<'END'
SELECT CAST($1 AS TEXT)::BIGINT FROM event WHERE customer_id = $1
SELECT LOWER(name) FROM customer WHERE customer_id = $1
SELECT SUM(amount_minor) FROM event WHERE customer_id = $1
SELECT name FROM customer WHERE customer_id = $1 FOR UPDATE
SELECT name FROM customer WHERE name LIKE 'a%'
INSERT OR IGNORE INTO cycle (customer_id) VALUES ($1)
SELECT id FROM event WHERE customer_id = ?1
END
while read -r wrong; do
    echo "const char *s = \"$wrong\";" >"$work/wrong.c"
    statements "$work/wrong.c" >"$work/wrong"
    refuses "shards: $wrong" listed "$work/wrong" "$source/docs/scale.md"
done <<'END'
UPDATE event SET kind = 0 WHERE id = $1
SELECT CAST(COUNT(*) AS BIGINT) FROM survey
DELETE FROM forecast WHERE model_id = $1
END
refuses "a statement over two lines is one" sh -c "printf 'const char *s = \"SELECT id \"\n \"FROM event\";' | perl '$source/tests/layering/statements.pl' | grep -qx 'SELECT id'"
summary
