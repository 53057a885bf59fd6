/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/state.h"
#include "capture.h"
#include "chat/console.h"
#include "chat/user.h"
#include "chat/user_name.h"
#include "chat_fake.h"

/* Operators' tools: requests and answers, as they go over the socket. */

/* What the console of a test has to say. */
static enum console_next next;

/* A request, a turn, and what comes back. */
static void
ask(struct world *world, struct console *console, const char *request, const char *want)
{
	struct buf answer = {0};
	char *got;

	next = console_request(console, str_of(request), world->now, &answer);
	world_turn(world);
	got = buf_take(&answer);
	assert_string_equal(got, want);
	free(got);
}

static struct console *
console_in(struct world *world)
{
	return console_new(world->chat, "root", "uid 0 pid 1");
}

static void
test_form(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");
	struct console *console = console_in(world);

	ask(world, console, "wall back soon", "ok\n");
	expect(ann, "-- root to all: back soon");
	assert_int_equal(next, CONSOLE_REQUEST);
	ask(world, console, " \t /wall   again  ", "ok\n");
	expect(ann, "-- root to all: again");
	ask(world, console, "version",
		"- prattle runs " PACKAGE_STRING ".\n"
		"ok\n");
	ask(world, console, "kick bob",
		"! Nobody here is called bob.\n"
		"failed\n");
	ask(world, console, "kick",
		"! Usage: kick <name> [text...]\n"
		"usage\n");
	ask(world, console, "status all",
		"! Usage: status (nothing behind it)\n"
		"usage\n");
	ask(world, console, "wal hi", "ok\n");
	expect(ann, "-- root to all: hi");
	ask(world, console, "",
		"! Which command? help shows them.\n"
		"usage\n");
	ask(world, console, "json",
		"{\"ok\":false,\"errors\":[\"Which command? help shows them.\"]}\n"
		"usage\n");
	/* What a person does not want is no command of hers. */
	ask(world, console, "join #tea",
		"! There is no command join. help shows them.\n"
		"usage\n");
	ask(world, console, "\x1b[31mwall\x07 r\xFFot\x1b[0m", "ok\n");
	expect(ann, "-- root to all: r\xEF\xBF\xBDot");
	expect_silence(world);
	console_free(console);
}

static void
test_json(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");
	struct console *console = console_in(world);

	ask(world, console, "json version",
		"{\"ok\":true,\"text\":[\"prattle runs " PACKAGE_STRING ".\"]}\n"
		"ok\n");
	ask(world, console, "json wall hi", "{\"ok\":true,\"text\":[]}\nok\n");
	expect(ann, "-- root to all: hi");
	ask(world, console, "json kick b\"ob",
		"{\"ok\":false,\"errors\":[\"Nobody here is called b\\\"ob.\"]}\n"
		"failed\n");
	/* It holds for one request. */
	ask(world, console, "bans", "- Nobody is banned or mute.\nok\n");
	ask(world, console, "json bans", "{\"ok\":true,\"bans\":[]}\nok\n");
	console_free(console);
}

/* It is no person: nobody sees it, nothing counts it. */
static void
test_nobody_is_there(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");
	struct console *console = console_in(world);
	struct err err;

	ask(world, console, "wall hi", "ok\n");
	forget(ann);
	assert_int_equal(chat_people(world->chat), 1);
	say(ann, "/who");
	expect(ann, "-- #lobby (1):");
	expect(ann, "-- ann");
	expect_error(ann, "/msg root hi", "Nobody here is called root.");
	/* Its name is free, and its own ban does not hit it. */
	assert_int_equal(user_rename(ann->user, STR("root"), &err), 0);
	forget(ann);
	ask(world, console, "ban root",
		"- Set: ban root by=root set=2026-11-21T10:00:02Z; 1 disconnected.\n"
		"ok\n");
	assert_null(ann->user);
	world_turn(world);
	console_free(console);
}

static void
test_name(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");
	struct console *console = console_new(world->chat,
		"j. d\xC3\xB6"
		"e\x1b",
		"uid 7 pid 8");
	struct capture capture;

	capture_begin(&capture);
	ask(world, console, "wall hi", "ok\n");
	ask(world, console, "version", "- prattle runs " PACKAGE_STRING ".\nok\n");
	capture_end(&capture);
	expect(ann, "-- j--d--e- to all: hi");
	assert_int_equal(capture_count(&capture,
				 "audit: j--d--e- (control) from uid 7 pid 8: "
				 "/wall hi\n"),
		1);
	assert_int_equal(capture_count(&capture, "audit: "), 1);
	capture_fini(&capture);
	console_free(console);
}

