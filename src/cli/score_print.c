/* The figures of a score, for a terminal and as JSON. What each means: docs/methods/score.md. */
#include "score_print.h"

#include "columns_out.h"
#include "command.h"

#include <calendar.h>
#include <currency.h>
#include <figures.h>
#include <inttypes.h>
#include <json_number.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A line under a label of 14 columns, wrapped. */
static void print_under(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void print_under(const char *label, const char *format, ...) {
    char line[1024];
    va_list values;
    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    printf("%-14s", label);
    print_wrapped(line, strlen(line), 14, 14);
}

/* Money of the base in its unit. */
static double unit_of(const char currency[4]) {
    double scale = 1;
    for (int digits = currency_digits(currency), i = digits < 0 ? 2 : digits; i > 0; i--) scale *= 10;
    return scale;
}

static void print_model(const scoring *s) {
    const model_document *d = &s->document;
    char title[32], cycle[32], fitted[FIGURE], base[FIGURE], until[11];
    choose_title(&d->fits.forecast.params, title);
    choose_title(&d->fits.cycle.params, cycle);
    print_under("Model", "%s, number %" PRId64 "%s%s", title, s->model.id, s->model.pinned ? ", pinned" : "", s->fitted ? "" : ", stored");
    print_under("", "fitted to %s of %s customers, orders up to %s", figure_count(fitted, (double)d->sample),
           figure_count(base, (double)d->customers), calendar_text(d->until, until));
    print_under("", "%s", d->fits.why);
    if (d->fits.cycle.params.model != d->fits.forecast.params.model) print_under("", "stages and P(alive) from %s", cycle);
    if (s->fitted && s->fitted_id != s->model.id)
        print_under("", "the one fitted now, %" PRId64 ", is kept and not used: another is pinned (marram models unpin)", s->fitted_id);
}

/* Money stands on the same orders: its interval is taken to be off by the same share. NaN: none is known. */
static double money_at(const scoring *s, double value, double orders) {
    return s->expected > 0 ? value * orders / s->expected : NAN;
}

static void print_money(const char *name, int64_t minor, const scoring *s) {
    char money[FIGURE], low[FIGURE], high[FIGURE];
    const char *currency = currency_shown(s->document.currency);
    double value = (double)minor / unit_of(s->document.currency), least = money_at(s, value, s->expected_low), most = money_at(s, value, s->expected_high);
    printf("%-13s %s", name, figure_money(money, value, currency));
    if (!isnan(least)) printf("  (80 %% interval %s to %s)", figure_money(low, least, currency), figure_money(high, most, currency));
    putchar('\n');
}

static void print_stages(const scoring *s) {
    char n[FIGURE], money[FIGURE];
    double scale = unit_of(s->document.currency), all = (double)s->sums.customers;
    printf("\nStage             customers%s\n", s->document.currency[0] ? "             value at risk" : "");
    for (int i = 0; i < MR_STAGES; i++) {
        printf("  %-10s %14s  %5.1f %%", mr_stage_name((mr_stage)i), figure_count(n, (double)s->sums.stage[i]),
               all > 0 ? 100 * (double)s->sums.stage[i] / all : 0);
        if (s->document.currency[0])
            printf("  %16s", figure_money(money, (double)s->sums.stage_at_risk_minor[i] / scale, currency_shown(s->document.currency)));
        putchar('\n');
    }
}

static void print_time(const scoring *s) {
    text_buffer line = {0};
    char n[FIGURE];
    for (int i = 0; i < SCORING_STAGES; i++)
        if (s->seconds[i] > 0) text_printf(&line, "%s%s %.2f s", line.len ? ", " : "", scoring_stage_names[i], s->seconds[i]);
    putchar('\n');
    print_under("Time", "%.*s", (int)line.len, line.len ? line.data : "");
    text_free(&line);
    if (s->scored && s->wall_seconds > 0)
        print_under("", "%s customers a second%s%s", figure_count(n, (double)s->sums.customers / s->wall_seconds),
                    s->threads > 1 ? "; the last three stages are of all threads, added up" : "",
                    s->from_histories ? "; all events were read, for the amounts or the last day ask for it" : "");
}

void score_print(const scoring *s, const scoring_options *o) {
    char n[FIGURE], low[FIGURE], high[FIGURE], horizon[FIGURE], until[11];
    if (s->repairs) printf("Repaired      %" PRIu64 " cycles that an import had left stale\n", s->repaired);
    if (s->unfinished) printf("Unfinished    an import is under way or was cut short: forecasts are of what has come so far\n");
    print_model(s);
    if (s->scored) {
        printf("Customers     %s", figure_count(n, (double)s->sums.customers));
        if (o->of > 1) printf(", part %u of %u", o->part + 1, o->of);
        printf(", orders up to %s\n", calendar_text(s->until, until));
        printf("\nThe next %s\n", figure_horizon(horizon, o->horizon_days));
        printf("To order      %s customer%s\n", figure_count(n, s->ordering), s->ordering >= .5 && s->ordering < 1.5 ? "" : "s");
        printf("Orders        %s", figure_count(n, s->expected));
        if (!isnan(s->expected_low)) printf("  (80 %% interval %s to %s)", figure_count(low, s->expected_low), figure_count(high, s->expected_high));
        putchar('\n');
        if (s->document.currency[0]) {
            print_money(o->margin < 1 ? "Profit" : "Value", s->sums.value_minor, s);
            print_money("At risk", s->sums.value_at_risk_minor, s);
        }
        print_stages(s);
    }
    print_time(s);
    const char *end = s->scored ? "Customer by customer: marram export forecast, or marram customer show ID. What the figures mean: docs/methods/score.md"
                                : "The model is stored; 'marram models show' has its figures, docs/methods/score.md what they mean";
    putchar('\n');
    print_wrapped(end, strlen(end), 0, 0);
}

/* --- JSON --- */

static json_t *stages_json(const scoring *s) {
    json_t *out = json_object();
    for (int i = 0; i < MR_STAGES; i++) json_object_set_new(out, mr_stage_name((mr_stage)i), json_integer((json_int_t)s->sums.stage[i]));
    return out;
}

static void money_json(const scoring *s, json_t *root) {
    bool known = s->document.currency[0] != 0;
    const struct {
        const char *name;
        double minor, orders;
    } ends[] = {{"value_minor_low", (double)s->sums.value_minor, s->expected_low},
                {"value_minor_high", (double)s->sums.value_minor, s->expected_high},
                {"value_at_risk_minor_low", (double)s->sums.value_at_risk_minor, s->expected_low},
                {"value_at_risk_minor_high", (double)s->sums.value_at_risk_minor, s->expected_high}};
    json_t *stages = known ? json_object() : json_null();
    double end;
    json_object_set_new(root, "currency", json_string(s->document.currency));
    json_object_set_new(root, "value_minor", known ? json_integer(s->sums.value_minor) : json_null());
    json_object_set_new(root, "value_at_risk_minor", known ? json_integer(s->sums.value_at_risk_minor) : json_null());
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        json_object_set_new(root, ends[i].name, known && fabs(end = round(money_at(s, ends[i].minor, ends[i].orders))) < 9e18 ? json_integer((json_int_t)end) : json_null());
    for (int i = 0; i < MR_STAGES && known; i++)
        json_object_set_new(stages, mr_stage_name((mr_stage)i), json_integer((json_int_t)s->sums.stage_at_risk_minor[i]));
    json_object_set_new(root, "stages_at_risk_minor", stages);
}

/* A model's number has more digits than most readers of JSON keep of one: as text. */
json_t *json_number_of(int64_t id) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, id);
    return json_string(text);
}

