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
#include "chat/setting.h"
#include "chat/style.h"
#include "chat/theme.h"
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
		.count = 12,
		.wall = WORLD_WALL + 61,
	};
}

/* `msg` in `style` is this line, and nothing else is on the page because of it. */
static void
assert_line(struct desk *desk, struct msg *msg, uint32_t style, const char *want)
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
		{MSG_JOINED, "-- 12 joined #dev: hi {nick} }}"},
		{MSG_LEFT, "-- 12 left #dev: hi {nick} }}"},
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
			"format.quit=12", "format.joined=13", "format.left=14",
			"format.rename=15", "format.topic=16", "format.notice=17",
			"format.error=18", NULL));
	enum msg_kind kind = MSG_WELCOME;

	for (int number = 1; number <= 18; number++, kind++) {
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
	msg.nrendered = 0;
	assert_line(desk, &msg, 0, "{x} 18446744073709551615{}");
}

static void
test_styles(void **state)
{
	struct desk *desk = desk_new(state, conf_make(NULL, NULL));
	struct msg msg = full_msg(MSG_SAY);

	assert_line(desk, &msg, 0, "ann: hi {nick} }}");
	assert_line(desk, &msg, STYLE_ELSEWHERE, "#dev ann: hi {nick} }}");
	assert_line(desk, &msg, STYLE_CLOCK, "10:01 ann: hi {nick} }}");
	assert_line(desk, &msg, STYLE_ELSEWHERE | STYLE_CLOCK,
		"10:01 #dev ann: hi {nick} }}");
	assert_line(desk, &msg, STYLE_FULL, "2026-11-21 10:01:01 ann: hi {nick} }}");
}

static void
test_styles_by_conf(void **state)
{
	struct desk *desk = desk_new(state,
		conf_make("format.elsewhere={line} <{room}>",
			"format.timestamp=[{time}] {line} [{time}]",
			"format.time=%Y-%m-%d %H:%M:%S", NULL));
	struct msg msg = full_msg(MSG_ACTION);

	assert_line(desk, &msg, STYLE_ELSEWHERE | STYLE_CLOCK,
		"[2026-11-21 10:01:01] * ann hi {nick} }} <#dev> "
		"[2026-11-21 10:01:01]");
}

/* A style is rendered once for each message, however often it is asked for. */
static void
test_once(void **state)
{
	struct desk *desk = desk_new(state, conf_make(NULL, NULL));
	struct msg msg = full_msg(MSG_SAY);
	struct extent first[MSG_RENDERED_MAX];
	size_t len;

	for (uint32_t style = 0; style < MSG_RENDERED_MAX; style++)
		first[style] = render(&desk->page, desk->conf, &msg, style);
	len = desk->page.buf.len;
	for (uint32_t style = MSG_RENDERED_MAX; style-- > 0;) {
		struct extent again = render(&desk->page, desk->conf, &msg, style);

		assert_int_equal(again.from, first[style].from);
		assert_int_equal(again.len, first[style].len);
	}
	assert_int_equal(desk->page.buf.len, len);
}

/* More styles than are kept come out right, too, anew each time. */
static void
test_more_styles(void **state)
{
	struct desk *desk = desk_new(state, conf_make(NULL, NULL));
	struct msg msg = full_msg(MSG_SAY);
	uint32_t zone = ZONE_UTC;

	for (int i = 0; i < MSG_RENDERED_MAX; i++, zone += 60)
		render(&desk->page, desk->conf, &msg,
			STYLE_CLOCK | zone << STYLE_ZONE_SHIFT);
	for (int i = 0; i < 2; i++)
		assert_line(desk, &msg, STYLE_CLOCK | zone << STYLE_ZONE_SHIFT,
			"18:01 ann: hi {nick} }}");
	assert_int_equal(msg.nrendered, MSG_RENDERED_MAX);
}

