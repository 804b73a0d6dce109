#include "reasons_json.h"

#include "json_number.h"
#include "shares.h"

#include <calendar.h>
#include <error.h>
#include <mem.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUARTERS 8
#define RECENT_DAYS 182 /* half a year against the one before: which reasons grow */
#define SHOWN_SEGMENTS 12
#define SEGMENT_LEAST 10 /* leavers of a segment worth a line of its own */

static void put_share(json_t *o, const char *name, share s) {
    json_object_set_new(o, name, json_pack("{s:o,s:o,s:o}", "value", json_number(s.value), "low", json_number(s.low), "high", json_number(s.high)));
}

static json_t *day_json(int32_t day) {
    char text[11];
    return day == TRACE_NO_DAY ? json_null() : json_string(calendar_text(day, text));
}

static json_t *integer(uint64_t n) {
    return json_integer((json_int_t)n);
}

/* --- counting --- */

typedef struct tally {
    uint64_t left[REASONS], here[REASONS], stated[REASONS], recent[REASONS], before[REASONS];
    uint64_t landmark[REASONS], leaves[REASONS]; /* who showed it at a landmark, and left within a quarter */
    double value_left[REASONS], value_here[REASONS];
    uint64_t all_left, all_here, all_recent, all_before, all_stated;
    uint64_t quarter[QUARTERS][REASONS], all_quarter[QUARTERS];
    uint64_t agree[REASONS * REASONS];
} tally;

static int quarter_index(int32_t day) {
    int month = calendar_month_index(day);
    return month / 3;
}

static void count_left(tally *t, const reasons_base *b, const reasons_row *row) {
    int32_t ago = b->until - row->day;
    int quarter = quarter_index(b->until) - quarter_index(row->day);
    t->left[row->observed]++, t->all_left++;
    t->value_left[row->observed] += row->value;
    if (ago < RECENT_DAYS) t->recent[row->observed]++, t->all_recent++;
    else if (ago < 2 * RECENT_DAYS) t->before[row->observed]++, t->all_before++;
    if (quarter >= 0 && quarter < QUARTERS) t->quarter[quarter][row->observed]++, t->all_quarter[quarter]++;
    if (row->stated == REASON_none) return;
    t->stated[row->stated]++, t->all_stated++;
    t->agree[row->stated * REASONS + row->observed]++;
}

static void count(tally *t, const reasons_base *b) {
    for (size_t i = 0; i < b->n; i++) {
        const reasons_row *row = &b->row[i];
        if (row->what == REASONS_LEFT) count_left(t, b, row);
        if (row->what == REASONS_HERE) t->here[row->observed]++, t->all_here++, t->value_here[row->observed] += row->value;
        if (row->what == REASONS_LANDMARK) t->landmark[row->observed]++, t->leaves[row->observed] += row->leaves;
    }
}

/* --- the base --- */

static json_t *one_reason(const tally *t, int r, bool money) {
    const reason_row *row = reason_of(r);
    json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o}", "reason", row->code, "says", row->says, "owner", reason_owner_name(row->owner), "looks", row->looks,
                          "remedy", row->remedy, "left", integer(t->left[r]), "here", integer(t->here[r]), "stated", integer(t->stated[r]));
    put_share(o, "share", share_of((double)t->left[r], (double)t->all_left));
    put_share(o, "share_stated", share_of((double)t->stated[r], (double)t->all_stated));
    put_share(o, "leaves_within_a_quarter", share_of((double)t->leaves[r], (double)t->landmark[r]));
    put_share(o, "recent", share_of((double)t->recent[r], (double)t->all_recent));
    put_share(o, "before", share_of((double)t->before[r], (double)t->all_before));
    put_share(o, "grows", share_difference((double)t->recent[r], (double)t->all_recent, (double)t->before[r], (double)t->all_before));
    if (!money) return o;
    share leaves = share_of((double)t->leaves[r], (double)t->landmark[r]);
    json_object_set_new(o, "value_left", json_number(t->value_left[r]));
    json_object_set_new(o, "value_here", json_number(t->value_here[r]));
    json_object_set_new(o, "value_at_risk", json_number(t->value_here[r] * leaves.value));
    json_object_set_new(o, "value_at_risk_low", json_number(t->value_here[r] * leaves.low));
    json_object_set_new(o, "value_at_risk_high", json_number(t->value_here[r] * leaves.high));
    return o;
}

