/* SPDX-License-Identifier: ISC */
#ifndef NET_QMETHOD_H
#define NET_QMETHOD_H

#include <stdbool.h>

#include "base/attr.h"

/*
 * The Q method of negotiating telnet options (RFC 1143): the state of one side of one
 * option. Whatever the peer says, a request for the state that we are in already is not
 * answered, so two sides that both follow it cannot make a loop, and one that does not
 * cannot make us go on.
 */
enum qmethod_state {
	Q_NO,
	Q_YES,
	Q_WANT_NO,
	Q_WANT_YES
};

/* Zero-initialise it: off. */
struct qmethod {
	enum qmethod_state state;
	bool opposite; /* in a WANT state: ask for the opposite when answered */
};

/* What is to be sent: nothing, WILL or DO, WONT or DONT. */
enum qmethod_say {
	Q_SAY_NOTHING,
	Q_SAY_ON,
	Q_SAY_OFF
};

static inline bool
qmethod_is_on(const struct qmethod *q)
{
	return q->state == Q_YES;
}

/* We want it on or off. */
must_use enum qmethod_say qmethod_ask(struct qmethod *q, bool on);

/*
 * The peer asks for it to be on or agrees to that; `welcome` says whether we agree if
 * it was the peer who began. Or it refuses, or asks for it to be off.
 */
must_use enum qmethod_say qmethod_on(struct qmethod *q, bool welcome);
must_use enum qmethod_say qmethod_off(struct qmethod *q);

#endif
