/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/table.h"

enum {
	THINGS = 20000,
	SOME = 1000,
};

struct thing {
	char name[16];
	uint64_t id;
	bool in; /* in the table, as far as the test knows */
	bool seen;
};

static struct str
id_key(const struct thing *thing)
{
	return str_make((const char *)&thing->id, sizeof(thing->id));
}

static struct thing *
things_new(void)
{
	struct thing *things = calloc(THINGS, sizeof(*things));

	assert_non_null(things);
	for (size_t i = 0; i < THINGS; i++) {
		(void)snprintf(things[i].name, sizeof(things[i].name), "guest%zu", i);
		things[i].id = i;
	}
	return things;
}

static void
test_names(void **state)
{
	struct table *table = table_new();
	int a, b, c;

	(void)state;
	assert_int_equal(table_count(table), 0);
	assert_null(table_find(table, STR("ann")));
	assert_null(table_remove(table, STR("ann")));
	table_insert(table, STR("ann"), &a);
	table_insert(table, STR("bob"), &b);
	/* All bytes count, and no byte is special. */
	table_insert(table, STR("ann\0"), &c);
	assert_int_equal(table_count(table), 3);
	assert_ptr_equal(table_find(table, STR("ann")), &a);
	assert_ptr_equal(table_find(table, STR("bob")), &b);
	assert_ptr_equal(table_find(table, STR("ann\0")), &c);
	assert_null(table_find(table, STR("Ann")));
	assert_null(table_find(table, STR("an")));
	assert_null(table_find(table, STR("")));
	assert_ptr_equal(table_remove(table, STR("ann")), &a);
	assert_null(table_remove(table, STR("ann")));
	assert_null(table_find(table, STR("ann")));
	assert_ptr_equal(table_find(table, STR("ann\0")), &c);
	assert_int_equal(table_count(table), 2);
	table_free(table);
	table_free(NULL);
}

/* Keys of every length up to 40, each a prefix of the next. */
static void
test_lengths(void **state)
{
	static const char text[] = "0000000000000000000000000000000000000000";
	struct table *table = table_new();
	int values[41];

	(void)state;
	for (size_t len = 0; len <= 40; len++)
		table_insert(table, str_make(text, len), &values[len]);
	for (size_t len = 0; len <= 40; len++)
		assert_ptr_equal(table_find(table, str_make(text, len)), &values[len]);
	table_free(table);
}

static void
test_many(void **state)
{
	struct table *table = table_new();
	struct thing *things = things_new();

	(void)state;
	for (size_t i = 0; i < THINGS; i++)
		table_insert(table, str_of(things[i].name), &things[i]);
	assert_int_equal(table_count(table), THINGS);
	for (size_t i = 0; i < THINGS; i++)
		assert_ptr_equal(table_find(table, str_of(things[i].name)), &things[i]);
	for (size_t i = 0; i < THINGS; i++)
		assert_ptr_equal(
			table_remove(table, str_of(things[i].name)), &things[i]);
	assert_int_equal(table_count(table), 0);
	table_free(table);
	free(things);
}

/* How many places there are: to the end of them a walk goes. */
static size_t
capacity(const struct table *table)
{
	size_t cursor = 0;

	while (table_next(table, &cursor) != NULL)
		continue;
	return cursor;
}

/* When nearly all are gone there is little left to walk over, and it is all there. */
static void
test_shrinks(void **state)
{
	struct table *table = table_new();
	struct thing *things = things_new();

	(void)state;
	for (size_t i = 0; i < THINGS; i++)
		table_insert(table, str_of(things[i].name), &things[i]);
	for (size_t i = 10; i < THINGS; i++)
		table_remove(table, str_of(things[i].name));
	for (size_t i = 0; i < 10; i++)
		assert_ptr_equal(table_find(table, str_of(things[i].name)), &things[i]);
	assert_true(capacity(table) <= 128);
	table_free(table);
	free(things);
}

/*
 * It is bounded by what is in it all the way down. One who comes and goes makes it
 * neither smaller nor larger.
 */
