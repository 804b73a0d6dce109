/* marram referrals: who recommended whom, and what came of it. */
#include "columns_out.h"
#include "store.h"

#include <body.h>
#include <calendar.h>
#include <currency.h>
#include <error.h>
#include <person.h>
#include <readable.h>
#include <recommenders.h>
#include <referral.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "marram referrals: who recommended whom, when they were asked, and what came of it (docs/programmes/delight.md)\n"
    "\n"
    "usage: marram referrals [OPTION ...]\n"
    "\n" STORE_HELP
    "  --customer ID             whom this customer recommended us to\n"
    "  --source NAME             of which source ID is an identifier, where several have it\n"
    "  --limit N                 so many who recommended us, the latest first; 0: all (50)\n"
    "  --at TIME                 as it was then, as in 2026-11-23T09:00:00Z (the clock)\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "Whom they named is looked up by identifier and by e-mail address. They became a customer by it where their first order or contract is\n"
    "not before the day they were named. Brought: their orders less refunds and returned goods, by currency, and contracts that run.\n"
    "\n"
    "examples:\n"
    "  marram referrals --db shop.db\n"
    "  marram referrals --customer C-1042 --json --db shop.db\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    store_options store;
    const char *customer, *source;
    int64_t at_us, limit;
    bool given, json, help;
} arguments;

typedef struct listing {
    const arguments *a;
    ledger *l;
    whole w, other;    /* who recommended, and whom */
    arena in;
    json_t *list;
    columns_out table;
    size_t recommenders, state[REFERRAL_STATES];
    bool cut;          /* there are more who recommended */
} listing;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (option_is(name, "--customer")) return (a->customer = option_value(r)) != NULL;
    if (option_is(name, "--source")) return (a->source = option_value(r)) != NULL;
    if (option_is(name, "--limit")) return option_integer(r, 0, 1000000, &a->limit);
    if (option_is(name, "--at")) return a->given = option_time(r, &a->at_us);
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = store_option(r, name, &a->store);
    if (shared == 0) *name ? option_unknown(r, name) : command_usage("referrals", "'%s' is one argument too many; a customer is named by --customer", option_value(r));
    return shared == 1;
}

static const char *day_text(int64_t us, char out[11]) {
    return us == WHOLE_NO_TIME ? "" : calendar_text((int32_t)(us / 86400000000 - (us % 86400000000 < 0)), out);
}

static json_t *text_or_null(const char *text) {
    return *text ? json_string(text) : json_null();
}

static const char *first_of(const char *a, const char *b) {
    return *a ? a : b;
}

/* "120.00 EUR, 40.00 USD and more" */
static void brought_words(const referral *r, text_buffer *out) {
    const char *between = "";
    out->len = 0;
    for (size_t i = 0; i < r->currencies; i++) {
        const char *shown = currency_shown(r->brought[i].currency);
        text_puts(out, between);
        money_text(out, r->brought[i].minor, r->brought[i].currency, strlen(r->brought[i].currency));
        text_printf(out, "%s%s", *shown ? " " : "", shown);
        between = ", ";
    }
    if (r->more) text_puts(out, " and more");
    if (r->contracts) text_printf(out, "%s%" PRId64 " contract%s", between, r->contracts, r->contracts == 1 ? "" : "s");
    text_terminate(out);
}

static void put_row(listing *g, const referral *r) {
    text_buffer brought = {0};
    char asked[11], made[11], since[11];
    const char *whom = first_of(r->customer_id ? first_of(g->other.name, g->other.external_id) : "", first_of(r->referred, "(not named)"));
    brought_words(r, &brought);
    columns_row(&g->table, first_of(g->w.name, g->w.external_id), whom, day_text(r->asked_us, asked), calendar_text(r->made_day, made), r->state == REFERRAL_CAME ? calendar_text(r->became_day, since) : referral_state_name(r->state),
                brought.data ? brought.data : "");
    text_free(&brought);
}

static json_t *referral_json(const listing *g, const referral *r) {
    char id[24], asked[11], made[11], since[11];
    json_t *brought = json_array();
    for (size_t i = 0; i < r->currencies; i++) {
        text_buffer amount = {0};
        money_text(&amount, r->brought[i].minor, r->brought[i].currency, strlen(r->brought[i].currency));
        text_terminate(&amount);
        json_array_append_new(brought, json_pack("{s:s,s:s}", "currency", r->brought[i].currency, "amount", amount.data ? amount.data : ""));
        text_free(&amount);
    }
    snprintf(id, sizeof id, "%" PRId64, r->event_id);
    return json_pack("{s:s,s:s,s:o,s:o,s:o,s:s,s:s,s:o,s:I,s:I,s:o,s:b}", "event", id, "referred", r->referred, "customer", r->customer_id ? text_or_null(g->other.external_id) : json_null(), "name",
                     r->customer_id ? text_or_null(g->other.name) : json_null(), "asked", text_or_null(day_text(r->asked_us, asked)), "made", calendar_text(r->made_day, made), "state", referral_state_name(r->state), "customer_since",
                     r->became_day == TRACE_NO_DAY ? json_null() : json_string(calendar_text(r->became_day, since)), "orders", (json_int_t)r->orders, "contracts", (json_int_t)r->contracts, "brought", brought, "further_currencies", (int)r->more);
}

