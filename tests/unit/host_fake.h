/* SPDX-License-Identifier: ISC */
#ifndef TESTS_HOST_FAKE_H
#define TESTS_HOST_FAKE_H

#include "chat/chat.h"

/* The daemon around the chat: what it was asked for, and what it answers. */
struct fake_host {
	const char *mistakes[4]; /* of a reload, ended by NULL; none: it is good */
	const char *stale;       /* a mistake in the files of the state, or NULL */
	unsigned reloads, checks, restarts;
	const char *cant_restart; /* why, or NULL */
	char *shutdown;           /* why it was asked to end; owned */
	unsigned shutdowns;
	char level[16]; /* of the log */
};

/* The argument is a struct fake_host. */
extern const struct host_ops fake_host;

#endif
