/* SMTP by libcurl (RFC 5321). libcurl says how a transfer ended, not how far the message was. That is seen by the callbacks here: libcurl asks for the first byte of the text only
 * after the server has answered DATA with 354, and hands every answer's line to the debug callback. So where a connection breaks, what counts is whether the text had begun (then
 * it may have arrived: a server that has the final dot may have it, and a relay between us may finish what we began), and whether an answer to it was read. */
#include "smtp.h"

#include "mail_words.h"

#include <error.h>
#include <mem.h>

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef enum smtp_stage { STAGE_CONNECT, STAGE_HELLO, STAGE_ACCOUNT, STAGE_SENDER, STAGE_RECIPIENT, STAGE_DATA, STAGE_TEXT } smtp_stage;

struct smtp_session {
    CURL *curl;
    char why[CURL_ERROR_SIZE];
    bool kept; /* the last message left an open connection */
    /* of the message on its way */
    const char *bytes;
    size_t len, at;
    smtp_stage stage; /* the last command sent */
    int code;         /* of the newest complete answer in this stage, 0 none */
    char answer[SMTP_SAID];
    size_t answer_len;
    bool quit;        /* QUIT has been said: what is answered now is about that */
};

/* --- what libcurl tells --- */

static size_t give_text(char *out, size_t size, size_t n, void *ctx) {
    smtp_session *s = ctx;
    size_t room = size * n, left = s->len - s->at, len = left < room ? left : room;
    if (s->stage != STAGE_TEXT) {
        s->stage = STAGE_TEXT;
        s->code = 0;
        s->answer_len = 0;
    }
    memcpy(out, s->bytes + s->at, len);
    s->at += len;
    return len;
}

static void see_command(smtp_session *s, const char *line, size_t len) {
    static const struct {
        const char *word;
        smtp_stage stage;
    } commands[] = {{"EHLO ", STAGE_HELLO}, {"HELO ", STAGE_HELLO}, {"STARTTLS\r", STAGE_ACCOUNT}, {"AUTH ", STAGE_ACCOUNT}, {"MAIL ", STAGE_SENDER}, {"RCPT ", STAGE_RECIPIENT}, {"DATA\r", STAGE_DATA}};
    if (len >= 5 && !memcmp(line, "QUIT\r", 5)) s->quit = true;
    if (s->stage == STAGE_TEXT) return;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        size_t n = strlen(commands[i].word);
        if (len < n || memcmp(line, commands[i].word, n)) continue;
        s->stage = commands[i].stage;
        s->code = 0;
        s->answer_len = 0;
        s->quit = false;
    }
}

/* A line of an answer: three digits and a blank (the last one) or a hyphen. Lines of one answer are joined by blanks. */
static void see_line(smtp_session *s, const char *line, size_t len) {
    while (len && (line[len - 1] == '\r' || line[len - 1] == '\n')) len--;
    if (len < 3 || line[0] < '2' || line[0] > '5' || line[1] < '0' || line[1] > '9' || line[2] < '0' || line[2] > '9') return;
    if (s->quit || (s->stage == STAGE_TEXT && s->code)) return; /* what follows the answer to the text is about something else */
    if (s->code) s->answer_len = 0;
    size_t skip = s->answer_len ? 4 : 0, room = sizeof s->answer - 1 - s->answer_len; /* answer_len stays below the whole */
    if (skip && room) s->answer[s->answer_len++] = ' ', room--;
    if (skip > len) skip = len;
    size_t n = len - skip < room ? len - skip : room;
    memcpy(s->answer + s->answer_len, line + skip, n);
    s->answer_len += n;
    s->code = 0;
    if (len == 3 || line[3] != '-') s->code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
}

static int see(CURL *curl, curl_infotype type, char *data, size_t len, void *ctx) {
    (void)curl;
    smtp_session *s = ctx;
    if (type == CURLINFO_HEADER_OUT) see_command(s, data, len);
    for (size_t at = 0; type == CURLINFO_HEADER_IN && at < len;) {
        const char *end = memchr(data + at, '\n', len - at);
        size_t n = end ? (size_t)(end - data) + 1 - at : len - at;
        see_line(s, data + at, n);
        at += n;
    }
    return 0;
}

/* --- opening --- */

static CURLcode curl_began;