static void
test_shrinks_gently(void **state)
{
	struct table *table = table_new();
	struct thing *things = things_new();
	size_t least = capacity(table), cap;

	(void)state;
	for (size_t i = 0; i < SOME; i++)
		table_insert(table, str_of(things[i].name), &things[i]);
	for (size_t i = SOME; i-- > 0;) {
		size_t before = capacity(table);

		table_remove(table, str_of(things[i].name));
		cap = capacity(table);
		assert_true(cap <= (i * 8 > least ? i * 8 : least));
		if (cap < before) {
			table_insert(table, str_of(things[i].name), &things[i]);
			assert_int_equal(capacity(table), cap);
			table_remove(table, str_of(things[i].name));
			assert_int_equal(capacity(table), cap);
		}
	}
	assert_int_equal(capacity(table), least);
	table_free(table);
	free(things);
}

static void
check_walk(const struct table *table, struct thing *things)
{
	size_t cursor = 0, count = 0;
	struct thing *thing;

	for (size_t i = 0; i < THINGS; i++)
		things[i].seen = false;
	while ((thing = table_next(table, &cursor)) != NULL) {
		assert_true(thing->in);
		assert_false(thing->seen);
		thing->seen = true;
		count++;
	}
	assert_null(table_next(table, &cursor));
	assert_int_equal(count, table_count(table));
}

/* Coming and going in random order, compared with what ought to be there. */
static void
test_churn(void **state)
{
	struct table *table = table_new();
	struct thing *things = things_new();
	size_t count = 0;

	(void)state;
	srand(1);
	for (int round = 0; round < 400000; round++) {
		/* Few at first, so that the small sizes get their share. */
		int among = round < 100000 ? 12 : round < 200000 ? 300 : THINGS;
		struct thing *thing = &things[rand() % among];
		struct str key = id_key(thing);

		assert_ptr_equal(table_find(table, key), thing->in ? thing : NULL);
		if (thing->in) {
			assert_ptr_equal(table_remove(table, key), thing);
			count--;
		} else {
			table_insert(table, key, thing);
			count++;
		}
		thing->in = !thing->in;
		assert_int_equal(table_count(table), count);
		if (round % 20000 == 0)
			check_walk(table, things);
	}
	check_walk(table, things);
	for (size_t i = 0; i < THINGS; i++)
		assert_ptr_equal(table_find(table, id_key(&things[i])),
			things[i].in ? &things[i] : NULL);
	table_free(table);
	free(things);
}

/* The order in which a few entries stand, as a text. */
static void
order_of(struct thing *things, char *out, size_t size)
{
	struct table *table = table_new();
	size_t cursor = 0, used = 0;
	const struct thing *thing;

	for (size_t i = 0; i < 100; i++)
		table_insert(table, str_of(things[i].name), &things[i]);
	while ((thing = table_next(table, &cursor)) != NULL && used < size)
		used += (size_t)snprintf(out + used, size - used, "%s ", thing->name);
	table_free(table);
}

/* Were the seeds the same, strangers could learn which names collide. */
static void
test_seeds(void **state)
{
	struct thing *things = things_new();
	char a[2048], b[2048];

	(void)state;
	order_of(things, a, sizeof(a));
	order_of(things, b, sizeof(b));
	assert_string_not_equal(a, b);
	free(things);
}

/* Entering a name twice is a mistake of ours, which must not pass unnoticed. */
static void
test_duplicate(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	assert_true(child != -1);
	if (child == 0) {
		static const struct rlimit none = {0, 0};
		struct table *table = table_new();
		int value;

		/* Neither a core file nor a message that looks like a failure. */
		setrlimit(RLIMIT_CORE, &none);
		close(STDERR_FILENO);
		table_insert(table, STR("ann"), &value);
		table_insert(table, STR("ann"), &value);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_shrinks),
		cmocka_unit_test(test_shrinks_gently),
		cmocka_unit_test(test_churn),
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_duplicate),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
