/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/timestamp.h"
#include "chat/ban.h"

enum {
	NOW = 1000
};

static struct ban
make(enum ban_kind kind, const char *target)
{
	struct ban ban = {.kind = kind};
	struct err err;

	assert_int_equal(ban_set_target(&ban, str_of(target), &err), 0);
	return ban;
}

static struct netaddr
address(const char *text)
{
	struct network network;
	struct err err;

	assert_int_equal(network_parse(&network, str_of(text), &err), 0);
	return network.addr;
}

/* Add one without more than that; returns its id. */
static uint64_t
add(struct bans *bans, enum ban_kind kind, const char *target, const char *room,
	int64_t until)
{
	char name[NAME_MAX_BYTES + 1];
	struct ban ban = make(kind, target);

	if (room != NULL) {
		assert_true(str_copy(str_of(room), name, sizeof(name)));
		ban.room = name;
	}
	ban.until = until;
	return bans_add(bans, &ban)->id;
}

static uint64_t
id_of(const struct ban *ban)
{
	return ban != NULL ? ban->id : 0;
}

static uint64_t
hit_addr(const struct bans *bans, const char *text)
{
	struct netaddr addr = address(text);

	return id_of(bans_hit_addr(bans, &addr, NOW));
}

static uint64_t
hit_nick(const struct bans *bans, const char *nick)
{
	return id_of(bans_hit_nick(bans, str_of(nick), NOW));
}

static uint64_t
hit_speech(
	const struct bans *bans, const char *nick, const char *text, const char *room)
{
	struct netaddr addr = address(text);

	return id_of(bans_hit_speech(bans, str_of(nick), &addr, str_of(room), NOW));
}

static void
test_target(void **state)
{
	struct ban ban;
	struct network net;
	struct err err;

	(void)state;
	ban = make(BAN_ENTRY, "Ann");
	assert_false(ban.has_net);
	assert_string_equal(ban.nick, "ann");
	ban = make(BAN_ENTRY, "7");
	assert_false(ban.has_net);
	ban = make(BAN_ENTRY, "203.0.113.0/24");
	assert_true(ban.has_net);
	assert_int_equal(network_parse(&net, STR("203.0.113.0/24"), &err), 0);
	assert_true(network_eq(&ban.net, &net));
	assert_int_equal(ban_set_target(&ban, STR("bob"), &err), 0);
	assert_false(ban.has_net);
	assert_string_equal(ban.nick, "bob");
}

static void
test_target_wrong(void **state)
{
	static const struct {
		const char *target;
		const char *says;
	} wrong[] = {
		{"-ann", "\"-ann\" is neither a name nor an address or a network"},
		{"a!b", "\"a!b\" is neither a name nor an address or a network"},
		{"#lobby", "\"#lobby\" is neither a name"},
		{"", "\"\" is neither a name"},
		{"chat.lan", "such as 192.0.2.7"},
		{"203.0.113.7/24", "203.0.113.0/24"},
	};
	struct ban ban = make(BAN_ENTRY, "ann"), before = ban;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct err err;

		assert_int_equal(
			ban_set_target(&ban, str_of(wrong[i].target), &err), -1);
		if (strstr(err.text, wrong[i].says) == NULL)
			fail_msg("%s", err.text);
		assert_memory_equal(&ban, &before, sizeof(ban));
	}
}

static void
test_add(void **state)
{
	char name[] = "#Lobby", by[] = " Ann\t\x1b[1mM\r\n ",
	     reason[] = "\x1b[2J too  loud\n ";
	struct ban ban = make(BAN_SPEECH, "Bob");
	struct bans bans = {0};
	const struct ban *got;

	(void)state;
	ban.room = name;
	ban.by = by;
	ban.reason = reason;
	ban.set = INT64_MAX;
	ban.until = INT64_MAX;
	ban.id = 77;
	got = bans_add(&bans, &ban);
	assert_int_equal(bans.count, 1);
	assert_ptr_equal(got, bans.v);
	assert_int_equal(got->kind, BAN_SPEECH);
	assert_false(got->has_net);
	assert_string_equal(got->nick, "bob");
	assert_string_equal(got->room, "#lobby");
	assert_string_equal(got->by, "Ann_M");
	assert_string_equal(got->reason, "too  loud");
	assert_int_equal(got->set, TIMESTAMP_MAX);
	assert_int_equal(got->until, TIMESTAMP_MAX);
	assert_int_equal(got->id, 1);

	ban = make(BAN_ENTRY, "bob");
	got = bans_add(&bans, &ban);
	assert_int_equal(bans.count, 2);
	assert_null(got->room);
	assert_string_equal(got->by, "");
	assert_string_equal(got->reason, "");
	assert_int_equal(got->until, 0);
	assert_int_equal(got->id, 2);
	bans_fini(&bans);
	assert_int_equal(bans.count, 0);
	assert_null(bans.v);
}

