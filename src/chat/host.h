/* SPDX-License-Identifier: ISC */
#ifndef CHAT_HOST_H
#define CHAT_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/changes.h"

/*
 * The daemon as operators see it from the chat: what only it can do for them, and what
 * that takes and gives.
 */

/* What a reload has done, or would do. Zero-initialise it. */
struct reload {
	struct changes changes; /* what differs from before */
	struct errlist errors;  /* mistakes, each as "FILE:LINE: what is wrong" */
};

static inline void
reload_fini(struct reload *reload)
{
	changes_fini(&reload->changes);
	errlist_fini(&reload->errors);
}

/* How things are, beside what the chat knows itself. Texts borrow, for the turn. */
struct host_status {
	int64_t pid;
	const char *config;     /* file, or NULL */
	const char *log_level;  /* as in the configuration */
	struct errlist listens; /* addresses; owned by who has asked */
	uint64_t connections;   /* open and closing */
	uint64_t skipped;       /* lines that slow readers did not get */
	uint64_t reloads;
	uint64_t log_dropped;
	const uint64_t *closes; /* sessions that ended, by reason */
};

/* What only the daemon itself can do, for operators. */
struct host_ops {
	/*
	 * Read the configuration again, and what outlives the daemon; the chat goes
	 * over to it within the call. -1 with every mistake in the errors, and then
	 * nothing has changed. With 0 there may be errors too: of the state's files.
	 */
	int (*rehash)(void *arg, struct reload *reload);

	/* Find out what that would do to the configuration. Changes nothing. */
	int (*check)(void *arg, struct reload *reload);

	/*
	 * Restart in place. -1 with the reason in `err` if that can't be begun; what
	 * becomes of it hears chat->asker, or the console that waits for it.
	 */
	int (*restart)(void *arg, struct err *err);

	/* End, with a goodbye to everybody. */
	void (*shutdown)(void *arg, const char *why);

	/* Fill in a zeroed status; its `listens` are for the caller to free. */
	void (*status)(void *arg, struct host_status *status);

	/* Log from this level on, until the next reload. False if there is no such. */
	bool (*set_log_level)(void *arg, struct str level);

	/*
	 * Append the numbers for monitoring, in the format of that name; "" is the one
	 * for programs of today. False, and nothing, if there is none such.
	 */
	bool (*metrics)(void *arg, struct str format, struct buf *out);
};

#endif
