/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/passphrase.h"
#include "capture.h"
#include "chat/command.h"
#include "chat/moderation.h"
#include "chat/user.h"
#include "chat_fake.h"

/* Who is an operator or moderator, and who may speak. */

#define SECRET "open sesame"
#define NEWCOMER "Newcomers may not speak at the moment."
#define UNCLAIMED "Only owners of claimed names may speak at the moment."

/* A world with the operator root, whose passphrase is SECRET, and mod. */
static struct world *
world_operated(void **state)
{
	char hash[PASSPHRASE_HASH_MAX];
	struct world *world;
	struct err err;
	char *override;

	assert_int_equal(passphrase_hash(STR(SECRET), hash, &err), 0);
	override = xasprintf("operator root.hash=%s", hash);
	world = world_new(state, override, "operator mod.level=moderator",
		"room #lobby.moderators=cid Ann", NULL);
	free(override);
	return world;
}

static void
become(struct person *person, const char *line, const char *secret)
{
	say(person, line);
	forget(person);
	say(person, secret);
	world_work(person->world);
}

static void
test_oper(void **state)
{
	struct world *world = world_operated(state);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/oper ROOT");
	expect_like(ann, "-- Passphrase of operator ROOT? *");
	say(ann, SECRET);
	assert_int_equal(ann->user->level, 0);
	world_work(world);
	expect(ann, "-- You are the operator root now.");
	assert_int_equal(ann->user->level, PERM_OPERATOR);
	expect_silence(world);
	say(ann, "/oper");
	expect(ann, "-- You are not the operator root any more.");
	expect_error(ann, "/bans", "You may not use /bans.");
	expect_error(ann, "/oper", "Which operator? /oper <name>");
	/* Levels: a moderator may less. */
	make_operator(bob, "mod");
	expect_error(bob, "/bans", "You may not use /bans.");
	expect_error(bob, "/kick", "Usage: /kick <name> [text...]");
}

/* Wrong, without a hash, or nobody: the same words after the same work. */
static void
test_oper_wrong(void **state)
{
	static const char *const names[] = {"root", "mod", "nobody"};
	struct world *world = world_operated(state);

	for (size_t i = 0; i < 3; i++) {
		struct person *eve = arrive(world);
		char *line = xasprintf("/oper %s", names[i]);
		char *answer = xasprintf(
			"!! That is not the passphrase of operator %s.", names[i]);
		char *asks = xasprintf("-- Passphrase of operator %s[?] *", names[i]);

		say(eve, line);
		forget(eve);
		for (int tries = 0; tries < 3; tries++) {
			/* Whom there is not one is asked for again, too. */
			if (tries > 0)
				expect_like(eve, asks);
			assert_int_equal(eve->user->question, ASK_OPER);
			expect_nothing(eve);
			say(eve, "open sesam");
			/* The work has begun. */
			assert_true(eve->user->is_verifying);
			expect_nothing(eve);
			world_work(world);
			expect(eve, answer);
		}
		expect(eve, "!! Too many wrong passphrases. Goodbye!");
		assert_null(eve->user);
		free(asks);
		free(answer);
		free(line);
	}
}

static void
test_oper_second_try(void **state)
{
	struct world *world = world_operated(state);
	struct person *ann = enter(world, "ann");

	enter(world, "bob");
	ann->can_hide = true;
	forget_all(world);
	become(ann, "/oper root", "guess");
	expect(ann, "!! That is not the passphrase of operator root.");
	expect(ann, "-- Passphrase of operator root? An empty line calls it off.");
	assert_true(ann->hidden);
	say(ann, "");
	expect(ann, "-- Called off.");
	assert_false(ann->hidden);
	become(ann, "/oper root", "guess");
	forget(ann);
	say(ann, SECRET);
	world_work(world);
	expect(ann, "-- You are the operator root now.");
	assert_int_equal(world->chat->lines, 0);
	expect_silence(world);
}

/* Who is that operator is not asked again; who is another one is. */
static void
test_oper_already(void **state)
{
	struct world *world = world_operated(state);
	struct person *ann = enter(world, "ann");

	make_operator(ann, "root");
	become(ann, "/oper ROOT", "guess");
	expect(ann, "!! That is not the passphrase of operator ROOT.");
	expect_silence(world);
	assert_int_equal(ann->user->question, ASK_NOTHING);
	become(ann, "/oper mod", "guess");
	expect(ann, "!! That is not the passphrase of operator mod.");
	assert_int_equal(ann->user->question, ASK_OPER);
}

/* What the log says of it: who, from where, never the passphrase. */
static void
test_oper_log(void **state)
{
	struct world *world = world_operated(state);
	struct person *ann = enter(world, "ann");
	struct capture capture;

	capture_begin(&capture);
	become(ann, "/oper root", "open says me");
	say(ann, SECRET);
	world_work(world);
	capture_end(&capture);
	assert_int_equal(capture_count(&capture,
				 "wrong passphrase for operator root from "
				 "uid 1000 pid 4711\n"),
		1);
	assert_int_equal(capture_count(&capture,
				 "audit: ann from uid 1000 pid 4711 is operator "
				 "root\n"),
		1);
	assert_int_equal(capture_count(&capture, "sesame"), 0);
	assert_int_equal(capture_count(&capture, "says"), 0);
	capture_fini(&capture);
}

