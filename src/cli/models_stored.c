#include "models_stored.h"

#include "columns_out.h"
#include "score_print.h"

#include <calendar.h>
#include <currency.h>
#include <error.h>
#include <figures.h>
#include <inttypes.h>
#include <json_number.h>
#include <model_compare.h>
#include <stdlib.h>
#include <string.h>

#define DAY_US INT64_C(86400000000)

static char *day_of(int64_t us, char out[11]) {
    return calendar_text((int32_t)(us / DAY_US - (us % DAY_US < 0)), out);
}

/* --- stored --- */

static void print_one(const ledger_model *m) {
    model_document d;
    mr_error err = {0};
    char title[32] = "?", fitted[11], until[11], n[FIGURE];
    bool sound = model_document_read(m->document, &d, &err) == MR_OK;
    if (sound) choose_title(&d.fits.forecast.params, title);
    printf("%19" PRId64 "  %-10s  %-10s  %-18s %9s%s\n", m->id, day_of(m->fitted_at_us, fitted), calendar_text(m->until_day, until), title,
           sound ? figure_count(n, (double)d.sample) : "damaged", m->pinned ? " pinned" : "");
}

static mr_status list(ledger *l, const models_arguments *a, mr_error *err) {
    ledger_model *models;
    size_t n;
    mr_status status = ledger_models(l, &models, &n, err);
    if (status != MR_OK) return status;
    json_t *all = json_array();
    if (!a->json && n) printf("%19s  %-10s  %-10s  %-18s %9s\n", "number", "fitted", "orders to", "model", "customers");
    for (size_t i = 0; i < n; i++) {
        char fitted[11], until[11];
        if (!a->json) print_one(&models[i]);
        else
            json_array_append_new(all, json_pack("{s:o, s:s, s:s, s:s, s:b, s:o}", "id", json_number_of(models[i].id), "name", models[i].name, "fitted",
                                                 day_of(models[i].fitted_at_us, fitted), "until", calendar_text(models[i].until_day, until),
                                                 "pinned", (int)models[i].pinned, "document", json_loads(models[i].document, 0, NULL)));
    }
    if (a->json) {
        json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
        putchar('\n');
    } else if (!n)
        puts("No model is stored yet; 'marram score' fits and stores one.");
    json_decref(all);
    ledger_models_free(models, n);
    return MR_OK;
}

/* --- show --- */

static void print_fit(const char *what, const mr_fit *fit) {
    char title[32], n[FIGURE];
    choose_title(&fit->params, title);
    printf("\n%s: %s, log-likelihood %.2f over %s customers\n", what, title, fit->log_likelihood, figure_count(n, fit->n));
    for (size_t i = 0; i < mr_model_params(fit->params.model); i++) {
        double low = NAN, high = NAN;
        mr_fit_interval(fit, i, 0.95, &low, &high);
        printf("  %-8s %14.7g", mr_model_param(fit->params.model, i), fit->params.value[i]);
        if (!isnan(fit->se[i])) printf("   std. error %.3g, 95 %% interval %.5g to %.5g", fit->se[i], low, high);
        putchar('\n');
    }
}

static void print_number(double value, int width, int decimals) {
    if (isnan(value)) {
        printf(" %*s", width, "-");
    } else {
        printf(" %*.*f", width, decimals, value);
    }
}

static void print_holdout(const model_document *d) {
    char until[11], n[FIGURE], came[FIGURE];
    printf("\nHoldout: the %d days after %s, %s customers, %s orders came\n(docs/methods/holdout.md)\n", d->outer_days,
           calendar_text(d->outer_until, until), figure_count(n, (double)d->outer_customers), figure_count(came, d->outer_actual_total));
    printf("  %-23s %10s %8s %7s %7s %8s %9s\n", "", "inner RMSE", "RMSE", "MAE", "AUC", "Brier", "predicted");
    for (size_t i = 0; i < d->entries; i++) {
        const document_entry *e = &d->entry[i];
        printf("%s %-23s", i == d->fits.chosen ? "*" : " ", e->title);
        if (e->fitted) {
            print_number(e->inner_rmse, 10, 4);
            print_number(e->rmse, 8, 4);
            print_number(e->mae, 7, 4);
            print_number(e->auc, 7, 3);
            print_number(e->brier, 8, 4);
            print_number(e->predicted_total, 9, 0);
            putchar('\n');
        } else {
            printf("  %s\n", e->problem);
        }
    }
}

