#include "due.h"

#include <error.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- leases --- */

typedef struct lease_work {
    ledger *l;
    due_lease *lease;
    int64_t wall_us, length_us;
    int part; /* of take_one */
    bool done;
} lease_work;

static mr_status take_part(lease_work *w, int part, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(w->l->d, "UPDATE lease SET owner = $1, until_us = $2, fence = lease.fence + 1 WHERE part = $3 AND until_us <= $4 "
                                           "RETURNING fence", "tisi", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, w->lease->owner);
    db_bind_int(s, 2, w->wall_us + w->length_us);
    db_bind_int(s, 3, part);
    db_bind_int(s, 4, w->wall_us);
    status = db_step(s, &w->done, err);
    if (status == MR_OK && w->done) {
        w->lease->part = part;
        w->lease->fence = db_int(s, 0);
        w->lease->until_us = w->wall_us + w->length_us;
    }
    db_reset(s);
    return status;
}

/* The one that was free longest; where another worker is quicker, the next. */
static mr_status take(db *d, void *ctx, mr_error *err) {
    lease_work *w = ctx;
    db_statement *s;
    int parts[DUE_PARTS], n = 0;
    bool row = false;
    w->done = false;
    mr_status status = db_prepare(d, "SELECT part FROM lease WHERE until_us <= $1 ORDER BY until_us, part", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, w->wall_us);
    while ((status = db_step(s, &row, err)) == MR_OK && row && n < DUE_PARTS) parts[n++] = (int)db_int(s, 0);
    db_reset(s);
    for (int i = 0; i < n && status == MR_OK && !w->done; i++) status = take_part(w, parts[i], err);
    return status;
}

mr_status due_lease_take(ledger *l, const char *owner, int64_t wall_us, int64_t length_us, due_lease *out, bool *taken, mr_error *err) {
    *out = (due_lease){.part = -1};
    snprintf(out->owner, sizeof out->owner, "%s", owner);
    lease_work w = {.l = l, .lease = out, .wall_us = wall_us, .length_us = length_us};
    mr_status status = db_transaction(l->d, DB_WRITE, take, &w, err);
    *taken = status == MR_OK && w.done;
    return status;
}

static mr_status take_one(db *d, void *ctx, mr_error *err) {
    lease_work *w = ctx;
    (void)d;
    w->done = false;
    return take_part(w, w->part, err);
}

mr_status due_lease_take_part(ledger *l, int part, const char *owner, int64_t wall_us, int64_t length_us, due_lease *out, bool *taken, mr_error *err) {
    *out = (due_lease){.part = -1};
    snprintf(out->owner, sizeof out->owner, "%s", owner);
    lease_work w = {.l = l, .lease = out, .wall_us = wall_us, .length_us = length_us, .part = part};
    mr_status status = db_transaction(l->d, DB_WRITE, take_one, &w, err);
    *taken = status == MR_OK && w.done;
    return status;
}

/* The line of /proc/PID/stat behind the process's name; "" where there is none. */
static void stat_of(long pid, char out[512]) {
    char path[40], line[512];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *f = fopen(path, "re");
    out[0] = 0;
    if (!f) return;
    const char *at = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    if (at && at[1] == ' ') snprintf(out, 512, "%s", at + 2);
    fclose(f);
}

/* A process that has ended and that nobody has taken note of yet (in containers often nobody does) still has its number. */
static bool is_remains(long pid) {
    char stat[512];
    stat_of(pid, stat);
    return stat[0] == 'Z' || stat[0] == 'X';
}

/* Eight digits out of when the machine was started and when, after that, the process was: what no other of the same number has. "" where the system does not say. */
static void mark_of(long pid, char out[9]) {
    char stat[512], boot[64] = "";
    const char *at = stat;
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    if (f && !fgets(boot, sizeof boot, f)) boot[0] = 0;
    if (f) fclose(f);
    out[0] = 0;
    stat_of(pid, stat);
    for (int field = 3; field < 22 && at; field++) at = (at = strchr(at, ' ')) ? at + 1 : NULL; /* proc(5): the 22nd is starttime */
    if (!at || !boot[0]) return;
    for (const char *p = boot; *p; p++) h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
    for (; *at && *at != ' '; at++) h = (h ^ (unsigned char)*at) * UINT64_C(1099511628211);
    snprintf(out, 9, "%08" PRIx32, (uint32_t)(h ^ h >> 32));
}

