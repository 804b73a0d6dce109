/* HTTP by libcurl. libcurl says how a transfer ended, not how far the request was: that is seen by the debug callback, which gets what has been written to the connection. */
#include "http.h"

#include "http_address.h"
#include "mail_words.h"

#include <error.h>

#include <curl/curl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define URL_LONGEST 2000
#define RETRY_LONGEST 2592000 /* thirty days */

typedef struct transfer {
    const http_request *q;
    http_answer *out;
    size_t header_bytes;
    bool begun;                    /* something of the request has gone out */
    int opened;                    /* sockets */
    char refused[NI_MAXHOST];      /* the last address that is not allowed */
    const char *refused_what;
    char why[CURL_ERROR_SIZE];
} transfer;

/* --- what libcurl asks and tells --- */

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address) {
    transfer *t = ctx;
    const char *what = http_address_forbidden(&address->addr);
    if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
    if (what && !t->q->allow_private) {
        t->refused_what = what;
        if (getnameinfo(&address->addr, address->addrlen, t->refused, sizeof t->refused, NULL, 0, NI_NUMERICHOST)) t->refused[0] = 0;
        return CURL_SOCKET_BAD;
    }
    t->opened++;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_header(char *data, size_t size, size_t n, void *ctx) {
    (void)data;
    transfer *t = ctx;
    t->header_bytes += size * n;
    return t->header_bytes > HTTP_BODY ? 0 : size * n;
}

static size_t take_body(char *data, size_t size, size_t n, void *ctx) {
    transfer *t = ctx;
    size_t len = size * n, room = HTTP_BODY - t->out->body.len;
    text_add(&t->out->body, data, len < room ? len : room);
    return len <= room ? len : 0; /* 0 ends the transfer: enough is known */
}

static int see(CURL *curl, curl_infotype type, char *data, size_t len, void *ctx) {
    (void)curl;
    (void)data;
    transfer *t = ctx;
    if ((type == CURLINFO_HEADER_OUT || type == CURLINFO_DATA_OUT) && len) t->begun = true;
    return 0;
}

/* --- what is asked for --- */

mr_status http_url_check(const char *field, const char *text, bool allow_private, mr_error *err) {
    char *host = NULL, *scheme = NULL, *user = NULL, *password = NULL;
    CURLU *url = curl_url();
    if (!url) return error_memory(err, URL_LONGEST);
    bool fine = strlen(text) <= URL_LONGEST && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK && curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                (!strcmp(scheme, "http") || !strcmp(scheme, "https")) && curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK && host[0];
    bool account = fine && (curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_OK || curl_url_get(url, CURLUPART_PASSWORD, &password, 0) == CURLUE_OK);
    const char *what = fine && !allow_private ? http_address_text_forbidden(host) : NULL;
    mr_status status = MR_OK;
    if (!fine) status = error_set(err, MR_EDATA, field, -1, "%s is no address as in https://hooks.example.com/marram", field);
    else if (account) status = error_set(err, MR_EDATA, field, -1, "%s holds a user name or a password: send them in a header, whose value may stand in the environment or a file", field);
    else if (what) status = error_set(err, MR_EDATA, field, -1, "%s leads to %.100s, which is %s; where that is meant, set delivery.allow_private to yes", field, host, what);
    curl_free(host);
    curl_free(scheme);
    curl_free(user);
    curl_free(password);
    curl_url_cleanup(url);
    return status;
}

static bool header_ok(const char *line) {
    size_t name = strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    if (!name || line[name] != ':') return false;
    for (const char *c = line; *c; c++)
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7F) return false;
    return true;
}

/* "Name:" alone would take a header out, for libcurl; "Name;" is one without a value. */
static bool add_header(struct curl_slist **list, const char *line) {
    char empty[256];
    const char *value = strchr(line, ':') + 1;
    if (value[strspn(value, " \t")] == 0 && strlen(line) < sizeof empty) {
        snprintf(empty, sizeof empty, "%.*s;", (int)(value - 1 - line), line);
        line = empty;
    }
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer) *list = longer;
    return longer != NULL;
}

