/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/state.h"
#include "chat/command.h"
#include "chat/history.h"
#include "chat/moderation.h"
#include "chat/room.h"
#include "chat/store.h"
#include "chat/user.h"
#include "chat_carry.h"
#include "chat_fake.h"
#include "claim_fake.h"

/* A chat that another process goes on with: nobody should notice. */

static void
test_nobody_notices(void **state)
{
	struct world *world = world_new(state, "server.settle=2s", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "Bob");
	struct person *guest = arrive(world);

	forget_all(world);
	carry(world, "");
	expect_silence(world);
	say(ann, "hello");
	expect(bob, "ann: hello");
	expect(guest, "ann: hello");
	say(bob, "/msg ann hi");
	expect(ann, "[Bob] hi");
	forget_all(world);
	/* He was here for no time at all, and is announced in time. */
	world_pass(world, 1999);
	expect_silence(world);
	world_pass(world, 1);
	expect(ann, "-- guest3 has joined #lobby");
	expect(bob, "-- guest3 has joined #lobby");
	/* Names go on being given once. */
	assert_int_equal(arrive(world)->user->id, 4);
}

static void
test_notice(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	world->chat->asker = bob->peer.id;
	carry_to(world, world->conf, "A moment, please.");
	expect(ann, "-- A moment, please.");
	expect(bob, "-- A moment, please.");
	expect(bob, "-- The restart is done: " PACKAGE_STRING ".");
	carry(world, "");
	expect_silence(world);
}

/* Nobody has said it by a name of his own, and yet it was said. */
static void
test_notice_in_the_history(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	room_tell(ann->user->current, STR("build"), STR("done"));
	world_turn(world);
	forget_all(world);
	carry(world, "");
	say(ann, "/history 1");
	expect(ann, "-- Earlier in #lobby:");
	expect_like(ann, "*build: done");
}

/* The end that was announced comes when it was to come, and is announced until then. */
static void
test_closing(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	closing_begin(world->chat, 90000, "root");
	world_pass(world, 10000);
	forget_all(world);
	carry(world, "");
	expect_silence(world);
	closing_tell(ann->user);
	world_turn(world);
	expect(ann, "-- This chat closes in 1 minute 20 seconds (root).");
	world_pass(world, 20000);
	expect(ann, "-- This chat closes in 1 minute (root).");
	world_pass(world, 29999);
	expect_silence(world);
	world_pass(world, 1);
	expect(ann, "-- This chat closes in 30 seconds (root).");
	assert_true(closing_cancel(world->chat));
	world_turn(world);
	forget_all(world);
	carry(world, "");
	assert_int_equal(world->chat->closing.at, 0);
}

static void
test_what_people_have_set(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/away at lunch");
	say(ann, "/ignore bob");
	say(ann, "/ignore nobody");
	ann->user->wrong = 2;
	say(ann, "/quiet on");
	say(ann, "/zone -03:30");
	say(ann, "/timestamp clock");
	say(ann, "/set pager off");
	sit_at(ann, (struct terminal){.columns = 80, .rows = 24, .colours = 256});
	say(bob, "/away");
	forget_all(world);
	carry(world, "");
	assert_string_equal(ann->user->away, "at lunch");
	assert_string_equal(bob->user->away, "");
	assert_int_equal(ann->user->settings[SETTING_QUIET], QUIET_ON);
	assert_int_equal(ann->user->settings[SETTING_ZONE], ZONE_UTC - 210);
	assert_int_equal(ann->user->settings[SETTING_TIMESTAMP], TIMESTAMP_CLOCK);
	assert_false(user_peer_wishes(ann->user).pager);
	assert_true(user_peer_wishes(bob->user).pager);
	assert_int_equal(ann->user->terminal.columns, 80);
	say(bob, "not for ann");
	expect_nothing(ann);
	say(bob, "/nick robert");
	say(bob, "nor that");
	expect_nothing(ann);
	forget_all(world);
	say(ann, "/ignore");
	/* Red is on, and the time is that of his zone. */
	expect_like(ann, "*06:*You ignore*bob*nobody*");
}

