/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/name_utf8.h"
#include "chat/ban.h"
#include "chat/ban_text.h"

enum {
	NOW = 1795255200
}; /* 2026-11-21T10:00:00Z */

/* Load what is good, into an empty list. */
static struct bans
load(struct str text)
{
	struct bans bans = {0};
	struct errlist errors = {0};
	int rc = bans_load(&bans, text, "F", NOW, &errors);

	if (errors.count > 0)
		fail_msg("%s", errors.texts[0]);
	assert_int_equal(rc, 0);
	return bans;
}

/* Printed, it is `want`, which stays when read and printed again. */
static void
check(const char *text, const char *want)
{
	struct bans bans = load(str_of(text)), again;
	struct buf out = {0};

	bans_print(&bans, &out);
	again = load(buf_str(&out));
	buf_add_char(&out, '\0');
	assert_string_equal(out.p, want);
	buf_reset(&out);
	bans_print(&again, &out);
	buf_add_char(&out, '\0');
	assert_string_equal(out.p, want);
	assert_int_equal(again.count, bans.count);
	bans_fini(&bans);
	bans_fini(&again);
	buf_fini(&out);
}

/* All of these are said about it, and nothing of it is loaded. */
static void
check_wrong(struct str text, const char *says)
{
	struct bans bans = load(STR("ban eve\n"));
	struct errlist errors = {0};
	struct buf out = {0};

	assert_int_equal(bans_load(&bans, text, "F", NOW, &errors), -1);
	for (size_t i = 0; i < errors.count; i++)
		buf_printf(&out, "%s\n", errors.texts[i]);
	buf_add_char(&out, '\0');
	assert_string_equal(out.p, says);
	assert_int_equal(bans.count, 1);
	assert_string_equal(bans.v[0].nick, "eve");
	assert_int_equal(bans.v[0].id, 1);
	buf_fini(&out);
	errlist_fini(&errors);
	bans_fini(&bans);
}

static void
test_whole(void **state)
{
	struct bans bans =
		load(STR("ban 203.0.113.0/24 until=2026-11-22T10:00:00Z by=Ann "
			 "set=2026-11-21T09:00:00Z spam\n"
			 "mute Bob room=#Lobby until=2026-11-21T12:00:00Z by=ann "
			 "set=2026-11-21T09:00:01Z shouting, loud\n"));

	(void)state;
	assert_int_equal(bans.count, 2);
	assert_int_equal(bans.v[0].kind, BAN_ENTRY);
	assert_true(bans.v[0].has_net);
	assert_int_equal(bans.v[0].until, NOW + 24 * 60 * 60);
	assert_int_equal(bans.v[0].set, NOW - 60 * 60);
	assert_string_equal(bans.v[0].by, "Ann");
	assert_string_equal(bans.v[0].reason, "spam");
	assert_null(bans.v[0].room);
	assert_int_equal(bans.v[1].kind, BAN_SPEECH);
	assert_false(bans.v[1].has_net);
	assert_string_equal(bans.v[1].nick, "bob");
	assert_string_equal(bans.v[1].room, "#lobby");
	assert_string_equal(bans.v[1].by, "ann");
	assert_string_equal(bans.v[1].reason, "shouting, loud");
	assert_int_equal(bans.last_id, 2);
	bans_fini(&bans);
}

static void
test_print(void **state)
{
	(void)state;
	check("", "");
	check("ban bob", "ban bob\n");
	check("ban Bob\n\n# a comment\n  ; another\nmute\t ANN  \r\n",
		"ban bob\nmute ann\n");
	check("\xEF\xBB\xBF"
	      "ban 203.0.113.7/32",
		"ban 203.0.113.7\n");
	check("mute 2001:DB8::/32 set=2026-11-21T09:00:00Z by=x room=#A "
	      "until=9999-12-31T23:59:59Z  two  words ",
		"mute 2001:db8::/32 room=#a until=9999-12-31T23:59:59Z by=x "
		"set=2026-11-21T09:00:00Z two  words\n");
	check("ban a set=1970-01-01T00:00:00Z by=", "ban a\n");
	/* Keys of a reason are its own. */
	check("ban a spam by=me until=x", "ban a spam by=me until=x\n");
	check("ban a by=me reason=by=you", "ban a by=me reason=by=you\n");
	check("ban a reason=a=b is spam", "ban a reason=a=b is spam\n");
	check("ban a reason= spam", "ban a spam\n");
	check("ban a reason=", "ban a\n");
	check("ban a reason=reason=x", "ban a reason=reason=x\n");
	check("ban a 1+1=2", "ban a 1+1=2\n");
	check("ban a =b", "ban a =b\n");
	check("ban a #1 ;", "ban a #1 ;\n");
	/* Whatever is in the file, what comes from there is clean. */
	check("ban a by=\x1b[1mx\xff\x01 \x1b]0;t\a b\x9b"
	      "1mc",
		"ban a by=x\xEF\xBF\xBD b\xEF\xBF\xBD"
		"1mc\n");
	check("ban a by=x\xE2\x80\xA8y \x01y=z", "ban a by=x_y reason=y=z\n");
	check("ban a \x1b[1m", "ban a\n");
}

