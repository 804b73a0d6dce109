#include "desk_record.h"

#include "objecting.h"
#include "save_desk.h"

#include <actions.h>
#include <error.h>
#include <id_list.h>
#include <mem.h>
#include <taxonomy.h>
#include <whole.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 10000 /* people, and tiers: beyond that nobody has a record worth telling apart */

void desk_record_free(desk_record *r) {
    if (!r) return;
    mem_free(NULL, r->person);
    mem_free(NULL, r->tier);
    mem_free(NULL, r->count);
    routing_free(r->model);
    mem_free(NULL, r);
}

uint32_t desk_record_person(const desk_record *r, const char *name) {
    for (uint32_t i = 0; r && i < r->people; i++)
        if (!strncmp(r->person[i], name, sizeof *r->person - 1)) return i;
    return ROUTING_NOBODY;
}

uint32_t desk_record_tier(const desk_record *r, const char *tier) {
    uint32_t i = 0;
    while (r && i < r->tiers && strncmp(r->tier[i], tier, sizeof *r->tier - 1)) i++;
    return i;
}

static bool add_person(desk_record *r, const char *name, uint32_t *at) {
    *at = desk_record_person(r, name);
    if (*at != ROUTING_NOBODY) return true;
    void *more = mem_resize(NULL, r->person, r->people + 1, sizeof *r->person);
    if (!more) return false;
    r->person = more;
    *at = r->people;
    snprintf(r->person[r->people++], sizeof *r->person, "%s", name);
    return true;
}

static bool add_tier(desk_record *r, const char *name, uint32_t *at) {
    *at = desk_record_tier(r, name);
    if (*at < r->tiers) return true;
    void *more = mem_resize(NULL, r->tier, r->tiers + 1, sizeof *r->tier);
    if (!more) return false;
    r->tier = more;
    snprintf(r->tier[r->tiers++], sizeof *r->tier, "%s", name);
    return true;
}

static bool add_count(desk_record *r, const routing_count *c) {
    for (size_t i = 0; i < r->n; i++) {
        routing_count *at = &r->count[i];
        if (at->person != c->person || at->kind != c->kind || at->reason != c->reason || at->tier != c->tier) continue;
        at->cases += c->cases;
        at->kept += c->kept;
        return true;
    }
    void *more = mem_resize(NULL, r->count, r->n + 1, sizeof *r->count);
    if (!more) return false;
    r->count = more;
    r->count[r->n++] = *c;
    return true;
}

static mr_status fit(desk_record *r, mr_error *err) {
    const routing_sizes sizes = {DESK_KINDS, REASONS, r->tiers};
    return routing_fit(r->count, r->n, &sizes, NULL, &r->model, err);
}

/* --- learning --- */

static void tally(desk_tally *t, bool kept) {
    t->cases++;
    t->kept += kept;
}

/* A case is its first call: whoever it came to, and what had become of the customer DESK_KEPT_DAYS later, called or not. What a person said is not to be done is no case. */
static mr_status take(desk_record *r, whole *w, const action_row *a, int64_t by_us, mr_error *err) {
    if (strcmp(a->programme, DESK_PROGRAMME) || strcmp(a->step, DESK_CALL) || a->occasion % DESK_ATTEMPTS || a->state == ACTION_DROPPED || !*a->owner) return MR_OK;
    if (a->created_us + DESK_KEPT_DAYS * LOOK_DAY_US > by_us) return MR_OK;
    desk_routed routed = desk_routed_of(a);
    int kind = desk_kind_find(routed.kind);
    bool kept = desk_kept(w, a), ours = !strcmp(routed.to, a->owner), room = true;
    if (kind >= 0) {
        routing_count c = {.kind = (uint32_t)kind, .reason = (uint32_t)reason_find(a->reason, strlen(a->reason)), .cases = 1, .kept = kept};
        room = add_person(r, a->owner, &c.person) && add_tier(r, routed.tier, &c.tier) && add_count(r, &c);
        if (ours && !strcmp(routed.how, "random")) tally(&r->by_lot, kept);
        if (ours && !strcmp(routed.how, "record")) tally(&r->by_record, kept);
    }
    json_decref(routed.document);
    return room ? MR_OK : error_memory(err, r->n * sizeof *r->count);
}

static mr_status customers(ledger *l, id_list *out, mr_error *err) {
    json_t *list = NULL;
    const json_t *a;
    size_t i;
    const actions_query q = {.programme = DESK_PROGRAMME, .states = ACTION_ANY, .limit = 10000000};
    mr_status status = actions_list(l, &q, &list, err);
    json_array_foreach(list, i, a) {
        const char *number = json_string_value(json_object_get(a, "customer_id"));
        if (status == MR_OK && number) status = id_list_add(out, strtoll(number, NULL, 10), err);
    }
    json_decref(list);
    id_list_sort(out);
    return status;
}

