#include "signed_link.h"

#include <sodium.h>

#include <stdio.h>
#include <string.h>

/* Customer and contact in hexadecimal, and 128 bits of a keyed hash over them: 32 + 32 digits. */
#define IDS 32
#define MAC 16
#define TOKEN (IDS + 2 * MAC)

static void sign(const unsigned char key[16], signed_use use, const char *ids, unsigned char mac[MAC]) {
    static const char *const purposes[SIGNED_USES] = {"marram preference link 1 ", "marram leave link 1 ", "marram letter link 1 "};
    crypto_generichash_state s;
    crypto_generichash_init(&s, key, 16, MAC);
    crypto_generichash_update(&s, (const unsigned char *)purposes[use], strlen(purposes[use]));
    crypto_generichash_update(&s, (const unsigned char *)ids, IDS);
    crypto_generichash_final(&s, mac, MAC);
}

const char *signed_link(const unsigned char key[16], signed_use use, const char *base, int64_t customer_id, int64_t contact_id, char out[SIGNED_LINK]) {
    char ids[IDS + 1], hex[2 * MAC + 1];
    unsigned char mac[MAC];
    out[0] = 0;
    if (!*base) return out;
    snprintf(ids, sizeof ids, "%016llx%016llx", (unsigned long long)customer_id, (unsigned long long)contact_id);
    sign(key, use, ids, mac);
    sodium_bin2hex(hex, sizeof hex, mac, MAC);
    if (snprintf(out, SIGNED_LINK, "%s%ct=%s%s", base, strchr(base, '?') ? '&' : '?', ids, hex) >= SIGNED_LINK) out[0] = 0;
    return out;
}

static bool hex_value(const char *text, uint64_t *value) {
    *value = 0;
    for (int i = 0; i < 16; i++) {
        const char *digits = "0123456789abcdef", *at = strchr(digits, text[i]);
        if (!text[i] || !at) return false;
        *value = *value << 4 | (uint64_t)(at - digits);
    }
    return true;
}

bool signed_link_read(const unsigned char key[16], signed_use use, const char *token, int64_t *customer_id, int64_t *contact_id) {
    unsigned char mac[MAC], said[MAC];
    uint64_t customer, contact;
    size_t len = strlen(token), got = 0;
    if (len < TOKEN) return false;
    token += len - TOKEN; /* of a link, the end */
    if (len > TOKEN && token[-1] != '=') return false;
    if (!hex_value(token, &customer) || !hex_value(token + 16, &contact)) return false;
    if (sodium_hex2bin(said, MAC, token + IDS, (size_t)2 * MAC, NULL, &got, NULL) || got != MAC) return false;
    sign(key, use, token, mac);
    if (sodium_memcmp(mac, said, MAC)) return false;
    *customer_id = (int64_t)customer;
    *contact_id = (int64_t)contact;
    return true;
}
