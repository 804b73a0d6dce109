#!/bin/bash
# hooks.sh MARRAM: webhooks through a receiver that verifies signatures with code of its own, and that refuses, goes away, redirects and keeps silent; nothing is lost, every repetition has the
# same id, and what runs on private addresses is not asked unless it is allowed.
. "$(dirname "$0")/lib.sh"
server=
cleanup() { [ -z "$server" ] || kill "$server" 2>/dev/null; }
export HOOK=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw OTHER=whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD TWO="whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"${PYTHON3:-/usr/bin/python3}" "$source_dir/tests/deliver/hook_server.py" "$HOOK" >port &
server=$!
for _ in $(seq 100); do [ -s port ] && break; sleep .1; done
base=http://127.0.0.1:$(cut -d' ' -f2 port)
log() { curl -s "$base/log" >log.json; }
settings() { # LINE...: the webhooks
    printf 'delivery: {allow_private: %s, timeout_seconds: 1}\nwebhooks:\n' "${allow:-yes}" >marram.yaml
    for line in "$@"; do echo "  - {$line}" >>marram.yaml; done
}
hook() { printf 'name: %s, url: "%s%s", secret: "env:%s"' "$1" "$base" "$2" "${3:-HOOK}"; }
of() { "$marram" webhook list --db a.db --json | jq -r --arg n "$1" ".[] | select(.name == \$n) | $2"; }

run simulate --world "$source_dir/examples/worlds/reasons.yaml" --customers 40 --seed 5 --out w
export MARRAM_TODAY=2025-12-31
run db init --db a.db
run import events w/events.ndjson --db a.db --yes --quiet
run import customers w/customers.csv --db a.db --yes --quiet

# The settings.
settings "$(hook crm /signed/ok), kinds: [task.made]"
want "a kind that is none" 3 "marram.yaml:3.*task.made.*webhook kinds" tick --db a.db --at 2025-12-31T08:00:00Z
want "what there is" 0 "task.created & promise.overdue & message.sent & alarm.raised" webhook kinds
want "whose" 2 "needs the NAME" webhook test
settings "$(hook crm /signed/ok), kinds: [task.created, task.closed]" "$(hook rotated /signed/ok TWO), kinds: [promise.overdue]" "$(hook unset /ok NONE)" "$(hook gone /status/410), kinds: [task.created]"
want "no such one" 3 "no webhook 'crn'" webhook test crn
want "a test" 0 "crm took it" webhook test crm
want "of two secrets one is theirs" 0 "rotated took it" webhook test rotated
want "a secret that is not there" 3 "secret of webhook 'unset'" webhook test unset
want "not taken" 3 "did not take it: HTTP 410" webhook test gone
log
check "signed, whoever checks it" "true true" "$(jq -r '[.[] | select(.path == "/signed/ok") | .signed] | join(" ")' log.json)"
settings "$(hook crm /signed/ok OTHER)"
want "another secret is refused by them" 3 "HTTP 401" webhook test crm
log

# What happens is told, once, and not before there is somebody to be told.
settings "$(hook crm /signed/ok), kinds: [task.created, task.closed]" "$(hook rotated /signed/ok TWO), kinds: [promise.overdue]" "$(hook unset /ok NONE)" "$(hook gone /status/410), kinds: [task.created]"
want "a dry run tells nobody" 0 "nothing was written" tick --db a.db --at 2025-12-31T08:00:00Z --dry-run
log
check "nobody" 0 "$(jq length log.json)"
run tick --db a.db --at 2025-12-31T08:00:00Z --no-send
n=$("$marram" export action --db a.db | grep -c ',task,')
check "each task waits" "$n" "$(of crm .waiting)"
log
check "nothing was sent" 0 "$(jq length log.json)"
want "sent by tick, the rest unharmed by one without a secret" 0 "webhooks delivered & 'unset'.*NONE" tick --db a.db --at 2025-12-31T08:00:00Z
log
check "all of them" "$n" "$(jq '[.[] | select(.headers["webhook-id"] != null and .path == "/signed/ok" and (.body | fromjson | .type == "task.created"))] | length' log.json)"
check "all signed" true "$(jq '[.[] | select(.path == "/signed/ok") | .signed] | all' log.json)"
check "each with an id of its own" true "$(jq '[.[] | .headers["webhook-id"]] | (unique | length) == length' log.json)"
check "as many overdue promises" "$(jq '[.[] | .body | fromjson | select(.type == "task.created" and .data.programme == "promises" and .data.step == "apologise" )] | unique_by(.data.id) | length' log.json)" \
    "$(jq '[.[] | .body | fromjson | select(.type == "promise.overdue")] | length' log.json)"
check "410 ends it" "1 true 0" "$(jq '[.[] | select(.path == "/status/410")] | length' log.json) $(of gone .disabled) $(of gone .waiting)"
check "a second time nothing" 0 "$("$marram" webhook send --db a.db --at 2025-12-31T08:00:00Z --json | jq .delivered)"
id=$("$marram" task list --db a.db --json --limit 1 | jq -r '.[0].id')
run task done "$id" --by Kim --note "called; \"fine\"" --db a.db
want "a person's word is told" 0 "1 webhook delivered" webhook send --db a.db
log
check "who said so" "$id done Kim" "$(jq -r '.[] | .body | fromjson | select(.type == "task.closed") | .data | [.id, .state, .outcome.by] | join(" ")' log.json)"