/* Nothing stays nothing, whatever is put around it. */
static void
test_empty(void **state)
{
	static const uint32_t styles[] = {0, STYLE_CLOCK, STYLE_ELSEWHERE, STYLE_BELL,
		STYLE_COLOUR, STYLE_WRAP, STYLE_READER, UINT16_MAX};
	struct desk *desk = desk_new(state, conf_make(NULL, NULL));

	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
		struct msg msg = full_msg(MSG_SAY_SELF);

		assert_int_equal(
			render(&desk->page, desk->conf, &msg, styles[i]).len, 0);
	}
	assert_int_equal(desk->page.buf.len, 0);
	/* A template that only happens to give nothing is a line all the same. */
	assert_line(desk, &(struct msg){.kind = MSG_MOTD}, STYLE_ELSEWHERE, " ");
}

/* The clock of the receiver, by minutes east of UTC; the daemon's if not set. */
static void
test_zones(void **state)
{
	static const struct {
		int east;
		const char *clock, *full;
	} zones[] = {
		{0, "10:01 1", "2026-11-21 10:01:01 1"},
		{120, "12:01 1", "2026-11-21 12:01:01 1"},
		{-210, "06:31 1", "2026-11-21 06:31:01 1"},
		{14 * 60, "00:01 1", "2026-11-22 00:01:01 1"},
		{-12 * 60, "22:01 1", "2026-11-20 22:01:01 1"},
	};
	struct desk *desk = desk_new(state, conf_make("format.say=1", NULL));
	struct msg msg;

	setenv("TZ", "EAST-5", 1);
	tzset();
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		uint32_t zone = (uint32_t)(ZONE_UTC + zones[i].east)
			<< STYLE_ZONE_SHIFT;

		msg = full_msg(MSG_SAY);
		assert_line(desk, &msg, STYLE_CLOCK | zone, zones[i].clock);
		assert_line(desk, &msg, STYLE_FULL | zone, zones[i].full);
	}
	msg = full_msg(MSG_SAY);
	assert_line(desk, &msg, STYLE_CLOCK, "15:01 1");
	assert_line(desk, &msg, STYLE_FULL, "2026-11-21 15:01:01 1");
}

/* One bell, behind all that is shown, so that it rings when the line is there. */
static void
test_bell(void **state)
{
	struct desk *desk = desk_new(state, conf_make(NULL, NULL));
	struct msg msg = full_msg(MSG_SAY);

	assert_line(desk, &msg, STYLE_BELL, "ann: hi {nick} }}\a");
	assert_line(desk, &msg, STYLE_BELL | STYLE_ELSEWHERE | STYLE_CLOCK,
		"10:01 #dev ann: hi {nick} }}\a");
}

static void
test_clean(void **state)
{
	struct desk *desk = desk_new(state, conf_make(NULL, NULL));
	struct msg msg = full_msg(MSG_SAY);

	msg.text = STR("a\x1b[1mb\a\x1f\x1b]0;c\ad\r\n-- e\xe2\x80\xae!\xc2\x9b;J");
	assert_line(desk, &msg, 0, "ann: abd-- e!");
}

/* Each has its mark, once; nobody gets one who has no window to fold at. */
static void
test_wrap_mark(void **state)
{
	struct desk *desk = desk_new(state, conf_make(NULL, NULL));
	struct msg msg = full_msg(MSG_SAY);

	assert_line(desk, &msg, STYLE_WRAP, "ann: \x1fhi {nick} }}");
	assert_line(desk, &msg, STYLE_WRAP | STYLE_CLOCK | STYLE_ELSEWHERE,
		"10:01 #dev ann: \x1fhi {nick} }}");
	msg = full_msg(MSG_NOTICE);
	assert_line(desk, &msg, STYLE_WRAP, "-- \x1fhi {nick} }}");
	msg = full_msg(MSG_JOIN);
	assert_line(desk, &msg, STYLE_WRAP, "-- ann has joined #dev");
}

/*
 * Colours
 */

#define RESET "\x1b[0m"

/* The line with each "<" made the colour of ann, and each ">" the way back. */
static void
assert_painted(struct desk *desk, enum msg_kind kind, uint32_t style, const char *want)
{
	struct msg msg = full_msg(kind);
	struct buf line = {0};
	char *text;

	for (; *want != '\0'; want++) {
		if (*want == '<')
			theme_nick(&line, style, STR("ann"));
		else if (*want == '>')
			buf_printf(&line, RESET "%s", theme_line(style, kind));
		else
			buf_add_char(&line, *want);
	}
	text = buf_take(&line);
	assert_line(desk, &msg, style, text);
	free(text);
}

