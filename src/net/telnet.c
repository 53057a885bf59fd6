/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/telnet.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

/* Commands, RFC 854; EOF is RFC 1184. */
enum {
	CMD_EOF = 236,
	CMD_SE = 240,
	CMD_AYT = 246,
	CMD_SB = 250,
	CMD_WILL = 251,
	CMD_WONT = 252,
	CMD_DO = 253,
	CMD_DONT = 254,
	CMD_IAC = TELNET_IAC,
};

enum {
	OPT_TIMING_MARK = 6
};

enum telnet_state {
	STATE_TEXT,
	STATE_IAC,    /* behind IAC */
	STATE_OPTION, /* behind WILL, WONT, DO or DONT */
	STATE_SB,     /* inside a subnegotiation */
	STATE_SB_IAC, /* behind IAC inside a subnegotiation */
};

/* A set of option numbers. */
struct option_set {
	uint64_t bits[4];
};

struct telnet {
	enum telnet_state state;
	unsigned char verb;             /* WILL, WONT, DO or DONT in STATE_OPTION */
	struct option_set refused_do;   /* answered DO with WONT */
	struct option_set refused_will; /* answered WILL with DONT */
};

struct telnet *
telnet_new(void)
{
	return xcalloc(1, sizeof(struct telnet));
}

void
telnet_free(struct telnet *telnet)
{
	free(telnet);
}

/* Add to the set; false if it was in already. */
static bool
option_set_add(struct option_set *set, unsigned char option)
{
	uint64_t *word = &set->bits[option / 64];
	uint64_t bit = UINT64_C(1) << (option % 64);
	bool is_new = !(*word & bit);

	*word |= bit;
	return is_new;
}

static void
answer(struct buf *reply, unsigned char verb, unsigned char option)
{
	buf_add(reply, (unsigned char[]){CMD_IAC, verb, option}, 3);
}

/*
 * WONT and DONT need no answer: everything is off on both sides already, and one does
 * not acknowledge the state one is in.
 */
static void
telnet_option(struct telnet *telnet, unsigned char option, struct buf *reply)
{
	if (telnet->verb == CMD_DO) {
		if (option == OPT_TIMING_MARK)
			answer(reply, CMD_WILL, option);
		else if (option_set_add(&telnet->refused_do, option))
			answer(reply, CMD_WONT, option);
	} else if (telnet->verb == CMD_WILL) {
		if (option_set_add(&telnet->refused_will, option))
			answer(reply, CMD_DONT, option);
	}
}

static enum telnet_event
telnet_command(struct telnet *telnet, unsigned char byte, struct buf *reply)
{
	telnet->state = STATE_TEXT;
	switch (byte) {
	case CMD_IAC:
		return TELNET_TEXT;
	case CMD_WILL:
	case CMD_WONT:
	case CMD_DO:
	case CMD_DONT:
		telnet->verb = byte;
		telnet->state = STATE_OPTION;
		return TELNET_SWALLOWED;
	case CMD_SB:
		telnet->state = STATE_SB;
		return TELNET_SWALLOWED;
	case CMD_AYT:
		buf_add_str(reply, STR("[Yes, I am here]\r\n"));
		return TELNET_SWALLOWED;
	case CMD_EOF:
		return TELNET_END;
	default:
		return TELNET_SWALLOWED;
	}
}

enum telnet_event
telnet_byte(struct telnet *telnet, unsigned char byte, struct buf *reply)
{
	switch (telnet->state) {
	case STATE_TEXT:
		if (byte != CMD_IAC)
			return TELNET_TEXT;
		telnet->state = STATE_IAC;
		return TELNET_SWALLOWED;
	case STATE_IAC:
		return telnet_command(telnet, byte, reply);
	case STATE_OPTION:
		telnet->state = STATE_TEXT;
		telnet_option(telnet, byte, reply);
		return TELNET_SWALLOWED;
	case STATE_SB:
		if (byte == CMD_IAC)
			telnet->state = STATE_SB_IAC;
		return TELNET_SWALLOWED;
	case STATE_SB_IAC:
		/* IAC IAC is a data byte; only IAC SE ends it, so that no payload can
		 * pass for text or commands. */
		telnet->state = byte == CMD_SE ? STATE_TEXT : STATE_SB;
		return TELNET_SWALLOWED;
	}
	return TELNET_SWALLOWED;
}
