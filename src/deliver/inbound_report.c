/* Delivery reports. The status part is groups of fields, one of the message and one for each recipient; fields go on in lines that begin with a blank. */
#include "inbound_report.h"

#include "mail_words.h"

#include <text.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FIELD 300

typedef struct report_fields {
    char action[FIELD], status[FIELD], diagnostic[FIELD];
} report_fields;

/* The part's text, decoded; a copy to be freed by g_free, terminated. NULL: none. */
static char *content_of(GMimeObject *part) {
    GMimeStream *stream = g_mime_stream_mem_new();
    if (GMIME_IS_MESSAGE_PART(part)) {
        GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(part));
        if (inner) g_mime_object_write_to_stream(GMIME_OBJECT(inner), NULL, stream);
    } else if (GMIME_IS_PART(part)) {
        GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(part));
        if (content) g_mime_data_wrapper_write_to_stream(content, stream);
    }
    GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    char *text = g_strndup(bytes->len ? (const char *)bytes->data : "", bytes->len);
    g_object_unref(stream);
    return text;
}

/* The value of a line "Name: value" with the lines that go on with it. */
static void field_value(const char *value, char out[FIELD]) {
    size_t n = 0;
    while (*value == ' ' || *value == '\t') value++;
    for (; *value && n + 1 < FIELD; value++) {
        if (*value == '\n' && value[1] != ' ' && value[1] != '\t') break;
        out[n++] = *value;
    }
    mail_one_line(out, n, out, FIELD);
}

static int severity(const report_fields *f, bool *hard) {
    *hard = false;
    if (!strncasecmp(f->action, "delayed", 7)) return 1;
    if (strncasecmp(f->action, "failed", 6)) return 0;
    const char *code = f->status;
    if (*code != '4' && *code != '5') { /* no status: the other side's own code */
        code = strchr(f->diagnostic, ';') ? strchr(f->diagnostic, ';') + 1 : f->diagnostic;
        while (*code == ' ') code++;
    }
    *hard = *code == '5';
    return *hard ? 3 : 2;
}

bool inbound_status(GMimeObject *part, bool *hard, bool *delayed, char *reason, size_t room) {
    char *text = content_of(part);
    report_fields f = {0};
    int worst = 0;
    for (const char *line = text; line; ) {
        const char *end = strchr(line, '\n');
        const struct {
            const char *name;
            char *to;
        } rows[] = {{"Action:", f.action}, {"Status:", f.status}, {"Diagnostic-Code:", f.diagnostic}};
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (!strncasecmp(line, rows[i].name, strlen(rows[i].name))) field_value(line + strlen(rows[i].name), rows[i].to);
        if (!end || *line == '\n' || *line == '\r' || !end[1]) { /* the group ends */
            bool is_hard;
            int is = severity(&f, &is_hard);
            if (is > worst) {
                worst = is;
                *hard = is_hard;
                *delayed = is == 1;
                snprintf(reason, room, "%s%s%.20s%s%.200s", is == 1 ? "delayed" : "failed", f.status[0] ? " " : "", f.status, f.diagnostic[0] ? ": " : "", f.diagnostic);
                mail_one_line(reason, strlen(reason), reason, room);
            }
            f = (report_fields){0};
        }
        line = end ? end + 1 : NULL;
    }
    g_free(text);
    if (!worst) snprintf(reason, room, "a report of delivery, not of a failure");
    return worst > 0;
}

bool inbound_returned_id(GMimeObject *part, char *out, size_t room) {
    out[0] = 0;
    if (GMIME_IS_MESSAGE_PART(part)) {
        GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(part));
        const char *id = inner ? g_mime_message_get_message_id(inner) : NULL;
        if (id) snprintf(out, room, "<%s>", id);
    } else {
        char *text = content_of(part);
        for (const char *line = text; line && !out[0] && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
            if (!strncasecmp(line, "Message-ID:", 11)) {
                char value[FIELD];
                field_value(line + 11, value);
                snprintf(out, room, "%s", value);
            }
        g_free(text);
    }
    return out[0] != 0;
}
