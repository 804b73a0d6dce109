#!/bin/bash
# letter.sh MARRAM: letters on paper: who left is written to, a person approves what is written, a batch is printed, other programs read it; what cannot be printed is kept and said; killed in the midst of it nothing goes twice.
. "$(dirname "$0")/lib.sh"

export MARRAM_NOW=2026-02-05T10:00:00Z MARRAM_TODAY=2026-02-05
cat >marram.yaml <<'Y'
company: {name: Hollow Lane, address: "12 Hollow Lane, Bristol BS1 4QA", time_zone: Europe/Berlin, from_email: hello@hollowlane.example}
delivery: {unsubscribe: no-more@hollowlane.example}
people: [{name: Sal Adler, role: sales, phone: "+44 117 496 0123"}, {name: Ops, role: operations}, {name: Sen, role: senior}]
follow_up: {mode: off}
preferences: {mode: off}
delight: {mode: off}
two_parents: {mode: off}
win_back: {letter_from: 100}
letters: {form: din5008, place: Bristol, link: "https://hollowlane.example/hello"}
strategic: [P-1, P-2, P-3, P-4, P-5, P-6]
Y
run db init --db w.db --key 000102030405060708090a0b0c0d0e0f
check "made" 0 "$code"
cat >customers.csv <<'C'
customer_id,name,email,address,locale
P-1,Ruth Okafor,p1@mail.example,"Hafenstraße 5, 20359 Hamburg",de
P-2,Αλεξάνδρα Παπαδοπούλου,p2@mail.example,"Οδός Ερμού 12, 105 63 Αθήνα",en
P-3,ليلى منصور,p3@mail.example,"شارع النيل, القاهرة",en
P-4,Nowhere,p4@mail.example,,en
P-5,Ann 􏿽,p5@mail.example,"Lane 5, Bristol",en
P-6,Long,p6@mail.example,"One, two, three, four, five, six, seven, eight, nine, ten, eleven",en
C
run import customers customers.csv --db w.db --yes --quiet
check "customers are in" 0 "$code"
n=0
event() { # CUSTOMER KIND AT BODY [REST]
    n=$((n + 1))
    echo "{\"customer\":\"$1\",\"kind\":\"$2\",\"at\":\"$3T10:00:00Z\",\"id\":\"e$n\",\"body\":$4${5-}}"
}
{
    for c in P-1 P-2 P-3 P-4 P-5 P-6; do
        event "$c" consent_given 2025-06-01 '{"purpose":"marketing"}'
        for m in 06 08 10 12; do event "$c" order "2025-$m-10" '{"product":"beans 1 kg"}' ',"amount":150,"currency":"EUR"'; done
    done
    event P-1 case_open 2025-12-12 '{"number":"T-1","subject":"the <grinder> *stops*","severity":"high"}' ',"subject":"T-1"'
    event P-1 case_resolve 2025-12-20 '{"number":"T-1","cause":"a bad batch","put_right":"we replaced the motor"}' ',"subject":"T-1"'
    event P-1 leave_confirmed 2026-01-01 '{"reason_code":"poor_after_sales"}'
    for c in P-2 P-3 P-4 P-5 P-6; do event "$c" leave_confirmed 2026-01-01 '{"reason_code":"lost_touch"}'; done
} >events.ndjson
run import events events.ndjson --db w.db --yes --quiet
check "events are in" 0 "$code"
run letter print --out none.pdf --db w.db
check "nothing to print" "No letter is approved: 'marram letter list' shows those to approve." "$(cat .out)"
holds "and no file" test ! -e none.pdf
run tick --db w.db
check "ticked" 0 "$code"
run letter list --db w.db --json
check "each who has an address is written to" 5 "$(jq length .out)"
check "and waits for a person" '["to approve"]' "$(jq -c 'map(.state) | unique' .out)"
id_of() { run letter list --db w.db --json && jq -r ".[] | select(.customer == \"$1\") | .id" .out; }
P1=$(id_of P-1) P2=$(id_of P-2) P3=$(id_of P-3) P5=$(id_of P-5) P6=$(id_of P-6)
run plan --explain P-4 --db w.db
holds "who has no address: the gate says so" grep -q "address" .out
run letter list --db w.db
holds "the list is for people" grep -q "to approve  2026-02-05  win_back      Ruth Okafor: Was schiefging" .out

# --- looked at before it is approved ---
run letter preview "${P1:0:8}" --out one.pdf --db w.db
check "one, as it would be printed" "one.pdf: 1 page" "$(cat .out)"
pdftotext -layout one.pdf one.txt; [ -z "${KEEP-}" ] || cp one.pdf one.txt /tmp/
for words in "Ruth Okafor" "Hafenstraße 5" "20359 Hamburg" "Bristol, 5. Februar 2026" "Was schiefging, und was sich geändert hat" "am 10. Juni 2025 kamen Sie zum ersten Mal zu uns und kauften beans 1 kg" "the <grinder> \*stops\*" "we replaced the motor" "Mit freundlichen Grüßen" "Ops" \
    "Ihre eigene Seite" "Wenn Sie keine Briefe von uns möchten" "Hollow Lane · 12 Hollow Lane"; do
    holds "it says: $words" grep -q -- "$words" one.txt
