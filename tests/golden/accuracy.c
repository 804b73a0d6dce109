/* Log-likelihoods and forecasts against 60-digit tables (make_accuracy.py): hard parameters, 10,000 orders,
 * no time at all. */
#include "check.h"

#include <marram/marram.h>

#include "accuracy_table.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

static size_t wrong;

static void compare(const accuracy_row *row, const char *what, double got, double want, double whole,
                    double tolerance) {
    /* Under 1e-290 the table says 0, and the last digits of a double are going. */
    if (want < 1e-290 && want >= 0 && got >= 0 && got < 1e-290) return;
    if (fabs(got - want) <= tolerance * fmax(whole, fabs(want))) return;
    print_error("%s k=%d (%g, %g, %g, %g) x %g t_x %g T %g: %s is %.17g, wanted %.17g (%.2g)\n", row->model,
                row->k, row->param[0], row->param[1], row->param[2], row->param[3], row->x, row->t_x, row->T,
                what, got, want, fabs(got - want) / fmax(whole, fabs(want)));
    wrong++;
}

static void check_row(const accuracy_row *row) {
    mr_params params = {.model = mr_model_find(row->model), .k = row->k};
    memcpy(params.value, row->param, sizeof row->param);
    mr_data one = {.n = 1, .x = &row->x, .t_x = &row->t_x, .T = &row->T, .log_gaps = &row->log_gaps};
    double sum, alive, expected, order, later;
    mr_error err = {0};
    assert_int_equal(mr_model_log_likelihood(&params, &one, NULL, &sum, NULL, &err), MR_OK);
    compare(row, "log-likelihood", sum, row->log_likelihood, 1, 1e-10);
    mr_forecast out = {.p_alive = &alive, .expected = &expected, .p_order = &order, .p_alive_later = &later};
    double horizon = mr_model_kind(params.model) == MR_DISCRETE ? TABLE_STEPS : TABLE_HORIZON;
    assert_int_equal(
        mr_model_forecast(&params, &one, &(mr_forecast_spec){.horizon = horizon}, NULL, &out, &err), MR_OK);
    compare(row, "P(alive)", alive, row->alive, 0, 1e-10);
    compare(row, "expected", expected, row->expected, 0, 1e-10);
    compare(row, "P(order)", order, row->order, 0, 1e-10);
    compare(row, "P(alive later)", later, row->later, 0, 1e-10);
}

static void check_model(const char *name) {
    size_t n = 0;
    wrong = 0;
    for (size_t i = 0; i < ROWS(accuracy_rows); i++)
        if (strcmp(accuracy_rows[i].model, name) == 0) check_row(&accuracy_rows[i]), n++;
    print_message("%s: %zu rows\n", name, n);
    assert_true(n >= 15);
    assert_int_equal(wrong, 0);
}

static void pareto_nbd(void **state) {
    (void)state;
    check_model("pareto-nbd");
}

static void bg_nbd(void **state) {
    (void)state;
    check_model("bg-nbd");
}

static void mbg_nbd(void **state) {
    (void)state;
    check_model("mbg-nbd");
}

static void cnbd_3(void **state) {
    (void)state;
    check_model("bg-cnbd-k");
    check_model("mbg-cnbd-k");
}

static void bg_bb(void **state) {
    (void)state;
    check_model("bg-bb");
}

static void gamma_gamma(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS(spend_rows); i++) {
        const spend_row *row = &spend_rows[i];
        mr_params params = {.model = mr_model_find("gamma-gamma"), .value = {row->p, row->q, row->v}, .k = 1};
        mr_data one = {.n = 1, .x = &row->x, .mean_spend = &row->m};
        double sum;
        assert_int_equal(mr_model_log_likelihood(&params, &one, NULL, &sum, NULL, NULL), MR_OK);
        assert_near(sum, row->log_likelihood, 1e-10);
    }
}

static void contracts(void **state) {
    (void)state;
    mr_data data = {.n = ROWS(table_lost), .lost = table_lost, .survivors = table_survivors};
    for (size_t i = 0; i < ROWS(contract_rows); i++) {
        const contract_row *row = &contract_rows[i];
        mr_params params = {.model = mr_model_find("bdw"), .value = {row->gamma, row->delta, row->c}, .k = 1};
        double sum;
        assert_int_equal(mr_model_log_likelihood(&params, &data, NULL, &sum, NULL, NULL), MR_OK);
        assert_near(sum, row->log_likelihood, 1e-10);
        if (row->c != 1) continue;
        params.model = mr_model_find("sbg");
        assert_int_equal(mr_model_log_likelihood(&params, &data, NULL, &sum, NULL, NULL), MR_OK);
        assert_near(sum, row->log_likelihood, 1e-10);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pareto_nbd), cmocka_unit_test(bg_nbd), cmocka_unit_test(mbg_nbd),
        cmocka_unit_test(cnbd_3),     cmocka_unit_test(bg_bb),  cmocka_unit_test(gamma_gamma),
        cmocka_unit_test(contracts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
