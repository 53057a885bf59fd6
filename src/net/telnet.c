/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/telnet.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/qmethod.h"
#include "net/telnet_inside.h"
#include "net/terminal_type.h"

/* Commands, RFC 854; EOF and SUSP are RFC 1184, EOR is RFC 885. */
enum {
	CMD_EOF = 236,
	CMD_SUSP = 237,
	CMD_EOR = 239,
	CMD_SE = 240,
	CMD_BRK = 243,
	CMD_IP = 244,
	CMD_AO = 245,
	CMD_AYT = 246,
	CMD_EC = 247,
	CMD_EL = 248,
	CMD_SB = 250,
	CMD_WILL = 251,
	CMD_WONT = 252,
	CMD_DO = 253,
	CMD_DONT = 254,
	CMD_IAC = TELNET_IAC,
};

enum {
	OPT_BINARY = 0,
	OPT_ECHO = 1,
	OPT_SGA = 3,
	OPT_TIMING_MARK = 6,
	OPT_TTYPE = 24,
	OPT_EOR = 25,
	OPT_NAWS = 31,
	OPT_CHARSET = 42,
};

/* Subnegotiations: first byte. */
enum {
	TTYPE_IS = 0,
	TTYPE_SEND = 1
};
enum {
	CHARSET_REQUEST = 1,
	CHARSET_ACCEPTED = 2,
	CHARSET_REJECTED = 3
};

/* A client's name, a terminal's, MTTS, and one more to see the end. */
#define TTYPE_ASKED_MAX 4
/* Nobody changes his mind more often, but for two programs that make a loop. */
#define AGREED_MAX 16

static const struct {
	unsigned char option;
	enum side side;
	bool welcome; /* agreed to when the peer begins */
} slots[] = {
	[US_BINARY] = {OPT_BINARY, SIDE_US, true},
	[US_ECHO] = {OPT_ECHO, SIDE_US, false},
	[US_SGA] = {OPT_SGA, SIDE_US, false},
	[US_EOR] = {OPT_EOR, SIDE_US, true},
	[US_CHARSET] = {OPT_CHARSET, SIDE_US, true},
	[PEER_BINARY] = {OPT_BINARY, SIDE_PEER, true},
	[PEER_TTYPE] = {OPT_TTYPE, SIDE_PEER, true},
	[PEER_NAWS] = {OPT_NAWS, SIDE_PEER, true},
};
_Static_assert(sizeof(slots) / sizeof(slots[0]) == SLOTS, "a row per slot");

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
send_verb(struct buf *reply, unsigned char verb, unsigned char option)
{
	buf_add(reply, (unsigned char[]){CMD_IAC, verb, option}, 3);
}

/* Ask for, or agree to, a state of a slot. */
static void
send_slot(enum slot slot, bool on, struct buf *reply)
{
	if (slots[slot].side == SIDE_US)
		send_verb(reply, on ? CMD_WILL : CMD_WONT, slots[slot].option);
	else
		send_verb(reply, on ? CMD_DO : CMD_DONT, slots[slot].option);
}

/* We want a slot on or off. */
static void
ask(struct telnet *telnet, enum slot slot, bool on, struct buf *reply)
{
	if (qmethod_ask(&telnet->q[slot], on) == Q_SAY_NOTHING)
		return;
	send_slot(slot, on, reply);
	/* A peer that waits takes this for the answer, and gives none of its own. */
	if (on && telnet->waits[slot])
		telnet->q[slot] = (struct qmethod){.state = Q_YES};
}

/* The peer asks for a slot being on or off, or answers us. */
static void
receive_slot(struct telnet *telnet, enum slot slot, bool on, struct buf *reply)
{
	struct qmethod *q = &telnet->q[slot];
	bool welcome = slots[slot].welcome && telnet->agreed[slot] < AGREED_MAX;
	enum qmethod_say say = on ? qmethod_on(q, welcome) : qmethod_off(q);
	bool is_refusal = on && say == Q_SAY_OFF && q->state == Q_NO;

	if (on && say == Q_SAY_ON)
		telnet->agreed[slot]++;
	telnet->waits[slot] = is_refusal &&
		!option_set_add(&telnet->refused[slots[slot].side], slots[slot].option);
	if (say != Q_SAY_NOTHING && !telnet->waits[slot])
		send_slot(slot, say == Q_SAY_ON, reply);
}

