/* Telephone numbers as people write them, as one that can be dialled from anywhere (E.164). Where it is not certain which number is meant it is refused, since a message to the
 * wrong one cannot be taken back. */
#ifndef DELIVER_PHONE_H
#define DELIVER_PHONE_H

#include <marram/base.h>

#define PHONE_E164 17 /* plus sign, 15 digits, terminated */

/* country: ISO 3166 in two letters, of numbers written without one; "" or NULL: not known. MR_EDATA says what is wrong with it, or not certain, and what to write instead. */
mr_status phone_e164(const char *written, const char *country, char out[PHONE_E164], mr_error *err);

#endif