static void
test_names(void **state)
{
	(void)state;
	if (name_utf8_available())
		check("ban \u00DCte\nmute \u041E\u043B\u044F",
			"ban \u00FCte\nmute \u043E\u043B\u044F\n");
	else
		check_wrong(STR("ban \u00DCte"),
			"F:1: \"\u00DCte\" is neither a name nor an address or a "
			"network (this prattled knows names of ASCII letters only)\n");
}

static void
test_long_reason(void **state)
{
	struct buf text = {0}, want = {0};

	(void)state;
	buf_add_str(&text, STR("ban a reason=x="));
	buf_add_str(&want, buf_str(&text));
	for (size_t i = 2; i < 5000; i++) {
		buf_add_char(&text, 'y');
		if (i < BAN_REASON_MAX)
			buf_add_char(&want, 'y');
	}
	buf_add_char(&text, '\0');
	buf_add_str(&want, STR("\n\0"));
	check(text.p, want.p);
	buf_fini(&text);
	buf_fini(&want);
}

static void
test_expired(void **state)
{
	(void)state;
	check("ban a until=2026-11-21T10:00:00Z\n"
	      "ban b until=2026-11-21T10:00:01Z\n"
	      "ban c until=1970-01-01T00:00:00Z\n"
	      "ban d\n",
		"ban b until=2026-11-21T10:00:01Z\nban d\n");
}

static void
test_twice(void **state)
{
	(void)state;
	check("ban a one\nmute a one\nban b\nban A two\nmute a room=#x\nmute a two\n"
	      "ban 203.0.113.7 one\nban 203.0.113.7/32 two\nban a three\n",
		"ban b\nmute a room=#x\nmute a two\nban 203.0.113.7 two\nban a "
		"three\n");
}

/* When the file is read again, who knows an id from before means the same one. */
static void
test_ids(void **state)
{
	struct bans bans = load(STR("ban a\nban b\nmute a room=#x\n"));
	struct errlist errors = {0};
	struct ban like = {.kind = BAN_ENTRY};
	struct err err;

	(void)state;
	assert_int_equal(ban_set_target(&like, STR("c"), &err), 0);
	assert_int_equal(bans_add(&bans, &like)->id, 4);
	assert_int_equal(
		bans_load(&bans, STR("ban e\nmute A room=#X more\nban b\nmute a\n"),
			"F", NOW, &errors),
		0);
	assert_int_equal(bans.count, 4);
	assert_int_equal(bans.v[0].id, 5);
	assert_int_equal(bans.v[1].id, 3);
	assert_string_equal(bans.v[1].reason, "more");
	assert_int_equal(bans.v[2].id, 2);
	assert_int_equal(bans.v[3].id, 6);
	assert_int_equal(bans_add(&bans, &like)->id, 7);
	bans_fini(&bans);
	assert_int_equal(errors.count, 0);
}

