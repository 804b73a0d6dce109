#include "letters.h"

#include "leave_flow.h"
#include "programme.h"
#include "sending_impl.h"
#include "signed_link.h"

#include <actions.h>
#include <body.h>
#include <error.h>
#include <template.h>
#include <unicode.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MOST 100000

/* --- what stands on it --- */

static const struct {
    const char *code, *invites, *stop, *leave;
} languages[] = {
#define LETTER_LANGUAGE(code, invites, stop, leave) {code, invites, stop, leave},
#include <letter_words.def>
#undef LETTER_LANGUAGE
};

typedef struct page {
    letter l;
    text_buffer from, to, day, foot;
    char link[SIGNED_LINK], number[17];
} page;

static void page_free(page *p) {
    text_free(&p->from);
    text_free(&p->to);
    text_free(&p->day);
    text_free(&p->foot);
}

static size_t language_of(const char *tag) {
    size_t i = 0;
    while (i < sizeof languages / sizeof *languages && strncasecmp(tag, languages[i].code, 2)) i++;
    return i < sizeof languages / sizeof *languages ? i : 0;
}

/* An address that came in one line is a line a part. */
static void put_address(text_buffer *out, const char *address) {
    bool lines = strchr(address, '\n') != NULL;
    for (const char *c = address; *c; c++) {
        if (*c == '\r') continue;
        bool part = *c == ',' && !lines;
        text_putc(out, part ? '\n' : *c);
        if (part) while (c[1] == ' ') c++;
    }
}

static void put_line(text_buffer *out, const char *text) {
    if (!*text) return;
    if (out->len) text_putc(out, '\n');
    text_puts(out, text);
}

static void set_to(page *p, const whole *w, const whole_contact *contact, const char *address) {
    const char *name = contact ? contact->name : "";
    put_line(&p->to, name);
    if (strcmp(name, w->name)) put_line(&p->to, w->name);
    if (!*address) { /* a name alone reaches nobody */
        p->to.len = 0;
        return;
    }
    if (p->to.len) text_putc(&p->to, '\n');
    put_address(&p->to, address);
}

/* Who has a contract gives notice of it; everybody else is told the way out in every message. */
static bool may_leave(const config *c, whole *w, int64_t now_us) {
    for (size_t i = 0; i < w->contracts_n; i++)
        if (w->contracts[i].state != WHOLE_CONTRACT_ENDED) return false;
    return c->exit_mode != PROGRAMME_OFF && !leave_flow_holds(w, now_us);
}

static void page_of(page *p, const ledger *l, const config *c, whole *w, const message_row *m, int64_t now_us) {
    const whole_contact *contact = m->contact_id ? whole_contact_of(w, m->contact_id) : NULL;
    const char *tag = contact && *contact->locale ? contact->locale : *w->locale ? w->locale : c->company_language, *replies = *c->delivery_replies ? c->delivery_replies : *c->company_from_email ? c->company_from_email : c->company_web;
    size_t language = language_of(tag);
    *p = (page){.link = ""};
    put_line(&p->from, c->company_name);
    put_line(&p->from, c->company_address);
    set_to(p, w, contact, m->address);
    if (*c->letters_place) text_printf(&p->day, "%s, ", c->letters_place);
    template_day(tag, work_day_of(&c->work, now_us), &p->day);
    if (!strcmp(m->purpose, "marketing") && *replies) text_printf(&p->foot, "%s%s", languages[language].stop, replies);
    if (*replies && may_leave(c, w, now_us)) text_printf(&p->foot, "%s%s%s", p->foot.len ? "\n" : "", languages[language].leave, replies);
    if (*c->letters_link) signed_link(l->key, SIGNED_LETTER, c->letters_link, w->customer_id, m->contact_id, p->link);
    p->l = (letter){.from = text_terminate(&p->from), .to = text_terminate(&p->to), .day = text_terminate(&p->day), .subject = m->subject, .words = m->plain, .signer = m->who, .link = p->link, .invites = *p->link ? languages[language].invites : "",
                    .foot = text_terminate(&p->foot), .number = action_id_text(m->id, p->number)};
}

static mr_status open_batch(const config *c, int64_t now_us, letter_batch **out, mr_error *err) {
    const letter_style style = {.form = c->letters_form == LETTERS_US10 ? LETTER_us10 : LETTER_din5008, .font = c->letters_font, .signature = c->letters_signature, .duplex = c->letters_duplex, .at_us = now_us};
    return letter_batch_open(&style, out, err);
}

