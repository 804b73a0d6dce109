/* The budgets of a day: section plan of the settings. */
#include "config.h"

#include <currency.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool config_budget_parse(const char *text, bool with_currency, double *amount, char currency[4]) {
    *amount = INFINITY;
    if (currency) memset(currency, 0, 4);
    if (!*text) return true;
    size_t digits = strspn(text, "0123456789"), rest = digits;
    if (text[rest] == '.') rest += 1 + strspn(text + rest + 1, "0123456789");
    if (!digits || digits > 12 || rest > 20 || text[rest - 1] == '.') return false;
    *amount = strtod(text, NULL); /* digits and a point alone: no sign, no exponent */
    text += rest;
    if (!with_currency) return !*text;
    if (!*text) return *amount == 0; /* nothing is nothing in any currency */
    if (*text != ' ' || strlen(text) != 4 || currency_digits(text + 1) < 0 || !strcmp(text + 1, "XXX")) return false;
    memcpy(currency, text + 1, 4);
    return true;
}

config_budgets config_budgets_of(const config *c) {
    config_budgets b;
    config_budget_parse(c->plan_money, true, &b.money, b.currency);
    config_budget_parse(c->plan_hours, false, &b.hours, NULL);
    config_budget_parse(c->plan_messages, false, &b.messages, NULL);
    return b;
}
