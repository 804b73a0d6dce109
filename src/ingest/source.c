/* Blocks of whole records from files, pipes, gzip and memory.
 *
 * What a block leaves behind its last complete record is carried over to the next one. Whether a line end
 * stands inside quotes is known from the parity of the quotes since the block's beginning, which is a
 * record's beginning: a doubled quote toggles twice and changes nothing. Most blocks hold no quote at all,
 * and then the last line end cuts. */
#include "source.h"

#include "error.h"
#include "feed.h"
#include "mem.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define START_BYTES 16 /* a BOM and a "sep=" line are seen at once */

struct ingest_source {
    const char *const *paths;
    const mr_alloc *alloc;
    size_t block_bytes, record_limit;
    uint32_t files, file; /* the file being read */
    bool open, first, lead_due; /* lead_due: only blanks came of the file so far */
    bool bom, gzip, quoting, too_long;
    bool cut_long, dropping; /* lines over the limit are cut; the rest of one is still to be dropped */
    feed feed;
    const char *memory;
    size_t memory_len;
    char *carry; /* behind the last cut */
    size_t carry_len, carry_capacity;
    uint64_t blocks, bytes_before, bytes_total, text_bytes;
};

static mr_status source_new(size_t block_bytes, size_t record_limit, const mr_alloc *alloc,
                            ingest_source **out, mr_error *err) {
    ingest_source *s = mem_new(alloc, 1, sizeof *s);
    if (!s) return error_memory(err, sizeof *s);
    s->alloc = alloc;
    s->block_bytes = !block_bytes ? SOURCE_BLOCK : block_bytes < START_BYTES ? START_BYTES : block_bytes;
    s->record_limit = record_limit ? record_limit : SOURCE_RECORD_LIMIT;
    s->quoting = true;
    *out = s;
    return MR_OK;
}

typedef struct file_id {
    dev_t device;
    ino_t file; /* 0: no regular file */
} file_id;

/* Each file once: lines of one that is named twice would count twice. seen[at] is filled in. */
static mr_status check_twice(const char *const *paths, size_t at, file_id *seen, mr_error *err) {
    struct stat st;
    bool standard = !strcmp(paths[at], "-");
    seen[at] = (file_id){0};
    if (!standard && stat(paths[at], &st) == 0 && S_ISREG(st.st_mode)) seen[at] = (file_id){st.st_dev, st.st_ino};
    for (size_t i = 0; i < at; i++) {
        if (standard && !strcmp(paths[i], "-"))
            return error_set(err, MR_EINVAL, "paths", -1, "standard input (-) is named twice; it can be read once");
        if (!seen[at].file || seen[i].file != seen[at].file || seen[i].device != seen[at].device) continue;
        bool alias = strcmp(paths[i], paths[at]) != 0;
        return error_set(err, MR_EINVAL, "paths", -1, "%.200s is named twice%s%.200s; each of its lines would count twice", paths[at],
                         alias ? ", also as " : "", alias ? paths[i] : "");
    }
    return MR_OK;
}

mr_status source_open(const char *const *paths, size_t n, size_t block_bytes, size_t record_limit,
                      const mr_alloc *alloc, ingest_source **out, mr_error *err) {
    *out = NULL;
    if (!paths || !n || n > UINT32_MAX) return error_set(err, MR_EINVAL, "paths", -1, "no file was given");
    ingest_source *s = NULL;
    mr_status status = source_new(block_bytes, record_limit, alloc, &s, err);
    if (status) return status;
    s->paths = paths;
    s->files = (uint32_t)n;
    bool known = true;
    file_id *seen = mem_new(alloc, n, sizeof *seen);
    if (!seen) status = error_memory(err, n * sizeof *seen);
    for (size_t i = 0; i < n && !status; i++) {
        uint64_t bytes = 0;
        status = feed_check(paths[i], &bytes, err);
        known = known && bytes > 0;
        s->bytes_total += bytes;
        if (!status) status = check_twice(paths, i, seen, err);
    }
    mem_free(alloc, seen);
    if (!known) s->bytes_total = 0;
    if (status) {
        source_close(s);
        return status;
    }
    *out = s;
    return MR_OK;
}

mr_status source_open_memory(const char *bytes, size_t len, size_t block_bytes, size_t record_limit,
                             const mr_alloc *alloc, ingest_source **out, mr_error *err) {
    *out = NULL;
    ingest_source *s = NULL;
    mr_status status = source_new(block_bytes, record_limit, alloc, &s, err);
    if (status) return status;
    s->memory = bytes;
    s->memory_len = len;
    s->files = 1;
    s->bytes_total = len;
    *out = s;
    return MR_OK;
}

