/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "chat/room.h"
#include "chat/user.h"
#include "chat_fake.h"

/* Coming and going: one by one as long as it is not too often, and together above. */

/* The settings of all tests here, and a room with somebody in it who listens. */
#define CALM "server.settle=0", "server.gather_rate=4", "server.gather_time=2s"

/* Let people come within a turn, who have names of their own from the start. */
static void
rush(struct world *world, struct person **people, unsigned first, unsigned count)
{
	char line[32];

	for (unsigned i = 0; i < count; i++) {
		people[i] = turn_up(world);
		snprintf(line, sizeof(line), "/nick p%u", first + i);
		type(people[i], line);
	}
}

/*
 * Somebody in #lobby who has seen so many come and go that the next ones are gathered
 * from the first one on, and nothing is gathered now.
 */
static struct person *
witness(struct world *world)
{
	struct person *ann = enter(world, "ann");

	for (int i = 0; i < TRAFFIC_BURST + TRAFFIC_DEBT; i++) {
		struct person *one = turn_up(world);

		break_off(one, "");
		world_turn(world);
	}
	traffic_settle(world->chat);
	world_turn(world);
	forget_all(world);
	return ann;
}

static void
test_few(void **state)
{
	struct world *world = world_new(state, CALM, NULL);
	struct person *ann = enter(world, "ann"), *p[3];
	char line[64];

	world_pass(world, 10000);
	/* A dozen at once ... */
	for (unsigned i = 0; i < TRAFFIC_BURST; i++) {
		arrive(world);
		snprintf(line, sizeof(line), "-- guest%u has joined #lobby", 2 + i);
		expect(ann, line);
	}
	/* ... and then as many as the rate allows. */
	for (unsigned i = 0; i < 40; i++) {
		world_pass(world, 250);
		arrive(world);
		snprintf(line, sizeof(line), "-- guest%u has joined #lobby",
			2 + TRAFFIC_BURST + i);
		expect(ann, line);
	}
	assert_int_equal(chat_next_due(world->chat), -1);
	/* The next at once is not told before its time. */
	rush(world, p, 1, 3);
	world_turn(world);
	expect_nothing(ann);
	assert_int_equal(chat_next_due(world->chat), world->now.mono + 2000);
	world_pass(world, 1999);
	/* It would be allowed by now, but there is something to be told first. */
	arrive(world);
	expect_nothing(ann);
	world_pass(world, 1);
	expect(ann, "-- 4 joined #lobby: p1, p2, p3, guest57");
	expect_nothing(ann);
	assert_int_equal(chat_next_due(world->chat), -1);
}

static void
test_many(void **state)
{
	struct world *world = world_new(state, CALM, NULL);
	struct person *ann = witness(world), *p[14];

	say(ann, "/set timestamp clock");
	forget_all(world);
	rush(world, p, 1, 10);
	world_turn(world);
	world_pass(world, 2000);
	expect(ann,
		"10:00 -- 10 joined #lobby: p1, p2, p3, p4, p5, p6, p7, p8, p9, p10");
	expect_nothing(ann);
	rush(world, p + 10, 11, 4);
	for (int i = 0; i < 9; i++)
		break_off(p[i], "with words");
	say(p[9], "/part #lobby");
	say(p[10], "/part #lobby");
	world_pass(world, 2000);
	/* p11 has come and gone. */
	expect(ann, "10:00 -- 3 joined #lobby: p13, p12, p14");
	expect(ann, "10:00 -- 10 left #lobby: p10, p1, p2, p3, p4, p5, p6, p7, p8, p9");
	expect_nothing(ann);
	/* Those who came see it as well, in their own style. */
	expect_like(p[13], "-- Welcome*");
	expect_like(p[13], "-- In #lobby: *");
	expect(p[13], "-- guest39 is now p14");
	expect(p[13], "-- 3 joined #lobby: p13, p12, p14");
	expect_like(p[13], "-- 10 left #lobby: *");
	expect_nothing(p[13]);
}

/* The names are bounded, the number is right. */
static void
test_names(void **state)
{
	struct world *world = world_new(state, CALM, NULL);
	struct person *ann = witness(world), *p[200];

	rush(world, p, 1, 200);
	world_turn(world);
	/* Those who left make holes, which the last ones fill. */
	for (int i = 0; i < 40; i++)
		break_off(p[i], "");
	world_turn(world);
	world_pass(world, 2000);
	expect_like(ann,
		"-- 160 joined #lobby: p*, p*, p*, p*, p*, p*, p*, p*, p*, p* "
		"and 150 more");
	expect_nothing(ann);
	for (int i = 40; i < 200; i++)
		break_off(p[i], "");
	world_turn(world);
	world_pass(world, 2000);
	expect(ann,
		"-- 160 left #lobby: p41, p42, p43, p44, p45, p46, p47, p48, p49, "
		"p50 and 150 more");
	expect_nothing(ann);
}

