/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"

static void
assert_text(struct str s, const char *text)
{
	assert_int_equal(s.len, strlen(text));
	if (s.len > 0)
		assert_memory_equal(s.p, text, s.len);
}

static void
test_eq(void **state)
{
	(void)state;
	assert_true(str_eq(STR("abc"), STR("abc")));
	assert_false(str_eq(STR("abc"), STR("abd")));
	assert_false(str_eq(STR("abc"), STR("ab")));
	assert_false(str_eq(STR("abc"), STR("Abc")));
	assert_true(str_eq(STR("a\0b"), STR("a\0b")));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
	assert_true(str_eq(str_make(NULL, 0), STR("")));
}

static void
test_ieq(void **state)
{
	(void)state;
	assert_true(str_ieq(STR("aBcZ[@"), STR("AbCz[@")));
	assert_false(str_ieq(STR("abc"), STR("abcd")));
	/* Neighbours of the letters, 32 apart as the letters are. */
	assert_false(str_ieq(STR("@"), STR("`")));
	assert_false(str_ieq(STR("["), STR("{")));
	/* Latin-1 letters are no ASCII letters. */
	assert_false(str_ieq(STR("\xC4"), STR("\xE4")));
	assert_true(str_ieq(str_make(NULL, 0), STR("")));
}

static void
test_starts(void **state)
{
	(void)state;
	assert_true(str_starts(STR("room"), STR("ro")));
	assert_true(str_starts(STR("room"), STR("room")));
	assert_true(str_starts(STR("room"), STR("")));
	assert_true(str_starts(str_make(NULL, 0), STR("")));
	assert_false(str_starts(STR("room"), STR("rooms")));
	assert_false(str_starts(STR("room"), STR("Ro")));
	assert_true(str_istarts(STR("room"), STR("Ro")));
	assert_false(str_istarts(STR("room"), STR("oo")));
}

static void
test_from(void **state)
{
	(void)state;
	assert_text(str_from(STR("abc"), 0), "abc");
	assert_text(str_from(STR("abc"), 2), "c");
	assert_text(str_from(STR("abc"), 3), "");
	assert_text(str_from(STR("abc"), SIZE_MAX), "");
}

static void
test_trim(void **state)
{
	(void)state;
	assert_text(str_trim(STR(" \t a b\t ")), "a b");
	assert_text(str_trim(STR("ab")), "ab");
	assert_text(str_trim(STR(" \t")), "");
	assert_text(str_trim(str_make(NULL, 0)), "");
	/* Blanks are spaces and tabs, whatever isspace(3) thinks. */
	assert_text(str_trim(STR(" \n ")), "\n");
}

static void
test_word(void **state)
{
	struct str rest = STR("  /msg\tann  hello  you ");

	(void)state;
	assert_text(str_word(&rest), "/msg");
	assert_text(rest, "ann  hello  you ");
	assert_text(str_word(&rest), "ann");
	assert_text(rest, "hello  you ");
	assert_text(str_word(&rest), "hello");
	assert_text(str_word(&rest), "you");
	assert_text(rest, "");
	assert_text(str_word(&rest), "");
	assert_text(str_word(&rest), "");
}

static void
test_split(void **state)
{
	struct str rest = STR("a,,bc,"), part;

	(void)state;
	assert_true(str_split(&rest, ',', &part));
	assert_text(part, "a");
	assert_true(str_split(&rest, ',', &part));
	assert_text(part, "");
	assert_true(str_split(&rest, ',', &part));
	assert_text(part, "bc");
	assert_true(str_split(&rest, ',', &part));
	assert_text(part, "");
	assert_false(str_split(&rest, ',', &part));

	rest = STR("");
	assert_true(str_split(&rest, ',', &part));
	assert_text(part, "");
	assert_false(str_split(&rest, ',', &part));
}

static void
test_copy(void **state)
{
	char out[4] = "xyz";

	(void)state;
	assert_false(str_copy(STR("abcd"), out, sizeof(out)));
	assert_string_equal(out, "xyz");
	assert_false(str_copy(STR(""), out, 0));
	assert_string_equal(out, "xyz");
	assert_true(str_copy(STR("abc"), out, sizeof(out)));
	assert_string_equal(out, "abc");
	assert_true(str_copy(str_make(NULL, 0), out, sizeof(out)));
	assert_string_equal(out, "");
}

/* What one of the parsers should make of a text; `ok` false: refuse it. */
struct number {
	struct str text;
	bool ok;
	uint64_t value;
};

