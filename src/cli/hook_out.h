/* What came of sending webhooks, as `marram webhook send` and `marram tick` print it. */
#ifndef CLI_HOOK_OUT_H
#define CLI_HOOK_OUT_H

#include <hook_sending.h>

#include <jansson.h>

void hooks_print(const hook_sending_counts *n, bool dry_run);
json_t *hooks_json(const hook_sending_counts *n);

#endif
