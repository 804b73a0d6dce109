#!/bin/bash
# next_sale.sh MARRAM: suggestions of what is bought next, from files to the outbox; and silence where they are no better than bestsellers.
. "$(dirname "$0")/lib.sh"
export MARRAM_NOW=2025-12-31T10:00:00Z MARRAM_TODAY=2025-12-31

shop() { # NAME WORLD CUSTOMERS: a ledger NAME.db, everybody with an address
    run simulate --world "$2" --customers "$3" --seed 7 --out "$1"
    run db init --db "$1.db" --key 000102030405060708090a0b0c0d0e0f
    run import events "$1/events.ndjson" --db "$1.db" --yes --quiet
    awk -F, 'NR == 1 {print "customer,name,email"} NR > 1 {print $1 ",Firm " $1 "," tolower($1) "@example.com"}' "$1/customers.csv" >"$1.csv"
    run import customers "$1.csv" --db "$1.db" --yes --quiet
}

# Planted following is found; it goes into messages with its reason.
shop planted "$source_dir/examples/worlds/products.yaml" 900
cat >marram.yaml <<'END'
company: {name: Hollow Lane, address: 12 Hollow Lane, from_email: hello@hollowlane.example}
contact: {consent: unless_withdrawn}
delivery: {unsubscribe: no-more@hollowlane.example}
follow_up: {mode: off}
delight: {mode: off}
preferences: {mode: off}
END
want "nothing learnt, nothing suggested" 0 "Nothing is learnt" tick --db planted.db --dry-run
check "none" 0 "$(run tick --db planted.db --dry-run --json; jq '[.looks[].actions[] | select(.programme == "next_sale")] | length' .out)"
want "learn says how it fared" 0 "Next sale: of [0-9]+ customers who ordered again after 2025 & three bestsellers +[0-9.]+ % \([0-9.]+ to [0-9.]+\) & points on bestsellers.*suggestions are made" learn --db planted.db
run learn --db planted.db --until 2025-12-01 --json
run learn --db planted.db --json --threads 3
cp .out three.json
run learn --db planted.db --json --threads 1
same "for any threads" .out three.json
holds "as JSON" jq -e '.next_sale | .verdict == "acts" and .cases > 300 and .ours.rate > .bestsellers.rate and .gain.low > 0 and (.cut < .until)' .out
check "the last one alone is kept" 1 "$(run export model --db planted.db 2>/dev/null; tail -n +2 .out | grep -c next_sale)"
want "no model of buying" 0 "." models stored --db planted.db
check "nor listed among those" 0 "$(grep -c next_sale .out)"
want "first tick" 0 "900 customers looked at" tick --db planted.db --no-send
run task list --db planted.db --drafts --programme next_sale --json --limit 1000
n=$(jq length .out)
holds "drafts, as programmes begin by proposing" test "$n" -gt 10
holds "each with its reason and the order it rests on" jq -e 'all(.[]; (.document.why | any(test("^Of [0-9]+ customers who bought item [0-9]+ and ordered again, [0-9]+ bought item [0-9]+ next, half of them within [0-9]+ days"))) and (.document.evidence | length == 1))' .out
id=$(jq -r '.[0].id' .out) who=$(jq -r '.[0].customer' .out) what=$(jq -r '.[0].document.values.suggestion' .out)
check "none has it already" 0 "$(jq -r '.[] | .customer + "," + .document.values.suggestion' .out | while IFS=, read -r c p; do grep -c "^$c,.*,$p\$" planted/orders.csv; done | grep -vc '^0$')"
want "show" 0 "$what & next, half of them within" task show "$id" --db planted.db
want "approved" 0 "." task approve "$id" --db planted.db --by Mara
want "a second tick sends it" 0 "1 into the outbox" tick --db planted.db --no-send
run outbox list --db planted.db --json
want "the words" 0 "A suggestion: $what & Why we think of you" outbox show "$(jq -r '.[0].id' .out)" --db planted.db
want "a third changes nothing" 0 "^0 customers looked at" tick --db planted.db --no-send

# An order ends a draft; an objection, too.
run task list --db planted.db --drafts --programme next_sale --json --limit 1000
two=$(jq -r '.[0].customer' .out) three=$(jq -r '.[1].customer' .out)
printf '%s\n' "{\"customer\":\"$two\",\"kind\":\"order\",\"at\":\"2025-12-31T09:30:00Z\",\"id\":\"x1\",\"amount\":5,\"currency\":\"EUR\",\"body\":{\"product\":\"item 001\"}}" \
    "{\"customer\":\"$three\",\"kind\":\"consent_withdrawn\",\"at\":\"2025-12-31T09:31:00Z\",\"id\":\"x2\",\"body\":{\"purpose\":\"marketing\"}}" >more.ndjson
run import events more.ndjson --db planted.db --yes --quiet
want "both lapse" 0 "2 no longer wanted" tick --db planted.db --no-send

# Where nothing follows from anything it says so, and is silent.
shop none "$source_dir/bench/worlds/products-independent.yaml" 900
want "no better" 0 "no better than bestsellers, so nothing is suggested" learn --db none.db
holds "as JSON" jq -e '.next_sale | .verdict == "no_better" and .gain.low <= 0' <(run learn --db none.db --json; cat .out)
run tick --db none.db --no-send
check "silent" 0 "$(run task list --db none.db --all --programme next_sale --json; jq length .out)"

# Orders without products; and too few.
printf 'customer,date,amount\n' >plain.csv
for i in $(seq 1 120); do printf 'c%s,2025-%02d-01,10\nc%s,2025-%02d-20,10\n' $i $((i % 9 + 1)) $i $((i % 9 + 3)); done >>plain.csv
run db init --db plain.db
run import orders plain.csv --db plain.db --yes --quiet
want "no products" 0 "no order names a product" learn --db plain.db
want "and a tick runs" 0 "120 customers looked at" tick --db plain.db --no-send
sed '1s/$/,product/; 2,$s/$/,beans/' plain.csv | head -40 >few.csv
run db init --db few.db
run import orders few.csv --db few.db --yes --quiet
want "too few" 0 "50 are needed" learn --db few.db

# Worlds that cannot be.
printf 'mode: orders\norders: {products: {catalogue: 1}}\n' >bad.yaml
want "a catalogue of one" 3 "bad.yaml:2.*catalogue" simulate --world bad.yaml --out never
printf 'mode: orders\norders: {products: {follows: 0.7, repeats: 0.7}}\n' >bad.yaml
want "more than all" 3 "bad.yaml:2.*add up to more than 1" simulate --world bad.yaml --out never
finish
