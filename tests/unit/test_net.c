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

/*
 * Who waits for more lines, and what he gets then. Ann talks, bob listens; a window of
 * one millisecond has the smallest budget.
 */
struct talk {
	struct rig *rig;
	struct caller ann, bob;
	unsigned lines; /* that ann has said */
};

#define QUICK "server.pace=1ms"

/*
 * Most of these are played twice: bob is one of an audience (chat/audience.h), or gets
 * each line by itself, as who ignores somebody.
 */
static int by_himself;
#define twice(function)                                                                \
	rig_test(function),                                                            \
	{                                                                              \
#function " (by himself)", (function), NULL, rig_end, &by_himself      \
	}

static struct talk
talk_new(void **state, const char *pace, const char *more, int type)
{
	bool is_alone = *state == &by_himself;
	struct world *world = world_new(state, "limits.rate=0", pace, more, NULL);
	struct talk talk = {.rig = rig_new(state, world)};

	talk.ann = rig_call(talk.rig, SOCK_SEQPACKET);
	talk.bob = rig_call(talk.rig, type);
	if (is_alone)
		caller_say(talk.rig, &talk.bob, "/ignore nobody");
	rig_pass(talk.rig, 1000); /* that was long ago */
	caller_forget(&talk.bob);
	return talk;
}

/* Does anybody wait? */
static bool
waits(const struct rig *rig)
{
	return rig->net->held.count > 0 || !chat_is_handed_out(rig->world->chat);
}

/* Ann says "line N". */
static void
talk_on(struct talk *talk)
{
	char line[32];

	(void)snprintf(line, sizeof(line), "line %u", ++talk->lines);
	caller_say(talk->rig, &talk->ann, line);
}

/* Until bob has to wait; he has read what came before, line by line. */
static void
talk_until_held(struct talk *talk)
{
	unsigned before = talk->lines;
	struct buf got = {0}, wanted = {0};

	for (;;) {
		assert_true(talk->lines < before + 1000);
		talk_on(talk);
		buf_reset(&got);
		if (!caller_read(&talk->bob, &got))
			break;
		buf_reset(&wanted);
		buf_printf(&wanted, "guest1: line %u\r\n", talk->lines);
		assert_true(str_eq(buf_str(&got), buf_str(&wanted)));
	}
	buf_fini(&got);
	buf_fini(&wanted);
	assert_true(waits(talk->rig));
}

/* The lines from `first` to the last one said, in one packet. */
static void
expect_lines(struct talk *talk, unsigned first, const char *behind)
{
	struct buf text = {0};
	char *all;

	for (unsigned n = first; n <= talk->lines; n++)
		buf_printf(&text, "guest1: line %u\r\n", n);
	buf_add_str(&text, str_of(behind));
	all = buf_take(&text);
	expect_packet(&talk->bob, all);
	free(all);
	expect_no_packet(&talk->bob);
}

/* Nobody waits, and nothing is left of what was said. */
static void
assert_done(struct rig *rig)
{
	assert_false(waits(rig));
	assert_int_equal(rig->net->nlinks, 1);
	assert_int_equal(rig->world->page.buf.len, 0);
}

static void
test_gathered(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_SEQPACKET);
	unsigned first;

	talk_until_held(&talk);
	first = talk.lines;
	for (unsigned n = 0; n < 9; n++)
		talk_on(&talk);
	expect_no_packet(&talk.bob);
	assert_int_equal(net_next_due(talk.rig->net), talk.rig->world->now.mono + 1);
	rig_pass(talk.rig, 1);
	expect_lines(&talk, first, "");
	assert_done(talk.rig);
	/* This window is busy: the next line waits, too, and then all is quiet. */
	talk_on(&talk);
	expect_no_packet(&talk.bob);
	rig_pass(talk.rig, 1);
	expect_lines(&talk, talk.lines, "");
	assert_done(talk.rig);
	rig_pass(talk.rig, 1);
	talk_on(&talk);
	expect_lines(&talk, talk.lines, "");
	talk_on(&talk);
	expect_lines(&talk, talk.lines, "");
}

/* Who has got together as much as that waits no longer. */
static void
test_much_does_not_wait(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_SEQPACKET);
	char line[sizeof("guest1: line ") + 16];
	unsigned first;
	size_t len;

	talk_until_held(&talk);
	first = talk.lines;
	len = (size_t)snprintf(line, sizeof(line), "guest1: line %u\r\n", first);
	while (len < PACE_ENOUGH) {
		expect_no_packet(&talk.bob);
		talk_on(&talk);
		len += (size_t)snprintf(
			line, sizeof(line), "guest1: line %u\r\n", talk.lines);
	}
	expect_lines(&talk, first, "");
	assert_done(talk.rig);
}