done
pdftoppm -r 150 -png one.pdf one
holds "the code leads to their own page" grep -q "^https://hollowlane.example/hello?t=" <(zbarimg -q --raw one-1.png 2>/dev/null)
echo iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg== | base64 -d >mara.png
sed 's/place: Bristol/place: Bristol, signature: mara.png/' marram.yaml >inked.yaml
run letter preview "${P1:0:8}" --settings inked.yaml --out inked.pdf --db w.db
check "without a signature room for one, with one its picture" "0 1" "$(pdfimages -list one.pdf | grep -c ' image ') $(pdfimages -list inked.pdf | grep -c ' image ' | sed 's,[1-9].*,1,')"
run letter preview "${P1:0:8}" --out two.pdf --db w.db
holds "the same letter is the same bytes" cmp -s one.pdf two.pdf
run letter preview "${P5:0:8}" --out five.pdf --db w.db
check "a font that lacks a script" 3 "$code"
holds "which character, and the way out" grep -q "no font on this machine has .*U+10FFFD.*install" .err
run letter preview "${P6:0:8}" --out six.pdf --db w.db
holds "an address too long for the window" grep -q "too long for the window" .err
run letter preview zzzz --db w.db
check "no such letter" 3 "$code"

# --- nothing goes unapproved; what goes, goes once ---
run letter print --out batch.pdf --db w.db
holds "nothing was approved" grep -q "No letter is approved" .out
run letter approve "${P1:0:8}" "${P2:0:8}" "${P3:0:8}" "${P5:0:8}" "${P6:0:8}" --by Sen --db w.db
check "approved" 5 "$(grep -c 'is approved$' .out)"
run letter approve "${P1:0:8}" --db w.db
holds "twice is once" grep -q "is approved already" .out
run tick --db w.db
run letter list --db w.db --json
check "a tick takes none of them" '["approved"]' "$(jq -c 'map(.state) | unique' .out)"
run letter print --dry-run --db w.db --json
check "what would be printed" "3 2" "$(jq -r '"\(.printed) \(.kept)"' .out)"
run letter print --out /nonexistent/batch.pdf --db w.db
check "nowhere to write it" 5 "$code"
run letter list --db w.db --json
check "and all are as they were" 5 "$(jq '[.[] | select(.state == "approved")] | length' .out)"
run letter print --out batch.pdf --db w.db
check "printed" 0 "$code"
holds "how many, and that they are sent" grep -q "^batch.pdf: 3 letters, 3 pages; they are on record as sent" .out
check "what was not, and why" 2 "$(grep -c '^not printed: ' .out)"
pdftotext -layout batch.pdf batch.txt
for words in "Ruth Okafor" "Αλεξάνδρα Παπαδοπούλου" "Οδός Ερμού 12" "ليلى" "القاهرة"; do holds "in the batch: $words" grep -q -- "$words" batch.txt; done
run customer show P-2 --db w.db --json
check "on record: a touch by letter" letter "$(jq -r '[.history[]? // .events[]? | select(.kind == "touch_out")][-1].body.channel // "letter"' .out)"
run export events --db w.db
check "each has its touch" 3 "$(grep -c '"touch_out".*letter\|touch_out.*letter' .out)"
check "and is asked back" 3 "$(grep -c 'win_back_sent' .out)"
run letter print --out batch.pdf --db w.db
check "never over another batch" 3 "$code"
holds "which may not be posted yet" grep -q "is there already" .err
run letter print --out again.pdf --db w.db
holds "nothing twice" grep -q "No letter was printed" .out
holds "no file" test ! -e again.pdf

# --- no signature to be read; letters off ---
sed 's/place: Bristol/place: Bristol, signature: none.png/' marram.yaml >signed.yaml
run letter preview "${P6:0:8}" --settings signed.yaml --db w.db
holds "a signature that is not there" grep -q "none.png cannot be read as a PNG" .err
sed 's/form: din5008/form: none/' marram.yaml >off.yaml
run letter print --out off.pdf --settings off.yaml --db w.db
holds "the settings say people write them" grep -q "letters.form is none" .err
run letter
check "usage" 2 "$code"
run letter preview --db w.db
check "an id is needed" 2 "$code"
run outbox cancel "${P6:0:8}" --db w.db
check "one that is not to go" 0 "$code"
run letter list --db w.db --json
check "is no more" 1 "$(jq length .out)"
run db check --db w.db
check "sound" 0 "$code"
finish
