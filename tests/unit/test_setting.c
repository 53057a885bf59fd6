/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/name.h"
#include "chat/setting.h"
#include "chat/user.h"
#include "chat_fake.h"

/* What people set for themselves, and what that does. */

/* The value reads back from what is printed for it. */
static void
check_round_trip(const struct setting *setting, int16_t value)
{
	struct buf out = {0};
	int16_t again = -1;

	setting_print(setting, value, &out);
	assert_int_equal(setting_parse(setting, buf_str(&out), &again), 0);
	assert_int_equal(again, value);
	buf_fini(&out);
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting *setting = &settings[i];
		int16_t words = 0, value;

		assert_true(name_ok(str_of(setting->name)));
		assert_ptr_equal(setting_find(str_of(setting->name)), setting);
		for (; setting->words[words] != NULL; words++) {
			assert_true(words < 4);
			value = -1;
			assert_int_equal(setting_parse(setting,
						 str_of(setting->words[words]), &value),
				0);
			assert_int_equal(value, words);
			check_round_trip(setting, words);
		}
		assert_true(words >= (setting->is_zone ? 1 : 2));
		assert_true(isupper((unsigned char)setting->help[0]));
		assert_int_equal(setting->help[strlen(setting->help) - 1], '.');
	}
}

/* The values in setting.h are the words in their order. */
static void
test_values(void **state)
{
	static const struct {
		enum setting_id id;
		int16_t value;
		const char *word;
	} values[] = {
		{SETTING_QUIET, QUIET_OFF, "off"},
		{SETTING_QUIET, QUIET_ON, "on"},
		{SETTING_TIMESTAMP, TIMESTAMP_OFF, "off"},
		{SETTING_TIMESTAMP, TIMESTAMP_CLOCK, "clock"},
		{SETTING_TIMESTAMP, TIMESTAMP_FULL, "full"},
		{SETTING_ZONE, ZONE_SERVER, "server"},
		{SETTING_COLOR, COLOR_AUTO, "auto"},
		{SETTING_COLOR, COLOR_ON, "on"},
		{SETTING_COLOR, COLOR_OFF, "off"},
		{SETTING_THEME, THEME_DARK, "dark"},
		{SETTING_THEME, THEME_LIGHT, "light"},
		{SETTING_BELL, BELL_MENTION, "mention"},
		{SETTING_BELL, BELL_OFF, "off"},
		{SETTING_BELL, BELL_PM, "pm"},
		{SETTING_BELL, BELL_ALL, "all"},
		{SETTING_EDIT, EDIT_ON, "on"},
		{SETTING_EDIT, EDIT_OFF, "off"},
		{SETTING_PAGER, PAGER_ON, "on"},
		{SETTING_PAGER, PAGER_OFF, "off"},
		{SETTING_READER, READER_AUTO, "auto"},
		{SETTING_READER, READER_ON, "on"},
		{SETTING_READER, READER_OFF, "off"},
	};
	size_t words = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		assert_string_equal(
			settings[values[i].id].words[values[i].value], values[i].word);
	for (size_t i = 0; i < SETTINGS; i++) {
		for (size_t j = 0; settings[i].words[j] != NULL; j++)
			words++;
	}
	assert_int_equal(words, sizeof(values) / sizeof(values[0]));
}

static void
test_parse(void **state)
{
	static const char *const wrong[] = {"", "o", "one", "of", " on", "on ", "+2"};
	const struct setting *quiet = &settings[SETTING_QUIET];
	int16_t value = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(setting_parse(quiet, str_of(wrong[i]), &value), -1);
	assert_int_equal(value, 7);
	assert_int_equal(setting_parse(quiet, STR("ON"), &value), 0);
	assert_int_equal(value, QUIET_ON);
}

static void
assert_describes(enum setting_id id, const char *want)
{
	struct buf out = {0};
	char *text;

	setting_describe(&settings[id], &out);
	text = buf_take(&out);
	assert_string_equal(text, want);
	free(text);
}

static void
test_describe(void **state)
{
	(void)state;
	assert_describes(SETTING_TIMESTAMP, "off, clock or full");
	assert_describes(SETTING_BELL, "mention, off, pm or all");
	assert_describes(SETTING_ZONE, "server, UTC or hours like +2, -03:30");
}

