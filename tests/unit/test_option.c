/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/netaddr.h"
#include "conf/address.h"
#include "conf/option.h"
#include "conf/reader.h"

/* A section with one option of each type. */
struct section {
	bool on;
	uint64_t count;
	uint64_t bytes;
	int64_t time;
	int word;
	uint64_t mode;
	char *text;
	char *path;
	char *format;
	struct address_list addrs;
	struct network_list networks;
};

#define ROW(TYPE, member) .type = (TYPE), .name = #member, OFFSET(member)
#define OFFSET(member) .offset = offsetof(struct section, member)

static const struct option on = {ROW(OPTION_BOOL, on), .def = "no"};
static const struct option count = {ROW(OPTION_UINT, count), .def = "5", .max = 100};
static const struct option at_least = {ROW(OPTION_UINT, count), .def = "5", .min = 2};
static const struct option bytes = {
	ROW(OPTION_SIZE, bytes), .def = "4k", .min = 80, .max = 65536};
static const struct option duration = {
	ROW(OPTION_TIME, time), .def = "0", .max = 86400000};
static const struct option word = {
	ROW(OPTION_ENUM, word), .def = "auto", .words = {"auto", "line", "telnet"}};
static const struct option mode = {ROW(OPTION_MODE, mode), .def = "0660", .max = 0777};
static const struct option text = {
	ROW(OPTION_STR, text), .def = "abc", .min = 1, .max = 8};
static const struct option any_text = {ROW(OPTION_STR, text), .def = ""};
static bool
is_even(const char *value)
{
	return value[0] != '\0' && strlen(value) % 2 == 0;
}

static const struct option even = {ROW(OPTION_STR, text), .def = "", .max = 8,
	.is_right = is_even, .what = "an even text"};
static const struct option path = {ROW(OPTION_PATH, path), .def = ""};
static const struct option format = {
	ROW(OPTION_TEMPLATE, format), .def = "{nick}", .vars = "nick text id"};
static const struct option addrs = {ROW(OPTION_ADDRS, addrs), .def = "*:4000"};
static const struct option networks = {
	ROW(OPTION_NETWORKS, networks), .def = "127.0.0.0/8, ::1"};

static const struct option *const all[] = {&on, &count, &bytes, &duration, &word, &mode,
	&text, &path, &format, &addrs, &networks};

enum {
	NALL = sizeof(all) / sizeof(all[0])
};

static void
section_init(struct section *section)
{
	*section = (struct section){0};
	for (size_t i = 0; i < NALL; i++)
		option_set_default(all[i], section);
}

static void
section_fini(struct section *section)
{
	for (size_t i = 0; i < NALL; i++)
		option_fini(all[i], section);
}

static void
check_print(const struct option *option, const void *section, const char *expected)
{
	struct buf out = {0};
	char *printed;

	option_print(option, section, &out);
	printed = buf_take(&out);
	assert_string_equal(printed, expected);
	free(printed);
}

/* `value` is right, and printed as `expected`. */
static void
check_set(const struct option *option, const char *value, const char *expected)
{
	struct section section;
	struct err err = {""};

	section_init(&section);
	if (option_set(option, &section, str_of(value), &err) == -1)
		fail_msg("%s", err.text);
	check_print(option, &section, expected);
	section_fini(&section);
}

/* `value` is refused for the reason `expected`, and nothing changes. */
static void
check_refused(const struct option *option, const char *value, const char *expected)
{
	struct section section;
	struct err err = {""};

	section_init(&section);
	option_set_default(option, &section);
	if (option_set(option, &section, str_of(value), &err) == 0)
		fail_msg("%s = %s is taken", option->name, value);
	assert_string_equal(err.text, expected);
	check_print(option, &section, option->def);
	section_fini(&section);
}