/* --- those that wait --- */

static bool is_letter(const message_row *m) {
    return !strcmp(m->channel, contact_channel_name(CONTACT_letter));
}

static bool approved(const message_row *m) {
    return m->next_us < OUTBOX_HELD;
}

mr_status letters_waiting(ledger *l, json_t **out, mr_error *err) {
    message_rows rows = {0}, one = {0};
    whole w = {0};
    *out = json_array();
    mr_status status = outbox_in(l, MESSAGE_WAITING, MOST, &rows, err);
    for (size_t i = 0; i < rows.n && status == MR_OK; i++) {
        const message_row *m = &rows.row[i];
        char id[17], number[24], at[40];
        if (!is_letter(m)) continue;
        status = outbox_read(l, m->customer_id, m->id, &one, err);
        if (status == MR_OK) status = whole_read(l, m->customer_id, &w, err);
        if (status != MR_OK || !one.n) continue;
        snprintf(number, sizeof number, "%" PRId64, m->customer_id);
        json_array_append_new(*out, json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "id", action_id_text(m->id, id), "customer_id", number, "customer", w.external_id, "to", *w.name ? w.name : w.external_id, "subject", one.row[0].subject,
                                              "programme", m->programme, "written", time_text(m->created_us, at), "state", approved(m) ? "approved" : "to approve", "said", m->said));
    }
    message_rows_free(&rows);
    message_rows_free(&one);
    whole_free(&w);
    return status;
}

mr_status letters_preview(ledger *l, const config *c, const message_row *m, int64_t now_us, text_buffer *pdf, int *pages, mr_error *err) {
    whole w = {0};
    page p = {.link = ""};
    letter_batch *b = NULL;
    mr_status status = whole_read(l, m->customer_id, &w, err);
    if (status == MR_OK) status = open_batch(c, now_us, &b, err);
    if (status == MR_OK) {
        page_of(&p, l, c, &w, m, now_us);
        status = letter_batch_add(b, &p.l, pages, err);
    }
    if (status == MR_OK) status = letter_batch_pdf(b, pdf, err);
    page_free(&p);
    letter_batch_free(b);
    whole_free(&w);
    return status;
}

/* --- printing --- */

typedef struct taken {
    int64_t customer_id, id;
    int page;
} taken;

typedef struct printing {
    sending s;
    const char *path;
    letters_counts *counts;
    json_t *problems;
    letter_batch *tries, *batch; /* one to see whether it can be printed, one that is */
    taken *row;
    size_t n;
    message_rows one;
} printing;

static void problem(printing *g, const message_row *m, const char *why) {
    char id[17];
    json_array_append_new(g->problems, json_pack("{s:s,s:s,s:s}", "id", action_id_text(m->id, id), "customer", g->s.w.external_id ? g->s.w.external_id : "", "why", why));
}

/* Past the gate, and can it be printed? Then it is ours, durably, before it is drawn. */
static mr_status print_one(printing *g, const message_row *m, mr_error *err) {
    gate_verdict v;
    sending_word word;
    mr_error why = {0};
    page p;
    int pages = 0;
    bool ours = false;
    g->counts->approved++;
    mr_status status = sending_may_go(&g->s, m, &word, &v, err);
    if (status != MR_OK) return status;
    if (word != SENDING_GO) {
        problem(g, m, v.text);
        *(word == SENDING_STOP ? &g->counts->stopped : &g->counts->put_off) += 1;
        return word == SENDING_STOP ? sending_stop(&g->s, m, &v, err) : MR_OK;
    }
    page_of(&p, g->s.l, g->s.c, &g->s.w, m, g->s.o->now_us);
    status = letter_batch_add(g->tries, &p.l, &pages, &why);
    if (status == MR_EDATA) {
        problem(g, m, why.message);
        g->counts->kept++;
        page_free(&p);
        return MR_OK;
    }
    if (status != MR_OK && err) *err = why;
    if (status == MR_OK && !g->s.o->dry_run) {
        status = outbox_later(g->s.l, m->customer_id, m->id, g->s.o->now_us, &ours, err);
        if (status == MR_OK && ours) status = outbox_sending(g->s.l, m->customer_id, m->id, g->s.o->sender, g->s.o->now_us, &ours, err);
        if (status == MR_OK && ours) {
            g->row[g->n++] = (taken){.customer_id = m->customer_id, .id = m->id};
            status = letter_batch_add(g->batch, &p.l, &pages, err);
            g->row[g->n - 1].page = letter_batch_pages(g->batch) - pages + 1;
        }
    }
    if (status == MR_OK && (ours || g->s.o->dry_run)) g->counts->printed++, g->counts->pages += (uint64_t)pages;
    page_free(&p);
    return status;
}

