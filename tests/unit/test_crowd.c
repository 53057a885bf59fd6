/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/mem.h"
#include "chat/audience.h"
#include "chat/member.h"
#include "chat/room.h"
#include "chat/user.h"
#include "net/conn.h"
#include "net/net.h"
#include "net/unsent.h"
#include "net_rig.h"

/*
 * Memory goes back when a crowd has gone. What is looked at is the room that lists
 * have, for what the system gets of it is the allocator's.
 */

enum {
	CROWD = 300,
	LEFT = 3,
	GONE = 64,       /* so many have to go, at least, before net gives anything */
	LATER = 1000,    /* and so many milliseconds have to pass */
	LARGE = 1 << 14, /* places in a list, more than so few people can need */
	SMALL = 1 << 6,  /* and no more than they may keep */
};

/*
 * Rooms
 */

static void
check_members(const struct room *room)
{
	for (size_t i = 0; i < room->count; i++) {
		const struct member *member = room->members[i];

		assert_int_equal(member->index, i);
		assert_ptr_equal(member->audience->members[member->place], member);
	}
}

/* A list has room for all, and no more than eight times as much, or the least. */
static void
check_cap(size_t cap, size_t count)
{
	assert_in_range(cap, count, count * 8 < MEMBERS_MIN ? MEMBERS_MIN : count * 8);
}

static void
check_audiences(const struct room *room)
{
	const struct audience *audience;
	size_t people = 0;

	TAILQ_FOREACH (audience, &room->audiences, link) {
		assert_in_range(audience->count, 1, AUDIENCE_MAX);
		check_cap(audience->cap, audience->count);
		people += audience->count;
	}
	assert_int_equal(people, room->count);
}

static void
test_room(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *people[CROWD];
	struct room *room;
	size_t least;

	for (size_t i = 0; i < CROWD; i++)
		people[i] = arrive(world);
	room = people[0]->user->current;
	assert_int_equal(room->count, CROWD);
	for (size_t i = 0; i < CROWD - LEFT; i++) {
		leave(people[i], "");
		check_cap(room->cap, room->count);
		check_audiences(room);
	}
	check_members(room);
	/* One who comes and goes again and again makes no lists larger and smaller. */
	least = room->cap;
	for (int i = 0; i < 10; i++) {
		leave(arrive(world), "");
		assert_int_equal(room->cap, least);
	}
	for (size_t i = 0; i < CROWD; i++)
		people[i] = arrive(world);
	check_members(room);
	check_audiences(room);
}

/*
 * Connections
 */

static struct rig *
crowd_rig(void **state)
{
	return rig_new(state, world_new(state, "limits.rate=0", "server.pace=0", NULL));
}

/* So many come and go, one by one. */
static void
come_and_go(struct rig *rig, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct caller caller = rig_call(rig, SOCK_SEQPACKET);

		conn_kill(caller.conn, KILL_NOW, REASON_STOP, NULL);
		caller_end(&caller);
		rig_turn(rig);
	}
}

/* The list has been as long as that. */
static void
stretch(struct conn_list *list, size_t cap)
{
	list->v = xreallocarray(list->v, cap, sizeof(*list->v));
	list->cap = cap;
}

/* Things for one person, in as many pieces, so that the list of links gets longer. */
static void
send_pieces(struct rig *rig, struct conn *conn, size_t count)
{
	for (size_t i = 0; i < count; i++)
		conn_send(conn, STR("\r\n"), i % 2 == 0);
	assert_true(rig->net->links_cap >= count);
}

