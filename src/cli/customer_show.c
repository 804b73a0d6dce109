/* One customer in a terminal: who they are, how their cycle stands, what is open, and what happened, newest first. */
#include "columns_out.h"
#include "customer.h"
#include "event_words.h"
#include "json_text.h"

#include <calendar.h>
#include <currency.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LABEL 14 /* columns of the labels on the left, with their indent */

static json_int_t number(const json_t *o, const char *name) {
    return json_integer_value(json_object_get(o, name));
}

static double real(const json_t *o, const char *name) {
    return json_number_value(json_object_get(o, name));
}

/* --- lines --- */

static void heading(const char *words) {
    const char *plain = getenv("NO_COLOR");
    bool bold = isatty(STDOUT_FILENO) && !(plain && *plain);
    printf("\n%s%s%s\n", bold ? "\033[1m" : "", words, bold ? "\033[0m" : "");
}

/* "  label       what is in line", wrapped; nothing where it is empty. Empties line. */
static void put_line(const char *label, text_buffer *line) {
    if (line->len) {
        printf("  %-*s", LABEL - 2, label);
        print_wrapped(line->data, line->len, LABEL, LABEL);
    }
    line->len = 0;
}

static void put_text(const char *label, const char *value) {
    text_buffer line = {0};
    text_puts(&line, value);
    put_line(label, &line);
    text_free(&line);
}

/* "3 orders" */
static void counted(text_buffer *out, json_int_t n, const char *one, const char *many) {
    text_printf(out, "%" JSON_INTEGER_FORMAT " %s", n, n == 1 ? one : many);
}

static bool day_of(const char *date, int32_t *day) {
    return strlen(date) >= 10 && calendar_parse(date, 10, day);
}

/* ", the last on 2026-01-05 (10 days ago)" */
static void put_last(text_buffer *out, const char *date, int32_t today, const char *before) {
    int32_t day;
    if (!day_of(date, &day)) return;
    text_printf(out, "%s%.10s", before, date);
    if (today - day == 1) text_puts(out, " (yesterday)");
    if (today - day > 1) text_printf(out, " (%d days ago)", today - day);
}

/* --- who --- */

static void print_identifiers(const json_t *p) {
    const json_t *ids = json_object_get(p, "identifiers"), *id, *merges = json_object_get(p, "merges"), *m;
    text_buffer line = {0};
    size_t i;
    json_array_foreach(ids, i, id) text_printf(&line, "%s%s (%s)", !i ? "" : i == 1 ? "; also " : ", ", json_text(id, "identifier"), json_text(id, "source"));
    put_line("identifier", &line);
    text_printf(&line, "#%s", json_text(p, "customer_id"));
    put_line("number", &line);
    json_array_foreach(merges, i, m)
        text_printf(&line, "%swith #%s on %.10s (merge %" JSON_INTEGER_FORMAT ")", i ? ", " : "", json_text(m, "customer_id"), json_text(m, "at"), number(m, "merge"));
    put_line("merged", &line);
    text_free(&line);
}

static void print_attributes(const json_t *attributes) {
    const char *name;
    json_t *value;
    text_buffer line = {0};
    json_object_foreach((json_t *)attributes, name, value) {
        char *plain = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        text_printf(&line, "%s%s %s", line.len ? ", " : "", name, plain ? plain : json_text(attributes, name));
        free(plain);
    }
    put_line("further", &line);
    text_free(&line);
}

static void print_who(const json_t *p) {
    static const char *const fields[][2] = {{"email", "e-mail"}, {"phone", "phone"}, {"address", "address"}, {"tier", "tier"}, {"segment", "segment"},
                                            {"time_zone", "time zone"}, {"locale", "language"}, {"owner_sales", "sales"}, {"owner_operations", "operations"}};
    const json_t *c = json_object_get(p, "customer");
    text_buffer line = {0};
    text_puts(&line, *json_text(c, "name") ? json_text(c, "name") : json_text(json_array_get(json_object_get(p, "identifiers"), 0), "identifier"));
    if (!line.len) text_printf(&line, "#%s, of whom nobody has an identifier", json_text(p, "customer_id"));
    if (*json_text(c, "kind")) text_printf(&line, " (%s)", json_text(c, "kind"));
    print_wrapped(line.data, line.len, 0, 0);
    text_free(&line);
    print_identifiers(p);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (*json_text(c, fields[i][0])) put_text(fields[i][1], json_text(c, fields[i][0]));
    print_attributes(json_object_get(c, "attributes"));
}

