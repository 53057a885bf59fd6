/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <event2/event.h>

#include "net/conn.h"
#include "net/editor.h"
#include "net/unsent.h"
#include "net_rig.h"
#include "wire.h"

/*
 * The line being typed, on a connection: how often it is drawn. What a turn sends comes
 * as one packet, so a packet shows all that was drawn in it.
 */

#define NOP "\xff\xf1"
#define LEFT "\033[D"
#define UP "\033[A"
#define PROMPT "\r#lobby> "
#define ROW_END "\033[K"
#define ERASED "\r\033[K"

static void
type_in(struct caller *caller, struct str keys)
{
	assert_int_equal(
		send(caller->fd, keys.p, keys.len, MSG_NOSIGNAL), (ssize_t)keys.len);
}

/* Somebody comes with a window of so many columns, and the editor is on. */
static struct caller
call(struct rig *rig, int kind, char columns)
{
	char size[] = {
		'\xff', '\xfa', '\x1f', '\0', columns, '\0', '\x18', '\xff', '\xf0'};
	struct caller caller = rig_call(rig, kind);

	type_in(&caller, STR(WILL NAWS WILL TTYPE TYPE_IS("VT100") DO ECHO DO SGA));
	type_in(&caller, str_make(size, sizeof(size)));
	/* A socket of packets gives them one by one. */
	for (int i = 0; i < 3; i++)
		rig_turn(rig);
	type_in(&caller, STR(DO ECHO DO SGA));
	rig_turn(rig);
	assert_non_null(caller.conn->proto.editor);
	rig_pass(rig, 1000);
	caller_forget(&caller);
	return caller;
}

struct scene {
	struct rig *rig;
	struct caller ann, bob;
};

/* Ann talks by a plain client; bob has the editor. */
static struct scene
scene_new(void **state, int kind, const char *more)
{
	struct world *world =
		world_new(state, "limits.rate=0", "server.pace=0", more, NULL);
	struct scene scene = {.rig = rig_new(state, world)};

	scene.ann = rig_call(scene.rig, SOCK_SEQPACKET);
	scene.bob = call(scene.rig, kind, 80);
	caller_forget(&scene.ann);
	return scene;
}

static void
press(struct scene *scene, struct str keys)
{
	type_in(&scene->bob, keys);
	rig_turn(scene->rig);
}

/* Keys of one read: only what they come to is drawn. */
static void
test_keys_of_one_read(void **state)
{
	struct scene scene = scene_new(state, SOCK_SEQPACKET, NULL);

	press(&scene, STR("ab"));
	expect_packet(&scene.bob, "ab");
	/* Wherever they are cut: by telnet, by Tab, by what telnet has for keys. */
	press(&scene, STR("c" NOP "\x7f"));
	expect_no_packet(&scene.bob);
	press(&scene, STR("c" NOP LEFT NOP "d"));
	expect_packet(&scene.bob, "dc\b");
	press(&scene, STR("x\ty\tz" EC EC EC));
	expect_packet(&scene.bob, "\a");
	press(&scene, STR("and on" EL "new"));
	expect_packet(&scene.bob, "\b\b\bnew" ROW_END);
	press(&scene, STR(UP NOP UP NOP UP));
	expect_packet(&scene.bob, "\a");
	expect_no_packet(&scene.bob);
}

/* As many keys as a turn takes, each of which would draw the row anew. */
static void
test_burst(void **state)
{
	struct scene scene = scene_new(state, SOCK_SEQPACKET, NULL);
	struct buf keys = {0};

	for (int i = 0; i < 60; i++)
		buf_add_str(&keys, STR("x" NOP LEFT NOP));
	press(&scene, buf_str(&keys));
	buf_reset(&keys);
	for (int i = 0; i < 60; i++)
		buf_add_char(&keys, 'x');
	buf_add_str(&keys, STR("\033[60D"));
	buf_add_char(&keys, '\0');
	expect_packet(&scene.bob, keys.p);
	expect_no_packet(&scene.bob);
	buf_fini(&keys);
}

/* Lines of one read, and what is typed behind them. */
static void
test_lines_of_one_read(void **state)
{
	struct scene scene = scene_new(state, SOCK_SEQPACKET, NULL);

	press(&scene, STR("one\rtwo\rthr"));
	expect_packet(&scene.bob,
		ERASED "guest2: one\r\nguest2: two\r\n" PROMPT "thr" ROW_END);
	press(&scene, STR("\x15\r"));
	expect_packet(&scene.bob, PROMPT ROW_END);
	/* The screen is cleared before what is printed on it. */
	press(&scene, STR("x\x0C" NOP "y\rz"));
	expect_packet(&scene.bob, "\033[H\033[2Jguest2: xy\r\n" PROMPT "z" ROW_END);
	expect_no_packet(&scene.bob);
}

/* Keys and a line of somebody else that come together. */
static void
test_keys_and_a_line(void **state)
{
	struct scene scene = scene_new(state, SOCK_SEQPACKET, NULL);

	type_in(&scene.bob, STR("ab" NOP LEFT NOP "x"));
	caller_send(&scene.ann, "hello\n");
	rig_turn(scene.rig);
	expect_packet(&scene.bob, ERASED "guest1: hello\r\n" PROMPT "axb" ROW_END "\b");
	/* And then the line alone: the row is as it was. */
	caller_say(scene.rig, &scene.ann, "again");
	expect_packet(&scene.bob, ERASED "guest1: again\r\n" PROMPT "axb" ROW_END "\b");
	press(&scene, STR("y"));
	expect_packet(&scene.bob, "yb\b");
	expect_no_packet(&scene.bob);
}

