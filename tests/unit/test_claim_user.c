/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/passphrase.h"
#include "capture.h"
#include "chat/history.h"
#include "chat/moderation.h"
#include "chat/room.h"
#include "chat/store.h"
#include "chat/user.h"
#include "chat_fake.h"
#include "claim_fake.h"

/* Claiming the own name: /claim, /passphrase, /release. */

#define NEW "-- New passphrase of ann? An empty line calls it off."
#define NEW_SHOWN                                                                      \
	"-- New passphrase of ann? It WILL BE VISIBLE as you type. "                   \
	"An empty line calls it off."
#define BUSY "!! Too many passphrases are being checked; try again in a moment."
#define AGAIN "-- The same once more?"
#define CLAIMED                                                                        \
	"-- You have claimed the name ann. "                                           \
	"Whoever takes it is asked for your passphrase."

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
	expect(ann, NEW_SHOWN);
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

	say(ann, "/claim");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		say(ann, SECRET);
		forget(ann);
		say(ann, others[i]);
		expect(ann, "!! The two are not the same; nothing has changed.");
		expect(ann, NEW_SHOWN);
		world_work(world);
	}
	say(ann, "");
	expect(ann, "-- Called off.");
	expect_silence(world);
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
	expect(ann, NEW_SHOWN);
	expect_silence(world);
	assert_null(claim_of(world, "ann"));
	say(ann, SECRET);
	say(ann, SECRET);
	world_work(world);
	assert_non_null(claim_of(world, "ann"));
}

/* Others of one's address are being checked: it is asked for once more. */
static void
test_busy(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = arrive_from(world, "192.0.2.7"), *other, *bob;

	bob = arrive_from(world, "192.0.2.7");
	ann->can_hide = bob->can_hide = true;
	say(ann, "/nick ann");
	say(ann, "/claim");
	say(bob, "/oper root");
	say(bob, "guess");
	forget_all(world);
	say(ann, SECRET);
	expect(ann, AGAIN);
	say(ann, SECRET);
	expect(ann, BUSY);
	expect(ann, NEW);
	assert_true(ann->hidden);
	world_work(world);
	say(ann, SECRET);
	say(ann, SECRET);
	world_work(world);
	expect(ann, AGAIN);
	expect(ann, CLAIMED);
	leave(ann, "bye");
	/* The same for who takes the name; bob has been asked once more. */
	other = arrive_from(world, "192.0.2.7");
	other->can_hide = true;
	say(other, "/nick ann");
	say(bob, "guess");
	forget_all(world);
	say(other, SECRET);
	expect(other, BUSY);
	expect(other, ASKS);
	assert_true(other->hidden);
	world_work(world);
	say(other, SECRET);
	world_work(world);
	assert_true(other->user->is_owner);
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
	expect(other, ASKS);
	say(other, "another");
	world_work(world);
	expect(other, "-- guest2 is now ann");
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

#define WARNS                                                                          \
	"-- Passphrase of ann? It WILL BE VISIBLE as you type. "                       \
	"An empty line calls it off."

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
		world_test(test_busy),
		world_test(test_not_claimable),
		world_test(test_no_folder),
		world_test(test_release),
		world_test(test_passphrase),
		world_test(test_gone_from_file),
		world_test(test_gone_by_reload),
		world_test(test_given_away_meanwhile),
		world_test(test_shown),
		world_test(test_secret),
		world_test(test_gone_meanwhile),
		world_test(test_lockdown),
	};

	return cmocka_run_group_tests_name("claim_user", tests, NULL, NULL);
}
