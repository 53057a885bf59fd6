/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "conf/changes.h"
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

/* Load `source`, which has no mistakes. */
static struct conf *
load_source(const struct conf_source *source)
{
	struct errlist errors = {0};
	struct conf *conf = conf_load(source, &errors);

	for (size_t i = 0; i < errors.count; i++)
		print_message("%s\n", errors.texts[i]);
	assert_int_equal(errors.count, 0);
	assert_non_null(conf);
	errlist_fini(&errors);
	return conf;
}

static struct conf *
load(const char *text)
{
	place_write(place, str_of(text));
	return load_source(&(struct conf_source){.file = place->file});
}

static char *
print(const struct conf *conf)
{
	struct buf out = {0};

	conf_print(conf, &out);
	return buf_take(&out);
}

/* What is printed loads, and prints the same. */
static void
check_prints_itself(const struct conf *conf)
{
	char *first = print(conf), *second;
	struct conf *again = load(first);

	second = print(again);
	assert_string_equal(first, second);
	assert_int_equal(conf->listens_by_default, again->listens_by_default);
	assert_int_equal(conf->nlistens, again->nlistens);
	assert_int_equal(conf->nrooms, again->nrooms);
	free(first);
	free(second);
	conf_free(again);
}

/* --- The table ------------------------------------------------------------------ */

static void
check_row(const struct conf_section *section, size_t i, void *values)
{
	const struct option *option = &section->options[i];
	struct err err = {""};
	size_t len = strlen(option->help);

	for (size_t j = 0; j < i; j++)
		assert_string_not_equal(option->name, section->options[j].name);
	if (option_set(option, values, str_of(option->def), &err) == -1)
		fail_msg("%s: %s", section->name, err.text);
	option_fini(option, values);
	/* What stays of a number may be part of an address in the next section. */
	memset(values, 0, sizeof(struct conf));
	assert_non_null(option->text);
	assert_true(option->max == 0 || option->min <= option->max);
	assert_true((option->type == OPTION_ENUM) == (option->words[0] != NULL));
	assert_true((option->type == OPTION_TEMPLATE) == (option->vars != NULL));
	if (len == 0 || len > 80 || option->help[len - 1] != '.' ||
		strchr(option->help, '\n') != NULL ||
		strstr(option->help, ". ") != NULL)
		fail_msg("[%s] %s: help must be one line of at most 80 bytes with a "
			 "full stop at its end",
			section->name, option->name);
}

static void
test_table(void **state)
{
	/* Large and aligned enough for each of the structs. */
	void *values = xcalloc(1, sizeof(struct conf));

	(void)state;
	assert_true(conf_nsections > 0);
	for (size_t i = 0; i < conf_nsections; i++) {
		const struct conf_section *section = &conf_sections[i];

		assert_true(section->noptions > 0);
		assert_true(strlen(section->about) > 0);
		assert_int_equal(section->named, section->example != NULL);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(section->name, conf_sections[j].name);
		for (size_t j = 0; j < section->noptions; j++)
			check_row(section, j, values);
	}
	free(values);
}

/* --- What is right -------------------------------------------------------------- */

static void
check_defaults(const struct conf *conf)
{
	assert_string_equal(conf->server.name, "prattle");
	assert_string_equal(conf->server.motd_file, "");
	assert_int_equal(conf->server.settle, 2000);
	assert_int_equal(conf->limits.send_queue, 1024 * 1024);
	assert_int_equal(conf->log.target, LOG_WHERE_AUTO);
	assert_string_equal(conf->format.say, "{nick}: {text}");
	assert_int_equal(conf->nlistens, 1);
	assert_true(conf->listens_by_default);
	assert_string_equal(conf->listens[0]->section_name, "default");
	assert_string_equal(conf->listens[0]->address.v[0].text, "127.0.0.1:4000");
	assert_int_equal(conf->nrooms, 1);
	assert_string_equal(conf->rooms[0]->section_name, "#lobby");
	assert_string_equal(conf->new_room->section_name, "*");
	assert_int_equal(conf->new_room->history, 20);
}

static void
test_defaults(void **state)
{
	struct conf *conf = load_source(&(struct conf_source){.file = NULL});

	(void)state;
	check_defaults(conf);
	check_prints_itself(conf);
	conf_free(conf);
	conf = load("");
	check_defaults(conf);
	conf_free(conf);
	conf_free(NULL);
}

