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

#include "net/conn.h"
#include "net/receive.h"
#include "net_talk.h"

/* Lines behind those that a window's budget is for: then the next one is busy. */
#define MANY 150

static void
test_gathered(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_SEQPACKET);
	unsigned first;

	talk_until_held(&talk);
	first = talk.lines;
	for (unsigned n = 0; n < MANY; n++)
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
	unsigned first;

	talk_until_held(&talk);
	first = talk.lines;
	for (unsigned n = 0; n < MANY; n++)
		talk_on(&talk);
	rig_pass(talk.rig, 1);
	expect_lines(&talk, first, "");
	talk_on(&talk);
	expect_no_packet(&talk.bob);
	for (unsigned n = 0; n < 1000; n++)
		rig_turn(talk.rig);
	rig_pass(talk.rig, 1);
	expect_lines(&talk, talk.lines, "");
	rig_pass(talk.rig, 1);
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
	assert_true(talk_waits(talk.rig));
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

/* So many come, besides the two who talk. */
static void
call_many(struct talk *talk, struct caller *many, size_t count)
{
	for (size_t i = 0; i < count; i++)
		many[i] = rig_call(talk->rig, SOCK_SEQPACKET);
	/* All are told who has come, and then for a while there is nothing. */
	rig_pass(talk->rig, 60000);
	while (talk_waits(talk->rig))
		rig_turn(talk->rig);
	rig_pass(talk->rig, 1000);
	for (size_t i = 0; i < count; i++)
		caller_forget(&many[i]);
	caller_forget(&talk->bob);
}

/* A big room is told in several turns; what comes meanwhile does not wait for all. */
static void
test_big_room(void **state)
{
	struct talk talk = talk_new(state, "server.pace=20ms", NULL, SOCK_SEQPACKET);
	struct caller many[2 * AUDIENCE_MAX];
	struct caller *second = &many[AUDIENCE_MAX],
		      *last = &many[2 * AUDIENCE_MAX - 1];

	call_many(&talk, many, 2 * AUDIENCE_MAX);
	talk_on(&talk);
	expect_lines(&talk, 1, "");
	expect_no_packet(second);
	assert_int_equal(net_next_due(talk.rig->net), talk.rig->world->now.mono);
	caller_say(talk.rig, &talk.bob, "/nick guest2");
	expect_packet(&talk.bob,
		"!! Names like guest7 are given to newcomers; choose another.\r\n");
	expect_packet(second, "guest1: line 1\r\n");
	expect_no_packet(last);
	rig_turn(talk.rig);
	expect_packet(last, "guest1: line 1\r\n");
	assert_done(talk.rig);
	assert_int_equal(talk.rig->net->pace.calls, 2 * AUDIENCE_MAX + 2);
}

/* Each part of it waits for its own time, not for that of the others. */
static void
test_parts_wait_by_themselves(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_SEQPACKET);
	struct caller many[2 * AUDIENCE_MAX];
	struct caller *second = &many[AUDIENCE_MAX],
		      *third = &many[2 * AUDIENCE_MAX - 1];
	struct moment *now = &talk.rig->world->now;
	int64_t began;

	call_many(&talk, many, 2 * AUDIENCE_MAX);
	began = now->us;
	talk_on(&talk);
	now->us = began + 300;
	rig_turn(talk.rig);
	now->us = began + 600;
	rig_turn(talk.rig);
	expect_lines(&talk, 1, "");
	expect_packet(second, "guest1: line 1\r\n");
	expect_packet(third, "guest1: line 1\r\n");
	assert_done(talk.rig);
	talk_on(&talk);
	now->us = began + 999;
	talk_on(&talk);
	expect_no_packet(&talk.bob);
	assert_int_equal(net_next_due(talk.rig->net), now->mono + 1);
	now->us = began + 1000;
	rig_turn(talk.rig);
	expect_lines(&talk, 2, "");
	expect_no_packet(second);
	now->us = began + 1300;
	rig_turn(talk.rig);
	expect_packet(second, "guest1: line 2\r\nguest1: line 3\r\n");
	expect_no_packet(third);
	now->us = began + 1600;
	rig_turn(talk.rig);
	expect_packet(third, "guest1: line 2\r\nguest1: line 3\r\n");
	assert_done(talk.rig);
}

/* Who has got an answer since the others were told does not wait longer than they. */
static void
test_told_with_the_others(void **state)
{
	struct talk talk = talk_new(state, QUICK, NULL, SOCK_SEQPACKET);
	struct caller many[AUDIENCE_MAX - 2];
	struct moment *now = &talk.rig->world->now;

	call_many(&talk, many, AUDIENCE_MAX - 2);
	/* A window begins; they are told in the midst of it. */
	caller_say(talk.rig, &talk.ann, "/nick guest2");
	now->us += 500;
	talk_on(&talk);
	expect_lines(&talk, 1, "");
	for (int n = 0; n < 3; n++)
		talk_on(&talk);
	expect_no_packet(&talk.bob);
	/* The next one begins, which is busy, with an answer to one of them. */
	now->us += 500;
	caller_say(talk.rig, &many[0], "/nick guest2");
	caller_forget(&many[0]);
	talk_on(&talk);
	expect_no_packet(&many[0]);
	now->us += 500;
	rig_turn(talk.rig);
	expect_lines(&talk, 2, "");
	expect_packet(&many[0], "guest1: line 5\r\n");
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

	for (unsigned n = 0; !talk_waits(talk.rig); n++) {
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
	/* All were told just now, and wait for what comes next. */
	talk_on(&talk);
	expect_no_packet(&talk.bob);
	rig_pass(talk.rig, 1);
	expect_lines(&talk, talk.lines, "");
	assert_done(talk.rig);
	for (size_t i = 0; i < 20; i++) {
		struct buf got = {0};

		while (caller_read(&many[i], &got))
			;
		assert_true(got.len > 5 * sizeof(line));
		buf_fini(&got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		talk_twice(test_gathered),
		talk_twice(test_much_does_not_wait),
		talk_twice(test_lines_ask_once),
		talk_twice(test_window_ends_with_a_line),
		talk_twice(test_others_do_not_wait),
		talk_twice(test_answers_do_not_wait),
		talk_twice(test_errors_do_not_wait),
		talk_twice(test_telnet_does_not_wait),
		talk_twice(test_flood),
		talk_twice(test_all_calls_are_counted),
		rig_test(test_big_room),
		rig_test(test_parts_wait_by_themselves),
		rig_test(test_told_with_the_others),
		talk_twice(test_pace_0),
		talk_twice(test_reload),
		rig_test(test_full_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