char *due_owner_here(char out[DUE_OWNER]) {
    char host[40] = "", mark[9];
    gethostname(host, sizeof host - 1);
    mark_of((long)getpid(), mark);
    snprintf(out, DUE_OWNER, "%s:%ld%s%s", host, (long)getpid(), *mark ? "-" : "", mark);
    return out;
}

bool due_owner_gone(const char *holder, const char *owner) {
    const char *colon = strrchr(owner, ':'), *end = strrchr(holder, ':');
    char *behind, mark[9];
    if (!colon || !end || colon - owner != end - holder || strncmp(holder, owner, (size_t)(colon - owner)) != 0 || !strcmp(holder, owner)) return false;
    long pid = strtol(end + 1, &behind, 10);
    if (pid <= 0) return false;
    if (kill((pid_t)pid, 0) != 0) return errno == ESRCH;
    mark_of(pid, mark);
    return is_remains(pid) || (*behind == '-' && *mark && strcmp(behind + 1, mark) != 0); /* its number is another's by now */
}

typedef struct dead_lease {
    int part;
    int64_t fence;
} dead_lease;

typedef struct clear_work {
    ledger *l;
    const char *owner;
} clear_work;

static mr_status clear(db *d, void *ctx, mr_error *err) {
    const clear_work *w = ctx;
    dead_lease dead[DUE_PARTS];
    int n = 0;
    bool row = true;
    db_statement *s;
    mr_status status = db_prepare(d, "SELECT part, fence, owner FROM lease WHERE until_us > 0", "", &s, err);
    while (status == MR_OK && row) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row && n < DUE_PARTS && due_owner_gone(db_text(s, 2, NULL), w->owner)) dead[n++] = (dead_lease){(int)db_int(s, 0), db_int(s, 1)};
    }
    if (status == MR_OK) status = db_prepare(d, "UPDATE lease SET until_us = 0 WHERE part = $1 AND fence = $2", "si", &s, err);
    for (int i = 0; i < n && status == MR_OK; i++) {
        db_bind_int(s, 1, dead[i].part);
        db_bind_int(s, 2, dead[i].fence);
        status = db_run(s, NULL, err);
    }
    return status;
}

mr_status due_lease_clear(ledger *l, const char *owner, mr_error *err) {
    clear_work w = {l, owner};
    return db_transaction(l->d, DB_WRITE, clear, &w, err);
}

/* Ends at w->wall_us + w->length_us, where the fence is still ours. */
static mr_status move_end(db *d, void *ctx, mr_error *err) {
    lease_work *w = ctx;
    db_statement *s;
    int64_t changed = 0;
    mr_status status = db_prepare(d, "UPDATE lease SET until_us = $1 WHERE part = $2 AND fence = $3", "isi", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, w->wall_us + w->length_us);
    db_bind_int(s, 2, w->lease->part);
    db_bind_int(s, 3, w->lease->fence);
    status = db_run(s, &changed, err);
    w->done = changed > 0;
    return status;
}

mr_status due_lease_keep(ledger *l, due_lease *lease, int64_t wall_us, int64_t length_us, bool *kept, mr_error *err) {
    lease_work w = {.l = l, .lease = lease, .wall_us = wall_us, .length_us = length_us};
    mr_status status = db_transaction(l->d, DB_WRITE, move_end, &w, err);
    *kept = status == MR_OK && w.done;
    if (*kept) lease->until_us = wall_us + length_us;
    return status;
}

mr_status due_lease_give(ledger *l, const due_lease *lease, mr_error *err) {
    due_lease copy = *lease;
    lease_work w = {.l = l, .lease = &copy};
    return db_transaction(l->d, DB_WRITE, move_end, &w, err);
}

/* --- timers --- */

mr_status due_waiting(ledger *l, int part, int64_t at_us, due_row *rows, size_t room, size_t *n, mr_error *err) {
    db_statement *s;
    bool row = false;
    *n = 0;
    mr_status status = db_prepare(l->d, "SELECT customer_id, id, due_us, kind, subject_id FROM due WHERE part = $1 AND state = 0 AND due_us <= $2 "
                                        "ORDER BY due_us, customer_id, id LIMIT $3", "sii", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, part);
    db_bind_int(s, 2, at_us);
    db_bind_int(s, 3, (int64_t)room);
    while (*n < room && (status = db_step(s, &row, err)) == MR_OK && row)
        rows[(*n)++] = (due_row){.customer_id = db_int(s, 0), .id = db_int(s, 1), .due_us = db_int(s, 2), .kind = (int)db_int(s, 3), .subject_id = db_int(s, 4)};
    db_reset(s);
    return status;
}

