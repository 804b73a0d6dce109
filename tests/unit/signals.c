/* Every signal and every pattern of a review: a history on which it just fires, and one on which it just does not. Looked at on day 1000, with the default
 * norms. */
#include "check.h"
#include "heap.h"
#include "review.h"
#include "weights.h"

#include <math.h>
#include <stdlib.h>

#define DAY 1000
#define STEPS 14
#define HAS(name) .tag = TRACE_TAG_##name

typedef struct step {
    int16_t kind;
    int32_t day;
    double hours; /* since the day began */
    int64_t subject, amount;
    double value;
    int32_t until; /* 0 none */
    uint32_t topic;
    uint16_t flags;
    uint8_t tag, actor;
} step;

typedef struct two_sides {
    const char *name;
    step fires[STEPS], does_not[STEPS];
} two_sides;

static const two_sides signals[] = {
    {"regret_refund", {{.kind = EVENT_order, .day = 950}, {.kind = EVENT_refund, .day = 980, HAS(other)}}, {{.kind = EVENT_order, .day = 950}, {.kind = EVENT_refund, .day = 981, HAS(other)}}},
    {"regret_complaint", {{.kind = EVENT_order, .day = 950}, {.kind = EVENT_complaint, .day = 980}}, {{.kind = EVENT_order, .day = 950}, {.kind = EVENT_complaint, .day = 981}}},
    {"never_used", {{.kind = EVENT_contract_start, .day = 970}}, {{.kind = EVENT_contract_start, .day = 971}}},
    {"not_signed", {{.kind = EVENT_contract_start, .day = 986, .flags = TRACE_UNSIGNED}}, {{.kind = EVENT_contract_start, .day = 987, .flags = TRACE_UNSIGNED}}},
    {"nobody_decides",
     {{.kind = EVENT_stakeholder_join, .day = 500, .subject = 1}, {.kind = EVENT_stakeholder_join, .day = 500, .subject = 2}},
     {{.kind = EVENT_stakeholder_join, .day = 500, .subject = 1}, {.kind = EVENT_stakeholder_join, .day = 500, .subject = 2, .flags = TRACE_DECIDES}}},
    {"approval_asked", {{.kind = EVENT_touch_in, .day = 820, HAS(authority)}}, {{.kind = EVENT_touch_in, .day = 819, HAS(authority)}}},
    {"meetings_cancelled", {{.kind = EVENT_touch_in, .day = 850, HAS(cancelled)}}, {{.kind = EVENT_touch_in, .day = 849, HAS(cancelled)}}},
    {"usage_fading", {{.kind = EVENT_usage, .day = 825, .value = 120}, {.kind = EVENT_usage, .day = 960, .value = 31}}, {{.kind = EVENT_usage, .day = 825, .value = 120}, {.kind = EVENT_usage, .day = 960, .value = 32}}},
    {"onboarding_low", {{.kind = EVENT_contract_start, .day = 900}, {.kind = EVENT_survey, .day = 950, .value = 0.59}}, {{.kind = EVENT_contract_start, .day = 900}, {.kind = EVENT_survey, .day = 950, .value = 0.6}}},
    {"delivery_trouble", {{.kind = EVENT_case_open, .day = 760, .subject = 1, HAS(delivery)}}, {{.kind = EVENT_case_open, .day = 759, .subject = 1, HAS(delivery)}}},
    {"milestone_missed",
     {{.kind = EVENT_contract_start, .day = 850}, {.kind = EVENT_promise_made, .day = 900, .subject = 1, HAS(delivery), .until = 999}},
     {{.kind = EVENT_contract_start, .day = 850}, {.kind = EVENT_promise_made, .day = 900, .subject = 1, HAS(delivery), .until = 1000}}},
    {"terms_disputed", {{.kind = EVENT_complaint, .day = 760, HAS(terms)}}, {{.kind = EVENT_complaint, .day = 759, HAS(terms)}}},
    {"payment_failing", {{.kind = EVENT_payment_failed, .day = 990}}, {{.kind = EVENT_payment_failed, .day = 980}, {.kind = EVENT_payment_recovered, .day = 985}}},
    {"downgrade_asked", {{.kind = EVENT_downgrade_request, .day = 760}}, {{.kind = EVENT_downgrade_request, .day = 759}}},
    {"seats_cut",
     {{.kind = EVENT_contract_start, .day = 500, .subject = 1, .value = 10}, {.kind = EVENT_contract_change, .day = 900, .subject = 1, .value = 9}},
     {{.kind = EVENT_contract_start, .day = 500, .subject = 1, .value = 10}, {.kind = EVENT_contract_change, .day = 900, .subject = 1, .value = 10}}},
    {"broken_promise",
     {{.kind = EVENT_promise_made, .day = 800, .subject = 1}, {.kind = EVENT_promise_broken, .day = 820, .subject = 1}},
     {{.kind = EVENT_promise_made, .day = 800, .subject = 1}, {.kind = EVENT_promise_kept, .day = 820, .subject = 1}}},
    {"overdue_promise", {{.kind = EVENT_promise_made, .day = 900, .subject = 1, .until = 999}}, {{.kind = EVENT_promise_made, .day = 900, .subject = 1, .until = 1000}}},
    {"late_promise",
     {{.kind = EVENT_promise_made, .day = 900, .subject = 1, .until = 910}, {.kind = EVENT_promise_kept, .day = 918, .subject = 1}},
     {{.kind = EVENT_promise_made, .day = 900, .subject = 1, .until = 910}, {.kind = EVENT_promise_kept, .day = 917, .subject = 1}}},
    {"cheaper_quote", {{.kind = EVENT_competitor_quote, .day = 730, HAS(price)}}, {{.kind = EVENT_competitor_quote, .day = 729, HAS(price)}}},
    {"price_complaint", {{.kind = EVENT_complaint, .day = 900, HAS(price)}}, {{.kind = EVENT_price_change, .day = 800, .value = 5}, {.kind = EVENT_complaint, .day = 900, HAS(price)}}},
    {"price_rise", {{.kind = EVENT_price_change, .day = 900, .value = 0.1}}, {{.kind = EVENT_price_change, .day = 900, .value = -0.1}}},
    {"renewed_dearer",
     {{.kind = EVENT_contract_start, .day = 500, .subject = 1, .amount = 1000000}, {.kind = EVENT_contract_renew, .day = 900, .subject = 1, .amount = 1010001}},
     {{.kind = EVENT_contract_start, .day = 500, .subject = 1, .amount = 1000000}, {.kind = EVENT_contract_renew, .day = 900, .subject = 1, .amount = 1010000}}},
    {"complaint_after_rise",
     {{.kind = EVENT_price_change, .day = 800, .value = 5}, {.kind = EVENT_complaint, .day = 980, HAS(price)}},
     {{.kind = EVENT_price_change, .day = 799, .value = 5}, {.kind = EVENT_complaint, .day = 980, HAS(price)}}},
    {"better_quote", {{.kind = EVENT_competitor_quote, .day = 730, HAS(quality)}}, {{.kind = EVENT_competitor_quote, .day = 729, HAS(quality)}}},
    {"feature_refused", {{.kind = EVENT_case_open, .day = 939, .subject = 1, HAS(feature)}}, {{.kind = EVENT_case_open, .day = 940, .subject = 1, HAS(feature)}}},
    {"feature_refused",
     {{.kind = EVENT_case_open, .day = 990, .subject = 1, HAS(feature)}, {.kind = EVENT_case_resolve, .day = 991, .subject = 1, .flags = TRACE_REFUSED}},
     {{.kind = EVENT_case_open, .day = 990, .subject = 1, HAS(feature)}, {.kind = EVENT_case_resolve, .day = 991, .subject = 1}}},
    {"features_wanted", {{.kind = EVENT_complaint, .day = 900, HAS(feature)}, {.kind = EVENT_complaint, .day = 901, HAS(feature)}}, {{.kind = EVENT_complaint, .day = 900, HAS(feature)}}},
    {"defects", {{.kind = EVENT_case_open, .day = 760, .subject = 1, HAS(defect)}}, {{.kind = EVENT_case_open, .day = 759, .subject = 1, HAS(defect)}}},
    {"quality_complaint", {{.kind = EVENT_complaint, .day = 760, HAS(quality)}}, {{.kind = EVENT_complaint, .day = 759, HAS(quality)}}},
    {"faulty_goods", {{.kind = EVENT_return_goods, .day = 760, HAS(defect)}}, {{.kind = EVENT_return_goods, .day = 759, HAS(defect)}}},
    {"many_returns", {{.kind = EVENT_refund, .day = 800}, {.kind = EVENT_refund, .day = 850}, {.kind = EVENT_refund, .day = 900}}, {{.kind = EVENT_refund, .day = 850}, {.kind = EVENT_refund, .day = 900}}},
    {"satisfaction_swings",
     {{.kind = EVENT_survey, .day = 700, .value = 0.9}, {.kind = EVENT_survey, .day = 800, .value = 0.4}, {.kind = EVENT_survey, .day = 900, .value = 0.9}},
     {{.kind = EVENT_survey, .day = 700, .value = 0.9}, {.kind = EVENT_survey, .day = 800, .value = 0.5}, {.kind = EVENT_survey, .day = 900, .value = 0.9}}},
    {"satisfaction_fell",
     {{.kind = EVENT_survey, .day = 700, .value = 1}, {.kind = EVENT_survey, .day = 800, .value = 0.5}, {.kind = EVENT_survey, .day = 900, .value = 0.45}},
     {{.kind = EVENT_survey, .day = 700, .value = 1}, {.kind = EVENT_survey, .day = 800, .value = 0.5}, {.kind = EVENT_survey, .day = 900, .value = 0.46}}},
    {"answers_slipping",
     {{.kind = EVENT_case_open, .day = 900, .subject = 1}, {.kind = EVENT_case_update, .day = 900, .hours = 4, .subject = 1}, {.kind = EVENT_case_open, .day = 910, .subject = 2}, {.kind = EVENT_case_update, .day = 910, .hours = 4, .subject = 2},
      {.kind = EVENT_case_open, .day = 920, .subject = 3}, {.kind = EVENT_case_update, .day = 920, .hours = 8, .subject = 3}, {.kind = EVENT_case_open, .day = 930, .subject = 4}, {.kind = EVENT_case_update, .day = 930, .hours = 8, .subject = 4}},
     {{.kind = EVENT_case_open, .day = 900, .subject = 1}, {.kind = EVENT_case_update, .day = 900, .hours = 4, .subject = 1}, {.kind = EVENT_case_open, .day = 910, .subject = 2}, {.kind = EVENT_case_update, .day = 910, .hours = 4, .subject = 2},
      {.kind = EVENT_case_open, .day = 920, .subject = 3}, {.kind = EVENT_case_update, .day = 920, .hours = 8, .subject = 3}, {.kind = EVENT_case_open, .day = 930, .subject = 4}, {.kind = EVENT_case_update, .day = 930, .hours = 7.9, .subject = 4}}},
    {"decider_left", {{.kind = EVENT_stakeholder_leave, .day = 700, .subject = 1, .flags = TRACE_DECIDES}}, {{.kind = EVENT_stakeholder_leave, .day = 699, .subject = 1, .flags = TRACE_DECIDES}}},
    {"contact_left", {{.kind = EVENT_stakeholder_leave, .day = 700, .subject = 1}}, {{.kind = EVENT_stakeholder_leave, .day = 700, .subject = 1, .flags = TRACE_DECIDES}}},
    {"new_people", {{.kind = EVENT_order, .day = 740}, {.kind = EVENT_stakeholder_join, .day = 800, .subject = 1}}, {{.kind = EVENT_order, .day = 741}, {.kind = EVENT_stakeholder_join, .day = 800, .subject = 1}}},
    {"slow_answer",
     {{.kind = EVENT_case_open, .day = 900, .subject = 1}, {.kind = EVENT_case_update, .day = 901, .hours = 0.1, .subject = 1}},
     {{.kind = EVENT_case_open, .day = 900, .subject = 1}, {.kind = EVENT_case_update, .day = 901, .hours = 0, .subject = 1}}},
    {"no_answer", {{.kind = EVENT_case_open, .day = 998, .subject = 1}}, {{.kind = EVENT_case_open, .day = 999, .subject = 1}}},
    {"slow_solution",
     {{.kind = EVENT_case_open, .day = 900, .subject = 1}, {.kind = EVENT_case_resolve, .day = 914, .hours = 0.1, .subject = 1}},
     {{.kind = EVENT_case_open, .day = 900, .subject = 1}, {.kind = EVENT_case_resolve, .day = 914, .hours = 0, .subject = 1}}},
    {"service_complaint", {{.kind = EVENT_complaint, .day = 760, HAS(service)}}, {{.kind = EVENT_complaint, .day = 759, HAS(service)}}},
    {"unhappy_after_case",
     {{.kind = EVENT_case_open, .day = 900, .subject = 1}, {.kind = EVENT_survey, .day = 910, .subject = 1, .value = 0.4}},
     {{.kind = EVENT_case_open, .day = 900, .subject = 1}, {.kind = EVENT_survey, .day = 910, .subject = 1, .value = 0.41}}},
    {"second_problem",
     {{.kind = EVENT_case_open, .day = 850, .subject = 1, HAS(defect)}, {.kind = EVENT_complaint, .day = 940, HAS(billing)}},
     {{.kind = EVENT_case_open, .day = 850, .subject = 1, HAS(defect)}, {.kind = EVENT_complaint, .day = 941, HAS(billing)}}},
    {"same_again",
     {{.kind = EVENT_case_open, .day = 600, .subject = 1, .topic = 7}, {.kind = EVENT_case_open, .day = 965, .subject = 2, .topic = 7}},
     {{.kind = EVENT_case_open, .day = 600, .subject = 1, .topic = 7}, {.kind = EVENT_case_open, .day = 966, .subject = 2, .topic = 7}}},
    {"reopened", {{.kind = EVENT_case_open, .day = 700, .subject = 1}, {.kind = EVENT_case_reopen, .day = 760, .subject = 1}}, {{.kind = EVENT_case_open, .day = 700, .subject = 1}, {.kind = EVENT_case_reopen, .day = 759, .subject = 1}}},
    {"unresolved", {{.kind = EVENT_case_open, .day = 986, .subject = 1}}, {{.kind = EVENT_case_open, .day = 987, .subject = 1}}},
    {"one_contact", {{.kind = EVENT_order, .day = 910}, {.kind = EVENT_stakeholder_join, .day = 910, .subject = 1}}, {{.kind = EVENT_order, .day = 911}, {.kind = EVENT_stakeholder_join, .day = 911, .subject = 1}}},
    {"sales_never_met", {{.kind = EVENT_order, .day = 820}}, {{.kind = EVENT_order, .day = 820}, {.kind = EVENT_touch_out, .day = 830, .actor = TRACE_SALES}}},
    {"silence_from_us",
     {{.kind = EVENT_touch_out, .day = 900}, {.kind = EVENT_touch_out, .day = 990, .flags = TRACE_MARKETING}},
     {{.kind = EVENT_touch_out, .day = 901}, {.kind = EVENT_touch_out, .day = 990, .flags = TRACE_MARKETING}}},
    {"nothing_from_us", {{.kind = EVENT_touch_out, .day = 913}}, {{.kind = EVENT_touch_out, .day = 914}}},
    {"unanswered", {{.kind = EVENT_touch_in, .day = 969}}, {{.kind = EVENT_touch_in, .day = 970}}},
    {"unanswered", {{.kind = EVENT_touch_in, .day = 900}, {.kind = EVENT_touch_out, .day = 931}}, {{.kind = EVENT_touch_in, .day = 900}, {.kind = EVENT_touch_out, .day = 930}}},
    {"moved_away", {{.kind = EVENT_moved, .day = 635, .flags = TRACE_OUT_OF_AREA}}, {{.kind = EVENT_moved, .day = 634, .flags = TRACE_OUT_OF_AREA}}},
    {"moved_house", {{.kind = EVENT_moved, .day = 900}}, {{.kind = EVENT_moved, .day = 900, .flags = TRACE_OUT_OF_AREA}}},
    {"need_over", {{.kind = EVENT_need_ended, .day = 635}}, {{.kind = EVENT_need_ended, .day = 634}}},
    {"variety_falling",
     {{.kind = EVENT_order, .day = 600, .topic = 1}, {.kind = EVENT_order, .day = 610, .topic = 2}, {.kind = EVENT_order, .day = 620, .topic = 3}, {.kind = EVENT_order, .day = 630, .topic = 4},
      {.kind = EVENT_order, .day = 880, .topic = 1}, {.kind = EVENT_order, .day = 900, .topic = 1}, {.kind = EVENT_order, .day = 990, .topic = 1}},
     {{.kind = EVENT_order, .day = 600, .topic = 1}, {.kind = EVENT_order, .day = 610, .topic = 2}, {.kind = EVENT_order, .day = 620, .topic = 3}, {.kind = EVENT_order, .day = 630, .topic = 4},
      {.kind = EVENT_order, .day = 880, .topic = 1}, {.kind = EVENT_order, .day = 900, .topic = 2}, {.kind = EVENT_order, .day = 990, .topic = 1}}},
    {"category_left",
     {{.kind = EVENT_order, .day = 600, .topic = 5}, {.kind = EVENT_order, .day = 610, .topic = 5}, {.kind = EVENT_order, .day = 620, .topic = 5}, {.kind = EVENT_order, .day = 630, .topic = 5},
      {.kind = EVENT_order, .day = 900, .topic = 6}, {.kind = EVENT_order, .day = 990, .topic = 7}},
     {{.kind = EVENT_order, .day = 600, .topic = 5}, {.kind = EVENT_order, .day = 610, .topic = 5}, {.kind = EVENT_order, .day = 620, .topic = 5}, {.kind = EVENT_order, .day = 630, .topic = 5},
      {.kind = EVENT_order, .day = 900, .topic = 6}, {.kind = EVENT_order, .day = 990, .topic = 5}}},
    {"came_back_before", {{.kind = EVENT_came_back, .day = 900}, {.kind = EVENT_offer_accepted, .day = 931}}, {{.kind = EVENT_came_back, .day = 900}, {.kind = EVENT_offer_accepted, .day = 930}}},
    {"came_back_cheaper", {{.kind = EVENT_came_back, .day = 900}, {.kind = EVENT_offer_accepted, .day = 930}}, {{.kind = EVENT_came_back, .day = 900}, {.kind = EVENT_offer_accepted, .day = 931}}},
    {"closed_down", {{.kind = EVENT_need_ended, .day = 900, .flags = TRACE_CLOSED}}, {{.kind = EVENT_need_ended, .day = 900}}},
};