static json_t *all_reasons(const tally *t, bool money) {
    json_t *list = json_array();
    bool done[REASONS] = {false};
    for (;;) { /* the commonest first, then as in the taxonomy */
        int most = 0;
        for (int r = 1; r < REASONS; r++)
            if (!done[r] && (t->left[r] || t->here[r] || t->stated[r]) && (!most || t->left[r] > t->left[most])) most = r;
        if (!most) return list;
        done[most] = true;
        json_array_append_new(list, one_reason(t, most, money));
    }
}

static json_t *quarters(const tally *t, const reasons_base *b) {
    json_t *list = json_array();
    for (int q = QUARTERS - 1; q >= 0; q--) {
        int index = quarter_index(b->until) - q;
        int32_t from = calendar_month_start(index * 3);
        if (b->first_day != TRACE_NO_DAY && calendar_month_start(index * 3 + 3) <= b->first_day) continue;
        char name[16];
        snprintf(name, sizeof name, "%dQ%d", index / 4, index % 4 + 1);
        json_t *counts = json_object();
        for (int r = 1; r < REASONS; r++)
            if (t->quarter[q][r]) json_object_set_new(counts, reason_of(r)->code, integer(t->quarter[q][r]));
        json_array_append_new(list, json_pack("{s:s,s:o,s:b,s:o,s:o}", "quarter", name, "from", day_json(from), "whole", calendar_month_start(index * 3 + 3) <= b->until + 1, "left",
                                              integer(t->all_quarter[q]), "reasons", counts));
    }
    return list;
}

/* By tier or segment: how many left, and for what; the largest groups. */
static json_t *groups(const reasons_base *b, const reasons_names *names, bool tiers) {
    json_t *list = json_array();
    uint64_t(*n)[REASONS] = mem_new(NULL, names->n, sizeof *n), *all = mem_new(NULL, names->n, sizeof *all);
    if (names->n < 2 || !n || !all) goto done;
    for (size_t i = 0; i < b->n; i++) {
        const reasons_row *row = &b->row[i];
        uint16_t group = tiers ? row->tier : row->segment;
        if (row->what == REASONS_LEFT) n[group][row->observed]++, all[group]++;
    }
    for (size_t shown = 0; shown < SHOWN_SEGMENTS; shown++) {
        uint16_t most = 0;
        for (uint16_t g = 1; g < names->n; g++)
            if (all[g] >= SEGMENT_LEAST && (!most || all[g] > all[most])) most = g;
        if (!most) break;
        json_t *reasons = json_array();
        for (int r = 1; r < REASONS; r++) {
            if (!n[most][r]) continue;
            json_t *o = json_pack("{s:s,s:o}", "reason", reason_of(r)->code, "left", integer(n[most][r]));
            put_share(o, "share", share_of((double)n[most][r], (double)all[most]));
            json_array_append_new(reasons, o);
        }
        json_array_append_new(list, json_pack("{s:s,s:o,s:o}", "name", names->name[most], "left", integer(all[most]), "reasons", reasons));
        all[most] = 0;
    }
done:
    mem_free(NULL, n);
    mem_free(NULL, all);
    return list;
}

/* Stated beside observed, where both are known to be something. */
static json_t *agreement(const tally *t) {
    uint64_t known[REASONS * REASONS] = {0}, n = 0, same = 0;
    json_t *table = json_array(), *o;
    for (int i = 1; i < REASON_unknown; i++) {
        for (int j = 1; j < REASON_unknown; j++) {
            uint64_t k = known[i * REASONS + j] = t->agree[i * REASONS + j];
            n += k;
            same += i == j ? k : 0;
            if (k) json_array_append_new(table, json_pack("{s:s,s:s,s:o}", "stated", reason_of(i)->code, "observed", reason_of(j)->code, "customers", integer(k)));
        }
    }
    o = json_pack("{s:o,s:o,s:o,s:o}", "stated", integer(t->all_stated), "both", integer(n), "same", integer(same), "table", table);
    put_share(o, "agree", share_of((double)same, (double)n));
    put_share(o, "kappa", share_kappa(known, REASONS));
    return o;
}

