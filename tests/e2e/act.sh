#!/bin/bash
# act.sh MARRAM POSTGRES: acting as a user meets it: settings, learn, tick, drafts and tasks, the gate; what is wrong, and a tick that is killed.
. "$(dirname "$0")/lib.sh"

# Settings: the file that is written is the defaults, and nothing is wrong with it.
run config init
check "init writes" 0 "$code"
want "not over one that is there" 3 "is there already" config init
want "sound" 0 "nothing is wrong" config check marram.yaml
run config show --json
cp .out given.json
rm marram.yaml
run config show --json
check "it says what holds without it" "$(jq -S 'map_values(map_values(.value))' .out)" "$(jq -S 'map_values(map_values(.value))' given.json)"
printf 'contact:\n  calls: many\n  emial: 3\nfollow_up:\n\tmode: off\n' >bad.yaml
want "a tab is no YAML" 3 "bad.yaml:5" config check bad.yaml
printf 'contact:\n  calls: many\n  emials: 3\nfollow_up:\n  mode: maybe\n  effect: 2\nfollowup:\n  x: 1\ncompany:\n  time_zone: Mars/Olympus\n  hours: 9 to 5\n' >bad.yaml
want "all that is wrong, by line" 3 "bad.yaml:2.*'many' is no number & bad.yaml:3.*did you mean 'emails' & bad.yaml:5.*off.propose.automatic & bad.yaml:6.*0 to 1 & bad.yaml:7.*did you mean 'follow_up' & bad.yaml:11.*hours & Mars/Olympus & 7 things" config check bad.yaml
want "and as JSON" 3 '"sound": false' config check bad.yaml --json
want "nothing is done with such settings" 3 "nothing was done" tick --db a.db --settings bad.yaml
want "no such file" 5 "cannot read" config check no.yaml
: >empty.yaml
want "an empty file is the defaults" 0 "nothing is wrong" config check empty.yaml
head -c 3000000 /dev/zero | tr '\0' 'a' >huge.yaml
want "data are no settings" 3 "more than 1 MB" config check huge.yaml

# A shop of contracts with reasons; Ann has an address and consents, Bob does neither.
run simulate --world "$source_dir/examples/worlds/reasons.yaml" --customers 120 --seed 5 --out w
export MARRAM_NOW=2025-12-31T08:00:00Z MARRAM_TODAY=2025-12-31
run db init --db a.db
run import events w/events.ndjson --db a.db --yes --quiet
run import customers w/customers.csv --db a.db --yes --quiet
want "learn" 0 "Learnt from what was known by 2025-12-31" learn --db a.db
run tick --db a.db --dry-run --json
first=$(jq .made .out)
check "a dry run writes nothing" 0 "$(run task list --db a.db --all --json --limit 100000; jq length .out)"
want "the first tick" 0 "first tick of this ledger & 120 customers looked at" tick --db a.db
check "it made what the dry run said" "$(run task list --db a.db --all --json --limit 100000; jq length .out)" "$(run tick --db a.db --dry-run --json; jq -n "$first - ([inputs] | 0)")"
want "a second one changes nothing" 0 "^0 customers looked at: 0 new, 0 no longer wanted" tick --db a.db
want "tasks" 0 "in all" task list --db a.db
want "status counts what there is to do" 0 "To do & open tasks: marram task list" db status --db a.db
run task list --db a.db --json --limit 1
id=$(jq -r '.[0].id' .out) owner=$(jq -r '.[0].owner' .out)
holds "a task says who, why and what" jq -e '.[0] | (.owner | length > 0) and (.document.why | length > 0) and .kind == "task"' .out
want "show" 0 "^why  & assumption" task show "${id:0:6}" --db a.db
want "assigned" 0 "assigned" task assign "$id" --to "Kit Moss" --db a.db
want "hers no longer" 0 "Kit Moss" task list --db a.db --owner "Kit Moss"
want "put off" 0 "put off" task snooze "$id" --until 2026-02-01 --db a.db
want "done, and recorded" 0 "is done" task done "$id" --db a.db --by "Kit Moss" --note "called"
want "once" 3 "is done already" task done "$id" --db a.db
want "no such task" 3 "no task or message" task done 7fffffff --db a.db
want "no id" 3 "no task's or message's id" task done xyz --db a.db
want "usage" 2 "say what" task --db a.db
want "what was decided is looked at" 0 "^1 customer looked at: 0 new" tick --db a.db
want "a customer by themselves" 0 "1 customer looked at" tick --db a.db --customer W000007 --dry-run
want "nobody of that name" 3 "nobody has the identifier|no customer" tick --db a.db --customer nobody
want "a time that is none" 2 "must be a time" tick --db a.db --at yesterday

