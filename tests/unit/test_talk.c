/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "chat/user.h"
#include "chat_fake.h"

/* Talking to the room and to one person. */

static void
test_say(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct person *cid = enter(world, "cid");

	say(ann, "hello, all");
	expect(bob, "ann: hello, all");
	expect(cid, "ann: hello, all");
	expect_silence(world);

	/* What begins with blanks is no command, and what is blank is nothing. */
	say(ann, " /nick x");
	expect(bob, "ann:  /nick x");
	say(ann, "  x ");
	expect(bob, "ann:   x ");
	forget_all(world);
	say(ann, "");
	say(ann, " ");
	say(ann, "\t \t");
	expect_silence(world);
	assert_int_equal(world->chat->lines, 3);
}

/* Several lines of one turn, answers included, come in the order they were said. */
static void
test_order(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	type(ann, "one");
	type(bob, "two");
	type(bob, "/nosuch");
	type(ann, "three");
	world_turn(world);
	expect(ann, "bob: two");
	expect(bob, "ann: one");
	expect_like(bob, "!! There is no command /nosuch*");
	expect(bob, "ann: three");
	expect_silence(world);
}

static void
test_slashes(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "//help me");
	expect(bob, "ann: /help me");
	say(ann, "//");
	expect(bob, "ann: /");
	say(ann, "///");
	expect(bob, "ann: //");
	expect_silence(world);
}

static void
test_no_room(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	enter(world, "bob");
	say(ann, "/part");
	forget_all(world);
	expect_error(ann, "anybody?",
		"You are in no room, nobody heard that. "
		"/rooms shows the rooms, /join enters one.");
	expect_error(ann, "/me waits", "You are in no room. /join enters one.");
	assert_int_equal(world->chat->lines, 0);
}

static void
test_me(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/me waves  twice ");
	expect(ann, "* ann waves  twice");
	expect(bob, "* ann waves  twice");
	say(bob, "/EMOTE nods");
	expect(ann, "* bob nods");
	expect(bob, "* bob nods");
	expect_error(ann, "/me", "Usage: /me <text...>");
	expect_error(ann, "/me  ", "Usage: /me <text...>");
}

static void
test_msg(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	enter(world, "cid");
	say(ann, "/msg bob  a b  c ");
	expect(ann, "[to bob] a b  c");
	expect(bob, "[ann] a b  c");
	/* The name is that of the person, however it was typed, in whatever room. */
	say(bob, "/part");
	forget_all(world);
	say(ann, "/w BOB x");
	expect(ann, "[to bob] x");
	expect(bob, "[ann] x");
	expect_silence(world);
	assert_int_equal(world->chat->lines, 0);
}

static void
test_msg_wrong(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	enter(world, "barbara");
	expect_error(ann, "/msg", "Usage: /msg <name> <text...>");
	expect_error(ann, "/msg barbara", "Usage: /msg <name> <text...>");
	expect_error(ann, "/msg zoe hi", "Nobody here is called zoe.");
	expect_error(ann, "/msg babrara hi",
		"Nobody here is called babrara (did you mean barbara?).");
	expect_error(ann, "/msg Ann hi", "That is yourself.");
	/* No guess without a room, since it would tell who is in others. */
	say(ann, "/part");
	forget_all(world);
	expect_error(ann, "/msg babrara hi", "Nobody here is called babrara.");
}

static void
test_msg_just_left(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	bob->breaks_after = 1;
	say(ann, "/msg bob hello");
	expect(ann, "!! Not delivered: bob has just left.");
	expect(ann, "-- bob has quit (too slow)");
	expect(bob, "[ann] hello");
	expect_silence(world);

	/* Gone in this turn, but not yet buried: not there any more. */
	bob = enter(world, "bob");
	type(bob, "/quit");
	type(ann, "/msg bob hello");
	expect(ann, "!! Nobody here is called bob.");
	world_turn(world);
}

static void
test_reply(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	expect_error(bob, "/reply hi", "Nobody has written to you privately yet.");
	expect_error(bob, "/reply", "Usage: /reply <text...>");
	say(ann, "/msg bob hello");
	forget_all(world);
	say(bob, "/r hello yourself");
	expect(bob, "[to ann] hello yourself");
	expect(ann, "[bob] hello yourself");
	/* It goes to the person, not to the name. */
	say(ann, "/nick anna");
	enter(world, "ann");
	say(bob, "/reply still you?");
	expect(bob, "[to anna] still you?");
	expect(ann, "[bob] still you?");
	expect_silence(world);
	leave(ann, "");
	forget_all(world);
	expect_error(bob, "/reply hello?", "Who wrote to you last has left.");
}

