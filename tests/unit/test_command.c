/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/name.h"
#include "base/utf8.h"
#include "chat/chat.h"
#include "chat/command.h"
#include "chat/store.h"
#include "chat_fake.h"

/* Finding commands, and what is right for every one of them. */

/* A chat in which there is something to do for each command. */
static struct store store = {.folder = (char[]){"/"}};
static const struct conf conf = {.noperators = 1};
static struct chat chat = {.conf = &conf, .store = &store};

/* What somebody finds who may use all commands. */
static const struct command *
find(struct str name, bool is_console, struct err *err)
{
	const struct user all = {
		.chat = &chat, .level = PERM_OPERATOR, .is_console = is_console};

	return command_find(name, &all, err);
}

/* The name of the command found, or why there is none. */
static const char *
found(const char *typed, struct err *err)
{
	const struct command *command = find(str_of(typed), false, err);

	return command != NULL ? command->name : err->text;
}

static void
assert_found(const char *typed, const char *want)
{
	struct err err;

	assert_string_equal(found(typed, &err), want);
}

static void
test_find(void **state)
{
	(void)state;
	assert_found("nick", "nick");
	assert_found("NICK", "nick");
	assert_found("nic", "nick");
	assert_found("Hi", "history");
	/* A whole name or alias wins over longer ones that begin like it. */
	assert_found("m", "msg");
	assert_found("me", "me");
	assert_found("who", "who");
	assert_found("h", "help");
	assert_found("?", "help");
	assert_found("q", "quit");
	/* Beginnings of aliases count, too. */
	assert_found("emot", "me");
	assert_found("fin", "whois");
}

static void
test_ambiguous(void **state)
{
	(void)state;
	assert_found("wh", "/wh could be /who, /whois: type more of it.");
	assert_found("WHOI", "whois");
	assert_found("qu", "/qu could be /quit, /quiet: type more of it.");
	/* With the alias that begins so, if the name does not. */
	assert_found(
		"na", "/na could be /who (/names), /nick (/name): type more of it.");
	assert_found("l",
		"/l could be /part (/leave), /rooms (/list), /history (/last), "
		"/lockdown, /log: type more of it.");
}

/* What is for operators' tools, and what is for people only. */
static void
test_find_for_consoles(void **state)
{
	struct err err;

	(void)state;
	assert_found("events",
		"There is no command /events. /help shows them; "
		"to say a line that begins with a slash, double it.");
	assert_non_null(find(STR("events"), true, &err));
	assert_string_equal(find(STR("rel"), true, &err)->name, "reload");
	assert_null(find(STR("rel"), false, &err));
	assert_string_equal(
		err.text, "/rel could be /release, /reload: type more of it.");
	assert_null(find(STR("nick"), true, &err));
	assert_string_equal(err.text,
		"There is no command nick (did you mean kick?). help shows them.");
	assert_null(find(STR("re"), true, &err));
	assert_string_equal(err.text, "re could be reload, restart: type more of it.");
	assert_null(find(STR(""), true, &err));
	assert_string_equal(err.text, "Which command? help shows them.");
}

static void
test_unknown(void **state)
{
	(void)state;
	assert_found("", "A command follows its slash at once: /help shows them.");
	assert_found("nicke",
		"There is no command /nicke (did you mean /nick?). /help shows them; "
		"to say a line that begins with a slash, double it.");
	assert_found("kock",
		"There is no command /kock (did you mean /kick?). /help shows them; "
		"to say a line that begins with a slash, double it.");
	assert_found("xyzzy",
		"There is no command /xyzzy. /help shows them; "
		"to say a line that begins with a slash, double it.");
}

/* However long it is, the answer is short, and cut at a whole character. */
static void
test_unknown_long(void **state)
{
	struct buf typed = {0};
	struct err err;

	(void)state;
	buf_add_str(&typed, STR("x"));
	for (int i = 0; i < 3000; i++)
		buf_add_str(&typed, STR("\xc3\xbc"));
	assert_null(find(buf_str(&typed), false, &err));
	assert_true(strlen(err.text) < 200);
	assert_true(utf8_valid(str_of(err.text)));
	assert_non_null(strstr(err.text, "double it."));
	buf_fini(&typed);
}

/* Is `typed` the beginning of the name or of an alias? */
static bool
begins(const struct command *command, struct str typed)
{
	struct str rest = str_of(command->aliases != NULL ? command->aliases : "");
	struct str alias;

	if (str_starts(str_of(command->name), typed))
		return true;
	while ((alias = str_word(&rest)).len > 0) {
		if (str_starts(alias, typed))
			return true;
	}
	return false;
}

