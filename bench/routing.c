/* routing [SEEDS [CASES]]: half a year of a save desk with planted skills (tests/property/routing_world.h): how many of a hundred cases fewer are kept than by one that knows the skills, month by
 * month, by routing and by giving to everybody alike; and how many cases each of the people gets. Means over the seeds, with their spread. */
#include "routing_world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct spread {
    double n, sum, squares, least, most;
} spread;

static void add(spread *s, double x) {
    if (!s->n || x < s->least) s->least = x;
    if (!s->n || x > s->most) s->most = x;
    s->n++;
    s->sum += x;
    s->squares += x * x;
}

static double mean(const spread *s) {
    return s->n ? s->sum / s->n : 0;
}

static double deviation(const spread *s) {
    double v = s->n > 1 ? (s->squares - s->sum * s->sum / s->n) / (s->n - 1) : 0;
    return v > 0 ? sqrt(v) : 0;
}

int main(int argc, char **argv) {
    int seeds = argc > 1 ? atoi(argv[1]) : 20, a_day = argc > 2 ? atoi(argv[2]) : 16;
    spread regret[WORLD_POLICIES][WORLD_MONTHS] = {0}, oracle[WORLD_MONTHS] = {0}, of[WORLD_MONTHS][WORLD_PEOPLE] = {0}, random[WORLD_MONTHS] = {0}, fewer[WORLD_MONTHS] = {0};
    if (seeds < 1 || a_day < 1) {
        fprintf(stderr, "usage: routing [SEEDS [CASES-A-DAY]]\n");
        return 2;
    }
    for (int i = 0; i < seeds; i++) {
        mr_error err = {0};
        world_result r;
        if (world_run((uint64_t)i + 1, a_day, .1, &r, &err) != MR_OK) {
            fprintf(stderr, "routing: %s\n", err.message);
            return 1;
        }
        for (int m = 0; m < WORLD_MONTHS; m++) {
            double least = INFINITY, all = 0;
            for (int p = 0; p < WORLD_POLICIES; p++) add(&regret[p][m], world_regret(&r, (world_policy)p, m));
            add(&oracle[m], 100 * r.kept[WORLD_ORACLE][m] / r.cases[m]);
            add(&random[m], 100 * r.random[m] / r.cases[m]);
            for (int p = 0; p < WORLD_PEOPLE; p++) {
                add(&of[m][p], r.of[WORLD_ROUTING][m][p]);
                all += r.of[WORLD_ROUTING][m][p];
                if ((p != WORLD_LATE || m * 21 >= WORLD_JOINS_DAY) && r.of[WORLD_ROUTING][m][p] < least) least = r.of[WORLD_ROUTING][m][p];
            }
            add(&fewer[m], all > 0 ? 100 * least / all : 0);
        }
    }
    printf("routing: %d seeds, %d people (one joins in month %d), %d cases a working day, outcomes known after 21 of them, learnt weekly\n\n", seeds, WORLD_PEOPLE, WORLD_JOINS_DAY / 21 + 1, a_day);
    printf("kept fewer, of 100 cases, than by one who knows the skills (mean, standard deviation over seeds)\n");
    printf("month   known skills keep   routing          alike            routing's share of alike   at random\n");
    for (int m = 0; m < WORLD_MONTHS; m++)
        printf("%5d   %17.1f   %5.2f (%4.2f)     %5.2f (%4.2f)     %18.0f %%   %7.1f %%\n", m + 1, mean(&oracle[m]), mean(&regret[WORLD_ROUTING][m]), deviation(&regret[WORLD_ROUTING][m]), mean(&regret[WORLD_EQUAL][m]),
               deviation(&regret[WORLD_EQUAL][m]), 100 * mean(&regret[WORLD_ROUTING][m]) / mean(&regret[WORLD_EQUAL][m]), mean(&random[m]));
    printf("\ncases of each of the people by routing (mean; in brackets the fewest in any seed)\nmonth");
    for (int p = 0; p < WORLD_PEOPLE; p++) printf("%10c%s", 'A' + p, p == WORLD_LATE ? " (late)" : "");
    printf("   the fewest of anybody, %% of all\n");
    for (int m = 0; m < WORLD_MONTHS; m++) {
        printf("%5d", m + 1);
        for (int p = 0; p < WORLD_PEOPLE; p++) printf("%6.0f (%2.0f)%s", mean(&of[m][p]), of[m][p].least, p == WORLD_LATE ? "      " : "");
        printf("   %5.1f (%.1f)\n", mean(&fewer[m]), fewer[m].least);
    }
    return 0;
}
