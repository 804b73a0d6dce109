#!/bin/bash
# calendar.sh MARRAM: the feeds of people as a user meets them, read back by Debian's python3-icalendar.
. "$(dirname "$0")/lib.sh"
parse() { /usr/bin/python3 "$source_dir/tests/deliver/parse_calendar.py" "$1"; }

run simulate --world "$source_dir/examples/worlds/reasons.yaml" --customers 60 --seed 5 --out w
export MARRAM_NOW=2025-12-31T08:00:00Z MARRAM_TODAY=2025-12-31
run db init --db a.db
run import events w/events.ndjson --db a.db --yes --quiet
run import customers w/customers.csv --db a.db --yes --quiet
run tick --db a.db
run task list --db a.db --json --limit 100000
cp .out tasks.json
holds "there are tasks" jq -e 'length > 5' tasks.json
id=$(jq -r '.[0].id' tasks.json)
run task assign "$id" --to "Zoë O'Hara; x" --db a.db
run task list --db a.db --json --limit 100000
cp .out tasks.json

want "whose" 2 "say whose" calendar --out c --db a.db
want "whose, once" 2 "say whose" calendar --all --person A --out c --db a.db
want "where" 2 "say where" calendar --all --db a.db
want "a time" 2 "must be a time" calendar --all --out c --at noon --db a.db
want "no such folder above" 5 "cannot be made" calendar --all --out no/such/folder --db a.db
: >file
want "a file is no folder" 5 "file/" calendar --all --out file --db a.db
want "a dry run" 0 "would write c/zo" calendar --all --out c --dry-run --db a.db
check "writes nothing" no "$([ -e c ] && echo yes || echo no)"

run calendar --all --out c --json --db a.db
check "all" 0 "$code"
cp .out files.json
check "one file an owner" "$(jq -r '[.[].owner | select(. != "")] | unique | length' tasks.json)" "$(jq -s 'length' files.json)"
while IFS=$'\t' read -r person file n; do
    if /usr/bin/python3 -c 'import icalendar' 2>/dev/null; then
        check "$file holds the tasks of $person" "$(jq -c --arg p "$person" '[.[] | select(.owner == $p) | .id + "@marram"] | sort' tasks.json)" "$(parse "$file" | jq -c '[.events[].uid] | sort')"
        check "and its name" "Marram: $person" "$(parse "$file" | jq -r .name)"
    else
        skip "$file read back" "no python3-icalendar"
    fi
    check "as many as it said" "$n" "$(grep -c '^BEGIN:VEVENT' "$file")"
done < <(jq -r '[.person, .file, .tasks] | @tsv' files.json)
cp -r c before
run calendar --all --out c --db a.db
check "the same again" "" "$(diff -r c before)"
check "others may not read it" 0 "$(find c -perm /007 -type f | wc -l)"

# Once all is done the feed is emptied, and another's files stay as they are.
printf 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Other//EN\r\nEND:VCALENDAR\r\n' >c/other-0000000000000000.ics
cp c/other-0000000000000000.ics other
run task done "$id" --by Zoë --note "called" --db a.db
run calendar --all --out c --db a.db
check "emptied" 0 "$(grep -c '^BEGIN:VEVENT' c/zo-o-hara-x-*.ics)"
check "not ours, not touched" "" "$(diff c/other-0000000000000000.ics other)"
check "nothing half done lies there" "" "$(find c -name '*.part-*')"

printf 'people:\n  - name: Mara Adler\n    role: sales\n' >marram.yaml
want "of the settings' people, too" 0 "mara-adler.*0 tasks" calendar --all --out c --db a.db
want "one" 0 "d/mara-adler-.*: 0 tasks of Mara Adler" calendar --person "Mara Adler" --out d --db a.db
want "nobody of that name" 3 "nobody is called 'Mara Alder'" calendar --person "Mara Alder" --out d --db a.db

finish
