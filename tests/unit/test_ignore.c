/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "chat/ignore.h"

/* The list behind /ignore: names and ids. What it does is in test_talk. */

static void
test_empty(void **state)
{
	struct ignore_list list = {0};

	(void)state;
	assert_false(ignore_has(&list, STR("ann"), 1));
	assert_false(ignore_has(&list, STR(""), 0));
	assert_false(ignore_remove(&list, STR("ann"), 1));
	ignore_fini(&list);
}

static void
test_by_name(void **state)
{
	struct ignore_list list = {0};

	(void)state;
	assert_true(ignore_add(&list, STR("Ann"), 0));
	assert_true(ignore_has(&list, STR("aNN"), 7));
	assert_true(ignore_has(&list, STR("ann"), 0));
	/* Entries without an id are not found by id 0, nor is a part of a name. */
	assert_false(ignore_has(&list, STR("bob"), 0));
	assert_false(ignore_has(&list, STR("an"), 0));
	assert_false(ignore_has(&list, STR("anna"), 0));
	assert_false(ignore_add(&list, STR("ANN"), 0));
	assert_false(ignore_add(&list, STR("ANN"), 7));
	assert_int_equal(list.count, 1);
	assert_string_equal(list.v[0].key, "ann");
	ignore_fini(&list);
}

static void
test_by_id(void **state)
{
	struct ignore_list list = {0};

	(void)state;
	assert_true(ignore_add(&list, STR("ann"), 7));
	assert_true(ignore_has(&list, STR("anna"), 7));
	assert_true(ignore_has(&list, STR("ann"), 8));
	assert_false(ignore_has(&list, STR("anna"), 8));
	assert_false(ignore_has(&list, STR("anna"), 0));
	assert_false(ignore_add(&list, STR("anna"), 7));
	ignore_fini(&list);
}

static void
test_remove(void **state)
{
	struct ignore_list list = {0};

	(void)state;
	assert_true(ignore_add(&list, STR("ann"), 1));
	assert_true(ignore_add(&list, STR("bob"), 2));
	assert_true(ignore_add(&list, STR("cid"), 0));
	assert_true(ignore_add(&list, STR("dan"), 4));
	/* By id 0 nobody is removed, though there is an entry without one. */
	assert_false(ignore_remove(&list, STR("zoe"), 0));
	assert_false(ignore_remove(&list, STR("zoe"), 5));
	assert_int_equal(list.count, 4);
	assert_true(ignore_remove(&list, STR("BOB"), 0));
	assert_false(ignore_has(&list, STR("bob"), 2));
	/* One person can stand there twice: by the id and by the name of today. */
	assert_true(ignore_remove(&list, STR("dan"), 1));
	assert_int_equal(list.count, 1);
	assert_true(ignore_has(&list, STR("cid"), 9));
	assert_false(ignore_has(&list, STR("ann"), 1));
	assert_false(ignore_has(&list, STR("dan"), 4));
	ignore_fini(&list);
	assert_int_equal(list.count, 0);
	assert_true(ignore_add(&list, STR("ann"), 1));
	ignore_fini(&list);
}

static void
test_many(void **state)
{
	struct ignore_list list = {0};
	char name[16];

	(void)state;
	for (int i = 1; i <= 1000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_true(ignore_add(&list, str_of(name), (uint64_t)i));
	}
	for (int i = 1; i <= 1000; i += 2) {
		snprintf(name, sizeof(name), "N%d", i);
		assert_true(ignore_remove(&list, str_of(name), 0));
	}
	for (int i = 1; i <= 1000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(ignore_has(&list, str_of(name), 0), i % 2 == 0);
		assert_int_equal(ignore_has(&list, STR("x"), (uint64_t)i), i % 2 == 0);
	}
	ignore_fini(&list);
}

/* The longest name fits, terminated. */
static void
test_long(void **state)
{
	struct ignore_list list = {0};
	char name[NAME_MAX_BYTES + 1];

	(void)state;
	memset(name, 'X', sizeof(name));
	assert_true(ignore_add(&list, str_make(name, NAME_MAX_BYTES), 0));
	assert_int_equal(strlen(list.v[0].key), NAME_MAX_BYTES);
	assert_true(ignore_has(&list, str_make(name, NAME_MAX_BYTES), 0));
	assert_false(ignore_has(&list, str_make(name, NAME_MAX_BYTES - 1), 0));
	ignore_fini(&list);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_by_name),
		cmocka_unit_test(test_by_id),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests_name("ignore", tests, NULL, NULL);
}
