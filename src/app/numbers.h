/* SPDX-License-Identifier: ISC */
#ifndef APP_NUMBERS_H
#define APP_NUMBERS_H

#include <stdint.h>

#include "base/histogram.h"
#include "chat/chat.h"
#include "chat/reason.h"
#include "net/net.h"

/*
 * How things are, in numbers: taken of all that counts, at one moment, for the log and
 * for monitoring (app/metrics.h). Counting itself is an addition where something
 * happens; whatever takes longer is found out here, when somebody asks.
 */

/* What of that nobody but the app counts. Zero-initialise it. */
struct counts {
	uint64_t reloads[2];    /* done, failed */
	uint64_t restarts;      /* in place, since the first start */
	uint64_t dropped;       /* log records, before the last of these */
	struct histogram turns; /* of the loop, how many microseconds each one took */
};

struct numbers {
	uint64_t people;
	uint64_t rooms;
	uint64_t connections; /* open and closing */
	uint64_t lines;       /* said in rooms */
	uint64_t input_lines; /* typed */
	uint64_t deliveries;
	uint64_t skipped_lines;
	uint64_t received_bytes;
	uint64_t sent_bytes;
	uint64_t queue_bytes;
	uint64_t connects[2]; /* accepted, refused */
	uint64_t disconnects[REASONS];
	struct histogram turns;
	uint64_t open_fds;
	uint64_t max_fds;
	uint64_t resident_memory_bytes;
	uint64_t cpu; /* microseconds, as a user and in the kernel */
	uint64_t reloads[2];
	uint64_t restarts;
	uint64_t log_records_dropped;
	uint64_t bans; /* and mutes */
	uint64_t claims;
	uint64_t started; /* microseconds since the epoch */
	uint64_t one;     /* 1 */
};

void numbers_take(struct numbers *numbers, const struct chat *chat,
	const struct net *net, const struct counts *counts);

/* Two records in the log. `up` is for how long we run, in milliseconds. */
void numbers_log(const struct numbers *numbers, int64_t up);

#endif
