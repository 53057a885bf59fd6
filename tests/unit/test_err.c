/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void
test_set(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, "port %d is taken", 4000);
	assert_string_equal(err.text, "port 4000 is taken");
	err_set(&err, "gone");
	assert_string_equal(err.text, "gone");
}

static void
test_around(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, "no such file");
	err_set(&err, "%s:%d: %s", "prattled.ini", 3, err.text);
	assert_string_equal(err.text, "prattled.ini:3: no such file");
	err_set(&err, "%s", err.text);
	assert_string_equal(err.text, "prattled.ini:3: no such file");
}

static void
test_cut(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, "%0511d", 1);
	assert_int_equal(strlen(err.text), 511);
	assert_int_equal(err.text[510], '1');
	err_set(&err, "%0512d", 1);
	assert_int_equal(strlen(err.text), 511);
	assert_int_equal(err.text[510], '0');
}

static void
test_list(void **state)
{
	struct errlist list = {0};

	(void)state;
	errlist_fini(&list);
	for (int i = 0; i < 100; i++)
		errlist_add(&list, "line %d: %s", i, i % 2 == 0 ? "odd" : "even");
	assert_int_equal(list.count, 100);
	assert_string_equal(list.texts[0], "line 0: odd");
	assert_string_equal(list.texts[99], "line 99: even");
	errlist_fini(&list);
	assert_int_equal(list.count, 0);
	assert_null(list.texts);
	errlist_add(&list, "again");
	assert_string_equal(list.texts[0], "again");
	errlist_fini(&list);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
