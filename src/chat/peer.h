/* SPDX-License-Identifier: ISC */
#ifndef CHAT_PEER_H
#define CHAT_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/netaddr.h"
#include "chat/page.h"
#include "chat/reason.h"

/*
 * How the chat layer reaches a person: it knows no sockets, only these calls. A
 * connection is a peer (net/conn.c); a unit test is one that appends to a list.
 */
struct msg;
struct peer;

/* What is known of the terminal of a person; all zero for plain clients. */
struct terminal {
	unsigned columns, rows; /* of the window, 0 if unknown */
	unsigned colours;       /* 0, 16 or 256 */
	bool is_reader;         /* a screen reader is in use */
	bool is_telnet;         /* it may get controls such as the bell */
	bool is_ours;           /* we show what is typed, and edit it */
	bool is_exposed;        /* it shows what it was asked to hide */
};

struct peer_ops {
	/*
	 * Lines for this person, each ended by CR LF: a piece of the page. The peer
	 * remembers the extent and sends it at the end of a turn, or later, together
	 * with what else comes, unless it is urgent. May find that too much is unsent
	 * and end the session; that only marks, so a caller may go on walking its list
	 * of people.
	 */
	void (*deliver)(struct peer *peer, struct extent extent, bool is_urgent);

	/*
	 * The person has left by the chat's decision (/quit, idle): send what is due,
	 * then close. The user must not be used any more.
	 */
	void (*hangup)(struct peer *peer, enum reason reason);

	/*
	 * The person has changed a setting that is the peer's: see user_peer_wishes().
	 */
	void (*configure)(struct peer *peer);

	/*
	 * Do not show what is typed from now on, or show it again. False if that can't
	 * be done: then the person is to be warned.
	 */
	bool (*hide)(struct peer *peer, bool hidden);

	/*
	 * For a peer that is no person (chat/console.h): what it is told itself,
	 * instead of a line. NULL of all others; one that has it needs no other.
	 */
	void (*hear)(struct peer *peer, const struct msg *msg);
};

/* Embedded in whoever implements it; lives at least until hangup or user_quit(). */
struct peer {
	const struct peer_ops *ops;
	uint64_t id;      /* never reused; prefix of log records, number of a guest */
	const char *from; /* where it comes from, for the log and operators */
	bool has_addr;    /* false for a unix socket */
	struct netaddr addr; /* with has_addr */
};

#endif