static mr_status show(ledger *l, const models_arguments *a, mr_error *err) {
    ledger_model m = {0};
    model_document *d = calloc(1, sizeof *d);
    if (!d) return error_set(err, MR_ENOMEM, NULL, -1, "no memory");
    mr_status status = a->operands > 1 ? ledger_model_find(l, a->operand[1], &m, err) : ledger_model_current(l, false, &m, err);
    if (status == MR_OK && !m.id) status = error_set(err, MR_EDATA, NULL, -1, "no model is stored yet; 'marram score' fits and stores one");
    if (status == MR_OK && a->json) {
        puts(m.document);
    } else if (status == MR_OK && (status = model_document_read(m.document, d, err)) == MR_OK) {
        char until[11], fitted[11], n[FIGURE], of[FIGURE];
        printf("Number %" PRId64 "%s, fitted on %s by Marram %s\nto orders up to %s: ", m.id, m.pinned ? ", pinned" : "", day_of(m.fitted_at_us, fitted),
               d->program, calendar_text(d->until, until));
        printf("%s of %s customers\n%s%s\n", figure_count(n, (double)d->sample), figure_count(of, (double)d->customers),
               !d->currency[0] ? "amounts are not known" : *currency_shown(d->currency) ? "money in " : "money in a currency that no import named",
               currency_shown(d->currency));
        print_wrapped(d->fits.why, strlen(d->fits.why), 0, 0);
        print_fit("Forecasts", &d->fits.forecast);
        if (d->fits.cycle.params.model != d->fits.forecast.params.model) print_fit("Stages and P(alive)", &d->fits.cycle);
        if (d->fits.has_spending) print_fit("Money an order", &d->fits.spending);
        if (d->fits.spending_problem[0]) printf("\nMoney an order: each customer's own mean (%s)\n", d->fits.spending_problem);
        if (d->entries) print_holdout(d);
    }
    free(d);
    ledger_model_free(&m);
    return status;
}

/* --- compare --- */

/* Columns of 18; a minus takes two bytes more than it shows. */
static void print_figure(double value, int decimals) {
    char text[FIGURE];
    printf(" %*s", value < 0 ? 20 : 18, isnan(value) ? "-" : figure_number(text, value, decimals));
}

static void print_pair(const char *what, double left, double right, int decimals) {
    printf("  %-34s", what);
    print_figure(left, decimals);
    print_figure(right, decimals);
    putchar('\n');
}

static void print_parameters(const char *what, const mr_fit *left, const mr_fit *right) {
    char a[32], b[32], name[64];
    choose_title(&left->params, a);
    choose_title(&right->params, b);
    printf("  %-34s %18s %18s\n", what, a, b);
    for (size_t i = 0; i < MR_MAX_PARAMS; i++) {
        const char *x = mr_model_param(left->params.model, i), *y = mr_model_param(right->params.model, i);
        if (!x && !y) continue;
        snprintf(name, sizeof name, "  %s%s%s", x ? x : "", x && y && strcmp(x, y) ? " / " : "", y && (!x || strcmp(x, y)) ? y : "");
        printf("  %-34s", name);
        if (x) printf(" %18.7g", left->params.value[i]);
        else printf(" %18s", "");
        if (y) printf(" %18.7g", right->params.value[i]);
        putchar('\n');
    }
}

