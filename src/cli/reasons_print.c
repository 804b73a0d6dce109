#include "reasons_print.h"

#include "columns_out.h"
#include "json_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What would move a chance of one half by a point and a quarter: less is not shown. */
#define LEAST_LEARNED 0.05
#define TIMES_MOST 99.0 /* more is said as "over" */

static json_int_t number(const json_t *o, const char *name) {
    return json_integer_value(json_object_get(o, name));
}

static double part(const json_t *o, const char *name) {
    return 100 * json_number_value(json_object_get(o, name));
}

char *share_words(const json_t *share, char *out) {
    if (!json_is_number(json_object_get(share, "value"))) return strcpy(out, "-");
    snprintf(out, 48, "%.0f %% (%.0f to %.0f)", part(share, "value"), part(share, "low"), part(share, "high"));
    return out;
}

/* --- the whole base --- */

static void print_table(const json_t *o) {
    const json_t *r;
    size_t i;
    columns_out c = columns_begin(6, "reason", "left", "share", "said so", "here", "gone in a quarter");
    json_array_foreach(json_object_get(o, "reasons"), i, r) {
        char left[24], share[48], stated[24], here[24], leaves[48];
        snprintf(left, sizeof left, "%" JSON_INTEGER_FORMAT, number(r, "left"));
        snprintf(stated, sizeof stated, "%" JSON_INTEGER_FORMAT, number(r, "stated"));
        snprintf(here, sizeof here, "%" JSON_INTEGER_FORMAT, number(r, "here"));
        columns_row(&c, json_text(r, "reason"), left, share_words(json_object_get(r, "share"), share), stated, here, share_words(json_object_get(r, "leaves_within_a_quarter"), leaves));
    }
    columns_end(&c);
    putchar('\n');
    print_words(2, "Left: by what was observed of them; share: of all who left (95 %%); said so: who stated it; here: who shows it now; gone in a quarter: of those who showed it, "
                   "how many had left %d days later. Definitions: docs/methods/reasons.md", json_is_integer(json_object_get(o, "horizon_days")) ? (int)number(o, "horizon_days") : 91);
}

static void print_growing(const json_t *o) {
    const json_t *r;
    size_t i;
    bool any = false;
    json_array_foreach(json_object_get(o, "reasons"), i, r) {
        const json_t *grows = json_object_get(r, "grows");
        double low = part(grows, "low"), high = part(grows, "high");
        bool up = low > 0, down = high < 0;
        if (!json_is_number(json_object_get(grows, "value")) || (!up && !down)) continue;
        if (!any) {
            putchar('\n');
            print_words(2, "Changed beyond chance, the last half year against the one before, of those who left:");
        }
        any = true;
        printf("  %-22s %s from %.0f %% to %.0f %% (%+.0f points, %+.0f to %+.0f)\n", json_text(r, "reason"), up ? "grew" : "fell", part(json_object_get(r, "before"), "value"),
               part(json_object_get(r, "recent"), "value"), part(grows, "value"), low, high);
    }
    if (any) return;
    putchar('\n');
    print_words(2, "No reason grew or fell beyond chance, the last half year against the one before.");
}

static void print_groups(const json_t *o, const char *list, const char *heading) {
    const json_t *g, *r;
    size_t i, k;
    if (!json_array_size(json_object_get(o, list))) return;
    printf("\n%s\n", heading);
    json_array_foreach(json_object_get(o, list), i, g) {
        const json_t *most = NULL;
        char share[48];
        json_array_foreach(json_object_get(g, "reasons"), k, r)
            if (strcmp(json_text(r, "reason"), "unknown") != 0 && (!most || number(r, "left") > number(most, "left"))) most = r;
        print_words(4, "  %s: %" JSON_INTEGER_FORMAT " left%s%s%s%s", json_text(g, "name"), number(g, "left"), most ? ", most for " : "", most ? json_text(most, "reason") : "", most ? ": " : "",
                    most ? share_words(json_object_get(most, "share"), share) : "");
    }
}

static void print_agreement(const json_t *o) {
    const json_t *a = json_object_get(o, "agreement"), *kappa = json_object_get(a, "kappa");
    char share[48];
    json_int_t both = number(a, "both");
    if (!number(a, "stated")) {
        puts("\nStated: nobody who left gave a reason that is recorded.");
        return;
    }
    char words[128] = "";
    if (json_is_number(json_object_get(kappa, "value")))
        snprintf(words, sizeof words, "; kappa %.2f (%.2f to %.2f): 1 they always agree, 0 as by chance", json_number_value(json_object_get(kappa, "value")),
                 json_number_value(json_object_get(kappa, "low")), json_number_value(json_object_get(kappa, "high")));
    putchar('\n');
    print_words(2, "Stated and observed: %" JSON_INTEGER_FORMAT " gave a reason; of %" JSON_INTEGER_FORMAT " for whom one was observed too, %s the same%s.", number(a, "stated"), both,
                share_words(json_object_get(a, "agree"), share), words);
}

