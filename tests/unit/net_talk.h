/* SPDX-License-Identifier: ISC */
#ifndef NET_TALK_H
#define NET_TALK_H

#include <stdbool.h>

#include "net_rig.h"

/*
 * For tests of who waits for more lines, and what he gets then. Ann talks, bob listens;
 * a window of one millisecond has the smallest budget.
 */
struct talk {
	struct rig *rig;
	struct caller ann, bob;
	unsigned lines; /* that ann has said */
};

#define QUICK "server.pace=1ms"

/*
 * Most of these are played twice: bob is one of an audience (chat/audience.h), or gets
 * each line by itself, as who ignores somebody.
 */
extern int talk_by_himself;
#define talk_twice(function)                                                           \
	rig_test(function),                                                            \
	{                                                                              \
#function " (by himself)", (function), NULL, rig_end, &talk_by_himself \
	}

struct talk talk_new(void **state, const char *pace, const char *more, int type);

/* Does anybody wait? */
bool talk_waits(const struct rig *rig);

/* Ann says "line N". */
void talk_on(struct talk *talk);

/* Until bob has to wait; he has read what came before, line by line. */
void talk_until_held(struct talk *talk);

/* The lines from `first` to the last one said, in one packet. */
void expect_lines(struct talk *talk, unsigned first, const char *behind);

/* Nobody waits, and nothing is left of what was said. */
void assert_done(struct rig *rig);

#endif
