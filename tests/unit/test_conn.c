/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/conn.h"
#include "net/receive.h"
#include "net/unsent.h"
#include "net_rig.h"

static struct rig *
free_rig(void **state)
{
	return rig_new(state,
		world_new(state, "limits.rate=0", "limits.send_queue_soft=0", NULL));
}

/* Go on until so many lines of hers have been taken. */
static void
turn_until(struct rig *rig, const struct caller *caller, uint64_t lines)
{
	for (unsigned turns = 0; caller->conn->lines < lines; turns++) {
		assert_true(turns < 10000);
		assert_int_equal(caller->conn->state, CONN_OPEN);
		rig_turn(rig);
	}
}

/* "line 1\nline 2\n...", owned. */
static char *
numbered(unsigned count, const char *end)
{
	struct buf text = {0};

	for (unsigned n = 1; n <= count; n++)
		buf_printf(&text, "line %u%s", n, end);
	return buf_take(&text);
}

/* Nothing is held for somebody who does nothing. */
static void
assert_idle(const struct conn *conn)
{
	assert_null(conn->unparsed.p);
	assert_null(conn->unsent);
	assert_null(conn->proto.lines.text.p);
	assert_null(conn->proto.telnet);
	assert_null(conn->queue);
}

static void
test_idle_costs_nothing(void **state)
{
	struct rig *rig = free_rig(state);
	struct caller ann = rig_call(rig, SOCK_STREAM);

	assert_idle(ann.conn);
	caller_send(&ann, "unfin");
	rig_pass(rig, 60000);
	rig_turn(rig);
	assert_non_null(ann.conn->proto.lines.text.p);
	caller_say(rig, &ann, "ished");
	assert_idle(ann.conn);
	/* A person and a connection: what is said of one must fit the other. */
	assert_true(sizeof(struct conn) <= 448);
}

/* Only what is drawn in a window can be paged: without one no answer is waited for. */
static void
test_command_without_editor(void **state)
{
	struct rig *rig = rig_new(state, world_new(state, "format.action_self=", NULL));
	struct caller ann = rig_call(rig, SOCK_STREAM);

	caller_say(rig, &ann, "/me waves");
	assert_int_equal(ann.conn->lines, 1);
	assert_false(ann.conn->has_asked);
}

/* What one turn does not take is kept, given out, and taken in the next. */
static void
test_unparsed(void **state)
{
	struct rig *rig = free_rig(state);
	struct caller ann = rig_call(rig, SOCK_STREAM);
	char *lines = numbered(LINES_PER_TURN + 2, "\n");
	struct str rest;

	caller_send(&ann, lines);
	free(lines);
	rig_turn(rig);
	assert_int_equal(ann.conn->lines, LINES_PER_TURN);
	rest = conn_unparsed(ann.conn);
	assert_true(str_eq(rest, STR("line 33\nline 34\n")));
	caller_send(&ann, "line 35\n");
	rig_turn(rig);
	rig_turn(rig);
	assert_int_equal(ann.conn->lines, LINES_PER_TURN + 3);
	assert_idle(ann.conn);
}

static void
test_unparsed_is_bounded(void **state)
{
	struct rig *rig = rig_new(
		state, world_new(state, "limits.rate=1", "limits.burst=2", NULL));
	struct caller ann = rig_call(rig, SOCK_STREAM);
	char *lines = numbered(1000, "\n");

	for (int i = 0; i < 6; i++) {
		caller_send(&ann, lines);
		rig_turn(rig);
	}
	free(lines);
	assert_int_equal(conn_unparsed(ann.conn).len, INPUT_HIGH);
	assert_int_equal(ann.conn->lines, 2);
	/* A token makes room for a line, and so much more is read. */
	rig_pass(rig, 1000);
	assert_int_equal(ann.conn->lines, 3);
	assert_int_equal(conn_unparsed(ann.conn).len, INPUT_HIGH - strlen("line 3\n"));
	rig_turn(rig);
	assert_int_equal(conn_unparsed(ann.conn).len, INPUT_HIGH);
}

