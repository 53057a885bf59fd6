/* SPDX-License-Identifier: ISC */
#ifndef TESTS_WIRE_H
#define TESTS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * Telnet as it is on the wire: words to write it with, a strict reader for what we
 * send, and peers that answer it, each in a manner of its own.
 */

/* Literals, so that adjacent ones make a stream: STR(DO ECHO "text"). */
#define IAC "\xff"
#define DONT "\xff\xfe"
#define DO "\xff\xfd"
#define WONT "\xff\xfc"
#define WILL "\xff\xfb"
#define SB "\xff\xfa"
#define EL "\xff\xf8"
#define EC "\xff\xf7"
#define AYT "\xff\xf6"
#define IP "\xff\xf4"
#define BRK "\xff\xf3"
#define SE "\xff\xf0"
#define EOR_MARK "\xff\xef"
#define SUSP "\xff\xed"
#define ABORT_OUTPUT "\xff\xf5"
#define END_OF_FILE "\xff\xec"

#define BINARY "\0"
#define ECHO "\x01"
#define SGA "\x03"
#define STATUS "\x05"
#define TIMING_MARK "\x06"
#define TTYPE "\x18"
#define EOR "\x19"
#define NAWS "\x1f"
#define TSPEED "\x20"
#define LFLOW "\x21"
#define LINEMODE "\x22"
#define XDISPLOC "\x23"
#define AUTHENTICATION "\x25"
#define ENCRYPT "\x26"
#define NEW_ENVIRON "\x27"
#define CHARSET "\x2a"
#define START_TLS "\x2e"
#define MSSP "\x46"
#define MCCP2 "\x56"
#define MCCP3 "\x57"
#define MXP "\x5b"
#define GMCP "\xc9"

/* What we say at first, and ask when the peer has agreed. */
#define OFFER DO BINARY DO NAWS DO TTYPE WILL CHARSET "\r"
#define ASK_TYPE SB TTYPE "\x01" SE
#define ASK_CHARSET SB CHARSET "\x01;UTF-8" SE

/* What a peer tells. */
#define TYPE_IS(name) SB TTYPE "\0" name SE
#define SIZE_80_24 SB NAWS "\0\x50\0\x18" SE
#define HERE "[Yes, I am here]\r\n"

/* Numbers that are the same on every machine, by xorshift. `state` is not 0. */
uint64_t wire_random(uint64_t *state);

/* The first state for a seed; different ones for seeds that follow each other. */
uint64_t wire_seed(unsigned seed);

/* Append something that a client, a strange one too, may send: a command, or text. */
void wire_random_token(uint64_t *random, struct buf *out);

enum wire_kind {
	WIRE_NONE,    /* the end */
	WIRE_TEXT,    /* bytes up to the next command */
	WIRE_VERB,    /* WILL, WONT, DO or DONT */
	WIRE_SB,      /* a whole subnegotiation: `text` is what is in it */
	WIRE_COMMAND, /* IAC and one byte */
	WIRE_BROKEN,  /* nothing that a server may say, or cut off */
};

struct wire_item {
	enum wire_kind kind;
	unsigned char verb; /* or the byte of a command */
	unsigned char option;
	struct str text;
};

/* Take the next item off the front of `*bytes`. */
struct wire_item wire_next(struct str *bytes);

/* Append it in words, for messages. */
void wire_print(struct buf *out, struct str bytes);

/* Fails the test, and shows both, if they differ. `what` says what was compared. */
void wire_check(struct str got, struct str want, const char *what, int line);

/* Which side of an option a verb is about: 0 ours (DO, DONT, our WILL, WONT), 1 its. */
int wire_side_received(unsigned char verb);
int wire_side_sent(unsigned char verb);

/*
 * Peers
 */

enum wire_manner {
	MANNER_REFUSES,  /* no to everything, also as an answer to a no */
	MANNER_AGREES,   /* yes to every yes, no to every no, each time */
	MANNER_ECHOES,   /* the same verb back */
	MANNER_CONTRARY, /* no to every yes, yes to every no */
	MANNER_RANDOM,   /* one of these, each time another */
	MANNER_SILENT,
	MANNERS,
};

struct wire_peer {
	enum wire_manner manner;
	uint64_t random;
	unsigned types; /* names of its terminal told so far */
};

/* Append what it answers to what we sent. */
void wire_peer_answer(struct wire_peer *peer, struct str sent, struct buf *answer);

#endif
