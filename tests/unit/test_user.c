/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chat/user.h"
#include "chat_fake.h"

/* People: their names, and their coming and going. */

/*
 * Names
 */

static void
test_guest(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *first = arrive(world), *second = arrive(world);

	assert_string_equal(first->user->nick, "guest1");
	assert_string_equal(second->user->nick, "guest2");
	expect(first,
		"-- Welcome to prattle! You are guest1 in #lobby. "
		"Type to talk, /help for more.");
	expect(first, "-- In #lobby: nobody but you");
	expect_like(second, "-- Welcome to prattle! You are guest2 in #lobby. *");
	expect(second, "-- In #lobby: guest1 and you");
	expect_silence(world);
	say(first, "hello");
	expect(second, "guest1: hello");
	/* Numbers are not used again. */
	leave(first, "");
	assert_string_equal(arrive(world)->user->nick, "guest3");
}

static void
test_nick(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/nick Ann-Marie_2");
	expect(ann, "-- ann is now Ann-Marie_2");
	expect(bob, "-- ann is now Ann-Marie_2");
	expect_silence(world);
	assert_null(user_find(world->chat, STR("ann")));
	assert_ptr_equal(user_find(world->chat, STR("ANN-marie_2")), ann->user);
	/* The old name is free at once. */
	say(bob, "/nick ann");
	expect(ann, "-- bob is now ann");
	expect(bob, "-- bob is now ann");
	expect_silence(world);
}

static void
test_nick_taken(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "Ann"), *bob = enter(world, "bob");

	expect_error(bob, "/nick Ann", "The name Ann is taken.");
	expect_error(bob, "/nick aNN", "The name Ann is taken.");
	expect_error(bob, "/nick bob", "That is your name already.");
	/* Only the case of the letters: that is a change, and not a conflict. */
	say(bob, "/nick BOB");
	expect(bob, "-- bob is now BOB");
	expect(ann, "-- bob is now BOB");
	assert_ptr_equal(user_find(world->chat, STR("bob")), bob->user);
	/* A name is free as soon as its owner has gone, which is told before. */
	type(ann, "/quit");
	type(bob, "/nick ann");
	forget(ann);
	expect(bob, "-- Ann has quit");
	expect(bob, "-- BOB is now ann");
	world_turn(world);
	expect_silence(world);
}

static void
test_nick_wrong(void **state)
{
	static const char letters[] =
		"A name is made of the letters A to Z, digits, _ and -, "
		"and does not begin with -.";
	static const char *const wrong[] = {"/nick #ann", "/nick a.b", "/nick {x}",
		"/nick a/b", "/nick \xc3\xbc", "/nick ann:", "/nick \xff", "/nick -ann",
		"/nick --"};
	struct world *world = world_new(state, "limits.nick_length=5", NULL);
	struct person *ann = enter(world, "ann");

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect_error(ann, wrong[i], letters);
	expect_error(ann, "/nick", "Usage: /nick <name>");
	expect_error(ann, "/nick ann marie", "Usage: /nick <name>");
	expect_error(
		ann, "/nick abcdef", "That name is too long: at most 5 characters.");
	say(ann, "/nick abcde");
	expect(ann, "-- ann is now abcde");
	/* A limit that is lowered takes nobody's name. */
	world_reload(world, "limits.nick_length=3", NULL);
	assert_string_equal(ann->user->nick, "abcde");
}

static void
test_nick_reserved(void **state)
{
	static const char *const wrong[] = {
		"/nick guest7", "/nick guest2", "/nick GUEST0", "/nick Guest007"};
	struct world *world = world_new(state, NULL);
	struct person *guest = arrive(world);

	forget(guest);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect_error(guest, wrong[i],
			"Names like guest7 are given to newcomers; choose another.");
	say(guest, "/nick guest");
	expect(guest, "-- guest1 is now guest");
	say(guest, "/nick guest7x");
	expect(guest, "-- guest is now guest7x");
	say(guest, "/nick myguest7");
	expect(guest, "-- guest7x is now myguest7");
}