/* What is ready is done, and the turn goes on. */
static void
go_on(struct rig *rig)
{
	assert_int_not_equal(
		event_base_loop(rig->base, EVLOOP_ONCE | EVLOOP_NONBLOCK), -1);
}

/* The next packet is this, printed above an empty line. */
static void
expect_above(struct caller *caller, const char *text)
{
	struct buf packet = {0};

	buf_printf(&packet, ERASED "%s\r\n" PROMPT ROW_END, text);
	buf_add_char(&packet, '\0');
	expect_packet(caller, packet.p);
	buf_fini(&packet);
}

/* A line is folded once for all windows of a width. */
static void
test_windows(void **state)
{
	struct scene scene = scene_new(state, SOCK_SEQPACKET, NULL);
	struct caller cid = call(scene.rig, SOCK_SEQPACKET, 20);
	struct caller dan = call(scene.rig, SOCK_SEQPACKET, 80);
	struct caller eve = call(scene.rig, SOCK_SEQPACKET, 20);
	/* As long as each other, and at the same place of the page. */
	static const struct {
		const char *said, *wide, *narrow;
	} lines[] = {
		{"which is it: one or two?", "guest1: which is it: one or two?",
			"guest1: which is\r\nit: one or two?"},
		{"maybe it is: one or two!", "guest1: maybe it is: one or two!",
			"guest1: maybe it\r\nis: one or two!"},
	};

	caller_forget(&scene.bob);
	caller_forget(&cid);
	caller_forget(&dan);
	for (size_t i = 0; i < 2; i++) {
		caller_say(scene.rig, &scene.ann, lines[i].said);
		expect_above(&scene.bob, lines[i].wide);
		expect_above(&cid, lines[i].narrow);
		expect_above(&dan, lines[i].wide);
		expect_above(&eve, lines[i].narrow);
	}
	/* Who gets an answer before it is not given the line alone. */
	type_in(&scene.bob, STR("x"));
	go_on(scene.rig);
	type_in(&dan, STR("/nick\r"));
	go_on(scene.rig);
	caller_send(&scene.ann, "hello\n");
	rig_turn(scene.rig);
	expect_packet(&scene.bob, ERASED "guest1: hello\r\n" PROMPT "x" ROW_END);
	expect_packet(&dan,
		ERASED "#lobby> /nick\r\n!! Usage: /nick <name>\r\n"
		       "guest1: hello\r\n" PROMPT ROW_END);
	expect_above(&eve, "guest1: hello");
}

/* What is typed while nothing can be sent is drawn when it can. */
static void
test_typed_unseen(void **state)
{
	struct scene scene = scene_new(state, SOCK_STREAM, "limits.send_queue_soft=1");
	struct str wanted = STR("abc");
	struct buf got = {0};

	for (int lines = 0; unsent_len(scene.bob.conn) == 0; lines++) {
		assert_true(lines < 100000);
		caller_say(scene.rig, &scene.ann, "hello");
	}
	press(&scene, STR("abx\x7f"));
	press(&scene, STR("c"));
	assert_true(unsent_is_slow(scene.bob.conn));
	for (int turns = 0; unsent_len(scene.bob.conn) > 0; turns++) {
		assert_true(turns < 1000);
		(void)caller_read(&scene.bob, &got);
		rig_turn(scene.rig);
	}
	while (caller_read(&scene.bob, &got))
		;
	assert_true(str_eq(str_from(buf_str(&got), got.len - wanted.len), wanted));
	assert_null(memmem(got.p, got.len, "skipped", strlen("skipped")));
	buf_fini(&got);
}

/*
 * A telnet client whose first line is empty begins as the PROXY protocol does. Nobody
 * waits long for the prompt; but for what may be a word of HTTP one has more patience.
 */
static void
test_enter_is_soon_a_person(void **state)
{
	static const struct {
		const char *bytes;
		int64_t ms;
	} rows[] = {
		{"\r\n", 200},
		{"\r\n\r\n", 200},
		{"GET\r", 0},
		{"GET ", 1000},
	};
	struct rig *rig = rig_new(state, world_new(state, NULL));

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct caller caller = rig_call(rig, SOCK_STREAM);
		int64_t waited = 0;

		caller_send(&caller, rows[i].bytes);
		rig_turn(rig);
		while (!caller.conn->is_known) {
			assert_true(waited < rows[i].ms);
			rig_pass(rig, 50);
			waited += 50;
		}
		assert_int_equal(waited, rows[i].ms);
		caller_end(&caller);
		rig_turn(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		rig_test(test_keys_of_one_read),
		rig_test(test_burst),
		rig_test(test_lines_of_one_read),
		rig_test(test_keys_and_a_line),
		rig_test(test_windows),
		rig_test(test_typed_unseen),
		rig_test(test_enter_is_soon_a_person),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
