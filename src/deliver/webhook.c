#include "webhook.h"

#include <error.h>
#include <rng.h>

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "whsec_"
#define KEY_SHORTEST 24

static mr_status key_read(const char *field, const char *text, size_t len, webhook_keys *out, mr_error *err) {
    const size_t skip = sizeof PREFIX - 1;
    if (len <= skip || memcmp(text, PREFIX, skip)) return error_set(err, MR_EDATA, field, -1, "%s must begin with " PREFIX " and go on in base64", field);
    if (out->n == WEBHOOK_KEYS) return error_set(err, MR_EDATA, field, -1, "%s: %d secrets at most", field, WEBHOOK_KEYS);
    unsigned char *key = out->key[out->n];
    size_t *key_len = &out->len[out->n];
    const char *end = NULL;
    bool padded = text[len - 1] == '=';
    int failed = sodium_base642bin(key, WEBHOOK_KEY_LONGEST, text + skip, len - skip, NULL, key_len, &end, padded ? sodium_base64_VARIANT_ORIGINAL : sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    if (failed || end != text + len || *key_len < KEY_SHORTEST)
        return error_set(err, MR_EDATA, field, -1, "%s: what follows " PREFIX " must be %d to %d bytes in base64", field, KEY_SHORTEST, WEBHOOK_KEY_LONGEST);
    out->n++;
    return MR_OK;
}

mr_status webhook_keys_read(const char *field, const char *text, webhook_keys *out, mr_error *err) {
    mr_status status = MR_OK;
    *out = (webhook_keys){0};
    for (const char *at = text + strspn(text, " \t"); status == MR_OK && *at;) {
        size_t len = strcspn(at, " \t");
        status = key_read(field, at, len, out, err);
        at += len + strspn(at + len, " \t");
    }
    if (status == MR_OK && !out->n) status = error_set(err, MR_EDATA, field, -1, "%s is empty: it must be " PREFIX " and base64", field);
    if (status != MR_OK) webhook_keys_forget(out);
    return status;
}

void webhook_keys_forget(webhook_keys *keys) {
    sodium_memzero(keys, sizeof *keys);
}

mr_status webhook_sign(const webhook_keys *keys, const char *id, int64_t timestamp_s, const char *body, size_t len, text_buffer *out, mr_error *err) {
    size_t id_len = strlen(id);
    char stamp[32];
    /* A dot within would let one id and time be read as another. */
    if (!id_len || id_len > 200 || strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != id_len)
        return error_set(err, MR_EINVAL, "id", -1, "'%.200s' is no id of a webhook", id);
    int stamp_len = snprintf(stamp, sizeof stamp, ".%" PRId64 ".", timestamp_s);
    for (size_t i = 0; i < keys->n; i++) {
        crypto_auth_hmacsha256_state state;
        unsigned char mac[crypto_auth_hmacsha256_BYTES];
        char base64[sodium_base64_ENCODED_LEN(sizeof mac, sodium_base64_VARIANT_ORIGINAL)];
        crypto_auth_hmacsha256_init(&state, keys->key[i], keys->len[i]);
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)id, id_len);
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)stamp, (unsigned long long)stamp_len);
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)body, len);
        crypto_auth_hmacsha256_final(&state, mac);
        sodium_bin2base64(base64, sizeof base64, mac, sizeof mac, sodium_base64_VARIANT_ORIGINAL);
        sodium_memzero(&state, sizeof state);
        text_printf(out, "%sv1,%s", i ? " " : "", base64);
    }
    text_terminate(out);
    return out->failed ? error_memory(err, len) : MR_OK;
}

mr_status webhook_send(const webhook_target *t, const char *id, int64_t now_us, const char *body, size_t len, http_answer *out, mr_error *err) {
    text_buffer signature = {0}, line = {0};
    char id_line[256], time_line[64];
    int64_t now_s = now_us / 1000000;
    if (sodium_init() < 0) return error_set(err, MR_EIO, NULL, -1, "libsodium finds no random numbers on this machine");
    mr_status status = webhook_sign(t->keys, id, now_s, body, len, &signature, err);
    if (status == MR_OK) {
        snprintf(id_line, sizeof id_line, "webhook-id: %s", id);
        snprintf(time_line, sizeof time_line, "webhook-timestamp: %" PRId64, now_s);
        text_printf(&line, "webhook-signature: %s", signature.data);
        const char *headers[] = {"Content-Type: application/json", id_line, time_line, text_terminate(&line)};
        http_request q = {.url = t->url, .headers = headers, .headers_n = sizeof headers / sizeof *headers, .body = body, .len = len, .ca_file = t->ca_file, .allow_private = t->allow_private, .timeout_ms = t->timeout_ms};
        status = line.failed ? error_memory(err, signature.len) : http_post(&q, out, err);
    }
    text_free(&line);
    text_free(&signature);
    return status;
}

webhook_next webhook_next_of(const http_answer *a) {
    if (a->result == HTTP_OK) return WEBHOOK_DONE;
    if (a->result == HTTP_GONE) return WEBHOOK_DISABLE;
    return a->forbidden ? WEBHOOK_FAILED : WEBHOOK_AGAIN;
}

int64_t webhook_retry_us(int attempt, int64_t id, int64_t failed_us, int64_t retry_after_s) {
    static const int64_t waits_s[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
    if (attempt < 1) attempt = 1;
    if ((size_t)attempt > sizeof waits_s / sizeof *waits_s) return WEBHOOK_GIVEN_UP;
    int64_t wait_us = waits_s[attempt - 1] * 1000000, asked_s = retry_after_s < 86400 ? retry_after_s : 86400;
    uint64_t hash = rng_mix(rng_mix((uint64_t)id) + (uint64_t)attempt);
    int64_t more_us = (int64_t)(hash % ((uint64_t)wait_us / 5 + 1));
    if (wait_us < asked_s * 1000000) wait_us = asked_s * 1000000;
    return failed_us + wait_us + more_us;
}
