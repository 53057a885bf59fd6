/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "chat/render.h"
#include "chat/user.h"
#include "chat_fake.h"

/* From messages to lines on the page. */

/* What a test renders with; freed when it is over. */
struct desk {
	struct page page;
	struct conf *conf;
};

static int
desk_end(void **state)
{
	struct desk *desk = *state;

	buf_fini(&desk->page.buf);
	conf_free(desk->conf);
	free(desk);
	return 0;
}

static struct desk *
desk_new(void **state, struct conf *conf)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	assert_non_null(desk);
	desk->conf = conf;
	*state = desk;
	setenv("TZ", "UTC", 1);
	tzset();
	return desk;
}

/* A message with something in every field that a template may name. */
static struct msg
full_msg(enum msg_kind kind)
{
	return (struct msg){
		.kind = kind,
		.from = 42,
		.nick = STR("ann"),
		.text = STR("hi {nick} }}"),
		.where = STR("#dev"),
		.new_nick = STR("anna"),
		.why = STR("bye"),
		.wall = WORLD_WALL + 61,
	};
}

/* `msg` in `style` is this line, and nothing else is on the page because of it. */
static void
assert_line(struct desk *desk, struct msg *msg, unsigned style, const char *want)
{
	size_t before = desk->page.buf.len;
	struct extent extent = render(&desk->page, desk->conf, msg, style);
	struct str text = page_text(&desk->page, extent);

	assert_int_equal(extent.from, before);
	assert_int_equal(extent.from + extent.len, desk->page.buf.len);
	assert_int_equal(text.len, strlen(want) + 2);
	assert_memory_equal(text.p, want, strlen(want));
	assert_memory_equal(text.p + strlen(want), "\r\n", 2);
}

static void
test_defaults(void **state)
{
	static const struct {
		enum msg_kind kind;
		const char *line;
	} lines[] = {
		{MSG_WELCOME,
			"-- Welcome to prattle! You are ann in #dev. "
			"Type to talk, /help for more."},
		{MSG_MOTD, "hi {nick} }}"},
		{MSG_PRESENT, "-- In #dev: hi {nick} }}"},
		{MSG_SAY, "ann: hi {nick} }}"},
		{MSG_ACTION, "* ann hi {nick} }}"},
		{MSG_ACTION_SELF, "* ann hi {nick} }}"},
		{MSG_PRIVATE, "[ann] hi {nick} }}"},
		{MSG_PRIVATE_SELF, "[to ann] hi {nick} }}"},
		{MSG_JOIN, "-- ann has joined #dev"},
		{MSG_PART, "-- ann has left #dev (bye)"},
		{MSG_QUIT, "-- ann has quit (bye)"},
		{MSG_RENAME, "-- ann is now anna"},
		{MSG_TOPIC, "-- ann set the topic of #dev: hi {nick} }}"},
		{MSG_NOTICE, "-- hi {nick} }}"},
		{MSG_ERROR, "!! hi {nick} }}"},
	};
	struct desk *desk = desk_new(state, conf_make(NULL, NULL));

	/* All but MSG_SAY_SELF, which shows nothing. */
	assert_int_equal(sizeof(lines) / sizeof(lines[0]), MSG_KINDS - 1);
	for (size_t i = 0; i < MSG_KINDS - 1; i++) {
		struct msg msg = full_msg(lines[i].kind);
		assert_line(desk, &msg, 0, lines[i].line);
	}
}

/* Each kind has the template of its own name. */
static void
test_kinds(void **state)
{
	struct desk *desk = desk_new(state,
		conf_make("format.welcome=1", "format.motd=2", "format.present=3",
			"format.say=4", "format.say_self=5", "format.action=6",
			"format.action_self=7", "format.private=8",
			"format.private_self=9", "format.join=10", "format.part=11",
			"format.quit=12", "format.rename=13", "format.topic=14",
			"format.notice=15", "format.error=16", NULL));
	enum msg_kind kind = MSG_WELCOME;

	for (int number = 1; number <= 16; number++, kind++) {
		struct msg msg = full_msg(kind);
		char want[16];

		snprintf(want, sizeof(want), "%d", number);
		assert_line(desk, &msg, 0, want);
	}
	assert_int_equal(kind, MSG_KINDS);
}

static void
test_holes(void **state)
{
	struct desk *desk = desk_new(state,
		conf_make("format.say=<{nick}|{text}|{room}|{id}>",
			"format.welcome={server} {id}{{}}", "format.quit={nick}{why}.",
			"server.name={x}", NULL));
	struct msg msg = full_msg(MSG_SAY);

	assert_line(desk, &msg, 0, "<ann|hi {nick} }}|#dev|42>");
	msg = full_msg(MSG_WELCOME);
	assert_line(desk, &msg, 0, "{x} 42{}");
	msg = full_msg(MSG_QUIT);
	assert_line(desk, &msg, 0, "ann (bye).");
	msg = full_msg(MSG_QUIT);
	msg.why = STR("");
	assert_line(desk, &msg, 0, "ann.");
	msg.from = UINT64_MAX;
	msg.kind = MSG_WELCOME;
	memset(msg.is_rendered, 0, sizeof(msg.is_rendered));
	assert_line(desk, &msg, 0, "{x} 18446744073709551615{}");
}

static void
test_styles(void **state)
{
	struct desk *desk = desk_new(state, conf_make(NULL, NULL));
	struct msg msg = full_msg(MSG_SAY);

	assert_line(desk, &msg, 0, "ann: hi {nick} }}");
	assert_line(desk, &msg, STYLE_ELSEWHERE, "#dev ann: hi {nick} }}");
	assert_line(desk, &msg, STYLE_TIMESTAMP, "10:01 ann: hi {nick} }}");
	assert_line(desk, &msg, STYLE_ELSEWHERE | STYLE_TIMESTAMP,
		"10:01 #dev ann: hi {nick} }}");
}

