/* What came of sending, as `marram outbox send` and `marram tick` print it. */
#ifndef CLI_OUTBOX_OUT_H
#define CLI_OUTBOX_OUT_H

#include <sending.h>

#include <jansson.h>

void outbox_print(const sending_counts *n, bool dry_run);
json_t *outbox_json(const sending_counts *n);

#endif
