/* What `marram backtest --leaving` says. */
#include "backtest_leaving.h"
#include "columns_out.h"
#include "command.h"

#include <calendar.h>
#include <figures.h>
#include <json_number.h>
#include <text.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- for people --- */

static const char *number(char out[24], double value, int decimals) {
    if (isfinite(value)) snprintf(out, 24, "%.*f", decimals, value);
    else strcpy(out, "-");
    return out;
}

/* "0.749 (0.738 to 0.758)" */
static char *interval(char out[80], int decimals, measured m) {
    char value[24], low[24], high[24];
    number(value, m.value, decimals);
    if (isfinite(m.low)) snprintf(out, 80, "%s (%s to %s)", value, number(low, m.low, decimals), number(high, m.high, decimals));
    else snprintf(out, 80, "%s", value);
    return out;
}

static void print_head(const leaving_backtest *b) {
    char n[FIGURE], rows[FIGURE], share[FIGURE], first[11], last[11];
    const landmarks *m = &b->m;
    if (m->mode == RISK_CONTRACTS)
        print_words(0, "%s customers, %.0f %% of them with contracts: leaving is notice, intent or the end of the last contract within %d days.", figure_count(n, (double)m->base),
            100.0 * (double)m->with_contracts / (double)m->base, (int)m->horizon_days);
    else
        print_words(0, "%s customers without contracts: at risk is who ordered in the last %d days, leaving is no order within the next %d.", figure_count(n, (double)m->base),
            (int)m->horizon_days, (int)m->horizon_days);
    print_words(0, "Scored at the end of %zu month%s, %s to %s, with what was recorded by then: %s customers and months, of which %s left. Trained %zu time%s on outcomes known by then, "
        "the last time on %zu.", b->months, b->months == 1 ? "" : "s", calendar_text(b->month[0].day, first), calendar_text(b->month[b->months - 1].day, last),
        figure_count(rows, (double)b->n), figure_percent(share, (double)b->left / (double)b->n, 1), b->trainings, b->trainings == 1 ? "" : "s", b->trained_rows);
}

/* By how much the model's AUC is above each of the others', which were judged on the same rows. */
static void print_against(const leaving_backtest *b) {
    char words[512] = "";
    size_t at = 0;
    for (int s = 0; s < LEAVING_SCORERS; s++) {
        char low[24], high[24];
        const measured *m = &b->of[s].against;
        if (s == LEAVING_additive || !b->score[s] || b->why[s][0] || !isfinite(m->low) || at >= sizeof words) continue;
        at += (size_t)snprintf(words + at, sizeof words - at, "%s %s %s to %s", at ? "," : "", leaving_scorer_of(s)->title, number(low, -m->high, 3), number(high, -m->low, 3));
    }
    if (at) print_words(2, "The model's AUC less theirs (95 %%):%s", words);
    print_words(2, "AUC: of one who left and one who did not, the chance to tell which; lift: how many times as many left among the highest tenth; slope: 1 where chances mean what they "
                   "say. More: docs/methods/leaving.md");
}

static void print_discrimination(const leaving_backtest *b) {
    printf("\n  %-19s  %-22s  %-19s  %5s  %5s\n", "", "AUC (95 %)", "lift (95 %)", "Brier", "slope");
    for (int s = 0; s < LEAVING_SCORERS; s++) {
        const scorer_measures *m = &b->of[s];
        char brier[24], slope[24], auc[80], lift[80];
        if (!b->score[s]) continue;
        printf("%c %-19s", s == LEAVING_additive ? '>' : ' ', leaving_scorer_of(s)->title);
        if (b->why[s][0]) printf("  not fitted: %s\n", b->why[s]);
        else printf("  %-22s  %-19s  %5s  %5s\n", interval(auc, 3, m->auc), interval(lift, 2, m->lift), number(brier, m->brier, 3), number(slope, m->slope, 2));
    }
    print_against(b);
}