static bool
is_on(const struct telnet *telnet, enum slot slot)
{
	return qmethod_is_on(&telnet->q[slot]);
}

/*
 * What follows from the state of options
 */

static void
begin_sb(unsigned char option, unsigned char what, struct buf *reply)
{
	buf_add(reply, (unsigned char[]){CMD_IAC, CMD_SB, option, what}, 4);
}

static void
end_sb(struct buf *reply)
{
	buf_add(reply, (unsigned char[]){CMD_IAC, CMD_SE}, 2);
}

static void
ask_type(struct telnet *telnet, struct buf *reply)
{
	if (telnet->ttype_asked >= TTYPE_ASKED_MAX)
		return;
	telnet->ttype_asked++;
	begin_sb(OPT_TTYPE, TTYPE_SEND, reply);
	end_sb(reply);
}

static void
request_charset(struct buf *reply)
{
	begin_sb(OPT_CHARSET, CHARSET_REQUEST, reply);
	buf_add_str(reply, STR(";UTF-8"));
	end_sb(reply);
}

/* Bring ECHO and SGA to where our wishes want them. */
static void
update_echo(struct telnet *telnet, struct buf *reply)
{
	ask(telnet, US_ECHO, telnet->wants_edit || telnet->wants_hide, reply);
	ask(telnet, US_SGA, telnet->wants_edit, reply);
}

/*
 * The peer will not have ECHO, or SGA. One without the other is worse than none: local
 * echo in raw mode. And whoever insists on what was refused makes a loop, so the wish
 * goes, too.
 */
static void
drop_wishes(struct telnet *telnet, enum slot slot, struct buf *reply)
{
	telnet->refuses_edit = telnet->refuses_edit || telnet->wants_edit;
	telnet->wants_edit = false;
	if (slot == US_ECHO && telnet->wants_hide) {
		telnet->refuses_echo = true;
		telnet->wants_hide = false;
	}
	update_echo(telnet, reply);
}

/* A slot has changed by what the peer said. */
static enum telnet_event
slot_changed(struct telnet *telnet, enum slot slot, struct buf *reply)
{
	bool on = is_on(telnet, slot);

	switch (slot) {
	case PEER_TTYPE:
		telnet->terminal.is_known = !on;
		if (on)
			ask_type(telnet, reply);
		return TELNET_TERMINAL;
	case US_CHARSET:
		if (on)
			request_charset(reply);
		return TELNET_NOTHING;
	case US_ECHO:
	case US_SGA:
		if (telnet->q[slot].state == Q_NO)
			drop_wishes(telnet, slot, reply);
		return TELNET_TERMINAL;
	default:
		return TELNET_NOTHING;
	}
}

/* The slot of an option on a side, or SLOTS if we take no part in it. */
static enum slot
find_slot(unsigned char option, enum side side)
{
	enum slot slot = 0;

	while (slot < SLOTS &&
		(slots[slot].option != option || slots[slot].side != side))
		slot++;
	return slot;
}

static enum telnet_event
receive_option(struct telnet *telnet, unsigned char option, struct buf *reply)
{
	enum side side = telnet->verb == CMD_DO || telnet->verb == CMD_DONT ? SIDE_US
									    : SIDE_PEER;
	bool on = telnet->verb == CMD_DO || telnet->verb == CMD_WILL;
	enum slot slot = find_slot(option, side);
	enum qmethod_state before;

	if (telnet->verb == CMD_DO && option == OPT_TIMING_MARK) {
		send_verb(reply, CMD_WILL, option);
		return TELNET_NOTHING;
	}
	if (slot == SLOTS) {
		/* WONT and DONT are acknowledged by staying as we are. */
		if (on && option_set_add(&telnet->refused[side], option))
			send_verb(reply, side == SIDE_US ? CMD_WONT : CMD_DONT, option);
		return TELNET_NOTHING;
	}
	before = telnet->q[slot].state;
	receive_slot(telnet, slot, on, reply);
	if (telnet->q[slot].state == before)
		return TELNET_NOTHING;
	return slot_changed(telnet, slot, reply);
}

