/* SPDX-License-Identifier: ISC */
#ifndef NET_TERMINAL_TYPE_H
#define NET_TERMINAL_TYPE_H

#include <stdbool.h>

#include "base/str.h"

/*
 * What the names that a client gives for its terminal (RFC 1091) say about it. A client
 * tells one name each time it is asked, and repeats the last; MUD clients tell their
 * own name, a terminal's, and "MTTS n", n being a sum of what they can (bit 1 ANSI
 * colours, 4 UTF-8, 8 256 colours, 64 a screen reader is in use).
 */
struct state_table;
extern const struct state_table terminal_type_state;

struct terminal_type {
	char last[41]; /* the name told last; a longer one is cut */
	bool has_mtts; /* n below is known, and says more than the names */
	unsigned mtts;
	unsigned colours; /* by the best of the names: 0, 16 or 256 */
	bool has_editor;  /* a client or terminal whose lines are not ours to edit */
};

/* Take another name. False if it repeats the last: there is no more to be had. */
bool terminal_type_add(struct terminal_type *type, struct str name);

unsigned terminal_type_colours(const struct terminal_type *type);
bool terminal_type_is_reader(const struct terminal_type *type);

#endif