static void print_lead(const leaving_backtest *b) {
    bool orders = b->m.mode == RISK_ORDERS;
    for (int k = 0; k < MEASURE_RATES; k++) {
        printf("\nflagging the highest %.0f %% each month:\n  %-19s %6s %6s  %-15s %9s %6s%s\n", 100 * measure_flag_rates[k], "", "left", "caught", "lead, days", "precision", "false",
               orders ? "  silent" : "");
        for (int s = 0; s < LEAVING_SCORERS; s++) {
            const lead_measures *m = &b->of[s].lead[k];
            char lead[80], days[24], low[24], high[24], caught[FIGURE], precision[FIGURE], false_alarms[24], after[24];
            if (!b->score[s] || b->why[s][0]) continue;
            number(days, m->lead_median, 0);
            if (m->caught) snprintf(lead, sizeof lead, "%s (%s to %s)", days, number(low, m->lead_25, 0), number(high, m->lead_75, 0));
            else snprintf(lead, sizeof lead, "%s", days);
            printf("%c %-19s %6zu %6s  %-15s %9s %6s", s == LEAVING_additive ? '>' : ' ', leaving_scorer_of(s)->title, m->leavers,
                   figure_percent(caught, m->leavers ? (double)m->caught / (double)m->leavers : NAN, 0), lead, figure_percent(precision, m->precision.value, 0),
                   number(false_alarms, (double)m->false_runs / m->customer_years, 2));
            if (orders) printf("  %6s", number(after, m->after_order_median, 0));
            putchar('\n');
        }
    }
    print_words(2, "Caught: of those who left, flagged at their last month's end before; lead: days from the first flag of that run to leaving (middle half); precision: of the flagged, how many left; "
                   "false: false alarms a customer and year%s", orders ? "; silent: days since the last order at the flag" : "");
}

static void print_calibration(const leaving_backtest *b) {
    const scorer_measures *m = &b->of[LEAVING_additive];
    printf("\nchances said and share who left, by tenths of the model's chances:\n  said");
    for (int t = 0; t < MEASURE_TENTHS; t++) printf(" %6.3f", m->predicted[t]);
    printf("\n  left");
    for (int t = 0; t < MEASURE_TENTHS; t++) printf(" %6.3f", m->actual[t]);
    putchar('\n');
}

static void verdict_words(const leaving_backtest *b, char out[700]) {
    int best;
    const scorer_measures *m = &b->of[LEAVING_additive];
    leaving_verdict verdict = leaving_backtest_verdict(b, &best);
    if (verdict == VERDICT_NOTHING) {
        int n = snprintf(out, 700, "Nothing the model sees in these data foretells who leaves: it tells those who left from those who stayed no better than chance would (the interval of its "
                         "AUC, %.3f to %.3f, or of its lift, %.2f to %.2f, includes chance). Do not act on its scores.", m->auc.low, m->auc.high, m->lift.low, m->lift.high);
        if (best >= 0 && b->of[best].auc.low > 0.5 && n > 0 && n < 700)
            snprintf(out + n, 700 - (size_t)n, " Of the others %s does better than chance (AUC %.3f): find out why before you trust it.", leaving_scorer_of(best)->title,
                     b->of[best].auc.value);
    }
    else if (verdict == VERDICT_NO_BETTER)
        snprintf(out, 700, "The model foretells who leaves, but no better than the best of the others, %s, does (AUC %.3f against %.3f; the model's is higher by %.3f to %.3f). The simpler one will do.",
                 leaving_scorer_of(best)->title, m->auc.value, b->of[best].auc.value, -b->of[best].against.high, -b->of[best].against.low);
    else
        snprintf(out, 700, "The model foretells who leaves%s%s.", best >= 0 ? ", and better than the best of the others, " : "", best >= 0 ? leaving_scorer_of(best)->title : "");
}

void backtest_leaving_print(const leaving_backtest *b) {
    char words[700], count[FIGURE];
    print_head(b);
    print_discrimination(b);
    print_lead(b);
    print_calibration(b);
    putchar('\n');
    verdict_words(b, words);
    print_words(0, "%s", words);
    if (b->m.odd_before_start) print_words(0, "Odd: %s problems or uses lie before the customer's first order or contract.", figure_count(count, (double)b->m.odd_before_start));
    if (b->m.odd_live_after_left)
        print_words(0, "Odd: %s customers go on (contracts, use, orders) more than %d days after they were said to have left altogether.", figure_count(count, (double)b->m.odd_live_after_left),
            RISK_GRACE_DAYS);
}

/* --- JSON --- */

static json_t *day_json(int32_t day) {
    char text[11];
    return json_string(calendar_text(day, text));
}

static json_t *measured_json(measured m) {
    return json_pack("{s:o, s:o, s:o}", "value", json_number(m.value), "low", json_number(m.low), "high", json_number(m.high));
}

static json_t *lead_json(const lead_measures *m) {
    return json_pack("{s:f, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o}", "rate", m->rate, "flagged", (json_int_t)m->flagged, "flagged_left",
                     (json_int_t)m->flagged_left, "leavers", (json_int_t)m->leavers, "caught", (json_int_t)m->caught, "lead_days_median", json_number(m->lead_median),
                     "lead_days_25", json_number(m->lead_25), "lead_days_75", json_number(m->lead_75), "days_after_last_order_median", json_number(m->after_order_median),
                     "alarms", (json_int_t)m->runs, "false_alarms", (json_int_t)m->false_runs, "customer_years", json_number(m->customer_years),
                     "false_alarms_per_customer_year", json_number((double)m->false_runs / m->customer_years), "precision", measured_json(m->precision));
}

