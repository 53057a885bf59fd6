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

#include "base/width.h"
#include "chat/style.h"
#include "chat/theme.h"

/* Colours of nicks and lines. */

static const uint32_t palettes[] = {STYLE_COLOUR, STYLE_COLOUR | STYLE_LIGHT,
	STYLE_COLOUR | STYLE_256, STYLE_COLOUR | STYLE_256 | STYLE_LIGHT};
#define PALETTES (sizeof(palettes) / sizeof(palettes[0]))

/* The sequence of a nick, terminated; the caller frees it. */
static char *
nick_colour(uint32_t style, const char *nick)
{
	struct buf out = {0};

	theme_nick(&out, style, str_of(nick));
	return buf_take(&out);
}

/* The number in the sequence, and whether it is one of the 256. */
static unsigned
nick_code(uint32_t style, const char *nick)
{
	char *colour = nick_colour(style, nick);
	unsigned code = 0;
	int end = 0;

	assert_int_equal(width_sgr(str_of(colour)), strlen(colour));
	if (style & STYLE_256)
		sscanf(colour, "\x1b[38;5;%um%n", &code, &end);
	else
		sscanf(colour, "\x1b[%um%n", &code, &end);
	assert_int_equal(end, strlen(colour));
	free(colour);
	return code;
}

static void
assert_same_colour(uint32_t style, const char *a, const char *b)
{
	char *first = nick_colour(style, a), *second = nick_colour(style, b);

	assert_string_equal(first, second);
	free(first);
	free(second);
}

/* The same for ever: people know each other by it. Not for the case of letters. */
static void
test_stable(void **state)
{
	(void)state;
	assert_int_equal(nick_code(STYLE_COLOUR, "ann"), 32);
	assert_int_equal(nick_code(STYLE_COLOUR | STYLE_LIGHT, "ann"), 35);
	assert_int_equal(nick_code(STYLE_COLOUR | STYLE_256, "ann"), 213);
	for (size_t i = 0; i < PALETTES; i++) {
		assert_same_colour(palettes[i], "ann", "ANN");
		assert_same_colour(palettes[i], "Ann-Marie_2", "aNN-mARIE_2");
	}
}

/* Whether a colour fits its palette, and stands out from the background. */
static void
assert_fits(uint32_t style, unsigned code)
{
	if (style & STYLE_256)
		assert_in_range(code, 17, 231); /* the cube, which no theme changes */
	else
		assert_true((code >= 31 && code <= 36) || (code >= 91 && code <= 96));
	/* Bright ones can't be read on white. */
	if (style & STYLE_LIGHT && !(style & STYLE_256))
		assert_true(code < 90);
}

/* People share a colour as seldom as can be: all are used, about as often. */
static void
test_spread(void **state)
{
	(void)state;
	for (size_t i = 0; i < PALETTES; i++) {
		unsigned used[256] = {0}, colours = 0;

		for (int n = 0; n < 1500; n++) {
			char nick[16];
			unsigned code;

			snprintf(nick, sizeof(nick), "guest%d", n);
			code = nick_code(palettes[i], nick);
			assert_fits(palettes[i], code);
			used[code]++;
		}
		for (size_t code = 0; code < 256; code++)
			colours += used[code] > 0 ? 1 : 0;
		assert_true(colours >= (palettes[i] & STYLE_256 ? 15 : 5));
		for (size_t code = 0; code < 256; code++)
			assert_true(used[code] < 3 * 1500 / colours);
	}
}

/* Without colours: nothing, whatever else the style says. */
static void
test_none(void **state)
{
	static const uint32_t others =
		STYLE_256 | STYLE_LIGHT | STYLE_MENTION | STYLE_READER | STYLE_CLOCK;
	char *colour = nick_colour(others, "ann");

	(void)state;
	assert_string_equal(colour, "");
	free(colour);
	for (enum msg_kind kind = 0; kind < MSG_KINDS; kind++)
		assert_string_equal(theme_line(others, kind), "");
}

/* What is said has the terminal's own colour; the daemon's words have another. */
static void
test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < PALETTES; i++) {
		uint32_t style = palettes[i];
		const char *notice = theme_line(style, MSG_NOTICE);
		const char *error = theme_line(style, MSG_ERROR);
		const char *private = theme_line(style, MSG_PRIVATE);
		const char *mention = theme_line(style | STYLE_MENTION, MSG_SAY);

		assert_string_equal(theme_line(style, MSG_SAY), "");
		assert_string_equal(theme_line(style, MSG_ACTION), "");
		assert_string_equal(theme_line(style, MSG_MOTD), "");
		assert_string_equal(theme_line(style, MSG_JOIN), notice);
		assert_string_equal(theme_line(style, MSG_QUIT), notice);
		assert_string_equal(theme_line(style, MSG_PRIVATE_SELF), private);
		assert_true(width_sgr(str_of(notice)) > 0);
		assert_true(width_sgr(str_of(error)) > 0);
		assert_true(width_sgr(str_of(private)) > 0);
		assert_true(width_sgr(str_of(mention)) > 0);
		assert_string_not_equal(notice, error);
		assert_string_not_equal(notice, private);
		assert_string_not_equal(error, private);
		assert_string_not_equal(mention, error);
	}
	/* Each theme has its own. */
	assert_string_not_equal(theme_line(STYLE_COLOUR, MSG_ERROR),
		theme_line(STYLE_COLOUR | STYLE_LIGHT, MSG_ERROR));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stable),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests_name("theme", tests, NULL, NULL);
}
