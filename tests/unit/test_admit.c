/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "chat/moderation.h"
#include "chat/store.h"
#include "chat/user.h"
#include "chat_fake.h"

/* Who may come in, and who has to say something to stay. */

#define FULL "Too many people are here already. Please try again later."
#define CROWDED "Too many people from your address are here already."
#define BUSY "Too many connections from your address. Please try again in some minutes."
#define CLOSED "Nobody may come in at the moment. Please try again later."

/* The last answer, terminated. */
static char words[256];

/* May somebody come in from there (NULL: a unix socket)? */
static enum reason
ask(struct world *world, const char *address)
{
	struct peer peer = {.id = 1000000};
	struct buf out = {0};
	struct network network;
	enum reason reason;
	struct err err;

	if (address != NULL) {
		assert_int_equal(network_parse(&network, str_of(address), &err), 0);
		peer.has_addr = true;
		peer.addr = network.addr;
	}
	reason = chat_admit(world->chat, &peer, world->now, &out);
	assert_true(out.len < sizeof(words));
	memcpy(words, out.p != NULL ? out.p : "", out.len);
	words[out.len] = '\0';
	buf_fini(&out);
	assert_int_equal(reason == REASON_NONE, words[0] == '\0');
	return reason;
}

#define assert_admits(world, address) assert_int_equal(ask(world, address), REASON_NONE)
#define assert_refuses(world, address, reason, text)                                   \
	do {                                                                           \
		assert_int_equal(ask(world, address), reason);                         \
		assert_string_equal(words, text);                                      \
	} while (0)

/* Somebody who asks, and comes in. */
static struct person *
come_from(struct world *world, const char *address)
{
	assert_admits(world, address);
	return address != NULL ? arrive_from(world, address) : arrive(world);
}

/* In all: nobody is exempt from that. */
static void
test_clients(void **state)
{
	struct world *world = world_new(state, "limits.clients=3", NULL);
	struct person *ann;

	come_from(world, "10.0.0.1");
	come_from(world, NULL);
	ann = come_from(world, "127.0.0.1");
	assert_refuses(world, "10.0.0.2", REASON_FULL, FULL);
	assert_refuses(world, "127.0.0.1", REASON_FULL, FULL);
	assert_refuses(world, NULL, REASON_FULL, FULL);
	leave(ann, "");
	assert_admits(world, "10.0.0.2");
	world_reload(world, "limits.clients=2", NULL);
	assert_refuses(world, "10.0.0.2", REASON_FULL, FULL);
	world_reload(world, "limits.clients=0", NULL);
	for (int i = 0; i < 50; i++)
		come_from(world, NULL);
}

static void
test_clients_per_address(void **state)
{
	struct world *world = world_new(state, "limits.clients_per_address=2",
		"limits.exempt=127.0.0.0/8, 192.0.2.0/24", NULL);
	struct person *ann;

	ann = come_from(world, "10.0.0.1");
	come_from(world, "10.0.0.1");
	assert_refuses(world, "10.0.0.1", REASON_ADDRESS, CROWDED);
	assert_admits(world, "10.0.0.2");
	leave(ann, "");
	come_from(world, "10.0.0.1");
	assert_refuses(world, "10.0.0.1", REASON_ADDRESS, CROWDED);
	/* Exempt: listed networks, and unix sockets. */
	for (int i = 0; i < 10; i++) {
		come_from(world, "127.0.0.9");
		come_from(world, "192.0.2.200");
		come_from(world, NULL);
	}
	/* Not exempt any more: those who are here count at once. */
	world_reload(world, "limits.clients_per_address=2", "limits.exempt=", NULL);
	assert_refuses(world, "192.0.2.200", REASON_ADDRESS, CROWDED);
	assert_admits(world, "192.0.2.201");
}

static void
test_connects_per_address(void **state)
{
	struct world *world = world_new(state, "limits.connects_per_address=5",
		"limits.exempt=127.0.0.0/8", NULL);

	for (int i = 0; i < 5; i++)
		leave(come_from(world, "10.0.0.1"), "");
	assert_refuses(world, "10.0.0.1", REASON_CONNECTS, BUSY);
	assert_admits(world, "10.0.0.2");
	for (int i = 0; i < 20; i++) {
		leave(come_from(world, "127.0.0.1"), "");
		leave(come_from(world, NULL), "");
	}
	world_pass(world, 119999);
	assert_refuses(world, "10.0.0.1", REASON_CONNECTS, BUSY);
	world_pass(world, 1);
	assert_admits(world, "10.0.0.1");
	assert_refuses(world, "10.0.0.1", REASON_CONNECTS, BUSY);
}

/* A ban holds for the exempt, too, but a unix socket has no address to ban. */
static void
test_banned(void **state)
{
	struct world *world = world_new(state, NULL);
	char reason[] = "spam";
	struct ban ban = {.kind = BAN_ENTRY, .reason = reason};
	struct ban mute = {.kind = BAN_SPEECH};
	struct err err;

	assert_int_equal(ban_set_target(&ban, STR("10.0.0.0/24"), &err), 0);
	assert_int_equal(ban_set_target(&mute, STR("10.0.1.0/24"), &err), 0);
	ban.until = world->now.wall + 3600;
	bans_add(&world->chat->store->bans, &ban);
	bans_add(&world->chat->store->bans, &mute);
	assert_refuses(world, "10.0.0.7", REASON_BANNED,
		"You are banned until 2026-11-21T11:00:00Z: spam");
	assert_admits(world, "10.0.1.7");
	assert_admits(world, NULL);
	world_pass(world, 3599 * 1000);
	assert_int_equal(ask(world, "10.0.0.7"), REASON_BANNED);
	world_pass(world, 1000);
	assert_admits(world, "10.0.0.7");
	assert_int_equal(ban_set_target(&ban, STR("127.0.0.1"), &err), 0);
	ban.until = 0;
	ban.reason = NULL;
	bans_add(&world->chat->store->bans, &ban);
	assert_refuses(world, "127.0.0.1", REASON_BANNED, "You are banned.");
}