static void
test_add_long(void **state)
{
	char by[4 * NAME_MAX_BYTES], reason[4 * BAN_REASON_MAX];
	struct ban ban = make(BAN_ENTRY, "bob");
	struct bans bans = {0};
	const struct ban *got;

	(void)state;
	memset(by, 'b', sizeof(by));
	memset(reason, 'r', sizeof(reason));
	/* What is cut there leaves no half of a character and no blank. */
	memcpy(by + NAME_MAX_BYTES - 1, "\xC3\xBC", 2);
	memcpy(reason + BAN_REASON_MAX - 2, "  \xC3\xBC", 4);
	by[sizeof(by) - 1] = reason[sizeof(reason) - 1] = '\0';
	ban.by = by;
	ban.reason = reason;
	got = bans_add(&bans, &ban);
	assert_int_equal(strlen(got->by), NAME_MAX_BYTES - 1);
	assert_int_equal(strlen(got->reason), BAN_REASON_MAX - 2);
	bans_fini(&bans);
}

static void
test_add_again(void **state)
{
	struct bans bans = {0};
	struct ban *first;

	(void)state;
	add(&bans, BAN_ENTRY, "ann", NULL, 0);
	add(&bans, BAN_ENTRY, "203.0.113.0/24", NULL, 0);
	add(&bans, BAN_ENTRY, "203.0.113.0/25", NULL, 0);
	add(&bans, BAN_SPEECH, "ann", NULL, 0);
	add(&bans, BAN_SPEECH, "ann", "#a", 0);
	add(&bans, BAN_SPEECH, "ann", "#b", 0);
	add(&bans, BAN_SPEECH, "203.0.113.0/24", "#b", 0);
	assert_int_equal(bans.count, 7);
	/* Each again, which makes it the last one. */
	assert_int_equal(add(&bans, BAN_SPEECH, "ANN", "#A", 0), 8);
	assert_int_equal(bans.count, 7);
	assert_int_equal(bans.v[6].id, 8);
	assert_int_equal(add(&bans, BAN_ENTRY, "203.0.113.0/24", NULL, 5), 9);
	assert_int_equal(bans.count, 7);
	assert_int_equal(bans.v[6].until, 5);
	assert_int_equal(add(&bans, BAN_SPEECH, "Ann", NULL, 0), 10);
	assert_int_equal(bans.count, 7);
	assert_int_equal(bans.v[0].id, 1);
	assert_int_equal(bans.v[1].id, 3);
	assert_int_equal(bans.v[2].id, 6);
	/* One of them itself, which goes away meanwhile. */
	first = &bans.v[0];
	assert_int_equal(bans_add(&bans, first)->id, 11);
	assert_int_equal(bans.count, 7);
	assert_string_equal(bans.v[6].nick, "ann");
	bans_fini(&bans);
}

static void
test_remove(void **state)
{
	char room[] = "#a";
	struct bans bans = {0};
	struct ban like = make(BAN_SPEECH, "ann");

	(void)state;
	add(&bans, BAN_ENTRY, "ann", NULL, 0);
	add(&bans, BAN_SPEECH, "ann", NULL, 0);
	add(&bans, BAN_SPEECH, "ann", "#a", 0);
	add(&bans, BAN_SPEECH, "ann", "#b", 0);
	add(&bans, BAN_SPEECH, "bob", "#a", 0);
	add(&bans, BAN_ENTRY, "203.0.113.7", NULL, 0);
	like.room = room;
	assert_int_equal(bans_remove(&bans, &like), 1);
	assert_int_equal(bans_remove(&bans, &like), 0);
	assert_int_equal(bans.count, 5);
	like.room = NULL;
	assert_int_equal(bans_remove(&bans, &like), 2);
	assert_int_equal(bans.count, 3);
	like = make(BAN_ENTRY, "203.0.113.6");
	assert_int_equal(bans_remove(&bans, &like), 0);
	like = make(BAN_ENTRY, "203.0.113.7");
	assert_int_equal(bans_remove(&bans, &like), 1);
	assert_int_equal(bans.count, 2);
	assert_int_equal(bans.v[0].id, 1);
	assert_int_equal(bans.v[1].id, 5);
	bans_fini(&bans);
}

static void
test_expire(void **state)
{
	struct bans bans = {0};

	(void)state;
	assert_int_equal(bans_next_expiry(&bans), -1);
	assert_false(bans_expire(&bans, NOW));
	add(&bans, BAN_ENTRY, "eve", NULL, 0);
	assert_int_equal(bans_next_expiry(&bans), -1);
	add(&bans, BAN_ENTRY, "bob", NULL, 30);
	add(&bans, BAN_ENTRY, "ann", NULL, 10);
	add(&bans, BAN_SPEECH, "ann", NULL, 20);
	assert_int_equal(bans_next_expiry(&bans), 10);
	assert_false(bans_expire(&bans, 9));
	assert_int_equal(bans.count, 4);
	assert_true(bans_expire(&bans, 10));
	assert_int_equal(bans.count, 3);
	assert_int_equal(bans_next_expiry(&bans), 20);
	assert_true(bans_expire(&bans, 100));
	assert_int_equal(bans.count, 1);
	assert_int_equal(bans.v[0].id, 1);
	assert_int_equal(bans_next_expiry(&bans), -1);
	bans_fini(&bans);
}

