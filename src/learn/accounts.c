#include "accounts.h"

#include <error.h>
#include <mem.h>
#include <objections.h>
#include <status.h>
#include <taxonomy.h>

#include <stdlib.h>
#include <string.h>

enum { SPELLS_AT_ONCE = 64, FEW_EVENTS = 20 };

static mr_status look_at(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    accounts_survey *s = ctx;
    (void)f, (void)err;
    bool orders = false;
    s->customers++;
    s->base += risk_is_customer(t);
    s->events += t->n;
    s->with_contracts += risk_has_contracts(t);
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        bool contract = e->kind >= EVENT_contract_start && e->kind <= EVENT_contract_end;
        orders |= trace_is_order(e);
        if (s->first_day == TRACE_NO_DAY || e->day < s->first_day) s->first_day = e->day;
        if (e->day > s->last_day && event_shows_reach(e->kind)) s->last_day = e->day;
        if (!contract) continue;
        s->no_period += e->kind == EVENT_contract_start && e->amount > 0 && !e->months;
        if (s->first_contract == TRACE_NO_DAY || e->day < s->first_contract) s->first_contract = e->day;
        if (e->until_day > s->last_renewal) s->last_renewal = e->until_day;
    }
    s->with_orders += orders;
    return MR_OK;
}

mr_status accounts_look(ledger *l, accounts_survey *out, mr_error *err) {
    *out = (accounts_survey){.first_day = TRACE_NO_DAY, .last_day = TRACE_NO_DAY, .first_contract = TRACE_NO_DAY, .last_renewal = TRACE_NO_DAY};
    mr_status status = ledger_traces(l, NULL, 0, 1, look_at, out, err);
    out->mode = risk_mode_of(out->with_contracts, out->base);
    return status;
}

int32_t accounts_until(const accounts_survey *s, int32_t today) {
    if (s->last_day == TRACE_NO_DAY || s->last_day > today) return today;
    /* In a small base nothing may happen for months: a pause of four of its usual ones is nothing yet. */
    double usual = s->events > 1 ? 4 * ((double)s->last_day - s->first_day) / (double)(s->events - 1) : 0, silence = (double)today - s->last_day;
    bool lately = silence <= LEDGER_STALE_DAYS || silence <= usual || s->events < FEW_EVENTS;
    return lately && s->last_renewal != TRACE_NO_DAY && s->last_renewal > today ? today : s->last_day;
}

typedef struct reading {
    accounts_reading *out;
    const mr_context *context;
    book_scratch scratch;
    id_list objecting;
    uint64_t done, total;
} reading;

static mr_status grow(void **block, size_t *capacity, size_t need, size_t size, mr_error *err) {
    if (need <= *capacity) return MR_OK;
    size_t more = *capacity ? 2 * *capacity : 1024;
    while (more < need) more *= 2;
    void *made = mem_resize(NULL, *block, more, size);
    if (!made) return error_memory(err, more * size);
    *block = made;
    *capacity = more;
    return MR_OK;
}

static mr_status add_spells(accounts *a, const trace *t, book_scratch *s, mr_error *err) {
    book_spell found[SPELLS_AT_ONCE];
    size_t n = 0;
    mr_status status = book_spells(t, a->until, s, found, SPELLS_AT_ONCE, &n, err);
    if (n > SPELLS_AT_ONCE) n = SPELLS_AT_ONCE;
    if (status == MR_OK) status = grow((void **)&a->spell, &a->spells_capacity, a->spells + n, sizeof *a->spell, err);
    for (size_t i = 0; i < n && status == MR_OK; i++)
        a->spell[a->spells++] = (account_spell){.days = found[i].spell.to_day - found[i].spell.from_day, .ended = found[i].spell.to_day, .renewals = found[i].renewals,
                                                .ending = (uint8_t)found[i].ending, .dated = found[i].dated};
    return status;
}

