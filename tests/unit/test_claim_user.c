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

#include "base/file.h"
#include "base/mem.h"
#include "base/passphrase.h"
#include "capture.h"
#include "chat/history.h"
#include "chat/moderation.h"
#include "chat/room.h"
#include "chat/store.h"
#include "chat/user.h"
#include "chat_fake.h"

/* Claimed names, as people meet them. */

#define SECRET "open sesame"
#define NEW "-- New passphrase of ann? An empty line calls it off."
#define AGAIN "-- The same once more?"
#define ASKS "-- Passphrase of ann? An empty line calls it off."
#define WARNS                                                                          \
	"-- Passphrase of ann? It WILL BE VISIBLE as you type. "                       \
	"An empty line calls it off."
#define CLAIMED                                                                        \
	"-- You have claimed the name ann. "                                           \
	"Whoever takes it is asked for your passphrase."
#define WRONG "!! That is not the passphrase of ann."

static const struct claim *
claim_of(const struct world *world, const char *nick)
{
	return claims_find(world->chat->store->claims, str_of(nick));
}

/* Somebody who can hide what he types takes the name ann and claims it. */
static struct person *
enter_owner(struct world *world)
{
	struct person *ann = enter(world, "ann");

	ann->can_hide = true;
	say(ann, "/claim");
	say(ann, SECRET);
	say(ann, SECRET);
	world_work(world);
	world_work(world); /* the file */
	assert_true(ann->user->is_owner);
	forget(ann);
	return ann;
}

/* Somebody who comes, and can hide what he types. */
static struct person *
come(struct world *world)
{
	struct person *person = arrive(world);

	person->can_hide = true;
	world_pass(world, world->conf->server.settle);
	forget_all(world);
	return person;
}

static void
test_claim(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	ann->can_hide = true;
	say(ann, "/claim");
	expect(ann, NEW);
	assert_true(ann->hidden);
	say(ann, SECRET);
	expect(ann, AGAIN);
	assert_true(ann->hidden);
	say(ann, SECRET);
	assert_false(ann->hidden);
	assert_false(ann->user->is_owner);
	world_work(world);
	expect(ann, CLAIMED);
	assert_true(ann->user->is_owner);
	assert_true(passphrase_check(STR(SECRET), claim_of(world, "ANN")->hash));
	say(ann, "hello");
	expect(bob, "ann: hello");
	expect_silence(world);
}

/* A client that shows what is typed is warned. */
static void
test_visible(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter(world, "ann");

	say(ann, "/claim");
	expect(ann,
		"-- New passphrase of ann? It WILL BE VISIBLE as you type. "
		"An empty line calls it off.");
	say(ann, SECRET);
	expect(ann, AGAIN);
	say(ann, "");
	expect(ann, "-- Called off.");
	say(ann, "/claim");
	forget(ann);
	say(ann, "");
	expect(ann, "-- Called off.");
	expect_silence(world);
	assert_null(claim_of(world, "ann"));
}

static void
test_not_the_same(void **state)
{
	static const char *const others[] = {
		"open sesam", "open sesame ", "Open sesame", " ", "/claim"};
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter(world, "ann");

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		say(ann, "/claim");
		say(ann, SECRET);
		forget(ann);
		expect_error(ann, others[i],
			"The two are not the same; nothing has changed.");
		world_work(world);
	}
	assert_null(claim_of(world, "ann"));
	assert_null(ann->user->secret);
}

static void
test_too_long(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter(world, "ann");
	char secret[PASSPHRASE_BYTES_MAX + 2];

	memset(secret, 'x', sizeof(secret) - 1);
	secret[sizeof(secret) - 1] = '\0';
	say(ann, "/claim");
	say(ann, secret);
	say(ann, secret);
	forget(ann);
	world_work(world);
	expect_like(ann, "!! That can't be a passphrase: ?*.");
	expect_silence(world);
	assert_null(claim_of(world, "ann"));
}

