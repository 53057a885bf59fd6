/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture.h"
#include "chat/store.h"
#include "chat/user.h"
#include "chat/user_name.h"
#include "chat_fake.h"
#include "claim_fake.h"

/* Taking a claimed name, by /nick. */

#define WARNS                                                                          \
	"-- Passphrase of ann? It WILL BE VISIBLE as you type. "                       \
	"An empty line calls it off."

/* The claim outlives the owner and the daemon. */
static void
test_owner_comes_back(void **state)
{
	struct world *world = world_new_stored(state, "server.settle=0", NULL);
	struct person *bob, *ann = enter_owner(world);

	leave(ann, "bye");
	world_restart(world);
	bob = enter(world, "bob");
	ann = come(world);
	say(ann, "/nick Ann");
	expect(ann, "-- Passphrase of Ann? An empty line calls it off.");
	assert_true(ann->hidden);
	say(ann, SECRET);
	assert_false(ann->hidden);
	expect_silence(world);
	world_work(world);
	expect(ann, "-- guest3 is now Ann");
	expect(bob, "-- guest3 is now Ann");
	assert_true(ann->user->is_owner);
	expect_silence(world);
}

static void
test_wrong(void **state)
{
	struct world *world = world_new_stored(state, "server.settle=0", NULL);
	struct person *ann = enter_owner(world), *eve = come(world);
	struct capture capture;

	eve->peer.from = "192.0.2.66:1234";
	capture_begin(&capture);
	say(eve, "/nick ann");
	for (int i = 0; i < 2; i++) {
		assert_true(eve->hidden);
		say(eve, "OPEN SESAME");
		assert_false(eve->hidden);
		world_work(world);
	}
	capture_end(&capture);
	assert_int_equal(capture_count(&capture,
				 "notice: conn 2: wrong passphrase for ann from "
				 "192.0.2.66:1234\n"),
		2);
	assert_int_equal(capture_count(&capture, "SESAME"), 0);
	capture_fini(&capture);
	for (int i = 0; i < 2; i++) {
		expect(eve, ASKS);
		expect(eve, WRONG);
	}
	assert_string_equal(eve->user->nick, "guest2");
	/* The third time is the last. */
	expect(eve, ASKS);
	expect_silence(world);
	say(eve, "sesame");
	world_work(world);
	expect(eve, WRONG);
	expect(eve, "!! Too many wrong passphrases. Goodbye!");
	assert_string_equal(eve->hung_up, "too many wrong passphrases");
	expect(ann, "-- guest2 has quit (too many wrong passphrases)");
	expect_silence(world);
}

/* Who has it wrong types it again, and nobody reads it. */
static void
test_second_try(void **state)
{
	struct world *world = world_new_stored(state, "server.settle=0", NULL);
	struct person *ann = enter_owner(world), *bob = enter(world, "bob");

	say(ann, "/nick anna");
	say(ann, "/nick ann");
	forget_all(world);
	say(ann, "open sesam");
	world_work(world);
	expect(ann, WRONG);
	expect(ann, ASKS);
	assert_true(ann->hidden);
	say(ann, SECRET);
	assert_false(ann->hidden);
	world_work(world);
	assert_true(ann->user->is_owner);
	expect(ann, "-- anna is now ann");
	expect(bob, "-- anna is now ann");
	expect_silence(world);
}

/* Nobody is asked for what is no question any more when the answer comes. */
static void
expect_wrong_at_last(struct person *person)
{
	enum user_question question = person->user->question;

	forget_all(person->world);
	world_work(person->world);
	expect(person, WRONG);
	expect_nothing(person);
	assert_int_equal(person->user->question, question);
}

