/* SPDX-License-Identifier: ISC */
#ifndef NET_TELNET_H
#define NET_TELNET_H

#include "base/attr.h"
#include "base/buf.h"

/*
 * The telnet protocol (RFC 854, 855), the server's side: a state machine fed byte by
 * byte that tells text from commands and appends its answers to a buffer.
 *
 * It wants no option. Each one that the peer asks for or offers is refused once, and
 * never again: a second answer to the same request is how loops begin (RFC 1143).
 * TIMING-MARK (RFC 860) is answered each time it is asked for, since a BSD client that
 * sent ^C throws away all output until then; AYT (Are You There) by a line of text.
 * Subnegotiations are dropped up to their end, however long, and take no memory.
 */
struct telnet;

#define TELNET_IAC 255 /* interpret as command: begins every command */

enum telnet_event {
	TELNET_TEXT,      /* the byte is text (for IAC IAC: the second one) */
	TELNET_SWALLOWED, /* the byte was part of a command */
	TELNET_END,       /* that was the end of IAC EOF: no more input will come */
};

struct telnet *telnet_new(void); /* returns new */
void telnet_free(struct telnet *telnet);

/* One byte of input; answers are appended to `reply`. */
must_use enum telnet_event telnet_byte(
	struct telnet *telnet, unsigned char byte, struct buf *reply);

#endif
