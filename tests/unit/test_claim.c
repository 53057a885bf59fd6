/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/name_utf8.h"
#include "base/passphrase.h"
#include "chat/claim.h"

enum {
	DAY = 24 * 60 * 60,
	NOW = 1795255200, /* 2026-11-21T10:00:00Z */
	MIDNIGHT = NOW - 10 * 60 * 60,
};

static void
load(struct claims *claims, struct str text)
{
	struct errlist errors = {0};
	int rc = claims_load(claims, text, "F", &errors);

	if (errors.count > 0)
		fail_msg("%s", errors.texts[0]);
	assert_int_equal(rc, 0);
}

/* What is there, as text. */
static void
check_now(const struct claims *claims, const char *want)
{
	struct buf out = {0};

	claims_print(claims, &out);
	buf_add_char(&out, '\0');
	assert_string_equal(out.p, want);
	buf_fini(&out);
}

/* Printed, it is `want`, which stays when read and printed again. */
static void
check(const char *text, const char *want)
{
	struct claims *claims = claims_new();

	load(claims, str_of(text));
	check_now(claims, want);
	load(claims, str_of(want));
	check_now(claims, want);
	claims_free(claims);
}

/* All of these are said about it, and nothing of it is loaded. */
static void
check_wrong(struct str text, const char *says)
{
	struct claims *claims = claims_new();
	struct errlist errors = {0};
	struct buf out = {0};

	load(claims, STR("eve $1"));
	assert_int_equal(claims_load(claims, text, "F", &errors), -1);
	for (size_t i = 0; i < errors.count; i++)
		buf_printf(&out, "%s\n", errors.texts[i]);
	buf_add_char(&out, '\0');
	assert_string_equal(out.p, says);
	check_now(claims, "eve $1\n");
	buf_fini(&out);
	errlist_fini(&errors);
	claims_free(claims);
}

static void
test_set(void **state)
{
	struct claims *claims = claims_new();
	const struct claim *ann;

	(void)state;
	assert_int_equal(claims_count(claims), 0);
	assert_null(claims_find(claims, STR("ann")));
	claims_set(claims, STR("Bob"), "$b", NOW);
	claims_set(claims, STR("Ann"), "$a", NOW + DAY);
	claims_set(claims, STR("cy"), "$c", NOW);
	assert_int_equal(claims_count(claims), 3);
	ann = claims_find(claims, STR("aNN"));
	assert_non_null(ann);
	assert_string_equal(ann->nick, "Ann");
	assert_string_equal(ann->key, "ann");
	assert_string_equal(ann->hash, "$a");
	assert_int_equal(ann->claimed, NOW + DAY);
	assert_int_equal(ann->seen, NOW + DAY);
	assert_ptr_equal(ann, claims_get(claims, 0));
	assert_string_equal(claims_get(claims, 1)->nick, "Bob");
	assert_string_equal(claims_get(claims, 2)->nick, "cy");
	/* Another hash, later, and the name in another way. */
	claims_set(claims, STR("aNN"), "$d", NOW + 9 * DAY);
	assert_int_equal(claims_count(claims), 3);
	ann = claims_find(claims, STR("ann"));
	assert_string_equal(ann->nick, "aNN");
	assert_string_equal(ann->hash, "$d");
	assert_int_equal(ann->claimed, NOW + DAY);
	assert_int_equal(ann->seen, NOW + 9 * DAY);
	check_now(claims,
		"aNN $d claimed=2026-11-22 seen=2026-11-30\n"
		"Bob $b claimed=2026-11-21 seen=2026-11-21\n"
		"cy $c claimed=2026-11-21 seen=2026-11-21\n");
	claims_free(claims);
	claims_free(NULL);
}