/*
 * Subnegotiations
 */

static unsigned
clamp_cells(unsigned high, unsigned low)
{
	unsigned cells = high << 8 | low;

	return cells < SIZE_MAX_CELLS ? cells : SIZE_MAX_CELLS;
}

/* NAWS: 16 bits of columns, 16 bits of rows; a zero says nothing. */
static enum telnet_event
receive_size(struct telnet *telnet, const unsigned char *data, size_t len)
{
	if (len != 4)
		return TELNET_NOTHING;
	if (data[0] != 0 || data[1] != 0)
		telnet->terminal.columns = clamp_cells(data[0], data[1]);
	if (data[2] != 0 || data[3] != 0)
		telnet->terminal.rows = clamp_cells(data[2], data[3]);
	return TELNET_TERMINAL;
}

/* TTYPE IS name: the first is the client's or terminal's, MTTS comes third. */
static enum telnet_event
receive_type(struct telnet *telnet, struct str name, struct buf *reply)
{
	if (terminal_type_add(&telnet->type, name))
		ask_type(telnet, reply);
	telnet->terminal.colours = terminal_type_colours(&telnet->type);
	telnet->terminal.is_reader = terminal_type_is_reader(&telnet->type);
	telnet->terminal.has_editor = telnet->type.has_editor;
	telnet->terminal.is_known = true;
	return TELNET_TERMINAL;
}

/* CHARSET: our own request needs no more; a request of the peer's is answered. */
static void
receive_charset(struct str list, struct buf *reply)
{
	struct str name;
	char sep = list.len > 0 ? list.p[0] : ';';

	list = str_from(list, 1);
	while (str_split(&list, sep, &name)) {
		if (!str_ieq(name, STR("UTF-8")))
			continue;
		begin_sb(OPT_CHARSET, CHARSET_ACCEPTED, reply);
		buf_add_str(reply, name);
		end_sb(reply);
		return;
	}
	begin_sb(OPT_CHARSET, CHARSET_REJECTED, reply);
	end_sb(reply);
}

static enum telnet_event
receive_sb(struct telnet *telnet, struct buf *reply)
{
	size_t len = telnet->sb_len;
	const unsigned char *sb = telnet->sb;

	if (len < 2 || len > SB_MAX)
		return TELNET_NOTHING;
	if (sb[0] == OPT_NAWS && is_on(telnet, PEER_NAWS))
		return receive_size(telnet, sb + 1, len - 1);
	if (sb[0] == OPT_TTYPE && sb[1] == TTYPE_IS && is_on(telnet, PEER_TTYPE))
		return receive_type(
			telnet, str_make((const char *)sb + 2, len - 2), reply);
	if (sb[0] == OPT_CHARSET && sb[1] == CHARSET_REQUEST &&
		is_on(telnet, US_CHARSET))
		receive_charset(str_make((const char *)sb + 2, len - 2), reply);
	return TELNET_NOTHING;
}

/* Counted in one place, whether the byte was escaped or not. */
static void
add_sb(struct telnet *telnet, unsigned char byte)
{
	if (telnet->sb_len < SB_MAX)
		telnet->sb[telnet->sb_len] = byte;
	if (telnet->sb_len <= SB_MAX)
		telnet->sb_len++;
}

/*
 * Bytes
 */

