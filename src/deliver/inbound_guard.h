/* What no e-mail holds but one made to bring its reader down. */
#ifndef DELIVER_INBOUND_GUARD_H
#define DELIVER_INBOUND_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* The message as it may be given to GMime: bytes themselves, or, where a header would take GMime down, a copy in *copy (freed by mem_free) in which it is harmless.
 * *copy is NULL otherwise. NULL: no memory for the copy. */
const char *inbound_guarded(const char *bytes, size_t len, char **copy);

#endif
