/* SPDX-License-Identifier: ISC */
#ifndef NET_TELNET_INSIDE_H
#define NET_TELNET_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/qmethod.h"
#include "net/telnet.h"
#include "net/terminal_type.h"

/* What telnet.c keeps of a peer, for itself and for telnet_state.c only. */

#define SB_MAX 128 /* longer ones hold nothing that we want to know */
#define SIZE_MAX_CELLS 500

enum telnet_place {
	IN_TEXT,
	IN_IAC,    /* behind IAC */
	IN_OPTION, /* behind WILL, WONT, DO or DONT */
	IN_SB,     /* inside a subnegotiation */
	IN_SB_IAC, /* behind IAC inside a subnegotiation */
};

/* The two sides of an option: it is switched on by DO for us, by WILL for the peer. */
enum side {
	SIDE_US,
	SIDE_PEER
};

/* The sides of options that we take part in. */
enum slot {
	US_BINARY,
	US_ECHO,
	US_SGA,
	US_EOR,
	US_CHARSET,
	PEER_BINARY,
	PEER_TTYPE,
	PEER_NAWS,
	SLOTS,
};

/* A set of option numbers. */
struct option_set {
	uint64_t bits[4];
};

struct telnet {
	enum telnet_place state;
	unsigned char verb; /* WILL, WONT, DO or DONT in IN_OPTION */
	struct qmethod q[SLOTS];
	struct option_set refused[2]; /* by enum side: answered with WONT or DONT */
	bool waits[SLOTS];           /* the peer has asked again for what was refused */
	unsigned char agreed[SLOTS]; /* how often, when it was the peer who began */
	bool has_offered;
	bool is_client;
	bool wants_edit;
	bool wants_hide;
	bool refuses_echo;    /* it has said no to ECHO, which was to hide something */
	bool refuses_edit;    /* the peer has said no to ECHO or SGA */
	unsigned ttype_asked; /* how often the terminal type was asked for */
	struct terminal_type type;
	struct telnet_terminal terminal;
	unsigned char sb[SB_MAX];
	size_t sb_len; /* may count on beyond SB_MAX: then it is not kept */
};

#endif
