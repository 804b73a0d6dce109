/* One customer in a terminal: who, how their cycle stands, what is open, and what happened, newest first. */
#include "customer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *text(const json_t *o, const char *name) {
    const char *t = json_string_value(json_object_get(o, name));
    return t ? t : "";
}

static json_int_t number(const json_t *o, const char *name) {
    return json_integer_value(json_object_get(o, name));
}

static double real(const json_t *o, const char *name) {
    return json_number_value(json_object_get(o, name));
}

static void print_who(const json_t *p) {
    static const char *const fields[][2] = {{"email", "e-mail"}, {"phone", "phone"}, {"address", "address"}, {"tier", "tier"}, {"segment", "segment"},
                                            {"time_zone", "time zone"}, {"locale", "language"}, {"owner_sales", "sales"}, {"owner_operations", "operations"}};
    const json_t *c = json_array_get(json_object_get(p, "customer"), 0), *ids = json_object_get(p, "identifiers"), *id;
    size_t i;
    printf("%s", *text(c, "name") ? text(c, "name") : text(json_array_get(ids, 0), "identifier"));
    if (number(c, "kind")) printf("  (%s)", number(c, "kind") == 1 ? "person" : "company");
    printf("\n");
    json_array_foreach(ids, i, id) printf("  %-12s %s in %s\n", i ? "also" : "identifier", text(id, "identifier"), text(id, "source"));
    printf("  %-12s #%" JSON_INTEGER_FORMAT "\n", "number", number(p, "customer_id"));
    for (i = 0; i < sizeof fields / sizeof *fields; i++)
        if (*text(c, fields[i][0])) printf("  %-12s %s\n", fields[i][1], text(c, fields[i][0]));
    if (strlen(text(c, "attributes")) > 2) printf("  %-12s %s\n", "further", text(c, "attributes"));
}

static void print_cycle(const json_t *p) {
    const json_t *c = json_object_get(p, "cycle");
    const char *name;
    json_t *value;
    bool any = false;
    printf("\nCycle\n");
    if (number(c, "orders")) {
        printf("  %" JSON_INTEGER_FORMAT " orders from %s to %s", number(c, "orders"), text(c, "first_order"), text(c, "last_order"));
        if (*text(c, "spend")) printf(", %s %s", text(c, "currency"), text(c, "spend"));
        printf("%s\n", json_object_get(c, "other_currencies") ? " and money in other currencies" : "");
    }
    json_object_foreach((json_t *)c, name, value) {
        if (!json_is_integer(value) || !json_integer_value(value) || !strcmp(name, "orders") || !strcmp(name, "events")) continue;
        char words[40];
        snprintf(words, sizeof words, "%s", name);
        for (char *w = words; *w; w++)
            if (*w == '_') *w = ' ';
        printf("%s%s %" JSON_INTEGER_FORMAT, any ? ", " : "  ", words, json_integer_value(value));
        any = true;
    }
    if (any) printf("\n");
    if (!number(c, "events")) printf("  nothing has happened yet\n");
}

static void print_forecasts(const json_t *p) {
    size_t i;
    json_t *f;
    json_array_foreach(json_object_get(p, "forecasts"), i, f) {
        printf("%s  until %s, the next %" JSON_INTEGER_FORMAT " days: chance of an order %.0f %%, %.1f orders (%.0f to %.0f), value %s %s\n", i ? "" : "\nForecast\n",
               text(f, "until_day"), number(f, "horizon_days"), 100 * real(f, "p_order"), real(f, "expected_orders"), real(f, "expected_low"),
               real(f, "expected_high"), text(f, "currency"), text(f, "value"));
        printf("  stage %s, P(alive) %.2f, at risk %s %s; model #%" JSON_INTEGER_FORMAT ", scored %.10s\n", text(f, "stage"), real(f, "p_alive"), text(f, "currency"),
               text(f, "value_at_risk"), number(f, "model_id"), text(f, "scored_at"));
    }
}