/*
 * Time zones
 */

static void
test_zones(void **state)
{
	static const struct {
		const char *word;
		int east;
		const char *printed;
	} zones[] = {
		{"UTC", 0, "+00:00"},
		{"utc", 0, "+00:00"},
		{"+0", 0, "+00:00"},
		{"-0", 0, "+00:00"},
		{"+2", 120, "+02:00"},
		{"+02", 120, "+02:00"},
		{"+2:00", 120, "+02:00"},
		{"-3:30", -210, "-03:30"},
		{"-03:30", -210, "-03:30"},
		{"-0:30", -30, "-00:30"},
		{"+5:45", 345, "+05:45"},
		{"+14", 840, "+14:00"},
		{"-12", -720, "-12:00"},
	};
	const struct setting *zone = &settings[SETTING_ZONE];

	(void)state;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct buf out = {0};
		int16_t value;
		char *text;

		assert_int_equal(setting_parse(zone, str_of(zones[i].word), &value), 0);
		assert_int_equal(value, ZONE_UTC + zones[i].east);
		setting_print(zone, value, &out);
		text = buf_take(&out);
		assert_string_equal(text, zones[i].printed);
		free(text);
	}
}

/* All that there are, to the minute. */
static void
test_zones_all(void **state)
{
	(void)state;
	for (int east = -12 * 60; east <= 14 * 60; east++)
		check_round_trip(&settings[SETTING_ZONE], (int16_t)(ZONE_UTC + east));
}

static void
test_zones_wrong(void **state)
{
	static const char *const wrong[] = {"", "+", "-", "2", "+-2", "++2", "+14:01",
		"+15", "+99999999999999999999", "-12:01", "-13", "-14", "+2:", "+2:5",
		"+2:60", "+2:000", "+2:30:00", "+:30", "+2.5", "+ 2", "+2 ", "UTC+2",
		"CET", "serve", "+0x2"};
	int16_t value = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (setting_parse(&settings[SETTING_ZONE], str_of(wrong[i]), &value) !=
			-1)
			fail_msg("\"%s\" is taken", wrong[i]);
	}
	assert_int_equal(value, 7);
}

/*
 * Finding and changing them
 */

static void
test_find(void **state)
{
	(void)state;
	assert_ptr_equal(setting_find(STR("QUIET")), &settings[SETTING_QUIET]);
	assert_ptr_equal(setting_find(STR("q")), &settings[SETTING_QUIET]);
	assert_ptr_equal(setting_find(STR("Time")), &settings[SETTING_TIMESTAMP]);
	assert_ptr_equal(setting_find(STR("th")), &settings[SETTING_THEME]);
	assert_null(setting_find(STR("")));
	assert_null(setting_find(STR("timestamps")));
	assert_null(setting_find(STR("x")));
	/* More than one begins so. */
	assert_null(setting_find(STR("t")));
}

/* Every beginning finds its setting, or one more begins so. */
static void
test_find_every(void **state)
{
	(void)state;
	for (size_t i = 0; i < SETTINGS; i++) {
		const char *name = settings[i].name;

		for (size_t len = 1; len <= strlen(name); len++) {
			size_t alike = 0;

			for (size_t j = 0; j < SETTINGS; j++)
				alike += strncmp(settings[j].name, name, len) == 0;
			assert_ptr_equal(setting_find(str_make(name, len)),
				alike == 1 ? &settings[i] : NULL);
		}
	}
}

static void
test_set(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	enter(world, "bob");
	say(ann, "/set");
	expect_like(ann, "-- quiet  *  off  * (off or on)");
	expect_like(ann, "-- timestamp  off  * (off, clock or full)");
	expect_like(
		ann, "-- zone  *  server  * (server, UTC or hours like +2, -03:30)");
	expect_like(ann, "-- color  *  auto  * (auto, on or off)");
	expect_like(ann, "-- theme  *  dark  * (dark or light)");
	expect_like(ann, "-- bell  *  mention  * (mention, off, pm or all)");
	expect_like(ann, "-- edit  *  on  * (on or off)");
	expect_like(ann, "-- pager  *  on  * (on or off)");
	expect_like(ann, "-- reader  *  auto  * (auto, on or off)");
	expect_silence(world);
	say(ann, "/set TIME Clock");
	expect(ann, "10:00 -- timestamp is clock now.");
	say(ann, "/set timestamp");
	expect_like(ann, "10:00 -- timestamp  clock  * (off, clock or full)");
	say(ann, "/set timestamp off");
	expect(ann, "-- timestamp is off now.");
	expect_silence(world);
	assert_int_equal(ann->user->settings[SETTING_TIMESTAMP], TIMESTAMP_OFF);
}