/* A name of more bytes than any can have is nobody's, whatever its beginning. */
static void
test_find_long(void **state)
{
	struct world *world = world_new(state, "limits.nick_length=64", NULL);
	char name[NAME_MAX_BYTES + 2];
	struct person *ann;

	memset(name, 'a', sizeof(name));
	name[NAME_MAX_BYTES] = '\0';
	ann = enter(world, name);
	assert_ptr_equal(user_find(world->chat, str_of(name)), ann->user);
	assert_null(user_find(world->chat, str_make("aaa", 0)));
	name[NAME_MAX_BYTES] = 'a';
	assert_null(user_find(world->chat, str_make(name, sizeof(name) - 1)));
	name[NAME_MAX_BYTES] = ' ';
	assert_null(user_find(world->chat, str_make(name, sizeof(name) - 1)));
}

/*
 * Coming
 */

static void
test_settle(void **state)
{
	struct world *world = world_new(state, "server.settle=2s", NULL);
	struct person *ann = enter(world, "ann"), *bob = arrive(world);

	expect_nothing(ann);
	assert_int_equal(chat_next_due(world->chat), world->now.mono + 2000);
	world_pass(world, 1999);
	expect_nothing(ann);
	world_pass(world, 1);
	expect(ann, "-- guest2 has joined #lobby");
	forget(bob);
	assert_int_equal(chat_next_due(world->chat), -1);
	leave(bob, "end of input");
	expect(ann, "-- guest2 has quit (end of input)");
	expect_silence(world);
}

/* Who leaves again at once was not there, except for what was said. */
static void
test_settle_short(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *script;

	script = arrive(world);
	say(script, "/nick deploy");
	say(script, "deploy done");
	expect(ann, "deploy: deploy done");
	leave(script, "end of input");
	expect_nothing(ann);
	script = arrive(world);
	say(script, "/join #dev");
	say(script, "/part #lobby");
	say(script, "/quit bye");
	expect_nothing(ann);
	world_pass(world, 10000);
	expect_nothing(ann);
	assert_int_equal(chat_people(world->chat), 1);
}

static void
test_settle_rename(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = arrive(world);
	struct person *cid = arrive(world), *dan = arrive(world);

	forget_all(world);
	say(bob, "/nick bob");
	expect(bob, "-- guest2 is now bob");
	expect_silence(world);
	/* Whose name was seen in the room does not change it secretly. */
	say(cid, "hello");
	forget_all(world);
	say(cid, "/nick cid");
	expect(ann, "-- guest3 is now cid");
	expect(bob, "-- guest3 is now cid");
	expect(cid, "-- guest3 is now cid");
	say(dan, "/me waves");
	forget_all(world);
	say(dan, "/nick dan");
	expect(ann, "-- guest4 is now dan");
	forget_all(world);
	leave(dan, "");
	world_pass(world, 2000);
	expect(ann, "-- bob has joined #lobby");
	expect(cid, "-- bob has joined #lobby");
	expect_silence(world);
}

/* Who has spoken before he would be announced is known where he spoke. */
static void
test_settle_known(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = arrive(world);

	say(ann, "/join #dev");
	forget_all(world);
	say(bob, "hello");
	expect(ann, "#lobby guest2: hello");
	say(bob, "/join #dev");
	forget(bob);
	world_pass(world, 2000);
	expect(ann, "-- guest2 has joined #dev");
	expect_silence(world);
	/* Coming back is news. */
	say(bob, "/part #lobby");
	expect(ann, "-- guest2 has left #lobby");
	say(bob, "/join #lobby");
	expect(ann, "-- guest2 has joined #lobby");
	forget(bob);
	leave(bob, "");
	expect(ann, "-- guest2 has quit");
	expect_silence(world);
}

/* With settle 0 the room is told before the newcomer's first line. */
static void
test_settle_zero(void **state)
{
	struct world *world = world_new(state, "server.settle=0", NULL);
	struct person *ann = enter(world, "ann");
	struct person *bob = arrive(world);

	expect(ann, "-- guest2 has joined #lobby");
	forget(bob);
	say(bob, "/nick bob");
	expect(bob, "-- guest2 is now bob");
	expect(ann, "-- guest2 is now bob");
	assert_int_equal(chat_next_due(world->chat), -1);
	leave(bob, "");
	expect(ann, "-- bob has quit");
	expect_silence(world);
}

