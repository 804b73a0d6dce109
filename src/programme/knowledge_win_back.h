/* What attempts to win customers back came to, and what became of those held out, by the class of the reason they left for: the counts that replace published shares (decide/win_back.h). */
#ifndef PROGRAMME_KNOWLEDGE_WIN_BACK_H
#define PROGRAMME_KNOWLEDGE_WIN_BACK_H

#include <traces.h>
#include <win_back.h>

#include <jansson.h>

/* From all customers' events, and the holdout's records, by the end of `day`: those whose WIN_BACK_RETURN_DAYS are over by then. o: whose events may be learnt from. counts[WIN_BACK_CLASSES]. */
mr_status knowledge_win_back_learn(ledger *l, const trace_options *o, int32_t day, win_back_counts *counts, mr_error *err);
json_t *knowledge_win_back_document(const win_back_counts *counts);
void knowledge_win_back_read(const json_t *o, win_back_counts *counts); /* NULL: none; what cannot be read is none */

#endif
