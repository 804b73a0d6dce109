/* Sniffing. Every candidate delimiter cuts the first records; the one that gives the same number of fields in
 * most records, and among those a column of dates, wins. Then the header, the roles (headings first, contents
 * where they are silent), and what the sample already proves of date order and decimal; what it leaves open
 * is decided by the whole column. */
#include "sniff.h"

#include "amounts.h"
#include "error.h"
#include "headings.h"
#include "mem.h"
#include "presets.h"
#include "rejects.h"
#include "scan.h"
#include "split.h"

#include <stdlib.h>
#include <string.h>

/* What the sample's cells of a column are. */
typedef struct column_look {
    size_t cells, filled;
    size_t dates[4]; /* by form: [DATE_YMD], [DATE_COMPACT], [DATE_DMY] for either order */
    size_t short_years;
    size_t amounts, decimals; /* numbers; those with a decimal separator */
    size_t blanks;            /* with a blank inside */
    char short_year[32], number[32];
} column_look;

typedef struct sample {
    const char *data;
    size_t len;
    const mr_alloc *alloc;
    split_fields fields;
    size_t at, line; /* the next record, its line */
    char delimiter;
    bool quoting, no_memory;
    column_look look[INGEST_MAX_COLUMNS];
} sample;

static void rewind_sample(sample *s) {
    s->at = s->line = 0;
}

/* The next record that is not blank into s->fields; false at the end. *fault as from splitting. */
static bool next(sample *s, size_t *line, split_fault *fault) {
    while (s->at < s->len) {
        size_t end = scan_record_end(s->data, s->at, s->len, s->quoting && s->delimiter != ' ');
        const char *record = s->data + s->at;
        size_t bytes = end - s->at;
        if (bytes && record[bytes - 1] == '\n') bytes--;
        *line = s->line + 1;
        for (const char *p = record; (p = memchr(p, '\n', (size_t)(s->data + end - p))); p++) s->line++;
        s->at = end;
        if (split_blank(record, bytes)) continue;
        *fault = split_record(record, bytes, s->delimiter, s->quoting, s->alloc, &s->fields);
        s->no_memory = s->no_memory || *fault == SPLIT_NO_MEMORY;
        return true;
    }
    return false;
}

/* --- the delimiter --- */

static bool is_date(split_field f) {
    bool short_year;
    return date_form(f.at, f.len, &short_year) != DATE_UNKNOWN || short_year;
}

/* How well a delimiter cuts: 0 not at all. */
static double score(sample *s, char delimiter, size_t wanted, size_t *columns) {
    static const size_t most = 200;
    size_t counts[INGEST_MAX_COLUMNS + 1] = {0}, records = 0, faults = 0, dated = 0, line;
    split_fault fault;
    s->delimiter = delimiter;
    rewind_sample(s);
    while (records < most && next(s, &line, &fault)) {
        records++;
        if (fault) {
            faults++;
            continue;
        }
        size_t n = s->fields.n < INGEST_MAX_COLUMNS ? s->fields.n : INGEST_MAX_COLUMNS;
        counts[n]++;
        for (size_t i = 0; i < n; i++)
            if (is_date(s->fields.field[i])) {
                dated++;
                break;
            }
    }
    size_t best = 1;
    for (size_t n = 2; n <= INGEST_MAX_COLUMNS; n++)
        if (counts[n] > counts[best] || (best == 1 && counts[n])) best = n;
    *columns = best;
    if (best < 2 || !records) return 0;
    double share = (double)counts[best] / (double)records;
    double value =
        share + (dated * 2 >= records ? 1 : 0) + (wanted == best ? 1 : 0) - (double)faults / (double)records;
    value += 0.001 * (double)(best < 20 ? best : 20);
    /* blanks stand inside fields of other dialects all the time */
    return delimiter == ' ' ? value * 0.6 : value;
}

static void choose_delimiter(sample *s, size_t wanted, char *delimiter, size_t *columns) {
    static const char candidates[] = {',', ';', '\t', '|', ' '};
    double best = 0;
    *delimiter = ',';
    *columns = 1;
    for (size_t i = 0; i < sizeof candidates; i++) {
        size_t n;
        double value = score(s, candidates[i], wanted, &n);
        if (value > best) {
            best = value;
            *delimiter = candidates[i];
            *columns = n;
        }
    }
    s->delimiter = *delimiter;
}