/* Only the level that says so keeps people out, and for its time. */
static void
test_lockdown(void **state)
{
	struct world *world = world_new(state, NULL);

	moderation_lock(world->chat, LOCKDOWN_MUTE, 0);
	come_from(world, "10.0.0.1");
	moderation_lock(world->chat, LOCKDOWN_CLAIMED, 0);
	come_from(world, "10.0.0.1");
	moderation_lock(world->chat, LOCKDOWN_CLOSED, 60000);
	assert_refuses(world, "10.0.0.1", REASON_LOCKDOWN, CLOSED);
	assert_refuses(world, "127.0.0.1", REASON_LOCKDOWN, CLOSED);
	assert_refuses(world, NULL, REASON_LOCKDOWN, CLOSED);
	world_pass(world, 59999);
	assert_refuses(world, "10.0.0.1", REASON_LOCKDOWN, CLOSED);
	world_pass(world, 1);
	assert_admits(world, "10.0.0.1");
}

static void
test_memory(void **state)
{
	struct world *world = world_new(state, "limits.clients=0", NULL);

	world->chat->is_low = true;
	assert_refuses(world, "127.0.0.1", REASON_MEMORY, FULL);
	assert_refuses(world, NULL, REASON_MEMORY, FULL);
	world->chat->is_low = false;
	assert_admits(world, "127.0.0.1");
}

/* Who is refused otherwise uses up no connection. */
static void
test_order(void **state)
{
	struct world *world = world_new(
		state, "limits.clients=1", "limits.connects_per_address=2", NULL);
	struct person *ann = come_from(world, "10.0.0.1");

	for (int i = 0; i < 10; i++)
		assert_int_equal(ask(world, "10.0.0.1"), REASON_FULL);
	leave(ann, "");
	assert_admits(world, "10.0.0.1");
	assert_int_equal(ask(world, "10.0.0.1"), REASON_CONNECTS);
}

/*
 * A first line
 */

#define GOODBYE "!! You have not said anything. Goodbye!"

static void
test_first_line(void **state)
{
	struct world *world = world_new(
		state, "limits.first_line=30s", "limits.exempt=127.0.0.0/8", NULL);
	struct person *ann = come_from(world, "10.0.0.1");
	struct person *bob = come_from(world, "10.0.0.2");
	struct person *cid = come_from(world, "127.0.0.1");
	struct person *dan = come_from(world, NULL), *eve;

	world_pass(world, 10000);
	eve = come_from(world, "10.0.0.3");
	/* Whatever it is. */
	say(bob, "");
	forget_all(world);
	world_pass(world, 19999);
	assert_non_null(ann->user);
	forget_all(world);
	assert_int_equal(chat_next_due(world->chat), world->now.mono + 1);
	world_pass(world, 1);
	expect(ann, GOODBYE);
	assert_null(ann->user);
	assert_string_equal(ann->hung_up, reason_text(REASON_SILENT));
	expect_like(bob, "-- guest1 has quit");
	forget_all(world);
	world_pass(world, 9999);
	assert_non_null(eve->user);
	world_pass(world, 1);
	expect(eve, GOODBYE);
	assert_null(eve->user);
	world_pass(world, 3600000);
	assert_non_null(bob->user);
	assert_non_null(cid->user);
	assert_non_null(dan->user);
}

/* Whoever leaves by himself is not sent away once more. */
static void
test_first_line_gone(void **state)
{
	struct world *world = world_new(state, "limits.first_line=30s", NULL);
	struct person *ann = come_from(world, "10.0.0.1");

	come_from(world, "10.0.0.2");
	leave(ann, "");
	world_pass(world, 30000);
	assert_int_equal(chat_people(world->chat), 0);
	assert_int_equal(chat_next_due(world->chat), -1);
}

/* Off: nobody has to. A reload that sets it counts from when they came. */
static void
test_first_line_off(void **state)
{
	struct world *world = world_new(state, "limits.first_line=0", NULL);
	struct person *ann = come_from(world, "10.0.0.1");
	struct person *bob = come_from(world, "10.0.0.1");

	world_pass(world, 24 * 3600000);
	assert_non_null(ann->user);
	say(bob, "hello");
	world_reload(world, "limits.first_line=30s", NULL);
	world_pass(world, 0);
	assert_null(ann->user);
	assert_non_null(bob->user);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_clients),
		world_test(test_clients_per_address),
		world_test(test_connects_per_address),
		world_test(test_banned),
		world_test(test_lockdown),
		world_test(test_memory),
		world_test(test_order),
		world_test(test_first_line),
		world_test(test_first_line_gone),
		world_test(test_first_line_off),
	};

	return cmocka_run_group_tests_name("admit", tests, NULL, NULL);
}
