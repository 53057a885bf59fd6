/* SPDX-License-Identifier: ISC */
#ifndef TESTS_PROTO_RIG_H
#define TESTS_PROTO_RIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"
#include "net/proto.h"
#include "wire.h"

/*
 * A protocol, fed as a connection feeds it, and what came of it since the last look:
 *
 *	[text]	a line; [text~] when it was cut
 *	E	the end of input
 *	T	the terminal, or the editor, has changed
 *	C	Tab
 *	K and a byte	a key, while wants_keys
 */
struct session {
	struct proto proto;
	struct buf events;
	struct buf reply;
	size_t max; /* of a line */
	bool draws; /* the editor is drawn behind each piece, as at the end of a turn */
	/* What is done about an event, when it is noted. NULL: nothing. */
	void (*act)(struct session *session, enum proto_event event);
};

enum {
	SESSION_MAX = 16
};

void session_start(struct session *session, const struct proto_ops *ops);
void session_fini(struct session *session);

/* One piece as it was read; it is copied, so that reading past it is seen. */
void session_feed(struct session *session, struct str bytes);

/* The input has ended: an unfinished line is a line, too. */
void session_finish(struct session *session);

/* Fails the test, at its line `at`, unless just this has come. Then forgets it. */
void session_check(
	struct session *session, struct str events, struct str reply, int at);

/* These bytes have these effects. */
#define FEED(session, bytes, events, reply)                                            \
	(session_feed(session, STR(bytes)),                                            \
		session_check(session, STR(events), STR(reply), __LINE__))

/* What we do says this. */
#define DOES(session, call, reply)                                                     \
	((call), session_check(session, STR(""), STR(reply), __LINE__))

/* A client with a window and a plain terminal, up to our offer to edit. */
#define MODERN WILL BINARY WILL NAWS SIZE_80_24 WILL TTYPE TYPE_IS("XTERM")
#define MODERN_EVENTS "TTT"
/* What it is answered, behind the offer. */
#define MODERN_ANSWERS ASK_TYPE ASK_TYPE WILL ECHO WILL SGA

/* What the editor says when it comes and goes. */
#define ENTER "\033[?2004h"
#define LEAVE "\033[?2004l"

/* Telnet from the start, and the editor is there, not drawn. Forgets what came. */
void session_start_editor(struct session *session);

#endif
