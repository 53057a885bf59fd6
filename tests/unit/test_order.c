/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture.h"
#include "chat/moderation.h"
#include "chat/room.h"
#include "chat/store.h"
#include "chat/user.h"
#include "chat_fake.h"

/* The commands that keep order. */

/* What is told of a command that there is not. */
#define SHOWN ". /help shows them; to say a line that begins with a slash, double it."
#define UNKNOWN(name) "There is no command /" name SHOWN

/* A world with the operator root, who is in it and has heard nothing. */
static struct world *
world_ruled(void **state, struct person **root)
{
	struct world *world = world_new(state, "operator root.level=operator",
		"operator mod.level=moderator", "room #lobby.moderators=ann",
		"limits.rate=0", NULL);

	*root = enter(world, "root");
	make_operator(*root, "root");
	return world;
}

static void
test_kick(void **state)
{
	struct person *root;
	struct world *world = world_ruled(state, &root);
	struct person *mod = enter(world, "mod"), *bob = enter(world, "bob");

	make_operator(mod, "mod");
	expect_error(root, "/kick root", "That is yourself.");
	expect_error(mod, "/kick root", "root is an operator.");
	expect_error(mod, "/kick nobody", "Nobody here is called nobody.");
	say(mod, "/kick bob be nice");
	expect(bob, "!! You were kicked by mod: be nice");
	assert_null(bob->user);
	assert_string_equal(bob->hung_up, reason_text(REASON_KICKED));
	expect(mod, "-- bob has been disconnected.");
	expect(mod, "-- bob has quit (kicked by mod: be nice)");
	expect(root, "-- bob has quit (kicked by mod: be nice)");
	expect_silence(world);
	say(root, "/kick mod");
	expect(mod, "!! You were kicked by root.");
	assert_null(mod->user);
}

/* A room's moderator sends out of the room. */
static void
test_kick_from_room(void **state)
{
	struct person *root;
	struct world *world = world_ruled(state, &root);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	ann->user->is_owner = true;
	expect_error(ann, "/kick root", "root is an operator.");
	say(ann, "/kick bob enough");
	expect_like(ann, "-- bob has left #lobby (kicked by ann: enough)");
	expect_like(root, "-- bob has left #lobby (kicked by ann: enough)");
	expect(bob, "!! You were kicked by ann: enough");
	forget(bob);
	assert_non_null(bob->user);
	expect_error(ann, "/kick bob", "bob is not in #lobby.");
}

static void
test_ban_name(void **state)
{
	struct person *root;
	struct world *world = world_ruled(state, &root);
	struct person *bob = enter(world, "bob"), *eve = enter(world, "eve");

	say(root, "/ban BOB 1h too loud");
	expect(bob, "!! You were banned by root: too loud");
	assert_string_equal(bob->hung_up, reason_text(REASON_BANNED));
	expect_like(root,
		"-- Set: ban bob until=2026-11-21T11:00:0* by=root "
		"set=2026-11-21T10:00:0* too loud; 1 disconnected.");
	expect(root, "-- bob has quit (banned)");
	forget(eve);
	say(eve, "/nick Bob");
	expect_like(eve,
		"!! The name Bob is banned until 2026-11-21T11:00:0*Z: "
		"too loud");
	expect_silence(world);
	say(root, "/bans");
	expect_like(root, "-- ban bob until=*too loud");
	expect_error(root, "/unban eve", "There is no such ban. /bans shows them.");
	say(root, "/unban bOb");
	expect(root, "-- bOb: not banned any more.");
	say(root, "/bans");
	expect(root, "-- Nobody is banned or mute.");
	say(eve, "/nick Bob");
	expect(eve, "-- eve is now Bob");
	forget_all(world);
	expect_error(root, "/ban root", "That would hit yourself.");
	/* It ends with its time. */
	say(root, "/ban dan 10m");
	forget_all(world);
	world_pass(world, 600000);
	say(root, "/bans");
	expect(root, "-- Nobody is banned or mute.");
}