static void
test_to_uint(void **state)
{
	static const struct number numbers[] = {
		{{"0", 1}, true, 0},
		{{"4000", 4}, true, 4000},
		{{"000017", 6}, true, 17},
		{{"18446744073709551615", 20}, true, UINT64_MAX},
		{{"18446744073709551616", 20}, false, 0},
		{{"18446744073709551620", 20}, false, 0},
		{{"99999999999999999999999", 23}, false, 0},
		{{"", 0}, false, 0},
		{{NULL, 0}, false, 0},
		{{"-1", 2}, false, 0},
		{{"+1", 2}, false, 0},
		{{" 1", 2}, false, 0},
		{{"1 ", 2}, false, 0},
		{{"1\0", 2}, false, 0},
		{{"0x10", 4}, false, 0},
		{{"1k", 2}, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint64_t value = 77;

		assert_int_equal(
			str_to_uint(numbers[i].text, &value), numbers[i].ok ? 0 : -1);
		assert_int_equal(value, numbers[i].ok ? numbers[i].value : 77);
	}
}

static void
test_to_size(void **state)
{
	static const struct number numbers[] = {
		{{"0", 1}, true, 0},
		{{"0G", 2}, true, 0},
		{{"100", 3}, true, 100},
		{{"4k", 2}, true, 4096},
		{{"4M", 2}, true, 4194304},
		{{"4G", 2}, true, UINT64_C(4294967296)},
		{{"17179869183G", 12}, true, UINT64_C(17179869183) << 30},
		{{"17179869184G", 12}, false, 0},
		{{"18446744073709551615", 20}, true, UINT64_MAX},
		{{"18446744073709551615k", 21}, false, 0},
		{{"", 0}, false, 0},
		{{"k", 1}, false, 0},
		{{"4K", 2}, false, 0},
		{{"4kB", 3}, false, 0},
		{{"4kk", 3}, false, 0},
		{{"4k1", 3}, false, 0},
		{{"4 k", 3}, false, 0},
		{{"-4k", 3}, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint64_t value = 77;

		assert_int_equal(
			str_to_size(numbers[i].text, &value), numbers[i].ok ? 0 : -1);
		assert_int_equal(value, numbers[i].ok ? numbers[i].value : 77);
	}
}

static void
test_to_duration(void **state)
{
	static const struct number numbers[] = {
		{{"0", 1}, true, 0},
		{{"000", 3}, true, 0},
		{{"0s", 2}, true, 0},
		{{"20ms", 4}, true, 20},
		{{"90s", 3}, true, 90000},
		{{"2m", 2}, true, 120000},
		{{"1h30m", 5}, true, 5400000},
		{{"30m1h", 5}, true, 5400000},
		{{"7d", 2}, true, 604800000},
		{{"1d1h1m1s1ms", 11}, true, 90061001},
		{{"1m1ms", 5}, true, 60001},
		{{"9223372036854775807ms", 21}, true, INT64_MAX},
		{{"9223372036854775808ms", 21}, false, 0},
		{{"9223372036854775807ms1ms", 24}, false, 0},
		{{"106751991168d", 13}, false, 0},
		{{"18446744073709551615d", 21}, false, 0},
		{{"", 0}, false, 0},
		{{NULL, 0}, false, 0},
		{{"5", 1}, false, 0},
		{{"s", 1}, false, 0},
		{{"1h0", 3}, false, 0},
		{{"1h 30m", 6}, false, 0},
		{{"1hm", 3}, false, 0},
		{{"1H", 2}, false, 0},
		{{"1.5h", 4}, false, 0},
		{{"-1s", 3}, false, 0},
		{{"1w", 2}, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int64_t value = 77;

		assert_int_equal(str_to_duration(numbers[i].text, &value),
			numbers[i].ok ? 0 : -1);
		assert_int_equal(value, numbers[i].ok ? numbers[i].value : 77);
	}
}

static void
assert_size_text(uint64_t bytes, const char *text)
{
	char out[STR_NUMBER_MAX];
	uint64_t back;

	str_from_size(bytes, out, sizeof(out));
	assert_string_equal(out, text);
	assert_int_equal(str_to_size(str_of(out), &back), 0);
	assert_int_equal(back, bytes);
}

static void
test_from_size(void **state)
{
	(void)state;
	assert_size_text(0, "0");
	assert_size_text(1, "1");
	assert_size_text(1023, "1023");
	assert_size_text(4096, "4k");
	assert_size_text(4097, "4097");
	assert_size_text(1048576, "1M");
	assert_size_text(1048576 + 1024, "1025k");
	assert_size_text(UINT64_C(3) << 30, "3G");
	assert_size_text(UINT64_C(1) << 63, "8589934592G");
	assert_size_text(UINT64_MAX, "18446744073709551615");
}

static void
assert_duration_text(int64_t ms, const char *text)
{
	char out[STR_NUMBER_MAX];
	int64_t back;

	str_from_duration(ms, out, sizeof(out));
	if (text != NULL)
		assert_string_equal(out, text);
	assert_int_equal(str_to_duration(str_of(out), &back), 0);
	assert_int_equal(back, ms);
}

static void
test_from_duration(void **state)
{
	(void)state;
	assert_duration_text(0, "0");
	assert_duration_text(20, "20ms");
	assert_duration_text(1000, "1s");
	assert_duration_text(90000, "1m30s");
	assert_duration_text(5400000, "1h30m");
	assert_duration_text(86400000, "1d");
	assert_duration_text(90061001, "1d1h1m1s1ms");
	assert_duration_text(INT64_MAX, "106751991167d7h12m55s807ms");
	srand(1);
	for (int i = 0; i < 10000; i++)
		assert_duration_text((int64_t)rand() * (1 + rand() % 1000), NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_eq),
		cmocka_unit_test(test_ieq),
		cmocka_unit_test(test_starts),
		cmocka_unit_test(test_from),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_word),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_to_uint),
		cmocka_unit_test(test_to_size),
		cmocka_unit_test(test_to_duration),
		cmocka_unit_test(test_from_size),
		cmocka_unit_test(test_from_duration),
	};

	return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