/* Whole or not at all: beside it first, then in its place. */
static mr_status write_file(const char *path, const text_buffer *pdf, mr_error *err) {
    char part[4200];
    snprintf(part, sizeof part, "%.4000s.part", path);
    int f = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600); /* names and addresses: its owner's alone */
    bool well = f >= 0;
    for (size_t done = 0; well && done < pdf->len;) {
        ssize_t n = write(f, pdf->data + done, pdf->len - done);
        if (n < 0 && errno == EINTR) continue;
        well = n > 0;
        if (well) done += (size_t)n;
    }
    well = well && fsync(f) == 0;
    int why = errno;
    if (f >= 0) close(f);
    if (well && rename(part, path) != 0) well = false, why = errno;
    if (well) return MR_OK;
    unlink(part);
    return error_set(err, MR_EIO, "out", -1, "%.300s cannot be written: %s", path, strerror(why));
}

/* What is on paper is sent; what did not come to be is as before. */
static mr_status settle(printing *g, bool printed, mr_error *err) {
    mr_status status = MR_OK;
    for (size_t i = 0; i < g->n && status == MR_OK; i++) {
        const taken *t = &g->row[i];
        char said[300];
        bool ours;
        snprintf(said, sizeof said, "printed in %.200s, page %d", g->path, t->page);
        status = printed ? outbox_sent(g->s.l, t->customer_id, t->id, g->s.o->now_us, said, &ours, err) : outbox_again(g->s.l, t->customer_id, t->id, OUTBOX_APPROVED, "not printed", &ours, err);
    }
    return status;
}

static mr_status print_all(printing *g, const message_rows *rows, mr_error *err) {
    text_buffer pdf = {0};
    mr_status status = MR_OK;
    for (size_t i = 0; i < rows->n && status == MR_OK; i++) {
        const message_row *m = &rows->row[i];
        const mr_context *c = g->s.o->context;
        if (!is_letter(m) || !approved(m)) continue;
        status = outbox_read(g->s.l, m->customer_id, m->id, &g->one, err);
        if (status == MR_OK && g->one.n) status = print_one(g, &g->one.row[0], err);
        if (status == MR_OK && c && c->progress && c->progress(i + 1, rows->n, c->progress_ctx)) status = error_set(err, MR_ECANCELLED, NULL, -1, "interrupted; nothing was printed");
    }
    if (status == MR_OK && g->n) status = letter_batch_pdf(g->batch, &pdf, err);
    if (status == MR_OK && g->n) status = write_file(g->path, &pdf, err);
    text_free(&pdf);
    mr_error ignored = {0};
    mr_status settled = settle(g, status == MR_OK, status == MR_OK ? err : &ignored);
    return status == MR_OK ? settled : status;
}

mr_status letters_print(ledger *l, const config *c, const sending_options *o, const char *path, letters_counts *out, json_t *problems, mr_error *err) {
    message_rows rows = {0};
    sending_counts counts = {0};
    *out = (letters_counts){0};
    printing g = {.s = {.l = l, .c = c, .o = o, .counts = &counts}, .path = path, .counts = out, .problems = problems};
    if (c->letters_form == LETTERS_NONE) return error_set(err, MR_EDATA, "letters.form", -1, "the settings say that letters are written by people: letters.form is none; din5008 or us10 print them here");
    if (!o->dry_run && access(path, F_OK) == 0) return error_set(err, MR_EDATA, "out", -1, "%.300s is there already: it may hold letters that were not posted yet; name another", path);
    mr_status status = outbox_in(l, MESSAGE_WAITING, MOST, &rows, err);
    g.row = calloc(rows.n + 1, sizeof *g.row);
    if (status == MR_OK && !g.row) status = error_memory(err, rows.n * sizeof *g.row);
    if (status == MR_OK) status = open_batch(c, o->now_us, &g.tries, err);
    if (status == MR_OK) status = open_batch(c, o->now_us, &g.batch, err);
    if (status == MR_OK) status = print_all(&g, &rows, err);
    letter_batch_free(g.tries);
    letter_batch_free(g.batch);
    message_rows_free(&rows);
    message_rows_free(&g.one);
    whole_free(&g.s.w);
    zone_cache_free(&g.s.zones);
    free(g.row);
    return status;
}