static const two_sides patterns[] = {
    {"same_problem_again",
     {{.kind = EVENT_case_open, .day = 700, .subject = 1, HAS(defect)}, {.kind = EVENT_complaint, .day = 820, HAS(defect)}},
     {{.kind = EVENT_case_open, .day = 700, .subject = 1, HAS(defect)}, {.kind = EVENT_complaint, .day = 819, HAS(defect)}}},
    {"second_problem",
     {{.kind = EVENT_complaint, .day = 850, HAS(billing)}, {.kind = EVENT_complaint, .day = 910, HAS(defect)}},
     {{.kind = EVENT_complaint, .day = 850, HAS(billing)}, {.kind = EVENT_complaint, .day = 909, HAS(defect)}}},
    {"silence_after_complaint", {{.kind = EVENT_complaint, .day = 993}}, {{.kind = EVENT_complaint, .day = 994}}},
    {"silence_after_complaint", {{.kind = EVENT_complaint, .day = 950}, {.kind = EVENT_touch_out, .day = 951, .flags = TRACE_MARKETING}}, {{.kind = EVENT_complaint, .day = 950}, {.kind = EVENT_touch_out, .day = 951}}},
    {"not_answered", {{.kind = EVENT_case_open, .day = 998, .subject = 1}}, {{.kind = EVENT_case_open, .day = 998, .subject = 1}, {.kind = EVENT_case_update, .day = 999, .subject = 1}}},
    {"open_long", {{.kind = EVENT_case_open, .day = 986, .subject = 1}}, {{.kind = EVENT_case_open, .day = 987, .subject = 1}}},
    {"not_confirmed",
     {{.kind = EVENT_case_open, .day = 990, .subject = 1}, {.kind = EVENT_case_resolve, .day = 997, .subject = 1}},
     {{.kind = EVENT_case_open, .day = 990, .subject = 1}, {.kind = EVENT_case_resolve, .day = 998, .subject = 1}}},
    {"not_confirmed",
     {{.kind = EVENT_case_open, .day = 900, .subject = 1}, {.kind = EVENT_case_resolve, .day = 910, .subject = 1}, {.kind = EVENT_survey, .day = 920, .subject = 1, .value = 0.4}},
     {{.kind = EVENT_case_open, .day = 900, .subject = 1}, {.kind = EVENT_case_resolve, .day = 910, .subject = 1}, {.kind = EVENT_survey, .day = 920, .subject = 1, .value = 0.5}}},
    {"promise_overdue", {{.kind = EVENT_promise_made, .day = 900, .subject = 1, .until = 999}}, {{.kind = EVENT_promise_made, .day = 900, .subject = 1, .until = 1000}}},
    {"promise_broken", {{.kind = EVENT_promise_broken, .day = 820, .subject = 1}}, {{.kind = EVENT_promise_broken, .day = 819, .subject = 1}}},
    {"sales_absent",
     {{.kind = EVENT_touch_out, .day = 820, .actor = TRACE_OPERATIONS}, {.kind = EVENT_touch_out, .day = 830, .actor = TRACE_OPERATIONS}, {.kind = EVENT_touch_out, .day = 840, .actor = TRACE_OPERATIONS}},
     {{.kind = EVENT_touch_out, .day = 819, .actor = TRACE_OPERATIONS}, {.kind = EVENT_touch_out, .day = 830, .actor = TRACE_OPERATIONS}, {.kind = EVENT_touch_out, .day = 840, .actor = TRACE_OPERATIONS}}},
    {"operations_absent",
     {{.kind = EVENT_touch_out, .day = 820, .actor = TRACE_SALES}, {.kind = EVENT_touch_out, .day = 830, .actor = TRACE_SALES}, {.kind = EVENT_touch_out, .day = 840, .actor = TRACE_SALES}},
     {{.kind = EVENT_touch_out, .day = 820, .actor = TRACE_SALES}, {.kind = EVENT_touch_out, .day = 830, .actor = TRACE_SALES}, {.kind = EVENT_touch_out, .day = 840, .actor = TRACE_SALES},
      {.kind = EVENT_touch_out, .day = 850, .actor = TRACE_OPERATIONS}}},
    {"operations_absent", /* who answers a case is not absent; a mailing is nobody's presence */
     {{.kind = EVENT_touch_out, .day = 820, .actor = TRACE_SALES}, {.kind = EVENT_touch_out, .day = 830, .actor = TRACE_SALES}, {.kind = EVENT_touch_out, .day = 840, .actor = TRACE_SALES},
      {.kind = EVENT_touch_out, .day = 850, .actor = TRACE_OPERATIONS, .flags = TRACE_MARKETING}},
     {{.kind = EVENT_touch_out, .day = 820, .actor = TRACE_SALES}, {.kind = EVENT_touch_out, .day = 830, .actor = TRACE_SALES}, {.kind = EVENT_touch_out, .day = 840, .actor = TRACE_SALES},
      {.kind = EVENT_case_open, .day = 900, .subject = 1}, {.kind = EVENT_case_update, .day = 901, .subject = 1, .actor = TRACE_OPERATIONS}}},
    {"operations_absent",
     {{.kind = EVENT_touch_out, .day = 820, .actor = TRACE_SALES}, {.kind = EVENT_touch_out, .day = 830, .actor = TRACE_SALES}, {.kind = EVENT_touch_out, .day = 840, .actor = TRACE_SALES}},
     {{.kind = EVENT_touch_out, .day = 820, .actor = TRACE_SALES}, {.kind = EVENT_touch_out, .day = 830, .actor = TRACE_SALES}, {.kind = EVENT_touch_out, .day = 840, .actor = TRACE_SALES, .flags = TRACE_MARKETING}}},
    {"renewal_with_open",
     {{.kind = EVENT_contract_start, .day = 700, .subject = 1, .until = 1060}, {.kind = EVENT_case_open, .day = 999, .subject = 2}},
     {{.kind = EVENT_contract_start, .day = 700, .subject = 1, .until = 1061}, {.kind = EVENT_case_open, .day = 999, .subject = 2}}},
    {"renewal_with_open",
     {{.kind = EVENT_contract_start, .day = 700, .subject = 1, .until = 1060}, {.kind = EVENT_case_open, .day = 990, .subject = 2}},
     {{.kind = EVENT_contract_start, .day = 700, .subject = 1, .until = 1060}, {.kind = EVENT_case_open, .day = 990, .subject = 2}, {.kind = EVENT_case_resolve, .day = 991, .subject = 2}}},
    {"wants_to_leave", {{.kind = EVENT_leave_intent, .day = 910}}, {{.kind = EVENT_leave_intent, .day = 909}}},
    {"wants_to_leave", {{.kind = EVENT_leave_intent, .day = 950}}, {{.kind = EVENT_leave_intent, .day = 950}, {.kind = EVENT_offer_accepted, .day = 951}}},
};

