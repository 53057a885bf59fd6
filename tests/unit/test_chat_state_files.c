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
#include "chat/moderation.h"
#include "chat/store.h"
#include "chat/user.h"
#include "chat_carry.h"
#include "chat_fake.h"
#include "claim_fake.h"

/* Bans and claims that a chat goes on with, and their files. */

static void
test_bans_that_are_in_no_file(void **state)
{
	struct world *world = world_new(state, "operator root.level=operator", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	make_operator(ann, "root");
	say(ann, "/mute bob 1h shouting");
	say(ann, "/ban 192.0.2.7 spam");
	forget_all(world);
	carry(world, "");
	expect_error(
		bob, "hello", "You may not speak until 2026-11-21T11:00:04Z: shouting");
	say(ann, "/bans");
	expect_like(ann, "-- mute bob until=*");
	expect_like(ann, "-- ban 192.0.2.7 by=ann *");
}

/* What is written is read again, and what could not be written is not lost. */
static void
test_bans_in_files(void **state)
{
	struct world *world =
		world_new_stored(state, "operator root.level=operator", NULL);
	struct person *ann = enter(world, "ann");
	char *path = xasprintf("%s/bans", world->folder);
	struct state_out out;

	make_operator(ann, "root");
	say(ann, "/ban eve");
	world_work(world);
	assert_int_equal(access(path, F_OK), 0);
	say(ann, "/ban mallory");
	forget_all(world);
	/* This one is under way, and may not be done when the worker ends. */
	assert_true(world->chat->store->files[STORE_BANS].is_saving);
	world_save(world, &out);
	assert_non_null(memmem(out.buf.p, out.buf.len, "ban mallory", 11));
	state_out_fini(&out);
	carry_to(world, world->conf, "");
	say(ann, "/bans");
	expect_like(ann, "-- ban eve *");
	expect_like(ann, "-- ban mallory *");
	expect_nothing(ann);
	world_work(world);
	world_restart(world);
	assert_int_equal(world->chat->store->bans.count, 2);
	free(path);
}

/* What was taken away does not come back from the file that still has it. */
static void
test_ban_that_is_gone_but_not_from_its_file(void **state)
{
	struct world *world =
		world_new_stored(state, "operator root.level=operator", NULL);
	struct person *ann = enter(world, "ann");
	struct ban like = {.kind = BAN_ENTRY, .nick = "eve"};

	make_operator(ann, "root");
	say(ann, "/ban eve");
	say(ann, "/ban mallory");
	world_work(world);
	world_work(world);
	assert_int_equal(bans_remove(&world->chat->store->bans, &like), 1);
	world->chat->store->files[STORE_BANS].is_dirty = true;
	carry_to(world, world->conf, "");
	world_work(world);
	world_work(world);
	world_restart(world);
	assert_int_equal(world->chat->store->bans.count, 1);
	assert_string_equal(world->chat->store->bans.v[0].nick, "mallory");
}

static void
test_claim_that_is_in_no_file_yet(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct person *ann = enter_owner(world);
	struct store *store = world->chat->store;

	claims_set(store->claims, STR("bob"), claim_of(world, "ann")->hash, WORLD_WALL);
	store->files[STORE_CLAIMS].is_dirty = true;
	carry_to(world, world->conf, "");
	assert_true(ann->user->is_owner);
	assert_non_null(claim_of(world, "bob"));
	world_work(world);
	world_restart(world);
	assert_non_null(claim_of(world, "bob"));
	assert_int_equal(world->chat->store->bans.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_bans_that_are_in_no_file),
		world_test(test_bans_in_files),
		world_test(test_ban_that_is_gone_but_not_from_its_file),
		world_test(test_claim_that_is_in_no_file_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
