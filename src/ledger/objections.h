/* Who objected: to marketing, to profiling, or to everything, and has not taken it back. They are left out of what is learnt, forecast, ranked and planned. */
#ifndef LEDGER_OBJECTIONS_H
#define LEDGER_OBJECTIONS_H

#include "id_list.h"

/* The customers, ascending, into *out (emptied first), freed by id_list_free. One read of the rows of the table consent that are about these purposes and no channel. */
mr_status ledger_objections(ledger *l, id_list *out, mr_error *err);
/* Their forecasts, by whatever model, go. A transaction of its own. */
mr_status ledger_objections_forget(ledger *l, const id_list *objecting, mr_error *err);

#endif
