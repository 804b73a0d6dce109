/* The table of settings as rows, and as a file. */
#include "config_read.h"

#include <stdio.h>
#include <string.h>

const setting_row setting_rows[] = {
#define SECTION(name, about)
#define SETTING(section, name, type, standard, low, high, words, meaning) {#section, #name, standard, words, meaning, SETTING_##type, low, high, offsetof(config, section##_##name)},
#include "settings.def"
#undef SETTING
#undef SECTION
};
const size_t setting_rows_n = sizeof setting_rows / sizeof *setting_rows;

const section_row section_rows[] = {
#define SECTION(name, about) {#name, about},
#define SETTING(section, name, type, standard, low, high, words, meaning)
#include "settings.def"
#undef SETTING
#undef SECTION
};
const size_t section_rows_n = sizeof section_rows / sizeof *section_rows;

static void range(const setting_row *row, text_buffer *out) {
    switch (row->type) {
    case SETTING_CHOICE: text_printf(out, " One of %s.", row->words); break;
    case SETTING_FLAG: text_puts(out, " yes or no."); break;
    case SETTING_HOURS: text_puts(out, " As in 09:00-17:00 mon-fri."); break;
    case SETTING_WORK: text_puts(out, " As in 09:00-17:00 mon-fri, or 09:00-12:30 13:30-17:00 mon-thu, 09:00-13:00 fri."); break;
    case SETTING_COUNT:
    case SETTING_REAL:
    case SETTING_COUNTS: text_printf(out, " %.15g to %.15g%s%s.", row->low, row->high, *row->words ? " " : "", row->words); break;
    case SETTING_TEXT:
    case SETTING_NAMES: break;
    }
}

static const char lists[] =
    "\n"
    "# Our people. Tasks go to the customer's owners by these names; whoever is away is stood in for.\n"
    "# people:\n"
    "#   - name: Mara Adler\n"
    "#     role: sales                 # sales, operations, senior or manager\n"
    "#     email: mara@example.com\n"
    "#     phone: \"+44 117 496 0123\"\n"
    "#     hours: \"09:00-12:30 13:30-17:00 mon-thu, 09:00-13:00 fri\"  # the company's where it is not given\n"
    "#     time_zone: Europe/London    # likewise\n"
    "#     languages: [en, de]         # what belongs to nobody goes to somebody who speaks the customer's\n"
    "#     tasks_per_day: 6            # what they can do in a day; without it one an hour of a fifth of their week\n"
    "#     load: 40                    # open tasks at most; 0: no limit\n"
    "#     stands_in: Jo Fell          # their deputy: who does it while they are away\n"
    "#     away:\n"
    "#       - 2026-09-14..2026-09-25\n"
    "#       - {from: 2026-12-21, to: 2027-01-04, stands_in: Kit Moss}\n"
    "#     left: 2027-03-31            # their last day\n"
    "\n"
    "# Tiers of customers: how often their account is reviewed, and how soon their cases are answered and solved (working hours). \"*\": any other.\n"
    "# tiers:\n"
    "#   - {name: gold, cadence_days: 30, response_hours: 2, resolution_hours: 16}\n"
    "#   - {name: \"*\", cadence_days: 180}\n"
    "\n"
    "# Days on which nobody works.\n"
    "# holidays: [2026-12-25, 2026-12-26, 2027-01-01]\n"
    "\n"
    "# Webhooks: who is told of what happens, signed by the rules of Standard Webhooks (docs/webhooks.md); `marram webhook kinds` lists the kinds.\n"
    "# webhooks:\n"
    "#   - {name: crm, url: https://crm.example.com/hooks/marram, secret: \"env:MARRAM_HOOK_SECRET\", kinds: [task.created, task.closed]}\n";

bool setting_quoted(const setting_row *row) {
    return row->type == SETTING_TEXT || row->type == SETTING_HOURS || row->type == SETTING_WORK;
}

void config_template(text_buffer *out) {
    text_puts(out, "# The settings of Marram. Every line is as it would be without this file; change what you need and leave out the rest.\n"
                   "# `marram config check` says what is wrong with it. Secrets do not stand here: name where they are, as env:NAME or file:PATH.\n");
    for (size_t s = 0; s < section_rows_n; s++) {
        text_printf(out, "\n# %s\n%s:\n", section_rows[s].about, section_rows[s].name);
        for (size_t i = 0; i < setting_rows_n; i++) {
            if (strcmp(setting_rows[i].section, section_rows[s].name)) continue;
            text_printf(out, "  # %c%s.", setting_rows[i].meaning[0] >= 'a' && setting_rows[i].meaning[0] <= 'z' && strncmp(setting_rows[i].meaning, "smtp", 4) && strncmp(setting_rows[i].meaning, "env:", 4) ? setting_rows[i].meaning[0] - 32 : setting_rows[i].meaning[0], setting_rows[i].meaning + 1);
            range(&setting_rows[i], out);
            text_printf(out, setting_quoted(&setting_rows[i]) ? "\n  %s: \"%s\"\n" : "\n  %s: %s\n", setting_rows[i].name, setting_rows[i].standard);
        }
    }
    text_puts(out, lists);
}

static void hours_text(const contact_window *w, text_buffer *out) {
    if (!w->days) return;
    text_printf(out, "%02d:%02d-%02d:%02d", w->from_min / 60, w->from_min % 60, w->to_min / 60, w->to_min % 60);
    if ((w->days & 0x7F) == 0x7F) return;
    text_putc(out, ' ');
    work_days_text(w->days, out);
}

static void choice_text(const char *words, int at, text_buffer *out) {
    for (; at > 0 && *words; at--) words = strchr(words, '|') ? strchr(words, '|') + 1 : "";
    const char *end = strchr(words, '|');
    text_add(out, words, end ? (size_t)(end - words) : strlen(words));
}

void config_value(const config *c, const setting_row *row, text_buffer *out) {
    const char *at = (const char *)c + row->offset;
    const char *text;
    int choice;
    double real;
    int64_t whole;
    bool flag;
    config_counts counts;
    config_names texts;
    contact_window hours;
    work_hours work;
#define TAKE(into) memcpy(&(into), at, sizeof(into))
    switch (row->type) {
    case SETTING_COUNT: TAKE(whole), text_printf(out, "%lld", (long long)whole); break;
    case SETTING_REAL: TAKE(real), text_printf(out, "%.15g", real); break;
    case SETTING_FLAG: TAKE(flag), text_puts(out, flag ? "yes" : "no"); break;
    case SETTING_TEXT: TAKE(text), text_puts(out, text); break;
    case SETTING_CHOICE: TAKE(choice), choice_text(row->words, choice, out); break;
    case SETTING_HOURS: TAKE(hours), hours_text(&hours, out); break;
    case SETTING_WORK: TAKE(work), work_hours_text(&work, out); break;
    case SETTING_COUNTS:
        TAKE(counts);
        text_putc(out, '[');
        for (size_t i = 0; i < counts.n; i++) text_printf(out, "%s%lld", i ? ", " : "", (long long)counts.at[i]);
        text_putc(out, ']');
        break;
    case SETTING_NAMES:
        TAKE(texts);
        text_putc(out, '[');
        for (size_t i = 0; i < texts.n; i++) text_printf(out, "%s%s", i ? ", " : "", texts.at[i]);
        text_putc(out, ']');
        break;
    }
#undef TAKE
}
