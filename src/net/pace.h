/* SPDX-License-Identifier: ISC */
#ifndef NET_PACE_H
#define NET_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/*
 * Pacing: is somebody sent to at once, or is it better to wait a little for what else
 * comes?
 *
 * To send takes 3 to 6 microseconds, whatever it is: a line to a thousand people is 5
 * milliseconds of a core, and so are the twenty lines of the next 20 milliseconds
 * together. So time is cut into windows, the same for all. The first one begins with
 * something to be sent, each other one so, too, but not before the last one is over.
 * In it
 *
 *	who has got nothing yet is sent to at once,
 *	who has is sent to at once, too, as long as the window's budget lasts,
 *	then he waits for the end of the window, and gets all that has come by one call.
 *
 * People who all get the same (chat/audience.h) have a window of their own, which
 * begins when they are told: so those of a big room are not told all at once, and
 * nobody waits for a thousand others. What they cost goes to the same budget.
 *
 * Somebody waits, too, as long as it is known that more is coming at once: of a flood
 * the loop takes only some lines in a turn, and the others in the next ones.
 *
 * But nobody waits who has got together so much that it does not matter what one more
 * call costs; and what he gets at once shall fit into the buffer of his socket.
 *
 * Where more is asked for than the budgets of some windows the next one is busy: nobody
 * is sent to twice in it. So a quiet room and many small ones lose nothing, and a big
 * one that is busy costs each of its people one call per window.
 *
 * Pure: it knows neither people nor sockets, and no clock. Zero-initialise it.
 */
struct pace {
	int64_t end;    /* of the window, as moment.us */
	int64_t length; /* of it, microseconds; 0: nobody waits */
	uint64_t spent; /* calls of its budget */
	uint64_t asked; /* calls, had nobody waited */
	uint64_t left;  /* of what earlier windows were asked for: not yet worked off */
	uint32_t window; /* its number; 0 before the first one */
	bool is_busy;    /* in it nobody is sent to twice */
	uint32_t calls;  /* of this window */
	int64_t took;    /* these, microseconds */
	uint64_t cost;   /* of a call, nanoseconds, as was measured; 0: not yet */
};

/* Who has so many bytes does not wait. */
#define PACE_ENOUGH ((size_t)32 * 1024)

/*
 * The budget of a window: calls that take so many percent of its time. What a call
 * costs depends on the machine, and on what else it has to do, so that is measured; at
 * first it is taken to be this, nanoseconds.
 */
#define PACE_SHARE 75
#define PACE_CALL_NS 6000

/*
 * It is `now` (moment.us), and something is to be sent. Windows are `length`
 * microseconds long. True if one begins with this: then those who have waited are to be
 * sent to, too.
 */
must_use bool pace_begin(struct pace *pace, int64_t length, int64_t now);

/*
 * May somebody be sent `len` bytes now, who was sent to in the window `last`, if `more`
 * is coming at once? If so that is counted.
 */
must_use bool pace_may_send(struct pace *pace, uint32_t last, size_t len, bool more);

/*
 * When are so many people told, who all get the same `len` bytes? `has_waited`: the
 * last time was a window's length ago. Nothing is counted if that is now: it is done
 * for each of them.
 */
enum pace_when {
	PACE_NOW,
	PACE_SOON, /* when nothing more is coming */
	PACE_LATER /* when they have waited */
};
must_use enum pace_when pace_when(
	struct pace *pace, bool has_waited, size_t len, bool more, size_t people);

/*
 * Count that so many get something new and need not be put off with it: by that it is
 * known how much there would be to do if nobody waited. pace_may_send() has counted
 * whom it lets be sent to, and PACE_LATER whom it puts off.
 */
void pace_ask(struct pace *pace, size_t people);

/* Count that somebody who has waited, or shall not, is sent to. */
void pace_spend(struct pace *pace);

/* Count an answer: it never waits, and takes time, but nothing of the budget. */
void pace_answer(struct pace *pace);

/* What was sent has taken so many microseconds. */
void pace_took(struct pace *pace, int64_t us);

#endif
