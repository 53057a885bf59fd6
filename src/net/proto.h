/* SPDX-License-Identifier: ISC */
#ifndef NET_PROTO_H
#define NET_PROTO_H

#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"
#include "net/linebuf.h"

/*
 * What is spoken on a connection: from bytes to lines. Pure functions of bytes, without
 * sockets, so that a test can replay any stream cut anywhere.
 *
 * A protocol only parses. It never calls the chat, so nothing can be freed under its
 * stack; the connection takes one line at a time and acts on it.
 */
struct telnet;

enum proto_event {
	PROTO_MORE, /* all bytes are used up, no line is complete */
	PROTO_LINE, /* linebuf_line() has a line */
	PROTO_END,  /* the peer has said that its input ends (telnet's EOF) */
};

/* State of one connection's protocol. */
struct proto {
	const struct proto_ops *ops;
	struct linebuf lines;
	struct telnet *telnet; /* NULL until the peer has sent an IAC */
};

struct proto_ops {
	const char *name; /* as in the option speak */

	/*
	 * Take bytes off the front of `*bytes` until an event. Lines are bounded by
	 * `max`. What the protocol itself has to answer is appended to `reply`, to be
	 * sent as it is, in this order among all other output.
	 */
	enum proto_event (*input)(
		struct proto *proto, struct str *bytes, size_t max, struct buf *reply);
};

extern const struct proto_ops proto_line;   /* every byte is text */
extern const struct proto_ops proto_telnet; /* telnet, as soon as the peer speaks it */

void proto_init(struct proto *proto, const struct proto_ops *ops);
void proto_fini(struct proto *proto);

#endif