/* Every beginning of a name finds a command that begins so, or names the others. */
static void
test_every_prefix(void **state)
{
	(void)state;
	for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
		bool is_console = c->place == PLACE_CONSOLE;

		for (size_t len = 1; len <= strlen(c->name); len++) {
			struct str typed = str_make(c->name, len);
			struct err err;
			const struct command *got = find(typed, is_console, &err);
			char *named = xasprintf("%s%s", is_console ? "" : "/", c->name);

			if (got != NULL)
				assert_true(begins(got, typed));
			else
				assert_non_null(strstr(err.text, named));
			free(named);
		}
		if (!is_console)
			assert_found(c->name, c->name);
	}
}

/*
 * The table
 */

static void
test_check(void **state)
{
	struct err err = {""};

	(void)state;
	assert_int_equal(command_check(&err), 0);
	assert_string_equal(err.text, "");
}

static void
do_nothing(struct call *call)
{
	(void)call;
}

static void
test_fault(void **state)
{
	const struct command good = {.name = "x",
		.args = "<a> [b...]",
		.perm = PERM_PEOPLE,
		.run = do_nothing,
		.help = "Do nothing."};
	struct command bad;

	(void)state;
	assert_null(command_fault(&good));
	bad = good;
	bad.args = NULL;
	assert_null(command_fault(&bad));
	bad = good;
	bad.perm = PERM_UNSET;
	assert_string_equal(command_fault(&bad), "has no permission");
	bad = good;
	bad.run = NULL;
	assert_string_equal(command_fault(&bad), "has no handler or no help");
	bad = good;
	bad.help = NULL;
	assert_string_equal(command_fault(&bad), "has no handler or no help");
	bad = good;
	bad.args = "<a> <b> <c>";
	assert_string_equal(command_fault(&bad), "has too many arguments");
}

/* One sentence with a full stop, which may stand behind closing quotes and brackets. */
static void
check_help(const char *help)
{
	size_t len = strlen(help);

	assert_true(len > 0);
	assert_true(isupper((unsigned char)help[0]));
	assert_int_equal(help[len - 1], '.');
	assert_null(strstr(help, ". "));
	assert_null(strchr(help, '\n'));
}

/* The words of a specification: needed ones first, the rest of the line last. */
static void
check_args(const char *args)
{
	struct str rest = str_of(args != NULL ? args : "");
	struct str spec;
	bool optional = false, last = false;

	while ((spec = str_word(&rest)).len > 0) {
		assert_false(last);
		assert_true(spec.len > 2);
		if (spec.p[0] == '[') {
			optional = true;
			assert_int_equal(spec.p[spec.len - 1], ']');
		} else {
			assert_false(optional);
			assert_int_equal(spec.p[0], '<');
			assert_int_equal(spec.p[spec.len - 1], '>');
		}
		last = memchr(spec.p, '.', spec.len) != NULL;
		if (last)
			assert_memory_equal(spec.p + spec.len - 4, "...", 3);
	}
}

/* How many commands have the word as name or alias. */
static int
count_word(struct str word)
{
	int count = 0;

	for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
		struct str rest = str_of(c->aliases != NULL ? c->aliases : "");
		struct str alias;

		count += str_ieq(str_of(c->name), word) ? 1 : 0;
		while ((alias = str_word(&rest)).len > 0)
			count += str_ieq(alias, word) ? 1 : 0;
	}
	return count;
}

static void
check_words(const struct command *command)
{
	struct str rest = str_of(command->aliases != NULL ? command->aliases : "");
	struct str alias;
	struct err err;

	assert_true(name_ok(str_of(command->name)));
	assert_int_equal(count_word(str_of(command->name)), 1);
	for (const char *p = command->name; *p != '\0'; p++)
		assert_int_equal(*p, ascii_lower(*p));
	while ((alias = str_word(&rest)).len > 0) {
		assert_int_equal(count_word(alias), 1);
		assert_ptr_equal(
			find(alias, command->place == PLACE_CONSOLE, &err), command);
	}
}

static void
test_rows(void **state)
{
	size_t rows = 0;

	(void)state;
	for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
		assert_null(command_fault(c));
		check_words(c);
		check_args(c->args);
		check_help(c->help);
		rows++;
	}
	/* The walk goes through all tables. */
	assert_true(rows >= 22);
	assert_int_equal(count_word(STR("uptime")), 1);
}