static void
test_bool(void **state)
{
	static const char *const yes[] = {"yes", "true", "on"};
	static const char *const no[] = {"no", "false", "off"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		check_set(&on, yes[i], "yes");
		check_set(&on, no[i], "no");
	}
	check_refused(&on, "1", "on must be yes or no, not \"1\"");
	check_refused(&on, "", "on must be yes or no, not \"\"");
	check_refused(&on, "yess", "on must be yes or no, not \"yess\"");
}

static void
test_uint(void **state)
{
	(void)state;
	check_set(&count, "0", "0");
	check_set(&count, " 007\t", "7");
	check_set(&count, "100", "100");
	check_set(&at_least, "18446744073709551", "18446744073709551");
	check_refused(&count, "101", "count must be 0 to 100, not \"101\"");
	check_refused(&count, "-1", "count must be 0 to 100, not \"-1\"");
	check_refused(&count, "x", "count must be 0 to 100, not \"x\"");
	check_refused(&count, "", "count must be 0 to 100, not \"\"");
	check_refused(&count, "1k", "count must be 0 to 100, not \"1k\"");
	check_refused(&count, "99999999999999999999999",
		"count must be 0 to 100, not \"99999999999999999999999\"");
	check_refused(&at_least, "1", "count must be at least 2, not \"1\"");
}

static void
test_size(void **state)
{
	(void)state;
	check_set(&bytes, "80", "80");
	check_set(&bytes, "1024", "1k");
	check_set(&bytes, "64k", "64k");
	check_refused(&bytes, "79",
		"bytes must be 80 to 64k bytes, not \"79\" (units are k, M and G)");
	check_refused(&bytes, "65k",
		"bytes must be 80 to 64k bytes, not \"65k\" (units are k, M and G)");
	check_refused(&bytes, "4 k",
		"bytes must be 80 to 64k bytes, not \"4 k\" (units are k, M and G)");
}

static void
test_time(void **state)
{
	(void)state;
	check_set(&duration, "30m", "30m");
	check_set(&duration, "90m", "1h30m");
	check_set(&duration, "1h30m", "1h30m");
	check_set(&duration, "0", "0");
	check_set(&duration, "24h", "1d");
	check_refused(&duration, "30",
		"time must be 0 to 1d, not \"30\" (units are ms, s, m, h and d)");
	check_refused(&duration, "86400001ms",
		"time must be 0 to 1d, not \"86400001ms\" (units are ms, s, m, h and "
		"d)");
	check_refused(&duration, "-1s",
		"time must be 0 to 1d, not \"-1s\" (units are ms, s, m, h and d)");
}

static void
test_enum(void **state)
{
	(void)state;
	check_set(&word, "auto", "auto");
	check_set(&word, "telnet", "telnet");
	check_refused(&word, "lien",
		"word must be one of auto, line, telnet, not \"lien\" (did you mean "
		"\"line\"?)");
	check_refused(&word, "Line",
		"word must be one of auto, line, telnet, not \"Line\" (did you mean "
		"\"line\"?)");
	check_refused(&word, "websocket",
		"word must be one of auto, line, telnet, not "
		"\"websocket\"");
	check_refused(&word, "", "word must be one of auto, line, telnet, not \"\"");
}

static void
test_mode(void **state)
{
	(void)state;
	check_set(&mode, "0", "0000");
	check_set(&mode, "600", "0600");
	check_set(&mode, "0777", "0777");
	check_refused(
		&mode, "1000", "mode must be 0000 to 0777 in octal, not \"1000\"");
	check_refused(&mode, "668", "mode must be 0000 to 0777 in octal, not \"668\"");
	check_refused(&mode, "", "mode must be 0000 to 0777 in octal, not \"\"");
	check_refused(&mode, "7777777777777777777777777777777777",
		"mode must be 0000 to 0777 in octal, not "
		"\"7777777777777777777777777777777777\"");
}

