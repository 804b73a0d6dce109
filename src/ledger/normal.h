/* Normal forms of e-mail, phone and name, and their keyed hashes: what possible duplicates are found by. */
#ifndef LEDGER_NORMAL_H
#define LEDGER_NORMAL_H

#include "ledger.h"

typedef enum normal_form {
    NORMAL_EMAIL, /* lower case; for Gmail without dots and +tag */
    NORMAL_PHONE, /* digits; 00 and + alike; a leading zero of a national number dropped: the last nine digits */
    NORMAL_NAME   /* letters alone, lower case (ASCII; others as they are), words sorted, legal forms (GmbH, Ltd, Inc ...) dropped */
} normal_form;

/* Into out (terminated); "" where there is nothing to compare. Returns its length. */
size_t normal_text(normal_form form, const char *text, size_t len, char *out, size_t room);
/* Keyed hash of the normal form, 0 where that is empty. */
int64_t normal_key(const ledger *l, normal_form form, const char *text, size_t len);
/* 1 a person, 2 a company, 0 neither word. */
int normal_customer_kind(const char *text, size_t len);

#endif
