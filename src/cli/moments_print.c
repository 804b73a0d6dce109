/* What `marram moments` says: a table of moments, small charts of the hazard by clock, JSON, and the file of customers. */
#include "moments_print.h"
#include "columns_out.h"
#include "command.h"

#include <calendar.h>
#include <cells.h>
#include <figures.h>
#include <json_number.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHART_ROWS = 40, CHART_WIDTH = 36 };

/* The readings of bins from .. to - 1: whole days and orders are told as such, 27 to 33; rhythms from edge to edge. */
static char *readings(char out[64], clock_id clock, uint32_t from, uint32_t to) {
    const clock_row *r = &clock_rows[clock];
    bool whole = r->size >= 1;
    double first = clock_reading(clock, from), last = clock_reading(clock, whole ? to - 1.0 : to);
    if (whole && first == last) snprintf(out, 64, "%.0f", first);
    else if (whole) snprintf(out, 64, "%.0f to %.0f", first, last);
    else snprintf(out, 64, "%.2f to %.2f", first, last);
    return out;
}

static double reading_at(clock_id clock, double centre) {
    return clock_reading(clock, clock_rows[clock].size >= 1 ? centre - 0.5 : centre);
}

char *moments_name(char out[96], const moments_of *o, uint32_t moment) {
    const mr_moment *m = &o->found.moment[moment];
    clock_id clock = o->clock[m->clock];
    char range[64];
    if (clock == CLOCK_calendar) {
        char first[11], last[11];
        snprintf(out, 96, "%s to %s", calendar_text(o->since + (int32_t)m->from, first), calendar_text(o->since + (int32_t)m->to - 1, last));
        return out;
    }
    snprintf(out, 96, "%s %s", clock_rows[clock].name, readings(range, clock, m->from, m->to));
    return out;
}

/* --- for people --- */

static void print_base(const moments_of *o, const moments_settings *s) {
    char all[FIGURE], here[FIGURE], left[FIGURE], day[11], rate[FIGURE], learnt[FIGURE + 32] = "";
    if (o->learnt + o->learnt / 10 < o->customers && o->customers > MOMENTS_SAMPLE) snprintf(learnt, sizeof learnt, ", learnt from %s of them", figure_count(left, (double)o->learnt));
    calendar_text(o->until, day);
    figure_count(all, (double)o->customers);
    figure_count(here, (double)o->present);
    figure_count(left, (double)o->left);
    if (o->mode == RISK_CONTRACTS)
        print_words(4, "%s customers until %s%s; %s under contract. %s left: %s of those here leave within a year.", all, day, learnt, here, left, figure_percent(rate, 1 - exp(-o->found.rate * DAYS_PER_YEAR), 1));
    else
        print_words(4, "%s customers without contracts until %s%s; %s have ordered in the last %d days. By their silence some %s left: %s of those here leave within a year.", all, day, learnt, here, (int)s->horizon_days,
            figure_count(left, o->found.events), figure_percent(rate, 1 - exp(-o->found.rate * DAYS_PER_YEAR), 1));
}

static void print_aliases(const moments_of *o, const mr_moment *m) {
    for (uint32_t i = 0; i < m->aliases; i++) {
        const mr_moment_alias *a = &m->alias[i];
        char range[64];
        clock_id clock = o->clock[a->clock];
        if (clock == CLOCK_calendar || clock == CLOCK_season) {
            print_words(6, "    explains what stands out on the clock %s, too", clock_rows[clock].name);
            continue;
        }
        readings(range, clock, a->from, a->to);
        if (a->apart) print_words(6, "    explains %s %s, too", clock_rows[clock].name, range);
        else print_words(6, "    is %s %s as well: the data cannot tell the two apart", clock_rows[clock].name, range);
    }
}

