/* A made-up customer as lines of text. */
#ifndef SIMULATE_WORLD_LINES_H
#define SIMULATE_WORLD_LINES_H

#include "world.h"

#include <body.h>
#include <text.h>

/* Event i of a customer as a line of NDJSON that `marram import events` reads. */
void world_line_event(text_buffer *out, body_writer *body, const world *w, const world_history *h, size_t i);
/* Lines of the CSV files. world_lines_bought: a line an order, or a term of the contract; returns how many. */
extern const char world_head_customers[], world_head_truth[], world_head_orders[], world_head_contracts[];
void world_line_customer(text_buffer *out, const world_history *h);
void world_line_truth(text_buffer *out, const world *w, const world_history *h);
uint64_t world_lines_bought(text_buffer *out, const world *w, const world_history *h);

#endif