/* A nick has its colour, the line goes on in its own, and ends in none. */
static void
test_colours(void **state)
{
	static const uint32_t palettes[] = {STYLE_COLOUR, STYLE_COLOUR | STYLE_256,
		STYLE_COLOUR | STYLE_LIGHT, STYLE_COLOUR | STYLE_256 | STYLE_LIGHT};
	struct desk *desk = desk_new(state, conf_make(NULL, NULL));

	for (size_t i = 0; i < sizeof(palettes) / sizeof(palettes[0]); i++) {
		uint32_t style = palettes[i];

		assert_painted(desk, MSG_SAY, style, "<ann>: hi {nick} }}");
		assert_painted(desk, MSG_ACTION, style, "* <ann> hi {nick} }}");
		assert_painted(desk, MSG_MOTD, style, "hi {nick} }}");
	}
	assert_painted(
		desk, MSG_JOIN, STYLE_COLOUR, "\x1b[36m-- <ann> has joined #dev" RESET);
	assert_painted(desk, MSG_NOTICE, STYLE_COLOUR, "\x1b[36m-- hi {nick} }}" RESET);
	assert_painted(desk, MSG_ERROR, STYLE_COLOUR, "\x1b[91m!! hi {nick} }}" RESET);
	assert_painted(
		desk, MSG_PRIVATE, STYLE_COLOUR, "\x1b[95m[<ann>] hi {nick} }}" RESET);
	/* What stands around the line is not painted. */
	assert_painted(desk, MSG_PRIVATE_SELF, STYLE_COLOUR | STYLE_CLOCK | STYLE_BELL,
		"10:01 \x1b[95m[to <ann>] hi {nick} }}" RESET "\a");
}

/* The whole line stands out, and the nick in it like the rest. */
static void
test_mention(void **state)
{
	struct desk *desk = desk_new(state, conf_make(NULL, NULL));

	assert_painted(desk, MSG_SAY, STYLE_COLOUR | STYLE_MENTION,
		"\x1b[1;93mann: hi {nick} }}" RESET);
	assert_painted(desk, MSG_ACTION, STYLE_COLOUR | STYLE_LIGHT | STYLE_MENTION,
		"\x1b[1;31m* ann hi {nick} }}" RESET);
	assert_painted(desk, MSG_SAY, STYLE_COLOUR | STYLE_MENTION | STYLE_ELSEWHERE,
		"#dev \x1b[1;93mann: hi {nick} }}" RESET);
}

/* Both names of a rename have their own colours. */
static void
test_rename_colours(void **state)
{
	struct desk *desk =
		desk_new(state, conf_make("format.rename={nick}{new}", NULL));
	struct msg msg = full_msg(MSG_RENAME);
	struct buf line = {0};
	char *text;

	buf_add_str(&line, STR("\x1b[36m"));
	theme_nick(&line, STYLE_COLOUR, STR("ann"));
	buf_add_str(&line, STR("ann" RESET "\x1b[36m"));
	theme_nick(&line, STYLE_COLOUR, STR("anna"));
	buf_add_str(&line, STR("anna" RESET "\x1b[36m" RESET));
	text = buf_take(&line);
	assert_line(desk, &msg, STYLE_COLOUR, text);
	free(text);
}

/*
 * For screen readers: words instead of marks.
 */

