/* The parts of a delivery report (RFC 3464): what became of the message, and which it was. Between inbound.c and inbound_report.c. */
#ifndef DELIVER_INBOUND_REPORT_H
#define DELIVER_INBOUND_REPORT_H

#include <gmime/gmime.h>
#include <stdbool.h>
#include <stddef.h>

/* Of the delivery-status part: did it fail, or is it late (true)? Delivered, relayed, expanded: false. The worst recipient counts. */
bool inbound_status(GMimeObject *part, bool *hard, bool *delayed, char *reason, size_t room);
/* The Message-ID (with its brackets) of the returned message or headers; false: none. */
bool inbound_returned_id(GMimeObject *part, char *out, size_t room);

#endif