typedef struct fire_work {
    ledger *l;
    const due_lease *lease;
    const due_row *row;
    due_act act;
    void *ctx;
    due_outcome outcome;
} fire_work;

static mr_status lease_is_ours(const fire_work *w, bool *ours, mr_error *err) {
    db_statement *s;
    bool row = false;
    *ours = true;
    if (!w->lease) return MR_OK;
    mr_status status = db_prepare(w->l->d, "SELECT fence FROM lease WHERE part = $1", "s", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, w->lease->part);
    status = db_step(s, &row, err);
    *ours = status == MR_OK && row && db_int(s, 0) == w->lease->fence;
    db_reset(s);
    return status;
}

/* FOR UPDATE SKIP LOCKED does not run over shards; an UPDATE of one row does, and whoever comes second finds it done. */
static mr_status claim(const fire_work *w, bool *claimed, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(w->l->d, "UPDATE due SET state = 1 WHERE customer_id = $1 AND id = $2 AND state = 0 RETURNING id", "ii", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, w->row->customer_id);
    db_bind_int(s, 2, w->row->id);
    status = db_step(s, claimed, err);
    db_reset(s);
    return status;
}

static mr_status arm(const fire_work *w, int64_t due_us, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(w->l->d, "UPDATE due SET state = 0, due_us = $3 WHERE customer_id = $1 AND id = $2", "iii", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, w->row->customer_id);
    db_bind_int(s, 2, w->row->id);
    db_bind_int(s, 3, due_us);
    return db_run(s, NULL, err);
}

/* Is what the timer waits for still to come, and when? */
static mr_status promise_due(ledger *l, const due_row *row, bool *open, int64_t *due_us, mr_error *err) {
    db_statement *s;
    bool there = false;
    mr_status status = db_prepare(l->d, "SELECT state, due_us FROM promise WHERE customer_id = $1 AND id = $2", "ii", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, row->customer_id);
    db_bind_int(s, 2, row->subject_id);
    status = db_step(s, &there, err);
    *open = status == MR_OK && there && db_int(s, 0) == 1 && !db_is_null(s, 1);
    *due_us = *open ? db_int(s, 1) : 0;
    db_reset(s);
    return status;
}

static const struct {
    int kind;
    mr_status (*when)(ledger *l, const due_row *row, bool *open, int64_t *due_us, mr_error *err);
} kinds[] = {{DUE_PROMISE, promise_due}};

static mr_status when(ledger *l, const due_row *row, bool *open, int64_t *due_us, mr_error *err) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].kind == row->kind) return kinds[i].when(l, row, open, due_us, err);
    return error_set(err, MR_EDATA, "kind", -1, "a timer of kind %d: a newer Marram knows what that is", row->kind);
}

static mr_status fire(db *d, void *ctx, mr_error *err) {
    fire_work *w = ctx;
    bool ours, claimed = false, open = false;
    int64_t due_us = 0;
    (void)d;
    w->outcome = DUE_NOT_OURS;
    mr_status status = lease_is_ours(w, &ours, err);
    if (status == MR_OK && ours) status = claim(w, &claimed, err);
    if (status != MR_OK || !claimed) return status;
    status = when(w->l, w->row, &open, &due_us, err);
    bool later = open && due_us > w->row->due_us;
    w->outcome = !open ? DUE_SETTLED : later ? DUE_AGAIN : DUE_FIRED;
    if (status != MR_OK || !open) return status;
    return later ? arm(w, due_us, err) : w->act(w->l, w->row, w->ctx, err);
}

mr_status due_fire(ledger *l, const due_lease *lease, const due_row *row, due_act act, void *ctx, due_outcome *outcome, mr_error *err) {
    fire_work w = {.l = l, .lease = lease, .row = row, .act = act, .ctx = ctx};
    mr_status status = db_transaction(l->d, DB_WRITE, fire, &w, err);
    *outcome = status == MR_OK ? w.outcome : DUE_NOT_OURS;
    return status;
}