static void
test_find(void **state)
{
	static const char *const none[] = {
		"", "an", "annn", "a n", "-", "zz", "\xff", "0"};
	char longest[NAME_MAX_BYTES + 1], longer[NAME_MAX_BYTES + 2];
	struct claims *claims = claims_new();

	(void)state;
	memset(longest, 'x', sizeof(longest));
	memset(longer, 'x', sizeof(longer));
	longest[NAME_MAX_BYTES] = longer[NAME_MAX_BYTES + 1] = '\0';
	claims_set(claims, STR("ann"), "$a", NOW);
	claims_set(claims, str_of(longest), "$x", NOW);
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		assert_null(claims_find(claims, str_of(none[i])));
		assert_false(claims_touch(claims, str_of(none[i]), NOW + DAY));
		assert_false(claims_remove(claims, str_of(none[i])));
	}
	assert_non_null(claims_find(claims, str_of(longest)));
	assert_null(claims_find(claims, str_of(longer)));
	assert_int_equal(claims_count(claims), 2);
	claims_free(claims);
}

/* Hundreds, in an order of their own. */
static void
test_many(void **state)
{
	struct claims *claims = claims_new();
	char nick[16];

	(void)state;
	for (unsigned i = 0; i < 500; i++) {
		assert_true(snprintf(nick, sizeof(nick), "n%u", i * 7 % 500) > 0);
		claims_set(claims, str_of(nick), "$h", NOW);
	}
	assert_int_equal(claims_count(claims), 500);
	for (size_t i = 1; i < 500; i++)
		assert_true(strcmp(claims_get(claims, i - 1)->key,
				    claims_get(claims, i)->key) < 0);
	for (unsigned i = 0; i < 500; i++) {
		assert_true(snprintf(nick, sizeof(nick), "N%u", i) > 0);
		assert_non_null(claims_find(claims, str_of(nick)));
		if (i % 2 == 0)
			assert_true(claims_remove(claims, str_of(nick)));
		if (i % 2 == 0)
			assert_null(claims_find(claims, str_of(nick)));
	}
	assert_int_equal(claims_count(claims), 250);
	assert_non_null(claims_find(claims, STR("n1")));
	claims_free(claims);
}

static void
test_alike(void **state)
{
	struct claims *claims = claims_new();

	(void)state;
	claims_set(claims, STR("Bill"), "$b", NOW);
	claims_set(claims, STR("ann"), "$a", NOW);
	assert_null(claims_find_alike(claims, STR("bob")));
	assert_null(claims_find_alike(claims, STR("BILL"))); /* the name itself */
	assert_string_equal(claims_find_alike(claims, STR("b1ll"))->nick, "Bill");
	claims_set(claims, STR("b1ll"), "$c", NOW);
	assert_string_equal(claims_find_alike(claims, STR("b1ll"))->nick, "Bill");
	assert_string_equal(claims_find_alike(claims, STR("bill"))->nick, "b1ll");
	/* With others before and behind them, and one by one without themselves. */
	claims_set(claims, STR("zoe"), "$z", NOW);
	claims_set(claims, STR("abe"), "$d", NOW);
	claims_set(claims, STR("mia"), "$m", NOW); /* which looks like "rnla" */
	claims_set(claims, STR("nora"), "$n", NOW);
	assert_string_equal(claims_find_alike(claims, STR("n0ra"))->nick, "nora");
	assert_string_equal(claims_find_alike(claims, STR("m1a"))->nick, "mia");
	assert_non_null(claims_find_alike(claims, STR("bi1l")));
	assert_string_equal(claims_find_alike(claims, STR("z0e"))->nick, "zoe");
	assert_true(claims_remove(claims, STR("b1ll")));
	assert_string_equal(claims_find_alike(claims, STR("bi1l"))->nick, "Bill");
	assert_null(claims_find_alike(claims, STR("bill")));
	assert_int_equal(claims_expire(claims, NOW + DAY), 6);
	assert_null(claims_find_alike(claims, STR("bi1l")));
	load(claims, STR("ann $a\nbil1 $b\n"));
	assert_string_equal(claims_find_alike(claims, STR("bi1l"))->nick, "bil1");
	claims_set(claims, STR("BIL1"), "$e", NOW);
	assert_string_equal(claims_find_alike(claims, STR("bi1l"))->nick, "BIL1");
	claims_free(claims);
}