/* Turns in which nothing was said do not make the next window a busy one. */
static void
test_lines_ask_once(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_SEQPACKET);

	talk_until_held(&talk);
	rig_pass(talk.rig, 1);
	expect_lines(&talk, talk.lines, "");
	talk_on(&talk);
	expect_no_packet(&talk.bob);
	for (unsigned n = 0; n < 1000; n++)
		rig_turn(talk.rig);
	rig_pass(talk.rig, 1);
	expect_lines(&talk, talk.lines, "");
	talk_on(&talk);
	expect_lines(&talk, talk.lines, "");
}

/* The line with which the window ends goes with those before. */
static void
test_window_ends_with_a_line(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_SEQPACKET);
	unsigned first;

	talk_until_held(&talk);
	first = talk.lines;
	talk_on(&talk);
	talk.rig->world->now.mono++;
	talk.rig->world->now.us += 1000;
	talk_on(&talk);
	expect_lines(&talk, first, "");
	assert_done(talk.rig);
}

/* Those whom nothing was sent to in this window. */
static void
test_others_do_not_wait(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_SEQPACKET);
	struct caller cid = rig_call(talk.rig, SOCK_SEQPACKET);

	caller_say(talk.rig, &cid, "/part");
	rig_pass(talk.rig, 1000);
	caller_forget(&cid);
	caller_forget(&talk.bob);
	talk_until_held(&talk);
	caller_say(talk.rig, &talk.ann, "/msg guest3 hello");
	expect_packet(&cid, "[guest1] hello\r\n");
	caller_say(talk.rig, &talk.ann, "/msg guest3 again");
	expect_no_packet(&cid);
	rig_pass(talk.rig, 1);
	expect_packet(&cid, "[guest1] again\r\n");
	expect_lines(&talk, talk.lines, "");
	assert_done(talk.rig);
}

/* What is an answer takes with it what waits, in order. */
static void
test_answers_do_not_wait(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_SEQPACKET);
	unsigned first;

	talk_until_held(&talk);
	first = talk.lines;
	caller_say(talk.rig, &talk.bob, "/nick guest2");
	expect_lines(&talk, first,
		"!! Names like guest7 are given to newcomers; choose another.\r\n");
	/* Nothing is left for the end of the window; what comes now waits for it. */
	talk_on(&talk);
	assert_true(waits(talk.rig));
	expect_no_packet(&talk.bob);
	rig_pass(talk.rig, 1);
	expect_lines(&talk, first + 1, "");
	assert_done(talk.rig);
}

/* What somebody only says has an answer, too, if it goes wrong. */
static void
test_errors_do_not_wait(void **state)
{
	struct talk talk =
		talk_new(state, QUICK, "limits.line_length=100", SOCK_SEQPACKET);
	char line[128 + 1];
	unsigned first;

	talk_until_held(&talk);
	first = talk.lines;
	/* What the others say is no answer. */
	caller_say(talk.rig, &talk.bob, "hello");
	talk_on(&talk);
	expect_no_packet(&talk.bob);
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	caller_say(talk.rig, &talk.bob, line);
	expect_lines(&talk, first, "!! That line was cut after 100 bytes.\r\n");
}

/* Bytes of the protocol are ahead of text in any case. */
static void
test_telnet_does_not_wait(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_SEQPACKET);
	struct buf got = {0};

	caller_send(&talk.bob, "\xff\xf1"); /* IAC NOP: now he speaks telnet */
	rig_turn(talk.rig);
	rig_pass(talk.rig, 1000);
	caller_forget(&talk.bob);
	talk_until_held(&talk);
	talk_on(&talk);
	caller_send(&talk.bob, "\xff\xf6"); /* IAC AYT */
	rig_turn(talk.rig);
	assert_true(caller_read(&talk.bob, &got));
	assert_non_null(memmem(got.p, got.len, "[Yes, I am here]\r\n", 18));
	rig_pass(talk.rig, 1);
	(void)caller_read(&talk.bob, &got);
	assert_int_equal(got.len, 2 * strlen("guest1: line 101\r\n") + 18);
	buf_fini(&got);
	assert_done(talk.rig);
}

/* Of a flood a turn takes some lines; those who listen get the first, then the rest. */
static void
test_flood(void **state)
{
	struct talk talk = talk_new(state, "server.pace=20ms", NULL, SOCK_SEQPACKET);
	struct buf lines = {0};
	char *text;

	while (talk.lines < 4 * LINES_PER_TURN - 1)
		buf_printf(&lines, "line %u\n", ++talk.lines);
	text = buf_take(&lines);
	caller_send(&talk.ann, text);
	free(text);
	rig_turn(talk.rig);
	assert_true(caller_read(&talk.bob, &lines));
	assert_true(str_starts(buf_str(&lines), STR("guest1: line 1\r\n")));
	assert_true(str_starts(
		str_from(buf_str(&lines), lines.len - 10), STR(" line 32\r\n")));
	buf_fini(&lines);
	rig_turn(talk.rig);
	rig_turn(talk.rig);
	expect_no_packet(&talk.bob);
	rig_turn(talk.rig);
	expect_lines(&talk, LINES_PER_TURN + 1, "");
	assert_done(talk.rig);
}