static void
test_wrong(void **state)
{
	(void)state;
	check_wrong(STR("ban bob\nBan bob\nbam bob\nhello world\nban\nmute \n"
			"ban b!b\nban 203.0.113.7/24 untill=never\n"),
		"F:2: \"Ban\" is no kind of entry (did you mean \"ban\"?); a line "
		"begins "
		"with ban or mute\n"
		"F:3: \"bam\" is no kind of entry (did you mean \"ban\"?); a line "
		"begins "
		"with ban or mute\n"
		"F:4: \"hello\" is no kind of entry; a line begins with ban or mute\n"
		"F:5: it does not say who (write ban and a name, an address or a "
		"network "
		"such as 192.0.2.0/24)\n"
		"F:6: it does not say who (write mute and a name, an address or a "
		"network such as 192.0.2.0/24)\n"
		"F:7: \"b!b\" is neither a name nor an address or a network\n"
		"F:8: \"203.0.113.7/24\" has bits behind its prefix; write "
		"203.0.113.0/24 "
		"for the network, 203.0.113.7 for the one address\n"
		"F:8: there is no untill= (did you mean until=?); write reason= before "
		"a "
		"reason that begins so\n");
	check_wrong(STR("ban a until=tomorrow set=2026-11-21\n"
			"ban a until=2026-02-30T00:00:00Z Until=x\n"
			"mute a room=lobby by=x by=y\n"
			"ban a room=#lobby az=1\n"),
		"F:1: until=tomorrow is no time (write it in UTC, as "
		"until=2026-11-21T10:00:00Z)\n"
		"F:1: set=2026-11-21 is no time (write it in UTC, as "
		"set=2026-11-21T10:00:00Z)\n"
		"F:2: until=2026-02-30T00:00:00Z is no time (write it in UTC, as "
		"until=2026-11-21T10:00:00Z)\n"
		"F:2: there is no Until= (did you mean until=?); write reason= before "
		"a "
		"reason that begins so\n"
		"F:3: room=lobby is no name of a room (write it as room=#lobby)\n"
		"F:3: by= is there twice\n"
		"F:4: room= is for mute (a ban is for all rooms)\n"
		"F:4: there is no az=; write reason= before a reason that begins "
		"so\n");
	/* The mistake of a line that is expired is one, too. */
	check_wrong(STR("ban a until=1999-01-01T00:00:00Z until=\n"
			"ban a until=1999-01-01T00:00:00Z set=\n"),
		"F:1: until= is there twice\n"
		"F:2: set= is no time (write it in UTC, as "
		"set=2026-11-21T10:00:00Z)\n");
	check_wrong(STR("b\x1b[1m\xff\0n a\nban a\0b\n"),
		"F:1: \"b\xEF\xBF\xBD\" is no kind of entry; a line begins with ban or "
		"mute\n"
		"F:2: \"a\" is neither a name nor an address or a network\n");
}

static void
test_wrong_long(void **state)
{
	struct buf text = {0}, want = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_add_char(&text, 'x');
	buf_printf(&want,
		"F:1: \"%.*s\" is no kind of entry; a line begins with ban or mute\n",
		LINES_SHOWN_MAX, text.p);
	buf_add_char(&want, '\0');
	check_wrong(buf_str(&text), want.p);
	buf_fini(&text);
	buf_fini(&want);
}

/* Any words in any order: what is loaded is the same when printed and loaded again. */
static void
test_random(void **state)
{
	static const char *const words[] = {"ban ", "mute ", "ann ", "bob ",
		"203.0.113.7 ", "203.0.113.0/24 ", "::/0 ",
		"until=2026-11-22T10:00:00Z ", "until=2025-11-22T10:00:00Z ",
		"set=2026-11-21T10:00:00Z ", "by=ann ", "by=\x1b[1m ", "room=#a ",
		"room=#B ", "reason=", "a=b ", "\x1b[1m", "\xff", "\x01", "\t", "=",
		"# ", "; ", "\r", "\n", "\n", "\xC3\xBC ", "\xE2\x80\xA8"};
	size_t loaded = 0;

	(void)state;
	srand(1);
	for (int round = 0; round < 50000; round++) {
		struct buf text = {0}, out = {0};
		struct bans bans = {0};
		struct errlist errors = {0};

		for (int n = rand() % 12; n >= 0; n--) {
			size_t i = (size_t)rand() % (sizeof(words) / sizeof(*words));

			/* Most lines would be wrong from the beginning. */
			if (text.len == 0 || text.p[text.len - 1] == '\n')
				buf_add_str(&text, STR("mute bob "));
			buf_add_str(&text, str_of(words[i]));
		}
		if (bans_load(&bans, buf_str(&text), "F", NOW, &errors) == 0) {
			loaded++;
			bans_print(&bans, &out);
			buf_add_char(&out, '\0');
			check(out.p, out.p);
		} else {
			assert_int_not_equal(errors.count, 0);
		}
		errlist_fini(&errors);
		bans_fini(&bans);
		buf_fini(&text);
		buf_fini(&out);
	}
	assert_in_range(loaded, 5000, 50000);
}

/* As many as a program may write there: no time is asserted, but it is felt. */
static void
test_many(void **state)
{
	struct buf text = {0};
	struct bans bans;

	(void)state;
	for (unsigned i = 0; i < 100000; i++)
		buf_printf(&text, "ban 10.%u.%u.%u\n", i >> 16, i >> 8 & 255, i & 255);
	bans = load(buf_str(&text));
	assert_int_equal(bans.count, 100000);
	bans_fini(&bans);
	buf_fini(&text);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long_reason),
		cmocka_unit_test(test_expired),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_wrong_long),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("ban_text", tests, NULL, NULL);
}
