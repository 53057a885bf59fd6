/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/template.h"

/* Also counts in `arg` how often it is asked. */
static void
fill(void *arg, struct str hole, struct buf *out)
{
	++*(int *)arg;
	if (str_eq(hole, STR("nick")))
		buf_add_str(out, STR("ann"));
	else if (str_eq(hole, STR("text")))
		buf_add_str(out, STR("hello {nick} {{"));
}

static void
assert_renders(const char *text, const char *want)
{
	struct buf out = {0};
	int asked = 0;
	struct err err;
	char *got;

	assert_int_equal(template_check(text, "nick text none missing", &err), 0);
	template_render(&out, text, fill, &asked);
	got = buf_take(&out);
	assert_string_equal(got, want);
	free(got);
}

static void
assert_refused(const char *text, const char *names, const char *why)
{
	struct err err = {""};

	assert_int_equal(template_check(text, names, &err), -1);
	assert_string_equal(err.text, why);
}

static void
test_render(void **state)
{
	(void)state;
	assert_renders("", "");
	assert_renders("plain", "plain");
	assert_renders("{nick}", "ann");
	assert_renders("<{nick}>{nick}!", "<ann>ann!");
	assert_renders("{none}{missing}.", ".");
	/* What a hole is filled with is not looked at again. */
	assert_renders("{nick}: {text}", "ann: hello {nick} {{");
}

/* No value is made that the template does not want, and each as often as it does. */
static void
test_asked(void **state)
{
	struct buf out = {0};
	int asked = 0;

	(void)state;
	template_render(&out, "plain {{}} text", fill, &asked);
	assert_int_equal(asked, 0);
	template_render(&out, "{nick} {text} {nick}", fill, &asked);
	assert_int_equal(asked, 3);
	buf_fini(&out);
}

static void
test_braces(void **state)
{
	(void)state;
	assert_renders("{{", "{");
	assert_renders("}}", "}");
	assert_renders("{{nick}}", "{nick}");
	assert_renders("{{{nick}}}", "{ann}");
	assert_renders("{{}}{{", "{}{");
	assert_renders("a{{b}}c", "a{b}c");
}

static void
test_unknown(void **state)
{
	(void)state;
	assert_refused("{nik}: {text}", "nick text",
		"there is no {nik} here (did you mean {nick}?), only {nick}, {text}");
	assert_refused(
		"{whatever}", "nick", "there is no {whatever} here, only {nick}");
	assert_refused("{Nick}", " nick ",
		"there is no {Nick} here (did you mean {nick}?), only {nick}");
	assert_refused("{}", "nick", "there is no {} here, only {nick}");
	assert_refused("{ nick}", "nick",
		"there is no { nick} here (did you mean {nick}?), only {nick}");
	assert_refused("{nick}", "", "there is no {nick} here");
	assert_refused("a {0123456789012345678901234567890123456789 and more} b",
		"nick",
		"there is no {0123456789012345678901234567890123456789} here, only "
		"{nick}");
}

static void
test_unclosed(void **state)
{
	(void)state;
	assert_refused("{nick", "nick", "no } closes {nick (write {{ for a { itself)");
	assert_refused("a {", "nick", "no } closes { (write {{ for a { itself)");
	assert_refused("{{{", "nick", "no } closes { (write {{ for a { itself)");
	assert_refused(
		"{nick {nick}", "nick", "no } closes {nick  (write {{ for a { itself)");
	assert_refused("{a{b}}", "nick", "no } closes {a (write {{ for a { itself)");
}

static void
test_stray(void **state)
{
	(void)state;
	assert_refused("}", "nick", "no { opens the } (write }} for a } itself)");
	assert_refused("{nick}}", "nick", "no { opens the } (write }} for a } itself)");
	assert_refused("a } b", "nick", "no { opens the } (write }} for a } itself)");
	assert_refused("}}}", "nick", "no { opens the } (write }} for a } itself)");
}

/* Whatever is not refused can be rendered, and refusals always say why. */
static void
test_random(void **state)
{
	static const char *const pieces[] = {
		"{", "}", "nick", "a", "{nick}", "{{", " "};

	(void)state;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		struct err err = {""};
		struct buf text = {0}, out = {0};
		int count = rand() % 8, asked = 0;

		for (int i = 0; i < count; i++)
			buf_add_str(&text, str_of(pieces[rand() % 7]));
		buf_add_char(&text, '\0');
		if (template_check(text.p, "nick", &err) == 0)
			template_render(&out, text.p, fill, &asked);
		else
			assert_true(strlen(err.text) > 0);
		buf_fini(&text);
		buf_fini(&out);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_render),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_braces),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_unclosed),
		cmocka_unit_test(test_stray),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
