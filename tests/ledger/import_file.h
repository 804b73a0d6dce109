/* A file for the imports of the crash tests: NDJSON events of every kind. One in twelve comes again, some of those with another amount; one in
 * ten has no id, and some of those lines stand there twice. The same for the same numbers. */
#ifndef TESTS_LEDGER_IMPORT_FILE_H
#define TESTS_LEDGER_IMPORT_FILE_H

#define IMPORT_FILE_SEED 77 /* source ids begin with it in hexadecimal: "4d/" */

void import_file(const char *path, unsigned events, unsigned pool);

#endif