/* Wide ones are shown before, and done when one says yes. */
static void
test_ban_network(void **state)
{
	struct person *root;
	struct world *world = world_ruled(state, &root);
	struct person *near = arrive_from(world, "10.0.0.1");
	struct person *next = arrive_from(world, "10.0.0.2");
	struct person *far = arrive_from(world, "10.0.1.1");

	world_pass(world, 2000);
	forget_all(world);
	say(root, "/ban 10.0.0.0/24 spam");
	expect(root, "-- That would hit 2 of 4 here: guest2, guest3.");
	expect(root, "-- Type yes to do it.");
	say(root, "no");
	expect(root, "-- Called off.");
	expect_silence(world);
	say(root, "/ban 10.0.0.0/24 spam");
	forget(root);
	say(root, " YES ");
	expect_like(root, "-- Set: ban 10.0.0.0/24 by=root * spam; 2 disconnected.");
	assert_null(near->user);
	assert_null(next->user);
	assert_non_null(far->user);
	forget_all(world);
	/* One address needs no question. */
	say(root, "/ban 10.0.1.1");
	assert_null(far->user);
	forget_all(world);
	/* Whoever lost his level meanwhile may not say yes any more. */
	say(root, "/ban 10.9.0.0/16");
	forget(root);
	moderation_set_operator(root->user, NULL);
	say(root, "yes");
	expect(root, "-- Called off.");
	assert_int_equal(world->chat->store->bans.count, 2);
}

static void
test_ban_oneself(void **state)
{
	struct person *root;
	struct world *world = world_ruled(state, &root);
	struct person *two = arrive_from(world, "10.0.0.1");

	make_operator(two, "root");
	world_pass(world, 2000);
	forget_all(world);
	expect_error(two, "/ban 10.0.0.1", "That would hit yourself.");
	expect_error(two, "/ban 0.0.0.0/0", "That would hit yourself.");
	assert_int_equal(world->chat->store->bans.count, 0);
}

#define MUTE "You may not speak: shouting"

static void
test_mute(void **state)
{
	struct person *root;
	struct world *world = world_ruled(state, &root);
	struct person *bob = enter(world, "bob"), *eve = enter(world, "eve");

	expect_error(root, "/mute root", "That is yourself.");
	say(root, "/mute bob shouting");
	expect_like(root, "-- Set: mute bob by=root * shouting");
	expect(bob, "-- You may not speak any more: root has decided so.");
	expect_silence(world);
	expect_error(bob, "hello", MUTE);
	expect_error(bob, "/me waves", MUTE);
	expect_error(bob, "/topic hello", MUTE);
	expect_error(bob, "/nick loud", MUTE);
	expect_error(bob, "/msg eve hello", MUTE);
	say(bob, "/msg root why?");
	expect(root, "[bob] why?");
	forget(bob);
	/* Words are those of a room's name, too, and those of somebody who is away. */
	expect_error(bob, "/join #buy-my-soap", MUTE);
	assert_null(room_find(world->chat, STR("#buy-my-soap")));
	expect_error(bob, "/away with words", MUTE);
	assert_null(bob->user->away);
	say(bob, "/away");
	expect(bob, "-- You are away. /back ends it.");
	say(eve, "/join #dev");
	say(eve, "/join #lobby");
	forget(eve);
	say(bob, "/join #dev");
	forget_all(world);
	expect_error(bob, "hello", MUTE);
	say(bob, "/join #lobby");
	forget_all(world);
	say(root, "/unmute bob");
	expect(root, "-- bob: may speak again.");
	expect(bob, "-- You may speak again: root has decided so.");
	expect_error(root, "/unmute bob", "There is no such mute. /bans shows them.");
	say(bob, "thanks");
	expect(eve, "bob: thanks");
	forget_all(world);
	say(root, "/mute bob 10m shouting");
	forget_all(world);
	/* Nor do his last words come through. */
	say(bob, "/quit one more word");
	expect_like(bob, "!! You may not speak until *: shouting");
	expect(bob, "-- Goodbye!");
	expect(eve, "-- bob has quit");
	assert_null(bob->user);
}

