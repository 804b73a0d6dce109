/* Data for a fit. */
#include "fit_data.h"

#include <error.h>
#include <marram/history.h>
#include <table.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fit_data_free(fit_data *data) {
    free(data->set);
    free(data->columns);
    *data = (fit_data){0};
}

static mr_status make_sets(fit_data *out, size_t sets, size_t columns, mr_error *err) {
    out->set = calloc(sets ? sets : 1, sizeof *out->set);
    out->columns = calloc(columns ? columns : 1, sizeof *out->columns);
    return out->set && out->columns ? MR_OK : error_memory(err, columns * sizeof *out->columns);
}

static mr_status from_orders(const mr_model *model, const ingest_orders *input, const reader_options *reader, mr_pool *pool,
                             fit_data *out, mr_error *err) {
    size_t n = input->orders.n;
    int32_t until = reader->ingest.until != INT32_MAX ? reader->ingest.until : input->understood.last_day;
    mr_context context = {.pool = pool};
    if (mr_model_kind(model) == MR_SPENDING && !input->orders.money)
        return error_set(err, MR_EDATA, "amount", -1, "%s needs amounts, and no column of amounts was found (--columns)",
                         mr_model_title(model));
    mr_status status = make_sets(out, 1, 5 * n, err);
    if (status != MR_OK) return status;
    double *c = out->columns;
    mr_summary s = {.x = c, .t_x = c + n, .T = c + 2 * n, .log_gaps = c + 3 * n, .mean_spend = c + 4 * n};
    status = mr_history_summary(&input->orders, NULL, 0, until, reader->days_per_unit, 0, &context, &s, err);
    if (status != MR_OK) return status;
    out->sets_n = 1;
    out->set[0].data = (mr_data){.n = s.n, .x = s.x, .t_x = s.t_x, .T = s.T, .log_gaps = s.log_gaps};
    if (mr_model_kind(model) != MR_SPENDING) return MR_OK;
    size_t kept = 0, zero = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.x[i] == 0) continue;
        if (s.mean_spend[i] <= 0) {
            zero++;
            continue;
        }
        s.x[kept] = s.x[i];
        s.mean_spend[kept++] = s.mean_spend[i];
    }
    if (zero) fprintf(stderr, "marram fit: %zu repeater%s who spent nothing %s set aside\n", zero, zero == 1 ? "" : "s",
                      zero == 1 ? "is" : "are");
    if (!kept) return error_set(err, MR_EDATA, NULL, -1, "no customer with a second order spent anything: there is no spending to learn");
    out->set[0].data = (mr_data){.n = kept, .x = s.x, .mean_spend = s.mean_spend};
    return MR_OK;
}

/* A row of grouped data in the user's words; the kernel would speak of x, t_x and T, and of no line. */
static mr_status check_row(const ingest_table *t, size_t row, const mr_data *d, bool discrete, mr_error *err) {
    double x = d->x[row], t_x = d->t_x[row], T = d->T[row], weight = d->weight ? d->weight[row] : 1;
    const struct {
        bool wrong;
        const char *column;
        double value;
        const char *rule;
    } rules[] = {
        {!(x >= 0 && x <= 1e9) || x != floor(x), "frequency", x, "it must be a whole number from 0 to 1e9"},
        {T < 0, "periods", T, "it must be 0 or more"},
        {t_x < 0 || t_x > T, "recency", t_x, "it must lie between 0 and periods"},
        {(x == 0) != (t_x == 0), "recency", t_x, "it is 0 for those who did not order again (frequency 0), and for nobody else"},
        {discrete && x > t_x, "frequency", x, "there is at most one order at each of the opportunities up to recency"},
        {weight < 0, "weights", weight, "it must be 0 or more"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].wrong)
            return error_set(err, MR_EDATA, rules[i].column, (int64_t)row, "%s:%llu: %s is %g; %s", t->path,
                             (unsigned long long)t->line[row], rules[i].column, rules[i].value, rules[i].rule);
    return MR_OK;
}

static mr_status has_rows(const ingest_table *t, mr_error *err) {
    if (t->rows) return MR_OK;
    return error_set(err, MR_EDATA, NULL, -1, "%s: there is a header and no line of data", t->path);
}

static mr_status from_grouped(const char *path, bool discrete, fit_data *out, mr_error *err) {
    ingest_table t = {0};
    mr_status status = ingest_table_read(path, &t, err);
    if (status != MR_OK) return status;
    size_t n = t.rows;
    bool weighted = ingest_table_column(&t, "weights") >= 0;
    status = make_sets(out, 1, 4 * n, err);
    double *c = out->columns;
    if (status == MR_OK) status = ingest_table_numbers(&t, "frequency", c, err);
    if (status == MR_OK) status = ingest_table_numbers(&t, "recency", c + n, err);
    if (status == MR_OK) status = ingest_table_numbers(&t, "periods", c + 2 * n, err);
    if (status == MR_OK && weighted) status = ingest_table_numbers(&t, "weights", c + 3 * n, err);
    if (status == MR_OK) status = has_rows(&t, err);
    mr_data data = {.n = n, .x = c, .t_x = c + n, .T = c + 2 * n, .weight = weighted ? c + 3 * n : NULL};
    for (size_t i = 0; i < n && status == MR_OK; i++) status = check_row(&t, i, &data, discrete, err);
    ingest_table_free(&t);
    out->sets_n = 1;
    if (status == MR_OK) out->set[0].data = data;
    return status;
}

