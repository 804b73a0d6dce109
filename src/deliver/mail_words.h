/* The words that writing and reading e-mail share: tokens, addresses, and GMime made ready. */
#ifndef DELIVER_MAIL_WORDS_H
#define DELIVER_MAIL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define MAIL_TOKEN 33    /* 32 hexadecimal digits in lower case, terminated */
#define MAIL_ADDRESS 255 /* RFC 5321, 4.5.3.1.3: 254 characters, terminated */

/* Is it an address that a message may be sent to: local part of dots and atoms, a domain of two labels or more, all ASCII (a domain in another script stands in its xn-- form).
 * Quoted local parts and address literals are not taken: what they would let in is never a customer. NULL is none. */
bool mail_address_ok(const char *address);
bool mail_token_ok(const char *token);
/* The first len bytes are a token (upper case is taken, too): written in lower case to out. */
bool mail_token_copy(const char *text, size_t len, char out[MAIL_TOKEN]);
/* "replies@example.com" and a token: "replies+TOKEN@example.com", to which an answer or a bounce names the message it belongs to. false where it would be too long. */
bool mail_plus_address(const char *address, const char *token, char out[MAIL_ADDRESS]);
/* What a stranger wrote as one line: control characters become blanks, what is no UTF-8 goes, so does what has no room. */
void mail_one_line(const char *text, size_t len, char *out, size_t room);
/* Before anything of GMime; any thread, any number of times. */
void mail_gmime_ready(void);

#endif
