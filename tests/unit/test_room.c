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

#include "base/mem.h"
#include "chat/room.h"
#include "chat/user.h"
#include "chat_fake.h"

/* Rooms: going in and out, who is there, what was said. */

static void
test_join(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/join #Dev");
	expect(ann, "-- You are talking in #Dev now.");
	expect(ann, "-- In #Dev: nobody but you");
	/* The # may be left out, and the case of the letters does not matter. */
	say(bob, "/j dEV");
	expect(bob, "-- You are talking in #Dev now.");
	expect(bob, "-- In #Dev: ann and you");
	expect(ann, "-- bob has joined #Dev");
	say(bob, "hello");
	expect(ann, "bob: hello");
	/* Already inside: it only becomes the one where one talks. */
	say(bob, "/join #lobby");
	expect(bob, "-- You are talking in #lobby now.");
	expect_silence(world);
	assert_int_equal(chat_rooms(world->chat), 2);
}

/* Lines from rooms other than one's current one say where they come from. */
static void
test_elsewhere(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/join #dev");
	forget(ann);
	say(bob, "hello");
	expect(ann, "#lobby bob: hello");
	say(bob, "/me waves");
	expect(ann, "#lobby * bob waves");
	forget(bob);
	/* A private message comes from no room, and a notice names its own. */
	say(bob, "/msg ann hi");
	expect(ann, "[bob] hi");
	say(bob, "/topic x");
	expect(ann, "-- bob set the topic of #lobby: x");
	say(ann, "/join #lobby");
	forget_all(world);
	say(bob, "again");
	expect(ann, "bob: again");
	expect_silence(world);
}

static void
test_part(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/join #a");
	say(ann, "/join #b");
	say(ann, "/join #c");
	say(bob, "/join #b");
	forget_all(world);
	/* Another one than the current: that one stays. */
	say(ann, "/part b");
	expect(ann, "-- You have left #b.");
	expect(ann, "-- You are talking in #c now.");
	expect(bob, "-- ann has left #b");
	/* The current one: the one joined last of those that are left follows. */
	say(ann, "/leave");
	expect(ann, "-- You have left #c.");
	expect(ann, "-- You are talking in #a now.");
	say(ann, "/part #A");
	expect(ann, "-- You have left #a.");
	expect(ann, "-- You are talking in #lobby now.");
	say(ann, "/part");
	expect(ann, "-- You have left #lobby.");
	expect(ann, "-- You are in no room now. /join enters one.");
	expect(bob, "-- ann has left #lobby");
	expect_silence(world);
	expect_error(ann, "/part", "You are in no room. /join enters one.");
}

static void
test_part_wrong(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(bob, "/join #dev");
	forget_all(world);
	expect_error(ann, "/part #dev", "You are not in #dev.");
	expect_error(ann, "/part #nosuch",
		"There is no room #nosuch. /rooms shows the rooms.");
	expect_error(ann, "/part #", "There is no room #. /rooms shows the rooms.");
	expect_error(ann, "/part a b", "Usage: /part [room]");
}

/* An empty room vanishes at the end of the turn, a configured one does not. */
static void
test_vanish(void **state)
{
	struct world *world =
		world_new(state, "room #lobby.history=3", "room #fixed.topic=x", NULL);
	struct person *ann = enter(world, "ann");
	struct room *room;

	assert_int_equal(chat_rooms(world->chat), 2);
	say(ann, "/join #dev");
	say(ann, "/topic y");
	say(ann, "something");
	assert_int_equal(chat_rooms(world->chat), 3);
	say(ann, "/join #fixed");
	/* Left and entered again within one turn: still the same room. */
	room = room_find(world->chat, STR("#dev"));
	type(ann, "/part #dev");
	assert_true(room->is_emptied);
	type(ann, "/join #dev");
	world_turn(world);
	assert_ptr_equal(room_find(world->chat, STR("#dev")), room);
	assert_string_equal(room->topic, "y");
	say(ann, "/part #dev");
	assert_null(room_find(world->chat, STR("#dev")));
	assert_int_equal(world->chat->opened_rooms, 0);
	forget(ann);
	say(ann, "/join #dev");
	expect(ann, "-- You are talking in #dev now.");
	expect(ann, "-- In #dev: nobody but you");
	/* With the last one who quits, too. */
	leave(ann, "");
	assert_int_equal(chat_rooms(world->chat), 2);
	assert_non_null(room_find(world->chat, STR("#FIXED")));
}

