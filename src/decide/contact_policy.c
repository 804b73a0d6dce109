/* The rules of contact_rules.def, one function each, and the search for the first instant at which all agree.
 *
 * A rule is asked at an instant t and answers with the earliest one from t on at which it is content. The search starts at the time asked and goes to the latest
 * of the answers until nobody moves it; as each rule's answer is the earliest possible for it, no instant before the result would have done.
 *
 * Budget of n in W days, an instant t, the touches e_1, e_2, ...: every stretch (e - W, e] that holds t may hold n - 1 touches at most, with e = t and every e_i in
 * (t, t + W), for planned ones count too. It can only become free at some e_i + W. */
#include "contact_policy.h"

#include <stdio.h>
#include <string.h>

typedef struct rule_view {
    const contact_state *s;
    const contact_settings *c;
    const contact_ask *k;
    const contact_way *way;
    int64_t until_us; /* the last instant looked at */
} rule_view;

/* What a rule says, in text[TEXT]; not written where it is NULL. */
#define TEXT 256
#define say(...) (text ? (void)snprintf(text, TEXT, __VA_ARGS__) : (void)0)

static const char *date_of(const rule_view *v, int64_t at_us, char out[80]) {
    return contact_when(v->s->zone, v->s->zone_n, at_us, out);
}

