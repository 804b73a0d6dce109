#include "knowledge_win_back.h"

#include "departure.h"
#include "objecting.h"

#include <body.h>
#include <calendar.h>
#include <error.h>

#include <stdlib.h>
#include <string.h>

/* --- attempts --- */

typedef struct counting {
    int32_t day;
    win_back_counts *counts;
} counting;

static void settle(const counting *c, const trace_event *asked, win_back_class class, bool back) {
    if (!asked || asked->day + WIN_BACK_RETURN_DAYS > c->day) return;
    c->counts[class].asked++;
    c->counts[class].asked_back += back;
}

/* An attempt is over with the next one, with the customer's return, or when its days are. */
static mr_status attempts_of(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    counting *c = ctx;
    departure d = {0};
    const trace_event *asked = NULL;
    win_back_class class = WIN_BACK_unknown;
    (void)f;
    (void)err;
    for (size_t i = 0; i < t->n && t->event[i].day <= c->day; i++) {
        const trace_event *e = &t->event[i];
        bool left = d.left != NULL;
        if (departure_hear(&d, e)) {
            settle(c, asked, class, asked && e->day <= asked->day + WIN_BACK_RETURN_DAYS);
            asked = NULL;
        } else if (e->kind == EVENT_win_back_sent && left) {
            settle(c, asked, class, false);
            asked = e;
            class = departure_row(&d)->class;
        }
    }
    settle(c, asked, class, false);
    return MR_OK;
}

/* --- the holdout --- */

static bool returned(const history *h, int64_t from_us) {
    int64_t until_us = from_us + WIN_BACK_RETURN_DAYS * INT64_C(86400000000);
    for (size_t i = 0; i < h->n && h->events[i].at_us <= until_us; i++) {
        const history_event *e = &h->events[i];
        if (e->at_us <= from_us) continue;
        if ((e->kind == EVENT_order && e->amount_minor >= 0) || e->kind == EVENT_contract_start || e->kind == EVENT_contract_renew || e->kind == EVENT_came_back) return true;
    }
    return false;
}

static mr_status held(ledger *l, const json_t *a, int32_t day, win_back_counts *counts, mr_error *err) {
    const char *step = json_string_value(json_object_get(a, "step")), *at = json_string_value(json_object_get(a, "created")), *number = json_string_value(json_object_get(a, "customer_id")),
               *why = json_string_value(json_object_get(a, "reason"));
    int64_t at_us;
    whole w = {0};
    if (!step || strcmp(step, "held_out") || !at || !number || !time_read(at, strlen(at), &at_us) || at_us / INT64_C(86400000000) + WIN_BACK_RETURN_DAYS > day) return MR_OK;
    mr_status status = whole_read(l, strtoll(number, NULL, 10), &w, err);
    win_back_counts *c = &counts[win_back_row_of(why ? why : "")->class];
    if (status == MR_OK && !objecting(&w, NULL, INT64_MAX, NULL)) { /* nothing is learnt of who objects, on either side */
        c->held++;
        c->held_back += returned(&w.h, at_us);
    }
    whole_free(&w);
    return status;
}

mr_status knowledge_win_back_learn(ledger *l, const trace_options *o, int32_t day, win_back_counts *counts, mr_error *err) {
    json_t *list = NULL;
    const json_t *a;
    size_t i;
    memset(counts, 0, WIN_BACK_CLASSES * sizeof *counts);
    counting c = {day, counts};
    mr_status status = ledger_traces(l, o, 0, 1, attempts_of, &c, err);
    const actions_query q = {.programme = "win_back", .states = ACTION_IN(ACTION_DROPPED), .limit = 1000000};
    if (status == MR_OK) status = actions_list(l, &q, &list, err);
    json_array_foreach(list, i, a) {
        if (status == MR_OK) status = held(l, a, day, counts, err);
    }
    json_decref(list);
    return status;
}

/* --- kept --- */

json_t *knowledge_win_back_document(const win_back_counts *counts) {
    json_t *o = json_object();
    for (int i = 0; i < WIN_BACK_CLASSES; i++) {
        const win_back_counts *c = &counts[i];
        if (c->asked || c->held)
            json_object_set_new(o, win_back_class_name((win_back_class)i),
                                json_pack("{s:I,s:I,s:I,s:I}", "asked", (json_int_t)c->asked, "asked_back", (json_int_t)c->asked_back, "held", (json_int_t)c->held, "held_back", (json_int_t)c->held_back));
    }
    return o;
}

void knowledge_win_back_read(const json_t *o, win_back_counts *counts) {
    for (int i = 0; i < WIN_BACK_CLASSES; i++) {
        const json_t *c = json_object_get(o, win_back_class_name((win_back_class)i));
        counts[i] = (win_back_counts){json_integer_value(json_object_get(c, "asked")), json_integer_value(json_object_get(c, "asked_back")), json_integer_value(json_object_get(c, "held")),
                                      json_integer_value(json_object_get(c, "held_back"))};
    }
}