mr_status desk_record_learn(ledger *l, int32_t day, desk_record **out, mr_error *err) {
    id_list ids = {0};
    whole w = {0};
    int64_t by_us = (day + INT64_C(1)) * LOOK_DAY_US;
    desk_record *r = mem_new(NULL, 1, sizeof *r);
    *out = NULL;
    mr_status status = r ? customers(l, &ids, err) : error_memory(err, sizeof *r);
    for (size_t i = 0; i < ids.n && status == MR_OK; i++) {
        bool there = true;
        if (i && ids.at[i] == ids.at[i - 1]) continue;
        status = whole_read_all(l, &ids.at[i], 1, &w, &there, err);
        if (status != MR_OK || !there || objecting(&w, NULL, by_us, NULL)) continue;
        for (size_t k = 0; k < w.actions_n && status == MR_OK; k++) status = take(r, &w, &w.actions[k], by_us, err);
    }
    whole_free(&w);
    id_list_free(&ids);
    if (status == MR_OK && r->n) status = fit(r, err);
    if (status == MR_OK && r->n) *out = r;
    else desk_record_free(r);
    return status;
}

/* --- kept --- */

static json_t *tally_json(const desk_tally *t) {
    return json_pack("[f,f]", t->cases, t->kept);
}

json_t *desk_record_document(const desk_record *r) {
    json_t *people = json_array(), *tiers = json_array(), *cases = json_array();
    for (uint32_t i = 0; i < r->people; i++) json_array_append_new(people, json_string(r->person[i]));
    for (uint32_t i = 0; i < r->tiers; i++) json_array_append_new(tiers, json_string(r->tier[i]));
    for (size_t i = 0; i < r->n; i++) {
        const routing_count *c = &r->count[i];
        json_array_append_new(cases, json_pack("[i,s,s,i,f,f]", (int)c->person, desk_kind_name((desk_kind)c->kind), reason_of((int)c->reason)->code, (int)c->tier, c->cases, c->kept));
    }
    return json_pack("{s:o,s:o,s:o,s:o,s:o}", "people", people, "tiers", tiers, "cases", cases, "by_lot", tally_json(&r->by_lot), "by_record", tally_json(&r->by_record));
}

static desk_tally tally_of(const json_t *o) {
    return (desk_tally){json_number_value(json_array_get(o, 0)), json_number_value(json_array_get(o, 1))};
}

static bool read_names(const json_t *list, desk_record *r, bool people) {
    const json_t *o;
    size_t i;
    uint32_t at;
    if (!json_is_array(list) || json_array_size(list) > MOST) return false;
    json_array_foreach(list, i, o) {
        const char *name = json_string_value(o);
        if (!name || !(people ? add_person(r, name, &at) : add_tier(r, name, &at)) || at != i) return false;
    }
    return true;
}

static bool read_counts(const json_t *list, desk_record *r) {
    const json_t *o;
    size_t i;
    json_array_foreach(list, i, o) {
        const char *kind = json_string_value(json_array_get(o, 1)), *why = json_string_value(json_array_get(o, 2));
        json_int_t person = json_integer_value(json_array_get(o, 0)), tier = json_integer_value(json_array_get(o, 3));
        int k = kind ? desk_kind_find(kind) : -1;
        if (k < 0 || !why || person < 0 || person >= r->people || tier < 0 || tier >= r->tiers) return false;
        const routing_count c = {(uint32_t)person, (uint32_t)k, (uint32_t)reason_find(why, strlen(why)), (uint32_t)tier, json_number_value(json_array_get(o, 4)), json_number_value(json_array_get(o, 5))};
        if (!add_count(r, &c)) return false;
    }
    return true;
}

mr_status desk_record_read(const json_t *o, desk_record **out, mr_error *err) {
    *out = NULL;
    if (!o) return MR_OK;
    desk_record *r = mem_new(NULL, 1, sizeof *r);
    if (!r) return error_memory(err, sizeof *r);
    bool good = read_names(json_object_get(o, "people"), r, true) && read_names(json_object_get(o, "tiers"), r, false) && read_counts(json_object_get(o, "cases"), r);
    r->by_lot = tally_of(json_object_get(o, "by_lot"));
    r->by_record = tally_of(json_object_get(o, "by_record"));
    mr_status status = good ? fit(r, err) : error_set(err, MR_EDATA, NULL, -1, "the save desk's record cannot be read");
    if (status == MR_OK) *out = r;
    else desk_record_free(r);
    return status;
}