static void
test_touch(void **state)
{
	struct claims *claims = claims_new();

	(void)state;
	load(claims, STR("ann $a\nbob $b seen=2026-11-20\n"));
	assert_true(claims_touch(claims, STR("bob"), MIDNIGHT));
	assert_false(claims_touch(claims, STR("Bob"), MIDNIGHT + DAY - 1));
	assert_true(claims_touch(claims, STR("bob"), MIDNIGHT + DAY));
	/* The clock was wrong. */
	assert_true(claims_touch(claims, STR("bob"), MIDNIGHT + DAY - 1));
	/* It was not known before. */
	assert_true(claims_touch(claims, STR("ann"), 7));
	assert_false(claims_touch(claims, STR("ann"), 8));
	check_now(claims, "ann $a seen=1970-01-01\nbob $b seen=2026-11-21\n");
	claims_free(claims);
}

static void
test_expire(void **state)
{
	struct claims *claims = claims_new();

	(void)state;
	load(claims,
		STR("ann $a\nbob $b seen=2026-11-20\ncy $c seen=2026-11-21\n"
		    "dan $d claimed=1999-01-01 seen=2026-11-22\n"
		    "eve $e claimed=1999-01-01\n"));
	assert_int_equal(claims_expire(claims, MIDNIGHT - DAY), 0);
	assert_int_equal(claims_expire(claims, MIDNIGHT - DAY + 1), 1);
	assert_null(claims_find(claims, STR("bob")));
	assert_int_equal(claims_expire(claims, INT64_MAX), 2);
	check_now(claims, "ann $a\neve $e claimed=1999-01-01\n");
	claims_free(claims);
}

static void
test_is_hash(void **state)
{
	char text[PASSPHRASE_HASH_MAX];

	(void)state;
	memset(text, '$', sizeof(text));
	assert_true(claim_is_hash(STR("$y$j9T$abc./XYZ$~!")));
	assert_true(claim_is_hash(str_make(text, sizeof(text) - 1)));
	assert_false(claim_is_hash(str_make(text, sizeof(text))));
	assert_false(claim_is_hash(STR("")));
	assert_false(claim_is_hash(STR("y$")));
	assert_false(claim_is_hash(STR("$ ")));
	assert_false(claim_is_hash(STR("$\x7f")));
	assert_false(claim_is_hash(STR("$\0")));
	assert_false(claim_is_hash(STR("$\xc3\xbc")));
}

static void
test_text(void **state)
{
	(void)state;
	check("", "");
	check("Ann $y$j9T$salt$hash claimed=2026-11-21 seen=2026-11-30",
		"Ann $y$j9T$salt$hash claimed=2026-11-21 seen=2026-11-30\n");
	check("\xEF\xBB\xBF# names\r\n\r\n zed\t$z seen=2026-11-30 claimed=2026-11-21 "
	      "\r\n"
	      "Bob $b\n  ; more\nann $a seen=2026-11-30\n_ $_\nANNE $e\n7 $7",
		"7 $7\n_ $_\nann $a seen=2026-11-30\nANNE $e\nBob $b\n"
		"zed $z claimed=2026-11-21 seen=2026-11-30\n");
	check("ann $a claimed=1970-01-01", "ann $a\n");
	if (name_utf8_available())
		check("\u00DCte $u\nute $a", "ute $a\n\u00DCte $u\n");
	else
		check_wrong(STR("\u00DCte $u"),
			"F:1: the line does not begin with a name (this prattled knows "
			"names of ASCII letters only)\n");
}

/* A file that was changed by somebody is all there is. */
static void
test_load_again(void **state)
{
	struct claims *claims = claims_new();

	(void)state;
	load(claims, STR("ann $a\nbob $b\n"));
	load(claims, STR("cy $c\nANN $d\n"));
	check_now(claims, "ANN $d\ncy $c\n");
	load(claims, STR(""));
	assert_int_equal(claims_count(claims), 0);
	assert_null(claims_find(claims, STR("ann")));
	claims_free(claims);
}