static size_t make(const step *steps, trace_event *out) {
    size_t n = 0;
    for (size_t i = 0; i < STEPS && steps[i].day; i++) {
        const step *s = &steps[i];
        int64_t at = s->day * TRACE_DAY_US + (int64_t)(s->hours * 3.6e9);
        bool valued = s->value != 0 || s->kind == EVENT_survey;
        out[n] = (trace_event){.at_us = at, .known_us = at, .id = (int64_t)n + 1, .subject = s->subject, .amount = s->amount, .value = valued ? s->value : NAN, .day = s->day,
                               .until_day = s->until ? s->until : TRACE_NO_DAY, .notice_days = -1, .topic = s->topic, .kind = s->kind, .flags = s->flags, .tag = s->tag, .actor = s->actor};
        n++;
    }
    return n;
}

static bool signal_fires(const trace *t, int id, signal_hit *found) {
    digest_room room = {0};
    digest d;
    norms usual;
    signal_hit hit[SIGNALS];
    mr_error err = {0};
    bool fires = false;
    norms_default(&usual);
    assert_int_equal(digest_make(&room, t, DAY, &usual, &d, &err), MR_OK);
    size_t n = signals_fire(&d, hit);
    for (size_t i = 0; i < n; i++)
        if ((int)hit[i].signal == id) fires = true, *found = hit[i];
    digest_room_free(&room);
    return fires;
}

