/* Telephone numbers: which one is meant, or why that is not certain. */
#include "check.h"

#include <phone.h>

static void test_numbers(void **state) {
    (void)state;
    static const struct {
        const char *written, *country, *want; /* want: a number, or a part of what is said */
    } cases[] = {
        {"+49 171 2345678", "", "+491712345678"}, {"+49 (0) 171 / 234 56-78", "", "+491712345678"}, {"0171 2345678", "DE", "+491712345678"}, {"0171.234.5678", "de", "+491712345678"},
        {"0049 171 2345678", "DE", "+491712345678"}, {"0049 (0)171 2345678", "DE", "+491712345678"}, {"+49\xC2\xA0""171\xE2\x80\x93""2345678", "FR", "+491712345678"},
        {"06 12 34 56 78", "FR", "+33612345678"}, {"07700 900123", "GB", "+447700900123"}, {"+44 (0)7700 900123", "US", "+447700900123"},
        {"(212) 555-0123", "US", "+12125550123"}, {"1-212-555-0123", "US", "+12125550123"}, {"+1 212 555 0123", "", "+12125550123"}, {"011 49 171 2345678", "US", "+491712345678"},
        {"312 345 6789", "IT", "+393123456789"}, {"06 12345678", "IT", "+390612345678"}, {"+39 06 12345678", "", "+390612345678"}, {"612 345 678", "ES", "+34612345678"},
        {"06 20 123 4567", "HU", "+36201234567"}, {"412 34 567", "NO", "+4741234567"}, {"0011 44 7700 900123", "AU", "+447700900123"}, {"0412 345 678", "AU", "+61412345678"},
        {"+998 90 123 45 67", "", "+998901234567"}, /* a country that is not in the table */
        {"", "DE", "no digits"}, {"-", "DE", "no digits"}, {"0171 2345678", "", "its country is not known"}, {"0171 2345678", NULL, "its country is not known"}, {"0171 2345678", "XX", "not known here"},
        {"171 2345678", "DE", "neither with a calling code"}, {"49 171 2345678", "DE", "neither with a calling code"}, {"+49 0171 2345678", "", "not certain"}, {"+39 (0) 6 12345678", "", "not certain"},
        {"(0) 171 2345678", "DE", "+491712345678"}, {"0171 (0) 2345678", "DE", "not certain"}, {"+998 (0) 90 123 45 67", "", "not certain"}, {"0171 2345678901", "DE", "too many digits for its country"},
        {"0171 2", "DE", "too few digits"}, {"212 555 012", "US", "too few digits for its country"}, {"612 345 67", "ES", "too few digits for its country"}, {"+1234567890123456", "", "more than 15"}, {"+0171 2345678", "", "begins with 0"},
        {"0171 2345678 ext 5", "DE", "more than digits"}, {"++49 171 2345678", "", "more than digits"}, {"0171 +2345678", "DE", "more than digits"}, {"call me", "DE", "more than digits"}, {"0171 2345678\n", "DE", "more than digits"},
        {"\xD9\xA1\xD9\xA2\xD9\xA3", "DE", "more than digits"}, {"0000000000000000000000000000000000000000000000000000", "DE", "too many digits"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[PHONE_E164];
        mr_error err = {0};
        mr_status status = phone_e164(cases[i].written, cases[i].country, out, &err);
        bool fine = cases[i].want[0] == '+';
        if (fine != (status == MR_OK) || (fine ? strcmp(out, cases[i].want) != 0 : !strstr(err.message, cases[i].want) || out[0])) fail_msg("'%s' in %s: '%s' %s", cases[i].written, cases[i].country, out, err.message);
        if (!fine) assert_string_equal(err.field, "phone");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