mr_status sniff_dialect(const char *data, size_t len, size_t columns_wanted, const mr_alloc *alloc,
                        char *delimiter, size_t *columns, mr_error *err) {
    sample *s = mem_new(alloc, 1, sizeof *s);
    if (!s) return error_memory(err, sizeof *s);
    *s = (sample){.data = data, .len = len, .alloc = alloc, .quoting = true};
    choose_delimiter(s, columns_wanted, delimiter, columns);
    bool no_memory = s->no_memory;
    split_free(alloc, &s->fields);
    mem_free(alloc, s);
    return no_memory ? error_memory(err, len) : MR_OK;
}

/* --- the columns' contents --- */

static void look_at(column_look *c, split_field f) {
    bool short_year;
    amount a;
    c->cells++;
    if (!f.len) return;
    c->filled++;
    ingest_date_format form = date_form(f.at, f.len, &short_year);
    if (form) c->dates[form]++;
    if (short_year && !c->short_years++) rejects_show(c->short_year, sizeof c->short_year, f.at, f.len);
    if (memchr(f.at, ' ', f.len)) c->blanks++;
    if (amount_parse(f.at, f.len, 0, &a) == AMOUNT_OK) {
        c->amounts++;
        if (memchr(f.at, '.', f.len) || memchr(f.at, ',', f.len)) c->decimals++;
    }
}

static void look_at_columns(sample *s, size_t columns, bool header) {
    size_t records = 0, line;
    split_fault fault;
    memset(s->look, 0, sizeof s->look);
    rewind_sample(s);
    while (records < SNIFF_RECORDS && next(s, &line, &fault)) {
        if (fault || s->fields.n < columns || (header && !records)) {
            records++;
            continue;
        }
        records++;
        for (size_t i = 0; i < columns; i++) look_at(&s->look[i], s->fields.field[i]);
    }
}

static size_t dates_in(const column_look *c) {
    return c->dates[DATE_YMD] + c->dates[DATE_COMPACT] + c->dates[DATE_DMY] + c->short_years;
}

static bool dated(const column_look *c) {
    return c->filled && dates_in(c) * 10 >= c->filled * 8;
}

static bool numeric(const column_look *c) {
    return c->filled && c->amounts * 10 >= c->filled * 8;
}

/* --- the header --- */

/* A header names things: it holds no date, no number, and more than nothing. Where a column below is dated
 * and its first cell is not, that settles it. */
static bool has_header(sample *s, size_t columns) {
    size_t line;
    split_fault fault;
    rewind_sample(s);
    if (!next(s, &line, &fault) || fault) return false;
    size_t words = 0, values = 0, n = s->fields.n < INGEST_MAX_COLUMNS ? s->fields.n : INGEST_MAX_COLUMNS;
    for (size_t i = 0; i < n; i++) {
        split_field f = s->fields.field[i];
        char text[64] = "";
        amount a;
        int rank;
        memcpy(text, f.at, f.len < 63 ? f.len : 63);
        if (is_date(f)) return false;
        values += f.len && amount_parse(f.at, f.len, 0, &a) == AMOUNT_OK;
        words += headings_role(text, &rank) != ROLE_IGNORE;
    }
    if (words && !values) return true;
    if (values > words) return false;
    look_at_columns(s, columns, true);
    for (size_t i = 0; i < columns; i++)
        if (dated(&s->look[i]) || (!values && numeric(&s->look[i]))) return true;
    return words > 0;
}

static void take_headings(sample *s, bool header, size_t columns, char heading[][48]) {
    size_t line;
    split_fault fault;
    rewind_sample(s);
    bool got = header && next(s, &line, &fault);
    for (size_t i = 0; i < columns; i++) {
        if (got && i < s->fields.n && s->fields.field[i].len) {
            rejects_show(heading[i], 48, s->fields.field[i].at, s->fields.field[i].len);
        } else {
            snprintf(heading[i], 48, "column %zu", i + 1);
        }
    }
}

/* --- roles --- */

static mr_status bad_roles(const char *columns, size_t at, size_t len, mr_error *err) {
    return error_set(err, MR_EINVAL, "columns", -1,
                     "--columns %.100s: '%.*s' is no role; the roles are customer, date, amount, quantity, "
                     "product, name, email, "
                     "phone and - (ignore)",
                     columns, (int)(len < 40 ? len : 40), columns + at);
}

