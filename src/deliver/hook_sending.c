/* An attempt is on record before it is made, with the time at which it counts as failed: who is cut off has failed once, and the next run goes on. */
#include "hook_sending.h"

#include "secret.h"

#include <body.h>
#include <error.h>
#include <mem.h>

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE 64
#define DAY_US INT64_C(86400000000)
#define IN_A_ROW 3

/* --- endpoints of the settings --- */

static uint32_t kinds_of(const config_webhook *w) {
    uint32_t kinds = w->kinds.n ? 0 : HOOK_ALL;
    for (size_t i = 0; i < w->kinds.n; i++) {
        hook_kind kind = hook_kind_find(w->kinds.at[i], strlen(w->kinds.at[i]));
        if (kind) kinds |= HOOK_IN(kind);
    }
    return kinds;
}

mr_status hooks_follow(ledger *l, const config *c, int64_t now_us, bool *changed, mr_error *err) {
    if (changed) *changed = false;
    if (!*c->path) return MR_OK;
    hook_endpoint *at = mem_new(NULL, c->webhooks_n, sizeof *at);
    if (!at) return error_memory(err, c->webhooks_n * sizeof *at);
    for (size_t i = 0; i < c->webhooks_n; i++)
        at[i] = (hook_endpoint){.name = c->webhooks[i].name, .kinds = kinds_of(&c->webhooks[i]), .url_hash = hooks_url_hash(l, c->webhooks[i].url)};
    mr_status status = hooks_set(l, at, c->webhooks_n, now_us, changed, err);
    mem_free(NULL, at);
    return status;
}

static mr_status ready(const config *c, const config_webhook *w, webhook_keys *keys, webhook_target *target, mr_error *err) {
    char field[120];
    text_buffer secret = {0};
    snprintf(field, sizeof field, "the secret of webhook '%.60s'", w->name);
    mr_status status = secret_read(field, w->secret, &secret, err);
    if (status == MR_OK) status = webhook_keys_read(field, secret.data, keys, err);
    if (secret.data) sodium_memzero(secret.data, secret.capacity);
    text_free(&secret);
    snprintf(field, sizeof field, "the url of webhook '%.60s'", w->name);
    if (status == MR_OK) status = http_url_check(field, w->url, c->delivery_allow_private, err);
    *target = (webhook_target){.url = w->url, .keys = keys, .allow_private = c->delivery_allow_private, .timeout_ms = c->delivery_timeout_seconds * 1000};
    return status;
}

/* --- one attempt --- */

typedef struct sending {
    ledger *l;
    const config *c;
    const hook_sending_options *o;
    hook_sending_counts *counts;
    const webhook_target *target;
    const char *name;
    http_answer answer;
    int in_a_row;  /* that failed */
    bool halted;   /* the rest of this endpoint waits for the next run */
} sending;

static void say(sending *s, const char *what) {
    snprintf(s->counts->said, sizeof s->counts->said, "webhook '%.60s' %s: %.200s", s->name, what, s->answer.said);
}

static mr_status disable(sending *s, const char *reason, mr_error *err) {
    s->halted = true;
    s->counts->disabled++;
    say(s, "is disabled");
    return hooks_disable(s->l, s->name, reason, s->o->now_us, NULL, err);
}

static mr_status settle(sending *s, const hook_row *row, mr_error *err) {
    const http_answer *a = &s->answer;
    int64_t now_us = s->o->now_us, next_us = webhook_retry_us(row->attempts + 1, row->id, now_us, a->retry_after_s);
    webhook_next next = webhook_next_of(a);
    if (next == WEBHOOK_DONE) {
        s->in_a_row = 0;
        s->counts->delivered++;
        return hooks_settle(s->l, row, HOOK_DELIVERED, row->next_us, a->said, now_us, err);
    }
    bool over = next != WEBHOOK_AGAIN || next_us == WEBHOOK_GIVEN_UP;
    ++*(over ? &s->counts->given_up : &s->counts->later);
    mr_status status = hooks_settle(s->l, row, over ? HOOK_GIVEN_UP : HOOK_WAITING, over ? row->next_us : next_us, a->said, now_us, err);
    if (status != MR_OK) return status;
    if (next == WEBHOOK_DISABLE) return disable(s, "its address answered 410 Gone", err);
    if (next == WEBHOOK_FAILED) return disable(s, a->said, err);
    if (!a->code || a->code == 429 || ++s->in_a_row == IN_A_ROW) { /* the others would fare the same */
        s->halted = true;
        say(s, a->code ? "takes nothing for now" : "cannot be reached");
    }
    return MR_OK;
}

