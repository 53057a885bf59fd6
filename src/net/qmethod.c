/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/qmethod.h"

enum qmethod_say
qmethod_ask(struct qmethod *q, bool on)
{
	bool settled = q->state == Q_NO || q->state == Q_YES;

	if (!settled) {
		/* Being asked for just this: fine. For the opposite: afterwards. */
		q->opposite = on != (q->state == Q_WANT_YES);
		return Q_SAY_NOTHING;
	}
	if (on == (q->state == Q_YES))
		return Q_SAY_NOTHING;
	q->state = on ? Q_WANT_YES : Q_WANT_NO;
	q->opposite = false;
	return on ? Q_SAY_ON : Q_SAY_OFF;
}

enum qmethod_say
qmethod_on(struct qmethod *q, bool welcome)
{
	bool opposite = q->opposite;

	q->opposite = false;
	switch (q->state) {
	case Q_NO:
		if (!welcome)
			return Q_SAY_OFF;
		q->state = Q_YES;
		return Q_SAY_ON;
	case Q_YES:
		break;
	case Q_WANT_NO:
		/* "Error: our refusal was answered by an agreement." */
		q->state = opposite ? Q_YES : Q_NO;
		break;
	case Q_WANT_YES:
		q->state = opposite ? Q_WANT_NO : Q_YES;
		return opposite ? Q_SAY_OFF : Q_SAY_NOTHING;
	}
	return Q_SAY_NOTHING;
}

enum qmethod_say
qmethod_off(struct qmethod *q)
{
	bool opposite = q->opposite;

	q->opposite = false;
	switch (q->state) {
	case Q_YES:
		q->state = Q_NO;
		return Q_SAY_OFF;
	case Q_WANT_NO:
		q->state = opposite ? Q_WANT_YES : Q_NO;
		return opposite ? Q_SAY_ON : Q_SAY_NOTHING;
	case Q_NO:
	case Q_WANT_YES:
		q->state = Q_NO;
		break;
	}
	return Q_SAY_NOTHING;
}
