/* Who was at risk of leaving when, and who left: the outcome the models of leaving are trained and judged on (docs/cycle.md, "Left").
 *
 * With contracts: at risk from the first contract's start; left at the earliest of notice (leave_confirmed), an intent that was not withdrawn
 * (leave_intent; withdrawn by an accepted offer, a renewal or a new contract after it), else the end of the last running contract (contract_end, or a
 * renewal date that passed without one and without another running contract); a new contract, a renewal or came_back after that begins a new spell.
 * In detail:
 *   - notice or intent about one contract takes that contract out; who has others running is still there. One that names none takes out all,
 *     one that names a contract that has ended takes out none of those that run. An accepted offer takes back intents, not notices.
 *   - a renewal date is taken as an end only when RISK_GRACE_DAYS have passed without any word of the contract going on: a renewal or change of it,
 *     an order, a payment or use. Until then nobody could know.
 *   - a contract that follows the end of the last one (not notice) within RISK_GRACE_DAYS goes on with the spell: it was renewed under a new number.
 *
 * Without: leaving is not seen. At a landmark day L the outcome is "no order within (L, L + H]", known from L + H on. A customer is at risk of it
 * from their first order on, until the first landmark where it holds; an order after that begins a new spell. (A silence rule as the outcome
 * would plant a spike on the silence clock.) Critical moments take each sign of life for a landmark and ask of the silence after it, to the end of
 * the data, on which of its days they may have left: src/learn/moments_signs.c.
 *
 * All functions are pure; spells come in order, do not overlap. */
#ifndef HISTORY_RISK_H
#define HISTORY_RISK_H

#include "trace.h"

#define RISK_GRACE_DAYS 31     /* a month's paperwork */
#define RISK_CONTRACTS_MAX 256 /* running at once whose renewal dates are watched; those beyond are only counted */

typedef enum risk_mode { RISK_ORDERS, RISK_CONTRACTS } risk_mode;

typedef struct risk_spell {
    int32_t from_day;  /* at risk from this day on */
    int32_t to_day;    /* through this day: the day they left, or the last day seen */
    bool left;         /* on to_day; else still there (censored) */
    uint8_t reason;    /* stated, 0 none (with contracts) */
    int64_t event_id;  /* of the event that ended it; 0 none */
} risk_spell;

/* With contracts, as of the end of day `until`, from what was known then. Returns how many spells there are; writes the first `room`. */
size_t risk_contract_spells(const trace *t, int32_t until, risk_spell *out, size_t room);
/* Is the customer under contract and not leaving at the end of day `day`, from what was known then? */
bool risk_under_contract(const trace *t, int32_t day);
/* Has the trace anything of a contract's life (start, change, renewal, end)? */
bool risk_has_contracts(const trace *t);
/* An order or anything of a contract's life: without either nobody can leave, and a base is not what they say of it. */
bool risk_is_customer(const trace *t);

/* Without contracts. Did they order within (landmark, landmark + horizon_days]? Looks at the whole trace. */
bool risk_ordered(const trace *t, int32_t landmark, int32_t horizon_days);

/* Which of the two a base is, from how many of its customers (risk_is_customer) have contract events: contracts where at least half do. */
static inline risk_mode risk_mode_of(uint64_t with_contracts, uint64_t of) {
    return with_contracts * 2 >= of && with_contracts ? RISK_CONTRACTS : RISK_ORDERS;
}

#endif
