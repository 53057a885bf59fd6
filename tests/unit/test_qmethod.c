/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/qmethod.h"
#include "wire.h"

/* The Q method, held against the tables of RFC 1143, section 7. */

enum event {
	ASK_ON,     /* "If we decide to ask him to enable" */
	ASK_OFF,    /* "If we decide to ask him to disable" */
	ON,         /* "Upon receipt of WILL", and we agree */
	ON_REFUSED, /* and we do not */
	OFF,        /* "Upon receipt of WONT" */
	EVENTS
};

#define NO Q_NO, false
#define YES Q_YES, false
#define WANT_NO Q_WANT_NO, false
#define WANT_NO_OPPOSITE Q_WANT_NO, true
#define WANT_YES Q_WANT_YES, false
#define WANT_YES_OPPOSITE Q_WANT_YES, true

static const struct {
	enum qmethod_state state;
	bool opposite;
	enum event event;
	enum qmethod_state new_state;
	bool new_opposite;
	enum qmethod_say say;
} table[] = {
	{NO, ASK_ON, WANT_YES, Q_SAY_ON},
	{YES, ASK_ON, YES, Q_SAY_NOTHING},
	{WANT_NO, ASK_ON, WANT_NO_OPPOSITE, Q_SAY_NOTHING},
	{WANT_NO_OPPOSITE, ASK_ON, WANT_NO_OPPOSITE, Q_SAY_NOTHING},
	{WANT_YES, ASK_ON, WANT_YES, Q_SAY_NOTHING},
	{WANT_YES_OPPOSITE, ASK_ON, WANT_YES, Q_SAY_NOTHING},

	{NO, ASK_OFF, NO, Q_SAY_NOTHING},
	{YES, ASK_OFF, WANT_NO, Q_SAY_OFF},
	{WANT_NO, ASK_OFF, WANT_NO, Q_SAY_NOTHING},
	{WANT_NO_OPPOSITE, ASK_OFF, WANT_NO, Q_SAY_NOTHING},
	{WANT_YES, ASK_OFF, WANT_YES_OPPOSITE, Q_SAY_NOTHING},
	{WANT_YES_OPPOSITE, ASK_OFF, WANT_YES_OPPOSITE, Q_SAY_NOTHING},

	{NO, ON, YES, Q_SAY_ON},
	{NO, ON_REFUSED, NO, Q_SAY_OFF},
	{YES, ON, YES, Q_SAY_NOTHING},
	{YES, ON_REFUSED, YES, Q_SAY_NOTHING},
	{WANT_NO, ON, NO, Q_SAY_NOTHING},
	{WANT_NO, ON_REFUSED, NO, Q_SAY_NOTHING},
	{WANT_NO_OPPOSITE, ON, YES, Q_SAY_NOTHING},
	{WANT_NO_OPPOSITE, ON_REFUSED, YES, Q_SAY_NOTHING},
	{WANT_YES, ON, YES, Q_SAY_NOTHING},
	{WANT_YES, ON_REFUSED, YES, Q_SAY_NOTHING},
	{WANT_YES_OPPOSITE, ON, WANT_NO, Q_SAY_OFF},
	{WANT_YES_OPPOSITE, ON_REFUSED, WANT_NO, Q_SAY_OFF},

	{NO, OFF, NO, Q_SAY_NOTHING},
	{YES, OFF, NO, Q_SAY_OFF},
	{WANT_NO, OFF, NO, Q_SAY_NOTHING},
	{WANT_NO_OPPOSITE, OFF, WANT_YES, Q_SAY_ON},
	{WANT_YES, OFF, NO, Q_SAY_NOTHING},
	{WANT_YES_OPPOSITE, OFF, NO, Q_SAY_NOTHING},
};
_Static_assert(sizeof(table) / sizeof(*table) == 6 * EVENTS, "all states and events");