static void
test_not_asked_again(void **state)
{
	struct world *world = world_new_stored(
		state, "room #lobby.topic=", "room #vault.key=x", NULL);
	struct person *ann = enter_owner(world), *eve = come(world), *bob = come(world);

	/* The name is his by now. */
	say(ann, "/nick anna");
	say(ann, "/nick ann");
	say(ann, "guess");
	assert_int_equal(user_rename(ann->user, STR("ann"), &(struct err){""}), 0);
	ann->user->is_owner = true;
	expect_wrong_at_last(ann);
	/* He is asked for something else. */
	say(eve, "/nick ann");
	say(eve, "guess");
	say(eve, "/join #vault");
	assert_int_equal(eve->user->question, ASK_ROOM_KEY);
	expect_wrong_at_last(eve);
	assert_string_equal(eve->user->asked_about, "#vault");
	/* There is no claim any more. */
	say(bob, "/nick ann");
	say(bob, "guess");
	say(ann, "/release");
	expect_wrong_at_last(bob);
	assert_int_equal(bob->user->question, ASK_NOTHING);
	world_work(world);
}

/* ... also if what is told breaks the connection. */
static void
test_breaks_on_it(void **state)
{
	struct world *world = world_new_stored(state, NULL);

	enter_owner(world);
	for (unsigned lines = 1; lines <= 2; lines++) {
		struct person *eve = come(world);

		say(eve, "/nick ann");
		say(eve, "guess");
		eve->breaks_after = lines;
		world_work(world);
		assert_null(eve->user);
	}
	assert_int_equal(chat_people(world->chat), 1);
}

static void
test_called_off(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *eve;

	enter_owner(world);
	eve = enter(world, "eve");
	say(eve, "/nick ann");
	expect(eve, WARNS);
	say(eve, "guess");
	world_work(world);
	expect(eve, WRONG);
	expect(eve, WARNS);
	say(eve, "");
	expect(eve, "-- Called off.");
	world_work(world);
	expect_silence(world);
	assert_string_equal(eve->user->nick, "eve");
}

/* The owner's connection hangs; he comes by another one and has his name at once. */
static void
test_ghost(void **state)
{
	struct world *world = world_new_stored(state, "server.settle=0", NULL);
	struct person *ghost = enter_owner(world), *bob = enter(world, "bob");
	struct person *ann = come(world);

	say(ann, "/nick ann");
	say(ann, SECRET);
	forget_all(world);
	world_work(world);
	expect(ghost, "!! The owner of this name has come.");
	assert_string_equal(ghost->hung_up, "displaced by the owner of the name");
	assert_string_equal(ann->user->nick, "ann");
	assert_true(ann->user->is_owner);
	/* In this order: nobody sees two of one name. */
	expect(bob, "-- ann has quit (displaced by the owner of the name)");
	expect(bob, "-- guest3 is now ann");
	expect(ann, "-- ann has quit (displaced by the owner of the name)");
	expect(ann, "-- guest3 is now ann");
	say(bob, "/msg ann hi");
	expect(ann, "[bob] hi");
	expect(bob, "[to ann] hi");
	expect_silence(world);
}

/* Somebody without the passphrase may have a name whose claim came by the file. */
static void
test_squatter(void **state)
{
	struct world *world = world_new_stored(state, "server.settle=0", NULL);
	struct person *ann = enter_owner(world), *eve;

	say(ann, "/nick anna");
	assert_false(ann->user->is_owner);
	/* As if it came into the file while somebody has the name. */
	assert_true(claims_remove(world->chat->store->claims, STR("ann")));
	eve = enter(world, "ANN");
	assert_int_equal(chat_load(world->chat, world->now, &(struct errlist){0}), 0);
	expect_error(eve, "/claim", "Somebody else has claimed the name ANN.");
	/* He who has it can show that it is his. */
	say(ann, "/nick ann");
	say(ann, SECRET);
	forget_all(world);
	world_work(world);
	expect(eve, "!! The owner of this name has come.");
	assert_string_equal(ann->user->nick, "ann");
}