/* Who wrote last gets the reply; what was refused does not count. */
static void
test_reply_last(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct person *cid = enter(world, "cid");

	say(ann, "/msg cid 1");
	say(bob, "/msg cid 2");
	forget_all(world);
	say(cid, "/reply 3");
	expect(bob, "[cid] 3");
	say(cid, "/ignore ann");
	say(ann, "/msg cid 4");
	forget_all(world);
	say(cid, "/reply 5");
	expect(bob, "[cid] 5");
	expect(cid, "[to bob] 5");
	expect_silence(world);
}

static void
test_away(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(bob, "/away");
	expect(bob, "-- You are away. /back ends it.");
	say(ann, "/msg bob there?");
	expect(bob, "[ann] there?");
	expect(ann, "[to bob] there?");
	expect(ann, "-- bob is away.");
	say(bob, "/afk at  lunch");
	expect(bob, "-- You are away: at  lunch. /back ends it.");
	say(ann, "/msg bob there?");
	expect(bob, "[ann] there?");
	expect(ann, "[to bob] there?");
	expect(ann, "-- bob is away: at  lunch.");
	expect_silence(world);
	say(ann, "/who");
	expect(ann, "-- #lobby (2):");
	expect(ann, "-- ann         bob (away)");
}

static void
test_back(void **state)
{
	struct world *world = world_new(state, "limits.topic_length=5", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	expect_error(bob, "/back", "You are not away.");
	expect_error(bob, "/away 123456", "That message is too long: at most 5 bytes.");
	expect_error(bob, "/back", "You are not away.");
	say(bob, "/away 12345");
	expect(bob, "-- You are away: 12345. /back ends it.");
	/* Talking does not end it, since a line may well be the last one. */
	say(bob, "bye for now");
	expect(ann, "bob: bye for now");
	say(ann, "/msg bob x");
	expect(ann, "[to bob] x");
	expect(ann, "-- bob is away: 12345.");
	forget(bob);
	expect_error(bob, "/back x", "Usage: /back (nothing behind it)");
	say(bob, "/back");
	expect(bob, "-- You are back.");
	say(ann, "/msg bob x");
	expect(ann, "[to bob] x");
	expect(bob, "[ann] x");
	expect_silence(world);
}

static void
test_ignore(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct person *cid = enter(world, "cid");

	say(ann, "/ignore");
	expect(ann, "-- You ignore nobody.");
	say(ann, "/ignore Bob");
	expect(ann, "-- You don't see any more what Bob says.");
	say(ann, "/ignore zoe");
	expect(ann,
		"-- You don't see any more what zoe says "
		"(nobody of that name is here now).");
	say(ann, "/ignore");
	expect(ann, "-- You ignore bob, zoe.");

	say(bob, "hello");
	say(bob, "/me waves");
	expect(bob, "* bob waves");
	expect(cid, "bob: hello");
	expect(cid, "* bob waves");
	expect_error(bob, "/msg ann hello", "Not delivered: ann is ignoring you.");
	/* It hides what people say, not what happens; and it does not go both ways. */
	say(bob, "/topic flowers");
	expect(ann, "-- bob set the topic of #lobby: flowers");
	forget_all(world);
	say(ann, "/msg bob you talk too much");
	expect(ann, "[to bob] you talk too much");
	expect(bob, "[ann] you talk too much");
	expect_error(bob, "/reply no", "Not delivered: ann is ignoring you.");
	say(ann, "/history");
	expect(ann, "-- Earlier in #lobby:");
	expect(ann, "-- End of the earlier lines.");
	expect_silence(world);
}

static void
test_ignore_wrong(void **state)
{
	struct world *world = world_new(state, "limits.ignores=2", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	expect_error(ann, "/ignore ann", "You can't ignore yourself.");
	expect_error(ann, "/ignore ANN", "You can't ignore yourself.");
	expect_error(ann, "/ignore b!b", "b!b is not a name.");
	expect_error(ann, "/ignore bob cid", "Usage: /ignore [name]");
	say(ann, "/ignore bob");
	forget_all(world);
	expect_error(ann, "/ignore BOB", "You ignore BOB already.");
	say(bob, "/nick bert");
	forget_all(world);
	expect_error(ann, "/ignore bert", "You ignore bert already.");
	say(ann, "/ignore zoe");
	forget_all(world);
	expect_error(ann, "/ignore yan",
		"You ignore 2 people already, more is not possible.");
	expect_error(ann, "/unignore yan", "You don't ignore yan.");
	expect_error(ann, "/unignore", "Usage: /unignore <name>");
}

/* /ignore ends neither with another name nor with another connection. */
static void
test_ignore_follows(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct person *bob2;

	say(ann, "/ignore bob");
	say(bob, "/nick robert");
	forget_all(world);
	say(bob, "it is still me");
	expect_silence(world);
	bob2 = enter(world, "bob");
	say(bob2, "me too");
	expect(bob, "bob: me too");
	expect_silence(world);

	/* It is one entry, found by either, and ends for both. */
	say(ann, "/unignore robert");
	expect(ann, "-- You see again what robert says.");
	say(bob, "hello");
	expect(ann, "robert: hello");
	say(bob2, "hello");
	expect(ann, "bob: hello");
	forget_all(world);
	expect_error(ann, "/unignore bob", "You don't ignore bob.");
}

static void
test_quit(void **state)
{
	struct world *world = world_new(state, "limits.topic_length=5", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct person *cid = enter(world, "cid");

	expect_error(
		ann, "/quit 123456", "That farewell is too long: at most 5 bytes.");
	say(ann, "/quit");
	expect(ann, "-- Goodbye!");
	expect(bob, "-- ann has quit");
	expect(cid, "-- ann has quit");
	assert_string_equal(ann->hung_up, "quit");
	assert_null(user_find(world->chat, STR("ann")));
	say(bob, "/bye  so ab");
	expect(bob, "-- Goodbye!");
	expect(cid, "-- bob has quit (so ab)");
	expect_silence(world);
	assert_int_equal(chat_people(world->chat), 1);
}

/* What came in the same packet behind /quit is lost, and harms nobody. */
static void
test_quit_more(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct user *user = ann->user;

	user_line(user, STR("/quit"), world->now);
	user_line(user, STR("one more thing"), world->now);
	user_line(user, STR("/nick zoe"), world->now);
	user_line(user, STR("/quit again"), world->now);
	user_hangup(user, STR("twice"), REASON_IDLE);
	user_quit(user, STR("thrice"));
	type(bob, "hello?");
	world_turn(world);
	expect(ann, "-- Goodbye!");
	expect(bob, "-- ann has quit");
	expect_silence(world);
	assert_string_equal(ann->hung_up, "quit");
}

/* Whoever's connection breaks while a line goes around, the others get it. */
static void
test_broken(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *people[6];
	static const char *const names[] = {"a", "b", "c", "d", "e", "f"};

	for (size_t i = 0; i < 6; i++)
		people[i] = enter(world, names[i]);
	people[1]->breaks_after = 1;
	people[2]->breaks_after = 1;
	/* The third to go is told of the first and breaks while being told. */
	people[4]->breaks_after = 2;
	say(people[0], "hello");
	for (size_t i = 1; i < 6; i++)
		expect(people[i], "a: hello");
	expect(people[5], "-- b has quit (too slow)");
	expect(people[5], "-- c has quit (too slow)");
	expect(people[5], "-- e has quit (too slow)");
	expect(people[4], "-- b has quit (too slow)");
	expect_nothing(people[1]);
	expect_nothing(people[2]);
	expect_nothing(people[4]);
	assert_int_equal(chat_people(world->chat), 3);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_say),
		world_test(test_order),
		world_test(test_slashes),
		world_test(test_no_room),
		world_test(test_me),
		world_test(test_msg),
		world_test(test_msg_wrong),
		world_test(test_msg_just_left),
		world_test(test_reply),
		world_test(test_reply_last),
		world_test(test_away),
		world_test(test_back),
		world_test(test_ignore),
		world_test(test_ignore_wrong),
		world_test(test_ignore_follows),
		world_test(test_quit),
		world_test(test_quit_more),
		world_test(test_broken),
	};

	return cmocka_run_group_tests_name("talk", tests, NULL, NULL);
}
