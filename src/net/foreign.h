/* SPDX-License-Identifier: ISC */
#ifndef NET_FOREIGN_H
#define NET_FOREIGN_H

#include "base/buf.h"
#include "base/str.h"

/*
 * First bytes of peers that took us for something else. What they send must never be
 * said in the room (a web page can make a browser talk to any port), and they should
 * learn in their own words where they are.
 */
enum foreign {
	FOREIGN_UNDECIDED, /* so far it could be both */
	FOREIGN_NONE,      /* a person, or a script that means us */
	FOREIGN_HTTP,      /* a request line: METHOD target HTTP/1.1 */
	FOREIGN_TLS,       /* a ClientHello, also one in the manner of SSL 2 */
	FOREIGN_SSH,       /* an identification string: SSH-2.0-... */
	FOREIGN_PROXY,     /* the PROXY protocol, v1 or v2, which was not asked for */
};

/* Only so many bytes are looked at, and with so many it is decided. */
#define FOREIGN_BYTES_MAX 1024

/*
 * What are these first bytes of a connection, all that came so far? Decides as early as
 * it can; "GET a life" is a line of a person: only what can't be one is foreign.
 *
 * What is undecided is shorter than FOREIGN_BYTES_MAX and no whole line of text, or
 * empty ones only: PROXY v2 begins with two. All of these peers send more at once, so
 * who is undecided for a second is a person, and who has sent nothing but ends of lines
 * is one sooner.
 */
enum foreign foreign_detect(struct str first);

/*
 * Append what such a peer is answered, in the manner of its protocol: a response of
 * HTTP that says how to come in, an alert of TLS, a line of text. It is to be closed
 * then. `server` is what the room calls itself, clean text without line ends. Nothing
 * for FOREIGN_NONE and FOREIGN_UNDECIDED.
 */
void foreign_answer(enum foreign foreign, const char *server, struct buf *out);

/* For the log: "HTTP", "TLS", ... */
const char *foreign_name(enum foreign foreign);

#endif