static mr_status roles_given(const char *columns, ingest_role role[], size_t *n, mr_error *err) {
    size_t at = 0;
    *n = 0;
    int seen[INGEST_ROLES] = {0};
    for (;;) {
        size_t len = strcspn(columns + at, ",");
        ingest_role found = INGEST_ROLES;
        for (int r = 0; r < INGEST_ROLES; r++)
            if (strlen(ingest_role_name((ingest_role)r)) == len &&
                !strncasecmp(columns + at, ingest_role_name((ingest_role)r), len))
                found = (ingest_role)r;
        if (found == INGEST_ROLES) return bad_roles(columns, at, len, err);
        if (*n == INGEST_MAX_COLUMNS)
            return error_set(err, MR_EINVAL, "columns", -1, "--columns names more than %d columns",
                             INGEST_MAX_COLUMNS);
        if (found != ROLE_IGNORE && found != ROLE_QUANTITY && found != ROLE_PRODUCT && seen[found]++)
            return error_set(err, MR_EINVAL, "columns", -1, "--columns %.100s: '%s' stands there twice",
                             columns, ingest_role_name(found));
        role[(*n)++] = found;
        at += len;
        if (!columns[at]) break;
        at++;
    }
    if (!seen[ROLE_CUSTOMER] || !seen[ROLE_DATE])
        return error_set(err, MR_EINVAL, "columns", -1,
                         "--columns %.100s: a customer and a date are needed; the roles are customer, "
                         "date, amount, quantity, product, name, email, phone and - (ignore)",
                         columns);
    return MR_OK;
}

/* Does a column hold what its heading promises? An empty sample cannot say no; half of it good is a column
 * with errors, which are reported line by line. */
static bool fits(const column_look *c, ingest_role role) {
    if (!c->filled) return true;
    if (role == ROLE_DATE) return dates_in(c) * 2 >= c->filled;
    if (role == ROLE_AMOUNT)
        return c->amounts * 2 >= c->filled && !(dated(c) && c->dates[DATE_YMD] + c->dates[DATE_DMY]);
    if (role == ROLE_CUSTOMER) return !(dated(c) && !c->dates[DATE_COMPACT]);
    return true;
}

/* "customer_id" and "customer", "Kundennummer" and "Kunde": the second is the name, where it holds words. */
static void name_beside_number(const sample *s, const ingest_plan *plan, ingest_role role[]) {
    for (size_t i = 0; i < plan->columns; i++) {
        const column_look *c = &s->look[i];
        int rank;
        if (role[i] != ROLE_IGNORE || headings_role(plan->heading[i], &rank) != ROLE_CUSTOMER || rank >= 400) continue;
        if (c->blanks * 2 < c->filled || !c->filled || dates_in(c) || c->amounts * 2 >= c->filled) continue;
        role[i] = ROLE_NAME;
        return;
    }
}

static void roles_by_heading(const sample *s, ingest_plan *plan, ingest_role role[]) {
    int best_rank[INGEST_ROLES], best[INGEST_ROLES];
    for (int r = 0; r < INGEST_ROLES; r++) best[r] = -1, best_rank[r] = INT32_MAX;
    for (size_t i = 0; i < plan->columns; i++) {
        int rank;
        ingest_role r = headings_role(plan->heading[i], &rank);
        if (r != ROLE_IGNORE && rank < best_rank[r] && fits(&s->look[i], r))
            best_rank[r] = rank, best[r] = (int)i;
    }
    for (int r = 1; r < INGEST_ROLES; r++)
        if (best[r] >= 0) role[best[r]] = (ingest_role)r;
    if (best[ROLE_CUSTOMER] < 0 && best[ROLE_EMAIL] >= 0) { /* an address is an identifier as good as any */
        role[best[ROLE_EMAIL]] = ROLE_CUSTOMER;
        plan->contact[CONTACT_EMAIL] = best[ROLE_EMAIL];
    } else if (best[ROLE_CUSTOMER] < 0 && best[ROLE_NAME] >= 0) {
        role[best[ROLE_NAME]] = ROLE_CUSTOMER;
        plan->contact[CONTACT_NAME] = best[ROLE_NAME];
    } else if (best[ROLE_CUSTOMER] >= 0 && best[ROLE_NAME] < 0) {
        name_beside_number(s, plan, role);
    }
}