/* A table of cohort, period, lost [, size]; rows of a cohort together and its periods 1, 2, 3, ... in order. */
typedef struct cohort_columns {
    double *period, *lost, *size;
    int name;
} cohort_columns;

static mr_status split_cohorts(const ingest_table *t, const cohort_columns *c, const fit_source *source, fit_data *out,
                               mr_error *err) {
    for (size_t i = 0; i < t->rows; i++) {
        const char *name = c->name >= 0 ? t->cell[i * t->columns + (size_t)c->name] : "";
        fit_set *set = out->sets_n ? &out->set[out->sets_n - 1] : NULL;
        if (!set || strncmp(set->name, name, sizeof set->name - 1) != 0) {
            set = &out->set[out->sets_n++];
            snprintf(set->name, sizeof set->name, "%s", name);
            set->data.lost = c->lost + i;
            set->data.survivors = c->size ? c->size[i] : source->cohort_size;
        }
        set->data.n++;
        if (c->period[i] != (double)set->data.n)
            return error_set(err, MR_EDATA, "period", (int64_t)i,
                             "%s:%llu: period is %g where %zu was due: the periods of a cohort must be 1, 2, 3, ... and together",
                             t->path, (unsigned long long)t->line[i], c->period[i], set->data.n);
        if (c->lost[i] < 0)
            return error_set(err, MR_EDATA, "lost", (int64_t)i, "%s:%llu: lost is %g; it must be 0 or more", t->path,
                             (unsigned long long)t->line[i], c->lost[i]);
        set->data.survivors -= c->lost[i];
        if (set->data.survivors < 0)
            return error_set(err, MR_EDATA, "lost", (int64_t)i,
                             "%s:%llu: cohort '%s' has lost more than the %g customers it began with; say how many with --cohort-size "
                             "or a column size",
                             t->path, (unsigned long long)t->line[i], name, c->size ? c->size[i] : source->cohort_size);
    }
    return MR_OK;
}

static mr_status from_cohorts(const char *path, const fit_source *source, fit_data *out, mr_error *err) {
    ingest_table t = {0};
    mr_status status = ingest_table_read(path, &t, err);
    if (status != MR_OK) return status;
    size_t n = t.rows;
    status = make_sets(out, n, 3 * n, err);
    cohort_columns c = {.period = out->columns, .lost = out->columns + n, .name = ingest_table_column(&t, "cohort")};
    bool sized = ingest_table_column(&t, "size") >= 0 && !source->cohort_size_given;
    if (status == MR_OK) status = ingest_table_numbers(&t, "period", c.period, err);
    if (status == MR_OK) status = ingest_table_numbers(&t, "lost", c.lost, err);
    if (status == MR_OK && sized) status = ingest_table_numbers(&t, "size", c.size = out->columns + 2 * n, err);
    if (status == MR_OK) status = has_rows(&t, err);
    if (status == MR_OK) status = split_cohorts(&t, &c, source, out, err);
    ingest_table_free(&t);
    if (status == MR_OK && !sized && !source->cohort_size_given)
        fprintf(stderr, "marram fit: cohorts of %g customers are assumed; say otherwise with --cohort-size or a column size\n",
                source->cohort_size);
    return status;
}

int fit_data_read(const char *command, const mr_model *model, const reader_options *reader, const fit_source *source, mr_pool *pool,
                  fit_data *out) {
    mr_error err = {0};
    mr_status status;
    bool contract = mr_model_kind(model) == MR_CONTRACT;
    if (source->grouped && source->cohort) return command_usage(command, "--grouped and --cohort exclude each other");
    if (contract != source->cohort)
        return command_usage(command, contract ? "%s needs --cohort and a file of cohort, period, lost" : "%s does not fit cohorts",
                             mr_model_title(model));
    if (mr_model_kind(model) == MR_DISCRETE && !source->grouped)
        return command_usage(command, "%s needs --grouped and a file of frequency, recency, periods, weights", mr_model_title(model));
    if (source->grouped && mr_model_kind(model) == MR_SPENDING)
        return command_usage(command, "%s does not fit grouped data", mr_model_title(model));
    if (source->grouped && mr_model_is_regular(model))
        return command_usage(command, "%s needs the orders themselves: a rhythm is in the gaps between them, which grouped data leave out",
                             mr_model_title(model));
    if ((source->grouped || source->cohort) && reader->paths_n != 1) return command_usage(command, "needs exactly one file");
    if (source->grouped) {
        status = from_grouped(reader->paths[0], mr_model_kind(model) == MR_DISCRETE, out, &err);
    } else if (source->cohort) {
        status = from_cohorts(reader->paths[0], source, out, &err);
    } else {
        ingest_orders input = {0};
        int code = reader_read(command, reader, pool, &input);
        if (code != EXIT_OK) return code;
        status = from_orders(model, &input, reader, pool, out, &err);
        ingest_orders_free(&input);
    }
    err.code = status;
    return status == MR_OK ? EXIT_OK : command_fail(command, &err);
}
