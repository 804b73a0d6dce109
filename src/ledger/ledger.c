/* Opening, the key, and the hashes everything is found by.
 *
 * SipHash-2-4 with a secret key (Aumasson & Bernstein 2012, libsodium): nobody outside can make identifiers that collide, and the
 * numbers alone tell nothing of the names. */
#include "ledger.h"

#include "hooks_queue.h"

#include <bits.h>
#include <error.h>
#include <mem.h>
#include <schema.h>

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const char key_setting[] = "hash_key";
enum { HEX_ROOM = 64 };

static mr_status hash_ready(mr_error *err) {
    if (sodium_init() >= 0) return MR_OK;
    return error_set(err, MR_EIO, NULL, -1, "the system gives no random numbers: libsodium could not start");
}

static mr_status setting_read(db *d, const char *name, char *out, size_t room, mr_error *err) {
    db_statement *s;
    bool row = false;
    mr_status status = db_prepare(d, "SELECT value FROM setting WHERE name = $1", "t", &s, err);
    *out = 0;
    if (status != MR_OK) return status;
    db_bind_string(s, 1, name);
    status = db_step(s, &row, err);
    if (status == MR_OK && row) snprintf(out, room, "%s", db_text(s, 0, NULL));
    db_reset(s);
    return status;
}

static mr_status setting_write(db *d, const char *name, const char *value, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(d, "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", "tt", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, name);
    db_bind_string(s, 2, value);
    return db_run(s, NULL, err);
}

static bool key_parse(const char *hex, unsigned char key[LEDGER_KEY_BYTES]) {
    size_t len = 0;
    return hex && strlen(hex) == 2 * LEDGER_KEY_BYTES &&
           sodium_hex2bin(key, LEDGER_KEY_BYTES, hex, 2 * LEDGER_KEY_BYTES, NULL, &len, NULL) == 0 && len == LEDGER_KEY_BYTES;
}

typedef struct init_work {
    const ledger_init_options *options;
    char key[2 * LEDGER_KEY_BYTES + 1];
} init_work;

static mr_status init_write(db *d, void *ctx, mr_error *err) {
    init_work *work = ctx;
    char there[64];
    db_statement *s;
    mr_status status = setting_read(d, key_setting, there, sizeof there, err);
    if (status != MR_OK) return status;
    if (there[0]) {
        if (work->options->key && sodium_memcmp(there, work->key, sizeof work->key) != 0)
            return error_set(err, MR_EDATA, "key", -1,
                             "%s already has another key: every customer's number hangs on it, so it cannot be changed; leave --key out",
                             db_name(d));
        return MR_OK;
    }
    status = setting_write(d, key_setting, work->key, err);
    if (status == MR_OK)
        status = db_prepare(d, "INSERT INTO lease (part, owner, until_us, fence) VALUES ($1, '', 0, 0) ON CONFLICT (part) DO NOTHING",
                            "s", &s, err);
    for (int part = 0; status == MR_OK && part < 64; part++) {
        db_bind_int(s, 1, part);
        status = db_run(s, NULL, err);
    }
    ledger l = {.d = d};
    return status == MR_OK ? ledger_audit(&l, work->options->now_us, "init", "{}", err) : status;
}

mr_status ledger_init(const char *url, const ledger_init_options *options, mr_error *err) {
    init_work work = {.options = options};
    unsigned char key[LEDGER_KEY_BYTES];
    db *d = NULL;
    mr_status status = hash_ready(err);
    if (status != MR_OK) return status;
    if (options->key && !key_parse(options->key, key))
        return error_set(err, MR_EINVAL, "key", -1, "the key must be %d hexadecimal digits", 2 * LEDGER_KEY_BYTES);
    if (!options->key) randombytes_buf(key, sizeof key);
    sodium_bin2hex(work.key, sizeof work.key, key, sizeof key);
    status = db_open(url, &(db_options){.create = true}, &d, err);
    if (status == MR_OK) status = db_schema_upgrade(d, 0, options->now_us, NULL, NULL, err);
    if (status == MR_OK && options->distributed) status = db_schema_distribute(d, err);
    if (status == MR_OK) status = db_transaction(d, DB_WRITE, init_write, &work, err);
    db_close(d);
    return status;
}

/* Its version and its key: in a transaction, so that a server that goes away just then is waited for. */
static mr_status read_key(db *d, void *ctx, mr_error *err) {
    char *hex = ctx;
    mr_status status = db_schema_require(d, err);
    return status == MR_OK ? setting_read(d, key_setting, hex, HEX_ROOM, err) : status;
}

mr_status ledger_open(const char *url, const db_options *options, ledger **out, mr_error *err) {
    char hex[HEX_ROOM] = "";
    mr_status status = hash_ready(err);
    *out = NULL;
    if (status != MR_OK) return status;
    ledger *l = mem_new(NULL, 1, sizeof *l);
    size_t url_len = strlen(url) + 1;
    if (l) l->url = mem_take(NULL, url_len, 1);
    if (!l || !l->url) {
        ledger_close(l);
        return error_memory(err, sizeof *l + url_len);
    }
    memcpy(l->url, url, url_len);
    status = db_open(url, options, &l->d, err);
    if (status == MR_OK) status = db_transaction(l->d, DB_READ, read_key, hex, err);
    if (status == MR_OK && !key_parse(hex, l->key))
        status = error_set(err, MR_EDATA, NULL, -1, "%s has no hash key: run 'marram db init' to finish what was begun", db_name(l->d));
    if (status != MR_OK) {
        ledger_close(l);
        return status;
    }
    l->ref_bits = 63;
    l->distributed = db_distributed(l->d);
    *out = l;
    return MR_OK;
}

