/* Letters on paper: written into the outbox and held there, approved by a person as they are written, printed in batches. docs/letters.md. */
#ifndef PROGRAMME_LETTERS_H
#define PROGRAMME_LETTERS_H

#include "sending.h"

#include <letter.h>

#include <jansson.h>

/* Those that wait, the oldest first: id, customer_id, customer, to, subject, programme, written, and state: "to approve", "approved". The caller lets it go. */
mr_status letters_waiting(ledger *l, json_t **out, mr_error *err);

/* One letter as it would be printed now; m with its texts. MR_EDATA: what letter_batch_add says. */
mr_status letters_preview(ledger *l, const config *c, const message_row *m, int64_t now_us, text_buffer *pdf, int *pages, mr_error *err);

typedef struct letters_counts {
    uint64_t approved; /* there were */
    uint64_t printed, pages, kept, put_off, stopped; /* kept: what cannot be printed as it is; put off and stopped by the gate */
} letters_counts;

/* Every approved letter that the gate still lets go, as one PDF at path, and on record as sent: taken first, printed then, so that nothing is printed twice; cut off between the two it is uncertain, and a person settles it
 * ('marram outbox settle'). problems: an array, of each that was not printed {id, customer, why}. MR_EDATA: path is there already. Nothing is written where there is none to print. */
mr_status letters_print(ledger *l, const config *c, const sending_options *o, const char *path, letters_counts *out, json_t *problems, mr_error *err);

#endif