/* A name is that of the moment when it is told; nobody hears of the one before. */
static void
test_rename(void **state)
{
	struct world *world = world_new(state, CALM, NULL);
	struct person *ann = witness(world), *p[3];

	rush(world, p, 1, 3);
	say(p[1], "/nick eve");
	say(p[1], "/nick eva");
	expect_nothing(ann);
	/* Who has spoken is known by his name. */
	say(p[2], "hello");
	say(p[2], "/nick kim");
	expect(ann, "p3: hello");
	expect(ann, "-- p3 is now kim");
	world_pass(world, 2000);
	expect(ann, "-- 3 joined #lobby: p1, eva, kim");
	say(p[1], "/nick eve");
	expect(ann, "-- eva is now eve");
	expect_nothing(ann);
}

/* Who comes and goes again is not told of, however he goes, nor counted. */
static void
test_come_and_gone(void **state)
{
	struct world *world = world_new(state, CALM, NULL);
	struct person *ann = witness(world), *p[5];

	rush(world, p, 1, 5);
	world_turn(world);
	say(p[0], "/part");
	say(p[0], "/join #lobby");
	say(p[1], "/part");
	say(p[2], "/quit so long");
	leave(p[3], "broken");
	world_pass(world, 1999);
	/* In the very turn in which it is told. */
	break_off(p[4], "broken");
	world->now.mono++;
	chat_tick(world->chat, world->now);
	world_turn(world);
	expect(ann, "-- 1 joined #lobby: p1");
	expect_nothing(ann);
	/* He who parted was told of neither. */
	assert_null(p[1]->user->current);
	world_pass(world, 10000);
	expect_nothing(ann);
}

/* Who was told of one by one and leaves in a crowd is in the list; each room is by
 * itself. */
static void
test_rooms(void **state)
{
	struct world *world = world_new(state, CALM, NULL);
	struct person *bob = enter(world, "bob"), *cid = enter(world, "cid");
	struct person *ann;

	say(bob, "/join #dev");
	say(cid, "/join #dev");
	say(cid, "/part #lobby");
	ann = witness(world);
	say(bob, "/quit so long");
	/* #dev is calm. */
	expect(cid, "-- bob has quit (so long)");
	expect_nothing(ann);
	say(cid, "/join #lobby");
	world_pass(world, 2000);
	expect(ann, "-- 1 joined #lobby: cid");
	expect(ann, "-- 1 left #lobby: bob");
	expect_nothing(ann);
}

/* What hides coming and going hides this, too; a screen reader gets words. */
static void
test_looks(void **state)
{
	struct world *world = world_new(state, CALM, NULL);
	struct person *bob = enter(world, "bob"), *cid = enter(world, "cid"), *p[2];
	struct person *ann = witness(world);

	say(ann, "/quiet");
	say(bob, "/set reader on");
	forget_all(world);
	rush(world, p, 1, 2);
	leave(cid, "so long");
	world_pass(world, 2000);
	expect(bob, "2 joined #lobby: p1, p2");
	expect(bob, "1 left #lobby: cid");
	expect_nothing(bob);
	expect_nothing(ann);
}

/* Whoever asks gets the truth at once. */
static void
test_who(void **state)
{
	struct world *world = world_new(state, CALM, NULL);
	struct person *ann = witness(world), *p[2];

	rush(world, p, 1, 2);
	world_turn(world);
	say(ann, "/who");
	expect(ann, "-- #lobby (3):");
	expect_like(ann, "*ann*p1*p2*");
	expect_nothing(ann);
	expect_like(p[1], "-- Welcome*");
	expect(p[1], "-- In #lobby: ann, p1 and you");
}

/* When it is calm again people are told of one by one. */
static void
test_calm(void **state)
{
	struct world *world = world_new(state, CALM, NULL);
	struct person *ann = witness(world), *p[1];
	int64_t ms = 0;

	/* Never later than the debt takes to be paid. */
	world_pass(world, (TRAFFIC_DEBT + 1) * 250);
	arrive(world);
	expect_like(ann, "-- guest* has joined #lobby");
	expect_nothing(ann);
	/* Twice the rate goes on being gathered, a line for each time. */
	for (int i = 0; i < 80; i++) {
		rush(world, p, 1 + (unsigned)i, 1);
		world_turn(world);
		world_pass(world, 125);
		ms += 125;
	}
	assert_true(
		ann->nheard - ann->nread <= TRAFFIC_BURST + (size_t)(ms / 2000) + 10);
	forget_all(world);
}

