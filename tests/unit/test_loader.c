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
#include "conf/conf.h"
#include "place.h"

/* Whose file has the content of a test. */
static const struct place *place;

static int
setup(void **state)
{
	int rc = place_open(state);

	place = *state;
	return rc;
}

/* Replace the path of our file by "F". */
static void
add_short(struct buf *out, const char *text)
{
	const char *found;

	while ((found = strstr(text, place->file)) != NULL) {
		buf_add(out, text, (size_t)(found - text));
		buf_add_char(out, 'F');
		text = found + strlen(place->file);
	}
	buf_printf(out, "%s\n", text);
}

/* Load `source`, and compare all mistakes, a line each, with `expected`. */
static void
check_source(const struct conf_source *source, const char *expected)
{
	struct errlist errors = {0};
	struct conf *conf = conf_load(source, &errors);
	struct buf out = {0};
	char *text;

	for (size_t i = 0; i < errors.count; i++)
		add_short(&out, errors.texts[i]);
	text = buf_take(&out);
	assert_string_equal(text, expected);
	assert_int_equal(conf == NULL, errors.count > 0);
	free(text);
	errlist_fini(&errors);
	conf_free(conf);
}

static void
check_bytes(struct str text, const char *expected)
{
	place_write(place, text);
	check_source(&(struct conf_source){.file = place->file}, expected);
}

static void
check(const char *text, const char *expected)
{
	check_bytes(str_of(text), expected);
}

/* As check(), with one -o and an empty file. */
static void
check_override(const char *override, const char *expected)
{
	place_write(place, STR(""));
	check_source(
		&(struct conf_source){
			.file = place->file, .overrides = &override, .noverrides = 1},
		expected);
}

static void
test_bad_lines(void **state)
{
	(void)state;
	check("[server]\nname = a\n  b\n\tc = d\n [log]\n",
		"F:3: indented line; a value can't go on there, and keys and sections "
		"begin at the margin\n"
		"F:4: indented line; a value can't go on there, and keys and sections "
		"begin at the margin\n"
		"F:5: indented line; a value can't go on there, and keys and sections "
		"begin at the margin\n");
	check("[server]\nname\nname ; = x\n= x\n : x\n:\n",
		"F:2: neither KEY = VALUE nor [SECTION] nor a comment behind \";\"\n"
		"F:3: neither KEY = VALUE nor [SECTION] nor a comment behind \";\"\n"
		"F:4: no key before the \"=\"\n"
		"F:5: indented line; a value can't go on there, and keys and sections "
		"begin at the margin\n"
		"F:6: no key before the \":\"\n");
	check("[server]\nname = \xff\n; \xc3\n\xa0name = x\nname = y",
		"F:2: not UTF-8\nF:3: not UTF-8\nF:4: not UTF-8\n");
	check("[server]\n\fname = x\nname = a\rb\nname = y\x01\n",
		"F:2: control character (byte 0C)\n"
		"F:3: control character (byte 0D)\n"
		"F:4: control character (byte 01)\n");
	check_bytes(STR("[server]\nname = a\0b\n\0\n; \0\nname = c\n"),
		"F:2: NUL byte: this is not a text file\n"
		"F:3: NUL byte: this is not a text file\n"
		"F:4: NUL byte: this is not a text file\n");
}

/* An error must leave the numbers of the lines behind it right, and the keys. */
static void
test_goes_on(void **state)
{
	struct buf text = {0};

	(void)state;
	buf_printf(
		&text, "[server]\nname = %01000d\n  indented\nnam = x\n[sever]\n", 0);
	buf_printf(&text, "name = y\n[limits\nname = z\n[limits]\nclients = x\n");
	check_bytes(buf_str(&text),
		"F:2: line longer than 198 bytes; long text belongs in a file of its "
		"own, such as motd_file\n"
		"F:3: indented line; a value can't go on there, and keys and sections "
		"begin at the margin\n"
		"F:4: unknown key \"nam\" in [server] (did you mean \"name\"?)\n"
		"F:5: unknown section [sever] (did you mean [server]?)\n"
		"F:7: section without \"]\"\n"
		"F:10: clients must be 0 to 1000000, not \"x\"\n");
	buf_fini(&text);
}