static void
test_not_claimable(void **state)
{
	struct world *world = world_new_stored(state, "limits.claims=1", NULL);
	struct person *ann, *guest = come(world);

	expect_error(guest, "/claim", "Take a name first, by /nick; then claim it.");
	ann = enter_owner(world);
	expect_error(ann, "/claim",
		"You have claimed the name ann already. "
		"/passphrase changes its passphrase.");
	say(guest, "/nick bob");
	forget_all(world);
	expect_error(guest, "/claim", "Too many names are claimed here already.");
	expect_error(guest, "/release", "You have not claimed the name bob.");
	expect_error(guest, "/passphrase", "You have not claimed the name bob.");
}

static void
test_no_folder(void **state)
{
	struct world *world = world_new(state, NULL);

	expect_error(enter(world, "ann"), "/claim", "Names can't be claimed here.");
}

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
	for (int i = 0; i < 2; i++) {
		say(eve, "/nick ann");
		say(eve, "OPEN SESAME");
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
	expect_silence(world);
	assert_string_equal(eve->user->nick, "guest2");
	/* The third time is the last. */
	say(eve, "/nick ann");
	expect(eve, ASKS);
	say(eve, "sesame");
	world_work(world);
	expect(eve, WRONG);
	expect(eve, "!! Too many wrong passphrases. Goodbye!");
	assert_string_equal(eve->hung_up, "too many wrong passphrases");
	expect(ann, "-- guest2 has quit (too many wrong passphrases)");
	expect_silence(world);
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

static void
test_release(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter_owner(world), *bob = enter(world, "bob");

	say(ann, "/release");
	expect(ann, "-- The name ann is not claimed any more.");
	assert_false(ann->user->is_owner);
	assert_null(claim_of(world, "ann"));
	leave(ann, "bye");
	forget_all(world);
	say(bob, "/nick ann");
	expect(bob, "-- bob is now ann");
	expect_silence(world);
	world_restart(world);
	assert_null(claim_of(world, "ann"));
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

static void
test_passphrase(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter_owner(world), *other;

	say(ann, "/passphrase");
	expect(ann, NEW);
	say(ann, "another");
	expect(ann, AGAIN);
	say(ann, "another");
	world_work(world);
	expect(ann, "-- The passphrase of ann is changed.");
	assert_true(ann->user->is_owner);
	leave(ann, "bye");
	other = come(world);
	say(other, "/nick ann");
	say(other, SECRET);
	world_work(world);
	expect(other, ASKS);
	expect(other, WRONG);
	say(other, "/nick ann");
	say(other, "another");
	world_work(world);
	expect(other, ASKS);
	expect(other, "-- guest2 is now ann");
}

/* Somebody edits the file. */
static void
put_claims(const struct world *world, const char *text)
{
	char *path = xasprintf("%s/claims", world->folder);
	struct err err = {""};

	if (file_replace(path, str_of(text), 0600, &err) == -1)
		fail_msg("%s", err.text);
	free(path);
}

/* The claim was taken out of the file while its owner was here. */
static void
test_gone_from_file(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter_owner(world);

	put_claims(world, "");
	expect_error(ann, "/passphrase", "You have not claimed the name ann.");
	assert_false(ann->user->is_owner);
}

/* ... and that is known after a reload. */
static void
test_gone_by_reload(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter_owner(world), *bob = enter(world, "bob");

	put_claims(world, "");
	assert_int_equal(chat_load(world->chat, world->now, &(struct errlist){0}), 0);
	assert_false(ann->user->is_owner);
	say(ann, "/nick anna");
	forget_all(world);
	say(bob, "/nick ann");
	expect(bob, "-- bob is now ann");
}

/* The file gives the name to somebody else while its owner-to-be thinks. */
static void
test_given_away_meanwhile(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter(world, "ann");

	say(ann, "/claim");
	say(ann, SECRET);
	say(ann, SECRET);
	forget(ann);
	put_claims(world, "ann $6$salt$hash claimed=2026-11-21 seen=2026-11-21\n");
	world_work(world);
	expect(ann, "!! Somebody else has claimed the name ann.");
	assert_false(ann->user->is_owner);
	assert_string_equal(claim_of(world, "ann")->hash, "$6$salt$hash");
	expect_silence(world);
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

static void
test_shown(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *bob = enter(world, "bob"), *ann;

	say(bob, "/who");
	expect(bob, "-- #lobby (1):");
	expect(bob, "-- bob");
	expect_silence(world);
	ann = enter_owner(world);
	say(ann, "/away");
	forget_all(world);
	say(bob, "/who");
	expect(bob, "-- #lobby (2):");
	expect(bob, "-- ann* (away)  bob");
	expect(bob, "-- * has claimed the name.");
	say(bob, "/whois ann");
	expect(bob,
		"-- ann came 2 seconds ago, last typed 0 seconds ago, "
		"has claimed the name, is away.");
	forget(bob);
	/* A screen reader is told in words. */
	say(bob, "/set reader on");
	forget(bob);
	say(bob, "/who #lobby");
	expect(bob, "#lobby (2):");
	expect(bob, "ann (claimed, away), bob");
	expect_silence(world);
}

/* Passphrases are in no history, and nobody else sees them. */
static void
test_secret(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *bob = enter(world, "bob"), *ann, *late;
	const struct room *lobby;
	struct capture capture;

	capture_begin(&capture);
	ann = enter_owner(world);
	leave(ann, "bye");
	ann = come(world);
	say(ann, "/nick ann");
	say(ann, SECRET);
	world_work(world);
	say(ann, "/passphrase");
	say(ann, SECRET "2");
	say(ann, SECRET "2");
	world_work(world);
	late = come(world);
	capture_end(&capture);
	assert_int_equal(capture_count(&capture, "sesame"), 0);
	assert_int_equal(capture_count(&capture, "notice: conn 2: claimed ann\n"), 1);
	assert_int_equal(capture_count(&capture,
				 "notice: conn 3: changed the passphrase of ann\n"),
		1);
	capture_fini(&capture);
	lobby = room_find(world->chat, STR("#lobby"));
	assert_int_equal(history_count(lobby->history), 0);
	assert_int_equal(world->chat->lines, 0);
	for (size_t i = 0; i < bob->nheard; i++)
		assert_null(strstr(bob->heard[i], "sesame"));
	for (size_t i = 0; i < late->nheard; i++)
		assert_null(strstr(late->heard[i], "sesame"));
	for (size_t i = 0; i < ann->nheard; i++)
		assert_null(strstr(ann->heard[i], "sesame"));
}

/* Who leaves in the midst of it leaves nothing behind. */
static void
test_gone_meanwhile(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/claim");
	say(ann, SECRET);
	leave(ann, "bye");
	say(bob, "/claim");
	say(bob, SECRET);
	say(bob, SECRET);
	leave(bob, "bye");
	world_work(world);
	assert_int_equal(claims_count(world->chat->store->claims), 0);
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

/* In a lockdown that lets only owners speak, owners can come. */
static void
test_lockdown(void **state)
{
	struct world *world = world_new_stored(state, "server.settle=0", NULL);
	struct person *ann = enter_owner(world), *bob;

	leave(ann, "");
	moderation_lock(world->chat, LOCKDOWN_CLAIMED, 0);
	bob = arrive(world);
	forget_all(world);
	say(bob, "/nick bob");
	expect(bob, "!! Only owners of claimed names may speak at the moment.");
	say(bob, "/nick ann");
	expect(bob, WARNS);
	say(bob, SECRET);
	world_work(world);
	assert_string_equal(bob->user->nick, "ann");
	assert_true(bob->user->is_owner);
	forget_all(world);
	say(bob, "hello");
	expect_silence(world);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_claim),
		world_test(test_visible),
		world_test(test_not_the_same),
		world_test(test_too_long),
		world_test(test_not_claimable),
		world_test(test_no_folder),
		world_test(test_owner_comes_back),
		world_test(test_wrong),
		world_test(test_called_off),
		world_test(test_ghost),
		world_test(test_squatter),
		world_test(test_name_is_mine),
		world_test(test_gone_in_this_turn),
		world_test(test_rename),
		world_test(test_release),
		world_test(test_released_meanwhile),
		world_test(test_passphrase),
		world_test(test_gone_from_file),
		world_test(test_gone_by_reload),
		world_test(test_given_away_meanwhile),
		world_test(test_banned),
		world_test(test_shown),
		world_test(test_secret),
		world_test(test_gone_meanwhile),
		world_test(test_lockdown),
		world_test(test_seen),
	};

	return cmocka_run_group_tests_name("claim_user", tests, NULL, NULL);
}
