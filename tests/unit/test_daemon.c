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
#include "chat/console.h"
#include "chat/moderation.h"
#include "chat_fake.h"

/* Commands about the daemon itself, in the room and from an operator's tool. */

/* The operator root, and his tool. */
static struct world *
world_ruled(void **state, struct person **root, struct console **console)
{
	struct world *world = world_new(state, "operator root.level=operator", NULL);

	*root = enter(world, "root");
	make_operator(*root, "root");
	*console = console_new(world->chat, "root", "uid 0 pid 1");
	return world;
}

static void
ask(struct world *world, struct console *console, const char *request, const char *want)
{
	struct buf answer = {0};
	char *got;

	console_request(console, str_of(request), world->now, &answer);
	world_turn(world);
	got = buf_take(&answer);
	assert_string_equal(got, want);
	free(got);
}

static void
test_reload(void **state)
{
	struct person *root;
	struct console *console;
	struct world *world = world_ruled(state, &root, &console);

	say(root, "/reload");
	expect(root, "-- The configuration has been read again.");
	expect(root, "-- limits.rate changed");
	expect(root, "-- listen main.speak changed, for new connections");
	expect(root, "-- server.user changed, which takes a restart");
	expect(root, "-- [room #tea] is new");
	expect(root, "-- [operator eve] is gone");
	expect_silence(world);
	assert_int_equal(world->host.reloads, 1);
	ask(world, console, "rehash",
		"- The configuration has been read again.\n"
		"- limits.rate changed\n"
		"- listen main.speak changed, for new connections\n"
		"- server.user changed, which takes a restart\n"
		"- [room #tea] is new\n"
		"- [operator eve] is gone\n"
		"ok\n");
	ask(world, console, "json reload",
		"{\"ok\":true,\"changes\":["
		"{\"option\":\"limits.rate\",\"applies\":\"now\"},"
		"{\"option\":\"listen main.speak\",\"applies\":\"new connections\"},"
		"{\"option\":\"server.user\",\"applies\":\"restart\"},"
		"{\"section\":\"room #tea\",\"gone\":false,\"applies\":\"now\"},"
		"{\"section\":\"operator eve\",\"gone\":true,\"applies\":\"now\"}],"
		"\"mistakes\":[]}\n"
		"ok\n");
	assert_int_equal(world->host.reloads, 3);
	console_free(console);
}

static void
test_reload_with_mistakes(void **state)
{
	struct person *root;
	struct console *console;
	struct world *world = world_ruled(state, &root, &console);

	world->host.mistakes[0] = "/etc/p.ini:12: unknown key \"nam\" in [server]";
	world->host.mistakes[1] = "[listen a]: can't listen on [::1]:4000: in use";
	say(root, "/rehash");
	expect(root, "!! Nothing has changed, because of mistakes:");
	expect(root, "!! /etc/p.ini:12: unknown key \"nam\" in [server]");
	expect(root, "!! [listen a]: can't listen on [::1]:4000: in use");
	expect_silence(world);
	ask(world, console, "reload",
		"! Nothing has changed, because of mistakes:\n"
		"! /etc/p.ini:12: unknown key \"nam\" in [server]\n"
		"! [listen a]: can't listen on [::1]:4000: in use\n"
		"failed\n");
	/* What is no line of a file is not taken for one. */
	ask(world, console, "json reload",
		"{\"ok\":false,\"changes\":[],\"mistakes\":["
		"{\"file\":\"/etc/p.ini\",\"line\":12,"
		"\"text\":\"unknown key \\\"nam\\\" in [server]\"},"
		"{\"text\":\"[listen a]: can't listen on [::1]:4000: in use\"}],"
		"\"errors\":[\"Nothing has changed, because of mistakes:\","
		"\"/etc/p.ini:12: unknown key \\\"nam\\\" in [server]\","
		"\"[listen a]: can't listen on [::1]:4000: in use\"]}\n"
		"failed\n");
	console_free(console);
}

