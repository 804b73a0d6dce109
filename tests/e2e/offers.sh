#!/bin/bash
# offers.sh MARRAM: the catalogue of save offers: what nobody could get is told with its line, the list has its figures.
. "$(dirname "$0")/lib.sh"
cat >marram.yaml <<'Y'
tiers: [{name: gold}]
offers:
  - {name: pause, kind: pause, title: {en: A pause, de: Eine Pause}, reasons: [budget_cut], tiers: [gold], cap: 20, cost: 30 EUR}
  - {name: talk, kind: person, title: A talk, until: 2026-12-31}
strategic: [A-77]
Y
"$marram" db init --db shop.db >/dev/null || exit 1
want "sound" 0 "nothing is wrong" config check
want "sound" 0 "2 offers, nothing wrong" offers check --at 2026-11-24T09:00:00Z
want "over" 3 "marram.yaml:4: offer 'talk' is for nobody" offers check --at 2027-01-02T09:00:00Z
want "list" 0 "pause +pause +0 +0 +0 +20 of 20" offers list --db shop.db --at 2026-11-24T09:00:00Z
want "list" 0 '"room": 20' offers list --db shop.db --json --at 2026-11-24T09:00:00Z
want "no verb" 2 "list, check or review" offers
want "other verb" 2 "none of list" offers sell
bad() { # NAME ITEM MESSAGE
    printf 'tiers: [{name: gold}]\noffers:\n  - {name: x, kind: pause, title: T%s}\n' "$2" >bad.yaml
    want "$1" 3 "$3" offers check --settings bad.yaml
    want "$1" 3 "$3" config check bad.yaml
}
bad "cap" ", cap: 0" "bad.yaml:3: offer 'x' is for nobody: its cap is 0"
bad "tier" ", tiers: [silver]" "none of its tiers is among"
bad "reason" ", reasons: [bored]" "'bored' is none of the reasons"
bad "expiry" ", expires_days: 0" "expires as it is shown"
bad "holdout" ", holdout: 0" "holdout"
bad "cost" ", cost: 30" "as in '30 EUR'"
bad "digits" ", cost: 3.001 EUR" "as in '30 EUR'"
bad "currencies" ", cost: 3 EUR, approval_above: 3 USD" "one currency"
bad "kind" ", colour: red" "colour"
bad "place" ", places: [door]" "exit, desk and win_back"
finish
