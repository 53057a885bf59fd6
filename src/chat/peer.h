/* SPDX-License-Identifier: ISC */
#ifndef CHAT_PEER_H
#define CHAT_PEER_H

#include <stdint.h>

#include "chat/page.h"

/*
 * How the chat layer reaches a person: it knows no sockets, only these calls. A
 * connection is a peer (net/conn.c); a unit test is one that appends to a list.
 */
struct peer;

struct peer_ops {
	/*
	 * Lines for this person, each ended by CR LF: a piece of the page. The peer
	 * remembers the extent and sends it at the end of the turn. May find that too
	 * much is unsent and end the session; that only marks, so a caller may go on
	 * walking its list of people.
	 */
	void (*deliver)(struct peer *peer, struct extent extent);

	/*
	 * The person has left by the chat's decision (/quit, idle): send what is due,
	 * then close. `why` goes to the log. The user must not be used any more.
	 */
	void (*hangup)(struct peer *peer, const char *why);
};

/* Embedded in whoever implements it; lives at least until hangup or user_quit(). */
struct peer {
	const struct peer_ops *ops;
	uint64_t id; /* never reused; prefix of log records, number of a guest */
};

#endif
