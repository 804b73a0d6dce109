/* What a column's heading says it is. */
#ifndef INGEST_HEADINGS_H
#define INGEST_HEADINGS_H

#include "orders.h"

/* Lower case, accents dropped, everything else one underscore: "E-Mail Address" -> "e_mail_address". out[64].
 */
void headings_normalise(const char *heading, char out[64]);
/* The role of a heading; *rank 0 is the surest. ROLE_IGNORE: says nothing. */
ingest_role headings_role(const char *heading, int *rank);

#endif