/* ... also if he has it already. */
static void
test_name_is_mine(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter_owner(world);

	ann->user->is_owner = false;
	say(ann, "/nick ann");
	expect(ann, ASKS);
	say(ann, SECRET);
	world_work(world);
	expect(ann, "-- The name ann is yours.");
	assert_true(ann->user->is_owner);
	expect_silence(world);
}

/* One who has gone in the same turn is not in the way. */
static void
test_gone_in_this_turn(void **state)
{
	struct world *world = world_new_stored(state, "server.settle=0", NULL);
	struct person *ghost = enter_owner(world), *ann = come(world);

	say(ann, "/nick ann");
	say(ann, SECRET);
	forget_all(world);
	type(ghost, "/quit bye");
	world_work(world);
	expect(ghost, "-- Goodbye!");
	expect(ann, "-- ann has quit (bye)");
	expect(ann, "-- guest2 is now ann");
	expect_silence(world);
}

/* With the name goes the right; but ANN is ann. */
static void
test_rename(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter_owner(world);

	say(ann, "/nick ANN");
	expect(ann, "-- ann is now ANN");
	assert_true(ann->user->is_owner);
	expect_error(ann, "/nick ANN", "That is your name already.");
	assert_true(ann->user->is_owner);
	expect_error(ann, "/nick a.b",
		"A name is made of the letters A to Z, digits, _ and -, "
		"and does not begin with -.");
	assert_true(ann->user->is_owner);
	say(ann, "/nick anna");
	expect(ann, "-- ANN is now anna");
	assert_false(ann->user->is_owner);
	say(ann, "/nick ann");
	expect(ann, ASKS);
}

/* Released while another asks for it: then it is free, whatever he answers. */
static void
test_released_meanwhile(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter_owner(world), *bob = enter(world, "bob");

	say(bob, "/nick ann");
	forget(bob);
	say(ann, "/release");
	say(ann, "/nick anna");
	forget_all(world);
	say(bob, "whatever");
	expect(bob, "-- bob is now ann");
	assert_false(bob->user->is_owner);
}

/* A name that is banned is banned for its owner, too, and before he is asked. */
static void
test_banned(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter_owner(world);
	char none[] = "";
	struct ban ban = {.kind = BAN_ENTRY, .by = none, .reason = none};
	struct err err;

	say(ann, "/nick anna");
	forget(ann);
	assert_int_equal(ban_set_target(&ban, STR("ann"), &err), 0);
	(void)bans_add(&world->chat->store->bans, &ban);
	say(ann, "/nick ann");
	expect_like(ann, "!! The name ann is banned*");
	expect_silence(world);
	assert_int_equal(ann->user->question, ASK_NOTHING);
}

/* When the owner was here last is kept by the day. */
static void
test_seen(void **state)
{
	struct world *world = world_new_stored(state, "server.claim_expiry=0", NULL);
	struct person *ann = enter_owner(world);

	world_pass(world, INT64_C(3) * 86400000);
	say(ann, "hello");
	leave(ann, "bye");
	assert_in_range(
		claim_of(world, "ann")->seen, world->now.wall - 86400, world->now.wall);
	world_pass(world, INT64_C(5) * 86400000);
	ann = come(world);
	say(ann, "/nick ann");
	say(ann, SECRET);
	world_work(world);
	assert_in_range(
		claim_of(world, "ann")->seen, world->now.wall - 86400, world->now.wall);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_owner_comes_back),
		world_test(test_wrong),
		world_test(test_second_try),
		world_test(test_not_asked_again),
		world_test(test_breaks_on_it),
		world_test(test_called_off),
		world_test(test_ghost),
		world_test(test_squatter),
		world_test(test_name_is_mine),
		world_test(test_gone_in_this_turn),
		world_test(test_rename),
		world_test(test_released_meanwhile),
		world_test(test_banned),
		world_test(test_seen),
	};

	return cmocka_run_group_tests_name("claim_name", tests, NULL, NULL);
}
