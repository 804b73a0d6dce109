#!/bin/bash
# world.sh MARRAM: described worlds on the command line, and the way from there into a ledger. Prints the lines tools/test counts.
# shellcheck disable=SC1091
. "$(dirname "$0")/lib.sh"
worlds=$source_dir/examples/worlds

# What is wrong is said with file, line and the way out, and nothing is written.
cat >bad.yaml <<'YAML'
mode: contracts
moments:
  - {clock: days_to_renewl, at: 0, ratio: 2}
YAML
refused "a clock with a slip" 3 "bad.yaml:3: clock: 'days_to_renewl' is not known; did you mean 'days_to_renewal'" simulate --world bad.yaml --out out
refused "no such file" 5 "nowhere.yaml: No such file" simulate --world nowhere.yaml
refused "a folder" 5 "a-folder" simulate --world /a-folder/none.yaml
refused "no value" 2 "--world needs a value" simulate --world
refused "what the shop has" 2 "--regular is for the shop; what a world is like stands in bad.yaml" simulate --world bad.yaml --regular 0.5
refused "too many" 2 "at most 10000000 customers" simulate --world bad.yaml --customers 10000001 --out out
printf 'customers: 5\n\0' >nul.yaml
want "a NUL is no YAML" 3 "nul.yaml" simulate --world nul.yaml --out out
check "and nothing is there" no "$([ -e out ] && echo yes || echo no)"

# Each example is written, and all of it can be imported as it is.
for file in "$worlds"/*.yaml; do
    name=$(basename "$file" .yaml)
    want "$name is simulated" 0 "events of 120 customers; .* left .*expected" simulate --world "$file" --customers 120 --out "$name"
    check "$name: a line a customer" "121 121" "$(wc -l <"$name/truth.csv") $(wc -l <"$name/customers.csv")"
    run db init --db "$name.db"
    want "$name: customers are imported" 0 "120  customers" import customers "$name/customers.csv" --db "$name.db" --yes
    want "$name: events are imported" 0 "120  customers touched" import events "$name/events.ndjson" --db "$name.db" --yes
    check "$name: nothing is odd" 0 "$(cat "$work/.out" "$work/.err" | grep -cE 'odd|reject|type|kept although')"
    lines=$(sort "$name/events.ndjson" | uniq | wc -l)
    check "$name: each event once" "$lines" "$(sed -n 's/^ *\([0-9,]*\)  events added.*/\1/p' "$work/.out" "$work/.err" | tr -d ,)"
    rm -f "$name.db"*
done

terms=$(grep -cE "\"kind\":\"contract_(start|renew)\"" renewal/events.ndjson)
want "contracts of their own, a line a term" 0 "$terms  contracts" import contracts renewal/contracts.csv --dry-run --db x.db
want "orders for the main job" 0 "Report: rep/report.html" run orders-day-30/orders.csv --out rep

# The same world, the same bytes; another seed, others.
run simulate --world "$worlds/messy.yaml" --customers 300 --threads 1 --out one
run simulate --world "$worlds/messy.yaml" --customers 300 --threads 3 --out three
for file in events.ndjson customers.csv contracts.csv truth.csv; do same "$file is the same for any threads" "one/$file" "three/$file"; done
run simulate --world "$worlds/messy.yaml" --customers 300 --seed 2 --out two
check "another seed is another world" differ "$(cmp -s one/truth.csv two/truth.csv && echo same || echo differ)"
check "no other files" "contracts.csv customers.csv events.ndjson truth.csv" "$(find one -type f -printf '%f\n' | sort | tr '\n' ' ' | sed 's/ $//')"
check "some lines stand there twice" yes "$([ "$(sort one/events.ndjson | uniq -d | wc -l)" -gt 50 ] && echo yes)"

want "JSON" 0 '"customers":120,"events":[0-9]+.*"mode":"contracts"' simulate --world "$worlds/reasons.yaml" --customers 120 --json --out js
run simulate --world "$worlds/reasons.yaml" --customers 120 --json --out js
check "JSON agrees with the truth" "$(awk -F, '$3 == 1' js/truth.csv | wc -l)" "$(number "$work/.out" .left)"
check "and its seed is the file's" 1 "$(number "$work/.out" .seed)"

# A full disk leaves nothing.
(ulimit -f 1; "$marram" simulate --world "$worlds/none.yaml" --out full >"$work/.out" 2>"$work/.err"; echo $? >code.txt)
check "a full disk is exit 5" 5 "$(cat code.txt)"
check "and leaves nothing" no "$([ -e full ] && echo yes || echo no)"
finish