static void
test_who(void **state)
{
	struct world *world = world_new(
		state, "operator mod.level=moderator", "room #lobby.topic=Tea", NULL);
	struct person *bob = enter(world, "bob"), *ann = enter(world, "Ann");
	struct console *console = console_in(world);

	ann->user->is_owner = true;
	make_operator(ann, "mod");
	say(bob, "/join #tea");
	say(bob, "/away lunch \"break\"");
	forget_all(world);
	world_pass(world, 90000);
	ask(world, console, "who",
		"- Ann*  uid 1000 pid 4711, here 1 minute, idle 1 minute, in #lobby, "
		"moderator mod\n"
		"- bob   uid 1000 pid 4711, here 1 minute, idle 1 minute, in #lobby "
		"#tea, away: lunch \"break\"\n"
		"ok\n");
	ask(world, console, "who tea",
		"- bob  uid 1000 pid 4711, here 1 minute, idle 1 minute, in #lobby "
		"#tea, away: lunch \"break\"\n"
		"ok\n");
	ask(world, console, "who #nowhere",
		"! There is no room #nowhere. rooms shows the rooms.\n"
		"failed\n");
	ask(world, console, "json who #tea",
		"{\"ok\":true,\"people\":[{\"nick\":\"bob\",\"id\":1,"
		"\"claimed\":false,\"from\":\"uid 1000 pid 4711\",\"here\":94,"
		"\"idle\":90,\"rooms\":[\"#lobby\",\"#tea\"],\"operator\":null,"
		"\"away\":\"lunch \\\"break\\\"\"}]}\n"
		"ok\n");
	ask(world, console, "rooms",
		"- #lobby              2  Tea\n"
		"- #tea                1\n"
		"ok\n");
	ask(world, console, "json rooms",
		"{\"ok\":true,\"rooms\":["
		"{\"room\":\"#lobby\",\"people\":2,\"topic\":\"Tea\","
		"\"configured\":true},"
		"{\"room\":\"#tea\",\"people\":1,\"topic\":null,"
		"\"configured\":false}]}\n"
		"ok\n");
	/* Those who have left are not there. */
	type(bob, "/quit");
	{
		struct buf answer = {0};

		console_request(console, STR("who #tea"), world->now, &answer);
		assert_true(str_eq(buf_str(&answer), STR("- Nobody is there.\nok\n")));
		buf_fini(&answer);
	}
	world_turn(world);
	console_free(console);
}

static void
test_bans(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *near = arrive_from(world, "192.0.2.1");
	struct console *console = console_in(world);

	forget_all(world);
	/* Nobody can be asked, so it has to be said ahead. */
	ask(world, console, "ban 192.0.2.0/24 spam",
		"- That would hit 1 of 1 here: guest1.\n"
		"! To do it, say yes ahead (prattlectl -y).\n"
		"failed\n");
	assert_non_null(near->user);
	ask(world, console, "json yes ban 192.0.2.0/24 1h spam",
		"{\"ok\":true,\"text\":[\"Set: ban 192.0.2.0/24 "
		"until=2026-11-21T11:00:00Z by=root set=2026-11-21T10:00:00Z spam; "
		"1 disconnected.\"]}\n"
		"ok\n");
	assert_null(near->user);
	/* Said for one request only. */
	ask(world, console, "ban 198.51.100.0/24",
		"- That would hit 0 of 0 here.\n"
		"! To do it, say yes ahead (prattlectl -y).\n"
		"failed\n");
	ask(world, console, "mute eve #lobby",
		"- Set: mute eve room=#lobby by=root set=2026-11-21T10:00:00Z\n"
		"ok\n");
	ask(world, console, "json bans",
		"{\"ok\":true,\"bans\":[{\"kind\":\"ban\",\"network\":\"192.0.2.0/24\","
		"\"room\":null,\"until\":\"2026-11-21T11:00:00Z\","
		"\"set\":\"2026-11-21T10:00:00Z\",\"by\":\"root\",\"reason\":\"spam\"},"
		"{\"kind\":\"mute\",\"nick\":\"eve\",\"room\":\"#lobby\","
		"\"until\":null,\"set\":\"2026-11-21T10:00:00Z\",\"by\":\"root\","
		"\"reason\":\"\"}]}\n"
		"ok\n");
	ask(world, console, "unban bob",
		"! There is no such ban. bans shows them.\n"
		"failed\n");
	ask(world, console, "unmute eve #lobby", "- eve: may speak again.\nok\n");
	/* As many as there are. */
	for (int i = 0; i < 300; i++) {
		char request[32];
		struct buf answer = {0};

		snprintf(request, sizeof(request), "ban nick%d", i);
		console_request(console, str_of(request), world->now, &answer);
		buf_fini(&answer);
	}
	{
		struct buf answer = {0};
		size_t lines = 0;

		console_request(console, STR("bans"), world->now, &answer);
		for (size_t i = 0; i < answer.len; i++)
			lines += answer.p[i] == '\n';
		assert_int_equal(lines, 302);
		buf_fini(&answer);
	}
	console_free(console);
}

