/* SPDX-License-Identifier: ISC */
#ifndef BENCH_RELAY_H
#define BENCH_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/*
 * What it costs to hand out lines, by the kernel's means alone; no chat. Each turn of
 * the loop reads from everybody who has something, gathers the lines of each room, and
 * sends each of its people all of them at once, but for his own. What a socket does not
 * take waits for it. A line that begins with "/" is answered by "* ok"; "/join #NAME"
 * goes to a room.
 */

struct room;
struct person;

struct relay {
	/* Set by who opens it: */
	int64_t every;    /* ns, at least, from one round to the next */
	bool is_per_line; /* a system call for each line and receiver */
	size_t cap;       /* of what waits for one socket; who has more is cut off */

	int epoll, listener;
	int64_t last_round;
	char *buffer;
	LIST_HEAD(, room) rooms;
	STAILQ_HEAD(, room) said;
	STAILQ_HEAD(, person) dead;
};

/* Listen on 127.0.0.1, and say on standard output on which port. Fails if it can't. */
void relay_open(struct relay *relay, unsigned port);

/* Wait for something, and do what follows from it. */
void relay_turn(struct relay *relay);

/* Everybody is cut off. */
void relay_close(struct relay *relay);

#endif
