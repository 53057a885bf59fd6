/* SPDX-License-Identifier: ISC */
#ifndef NET_TELNET_H
#define NET_TELNET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * The telnet protocol (RFC 854, 855), the server's side: a state machine fed byte by
 * byte that tells text from commands and appends what it has to say to a buffer. No
 * socket, no clock; all input is hostile.
 *
 * Options are negotiated by the Q method (RFC 1143): a request for the state that an
 * option is in, or that was refused before, gets no answer, and whoever changes his
 * mind again and again is refused one day. So no peer can make a loop. Each side of
 * each option that we take part in is a row of a table in telnet.c:
 *
 *	peer's	BINARY (RFC 856), NAWS (1073), TTYPE with MTTS (1091)
 *	ours	ECHO (857) and SGA (858), only by our own wish and SGA only with ECHO;
 *		BINARY, EOR (885) on request; CHARSET (2066)
 *
 * Anything else is refused, once. TIMING-MARK (860) is answered each time it is asked
 * for, since a BSD client that sent ^C throws away all output until then.
 * Subnegotiations are bounded: what is too long is dropped up to its end, so that no
 * payload can pass for text or commands.
 */
struct state_table;
struct telnet;

extern const struct state_table telnet_state;

#define TELNET_IAC 255 /* interpret as command: begins every command */

enum telnet_event {
	TELNET_TEXT,         /* the byte is text (for IAC IAC: the second one) */
	TELNET_NOTHING,      /* it was part of a command, and nothing follows from it */
	TELNET_TERMINAL,     /* telnet_terminal() or telnet_is_editing() may differ */
	TELNET_INTERRUPT,    /* IAC IP: ^C of a client in line mode */
	TELNET_BREAK,        /* IAC BRK: ^\ */
	TELNET_SUSPEND,      /* IAC SUSP: ^Z */
	TELNET_ABORT_OUTPUT, /* IAC AO: ^O */
	TELNET_ERASE_CHAR,   /* IAC EC */
	TELNET_ERASE_LINE,   /* IAC EL */
	TELNET_ARE_YOU_THERE, /* IAC AYT: wants to see any text */
	TELNET_END,           /* IAC EOF: no more input will come */
};

/* What the peer has told about its terminal. */
struct telnet_terminal {
	unsigned columns, rows; /* 0 if unknown, else at most 500 */
	unsigned colours;       /* 0, 16 or 256 */
	bool is_reader;         /* a screen reader (MTTS bit 64) */
	bool is_known;          /* it has told its type, or will not tell */
	bool has_editor;        /* a client with an input line of its own */
};

struct telnet *telnet_new(void); /* returns new */
void telnet_free(struct telnet *telnet);

/* One byte of input; what is to be sent is appended to `reply`. */
must_use enum telnet_event telnet_byte(
	struct telnet *telnet, unsigned char byte, struct buf *reply);

/*
 * How many bytes at the front of `bytes` are text, and need not go through
 * telnet_byte(): none within a command.
 */
size_t telnet_text(const struct telnet *telnet, struct str bytes);

/*
 * Make our offer, once: the peer has shown that it speaks telnet. DO BINARY comes
 * first, since without it Debian's client damages UTF-8. A bare CR behind it lets the
 * next line overwrite the junk that a wrong guess puts on somebody's screen.
 */
void telnet_offer(struct telnet *telnet, struct buf *reply);

/*
 * Has the peer answered an offer, or sent a command of its own? Only then it is worth
 * asking for more, since only then it is a telnet client.
 */
bool telnet_is_client(const struct telnet *telnet);

/*
 * Ask the peer to leave echo and editing to us (WILL ECHO, WILL SGA), or take that
 * back. Whether it did shows telnet_is_editing(), after TELNET_TERMINAL. A peer that
 * refuses one of the two, or takes it back, is left alone from then on.
 */
void telnet_edit(struct telnet *telnet, bool on, struct buf *reply);

/* The person asks for it: what was refused may be asked for once more. */
void telnet_forgive(struct telnet *telnet);
bool telnet_is_editing(const struct telnet *telnet);

/*
 * Ask the peer not to show what is typed (WILL ECHO), or to show it again. Independent
 * of telnet_edit(), under which the echo is ours anyway. A peer that refuses is asked
 * again only by the next call.
 */
void telnet_hide(struct telnet *telnet, bool on, struct buf *reply);

/* Could that work? False for who is no client, or has refused it before. */
bool telnet_may_hide(const struct telnet *telnet);

struct telnet_terminal telnet_terminal(const struct telnet *telnet);

/* Is the peer's way to us 8-bit clean? Before, a BSD client mangles UTF-8. */
bool telnet_is_binary(const struct telnet *telnet);

/* Append the mark behind a prompt, if the peer has asked for it (EOR). */
void telnet_mark_prompt(const struct telnet *telnet, struct buf *reply);

#endif
