/* Who of those who can gets a case of the save desk: by the record (decide/routing.h), which marram learn keeps; a share at random. How it was given out stays with the action, so that later looks
 * say the same, and what is learnt knows which cases were given by chance. */
#include "desk_record.h"
#include "owners.h"
#include "programme.h"
#include "save_desk.h"

#include <routing.h>

#include <sodium.h>

#include <stdlib.h>
#include <string.h>

typedef struct asking {
    look *k;
    const look_wish *w;
    int kind;
    bool chosen;
    routing_choice choice;
    size_t n; /* of whom they were chosen */
    char why[320];
} asking;

static uint64_t keyed(const look *k, const char *text) {
    unsigned char out[crypto_shorthash_BYTES];
    uint64_t x;
    crypto_shorthash(out, (const unsigned char *)text, strlen(text), k->known->link_key);
    memcpy(&x, out, sizeof x);
    return x;
}

/* Of a case all calls are one draw. */
static uint64_t draw_of(look *k, const look_wish *w) {
    return keyed(k, look_text(k, "save desk %lld %lld %lld", (long long)k->w->customer_id, (long long)w->subject_id, (long long)(w->occasion - w->occasion % DESK_ATTEMPTS)));
}

static void explain(asking *g, const char *name, uint32_t why, uint32_t tier) {
    const desk_record *r = g->k->known->desk;
    const routing_effect e = g->choice.effect;
    double share = routing_share(r ? r->model : NULL, (uint32_t)g->kind, why, tier);
    if (g->choice.random) {
        snprintf(g->why, sizeof g->why, "It came to %s by lot, as one case in %.0f does, so that records can be compared: one of %zu who could", name, 1 / g->k->c->save_desk_random, g->n);
    } else if (g->n == 1) {
        snprintf(g->why, sizeof g->why, "It came to %s, the only one who could: at work in time, with the language and the room", name);
    } else if (!r || !r->people) {
        snprintf(g->why, sizeof g->why, "It came to %s, one of %zu who could: nobody has a record with such cases yet (marram learn)", name, g->n);
    } else {
        snprintf(g->why, sizeof g->why, "It came to %s, of %zu who could: of such cases %.0f %% are kept, of theirs, as far as is known from %.0f, %.0f %% (%.0f to %.0f %%)", name, g->n, 100 * share, e.cases,
                 100 * routing_moved(share, e.mean), 100 * routing_moved(share, e.mean - 1.96 * e.sd), 100 * routing_moved(share, e.mean + 1.96 * e.sd));
    }
}

static owners_pair by_record(const owners_ask *a, void *ctx) {
    asking *g = ctx;
    owners_pair out = owners_of(a, REASON_OWNER_both);
    const config *c = a->c;
    const desk_record *r = g->k->known->desk;
    bool *can = calloc(c->people_n + 1, sizeof *can);
    routing_candidate *candidate = calloc(c->people_n + 1, sizeof *candidate);
    const char **name = calloc(c->people_n + 1, sizeof *name);
    if (!can || !candidate || !name) g->k->failed = true;
    g->n = 0;
    for (size_t i = 0, n = g->k->failed ? 0 : owners_who_can(a, &c->save_desk_people, can); n && i < c->people_n; i++) {
        if (!can[i]) continue;
        name[g->n] = c->people[i].name;
        candidate[g->n++] = (routing_candidate){desk_record_person(r, c->people[i].name), keyed(g->k, c->people[i].name)};
    }
    if (g->n) {
        uint32_t why = (uint32_t)g->w->reason, tier = desk_record_tier(r, g->k->w->tier);
        g->choice = routing_choose(r ? r->model : NULL, why, tier, candidate, g->n, draw_of(g->k, g->w), c->save_desk_random);
        const char *watcher = *g->k->w->owner_sales ? g->k->w->owner_sales : g->k->w->owner_operations, *owner = name[g->choice.chosen];
        g->chosen = true;
        explain(g, owner, why, tier);
        out = (owners_pair){.owner = owner, .watcher = config_person_of(c, watcher) && strcmp(watcher, owner) != 0 ? watcher : ""};
    }
    free(can);
    free(candidate);
    free(name);
    return out;
}

static void put(look *k, look_wish *w, const char *to, const char *how, double probability, const char *why) {
    look_fill(k, w, "routed_to", "%s", to);
    look_fill(k, w, "routed_by", "%s", how);
    if (probability > 0) look_fill(k, w, "routed_probability", "%.6g", probability);
    look_fill(k, w, "routed_why", "%s", why);
    if (*why && !strcmp(to, w->owner)) look_why(k, w, "%s", why);
}

void look_for_best(look *k, look_wish *w, int kind) {
    const action_row *there = whole_action_like(k->w, w->programme->name, w->step, w->subject_id, w->occasion);
    desk_routed before = {.to = "", .how = "", .why = ""};
    if (there) before = desk_routed_of(there);
    /* Whom it was given to by this, and who does not stand in the settings any more. Somebody a person named stays, whoever that is. */
    bool gone = there && *there->owner && k->c->people_n && !strcmp(before.to, there->owner) && !config_person_of(k->c, there->owner);
    asking g = {.k = k, .w = w, .kind = kind};
    if (!look_given(k, w, by_record, &g, gone)) {
        put(k, w, before.to, before.how, before.probability, before.why);
    } else if (g.chosen) {
        if (gone) w->given = look_text(k, "%s is not among our people any more, so it comes to %s", there->owner, w->owner);
        put(k, w, w->owner, g.choice.random && !there ? "random" : "record", g.choice.random && !there ? g.choice.probability : 0, g.why); /* handed over in the midst of it is nobody's lot */
    } else {
        put(k, w, w->owner, "", 0, "");
    }
    json_decref(before.document);
}
