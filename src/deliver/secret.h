/* Passwords and keys, which never stand in marram.yaml themselves. */
#ifndef DELIVER_SECRET_H
#define DELIVER_SECRET_H

#include <text.h>

/* reference: "env:NAME" or "file:PATH" (a line break at its end is not part of it). The secret into *out, terminated. MR_EDATA names field and way out
 * where there is nothing, or the reference is neither; the message never holds a secret. */
mr_status secret_read(const char *field, const char *reference, text_buffer *out, mr_error *err);

#endif