static void
test_long_lines(void **state)
{
	static const char *const ends[] = {"", "\n", "\r\n", "\nhistory = 3\n"};
	struct buf text = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		buf_reset(&text);
		buf_printf(&text, "[room #a]\ntopic=%0193d%s", 0, ends[i]);
		check_bytes(buf_str(&text),
			"F:2: line longer than 198 bytes; long text belongs in a file "
			"of its own, such as motd_file\n");
	}
	/* Nobody parses comments. */
	buf_reset(&text);
	buf_printf(&text, "; %0500d\n[server]\n# %0500d\nname = x\n", 0, 0);
	check_bytes(buf_str(&text), "");
	buf_fini(&text);
}

static void
test_endless(void **state)
{
	(void)state;
	check_source(&(struct conf_source){.file = "/dev/zero"},
		"/dev/zero: larger than 1048576 bytes\n"
		"/dev/zero:1: NUL byte: this is not a text file\n");
}

static void
test_no_file(void **state)
{
	(void)state;
	check_source(&(struct conf_source){.file = "/nonexistent/prattled.ini"},
		"/nonexistent/prattled.ini: No such file or directory\n");
	check_source(&(struct conf_source){.file = "/"}, "/: Is a directory\n");
}

static void
test_bad_headers(void **state)
{
	(void)state;
	check("[server\n[server ;]\n[]\n[  ]\n[log] level = info\n[log] x ; y\n",
		"F:1: section without \"]\"\n"
		"F:2: section without \"]\"\n"
		"F:3: section without a name\n"
		"F:4: section without a name\n"
		"F:5: text behind \"]\"; keys go on lines of their own\n"
		"F:6: text behind \"]\"; keys go on lines of their own\n");
	/* The keys below are of no section, not of the one before. */
	check("[server]\nname = x\n[limits\nname = y\nclients = x\n",
		"F:3: section without \"]\"\n");
	/* 49 bytes fit, 50 do not. */
	check("[room #1234567890123456789012345678901234567890123]\n", "");
	check("[room #12345678901234567890123456789012345678901234]\n",
		"F:1: name of a section longer than 49 bytes\n");
}

static void
test_unknown_section(void **state)
{
	(void)state;
	check("[sectoin]\n", "F:1: unknown section [sectoin]\n");
	check("[lissten main]\nprot = 5\n[Server]\nx = y\n[limits]\n[limit]\n",
		"F:1: unknown section [lissten main] (did you mean [listen]?)\n"
		"F:3: unknown section [Server] (did you mean [server]?)\n"
		"F:6: unknown section [limit] (did you mean [limits]?)\n");
	check("name = x\nsettle = 1s\n[server]\nname = y\n",
		"F:1: key before the first [section]\n");
}

static void
test_section_names(void **state)
{
	(void)state;
	check("[listen]\n[listen a b]\n[listen a.b]\n[listen #a]\n[listen -a]\n",
		"F:1: [listen] needs a name, such as [listen main]\n"
		"F:2: [listen a b]: a name is letters, digits, \"_\" and \"-\", "
		"and does not begin with \"-\"\n"
		"F:3: [listen a.b]: a name is letters, digits, \"_\" and \"-\", "
		"and does not begin with \"-\"\n"
		"F:4: [listen #a]: a name is letters, digits, \"_\" and \"-\", "
		"and does not begin with \"-\"\n"
		"F:5: [listen -a]: a name is letters, digits, \"_\" and \"-\", "
		"and does not begin with \"-\"\n");
	check("[room]\n[room lobby]\n[room #]\n[room #a.b]\n[room ##a]\n[room **]\n",
		"F:1: [room] needs a name, such as [room #lobby]\n"
		"F:2: [room lobby]: names of rooms begin with \"#\", write [room "
		"#lobby]\n"
		"F:3: [room #]: a name is \"#\" and letters, digits, \"_\" and \"-\"\n"
		"F:4: [room #a.b]: a name is \"#\" and letters, digits, \"_\" and "
		"\"-\"\n"
		"F:5: [room ##a]: a name is \"#\" and letters, digits, \"_\" and "
		"\"-\"\n"
		"F:6: [room **]: a name is \"#\" and letters, digits, \"_\" and "
		"\"-\"\n");
	check("[server x]\n",
		"F:1: [server x]: this section has no name, write [server]\n");
	/* One mistake each, not also that the name was there before. */
	check("[listen]\n[listen]\n",
		"F:1: [listen] needs a name, such as [listen main]\n"
		"F:2: [listen] needs a name, such as [listen main]\n");
	/* What stands below them is checked all the same. */
	check("[server x]\nnam = y\n[listen]\nmode = 9\n",
		"F:1: [server x]: this section has no name, write [server]\n"
		"F:2: unknown key \"nam\" in [server] (did you mean \"name\"?)\n"
		"F:3: [listen] needs a name, such as [listen main]\n"
		"F:4: mode must be 0000 to 0777 in octal, not \"9\"\n");
}