static enum qmethod_say
happens(struct qmethod *q, enum event event)
{
	switch (event) {
	case ASK_ON:
	case ASK_OFF:
		return qmethod_ask(q, event == ASK_ON);
	case ON:
	case ON_REFUSED:
		return qmethod_on(q, event == ON);
	case OFF:
	case EVENTS:
		break;
	}
	return qmethod_off(q);
}

static void
test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct qmethod q = {table[i].state, table[i].opposite};
		enum qmethod_say say = happens(&q, table[i].event);

		if (q.state != table[i].new_state || say != table[i].say ||
			q.opposite != table[i].new_opposite)
			fail_msg("row %zu: became %d%s, said %d", i, (int)q.state,
				q.opposite ? " opposite" : "", (int)say);
		assert_int_equal(qmethod_is_on(&q), table[i].new_state == Q_YES);
	}
}

static void
test_begins_off(void **state)
{
	struct qmethod q = {0};

	(void)state;
	assert_false(qmethod_is_on(&q));
	assert_int_equal(qmethod_off(&q), Q_SAY_NOTHING);
	assert_int_equal(qmethod_ask(&q, true), Q_SAY_ON);
	assert_false(qmethod_is_on(&q));
	assert_int_equal(qmethod_on(&q, false), Q_SAY_NOTHING);
	assert_true(qmethod_is_on(&q));
}

/*
 * Two of them, with letters between them that take their time.
 */

#define QUEUE_MOST 64

struct side {
	struct qmethod q;
	bool wish;                       /* asked for last, and what is agreed to */
	enum qmethod_say in[QUEUE_MOST]; /* sent by the other, not read yet */
	size_t count;
	size_t read; /* in all */
};

static void
send(struct side *to, enum qmethod_say say)
{
	if (say == Q_SAY_NOTHING)
		return;
	assert_true(to->count < QUEUE_MOST);
	to->in[to->count++] = say;
}

static void
read_one(struct side *side, struct side *other)
{
	enum qmethod_say say = side->in[0];

	if (side->count == 0)
		return;
	side->count--;
	side->read++;
	for (size_t i = 0; i < side->count; i++)
		side->in[i] = side->in[i + 1];
	send(other,
		say == Q_SAY_ON ? qmethod_on(&side->q, side->wish)
				: qmethod_off(&side->q));
}

static void
test_agreement(void **state)
{
	unsigned on = 0;

	(void)state;
	for (unsigned seed = 0; seed < 50000; seed++) {
		struct side a = {{Q_NO, false}, false, {0}, 0, 0}, b = a;
		uint64_t random = wire_seed(seed);
		size_t wishes = 0;

		for (uint64_t step = wire_random(&random) % 40; step > 0; step--) {
			uint64_t what = wire_random(&random);
			struct side *side = what % 2 > 0 ? &a : &b;
			struct side *other = side == &a ? &b : &a;

			if (what / 2 % 3 > 0) {
				read_one(side, other);
				continue;
			}
			wishes++;
			side->wish = what / 6 % 2 > 0;
			send(other, qmethod_ask(&side->q, side->wish));
		}
		/* Each wish makes at most one request, and that one answer. */
		for (size_t i = 0; i <= wishes && a.count + b.count > 0; i++) {
			while (a.count > 0)
				read_one(&a, &b);
			while (b.count > 0)
				read_one(&b, &a);
		}
		if (a.count + b.count > 0 || a.read + b.read > 2 * wishes)
			fail_msg("seed %u: a loop", seed);
		if (a.q.state > Q_YES || a.q.state != b.q.state)
			fail_msg("seed %u: no agreement", seed);
		if (qmethod_is_on(&a.q) != (a.wish && b.wish))
			fail_msg("seed %u: not what both wish", seed);
		on += qmethod_is_on(&a.q);
	}
	assert_true(on > 1000);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_begins_off),
		cmocka_unit_test(test_agreement),
	};

	return cmocka_run_group_tests_name("qmethod", tests, NULL, NULL);
}