/*
 * Running
 */

/* How many arguments a command needs and takes. */
static void
count_args(const struct command *command, int *least, int *most)
{
	*least = *most = 0;
	for (const char *p = command->args; p != NULL && *p != '\0'; p++) {
		if (*p == '<')
			++*least;
		if (*p == '<' || *p == '[')
			++*most;
		if (*p == '.')
			*most = 1000;
	}
}

/* "/name" with `words` words behind it. */
static char *
with_words(const struct command *command, int words)
{
	struct buf line = {0};

	buf_printf(&line, "/%s", command->name);
	for (int i = 0; i < words; i++)
		buf_add_str(&line, STR(" x"));
	return buf_take(&line);
}

/* Too little or too much: one line that says how it goes, to the sender alone. */
static void
test_usage(void **state)
{
	struct world *world = world_new(state, "operator root.level=operator", NULL);
	struct person *ann = enter(world, "ann");

	enter(world, "bob");
	make_operator(ann, "root");
	for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
		const char *args = c->args != NULL ? c->args : "(nothing behind it)";
		char *usage = xasprintf("Usage: /%s %s", c->name, args);
		int least, most;

		if (!command_is_for(c, false)) {
			free(usage);
			continue;
		}
		count_args(c, &least, &most);
		for (int words = 0; words < least; words++) {
			char *line = with_words(c, words);
			expect_error(ann, line, usage);
			free(line);
		}
		if (most < 1000) {
			char *line = with_words(c, most + 1);
			expect_error(ann, line, usage);
			free(line);
		}
		free(usage);
	}
}

/* What can be wrong besides, line by line. */
static void
test_wrong(void **state)
{
	static const struct {
		const char *typed, *answer;
	} wrong[] = {
		{"/", "A command follows its slash at once: /help shows them."},
		{"/ ", "A command follows its slash at once: /help shows them."},
		{"/ quit", "A command follows its slash at once: /help shows them."},
		{"/wh bob", "/wh could be /who, /whois: type more of it."},
		{"/qiut",
			"There is no command /qiut (did you mean /quit?). "
			"/help shows them; "
			"to say a line that begins with a slash, double it."},
		{"/msg dorothy hi", "Nobody here is called dorothy."},
		{"/whois dorothy", "Nobody here is called dorothy."},
		{"/whois bbo", "Nobody here is called bbo (did you mean bob?)."},
		{"/ignore b.b", "b.b is not a name."},
		{"/unignore bob", "You don't ignore bob."},
		{"/reply hi", "Nobody has written to you privately yet."},
		{"/back", "You are not away."},
		{"/join a.b",
			"A room's name is # and letters A to Z, digits, _ and -."},
		{"/part #nosuch", "There is no room #nosuch. /rooms shows the rooms."},
		{"/who nosuch", "There is no room #nosuch. /rooms shows the rooms."},
		{"/history many",
			"How much? A number of lines like 20 or a time like 10m."},
		{"/nick b.b",
			"A name is made of the letters A to Z, digits, _ and -, "
			"and does not begin with -."},
		{"/nick bob", "The name bob is taken."},
		{"/quiet maybe", "quiet can be off or on, not maybe."},
		{"/color red", "color can be auto, on or off, not red."},
		{"/zone 2", "zone can be server, UTC or hours like +2, -03:30, not 2."},
		{"/set timestmap",
			"There is no setting timestmap (did you mean timestamp?). "
			"/set shows them."},
		{"/set timestamp never",
			"timestamp can be off, clock or full, not never."},
		{"/help nosuch",
			"There is no command /nosuch. /help shows them; "
			"to say a line that begins with a slash, double it."},
	};
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	enter(world, "bob");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect_error(ann, wrong[i].typed, wrong[i].answer);
	assert_int_equal(world->chat->lines, 0);
}

/* Blanks around and between arguments are none of their own, nor is a tab. */
static void
test_split(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/msg \t bob \t a \t b \t ");
	expect(ann, "[to bob] a   b");
	expect(bob, "[ann] a   b");
	say(ann, "/nick   anna  ");
	expect(ann, "-- ann is now anna");
	say(ann, "/version ");
	expect_like(ann, "-- prattle runs prattle *.");
	forget(bob);
	expect_silence(world);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_ambiguous),
		cmocka_unit_test(test_find_for_consoles),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_unknown_long),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_fault),
		cmocka_unit_test(test_rows),
		world_test(test_usage),
		world_test(test_wrong),
		world_test(test_split),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