static void print_comparison(const model_comparison *c) {
    const compared_model *x = &c->side[0], *y = &c->side[1];
    const choice *p = &x->document.fits, *q = &y->document.fits;
    char until[11], n[FIGURE], horizon[FIGURE], one[11], two[11];
    double predicted[2], actual[2];
    for (int i = 0; i < 2; i++) model_document_miss(&c->side[i].document, &predicted[i], &actual[i]);
    printf("  %-34s %18" PRId64 " %18" PRId64 "\n", "number", x->model.id, y->model.id);
    printf("  %-34s %18s %18s\n", "orders up to", calendar_text(x->document.until, one), calendar_text(y->document.until, two));
    print_pair("customers fitted to", (double)x->document.sample, (double)y->document.sample, 0);
    puts("\nParameters");
    print_parameters("forecasts", &p->forecast, &q->forecast);
    if (p->cycle.params.model != p->forecast.params.model || q->cycle.params.model != q->forecast.params.model)
        print_parameters("stages and P(alive)", &p->cycle, &q->cycle);
    if (p->has_spending && q->has_spending) print_parameters("money an order", &p->spending, &q->spending);
    puts("\nOn its own holdout, when it was fitted");
    print_pair("orders predicted", predicted[0], predicted[1], 0);
    print_pair("orders that came", actual[0], actual[1], 0);
    print_pair("RMSE", x->document.entries ? x->document.entry[p->chosen].rmse : NAN, y->document.entries ? y->document.entry[q->chosen].rmse : NAN, 4);
    printf("\nOn %s customers of today, orders up to %s\n", figure_count(n, (double)c->customers), calendar_text(c->until, until));
    print_pair("log-likelihood of their orders", x->log_likelihood, y->log_likelihood, 2);
    print_pair("log-likelihood of their amounts", x->spending_log_likelihood, y->spending_log_likelihood, 2);
    printf("  the next %s:\n", figure_horizon(horizon, c->horizon_days));
    print_pair("  customers to order", x->ordering, y->ordering, 0);
    print_pair("  orders", x->expected, y->expected, 0);
    print_pair("mean P(alive)", x->alive, y->alive, 3);
    for (int i = 0; i < MR_STAGES; i++) print_pair(mr_stage_name((mr_stage)i), (double)x->stage[i], (double)y->stage[i], 0);
    printf("\nThe chance of an order differs by %.4f on average, the stage of %s customers.\n", c->chance_apart, figure_count(n, (double)c->stage_apart));
    if (x->log_likelihood != y->log_likelihood)
        printf("%s makes today's orders likelier. It need not forecast better: that is for the holdouts to say.\n",
               x->log_likelihood > y->log_likelihood ? "The first" : "The second");
}

static json_t *side_json(const compared_model *s) {
    json_t *stages = json_object(), *out = json_object();
    char *text = NULL;
    mr_error ignored;
    for (int i = 0; i < MR_STAGES; i++) json_object_set_new(stages, mr_stage_name((mr_stage)i), json_integer((json_int_t)s->stage[i]));
    json_object_set_new(out, "id", json_number_of(s->model.id));
    json_object_set_new(out, "log_likelihood", json_number(s->log_likelihood));
    json_object_set_new(out, "spending_log_likelihood", json_number(s->spending_log_likelihood));
    json_object_set_new(out, "expected_orders", json_number(s->expected));
    json_object_set_new(out, "expected_customers", json_number(s->ordering));
    json_object_set_new(out, "mean_p_alive", json_number(s->alive));
    json_object_set_new(out, "stages", stages);
    if (model_document_write(&s->document, &text, &ignored) == MR_OK) json_object_set_new(out, "document", json_loads(text, 0, NULL));
    model_document_free(text);
    return out;
}

static void print_comparison_json(const model_comparison *c) {
    char until[11];
    json_t *root = json_pack("{s:s, s:I, s:f, s:f, s:I, s:[o, o]}", "until", calendar_text(c->until, until), "customers", (json_int_t)c->customers,
                             "horizon_days", c->horizon_days, "chance_apart", c->chance_apart, "stage_apart", (json_int_t)c->stage_apart, "models",
                             side_json(&c->side[0]), side_json(&c->side[1]));
    json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    putchar('\n');
    json_decref(root);
}