void source_close(ingest_source *s) {
    if (!s) return;
    feed_close(&s->feed);
    mem_free(s->alloc, s->carry);
    mem_free(s->alloc, s);
}

void source_block_free(const ingest_source *s, ingest_block *block) {
    mem_free(s->alloc, block->data);
    *block = (ingest_block){0};
}

const char *source_name(const ingest_source *s, uint32_t file) {
    if (s->memory || !s->paths) return "memory";
    return strcmp(s->paths[file], "-") ? s->paths[file] : "standard input";
}

uint32_t source_files(const ingest_source *s) {
    return s->files;
}

uint64_t source_bytes_done(const ingest_source *s) {
    return s->bytes_before + (s->open ? s->feed.consumed : 0);
}

uint64_t source_bytes_total(const ingest_source *s) {
    return s->bytes_total;
}

uint64_t source_bytes_text(const ingest_source *s) {
    return s->text_bytes;
}

bool source_saw_bom(const ingest_source *s) {
    return s->bom;
}

bool source_saw_gzip(const ingest_source *s) {
    return s->gzip;
}

bool source_too_long(const ingest_source *s, uint32_t *file) {
    *file = s->file;
    return s->too_long;
}

void source_quotes_off(ingest_source *s) {
    s->quoting = false;
}

void source_cut_long(ingest_source *s) {
    s->cut_long = true;
}

/* --- blocks --- */

static mr_status block_room(ingest_source *s, ingest_block *b, size_t bytes, mr_error *err) {
    if (b->capacity >= bytes) return MR_OK;
    /* +1: the line end a last line may lack. */
    char *grown = mem_resize(s->alloc, b->data, bytes + 1 + SOURCE_PADDING, 1);
    if (!grown) return error_memory(err, bytes);
    b->data = grown;
    b->capacity = bytes;
    return MR_OK;
}

static mr_status keep_carry(ingest_source *s, const char *bytes, size_t len, mr_error *err) {
    if (len > s->carry_capacity) {
        char *grown = mem_resize(s->alloc, s->carry, len, 1);
        if (!grown) return error_memory(err, len);
        s->carry = grown;
        s->carry_capacity = len;
    }
    if (len) memcpy(s->carry, bytes, len);
    s->carry_len = len;
    return MR_OK;
}

/* Is the number of quotes odd? */
static bool odd_quotes(const char *p, const char *end) {
    bool odd = false;
    while (p < end && (p = memchr(p, '"', (size_t)(end - p)))) {
        odd = !odd;
        p++;
    }
    return odd;
}

/* Where the last whole record in data[0 .. len) ends, 0: nowhere. */
static size_t cut(const char *data, size_t len, bool quoting, bool *quotes) {
    *quotes = quoting && memchr(data, '"', len) != NULL;
    bool inside = *quotes && odd_quotes(data, data + len);
    size_t end = len;
    for (;;) {
        /* A plain loop: records are short, and the sanitizers' memrchr looks at the whole block for each of them. */
        size_t line = end;
        while (line > 0 && data[line - 1] != '\n') line--;
        if (!line) return 0;
        if (*quotes && odd_quotes(data + line - 1, data + end)) inside = !inside;
        if (!inside) return line;
        end = line - 1;
    }
}

static mr_status open_file(ingest_source *s, mr_error *err) {
    mr_status status = s->memory || !s->paths ? feed_memory(&s->feed, s->memory, s->memory_len, s->alloc, err)
                                              : feed_open(&s->feed, s->paths[s->file], s->alloc, err);
    s->open = status == MR_OK;
    s->first = s->lead_due = true;
    s->gzip = s->gzip || s->feed.gzip;
    s->carry_len = 0;
    return status;
}

/* The first bytes of a file: a BOM is taken off, UTF-16 and emptiness are refused. */
static mr_status look_at_start(ingest_source *s, ingest_block *b, size_t *have, mr_error *err) {
    const unsigned char *u = (const unsigned char *)b->data;
    const char *name = source_name(s, s->file);
    if (*have >= 2 && ((u[0] == 0xFF && u[1] == 0xFE) || (u[0] == 0xFE && u[1] == 0xFF)))
        return error_set(err, MR_EDATA, NULL, 1,
                         "%.200s: the file is UTF-16; save it as UTF-8 (in Excel: \"CSV UTF-8\")", name);
    if (*have >= 3 && u[0] == 0xEF && u[1] == 0xBB && u[2] == 0xBF) {
        memmove(b->data, b->data + 3, *have - 3);
        *have -= 3;
        s->bom = true;
    }
    if (*have == 0) return error_set(err, MR_EDATA, NULL, 1, "%.200s: the file is empty", name);
    /* Excel's "sep=;" line: made blank, so that lines keep their numbers; the delimiter is found out anyway */
    if (*have > 6 && !strncasecmp(b->data, "sep=", 4) && (b->data[5] == '\n' || b->data[5] == '\r'))
        memset(b->data, ' ', 5);
    return MR_OK;
}

