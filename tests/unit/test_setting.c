/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/name.h"
#include "chat/setting.h"
#include "chat/user.h"
#include "chat_fake.h"

/* What people set for themselves, and what that does. */

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting *setting = &settings[i];
		size_t words = 0;

		assert_true(name_ok(str_of(setting->name)));
		assert_ptr_equal(setting_find(str_of(setting->name)), setting);
		for (; setting->words[words] != NULL; words++) {
			assert_true(words < 4);
			assert_int_equal(
				setting_value(setting, str_of(setting->words[words])),
				words);
		}
		assert_true(words >= 2);
		assert_true(isupper((unsigned char)setting->help[0]));
		assert_int_equal(setting->help[strlen(setting->help) - 1], '.');
	}
}

/* The values in setting.h are the words in their order. */
static void
test_values(void **state)
{
	const struct setting *quiet = &settings[SETTING_QUIET];
	const struct setting *timestamp = &settings[SETTING_TIMESTAMP];

	(void)state;
	assert_string_equal(quiet->words[QUIET_OFF], "off");
	assert_string_equal(quiet->words[QUIET_ON], "on");
	assert_string_equal(timestamp->words[TIMESTAMP_OFF], "off");
	assert_string_equal(timestamp->words[TIMESTAMP_CLOCK], "clock");
	assert_int_equal(setting_value(quiet, STR("ON")), QUIET_ON);
	assert_int_equal(setting_value(quiet, STR("o")), -1);
	assert_int_equal(setting_value(quiet, STR("one")), -1);
	assert_int_equal(setting_value(quiet, STR("")), -1);
}

static void
test_find(void **state)
{
	(void)state;
	assert_ptr_equal(setting_find(STR("QUIET")), &settings[SETTING_QUIET]);
	assert_ptr_equal(setting_find(STR("q")), &settings[SETTING_QUIET]);
	assert_ptr_equal(setting_find(STR("Time")), &settings[SETTING_TIMESTAMP]);
	assert_null(setting_find(STR("")));
	assert_null(setting_find(STR("timestamps")));
	assert_null(setting_find(STR("x")));
}

static void
test_set(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	enter(world, "bob");
	say(ann, "/set");
	expect_like(ann, "-- quiet * off * (off, on)");
	expect_like(ann, "-- timestamp * off * (off, clock)");
	say(ann, "/set TIME Clock");
	expect(ann, "10:00 -- timestamp is clock now.");
	say(ann, "/set timestamp");
	expect_like(ann, "10:00 -- timestamp * clock * (off, clock)");
	say(ann, "/set timestamp off");
	expect(ann, "-- timestamp is off now.");
	expect_silence(world);
	assert_int_equal(ann->user->settings[SETTING_TIMESTAMP], TIMESTAMP_OFF);
}

static void
test_set_wrong(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	enter(world, "bob");
	expect_error(ann, "/set queit on",
		"There is no setting queit (did you mean quiet?). /set shows them.");
	expect_error(
		ann, "/set colour", "There is no setting colour. /set shows them.");
	expect_error(ann, "/set quiet yes", "quiet can be off, on, not yes.");
	expect_error(ann, "/set quiet on on", "Usage: /set [setting] [value]");
	expect_error(ann, "/quiet yes", "quiet can be off, on, not yes.");
	assert_int_equal(ann->user->settings[SETTING_QUIET], QUIET_OFF);
}

/* Quiet hides who comes, goes and takes another name, and nothing else. */
static void
test_quiet(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob;

	say(ann, "/quiet");
	expect(ann, "-- quiet is on now.");
	bob = enter(world, "bob");
	say(bob, "/nick bert");
	say(bob, "/part");
	say(bob, "/join #lobby");
	forget(bob);
	expect_silence(world);
	say(bob, "/topic x");
	expect(ann, "-- bert set the topic of #lobby: x");
	say(bob, "hello");
	expect(ann, "bert: hello");
	leave(bob, "bye");
	expect_nothing(ann);
	/* What one does oneself is always shown. */
	say(ann, "/nick anna");
	expect(ann, "-- ann is now anna");
	say(ann, "/quiet off");
	expect(ann, "-- quiet is off now.");
	enter(world, "cid");
	say(ann, "/quiet");
	say(ann, "/quiet");
	expect(ann, "-- quiet is on now.");
	expect(ann, "-- quiet is off now.");
	arrive(world);
	world_pass(world, 2000);
	expect(ann, "-- guest4 has joined #lobby");
}

/* The time stands before every line, and is that of what happened. */
static void
test_timestamp(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(bob, "one");
	forget(ann);
	say(ann, "/set timestamp clock");
	expect(ann, "10:00 -- timestamp is clock now.");
	world_pass(world, 60000);
	say(bob, "two");
	expect(ann, "10:01 bob: two");
	say(bob, "/msg ann three");
	expect(ann, "10:01 [bob] three");
	world_pass(world, 3600000);
	say(ann, "/history");
	expect(ann, "11:01 -- Earlier in #lobby:");
	expect(ann, "10:00 bob: one");
	expect(ann, "10:01 bob: two");
	expect(ann, "11:01 -- End of the earlier lines.");
	leave(bob, "");
	expect(ann, "11:01 -- bob has quit");
	say(ann, "/nosuch");
	expect_like(ann, "11:01 !! There is no command /nosuch*");
	forget(bob);
	expect_silence(world);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_find),
		world_test(test_set),
		world_test(test_set_wrong),
		world_test(test_quiet),
		world_test(test_timestamp),
	};

	return cmocka_run_group_tests_name("setting", tests, NULL, NULL);
}