static void
test_wrong(void **state)
{
	(void)state;
	check_wrong(STR("ann $a\nsecret:x $b\nbob\ncy secret\n- secret x\n"
			"dan $d secret\nANN $d\n"),
		"F:2: the line does not begin with a name\n"
		"F:3: behind the name stands no hash of a passphrase (which is a word "
		"that begins with $, as prattled --hash prints it)\n"
		"F:4: behind the name stands no hash of a passphrase (which is a word "
		"that begins with $, as prattled --hash prints it)\n"
		"F:5: the line does not begin with a name\n"
		"F:5: behind the name stands no hash of a passphrase (which is a word "
		"that begins with $, as prattled --hash prints it)\n"
		"F:6: behind the hash stands what does not belong there (write NAME "
		"HASH "
		"claimed=2026-11-21 seen=2026-11-30)\n"
		"F:7: ANN is claimed by a line above\n");
	check_wrong(STR("ann $a sen=2026-11-21 seen=2026-11-21T10:00:00Z\n"
			"bob $b claimed= claimed=2026-11-21 seen=2026-02-29\n"
			"cy $c seen\n"),
		"F:1: behind the hash stands what does not belong there (did you mean "
		"seen=?) (write NAME HASH claimed=2026-11-21 seen=2026-11-30)\n"
		"F:1: behind seen= stands no day (write it as seen=2026-11-21)\n"
		"F:2: behind claimed= stands no day (write it as claimed=2026-11-21)\n"
		"F:2: claimed= is there twice\n"
		"F:2: behind seen= stands no day (write it as seen=2026-11-21)\n"
		"F:3: behind the hash stands what does not belong there (did you mean "
		"seen=?) (write NAME HASH claimed=2026-11-21 seen=2026-11-30)\n");
	check_wrong(STR("ann\0 $a\nbob $\0\ncy $c \x1b[1m\n"),
		"F:1: the line does not begin with a name\n"
		"F:2: behind the name stands no hash of a passphrase (which is a word "
		"that begins with $, as prattled --hash prints it)\n"
		"F:3: behind the hash stands what does not belong there (write NAME "
		"HASH "
		"claimed=2026-11-21 seen=2026-11-30)\n");
}

/* Any words in any order: what is loaded is the same when printed and loaded again. */
static void
test_random(void **state)
{
	static const char *const words[] = {"ann ", "Ann ", "Bob ", "$a ", "$b$c ",
		"x ", "claimed=2026-11-21 ", "seen=2026-11-30 ", "seen= ", "\n", "\r",
		"#", "\t"};
	size_t loaded = 0;

	(void)state;
	srand(1);
	for (int round = 0; round < 50000; round++) {
		struct buf text = {0}, out = {0};
		struct claims *claims = claims_new();
		struct errlist errors = {0};

		for (int n = rand() % 6; n >= 0; n--) {
			if (rand() % 2 == 0)
				buf_printf(&text, "\nn%d $h ", rand() % 20);
			buf_add_str(&text,
				str_of(words[(size_t)rand() %
					(sizeof(words) / sizeof(*words))]));
		}
		if (claims_load(claims, buf_str(&text), "F", &errors) == 0) {
			loaded++;
			claims_print(claims, &out);
			buf_add_char(&out, '\0');
			check(out.p, out.p);
		} else {
			assert_int_not_equal(errors.count, 0);
		}
		errlist_fini(&errors);
		claims_free(claims);
		buf_fini(&text);
		buf_fini(&out);
	}
	assert_in_range(loaded, 2000, 50000);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_touch),
		cmocka_unit_test(test_expire),
		cmocka_unit_test(test_is_hash),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_load_again),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("claim", tests, NULL, NULL);
}