static mr_status one(listing *g, int64_t customer_id, mr_error *err) {
    const referral_span span = {.since_us = INT64_MIN, .until_us = g->a->at_us};
    referral *list = NULL;
    size_t n = 0;
    json_t *referrals = json_array();
    arena_reset(&g->in);
    mr_status status = whole_read(g->l, customer_id, &g->w, err);
    if (status == MR_OK) status = referrals_of(g->l, &g->w, &span, &g->in, &list, &n, err);
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        if (list[i].customer_id) status = whole_read(g->l, list[i].customer_id, &g->other, err);
        if (status != MR_OK) break;
        g->state[list[i].state]++;
        put_row(g, &list[i]);
        json_array_append_new(referrals, referral_json(g, &list[i]));
    }
    if (n && status == MR_OK) {
        g->recommenders++;
        json_array_append_new(g->list, json_pack("{s:s,s:s,s:O}", "customer", g->w.external_id, "name", g->w.name, "referrals", referrals));
    }
    json_decref(referrals);
    return status;
}

static mr_status all(listing *g, mr_error *err) {
    id_list ids = {0};
    progress_bar bar = {0};
    size_t room = g->a->limit ? (size_t)g->a->limit : INT32_MAX;
    mr_status status = recommenders(g->l, g->a->at_us, room + 1, &ids, err);
    g->cut = ids.n > room;
    progress_begin(&bar, "looking");
    for (size_t i = 0; i < ids.n && i < room && status == MR_OK; i++) {
        status = one(g, ids.at[i], err);
        if (status == MR_OK && progress_tick(i, ids.n, &bar)) status = error_set(err, MR_ECANCELLED, NULL, -1, "interrupted");
    }
    progress_end(&bar);
    id_list_free(&ids);
    return status;
}

static void print_json(const listing *g) {
    char at[40];
    size_t n = 0;
    for (int i = 0; i < REFERRAL_STATES; i++) n += g->state[i];
    json_t *o = json_pack("{s:s,s:I,s:I,s:I,s:b,s:O}", "at", time_text(g->a->at_us, at), "recommenders_shown", (json_int_t)g->recommenders, "referrals", (json_int_t)n, "became_customers", (json_int_t)g->state[REFERRAL_CAME], "more", (int)g->cut,
                          "recommenders", g->list);
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(o);
}

static void print_table(listing *g) {
    if (!g->recommenders) {
        puts(g->a->customer ? "They have recommended us to nobody, as far as is on record." : "Nobody has recommended us, as far as is on record (referral_made, docs/events.md).");
        return;
    }
    columns_end(&g->table);
    size_t n = 0;
    for (int i = 0; i < REFERRAL_STATES; i++) n += g->state[i];
    printf("\n%zu customer%s recommended us to %zu; %zu of these became customers by it%s\n", g->recommenders, g->recommenders == 1 ? "" : "s", n, g->state[REFERRAL_CAME], g->cut ? "; --limit shows more." : ".");
    if (g->state[REFERRAL_AMBIGUOUS]) print_words(0, "Several customers are called what the referral says: 'marram customer find' shows them; merge them where they are one.");
}

static int run(const arguments *a) {
    mr_error err = {0};
    listing g = {.a = a, .list = json_array(), .table = columns_begin(6, "who", "recommended us to", "asked", "on", "customer since", "brought")};
    int64_t customer_id;
    err.code = ledger_open_reading(a->store.url, &g.l, &err);
    if (err.code == MR_OK && a->customer) err.code = person_find(g.l, a->customer, a->source, &customer_id, &err);
    if (err.code == MR_OK) err.code = a->customer ? one(&g, customer_id, &err) : all(&g, &err);
    bool table = err.code == MR_OK && !a->json;
    if (!table || !g.recommenders) text_free(&g.table.cells);
    if (table) print_table(&g);
    else if (err.code == MR_OK) print_json(&g);
    whole_free(&g.w);
    whole_free(&g.other);
    arena_free(&g.in);
    ledger_close(g.l);
    json_decref(g.list);
    return err.code == MR_OK ? EXIT_OK : command_fail("referrals", &err);
}

int command_referrals(int argc, char **argv) {
    arguments a = {.limit = 50};
    option_reader r = option_begin("referrals", argc, argv);
    store_begin(&a.store);
    for (const char *name; (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    if (!a.given) a.at_us = now_us();
    return run(&a);
}
