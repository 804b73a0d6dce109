/* How well critical moments are found: worlds drawn from descriptions (docs/worlds.md), many times with another seed, searched, and what was found
 * held against what was planted. Run by bench/moments. */
#include <marram/moments.h>

#include <error.h>
#include <moments_of.h>
#include <world.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct trial {
    long runs, first;
    long customers; /* 0: the description's */
    double ratio;   /* 0: the description's */
    bool verbose;
    mr_pool *pool;
} trial;

typedef struct tally {
    long found[MR_MOST_MOMENTS], near[MR_MOST_MOMENTS], any_false, all, wrong[CLOCKS];
    double events, seconds, ratio[MR_MOST_MOMENTS];
} tally;

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The description, with another ratio for every moment if so asked. */
static char *description(const char *path, double ratio) {
    FILE *f = fopen(path, "rb");
    if (!f) {
        fprintf(stderr, "bench moments: %s cannot be read\n", path);
        exit(1);
    }
    static char text[65536], out[131072];
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    char *from = text, *to = out, *moments = strstr(text, "\nmoments:");
    for (char *at; ratio > 0 && moments && (at = strstr(from > moments ? from : moments, "ratio: "));) {
        at += 7;
        memcpy(to, from, (size_t)(at - from));
        to += at - from;
        to += sprintf(to, "%g", ratio);
        from = at + strspn(at, "0123456789.");
    }
    strcpy(to, from);
    return out;
}

static mr_status each(void *ctx, trace_fn fn, void *fn_ctx, mr_error *err) {
    const world_base *base = ctx;
    static const trace_facts nobody = {"", "", "", "", "", "", "", "", ""};
    mr_status status = MR_OK;
    for (size_t i = 0; i < base->n && status == MR_OK; i++) status = fn(fn_ctx, &base->trace[i], &nobody, err);
    return status;
}

/* The middle of the readings a planted moment holds; clocks tell whole days, orders. */
static double middle(const world_moment *m) {
    return m->clock == WORLD_silence ? (m->from + m->to) / 2 : (ceil(m->from) + ceil(m->to) - 1) / 2;
}

/* Where on the planted moment's clock a found one lies: on its own, or on one named beside it that no data can tell from it. NAN: elsewhere. */
static double place_on(const moments_of *o, const mr_moment *m, world_clock clock) {
    const char *name = world_clock_name(clock);
    double shift = clock == WORLD_silence ? 0 : 0.5;
    if (!strcmp(o->spec[m->clock].name, name)) return clock_reading(o->clock[m->clock], m->centre - shift);
    for (uint32_t i = 0; i < m->aliases; i++)
        if (!m->alias[i].apart && !strcmp(o->spec[m->alias[i].clock].name, name)) return clock_reading(o->clock[m->alias[i].clock], m->alias[i].centre - shift);
    return NAN;
}

static void judge(const moments_of *o, const world_moment *planted, size_t planted_n, tally *t, const trial *how, long run) {
    bool hit[MR_MOST_MOMENTS] = {0}, wrong = false;
    for (uint32_t i = 0; i < o->found.n; i++) {
        const mr_moment *m = &o->found.moment[i];
        const clock_row *row = &clock_rows[o->clock[m->clock]];
        double shift = o->clock[m->clock] == CLOCK_silence ? 0 : 0.5, centre = clock_reading(o->clock[m->clock], m->centre - shift);
        bool mine = false;
        for (size_t p = 0; p < planted_n; p++) {
            double off = fabs(place_on(o, m, planted[p].clock) - middle(&planted[p])), reach = (planted[p].to - planted[p].from) / 2 + row->width;
            if (!(off <= reach)) continue;
            mine = true;
            t->near[p]++;
            t->ratio[p] += m->shrunk;
            if (off <= row->width / 2 + 1e-9) hit[p] = true;
        }
        if (how->verbose)
            printf("  run %ld: %s %s at %.1f (%u-%u), ratio %.2f (%.2f-%.2f), strength %.2f, p %.4f%s%s\n", run, mine ? "planted" : "FALSE", row->name, centre, m->from, m->to, m->ratio,
                   m->low, m->high, m->strength, m->p, m->aliases ? (m->alias[0].apart ? ", also " : ", as well ") : "", m->aliases ? o->spec[m->alias[0].clock].name : "");
        if (mine || row->role != CLOCK_IS_CYCLE) continue;
        wrong = true;
        t->wrong[o->clock[m->clock]]++;
    }
    bool all = true;
    for (size_t p = 0; p < planted_n; p++) {
        t->found[p] += hit[p];
        all = all && hit[p];
    }
    t->all += all;
    t->any_false += wrong;
}