static enum telnet_event
receive_command(struct telnet *telnet, unsigned char byte)
{
	telnet->state = IN_TEXT;
	if (byte == CMD_IAC)
		return TELNET_TEXT;
	telnet->is_client = true;
	switch (byte) {
	case CMD_WILL:
	case CMD_WONT:
	case CMD_DO:
	case CMD_DONT:
		telnet->verb = byte;
		telnet->state = IN_OPTION;
		return TELNET_NOTHING;
	case CMD_SB:
		telnet->sb_len = 0;
		telnet->state = IN_SB;
		return TELNET_NOTHING;
	case CMD_AYT:
		return TELNET_ARE_YOU_THERE;
	case CMD_IP:
		return TELNET_INTERRUPT;
	case CMD_BRK:
		return TELNET_BREAK;
	case CMD_SUSP:
		return TELNET_SUSPEND;
	case CMD_AO:
		return TELNET_ABORT_OUTPUT;
	case CMD_EC:
		return TELNET_ERASE_CHAR;
	case CMD_EL:
		return TELNET_ERASE_LINE;
	case CMD_EOF:
		return TELNET_END;
	default:
		return TELNET_NOTHING;
	}
}

enum telnet_event
telnet_byte(struct telnet *telnet, unsigned char byte, struct buf *reply)
{
	switch (telnet->state) {
	case IN_TEXT:
		if (byte != CMD_IAC)
			return TELNET_TEXT;
		telnet->state = IN_IAC;
		return TELNET_NOTHING;
	case IN_IAC:
		return receive_command(telnet, byte);
	case IN_OPTION:
		telnet->state = IN_TEXT;
		return receive_option(telnet, byte, reply);
	case IN_SB:
		if (byte == CMD_IAC)
			telnet->state = IN_SB_IAC;
		else
			add_sb(telnet, byte);
		return TELNET_NOTHING;
	case IN_SB_IAC:
		if (byte == CMD_SE) {
			telnet->state = IN_TEXT;
			return receive_sb(telnet, reply);
		}
		/* IAC IAC is a data byte. Anything else is a fault of the peer, and
		 * still inside: only IAC SE ends it. */
		add_sb(telnet, byte);
		telnet->state = IN_SB;
		return TELNET_NOTHING;
	}
	return TELNET_NOTHING;
}

size_t
telnet_text(const struct telnet *telnet, struct str bytes)
{
	const char *iac;

	if (telnet->state != IN_TEXT || bytes.len == 0)
		return 0;
	iac = memchr(bytes.p, CMD_IAC, bytes.len);
	return iac != NULL ? (size_t)(iac - bytes.p) : bytes.len;
}

/*
 * What we want
 */

void
telnet_offer(struct telnet *telnet, struct buf *reply)
{
	if (telnet->has_offered)
		return;
	telnet->has_offered = true;
	ask(telnet, PEER_BINARY, true, reply);
	ask(telnet, PEER_NAWS, true, reply);
	ask(telnet, PEER_TTYPE, true, reply);
	ask(telnet, US_CHARSET, true, reply);
	buf_add_char(reply, '\r');
}

bool
telnet_is_client(const struct telnet *telnet)
{
	return telnet->is_client;
}

void
telnet_edit(struct telnet *telnet, bool on, struct buf *reply)
{
	telnet->wants_edit = on && !telnet->refuses_edit;
	update_echo(telnet, reply);
}

void
telnet_forgive(struct telnet *telnet)
{
	telnet->refuses_edit = false;
}

bool
telnet_is_editing(const struct telnet *telnet)
{
	return telnet->wants_edit && is_on(telnet, US_ECHO) && is_on(telnet, US_SGA);
}

void
telnet_hide(struct telnet *telnet, bool on, struct buf *reply)
{
	telnet->wants_hide = on;
	update_echo(telnet, reply);
}

bool
telnet_may_hide(const struct telnet *telnet)
{
	return telnet->is_client && (!telnet->refuses_echo || is_on(telnet, US_ECHO));
}

struct telnet_terminal
telnet_terminal(const struct telnet *telnet)
{
	return telnet->terminal;
}

bool
telnet_is_binary(const struct telnet *telnet)
{
	return is_on(telnet, PEER_BINARY);
}

void
telnet_mark_prompt(const struct telnet *telnet, struct buf *reply)
{
	if (is_on(telnet, US_EOR))
		buf_add(reply, (unsigned char[]){CMD_IAC, CMD_EOR}, 2);
}
