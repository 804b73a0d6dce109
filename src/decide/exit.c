#include "exit.h"

#include <calendar.h>

#define NOT_KNOWN INT32_MIN

/* What is taken when. Confirm is taken, or was: `tests/unit/exit.c` goes through every order of steps. */
static const struct {
    exit_answer answer;
    exit_state to;
} moves[EXIT_STATES][EXIT_STEPS] = {
    [EXIT_NOTHING] = {[EXIT_START] = {EXIT_TAKEN, EXIT_INTENT}, [EXIT_REASON] = {EXIT_NOT_NOW, 0}, [EXIT_OFFER] = {EXIT_NOT_NOW, 0}, [EXIT_DECLINE] = {EXIT_NOT_NOW, 0}, [EXIT_ACCEPT] = {EXIT_NOT_NOW, 0},
                      [EXIT_CONFIRM] = {EXIT_TAKEN, EXIT_LEFT}, [EXIT_STAY] = {EXIT_AGAIN, 0}, [EXIT_BACK] = {EXIT_AGAIN, 0}},
    [EXIT_INTENT] = {[EXIT_START] = {EXIT_AGAIN, 0}, [EXIT_REASON] = {EXIT_TAKEN, EXIT_INTENT}, [EXIT_OFFER] = {EXIT_TAKEN, EXIT_INTENT}, [EXIT_DECLINE] = {EXIT_TAKEN, EXIT_INTENT},
                     [EXIT_ACCEPT] = {EXIT_TAKEN, EXIT_STAYED}, [EXIT_CONFIRM] = {EXIT_TAKEN, EXIT_LEFT}, [EXIT_STAY] = {EXIT_TAKEN, EXIT_STAYED}, [EXIT_BACK] = {EXIT_AGAIN, 0}},
    [EXIT_LEFT] = {[EXIT_START] = {EXIT_AGAIN, 0}, [EXIT_REASON] = {EXIT_NOT_NOW, 0}, [EXIT_OFFER] = {EXIT_NOT_NOW, 0}, [EXIT_DECLINE] = {EXIT_NOT_NOW, 0}, [EXIT_ACCEPT] = {EXIT_NOT_NOW, 0},
                   [EXIT_CONFIRM] = {EXIT_AGAIN, 0}, [EXIT_STAY] = {EXIT_NOT_NOW, 0}, [EXIT_BACK] = {EXIT_TAKEN, EXIT_NOTHING}},
    [EXIT_STAYED] = {[EXIT_START] = {EXIT_TAKEN, EXIT_INTENT}, [EXIT_REASON] = {EXIT_NOT_NOW, 0}, [EXIT_OFFER] = {EXIT_NOT_NOW, 0}, [EXIT_DECLINE] = {EXIT_NOT_NOW, 0}, [EXIT_ACCEPT] = {EXIT_AGAIN, 0},
                     [EXIT_CONFIRM] = {EXIT_TAKEN, EXIT_LEFT}, [EXIT_STAY] = {EXIT_AGAIN, 0}, [EXIT_BACK] = {EXIT_AGAIN, 0}},
};

static void begin(exit_flow *f, int64_t at_us) {
    *f = (exit_flow){.before = f->before || f->state == EXIT_LEFT || f->state == EXIT_STAYED, .started_us = at_us};
}

/* The screen they are on goes on until something on it is done a second time. */
static void on_first_screen(exit_flow *f, bool *done) {
    bool open = f->reason || f->offer || f->answered;
    if (*done || !open) {
        f->screens++;
        f->reason = f->offer = f->answered = false;
    }
    *done = true;
}

exit_answer exit_take(exit_flow *f, exit_step step, int64_t at_us) {
    if ((unsigned)step >= EXIT_STEPS) return EXIT_NOT_NOW;
    exit_answer answer = moves[f->state][step].answer;
    if (step == EXIT_START && f->state == EXIT_INTENT) { /* said again: screens are those since */
        f->screens = 0;
        f->reason = f->answered = false;
    }
    if (answer != EXIT_TAKEN) return answer;
    if (step == EXIT_OFFER && f->offered) return EXIT_AGAIN;
    if ((step == EXIT_DECLINE || step == EXIT_ACCEPT) && !f->offered) return EXIT_NOT_NOW;
    if (step == EXIT_DECLINE && f->answered) return EXIT_AGAIN;
    if (step == EXIT_START || (step == EXIT_CONFIRM && f->state != EXIT_INTENT)) begin(f, at_us);
    if (step == EXIT_BACK) *f = (exit_flow){.before = true};
    if (step == EXIT_REASON) on_first_screen(f, &f->reason);
    if (step == EXIT_OFFER) on_first_screen(f, &f->offer), f->offered = true;
    if (step == EXIT_DECLINE) on_first_screen(f, &f->answered);
    if (step == EXIT_CONFIRM) f->screens++;
    f->state = moves[f->state][step].to;
    if (step == EXIT_CONFIRM) f->state = EXIT_LEFT;
    if (f->state == EXIT_LEFT || f->state == EXIT_STAYED) f->ended_us = at_us;
    return EXIT_TAKEN;
}

const char *exit_words(exit_state state, exit_step step) {
    if (step == EXIT_ACCEPT || step == EXIT_DECLINE) return "there is no offer that waits for an answer";
    if (state == EXIT_LEFT) return "they have left already";
    return "they have not said that they want to leave";
}

const char *exit_state_name(exit_state state) {
    static const char *const names[EXIT_STATES] = {"", "leaving", "left", "stayed"};
    return (unsigned)state < EXIT_STATES ? names[state] : "";
}

int64_t exit_seconds(const exit_flow *f, int64_t now_us) {
    int64_t to = f->ended_us ? f->ended_us : now_us;
    return f->started_us && to > f->started_us ? (to - f->started_us) / 1000000 : 0;
}

/* The same day so many months later; the month's last where it has none. */
static int32_t months_later(int32_t day, int months) {
    calendar_date d = calendar_of(day);
    int32_t first = calendar_month_start(d.year * 12 + d.month - 1 + months), next = calendar_month_start(d.year * 12 + d.month + months);
    return first + d.day - 1 < next ? first + d.day - 1 : next - 1;
}

int32_t exit_last_day(const exit_term *t, int32_t day, bool *late) {
    *late = false;
    if (t->renewal_day == NOT_KNOWN) return day;
    int32_t end = t->renewal_day, notice = t->notice_days > 0 ? t->notice_days : 0;
    int months = 12;
    if (t->start_day != NOT_KNOWN && t->start_day < end) {
        months = (int)((double)(end - t->start_day) / 30.436875 + .5);
        if (months < 1) months = 1;
    }
    for (int n = 1; end - notice < day && n < 1200; n++) {
        end = months_later(t->renewal_day, n * months);
        *late = true;
    }
    return end < day ? day : end;
}