static void fail(const mr_error *err) {
    fprintf(stderr, "bench moments: %s\n", err->message);
    exit(1);
}

static void one(const char *path, const trial *how, long run, tally *t) {
    mr_error err = {0};
    mr_context context = {.pool = how->pool};
    world *w = NULL;
    world_base base = {0};
    moments_of o;
    char *text = description(path, how->ratio);
    if (world_parse(path, text, strlen(text), NULL, &w, &err) != MR_OK) fail(&err);
    if (how->customers) world_set_customers(w, (uint64_t)how->customers);
    if (world_base_new(w, (uint64_t)run, &context, &base, &err) != MR_OK) fail(&err);
    double begun = seconds();
    moments_settings settings = {.until = world_until(w), .today = world_until(w), .since = TRACE_NO_DAY, .horizon_days = 91, .ahead_days = 91, .lead_days = 7, .sour_days = 90, .mode = -1,
                                 .search = {.level = 0.05, .seed = 1, .replicates = 1999, .least_ratio = 1.1}};
    moments_source source = {each, &base};
    if (moments_of_base(&source, &settings, &context, NULL, NULL, &o, &err) != MR_OK) fail(&err);
    t->seconds += seconds() - begun;
    t->events += (double)o.left;
    const world_moment *planted;
    size_t n = world_moments(w, &planted);
    judge(&o, planted, n < MR_MOST_MOMENTS ? n : MR_MOST_MOMENTS, t, how, run);
    moments_of_free(&o);
    world_base_free(&base);
    world_free(w);
}

static void report(const char *path, const trial *how, const tally *t) {
    mr_error err = {0};
    world *w = NULL;
    const world_moment *planted;
    char *text = description(path, how->ratio);
    if (world_parse(path, text, strlen(text), NULL, &w, &err) != MR_OK) fail(&err);
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    size_t n = world_moments(w, &planted);
    uint64_t customers = how->customers ? (uint64_t)how->customers : world_customers(w);
    for (size_t p = 0; p < n; p++)
        printf("%-22s %7llu %6.2f %-26s %4ld of %ld   %5.2f\n", name, (unsigned long long)customers, planted[p].ratio, planted[p].name ? planted[p].name : "", t->found[p], how->runs,
               t->near[p] ? t->ratio[p] / (double)t->near[p] : NAN);
    printf("%-22s %7llu        %-26s %4ld of %ld   %.0f leavers, %.2f s a run", name, (unsigned long long)customers, "a false one", t->any_false, how->runs, t->events / (double)how->runs,
           t->seconds / (double)how->runs);
    for (int c = 0; c < CLOCKS; c++)
        if (t->wrong[c]) printf(", %s %ld", clock_rows[c].name, t->wrong[c]);
    printf("\n");
    fflush(stdout);
    world_free(w);
}

int main(int argc, char **argv) {
    trial how = {.runs = 200, .first = 1};
    int files = 0;
    mr_pool_new(0, &how.pool, NULL);
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--verbose")) how.verbose = true;
        else if (!strcmp(argv[i], "--runs") && i + 1 < argc) how.runs = atol(argv[++i]);
        else if (!strcmp(argv[i], "--first") && i + 1 < argc) how.first = atol(argv[++i]);
        else if (!strcmp(argv[i], "--customers") && i + 1 < argc) how.customers = atol(argv[++i]);
        else if (!strcmp(argv[i], "--ratio") && i + 1 < argc) how.ratio = atof(argv[++i]);
        else {
            tally t = {0};
            for (long run = 0; run < how.runs; run++) one(argv[i], &how, how.first + run, &t);
            report(argv[i], &how, &t);
            files++;
        }
    }
    mr_pool_free(how.pool);
    if (!files) fprintf(stderr, "usage: moments [--runs N] [--first SEED] [--customers N] [--ratio R] [--verbose] WORLD.yaml ...\n");
    return files ? 0 : 2;
}