/* The configuration holds, but something else is wrong. */
static void
test_reload_with_stale_state(void **state)
{
	struct person *root;
	struct console *console;
	struct world *world = world_ruled(state, &root, &console);
	struct buf answer = {0};
	char *got;

	world->host.stale = "/var/lib/prattle/bans:3: no such time";
	console_request(console, STR("reload"), world->now, &answer);
	got = buf_take(&answer);
	assert_memory_equal(got, "- The configuration has been read again.\n", 41);
	assert_non_null(strstr(got,
		"- [room #tea] is new\n"
		"- [operator eve] is gone\n"
		"! /var/lib/prattle/bans:3: no such time\n"
		"failed\n"));
	free(got);
	console_free(console);
}

static void
test_check(void **state)
{
	struct person *root;
	struct console *console;
	struct world *world = world_ruled(state, &root, &console);

	say(root, "/check");
	expect(root, "-- A reload would change this:");
	expect(root, "-- limits.rate changed");
	forget(root);
	world->host.mistakes[0] = "/etc/p.ini:1: no";
	say(root, "/check");
	expect(root, "!! A reload would change nothing, for mistakes:");
	expect(root, "!! /etc/p.ini:1: no");
	ask(world, console, "json check",
		"{\"ok\":false,\"changes\":[],\"mistakes\":["
		"{\"file\":\"/etc/p.ini\",\"line\":1,\"text\":\"no\"}],"
		"\"errors\":[\"A reload would change nothing, for mistakes:\","
		"\"/etc/p.ini:1: no\"]}\n"
		"failed\n");
	assert_int_equal(world->host.checks, 3);
	assert_int_equal(world->host.reloads, 0);
	console_free(console);
}

static void
test_status(void **state)
{
	struct person *root;
	struct console *console;
	struct world *world = world_ruled(state, &root, &console);

	say(root, "hello");
	world_pass(world, 3780000);
	ask(world, console, "status",
		"- " PACKAGE_STRING ", process 4711, up 1 hour 3 minutes\n"
		"- people: 1, rooms: 1, connections: 5, lines said: 1, skipped: 6\n"
		"- listening on 127.0.0.1:4000\n"
		"- listening on unix:/run/prattle/room\n"
		"- configuration: /etc/prattled.ini, reloads: 7\n"
		"- log: notice, records dropped: 8\n"
		"- sessions ended: quit 12, too slow to read 1\n"
		"ok\n");
	ask(world, console, "json status",
		"{\"ok\":true,\"version\":\"" PACKAGE_VERSION "\",\"pid\":4711,"
		"\"up\":3782,\"people\":1,\"rooms\":1,\"connections\":5,\"lines\":1,"
		"\"skipped\":6,\"listening\":[\"127.0.0.1:4000\","
		"\"unix:/run/prattle/room\"],\"config\":\"/etc/prattled.ini\","
		"\"reloads\":7,\"log_level\":\"notice\",\"log_dropped\":8,"
		"\"ended\":{\"quit\":12,\"too slow to read\":1},"
		"\"lockdown\":null,\"closing\":null}\n"
		"ok\n");
	console_free(console);
}

/* What is not always so. */
static void
test_status_of_hard_times(void **state)
{
	struct person *root;
	struct console *console;
	struct world *world = world_ruled(state, &root, &console);

	say(root, "/lockdown closed");
	say(root, "/shutdown in 5m");
	forget_all(world);
	world_pass(world, 60000);
	say(root, "/status");
	for (int i = 0; i < 7; i++)
		expect_like(root, "-- *");
	expect(root, "-- Lockdown: nobody may come in. It ends in 29 minutes.");
	expect(root, "-- This chat closes in 4 minutes (root).");
	expect_silence(world);
	{
		struct buf answer = {0};
		char *got;

		console_request(console, STR("json status"), world->now, &answer);
		got = buf_take(&answer);
		assert_non_null(strstr(got,
			"\"lockdown\":\"Lockdown: nobody may come in.\","
			"\"closing\":240}\n"));
		free(got);
	}
	console_free(console);
}

static void
test_log(void **state)
{
	struct person *root;
	struct console *console;
	struct world *world = world_ruled(state, &root, &console);

	say(root, "/log");
	expect(root, "-- The log has records from notice on.");
	say(root, "/log debug");
	expect(root, "-- The log has records from debug on, until the next reload.");
	ask(world, console, "log", "- The log has records from debug on.\nok\n");
	ask(world, console, "log loud",
		"! The level can be error, warning, notice, info or debug.\n"
		"failed\n");
	console_free(console);
}