static void
test_pace_0(void **state)
{
	struct talk talk = talk_new(state, "server.pace=0", NULL, SOCK_SEQPACKET);

	for (unsigned n = 0; n < 2000; n++) {
		talk_on(&talk);
		expect_lines(&talk, talk.lines, "");
	}
	assert_done(talk.rig);
}

/* Whatever is sent, and why: its time is counted, and so is the call. */
static void
test_all_calls_are_counted(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_SEQPACKET);
	const struct pace *pace = &talk.rig->net->pace;

	talk_on(&talk);
	expect_lines(&talk, 1, "");
	assert_int_equal(pace->calls, 1);
	caller_say(talk.rig, &talk.ann, "/help");
	assert_int_equal(pace->calls, 2);
	talk_until_held(&talk);
	assert_int_equal(pace->calls, 1 + talk.lines - 1);
	net_flush_all(talk.rig->net);
	assert_int_equal(pace->calls, 1 + talk.lines);
	user_notice(talk.bob.conn->user, "Hello.");
	net_flush_all(talk.rig->net);
	assert_int_equal(pace->calls, 1 + talk.lines + 1);
	assert_done(talk.rig);
}

static void
test_reload(void **state)
{
	struct talk talk = talk_new(state, "server.pace=10ms", NULL, SOCK_SEQPACKET);
	struct conf *conf = conf_make("server.pace=0", "limits.rate=0", NULL);
	struct conf *old = conf_make("server.pace=1ms", "limits.rate=0", NULL);

	for (unsigned n = 0; !waits(talk.rig); n++) {
		assert_true(n < 1000000);
		talk_on(&talk);
		caller_forget(&talk.bob);
	}
	net_reconfigure(talk.rig->net, conf);
	rig_turn(talk.rig);
	expect_lines(&talk, talk.lines, "");
	talk_on(&talk);
	expect_lines(&talk, talk.lines, "");
	assert_done(talk.rig);
	net_reconfigure(talk.rig->net, old);
	talk_until_held(&talk);
	net_reconfigure(talk.rig->net, talk.rig->world->conf);
	conf_free(conf);
	conf_free(old);
}

/*
 * A page that grows too big is handed out before the window ends. Each of these has too
 * little to be sent it for that.
 */
static void
test_full_page(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_SEQPACKET);
	struct page *page = &talk.rig->world->page;
	struct caller many[20];
	char line[1024];
	size_t before, to = 0;

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (size_t i = 0; i < 20; i++)
		many[i] = rig_call(talk.rig, SOCK_SEQPACKET);
	rig_pass(talk.rig, 1000);
	caller_forget(&talk.bob);
	talk_until_held(&talk);
	do {
		int len = snprintf(line, sizeof(line), "/msg guest%zu", 3 + to);

		line[len] = ' ';
		to = (to + 1) % 20;
		before = page->buf.len;
		assert_true(before < 2 * PAGE_CAP);
		caller_say(talk.rig, &talk.ann, line);
	} while (page->buf.len > before);
	assert_true(before <= PAGE_CAP && before + 2 * sizeof(line) > PAGE_CAP);
	assert_done(talk.rig);
	expect_lines(&talk, talk.lines, "");
	for (size_t i = 0; i < 20; i++) {
		struct buf got = {0};

		while (caller_read(&many[i], &got))
			;
		assert_true(got.len > 5 * sizeof(line));
		buf_fini(&got);
	}
}

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
	while (!waits(talk.rig)) {
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
		twice(test_gathered),
		twice(test_much_does_not_wait),
		twice(test_lines_ask_once),
		twice(test_window_ends_with_a_line),
		twice(test_others_do_not_wait),
		twice(test_answers_do_not_wait),
		twice(test_errors_do_not_wait),
		twice(test_telnet_does_not_wait),
		twice(test_flood),
		twice(test_all_calls_are_counted),
		twice(test_pace_0),
		twice(test_reload),
		rig_test(test_full_page),
		twice(test_goodbye_takes_all_with_it),
		rig_test(test_all_are_closed),
		twice(test_flush_all),
		rig_test(test_gone_while_waiting),
		twice(test_gone_before_he_waits),
		twice(test_slow_reader),
		rig_test(test_long_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