# Following what happens: an overdue promise, then kept.
printf '%s\n' '{"customer":"ann","kind":"order","at":"2025-12-01T10:00:00Z","id":"o1","amount":50,"currency":"EUR"}' \
    '{"customer":"ann","kind":"promise_made","at":"2025-12-10T10:00:00Z","id":"p1","subject":"P-1","body":{"what":"a loan machine","due":"2025-12-20T10:00:00Z"}}' >ann.ndjson
run import events ann.ndjson --db a.db --yes --quiet
want "what came in is looked at" 0 "^1 customer looked at" tick --db a.db
want "an apology plan" 0 "A promise is overdue: a loan machine" task list --db a.db --customer ann

# Money that nobody can add stops nobody.
printf '%s\n' '{"customer":"two","kind":"order","at":"2025-12-01T10:00:00Z","id":"e","amount":5,"currency":"EUR"}' \
    '{"customer":"two","kind":"order","at":"2025-12-02T10:00:00Z","id":"u","amount":5,"currency":"USD"}' >two.ndjson
run import events two.ndjson --db a.db --yes --quiet
want "two currencies" 0 "^1 customer looked at" tick --db a.db

# The gate.
want "the gate explains" 0 "an e-mail|no address" gate ann --purpose marketing --db a.db
want "as JSON" 0 '"verdict": "no"' gate ann --purpose marketing --channel email --db a.db --json
want "a purpose there is not" 2 "must be reply, legal, service or marketing" gate ann --purpose fun --db a.db
want "a contact they have not" 3 "have no contact" gate ann --purpose service --contact zed --db a.db

# An objection takes them out of score, ranking, training and plan; consent given later brings them back.
run simulate --customers 300 --seed 3 --out s
run db init --db o.db
run import orders s/orders.csv --db o.db --yes --quiet
run score --db o.db --quiet
who=$(run export forecast --db o.db --by-risk; sed -n 2p .out | cut -d, -f1)
printf '{"customer":"%s","kind":"consent_withdrawn","at":"2025-12-30T10:00:00Z","id":"x1","body":{"purpose":"profiling"}}\n' "$who" >object.ndjson
run import events object.ndjson --db o.db --yes --quiet
run export forecast --db o.db --by-risk
check "not ranked any more, even before the next score" 0 "$(cut -d, -f1 .out | grep -cx -- "$who")"
run score --db o.db --quiet
run export forecast --db o.db
check "no forecast of who objected" 0 "$(cut -d, -f1 .out | grep -cx -- "$who")"
check "but of everybody else" 299 "$(tail -n +2 .out | wc -l)"
run train --db o.db --quiet
run predict --db o.db
check "nor a chance of leaving" 0 "$(cut -d, -f1 .out | grep -cx -- "$who")"
run tick --db o.db --customer "$who" --dry-run --json
check "nor anything of our own accord" 0 "$(jq '[.looks[].actions[] | select(.programme == "follow_up" or .programme == "preferences" or .programme == "delight")] | length' .out)"
printf '{"customer":"%s","kind":"consent_given","at":"2025-12-31T07:00:00Z","id":"x2","body":{"purpose":"profiling"}}\n' "$who" >again.ndjson
run import events again.ndjson --db o.db --yes --quiet
run score --db o.db --quiet
run export forecast --db o.db
check "until they consent again" 1 "$(cut -d, -f1 .out | grep -cx -- "$who")"

# Killed again and again, it comes to the same as at one go.
for db in whole.db killed.db; do
    run db init --db $db --key 000102030405060708090a0b0c0d0e0f
    run import events w/events.ndjson --db $db --yes --quiet
    run import customers w/customers.csv --db $db --yes --quiet
done
run tick --db whole.db
for delay in .004 .008 .012 .016 .02 .03 .05; do
    { timeout -s KILL $delay "$marram" tick --db killed.db; } >/dev/null 2>&1
done
run tick --db killed.db
for db in whole.db killed.db; do
    run task list --db $db --all --json --limit 100000
    jq -S 'map({id, customer, step, state, due, owner, what})' .out >$db.json
done
same "a killed tick goes on" whole.db.json killed.db.json
want "the ledger is sound" 0 "sound|nothing" db check --db killed.db
finish