static void put_weight(json_t *o, const char *name, double value, double low, double high) {
    char bound[64];
    json_object_set_new(o, name, json_number(value));
    snprintf(bound, sizeof bound, "%s_low", name);
    json_object_set_new(o, bound, json_number(low));
    snprintf(bound, sizeof bound, "%s_high", name);
    json_object_set_new(o, bound, json_number(high));
}

static json_t *signals_json(const reasons_base *b) {
    const weights *w = &b->weights;
    json_t *list = json_array();
    for (int s = 0; s < SIGNALS; s++) {
        const signal_row *row = signal_of(s);
        weights_weight weight = weights_of(w, s, 0);
        json_t *o = json_pack("{s:s,s:s,s:s,s:o,s:o}", "signal", row->name, "reason", reason_of((int)row->reason)->code, "meaning", row->meaning, "leavers",
                              json_number(w->leavers[s]), "stayers", json_number(w->stayers[s]));
        put_weight(o, "weight", weight.value, weight.low, weight.high);
        put_share(o, "times", share_ratio(w->leavers[s], (double)w->leavers_n, w->stayers[s], (double)w->stayers_n));
        json_array_append_new(list, o);
    }
    return list;
}

json_t *reasons_json(const reasons_base *b, const char *currency) {
    tally *t = mem_new(NULL, 1, sizeof *t);
    if (!t) return NULL;
    count(t, b);
    bool measured = b->weights.leavers_n >= WEIGHTS_ENOUGH && b->weights.stayers_n >= WEIGHTS_ENOUGH;
    json_t *o = json_pack("{s:o,s:s,s:o,s:o,s:o,s:s,s:o,s:o,s:s}", "until", day_json(b->until), "mode", b->mode == RISK_CONTRACTS ? "contracts" : "orders", "customers",
                          integer(b->customers), "left", integer(t->all_left), "here", integer(t->all_here), "currency", currency, "leavers", integer(b->weights.leavers_n), "stayers",
                          integer(b->weights.stayers_n), "weights", measured ? "measured" : "defaults");
    json_object_set_new(o, "horizon_days", b->mode == RISK_ORDERS ? json_integer(b->horizon_days) : json_null());
    json_object_set_new(o, "reasons", all_reasons(t, *currency != 0));
    json_object_set_new(o, "quarters", quarters(t, b));
    json_object_set_new(o, "segments", groups(b, &b->segments, false));
    json_object_set_new(o, "tiers", groups(b, &b->tiers, true));
    json_object_set_new(o, "agreement", agreement(t));
    json_object_set_new(o, "signals", signals_json(b));
    json_object_set_new(o, "learned", json_null());
    mem_free(NULL, t);
    return o;
}

/* --- customers --- */

static int by_value(const void *a, const void *b) {
    const reasons_row *x = *(const reasons_row *const *)a, *y = *(const reasons_row *const *)b;
    if (x->value != y->value) return x->value > y->value ? -1 : 1;
    return x->customer_id < y->customer_id ? -1 : x->customer_id > y->customer_id;
}

json_t *reasons_json_here(const reasons_base *b, size_t limit) {
    size_t n = 0;
    const reasons_row **rows = mem_take(NULL, b->n ? b->n : 1, sizeof *rows);
    if (!rows) return NULL;
    for (size_t i = 0; i < b->n; i++)
        if (b->row[i].what == REASONS_HERE && b->row[i].observed != REASON_unknown) rows[n++] = &b->row[i];
    qsort(rows, n, sizeof *rows, by_value);
    json_t *list = json_array();
    for (size_t i = 0; i < n && i < limit; i++) {
        char id[24];
        snprintf(id, sizeof id, "%lld", (long long)rows[i]->customer_id);
        json_array_append_new(list, json_pack("{s:s,s:s,s:o,s:o}", "customer_id", id, "observed", reason_of(rows[i]->observed)->code, "strength", json_number(rows[i]->strength), "value",
                                              json_number(rows[i]->value)));
    }
    mem_free(NULL, rows);
    return list;
}