/* --- the cycle --- */

static void print_buying(const json_t *c, int32_t today) {
    text_buffer line = {0};
    json_int_t orders = number(c, "orders");
    int32_t first, last;
    if (!orders) return;
    counted(&line, orders, "order", "orders");
    if (orders == 1) {
        put_last(&line, json_text(c, "last_order"), today, ", on ");
    } else {
        text_printf(&line, " since %s", json_text(c, "first_order"));
        put_last(&line, json_text(c, "last_order"), today, ", the last on ");
        if (day_of(json_text(c, "first_order"), &first) && day_of(json_text(c, "last_order"), &last)) {
            int every = (int)((double)(last - first) / (double)(orders - 1) + 0.5);
            text_printf(&line, every == 1 ? "; one a day" : "; one every %d days", every);
        }
    }
    put_line("bought", &line);
    if (*json_text(c, "currency")) {
        const char *currency = currency_shown(json_text(c, "currency"));
        text_printf(&line, "%.2f%s%s", real(c, "spend"), *currency ? " " : "", currency);
        bool most = json_is_true(json_object_get(c, "spend_is_more"));
        if (most) text_puts(&line, " and more than that, beyond what can be added up");
        if (orders > 1 && !most) text_printf(&line, ", %.2f an order", real(c, "spend") / (double)orders);
        if (number(c, "refunds")) text_printf(&line, "; %.2f%s of it came back in ", real(c, "refunded"), json_is_true(json_object_get(c, "refunded_is_more")) ? " and more" : ""), counted(&line, number(c, "refunds"), "refund", "refunds");
        if (json_is_true(json_object_get(c, "other_currencies"))) text_puts(&line, "; and money in other currencies, which is not in this");
        put_line("spent", &line);
    }
    text_free(&line);
}

/* Counts that are not 0, after one another: "2 reported, 1 closed, 1 opened again". */
static void print_counts(const json_t *c, const char *label, const char *const names[][3], size_t n, const char *last, int32_t today) {
    text_buffer line = {0};
    for (size_t i = 0; i < n; i++) {
        if (!number(c, names[i][0])) continue;
        text_puts(&line, line.len ? ", " : "");
        counted(&line, number(c, names[i][0]), names[i][1], names[i][2]);
    }
    if (line.len) put_last(&line, json_text(c, last), today, "; the last on ");
    put_line(label, &line);
    text_free(&line);
}

static void print_cycle(const json_t *p, int32_t today) {
    static const char *const problems[][3] = {{"cases_opened", "reported", "reported"}, {"cases_resolved", "closed", "closed"},
                                              {"cases_reopened", "opened again", "opened again"}, {"complaints", "complaint", "complaints"}},
                            *const promises[][3] = {{"promises_made", "made", "made"}, {"promises_kept", "kept", "kept"}, {"promises_broken", "broken", "broken"}},
                            *const touches[][3] = {{"touches_out", "by us", "by us"}, {"touches_in", "by them", "by them"}, {"bounces", "did not arrive", "did not arrive"}},
                            *const contracts[][3] = {{"contracts_started", "begun", "begun"}, {"contracts_ended", "ended", "ended"}},
                            *const payments[][3] = {{"payments_failed", "failed", "failed"}, {"payments_recovered", "came after all", "came after all"}},
                            *const leaving[][3] = {{"leave_intents", "time said so", "times said so"}, {"departures", "time left", "times left"},
                                                   {"returns", "time come back", "times come back"}},
                            *const said[][3] = {{"surveys", "survey answered", "surveys answered"}, {"praises", "word of praise", "words of praise"}},
                            *const use[][3] = {{"usages", "use of the product", "uses of the product"}};
    const json_t *cycle = json_object_get(p, "cycle"), *c = json_object_get(cycle, "state");
    heading("How it stands");
    if (json_is_true(json_object_get(cycle, "stale")) || !json_is_object(c)) {
        puts("  not up to date: an import was not finished; 'marram db check --repair' mends that");
        return;
    }
    if (!number(c, "events")) puts("  nothing has happened yet");
    print_buying(c, today);
#define COUNTS(label, names, last) print_counts(c, label, names, sizeof names / sizeof *names, last, today)
    COUNTS("contracts", contracts, "");
    COUNTS("payments", payments, "last_payment_failed");
    COUNTS("use", use, "last_usage");
    COUNTS("problems", problems, "last_case_open");
    COUNTS("promises", promises, "");
    COUNTS("touches", touches, "last_touch_out");
    COUNTS("said", said, "last_survey");
    COUNTS("leaving", leaving, "");
#undef COUNTS
    if (json_array_size(json_object_get(p, "conflicts")))
        printf("  %-*s%zu event%s came again with other contents: 'marram customer export' has both\n", LABEL - 2, "conflicts", json_array_size(json_object_get(p, "conflicts")),
               json_array_size(json_object_get(p, "conflicts")) == 1 ? "" : "s");
}

