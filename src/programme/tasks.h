/* What people do with tasks and drafts: done (with the event that doing it is), dropped, put off, given to somebody else, approved. */
#ifndef PROGRAMME_TASKS_H
#define PROGRAMME_TASKS_H

#include <config.h>
#include <actions.h>

typedef struct task_answer {
    const char *by, *note;        /* "" not given */
    const char *result;           /* task_done: what became of it, in a word; NULL: "done" */
    int32_t again_day;            /* likewise: when it is to be tried again, with a result; 0: not said */
    bool lapsed;                  /* likewise: also one that lapsed meanwhile */
    const char *const *field;     /* [fields]: "name=value" of the event that doing it is */
    size_t fields;
    int64_t now_us;
} task_answer;

/* By its id as people write it. MR_EDATA: no such one, or it is not to be done any more, with what became of it. *event: the event that was recorded ("" none), constant. */
mr_status task_done(ledger *l, const char *id, const task_answer *a, const char **event, mr_error *err);
mr_status task_drop(ledger *l, const char *id, const task_answer *a, mr_error *err);
mr_status task_approve(ledger *l, const char *id, const task_answer *a, mr_error *err); /* a draft: it goes when the gate lets it */
mr_status task_snooze(ledger *l, const char *id, int64_t until_us, int64_t now_us, mr_error *err);
mr_status task_assign(ledger *l, const char *id, const char *owner, const char *watcher, int64_t now_us, mr_error *err); /* watcher NULL: stays */

#endif