/* A column headed "date" or "amount" that holds none: taken at its word where there is no other, so that the
 * error shows its values; to go on without would be silent. */
static void at_its_word(const ingest_plan *plan, ingest_role wanted, ingest_role role[]) {
    int best_rank = 400; /* whole headings only */
    size_t best = plan->columns;
    for (size_t i = 0; i < plan->columns; i++) {
        int rank;
        if (role[i] == wanted) return;
        if (headings_role(plan->heading[i], &rank) == wanted && rank < best_rank && role[i] == ROLE_IGNORE)
            best_rank = rank, best = i;
    }
    if (best < plan->columns) role[best] = wanted;
}

static int find_role(const ingest_role role[], size_t n, ingest_role wanted) {
    for (size_t i = 0; i < n; i++)
        if (role[i] == wanted) return (int)i;
    return -1;
}

static void roles_by_contents(const sample *s, const ingest_plan *plan, ingest_role role[]) {
    size_t n = plan->columns;
    if (find_role(role, n, ROLE_DATE) < 0) {
        /* dates with separators are surer than eight digits */
        for (int pass = 0; pass < 2 && find_role(role, n, ROLE_DATE) < 0; pass++)
            for (size_t i = 0; i < n; i++) {
                const column_look *c = &s->look[i];
                if (role[i] != ROLE_IGNORE || !dated(c) || (pass == 0 && c->dates[DATE_COMPACT])) continue;
                role[i] = ROLE_DATE;
                break;
            }
    }
    if (plan->header)
        return; /* a header that does not say "customer" or "amount" is asked about, not guessed at */
    if (find_role(role, n, ROLE_CUSTOMER) < 0)
        for (size_t i = 0; i < n; i++)
            if (role[i] == ROLE_IGNORE && s->look[i].filled && !dated(&s->look[i])) {
                role[i] = ROLE_CUSTOMER;
                break;
            }
    int decimal = -1, whole = -1, numbers = 0;
    for (size_t i = 0; i < n; i++) {
        const column_look *c = &s->look[i];
        if (role[i] != ROLE_IGNORE || !numeric(c)) continue;
        numbers++;
        whole = (int)i;
        if (c->decimals) decimal = (int)i;
    }
    if (find_role(role, n, ROLE_AMOUNT) >= 0) return;
    if (decimal >= 0) {
        role[decimal] = ROLE_AMOUNT;
    } else if (numbers == 1) {
        role[whole] = ROLE_AMOUNT;
    }
}

static mr_status asked(const char *name, const ingest_plan *plan, const char *what, mr_error *err) {
    char list[300];
    size_t at = 0;
    for (size_t i = 0; i < plan->columns; i++) {
        bool full = at + 60 > 200; /* a heading has at most 47 bytes */
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "", full ? "..." : plan->heading[i]);
        if (full) break;
    }
    return error_set(err, MR_EDATA, NULL, -1,
                     "%.100s: no column is seen to be the %s among: %s; say which with --columns, in "
                     "file order, e.g. --columns customer,date,amount,-",
                     name, what, at ? list : "(none)");
}