static void print_forecast(const json_t *p) {
    const json_t *list = json_object_get(p, "forecasts"), *f, *newest = NULL;
    text_buffer line = {0};
    size_t i;
    json_array_foreach(list, i, f)
        if (!newest || strcmp(json_text(f, "scored_at"), json_text(newest, "scored_at")) > 0) newest = f;
    if (!newest) return;
    char words[96];
    snprintf(words, sizeof words, "Forecast as of %s, by %.40s", json_text(newest, "until_day"), *json_text(newest, "model") ? json_text(newest, "model") : "a model that is gone");
    heading(words);
    text_printf(&line, "%.0f %% within %" JSON_INTEGER_FORMAT " %s; %.1f orders expected (%.0f to %.0f)", 100 * real(newest, "p_order"), number(newest, "horizon_days"), number(newest, "horizon_days") == 1 ? "day" : "days",
                real(newest, "expected_orders"), real(newest, "expected_low"), real(newest, "expected_high"));
    put_line("next order", &line);
    text_printf(&line, "%s; still a customer with %.0f %%, by this model", json_text(newest, "stage"), 100 * real(newest, "p_alive"));
    put_line("stage", &line);
    if (*json_text(newest, "currency")) {
        const char *currency = currency_shown(json_text(newest, "currency"));
        text_printf(&line, "%.2f%s%s expected, %.2f of it at risk", real(newest, "value"), *currency ? " " : "", currency, real(newest, "value_at_risk"));
    }
    put_line("value", &line);
    text_free(&line);
}

/* --- open things and people --- */

static void print_contract(const json_t *r) {
    text_buffer line = {0};
    text_printf(&line, "%s%s%s", json_text(r, "external_id"), *json_text(r, "product") ? ", " : "", json_text(r, "product"));
    if (*json_text(r, "start_day")) text_printf(&line, ", since %s", json_text(r, "start_day"));
    if (json_is_number(json_object_get(r, "price"))) {
        const char *currency = currency_shown(json_text(r, "currency"));
        text_printf(&line, ", %.2f%s%s", real(r, "price"), *currency ? " " : "", currency);
        if (number(r, "period_months") > 0) text_putc(&line, ' '), period_words(number(r, "period_months"), &line);
    }
    if (number(r, "seats")) text_puts(&line, ", "), counted(&line, number(r, "seats"), "seat", "seats");
    if (*json_text(r, "renewal_day")) text_printf(&line, ", renews on %s", json_text(r, "renewal_day"));
    if (!strcmp(json_text(r, "state"), "notice given")) text_puts(&line, ", notice is given");
    put_line("contract", &line);
    text_free(&line);
}

static void print_case(const json_t *r) {
    text_buffer line = {0};
    text_printf(&line, "%s%s%s", json_text(r, "external_id"), *json_text(r, "subject") ? ": " : "", json_text(r, "subject"));
    if (*json_text(r, "opened_at")) text_printf(&line, ", since %.10s", json_text(r, "opened_at"));
    if (*json_text(r, "severity")) text_printf(&line, ", %s", json_text(r, "severity"));
    if (!*json_text(r, "first_response_at")) text_puts(&line, ", not answered");
    if (number(r, "reopenings")) text_puts(&line, ", opened again "), counted(&line, number(r, "reopenings"), "time", "times");
    put_line("problem", &line);
    text_free(&line);
}

