#!/bin/bash
# referrals.sh MARRAM: who recommended whom and what came of it ('marram referrals'), with the thanks that a tick drafts for it.
. "$(dirname "$0")/lib.sh"

export MARRAM_NOW=2026-04-10T10:00:00Z MARRAM_TODAY=2026-04-10
cat >marram.yaml <<'Y'
company: {name: Hollow Lane, address: 12 Hollow Lane, time_zone: Europe/Berlin}
delivery: {unsubscribe: no-more@hollowlane.example}
people: [{name: Sal, role: sales}]
Y
run db init --db r.db
want "nobody yet" 0 "Nobody has recommended us" referrals --db r.db
printf 'customer_id,name,email\nC-1,Ann Fox,ann@mail.example\nC-2,Bob Fox,bob@mail.example\nC-3,Cee Ltd,Cee.Ltd@mail.example\nC-4,Dee Ltd,dee@mail.example\nC-5,Twin,twin@mail.example\nC-6,Twin,twin@mail.example\n' >customers.csv
run import customers customers.csv --db r.db --yes --quiet
cat >events.ndjson <<'N'
{"customer":"C-1","kind":"order","at":"2026-01-05T10:00:00Z","id":"o1","amount":50,"currency":"EUR"}
{"customer":"C-1","kind":"consent_given","at":"2026-01-05T10:00:00Z","id":"g1","body":{"purpose":"marketing"}}
{"customer":"C-1","kind":"referral_asked","at":"2026-02-01T10:00:00Z","id":"a1","body":{"channel":"phone","who":"Sal"}}
{"customer":"C-1","kind":"referral_made","at":"2026-03-01T10:00:00Z","id":"m1","body":{"referred":"C-2"}}
{"customer":"C-1","kind":"referral_made","at":"2026-03-02T10:00:00Z","id":"m2","body":{"referred":"CEE.LTD@mail.example"}}
{"customer":"C-1","kind":"referral_made","at":"2026-03-03T10:00:00Z","id":"m3","body":{"referred":"C-4"}}
{"customer":"C-1","kind":"referral_made","at":"2026-03-04T10:00:00Z","id":"m4","body":{"referred":"my neighbour"}}
{"customer":"C-1","kind":"referral_made","at":"2026-03-05T10:00:00Z","id":"m5","body":{"referred":"twin@mail.example"}}
{"customer":"C-1","kind":"referral_made","at":"2026-03-06T10:00:00Z","id":"m6","body":{"referred":"C-2"}}
{"customer":"C-1","kind":"referral_made","at":"2026-03-06T11:00:00Z","id":"m7","body":{"referred":"C-1"}}
{"customer":"C-1","kind":"referral_made","at":"2026-03-07T11:00:00Z","id":"m8"}
{"customer":"C-2","kind":"order","at":"2026-04-01T10:00:00Z","id":"o2","amount":120,"currency":"EUR"}
{"customer":"C-2","kind":"order","at":"2026-04-02T10:00:00Z","id":"o3","amount":40,"currency":"USD"}
{"customer":"C-2","kind":"refund","at":"2026-04-03T10:00:00Z","id":"r1","amount":20,"currency":"EUR"}
{"customer":"C-3","kind":"contract_start","at":"2026-04-02T10:00:00Z","id":"k1","subject":"K-1","amount":99,"currency":"EUR","body":{"period_months":1}}
{"customer":"C-4","kind":"order","at":"2026-01-02T10:00:00Z","id":"o4","amount":70,"currency":"EUR"}
{"customer":"C-4","kind":"referral_made","at":"2026-01-10T10:00:00Z","id":"m9","body":{"referred":"C-9"}}
N
run import events events.ndjson --db r.db --yes --quiet
check "imported" 0 "$code"

want "as a table" 0 "Ann Fox +Bob Fox +2026-02-01 +2026-03-01 +2026-04-01 +100.00 EUR, 40.00 USD & Cee Ltd .*2026-04-02 +1 contract & Dee Ltd .*customer before & neighbour .*not yet & several are called that & 2 customers recommended us to 7; 2 of these" referrals --db r.db
run referrals --db r.db --json
cp .out all.json
check "who last first" '["C-1","C-4"]' "$(jq -c '[.recommenders[].customer]' all.json)"
check "each once, in order" '["C-2","CEE.LTD@mail.example","C-4","my neighbour","twin@mail.example",""]' "$(jq -c '[.recommenders[0].referrals[].referred]' all.json)"
check "what came of them" '["customer","customer","customer before","not yet","several are called that","not yet"]' "$(jq -c '[.recommenders[0].referrals[].state]' all.json)"
check "what they brought" '[{"currency":"EUR","amount":"100.00"},{"currency":"USD","amount":"40.00"}] 2' "$(jq -r '.recommenders[0].referrals[0] | "\(.brought | tojson) \(.orders)"' all.json)"
check "who was one before has brought nothing" '[]' "$(jq -c '.recommenders[0].referrals[2].brought' all.json)"
run referrals --db r.db --json --at 2026-03-10T10:00:00Z
check "as it was then" "0 null" "$(jq -r '"\(.became_customers) \(.recommenders[0].referrals[0].customer_since)"' .out)"
run referrals --db r.db --json --limit 1
check "the latest alone" "1 true" "$(jq -r '"\(.recommenders | length) \(.more)"' .out)"
want "and says that there are more" 0 "limit shows more" referrals --db r.db --limit 1
run referrals --db r.db --json --customer C-4
check "of one" '["C-9"]' "$(jq -c '[.recommenders[].referrals[].referred]' .out)"
want "of one who did not" 0 "They have recommended us to nobody" referrals --db r.db --customer C-3
want "nobody of that name" 3 "no customer .C-9" referrals --db r.db --customer C-9
want "a word too many" 2 "one argument too many" referrals C-1 --db r.db
want "a limit" 2 "limit" referrals --limit x --db r.db
fits80 "the table" referrals --db r.db

# Thanks: a draft each, that does not say whom; the second tick makes none.
run tick --db r.db --at 2026-04-10T10:00:00Z
run task list --db r.db --drafts --json --programme delight
check "a draft for each who came" 2 "$(jq '[.[] | select(.step == "referral_thanks" and .customer == "C-1")] | length' .out)"
check "whom they brought is nowhere in it" 0 "$(jq -c '[.[] | select(.step == "referral_thanks")]' .out | grep -c 'Bob\|C-2\|Cee\|CEE')"
run tick --db r.db --at 2026-04-11T10:00:00Z
run task list --db r.db --drafts --json --programme delight
check "once" 2 "$(jq '[.[] | select(.step == "referral_thanks")] | length' .out)"
run template preview delight/referral-thanks --customer C-1 --db r.db
check "its words" 0 "$code"

run db check --db r.db
check "sound" 0 "$code"
# By an index of these events alone, never a scan.
plan=$(sqlite3 r.db "EXPLAIN QUERY PLAN SELECT customer_id, MAX(at_us) FROM event WHERE kind = 39 AND at_us <= 9 GROUP BY customer_id" 2>/dev/null) || plan=
if [ -n "$plan" ]; then holds "by its index" grep -q event_referral <<<"$plan"; else skip "by its index" "no sqlite3"; fi

finish
