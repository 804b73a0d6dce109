/* Transactions, and running them again: after a conflict at once, after a lost connection once there is one
 * again. */
#include "impl.h"

#include <time.h>

enum { CONFLICTS = 20, FIRST_PAUSE_MS = 2, LAST_PAUSE_MS = 1000 };

mr_status db_begin(db *d, db_mode mode, mr_error *err) {
    mr_status status = db_ready(d, err);
    if (status) return status;
    if (d->in_transaction) {
        d->fault = DB_FAULT_OTHER;
        return error_set(err, MR_EINVAL, NULL, -1, "%s: a transaction is under way already", d->name);
    }
    if (d->options.read_only) mode = DB_READ;
    /* Rows left over from before would keep an older snapshot open. */
    db_reset_all(d);
    status = d->driver->begin(d, mode, err);
    if (status) return status;
    d->in_transaction = true;
    d->mode = mode;
    return MR_OK;
}

static void finished(db *d) {
    d->in_transaction = false;
    d->broken = DB_FAULT_NONE;
}

mr_status db_commit(db *d, mr_error *err) {
    if (!d->in_transaction) {
        d->fault = DB_FAULT_OTHER;
        return error_set(err, MR_EINVAL, NULL, -1, "%s: no transaction is under way", d->name);
    }
    mr_status status = db_ready(d, err);
    db_fault fault = d->fault;
    if (!status) {
        db_reset_all(d);
        status = d->driver->commit(d, err);
        fault = d->fault;
    }
    if (status) db_rollback(d);
    finished(d);
    d->fault = fault;
    return status;
}

void db_rollback(db *d) {
    if (!d->in_transaction) return;
    db_stream_close(d->stream);
    db_reset_all(d);
    d->driver->rollback(d);
    finished(d);
}

static void pause_ms(int64_t ms) {
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&left, NULL); /* cut short by a signal: only sooner */
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until there is a connection again or the time is over. */
static mr_status wait_for_store(db *d, int64_t until_ms, mr_error *err) {
    for (int64_t pause = 50;; pause = pause * 2 < LAST_PAUSE_MS ? pause * 2 : LAST_PAUSE_MS) {
        error_clear(err);
        mr_status status = d->driver->reconnect(d, err);
        if (!status || d->fault != DB_FAULT_LOST || now_ms() + pause > until_ms) return status;
        pause_ms(pause);
    }
}

static mr_status attempt(db *d, db_mode mode, db_work fn, void *ctx, db_fault *fault, mr_error *err) {
    *fault = DB_FAULT_NONE;
    mr_status status = db_begin(d, mode, err);
    if (status) {
        *fault = d->fault;
        return status;
    }
    status = fn(d, ctx, err);
    if (status) {
        /* Only what broke the transaction itself: fn may have failed for a reason of its own after a fault it
         * dealt with. */
        *fault = d->broken;
        db_rollback(d);
    } else {
        status = db_commit(d, err);
        *fault = d->fault;
    }
    return status;
}

bool db_in_transaction(const db *d) {
    return d->in_transaction;
}

mr_status db_transaction(db *d, db_mode mode, db_work fn, void *ctx, mr_error *err) {
    int64_t pause = FIRST_PAUSE_MS, lost_until = 0;
    for (int conflicts = 0;;) {
        db_fault fault;
        error_clear(err);
        mr_status status = attempt(d, mode, fn, ctx, &fault, err);
        if (status && fault == DB_FAULT_SERIALIZE && ++conflicts <= CONFLICTS) {
            pause_ms(pause);
            if (pause < LAST_PAUSE_MS) pause *= 2;
        } else if (status && fault == DB_FAULT_LOST) {
            if (!lost_until) lost_until = now_ms() + d->options.lost_ms;
            if (now_ms() > lost_until) return status;
            if ((status = wait_for_store(d, lost_until, err))) return status;
        } else {
            if (status && fault != DB_FAULT_NONE) d->fault = fault;
            return status;
        }
    }
}
