/* The book of contracts: what each customer pays a month, who came and went, by month, in customers and in money; renewals ahead and how past ones
 * went (docs/methods/contracts.md).
 *
 *     recurring revenue of a contract = price of a period / months of the period, rounded to 1/10,000 of the currency's unit a month
 *     of a customer                   = that of their contracts that run and are not under notice
 *     opening + new + returned + expansion - contraction - lost = closing, every month, in customers and in money
 *     GRR = 1 - (contraction + lost) / opening      NRR = GRR + expansion / opening      logo loss = customers lost / customers at the opening
 *
 * Who is under contract, and since when they are not, is src/history/risk.h's word: somebody who gave notice has left that day.
 *
 * As known then: each month's closing with what could be known when its books were closed, BOOK_CLOSING_DAYS after its end. As known now: with
 * what is known today. Everything is counted in whole numbers, so that any split of the base, merged in any order, gives the same figures. */
#ifndef HISTORY_BOOK_H
#define HISTORY_BOOK_H

#include "risk.h"
#include "subjects.h"

#define BOOK_MONTHS 36
#define BOOK_AHEAD 12        /* months of renewals ahead */
#define BOOK_RENEWALS 8      /* first, second ... renewal told apart; the last row is "that one and later" */
#define BOOK_CLOSING_DAYS 7  /* what is entered within a week still goes into the month's books */
#define BOOK_YEAR_MONTHS 12
#define BOOK_FOLLOW_MONTHS 3 /* a sign is judged by who was lost within so many months after it */

typedef enum book_sign {
#define BOOK_SIGN(name, days, kinds, words) BOOK_SIGN_##name,
#include "book_signs.def"
#undef BOOK_SIGN
    BOOK_SIGNS
} book_sign;

const char *book_sign_name(book_sign sign);
const char *book_sign_words(book_sign sign);

/* --- one customer --- */

typedef struct book_contract {
    int64_t subject;
    int64_t recurring, before; /* a month; what it was before the last rise, 0 none */
    int32_t start_day, end_day; /* end_day TRACE_NO_DAY: runs */
    int32_t renewal_day;        /* TRACE_NO_DAY: not known */
    int32_t notice_days;        /* -1 not known */
    int32_t months;             /* the period the price is for */
    int32_t raised_day;         /* when the price last rose, TRACE_NO_DAY never */
    double seats;               /* NaN not known */
    bool noticed;               /* they said they would leave it, and have not taken it back */
    bool confirmed;             /* by notice, which an accepted offer does not take back */
    bool follows;               /* its start was a renewal: another contract ended about then */
    uint32_t heard;             /* words to all contracts that noticed and confirmed have taken in (book_line.c) */
} book_contract;

/* How a customer stands at the end of a day, from what was known by the end of another one. */
typedef struct book_standing {
    bool seen, under;         /* ever, and now, under contract */
    int32_t since_day;        /* of the spell under way, or of the last one */
    int32_t left_day;         /* TRACE_NO_DAY while under contract */
    uint8_t reason;           /* stated for leaving, 0 none */
    int64_t recurring;        /* a month, of what runs and is not under notice */
    int64_t noticed;          /* a month, of what still runs though notice was given */
    uint32_t contracts;       /* that run */
    uint32_t renewals;        /* made since since_day */
    int32_t renewal_day;      /* the next, TRACE_NO_DAY: none known */
    int32_t notice_day;       /* the last day to give notice for it; renewal_day where no notice is known */
    int64_t renewing;         /* a month, of what renews on that day */
    bool past_renewal;        /* some renewal date is past and nothing has said yet that it was renewed */
    int32_t raised_day;       /* the last rise of a price within its sign's days, TRACE_NO_DAY none */
    double raised_share;      /* by how much, .08: eight per cent; NaN none */
    int64_t year_ago;         /* recurring a year before; 0 where they were not there */
    uint32_t signs;           /* bits 1 << book_sign; their latest days below */
    int32_t sign_day[BOOK_SIGNS];
} book_standing;