mr_status ledger_open_reading(const char *url, ledger **out, mr_error *err) {
    mr_error why = {0};
    mr_status status = ledger_open(url, NULL, out, &why);
    if (status == MR_EIO && ledger_open(url, &(db_options){.read_only = true}, out, err) == MR_OK) return MR_OK;
    if (status != MR_OK && err) *err = why;
    return status;
}

void ledger_close(ledger *l) {
    if (!l) return;
    hooks_forget(l);
    db_close(l->d);
    mem_free(NULL, l->url);
    mem_free(NULL, l);
}

/* --- hashes --- */

static uint64_t sip(const ledger *l, const void *bytes, size_t len) {
    unsigned char out[crypto_shorthash_BYTES];
    crypto_shorthash(out, bytes, len, l->key);
    return bits_load64((const char *)out);
}

ledger_domain ledger_domain_of(const ledger *l, const char *purpose, const char *source) {
    char text[LEDGER_ID_LIMIT + 64];
    /* The blank cannot be in a purpose, so no two pairs write the same text. */
    int len = snprintf(text, sizeof text, "%s %s", purpose, source);
    return (ledger_domain){sip(l, text, len < (int)sizeof text ? (size_t)len : sizeof text - 1)};
}

/* 8 bytes of the domain, then the text; long texts are hashed by themselves first. */
static uint64_t hash_behind(const ledger *l, uint64_t domain, const char *text, size_t len, unsigned salt) {
    unsigned char buffer[8 + 256 + 4];
    uint64_t folded;
    if (len > 256) {
        folded = sip(l, text, len);
        domain = ~domain; /* so that a long text is none of eight bytes */
        text = (const char *)&folded;
        len = sizeof folded;
    }
    memcpy(buffer, &domain, 8);
    memcpy(buffer + 8, text, len);
    if (!salt) return sip(l, buffer, 8 + len);
    memcpy(buffer + 8 + len, &salt, 4);
    buffer[0] ^= 1;
    return sip(l, buffer, 8 + len + 4);
}

int64_t ledger_hash(const ledger *l, ledger_domain domain, const char *text, size_t len) {
    return (int64_t)hash_behind(l, domain.hash, text, len, 0);
}

int64_t ledger_ref(const ledger *l, ledger_domain customers, const char *external_id, size_t len, unsigned salt) {
    int64_t ref = (int64_t)(hash_behind(l, customers.hash, external_id, len, salt) >> (64 - l->ref_bits));
    return ref ? ref : 1;
}

int64_t ledger_subject(const ledger *l, const char *source, const char *kind, const char *id, size_t len) {
    char purpose[64];
    snprintf(purpose, sizeof purpose, "subject/%s", kind);
    int64_t hash = ledger_hash(l, ledger_domain_of(l, purpose, source), id, len);
    return hash ? hash : 1;
}

/* The same under every key: a source's name is no secret, and its number stands in every event. */
int32_t ledger_source_number(const char *name) {
    static const unsigned char open_key[crypto_shorthash_KEYBYTES] = "marram source";
    unsigned char out[crypto_shorthash_BYTES];
    crypto_shorthash(out, (const unsigned char *)name, strlen(name), open_key);
    return (int32_t)(bits_load64((const char *)out) & 0xFFFFFF) + 1; /* three bytes: SQLite stores no more than it needs */
}

mr_status ledger_source(ledger *l, const char *name, int32_t *id, mr_error *err) {
    db_statement *s;
    bool row = false;
    *id = ledger_source_number(name);
    if (!*name || strlen(name) > 200)
        return error_set(err, MR_EINVAL, "source", -1, "a source's name has 1 to 200 bytes");
    mr_status status = db_prepare(l->d, "INSERT INTO source (id, name) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING", "dt", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, *id);
    db_bind_string(s, 2, name);
    status = db_run(s, NULL, err);
    if (status == MR_OK) status = db_prepare(l->d, "SELECT name FROM source WHERE id = $1", "d", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, *id);
    status = db_step(s, &row, err);
    if (status == MR_OK && row && strcmp(db_text(s, 0, NULL), name) != 0)
        status = error_set(err, MR_EDATA, "source", -1, "the source names '%s' and '%s' have the same number; choose another name", name,
                           db_text(s, 0, NULL));
    db_reset(s);
    return status;
}

mr_status ledger_audit(ledger *l, int64_t at_us, const char *what, const char *detail, mr_error *err) {
    db_statement *s;
    int64_t id;
    mr_status status = hash_ready(err);
    if (status == MR_OK)
        status = db_prepare(l->d, "INSERT INTO audit (id, at_us, what, detail) VALUES ($1, $2, $3, $4)", "iitt", &s, err);
    if (status != MR_OK) return status;
    randombytes_buf(&id, sizeof id); /* lines are told apart by it and ordered by time */
    db_bind_int(s, 1, id);
    db_bind_int(s, 2, at_us);
    db_bind_string(s, 3, what);
    db_bind_string(s, 4, detail);
    return db_run(s, NULL, err);
}

void ledger_part(unsigned part, unsigned of, int64_t *first, int64_t *last) {
    /* Two to the 63rd over `of`, without leaving 64 bits. */
    uint64_t whole = UINT64_C(1) << 63, step = whole / of;
    *first = (int64_t)(step * part);
    *last = part + 1 == of ? INT64_MAX : (int64_t)(step * (part + 1) - 1);
}
