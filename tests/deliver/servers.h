/* The SMTP servers of smtp_server.py, for a test program, and another program that reads e-mail. */
#ifndef TESTS_DELIVER_SERVERS_H
#define TESTS_DELIVER_SERVERS_H

#include "check.h"

#include <jansson.h>
#include <text.h>

/* Starts them; false where Debian's python3-aiosmtpd is missing (the test skips itself). */
bool servers_start(void);
void servers_stop(void);
int servers_port(const char *name);
const char *servers_folder(void);
/* The file as Python's email package reads it (parse_mail.py). */
json_t *parsed_mail(const char *path);
/* What a file holds; freed by text_free. */
text_buffer whole_file(const char *path);

#define need_servers() do { if (!servers_start()) { print_message("no python3-aiosmtpd\n"); skip(); } } while (0)

#endif