static mr_status choose_roles(sample *s, const char *name, const ingest_options *o, ingest_plan *plan,
                              ingest_role role[], const ingest_role given[], size_t n_given, mr_error *err) {
    for (int k = 0; k < CONTACTS; k++) plan->contact[k] = -1;
    plan->at = (ingest_preset_columns){-1, -1, -1, -1, -1, -1, -1};
    if (o->preset) {
        const ingest_preset *preset = preset_find(o->preset);
        const char *missing;
        if (!plan->header || !preset_columns(preset, plan, &missing))
            return error_set(err, MR_EDATA, NULL, 1,
                             "%.200s: this is no %s order export: it has no column for the %s", name,
                             o->preset, plan->header ? missing : "header");
        role[plan->date] = ROLE_DATE;
        role[plan->amount] = ROLE_AMOUNT;
        for (int k = 0; k < CONTACTS; k++)
            if (plan->contact[k] >= 0) role[plan->contact[k]] = (ingest_role)(ROLE_NAME + k);
        role[plan->customer] = ROLE_CUSTOMER;
        return MR_OK;
    }
    if (n_given) {
        if (n_given != plan->columns)
            return error_set(err, MR_EINVAL, "columns", -1, "--columns names %zu column%s; %.200s has %zu%s",
                             n_given, n_given == 1 ? "" : "s", name, plan->columns,
                             " (use - for those to ignore)");
        memcpy(role, given, n_given * sizeof *role);
    } else {
        if (plan->header) roles_by_heading(s, plan, role);
        roles_by_contents(s, plan, role);
        if (plan->header) {
            at_its_word(plan, ROLE_DATE, role);
            at_its_word(plan, ROLE_AMOUNT, role);
        }
    }
    plan->customer = find_role(role, plan->columns, ROLE_CUSTOMER);
    plan->date = find_role(role, plan->columns, ROLE_DATE);
    plan->amount = find_role(role, plan->columns, ROLE_AMOUNT);
    for (int k = 0; k < CONTACTS; k++)
        if (plan->contact[k] < 0)
            plan->contact[k] = find_role(role, plan->columns, (ingest_role)(ROLE_NAME + k));
    if (plan->date < 0) return asked(name, plan, "date", err);
    return plan->customer < 0 ? asked(name, plan, "customer", err) : MR_OK;
}

/* --- forms --- */

static mr_status date_class(const sample *s, const char *name, const ingest_options *o, ingest_plan *plan,
                            const char **why, mr_error *err) {
    if (o->date_format) {
        static const char *const names[] = {"", "ymd", "yyyymmdd", "dmy", "mdy"};
        *why = "--date-format says so";
        for (int i = 1; i < 5; i++)
            if (!strcasecmp(o->date_format, names[i]))
                return plan->date_format = (ingest_date_format)i, MR_OK;
    }
    const column_look *c = &s->look[plan->date];
    if (c->short_years && c->short_years * 2 >= c->filled)
        return error_set(err, MR_EDATA, plan->heading[plan->date], -1,
                         "%.200s: the dates in %s have years of two digits (%s), which could mean two "
                         "centuries and two orders; export "
                         "them with four, best as 2021-03-04",
                         name, plan->heading[plan->date], c->short_year);
    plan->date_format = DATE_YMD;
    *why = "the year stands first";
    if (c->dates[DATE_COMPACT] > c->dates[DATE_YMD]) plan->date_format = DATE_COMPACT, *why = "eight digits";
    if (c->dates[DATE_DMY] > c->dates[DATE_YMD] + c->dates[DATE_COMPACT]) plan->date_format = DATE_UNKNOWN;
    return MR_OK;
}

/* What the sample proves about date order and decimal, with the line that does. */
static void proofs(sample *s, const ingest_options *o, ingest_plan *plan, const char **why) {
    size_t line, records = 0;
    split_fault fault;
    bool open_date = plan->date_format == DATE_UNKNOWN, open_decimal = !o->decimal && plan->amount >= 0;
    if (o->decimal) plan->decimal = !strcmp(o->decimal, "comma") ? ',' : '.';
    rewind_sample(s);
    while ((open_date || open_decimal) && records < SNIFF_RECORDS && next(s, &line, &fault)) {
        if ((!records++ && plan->header) || fault || s->fields.n < plan->columns) continue;
        split_field d = s->fields.field[plan->date];
        uint32_t when;
        date_proof proof = PROVES_NOTHING;
        if (open_date && date_parse(d.at, d.len, DATE_UNKNOWN, &when, &proof) == DATE_OK && proof) {
            plan->date_format = proof == PROVES_DMY ? DATE_DMY : DATE_MDY;
            plan->order_line = line;
            rejects_show(plan->order_value, sizeof plan->order_value, d.at, d.len);
            *why = proof == PROVES_DMY ? "days above 12 stand first" : "days above 12 stand second";
            open_date = false;
        }
        amount a;
        if (!open_decimal) continue;
        split_field f = s->fields.field[plan->amount];
        if (amount_parse(f.at, f.len, 0, &a) == AMOUNT_OK && a.proves) {
            plan->decimal = a.proves;
            plan->decimal_line = line;
            rejects_show(plan->decimal_value, sizeof plan->decimal_value, f.at, f.len);
            open_decimal = false;
        }
    }
}

