/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "net/conn.h"
#include "net/net.h"
#include "net/unsent.h"
#include "net_talk.h"

static void
test_goodbye_takes_all_with_it(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_SEQPACKET);
	struct buf got = {0};

	talk_until_held(&talk);
	net_close_all(talk.rig->net, REASON_STOP);
	rig_turn(talk.rig);
	expect_lines(&talk, talk.lines, "");
	assert_false(caller_read(&talk.bob, &got));
	buf_fini(&got);
	assert_done(talk.rig);
}

/* One whose connection broke, and whose last lines still wait, keeps nobody here. */
static void
test_all_are_closed(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_STREAM);

	talk.ann.conn->is_broken = true;
	net_close_all(talk.rig->net, REASON_STOP);
	assert_int_equal(talk.bob.conn->state, CONN_FLUSHING);
	rig_turn(talk.rig);
	assert_int_equal(net_count(talk.rig->net), 1);
	caller_end(&talk.bob);
	rig_turn(talk.rig);
	assert_int_equal(net_count(talk.rig->net), 0);
}

static void
test_flush_all(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_SEQPACKET);

	talk_until_held(&talk);
	net_flush_all(talk.rig->net);
	expect_lines(&talk, talk.lines, "");
	assert_done(talk.rig);
}

/* Of three who wait, the first one in the list and the last one are gone. */
static void
test_gone_while_waiting(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_SEQPACKET);
	struct conn_list *held = &talk.rig->net->held;
	struct conn *first, *second, *third;

	for (unsigned n = 0; n < 2; n++) {
		struct caller other = rig_call(talk.rig, SOCK_SEQPACKET);

		caller_say(talk.rig, &other, "/ignore nobody");
	}
	caller_say(talk.rig, &talk.bob, "/ignore nobody");
	rig_pass(talk.rig, 1000);
	for (unsigned n = 0; held->count < 3; n++) {
		assert_true(n < 1000);
		talk_on(&talk);
	}
	first = held->v[0];
	second = held->v[1];
	third = held->v[2];
	conn_kill(first, KILL_NOW, REASON_STOP, NULL);
	rig_turn(talk.rig);
	assert_int_equal(held->count, 2);
	conn_kill(third, KILL_NOW, REASON_STOP, NULL);
	rig_turn(talk.rig);
	assert_int_equal(held->count, 1);
	assert_ptr_equal(held->v[0], second);
	rig_pass(talk.rig, 1);
	assert_done(talk.rig);
	assert_int_equal(second->state, CONN_OPEN);
	assert_int_equal(net_count(talk.rig->net), 2);
}

/* One who would have to wait is gone at the end of the turn: nobody waits for him. */
static void
test_gone_before_he_waits(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_SEQPACKET);

	talk_until_held(&talk);
	chat_wall(talk.rig->world->chat, STR("hello"));
	conn_kill(talk.bob.conn, KILL_NOW, REASON_STOP, NULL);
	rig_turn(talk.rig);
	for (size_t i = 0; i < talk.rig->net->held.count; i++)
		assert_ptr_not_equal(talk.rig->net->held.v[i], talk.bob.conn);
	rig_pass(talk.rig, 1);
	assert_done(talk.rig);
}

/*
 * His connection breaks while it is still to be seen whether he speaks HTTP: he is gone
 * at once, and not only when that would have been looked at again.
 */
static void
test_broken_while_throttled(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_STREAM);
	struct net *net = talk.rig->net;

	caller_send(&talk.bob, "GE");
	rig_turn(talk.rig);
	assert_ptr_equal(talk.bob.conn->queue, &net->throttled);
	assert_int_equal(shutdown(talk.bob.fd, SHUT_RD), 0);
	talk_on(&talk);
	assert_true(talk.bob.conn->is_broken);
	rig_turn(talk.rig);
	assert_int_equal(net_count(net), 1);
	caller_end(&talk.bob);
}

/* What waits for a slow reader is skipped, and counted, before he is told so. */
static void
test_slow_reader(void **state)
{
	struct talk talk =
		talk_new(state, QUICK, "limits.send_queue_soft=1", SOCK_STREAM);
	struct buf got = {0}, wanted = {0};
	unsigned first;

	while (!unsent_is_slow(talk.bob.conn)) {
		assert_true(talk.lines < 100000);
		talk_on(&talk);
		rig_pass(talk.rig, 1);
	}
	first = talk.lines;
	while (!talk_waits(talk.rig)) {
		assert_true(talk.lines < first + 1000);
		talk_on(&talk);
	}
	talk_on(&talk);
	for (unsigned turns = 0; unsent_len(talk.bob.conn) > 0; turns++) {
		assert_true(turns < 1000);
		(void)caller_read(&talk.bob, &got);
		rig_turn(talk.rig);
	}
	while (caller_read(&talk.bob, &got))
		;
	for (unsigned n = 1; n < first; n++)
		buf_printf(&wanted, "guest1: line %u\r\n", n);
	buf_printf(&wanted, "[%u lines skipped]\r\n", talk.lines - first + 1);
	assert_true(str_eq(buf_str(&got), buf_str(&wanted)));
	rig_pass(talk.rig, 1);
	expect_no_packet(&talk.bob);
	assert_done(talk.rig);
	buf_fini(&got);
	buf_fini(&wanted);
}

/* Of a burst of commands no more are answered in a turn than fill the queue. */
static void
test_long_answers(void **state)
{
	enum {
		COMMANDS = 20,
		SOFT = 4096
	};
	struct talk talk =
		talk_new(state, QUICK, "limits.send_queue_soft=4k", SOCK_STREAM);
	struct buf one = {0}, burst = {0}, got = {0};
	size_t turns = 0, before;

	caller_say(talk.rig, &talk.bob, "/help");
	assert_true(caller_read(&talk.bob, &one));
	assert_in_range(one.len, SOFT / COMMANDS, SOFT);
	for (int i = 0; i < COMMANDS; i++)
		buf_add_str(&burst, STR("/help\n"));
	buf_add_char(&burst, '\0');
	caller_send(&talk.bob, burst.p);
	do {
		before = got.len;
		rig_turn(talk.rig);
		while (caller_read(&talk.bob, &got))
			;
		assert_in_range(got.len - before, 0, SOFT + one.len);
		turns += got.len > before;
	} while (got.len > before);
	assert_int_equal(got.len, COMMANDS * one.len);
	assert_true(turns >= COMMANDS * one.len / (SOFT + one.len));
	buf_fini(&one);
	buf_fini(&burst);
	buf_fini(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		talk_twice(test_goodbye_takes_all_with_it),
		rig_test(test_all_are_closed),
		talk_twice(test_flush_all),
		rig_test(test_gone_while_waiting),
		talk_twice(test_gone_before_he_waits),
		rig_test(test_broken_while_throttled),
		talk_twice(test_slow_reader),
		rig_test(test_long_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
