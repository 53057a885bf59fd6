/* SPDX-License-Identifier: ISC */
#ifndef TESTS_STATE_COPY_H
#define TESTS_STATE_COPY_H

#include <stdio.h>
#include <stdlib.h>

#include "base/state.h"

/*
 * What a struct is after a restart: `to`, which is zeroed, gets all of `from` that its
 * table keeps.
 */
static inline void
state_copy(const struct state_table *table, const void *from, void *to)
{
	struct state_out out = {0};
	struct state_item item;
	struct state_in in;
	struct err err;

	state_put(&out, 1, table, from);
	in = (struct state_in){.rest = buf_str(&out.buf), .fds = &out.fds};
	if (state_next(&in, &item, &err) != 1 ||
		state_get(&in, &item, table, to, &err) == -1) {
		fprintf(stderr, "not taken back: %s\n", err.text);
		abort();
	}
	state_out_fini(&out);
}

#endif