static void
test_restored_input_comes_first(void **state)
{
	struct rig *rig = free_rig(state);
	struct caller ann = rig_call(rig, SOCK_SEQPACKET);
	struct caller bob = rig_call(rig, SOCK_STREAM);
	struct buf heard = {0};

	caller_send(&bob, "three\n");
	receive_restore(bob.conn, STR("one\ntw"));
	receive_restore(bob.conn, STR("o\n"));
	turn_until(rig, &bob, 3);
	while (caller_read(&ann, &heard))
		;
	assert_true(str_eq(buf_str(&heard),
		STR("guest2: one\r\nguest2: two\r\nguest2: three\r\n")));
	buf_fini(&heard);
	assert_idle(bob.conn);
}

/* As much as may be kept: then nothing is read, or it would look like the end. */
static void
test_restored_input_fills_the_buffer(void **state)
{
	struct rig *rig = free_rig(state);
	struct caller ann = rig_call(rig, SOCK_STREAM);
	struct buf lines = {0};

	while (lines.len < INPUT_HIGH)
		buf_add_str(&lines, STR("a line.\n"));
	receive_restore(ann.conn, buf_str(&lines));
	caller_send(&ann, "the last\n");
	turn_until(rig, &ann, INPUT_HIGH / 8 + 1);
	assert_idle(ann.conn);
	buf_fini(&lines);
}

/* Somebody talks until the other one's socket is full. */
static struct buf
fill(struct rig *rig, struct caller *speaker, struct caller *reader)
{
	struct buf said = {0};
	char line[1024];

	memset(line, 'x', sizeof(line));
	for (unsigned n = 0; unsent_len(reader->conn) < 4 * sizeof(line); n++) {
		(void)snprintf(line, 16, "%06u", n);
		line[6] = ' ';
		line[sizeof(line) - 1] = '\0';
		caller_say(rig, speaker, line);
		buf_printf(&said, "guest1: %s\r\n", line);
		assert_true(n < 10000);
	}
	return said;
}

static void
test_unsent(void **state)
{
	struct rig *rig = free_rig(state);
	struct caller ann = rig_call(rig, SOCK_STREAM);
	struct caller bob = rig_call(rig, SOCK_STREAM);
	struct buf said = fill(rig, &ann, &bob), unsent = {0}, got = {0};

	conn_unsent_text(bob.conn, &unsent);
	assert_int_equal(unsent.len, unsent_len(bob.conn));
	assert_true(str_eq(
		buf_str(&unsent), str_from(buf_str(&said), said.len - unsent.len)));
	/* All of it comes in its own time, and then nothing is left behind. */
	for (unsigned turns = 0; got.len < said.len; turns++) {
		assert_true(turns < 10000);
		(void)caller_read(&bob, &got);
		rig_turn(rig);
	}
	assert_true(str_eq(buf_str(&got), buf_str(&said)));
	rig_turn(rig);
	assert_idle(bob.conn);
	buf_fini(&said);
	buf_fini(&unsent);
	buf_fini(&got);
}

static void
test_restored_output_comes_first(void **state)
{
	struct rig *rig = free_rig(state);
	struct caller ann = rig_call(rig, SOCK_SEQPACKET);
	struct caller bob = rig_call(rig, SOCK_SEQPACKET);

	conn_restore_unsent(bob.conn, STR("the end of a line\r\n"));
	caller_say(rig, &ann, "hello");
	rig_turn(rig);
	expect_packet(&bob, "the end of a line\r\n");
	expect_packet(&bob, "guest1: hello\r\n");
	expect_no_packet(&bob);
	assert_idle(bob.conn);
}

/* Nobody is freed, and nothing sent, behind somebody who is gone with things unsent. */
static void
test_gone_with_things_unsent(void **state)
{
	struct rig *rig = free_rig(state);
	struct caller ann = rig_call(rig, SOCK_STREAM);
	struct caller bob = rig_call(rig, SOCK_STREAM);
	struct buf said = fill(rig, &ann, &bob);

	buf_fini(&said);
	caller_end(&bob);
	rig_turn(rig);
	rig_turn(rig);
	assert_int_equal(net_count(rig->net), 1);
	assert_int_equal(rig->net->closes[REASON_RESET], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		rig_test(test_idle_costs_nothing),
		rig_test(test_command_without_editor),
		rig_test(test_unparsed),
		rig_test(test_unparsed_is_bounded),
		rig_test(test_restored_input_comes_first),
		rig_test(test_restored_input_fills_the_buffer),
		rig_test(test_unsent),
		rig_test(test_restored_output_comes_first),
		rig_test(test_gone_with_things_unsent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
