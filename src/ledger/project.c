/* Events into rows: each kind of subject has a fold over its events in time order. */
#include "project.h"

#include "body.h"

#include <calendar.h>
#include <error.h>
#include <mem.h>
#include <objection.h>

#include <stdlib.h>
#include <string.h>

typedef mr_status (*fold_fn)(const ledger *l, int64_t customer_id, const history_event *const *events, size_t n, upserts *u, mr_error *err);

static bool put_text(upserts *u, upsert_cell *c, const json_t *body, const char *field) {
    const char *text = body_text(body, field);
    return !text || !*text || upsert_text(u, c, text, strlen(text));
}

static void put_day(upsert_cell *c, const json_t *body, const char *field) {
    int32_t day;
    if (body_day(body, field, &day)) upsert_int(c, day);
}

/* What the column has no room for is not known: an event that is in already must not keep its customer from being rebuilt. */
static void put_count(upsert_cell *c, const json_t *body, const char *field, double most) {
    double value;
    if (body_number(body, field, &value) && value >= 0 && value <= most) upsert_int(c, (int64_t)value);
}

static void put_key(upsert_cell *row, int64_t customer_id, int64_t id) {
    upsert_int(&row[0], customer_id);
    upsert_int(&row[1], id);
}

static mr_status fold_contract(const ledger *l, int64_t customer_id, const history_event *const *events, size_t n, upserts *u, mr_error *err) {
    upsert_cell *row = upserts_row(u, UPSERT_CONTRACT);
    bool ok = row != NULL;
    (void)l;
    if (!ok) return error_memory(err, sizeof *row);
    put_key(row, customer_id, events[0]->subject_id);
    upsert_int(&row[4], 1);
    upsert_int(&row[10], 0);
    for (size_t i = 0; ok && i < n; i++) {
        const history_event *e = events[i];
        json_t *body;
        ok = body_read(e->body, e->body_len, &body) && put_text(u, &row[2], body, "number") && put_text(u, &row[3], body, "product");
        put_day(&row[6], body, "renewal");
        put_count(&row[7], body, "notice_days", INT32_MAX);
        put_count(&row[9], body, "seats", 1e15);
        put_count(&row[12], body, "period_months", INT32_MAX);
        if (ok && e->currency[0] && e->kind != EVENT_contract_end && e->kind != EVENT_downgrade_request) {
            upsert_int(&row[10], e->amount_minor);
            ok = upsert_text(u, &row[11], e->currency, strlen(e->currency));
        }
        switch (e->kind) {
        case EVENT_contract_start:
            upsert_int(&row[5], e->day);
            upsert_int(&row[4], 1);
            break;
        case EVENT_leave_intent: upsert_int(&row[4], 2); break;
        case EVENT_contract_renew: upsert_int(&row[4], 1); break;
        case EVENT_contract_end:
        case EVENT_leave_confirmed:
            upsert_int(&row[8], e->day);
            upsert_int(&row[4], 3);
            break;
        default: break;
        }
        json_decref(body);
    }
    return ok ? MR_OK : error_memory(err, sizeof *row);
}

static mr_status fold_case(const ledger *l, int64_t customer_id, const history_event *const *events, size_t n, upserts *u, mr_error *err) {
    upsert_cell *row = upserts_row(u, UPSERT_CASE);
    bool ok = row != NULL;
    int64_t reopenings = 0;
    (void)l;
    if (!ok) return error_memory(err, sizeof *row);
    put_key(row, customer_id, events[0]->subject_id);
    upsert_int(&row[5], 1);
    for (size_t i = 0; ok && i < n; i++) {
        const history_event *e = events[i];
        json_t *body;
        ok = body_read(e->body, e->body_len, &body) && put_text(u, &row[2], body, "number") && put_text(u, &row[3], body, "subject") && put_text(u, &row[4], body, "severity");
        switch (e->kind) {
        case EVENT_case_open: upsert_int(&row[6], e->at_us); break;
        case EVENT_case_update:
            if (row[7].null && body_flag(body, "first_response")) upsert_int(&row[7], e->at_us);
            break;
        case EVENT_case_reopen:
            reopenings++;
            upsert_int(&row[5], 1);
            row[8].null = true;
            break;
        case EVENT_case_resolve:
            upsert_int(&row[8], e->at_us);
            upsert_int(&row[5], 2);
            break;
        default: break;
        }
        json_decref(body);
    }
    upsert_int(&row[9], reopenings);
    return ok ? MR_OK : error_memory(err, sizeof *row);
}