/* One row each, where 80 columns are assumed. */
static void
test_set_rows(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	say(ann, "/set");
	assert_int_equal(ann->nheard - ann->nread, SETTINGS);
	for (; ann->nread < ann->nheard; ann->nread++)
		assert_true(strlen(ann->heard[ann->nread]) < 80);
}

static void
test_set_reader(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	say(ann, "/set reader on");
	expect(ann, "reader is on now.");
	say(ann, "/set bell");
	expect_like(ann, "bell is mention: * (mention, off, pm or all)");
	expect_nothing(ann);
}

/* Settings of which one thinks often have commands of their own. */
static void
test_commands(void **state)
{
	static const struct {
		const char *typed, *answer;
		enum setting_id id;
		int16_t value;
	} cases[] = {
		{"/colour off", "color is off now.", SETTING_COLOR, COLOR_OFF},
		{"/bell all", "bell is all now.", SETTING_BELL, BELL_ALL},
		{"/bell OFF", "bell is off now.", SETTING_BELL, BELL_OFF},
		{"/zone +2", "zone is +02:00 now.", SETTING_ZONE, ZONE_UTC + 120},
		{"/tz server", "zone is server now.", SETTING_ZONE, ZONE_SERVER},
		{"/quiet on", "quiet is on now.", SETTING_QUIET, QUIET_ON},
		{"/quiet", "quiet is off now.", SETTING_QUIET, QUIET_OFF},
		{"/quiet", "quiet is on now.", SETTING_QUIET, QUIET_ON},
		{"/time off", "timestamp is off now.", SETTING_TIMESTAMP,
			TIMESTAMP_OFF},
		{"/set edit off", "edit is off now.", SETTING_EDIT, EDIT_OFF},
		{"/set pager off", "pager is off now.", SETTING_PAGER, PAGER_OFF},
		{"/set theme light", "theme is light now.", SETTING_THEME, THEME_LIGHT},
	};
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");
	char want[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(want, sizeof(want), "-- %s", cases[i].answer);
		say(ann, cases[i].typed);
		expect(ann, want);
		assert_int_equal(ann->user->settings[cases[i].id], cases[i].value);
	}
	/* Alone they show what is set. */
	say(ann, "/color");
	expect_like(ann, "-- color  *  off  * (auto, on or off)");
	say(ann, "/zone");
	expect_like(
		ann, "-- zone  *  server  * (server, UTC or hours like +2, -03:30)");
	expect_silence(world);
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
		ann, "/set volume", "There is no setting volume. /set shows them.");
	expect_error(
		ann, "/set t off", "t could be timestamp, theme: type more of it.");
	expect_error(ann, "/set quiet yes", "quiet can be off or on, not yes.");
	expect_error(ann, "/set quiet on on", "Usage: /set [setting] [value]");
	expect_error(ann, "/quiet yes", "quiet can be off or on, not yes.");
	expect_error(ann, "/zone +15",
		"zone can be server, UTC or hours like +2, -03:30, not +15.");
	expect_error(
		ann, "/bell loud", "bell can be mention, off, pm or all, not loud.");
	assert_int_equal(ann->user->settings[SETTING_QUIET], QUIET_OFF);
	assert_int_equal(ann->user->settings[SETTING_ZONE], ZONE_SERVER);
	assert_int_equal(ann->configured, 0);
}

/*
 * What they do
 */

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
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_zones_all),
		cmocka_unit_test(test_zones_wrong),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_find_every),
		world_test(test_set),
		world_test(test_set_rows),
		world_test(test_set_reader),
		world_test(test_commands),
		world_test(test_set_wrong),
		world_test(test_quiet),
		world_test(test_timestamp),
	};

	return cmocka_run_group_tests_name("setting", tests, NULL, NULL);
}