static void
test_mute_in_room(void **state)
{
	struct person *root;
	struct world *world = world_ruled(state, &root);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	ann->user->is_owner = true;
	expect_error(ann, "/mute root", "root is an operator.");
	say(ann, "/mute bob");
	expect_like(ann, "-- Set: mute bob room=#lobby by=ann *");
	expect(bob, "-- You may not speak in #lobby any more: ann has decided so.");
	expect_error(bob, "hello", "You may not speak in #lobby.");
	say(bob, "/msg ann why?");
	expect(ann, "[bob] why?");
	forget(bob);
	/* What is not for that room alone is not forbidden by its mute. */
	say(bob, "/away at lunch");
	expect(bob, "-- You are away: at lunch. /back ends it.");
	/* Elsewhere he may; and a mute of everywhere is not the moderator's. */
	say(bob, "/join #dev");
	say(bob, "hello");
	forget(bob);
	say(ann, "/unmute bob");
	expect(bob, "-- You may speak in #lobby again: ann has decided so.");
	forget(ann);
	expect_error(root, "/mute bob #nosuch", "There is no room #nosuch.");
	say(root, "/mute bob #DEV 1h spam");
	expect_like(root, "-- Set: mute bob room=#dev until=* spam");
	forget(bob);
	expect_error(ann, "/unmute bob", "There is no such mute. /bans shows them.");
	expect_error(
		root, "/unmute bob nosuch", "There is no such mute. /bans shows them.");
	expect_error(root,
		"/unmute bob 1234567890123456789012345678901234567890"
		"123456789012345678901234567890",
		"There is no room #1234567890123456789012345678901234567890"
		"123456789012345678901234.");
	/* Its # may be missing there; of a mute it would be a word of the reason. */
	say(root, "/unmute bob dev");
	forget_all(world);
	say(bob, "hello");
	expect_silence(world);
	say(root, "/mute bob #dev");
	forget_all(world);
	say(root, "/unmute bob #DEV");
	expect(root, "-- bob: may speak again.");
	forget_all(world);
	say(root, "/mute bob dev");
	expect_like(root, "-- Set: mute bob by=root set=* dev");
	forget_all(world);
}

/* It outlives its room: coming back to that helps nobody, and hinders nobody. */
static void
test_mute_in_room_that_is_gone(void **state)
{
	struct person *root;
	struct world *world = world_ruled(state, &root);
	struct person *bob = enter(world, "bob");

	say(bob, "/join #tea");
	say(root, "/mute bob #tea");
	say(root, "/mute bob");
	say(bob, "/part #tea");
	forget_all(world);
	assert_null(room_find(world->chat, STR("#tea")));
	say(root, "/unmute bob Tea");
	expect(root, "-- bob: may speak again.");
	/* The other one still holds: he may not, and is not told that he may. */
	expect_silence(world);
	expect_error(
		root, "/unmute bob #tea", "There is no such mute. /bans shows them.");
	expect_error(bob, "hello", "You may not speak.");
}

/* A room's moderator never acts in one room by naming another. */
static void
test_mute_in_another_room(void **state)
{
	struct person *root;
	struct world *world = world_ruled(state, &root);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	const char *only = "You may do that only in #lobby, where you are.";

	ann->user->is_owner = true;
	say(bob, "/join #dev");
	forget_all(world);
	expect_error(ann, "/mute bob #dev spam", only);
	say(bob, "/join #lobby");
	forget_all(world);
	say(ann, "/mute bob #Lobby 1h spam");
	expect_like(ann, "-- Set: mute bob room=#lobby until=* spam");
	forget_all(world);
	expect_error(ann, "/unmute bob dev", only);
	say(bob, "hello");
	expect_like(bob, "!! You may not speak in #lobby until *: spam");
	say(ann, "/unmute bob LOBBY");
	expect(ann, "-- bob: may speak again.");
	forget_all(world);
}

/* A beginning is one of what somebody may use; what he may not is never named. */
static void
test_beginnings(void **state)
{
	struct person *root;
	struct world *world = world_ruled(state, &root);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	expect_error(root, "/un bob",
		"/un could be /unignore, /unmute, /unban: type more of it.");
	expect_error(bob, "/un eve", "You don't ignore eve.");
	/* A moderator of the room may use one more. */
	ann->user->is_owner = true;
	expect_error(
		ann, "/un bob", "/un could be /unignore, /unmute: type more of it.");
	expect_error(ann, "/unb bob", UNKNOWN("unb"));
	expect_error(ann, "/kock bob",
		"There is no command /kock (did you mean /kick?)" SHOWN);
	/* In full it is what it is, and he learns that it is not for him. */
	expect_error(bob, "/mute ann", "You may not use /mute.");
	expect_error(bob, "/announce soap", "You may not use /wall.");
	expect_error(bob, "/mut ann", UNKNOWN("mut"));
	expect_error(bob, "/lo", UNKNOWN("lo"));
	expect_error(bob, "/announc soap", UNKNOWN("announc"));
	expect_error(bob, "/kock ann", UNKNOWN("kock"));
	expect_error(bob, "/help lo", UNKNOWN("lo"));
	say(bob, "/help un");
	expect_like(bob, "-- /unignore *");
	forget_all(world);
}

