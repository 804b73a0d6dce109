/* What `marram customer show` prints, from what person_read gives. */
#ifndef CLI_CUSTOMER_H
#define CLI_CUSTOMER_H

#include <jansson.h>

void customer_print(const json_t *person);

#endif
