/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/name_utf8.h"
#include "chat/moderation.h"
#include "chat/style.h"
#include "chat/user.h"
#include "chat_fake.h"

/* Names of people by server.nick_charset. */

#define IVAN "\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd"       /* in Cyrillic */
#define IVAN_SMALL "\xd0\xb8\xd0\xb2\xd0\xb0\xd0\xbd" /* in small letters */
#define IVAN_LARGE "\xd0\x98\xd0\x92\xd0\x90\xd0\x9d" /* in large ones */
#define COCO "\xd1\x81\xd0\xbe\xd1\x81\xd0\xbe"       /* "coco" in Cyrillic letters */
#define ONE_SCRIPT                                                                     \
	"A name is made of letters of one script, digits, _ and -, and does not "      \
	"begin with -."
#define ASCII_ONLY                                                                     \
	"A name is made of the letters A to Z, digits, _ and -, and does not begin "   \
	"with -."

static void
test_ascii(void **state)
{
	struct person *ann = enter(world_new(state, NULL), "ann");

	expect_error(ann, "/nick " IVAN, ASCII_ONLY);
	expect_error(ann, "/nick -ann", ASCII_ONLY);
}

/* A world with names in all scripts, for builds that have them. */
static struct world *
wide_world(void **state)
{
	return world_new(state, "server.nick_charset=utf8", NULL);
}

static void
test_scripts(void **state)
{
	struct world *world = wide_world(state);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/nick " IVAN);
	expect(ann, "-- ann is now " IVAN);
	expect(bob, "-- ann is now " IVAN);
	/* He is found whatever the case of the letters. */
	say(bob, "/msg " IVAN_SMALL " hi");
	expect(ann, "[bob] hi");
	expect(bob, "[to " IVAN "] hi");
	expect_error(bob, "/nick " IVAN_SMALL, "The name " IVAN " is taken.");
	expect_error(bob,
		"/nick b\xd0\xbe"
		"b",
		ONE_SCRIPT);
	expect_error(bob, "/nick bob\xe2\x80\x8b", ONE_SCRIPT);
	expect_error(bob, "/nick \xf0\x9f\x98\x80", ONE_SCRIPT);
}

/* The limit counts characters, not bytes. */
static void
test_length(void **state)
{
	struct person *ann;

	ann = enter(world_new(state, "server.nick_charset=utf8", "limits.nick_length=4",
			    NULL),
		"ann");
	say(ann, "/nick " IVAN);
	expect(ann, "-- ann is now " IVAN);
	expect_error(ann, "/nick " IVAN "\xd0\xb0",
		"That name is too long: at most 4 characters.");
}

static void
test_alike(void **state)
{
	struct world *world = wide_world(state);
	struct person *coco = enter(world, "coco"), *bob = enter(world, "bob");

	expect_error(bob, "/nick " COCO, "That name looks like coco, which is taken.");
	say(bob, "/nick b0b");
	expect(bob, "-- bob is now b0b");
	expect(coco, "-- bob is now b0b");
	expect_error(coco, "/nick Bob", "That name looks like b0b, which is taken.");
	/* The other case of the own name, and a name that somebody has left. */
	say(coco, "/nick Coco");
	expect(coco, "-- coco is now Coco");
	expect(bob, "-- coco is now Coco");
	say(coco, "/nick dora");
	forget(coco);
	forget(bob);
	say(bob, "/nick " COCO);
	expect(bob, "-- b0b is now " COCO);
}

/* A reload may begin it: names that are there already count. */
static void
test_reload(void **state)
{
	struct person *coco, *bob;
	struct world *world;

	world = world_new(state, NULL);
	coco = enter(world, "coco");
	bob = enter(world, "bob");
	world_reload(world, "server.nick_charset=utf8", NULL);
	expect_error(bob, "/nick " COCO, "That name looks like coco, which is taken.");
	expect_nothing(coco);
}

/* A moderator's name in the configuration is his in whatever case, in all scripts. */
static void
test_moderator(void **state)
{
	struct world *world;
	struct person *ann;

	world = world_new(state, "server.nick_charset=utf8",
		"room #lobby.moderators=" IVAN_SMALL, NULL);
	ann = enter(world, "ann");
	say(ann, "/nick " IVAN);
	assert_false(moderation_has_room(ann->user, ann->user->current));
	ann->user->is_owner = true;
	assert_true(moderation_has_room(ann->user, ann->user->current));
}

/* Names in a line are found in all scripts, and only as whole words. */
static void
test_mentions(void **state)
{
	struct world *world = wide_world(state);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	sit_at(ann, (struct terminal){.is_telnet = true});
	say(ann, "/nick " IVAN);
	forget(ann);
	forget(bob);
	say(bob, "\xe2\x80\x9c" IVAN_SMALL "\xe2\x80\x9d!");
	expect(ann, "bob: \xe2\x80\x9c" IVAN_SMALL "\xe2\x80\x9d!\a");
	world_pass(world, 1000);
	say(bob, IVAN_LARGE);
	expect(ann, "bob: " IVAN_LARGE "\a");
	world_pass(world, 1000);
	say(bob, IVAN "\xd0\xb0");
	expect(ann, "bob: " IVAN "\xd0\xb0");
}

/* What a build can't do is said when the file is read. */
static void
test_without_utf8proc(void **state)
{
	const char *override = "server.nick_charset=utf8";
	struct conf_source source = {.overrides = &override, .noverrides = 1};
	struct errlist errors = {0};
	struct conf *conf = conf_load(&source, &errors);

	(void)state;
	if (name_utf8_available()) {
		assert_non_null(conf);
	} else {
		assert_null(conf);
		assert_string_equal(errors.texts[0],
			"server.nick_charset: utf8 needs utf8proc, with which this "
			"prattled was not built (ascii)");
	}
	conf_free(conf);
	errlist_fini(&errors);
}

int
main(void)
{
	const struct CMUnitTest wide[] = {
		world_test(test_ascii),
		cmocka_unit_test(test_without_utf8proc),
		world_test(test_scripts),
		world_test(test_length),
		world_test(test_alike),
		world_test(test_reload),
		world_test(test_mentions),
		world_test(test_moderator),
	};
	const struct CMUnitTest narrow[] = {
		world_test(test_ascii),
		cmocka_unit_test(test_without_utf8proc),
	};

	if (name_utf8_available())
		return cmocka_run_group_tests_name("nick", wide, NULL, NULL);
	printf("# names in all scripts are not tried: this build has no utf8proc\n");
	return cmocka_run_group_tests_name("nick", narrow, NULL, NULL);
}