/* A room joined while not yet announced is told together with the others. */
static void
test_settle_rooms(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob;

	say(ann, "/join #dev");
	bob = arrive(world);
	forget_all(world);
	say(bob, "/join #dev");
	expect(bob, "-- You are talking in #dev now.");
	expect(bob, "-- In #dev: ann and you");
	expect_silence(world);
	world_pass(world, 2000);
	expect(ann, "-- guest2 has joined #lobby");
	expect(ann, "-- guest2 has joined #dev");
	expect_silence(world);
}

/* The greeting can be more than a peer takes: then nobody was there. */
static void
test_greeting_breaks(void **state)
{
	struct world *world = world_new(state, "server.settle=0", NULL);
	struct person *ann = enter(world, "ann"), *bob;

	say(ann, "hello");
	/* Welcome, "Earlier", the line, who is there. */
	for (unsigned lines = 1; lines <= 4; lines++) {
		bob = arrive_broken(world, lines);
		assert_null(bob->user);
		assert_int_equal(bob->nheard, lines);
		assert_int_equal(chat_people(world->chat), 1);
	}
	expect_nothing(ann);
	bob = arrive_broken(world, 5);
	assert_non_null(bob->user);
	expect_like(ann, "-- guest* has joined #lobby");
}

static void
test_autojoin(void **state)
{
	struct world *world =
		world_new(state, "room #a.topic=x", "room #b.autojoin=yes",
			"room #c.autojoin=yes", "room #c.max_people=1", NULL);
	struct person *ann = arrive(world), *bob = arrive(world);

	expect_like(ann, "-- Welcome to prattle! You are guest1 in #b. *");
	expect(ann, "-- In #b: nobody but you");
	expect(ann, "-- In #c: nobody but you");
	expect(bob, "!! #c is full.");
	expect_like(bob, "-- Welcome to prattle! You are guest2 in #b. *");
	expect(bob, "-- In #b: guest1 and you");
	world_pass(world, 2000);
	expect(bob, "-- guest1 has joined #b");
	expect(ann, "-- guest2 has joined #b");
	expect_silence(world);
}

static void
test_autojoin_full(void **state)
{
	struct world *world = world_new(state, "room #lobby.max_people=1", NULL);
	struct person *ann = enter(world, "ann"), *bob = arrive(world);

	expect(bob, "!! #lobby is full.");
	expect_like(bob, "-- Welcome to prattle! You are guest2 in no room. *");
	expect_silence(world);
	world_pass(world, 2000);
	say(bob, "/join lobby");
	expect(bob, "!! #lobby is full.");
	leave(ann, "");
	expect_silence(world);
	say(bob, "/join lobby");
	expect(bob, "-- You are talking in #lobby now.");
	expect(bob, "-- In #lobby: nobody but you");
	expect_silence(world);
}

/* The greeting: welcome, message of the day, topic, last lines, who is there. */
static void
test_greeting(void **state)
{
	struct world *world = world_new(state, "server.name=The {Moon}",
		"room #lobby.topic=cheese", "room #lobby.history=2", NULL);
	struct person *ann = enter(world, "ann"), *bob;

	say(ann, "one");
	say(ann, "/me counts");
	say(ann, "three");
	say(ann, "/away");
	chat_set_motd(world->chat, "first\nsecond {nick}");
	bob = arrive(world);
	expect(bob,
		"-- Welcome to The {Moon}! You are guest2 in #lobby. "
		"Type to talk, /help for more.");
	expect(bob, "first");
	expect(bob, "second {nick}");
	expect(bob, "-- Topic of #lobby: cheese");
	expect(bob, "-- Earlier in #lobby:");
	expect(bob, "* ann counts");
	expect(bob, "ann: three");
	expect(bob, "-- In #lobby: ann (away) and you");
	expect_nothing(bob);
}

/*
 * Going
 */

/* Who shares several rooms with somebody is told once that he has gone. */
static void
test_quit_once(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct person *cid = enter(world, "cid"), *dan = enter(world, "dan");

	say(ann, "/join #dev");
	say(bob, "/join #dev");
	say(cid, "/join #dev");
	say(cid, "/part #lobby");
	say(dan, "/join #else");
	say(dan, "/part #lobby");
	forget_all(world);
	say(ann, "/nick anna");
	expect(ann, "-- ann is now anna");
	expect(bob, "-- ann is now anna");
	expect(cid, "-- ann is now anna");
	expect_silence(world);
	leave(ann, "connection reset");
	expect(bob, "-- anna has quit (connection reset)");
	expect(cid, "-- anna has quit (connection reset)");
	expect_silence(world);
}