static bool set_up(CURL *c, transfer *t, struct curl_slist *headers) {
    const http_request *q = t->q;
    bool fine = !curl_easy_setopt(c, CURLOPT_URL, q->url) && !curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") && !curl_easy_setopt(c, CURLOPT_PROXY, "");
    fine = fine && !curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) && !curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) && !curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    fine = fine && !curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->body ? q->body : "") && !curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->len);
    fine = fine && !curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers) && !curl_easy_setopt(c, CURLOPT_USERAGENT, "Marram");
    fine = fine && !curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket) && !curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
    fine = fine && !curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header) && !curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    fine = fine && !curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) && !curl_easy_setopt(c, CURLOPT_WRITEDATA, t) && !curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
    fine = fine && !curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, see) && !curl_easy_setopt(c, CURLOPT_DEBUGDATA, t) && !curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->why);
    fine = fine && !curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)q->timeout_ms) && !curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)q->timeout_ms);
    if (q->ca_file && q->ca_file[0]) fine = fine && !curl_easy_setopt(c, CURLOPT_CAINFO, q->ca_file);
    return fine;
}

/* --- what came of it --- */

static http_result result_of(int code) {
    static const struct {
        int low, high;
        http_result result;
    } rows[] = {{200, 299, HTTP_OK}, {408, 408, HTTP_LATER}, {410, 410, HTTP_GONE}, {425, 425, HTTP_LATER}, {429, 429, HTTP_LATER}, {500, 599, HTTP_LATER}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (code >= rows[i].low && code <= rows[i].high) return rows[i].result;
    return HTTP_NEVER;
}

static void conclude(CURL *c, const transfer *t, CURLcode ended, http_answer *out) {
    long code = 0;
    curl_off_t wait = 0;
    char line[400];
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &code);
    if (code >= 200) { /* whatever became of the rest of the answer */
        out->code = (int)code;
        out->result = result_of(out->code);
        if (curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK && wait > 0) out->retry_after_s = wait < RETRY_LONGEST ? (int64_t)wait : RETRY_LONGEST;
        mail_one_line(out->body.data ? out->body.data : "", out->body.len, line, sizeof line);
        bool moved = code >= 300 && code < 400;
        snprintf(out->said, sizeof out->said, "HTTP %ld%s%s%s", code, moved ? ", redirects are not followed" : "", line[0] ? ": " : "", line);
    } else if (!t->opened && t->refused_what) {
        out->result = HTTP_NEVER;
        out->forbidden = true;
        snprintf(out->said, sizeof out->said, "not connected: %.100s is %s, and delivery.allow_private does not allow it", t->refused, t->refused_what);
    } else {
        out->result = t->begun ? HTTP_UNSURE : HTTP_LATER;
        const char *why = t->why[0] ? t->why : curl_easy_strerror(ended);
        mail_one_line(why, strlen(why), line, sizeof line);
        snprintf(out->said, sizeof out->said, "%s: %s", t->begun ? "sent, but no answer" : "not sent", line);
    }
}

static CURLcode curl_began;

static void curl_begin(void) {
    curl_began = curl_global_init(CURL_GLOBAL_DEFAULT);
}

mr_status http_post(const http_request *q, http_answer *out, mr_error *err) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    text_buffer kept = out->body;
    kept.len = 0;
    *out = (http_answer){.result = HTTP_LATER, .body = kept};
    if (q->timeout_ms < 1 || q->timeout_ms > 86400000) return error_set(err, MR_EINVAL, "timeout_seconds", -1, "a timeout is above nothing and up to a day");
    for (size_t i = 0; i < q->headers_n; i++)
        if (!header_ok(q->headers[i])) return error_set(err, MR_EINVAL, "headers", -1, "header line %zu is not one line as in 'Name: value'", i + 1);
    mr_status status = http_url_check("url", q->url, true, err); /* addresses are judged when they are connected to */
    if (status != MR_OK) return status;
    pthread_once(&once, curl_begin);
    transfer t = {.q = q, .out = out};
    CURL *c = curl_began == CURLE_OK ? curl_easy_init() : NULL;
    struct curl_slist *headers = NULL;
    /* No wait for "100 Continue": what is sent is small. */
    bool fine = c && text_reserve(&out->body, HTTP_BODY + 1) && (headers = curl_slist_append(NULL, "Expect:")) != NULL;
    for (size_t i = 0; fine && i < q->headers_n; i++) fine = add_header(&headers, q->headers[i]);
    if (fine && set_up(c, &t, headers)) conclude(c, &t, curl_easy_perform(c), out);
    else status = error_memory(err, HTTP_BODY);
    text_terminate(&out->body);
    curl_slist_free_all(headers);
    if (c) curl_easy_cleanup(c);
    return status;
}

void http_answer_free(http_answer *a) {
    text_free(&a->body);
}

const char *http_result_name(http_result result) {
    static const char *const names[] = {"ok", "later", "never", "gone", "unsure"};
    return (unsigned)result < sizeof names / sizeof *names ? names[result] : "";
}
