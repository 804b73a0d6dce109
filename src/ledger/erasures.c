#include "erasures.h"

#include "body.h"

#include <error.h>
#include <mem.h>
#include <text.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char heading[] = "# Who was erased: keyed hash and time, no names. 'marram db restore' reads this, so that a backup from before brings nobody back: keep it.\n";

mr_status erasures_add(erasures *list, int64_t ref, int64_t erased_at_us, mr_error *err) {
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        erasure *more = mem_resize(NULL, list->at, capacity, sizeof *more);
        if (!more) return error_memory(err, capacity * sizeof *more);
        list->at = more;
        list->capacity = capacity;
    }
    list->at[list->n++] = (erasure){ref, erased_at_us};
    return MR_OK;
}

void erasures_free(erasures *list) {
    mem_free(NULL, list->at);
    *list = (erasures){0};
}

static int by_ref(const void *a, const void *b) {
    const erasure *x = a, *y = b;
    if (x->ref != y->ref) return x->ref < y->ref ? -1 : 1;
    return x->erased_at_us > y->erased_at_us ? -1 : x->erased_at_us < y->erased_at_us;
}

void erasures_sort(erasures *list) {
    size_t n = 0;
    if (list->n) qsort(list->at, list->n, sizeof *list->at, by_ref);
    for (size_t i = 0; i < list->n; i++)
        if (!n || list->at[n - 1].ref != list->at[i].ref) list->at[n++] = list->at[i];
    list->n = n;
}

int64_t erasures_time(const erasures *list, int64_t ref) {
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->at[middle].ref < ref)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->n && list->at[low].ref == ref ? list->at[low].erased_at_us : INT64_MIN;
}

mr_status erasures_read_ledger(ledger *l, erasures *list, mr_error *err) {
    db_stream *stream = NULL;
    const db_value *row = NULL;
    mr_status status = db_stream_open(l->d, "SELECT ref, erased_at_us FROM erasure ORDER BY ref", "ii", NULL, 0, &stream, err);
    while (status == MR_OK && (status = db_stream_next(stream, &row, err)) == MR_OK && row)
        status = erasures_add(list, row[0].integer, row[1].integer, err);
    db_stream_close(stream);
    return status;
}

/* --- the file --- */

static bool number(const char **at, int64_t *out) {
    char *end;
    errno = 0;
    long long value = strtoll(*at, &end, 10);
    if (end == *at || errno) return false;
    *at = end;
    *out = value;
    return true;
}

/* "ref microseconds", or "ref,2026-01-15T12:00:00Z" as `marram export erasure` writes it. */
static bool read_erasure(const char *text, erasure *out) {
    const char *at = text;
    size_t len;
    if (!number(&at, &out->ref) || out->ref <= 0 || (*at != ' ' && *at != ',')) return false;
    len = strcspn(++at, "\r");
    if (time_read(at, len, &out->erased_at_us)) return true;
    return number(&at, &out->erased_at_us) && (!*at || *at == '\r');
}

static mr_status read_line(const char *path, uint64_t line, const char *text, erasures *list, mr_error *err) {
    erasure e;
    if (!*text || *text == '#' || (line == 1 && !strncmp(text, "ref,", 4))) return MR_OK;
    if (!read_erasure(text, &e))
        return error_set(err, MR_EDATA, NULL, (int64_t)line, "%s, line %" PRIu64 ": '%.60s' is no erasure; a line is a ref, a blank and a time in microseconds",
                         path, line, text);
    return erasures_add(list, e.ref, e.erased_at_us, err);
}

mr_status erasures_read_file(const char *path, bool optional, erasures *list, mr_error *err) {
    FILE *f = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    ssize_t len;
    mr_status status = MR_OK;
    if (!f && errno == ENOENT && optional) return MR_OK;
    if (!f) return error_set(err, MR_EIO, NULL, -1, "cannot read %s: %s", path, strerror(errno));
    for (uint64_t line = 1; status == MR_OK && (len = getline(&text, &room, f)) > 0; line++) {
        if (text[len - 1] != '\n') break; /* cut short: what it was for has not begun */
        text[len - 1] = 0;
        status = read_line(path, line, text, list, err);
    }
    if (status == MR_OK && ferror(f)) status = error_set(err, MR_EIO, NULL, -1, "cannot read %s: %s", path, strerror(errno));
    free(text);
    fclose(f);
    return status;
}

static void sync_folder(const char *path) {
    char folder[4096] = ".";
    const char *slash = strrchr(path, '/');
    if (slash) snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (at >= 0) {
        fsync(at); /* some file systems have nothing to sync there */
        close(at);
    }
}

static bool write_all(int at, const char *text, size_t len) {
    while (len) {
        ssize_t n = write(at, text, len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

/* A crash may have cut the last line short: what it was for has not begun, so it goes. Returns the file's length. */
static off_t drop_half_line(int at) {
    char end[64];
    off_t size = lseek(at, 0, SEEK_END), from = size > (off_t)sizeof end ? size - (off_t)sizeof end : 0;
    ssize_t n = pread(at, end, (size_t)(size - from), from);
    if (n <= 0 || end[n - 1] == '\n') return size;
    const char *last = memrchr(end, '\n', (size_t)n);
    off_t keep = last ? from + (last - end) + 1 : from ? size : 0;
    return ftruncate(at, keep) == 0 ? keep : size;
}

mr_status erasures_append_file(const char *path, const erasures *list, mr_error *err) {
    text_buffer text = {0};
    if (!list->n) return MR_OK;
    int at = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (at < 0) return error_set(err, MR_EIO, NULL, -1, "cannot write %s: %s; nobody was erased", path, strerror(errno));
    off_t size = drop_half_line(at);
    if (size == 0) text_puts(&text, heading);
    for (size_t i = 0; i < list->n; i++) text_printf(&text, "%" PRId64 " %" PRId64 "\n", list->at[i].ref, list->at[i].erased_at_us);
    bool ok = !text.failed && write_all(at, text.data, text.len) && fsync(at) == 0;
    int cause = errno;
    close(at);
    if (ok && size == 0) sync_folder(path);
    text_free(&text);
    return ok ? MR_OK : error_set(err, MR_EIO, NULL, -1, "cannot write %s: %s; nobody was erased", path, strerror(cause));
}

bool erasures_path(const db *d, char *out, size_t room) {
    if (db_store_of(d) != DB_SQLITE) return false;
    int n = snprintf(out, room, "%s-erasures", db_name(d));
    return n > 0 && (size_t)n < room;
}

bool erasures_path_of(const char *url, char *out, size_t room) {
    if (!strncmp(url, "postgres://", 11) || !strncmp(url, "postgresql://", 13)) return false;
    if (!strncmp(url, "sqlite:", 7)) url += 7 + (!strncmp(url + 7, "//", 2) ? 2 : 0);
    int n = snprintf(out, room, "%s-erasures", url);
    return n > 0 && (size_t)n < room;
}