static void
test_styles_by_conf(void **state)
{
	struct desk *desk = desk_new(state,
		conf_make("format.elsewhere={line} <{room}>",
			"format.timestamp=[{time}] {line} [{time}]",
			"format.time=%Y-%m-%d %H:%M:%S", NULL));
	struct msg msg = full_msg(MSG_ACTION);

	assert_line(desk, &msg, STYLE_ELSEWHERE | STYLE_TIMESTAMP,
		"[2026-11-21 10:01:01] * ann hi {nick} }} <#dev> "
		"[2026-11-21 10:01:01]");
}

/* A style is rendered once for each message, however often it is asked for. */
static void
test_once(void **state)
{
	struct desk *desk = desk_new(state, conf_make(NULL, NULL));
	struct msg msg = full_msg(MSG_SAY);
	struct extent first[STYLES];
	size_t len;

	for (unsigned style = 0; style < STYLES; style++)
		first[style] = render(&desk->page, desk->conf, &msg, style);
	len = desk->page.buf.len;
	for (unsigned style = STYLES; style-- > 0;) {
		struct extent again = render(&desk->page, desk->conf, &msg, style);

		assert_int_equal(again.from, first[style].from);
		assert_int_equal(again.len, first[style].len);
	}
	assert_int_equal(desk->page.buf.len, len);
	assert_int_equal(first[STYLES - 1].from + first[STYLES - 1].len, len);
}

/* Nothing stays nothing, with a timestamp too. */
static void
test_empty(void **state)
{
	struct desk *desk = desk_new(state, conf_make(NULL, NULL));
	struct msg msg = full_msg(MSG_SAY_SELF);

	for (unsigned style = 0; style < STYLES; style++) {
		assert_int_equal(render(&desk->page, desk->conf, &msg, style).len, 0);
		assert_true(msg.is_rendered[style]);
	}
	assert_int_equal(desk->page.buf.len, 0);
}

/* A time that strftime has no room for is left out, and harms nobody. */
static void
test_long_time(void **state)
{
	struct desk *desk =
		desk_new(state, conf_make("format.time=%c%c%c%c%c%c%c%c", NULL));
	struct msg msg = full_msg(MSG_SAY);

	assert_line(desk, &msg, STYLE_TIMESTAMP, " ann: hi {nick} }}");
}

static void
test_long_text(void **state)
{
	struct desk *desk = desk_new(state, conf_make(NULL, NULL));
	struct msg msg = full_msg(MSG_SAY);
	char text[70000], want[70010] = "ann: ";

	memset(text, 'x', sizeof(text));
	memset(want + 5, 'x', sizeof(text));
	msg.text = str_make(text, sizeof(text));
	assert_line(desk, &msg, 0, want);
}

/*
 * In the chat: how much the page grows.
 */

/* As many renderings as styles are in use in the room, not as people are. */
static void
test_page(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *one;

	for (int i = 0; i < 40; i++) {
		one = arrive(world);
		if (i % 4 >= 2)
			say(one, "/set timestamp clock");
		if (i % 2 > 0)
			say(one, "/join #dev");
	}
	world_pass(world, 2000);
	forget_all(world);
	assert_int_equal(world->page.buf.len, 0);
	type(ann, "x");
	assert_int_equal(world->page.buf.len,
		strlen("ann: x\r\n") + strlen("#lobby ann: x\r\n") +
			strlen("10:00 ann: x\r\n") + strlen("10:00 #lobby ann: x\r\n"));
	world_turn(world);
}

/* An echo server: everybody gets every line bare, and nothing else. */
static void
test_echo_format(void **state)
{
	struct world *world = world_new(state, "format.welcome=", "format.present=",
		"format.join=", "format.quit=", "format.say={text}",
		"format.say_self={text}", NULL);
	struct person *one = arrive(world), *two = arrive(world);

	world_pass(world, 10000);
	expect_silence(world);
	say(one, "hello");
	expect(one, "hello");
	expect(two, "hello");
	/* Also to the sender alone. */
	leave(one, "gone");
	say(two, "{text}");
	expect(two, "{text}");
	expect_silence(world);
}

/* People are told apart by number, as many small chats do. */
static void
test_number_format(void **state)
{
	struct world *world = world_new(state, "server.settle=0",
		"format.welcome=Welcome, client {id}",
		"format.present=", "format.join=server: client {id} just arrived",
		"format.quit=server: client {id} just left",
		"format.say=client {id}: {text}", NULL);
	struct person *one = arrive(world), *two = arrive(world);

	expect(one, "Welcome, client 1");
	expect(one, "server: client 2 just arrived");
	expect(two, "Welcome, client 2");
	say(one, "hello");
	expect(two, "client 1: hello");
	leave(two, "");
	expect(one, "server: client 2 just left");
	expect_silence(world);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_defaults, desk_end),
		cmocka_unit_test_teardown(test_kinds, desk_end),
		cmocka_unit_test_teardown(test_holes, desk_end),
		cmocka_unit_test_teardown(test_styles, desk_end),
		cmocka_unit_test_teardown(test_styles_by_conf, desk_end),
		cmocka_unit_test_teardown(test_once, desk_end),
		cmocka_unit_test_teardown(test_empty, desk_end),
		cmocka_unit_test_teardown(test_long_time, desk_end),
		cmocka_unit_test_teardown(test_long_text, desk_end),
		world_test(test_page),
		world_test(test_echo_format),
		world_test(test_number_format),
	};

	return cmocka_run_group_tests_name("render", tests, NULL, NULL);
}