static const char rich[] = "; comment\n"
			   "# comment\n"
			   "   ; comment\n"
			   " \t\n"
			   "[server] ; comment\n"
			   "name = The \xc3\xa4 room ; comment\n"
			   "motd_file=/etc/motd\n"
			   "settle : 1s500ms\n"
			   "farewell\t=\t0\n"
			   "[listen main]\n"
			   "address = 127.0.0.1:4000, unix:/run/prattle/room\n"
			   "speak = line\n"
			   "[ listen   Other ]\n"
			   "address = *:4001,fd:x\n"
			   "mode = 600\n"
			   "nodelay = off\n"
			   "[room #Lobby]\n"
			   "topic = a;b # c = d : e [f]\n"
			   "[room *]\n"
			   "history = 0\n"
			   "[room #other]\n"
			   "autojoin = on\n"
			   "[limits]\n"
			   "idle_timeout = 36h\n"
			   "line_length = 8k\n"
			   "[log]\n"
			   "level = debug\n"
			   "[format]\n"
			   "say = \n"
			   "time = %H:%M:%S";

static void
check_rich(const struct conf *conf)
{
	assert_string_equal(conf->server.name, "The \xc3\xa4 room");
	assert_string_equal(conf->server.motd_file, "/etc/motd");
	assert_int_equal(conf->server.settle, 1500);
	assert_int_equal(conf->server.farewell, 0);
	assert_false(conf->listens_by_default);
	assert_int_equal(conf->nlistens, 2);
	assert_string_equal(conf->listens[0]->section_name, "main");
	assert_int_equal(conf->listens[0]->address.count, 2);
	assert_int_equal(conf->listens[0]->speak, SPEAK_LINE);
	assert_true(conf->listens[0]->nodelay);
	assert_string_equal(conf->listens[1]->section_name, "Other");
	assert_int_equal(conf->listens[1]->address.count, 3);
	assert_int_equal(conf->listens[1]->mode, 0600);
	assert_false(conf->listens[1]->nodelay);
	assert_int_equal(conf->nrooms, 2);
	assert_string_equal(conf->rooms[0]->section_name, "#Lobby");
	assert_string_equal(conf->rooms[0]->topic, "a;b # c = d : e [f]");
	assert_int_equal(conf->rooms[0]->history, 20);
	assert_string_equal(conf->rooms[1]->section_name, "#other");
	assert_true(conf->rooms[1]->autojoin);
	assert_int_equal(conf->new_room->history, 0);
	assert_int_equal(conf->limits.idle_timeout, INT64_C(36) * 3600 * 1000);
	assert_int_equal(conf->limits.line_length, 8192);
	assert_int_equal(conf->log.level, 4);
	assert_string_equal(conf->format.say, "");
	assert_string_equal(conf->format.time, "%H:%M:%S");
}

static void
test_rich(void **state)
{
	struct conf *conf = load(rich);

	(void)state;
	check_rich(conf);
	check_prints_itself(conf);
	conf_free(conf);
}

static void
test_crlf_and_bom(void **state)
{
	struct buf text = {0};
	struct conf *conf;

	(void)state;
	buf_add_str(&text, STR("\xef\xbb\xbf"));
	for (const char *p = rich; *p != '\0'; p++) {
		if (*p == '\n')
			buf_add_char(&text, '\r');
		buf_add_char(&text, *p);
	}
	place_write(place, buf_str(&text));
	conf = load_source(&(struct conf_source){.file = place->file});
	check_rich(conf);
	conf_free(conf);
	buf_fini(&text);
}

static void
test_print(void **state)
{
	struct conf *conf =
		load("[server]\nname = x\n[room *]\n[room #b]\n[room #a]\n");
	char *text = print(conf);

	(void)state;
	assert_memory_equal(text, "[server]\nname = x\nmotd_file =\nsettle = 2s\n", 41);
	assert_non_null(strstr(text,
		"\n; There is no [listen NAME]; this is built in.\n"
		";[listen default]\n;address = 127.0.0.1:4000\n"));
	assert_non_null(strstr(text, "\n;mode = 0660\n\n[room #b]\ntopic =\n"));
	assert_true(strstr(text, "[room #b]") < strstr(text, "[room #a]"));
	assert_true(strstr(text, "[room #a]") < strstr(text, "[room *]"));
	assert_non_null(strstr(text, "\nsay = {nick}: {text}\n"));
	free(text);
	conf_free(conf);
}

/* The longest line that is fine, with each kind of end. */
static void
test_longest_line(void **state)
{
	static const char *const ends[] = {"", "\n", "\r\n", "\nhistory = 3\n"};
	struct buf text = {0};
	struct conf *conf;

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		buf_reset(&text);
		buf_printf(&text, "[room #a]\ntopic=%0192d%s", 0, ends[i]);
		place_write(place, buf_str(&text));
		conf = load_source(&(struct conf_source){.file = place->file});
		assert_int_equal(strlen(conf->rooms[0]->topic), 192);
		assert_int_equal(conf->rooms[0]->history, i == 3 ? 3 : 20);
		check_prints_itself(conf);
		conf_free(conf);
	}
	buf_fini(&text);
}

/* --- The command line ----------------------------------------------------------- */