static void print_learned(const json_t *o) {
    const json_t *l = json_object_get(o, "learned"), *r;
    size_t i;
    if (!json_is_array(json_object_get(l, "reasons"))) {
        const char *why = json_text(l, "why");
        printf("\nLearned: no model%s%s.\n", *why ? ": " : "", why);
        return;
    }
    putchar('\n');
    print_words(2, "Learned: by how much more each raised the model's score (log-odds, mean) of those who left than of the others:");
    json_array_foreach(json_object_get(l, "reasons"), i, r) {
        if (i == 8) break;
        printf("  %-22s %.3f\n", json_text(r, "reason"), json_number_value(json_object_get(r, "contribution")));
    }
}

void reasons_print(const json_t *o) {
    bool orders = !strcmp(json_text(o, "mode"), "orders");
    if (!number(o, "left") && !number(o, "here")) {
        print_words(0, "Nobody has an order or a contract by %s: who left and who is here cannot be told. Import orders or contracts first; one customer's signals are shown by their ID.",
                    json_text(o, "until"));
        return;
    }
    printf("Why customers left, as of %s: %" JSON_INTEGER_FORMAT " left", json_text(o, "until"), number(o, "left"));
    if (orders) printf(" (no order for %" JSON_INTEGER_FORMAT " days)", number(o, "horizon_days"));
    printf(", %" JSON_INTEGER_FORMAT " are here\n\n", number(o, "here"));
    print_table(o);
    if (!strcmp(json_text(o, "weights"), "defaults"))
        print_words(2, "Too few left (%" JSON_INTEGER_FORMAT ") or stayed (%" JSON_INTEGER_FORMAT ") to learn from how much each signal says: the defaults stand in.", number(o, "leavers"), number(o, "stayers"));
    print_growing(o);
    print_groups(o, "segments", "By segment");
    print_groups(o, "tiers", "By tier");
    print_agreement(o);
    print_learned(o);
    putchar('\n');
    print_words(2, "One customer, with the evidence: marram reasons ID --db URL (of files: marram reasons --customer ID FILE...)");
}

/* --- one customer --- */

/* "12 times as likely (5 to 29)", the figures short: a likelihood ratio is never known to three digits. */
static void print_strength(const json_t *r, double times) {
    const json_t *low = json_object_get(r, "strength_low"), *high = json_object_get(r, "strength_high");
    double least = json_is_number(low) ? exp(json_number_value(low)) : NAN;
    char known[64], words[256];
    if (!json_is_number(low)) snprintf(known, sizeof known, " (by the defaults: too few to measure it)");
    else if (json_number_value(high) > log(TIMES_MOST)) snprintf(known, sizeof known, " (%.2g or more)", fmin(TIMES_MOST, least));
    else snprintf(known, sizeof known, " (%.2g to %.2g)", least, exp(json_number_value(high)));
    if (times > TIMES_MOST && least >= TIMES_MOST) *known = 0; /* the same again */
    int n = snprintf(words, sizeof words, times > TIMES_MOST ? "what is seen is over %.0f times as likely with that reason as without it%s" : "what is seen is %.2g times as likely with that reason as without it%s",
                     fmin(times, TIMES_MOST), known);
    fputs("    ", stdout);
    print_wrapped(words, (size_t)n, 4, 6);
}

static void print_reason(const json_t *r) {
    const json_t *s;
    size_t i;
    double strength = json_number_value(json_object_get(r, "strength"));
    printf("  %s (%s): %s\n", json_text(r, "reason"), json_text(r, "owner"), json_text(r, "says"));
    if (strength > 0) print_strength(r, exp(strength));
    else puts("    what is seen is no likelier with that reason than without it");
    json_array_foreach(json_object_get(r, "signals"), i, s) {
        const char *sentence = json_text(s, "sentence");
        fputs("    - ", stdout);
        print_wrapped(sentence, strlen(sentence), 6, 6);
    }
}

void reasons_print_customer(const json_t *o) {
    const json_t *r, *stated = json_object_get(o, "stated"), *learned = json_object_get(o, "learned"), *list = json_object_get(o, "reasons");
    const char *name = *json_text(o, "name") ? json_text(o, "name") : *json_text(o, "identifier") ? json_text(o, "identifier") : json_text(o, "customer_id");
    size_t i;
    print_words(2, "%s, %s, looked at as of %s", name, json_text(o, "standing"), json_text(o, "as_of"));
    putchar('\n');
    printf("Stated:   %s%s%s\n", stated && !json_is_null(stated) ? json_text(stated, "reason") : "nothing", *json_text(stated, "says") ? ": " : "", json_text(stated, "says"));
    printf("Observed: %s\n", json_text(o, "observed"));
    json_array_foreach(list, i, r) print_reason(r);
    if (!json_array_size(list)) puts("  no signal of any reason");
    if (!json_is_array(learned)) {
        puts("Learned:  no model");
    } else {
        puts("Learned:  what raises (+) or lowers (-) the model's score, in log-odds");
        json_array_foreach(learned, i, r) {
            double contribution = json_number_value(json_object_get(r, "contribution"));
            if (contribution >= LEAST_LEARNED || contribution <= -LEAST_LEARNED) printf("  %-22s %+.2f\n", json_text(r, "reason"), contribution);
        }
    }
    json_array_foreach(list, i, r)
        if (!strcmp(json_text(r, "reason"), json_text(o, "observed"))) {
            fputs("\nFirst remedy: ", stdout);
            print_wrapped(json_text(r, "remedy"), strlen(json_text(r, "remedy")), 14, 14);
        }
}