/* It is asked for a restart, and hears later what becomes of it. */
static bool
console_has_outcome(struct world *world, struct console *console, const char *request,
	const char *why, const char *want)
{
	struct buf answer = {0};
	enum console_next next =
		console_request(console, str_of(request), world->now, &answer);
	bool waits = next == CONSOLE_OUTCOME && answer.len == 0;
	char *got;

	world_turn(world);
	console_outcome(console, why, &answer);
	got = buf_take(&answer);
	assert_string_equal(got, want);
	free(got);
	return waits;
}

static void
test_restart(void **state)
{
	struct person *root;
	struct console *console;
	struct world *world = world_ruled(state, &root, &console);

	say(root, "/restart");
	expect(root, "-- The program is being looked at; nobody will notice.");
	assert_true(console_has_outcome(world, console, "restart", NULL,
		"- Restarted as " PACKAGE_STRING ": 1 person is still here.\nok\n"));
	enter(world, "ann");
	assert_true(console_has_outcome(world, console, "json restart", NULL,
		"{\"ok\":true,\"text\":[\"Restarted as " PACKAGE_STRING
		": 2 people are still here.\"]}\nok\n"));
	assert_true(console_has_outcome(world, console, "restart", "no state",
		"! The restart has failed, and nothing has changed: no state\n"
		"failed\n"));
	assert_true(console_has_outcome(world, console, "json restart", "\"x\"",
		"{\"ok\":false,\"errors\":[\"The restart has failed, and nothing "
		"has changed: \\\"x\\\"\"]}\nfailed\n"));
	world->host.cant_restart = "no such program";
	ask(world, console, "restart",
		"! It goes on as it is: no such program.\nfailed\n");
	assert_int_equal(world->host.restarts, 6);
	console_free(console);
}

static void
test_metrics(void **state)
{
	struct person *root;
	struct console *console;
	struct world *world = world_ruled(state, &root, &console);

	ask(world, console, "metrics", "- prattle_people 1\n- # EOF\nok\n");
	ask(world, console, "metrics prometheus", "- prattle_people 1\nok\n");
	ask(world, console, "metrics xml",
		"! The format can be openmetrics, the default, or prometheus.\n"
		"failed\n");
	console_free(console);
}

static void
test_shutdown(void **state)
{
	struct person *root;
	struct console *console;
	struct world *world = world_ruled(state, &root, &console);

	ask(world, console, "shutdown in 10m", "- Everybody has been told.\nok\n");
	expect(root, "-- This chat closes in 10 minutes (root).");
	ask(world, console, "shutdown cancel", "- Called off.\nok\n");
	ask(world, console, "shutdown cancel", "! No end was announced.\nfailed\n");
	ask(world, console, "shutdown", "- It ends.\nok\n");
	assert_string_equal(world->host.shutdown, "/shutdown by root");
	console_free(console);
}

/* In the room these are for operators only. */
static void
test_permission(void **state)
{
	static const char *const lines[] = {"status", "reload", "check", "log",
		"restart", "shutdown", "say #lobby hi"};
	struct person *root;
	struct console *console;
	struct world *world = world_ruled(state, &root, &console);
	struct person *bob = enter(world, "bob");
	struct operator_conf conf = {.section_name = (char[]){"mod"}};

	moderation_set_operator(bob->user, &conf);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char line[32], answer[64];

		snprintf(line, sizeof(line), "/%s", lines[i]);
		snprintf(answer, sizeof(answer), "You may not use /%.*s.",
			(int)strcspn(lines[i], " "), lines[i]);
		expect_error(bob, line, answer);
	}
	assert_int_equal(world->host.reloads + world->host.shutdowns, 0);
	console_free(console);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_reload),
		world_test(test_reload_with_mistakes),
		world_test(test_reload_with_stale_state),
		world_test(test_check),
		world_test(test_status),
		world_test(test_status_of_hard_times),
		world_test(test_log),
		world_test(test_restart),
		world_test(test_metrics),
		world_test(test_shutdown),
		world_test(test_permission),
	};

	return cmocka_run_group_tests_name("daemon", tests, NULL, NULL);
}
