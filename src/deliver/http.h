/* One POST by HTTP, and knowing of it whether it was taken.
 *
 * No redirects, no proxy, no kept connections. Addresses that are not public are refused unless they are allowed; what is looked at is the address that is about to be
 * connected to, not what a name led to a moment ago. */
#ifndef DELIVER_HTTP_H
#define DELIVER_HTTP_H

#include <text.h>

#define HTTP_SAID 512
#define HTTP_BODY 65536 /* of an answer no more is read */

typedef struct http_request { /* borrowed; NULL is "" */
    const char *url;             /* http:// or https:// */
    const char *const *headers;  /* lines "Name: value" */
    size_t headers_n;
    const char *body;
    size_t len;
    const char *ca_file;         /* certificates to trust; "": the system's */
    bool allow_private;
    int64_t timeout_ms;          /* for all of it, connecting included; > 0 */
} http_request;

typedef enum http_result {
    HTTP_OK,     /* 2xx */
    HTTP_LATER,  /* certainly not taken, but it may be another time: no connection, a timeout before the request went out; 408, 425, 429, 5xx */
    HTTP_NEVER,  /* another answer (3xx, 4xx), or an address that is not allowed */
    HTTP_GONE,   /* 410: nobody is there and nobody will be */
    HTTP_UNSURE  /* the request had begun to go out, and no answer came: it may have been taken */
} http_result;

typedef struct http_answer { /* start from {0} */
    http_result result;
    int code;              /* 0: no answer */
    int64_t retry_after_s; /* of a Retry-After; 0: none */
    bool forbidden;        /* with HTTP_NEVER: the address was not allowed, nothing was connected to */
    char said[HTTP_SAID];  /* one line, UTF-8, no control characters; never the URL's path */
    text_buffer body;      /* terminated; the first HTTP_BODY bytes of the answer */
} http_answer;

/* Connects to nothing. MR_EDATA, naming field, where url is none of ours: another scheme, no host, a user name or password in it, or an address (not a name) that is not allowed. */
mr_status http_url_check(const char *field, const char *url, bool allow_private, mr_error *err);
/* MR_OK whatever the other side did, see *out. An address that is not allowed is HTTP_NEVER. MR_EDATA (field "url"): not of our kind; MR_EINVAL: a header that is no single line "Name: value"; MR_ENOMEM before anything was sent. */
mr_status http_post(const http_request *q, http_answer *out, mr_error *err);
void http_answer_free(http_answer *a);
/* "ok", "later", "never", "gone", "unsure". */
const char *http_result_name(http_result result);

#endif
