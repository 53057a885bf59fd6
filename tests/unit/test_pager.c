/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/pager.h"

/* Long answers, a screen at a time. */

/* What came out since the last look is this. */
static void
check_out(struct buf *out, struct str want, int line)
{
	if (!str_eq(buf_str(out), want))
		fail_msg("line %d: wanted \"%.*s\" and not \"%.*s\"", line,
			(int)want.len, want.p, (int)out->len, out->p);
	buf_reset(out);
}

#define CHECK(out, want) check_out(out, STR(want), __LINE__)

static void
test_fits(void **state)
{
	struct buf out = {0};

	(void)state;
	assert_null(pager_start(STR(""), 24, &out));
	CHECK(&out, "");
	assert_null(pager_start(STR("1\r\n"), 24, &out));
	CHECK(&out, "1\r\n");
	/* One row is the prompt's. */
	assert_null(pager_start(STR("1\r\n2\r\n3\r\n"), 4, &out));
	CHECK(&out, "1\r\n2\r\n3\r\n");
	assert_null(pager_start(STR("1\r\n2\r\nunfinished"), 4, &out));
	CHECK(&out, "1\r\n2\r\nunfinished");
	buf_fini(&out);
}

static void
test_pages(void **state)
{
	struct buf out = {0};
	struct pager *pager = pager_start(
		STR("1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n"), 4, &out);

	(void)state;
	assert_non_null(pager);
	CHECK(&out, "1\r\n2\r\n3\r\n");
	assert_true(pager_key(pager, ' ', 4, &out));
	CHECK(&out, "4\r\n5\r\n6\r\n");
	/* To the last row: that was all. */
	assert_false(pager_key(pager, '\r', 4, &out));
	CHECK(&out, "7\r\n8\r\n9\r\n");
	pager_end(pager, &out);
	CHECK(&out, "");
	buf_fini(&out);
}

/* Space, Enter in whatever form; and a window that changes its size meanwhile. */
static void
test_keys(void **state)
{
	struct buf out = {0};
	struct pager *pager =
		pager_start(STR("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n"), 4, &out);

	(void)state;
	CHECK(&out, "1\n2\n3\n");
	for (int key = 0; key < 256; key++) {
		if (key == ' ' || key == '\r' || key == '\n' || key == 'q' ||
			key == 'Q' || key == 3 || key == 4)
			continue;
		assert_true(pager_key(pager, (unsigned char)key, 4, &out));
		CHECK(&out, "");
	}
	assert_true(pager_key(pager, '\n', 3, &out));
	CHECK(&out, "4\n5\n");
	assert_true(pager_key(pager, '\r', 6, &out));
	CHECK(&out, "6\n7\n8\n9\n10\n");
	assert_false(pager_key(pager, ' ', 100, &out));
	CHECK(&out, "11\n12\n");
	pager_free(pager);
	buf_fini(&out);
}

static void
test_quit(void **state)
{
	static const unsigned char keys[] = {'q', 'Q', 3, 4};
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(keys); i++) {
		struct pager *pager = pager_start(STR("1\n2\n3\n4\n5\n6\n"), 3, &out);

		CHECK(&out, "1\n2\n");
		assert_true(pager_hold(pager, STR("said\r\n")));
		assert_false(pager_key(pager, keys[i], 3, &out));
		CHECK(&out, "");
		pager_end(pager, &out);
		CHECK(&out, "said\r\n");
	}
	buf_fini(&out);
}

/* A window of few rows, or of none that are known, still shows something each time. */
static void
test_small(void **state)
{
	struct buf out = {0};

	(void)state;
	for (size_t rows = 0; rows <= 3; rows++) {
		struct pager *pager = pager_start(STR("1\n2\n3\n4\n5\n"), rows, &out);

		CHECK(&out, "1\n2\n");
		assert_true(pager_key(pager, ' ', rows, &out));
		CHECK(&out, "3\n4\n");
		assert_false(pager_key(pager, ' ', rows, &out));
		CHECK(&out, "5\n");
		pager_end(pager, &out);
	}
	buf_fini(&out);
}

/* What others say waits, in order, up to a limit. */
static void
test_held(void **state)
{
	struct buf out = {0}, line = {0};
	struct pager *pager = pager_start(STR("1\n2\n3\n4\n"), 3, &out);
	size_t held = 0;

	(void)state;
	CHECK(&out, "1\n2\n");
	assert_true(pager_hold(pager, STR("first\r\n")));
	assert_true(pager_hold(pager, STR("")));
	assert_true(pager_hold(pager, STR("second\r\n")));
	assert_false(pager_key(pager, ' ', 3, &out));
	CHECK(&out, "3\n4\n");
	pager_end(pager, &out);
	CHECK(&out, "first\r\nsecond\r\n");

	for (int i = 0; i < 1024; i++)
		buf_add_char(&line, 'x');
	pager = pager_start(STR("1\n2\n3\n4\n"), 3, &out);
	while (held < 64 && pager_hold(pager, buf_str(&line)))
		held++;
	assert_int_equal(held, 64);
	assert_false(pager_hold(pager, STR("y")));
	buf_reset(&out);
	/* It is not lost, only not held any longer. */
	pager_end(pager, &out);
	assert_int_equal(out.len, 64 * 1024 + 1);
	buf_fini(&line);
	buf_fini(&out);
}

/* Page by page it is the whole text, whatever its rows and the window. */
static void
test_whole(void **state)
{
	(void)state;
	pager_free(NULL);
	for (size_t rows = 0; rows < 12; rows++) {
		for (size_t lines = 0; lines < 40; lines++) {
			struct buf text = {0}, out = {0};
			struct pager *pager;

			for (size_t i = 0; i < lines; i++)
				buf_printf(&text, "row %zu\r\n", i * i * i);
			pager = pager_start(buf_str(&text), rows, &out);
			while (pager != NULL) {
				if (pager_key(pager, ' ', rows, &out))
					continue;
				pager_end(pager, &out);
				pager = NULL;
			}
			assert_true(str_eq(buf_str(&out), buf_str(&text)));
			buf_fini(&text);
			buf_fini(&out);
		}
	}
}

/* Half a row is what there is for a prompt. */
static void
test_prompt(void **state)
{
	(void)state;
	assert_int_equal(pager_prompt(0).len, pager_prompt(80).len);
	for (unsigned columns = 31; columns <= 100; columns++)
		assert_true(pager_prompt(columns).len <= (columns - 1) / 2);
	assert_true(pager_prompt(43).len > pager_prompt(42).len);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_quit),
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_prompt),
	};

	return cmocka_run_group_tests_name("pager", tests, NULL, NULL);
}
