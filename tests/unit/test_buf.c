/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"

static void
assert_holds(const struct buf *buf, const char *text)
{
	assert_int_equal(buf->len, strlen(text));
	assert_memory_equal(buf->p, text, buf->len);
}

static void
test_add(void **state)
{
	struct buf buf = {0};

	(void)state;
	assert_int_equal(buf_str(&buf).len, 0);
	buf_add(&buf, NULL, 0);
	assert_null(buf.p);
	buf_add(&buf, "ab", 2);
	buf_add_str(&buf, STR("cd"));
	buf_add_str(&buf, str_make(NULL, 0));
	buf_add_char(&buf, 'e');
	assert_holds(&buf, "abcde");
	assert_true(str_eq(buf_str(&buf), STR("abcde")));
	buf_fini(&buf);
	assert_null(buf.p);
	assert_int_equal(buf.len, 0);
	assert_int_equal(buf.cap, 0);
	buf_add_char(&buf, 'f');
	assert_holds(&buf, "f");
	buf_fini(&buf);
}

/* Every length from 0 on, so that the edges of each growth are hit. */
static void
test_growth(void **state)
{
	struct buf buf = {0};

	(void)state;
	for (size_t i = 0; i < 5000; i++) {
		buf_add_char(&buf, (char)(i % 251));
		assert_true(buf.len <= buf.cap);
	}
	assert_int_equal(buf.len, 5000);
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal((unsigned char)buf.p[i], i % 251);
	assert_true(buf.cap <= 2 * buf.len);
	buf_fini(&buf);
}

static void
test_printf(void **state)
{
	(void)state;
	/* Texts that end before, at and behind the end of what is allocated. */
	for (int len = 0; len < 600; len++) {
		struct buf buf = {0};

		buf_add_char(&buf, '<');
		buf_printf(&buf, "%0*d", len, 7);
		buf_printf(&buf, "%s", ">");
		assert_int_equal(buf.len, (len == 0 ? 1 : len) + 2);
		assert_int_equal(buf.p[0], '<');
		assert_int_equal(buf.p[buf.len - 2], '7');
		assert_int_equal(buf.p[buf.len - 1], '>');
		buf_fini(&buf);
	}
}

static void
test_reserve(void **state)
{
	struct buf buf = {0};
	char *room = buf_reserve(&buf, 1000);

	(void)state;
	memset(room, 'x', 1000);
	assert_int_equal(buf.len, 0);
	buf.len += 1000;
	assert_ptr_equal(buf_reserve(&buf, 0), buf.p + 1000);
	assert_int_equal(buf.p[999], 'x');
	buf_fini(&buf);
}

static void
test_reset(void **state)
{
	struct buf buf = {0};
	const char *before;

	(void)state;
	buf_reset(&buf);
	buf_add(&buf, "abc", 3);
	before = buf.p;
	buf_reset(&buf);
	assert_int_equal(buf.len, 0);
	buf_add(&buf, "d", 1);
	assert_ptr_equal(buf.p, before);
	assert_holds(&buf, "d");
	buf_fini(&buf);
}

static void
test_take(void **state)
{
	struct buf buf = {0};
	char *text;

	(void)state;
	text = buf_take(&buf);
	assert_string_equal(text, "");
	free(text);
	/* The terminator must find room behind every length. */
	for (size_t len = 0; len < 300; len++) {
		memset(buf_reserve(&buf, len), 'y', len);
		buf.len = len;
		text = buf_take(&buf);
		assert_int_equal(strlen(text), len);
		free(text);
		assert_null(buf.p);
		assert_int_equal(buf.len, 0);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_printf),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_take),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