static void
test_reply_goes_to_the_same(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(bob, "/msg ann hi");
	say(bob, "/nick robert");
	forget_all(world);
	carry(world, "");
	say(ann, "/reply and you?");
	expect(bob, "[ann] and you?");
}

static void
test_rooms(void **state)
{
	struct world *world =
		world_new(state, "room #lobby.topic=Tea", "room #den.history=2",
			"room *.history=5", "room #den.max_people=1", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/join #den");
	say(ann, "/join #Opened");
	say(ann, "/topic Cake");
	say(bob, "/join #opened");
	say(ann, "/me eats");
	say(bob, "one");
	say(ann, "/join #lobby");
	say(ann, "/topic Cocoa");
	say(ann, "/join #den");
	for (int i = 0; i < 3; i++)
		say(ann, "in here");
	forget_all(world);
	carry(world, "");
	assert_string_equal(ann->user->current->name, "#den");
	assert_string_equal(ann->user->members[1]->room->name, "#den");
	assert_string_equal(ann->user->members[2]->room->name, "#Opened");
	assert_string_equal(bob->user->current->name, "#Opened");
	assert_int_equal(world->chat->opened_rooms, 1);
	say(bob, "/topic");
	expect(bob, "-- Topic of #Opened: Cake");
	say(bob, "/history");
	expect(bob, "-- Earlier in #Opened:");
	expect(bob, "* ann eats");
	expect(bob, "bob: one");
	expect(bob, "-- End of the earlier lines.");
	expect_nothing(bob);
	say(bob, "/join #lobby");
	say(bob, "/topic");
	expect(bob, "-- You are talking in #lobby now.");
	expect(bob, "-- Topic of #lobby: Cocoa");
	say(bob, "/part #opened");
	say(ann, "/part #opened");
	assert_null(room_find(world->chat, STR("#opened")));
}

/* The configuration has changed: as at a reload. */
static void
test_rooms_of_another_configuration(void **state)
{
	struct world *world =
		world_new(state, "room #lobby.topic=Tea", "room #old.topic=Cake", NULL);
	struct person *ann = enter(world, "ann");

	say(ann, "/topic Cocoa");
	say(ann, "/join #old");
	carry_to(world,
		conf_make("room #lobby.topic=Coffee", "room #new.topic=Pie", NULL), "");
	assert_string_equal(room_find(world->chat, STR("#lobby"))->topic, "Coffee");
	assert_string_equal(room_find(world->chat, STR("#new"))->topic, "Pie");
	assert_string_equal(ann->user->current->name, "#old");
	assert_false(ann->user->current->fixed);
}

/* What a pipe has said is nobody's. */
static void
test_history_of_notices(void **state)
{
	struct world *world = world_new(state, "room #lobby.history=10", NULL);
	struct person *ann = enter(world, "ann");
	struct room *room = room_find(world->chat, STR("#lobby"));

	room_tell(room, STR("root"), STR("it is made"));
	forget_all(world);
	carry(world, "");
	say(ann, "/history");
	expect(ann, "-- Earlier in #lobby:");
	expect(ann, "-- root: it is made");
	expect(ann, "-- End of the earlier lines.");
	expect_silence(world);
}

static void
test_history_of_names_that_are_gone(void **state)
{
	struct world *world = world_new(state, "room #lobby.history=10", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct room *room;

	say(ann, "one");
	world_pass(world, 60000);
	say(bob, "two");
	leave(ann, "bye");
	carry(world, "");
	room = room_find(world->chat, STR("#lobby"));
	assert_int_equal(history_count(room->history), 2);
	assert_int_equal(history_get(room->history, 0).wall, WORLD_WALL + 60 + 4);
	assert_int_equal(history_get(room->history, 1).from, ann->peer.id);
	assert_true(str_eq(history_get(room->history, 1).nick, STR("ann")));
	/* Bob spoke last. */
	assert_int_equal(room->speakers[0], bob->peer.id);
	assert_int_equal(room->speakers[1], ann->peer.id);
}

/*
 * Limits
 */

static void
test_buckets_go_on(void **state)
{
	struct world *world =
		world_new(state, "limits.rate=1", "limits.burst=10", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	for (int i = 0; i < 30; i++)
		say(ann, "much");
	assert_true(flood_wait(ann->user, world->now) > 0);
	say(bob, "little");
	world_pass(world, 5001);
	(void)flood_wait(ann->user, world->now);
	assert_true(ann->user->flood.is_warned);
	int64_t wait = flood_wait(ann->user, world->now);
	forget_all(world);
	carry(world, "");
	assert_int_equal(flood_wait(ann->user, world->now), wait);
	assert_int_equal(flood_wait(bob->user, world->now), 0);
	assert_true(ann->user->flood.is_warned);
	expect_silence(world);
}

/* Somebody knocks from where this person comes from. */
static enum reason
knock(struct person *person)
{
	struct buf words = {0};
	enum reason reason = chat_admit(
		person->world->chat, &person->peer, person->world->now, &words);

	buf_fini(&words);
	return reason;
}

static void
test_addresses_are_counted_on(void **state)
{
	struct world *world = world_new(state, "limits.clients_per_address=2",
		"limits.connects_per_address=3", NULL);
	struct person *here = arrive_from(world, "192.0.2.1");
	struct person *gone = arrive_from(world, "192.0.2.2"), *second;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(knock(here), REASON_NONE);
		assert_int_equal(knock(gone), REASON_NONE);
	}
	leave(gone, "");
	carry(world, "");
	assert_int_equal(knock(here), REASON_CONNECTS);
	assert_int_equal(knock(gone), REASON_CONNECTS);
	world_pass(world, 200000);
	assert_int_equal(knock(here), REASON_NONE);
	assert_int_equal(knock(gone), REASON_NONE);
	second = arrive_from(world, "192.0.2.1");
	carry(world, "");
	world_pass(world, 200000);
	assert_int_equal(knock(here), REASON_ADDRESS);
	leave(second, "");
	assert_int_equal(knock(here), REASON_NONE);
}

static void
test_idle_and_silent_people(void **state)
{
	struct world *world = world_new(state, "limits.idle_timeout=10s",
		"limits.first_line=5s", "server.settle=1m", NULL);
	struct person *ann = arrive(world), *bob = arrive_from(world, "192.0.2.1");
	struct person *cid;

	say(ann, "hello");
	world_pass(world, 3000);
	cid = arrive_from(world, "192.0.2.1");
	say(bob, "hello");
	world_pass(world, 1000);
	say(ann, "hello");
	carry(world, "");
	forget_all(world);
	/* Who has said nothing was here for a second. */
	world_pass(world, 3999);
	assert_null(cid->hung_up);
	world_pass(world, 1);
	assert_string_equal(cid->hung_up, "no first line in time");
	/* Bob was idle for one, ann not at all. */
	world_pass(world, 4999);
	assert_null(bob->hung_up);
	world_pass(world, 1);
	assert_string_equal(bob->hung_up, "idle");
	assert_null(ann->hung_up);
	world_pass(world, 1000);
	assert_string_equal(ann->hung_up, "idle");
}

/*
 * Order
 */

static void
test_operators(void **state)
{
	struct world *world = world_new(state, "operator root.level=operator",
		"operator mod.level=moderator", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	make_operator(ann, "root");
	make_operator(bob, "mod");
	carry(world, "");
	assert_int_equal(ann->user->level, PERM_OPERATOR);
	assert_int_equal(bob->user->level, PERM_MODERATOR);
	assert_string_equal(bob->user->oper, "mod");
	/* And by another configuration. */
	carry_to(world, conf_make("operator mod.level=operator", NULL), "");
	expect(ann, "-- You are not an operator any more.");
	assert_int_equal(ann->user->level, PERM_PEOPLE);
	assert_int_equal(bob->user->level, PERM_OPERATOR);
}

static void
test_lockdown(void **state)
{
	struct world *world = world_new(state, "operator root.level=operator", NULL);
	struct person *ann = enter(world, "ann"), *bob;

	make_operator(ann, "root");
	say(ann, "/lockdown mute 1m");
	bob = arrive(world);
	forget_all(world);
	carry(world, "");
	expect_error(bob, "hello", "Newcomers may not speak at the moment.");
	world_pass(world, 59999);
	forget_all(world);
	world_pass(world, 1);
	expect(bob, "-- The lockdown has ended.");
}

static void
test_pending_ban(void **state)
{
	struct world *world = world_new(state, "operator root.level=operator", NULL);
	struct person *ann = enter(world, "ann");

	make_operator(ann, "root");
	say(ann, "/ban 192.0.2.0/24 1h spam");
	forget_all(world);
	carry(world, "");
	expect_silence(world);
	assert_int_equal(ann->user->question, ASK_CONFIRM);
	say(ann, "yes");
	expect_like(
		ann, "-- Set: ban 192.0.2.0/24 until=*by=ann*spam; 0 disconnected.");
}

/*
 * Names and passphrases
 */

static void
test_owner(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter_owner(world), *bob = come(world);

	carry(world, "");
	assert_true(ann->user->is_owner);
	forget_all(world);
	say(bob, "/nick ann");
	expect(bob, ASKS);
	/* The claim is given up by somebody else meanwhile. */
	say(bob, "");
	forget_all(world);
	put_claims(world, "");
	carry_to(world, world->conf, "");
	assert_false(ann->user->is_owner);
}

#define BEGIN_ANEW                                                                     \
	"-- The room was restarted: please begin anew with what you were asked for. "  \
	"An empty line calls it off."

static void
test_question_stays_open(void **state)
{
	struct world *world = world_new_stored(
		state, "room #lobby.topic=Tea", "room #den.key=cellar", NULL);
	struct person *ann = enter_owner(world), *bob = come(world), *cid = come(world);

	forget_all(world);
	say(bob, "/nick ann");
	say(cid, "/join #den");
	/* It may be asked for the second time. */
	say(bob, "guess");
	say(cid, "guess");
	world_work(world);
	forget_all(world);
	carry(world, "");
	expect(bob, BEGIN_ANEW);
	expect(cid, BEGIN_ANEW);
	expect_silence(world);
	assert_true(bob->hidden && cid->hidden);
	say(cid, "cellar");
	assert_string_equal(cid->user->current->name, "#den");
	say(bob, SECRET);
	world_work(world);
	assert_string_equal(bob->user->nick, "ann");
	expect(ann, "!! The owner of this name has come.");
	assert_true(bob->user->is_owner);
	/* None of it was said. */
	assert_int_equal(world->chat->lines, 0);
}

/* The first answer is a secret, which is not kept. */
static void
test_new_passphrase_is_asked_for_anew(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = come(world);
	struct state_out out;

	say(ann, "/nick ann");
	say(ann, "/claim");
	say(ann, SECRET);
	assert_int_equal(ann->user->question, ASK_CLAIM_AGAIN);
	world_save(world, &out);
	assert_null(memmem(out.buf.p, out.buf.len, SECRET, strlen(SECRET)));
	state_out_fini(&out);
	ann->user->question = ASK_CLAIM; /* as it will be: carry() compares */
	forget_all(world);
	carry(world, "");
	expect(ann, BEGIN_ANEW);
	say(ann, SECRET);
	expect(ann, "-- The same once more?");
	say(ann, SECRET);
	world_work(world);
	assert_true(ann->user->is_owner);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_nobody_notices),
		world_test(test_notice),
		world_test(test_notice_in_the_history),
		world_test(test_closing),
		world_test(test_what_people_have_set),
		world_test(test_reply_goes_to_the_same),
		world_test(test_rooms),
		world_test(test_rooms_of_another_configuration),
		world_test(test_history_of_notices),
		world_test(test_history_of_names_that_are_gone),
		world_test(test_buckets_go_on),
		world_test(test_addresses_are_counted_on),
		world_test(test_idle_and_silent_people),
		world_test(test_operators),
		world_test(test_lockdown),
		world_test(test_pending_ban),
		world_test(test_owner),
		world_test(test_question_stays_open),
		world_test(test_new_passphrase_is_asked_for_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