static void next_stage(void *ctx, const char *what) {
    progress_end(ctx);
    progress_begin(ctx, what);
}

static mr_status compare_two(const models_arguments *a, mr_error *err) {
    progress_bar bar;
    mr_pool *pool = NULL;
    model_comparison *c = calloc(1, sizeof *c);
    mr_status status = c ? mr_pool_new((int)a->threads, &pool, err) : error_set(err, MR_ENOMEM, NULL, -1, "no memory");
    if (status == MR_OK) {
        mr_context context = {.pool = pool, .progress = progress_tick, .progress_ctx = &bar};
        model_compare_options o = {.url = a->store.url, .name = {a->operand[1], a->operand[2]}, .today = today_utc(), .horizon_days = a->horizon_days,
                                   .sample = a->sample, .begin = next_stage, .ctx = &bar};
        progress_begin(&bar, "opening");
        status = model_compare(&o, &context, c, err);
        progress_end(&bar);
    }
    if (status == MR_OK && a->json) print_comparison_json(c);
    else if (status == MR_OK) print_comparison(c);
    mr_pool_free(pool);
    free(c);
    return status;
}

/* --- pin --- */

static mr_status pin(ledger *l, const models_arguments *a, mr_error *err) {
    ledger_model m = {0};
    mr_status status = ledger_model_find(l, a->operand[1], &m, err);
    if (status == MR_OK) status = ledger_model_pin(l, m.id, now_us(), err);
    if (status == MR_OK && a->json) printf("{\"pinned\": \"%" PRId64 "\"}\n", m.id);
    else if (status == MR_OK) printf("%" PRId64 " is pinned: score uses it until 'marram models unpin'\n", m.id);
    ledger_model_free(&m);
    return status;
}

static mr_status unpin(ledger *l, const models_arguments *a, mr_error *err) {
    mr_status status = ledger_model_pin(l, 0, now_us(), err);
    if (status == MR_OK) puts(a->json ? "{\"pinned\": null}" : "No model is pinned: score uses the latest");
    return status;
}

/* --- which --- */

int models_stored(const models_arguments *a) {
    static const struct {
        const char *name;
        size_t least, most; /* operands behind it */
        bool writes;
    } verbs[] = {{"stored", 0, 0, false}, {"show", 0, 1, false}, {"compare", 2, 2, false}, {"pin", 1, 1, true}, {"unpin", 0, 0, true}};
    enum { STORED, SHOW, COMPARE, PIN, UNPIN, VERBS };
    int verb = 0;
    while (verb < VERBS && strcmp(verbs[verb].name, a->operand[0]) != 0) verb++;
    if (verb == VERBS) return command_usage("models", "'%s' is none of stored, show, compare, pin, unpin", a->operand[0]);
    if (a->operands - 1 < verbs[verb].least || a->operands - 1 > verbs[verb].most)
        return command_usage("models", verb == COMPARE ? "compare needs two models' numbers" : verb == PIN ? "pin needs a model's number" : "%s has too many arguments",
                             verbs[verb].name);
    mr_error err = {0};
    if (verb == COMPARE) {
        err.code = compare_two(a, &err);
        return err.code == MR_OK ? EXIT_OK : command_fail("models", &err);
    }
    ledger *l;
    err.code = ledger_open(a->store.url, &(db_options){.read_only = !verbs[verb].writes}, &l, &err);
    if (err.code != MR_OK) return command_fail("models", &err);
    if (verb == STORED) err.code = list(l, a, &err);
    if (verb == SHOW) err.code = show(l, a, &err);
    if (verb == PIN) err.code = pin(l, a, &err);
    if (verb == UNPIN) err.code = unpin(l, a, &err);
    ledger_close(l);
    return err.code == MR_OK ? EXIT_OK : command_fail("models", &err);
}