static bool pattern_fires(const trace *t, int id, pattern_hit *found) {
    digest_room room = {0};
    digest d;
    norms usual;
    pattern_hit hit[PATTERNS];
    mr_error err = {0};
    bool fires = false;
    norms_default(&usual);
    assert_int_equal(digest_make(&room, t, DAY, &usual, &d, &err), MR_OK);
    size_t n = patterns_fire(&d, hit);
    for (size_t i = 0; i < n; i++)
        if ((int)hit[i].pattern == id) fires = true, *found = hit[i];
    digest_room_free(&room);
    return fires;
}

/* Evidence is of the trace, in order, not after the day; the sentence has no field left over. */
static void sound(const char *name, const trace *t, const signal_hit *h, const char *sentence) {
    for (uint8_t i = 0; i < h->shown; i++) {
        bool known = !h->evidence[i].id; /* the start */
        for (size_t k = 0; k < t->n; k++) known = known || (t->event[k].id == h->evidence[i].id && t->event[k].day == h->evidence[i].day);
        if (!known || h->evidence[i].day > DAY) fail_msg("%s: evidence that is none", name);
    }
    if (!*sentence || strpbrk(sentence, "{}?")) fail_msg("%s says: %s", name, sentence);
}

static void every_signal(void **state) {
    (void)state;
    bool seen[SIGNALS] = {false};
    char sentence[256];
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        const two_sides *c = &signals[i];
        trace_event e[STEPS];
        signal_hit hit;
        int id = (int)signal_find(c->name, strlen(c->name));
        assert_true(id < SIGNALS);
        seen[id] = true;
        trace t = {1, e, make(c->fires, e)};
        if (!signal_fires(&t, id, &hit)) fail_msg("%s (row %zu) does not fire", c->name, i);
        assert_true(signal_sentence(&hit, sentence, sizeof sentence) < sizeof sentence);
        sound(c->name, &t, &hit, sentence);
        for (size_t k = 0; k < t.n; k++) e[k].known_us = (DAY + 1) * TRACE_DAY_US; /* recorded too late */
        if (id != SIGNAL_silence_from_us && signal_fires(&t, id, &hit)) fail_msg("%s fires on what was not known", c->name);
        t.n = make(c->does_not, e);
        if (signal_fires(&t, id, &hit)) fail_msg("%s (row %zu) fires", c->name, i);
    }
    for (int id = 0; id < SIGNALS; id++)
        if (!seen[id]) fail_msg("no case for %s", signal_of(id)->name);
}

