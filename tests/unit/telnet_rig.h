/* SPDX-License-Identifier: ISC */
#ifndef TESTS_TELNET_RIG_H
#define TESTS_TELNET_RIG_H

#include "base/buf.h"
#include "base/str.h"
#include "net/telnet.h"
#include "wire.h"

/*
 * A peer's line to a telnet machine, and what came of all it has sent since the last
 * look. Events are a letter each: T(erminal), I(nterrupt), B(reak), Z for suspend,
 * erase C(haracter) and L(ine), A(re you there), E(nd).
 */
struct line {
	struct telnet *telnet;
	struct buf text;
	struct buf events;
	struct buf reply;
};

/* For cmocka: *state is a line. */
int line_start(void **state);
int line_end(void **state);

#define line_test(function)                                                            \
	cmocka_unit_test_setup_teardown(function, line_start, line_end)

void line_feed_byte(struct line *line, unsigned char byte);
void line_feed(struct line *line, struct str bytes);

/* Fails the test, at its line `at`, unless just this has come. Then forgets it. */
void line_check(struct line *line, struct str text, struct str events, struct str reply,
	int at);

#define CHECK(line, text, events, reply)                                               \
	line_check(line, STR(text), STR(events), STR(reply), __LINE__)

/* These bytes have these effects. */
#define FEED(line, bytes, text, events, reply)                                         \
	(line_feed(line, STR(bytes)), CHECK(line, text, events, reply))

/* These bytes have this answer and no other effect, and these have none at all. */
#define ANSWER(line, bytes, reply) FEED(line, bytes, "", "", reply)
#define SILENCE(line, bytes) FEED(line, bytes, "", "", "")

/* What we do says this. */
#define DOES(line, call, reply) ((call), CHECK(line, "", "", reply))

#endif
