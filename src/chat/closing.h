/* SPDX-License-Identifier: ISC */
#ifndef CHAT_CLOSING_H
#define CHAT_CLOSING_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The end that was announced: /shutdown in 10m. Everybody is told at once, again when
 * the time left is 1h, 30m, 15m and so on, and whoever comes meanwhile.
 */
struct chat;
struct user;

struct closing {
	int64_t at;   /* monotonic ms; 0: there is none */
	int64_t told; /* how long before it was told last, ms */
	char *by;     /* who has decided so; owned */
};

/* End in `ms`, > 0, instead of what was announced before, if anything was. */
void closing_begin(struct chat *chat, int64_t ms, const char *by);

/* Not after all, which everybody is told. False if there is nothing to call off. */
bool closing_cancel(struct chat *chat);

/* Tell whoever comes, if there is something to tell. */
void closing_tell(struct user *user);

/*
 * Tell what is to be told at this time, or end: then the host is asked to. When there
 * will be something to do, monotonic ms; -1: never.
 */
void closing_tick(struct chat *chat);
int64_t closing_next_due(const struct chat *chat);

void closing_fini(struct closing *closing);

#endif
