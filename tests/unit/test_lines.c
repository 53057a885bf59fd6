/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/lines.h"

static void
test_next(void **state)
{
	struct str text = STR("\xEF\xBB\xBF"
			      "one\n\n# two\n  ; two\n\t three 3 \r\n\r\n#\n4\r\r\n \n"
			      "\xEF\xBB\xBF\nseven\0;");
	static const struct {
		const char *line;
		unsigned number;
	} want[] = {{"one", 1}, {"three 3", 5}, {"4\r", 8}, {"\xEF\xBB\xBF", 10}};
	struct errlist errors = {0};
	struct lines lines;
	struct str line;

	(void)state;
	lines_init(&lines, text, "f", &errors);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		assert_true(lines_next(&lines, &line));
		assert_true(str_eq(line, str_of(want[i].line)));
		assert_int_equal(lines.number, want[i].number);
	}
	assert_true(lines_next(&lines, &line));
	assert_true(str_eq(line, STR("seven\0;")));
	assert_false(lines_next(&lines, &line));
	assert_false(lines_next(&lines, &line));
	lines_init(&lines, str_make(NULL, 0), "f", &errors);
	assert_false(lines_next(&lines, &line));
	assert_false(lines.has_failed);
	assert_int_equal(errors.count, 0);
}

static void
test_error(void **state)
{
	char word[LINES_SHOWN_MAX * 2];
	struct errlist errors = {0};
	struct lines lines;
	struct str line;

	(void)state;
	lines_init(&lines, STR("a\nb"), "/x\x1b[1m/y", &errors);
	assert_true(lines_next(&lines, &line));
	assert_true(lines_next(&lines, &line));
	lines_error(&lines, "%s is wrong", "\x1b]0;%d\a\xff");
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.texts[0], "/x/y:2: \xEF\xBF\xBD is wrong");
	assert_true(lines.has_failed);
	lines_error(&lines, "%s", "100%");
	assert_int_equal(errors.count, 2);
	assert_string_equal(errors.texts[1], "/x/y:2: 100%");
	errlist_fini(&errors);

	memset(word, 'x', sizeof(word));
	assert_int_equal(
		lines_shown(str_make(word, sizeof(word))).len, LINES_SHOWN_MAX);
	memcpy(word + LINES_SHOWN_MAX - 1, "\xC3\xBC", 2);
	assert_int_equal(
		lines_shown(str_make(word, sizeof(word))).len, LINES_SHOWN_MAX - 1);
	assert_int_equal(lines_shown(str_make(word, 7)).len, 7);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_error),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