static mr_status fold_promise(const ledger *l, int64_t customer_id, const history_event *const *events, size_t n, upserts *u, mr_error *err) {
    upsert_cell *row = upserts_row(u, UPSERT_PROMISE);
    bool ok = row != NULL;
    int64_t state = 1, due = 0;
    bool has_due = false;
    (void)l;
    if (!ok) return error_memory(err, sizeof *row);
    put_key(row, customer_id, events[0]->subject_id);
    for (size_t i = 0; ok && i < n; i++) {
        const history_event *e = events[i];
        json_t *body;
        ok = body_read(e->body, e->body_len, &body) && put_text(u, &row[2], body, "number") && put_text(u, &row[3], body, "what") && put_text(u, &row[4], body, "by_whom");
        if (body_time(body, "due", &due)) has_due = true;
        if (e->kind == EVENT_promise_made)
            upsert_int(&row[6], e->at_us);
        else if (e->kind == EVENT_promise_kept || e->kind == EVENT_promise_broken) {
            state = e->kind == EVENT_promise_kept ? 2 : 3;
            upsert_int(&row[8], e->at_us);
        }
        json_decref(body);
    }
    upsert_int(&row[5], state);
    if (has_due) upsert_int(&row[7], due);
    if (!ok) return error_memory(err, sizeof *row);
    if (!has_due) return MR_OK;
    upsert_cell *timer = upserts_row(u, UPSERT_DUE);
    if (!timer) return error_memory(err, sizeof *timer);
    put_key(timer, customer_id, events[0]->subject_id);
    upsert_int(&timer[2], customer_id >> 57);
    upsert_int(&timer[3], due);
    upsert_int(&timer[4], 1);
    upsert_int(&timer[5], events[0]->subject_id);
    upsert_int(&timer[6], state == 1 ? 0 : 1);
    return MR_OK;
}

/* Who came and who went; what an import of contacts knows of them stays (their rows are dated, these are not). */
static mr_status fold_contact(const ledger *l, int64_t customer_id, const history_event *const *events, size_t n, upserts *u, mr_error *err) {
    static const char *const fields[] = {"number", "name", "email", "phone", "role", "authority"};
    upsert_cell *row = upserts_row(u, UPSERT_CONTACT);
    bool ok = row != NULL;
    (void)l;
    if (!ok) return error_memory(err, sizeof *row);
    put_key(row, customer_id, events[0]->subject_id);
    upsert_int(&row[13], UPSERT_UNDATED);
    for (size_t i = 0; ok && i < n; i++) {
        json_t *body;
        ok = body_read(events[i]->body, events[i]->body_len, &body);
        for (size_t f = 0; f < sizeof fields / sizeof *fields && ok; f++) ok = put_text(u, &row[2 + f], body, fields[f]);
        if (events[i]->kind == EVENT_stakeholder_join) upsert_int(&row[11], events[i]->day);
        if (events[i]->kind == EVENT_stakeholder_leave) upsert_int(&row[12], events[i]->day);
        json_decref(body);
    }
    return ok ? MR_OK : error_memory(err, sizeof *row);
}