static void
test_idle(void **state)
{
	struct world *world = world_new(state, "limits.idle_timeout=60s", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/version");
	forget(ann);
	world_pass(world, 30000);
	say(bob, ""); /* any line is a sign of life */
	assert_int_equal(chat_next_due(world->chat), world->now.mono + 30000);
	world_pass(world, 29999);
	expect_silence(world);
	world_pass(world, 1);
	expect(ann, "!! You were idle for too long. Goodbye!");
	expect(bob, "-- ann has quit (idle)");
	assert_string_equal(ann->hung_up, "idle");
	assert_int_equal(chat_next_due(world->chat), world->now.mono + 30000);
	world_pass(world, 30000);
	expect(bob, "!! You were idle for too long. Goodbye!");
	expect_silence(world);
	assert_int_equal(chat_people(world->chat), 0);
	assert_int_equal(chat_next_due(world->chat), -1);
}

/* What others say does not count, and 0 means never. */
static void
test_idle_never(void **state)
{
	struct world *world = world_new(state, "limits.idle_timeout=0", NULL);
	struct person *ann = enter(world, "ann");

	world_pass(world, INT64_C(1000) * 60 * 60 * 24 * 365);
	expect_silence(world);
	assert_non_null(ann->user);
	world_reload(world, "limits.idle_timeout=1h", NULL);
	world_pass(world, 0);
	assert_null(ann->user);
}

/* Whose connection breaks on being told so has gone once. */
static void
test_idle_breaks(void **state)
{
	struct world *world = world_new(state, "limits.idle_timeout=60s", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	ann->breaks_after = 1;
	world_pass(world, 30000);
	say(bob, "");
	world_pass(world, 30000);
	expect(ann, "!! You were idle for too long. Goodbye!");
	expect(bob, "-- ann has quit (too slow)");
	expect_silence(world);
}

static void
test_whois(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/whois BOB");
	expect(ann, "-- bob came 2 seconds ago, last typed 2 seconds ago.");
	expect(ann, "-- bob is in #lobby.");
	world_pass(world, 57000);
	say(bob, "/away at lunch");
	say(bob, "/join #dev");
	world_pass(world, 1000);
	forget_all(world);
	say(ann, "/finger bob");
	expect(ann,
		"-- bob came 1 minute ago, last typed 1 second ago, is away: at "
		"lunch.");
	expect(ann, "-- bob is in #lobby, #dev.");
	say(bob, "/part");
	say(bob, "/part");
	say(bob, "/away");
	world_pass(world, INT64_C(2) * 86400 * 1000);
	forget_all(world);
	say(ann, "/whois bob");
	expect(ann, "-- bob came 2 days ago, last typed 2 days ago, is away.");
	expect_silence(world);
}

static void
test_find_id(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");
	struct user *user = ann->user;

	assert_ptr_equal(user_find_id(world->chat, 1), user);
	assert_null(user_find_id(world->chat, 0));
	assert_null(user_find_id(world->chat, 2));
	user_quit(user, STR(""));
	assert_null(user_find_id(world->chat, 1));
	assert_null(user_find(world->chat, STR("ann")));
	ann->user = NULL;
	world_turn(world);
	assert_null(user_find_id(world->chat, 1));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_guest),
		world_test(test_nick),
		world_test(test_nick_taken),
		world_test(test_nick_wrong),
		world_test(test_nick_reserved),
		world_test(test_find_long),
		world_test(test_settle),
		world_test(test_settle_known),
		world_test(test_settle_short),
		world_test(test_settle_rename),
		world_test(test_settle_zero),
		world_test(test_settle_rooms),
		world_test(test_greeting_breaks),
		world_test(test_autojoin),
		world_test(test_autojoin_full),
		world_test(test_greeting),
		world_test(test_quit_once),
		world_test(test_idle),
		world_test(test_idle_never),
		world_test(test_idle_breaks),
		world_test(test_whois),
		world_test(test_find_id),
	};

	return cmocka_run_group_tests_name("user", tests, NULL, NULL);
}