static void
test_reader(void **state)
{
	static const struct {
		enum msg_kind kind;
		const char *line;
	} lines[] = {
		{MSG_WELCOME,
			"Welcome to prattle! You are ann in #dev. "
			"Type to talk, /help for more."},
		{MSG_MOTD, "hi {nick} }}"},
		{MSG_PRESENT, "In #dev: hi {nick} }}"},
		{MSG_SAY, "ann: hi {nick} }}"},
		{MSG_ACTION, "ann hi {nick} }}"},
		{MSG_ACTION_SELF, "ann hi {nick} }}"},
		{MSG_PRIVATE, "Private from ann: hi {nick} }}"},
		{MSG_PRIVATE_SELF, "Private to ann: hi {nick} }}"},
		{MSG_JOIN, "ann has joined #dev"},
		{MSG_PART, "ann has left #dev (bye)"},
		{MSG_QUIT, "ann has quit (bye)"},
		{MSG_JOINED, "12 joined #dev: hi {nick} }}"},
		{MSG_LEFT, "12 left #dev: hi {nick} }}"},
		{MSG_RENAME, "ann is now anna"},
		{MSG_TOPIC, "ann set the topic of #dev: hi {nick} }}"},
		{MSG_NOTICE, "hi {nick} }}"},
		{MSG_ERROR, "Error: hi {nick} }}"},
	};
	struct desk *desk = desk_new(state, conf_make(NULL, NULL));
	struct msg msg;

	assert_int_equal(sizeof(lines) / sizeof(lines[0]), MSG_KINDS - 1);
	for (size_t i = 0; i < MSG_KINDS - 1; i++) {
		msg = full_msg(lines[i].kind);
		assert_line(desk, &msg, STYLE_READER, lines[i].line);
	}
	msg = full_msg(MSG_SAY);
	assert_line(
		desk, &msg, STYLE_READER | STYLE_MENTION, "ann to you: hi {nick} }}");
	/* An action that names the reader has no other words. */
	msg = full_msg(MSG_ACTION);
	assert_line(desk, &msg, STYLE_READER | STYLE_MENTION, "ann hi {nick} }}");
}

/* Each kind has the template of its own name; what has none takes the ordinary one. */
static void
test_reader_kinds(void **state)
{
	struct desk *desk = desk_new(state,
		conf_make("format.reader_welcome=1", "format.motd=2",
			"format.reader_present=3", "format.say=4", "format.say_self=5",
			"format.reader_action=6", "format.reader_private=7",
			"format.reader_private_self=8", "format.reader_join=9",
			"format.reader_part=10", "format.reader_quit=11",
			"format.reader_joined=12", "format.reader_left=13",
			"format.reader_rename=14", "format.reader_topic=15",
			"format.reader_notice=16", "format.reader_error=17",
			"format.reader_mention=18", NULL));
	static const char *const wants[MSG_KINDS] = {"1", "2", "3", "4", "5", "6", "6",
		"7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17"};
	struct msg msg;

	for (enum msg_kind kind = 0; kind < MSG_KINDS; kind++) {
		msg = full_msg(kind);
		assert_line(desk, &msg, STYLE_READER, wants[kind]);
	}
	msg = full_msg(MSG_SAY);
	assert_line(desk, &msg, STYLE_READER | STYLE_MENTION, "18");
}

static void
test_long_time(void **state)
{
	struct desk *desk =
		desk_new(state, conf_make("format.time=%c%c%c%c%c%c%c", NULL));
	struct msg msg = full_msg(MSG_SAY);

	assert_line(desk, &msg, STYLE_CLOCK, " ann: hi {nick} }}");
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
		cmocka_unit_test_teardown(test_more_styles, desk_end),
		cmocka_unit_test_teardown(test_empty, desk_end),
		cmocka_unit_test_teardown(test_zones, desk_end),
		cmocka_unit_test_teardown(test_bell, desk_end),
		cmocka_unit_test_teardown(test_clean, desk_end),
		cmocka_unit_test_teardown(test_wrap_mark, desk_end),
		cmocka_unit_test_teardown(test_colours, desk_end),
		cmocka_unit_test_teardown(test_mention, desk_end),
		cmocka_unit_test_teardown(test_rename_colours, desk_end),
		cmocka_unit_test_teardown(test_reader, desk_end),
		cmocka_unit_test_teardown(test_reader_kinds, desk_end),
		cmocka_unit_test_teardown(test_long_time, desk_end),
		cmocka_unit_test_teardown(test_long_text, desk_end),
	};

	return cmocka_run_group_tests_name("render", tests, NULL, NULL);
}