static void
test_section_twice(void **state)
{
	(void)state;
	check("[server]\n[listen main]\n[room #a]\n\n[server]\n[listen MAIN]\n[room "
	      "#A]\n[room *]\n[room *]\n[listen b]\naddress = fd:b\n",
		"F:5: [server] given twice, first in line 1\n"
		"F:6: [listen MAIN] given twice, first in line 2\n"
		"F:7: [room #A] given twice, first in line 3\n"
		"F:9: [room *] given twice, first in line 8\n");
}

static void
test_bad_keys(void **state)
{
	(void)state;
	check("[server]\nnaem = x\nxyz = x\n[listen a]\nprot = 5\nadress = fd:a\n",
		"F:2: unknown key \"naem\" in [server] (did you mean \"name\"?)\n"
		"F:3: unknown key \"xyz\" in [server]\n"
		"F:5: unknown key \"prot\" in [listen]\n"
		"F:6: unknown key \"adress\" in [listen] (did you mean "
		"\"address\"?)\n");
	/* Most often because a line of the sample is still a comment. */
	check("[server]\nbacklog = 5\nclients = 7\n",
		"F:2: unknown key \"backlog\" in [server] (it belongs in [listen "
		"NAME])\n"
		"F:3: unknown key \"clients\" in [server] (it belongs in [limits])\n");
	check("[server]\nname = x\n\nname = y\n[room #a]\ntopic=x\n[room #b]\ntopic = "
	      "x\ntopic = x\n",
		"F:4: key \"name\" given twice in [server], first in line 2\n"
		"F:9: key \"topic\" given twice in [room #b], first in line 8\n");
	check("[room #a]\nmax_people = x\nhistory = 10001\nautojoin = maybe\n"
	      "topic =;x\n",
		"F:2: max_people must be 0 to 1000000, not \"x\"\n"
		"F:3: history must be 0 to 10000, not \"10001\"\n"
		"F:4: autojoin must be yes or no, not \"maybe\"\n"
		"F:5: topic must be text without a blank before \";\" (a comment "
		"begins "
		"there)\n");
}

/* Errors repeat what the file says, but no escape sequences of it. */
static void
test_errors_are_clean(void **state)
{
	(void)state;
	check("[server]\nsettle = \xc2\x9b"
	      "1m\n",
		"F:2: settle must be 0 to 1m, not \"\" (units are ms, s, m, h and "
		"d)\n");
	check_override("server.name\033[1m=x",
		"-o server.name=x: unknown key \"name\" in [server]\n");
}

static void
test_shared_address(void **state)
{
	(void)state;
	check("[listen a]\n[listen b]\n",
		"F:2: address 127.0.0.1:4000 of [listen b] is that of [listen a] "
		"too\n");
	check("[listen a]\naddress = *:1, fd:x\n[listen b]\n\naddress = "
	      "unix:/a,[0::]:1\n"
	      "[listen c]\naddress = 0.0.0.0:1, fd:x\n",
		"F:5: address [::]:1 of [listen b] is that of [listen a] too\n"
		"F:7: address 0.0.0.0:1 of [listen c] is that of [listen a] too\n"
		"F:7: address fd:x of [listen c] is that of [listen a] too\n");
	check("[listen a]\naddress = *:0\n[listen b]\naddress = 0.0.0.0:0\n", "");
	/* No more than one error for one mistake. */
	check("[listen a]\n[listen b]\naddress = x\n",
		"F:3: address: \"x\" must be HOST:PORT, unix:/PATH or fd:NAME\n");
}