int score_print_json(const scoring *s, const scoring_options *o) {
    char until[11];
    json_t *root = json_object(), *seconds = json_object();
    for (int i = 0; i < SCORING_STAGES; i++) json_object_set_new(seconds, scoring_stage_names[i], json_number(s->seconds[i]));
    json_object_set_new(root, "model", json_number_of(s->model.id));
    json_object_set_new(root, "model_name", json_string(s->model.name));
    json_object_set_new(root, "pinned", json_boolean(s->model.pinned));
    json_object_set_new(root, "fitted", s->fitted ? json_number_of(s->fitted_id) : json_null());
    json_object_set_new(root, "why", json_string(s->document.fits.why));
    json_object_set_new(root, "until", json_string(calendar_text(s->until, until)));
    json_object_set_new(root, "horizon_days", json_number(o->horizon_days));
    json_object_set_new(root, "repaired", json_integer((json_int_t)s->repaired));
    if (s->scored) {
        json_object_set_new(root, "part", json_integer(o->of > 1 ? o->part + 1 : 1));
        json_object_set_new(root, "parts", json_integer(o->of > 1 ? o->of : 1));
        json_object_set_new(root, "customers", json_integer((json_int_t)s->sums.customers));
        json_object_set_new(root, "repeaters", json_integer((json_int_t)s->sums.repeaters));
        json_object_set_new(root, "orders", json_integer((json_int_t)s->sums.orders));
        json_object_set_new(root, "expected_customers", json_number(s->ordering));
        json_object_set_new(root, "expected_orders", json_number(s->expected));
        json_object_set_new(root, "expected_orders_low", json_number(s->expected_low));
        json_object_set_new(root, "expected_orders_high", json_number(s->expected_high));
        json_object_set_new(root, "stages", stages_json(s));
        money_json(s, root);
        json_object_set_new(root, "from", json_string(s->from_histories ? "histories" : "cycles"));
        json_object_set_new(root, "wall_seconds", json_number(s->wall_seconds));
    }
    json_object_set_new(root, "seconds", seconds);
    json_object_set_new(root, "definitions", json_string("docs/methods/score.md"));
    int failed = json_dumpf(root, stdout, JSON_INDENT(2));
    json_decref(root);
    putchar('\n');
    return failed ? EXIT_IO : EXIT_OK;
}