static json_t *hit_json(const reasons_base *b, const signal_hit *h, int32_t day) {
    char sentence[256], id[24];
    json_t *evidence = json_array();
    const signal_row *row = signal_of((int)h->signal);
    signal_sentence(h, sentence, sizeof sentence);
    for (uint8_t i = 0; i < h->shown; i++) {
        if (!h->evidence[i].id && h->evidence[i].kind == EVENT_custom) continue; /* a day without an event: the start */
        snprintf(id, sizeof id, "%lld", (long long)h->evidence[i].id);
        json_array_append_new(evidence, json_pack("{s:s,s:o,s:s}", "event", id, "day", day_json(h->evidence[i].day), "kind", event_kind_of(h->evidence[i].kind)->name));
    }
    json_t *o = json_pack("{s:s,s:s,s:o,s:o}", "signal", row->name, "sentence", sentence, "events", integer(h->count), "evidence", evidence);
    weights_weight weight = weights_of(&b->weights, (int)h->signal, day - h->day);
    put_weight(o, "weight", weight.value, weight.low, weight.high);
    return o;
}

static json_t *observed_json(const reasons_base *b, const signal_hit *hit, size_t n, const attribution *a, int32_t day) {
    json_t *list = json_array();
    bool done[REASONS] = {false};
    for (;;) {
        int most = 0;
        for (int r = 1; r < REASON_unknown; r++) {
            if (done[r]) continue;
            bool has = false;
            for (size_t i = 0; i < n; i++) has = has || (int)signal_of((int)hit[i].signal)->reason == r;
            if (has && (!most || r == (int)a->top || (a->strength[r] > a->strength[most] && most != (int)a->top))) most = r;
        }
        if (!most) return list;
        done[most] = true;
        json_t *signals = json_array();
        for (size_t i = 0; i < n; i++)
            if ((int)signal_of((int)hit[i].signal)->reason == most) json_array_append_new(signals, hit_json(b, &hit[i], day));
        json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:o,s:o}", "reason", reason_of(most)->code, "says", reason_of(most)->says, "owner", reason_owner_name(reason_of(most)->owner),
                              "remedy", reason_of(most)->remedy, "chance", json_number(a->chance[most]), "signals", signals);
        put_weight(o, "strength", a->strength[most], a->low[most], a->high[most]);
        json_array_append_new(list, o);
    }
}

mr_status reasons_json_customer(const reasons_base *b, const trace *t, const trace_facts *f, json_t **out, mr_error *err) {
    signal_hit hit[SIGNALS];
    attribution a;
    digest_room room = {0};
    size_t n;
    reasons_leaving l = reasons_leaving_of(b, t);
    *out = NULL;
    mr_status status = reasons_look(b, &room, t, l.day, hit, &n, &a, err);
    digest_room_free(&room);
    if (status != MR_OK) return status;
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)t->customer_id);
    json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:o,s:s}", "customer_id", id, "identifier", f->external_id, "name", f->name, "tier", f->tier, "segment", f->segment, "as_of", day_json(l.day), "standing",
                          l.left ? "left" : l.here ? "here" : "no customer yet");
    json_object_set_new(o, "stated", l.stated ? json_pack("{s:s,s:s}", "reason", reason_of(l.stated)->code, "says", reason_of(l.stated)->says) : json_null());
    json_object_set_new(o, "observed", json_string(reason_of((int)a.top)->code));
    json_object_set_new(o, "reasons", observed_json(b, hit, n, &a, l.day));
    json_object_set_new(o, "learned", json_null());
    *out = o;
    return o ? MR_OK : error_memory(err, 4096);
}