static void curl_begin(void) {
    curl_began = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static mr_status part_of(CURLU *url, CURLUPart part, char *out, size_t room) {
    char *text = NULL;
    out[0] = 0;
    if (curl_url_get(url, part, &text, 0) == CURLUE_OK && text) snprintf(out, room, "%s", text);
    curl_free(text);
    return out[0] ? MR_OK : MR_EDATA;
}

static bool this_machine(const char *host) {
    return !strcasecmp(host, "localhost") || !strncmp(host, "127.", 4) || !strcmp(host, "[::1]");
}

/* The URL without anything but scheme, host and port; our own name is put where libcurl looks for it, in the path. */
static mr_status address_of(const smtp_options *o, char out[1024], mr_error *err) {
    char scheme[16], host[256], port[8], more[256];
    CURLU *url = curl_url();
    if (!url) return error_memory(err, 1024);
    bool fine = curl_url_set(url, CURLUPART_URL, o->url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK && part_of(url, CURLUPART_SCHEME, scheme, sizeof scheme) == MR_OK &&
                (!strcmp(scheme, "smtp") || !strcmp(scheme, "smtps")) && part_of(url, CURLUPART_HOST, host, sizeof host) == MR_OK;
    bool account = fine && (part_of(url, CURLUPART_USER, more, sizeof more) == MR_OK || part_of(url, CURLUPART_PASSWORD, more, sizeof more) == MR_OK);
    if (fine && part_of(url, CURLUPART_PATH, more, sizeof more) == MR_OK && strcmp(more, "/")) fine = false;
    if (fine && (part_of(url, CURLUPART_QUERY, more, sizeof more) == MR_OK || part_of(url, CURLUPART_FRAGMENT, more, sizeof more) == MR_OK)) fine = false;
    if (fine) part_of(url, CURLUPART_PORT, port, sizeof port);
    curl_url_cleanup(url);
    if (account) return error_set(err, MR_EDATA, "smtp_url", -1, "smtp_url holds a user name or a password: they stand in smtp_user and smtp_password");
    if (!fine) return error_set(err, MR_EDATA, "smtp_url", -1, "smtp_url: '%.200s' is no server's address as in smtp://mail.example.com:587 or smtps://mail.example.com:465", o->url);
    if (o->user[0] && !strcmp(scheme, "smtp") && o->tls != SMTP_TLS_MUST && !this_machine(host))
        return error_set(err, MR_EDATA, "smtp_password", -1, "the password of %.100s would travel unencrypted: set smtp_tls to must, or use smtps://", host);
    snprintf(out, 1024, "%s://%s%s%s/%s", scheme, host, port[0] ? ":" : "", port, o->helo);
    return MR_OK;
}

static bool set_up(smtp_session *s, const smtp_options *o, const char *url) {
    static const long tls[] = {CURLUSESSL_ALL, CURLUSESSL_TRY, CURLUSESSL_NONE};
    CURL *c = s->curl;
    bool fine = !curl_easy_setopt(c, CURLOPT_URL, url) && !curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps") && !curl_easy_setopt(c, CURLOPT_USE_SSL, tls[o->tls]);
    fine = fine && !curl_easy_setopt(c, CURLOPT_PROXY, "") && !curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) && !curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
    fine = fine && !curl_easy_setopt(c, CURLOPT_READFUNCTION, give_text) && !curl_easy_setopt(c, CURLOPT_READDATA, s) && !curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
    fine = fine && !curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, see) && !curl_easy_setopt(c, CURLOPT_DEBUGDATA, s) && !curl_easy_setopt(c, CURLOPT_ERRORBUFFER, s->why);
    fine = fine && !curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)o->timeout_ms) && !curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)o->timeout_ms);
    /* libcurl says QUIT after a timeout, too, and waits two minutes for the answer unless told otherwise. */
    fine = fine && !curl_easy_setopt(c, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)(o->timeout_ms + 999) / 1000);
    if (o->ca_file[0]) fine = fine && !curl_easy_setopt(c, CURLOPT_CAINFO, o->ca_file);
    if (o->user[0]) fine = fine && !curl_easy_setopt(c, CURLOPT_USERNAME, o->user) && !curl_easy_setopt(c, CURLOPT_PASSWORD, o->password);
    return fine;
}

