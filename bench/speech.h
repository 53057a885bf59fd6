/* SPDX-License-Identifier: ISC */
#ifndef BENCH_SPEECH_H
#define BENCH_SPEECH_H

#include <stdbool.h>
#include <stddef.h>

struct crowd;
struct session;
struct sender;

/*
 * What is spoken: how one logs in, and what a line is wrapped in.
 */
struct speech {
	const char *name;
	bool echoes;         /* who says a line gets it, too */
	bool has_publishers; /* senders are connections of their own, and get nothing */
	bool listens;        /* its text() is called after the login, too */
	double settle; /* s: how long the server may take to speak of the logins */

	/* A session is connected. May be NULL. */
	void (*begin)(struct crowd *crowd, struct session *session);

	/* A line without a number has come; `line` is not terminated. */
	void (*text)(struct crowd *crowd, struct session *session, const char *line,
		size_t len);

	/* Fill in what comes before each line of this sender. */
	void (*wrap)(const struct crowd *crowd, struct sender *sender);
	const char *after; /* and behind it */
};

/* By its name; NULL if there is none. */
const struct speech *speech_find(const char *name);

/* For telnet.c: the server has taken over echo and editing. */
void speech_telnet_ready(struct crowd *crowd, struct session *session);

#endif