static void every_pattern(void **state) {
    (void)state;
    bool seen[PATTERNS] = {false};
    char sentence[256];
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        const two_sides *c = &patterns[i];
        trace_event e[STEPS];
        pattern_hit hit;
        int id = 0;
        while (id < PATTERNS && strcmp(pattern_of(id)->name, c->name) != 0) id++;
        assert_true(id < PATTERNS);
        seen[id] = true;
        trace t = {1, e, make(c->fires, e)};
        if (!pattern_fires(&t, id, &hit)) fail_msg("%s (row %zu) does not fire", c->name, i);
        pattern_sentence(&hit, sentence, sizeof sentence);
        sound(c->name, &t, &hit.hit, sentence);
        t.n = make(c->does_not, e);
        if (pattern_fires(&t, id, &hit)) fail_msg("%s (row %zu) fires", c->name, i);
    }
    for (int id = 0; id < PATTERNS; id++)
        if (!seen[id]) fail_msg("no case for %s", pattern_of(id)->name);
}

/* What comes later changes nothing of what was said. */
static void nothing_looks_ahead(void **state) {
    (void)state;
    size_t cases = sizeof signals / sizeof *signals;
    for (size_t i = 0; i < cases; i++) {
        trace_event e[2 * STEPS];
        signal_hit before, after;
        int id = (int)signal_find(signals[i].name, strlen(signals[i].name));
        trace t = {1, e, make(signals[i].fires, e)};
        bool fired = signal_fires(&t, id, &before);
        for (size_t k = 0; k < cases; k++) {
            size_t n = make(signals[k].fires, e + t.n);
            for (size_t j = 0; j < n; j++) {
                e[t.n + j].day += 1000;
                e[t.n + j].at_us += 1000 * TRACE_DAY_US;
                e[t.n + j].known_us = e[t.n + j].at_us;
            }
            trace longer = {1, e, t.n + n};
            assert_int_equal(signal_fires(&longer, id, &after), fired);
            assert_memory_equal(before.evidence, after.evidence, before.shown * sizeof *before.evidence);
            assert_int_equal(before.count, after.count);
        }
    }
}

