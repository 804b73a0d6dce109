#!/bin/bash
# content.sh MARRAM: the library of useful content: what is wrong with it, what is in it, and what a customer would get ('marram content').
. "$(dirname "$0")/lib.sh"

export MARRAM_NOW=2026-04-10T10:00:00Z MARRAM_TODAY=2026-04-10
cat >content.yaml <<'Y'
- {id: descaling, title: Descaling in ten minutes, url: "https://hollowlane.example/descaling", kind: guide, language: en, products: [espresso machine], published: 2026-01-10, fresh_until: 2027-01-10}
- {id: grinding, title: How fine to grind, url: "https://hollowlane.example/grinding", language: en, tags: [beans]}
- {id: evening, title: An evening of tasting, url: "https://hollowlane.example/evening", kind: event, language: en, published: 2026-06-01}
- {id: old, title: The best of 2024, url: "https://hollowlane.example/old", language: en, fresh_until: 2025-01-01}
- {id: entkalken, title: Entkalken, url: "https://hollowlane.example/de", language: de}
- {id: pumps, title: Pumps, url: "https://hollowlane.example/pumps", language: en, products: [pump]}
Y
want "sound" 0 "content.yaml: 6 pieces, nothing wrong" content check content.yaml
run content check content.yaml --json
check "as JSON" "true 6" "$(jq -r '.[0] | "\(.sound) \(.pieces)"' .out)"
printf -- '- {id: a, title: A, url: "ftp://x", language: en}\n' >bad1.yaml
printf -- '- id: a\n  title: A\n  url: "https://x.example"\n' >bad2.yaml
printf -- '- {id: a, title: A, url: "https://x.example", language: en}\n- {id: a, title: B, url: "https://x.example", language: en}\n' >bad3.yaml
printf -- '- {id: a, title: A, url: "https://x.example", language: en, published: soon}\n' >bad4.yaml
printf 'a: b\n' >bad5.yaml
printf -- '- {id: a, titel: A, url: "https://x.example", language: en}\n' >bad6.yaml
refused "an address that is none" 3 "bad1.yaml:1: & url must begin with https" content check bad1.yaml
refused "no language" 3 "bad2.yaml:[12]: & needs language" content check bad2.yaml
refused "twice" 3 "bad3.yaml:2: & twice" content check bad3.yaml
refused "no day" 3 "bad4.yaml:1: & published" content check bad4.yaml
refused "no list" 3 "is a list of pieces" content check bad5.yaml
refused "a field misspelt" 3 "bad6.yaml:1: & titel" content check bad6.yaml
refused "no such file" 5 "cannot read nowhere.yaml" content check nowhere.yaml
run content check content.yaml bad1.yaml bad3.yaml --json
check "several: each, and the code of the wrong ones" "3 [true,false,false]" "$code $(jq -c '[.[].sound]' .out)"
check "by field" '["","url","id"]' "$(jq -c '[.[].field]' .out)"
want "check needs a file" 2 "check needs a FILE" content check
want "what" 2 "say what: check FILE, list or match ID" content
want "not that" 2 "'lsit' is none of check, list and match" content lsit

want "no library" 3 "delivery.content" content list
printf 'company: {name: Hollow Lane, language: en}\ndelivery: {content: content.yaml}\n' >marram.yaml
want "listed" 0 "descaling +guide +en +espresso machine +2027-01-10 & evening .*not out yet & old .*stale & 6 pieces; 2 of them are sent to nobody now" content list
run content list --json
check "as JSON, with what holds" '["","","not out yet","stale","",""]' "$(jq -c '[.[].state]' .out)"
run content list --json --at 2026-07-01T00:00:00Z
check "on another day" '["","","","stale","",""]' "$(jq -c '[.[].state]' .out)"
want "another file" 3 "url must begin" content list bad1.yaml
fits80 "the list" content list

run db init --db c.db
printf 'customer_id,name,email\nC-1,Ann Fox,ann@mail.example\n' >customers.csv
run import customers customers.csv --db c.db --yes --quiet
cat >events.ndjson <<'N'
{"customer":"C-1","kind":"order","at":"2026-01-05T10:00:00Z","id":"o1","amount":500,"currency":"EUR","body":{"product":"Espresso machine"}}
{"customer":"C-1","kind":"preference_changed","at":"2026-01-06T10:00:00Z","id":"p1","body":{"topic":"beans","wanted":true}}
N
run import events events.ndjson --db c.db --yes --quiet
want "what comes next, and why the others not" 0 "would be sent 'Descaling in ten minutes' .descaling. next, because of Espresso machine & entkalken .*another language & pumps .*bought none & old .*stale & evening .*not out yet & grinding .* 2 +because of beans" content match C-1 --db c.db
run content match C-1 --db c.db --json
check "as JSON" "descaling Espresso machine" "$(jq -r '"\(.next.id) \(.because)"' .out)"
check "what speaks against each" '["","","is not out yet","is stale","in another language than theirs","about products of which they have bought none"]' "$(jq -c '[.pieces[].why_not]' .out)"
printf '{"customer":"C-1","kind":"touch_out","at":"2026-03-01T10:00:00Z","id":"t1","body":{"channel":"email","content":"descaling"}}\n' >more.ndjson
run import events more.ndjson --db c.db --yes --quiet
run content match C-1 --db c.db --json
check "never twice" "grinding they had it already" "$(jq -r '"\(.next.id) \(.pieces[0].why_not)"' .out)"
printf '{"customer":"C-1","kind":"preference_changed","at":"2026-03-02T10:00:00Z","id":"p2","body":{"topic":"beans","wanted":false}}\n{"customer":"C-1","kind":"touch_out","at":"2026-03-02T10:00:00Z","id":"t2","body":{"channel":"email","content":"grinding"}}\n' >more.ndjson
run import events more.ndjson --db c.db --yes --quiet
want "nothing left" 0 "would be sent nothing" content match C-1 --db c.db
run content match C-1 --db c.db --json
check "of a topic the last word counts" '[]' "$(jq -c .topics .out)"
want "whom" 2 "match needs a customer's ID" content match --db c.db
want "nobody" 3 "no customer .C-9" content match C-9 --db c.db
fits80 "the match" content match C-1 --db c.db

finish
