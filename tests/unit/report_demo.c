/* Writes the made-up report of report_fixture.h, to be looked at: report_demo FOLDER [CUSTOMERS] [MONTHS]
 * [FLAGS] [COLUMNS]. COLUMNS also prints the terminal summary in that width. */
#include "report_fixture.h"

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    size_t n = argc > 2 ? (size_t)atol(argv[2]) : 2000;
    int months = argc > 3 ? atoi(argv[3]) : 24;
    report_fixture *f =
        report_fixture_new(n, months, argc > 4 ? (unsigned)atoi(argv[4]) : FIXTURE_ALL & ~FIXTURE_HOSTILE);
    mr_error err = {0};
    mr_status status = report_write(&f->r, argv[1], NULL, &err);
    if (status != MR_OK) fprintf(stderr, "%s\n", err.message);
    if (argc > 5) report_terminal(&f->r, argv[1], stdout, atoi(argv[5]), getenv("COLOUR") != NULL);
    report_fixture_free(f);
    return status == MR_OK ? 0 : 1;
}