static void odd_traces(void **state) {
    (void)state;
    digest_room room = {0};
    norms usual;
    norms_count *c = calloc(1, sizeof *c);
    signal_hit hit[SIGNALS];
    pattern_hit found[PATTERNS];
    mr_error err = {0};
    digest d;
    norms_default(&usual);
    trace nobody = {1, NULL, 0};
    assert_int_equal(digest_make(&room, &nobody, DAY, &usual, &d, &err), MR_OK);
    assert_int_equal(signals_fire(&d, hit), 0);
    assert_int_equal(patterns_fire(&d, found), 0);
    /* Every kind, also ones there are none of, without subject, with absurd numbers, all on one day and in any order. */
    enum { MANY = 400 };
    trace_event e[MANY];
    for (int i = 0; i < MANY; i++) {
        int64_t at = (DAY - i % 7) * TRACE_DAY_US;
        e[i] = (trace_event){.at_us = at, .known_us = at, .id = i + 1, .subject = i % 3, .amount = i % 2 ? INT64_MAX / 4096 : -1, .value = i % 5 ? NAN : i % 2 ? 1e300 : -1e300, .day = DAY - i % 7,
                             .until_day = i % 4 ? TRACE_NO_DAY : INT32_MAX, .notice_days = i % 6 ? -1 : INT32_MAX / 2, .topic = (uint32_t)i % 4, .kind = (int16_t)(i % 60 - 2),
                             .flags = (uint16_t)i, .tag = (uint8_t)(i % TRACE_TAGS), .actor = (uint8_t)(i % 4)};
    }
    trace odd = {1, e, MANY};
    assert_int_equal(digest_make(&room, &odd, DAY, &usual, &d, &err), MR_OK);
    size_t n = signals_fire(&d, hit);
    char sentence[8];
    for (size_t i = 0; i < n; i++) assert_true(signal_sentence(&hit[i], sentence, sizeof sentence) > 0 && strlen(sentence) < sizeof sentence);
    patterns_fire(&d, found);
    norms_add(c, &d);
    norms_settle(c, &usual);
    digest_room_free(&room);
    free(c);
}

