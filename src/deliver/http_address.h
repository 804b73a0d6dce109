/* Which addresses lie in the open internet. Webhooks and gateways are named by people, and a name may lead to the machine's own network: what is asked there would be asked by us. */
#ifndef DELIVER_HTTP_ADDRESS_H
#define DELIVER_HTTP_ADDRESS_H

#include <stddef.h>

struct sockaddr;

/* NULL: public. Else what it is ("a private network"), as the end of "... is ". An IPv4 address within an IPv6 one is judged as itself; what is neither is never public. */
const char *http_address_forbidden(const struct sockaddr *address);
/* The same of an address in text, with or without brackets; NULL, too, where the text is no address (a name). */
const char *http_address_text_forbidden(const char *text);

#endif