static mr_status put_touch(int64_t customer_id, const history_event *e, const json_t *body, upserts *u, mr_error *err) {
    upsert_cell *row = upserts_row(u, UPSERT_TOUCH);
    if (!row) return error_memory(err, sizeof *row);
    put_key(row, customer_id, e->id);
    upsert_int(&row[2], e->at_us);
    upsert_int(&row[3], e->kind == EVENT_touch_out ? 1 : 0);
    bool ok = put_text(u, &row[4], body, "channel") && put_text(u, &row[5], body, "who") && put_text(u, &row[6], body, "purpose") &&
              put_text(u, &row[7], body, "subject");
    return ok ? MR_OK : error_memory(err, sizeof *row);
}

static mr_status put_survey(int64_t customer_id, const history_event *e, const json_t *body, upserts *u, mr_error *err) {
    upsert_cell *row = upserts_row(u, UPSERT_SURVEY);
    double value;
    if (!row) return error_memory(err, sizeof *row);
    put_key(row, customer_id, e->id);
    upsert_int(&row[2], e->at_us);
    if (body_number(body, "score", &value)) upsert_real(&row[4], value);
    if (body_number(body, "scale", &value)) upsert_real(&row[5], value);
    bool ok = put_text(u, &row[3], body, "name") && put_text(u, &row[6], body, "comment");
    return ok ? MR_OK : error_memory(err, sizeof *row);
}

static const char *text_or_none(const json_t *body, const char *name) {
    const char *text = body_text(body, name);
    return text ? text : "";
}

static mr_status put_word(const ledger *l, int64_t customer_id, const history_event *e, const json_t *body, const char *purpose, bool given, upserts *u, mr_error *err) {
    upsert_cell *row = upserts_row(u, UPSERT_CONSENT);
    const char *channel = text_or_none(body, "channel"), *contact = text_or_none(body, "contact");
    char key[512];
    if (!row) return error_memory(err, sizeof *row);
    int len = snprintf(key, sizeof key, "%s\n%s%s%s", purpose, channel, *contact ? "\n" : "", contact);
    put_key(row, customer_id, ledger_subject(l, "", "consent", key, len < (int)sizeof key ? (size_t)len : sizeof key - 1));
    upsert_int(&row[4], given);
    upsert_int(&row[5], e->at_us);
    bool ok = upsert_text(u, &row[2], purpose, strlen(purpose)) && put_text(u, &row[3], body, "channel") && put_text(u, &row[6], body, "contact");
    return ok ? MR_OK : error_memory(err, sizeof *row);
}

static mr_status put_consent(const ledger *l, int64_t customer_id, const history_event *e, const json_t *body, upserts *u, mr_error *err) {
    return put_word(l, customer_id, e, body, text_or_none(body, "purpose"), e->kind == EVENT_consent_given, u, err);
}

/* Of preferences only what is about everything: it is an objection (objection.h), or the end of one. */
static mr_status put_preference(const ledger *l, int64_t customer_id, const history_event *e, const json_t *body, upserts *u, mr_error *err) {
    const json_t *wanted = json_object_get(body, "wanted");
    if (!json_is_boolean(wanted) || *text_or_none(body, "channel") || *text_or_none(body, "topic")) return MR_OK;
    return put_word(l, customer_id, e, body, OBJECTION_PREFERENCE, json_is_true(wanted), u, err);
}

/* Kinds of which an event is a row by itself; others are folded with those of their subject. */
static bool of_one_event(int kind) {
    static const int kinds[] = {EVENT_touch_out, EVENT_touch_in, EVENT_survey, EVENT_consent_given, EVENT_consent_withdrawn, EVENT_preference_changed};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i] == kind) return true;
    return false;
}

mr_status project_event(const ledger *l, int64_t customer_id, const history_event *e, upserts *u, mr_error *err) {
    mr_status status = MR_OK;
    if (!of_one_event(e->kind)) return MR_OK;
    json_t *body;
    if (!body_read(e->body, e->body_len, &body)) return error_memory(err, e->body_len);
    if (e->kind == EVENT_touch_out || e->kind == EVENT_touch_in)
        status = put_touch(customer_id, e, body, u, err);
    else if (e->kind == EVENT_survey)
        status = put_survey(customer_id, e, body, u, err);
    else if (e->kind == EVENT_preference_changed)
        status = put_preference(l, customer_id, e, body, u, err);
    else
        status = put_consent(l, customer_id, e, body, u, err);
    json_decref(body);
    return status;
}

