/* SPDX-License-Identifier: ISC */
#ifndef CHAT_HOST_H
#define CHAT_HOST_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "chat/reason.h"
#include "conf/changes.h"

/*
 * The daemon as operators see it from the chat: what struct host_ops (chat/chat.h)
 * takes and gives.
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

#endif
