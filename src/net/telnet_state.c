/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/state.h"
#include "net/telnet_inside.h"

/* The protocol in whatever state it is, as a state that is kept (base/state.h). */

static const char *const states[] = {
	[IN_TEXT] = "text",
	[IN_IAC] = "iac",
	[IN_OPTION] = "option",
	[IN_SB] = "sb",
	[IN_SB_IAC] = "sb iac",
};

static const char *const qstates[] = {
	[Q_NO] = "no",
	[Q_YES] = "yes",
	[Q_WANT_NO] = "want no",
	[Q_WANT_YES] = "want yes",
};

static bool
is_in_sb(const void *record)
{
	const struct telnet *telnet = record;

	return telnet->state == IN_SB || telnet->state == IN_SB_IAC;
}

static const struct state_field terminal_fields[] = {
	STATE_ROW(
		struct telnet_terminal, columns, 1, STATE_UINT, .max = SIZE_MAX_CELLS),
	STATE_ROW(struct telnet_terminal, rows, 2, STATE_UINT, .max = SIZE_MAX_CELLS),
	STATE_ROW(struct telnet_terminal, colours, 3, STATE_UINT),
	STATE_ROW(struct telnet_terminal, is_reader, 4, STATE_BOOL),
	STATE_ROW(struct telnet_terminal, is_known, 5, STATE_BOOL),
	STATE_ROW(struct telnet_terminal, has_editor, 6, STATE_BOOL),
};
static const struct state_table terminal_state =
	STATE_TABLE(telnet_terminal, terminal_fields, NULL);

/* What is known of a slot has four numbers, from this one on. */
#define SLOT_ROWS(slot, number)                                                        \
	STATE_ROW(struct telnet, q[slot].state, number, STATE_ENUM, .words = qstates,  \
		.nwords = sizeof(qstates) / sizeof(qstates[0])),                       \
		STATE_ROW(struct telnet, q[slot].opposite, (number) + 1, STATE_BOOL),  \
		STATE_ROW(struct telnet, waits[slot], (number) + 2, STATE_BOOL),       \
		STATE_ROW(struct telnet, agreed[slot], (number) + 3, STATE_UINT)

static const struct state_field fields[] = {
	STATE_ROW(struct telnet, state, 1, STATE_ENUM, .words = states,
		.nwords = sizeof(states) / sizeof(states[0])),
	STATE_ROW(struct telnet, verb, 2, STATE_UINT),
	STATE_ROW(struct telnet, refused[SIDE_US].bits, 3, STATE_UINT, .count = 4),
	STATE_ROW(struct telnet, refused[SIDE_PEER].bits, 4, STATE_UINT, .count = 4),
	STATE_ROW(struct telnet, has_offered, 5, STATE_BOOL),
	STATE_ROW(struct telnet, is_client, 6, STATE_BOOL),
	STATE_ROW(struct telnet, wants_edit, 7, STATE_BOOL),
	STATE_ROW(struct telnet, wants_hide, 8, STATE_BOOL),
	STATE_ROW(struct telnet, refuses_echo, 9, STATE_BOOL),
	STATE_ROW(struct telnet, refuses_edit, 10, STATE_BOOL),
	STATE_ROW(struct telnet, ttype_asked, 11, STATE_UINT),
	STATE_ROW(struct telnet, type, 12, STATE_RECORD, .table = &terminal_type_state),
	STATE_ROW(struct telnet, terminal, 13, STATE_RECORD, .table = &terminal_state),
	STATE_ROW(struct telnet, sb, 14, STATE_BYTES, .when = is_in_sb),
	STATE_ROW(struct telnet, sb_len, 15, STATE_UINT, .max = SB_MAX + 1,
		.when = is_in_sb),
	SLOT_ROWS(US_BINARY, 20),
	SLOT_ROWS(US_ECHO, 24),
	SLOT_ROWS(US_SGA, 28),
	SLOT_ROWS(US_EOR, 32),
	SLOT_ROWS(US_CHARSET, 36),
	SLOT_ROWS(PEER_BINARY, 40),
	SLOT_ROWS(PEER_TTYPE, 44),
	SLOT_ROWS(PEER_NAWS, 48),
};
_Static_assert(SLOTS == 8, "each slot has its rows");

const struct state_table telnet_state = STATE_TABLE(telnet, fields, NULL);