static void
test_bad_overrides(void **state)
{
	char text[400], expected[600];

	(void)state;
	check_override("server", "-o server: must be SECTION.KEY=VALUE\n");
	check_override("server.name", "-o server.name: must be SECTION.KEY=VALUE\n");
	check_override("server=x", "-o server=x: must be SECTION.KEY=VALUE\n");
	check_override(".name=x", "-o .name=x: must be SECTION.KEY=VALUE\n");
	check_override("server.=x", "-o server.=x: must be SECTION.KEY=VALUE\n");
	check_override("", "-o : must be SECTION.KEY=VALUE\n");
	check_override("sevrer.name=x",
		"-o sevrer.name=x: unknown section [sevrer] "
		"(did you mean [server]?)\n");
	check_override("server.nam=x",
		"-o server.nam=x: unknown key \"nam\" in [server] "
		"(did you mean \"name\"?)\n");
	check_override("listen.mode=0",
		"-o listen.mode=0: [listen] needs a name, such "
		"as [listen main]\n");
	check_override("room *.history=x",
		"-o room *.history=x: history must be 0 to "
		"10000, not \"x\"\n");
	check_override("server.name=a ; b",
		"-o server.name=a ; b: name must be text without a blank before \";\" "
		"(a "
		"comment begins there)\n");
	/* Longer than the lines of a file, which could not be printed as one. */
	snprintf(text, sizeof(text), "room #a.topic=%0192d", 0);
	check_override(text, "");
	snprintf(text, sizeof(text), "room #a.topic=%0193d", 0);
	snprintf(expected, sizeof(expected),
		"-o %s: topic must be at most 192 bytes, to fit a line\n", text);
	check_override(text, expected);
	snprintf(text, sizeof(text), "room #%050d.topic=x", 0);
	snprintf(expected, sizeof(expected),
		"-o %s: name of a section longer than 49 bytes\n", text);
	check_override(text, expected);
}

/* A wrong value in the file stays wrong, and the errors come in their order. */
static void
test_override_after_file(void **state)
{
	static const char *const overrides[] = {"server.settle=1s", "server.x=1"};

	(void)state;
	place_write(place, STR("[server]\nsettle = x\n[nope]\n"));
	check_source(
		&(struct conf_source){
			.file = place->file, .overrides = overrides, .noverrides = 2},
		"F:2: settle must be 0 to 1m, not \"x\" (units are ms, s, m, h and d)\n"
		"F:3: unknown section [nope]\n"
		"-o server.x=1: unknown key \"x\" in [server]\n");
}

static void
test_shared_by_override(void **state)
{
	const char *override = "listen b.address=fd:x";

	(void)state;
	place_write(place, STR("[listen a]\naddress = fd:x\n[listen b]\n"));
	check_source(
		&(struct conf_source){
			.file = place->file, .overrides = &override, .noverrides = 1},
		"-o listen b.address=fd:x: address fd:x of [listen b] is that of "
		"[listen a] too\n");
}

static void
check_bad_listen(const char *address, const char *port, const char *expected)
{
	check_source(
		&(struct conf_source){.listen_address = address, .listen_port = port},
		expected);
}

static void
test_bad_listen_options(void **state)
{
	(void)state;
	check_bad_listen("127.0.0.1:1", "2",
		"-p 2: \"127.0.0.1:1\" leaves no place for a port\n");
	check_bad_listen(
		"unix:/a", "2", "-p 2: \"unix:/a\" leaves no place for a port\n");
	check_bad_listen(NULL, "x",
		"-p x: the port in \"127.0.0.1:x\" must be 0 to "
		"65535\n");
	check_bad_listen("chat.lan", NULL,
		"-l chat.lan: \"chat.lan\" is not a numeric address, such as 127.0.0.1 "
		"or [::1]; names are not looked up\n");
	/* The sections that are replaced must be right all the same. */
	place_write(place, STR("[listen a]\nmode = x\n"));
	check_source(&(struct conf_source){.file = place->file, .listen_port = "1"},
		"F:2: mode must be 0000 to 0777 in octal, not \"x\"\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_goes_on),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_bad_headers),
		cmocka_unit_test(test_unknown_section),
		cmocka_unit_test(test_section_names),
		cmocka_unit_test(test_section_twice),
		cmocka_unit_test(test_bad_keys),
		cmocka_unit_test(test_errors_are_clean),
		cmocka_unit_test(test_shared_address),
		cmocka_unit_test(test_bad_overrides),
		cmocka_unit_test(test_override_after_file),
		cmocka_unit_test(test_shared_by_override),
		cmocka_unit_test(test_bad_listen_options),
	};

	return cmocka_run_group_tests(tests, setup, place_close);
}