static void
test_hit_addr(void **state)
{
	struct bans bans = {0};

	(void)state;
	add(&bans, BAN_ENTRY, "203.0.113.0/25", NULL, NOW);
	add(&bans, BAN_SPEECH, "203.0.113.0/24", NULL, 0);
	add(&bans, BAN_ENTRY, "203.0.113.0/26", NULL, NOW + 1);
	add(&bans, BAN_ENTRY, "203.0.113.0/24", NULL, 0);
	add(&bans, BAN_ENTRY, "2001:db8::/32", NULL, 0);
	add(&bans, BAN_ENTRY, "ann", NULL, 0);
	assert_int_equal(hit_addr(&bans, "203.0.113.7"), 3);
	assert_int_equal(hit_addr(&bans, "203.0.113.77"), 4);
	assert_int_equal(hit_addr(&bans, "203.0.114.7"), 0);
	assert_int_equal(hit_addr(&bans, "2001:db8::7"), 5);
	assert_int_equal(hit_addr(&bans, "2001:db9::7"), 0);
	assert_null(bans_hit_addr(&bans, NULL, NOW));
	bans_fini(&bans);
}

static void
test_hit_nick(void **state)
{
	char longer[2 * NAME_MAX_BYTES + 1], longest[NAME_MAX_BYTES + 1];
	struct bans bans = {0};

	(void)state;
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	add(&bans, BAN_ENTRY, "203.0.113.0/24", NULL, 0);
	add(&bans, BAN_SPEECH, "Ann", NULL, 0);
	add(&bans, BAN_ENTRY, "ann", NULL, NOW + 1);
	add(&bans, BAN_ENTRY, "bob", NULL, NOW);
	add(&bans, BAN_ENTRY, longest, NULL, 0);
	assert_int_equal(hit_nick(&bans, "ANN"), 3);
	assert_int_equal(hit_nick(&bans, "ann2"), 0);
	assert_int_equal(hit_nick(&bans, "bob"), 0);
	assert_int_equal(hit_nick(&bans, ""), 0);
	assert_int_equal(hit_nick(&bans, longest), 5);
	assert_int_equal(hit_nick(&bans, longer), 0);
	bans_fini(&bans);
}

static void
test_hit_speech(void **state)
{
	struct bans bans = {0};

	(void)state;
	add(&bans, BAN_ENTRY, "ann", NULL, 0);
	add(&bans, BAN_ENTRY, "203.0.113.0/24", NULL, 0);
	add(&bans, BAN_SPEECH, "ann", "#lobby", 0);
	add(&bans, BAN_SPEECH, "bob", NULL, 0);
	add(&bans, BAN_SPEECH, "203.0.113.0/24", "#lobby", 0);
	add(&bans, BAN_SPEECH, "eve", "#lobby", NOW);
	assert_int_equal(hit_speech(&bans, "Ann", "192.0.2.1", "#Lobby"), 3);
	assert_int_equal(hit_speech(&bans, "Ann", "192.0.2.1", "#lob"), 0);
	assert_int_equal(hit_speech(&bans, "Bob", "192.0.2.1", "#lob"), 4);
	assert_int_equal(hit_speech(&bans, "eve", "203.0.113.1", "#lobby"), 5);
	assert_int_equal(hit_speech(&bans, "eve", "203.0.113.1", "#other"), 0);
	assert_int_equal(hit_speech(&bans, "eve", "192.0.2.1", "#lobby"), 0);
	assert_null(bans_hit_speech(&bans, STR("eve"), NULL, STR("#lobby"), NOW));
	assert_non_null(bans_hit_speech(&bans, STR("bob"), NULL, STR("#lobby"), NOW));
	bans_fini(&bans);
}

static void
test_hits(void **state)
{
	struct netaddr near = address("203.0.113.7"), far = address("192.0.2.1");
	struct ban ban = make(BAN_ENTRY, "Ann");

	(void)state;
	assert_true(ban_hits(&ban, STR("aNN"), &near));
	assert_true(ban_hits(&ban, STR("ann"), NULL));
	assert_false(ban_hits(&ban, STR("bob"), &near));
	ban = make(BAN_SPEECH, "203.0.113.0/24");
	assert_true(ban_hits(&ban, STR("ann"), &near));
	assert_false(ban_hits(&ban, STR("ann"), &far));
	assert_false(ban_hits(&ban, STR("ann"), NULL));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_target_wrong),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_add_long),
		cmocka_unit_test(test_add_again),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_expire),
		cmocka_unit_test(test_hit_addr),
		cmocka_unit_test(test_hit_nick),
		cmocka_unit_test(test_hit_speech),
		cmocka_unit_test(test_hits),
	};

	return cmocka_run_group_tests_name("ban", tests, NULL, NULL);
}
