/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/suggest.h"

static const char *
nearest(const char *typed, const char *const *candidates)
{
	struct suggest suggest;

	suggest_init(&suggest, str_of(typed));
	while (*candidates != NULL)
		suggest_offer(&suggest, *candidates++);
	return suggest.best;
}

/* What is suggested when there is only one candidate: its distance, or -1. */
static int
distance(const char *typed, const char *candidate)
{
	struct suggest suggest;

	suggest_init(&suggest, str_of(typed));
	suggest_offer(&suggest, candidate);
	return suggest.best != NULL ? (int)suggest.distance : -1;
}

static void
test_distance(void **state)
{
	(void)state;
	assert_int_equal(distance("nick", "nick"), 0);
	assert_int_equal(distance("NICK", "nick"), 0);
	assert_int_equal(distance("nik", "nick"), 1);
	assert_int_equal(distance("nickk", "nick"), 1);
	assert_int_equal(distance("nock", "nick"), 1);
	assert_int_equal(distance("inck", "nick"), 1);
	assert_int_equal(distance("ncik", "nick"), 1);
	assert_int_equal(distance("nikc", "nick"), 1);
	assert_int_equal(distance("Inck", "nICK"), 1);
	assert_int_equal(distance("adress", "addresses"), -1);
	assert_int_equal(distance("adres", "address"), 2);
	assert_int_equal(distance("incks", "nick"), 2);
	assert_int_equal(distance("histroyy", "history"), 2);
	/* Optimal string alignment: a swapped pair is not edited again. */
	assert_int_equal(distance("cafoo", "abcfoo"), -1);
}

static void
test_too_far(void **state)
{
	(void)state;
	assert_int_equal(distance("xyz", "nick"), -1);
	/* A guess must keep more than half of what was typed. */
	assert_int_equal(distance("x", "a"), -1);
	assert_int_equal(distance("x", "xa"), -1);
	assert_int_equal(distance("xy", "ab"), -1);
	assert_int_equal(distance("xy", "xb"), -1);
	assert_int_equal(distance("xyz", "xbz"), 1);
	assert_int_equal(distance("", "a"), -1);
	assert_int_equal(distance("", ""), -1);
	assert_int_equal(distance("abc", ""), -1);
}

static void
test_long(void **state)
{
	char typed[66], candidate[66];

	(void)state;
	memset(typed, 'a', sizeof(typed) - 1);
	memset(candidate, 'a', sizeof(candidate) - 1);
	typed[64] = '\0';
	candidate[64] = '\0';
	candidate[63] = 'b';
	assert_int_equal(distance(typed, candidate), 1);
	typed[64] = 'a';
	typed[65] = '\0';
	assert_int_equal(distance(typed, candidate), -1);
	assert_int_equal(distance(candidate, typed), -1);
}

static void
test_nearest(void **state)
{
	static const char *const candidates[] = {"ban", "bans", "band", "join", NULL};

	(void)state;
	/* Half of a short word wrong is another word. */
	assert_null(nearest("bsna", candidates));
	assert_string_equal(nearest("banss", candidates), "bans");
	assert_string_equal(nearest("BANd", candidates), "band");
	assert_string_equal(nearest("jion", candidates), "join");
	/* Of equals the first. */
	assert_string_equal(nearest("bant", candidates), "ban");
	assert_null(nearest("whatever", candidates));
}

static size_t
min3(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* The definition itself, without limits and savings. */
static size_t
slow_distance(const char *a, size_t i, const char *b, size_t j)
{
	size_t d;

	if (i == 0 || j == 0)
		return i + j;
	d = min3(slow_distance(a, i - 1, b, j) + 1, slow_distance(a, i, b, j - 1) + 1,
		slow_distance(a, i - 1, b, j - 1) + (a[i - 1] != b[j - 1]));
	if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
		d = min3(d, d, slow_distance(a, i - 2, b, j - 2) + 1);
	return d;
}

static void
random_word(char *word)
{
	size_t len = (size_t)(rand() % 6);

	for (size_t i = 0; i < len; i++)
		word[i] = (char)('a' + rand() % 3);
	word[len] = '\0';
}

static void
test_random(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		char a[8], b[8];
		size_t want;

		random_word(a);
		random_word(b);
		want = slow_distance(a, strlen(a), b, strlen(b));
		if (want > 2 || want * 2 >= strlen(a))
			assert_int_equal(distance(a, b), -1);
		else
			assert_int_equal(distance(a, b), want);
	}
}

static void
test_text(void **state)
{
	struct suggest suggest;
	char out[64], small[8];

	(void)state;
	suggest_init(&suggest, STR("nik"));
	assert_ptr_equal(suggest_text(&suggest, "\"", "\"", out, sizeof(out)), out);
	assert_string_equal(out, "");
	suggest_offer(&suggest, "nick");
	suggest_text(&suggest, "\"", "\"", out, sizeof(out));
	assert_string_equal(out, " (did you mean \"nick\"?)");
	suggest_text(&suggest, "/", "", out, sizeof(out));
	assert_string_equal(out, " (did you mean /nick?)");
	suggest_text(&suggest, "/", "", small, sizeof(small));
	assert_string_equal(small, " (did y");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_too_far),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
