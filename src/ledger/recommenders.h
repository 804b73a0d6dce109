/* Who recommended us (referral_made), by an index of those events alone. */
#ifndef LEDGER_RECOMMENDERS_H
#define LEDGER_RECOMMENDERS_H

#include "id_list.h"

/* Up to room customers who recommended us until until_us, who did so last first. */
mr_status recommenders(ledger *l, int64_t until_us, size_t room, id_list *out, mr_error *err);

#endif
