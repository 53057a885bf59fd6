/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/passphrase.h"
#include "base/worker.h"
#include "chat/flood.h"
#include "chat/gate.h"
#include "chat/user.h"
#include "chat/verify.h"
#include "chat_fake.h"

/* Passphrases on their way to the worker and back. */

#define BUSY "!! Too many passphrases are being checked; try again in a moment."

/* What came back, of each one who asked. */
static void
note(struct user *user, const struct verify_result *result)
{
	user_notice(user, "%.*s: %s%s%s", (int)result->about.len, result->about.p,
		result->ok ? "right" : "wrong",
		result->hash != NULL && passphrase_is_hash(result->hash) ? ", a hash"
									 : "",
		result->why != NULL ? ", a reason" : "");
}

static bool
check(struct person *person, const char *secret, const char *hash)
{
	return verify_start(
		person->user, VERIFY_CHECK, str_of(secret), hash, STR("about"), note);
}

static void
make_hash(const char *secret, char hash[PASSPHRASE_HASH_MAX])
{
	struct err err;

	assert_int_equal(passphrase_hash(str_of(secret), hash, &err), 0);
}

static void
test_check(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");
	char hash[PASSPHRASE_HASH_MAX];

	make_hash("open sesame", hash);
	assert_true(check(ann, "open sesame", hash));
	expect_silence(world);
	world_work(world);
	expect(ann, "-- about: right");
	assert_true(check(ann, "open sesam", hash));
	world_work(world);
	expect(ann, "-- about: wrong");
	/* Nobody of that name: nothing is right. */
	assert_true(check(ann, "open sesame", NULL));
	world_work(world);
	expect(ann, "-- about: wrong");
	expect_silence(world);
}

static void
test_hash(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	assert_true(verify_start(
		ann->user, VERIFY_HASH, STR("open sesame"), NULL, STR("ann"), note));
	world_work(world);
	expect(ann, "-- ann: right, a hash");
	assert_true(
		verify_start(ann->user, VERIFY_HASH, STR(""), NULL, STR("ann"), note));
	world_work(world);
	expect(ann, "-- ann: wrong, a reason");
}

/* Meanwhile no line of his is taken, whatever else the limits say. */
static void
test_lines_wait(void **state)
{
	struct world *world = world_new(state, "limits.rate=0", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	assert_false(verify_is_pending(ann->user));
	assert_int_equal(flood_wait(ann->user, world->now), 0);
	assert_true(check(ann, "x", NULL));
	assert_true(verify_is_pending(ann->user));
	assert_in_range(flood_wait(ann->user, world->now), 1, 100);
	assert_int_equal(flood_wait(bob->user, world->now), 0);
	world_work(world);
	assert_false(verify_is_pending(ann->user));
	assert_int_equal(flood_wait(ann->user, world->now), 0);
}

/* Waiting for that is no flood, however long it takes. */
static void
test_waiting_is_no_flood(void **state)
{
	struct world *world = world_new(state, "limits.flood_time=10s", NULL);
	struct person *ann = enter(world, "ann");

	assert_true(check(ann, "x", NULL));
	for (int i = 0; i < 100; i++) {
		assert_int_not_equal(flood_wait(ann->user, world->now), 0);
		world_pass(world, 1000);
	}
	expect_silence(world);
	assert_non_null(ann->user);
}

static void
test_gone_meanwhile(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	assert_true(check(ann, "x", NULL));
	leave(ann, "bye");
	forget(bob);
	world_work(world);
	expect_silence(world);
}

/* So is everybody, at the end. */
static void
test_end_meanwhile(void **state)
{
	struct world *world = world_new(state, NULL);

	assert_true(check(enter(world, "ann"), "x", NULL));
}

static void
test_one_at_a_time(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = arrive_from(world, "192.0.2.7");
	struct person *bob = arrive_from(world, "192.0.2.7");
	struct person *cid = arrive_from(world, "192.0.2.8");

	forget_all(world);
	assert_true(check(ann, "x", NULL));
	assert_false(check(bob, "x", NULL));
	expect(bob, BUSY);
	assert_false(verify_is_pending(bob->user));
	assert_true(check(cid, "x", NULL));
	expect_silence(world);
	world_work(world);
	expect(ann, "-- about: wrong");
	expect(cid, "-- about: wrong");
	assert_true(check(bob, "x", NULL));
	world_work(world);
	expect(bob, "-- about: wrong");
	expect_silence(world);
}

/* To leave and come back gives nobody another turn; nor is an address kept for ever. */
static void
test_gone_and_back(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = arrive_from(world, "2001:db8::1");
	struct limits_conf limits = {0};
	struct network other;
	struct err err;

	assert_true(check(ann, "x", NULL));
	leave(ann, "bye");
	assert_int_equal(network_parse(&other, STR("192.0.2.9"), &err), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			gate_ask(world->chat->gate, &limits, &other.addr, i), 0);
	ann = arrive_from(world, "2001:db8::2");
	forget(ann);
	assert_false(check(ann, "x", NULL));
	expect(ann, BUSY);
	world_work(world);
	assert_true(check(ann, "x", NULL));
	world_work(world);
	expect(ann, "-- about: wrong");
	leave(ann, "bye");
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			gate_ask(world->chat->gate, &limits, &other.addr, i), 0);
	assert_int_equal(gate_count(world->chat->gate), 1);
}

/* Who is exempt from the limits of an address is from this one. */
static void
test_exempt(void **state)
{
	struct world *world = world_new(state, "limits.exempt=192.0.2.0/24", NULL);
	struct person *ann = arrive_from(world, "192.0.2.7");
	struct person *bob = arrive_from(world, "192.0.2.7");

	assert_true(check(ann, "x", NULL));
	assert_true(check(bob, "x", NULL));
	world_work(world);
}

/* Few in all, so that nobody waits for long, and the files find room behind them. */
static void
test_most(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *people[VERIFY_MOST], *last = enter(world, "last");

	for (size_t i = 0; i < VERIFY_MOST; i++)
		people[i] = arrive(world);
	forget_all(world);
	for (size_t i = 0; i < VERIFY_MOST; i++)
		assert_true(check(people[i], "x", NULL));
	assert_false(check(last, "x", NULL));
	expect(last, BUSY);
	assert_int_equal(worker_pending(world->worker), VERIFY_MOST);
	world_work(world);
	for (size_t i = 0; i < VERIFY_MOST; i++)
		expect(people[i], "-- about: wrong");
	assert_true(check(last, "x", NULL));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_check),
		world_test(test_hash),
		world_test(test_lines_wait),
		world_test(test_waiting_is_no_flood),
		world_test(test_gone_meanwhile),
		world_test(test_end_meanwhile),
		world_test(test_one_at_a_time),
		world_test(test_gone_and_back),
		world_test(test_exempt),
		world_test(test_most),
	};

	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
