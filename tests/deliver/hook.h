/* The receiver of hook_server.py, for a test program. */
#ifndef TESTS_DELIVER_HOOK_H
#define TESTS_DELIVER_HOOK_H

#include "check.h"

#include <jansson.h>

#define HOOK_SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

void hook_start(void);
int hook_stop(void **state);
/* "http://127.0.0.1:PORT/path"; good until the next but three. */
const char *hook_url(const char *path);
/* What has come in since it was last asked: a JSON array. */
json_t *hook_log(void);
const char *hook_text(const json_t *o, const char *name);

#endif