# Tried again with the same id, later each time.
settings "$(hook crm /later/a)" "$(hook slow /slow)" "$(hook drop /drop)" "$(hook moved /redirect)" "$(hook wait /wait/7200)"
run webhook send --db a.db --at 2026-01-01T08:00:00Z
id=$("$marram" task list --db a.db --json --limit 1 | jq -r '.[0].id')
run task drop "$id" --by Kim --db a.db
log
now=$(date -u -d '+2 seconds' +%Y-%m-%dT%H:%M:%SZ)
later() { date -u -d "$now + $1" +%Y-%m-%dT%H:%M:%SZ; }
want "none is taken" 0 "0 webhooks delivered, 5 to be tried again" webhook send --db a.db --at "$now"
want "what became of it" 0 "1 attempt.*sent, but no answer" webhook list slow --db a.db
want "redirects are not followed" 0 "redirects are not followed" webhook list moved --db a.db
check "not yet" 0 "$("$marram" webhook send --db a.db --at "$(later '3 seconds')" --json | jq .due)"
want "then again, but not who asked for two hours" 0 "1 webhook delivered, 3 to be tried again" webhook send --db a.db --at "$(later '10 seconds')"
log
check "the same id each time" true "$(jq '[group_by(.path)[] | [.[] | .headers["webhook-id"]] | unique | length] | all(. == 1)' log.json)"
check "the time of each attempt" 2 "$(jq '[.[] | select(.path == "/later/a") | .headers["webhook-timestamp"]] | unique | length' log.json)"
check "two hours are respected" 1 "$(jq '[.[] | select(.path == "/wait/7200")] | length' log.json)"
check "nobody followed the redirect" 0 "$(jq '[.[] | select(.path == "/ok")] | length' log.json)"
for days in 1 2 3 4 5 6 7 8 9 10 11 12; do "$marram" webhook send --db a.db --at "$(later "$days days")" >/dev/null 2>&1; done
check "in the end it is given up" "0 1" "$(of drop .waiting) $(of drop .given_up)"
want "and kept, to be read" 0 "10 attempts" webhook list drop --state given-up --db a.db
want "tried again where a person says so" 0 "drop is on; 1 to be tried again" webhook enable drop --again --db a.db --at "$(later '12 days')"
run webhook send --db a.db --at "$(later '60 days')"
check "what is settled goes in the end" 0 "$(of crm .delivered)"

# Addresses of our own network, and who stands in the settings no more.
allow=no settings "name: inner, url: \"https://127.0.0.1:1/x\", secret: \"env:HOOK\"" "name: named, url: \"https://localhost:1/x\", secret: \"env:HOOK\""
want "refused by its address" 3 "127.0.0.1, which is this machine" webhook test inner
want "and by where its name leads" 3 "is this machine" webhook test named
run webhook send --db a.db --at "$now"
check "the old ones are gone" "inner named" "$("$marram" webhook list --db a.db --json | jq -r '[.[].name] | join(" ")')"
id=$("$marram" task list --db a.db --json --limit 1 | jq -r '.[0].id')
run task drop "$id" --by Kim --db a.db
want "said, and nothing is lost" 0 "named.*is disabled" webhook send --db a.db
check "it waits, or is kept" "1 1" "$(of inner .waiting) $(of named .given_up)"
rm marram.yaml
run tick --db a.db --at 2026-03-01T08:00:00Z --quiet
check "without a settings file nobody is forgotten" 2 "$("$marram" webhook list --db a.db --json | jq length)"

# Killed while it sends: nothing is lost, and what is sent twice has the same id.
settings "$(hook crm /signed/ok), kinds: [task.created, task.closed]"
cp a.db k.db
run webhook send --db k.db --at 2026-03-01T08:00:00Z
log
for id in $("$marram" task list --db k.db --json --limit 30 | jq -r '.[].id'); do "$marram" task drop "$id" --by Kim --db k.db >/dev/null; done
wanted=$("$marram" webhook list --db k.db --json | jq '.[0].waiting')
seed=${MARRAM_SEED:-1}
echo "hooks.sh: seed $seed"
RANDOM=$seed
for i in $(seq 1 12); do
    "$marram" webhook send --db k.db --at "$(later "$((i + 20)) days")" >/dev/null 2>&1 &
    victim=$!
    sleep 0.0$((RANDOM % 90 + 10))
    kill -9 $victim 2>/dev/null
    wait $victim 2>/dev/null
done
run webhook send --db k.db --at "$(later '50 days')"
log
check "each was told" "$wanted 0" "$(jq '[.[] | .headers["webhook-id"]] | unique | length' log.json) $("$marram" webhook list --db k.db --json | jq '.[0].waiting')"
check "there was something to tell" yes "$([ "$wanted" -gt 20 ] && echo yes)"
"$marram" webhook kinds --json | jq -r '.[] | "| `\(.kind)` | \(.when)"' >kinds
while read -r line; do holds "docs: $line" grep -qF -- "$line" "$source_dir/docs/webhooks.md"; done <kinds
finish