mr_status smtp_open(const smtp_options *given, smtp_session **out, mr_error *err) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    smtp_options o = *given;
    const char **texts[] = {&o.url, &o.user, &o.password, &o.helo, &o.ca_file};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!*texts[i]) *texts[i] = "";
    if (o.timeout_ms < 1 || o.timeout_ms > 86400000 || (unsigned)o.tls > SMTP_TLS_NEVER) return error_set(err, MR_EINVAL, "timeout_seconds", -1, "a timeout is above nothing and up to a day");
    if (strlen(o.helo) > 253 || strspn(o.helo, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") != strlen(o.helo))
        return error_set(err, MR_EINVAL, "helo", -1, "'%.100s' is no machine's name", o.helo);
    char url[1024];
    mr_status status = address_of(&o, url, err);
    if (status != MR_OK) return status;
    pthread_once(&once, curl_begin);
    smtp_session *s = curl_began == CURLE_OK ? mem_new(NULL, 1, sizeof *s) : NULL;
    if (s) s->curl = curl_easy_init();
    if (!s || !s->curl || !set_up(s, &o, url)) {
        smtp_close(s);
        return error_memory(err, sizeof *s);
    }
    *out = s;
    return MR_OK;
}

void smtp_close(smtp_session *s) {
    if (!s) return;
    if (s->curl) curl_easy_cleanup(s->curl); /* says QUIT; reads nothing of a message any more */
    mem_free(NULL, s);
}

/* --- sending --- */

/* Is the recipient's address the reason of a refusal for good? By its enhanced status (RFC 3463) where there is one: 5.1.x but those of the sender's address, and a mailbox
 * that is closed; without one, by the codes RFC 5321 has for it, in answer to the recipient alone. A full mailbox or a policy says nothing about the address. */
static bool about_address(smtp_stage stage, int code, const char *said) {
    int subject = 0, detail = 0;
    char after = 0;
    if (strlen(said) > 4 && sscanf(said + 4, "5.%3d.%3d%c", &subject, &detail, &after) >= 2)
        return (subject == 1 && detail != 7 && detail != 8) || (subject == 2 && detail == 1);
    return stage == STAGE_RECIPIENT && (code == 550 || code == 551 || code == 553);
}

/* Before the recipient was named, a refusal for good is not about this message, but for one that is too large. */
static bool too_large(const smtp_session *s) {
    return s->stage == STAGE_SENDER && (s->code == 552 || (s->answer_len > 4 && !strncmp(s->answer + 4, "5.3.4", 5)));
}

static void judge(const smtp_session *s, CURLcode code, smtp_answer *out) {
    bool text = s->stage == STAGE_TEXT;
    int class = s->code / 100;
    if (text && class == 2)
        out->result = SMTP_SENT; /* even where the connection broke right after */
    else if (class == 5 && (s->stage >= STAGE_RECIPIENT || too_large(s)))
        out->result = SMTP_NEVER;
    else if (text && class != 4)
        out->result = SMTP_UNSURE;
    else
        out->result = SMTP_LATER;
    if (class >= 4) out->code = s->code;
    if (out->result == SMTP_SENT) out->code = s->code;
    out->address = out->result == SMTP_NEVER && about_address(s->stage, s->code, s->answer);
    bool secure = code == CURLE_USE_SSL_FAILED || code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_LOGIN_DENIED || code == CURLE_SSL_CACERT_BADFILE;
    out->ours = out->result == SMTP_LATER && !text && (class == 5 || (secure && class != 4));
}

static void say(const smtp_session *s, CURLcode code, smtp_answer *out) {
    static const char *const where[] = {"connecting", "EHLO", "the login", "MAIL", "RCPT", "DATA", "the text"};
    char text[SMTP_SAID + 64];
    if (out->code) {
        mail_one_line(s->answer, s->answer_len, out->said, SMTP_SAID);
        return;
    }
    const char *why = s->why[0] ? s->why : curl_easy_strerror(code);
    int len = snprintf(text, sizeof text, "at %s: %s", where[s->stage], code == CURLE_OK ? "the connection ended" : why);
    mail_one_line(text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1, out->said, SMTP_SAID);
}

static CURLcode perform(smtp_session *s, bool fresh) {
    s->at = 0;
    s->stage = STAGE_CONNECT;
    s->code = 0;
    s->answer_len = 0;
    s->why[0] = 0;
    s->quit = false;
    curl_easy_setopt(s->curl, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
    return curl_easy_perform(s->curl);
}

mr_status smtp_send(smtp_session *s, const char *sender, const char *recipient, const char *bytes, size_t len, smtp_answer *out, mr_error *err) {
    *out = (smtp_answer){.result = SMTP_LATER};
    if (!mail_address_ok(sender) || !mail_address_ok(recipient)) return error_set(err, MR_EINVAL, mail_address_ok(sender) ? "recipient" : "sender", -1, "the envelope needs two e-mail addresses");
    struct curl_slist *to = curl_slist_append(NULL, recipient);
    if (!to || curl_easy_setopt(s->curl, CURLOPT_MAIL_FROM, sender) || curl_easy_setopt(s->curl, CURLOPT_MAIL_RCPT, to) || curl_easy_setopt(s->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)len)) {
        curl_slist_free_all(to);
        return error_memory(err, strlen(recipient));
    }
    s->bytes = bytes;
    s->len = len;
    CURLcode code = perform(s, false);
    /* A connection that was kept and that the server has closed meanwhile: said nothing, took nothing. Once more on a new one. */
    if (code != CURLE_OK && code != CURLE_OPERATION_TIMEDOUT && s->kept && s->stage < STAGE_TEXT && (!s->code || s->code == 421)) code = perform(s, true);
    judge(s, code, out);
    say(s, code, out);
    s->kept = code == CURLE_OK;
    s->bytes = NULL;
    s->len = s->at = 0;
    curl_easy_setopt(s->curl, CURLOPT_MAIL_RCPT, NULL);
    curl_slist_free_all(to);
    return MR_OK;
}
