/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mdoc.h"
#include "chat/command.h"
#include "chat/setting.h"

static void
assert_plain_with(const char *slash, const char *mdoc, const char *want)
{
	struct buf out = {0};
	char *got;

	/* What stands there already is no part of the text. */
	buf_add_str(&out, STR("-- "));
	mdoc_add_plain(&out, str_of(mdoc), slash);
	got = buf_take(&out);
	assert_memory_equal(got, "-- ", 3);
	assert_string_equal(got + 3, want);
	free(got);
}

#define assert_plain(mdoc, want) assert_plain_with("/", mdoc, want)

static void
test_words(void **state)
{
	(void)state;
	assert_plain("", "");
	assert_plain("One sentence.", "One sentence.");
	assert_plain("One\nsentence.\nAnother.", "One sentence. Another.");
	assert_plain("from \\-1 to 2\\&.", "from -1 to 2.");
	assert_plain("a \\", "a \\");
}

static void
test_macros(void **state)
{
	(void)state;
	assert_plain(".Cm off\nends it.", "off ends it.");
	assert_plain("One of\n.Cm error , info\nand\n.Cm debug .",
		"One of error, info and debug.");
	assert_plain("See\n.Xr prattled.ini 5 .", "See prattled.ini(5).");
	assert_plain("only with\n.Fl y ;\nwithout", "only with -y; without");
	assert_plain("If it is\n.Ql \\- ,\nthen", "If it is \"-\", then");
	assert_plain("see\n.Sx EVENTS .", "see EVENTS.");
}

static void
test_commands(void **state)
{
	(void)state;
	assert_plain("until\n.Ic /unmute .", "until /unmute.");
	assert_plain_with("", "until\n.Ic /unmute .", "until unmute.");
	assert_plain_with("", ".Ic twice", "twice");
}

static void
assert_readable(const char *text)
{
	struct buf out = {0};
	char *got;

	if (text == NULL)
		return;
	mdoc_add_plain(&out, str_of(text), "/");
	got = buf_take(&out);
	/* No macro, escape, or gap before punctuation is left; it is a sentence. */
	assert_null(strstr(got, "\n"));
	assert_null(strstr(got, "\\"));
	assert_null(strstr(got, "  "));
	assert_null(strstr(got, " ."));
	assert_null(strstr(got, " ,"));
	assert_int_equal(got[strlen(got) - 1], '.');
	free(got);
}

/* All that there is to be shown. */
static void
test_tables(void **state)
{
	(void)state;
	for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
		assert_readable(c->text);
		assert_readable(c->console_text);
	}
	for (size_t i = 0; i < SETTINGS; i++)
		assert_readable(settings[i].text);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_macros),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests_name("mdoc", tests, NULL, NULL);
}
