#include "sms_way.h"

#include <error.h>

#include <string.h>

bool sms_way_set(const config *c) {
    return *c->delivery_sms_url && *c->delivery_sms_body;
}

sms_gateway sms_way_gateway(const config *c) {
    return (sms_gateway){.url = c->delivery_sms_url, .body = c->delivery_sms_body, .headers = c->delivery_sms_headers.at, .headers_n = c->delivery_sms_headers.n, .allow_private = c->delivery_allow_private,
                         .timeout_ms = c->delivery_timeout_seconds * 1000};
}

mr_status sms_way_number(const config *c, const char *written, char out[PHONE_E164], bool *ours, mr_error *err) {
    mr_status status = phone_e164(written, c->company_country, out, err);
    *ours = status == MR_EDATA && *written && !*c->company_country && !strchr(written, '+');
    return *ours ? error_set(err, MR_EDATA, "country", -1, "company.country is not set, so it is not certain which number '%.60s' is", written) : status;
}