/* Who is not in the room does not hear what everybody is told. */
static void
test_lockdown(void **state)
{
	struct world *world = world_new(state, NULL);
	struct console *console = console_in(world);
	struct person *ann = enter(world, "ann");

	ask(world, console, "lockdown mute 5m",
		"- Lockdown: newcomers may not speak. It ends in 5 minutes.\n"
		"ok\n");
	expect(ann, "-- Lockdown: newcomers may not speak.");
	ask(world, console, "lockdown closed 0",
		"- Lockdown: nobody may come in.\n"
		"ok\n");
	expect(ann, "-- Lockdown: nobody may come in.");
	ask(world, console, "lockdown off",
		"- The lockdown has ended.\n"
		"ok\n");
	expect(ann, "-- The lockdown has ended.");
	ask(world, console, "lockdown off",
		"- There is no lockdown.\n"
		"ok\n");
	expect_silence(world);
	console_free(console);
}

static void
test_help(void **state)
{
	struct world *world = world_new(state, NULL);
	struct console *console = console_in(world);
	struct buf answer = {0};
	char *text;

	console_request(console, STR("help"), world->now, &answer);
	text = buf_take(&answer);
	assert_non_null(strstr(text, "- events "));
	assert_non_null(strstr(text, "\n- kick <name> [text...] "));
	assert_null(strstr(text, "- /"));
	assert_null(strstr(text, "nick <name>"));
	assert_null(strstr(text, "slash"));
	free(text);
	ask(world, console, "help shutdown",
		"- shutdown [when...]: End the daemon: now, in 10m, or cancel.\n"
		"- Everybody is told, and of an end to come again and again, more "
		"often the nearer it is. A time is one like 30s, 10m or 2h. With "
		"cancel it does not end after all.\n"
		"ok\n");
	/* Its own text, and no slash there either. */
	ask(world, console, "help kick",
		"- kick <name> [text...]: Disconnect a person.\n"
		"- The text is shown to all.\n"
		"ok\n");
	ask(world, console, "help mute",
		"- mute <name> [text...]: Silence somebody: [#room] [time] "
		"[reason].\n"
		"- A name, address or network may not speak any more. Without a "
		"room in all of them; a room's moderator only there. Without a "
		"time until unmute.\n"
		"ok\n");
	ask(world, console, "help reload",
		"- reload: Read the configuration again.\n"
		"- Says what has changed, and what takes a restart. If the file "
		"has mistakes, or a new address can't be opened, nothing changes, "
		"and each mistake is told.\n"
		"- Also: rehash\n"
		"ok\n");
	console_free(console);
}

/*
 * Saying
 */

static void
test_say(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct console *console = console_in(world);

	say(bob, "/join #tea");
	forget_all(world);
	ask(world, console, "say #lobby  the build is   green", "ok\n");
	/* Bob's current room is another one, so he is told which it was. */
	expect(ann, "-- root: the build is   green");
	expect(bob, "#lobby -- root: the build is   green");
	ask(world, console, "say tea hi", "ok\n");
	expect(bob, "-- root: hi");
	ask(world, console, "say #gone hi",
		"! There is no room #gone. rooms shows the rooms.\n"
		"failed\n");
	ask(world, console, "say #lobby",
		"! Usage: say <room> <text...>\n"
		"usage\n");
	expect_silence(world);
	say(ann, "/history");
	expect(ann, "-- Earlier in #lobby:");
	expect(ann, "-- root: the build is   green");
	expect(ann, "-- End of the earlier lines.");
	console_free(console);
}

static void
pipe_line(struct world *world, struct console *console, const char *line)
{
	assert_true(console_line(console, str_of(line), world->now));
	world_turn(world);
}

