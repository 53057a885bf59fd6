/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/name.h"

/* "x", so many times, behind what is in front of it. */
static struct str
many(char *out, const char *front, size_t len)
{
	size_t used = strlen(front);

	memset(out, 'x', len);
	memcpy(out, front, used);
	return str_make(out, len);
}

static void
test_ok(void **state)
{
	static const char *const good[] = {
		"ann", "Ann", "a", "7", "_", "a-b", "a-", "_-", "0x"};
	static const char *const bad[] = {"", "-", "--", "-ann", "-_", "a b", "a.b",
		"#ann", "ann\n", "\xc3\xbc", "a\xff"};
	char text[NAME_MAX_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(name_ok(str_of(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(name_ok(str_of(bad[i])));
	assert_false(name_ok(STR("a\0")));
	assert_true(name_ok(many(text, "", NAME_MAX_BYTES)));
	assert_false(name_ok(many(text, "", NAME_MAX_BYTES + 1)));
}

static void
test_ok_room(void **state)
{
	static const char *const good[] = {"#a", "#lobby", "#7", "#-", "#-a"};
	static const char *const bad[] = {"", "#", "a", "##a", "# a", "#a b", "-#a"};
	char text[NAME_MAX_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(name_ok_room(str_of(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(name_ok_room(str_of(bad[i])));
	assert_true(name_ok_room(many(text, "#", NAME_MAX_BYTES)));
	assert_false(name_ok_room(many(text, "#", NAME_MAX_BYTES + 1)));
}

static void
test_first(void **state)
{
	static const char *const names[] = {"ann", "bob-2", "c", "d", "_e", ""};
	struct str text = STR("ann, (bob-2)! -c --d: - -- \xc3\xbc_e\xff.");

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct str name = name_first(&text);

		assert_true(str_eq(name, str_of(names[i])));
	}
	assert_int_equal(text.len, 0);
}

static void
test_fold(void **state)
{
	char out[NAME_MAX_BYTES + 1], text[NAME_MAX_BYTES + 10];
	struct str folded = name_fold(STR("Ann-AZaz_09"), out);

	(void)state;
	assert_string_equal(out, "ann-azaz_09");
	assert_ptr_equal(folded.p, out);
	assert_int_equal(folded.len, strlen(out));
	folded = name_fold(many(text, "X", sizeof(text)), out);
	assert_int_equal(folded.len, NAME_MAX_BYTES);
	assert_int_equal(strlen(out), NAME_MAX_BYTES);
}

/* The shape of a name is that of its folded form, and most names differ in theirs. */
static void
test_shape(void **state)
{
	static const char *const words[] = {"the", "a", "and", "you", "is", "to", "of",
		"in", "hello", "there", "what", "was", "that", "for", "it", "on", "are",
		"as", "with", "his", "they", "I", "at", "be", "this", "have", "from",
		"or"};
	size_t hits = 0, count = sizeof(words) / sizeof(words[0]);
	unsigned shape = name_shape(STR("guest17"));

	(void)state;
	assert_int_equal(shape, name_shape(STR("GuesT17")));
	for (size_t i = 0; i < count; i++) {
		char folded[NAME_MAX_BYTES + 1];
		struct str word = str_of(words[i]);

		assert_true(name_shape(word) < NAME_SHAPES);
		assert_int_equal(name_shape(word), name_shape(name_fold(word, folded)));
		for (size_t j = 0; j < i; j++)
			hits += name_shape(word) == name_shape(str_of(words[j]));
	}
	assert_true(hits < 4);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ok),
		cmocka_unit_test(test_ok_room),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_shape),
	};

	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