static void
test_names(void **state)
{
	struct world *world = world_new(state, "limits.room_length=6",
		"room #lobby.topic=", "room #toolong.topic=", NULL);
	struct person *ann = enter(world, "ann");
	static const char letters[] =
		"A room's name is # and letters A to Z, digits, _ and -.";

	expect_error(ann, "/join #", letters);
	expect_error(ann, "/join ##x", letters);
	expect_error(ann, "/join #a.b", letters);
	expect_error(ann, "/join #\xc3\xbc", letters);
	expect_error(
		ann, "/join #123456", "That name is too long: at most 6 characters.");
	expect_error(
		ann, "/join 123456", "That name is too long: at most 6 characters.");
	expect_error(ann, "/join", "Usage: /join <room>");
	expect_error(ann, "/join #a #b", "Usage: /join <room>");
	assert_int_equal(chat_rooms(world->chat), 2);
	say(ann, "/join 12345");
	expect(ann, "-- You are talking in #12345 now.");
	/* The limit is for opening rooms, not for those that are there. */
	say(ann, "/join #TOOLONG");
	forget(ann);
	assert_int_equal(ann->user->nmembers, 3);
}

/* A name of more bytes than any can have is no room, whatever its beginning. */
static void
test_names_long(void **state)
{
	struct world *world = world_new(state, "limits.room_length=64", NULL);
	struct person *ann = enter(world, "ann");
	char line[128] = "/join #";
	static const char letters[] =
		"A room's name is # and letters A to Z, digits, _ and -.";

	memset(line + 7, 'x', 63);
	say(ann, line);
	assert_int_equal(ann->user->nmembers, 2);
	forget(ann);
	memset(line + 7, 'x', 64);
	expect_error(ann, line, letters);
	memset(line + 7, 'x', 100);
	expect_error(ann, line, letters);
	memset(line, ' ', 6);
	memcpy(line, "/part", 5);
	say(ann, line);
	expect_like(ann, "!! There is no room #xx*. /rooms shows the rooms.");
	expect_nothing(ann);
	assert_int_equal(ann->user->nmembers, 2);
}