/* Rows of one kind that are still open: contracts that run, cases and promises that wait. */
static void print_open(const json_t *p) {
    size_t i;
    json_t *r;
    bool any = false;
    json_array_foreach(json_object_get(p, "contracts"), i, r) {
        if (number(r, "state") == 3) continue;
        printf("%s  contract %s %s since %s", any ? "" : "\nOpen\n", text(r, "external_id"), text(r, "product"), text(r, "start_day"));
        if (*text(r, "currency")) printf(", %s %s", text(r, "currency"), text(r, "price"));
        if (*text(r, "renewal_day")) printf(", renews %s", text(r, "renewal_day"));
        printf("%s\n", number(r, "state") == 2 ? ", notice given" : "");
        any = true;
    }
    json_array_foreach(json_object_get(p, "cases"), i, r) {
        if (number(r, "state") == 2) continue;
        printf("%s  case %s %s since %.10s%s%s\n", any ? "" : "\nOpen\n", text(r, "external_id"), text(r, "severity"), text(r, "opened_at"),
               *text(r, "subject") ? ": " : "", text(r, "subject"));
        any = true;
    }
    json_array_foreach(json_object_get(p, "promises"), i, r) {
        if (number(r, "state") != 1) continue;
        printf("%s  promise: %s%s%.10s%s%s\n", any ? "" : "\nOpen\n", text(r, "what"), *text(r, "due") ? ", due " : "", text(r, "due"), *text(r, "by_whom") ? ", by " : "",
               text(r, "by_whom"));
        any = true;
    }
}

static void print_people(const json_t *p) {
    size_t i;
    json_t *r;
    json_array_foreach(json_object_get(p, "contacts"), i, r)
        printf("%s  %s%s%s%s%s%s%s\n", i ? "" : "\nPeople\n", text(r, "name"), *text(r, "role") ? ", " : "", text(r, "role"), *text(r, "authority") ? ", " : "",
               text(r, "authority"), *text(r, "left_day") ? ", left " : "", text(r, "left_day"));
    json_array_foreach(json_object_get(p, "consents"), i, r)
        printf("%s  %s%s%s %s since %.10s\n", i ? "" : "\nConsent\n", text(r, "purpose"), *text(r, "channel") ? " by " : "", text(r, "channel"),
               number(r, "state") ? "given" : "withdrawn", text(r, "at"));
}

/* "product Pro, seats 5" in what is left of the line. */
static void print_body(const json_t *body, int room) {
    char line[512] = "";
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)body, name, value) {
        char *plain = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
        size_t at = strlen(line);
        /* A subject's own number says what it is by standing first. */
        bool number = !strcmp(name, "number") || !strcmp(name, "kind");
        snprintf(line + at, sizeof line - at, "%s%s%s%s", at ? ", " : "", number ? "" : name, number ? "" : " ", plain ? plain : text(body, name));
        free(plain);
    }
    if (room && (int)strlen(line) > room) {
        int cut = room - 3;
        while (cut > 0 && ((unsigned char)line[cut] & 0xC0) == 0x80) cut--; /* not through a character */
        snprintf(line + cut, 4, "...");
    }
    printf("%s", line);
}

/* Columns of the terminal; 0: not a terminal, nothing is cut. */
static int columns(void) {
    struct winsize size;
    if (!isatty(STDOUT_FILENO)) return 0;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 40 ? size.ws_col : 80;
}

static void print_events(const json_t *p) {
    const json_t *list = json_object_get(p, "events");
    json_t *e;
    size_t i;
    int width = columns();
    if (!json_array_size(list)) return;
    printf("\nWhat happened, newest first (%zu of %" JSON_INTEGER_FORMAT ")\n", json_array_size(list), number(p, "events_n"));
    json_array_foreach(list, i, e) {
        char kind[40];
        snprintf(kind, sizeof kind, "%s", !strcmp(text(e, "kind"), "custom") && *text(json_object_get(e, "body"), "kind") ? text(json_object_get(e, "body"), "kind")
                                                                                                                           : text(e, "kind"));
        for (char *w = kind; *w; w++)
            if (*w == '_') *w = ' ';
        const char *at = text(e, "at");
        int used = printf("  %.10s %.5s  %-17s ", at, strncmp(at + 11, "00:00:00", 8) ? at + 11 : "     ", kind);
        if (*text(e, "amount")) used += printf("%s %s  ", strcmp(text(e, "currency"), "XXX") ? text(e, "currency") : "", text(e, "amount"));
        print_body(json_object_get(e, "body"), !width ? 0 : width - 1 - used > 20 ? width - 1 - used : 20);
        printf("\n");
    }
}

void customer_print(const json_t *p) {
    print_who(p);
    print_cycle(p);
    print_forecasts(p);
    print_open(p);
    print_people(p);
    print_events(p);
}