/* 0: everybody is told of one by one, whatever happens. */
static void
test_off(void **state)
{
	struct world *world =
		world_new(state, "server.settle=0", "server.gather_rate=0", NULL);
	struct person *ann = enter(world, "ann");

	for (int i = 0; i < 100; i++)
		turn_up(world);
	world_turn(world);
	assert_int_equal(ann->nheard - ann->nread, 100);
	assert_int_equal(chat_next_due(world->chat), -1);
}

/* Several rooms, each at its time; one that vanishes meanwhile has nothing to tell. */
static void
test_due(void **state)
{
	struct world *world = world_new(state, CALM, NULL);
	struct person *ann = witness(world), *p[2];
	int64_t due;

	rush(world, p, 1, 2);
	world_turn(world);
	due = world->now.mono + 2000;
	world_pass(world, 500);
	for (int i = 0; i < TRAFFIC_BURST; i++) {
		type(p[0], "/join #dev");
		type(p[0], "/part #dev");
	}
	assert_int_not_equal(room_find(world->chat, STR("#dev"))->traffic.since, 0);
	world_turn(world);
	assert_null(room_find(world->chat, STR("#dev")));
	say(ann, "/join #tea");
	for (int i = 0; i < TRAFFIC_BURST; i++) {
		say(p[0], "/join #tea");
		say(p[0], "/part #tea");
	}
	say(p[0], "/join #tea");
	forget_all(world);
	assert_int_equal(chat_next_due(world->chat), due);
	world_pass(world, due - world->now.mono);
	expect(ann, "-- 2 joined #lobby: p1, p2");
	assert_int_equal(chat_next_due(world->chat), due + 500);
	world_pass(world, 500);
	expect_like(ann, "-- 1 joined #tea: p1");
	forget_all(world);
	assert_int_equal(chat_next_due(world->chat), -1);
}

/* Before a restart, and at the end, all is told at once. */
static void
test_settle(void **state)
{
	struct world *world = world_new(state, CALM, NULL);
	struct person *ann = witness(world), *p[3];

	rush(world, p, 1, 2);
	world_turn(world);
	traffic_settle(world->chat);
	world_turn(world);
	expect(ann, "-- 2 joined #lobby: p1, p2");
	assert_int_equal(chat_next_due(world->chat), -1);
	rush(world, p + 2, 3, 1);
	leave(p[0], "");
	chat_close(world->chat, STR("Goodbye!"));
	world_turn(world);
	expect(ann, "-- 1 joined #lobby: p3");
	expect(ann, "-- 1 left #lobby: p1");
	expect(ann, "-- Goodbye!");
	leave(p[1], "");
	world_pass(world, 5000);
	expect_nothing(ann);
}

/*
 * A crowd that enters, and leaves at once as if a net had split, is told to those who
 * are there in some lines, however many it are.
 */
static void
test_crowd(void **state)
{
	enum {
		PEOPLE = 2000
	};
	struct world *world = world_new(state, CALM, NULL);
	struct person *ann = enter(world, "ann");
	struct person **p = xcalloc(PEOPLE, sizeof(struct person *));
	size_t lines;

	for (unsigned i = 0; i < PEOPLE; i += 100) {
		rush(world, p + i, i, 100);
		world_turn(world);
		world_pass(world, 100);
	}
	world_pass(world, 2000);
	lines = ann->nheard - ann->nread;
	assert_true(lines > TRAFFIC_BURST && lines < 3 * TRAFFIC_BURST);
	/* The last one who came heard of nobody but all together. */
	assert_true(p[PEOPLE - 1]->nheard <= 5);
	forget_all(world);
	for (int i = 0; i < PEOPLE; i++)
		break_off(p[i], "");
	world_turn(world);
	world_pass(world, 2000);
	expect_like(ann, "-- 2000 left #lobby: *");
	expect_nothing(ann);
	free(p);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_few),
		world_test(test_many),
		world_test(test_names),
		world_test(test_rename),
		world_test(test_come_and_gone),
		world_test(test_rooms),
		world_test(test_looks),
		world_test(test_who),
		world_test(test_calm),
		world_test(test_off),
		world_test(test_due),
		world_test(test_settle),
		world_test(test_crowd),
	};

	return cmocka_run_group_tests_name("traffic", tests, NULL, NULL);
}