/* Who lost his section at a reload lost his level; another level holds at once. */
static void
test_reload(void **state)
{
	struct world *world = world_operated(state);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	make_operator(ann, "root");
	make_operator(bob, "mod");
	world_reload(world, "operator root.level=moderator", NULL);
	expect_nothing(ann);
	assert_int_equal(ann->user->level, PERM_MODERATOR);
	expect(bob, "-- You are not an operator any more.");
	assert_int_equal(bob->user->level, PERM_PEOPLE);
	assert_null(bob->user->oper);
	expect_silence(world);
	expect_error(bob, "/kick ann", "You may not use /kick.");
}

/* A room's moderators are the owners of the names, there and nowhere else. */
static void
test_room_moderators(void **state)
{
	struct world *world = world_operated(state);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	/* The name alone is not enough: anybody may take it. */
	expect_error(ann, "/kick bob", "You may not use /kick.");
	ann->user->is_owner = true;
	bob->user->is_owner = true;
	expect_error(bob, "/kick ann", "You may not use /kick.");
	expect_error(ann, "/kick", "Usage: /kick <name> [text...]");
	expect_error(ann, "/ban bob", "You may not use /ban.");
	say(ann, "/join #dev");
	say(bob, "/join #dev");
	forget_all(world);
	expect_error(ann, "/kick bob", "You may not use /kick.");
	say(ann, "/join #lobby");
	forget(ann);
	/* Also by a name with other letters around it. */
	ann->user->is_owner = false;
	say(ann, "/nick an");
	forget_all(world);
	ann->user->is_owner = true;
	expect_error(ann, "/kick bob", "You may not use /kick.");
}

/* A lockdown that begins now, not at the time of the last turn. */
static void
lock(struct world *world, enum lockdown level, int64_t ms)
{
	world->chat->now = world->now;
	moderation_lock(world->chat, level, ms);
}

/* In a lockdown newcomers are mute, and those who were here are not. */
static void
test_newcomers(void **state)
{
	struct world *world = world_operated(state);
	struct person *ann = enter(world, "ann"), *eve;

	world_pass(world, 1000);
	lock(world, LOCKDOWN_MUTE, 60000);
	eve = arrive(world);
	world_pass(world, 2000);
	forget_all(world);
	expect_error(eve, "hello", NEWCOMER);
	expect_error(eve, "/me waves", NEWCOMER);
	expect_error(eve, "/msg ann hello", NEWCOMER);
	expect_error(eve, "/topic hello", NEWCOMER);
	expect_error(eve, "/nick spam", NEWCOMER);
	say(ann, "hello");
	expect(eve, "ann: hello");
	/* Another level makes nobody a newcomer. */
	world_pass(world, 1000);
	forget_all(world);
	lock(world, LOCKDOWN_CLOSED, 60000);
	say(ann, "hello");
	expect(eve, "ann: hello");
	expect_error(eve, "hello", NEWCOMER);
	/* Operators can be reached, and are above it. */
	make_operator(ann, "mod");
	say(eve, "/msg ann why?");
	expect_like(ann, "[[]guest2] why?");
	forget(eve);
	make_operator(eve, "mod");
	say(eve, "now");
	expect(ann, "guest2: now");
	moderation_set_operator(eve->user, NULL);
	world_pass(world, 59999);
	expect_error(eve, "hello", NEWCOMER);
	world_pass(world, 1);
	expect(eve, "-- The lockdown has ended.");
	say(eve, "hello");
	expect(ann, "-- The lockdown has ended.");
	expect(ann, "guest2: hello");
}

/* Owners come in, show it, and speak; others who were here are mute. */
static void
test_claimed(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter(world, "ann"), *bob;

	say(ann, "/claim");
	say(ann, SECRET);
	say(ann, SECRET);
	world_work(world);
	world_work(world);
	leave(ann, "");
	bob = enter(world, "bob");
	lock(world, LOCKDOWN_CLAIMED, 0);
	expect_error(bob, "hello", UNCLAIMED);
	expect_error(bob, "/nick bill", UNCLAIMED);
	ann = arrive(world);
	world_pass(world, 2000);
	forget_all(world);
	expect_error(ann, "hello", UNCLAIMED);
	say(ann, "/nick ann");
	expect_like(ann, "-- Passphrase of ann? *");
	say(ann, SECRET);
	world_work(world);
	assert_true(ann->user->is_owner);
	forget_all(world);
	say(ann, "hello");
	expect(bob, "ann: hello");
	world_work(world);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_oper),
		world_test(test_oper_wrong),
		world_test(test_oper_second_try),
		world_test(test_oper_already),
		world_test(test_oper_log),
		world_test(test_reload),
		world_test(test_room_moderators),
		world_test(test_newcomers),
		world_test(test_claimed),
	};

	return cmocka_run_group_tests_name("moderation", tests, NULL, NULL);
}
