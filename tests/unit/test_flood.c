/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "chat/flood.h"
#include "chat/user.h"
#include "chat_fake.h"

/* How much one person may say, and what becomes of those who go on. */

#define WORD                                                                           \
	"!! Slower, please: your lines are taken at 4 in a second now, "               \
	"the others wait."
#define DOOR "!! That was too much. Goodbye!"

/* Somebody who has not used up anything. */
static struct person *
rest(struct world *world, const char *nick)
{
	struct person *person = enter(world, nick);

	world_pass(world, 60000);
	return person;
}

static int64_t
wait_of(struct person *person)
{
	int64_t wait = flood_wait(person->user, person->world->now);

	world_turn(person->world);
	return wait;
}

/* Say lines until one would have to wait. How many were taken? */
static int
say_all(struct person *person, const char *line)
{
	int count = 0;

	while (wait_of(person) == 0) {
		say(person, line);
		assert_true(++count < 10000);
	}
	return count;
}

/* Say `count` lines, each as soon as it is taken. */
static void
say_slowly(struct person *person, int count)
{
	while (count-- > 0) {
		int64_t wait = wait_of(person);

		if (person->user == NULL)
			return;
		world_pass(person->world, wait);
		assert_int_equal(wait_of(person), 0);
		say(person, "x");
	}
}

static void
test_burst(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = rest(world, "ann"), *bob = rest(world, "bob");

	assert_int_equal(say_all(ann, "hello"), 40);
	/* Each one for himself. */
	assert_int_equal(wait_of(bob), 0);
	/* Asking costs nothing. */
	for (int i = 0; i < 100; i++)
		assert_int_equal(wait_of(ann), 250);
	world_pass(world, 249);
	assert_int_equal(wait_of(ann), 1);
	world_pass(world, 1);
	assert_int_equal(say_all(ann, "hello"), 1);
	world_pass(world, 5000);
	assert_int_equal(say_all(ann, "hello"), 20);
	world_pass(world, 3600000);
	assert_int_equal(say_all(ann, "hello"), 40);
}

/*
 * Lines of all lengths at all times, compared with the sum done by hand: thousandths
 * of tokens, of which `rate` come back in each millisecond.
 */
static void
test_model(void **state)
{
	struct world *world = world_new(
		state, "limits.rate=7", "limits.burst=9", "limits.flood_time=0", NULL);
	struct person *ann = rest(world, "ann");
	char *line = xcalloc(1, 3001);
	int64_t have = 9000;
	unsigned random = 1;

	memset(line, 'x', 3000);
	for (int i = 0; i < 5000; i++) {
		size_t len;
		int64_t wait = have >= 1000 ? 0 : (1000 - have + 6) / 7, pass;

		assert_int_equal(wait_of(ann), wait);
		if (wait == 0) {
			random = random * 1103515245 + 12345;
			len = 1 + random / 65536 % 2999;
			line[len] = '\0';
			say(ann, line);
			line[len] = 'x';
			have -= 1000;
			if (len > 512)
				have -= (int64_t)((len - 512) * 1000 / 512);
		}
		random = random * 1103515245 + 12345;
		pass = random / 65536 % 8 == 0 ? random / 65536 % 4000
					       : random / 65536 % 150;
		world_pass(world, pass);
		have += 7 * pass;
		if (have > 9000)
			have = 9000;
	}
	free(line);
}

/* Long lines cost more, and so do some commands; an answer to a question, too. */
static void
test_cost(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = rest(world, "ann");
	char *line = xcalloc(1, 3073);

	memset(line, 'x', 512);
	assert_int_equal(say_all(ann, line), 40);
	world_pass(world, 3600000);
	memset(line, 'x', 1024);
	assert_int_equal(say_all(ann, line), 20);
	world_pass(world, 3600000);
	memset(line, 'x', 3072);
	/* Six each: the seventh one makes a debt, which has to be paid. */
	assert_int_equal(say_all(ann, line), 7);
	assert_int_equal(wait_of(ann), (42 - 40 + 1) * 250);
	free(line);
	world_pass(world, 3600000);
	assert_int_equal(say_all(ann, "/version"), 40);
	world_pass(world, 3600000);
	/* One, and four for the work that it makes. */
	assert_int_equal(say_all(ann, "/passphrase"), 8);
	world_pass(world, 3600000);
	assert_int_equal(say_all(ann, ""), 40);
}

/* Refused, mistyped: that is a line like any other. */
static void
test_mistakes_cost(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = rest(world, "ann");

	assert_int_equal(say_all(ann, "/shutdown"), 40);
	world_pass(world, 3600000);
	assert_int_equal(say_all(ann, "/nosuch"), 40);
	world_pass(world, 3600000);
	assert_int_equal(say_all(ann, "/passphrase x"), 40);
}

