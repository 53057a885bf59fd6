/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "conf/reader.h"

static void
note_section(void *arg, unsigned line, struct str header)
{
	buf_printf(arg, "%u [%.*s]\n", line, (int)header.len, header.p);
}

static void
note_key(void *arg, unsigned line, const char *key, const char *value)
{
	buf_printf(arg, "%u <%s> <%s>\n", line, key, value);
}

static void
note_error(void *arg, unsigned line, const char *text)
{
	/* What it says is the loader's test. */
	(void)text;
	buf_printf(arg, "%u error\n", line);
}

static const struct reader_events events = {note_section, note_key, note_error};

/* Read `text`, and compare what is found with `expected`. */
static void
check_bytes(struct str text, const char *expected)
{
	struct buf out = {0};
	FILE *file = tmpfile();
	char *found;

	assert_non_null(file);
	assert_int_equal(fwrite(text.p, 1, text.len, file), text.len);
	rewind(file);
	reader_run(file, &events, &out);
	fclose(file);
	found = buf_take(&out);
	assert_string_equal(found, expected);
	free(found);
}

static void
check(const char *text, const char *expected)
{
	check_bytes(str_of(text), expected);
}

static void
test_events(void **state)
{
	(void)state;
	check("", "");
	check("\n\n;\n#\n \t\n", "");
	check("[a]", "1 [a]\n");
	check("[ a  b ] ; c\n\nx = y ; c\nx:y\nx=\n",
		"1 [a  b]\n3 <x> <y>\n4 <x> <y>\n5 <x> <>\n");
	check("[a]\nx y = = z ;\n[b]\nx = a;b\n",
		"1 [a]\n2 <x y> <= z>\n3 [b]\n4 <x> <a;b>\n");
	check("\xef\xbb\xbf[a]\r\nx = y\r\n", "1 [a]\n2 <x> <y>\n");
	check("\xef\xbb\xbf; c\n[a]\n", "2 [a]\n");
}

/* Values are inih's, and it remembers: nothing of a bad line may reach it. */
static void
test_errors(void **state)
{
	(void)state;
	check("[a]\nx = y\n z\n\tu = v\nx = w\n",
		"1 [a]\n2 <x> <y>\n3 error\n4 error\n5 <x> <w>\n");
	check("x = y\nz = u\n[a]\nx = v\n", "1 error\n3 [a]\n4 <x> <v>\n");
	check("[a]\nx = y\n[b\nz = u\n[c]\nx = v\n",
		"1 [a]\n2 <x> <y>\n3 error\n5 [c]\n6 <x> <v>\n");
	check_bytes(STR("[a]\nx = y\0z\nu = v\n"), "1 [a]\n2 error\n3 <u> <v>\n");
}

/* Around the sizes of the buffers, theirs and ours, nothing is lost or cut in two. */
static void
test_lengths(void **state)
{
	struct buf text = {0}, expected = {0};
	char *result;

	(void)state;
	for (int len = 150; len < 450; len++) {
		const char *end = len % 2 == 0 ? "\n" : "\r\n";
		bool fits = len + 2 <= READER_LINE_MAX;

		buf_reset(&text);
		buf_printf(&text, "[a]\nx=%0*d%sy = 1\n", len, 0, end);
		buf_printf(&expected, "1 [a]\n");
		if (fits)
			buf_printf(&expected, "2 <x> <%0*d>\n3 <y> <1>\n", len, 0);
		else
			buf_printf(&expected, "2 error\n3 <y> <1>\n");
		result = buf_take(&expected);
		check_bytes(buf_str(&text), result);
		free(result);
	}
	buf_fini(&text);
}

/* A file without an end has one for us. */
static void
test_endless(void **state)
{
	struct buf out = {0};
	FILE *file = fopen("/dev/zero", "r");
	char *found;

	(void)state;
	if (file == NULL)
		skip();
	reader_run(file, &events, &out);
	fclose(file);
	found = buf_take(&out);
	assert_string_equal(found, "0 error\n1 error\n");
	free(found);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