static json_t *scorer_json(const leaving_backtest *b, int s) {
    const leaving_scorer *scorer = leaving_scorer_of(s);
    const scorer_measures *m = &b->of[s];
    json_t *o = json_pack("{s:s, s:s, s:s, s:b}", "name", scorer->name, "title", scorer->title, "about", scorer->about, "baseline", s != LEAVING_additive);
    if (b->why[s][0]) {
        json_object_set_new(o, "problem", json_string(b->why[s]));
        return o;
    }
    json_t *tenths = json_array(), *leads = json_array(), *months = json_array();
    for (int t = 0; t < MEASURE_TENTHS && scorer->probability; t++)
        json_array_append_new(tenths, json_pack("{s:o, s:o, s:I}", "predicted", json_number(m->predicted[t]), "actual", json_number(m->actual[t]), "n", (json_int_t)m->tenth_n[t]));
    for (int k = 0; k < MEASURE_RATES; k++) json_array_append_new(leads, lead_json(&m->lead[k]));
    for (size_t k = 0; k < b->months; k++) json_array_append_new(months, json_number(m->month_auc[k]));
    json_object_set_new(o, "auc", measured_json(m->auc));
    json_object_set_new(o, "top_decile_lift", measured_json(m->lift));
    json_object_set_new(o, "auc_less_model", measured_json(m->against));
    json_object_set_new(o, "brier", json_number(m->brier));
    json_object_set_new(o, "log_loss", json_number(m->log_loss));
    json_object_set_new(o, "calibration_slope", json_number(m->slope));
    json_object_set_new(o, "calibration_intercept", json_number(m->intercept));
    json_object_set_new(o, "calibration", tenths);
    json_object_set_new(o, "auc_by_month", months);
    json_object_set_new(o, "flags", leads);
    return o;
}

int backtest_leaving_json(const leaving_backtest *b) {
    static const char *const verdicts[] = {"nothing", "no_better", "better"};
    char words[700];
    int best;
    leaving_verdict verdict = leaving_backtest_verdict(b, &best);
    json_t *all = json_object(), *months = json_array(), *list = json_array();
    verdict_words(b, words);
    json_object_set_new(all, "outcome", json_string(b->m.mode == RISK_CONTRACTS ? "contracts" : "orders"));
    json_object_set_new(all, "horizon_days", json_integer(b->m.horizon_days));
    json_object_set_new(all, "customers", json_integer((json_int_t)b->m.base));
    json_object_set_new(all, "customers_with_contracts", json_integer((json_int_t)b->m.with_contracts));
    json_object_set_new(all, "customers_scored", json_integer((json_int_t)b->m.customers));
    json_object_set_new(all, "landmarks", json_integer((json_int_t)b->n));
    json_object_set_new(all, "left", json_integer((json_int_t)b->left));
    json_object_set_new(all, "trainings", json_integer((json_int_t)b->trainings));
    json_object_set_new(all, "last_trained_on", json_pack("{s:I, s:I}", "landmarks", (json_int_t)b->trained_rows, "left", (json_int_t)b->trained_left));
    for (size_t k = 0; k < b->months; k++)
        json_array_append_new(months, json_pack("{s:o, s:o, s:I, s:I}", "day", day_json(b->month[k].day), "trained", day_json(b->month[k].trained_day), "customers",
                                                (json_int_t)b->month[k].n, "left", (json_int_t)b->month[k].left));
    json_object_set_new(all, "months", months);
    for (int s = 0; s < LEAVING_SCORERS; s++)
        if (b->score[s]) json_array_append_new(list, scorer_json(b, s));
    json_object_set_new(all, "models", list);
    json_object_set_new(all, "verdict", json_string(verdicts[verdict]));
    json_object_set_new(all, "verdict_words", json_string(words));
    json_object_set_new(all, "odd", json_pack("{s:I, s:I}", "problems_before_first_order_or_contract", (json_int_t)b->m.odd_before_start,
                                              "customers_going_on_after_leaving", (json_int_t)b->m.odd_live_after_left));
    int failed = json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    json_decref(all);
    putchar('\n');
    if (failed) print_error("marram backtest: the result could not be printed: standard output is full or closed");
    return failed ? EXIT_IO : EXIT_OK;
}
