/* marram customer find and duplicates: lists of customers. */
#include "columns_out.h"
#include "customer.h"
#include "json_text.h"

#include <duplicates.h>
#include <error.h>
#include <person.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

mr_status customer_find(const customer_arguments *a, ledger *l, mr_error *err) {
    json_t *list = NULL, *one;
    size_t i;
    mr_status status = person_search(l, a->operands[0], &list, err);
    if (status == MR_OK && a->json) customer_print_json(list);
    if (status == MR_OK && !a->json && !json_array_size(list)) puts("Nobody is called that, and no name or e-mail address has it in it.");
    if (status == MR_OK && !a->json && json_array_size(list)) {
        columns_out out = columns_begin(4, "identifier", "name", "e-mail, phone", "found by");
        json_array_foreach(list, i, one) {
            char contact[256];
            const char *email = json_text(one, "email"), *phone = json_text(one, "phone");
            snprintf(contact, sizeof contact, "%s%s%s", email, *email && *phone ? ", " : "", phone);
            columns_row(&out, json_text(one, "identifier"), json_text(one, "name"), contact, json_text(one, "by"));
        }
        columns_end(&out);
        if (json_array_size(list) >= PERSON_SEARCH_LIMIT) printf("These are the first %d; say more of the name to see fewer.\n", PERSON_SEARCH_LIMIT);
    }
    json_decref(list);
    return status;
}

/* --- duplicates --- */

static const struct {
    unsigned sign;
    const char *name, *words;
} signs[] = {{DUPLICATE_SAID, "said", "a source says they are one"}, {DUPLICATE_EMAIL, "email", "the same e-mail address"}, {DUPLICATE_PHONE, "phone", "the same phone number"},
             {DUPLICATE_NAME, "name", "the same name"}, {DUPLICATE_ADDRESS, "address", "the same address"}};

typedef struct duplicates_out {
    const customer_arguments *a;
    json_t *list;
} duplicates_out;

static json_t *side_json(const duplicate_side *s) {
    char number[24];
    snprintf(number, sizeof number, "%" PRId64, s->customer_id);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "customer_id", number, "source", s->source, "identifier", s->external_id, "name", s->name, "email", s->email, "phone",
                     s->phone, "events", (json_int_t)s->events);
}

static void print_pair(const duplicate *d) {
    const duplicate_side *sides[] = {d->keep, d->other};
    bool any = false;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (!(d->signs & signs[i].sign)) continue;
        printf("%s%s", any ? ", " : "", signs[i].words);
        any = true;
    }
    printf("%s\n", d->weak ? " and nothing else" : "");
    columns_out out = columns_begin(4, "", "", "", "");
    for (int i = 0; i < 2; i++) {
        char contact[256], events[40];
        const duplicate_side *s = sides[i];
        snprintf(contact, sizeof contact, "%s%s%s", s->email, *s->email && *s->phone ? ", " : "", s->phone);
        snprintf(events, sizeof events, "%" PRIu64 " event%s", s->events, s->events == 1 ? "" : "s");
        columns_row(&out, s->external_id, s->name, contact, events);
    }
    columns_end(&out);
    printf("  marram customer merge '#%" PRId64 "' '#%" PRId64 "'\n\n", d->keep->customer_id, d->other->customer_id);
}

static mr_status each_duplicate(void *ctx, const duplicate *d, mr_error *err) {
    duplicates_out *out = ctx;
    if (interrupted()) return error_set(err, MR_ECANCELLED, NULL, -1, "interrupted");
    if (!out->a->json) {
        print_pair(d);
        return MR_OK;
    }
    json_t *by = json_array();
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (d->signs & signs[i].sign) json_array_append_new(by, json_string(signs[i].name));
    json_t *pair = json_pack("{s:o,s:o,s:o,s:b}", "keep", side_json(d->keep), "other", side_json(d->other), "signs", by, "weak", (int)d->weak);
    return json_array_append_new(out->list, pair) == 0 ? MR_OK : error_memory(err, sizeof *pair);
}

mr_status customer_duplicates(const customer_arguments *a, ledger *l, mr_error *err) {
    duplicates_out out = {a, a->json ? json_array() : NULL};
    duplicates_counts c = {0};
    (void)l;
    mr_status status = ledger_duplicates(a->store.url, &(duplicates_options){.weak = a->weak}, each_duplicate, &out, &c, err);
    if (status == MR_OK && a->json) customer_print_json(out.list);
    if (status == MR_OK && !a->json && !a->quiet) {
        uint64_t shown = c.pairs + (a->weak ? c.weak : 0);
        if (!shown) puts("No two customers look like one.");
        if (shown) printf("%" PRIu64 " pair%s. Look at both with 'marram customer show' before merging; a merge can be undone.\n", shown, shown == 1 ? "" : "s");
        if (c.weak && !a->weak) printf("%" PRIu64 " more share%s nothing but a name: --weak shows them.\n", c.weak, c.weak == 1 ? "s" : "");
        if (c.shared)
            printf("%" PRIu64 " address%s, number%s or name%s shared by more than %d customers %s taken for no sign.\n", c.shared, c.shared == 1 ? "" : "es",
                   c.shared == 1 ? "" : "s", c.shared == 1 ? "" : "s", DUPLICATES_SHARED, c.shared == 1 ? "was" : "were");
    }
    json_decref(out.list);
    return status;
}
