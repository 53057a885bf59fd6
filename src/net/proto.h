/* SPDX-License-Identifier: ISC */
#ifndef NET_PROTO_H
#define NET_PROTO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"
#include "net/linebuf.h"
#include "net/telnet.h"

/*
 * What is spoken on a connection: from bytes to lines. Pure functions of bytes, without
 * sockets, so that a test can replay any stream cut anywhere.
 *
 * A protocol only parses. It never calls the chat, so nothing can be freed under its
 * stack; the connection takes one event at a time and acts on it.
 *
 * Telnet is spoken in three steps, each of which waits for evidence (design: not one
 * byte that is no text goes to a peer that is not a telnet client):
 *
 *	1. the peer sends an IAC, or its first line ends in CR LF or CR NUL: we offer
 *	2. it answers, and tells the size of its window: we ask for the editing
 *	3. it agrees: from now on `editor` turns its keys into lines
 */
struct editor;

enum proto_event {
	PROTO_MORE,     /* all bytes are used up */
	PROTO_LINE,     /* proto_text() has a line */
	PROTO_END,      /* the peer has said that its input ends, or pressed ^D */
	PROTO_TERMINAL, /* what proto_terminal() tells has changed, or the editor came
			   or went */
	PROTO_COMPLETE, /* Tab was pressed: see editor_query() */
	PROTO_KEY,      /* while wants_keys: a key was pressed */
};

struct state_table;

/*
 * For a state that is kept (base/state.h); not in it are `ops`, and what of a pager is
 * here. `ops` is to be set anew.
 */
extern const struct state_table proto_state;

/* State of one connection's protocol. */
struct proto {
	const struct proto_ops *ops;
	struct linebuf lines;
	struct telnet *telnet;     /* NULL until there is evidence */
	struct editor *editor;     /* NULL unless the peer leaves editing to us */
	unsigned char first_lines; /* before telnet: 0, 1, or more than that */
	bool no_edit;              /* the person wants to edit for himself */
	bool wants_keys;           /* with an editor: give out keys, for a pager */
	unsigned char key;         /* of the last PROTO_KEY, until something is typed */
	bool is_hidden;            /* what is typed is not to be shown */
	bool after_cr; /* with an editor: a LF or NUL belongs to the last key */
};

struct proto_ops {
	const char *name; /* as in the option speak */

	/* The connection is open: what is to be said first is appended to `reply`. */
	void (*open)(struct proto *proto, struct buf *reply);

	/*
	 * Take bytes off the front of `*bytes` until an event. Lines are bounded by
	 * `max`. What the protocol itself has to answer is appended to `reply`, to be
	 * sent as it is and before any text that follows from the event. What typing
	 * changes on the screen is for the next editor_draw().
	 */
	enum proto_event (*input)(
		struct proto *proto, struct str *bytes, size_t max, struct buf *reply);
};

extern const struct proto_ops proto_line;   /* every byte is text */
extern const struct proto_ops proto_auto;   /* telnet, as soon as the peer shows it */
extern const struct proto_ops proto_telnet; /* telnet from the start */

void proto_init(struct proto *proto, const struct proto_ops *ops, struct buf *reply);
void proto_fini(struct proto *proto);

/*
 * After PROTO_LINE: the line, of at most `max` bytes; *is_cut says whether something is
 * missing. Borrows: good until the next input.
 */
struct str proto_text(const struct proto *proto, size_t max, bool *is_cut);

/* The input has ended. True if that makes an unfinished line a whole one. */
bool proto_finish(struct proto *proto);

/* What is known of the peer's terminal; all zero if nothing. */
struct telnet_terminal proto_terminal(const struct proto *proto);

/* The person switches server-side editing on (the default) or off. */
void proto_set_edit(struct proto *proto, bool on, struct buf *reply);

/*
 * Do not show what is typed (a passphrase), or show it again. False if that is not
 * possible: then the person is to be warned. An editor that comes meanwhile does not
 * show it either.
 */
bool proto_set_hidden(struct proto *proto, bool hidden, struct buf *reply);

/* Is what should not be shown shown all the same, since the peer has refused? */
bool proto_is_exposed(const struct proto *proto);

/* The connection is about to end: leave the terminal as it was. */
void proto_close(struct proto *proto, struct buf *reply);

#endif