static char fold(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool same_text(const char *a, const char *b) {
    while (*a && fold(*a) == fold(*b)) a++, b++;
    return !*a && !*b;
}

/* --- the rules --- */

static int64_t rule_left(const rule_view *v, int64_t t, char *text) {
    char when[80];
    bool gone = t >= v->s->left_us;
    if (gone) say("they left: %s", date_of(v, v->s->left_us, when));
    else say("nothing says that they left");
    return gone ? CONTACT_NEVER : t;
}

static int64_t rule_address(const rule_view *v, int64_t t, char *text) {
    const char *kind = contact_channel_address(v->k->channel), *what = strcmp(kind, "email") == 0 ? "e-mail address" : strcmp(kind, "phone") == 0 ? "phone number" : "postal address";
    if (*v->way->address) say("%s: %.160s", what, v->way->address);
    else say("no %s is known", what);
    return *v->way->address ? t : CONTACT_NEVER;
}

static int64_t rule_bounced(const rule_view *v, int64_t t, char *text) {
    char when[80];
    bool bounced = v->way->bounced_us != CONTACT_NONE;
    if (bounced) say("%.80s refused for good: %s", v->way->address, date_of(v, v->way->bounced_us, when));
    else say("nothing sent there was refused for good");
    return bounced ? CONTACT_NEVER : t;
}

static int64_t rule_withdrawn(const rule_view *v, int64_t t, char *text) {
    char when[80];
    bool withdrawn = v->way->withdrawn_us != CONTACT_NONE, asked = v->k->purpose == CONTACT_reply && v->way->wrote_us > v->way->withdrawn_us;
    if (withdrawn) say("they want no %s for anything since %s%s", contact_channel_name(v->k->channel), date_of(v, v->way->withdrawn_us, when), asked ? ", but asked that way since" : "");
    else say("they did not give up %s", contact_channel_name(v->k->channel));
    return withdrawn && !asked ? CONTACT_NEVER : t;
}

static int64_t rule_objection(const rule_view *v, int64_t t, char *text) {
    char when[80];
    bool objected = v->s->objected_us != CONTACT_NONE;
    if (objected) say("they objected to %s: %s", v->s->objected_to, date_of(v, v->s->objected_us, when));
    else say("no objection to marketing or profiling");
    return objected ? CONTACT_NEVER : t;
}

static int64_t rule_consent(const rule_view *v, int64_t t, char *text) {
    char when[80];
    const char *channel = contact_channel_name(v->k->channel);
    bool taken = v->way->taken_us != CONTACT_NONE && v->way->taken_us >= v->way->given_us, given = v->way->given_us != CONTACT_NONE && !taken;
    bool granted = !given && !taken && !v->c->consent_needed && v->s->customer;
    if (given) say("consent to marketing by %s: %s", channel, date_of(v, v->way->given_us, when));
    else if (taken) say("consent to marketing by %s was withdrawn: %s", channel, date_of(v, v->way->taken_us, when));
    else if (granted) say("an existing customer, and no consent was withdrawn");
    else say("no consent to marketing by %s is known%s", channel, v->c->consent_needed ? "" : ", and they are no customer yet");
    return given || granted ? t : CONTACT_NEVER;
}

static bool listed(const char *const *list, size_t n, const char *topic) {
    for (size_t i = 0; i < n; i++)
        if (same_text(list[i], topic)) return true;
    return false;
}

static int64_t rule_topic(const rule_view *v, int64_t t, char *text) {
    const contact_state *s = v->s;
    const char *topic = v->k->topic;
    bool refused = *topic && listed(s->refused, s->refused_n, topic), unnamed = !*topic && s->refused_n + s->wanted_n, chosen = listed(s->wanted, s->wanted_n, topic);
    if (refused) say("they do not want to hear about %.80s", topic);
    else if (unnamed) say("they said which topics they want, and no topic is given");
    else if (chosen) say("they want to hear about %.80s", topic);
    else if (s->wanted_n) say("they chose %zu topic%s, and %.80s is none of them", s->wanted_n, s->wanted_n == 1 ? "" : "s", topic);
    else if (*topic) say("they did not refuse %.80s", topic);
    else say("they said nothing about topics");
    return refused || unnamed || (s->wanted_n && !chosen) ? CONTACT_NEVER : t;
}

static int64_t rule_channel(const rule_view *v, int64_t t, char *text) {
    char preferred[80] = "";
    size_t len = 0;
    bool fits = !v->s->preferred_known || v->way->preferred;
    for (int i = 0; i < CONTACT_CHANNELS; i++)
        if (v->s->way[i].preferred) len += (size_t)snprintf(preferred + len, sizeof preferred - len, "%s%s", len ? ", " : "", contact_channel_name((contact_channel)i));
    if (!v->s->preferred_known) say("they did not say which channels they prefer");
    else say("they prefer %s%s%s", len ? preferred : "no channel", fits ? "" : ", not ", fits ? "" : contact_channel_name(v->k->channel));
    return fits ? t : CONTACT_NEVER;
}

static int64_t rule_language(const rule_view *v, int64_t t, char *text) {
    const char *theirs = v->s->language, *ours = v->k->language;
    size_t len = strcspn(theirs, "-_");
    bool other = *theirs && *ours && (strcspn(ours, "-_") != len || strncmp(ours, theirs, len) != 0);
    if (!*theirs || !*ours) say("%s language is not known", *theirs ? "the message's" : "their");
    else say("the message is in %.20s, their language is %.20s", ours, theirs);
    return other ? CONTACT_NEVER : t;
}

static int64_t rule_case(const rule_view *v, int64_t t, char *text) {
    if (v->s->serious_n == 1) say("%.160s is open", v->s->serious);
    else if (v->s->serious_n) say("%lld serious cases and complaints are open, among them %.120s", (long long)v->s->serious_n, v->s->serious);
    else say("no serious case or complaint is open");
    return v->s->serious_n ? CONTACT_NEVER : t;
}

/* Planned ones count however far ahead they are: whichever of the two goes first, the other would be the second. */
static int64_t rule_duplicate(const rule_view *v, int64_t t, char *text) {
    const contact_touch *last = NULL;
    int64_t from = t, days = v->c->duplicate_days;
    char when[80];
    for (size_t i = 0; i < v->s->touch_n && days; i++) {
        const contact_touch *e = &v->s->touch[i];
        bool content = *v->k->content && same_text(v->k->content, e->content);
        bool topic = *v->k->topic && same_text(v->k->topic, e->topic) && e->contact_id != v->s->contact_id;
        if ((content || topic) && e->at_us + days * CONTACT_DAY_US > from) from = e->at_us + days * CONTACT_DAY_US, last = e;
    }
    if (!last) {
        say(days ? "nothing of the kind reached the account in %lld days" : "not looked for: %lld days", (long long)days);
        return t;
    }
    bool content = *v->k->content && same_text(v->k->content, last->content), address = *v->way->address && same_text(v->way->address, last->address);
    say("the account %s the same %s %s%s", last->at_us > t ? "is to get" : "got", content ? "content" : "topic", date_of(v, last->at_us, when),
        last->contact_id == v->s->contact_id ? "" : address ? ", through another contact at this address" : ", through another contact");
    return from;
}

/* --- those that count --- */

static int64_t count_between(const rule_view *v, contact_budget budget, int64_t after, int64_t to) {
    int64_t n = 0;
    for (size_t i = 0; i < v->s->touch_n; i++) {
        const contact_touch *e = &v->s->touch[i];
        if (contact_channel_budget(e->channel) == budget && e->at_us > after && e->at_us <= to) n++;
    }
    return n;
}

static bool budget_free(const rule_view *v, contact_budget budget, int64_t t) {
    int64_t limit = v->c->budget[budget], stretch = v->c->budget_days * CONTACT_DAY_US;
    if (count_between(v, budget, t - stretch, t) >= limit) return false;
    for (size_t i = 0; i < v->s->touch_n; i++) {
        int64_t e = v->s->touch[i].at_us;
        if (e > t && e < t + stretch && count_between(v, budget, e - stretch, e) >= limit) return false;
    }
    return true;
}

static int64_t rule_budget(const rule_view *v, int64_t t, char *text) {
    contact_budget budget = contact_channel_budget(v->k->channel);
    int limit = v->c->budget[budget];
    int64_t free_from = t, stretch = v->c->budget_days * CONTACT_DAY_US;
    while (free_from != CONTACT_NEVER && !budget_free(v, budget, free_from)) {
        int64_t next = CONTACT_NEVER;
        for (size_t i = 0; i < v->s->touch_n; i++) {
            int64_t leaves = v->s->touch[i].at_us + stretch;
            if (leaves > free_from && leaves < next) next = leaves;
        }
        free_from = next;
    }
    long long used = (long long)count_between(v, budget, t - stretch, t), planned = (long long)count_between(v, budget, t, t + stretch);
    char when[80], ahead[48] = "";
    if (planned) snprintf(ahead, sizeof ahead, ", and %lld planned", planned);
    if (free_from == t) say("%lld of %d %s in %d days%s", used, limit, contact_budget_name(budget), v->c->budget_days, ahead);
    else if (free_from == CONTACT_NEVER) say("%lld of %d %s in %d days%s", used, limit, contact_budget_name(budget), v->c->budget_days, ahead);
    else say("%lld of %d %s in %d days%s: free again %s", used, limit, contact_budget_name(budget), v->c->budget_days, ahead, date_of(v, free_from, when));
    return free_from;
}

static int64_t rule_gap(const rule_view *v, int64_t t, char *text) {
    int64_t gap = v->c->gap_days * CONTACT_DAY_US, from = t, near = CONTACT_NONE;
    char when[80];
    for (size_t i = 0; i < v->s->touch_n && gap;) {
        int64_t e = v->s->touch[i].at_us;
        if (e > from - gap && e < from + gap) {
            near = near == CONTACT_NONE ? e : near;
            from = e + gap;
            i = 0;
        } else i++;
    }
    if (near == CONTACT_NONE) say("no other contact of our own accord within %d day%s", v->c->gap_days, v->c->gap_days == 1 ? "" : "s");
    else say("less than %d day%s from another contact of our own accord: %s", v->c->gap_days, v->c->gap_days == 1 ? "" : "s", date_of(v, near, when));
    return from;
}

static int64_t rule_quiet(const rule_view *v, int64_t t, char *text) {
    const contact_settings *c = v->c;
    int64_t from = contact_hours(v->s->zone, v->s->zone_n, NULL, c->quiet_from_min, c->quiet_to_min, t, v->until_us);
    char when[80], zones[48] = "";
    if (v->s->zone_n > 1) snprintf(zones, sizeof zones, " in one of %zu zones", v->s->zone_n);
    say("%s: %s the quiet hours %02d:%02d to %02d:%02d%s", date_of(v, t, when), from == t ? "outside" : "in", c->quiet_from_min / 60, c->quiet_from_min % 60, c->quiet_to_min / 60,
        c->quiet_to_min % 60, from == t ? "" : zones);
    return from;
}

static int64_t rule_hours(const rule_view *v, int64_t t, char *text) {
    bool own = v->s->own.days != 0;
    const contact_window *w = own ? &v->s->own : &v->c->window[v->k->channel];
    int64_t from = contact_hours(v->s->zone, v->s->zone_n, w, 0, 0, t, v->until_us);
    char when[80], window[64], zones[48] = "";
    if (v->s->zone_n > 1) snprintf(zones, sizeof zones, " in %s of %zu zones", from == t ? "all" : "one", v->s->zone_n);
    say("%s: %s %s (%s)%s", date_of(v, t, when), from == t ? "within" : "outside", contact_window_text(w, window), own ? "their own hours" : "the channel's usual hours", zones);
    return from;
}

/* --- all of them --- */

static const struct {
    const char *name, *sentence;
    bool holds[CONTACT_PURPOSES];
    int64_t (*from)(const rule_view *v, int64_t t, char *text);
} rules[CONTACT_RULES] = {
#define CONTACT_RULE(name, reply, legal, service, marketing, sentence) {#name, sentence, {reply, legal, service, marketing}, rule_##name},
#include "contact_rules.def"
#undef CONTACT_RULE
};

contact_settings contact_settings_default(void) {
    return (contact_settings){
        .budget = {
#define CONTACT_BUDGET(name, limit, words) limit,
#include "contact_channels.def"
#undef CONTACT_BUDGET
        },
        .window = {
#define CONTACT_CHANNEL(name, address, budget, hours, from, to, days, words) {from, to, days},
#include "contact_channels.def"
#undef CONTACT_CHANNEL
        },
        .budget_days = 91, .gap_days = 5, .duplicate_days = 30, .ahead_days = 14, .quiet_from_min = 21 * 60, .quiet_to_min = 8 * 60, .consent_needed = true};
}

static rule_view view_of(const contact_state *s, const contact_settings *c, const contact_ask *k) {
    return (rule_view){s, c, k, &s->way[k->channel], k->at_us + c->ahead_days * CONTACT_DAY_US};
}

static bool asked(const contact_ask *k, int rule) {
    bool clock = rule == CONTACT_RULE_quiet || rule == CONTACT_RULE_hours;
    return rules[rule].holds[k->purpose] && (!clock || contact_channel_hours(k->channel));
}

static contact_answer no(const rule_view *v, int rule, int64_t t) {
    contact_answer a = {CONTACT_NO, CONTACT_NEVER, (contact_rule)rule, ""};
    char why[TEXT];
    bool clock = rule == CONTACT_RULE_quiet || rule == CONTACT_RULE_hours;
    if (clock && rules[rule].from(v, v->k->at_us, NULL) != v->k->at_us) t = v->k->at_us; /* why it is not now says more than why it is not the last day looked at */
    bool later = rules[rule].from(v, t, why) != CONTACT_NEVER || clock;
    if (later) snprintf(a.text, sizeof a.text, "%.200s; no instant within %d days does", why, v->c->ahead_days);
    else snprintf(a.text, sizeof a.text, "%.250s", why);
    return a;
}

contact_answer contact_decide(const contact_state *s, const contact_settings *c, const contact_ask *k) {
    rule_view v = view_of(s, c, k);
    int64_t t = k->at_us, moved_most = 0, asked_at = t, settled = CONTACT_NONE;
    int mover = CONTACT_RULES;
    while (settled != t) {
        settled = t;
        for (int i = 0; i < CONTACT_RULES; i++) {
            if (!asked(k, i)) continue;
            int64_t from = rules[i].from(&v, settled, NULL);
            if (from > v.until_us) return no(&v, i, settled);
            if (from - settled > moved_most) moved_most = from - settled, mover = i, asked_at = settled;
            if (from > t) t = from;
        }
    }
    contact_answer a = {t == k->at_us ? CONTACT_NOW : CONTACT_AT, t, (contact_rule)mover, ""};
    if (a.verdict == CONTACT_NOW) {
        snprintf(a.text, sizeof a.text, "%s by %s: no rule is against it", contact_purpose_name(k->purpose), contact_channel_name(k->channel));
        return a;
    }
    char why[TEXT], when[80];
    rules[mover].from(&v, asked_at, why);
    snprintf(a.text, sizeof a.text, "%.150s; all agree from %.64s on", why, date_of(&v, t, when));
    return a;
}

void contact_explain(const contact_state *s, const contact_settings *c, const contact_ask *k, contact_finding *out) {
    rule_view v = view_of(s, c, k);
    for (int i = 0; i < CONTACT_RULES; i++) {
        out[i] = (contact_finding){.holds = asked(k, i)};
        if (out[i].holds) out[i].from_us = rules[i].from(&v, k->at_us, out[i].text);
    }
}

/* --- words --- */

static const struct {
    const char *name, *meaning;
} purposes[CONTACT_PURPOSES] = {
#define CONTACT_PURPOSE(name, meaning) {#name, meaning},
#include "contact_purposes.def"
#undef CONTACT_PURPOSE
};

static const struct {
    const char *name, *address, *words;
    contact_budget budget;
    bool hours;
} channels[CONTACT_CHANNELS] = {
#define CONTACT_CHANNEL(name, address, budget, hours, from, to, days, words) {#name, #address, words, CONTACT_##budget, hours},
#include "contact_channels.def"
#undef CONTACT_CHANNEL
};

static const char *const budgets[CONTACT_BUDGETS] = {
#define CONTACT_BUDGET(name, limit, words) words,
#include "contact_channels.def"
#undef CONTACT_BUDGET
};

const char *contact_purpose_name(contact_purpose purpose) {
    return (unsigned)purpose < CONTACT_PURPOSES ? purposes[purpose].name : "";
}

const char *contact_purpose_meaning(contact_purpose purpose) {
    return (unsigned)purpose < CONTACT_PURPOSES ? purposes[purpose].meaning : "";
}

const char *contact_channel_name(contact_channel channel) {
    return (unsigned)channel < CONTACT_CHANNELS ? channels[channel].name : "";
}

const char *contact_channel_words(contact_channel channel) {
    return (unsigned)channel < CONTACT_CHANNELS ? channels[channel].words : "";
}

const char *contact_channel_address(contact_channel channel) {
    return (unsigned)channel < CONTACT_CHANNELS ? channels[channel].address : "";
}

contact_budget contact_channel_budget(contact_channel channel) {
    return (unsigned)channel < CONTACT_CHANNELS ? channels[channel].budget : CONTACT_BUDGETS;
}

bool contact_channel_hours(contact_channel channel) {
    return (unsigned)channel < CONTACT_CHANNELS && channels[channel].hours;
}

const char *contact_budget_name(contact_budget budget) {
    return (unsigned)budget < CONTACT_BUDGETS ? budgets[budget] : "";
}

const char *contact_rule_name(contact_rule rule) {
    return (unsigned)rule < CONTACT_RULES ? rules[rule].name : "";
}

const char *contact_rule_sentence(contact_rule rule) {
    return (unsigned)rule < CONTACT_RULES ? rules[rule].sentence : "";
}

bool contact_rule_holds(contact_rule rule, contact_purpose purpose) {
    return (unsigned)rule < CONTACT_RULES && (unsigned)purpose < CONTACT_PURPOSES && rules[rule].holds[purpose];
}

const char *contact_verdict_name(contact_verdict verdict) {
    static const char *const names[] = {"no", "now", "at"};
    return (unsigned)verdict <= CONTACT_AT ? names[verdict] : "";
}

static bool is(const char *word, const char *name, size_t len) {
    size_t i = 0;
    while (i < len && word[i] && word[i] == fold(name[i])) i++;
    return i == len && !word[i];
}

int contact_purpose_find(const char *name, size_t len) {
    for (int i = 0; i < CONTACT_PURPOSES; i++)
        if (is(purposes[i].name, name, len)) return i;
    return -1;
}

int contact_channel_find(const char *name, size_t len) {
    static const struct {
        const char *word;
        contact_channel channel;
    } words[] = {{"mail", CONTACT_email}, {"e-mail", CONTACT_email}, {"call", CONTACT_phone}, {"telephone", CONTACT_phone}, {"mobile", CONTACT_phone}, {"text", CONTACT_sms},
                 {"post", CONTACT_letter}, {"postal", CONTACT_letter}, {"meeting", CONTACT_visit}, {"onsite", CONTACT_visit}};
    for (int i = 0; i < CONTACT_CHANNELS; i++)
        if (is(channels[i].name, name, len)) return i;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is(words[i].word, name, len)) return (int)words[i].channel;
    return -1;
}