/* "1 promises broken", "(1 in all)": nobody says so. */
static void one_is_said_as_one(void **state) {
    (void)state;
    signal_hit h = {.signal = SIGNAL_broken_promise, .count = 1, .shown = 1, .evidence = {{.day = 0}}};
    char sentence[256];
    hit_sentence("{k} promises broken on {d1} ({k} in all)", &h, sentence, sizeof sentence);
    assert_string_equal(sentence, "1 promise broken on 1970-01-01");
    hit_sentence("broken ({k} in all), on {d1}", &h, sentence, sizeof sentence);
    assert_string_equal(sentence, "broken, on 1970-01-01");
    h.number[0] = 1;
    hit_sentence("The case of {d1} took {n1} days to solve", &h, sentence, sizeof sentence);
    assert_string_equal(sentence, "The case of 1970-01-01 took 1 day to solve");
    hit_sentence("in touch {n1} times in the last 180 days, usual is {n1}", &h, sentence, sizeof sentence);
    assert_string_equal(sentence, "in touch 1 time in the last 180 days, usual is 1");
    h.number[0] = 1.2;
    hit_sentence("took {n1} days", &h, sentence, sizeof sentence);
    assert_string_equal(sentence, "took 1.2 days");
    h.count = 2;
    hit_sentence("{k} promises broken on {d1} ({k} in all)", &h, sentence, sizeof sentence);
    assert_string_equal(sentence, "2 promises broken on 1970-01-01 (2 in all)");
}

static void cadences(void **state) {
    (void)state;
    assert_int_equal(review_cadence("Gold"), 30);
    assert_int_equal(review_cadence("enterprise"), 30);
    assert_int_equal(review_cadence("silver"), 90);
    assert_int_equal(review_cadence("gol"), 180);
    assert_int_equal(review_cadence("bronze"), 180);
    assert_int_equal(review_cadence(""), 180);
}

static void default_weights(void **state) {
    (void)state;
    weights w;
    attribution a;
    weights_default(&w);
    weights_hit both[] = {{SIGNAL_defects, 0}, {SIGNAL_moved_away, 0}};
    weights_attribute(&w, &(weights_row){NULL, 0}, &a);
    assert_int_equal(a.top, REASON_unknown);
    weights_attribute(&w, &(weights_row){both, 2}, &a);
    assert_int_equal(a.top, REASON_moved);
    assert_true(isnan(a.low[REASON_moved])); /* nothing was measured */
    double sum = 0;
    for (int r = 1; r < REASONS; r++) sum += a.chance[r];
    assert_near(sum, 1.0, 1e-12);
    /* As often as the table says, less what comes by accident; half of it in a half-life past the first month. */
    assert_near(weights_of(&w, SIGNAL_moved_away, 0).value, log(0.4 / (0.99 * 0.4 / 12 + 0.01 * 0.4)), 1e-12);
    assert_near(weights_of(&w, SIGNAL_defects, 150).value - weights_of(&w, SIGNAL_defects, 0).value, -log(2), 1e-12);
    assert_near(weights_of(&w, SIGNAL_one_contact, 1000).value, weights_of(&w, SIGNAL_one_contact, 0).value, 1e-12);
}