static void
finish(struct console *console, const char *want)
{
	struct buf answer = {0};
	char *got;

	console_finish(console, &answer);
	got = buf_take(&answer);
	assert_string_equal(got, want);
	free(got);
}

static void
test_pipe(void **state)
{
	struct world *world = world_new(state, "limits.line_length=80", NULL);
	struct person *ann = enter(world, "ann");
	struct console *console = console_in(world);
	char wide[200] = "";

	ask(world, console, "say #lobby -", "more\n");
	assert_int_equal(next, CONSOLE_LINES);
	pipe_line(world, console, "cc -c \x1b[1mmain.c\x1b[0m\r");
	expect(ann, "-- root: cc -c main.c");
	pipe_line(world, console, "");
	pipe_line(world, console, " \t");
	expect_silence(world);
	/* What would be something else elsewhere is only said. */
	pipe_line(world, console, "/quit");
	expect(ann, "-- root: /quit");
	memset(wide, 'x', 100);
	pipe_line(world, console, wide);
	memset(wide, 0, 100);
	memcpy(wide, "-- root: ", 9);
	memset(wide + 9, 'x', 80);
	expect(ann, wide);
	finish(console, "- Lines said in #lobby: 3.\nok\n");
	ask(world, console, "json say #lobby -", "more\n");
	pipe_line(world, console, "one");
	finish(console, "{\"ok\":true,\"text\":[\"Lines said in #lobby: 1.\"]}\nok\n");
	console_free(console);
}

static void
test_pipe_to_a_room_that_goes(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");
	struct console *console = console_in(world);

	say(ann, "/join #tea");
	ask(world, console, "say #TEA -", "more\n");
	forget_all(world);
	pipe_line(world, console, "one");
	expect(ann, "-- root: one");
	say(ann, "/part #tea");
	assert_false(console_line(console, STR("two"), world->now));
	finish(console, "! The room #tea is gone.\n- Lines said in #tea: 1.\nfailed\n");
	console_free(console);
}

static void
test_events(void **state)
{
	struct world *world = world_new(state, NULL);
	struct console *console = console_in(world);

	ask(world, console, "events", "");
	assert_int_equal(next, CONSOLE_EVENTS);
	ask(world, console, "json events", "");
	assert_int_equal(next, CONSOLE_EVENTS);
	console_free(console);
}

/* What `from` is at, as another process takes it. Frees it. */
static struct console *
carry(struct world *world, struct console *from)
{
	struct console_kept kept = console_keep(from), taken = {0};
	struct state_out out = {0};
	struct state_item item;
	struct state_in in;
	struct console *to;
	struct err err;

	state_put(&out, 1, &console_kept_state, &kept);
	in = (struct state_in){.rest = buf_str(&out.buf)};
	assert_int_equal(state_next(&in, &item, &err), 1);
	assert_int_equal(state_get(&in, &item, &console_kept_state, &taken, &err), 0);
	assert_true(str_eq(taken.name, STR("root")));
	console_free(from);
	to = console_new(world->chat, "root", "uid 0 pid 1");
	console_resume(to, &taken, next);
	state_out_fini(&out);
	return to;
}

static void
test_another_process_goes_on(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");
	struct console *console = console_in(world);

	ask(world, console, "json say #lobby -", "more\n");
	pipe_line(world, console, "one");
	console = carry(world, console);
	pipe_line(world, console, "two");
	expect(ann, "-- root: one");
	expect(ann, "-- root: two");
	finish(console, "{\"ok\":true,\"text\":[\"Lines said in #lobby: 2.\"]}\nok\n");
	/* What was wanted of the request before is not of the next. */
	next = CONSOLE_REQUEST;
	console = carry(world, console);
	ask(world, console, "bans", "- Nobody is banned or mute.\nok\n");
	console_free(console);
}

/* It may go away in the midst of anything. */
static void
test_freed_early(void **state)
{
	struct world *world = world_new(state, NULL);
	struct console *console = console_in(world);

	ask(world, console, "say #lobby -", "more\n");
	console_free(console);
	console_free(NULL);
	console_free(console_in(world));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_form),
		world_test(test_json),
		world_test(test_nobody_is_there),
		world_test(test_name),
		world_test(test_who),
		world_test(test_bans),
		world_test(test_lockdown),
		world_test(test_help),
		world_test(test_say),
		world_test(test_pipe),
		world_test(test_pipe_to_a_room_that_goes),
		world_test(test_events),
		world_test(test_another_process_goes_on),
		world_test(test_freed_early),
	};

	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