static void print_moment(const moments_of *o, uint32_t i) {
    const mr_moment *m = &o->found.moment[i];
    clock_id clock = o->clock[m->clock];
    char words[256], name[96], inside[FIGURE], ahead[FIGURE], events[FIGURE], expected[FIGURE];
    double low = reading_at(clock, m->centre_low), high = reading_at(clock, m->centre_high);
    bool date = moments_is_date(o, i);
    printf("\n  %s\n", date ? moments_name(name, o, i) : moments_words(words, o, i));
    if (!date) printf("    clock: %s\n", moments_name(name, o, i));
    printf("    hazard x %.2f (%.2f to %.2f); %.2f less what being picked adds\n", m->ratio, m->low, m->high, m->shrunk);
    printf("    left: %s, without it %s; p %s%.2g, of all clocks %.2g\n", figure_count(events, m->events), figure_count(expected, m->expected), m->p < 0.0006 ? "<= " : "", m->p, m->q);
    if (clock != CLOCK_calendar)
        printf("    middle at %.*f (%.*f to %.*f) %s\n", clock_rows[clock].size < 1 ? 2 : 0, reading_at(clock, m->centre), clock_rows[clock].size < 1 ? 2 : 0, fmin(low, high),
               clock_rows[clock].size < 1 ? 2 : 0, fmax(low, high), clock_rows[clock].unit);
    print_aliases(o, m);
    if (!moments_is_date(o, i)) printf("    within reach: %s are in it, %s come to it\n", figure_count(inside, (double)o->inside[i]), figure_count(ahead, (double)o->ahead[i]));
}

static size_t searched(const moments_of *o, char *names, size_t room) {
    size_t n = 0, used = 0;
    names[0] = 0;
    for (size_t j = 0; j < o->clocks; j++) {
        if (o->spec[j].role != MR_CLOCK_CYCLE) continue;
        int wrote = snprintf(names + used, room - used, "%s%s", n ? ", " : "", o->spec[j].name);
        if (wrote > 0 && (size_t)wrote < room - used) used += (size_t)wrote;
        n++;
    }
    return n;
}

void moments_print(const moments_of *o, const moments_settings *s) {
    char names[1024];
    uint32_t dates = 0;
    size_t n = searched(o, names, sizeof names);
    for (uint32_t i = 0; i < o->found.n; i++) dates += moments_is_date(o, i);
    uint32_t moments = o->found.n - dates;
    print_base(o, s);
    if (n) print_words(4, "%zu clock%s searched: %s.", n, n == 1 ? "" : "s", names);
    for (int c = 0; c < CLOCKS; c++)
        if (o->afterwards >> c & 1)
            print_words(4, "Left out: %s. Hardly anybody is seen past that day, so it was written down when they left: who stays needs a renewal date, too.", clock_rows[c].name);
    if (o->at_ends)
        print_words(4, "Left out: the clocks to and from the end of a term, for %.0f %% left on the very day one ended. That is how these contracts are built, or were written down, and no moment: how "
            "renewals go is told by 'marram report'.", 100 * (double)o->left_at_ends / (double)o->left);
    if (o->by_months)
        print_words(4, "%.0f %% left within a day of the end of a month counted from their start (by chance 10 %%): these contracts go by the month, so each day is held against the same day of other months.",
            100 * (double)o->left_at_months / (double)o->left);
    printf("\n");
    if (!n) {
        print_words(4, "No other clock of the cycle runs in these data: nothing was left to search.");
    } else if (!moments) {
        print_words(4, "No critical moment: at no point of these clocks do people leave more often than shortly before and after, beyond chance.");
    } else {
        print_words(4, "%u critical moment%s, where the hazard of leaving stands above its surroundings. Where there are none the chance of naming any is %.0f %%.", moments, moments == 1 ? "" : "s",
            100 * s->search.level);
        print_words(4, "Within reach: of those still here, within %d days.", (int)s->ahead_days);
    }
    for (uint32_t i = 0; i < o->found.n; i++)
        if (!moments_is_date(o, i)) print_moment(o, i);
    if (!dates) return;
    printf("\n");
    print_words(4, "Dates on which more left than around them; not of a customer's cycle:");
    for (uint32_t i = 0; i < o->found.n; i++)
        if (moments_is_date(o, i)) print_moment(o, i);
}

static double largest(const mr_clock_curve *c, size_t bins) {
    double most = 0;
    for (size_t b = 0; b < bins; b++)
        if (isfinite(c->hazard[b]) && c->exposure[b] > 0) most = fmax(most, fmin(c->high[b], 3 * c->hazard[b]));
    return most;
}

