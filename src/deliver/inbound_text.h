/* What a person newly wrote in an e-mail: its text without what was quoted. */
#ifndef DELIVER_INBOUND_TEXT_H
#define DELIVER_INBOUND_TEXT_H

#include <text.h>

/* HTML as text: tags go, blocks become lines, quotations (blockquote, the usual programs' quote marks) are left out, entities are read. Any bytes; out is UTF-8. */
void inbound_html(const char *html, size_t len, text_buffer *out);
/* Appends the lines somebody wrote: without lines begun by >, and nothing from where the original begins ("On ... wrote:", "-----Original Message-----", a block of From: and
 * Sent:). text is UTF-8. */
void inbound_new_text(const char *text, size_t len, text_buffer *out);
/* Is it a wish to get no more e-mail, a subject (Re: and the like before it do not count) or a whole first line: unsubscribe, abmelden and the like. */
bool inbound_leaves(const char *line, size_t len);

#endif