static void
test_text(void **state)
{
	(void)state;
	check_set(&text, "x", "x");
	check_set(&text, "  x y ", "x y");
	check_set(&text, "12345678", "12345678");
	check_set(&text, "\xc3\xa4\xc3\xb6", "\xc3\xa4\xc3\xb6");
	check_set(&text, "a;b #c", "a;b #c");
	check_set(&any_text, "", "");
	check_refused(&text, "", "text must be text of 1 to 8 bytes, not \"\"");
	check_refused(&text, "123456789",
		"text must be text of 1 to 8 bytes, not \"123456789\"");
	check_refused(&text, "\xff", "text must be UTF-8");
	check_refused(&text, "\xc3", "text must be UTF-8");
	check_refused(&text, "a\tb", "text must be text without control characters");
	check_refused(
		&text, "a\033[1m", "text must be text without control characters");
	check_refused(&text, "a\x7f", "text must be text without control characters");
	check_refused(
		&text, "\xc2\x9b", "text must be text without control characters");
}

/* What the file that -t prints could not hold is refused from -o too. */
static void
test_text_comment(void **state)
{
	static const char reason[] =
		"text must be text without a blank before \";\" (a "
		"comment begins there)";

	(void)state;
	check_refused(&text, "a ;b", reason);
	check_refused(&text, ";b", reason);
	check_refused(&text, " ; b", reason);
}

static void
test_long_value(void **state)
{
	struct section section;
	struct err err = {""};
	char value[1000];

	(void)state;
	section_init(&section);
	memset(value, 'x', sizeof(value));
	assert_int_equal(
		option_set(&text, &section, str_make(value, sizeof(value)), &err), -1);
	assert_true(strlen(err.text) < 150);
	assert_non_null(strstr(err.text, "xxx...\""));
	section_fini(&section);
}

static void
test_path(void **state)
{
	(void)state;
	check_set(&path, "", "");
	check_set(&path, "/etc/motd", "/etc/motd");
	check_refused(&path, "motd",
		"path must be an absolute path or empty, not "
		"\"motd\"");
	check_refused(&path, "/a\nb", "path must be text without control characters");
}

static void
test_template(void **state)
{
	struct section section;
	struct err err = {""};

	(void)state;
	check_set(&format, "", "");
	check_set(&format, "{nick}: {{{text}}}", "{nick}: {{{text}}}");
	section_init(&section);
	assert_int_equal(option_set(&format, &section, STR("{nik}"), &err), -1);
	assert_memory_equal(err.text, "format: ", strlen("format: "));
	assert_non_null(strstr(err.text, "{nik}"));
	assert_int_equal(option_set(&format, &section, STR("{nick"), &err), -1);
	section_fini(&section);
}

static void
test_right_text(void **state)
{
	(void)state;
	check_set(&even, "", "");
	check_set(&even, "ab", "ab");
	/* It is not shown: it may be a secret. */
	check_refused(&even, "abc", "text must be an even text or empty");
}

static void
test_addrs(void **state)
{
	(void)state;
	check_set(&addrs, "[0::1]:1,*:2", "[::1]:1, *:2");
	check_refused(
		&addrs, "", "addrs: an address is missing, such as 127.0.0.1:4000");
}

static void
test_networks(void **state)
{
	(void)state;
	check_set(&networks, "", "");
	check_set(&networks, "::0:1,10.0.0.0/8 ", "::1, 10.0.0.0/8");
	check_set(&networks, "192.0.2.7/32", "192.0.2.7");
	check_refused(&networks, "::1, 10.0.0.0/33",
		"networks: the prefix in \"10.0.0.0/33\" must be 0 to 32");
	check_refused(&networks, "::1,",
		"networks: an address or a network is missing, such as 192.0.2.0/24");
}

/* A list that a line of the file holds is printed so that it fits again. */
static void
check_fits(const struct option *option, const char *value)
{
	struct section section;
	struct err err = {""};
	struct buf out = {0};
	char *printed;

	assert_true(
		strlen(option->name) + strlen("=") + strlen(value) <= READER_LINE_MAX);
	section_init(&section);
	assert_int_equal(option_set(option, &section, str_of(value), &err), 0);
	option_print(option, &section, &out);
	printed = buf_take(&out);
	if (strlen(option->name) + strlen(" = ") + strlen(printed) > READER_LINE_MAX)
		assert_string_equal(printed, value);
	check_set(option, printed, printed);
	free(printed);
	section_fini(&section);
}

