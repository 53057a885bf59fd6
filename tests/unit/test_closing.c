/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "chat/closing.h"
#include "chat_fake.h"

/* /shutdown, now and later. */

static struct world *
world_ruled(void **state, struct person **root)
{
	struct world *world = world_new(state, "operator root.level=operator", NULL);

	*root = enter(world, "root");
	make_operator(*root, "root");
	return world;
}

static void
test_now(void **state)
{
	struct person *root;
	struct world *world = world_ruled(state, &root);

	say(root, "/shutdown");
	assert_int_equal(world->host.shutdowns, 1);
	assert_string_equal(world->host.shutdown, "/shutdown by root");
	say(root, "/shutdown NOW");
	assert_int_equal(world->host.shutdowns, 2);
	expect_silence(world);
}

static void
test_warnings(void **state)
{
	static const struct {
		int64_t left; /* seconds */
		const char *words;
	} told[] = {
		{7200, "2 hours"},
		{3600, "1 hour"},
		{1800, "30 minutes"},
		{900, "15 minutes"},
		{600, "10 minutes"},
		{300, "5 minutes"},
		{120, "2 minutes"},
		{60, "1 minute"},
		{30, "30 seconds"},
		{10, "10 seconds"},
	};
	struct person *root;
	struct world *world = world_ruled(state, &root);
	struct person *bob = enter(world, "bob");
	int64_t end = world->now.mono + 9000000;
	char words[80];

	say(root, "/shutdown in 2h30m");
	for (struct person *who = root; who != NULL; who = who == root ? bob : NULL)
		expect(who, "-- This chat closes in 2 hours 30 minutes (root).");
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		/* Not one moment before. */
		assert_int_equal(
			closing_next_due(world->chat), end - told[i].left * 1000);
		world_pass(world, end - told[i].left * 1000 - world->now.mono - 1);
		expect_silence(world);
		world_pass(world, 1);
		snprintf(words, sizeof(words), "-- This chat closes in %s (root).",
			told[i].words);
		expect(bob, words);
		expect(root, words);
		expect_silence(world);
	}
	world_pass(world, 9999);
	assert_int_equal(world->host.shutdowns, 0);
	world_pass(world, 1);
	assert_int_equal(world->host.shutdowns, 1);
	assert_string_equal(world->host.shutdown, "/shutdown by root");
	assert_int_equal(closing_next_due(world->chat), -1);
	expect_silence(world);
}

/* After a long sleep of the machine only what holds is told. */
static void
test_late(void **state)
{
	struct person *root;
	struct world *world = world_ruled(state, &root);

	say(root, "/shutdown 1h");
	expect(root, "-- This chat closes in 1 hour (root).");
	world_pass(world, 3600000 - 200500);
	expect(root, "-- This chat closes in 3 minutes 21 seconds (root).");
	expect_silence(world);
	world_pass(world, 80500);
	expect(root, "-- This chat closes in 2 minutes (root).");
	world_pass(world, 1000000);
	assert_int_equal(world->host.shutdowns, 1);
}

static void
test_newcomers_are_told(void **state)
{
	struct person *root, *bob;
	struct world *world = world_ruled(state, &root);

	say(root, "/shutdown in 10m");
	world_pass(world, 60000);
	forget_all(world);
	bob = arrive(world);
	expect_like(bob, "-- Welcome*");
	expect(bob, "-- This chat closes in 9 minutes (root).");
}

static void
test_cancel(void **state)
{
	struct person *root;
	struct world *world = world_ruled(state, &root);
	struct person *bob = enter(world, "bob");

	expect_error(root, "/shutdown cancel", "No end was announced.");
	say(root, "/shutdown in 10m");
	/* Another time takes its place. */
	say(root, "/shutdown in 1m");
	forget_all(world);
	say(root, "/shutdown Cancel");
	expect(root, "-- This chat does not close after all.");
	expect(bob, "-- This chat does not close after all.");
	world_pass(world, 3600000);
	assert_int_equal(world->host.shutdowns, 0);
	expect_silence(world);
	expect_error(root, "/shutdown cancel", "No end was announced.");
}

/* Who ends it by other means ends that, too. */
static void
test_close(void **state)
{
	struct person *root;
	struct world *world = world_ruled(state, &root);

	say(root, "/shutdown in 10m");
	chat_close(world->chat, STR("Goodbye!"));
	world_pass(world, 3600000);
	assert_int_equal(world->host.shutdowns, 0);
}

static void
test_wrong(void **state)
{
	static const char *const wrong[] = {"/shutdown soon", "/shutdown in",
		"/shutdown 10", "/shutdown in 10", "/shutdown 0", "/shutdown 999ms",
		"/shutdown 8d", "/shutdown in 10m please", "/shutdown cancel it"};
	struct person *root;
	struct world *world = world_ruled(state, &root);

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect_error(root, wrong[i],
			"When? now, cancel, or in a time such as 10m (1s to 7d).");
	assert_int_equal(world->host.shutdowns, 0);
	assert_int_equal(closing_next_due(world->chat), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_now),
		world_test(test_warnings),
		world_test(test_late),
		world_test(test_newcomers_are_told),
		world_test(test_cancel),
		world_test(test_close),
		world_test(test_wrong),
	};

	return cmocka_run_group_tests_name("closing", tests, NULL, NULL);
}