static mr_status add_account(accounts *a, const trace *t, const account *facts, book_scratch *s, mr_error *err) {
    account row = *facts;
    mr_status status = book_standing_at(t, a->until, a->until, s, &row.at, err);
    if (status != MR_OK || !row.at.seen) return status;
    row.stated = reason_of(row.at.reason)->code;
    status = grow((void **)&a->row, &a->capacity, a->n + 1, sizeof *a->row, err);
    if (status != MR_OK) return status;
    a->row[a->n++] = row;
    status = add_spells(a, t, s, err);
    return status == MR_OK ? book_add(&a->book, t, s, err) : status;
}

static const char *keep(arena *text, const char *from) {
    return *from ? arena_copy(text, from, strlen(from)) : "";
}

static mr_status add_customer(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    reading *r = ctx;
    accounts_reading *out = r->out;
    if (++r->done % 1024 == 0 && r->context && r->context->progress && r->context->progress(r->done, r->total, r->context->progress_ctx))
        return error_set(err, MR_ECANCELLED, NULL, -1, "stopped on request");
    if (!risk_has_contracts(t)) return MR_OK;
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        bool news = e->kind != EVENT_contract_end && e->day <= out->now.until;
        if (news && (out->last_news == TRACE_NO_DAY || e->day > out->last_news)) out->last_news = e->day;
    }
    account a = {.customer_id = t->customer_id, .id = keep(&out->text, f->external_id), .name = keep(&out->text, f->name),
                 .tier = keep(&out->text, f->tier), .segment = keep(&out->text, f->segment), .owner_sales = keep(&out->text, f->owner_sales),
                 .owner_operations = keep(&out->text, f->owner_operations), .email = keep(&out->text, f->email), .phone = keep(&out->text, f->phone),
                 .stated = "", .unlisted = id_list_has(&r->objecting, t->customer_id)};
    if (out->text.failed) return error_memory(err, sizeof a);
    mr_status status = add_account(&out->now, t, &a, &r->scratch, err);
    if (status == MR_OK && out->before.until != TRACE_NO_DAY) status = add_account(&out->before, t, &a, &r->scratch, err);
    return status;
}

/* By identifier, so that sums and ties do not hang on the ledger's key. */
static int by_id(const void *a, const void *b) {
    const account *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order ? order : (x->customer_id > y->customer_id) - (x->customer_id < y->customer_id);
}

mr_status accounts_read(ledger *l, const accounts_survey *s, int32_t until, int32_t before, const mr_context *context, accounts_reading *out, mr_error *err) {
    *out = (accounts_reading){.now.until = until, .before.until = before, .last_news = TRACE_NO_DAY};
    reading r = {.out = out, .context = context, .total = s->customers};
    currency_rates rates = {0};
    trace_options o = {0};
    if (!s->with_contracts || s->first_contract == TRACE_NO_DAY || s->first_contract > until)
        return error_set(err, MR_EDATA, NULL, -1, "there are no contracts%s",
                         s->with_contracts ? " that had begun by that day: look from a later one (--until), or see whether the dates of their starts are right"
                                           : ": the files hold none that has begun, or the ledger has yet to be given some (marram import contracts FILE)");
    mr_status status = ledger_rates_read(l, &rates, err);
    if (status == MR_OK) status = ledger_trace_money(l, &rates, &o, err);
    memcpy(out->currency, o.currency, sizeof out->currency);
    book_begin(&out->now.book, s->first_contract, until);
    if (before != TRACE_NO_DAY) book_begin(&out->before.book, s->first_contract, before);
    if (status == MR_OK) status = ledger_objections(l, &r.objecting, err);
    if (status == MR_OK) status = ledger_traces(l, &o, 0, 1, add_customer, &r, err);
    id_list_free(&r.objecting);
    if (out->now.n) qsort(out->now.row, out->now.n, sizeof *out->now.row, by_id);
    if (out->before.n) qsort(out->before.row, out->before.n, sizeof *out->before.row, by_id);
    ledger_rates_free(&rates);
    book_scratch_free(&r.scratch);
    return status;
}

static void free_base(accounts *a) {
    mem_free(NULL, a->row);
    mem_free(NULL, a->spell);
    a->row = NULL;
    a->spell = NULL;
    a->n = a->capacity = a->spells = a->spells_capacity = 0;
}

void accounts_free(accounts_reading *r) {
    free_base(&r->now);
    free_base(&r->before);
    arena_free(&r->text);
}