static void
test_long_list(void **state)
{
	struct buf line = {0};
	char *value;

	(void)state;
	srand(1);
	for (int round = 0; round < 1000; round++) {
		buf_printf(&line, "1::");
		while (line.len + strlen("networks=,1000::") <= READER_LINE_MAX &&
			rand() % 64 > 0)
			buf_printf(&line, ",%x::", 1 + (unsigned)rand() % 0xFFF);
		value = buf_take(&line);
		check_fits(&networks, value);
		free(value);
	}
	buf_printf(&line, "*:1");
	while (line.len + strlen("addrs=,*:1000") <= READER_LINE_MAX)
		buf_printf(&line, ",*:%zu", line.len);
	value = buf_take(&line);
	check_fits(&addrs, value);
	free(value);
}

static void
test_eq_and_swap(void **state)
{
	static const char *const others[NALL] = {"yes", "6", "8k", "1s", "line", "0600",
		"xyz", "/x", "{text}", "*:4001", "::1"};
	struct section a, b;
	struct err err = {""};

	(void)state;
	section_init(&a);
	section_init(&b);
	for (size_t i = 0; i < NALL; i++) {
		assert_true(option_eq(all[i], &a, &b));
		assert_int_equal(option_set(all[i], &a, str_of(others[i]), &err), 0);
		for (size_t j = 0; j < NALL; j++)
			assert_int_equal(option_eq(all[j], &a, &b), j != i);
		option_swap(all[i], &a, &b);
		check_print(all[i], &a, all[i]->def);
		check_print(all[i], &b, others[i]);
		option_set_default(all[i], &b);
	}
	section_fini(&a);
	section_fini(&b);
	/* Freed members are cleared. */
	assert_null(a.text);
	assert_null(a.path);
	assert_null(a.format);
	assert_null(a.addrs.v);
	assert_null(a.networks.v);
}

static void
check_describe(const struct option *option, const char *expected)
{
	struct buf out = {0};
	char *printed;

	option_describe(option, &out);
	printed = buf_take(&out);
	assert_string_equal(printed, expected);
	free(printed);
	assert_true(strlen(option_kind(option)) > 0);
}

static void
test_describe(void **state)
{
	static const struct option one_hole = {.type = OPTION_TEMPLATE, .vars = "text"};
	static const struct option short_text = {.type = OPTION_STR, .max = 64};
	static const struct option some_text = {.type = OPTION_STR, .min = 1};

	(void)state;
	check_describe(&on, "yes or no");
	check_describe(&count, "0 to 100");
	check_describe(&at_least, "at least 2");
	check_describe(&bytes, "80 to 64k bytes");
	check_describe(&duration, "0 to 1d");
	check_describe(&word, "one of auto, line, telnet");
	check_describe(&mode, "0000 to 0777 in octal");
	check_describe(&text, "text of 1 to 8 bytes");
	check_describe(&short_text, "text of at most 64 bytes");
	check_describe(&any_text, "text");
	check_describe(&some_text, "text, not empty");
	check_describe(&even, "an even text or empty");
	check_describe(&path, "an absolute path or empty");
	check_describe(&format, "text with {nick}, {text} and {id} replaced");
	check_describe(&one_hole, "text with {text} replaced");
	check_describe(&addrs, "addresses separated by commas");
	check_describe(&networks,
		"addresses or networks like 192.0.2.0/24, separated by commas");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bool),
		cmocka_unit_test(test_uint),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_enum),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_comment),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_template),
		cmocka_unit_test(test_right_text),
		cmocka_unit_test(test_addrs),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_long_list),
		cmocka_unit_test(test_eq_and_swap),
		cmocka_unit_test(test_describe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