/* The word comes once, five seconds after the first line that waits. */
static void
test_word(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = rest(world, "ann"), *bob = rest(world, "bob");

	say_all(ann, "hello");
	forget_all(world);
	say_slowly(ann, 19); /* 4.75 seconds */
	expect_nothing(ann);
	world_pass(world, 249);
	assert_int_equal(wait_of(ann), 1);
	expect_nothing(ann);
	say_slowly(ann, 1);
	expect_nothing(ann);
	assert_int_equal(wait_of(ann), 250);
	expect(ann, WORD);
	say_slowly(ann, 150);
	expect_nothing(ann);
	forget(bob);
	expect_silence(world);
	assert_non_null(ann->user);
}

/* Who goes on for flood_time is sent away. */
static void
test_door(void **state)
{
	struct world *world = world_new(state, "limits.flood_time=20s", NULL);
	struct person *ann = rest(world, "ann"), *bob = rest(world, "bob");

	say_all(ann, "hello");
	say_slowly(ann, 79); /* 19.75 seconds */
	assert_non_null(ann->user);
	forget_all(world);
	world_pass(world, 249);
	assert_int_equal(wait_of(ann), 1);
	assert_non_null(ann->user);
	world_pass(world, 1);
	say(ann, "the last one");
	assert_int_not_equal(wait_of(ann), 0);
	expect(ann, DOOR);
	expect(bob, "ann: the last one");
	expect_like(bob, "-- ann has quit (*)");
	assert_null(ann->user);
	assert_string_equal(ann->hung_up, reason_text(REASON_FLOOD));
	expect_silence(world);
}

/* With flood_time off one waits, and that is all. */
static void
test_no_door(void **state)
{
	struct world *world = world_new(state, "limits.flood_time=0", NULL);
	struct person *ann = rest(world, "ann");

	say_all(ann, "hello");
	say_slowly(ann, 1000);
	assert_non_null(ann->user);
}

/* A pause that gives back less than half of the burst is none. */
static void
test_no_pause(void **state)
{
	struct world *world = world_new(state, "limits.flood_time=20s", NULL);
	struct person *ann = rest(world, "ann");

	say_all(ann, "hello");
	for (int i = 0; i < 4; i++) {
		world_pass(world, 4750);
		assert_int_equal(say_all(ann, "hello"), 19);
	}
	world_pass(world, 1000);
	assert_int_equal(say_all(ann, "hello"), 4);
	assert_null(ann->user);
}

/* One that gives back half of it is: the time begins anew, and so does the word. */
static void
test_pause(void **state)
{
	struct world *world = world_new(state, "limits.flood_time=20s", NULL);
	struct person *ann = rest(world, "ann");

	say_all(ann, "hello");
	forget(ann);
	say_slowly(ann, 79);
	expect(ann, WORD);
	world_pass(world, 5000);
	say_all(ann, "hello");
	expect_nothing(ann);
	say_slowly(ann, 79);
	expect(ann, WORD);
	expect_nothing(ann);
	assert_non_null(ann->user);
	say_slowly(ann, 2);
	assert_null(ann->user);
}

/* The smallest burst makes no exception. */
static void
test_small_burst(void **state)
{
	struct world *world =
		world_new(state, "limits.burst=2", "limits.flood_time=20s", NULL);
	struct person *ann = rest(world, "ann");

	assert_int_equal(say_all(ann, "hello"), 2);
	say_slowly(ann, 60);
	/* 15 seconds, none of which was a pause. */
	assert_non_null(ann->user);
	/* Two at a time are not. */
	for (int i = 0; i < 100 && ann->user != NULL; i++) {
		type(ann, "x");
		type(ann, "x");
		world_pass(world, wait_of(ann) - 1);
		(void)wait_of(ann);
	}
	assert_null(ann->user);
}

static void
test_no_rate(void **state)
{
	struct world *world = world_new(state, "limits.rate=0", NULL);
	struct person *ann = rest(world, "ann");

	for (int i = 0; i < 10000; i++) {
		assert_int_equal(wait_of(ann), 0);
		type(ann, "hello");
	}
	world_turn(world);
	/* A reload that sets one does not count what was before. */
	world_reload(world, "limits.rate=1", NULL);
	assert_int_equal(say_all(ann, "hello"), 40);
	world_reload(world, "limits.rate=0", NULL);
	assert_int_equal(wait_of(ann), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_burst),
		world_test(test_model),
		world_test(test_cost),
		world_test(test_mistakes_cost),
		world_test(test_word),
		world_test(test_door),
		world_test(test_no_door),
		world_test(test_no_pause),
		world_test(test_pause),
		world_test(test_small_burst),
		world_test(test_no_rate),
	};

	return cmocka_run_group_tests_name("flood", tests, NULL, NULL);
}
