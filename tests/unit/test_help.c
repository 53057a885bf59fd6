/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "chat/command.h"
#include "chat/user.h"
#include "chat_fake.h"

/* What /help says, to whom. */

/* What /help says to somebody who may use the commands of `perm` and below. */
static void
assert_help(struct person *person, enum perm perm)
{
	say(person, "/help");
	expect(person, "-- What you type is said in the room. These are commands:");
	for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
		const char *args = c->args != NULL ? c->args : "";
		char *usage = xasprintf("/%s%s%s", c->name, args[0] ? " " : "", args);
		char *line = xasprintf("-- %-29s%s", usage, c->help);

		/* One row each, where nothing is known of the window. */
		assert_true(strlen(line) < 80);
		if (c->perm <= perm && command_is_for(c, false))
			expect(person, line);
		free(line);
		free(usage);
	}
	expect_like(person, "-- A clear beginning is enough (/hist 5)*");
	expect_silence(person->world);
}

/* Nobody is shown what he may not use. */
static void
test_help(void **state)
{
	struct world *world = world_new_stored(state, "operator root.level=operator",
		"operator mod.level=moderator", "room #lobby.moderators=cid ann", NULL);
	struct person *ann = enter(world, "ann");

	enter(world, "bob");
	assert_help(ann, PERM_PEOPLE);
	make_operator(ann, "mod");
	assert_help(ann, PERM_MODERATOR);
	make_operator(ann, "root");
	assert_help(ann, PERM_OPERATOR);
	say(ann, "/oper");
	expect(ann, "-- You are not the operator root any more.");
	assert_help(ann, PERM_PEOPLE);
	/* The moderator of a room only there. */
	ann->user->is_owner = true;
	assert_help(ann, PERM_MODERATOR);
	say(ann, "/join #dev");
	forget(ann);
	assert_help(ann, PERM_PEOPLE);
}

/* How many lines of /help begin so. */
static unsigned
count_helps(struct person *person, const char *beginning)
{
	unsigned count = 0;

	forget(person);
	say(person, "/help");
	for (; person->nread < person->nheard; person->nread++) {
		if (str_starts(str_of(person->heard[person->nread]), str_of(beginning)))
			count++;
	}
	return count;
}

/* What can do nothing here is not listed, and stands in the way of no beginning. */
static void
test_help_of_use(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	assert_int_equal(count_helps(ann, "-- /claim "), 0);
	assert_int_equal(count_helps(ann, "-- /release "), 0);
	assert_int_equal(count_helps(ann, "-- /passphrase "), 0);
	assert_int_equal(count_helps(ann, "-- /oper "), 0);
	say(ann, "/c");
	expect_like(ann, "-- color *");
	/* By its name it says why. */
	expect_error(ann, "/claim", "Names can't be claimed here.");
	world_reload(world, "operator root.level=operator", NULL);
	assert_int_equal(count_helps(ann, "-- /oper "), 1);
}

static void
test_help_one(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	say(ann, "/help join");
	expect_like(ann, "-- /join <room>: Enter a room, or *");
	expect_like(ann, "-- Opens the room if there is none of that name. *");
	expect(ann, "-- Also: /go /j");
	say(ann, "/? /BAC");
	expect(ann, "-- /back: End /away.");
	say(ann, "/help away");
	expect(ann, "-- /away [text...]: Say that you are not at the keyboard.");
	expect(ann, "-- Shown in /who and to those who write to you privately.");
	expect(ann, "-- Also: /afk");
	/* What there is to say of a setting. */
	say(ann, "/help bell");
	expect_like(ann, "-- /bell *");
	expect_like(ann, "-- mention rings for your name and for private messages, *");
	say(ann, "/help unmute");
	expect(ann, "-- /unmute <name> [room]: End a mute.");
	expect(ann, "-- For moderators and operators.");
	say(ann, "/help wall");
	expect(ann, "-- /wall <text...>: Tell everybody in all rooms.");
	expect(ann, "-- Also: /announce");
	expect(ann, "-- For operators.");
	expect_silence(world);
	expect_error(ann, "/help /",
		"A command follows its slash at once: /help shows them.");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_help),
		world_test(test_help_of_use),
		world_test(test_help_one),
	};

	return cmocka_run_group_tests_name("help", tests, NULL, NULL);
}