static void
test_overrides(void **state)
{
	static const char *const overrides[] = {"server.name=first",
		" server . name = a=b.c ", "listen main.address=*:5000",
		"listen MAIN.backlog=7", "room #new.topic=Hi", "room *.history=3"};
	struct conf_source source = {
		.overrides = overrides,
		.noverrides = sizeof(overrides) / sizeof(overrides[0]),
	};
	struct conf *conf;

	(void)state;
	place_write(place, STR("[server]\nname = x\nsettle = 3s\n[room #old]\n"));
	source.file = place->file;
	conf = load_source(&source);
	assert_string_equal(conf->server.name, "a=b.c");
	assert_int_equal(conf->server.settle, 3000);
	assert_int_equal(conf->nlistens, 1);
	assert_string_equal(conf->listens[0]->section_name, "main");
	assert_string_equal(conf->listens[0]->address.v[1].text, "0.0.0.0:5000");
	assert_int_equal(conf->listens[0]->backlog, 7);
	assert_int_equal(conf->nrooms, 2);
	assert_string_equal(conf->rooms[0]->section_name, "#old");
	assert_string_equal(conf->rooms[1]->section_name, "#new");
	assert_string_equal(conf->rooms[1]->topic, "Hi");
	assert_int_equal(conf->new_room->history, 3);
	check_prints_itself(conf);
	conf_free(conf);
}

static void
check_listen(const char *address, const char *port, const char *expected)
{
	struct conf *conf;

	place_write(place, STR("[listen a]\nmode = 0600\n[listen b]\n"));
	conf = load_source(&(struct conf_source){
		.file = place->file, .listen_address = address, .listen_port = port});
	assert_int_equal(conf->nlistens, 1);
	assert_false(conf->listens_by_default);
	assert_string_equal(conf->listens[0]->section_name, "default");
	assert_string_equal(conf->listens[0]->address.v[0].text, expected);
	assert_int_equal(conf->listens[0]->mode, 0660);
	check_prints_itself(conf);
	conf_free(conf);
}

static void
test_listen_options(void **state)
{
	(void)state;
	check_listen("0.0.0.0", NULL, "0.0.0.0:4000");
	check_listen("0.0.0.0", "5000", "0.0.0.0:5000");
	check_listen("*", "5000", "[::]:5000");
	check_listen("::1", NULL, "[::1]:4000");
	check_listen("[::1]", "0", "[::1]:0");
	check_listen("[::1]:5000", NULL, "[::1]:5000");
	check_listen("unix:/run/x", NULL, "unix:/run/x");
	check_listen("fd:x", NULL, "fd:x");
	check_listen(NULL, "5000", "127.0.0.1:5000");
	/* -p of the default port says what the default address says. */
	check_listen(NULL, "4000", "127.0.0.1:4000");
}

/* --- Changes --------------------------------------------------------------------- */

static void
check_changes(const struct conf *next, const struct conf *old, const char *expected)
{
	struct changes changes = {0};
	struct buf out = {0};
	char *text;

	changes_find(&changes, next, old);
	for (size_t i = 0; i < changes.count; i++) {
		change_print(&changes.v[i], &out);
		buf_add_char(&out, '\n');
	}
	text = buf_take(&out);
	assert_string_equal(text, expected);
	free(text);
	changes_fini(&changes);
	assert_int_equal(changes.count, 0);
}

static void
test_changes(void **state)
{
	struct conf *old = load("[server]\nname = a\nuser = nobody\n"
				"[listen main]\nbacklog = 1\n[listen gone]\n"
				"address = fd:x\n[room #a]\n[room *]\nhistory = 5\n");
	struct conf *next = load("[server]\nname = b\nuser = daemon\npidfile = /x\n"
				 "[listen new]\naddress = fd:y\n[listen MAIN]\n"
				 "backlog = 2\nspeak = line\n[room #A]\ntopic = x\n"
				 "[room #b]\n");

	(void)state;
	check_changes(next, old,
		"server.name changed\n"
		"server.user changed, which takes a restart\n"
		"server.pidfile changed, which takes a restart\n"
		"[listen gone] is gone\n"
		"[listen new] is new\n"
		"listen MAIN.speak changed, for new connections\n"
		"listen MAIN.backlog changed\n"
		"room #A.topic changed\n"
		"[room #b] is new\n"
		"room *.history changed\n");
	/* To look changes nothing. */
	assert_string_equal(next->server.user, "daemon");
	assert_string_equal(old->server.user, "nobody");

	changes_carry_over(next, old);
	assert_string_equal(next->server.name, "b");
	assert_string_equal(next->server.user, "nobody");
	assert_string_equal(next->server.pidfile, "");
	assert_int_equal(next->listens[1]->backlog, 2);
	conf_free(old);

	/* Nothing to tell of two that are the same. */
	old = load("[room #a]\n");
	conf_free(next);
	next = load("[room #a]\n");
	check_changes(next, old, "");
	conf_free(old);
	conf_free(next);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_rich),
		cmocka_unit_test(test_crlf_and_bom),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_longest_line),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_listen_options),
		cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, setup, place_close);
}