static mr_status check_options(const ingest_options *o, mr_error *err) {
    if (o->date_format && strcasecmp(o->date_format, "ymd") && strcasecmp(o->date_format, "yyyymmdd") &&
        strcasecmp(o->date_format, "dmy") && strcasecmp(o->date_format, "mdy"))
        return error_set(err, MR_EINVAL, "date-format", -1,
                         "--date-format %.40s: give ymd, yyyymmdd, dmy or mdy", o->date_format);
    if (o->decimal && strcmp(o->decimal, "point") && strcmp(o->decimal, "comma"))
        return error_set(err, MR_EINVAL, "decimal", -1, "--decimal %.40s: give point or comma", o->decimal);
    if (o->preset && !preset_find(o->preset))
        return error_set(err, MR_EINVAL, "preset", -1, "--preset %.40s: the presets are %s", o->preset,
                         preset_names());
    if (o->preset && o->columns)
        return error_set(err, MR_EINVAL, "columns", -1, "--preset and --columns exclude each other");
    return MR_OK;
}

static mr_status sniff(sample *s, const char *name, const ingest_options *o, ingest_plan *plan,
                       ingest_understood *u, mr_error *err) {
    ingest_role given[INGEST_MAX_COLUMNS];
    size_t n_given = 0;
    mr_status status = check_options(o, err);
    if (!status && o->columns) status = roles_given(o->columns, given, &n_given, err);
    if (status) return status;
    const char *nul = memchr(s->data, 0, s->len);
    if (nul) {
        unsigned long long line = 1;
        for (const char *p = s->data; (p = memchr(p, '\n', (size_t)(nul - p))); p++) line++;
        return error_set(err, MR_EDATA, NULL, (int64_t)line,
                         "%.200s:%llu: the file holds NUL bytes, so it looks binary; give a text file (CSV)", name, line);
    }
    if (!memchr(s->data, '\n', s->len - 1) && memchr(s->data, '\r', s->len > 1 ? s->len - 2 : 0))
        return error_set(err, MR_EDATA, NULL, 1,
                         "%.200s: the lines end in CR alone (an old Macintosh's way); save the file with "
                         "ordinary line ends",
                         name);
    choose_delimiter(s, n_given, &plan->delimiter, &plan->columns);
    if (plan->columns < 2)
        return error_set(
            err, MR_EDATA, NULL, 1,
            "%.200s: no columns are seen: the lines are not divided by comma, semicolon, tab, | or "
            "blanks",
            name);
    plan->quoting = plan->delimiter != ' ';
    plan->header = has_header(s, plan->columns);
    take_headings(s, plan->header, plan->columns, plan->heading);
    look_at_columns(s, plan->columns, plan->header);
    status = choose_roles(s, name, o, plan, u->role, given, n_given, err);
    if (!status) status = date_class(s, name, o, plan, &u->date_why, err);
    if (status) return status;
    proofs(s, o, plan, &u->date_why);
    return MR_OK;
}

mr_status sniff_plan(const char *name, const char *data, size_t len, const ingest_options *options,
                     const mr_alloc *alloc, ingest_plan *plan, ingest_understood *u, mr_error *err) {
    *plan = (ingest_plan){.customer = -1, .date = -1, .amount = -1};
    plan->today = options->today;
    plan->until = options->until;
    plan->skip_errors = options->skip_errors;
    date_table_fill(&plan->months);
    sample *s = mem_new(alloc, 1, sizeof *s);
    if (!s) return error_memory(err, sizeof *s);
    *s = (sample){.data = data, .len = len, .alloc = alloc, .quoting = true};
    mr_status status = sniff(s, name, options, plan, u, err);
    if (s->no_memory) status = error_memory(err, len);
    split_free(alloc, &s->fields);
    mem_free(alloc, s);
    if (status) return status;
    u->delimiter = plan->delimiter;
    u->header = plan->header;
    u->columns = plan->columns;
    memcpy(u->heading, plan->heading, sizeof u->heading);
    u->has_amount = plan->amount >= 0;
    u->has_name = plan->contact[CONTACT_NAME] >= 0 || plan->at.last_name >= 0;
    u->has_email = plan->contact[CONTACT_EMAIL] >= 0;
    u->has_phone = plan->contact[CONTACT_PHONE] >= 0;
    return MR_OK;
}