/* Fills the block to `want` bytes or the file's end. */
static mr_status fill(ingest_source *s, ingest_block *b, size_t *have, size_t want, bool *ended,
                      mr_error *err) {
    mr_status status = block_room(s, b, want, err);
    *ended = false;
    while (!status && *have < want) {
        size_t got = 0;
        status = feed_read(&s->feed, b->data + *have, want - *have, &got, err);
        *have += got;
        s->text_bytes += got;
        if (!status && !got) {
            *ended = true;
            break;
        }
    }
    return status;
}

static mr_status too_long(ingest_source *s, const ingest_block *b, size_t have, mr_error *err) {
    const char *quote = memchr(b->data, '"', have);
    bool quoted = quote && memchr(b->data, '\n', have);
    s->too_long = true;
    return error_set(err, MR_EDATA, NULL, -1, "%.200s: a record is longer than %zu MB%s",
                     source_name(s, s->file), s->record_limit >> 20,
                     quoted ? "; is a quoted field never closed?" : "; is this a file of lines?");
}

/* The rest of a line that was cut: read, and kept from behind its end on. */
static mr_status drop_line(ingest_source *s, ingest_block *b, mr_error *err) {
    mr_status status = block_room(s, b, s->block_bytes, err);
    while (!status && s->dropping) {
        size_t got = 0;
        status = feed_read(&s->feed, b->data, s->block_bytes, &got, err);
        if (status) return status;
        s->text_bytes += got;
        const char *line_end = got ? memchr(b->data, '\n', got) : NULL;
        s->dropping = got > 0 && !line_end;
        if (line_end) status = keep_carry(s, line_end + 1, (size_t)(b->data + got - (line_end + 1)), err);
    }
    return status;
}

static mr_status read_block(ingest_source *s, ingest_block *b, mr_error *err) {
    mr_status status = s->dropping ? drop_line(s, b, err) : MR_OK;
    if (status) return status;
    size_t have = s->carry_len, want = s->block_bytes > 2 * have ? s->block_bytes : 2 * have;
    status = block_room(s, b, want, err);
    if (status) return status;
    if (have) memcpy(b->data, s->carry, have);
    s->carry_len = 0;
    for (;;) {
        bool ended;
        status = fill(s, b, &have, want, &ended, err);
        if (!status && s->first && b->first) {
            status = look_at_start(s, b, &have, err);
            s->first = false;
        }
        if (status) return status;
        size_t end = have;
        if (ended) {
            s->open = false;
            b->quotes = s->quoting && memchr(b->data, '"', have);
            if (have && b->data[have - 1] != '\n') b->data[end++] = '\n';
        } else {
            end = cut(b->data, have, s->quoting, &b->quotes);
        }
        if (end || ended) {
            if (end < have && (status = keep_carry(s, b->data + end, have - end, err))) return status;
            b->len = end;
            memset(b->data + end, 0, SOURCE_PADDING);
            return MR_OK;
        }
        if (have >= s->record_limit) {
            if (!s->cut_long) return too_long(s, b, have, err);
            b->data[have] = '\n';
            b->len = have + 1;
            memset(b->data + b->len, 0, SOURCE_PADDING);
            s->dropping = true;
            return MR_OK;
        }
        want = 2 * want < s->record_limit ? 2 * want : s->record_limit;
    }
}

static bool all_blank(const char *data, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (data[i] != '\n' && data[i] != ' ' && data[i] != '\t' && data[i] != '\r') return false;
    return true;
}

mr_status source_next(ingest_source *s, ingest_block *b, bool *more, mr_error *err) {
    *more = false;
    for (;;) {
        if (!s->open) {
            if (s->file >= s->files) return MR_OK;
            mr_status status = open_file(s, err);
            if (status) return status;
        }
        b->first = s->first;
        b->file = s->file;
        mr_status status = read_block(s, b, err);
        if (status) return status;
        if (!s->open) {
            s->bytes_before += s->feed.consumed;
            feed_close(&s->feed);
            s->file++;
        }
        if (!b->len) continue; /* a file whose end fell on a cut */
        b->number = s->blocks++;
        b->lead = s->lead_due && !all_blank(b->data, b->len);
        if (b->lead) s->lead_due = false;
        *more = true;
        return MR_OK;
    }
}
