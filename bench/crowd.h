/* SPDX-License-Identifier: ISC */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "histogram.h"
#include "options.h"
#include "payload.h"
#include "session.h"
#include "tally.h"

/*
 * All the sessions, in one thread around epoll. Logs them in, takes apart what they
 * get, checks and counts each numbered line, and says lines on behalf of the senders.
 * When to say what is up to others (flow.h, modes.h).
 *
 * Session i is in room i modulo the number of rooms, and the first sessions are the
 * senders, so that they are spread over the rooms, too. A protocol whose senders are
 * connections of their own has them behind the others.
 */

/* Somebody who speaks. */
struct sender {
	struct session *session;
	uint32_t room;
	uint32_t column;   /* in the tally: the how-manieth of his room */
	uint32_t sent;     /* lines, ever: the next sequence number */
	uint32_t begun;    /* the first one of this flow */
	uint64_t index;    /* lines of this flow */
	uint64_t due;      /* how many they should be by now */
	size_t before_len; /* what a line is wrapped in */
	char before[80];
};

struct crowd {
	const struct options *options;
	struct payload payload;
	int epoll, timer;
	int64_t epoch;    /* stamps are relative to this */
	int64_t now;      /* when the last bytes were read; relative as well */
	int64_t timer_at; /* for when the timer is set */
	unsigned rooms;   /* at least 1 */
	uint32_t *people; /* [room]: receivers who read */

	struct session *sessions;
	size_t count;     /* receivers, and senders of their own */
	size_t receivers; /* the first so many sessions */
	struct sender *senders;

	/* Logging in. */
	size_t opened, in;
	int64_t login_from, login_to; /* the first connect, the last who was in */
	uint32_t said_to; /* who got the last line of a login, and its text */
	size_t said_len;
	char said[200];

	/* What has come. */
	struct tally *tally;
	uint64_t expected; /* deliveries of all lines said so far */
	uint64_t reads, bytes;
	uint64_t overdue; /* that came when the flow they belong to was over */
	uint64_t garbled; /* lines that were numbered once, and cannot be read */
	uint64_t stray;   /* at somebody who should not have got them */
	uint64_t watched; /* lines at the last session */
	uint64_t closed;  /* sessions that the server has ended */
	int64_t first_at; /* when the first new line came since this was 0 */
	int64_t last_at;  /* when the last one did */
	int64_t late;     /* by how much a line was said too late, at most */

	/* The last numbered line: its length without LF, and of that before the
	 * payload. */
	size_t alike_len, alike_before;

	/* Latencies of lines with a stamp from `record_from` to `record_to`. */
	int64_t record_from, record_to;
	struct histogram latency;

	char *buffer; /* CARRY_MAX bytes, and behind them READ_MAX for what is read */
};

struct crowd *crowd_new(const struct options *options); /* returns new */
void crowd_free(struct crowd *crowd);

/* The time since the epoch, in ns. */
int64_t crowd_now(const struct crowd *crowd);

/* Log in until the first `count` sessions are. Fails when one cannot. */
void crowd_login(struct crowd *crowd, size_t count);

/* All but the first `count` sessions leave. */
void crowd_leave(struct crowd *crowd, size_t count);

/* This session stops reading, and counts no more. */
void crowd_deafen(struct crowd *crowd, struct session *session);

/*
 * Wait until something happens, or the time `until`, and take what has come; not more
 * than a little of it, so that who must say something is not late.
 */
void crowd_turn(struct crowd *crowd, int64_t until);

/* Take what comes for that long. */
void crowd_pass(struct crowd *crowd, int64_t ns);

/* Take what comes until all lines have, or for `patience` none does. */
void crowd_drain(struct crowd *crowd, int64_t patience);

/* How many receivers a line of this sender has. */
uint64_t crowd_reach(const struct crowd *crowd, const struct sender *sender);

/* When line `index` of a flow was to be said by this sender; `now` is when it is. */
typedef int64_t crowd_stamp(
	const void *arg, const struct sender *sender, uint64_t index, int64_t now);

/* Let him say the lines that are due, as far as the socket takes them. */
void crowd_speak(struct crowd *crowd, struct sender *sender, crowd_stamp *stamp,
	const void *arg);

/* Is something due and not said, for want of room in a socket? */
bool crowd_has_more(const struct crowd *crowd);

/* Lost of this flow: what was said and has not come. */
uint64_t crowd_lost(const struct crowd *crowd);

#endif
