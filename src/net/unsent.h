/* SPDX-License-Identifier: ISC */
#ifndef NET_UNSENT_H
#define NET_UNSENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * What the socket of a receiver has not taken: a bufferevent that sends it in its own
 * time. There is one only while it holds something, which of most people is never, so
 * that all others cost nothing. What belongs to a reader who does not read is kept
 * here, too.
 *
 * Write-only: reading is net/receive.h's, by an event of its own.
 */
struct bufferevent;
struct conn;

struct unsent {
	struct conn *conn;
	struct bufferevent *bev;
	uint64_t skipped;   /* lines that he did not get since he became slow */
	int64_t slow_since; /* in net->slow since then, monotonic ms; 0: not */
	TAILQ_ENTRY(unsent) slow_link;
};

/* How much that is, in bytes. */
size_t unsent_len(const struct conn *conn);

/* Append it to `out`. */
void unsent_text(const struct conn *conn, struct buf *out);

/*
 * Queue bytes behind what is there. -1 if libevent or the system has no room for them;
 * then something is missing in what he gets, so end the session.
 */
must_use int unsent_add(struct conn *conn, struct str bytes);

/* Begin or end skipping lines for a reader who has something unsent. */
void unsent_set_slow(struct conn *conn, bool on);

/* Are his lines skipped? */
bool unsent_is_slow(const struct conn *conn);

/* Throw away what is left. Nothing if there is nothing. */
void unsent_free(struct conn *conn);

#endif