static mr_status one(sending *s, const hook_row *row, mr_error *err) {
    char id[HOOK_ID];
    bool ours = false;
    int64_t failed_us = webhook_retry_us(row->attempts + 1, row->id, s->o->now_us, 0);
    mr_status status = hooks_attempt(s->l, row, failed_us == WEBHOOK_GIVEN_UP ? s->o->now_us + DAY_US : failed_us, &ours, err);
    if (status != MR_OK || !ours) return status;
    s->counts->due++;
    status = webhook_send(s->target, hook_id_text(row->id, id), s->o->now_us, row->body, strlen(row->body), &s->answer, err);
    return status == MR_OK ? settle(s, row, err) : status;
}

/* --- an endpoint --- */

static mr_status endpoint(sending *s, mr_error *err) {
    hook_rows rows = {0};
    mr_status status = MR_OK;
    do {
        status = hooks_waiting(s->l, s->name, s->o->now_us, s->o->dry_run ? 1u << 20 : AT_ONCE, &rows, err);
        if (s->o->dry_run) s->counts->due += rows.n;
        for (size_t i = 0; i < rows.n && status == MR_OK && !s->halted && !s->o->dry_run; i++) {
            const mr_context *x = s->o->context;
            status = one(s, &rows.row[i], err);
            if (status == MR_OK && x && x->progress && x->progress(s->counts->due, 0, x->progress_ctx)) status = error_set(err, MR_ECANCELLED, NULL, -1, "interrupted; what was sent is on record");
        }
    } while (status == MR_OK && rows.n == AT_ONCE && !s->halted && !s->o->dry_run);
    hook_rows_free(&rows);
    return status;
}

static mr_status run_endpoint(ledger *l, const config *c, const config_webhook *w, const hook_sending_options *o, hook_sending_counts *out, mr_error *err) {
    webhook_keys keys = {0};
    webhook_target target;
    mr_error why = {0};
    mr_status status = ready(c, w, &keys, &target, &why);
    if (status == MR_EDATA) { /* the others may be in order */
        out->unready++;
        snprintf(out->said, sizeof out->said, "%.300s", why.message);
        return MR_OK;
    }
    if (status != MR_OK && err) *err = why;
    sending s = {.l = l, .c = c, .o = o, .counts = out, .target = &target, .name = w->name};
    if (status == MR_OK) status = endpoint(&s, err);
    http_answer_free(&s.answer);
    webhook_keys_forget(&keys);
    return status;
}

mr_status hook_sending_run(ledger *l, const config *c, const hook_sending_options *o, hook_sending_counts *out, mr_error *err) {
    hook_endpoints there = {0};
    int64_t pruned;
    *out = (hook_sending_counts){0};
    if (!c->webhooks_n) return MR_OK;
    mr_status status = o->dry_run ? MR_OK : hooks_follow(l, c, o->now_us, NULL, err);
    if (status == MR_OK) status = hooks_endpoints(l, &there, err);
    for (size_t i = 0; i < there.n && status == MR_OK; i++)
        for (size_t k = 0; k < c->webhooks_n && status == MR_OK; k++)
            if (!strcmp(c->webhooks[k].name, there.at[i].name) && !there.at[i].disabled_us) status = run_endpoint(l, c, &c->webhooks[k], o, out, err);
    if (status == MR_OK && !o->dry_run) status = hooks_prune(l, o->now_us - HOOK_KEPT_DAYS * DAY_US, &pruned, err);
    hook_endpoints_free(&there);
    return status;
}

mr_status hook_test(const config *c, const config_webhook *w, int64_t now_us, http_answer *out, mr_error *err) {
    webhook_keys keys = {0};
    webhook_target target;
    char id[64], at[40], body[200];
    mr_status status = ready(c, w, &keys, &target, err);
    snprintf(id, sizeof id, "msg_test_%" PRId64, now_us);
    int len = snprintf(body, sizeof body, "{\"type\":\"marram.test\",\"timestamp\":\"%s\",\"data\":{}}", time_text(now_us, at));
    if (status == MR_OK) status = webhook_send(&target, id, now_us, body, (size_t)len, out, err);
    webhook_keys_forget(&keys);
    return status;
}
