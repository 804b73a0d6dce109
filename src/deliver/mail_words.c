/* Tokens and addresses of e-mail. RFC 5321 (limits), RFC 5322 3.2.3 (atoms), RFC 1035 (labels). */
#include "mail_words.h"

#include <unicode.h>

#include <gmime/gmime.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define LOCAL_LONGEST 64 /* RFC 5321, 4.5.3.1.1 */
#define LABEL_LONGEST 63

static bool alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool local_ok(const char *text, size_t len) {
    if (!len || len > LOCAL_LONGEST) return false;
    for (size_t i = 0; i < len; i++) {
        bool dot = text[i] == '.';
        if (dot && (!i || i + 1 == len || text[i - 1] == '.')) return false;
        if (!dot && !alnum(text[i]) && (!text[i] || !strchr("!#$%&'*+-/=?^_`{|}~", text[i]))) return false;
    }
    return true;
}

static bool domain_ok(const char *text) {
    size_t label = 0, labels = 0;
    bool letter = false; /* in the last label: one of digits alone is an IP address */
    for (size_t i = 0;; i++) {
        if (!text[i] || text[i] == '.') {
            if (!label || label > LABEL_LONGEST || text[i - 1] == '-') return false;
            labels++;
            if (!text[i]) return labels > 1 && letter;
            label = 0;
            letter = false;
            continue;
        }
        if (!alnum(text[i]) && !(text[i] == '-' && label)) return false;
        if (text[i] > '9') letter = true;
        label++;
    }
}

bool mail_address_ok(const char *address) {
    const char *at = address ? strrchr(address, '@') : NULL;
    return at && strlen(address) < MAIL_ADDRESS && local_ok(address, (size_t)(at - address)) && domain_ok(at + 1);
}

bool mail_token_copy(const char *text, size_t len, char out[MAIL_TOKEN]) {
    char token[MAIL_TOKEN];
    if (len != MAIL_TOKEN - 1) return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] - 'A' + 'a') : text[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
        token[i] = c;
    }
    token[len] = 0;
    memcpy(out, token, sizeof token);
    return true;
}

bool mail_token_ok(const char *token) {
    char copy[MAIL_TOKEN];
    return token && mail_token_copy(token, strlen(token), copy) && !strcmp(copy, token);
}

bool mail_plus_address(const char *address, const char *token, char out[MAIL_ADDRESS]) {
    const char *at = strrchr(address, '@');
    if (!at) return false;
    int len = snprintf(out, MAIL_ADDRESS, "%.*s+%s%s", (int)(at - address), address, token, at);
    return len > 0 && len < MAIL_ADDRESS && mail_address_ok(out);
}

void mail_one_line(const char *text, size_t len, char *out, size_t room) {
    if (len > room - 1) len = room - 1;
    for (size_t i = 0; i < len; i++) out[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7F ? ' ' : text[i];
    while (len && out[len - 1] == ' ') len--;
    out[len] = 0;
    unicode_mend(out);
}

void mail_gmime_ready(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, g_mime_init);
}