/* Each side's latest owner. An event that says nothing of a side leaves it. */
mr_status project_owners(const history *h, upserts *u, mr_error *err) {
    static const char *const sides[] = {"sales", "operations"};
    for (size_t side = 0; side < 2; side++) {
        for (size_t i = h->n; i > 0; i--) {
            const history_event *e = &h->events[i - 1];
            json_t *body;
            if (e->kind != EVENT_owner_changed) continue;
            if (!body_read(e->body, e->body_len, &body)) return error_memory(err, e->body_len);
            const char *owner = body_text(body, sides[side]);
            bool says = owner && *owner, ok = true;
            if (says) {
                upsert_cell *row = upserts_row(u, UPSERT_OWNERS);
                ok = row && upsert_text(u, &row[1 + side], owner, strlen(owner));
                if (row) upsert_int(&row[0], h->customer_id), upsert_int(&row[3], e->at_us);
            }
            json_decref(body);
            if (!ok) return error_memory(err, sizeof(upsert_cell));
            if (says) break;
        }
    }
    return MR_OK;
}

static fold_fn fold_of(int kind) {
    const char *subject = event_kind_of(kind)->subject;
    if (!strcmp(subject, "contract")) return fold_contract;
    if (!strcmp(subject, "case")) return fold_case;
    if (!strcmp(subject, "contact")) return fold_contact;
    if (!strcmp(subject, "promise")) return fold_promise;
    return NULL;
}

bool project_kind(int kind) {
    return fold_of(kind) || of_one_event(kind) || kind == EVENT_owner_changed;
}

typedef struct subject_event {
    int64_t subject;
    fold_fn fold;
    const history_event *e;
} subject_event;

/* By subject; within one the history's order, which the addresses have. */
static int by_subject(const void *a, const void *b) {
    const subject_event *x = a, *y = b;
    if (x->subject != y->subject) return x->subject < y->subject ? -1 : 1;
    return x->e < y->e ? -1 : x->e > y->e;
}

static mr_status fold_subjects(const ledger *l, int64_t customer_id, subject_event *of, size_t n, upserts *u, mr_error *err) {
    mr_status status = MR_OK;
    const history_event **events = mem_take(NULL, n, sizeof *events);
    if (!events) return error_memory(err, n * sizeof *events);
    qsort(of, n, sizeof *of, by_subject);
    for (size_t i = 0, end; i < n && status == MR_OK; i = end) {
        for (end = i; end < n && of[end].subject == of[i].subject; end++) events[end - i] = of[end].e;
        status = of[i].fold(l, customer_id, events, end - i, u, err);
    }
    mem_free(NULL, events);
    return status;
}

mr_status project_history(const ledger *l, const history *h, int64_t subject, upserts *u, mr_error *err) {
    mr_status status = MR_OK;
    subject_event *of = NULL;
    size_t n = 0;
    for (size_t i = 0; i < h->n && status == MR_OK; i++) {
        const history_event *e = &h->events[i];
        if (!subject) status = project_event(l, h->customer_id, e, u, err);
        if (!e->subject_id || (subject && e->subject_id != subject)) continue;
        fold_fn fold = fold_of(e->kind);
        if (!fold) continue;
        if (!of) of = mem_take(NULL, h->n - i, sizeof *of);
        if (!of) return error_memory(err, h->n * sizeof *of);
        of[n++] = (subject_event){e->subject_id, fold, e};
    }
    if (status == MR_OK && !subject) status = project_owners(h, u, err);
    if (status == MR_OK && n) status = fold_subjects(l, h->customer_id, of, n, u, err);
    mem_free(NULL, of);
    return status;
}
