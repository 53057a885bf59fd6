/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/terminal_type.h"

/* What the names of terminals and clients say. */

static struct terminal_type
named(struct str name)
{
	struct terminal_type type = {0};

	(void)terminal_type_add(&type, name);
	return type;
}

static void
test_names(void **state)
{
	static const struct {
		const char *name;
		unsigned colours;
		bool has_editor;
	} names[] = {
		{"XTERM", 16, false},
		{"xterm", 16, false},
		{"xterm-256color", 256, false},
		{"xterm-truecolor", 256, false},
		{"XTERM-256COLOR", 256, false},
		{"screen.xterm-256color", 256, false},
		{"tmux", 16, false},
		{"rxvt-unicode", 16, false},
		{"linux", 16, false},
		{"ANSI", 16, false},
		{"ANSI-ATTR", 16, false},
		{"putty", 16, false},
		{"256color", 256, false},
		{"colorful", 16, false},
		{"vt100", 0, false},
		{"VT220", 0, false},
		{"vt100-color", 16, false},
		{"xterm-mono", 0, false},
		{"xter", 0, false},
		{"an xterm", 0, false},
		{"256colo", 0, false},
		/* Terminals that can't take a line away. */
		{"dumb", 0, true},
		{"UNKNOWN", 0, true},
		{"hardcopy", 0, true},
		{"network", 0, true},
		/* Clients with an input line of their own. */
		{"TINTIN++", 16, true},
		{"TINYFUGUE", 16, true},
		{"KBtin", 16, true},
		{"KBtin-2.1", 16, true},
		{"MUDLET", 16, true},
		{"Mudlet 4.17", 16, true},
		{"BeipMU", 0, true},
		{"powwow", 0, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct terminal_type type = named(str_of(names[i].name));

		if (terminal_type_colours(&type) != names[i].colours ||
			type.has_editor != names[i].has_editor)
			fail_msg("%s: %u colours%s", names[i].name,
				terminal_type_colours(&type),
				type.has_editor ? ", an editor" : "");
		assert_false(terminal_type_is_reader(&type));
	}
}

/* The most that any of them says. */
static void
test_several(void **state)
{
	struct terminal_type type = {0};

	(void)state;
	assert_int_equal(terminal_type_colours(&type), 0);
	assert_true(terminal_type_add(&type, STR("TINYFUGUE")));
	assert_true(terminal_type_add(&type, STR("xterm-256color")));
	assert_true(terminal_type_add(&type, STR("ANSI")));
	assert_true(terminal_type_add(&type, STR("UNKNOWN")));
	assert_int_equal(terminal_type_colours(&type), 256);
	assert_true(type.has_editor);
}

static void
test_repeat(void **state)
{
	struct terminal_type type = {0};

	(void)state;
	assert_false(terminal_type_add(&type, STR("")));
	assert_true(terminal_type_add(&type, STR("XTERM")));
	assert_false(terminal_type_add(&type, STR("XTERM")));
	assert_string_equal(type.last, "XTERM");
	/* Only the last one counts, and its case does. */
	assert_true(terminal_type_add(&type, STR("xterm")));
	assert_true(terminal_type_add(&type, STR("XTERM")));
	assert_true(terminal_type_add(&type, STR("XTER")));
	assert_true(terminal_type_add(&type, STR("")));
	assert_false(terminal_type_add(&type, STR("")));
}

/* MTTS knows better than any name, in both directions. */
static void
test_mtts(void **state)
{
	static const struct {
		const char *name;
		unsigned colours;
		bool is_reader;
	} rows[] = {
		{"MTTS 0", 0, false},
		{"MTTS 1", 16, false},
		{"MTTS 4", 0, false},
		{"MTTS 8", 256, false},
		{"MTTS 9", 256, false},
		{"MTTS 64", 0, true},
		{"MTTS 65", 16, true},
		{"MTTS 271", 256, false},
		{"mtts 2383", 256, true},
		/* More bits than there are mean nothing. */
		{"MTTS 65536", 0, false},
		{"MTTS 4294967304", 256, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct terminal_type type = named(STR("xterm-256color"));

		assert_true(terminal_type_add(&type, str_of(rows[i].name)));
		assert_true(type.has_mtts);
		assert_int_equal(terminal_type_colours(&type), rows[i].colours);
		assert_int_equal(terminal_type_is_reader(&type), rows[i].is_reader);
	}
}

/* What only looks like it is a name as others are, and says nothing. */
static void
test_no_mtts(void **state)
{
	static const char *const names[] = {"MTTS", "MTTS ", "MTTS 9 ", "MTTS -1",
		"MTTS 0x48", "MTTS72", "MTTS 99999999999999999999", "A MTTS 72"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct terminal_type type = named(STR("xterm"));

		assert_true(terminal_type_add(&type, str_of(names[i])));
		assert_false(type.has_mtts);
		assert_int_equal(terminal_type_colours(&type), 16);
		assert_false(terminal_type_is_reader(&type));
	}
}

/* At most 40 bytes are kept, and compared, and never half a character. */
static void
test_long(void **state)
{
	char name[200];
	struct terminal_type type = {0};

	(void)state;
	memset(name, 'x', sizeof(name));
	assert_true(terminal_type_add(&type, str_make(name, 40)));
	assert_int_equal(strlen(type.last), 40);
	for (size_t len = 41; len <= sizeof(name); len++) {
		assert_false(terminal_type_add(&type, str_make(name, len)));
		assert_int_equal(strlen(type.last), 40);
	}
	assert_true(terminal_type_add(&type, str_make(name, 39)));
	memcpy(name + 39, "\xc3\xbc", 2);
	assert_false(terminal_type_add(&type, str_make(name, 100)));
	assert_int_equal(strlen(type.last), 39);
}

/* A NUL in a name, or bytes of any kind: nothing breaks. */
static void
test_odd(void **state)
{
	struct terminal_type type = {0};

	(void)state;
	assert_true(terminal_type_add(&type, STR("a\0b")));
	assert_string_equal(type.last, "a");
	assert_true(terminal_type_add(&type, STR("\xff\xfe\xf0")));
	assert_true(terminal_type_add(&type, STR("\0")));
	assert_int_equal(terminal_type_colours(&type), 0);
	assert_false(type.has_editor);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_repeat),
		cmocka_unit_test(test_mtts),
		cmocka_unit_test(test_no_mtts),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_odd),
	};

	return cmocka_run_group_tests_name("terminal_type", tests, NULL, NULL);
}
