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
	FOREIGN_UNDECIDED, /* too few bytes to tell; more than FOREIGN_MOST or a line
			      never are */
	FOREIGN_NONE,      /* a person, or a script that means us */
	FOREIGN_HTTP,      /* a request line: METHOD target HTTP/1.1 */
	FOREIGN_TLS,       /* a handshake record with a ClientHello */
	FOREIGN_SSH,       /* an identification string: SSH-2.0-... */
	FOREIGN_PROXY,     /* the PROXY protocol, v1 or v2, which was not asked for */
};

/* More bytes than this say no more. */
#define FOREIGN_MOST 2048

/*
 * What are these first bytes of a connection? Decides as early as it can. "GET a life"
 * is a line of a person: only what can't be one is foreign.
 */
enum foreign foreign_detect(struct str first);

/*
 * Append what such a peer is answered, in the manner of its protocol: a response of
 * HTTP that says how to come in, an alert of TLS, a line for SSH. `server` is what the
 * room calls itself. Nothing for FOREIGN_NONE.
 */
void foreign_answer(enum foreign foreign, const char *server, struct buf *out);

/* For the log: "HTTP", "TLS", ... */
const char *foreign_name(enum foreign foreign);

#endif