/* Memory for looking at one customer; grows to the largest trace seen. Start from {0}. */
typedef struct book_scratch {
    book_contract *contract;
    risk_spell *spell;
    subject_slot *slot;
    struct book_date {
        int32_t day;
        uint32_t contract;
    } *begun, *ended; /* in the order in which it happened */
    size_t room, spells;
    const mr_alloc *alloc;
} book_scratch;
void book_scratch_free(book_scratch *s);

/* As of the end of `day`, from what could be known by the end of `known` (>= day). MR_ENOMEM. */
mr_status book_standing_at(const trace *t, int32_t day, int32_t known, book_scratch *s, book_standing *out, mr_error *err);
/* Recurring revenue and no more: what book_standing_at gives as under, recurring and noticed. */
mr_status book_recurring_at(const trace *t, int32_t day, int32_t known, book_scratch *s, book_standing *out, mr_error *err);

/* How a spell under contract ended. */
typedef enum book_ending {
    BOOK_STAYS,
    BOOK_AT_RENEWAL, /* or so near to one that its notice, or a month's warning, fell within */
    BOOK_AT_END,     /* of a contract of which no renewal date was known */
    BOOK_ELSEWHERE   /* its renewal lay further off */
} book_ending;

typedef struct book_spell {
    risk_spell spell;
    uint32_t renewals; /* made within it */
    bool dated;        /* a renewal date was known at its end */
    book_ending ending;
} book_spell;

/* All spells as known at the end of `until`, at most `room`; returns through *n how many there are. */
mr_status book_spells(const trace *t, int32_t until, book_scratch *s, book_spell *out, size_t room, size_t *n, mr_error *err);

/* --- the base --- */

typedef struct book_flow {
    uint64_t customers;
    int64_t money; /* a month, 1/10,000 */
} book_flow;

typedef struct book_month {
    book_flow opening, added, returned, expansion, contraction, lost, closing;
} book_month;

typedef struct book_signal { /* at a month's closing, as known then: of those under contract */
    book_flow with;          /* who showed the sign */
    book_flow lost;          /* of these, lost within BOOK_FOLLOW_MONTHS, as known now; counted in months that are that long ago */
    book_flow followed;      /* of `with`, those in such months */
} book_signal;

typedef struct book_watch { /* at a month's closing, as known then */
    book_flow due;          /* renewals within 90 days after it */
    book_flow noticed;      /* still runs though notice was given */
    book_flow signs;        /* customers with any early sign */
    book_flow at_risk;      /* renewals within 90 days, or any sign: each customer once */
} book_watch;

typedef struct book_term { /* renewals of one number */
    uint64_t due, renewed;
} book_term;

typedef struct book {
    int32_t until;
    int32_t start[BOOK_MONTHS + 1]; /* first day of each month, and of the one after the last */
    size_t months;
    book_month then[BOOK_MONTHS], now[BOOK_MONTHS];
    book_watch watch[BOOK_MONTHS];
    book_signal sign[BOOK_SIGNS], any, none; /* over the months shown */
    book_flow year_opening;          /* as known now, a year before `until` */
    int64_t year_kept, year_now;     /* of these: sum of min(then, now), and of now */
    uint64_t year_lost;              /* of these: customers no longer there */
    book_flow at_until, noticed_at_until;
    uint64_t contracts, gone;        /* running at `until`; customers who were there and are not */
    int32_t ahead_start[BOOK_AHEAD + 1];
    book_flow ahead[BOOK_AHEAD], past_renewal, later, no_renewal; /* renewals by month (the first from `until` on); the customers' others */
    book_term term[BOOK_RENEWALS];   /* how past renewals went, by number */
    uint64_t left_elsewhere;         /* left at another time than a renewal */
    uint64_t left_at_end[BOOK_RENEWALS]; /* left when a contract ended of which no renewal date was known, by the number its renewal would have had */
} book;

/* from: the first day of any contract. */
void book_begin(book *b, int32_t from, int32_t until);
/* One customer's trace; without any contract it changes nothing. MR_ENOMEM. */
mr_status book_add(book *b, const trace *t, book_scratch *s, mr_error *err);
void book_merge(book *into, const book *other);

/* Shares of a month: NaN where nobody was there at its opening. */
double book_logo_loss(const book_month *m);
double book_grr(const book_month *m);
double book_nrr(const book_month *m);

#endif