static void print_promise(const json_t *r, int32_t today) {
    text_buffer line = {0};
    int32_t due;
    text_puts(&line, *json_text(r, "what") ? json_text(r, "what") : json_text(r, "external_id"));
    if (*json_text(r, "by_whom")) text_printf(&line, ", by %s", json_text(r, "by_whom"));
    if (day_of(json_text(r, "due"), &due)) {
        text_printf(&line, ", due %.10s", json_text(r, "due"));
        if (due < today) text_printf(&line, ": OVERDUE by %d day%s", today - due, today - due == 1 ? "" : "s");
    }
    put_line("promise", &line);
    text_free(&line);
}

static void print_open(const json_t *p, int32_t today) {
    static const struct {
        const char *list, *closed, *other;
    } kinds[] = {{"contracts", "ended", ""}, {"cases", "resolved", ""}, {"promises", "kept", "broken"}};
    bool any = false;
    for (size_t k = 0; k < 3; k++) {
        const json_t *r;
        size_t i;
        json_array_foreach(json_object_get(p, kinds[k].list), i, r) {
            if (!strcmp(json_text(r, "state"), kinds[k].closed) || !strcmp(json_text(r, "state"), kinds[k].other)) continue;
            if (!any) heading("Open");
            any = true;
            if (k == 0) print_contract(r);
            if (k == 1) print_case(r);
            if (k == 2) print_promise(r, today);
        }
    }
}

static void print_people(const json_t *p) {
    const json_t *r;
    size_t i;
    text_buffer line = {0};
    if (json_array_size(json_object_get(p, "contacts"))) heading("People");
    json_array_foreach(json_object_get(p, "contacts"), i, r) {
        text_printf(&line, "%s", *json_text(r, "name") ? json_text(r, "name") : json_text(r, "external_id"));
        const char *const more[] = {json_text(r, "role"), json_text(r, "authority"), json_text(r, "email"), json_text(r, "phone")};
        for (size_t k = 0; k < 4; k++)
            if (*more[k]) text_printf(&line, ", %s", more[k]);
        if (*json_text(r, "left_day")) text_printf(&line, ", left on %s", json_text(r, "left_day"));
        fputs("  ", stdout);
        print_wrapped(line.data, line.len, 2, 4);
        line.len = 0;
    }
    json_array_foreach(json_object_get(p, "consents"), i, r)
        text_printf(&line, "%s%s%s%s %s on %.10s", line.len ? "; " : "", *json_text(r, "purpose") ? json_text(r, "purpose") : "everything", *json_text(r, "channel") ? " by " : "",
                    json_text(r, "channel"), json_text(r, "state"), json_text(r, "at"));
    if (line.len) heading("Consent");
    if (line.len) {
        fputs("  ", stdout);
        print_wrapped(line.data, line.len, 2, 4);
    }
    text_free(&line);
}

/* --- the timeline --- */

static void print_events(const json_t *p) {
    const json_t *list = json_object_get(p, "events"), *e;
    json_int_t all = number(p, "events_n");
    size_t i, n = json_array_size(list);
    bool clocks = false, sources = false;
    text_buffer line = {0};
    char words[96];
    if (!n) return;
    json_array_foreach(list, i, e) {
        clocks = clocks || strncmp(json_text(e, "at") + 10, "T00:00:00Z", 10) != 0;
        sources = sources || strcmp(json_text(e, "source"), json_text(json_array_get(list, 0), "source")) != 0;
    }
    if ((json_int_t)n < all)
        snprintf(words, sizeof words, "What happened: the last %zu of %" JSON_INTEGER_FORMAT " (--limit N shows more)", n, all);
    else
        snprintf(words, sizeof words, "What happened");
    heading(words);
    json_array_foreach(list, i, e) {
        const char *at = json_text(e, "at");
        bool clock = strncmp(at + 10, "T00:00:00Z", 10) != 0;
        event_words(e, &line);
        if (sources) text_printf(&line, " [%s]", json_text(e, "source"));
        printf("  %.10s%s%.5s  ", at, clocks ? " " : "", !clocks ? "" : clock ? at + 11 : "     ");
        print_wrapped(line.data, line.len, clocks ? 20 : 14, clocks ? 20 : 14);
        line.len = 0;
    }
    text_free(&line);
}

void customer_print(const json_t *p, int32_t today) {
    print_who(p);
    print_cycle(p, today);
    print_forecast(p);
    print_open(p, today);
    print_people(p);
    print_events(p);
}