/* All of a reason's signals at once say no more than that a set of false ones is as rare as it is. */
static void evidence_is_bounded(void **state) {
    (void)state;
    weights w;
    attribution a;
    weights_default(&w);
    for (int r = 1; r < REASON_unknown; r++) {
        weights_hit hit[SIGNALS];
        size_t n = 0;
        for (int s = 0; s < SIGNALS; s++)
            if ((int)signal_of(s)->reason == r) hit[n++] = (weights_hit){(uint8_t)s, 0};
        assert_in_range(n, 1, WEIGHTS_OWN);
        weights_attribute(&w, &(weights_row){hit, n}, &a);
        assert_int_equal(a.top, r);
        assert_true(a.strength[r] > log(2) - 0.2 && a.strength[r] <= log(1 / WEIGHTS_MISLED));
    }
}

/* Half leave for one reason and show its signal, half for another; a third signal shows among all who leave: it says nothing. */
static void fitted_weights(void **state) {
    (void)state;
    enum { N = 400, STAYED = 1000 };
    weights_hit hit[N][2], stayed[3] = {{SIGNAL_overdue_promise, 100}, {SIGNAL_cheaper_quote, 100}, {SIGNAL_usage_fading, 0}};
    weights_row row[N], again[N];
    weights_stayers *stayers = calloc(1, sizeof *stayers);
    weights w, same;
    mr_error err = {0};
    for (int i = 0; i < N; i++) {
        hit[i][0] = (weights_hit){i % 2 ? SIGNAL_overdue_promise : SIGNAL_cheaper_quote, (uint16_t)(i % 40)};
        hit[i][1] = (weights_hit){SIGNAL_usage_fading, 0};
        row[i] = (weights_row){hit[i], i % 10 ? 2 : 1};
        again[(i * 7) % N] = row[i];
    }
    for (int i = 0; i < STAYED; i++) weights_stayer(stayers, &(weights_row){&stayed[i % 100 == 1 ? 1 : i % 50 == 2 ? 2 : 0], i % 100 <= 1 || i % 50 == 2});
    assert_int_equal(weights_fit(row, N, stayers, NULL, &w, &err), MR_OK);
    assert_near(w.share[REASON_promise_broken], 0.47, 0.05);
    assert_near(w.share[REASON_undercut], 0.47, 0.05);
    assert_true(w.share[REASON_priorities_displaced] < 0.05);
    assert_near(w.belong[REASON_undercut], N / 2.0, N * 0.06);
    weights_weight quote = weights_of(&w, SIGNAL_cheaper_quote, 10);
    assert_true(quote.value > 3 && quote.low < quote.value && quote.value < quote.high);
    assert_true(quote.value > weights_of(&w, SIGNAL_cheaper_quote, 200).value);
    assert_int_equal(weights_fit(again, N, stayers, NULL, &same, &err), MR_OK); /* however customers came */
    assert_memory_equal(w.rate, same.rate, sizeof w.rate);
    assert_memory_equal(w.age, same.age, sizeof w.age);
    /* Too few to learn from. */
    assert_int_equal(weights_fit(row, WEIGHTS_ENOUGH - 1, stayers, NULL, &w, &err), MR_OK);
    assert_near(w.rate[REASON_moved][SIGNAL_moved_away], 0.4, 0);
    free(stayers);
}

/* --- every allocation fails once, and nothing is lost --- */

static void memory_is_short(void **state) {
    (void)state;
    trace_event e[STEPS];
    trace t = {1, e, make(signals[0].fires, e)};
    norms usual;
    norms_default(&usual);
    bool done = false;
    for (int at = 0; !done; at++) {
        heap h = {.fail_at = at + 1};
        mr_alloc alloc = heap_alloc(&h);
        digest_room room = {.alloc = &alloc};
        digest d;
        weights w;
        mr_error err = {0};
        static weights_stayers stayers;
        weights_row row[WEIGHTS_ENOUGH] = {{NULL, 0}};
        stayers.n = WEIGHTS_ENOUGH;
        mr_status status = digest_make(&room, &t, DAY, &usual, &d, &err);
        if (status == MR_OK) status = weights_fit(row, WEIGHTS_ENOUGH, &stayers, &alloc, &w, &err);
        done = status == MR_OK;
        if (!done) assert_int_equal(status, MR_ENOMEM);
        digest_room_free(&room);
        assert_int_equal(h.live, 0);
        assert_true(at < 100);
    }
}

/* weights.h counts how a reason's signals come together in a table of so many. */
static void own_signals_have_room(void **state) {
    (void)state;
    int n[REASONS] = {0};
    for (int i = 0; i < SIGNALS; i++)
        if (++n[signal_of(i)->reason] > WEIGHTS_OWN) fail_msg("%s has more than WEIGHTS_OWN signals: %s", reason_of((int)signal_of(i)->reason)->code, signal_of(i)->name);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_signal),    cmocka_unit_test(every_pattern),   cmocka_unit_test(nothing_looks_ahead), cmocka_unit_test(odd_traces),
                                       cmocka_unit_test(one_is_said_as_one), cmocka_unit_test(cadences),        cmocka_unit_test(default_weights), cmocka_unit_test(evidence_is_bounded), cmocka_unit_test(fitted_weights),  cmocka_unit_test(memory_is_short), cmocka_unit_test(own_signals_have_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