static void
test_wall(void **state)
{
	struct person *root;
	struct world *world = world_ruled(state, &root);
	struct person *bob = enter(world, "bob");

	say(bob, "/part");
	forget_all(world);
	say(root, "/wall the end is near");
	expect(bob, "-- root to all: the end is near");
	expect(root, "-- root to all: the end is near");
}

static void
test_lockdown(void **state)
{
	static const struct {
		const char *line;
		int level;
		int64_t ms;
	} rows[] = {
		{"/lockdown mute", LOCKDOWN_MUTE, 1800000},
		{"/lockdown 1 5m", LOCKDOWN_MUTE, 300000},
		{"/lockdown CLOSED", LOCKDOWN_CLOSED, 1800000},
		{"/lockdown 2", LOCKDOWN_CLOSED, 1800000},
		{"/lockdown claimed 1h", LOCKDOWN_CLAIMED, 3600000},
		{"/lockdown 3", LOCKDOWN_CLAIMED, 1800000},
	};
	struct person *root;
	struct world *world = world_ruled(state, &root);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		say(root, rows[i].line);
		expect_like(root, "-- Lockdown: *");
		assert_int_equal(world->chat->lockdown, rows[i].level);
		assert_int_equal(
			moderation_next_due(world->chat), world->now.mono + rows[i].ms);
	}
	say(root, "/lockdown");
	expect(root,
		"-- Lockdown: only owners of claimed names may speak. It ends in 30 "
		"minutes.");
	expect_error(root, "/lockdown tight",
		"Which? off, mute (1), closed (2) or claimed (3), and for how long, "
		"such as 30m.");
	/* For ever, if one wants it. */
	say(root, "/lockdown 1 0");
	assert_int_equal(moderation_next_due(world->chat), -1);
	forget(root);
	say(root, "/lockdown");
	expect(root, "-- Lockdown: newcomers may not speak.");
	say(root, "/lockdown off");
	assert_int_equal(world->chat->lockdown, LOCKDOWN_OFF);
	forget(root);
	say(root, "/lockdown");
	expect(root, "-- There is no lockdown.");
	/* Nobody hears that what there was not has ended. */
	say(root, "/lockdown off");
	expect(root, "-- There is no lockdown.");
	expect_silence(world);
}

/* Every use of a power is one record, and so is every attempt; a look is none. */
static void
test_audit(void **state)
{
	struct person *root;
	struct world *world = world_ruled(state, &root);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct capture capture;

	ann->user->is_owner = true;
	capture_begin(&capture);
	say(root, "/wall hello");
	say(root, "/bans");
	say(root, "/log ");
	say(root, "/lockdown");
	say(root, "/log notice");
	say(root, "/lockdown off");
	say(root, "/ban");
	say(ann, "/mute bob 5m noise");
	say(ann, "/ban bob");
	say(bob, "/shutdown");
	say(bob, "/bans");
	say(bob, "/kick root bye");
	say(bob, "/version");
	capture_end(&capture);
	assert_int_equal(capture_count(&capture, "audit: "), 9);
#define RECORD(text) assert_int_equal(capture_count(&capture, "audit: " text "\n"), 1)
	RECORD("root (root) from uid 1000 pid 4711: /wall hello");
	RECORD("root (root) from uid 1000 pid 4711: /log notice");
	RECORD("root (root) from uid 1000 pid 4711: /lockdown off");
	RECORD("root (root) from uid 1000 pid 4711: /ban");
	RECORD("ann (moderator) from uid 1000 pid 4711: /mute bob 5m noise");
	RECORD("ann (nobody) from uid 1000 pid 4711: refused /ban bob");
	RECORD("bob (nobody) from uid 1000 pid 4711: refused /shutdown");
	RECORD("bob (nobody) from uid 1000 pid 4711: refused /bans");
	RECORD("bob (nobody) from uid 1000 pid 4711: refused /kick root bye");
#undef RECORD
	capture_fini(&capture);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_kick),
		world_test(test_kick_from_room),
		world_test(test_ban_name),
		world_test(test_ban_network),
		world_test(test_ban_oneself),
		world_test(test_mute),
		world_test(test_mute_in_room),
		world_test(test_mute_in_room_that_is_gone),
		world_test(test_mute_in_another_room),
		world_test(test_beginnings),
		world_test(test_wall),
		world_test(test_lockdown),
		world_test(test_audit),
	};

	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