void moments_print_curve(const moments_of *o, size_t clock) {
    const mr_clock_curve *c = &o->curve[clock];
    const clock_row *r = &clock_rows[o->clock[clock]];
    size_t bins = o->spec[clock].bins, half = (size_t)fmax(c->bandwidth / 2, 1), each = bins / half <= CHART_ROWS ? half : 2 * half;
    double unit = DAYS_PER_YEAR, most = largest(c, bins);
    printf("\n%s: %s\n", r->name, r->meaning);
    printf("%10s %8s %8s %8s  %s\n", r->unit, "a year", "low", "high", "o hazard, - its interval at 95 %, * in a moment");
    for (size_t b = 0; b < bins; b += each) {
        size_t at = b + each / 2 < bins ? b + each / 2 : bins - 1;
        char bar[CHART_WIDTH + 2];
        bool moment = false;
        if (!isfinite(c->hazard[at])) continue;
        for (uint32_t i = 0; i < o->found.n; i++) moment |= o->found.moment[i].clock == clock && b < o->found.moment[i].to && b + each > o->found.moment[i].from;
        memset(bar, ' ', CHART_WIDTH + 1);
        bar[CHART_WIDTH + 1] = 0;
        int low = (int)lround(fmin(c->low[at] / most, 1) * CHART_WIDTH), high = (int)lround(fmin(c->high[at] / most, 1) * CHART_WIDTH);
        for (int k = low; k <= high; k++) bar[k] = '-';
        bar[(int)lround(fmin(c->hazard[at] / most, 1) * CHART_WIDTH)] = moment ? '*' : 'o';
        for (int k = CHART_WIDTH; k >= 0 && bar[k] == ' '; k--) bar[k] = 0;
        printf("%10.*f %8.3f %8.3f %8.3f  |%s\n", r->size < 1 ? 2 : 0, reading_at(o->clock[clock], (double)at + 0.5), unit * c->hazard[at], unit * c->low[at], unit * c->high[at], bar);
    }
    printf("smoothed over %g %s\n", c->bandwidth * r->size, r->unit);
}

/* --- JSON --- */

static json_t *moment_json(const moments_of *o, uint32_t i) {
    const mr_moment *m = &o->found.moment[i];
    clock_id clock = o->clock[m->clock];
    bool whole = clock_rows[clock].size >= 1;
    char name[96];
    json_t *also = json_array(), *j = json_object();
    for (uint32_t k = 0; k < m->aliases; k++) {
        const mr_moment_alias *a = &m->alias[k];
        clock_id other = o->clock[a->clock];
        json_array_append_new(also, json_pack("{s:s, s:o, s:o, s:b}", "clock", clock_rows[other].name, "from", json_number(clock_reading(other, a->from)), "to",
                                              json_number(clock_reading(other, clock_rows[other].size >= 1 ? a->to - 1.0 : a->to)), "told_apart", (int)a->apart));
    }
    json_object_set_new(j, "name", json_string(moments_name(name, o, i)));
    json_object_set_new(j, "clock", json_string(clock_rows[clock].name));
    json_object_set_new(j, "unit", json_string(clock_rows[clock].unit));
    json_object_set_new(j, "date", json_boolean(moments_is_date(o, i)));
    json_object_set_new(j, "from", json_number(clock_reading(clock, m->from)));
    json_object_set_new(j, "to", json_number(clock_reading(clock, whole ? m->to - 1.0 : m->to)));
    double low = reading_at(clock, m->centre_low), high = reading_at(clock, m->centre_high);
    json_object_set_new(j, "middle", json_number(reading_at(clock, m->centre)));
    json_object_set_new(j, "middle_low", json_number(fmin(low, high)));
    json_object_set_new(j, "middle_high", json_number(fmax(low, high)));
    json_object_set_new(j, "bin", json_number(clock_rows[clock].width));
    json_object_set_new(j, "ratio", json_number(m->ratio));
    json_object_set_new(j, "ratio_low", json_number(m->low));
    json_object_set_new(j, "ratio_high", json_number(m->high));
    json_object_set_new(j, "ratio_less_picking", json_number(m->shrunk));
    json_object_set_new(j, "left", json_number(m->events));
    json_object_set_new(j, "left_without", json_number(m->expected));
    json_object_set_new(j, "exposure", json_number(m->exposure));
    json_object_set_new(j, "p", json_number(m->p));
    json_object_set_new(j, "q", json_number(m->q));
    json_object_set_new(j, "also", also);
    json_object_set_new(j, "inside", json_integer((json_int_t)o->inside[i]));
    json_object_set_new(j, "ahead", json_integer((json_int_t)o->ahead[i]));
    return j;
}

