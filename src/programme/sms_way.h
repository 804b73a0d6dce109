/* SMS by the settings: the gateway, where there is one, and the number it takes. */
#ifndef PROGRAMME_SMS_WAY_H
#define PROGRAMME_SMS_WAY_H

#include <config.h>
#include <phone.h>
#include <sms.h>

bool sms_way_set(const config *c);           /* is there a gateway? Without one an SMS is a person's task */
sms_gateway sms_way_gateway(const config *c); /* borrows from c */
/* MR_EDATA: not certain which number is meant; *ours: because company.country does not stand in the settings. */
mr_status sms_way_number(const config *c, const char *written, char out[PHONE_E164], bool *ours, mr_error *err);

#endif