static void
test_lists(void **state)
{
	struct rig *rig = crowd_rig(state);
	struct net *net = rig->net;
	struct caller ann = rig_call(rig, SOCK_STREAM);

	stretch(&net->dirty, LARGE);
	stretch(&net->held, LARGE);
	send_pieces(rig, ann.conn, LARGE);
	rig_turn(rig);
	come_and_go(rig, GONE - 1);
	assert_int_equal(net_next_due(net), -1);
	come_and_go(rig, 1);
	assert_int_equal(net_next_due(net), rig->world->now.mono + LATER);
	rig_pass(rig, LATER - 1);
	assert_int_equal(net->dirty.cap, LARGE);
	assert_int_equal(net->held.cap, LARGE);
	assert_true(net->links_cap >= LARGE);
	/* More who go do not put it off. */
	come_and_go(rig, GONE);
	rig_pass(rig, 1);
	assert_int_equal(net_next_due(net), -1);
	assert_int_equal(net->dirty.cap, 0);
	assert_int_equal(net->held.cap, 0);
	assert_int_equal(net->links_cap, 0);
	/* And all goes on. */
	caller_forget(&ann);
	caller_say(rig, &ann, "/nick");
	expect_packet(&ann, "!! Usage: /nick <name>\r\n");
}

/* What as many as are there may need is kept. */
static void
test_small_lists(void **state)
{
	struct rig *rig = crowd_rig(state);
	struct net *net = rig->net;
	struct caller ann = rig_call(rig, SOCK_STREAM);

	stretch(&net->dirty, SMALL);
	stretch(&net->held, SMALL);
	send_pieces(rig, ann.conn, SMALL);
	rig_turn(rig);
	come_and_go(rig, GONE);
	rig_pass(rig, LATER);
	assert_int_equal(net->buried, 0);
	assert_int_equal(net->dirty.cap, SMALL);
	assert_int_equal(net->held.cap, SMALL);
	assert_true(net->links_cap >= SMALL);
}

/* Nor does a list go that somebody is in. */
static void
test_lists_in_use(void **state)
{
	struct world *world = world_new(
		state, "limits.rate=0", "server.pace=20ms", "server.settle=1m", NULL);
	struct rig *rig = rig_new(state, world);
	struct net *net = rig->net;
	struct caller ann = rig_call(rig, SOCK_SEQPACKET);
	struct caller bob = rig_call(rig, SOCK_SEQPACKET);

	/* Each line by itself, for otherwise it waits in the room. */
	caller_say(rig, &bob, "/ignore nobody");
	rig_pass(rig, 2000);
	caller_forget(&bob);
	come_and_go(rig, GONE);
	rig_pass(rig, LATER - 1);
	for (int lines = 0; net->held.count == 0; lines++) {
		assert_true(lines < 10000);
		caller_say(rig, &ann, "hello");
		caller_forget(&bob);
	}
	stretch(&net->held, LARGE);
	rig_pass(rig, 1);
	assert_int_equal(net->buried, 0);
	assert_int_equal(net->held.cap, LARGE);
	assert_int_not_equal(net->nlinks, 1);
	assert_int_not_equal(net->links_cap, 0);
	rig_pass(rig, 20);
	expect_packet(&bob, "guest1: hello\r\n");
}

/* One is enough who leaves much unsent. */
static void
test_unsent(void **state)
{
	struct rig *rig = crowd_rig(state);
	struct caller ann = rig_call(rig, SOCK_STREAM);
	size_t len = (size_t)1024 * 1024;
	char *much = xcalloc(len, 1);

	stretch(&rig->net->held, LARGE);
	come_and_go(rig, 1);
	assert_int_equal(rig->net->held.cap, LARGE);
	assert_int_equal(unsent_add(ann.conn, str_make(much, len)), 0);
	conn_kill(ann.conn, KILL_NOW, REASON_STOP, NULL);
	caller_end(&ann);
	rig_turn(rig);
	assert_int_equal(rig->net->held.cap, LARGE);
	rig_pass(rig, LATER);
	assert_int_equal(rig->net->held.cap, 0);
	free(much);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_room),
		rig_test(test_lists),
		rig_test(test_small_lists),
		rig_test(test_lists_in_use),
		rig_test(test_unsent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