static json_t *curve_json(const moments_of *o, size_t clock) {
    const mr_clock_curve *c = &o->curve[clock];
    json_t *rows = json_array();
    for (size_t b = 0; b < o->spec[clock].bins; b++) {
        if (!(c->exposure[b] > 0)) continue;
        json_array_append_new(rows, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "at", json_number(reading_at(o->clock[clock], (double)b + 0.5)), "exposure", json_number(c->exposure[b]), "left",
                                              json_number(c->events[b]), "hazard", json_number(c->hazard[b]), "low", json_number(c->low[b]), "high", json_number(c->high[b]), "background",
                                              json_number(c->background[b])));
    }
    return rows;
}

int moments_print_json(const moments_of *o, const moments_settings *s) {
    char day[11];
    json_t *list = json_array(), *clocks = json_array(), *j = json_object();
    for (uint32_t i = 0; i < o->found.n; i++) json_array_append_new(list, moment_json(o, i));
    for (size_t i = 0; i < o->clocks; i++) {
        const clock_row *r = &clock_rows[o->clock[i]];
        if (o->spec[i].role != MR_CLOCK_CYCLE) continue;
        json_t *c = json_pack("{s:s, s:s, s:s, s:o, s:o}", "clock", r->name, "unit", r->unit, "meaning", r->meaning, "p", json_number(o->found.p[i]), "bin", json_number(r->width));
        if (o->curves) json_object_set_new(c, "hazard", curve_json(o, i));
        json_array_append_new(clocks, c);
    }
    json_object_set_new(j, "until", json_string(calendar_text(o->until, day)));
    json_object_set_new(j, "contracts", json_boolean(o->mode == RISK_CONTRACTS));
    if (o->mode == RISK_ORDERS) json_object_set_new(j, "horizon_days", json_integer(s->horizon_days));
    json_object_set_new(j, "customers", json_integer((json_int_t)o->customers));
    json_object_set_new(j, "present", json_integer((json_int_t)o->present));
    json_object_set_new(j, "learnt_from", json_integer((json_int_t)o->learnt));
    json_object_set_new(j, "spells", json_integer((json_int_t)o->spells));
    json_object_set_new(j, "left", json_integer((json_int_t)o->left));
    json_t *afterwards = json_array();
    for (int c = 0; c < CLOCKS; c++)
        if (o->afterwards >> c & 1) json_array_append_new(afterwards, json_string(clock_rows[c].name));
    json_object_set_new(j, "written_afterwards", afterwards);
    json_object_set_new(j, "left_at_term_ends", json_integer((json_int_t)o->left_at_ends));
    json_object_set_new(j, "term_clocks_left_out", json_boolean(o->at_ends != 0));
    json_object_set_new(j, "left_at_month_ends", json_integer((json_int_t)o->left_at_months));
    json_object_set_new(j, "by_months", json_boolean(o->by_months));
    json_object_set_new(j, "level", json_number(s->search.level));
    json_object_set_new(j, "ahead_days", json_integer(s->ahead_days));
    json_object_set_new(j, "moments", list);
    json_object_set_new(j, "clocks", clocks);
    char *text = json_dumps(j, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    json_decref(j);
    if (!text) return EXIT_INTERNAL;
    puts(text);
    free(text);
    return EXIT_OK;
}

/* --- the file of customers --- */

void moments_csv_head(FILE *f) {
    fputs("customer_id,name,tier,owner_sales,owner_operations,moment,clock,inside,from,to,contact,hazard_ratio\n", f);
}

void moments_csv_rows(FILE *f, const moments_of *o, const trace *t, const trace_facts *facts, const moments_next *next, size_t n) {
    char number[24], name[96], from[11], to[11], contact[11];
    snprintf(number, sizeof number, "%lld", (long long)t->customer_id);
    for (size_t i = 0; i < n; i++) {
        if (moments_is_date(o, next[i].moment)) continue;
        const mr_moment *m = &o->found.moment[next[i].moment];
        const char *texts[] = {facts->external_id && *facts->external_id ? facts->external_id : number, facts->name, facts->tier, facts->owner_sales, facts->owner_operations,
                               moments_name(name, o, next[i].moment), clock_rows[o->clock[m->clock]].name};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
            cell_put(f, texts[k] ? texts[k] : "");
            fputc(',', f);
        }
        fprintf(f, "%d,%s,%s,%s,%.2f\n", next[i].inside, calendar_text(next[i].from, from), calendar_text(next[i].to, to), calendar_text(next[i].contact, contact), m->shrunk);
    }
}