static void
test_limit_rooms(void **state)
{
	struct world *world =
		world_new(state, "limits.rooms=1", "room #fixed.topic=x", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/join #one");
	forget_all(world);
	expect_error(ann, "/join #two", "No more rooms can be opened now.");
	/* Rooms that are there can be entered, configured ones do not count. */
	say(bob, "/join #one");
	say(bob, "/join #fixed");
	assert_int_equal(bob->user->nmembers, 2);
	say(ann, "/part #one");
	say(bob, "/part #one");
	say(ann, "/join #two");
	assert_non_null(room_find(world->chat, STR("#two")));
	forget_all(world);
	world_reload(world, "limits.rooms=0", NULL);
	expect_error(bob, "/join #three", "No more rooms can be opened now.");
}

static void
test_limit_per_person(void **state)
{
	struct world *world = world_new(state, "limits.rooms_per_person=2", NULL);
	struct person *ann = enter(world, "ann");

	say(ann, "/join #a");
	forget(ann);
	expect_error(ann, "/join #b",
		"You are in 2 rooms, that is the most. /part leaves one.");
	assert_null(room_find(world->chat, STR("#b")));
	say(ann, "/join #lobby");
	expect(ann, "-- You are talking in #lobby now.");
	say(ann, "/part #a");
	forget(ann);
	say(ann, "/join #b");
	expect(ann, "-- You are talking in #b now.");
}

static void
test_max_people(void **state)
{
	struct world *world = world_new(
		state, "room #small.max_people=1", "room *.max_people=2", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct person *cid = enter(world, "cid");

	/* The only one in the file takes newcomers, but not all of them. */
	assert_int_equal(ann->user->nmembers, 1);
	assert_int_equal(bob->user->nmembers, 0);
	say(ann, "/join #dev");
	say(bob, "/join #dev");
	forget_all(world);
	expect_error(cid, "/join #dev", "#dev is full.");
	assert_null(cid->user->current);
	say(ann, "/part #dev");
	say(cid, "/join #dev");
	assert_non_null(cid->user->current);
	/* Nobody is sent away when the limit is lowered. */
	world_reload(world, "room #small.max_people=1", "room *.max_people=1", NULL);
	assert_int_equal(room_find(world->chat, STR("#dev"))->count, 2);
	say(bob, "/part #dev");
	forget_all(world);
	expect_error(ann, "/join #dev", "#dev is full.");
}

static void
test_rooms(void **state)
{
	struct world *world = world_new(
		state, "room #lobby.topic=Welcome", "room #attic.topic=", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/join #Zoo");
	say(bob, "/join #dev");
	forget_all(world);
	say(ann, "/rooms");
	expect_like(ann, "--   #attic *0 people*");
	expect_like(ann, "--   #dev *1 person*");
	expect_like(ann, "-- + #lobby *2 people *Welcome");
	expect_like(ann, "-- [*] #Zoo *1 person*");
	expect_like(ann, "-- [*] is where you talk, + where you are too.*");
	expect_silence(world);
	expect_error(ann, "/list x", "Usage: /rooms (nothing behind it)");
}

/* In words for a screen reader. */
static void
test_rooms_reader(void **state)
{
	struct world *world = world_new(
		state, "room #lobby.topic=Welcome", "room #attic.topic=", NULL);
	struct person *ann = enter(world, "ann");

	say(ann, "/join #zoo");
	say(ann, "/set reader on");
	forget(ann);
	say(ann, "/rooms");
	expect(ann, "#attic, 0 people");
	expect(ann, "#lobby, 1 person, where you are: Welcome");
	expect(ann, "#zoo, 1 person, where you talk");
	expect(ann, "/who shows the people.");
	expect_silence(world);
}

/* Long lists are cut, and say how much is missing. */
static void
test_rooms_many(void **state)
{
	struct world *world = world_new(state, "limits.rooms_per_person=1000", NULL);
	struct person *ann = enter(world, "ann");
	char line[32];

	for (int i = 0; i < 120; i++) {
		snprintf(line, sizeof(line), "/join #r%03d", i);
		say(ann, line);
	}
	forget(ann);
	say(ann, "/rooms");
	assert_int_equal(ann->nheard - ann->nread, 102);
	expect_like(ann, "-- + #lobby *");
	for (int i = 0; i < 99; i++) {
		snprintf(line, sizeof(line), "-- + #r%03d *", i);
		expect_like(ann, line);
	}
	expect(ann, "-- and 21 more");
	forget(ann);
	expect_silence(world);
}

static void
test_who(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/who");
	expect(ann, "-- #lobby (2):");
	expect(ann, "-- ann  bob");
	say(bob, "/join #dev");
	say(bob, "/away");
	forget(bob);
	say(bob, "/names");
	expect(bob, "-- #lobby (2):");
	expect(bob, "-- ann         bob (away)");
	expect(bob, "-- #dev (1):");
	expect(bob, "-- bob (away)");
	say(ann, "/users DEV");
	expect(ann, "-- #dev (1):");
	expect(ann, "-- bob (away)");
	say(ann, "/who");
	expect(ann, "-- #lobby (2):");
	expect(ann, "-- ann         bob (away)");
	expect_like(ann, "-- 2 in all rooms.*");
	expect_silence(world);
	expect_error(ann, "/who #nosuch",
		"There is no room #nosuch. /rooms shows the rooms.");
	say(ann, "/part");
	forget_all(world);
	expect_error(ann, "/who", "You are in no room. /join enters one.");
	say(ann, "/who lobby");
	expect(ann, "-- #lobby (1):");
	expect(ann, "-- bob (away)");
}

/* A crowd is named in part on entering; who has just left is not named at all. */
static void
test_who_many(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *people[25], *last;

	for (int i = 0; i < 25; i++)
		people[i] = arrive(world);
	forget_all(world);
	last = arrive(world);
	expect_like(last, "-- Welcome*");
	expect(last,
		"-- In #lobby: guest1, guest2, guest3, guest4, guest5, guest6, "
		"guest7, guest8, guest9, guest10, guest11, guest12, guest13, "
		"guest14, guest15, guest16, guest17, guest18, guest19, guest20 "
		"and 5 more and you");
	type(people[0], "/quit");
	type(people[1], "/who");
	expect(people[1], "-- #lobby (26):");
	/* Sorted, and to be read downwards. */
	expect(people[1],
		"-- guest10  guest14  guest18  guest21  guest25  guest5   guest9");
	expect(people[1], "-- guest11  guest15  guest19  guest22  guest26  guest6");
	expect(people[1], "-- guest12  guest16  guest2   guest23  guest3   guest7");
	expect(people[1], "-- guest13  guest17  guest20  guest24  guest4   guest8");
	expect_nothing(people[1]);
	world_turn(world);
}

/* Taking one out of the middle moves another into its place, and loses nobody. */
static void
test_remove_any(void **state)
{
	struct world *world =
		world_new(state, "server.settle=0", "server.gather_rate=0", NULL);
	struct person *people[5];

	/* Each place of a room of five, each followed by each other. */
	for (int first = 0; first < 5; first++) {
		for (int second = 0; second < 5; second++) {
			if (second == first)
				continue;
			for (int i = 0; i < 5; i++)
				people[i] = arrive(world);
			leave(people[first], "");
			forget_all(world);
			say(people[second], "/part");
			for (int i = 0; i < 5; i++) {
				if (people[i]->user == NULL || i == second)
					continue;
				expect_like(people[i], "-- guest* has left #lobby");
				say(people[i], "hello");
			}
			for (int i = 0; i < 5; i++) {
				bool inside = i != first && i != second;
				size_t heard = people[i]->nheard - people[i]->nread;
				if (inside)
					assert_int_equal(heard, 2);
			}
			for (int i = 0; i < 5; i++) {
				if (people[i]->user != NULL)
					leave(people[i], "");
			}
		}
	}
	assert_int_equal(room_find(world->chat, STR("#lobby"))->count, 0);
}

static void
test_topic(void **state)
{
	struct world *world = world_new(state, "limits.topic_length=5",
		"room #lobby.topic=Old", "room *.topic=New", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/topic");
	expect(ann, "-- Topic of #lobby: Old");
	say(ann, "/topic  a   b ");
	expect(ann, "-- ann set the topic of #lobby: a   b");
	expect(bob, "-- ann set the topic of #lobby: a   b");
	say(bob, "/topic");
	expect(bob, "-- Topic of #lobby: a   b");
	say(ann, "/topic -");
	expect(ann, "-- ann set the topic of #lobby: (none)");
	expect(bob, "-- ann set the topic of #lobby: (none)");
	say(bob, "/topic");
	expect(bob, "-- Topic of #lobby: (none)");
	expect_silence(world);
	expect_error(ann, "/topic 123456", "That topic is too long: at most 5 bytes.");
	/* Rooms that people open begin with the topic of [room *]. */
	say(ann, "/join #dev");
	expect(ann, "-- You are talking in #dev now.");
	expect(ann, "-- Topic of #dev: New");
	expect(ann, "-- In #dev: nobody but you");
	say(ann, "/part");
	say(ann, "/part");
	forget_all(world);
	expect_error(ann, "/topic", "You are in no room. /join enters one.");
	expect_error(ann, "/topic x", "You are in no room. /join enters one.");
	assert_null(room_find(world->chat, STR("#lobby"))->topic);
}

/*
 * History
 */

static void
test_history(void **state)
{
	struct world *world = world_new(state, "room #lobby.history=3", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(bob, "/history");
	expect(bob, "-- #lobby remembers nothing of that.");
	say(ann, "one");
	say(bob, "two");
	say(ann, "/me counts");
	say(ann, "four");
	say(ann, "/topic none of it");
	say(ann, "/msg bob nor that");
	forget_all(world);
	/* Not how it looked when it was said, but as this reader would see it. */
	say(bob, "/history");
	expect(bob, "-- Earlier in #lobby:");
	expect(bob, "bob: two");
	expect(bob, "* ann counts");
	expect(bob, "ann: four");
	expect(bob, "-- End of the earlier lines.");
	say(bob, "/last 1");
	expect(bob, "-- Earlier in #lobby:");
	expect(bob, "ann: four");
	expect(bob, "-- End of the earlier lines.");
	say(bob, "/history 99999999");
	assert_int_equal(bob->nheard - bob->nread, 5);
	forget(bob);
	say(bob, "/history 0");
	expect(bob, "-- #lobby remembers nothing of that.");
	expect_silence(world);
}

static void
test_history_time(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	say(ann, "one");
	world_pass(world, 60000);
	say(ann, "/nick anna");
	say(ann, "two");
	world_pass(world, 30000);
	forget(ann);
	say(ann, "/history 30s");
	expect(ann, "-- Earlier in #lobby:");
	expect(ann, "anna: two");
	expect(ann, "-- End of the earlier lines.");
	say(ann, "/history 29s");
	expect(ann, "-- #lobby remembers nothing of that.");
	/* Lines carry the name of then. */
	say(ann, "/history 1m30s");
	expect(ann, "-- Earlier in #lobby:");
	expect(ann, "ann: one");
	expect(ann, "anna: two");
	expect(ann, "-- End of the earlier lines.");
	expect_silence(world);
}

static void
test_history_wrong(void **state)
{
	struct world *world = world_new(state, "room #lobby.history=0", NULL);
	struct person *ann = enter(world, "ann"), *bob;
	static const char how[] =
		"How much? A number of lines like 20 or a time like 10m.";

	say(ann, "kept nowhere");
	expect_error(ann, "/history -1", how);
	expect_error(ann, "/history 5x", how);
	expect_error(ann, "/history 99999999999999999999", how);
	expect_error(ann, "/history 1 2", "Usage: /history [amount]");
	say(ann, "/history");
	expect(ann, "-- #lobby remembers nothing of that.");
	bob = arrive(world);
	expect_like(bob, "-- Welcome*");
	expect(bob, "-- In #lobby: ann and you");
	say(ann, "/part");
	forget_all(world);
	expect_error(ann, "/history", "You are in no room. /join enters one.");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_join),
		world_test(test_elsewhere),
		world_test(test_part),
		world_test(test_part_wrong),
		world_test(test_vanish),
		world_test(test_names),
		world_test(test_names_long),
		world_test(test_limit_rooms),
		world_test(test_limit_per_person),
		world_test(test_max_people),
		world_test(test_rooms),
		world_test(test_rooms_reader),
		world_test(test_rooms_many),
		world_test(test_who),
		world_test(test_who_many),
		world_test(test_remove_any),
		world_test(test_topic),
		world_test(test_history),
		world_test(test_history_time),
		world_test(test_history_wrong),
	};

	return cmocka_run_group_tests_name("room", tests, NULL, NULL);
}
