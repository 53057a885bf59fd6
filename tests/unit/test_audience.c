/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "chat/room.h"
#include "chat/user.h"
#include "chat_fake.h"

/*
 * What is said is rendered once for all who see the same, and handed out at the end of
 * the turn. (That everybody gets the right lines in the right order, whatever happens,
 * is for test_audience_random.)
 */

/* How often somebody was handed something since he was asked last. */
static size_t
handed(struct person *person)
{
	size_t handed = person->handed;

	person->handed = 0;
	return handed;
}

/* People called p1, p2, ..., who were never handed anything. */
static void
crowd(struct world *world, struct person **people, unsigned count)
{
	char nick[16];

	for (unsigned i = 0; i < count; i++) {
		snprintf(nick, sizeof(nick), "p%u", i + 1);
		people[i] = enter(world, nick);
	}
	for (unsigned i = 0; i < count; i++)
		(void)handed(people[i]);
}

/* The lines of a turn stand on the page once, and come in one piece. */
static void
test_one_piece(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *p[6];

	crowd(world, p, 6);
	type(p[0], "one");
	type(p[1], "two");
	assert_int_equal(world->page.buf.len, strlen("p1: one\r\np2: two\r\n"));
	assert_int_equal(world->chat->notes.count, 1);
	/* Who has said something has got before what was said before. */
	expect(p[1], "p1: one");
	expect_silence(world);
	type(p[0], "three");
	world_turn(world);
	for (int i = 2; i < 6; i++) {
		expect(p[i], "p1: one");
		expect(p[i], "p2: two");
		expect(p[i], "p1: three");
		assert_int_equal(handed(p[i]), 1);
	}
	expect(p[0], "p2: two");
	expect(p[1], "p1: three");
	assert_int_equal(handed(p[0]), 1);
	assert_int_equal(handed(p[1]), 2);
	expect_silence(world);
}

/* Of what interleaves on the page, each of many gets one piece all the same. */
static void
test_packed(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *p[8];

	crowd(world, p, 8);
	for (int i = 1; i < 4; i++)
		say(p[i], "/timestamp clock");
	forget_all(world);
	for (int i = 0; i < 8; i++)
		(void)handed(p[i]);
	type(p[0], "one");
	type(p[1], "two");
	type(p[0], "three");
	world_turn(world);
	expect(p[0], "p2: two");
	expect(p[1], "10:00 p1: one");
	expect(p[1], "10:00 p1: three");
	for (int i = 2; i < 4; i++) {
		expect(p[i], "10:00 p1: one");
		expect(p[i], "10:00 p2: two");
		expect(p[i], "10:00 p1: three");
		/* They are only three: it is not worth the copy. */
		assert_int_equal(handed(p[i]), 3);
	}
	for (int i = 4; i < 8; i++) {
		expect(p[i], "p1: one");
		expect(p[i], "p2: two");
		expect(p[i], "p1: three");
		assert_int_equal(handed(p[i]), 1);
	}
	expect_silence(world);
}

/* Whoever has had a part of what is packed gets the rest of it. */
static void
test_packed_rest(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *p[8];

	crowd(world, p, 8);
	say(p[7], "/timestamp clock");
	forget_all(world);
	type(p[0], "one");
	type(p[0], "two");
	type(p[1], "three");
	type(p[0], "four");
	/* In the middle of one piece of the page, and behind all of them. */
	type(p[7], "five");
	type(p[2], "/msg p8 hello");
	type(p[0], "six");
	world_turn(world);
	expect(p[0], "p2: three");
	expect(p[0], "p8: five");
	expect(p[1], "p1: one");
	expect(p[1], "p1: two");
	expect(p[1], "p1: four");
	expect(p[1], "p8: five");
	expect(p[1], "p1: six");
	expect(p[2], "p1: one");
	expect(p[2], "p1: two");
	expect(p[2], "p2: three");
	expect(p[2], "p1: four");
	expect(p[2], "p8: five");
	expect(p[2], "[to p8] hello");
	expect(p[2], "p1: six");
	forget(p[7]);
	for (int i = 3; i < 7; i++) {
		expect(p[i], "p1: one");
		expect(p[i], "p1: two");
		expect(p[i], "p2: three");
		expect(p[i], "p1: four");
		expect(p[i], "p8: five");
		expect(p[i], "p1: six");
	}
	expect_silence(world);
}

/* A line that somebody gets in another way than the rest comes at its place. */
static void
test_mentioned(void **state)
{
	struct world *world = world_new(state, "format.say={nick}>{text}", NULL);
	struct person *p[5];

	crowd(world, p, 5);
	say(p[4], "/set reader on");
	forget_all(world);
	type(p[0], "one");
	type(p[1], "p5, two");
	type(p[0], "three");
	world_turn(world);
	expect(p[4], "p1>one");
	expect(p[4], "p2 to you: p5, two");
	expect(p[4], "p1>three");
	expect(p[3], "p1>one");
	expect(p[3], "p2>p5, two");
	expect(p[3], "p1>three");
	forget(p[0]);
	forget(p[1]);
	forget(p[2]);
	expect_silence(world);
}

/* What was said before a change is seen as before, and what comes then is not lost. */
static void
test_changes(void **state)
{
	struct world *world = world_new(state, "server.settle=0", NULL);
	struct person *p[3], *late;

	crowd(world, p, 3);
	type(p[0], "one");
	type(p[1], "/timestamp clock");
	type(p[0], "two");
	type(p[1], "/join #dev");
	type(p[0], "three");
	type(p[1], "/part #lobby");
	type(p[0], "four");
	late = turn_up(world);
	type(p[0], "five");
	type(p[2], "/ignore p1");
	type(p[0], "six");
	world_turn(world);
	expect(p[1], "p1: one");
	expect(p[1], "10:00 -- timestamp is clock now.");
	expect(p[1], "10:00 p1: two");
	expect(p[1], "10:00 -- You are talking in #dev now.");
	expect(p[1], "10:00 -- In #dev: nobody but you");
	expect(p[1], "10:00 #lobby p1: three");
	expect(p[1], "10:00 -- You have left #lobby.");
	expect(p[1], "10:00 -- You are talking in #dev now.");
	expect_like(late, "-- Welcome*");
	expect_like(late, "-- Earlier in #lobby:");
	expect(late, "p1: one");
	expect(late, "p1: two");
	expect(late, "p1: three");
	expect(late, "p1: four");
	expect(late, "-- In #lobby: p1, p3 and you");
	expect(late, "p1: five");
	expect(late, "p1: six");
	expect(p[2], "p1: one");
	expect(p[2], "p1: two");
	expect(p[2], "p1: three");
	expect(p[2], "-- p2 has left #lobby");
	expect(p[2], "p1: four");
	expect(p[2], "-- guest4 has joined #lobby");
	expect(p[2], "p1: five");
	expect(p[2], "-- You don't see any more what p1 says.");
	forget(p[0]);
	expect_silence(world);
}

/* Who hides coming and going is told of all else. */
static void
test_quiet(void **state)
{
	struct world *world = world_new(state, "server.settle=0", NULL);
	struct person *p[3];

	crowd(world, p, 3);
	say(p[2], "/quiet");
	forget_all(world);
	type(p[0], "/nick ann");
	type(p[0], "hello");
	world_turn(world);
	expect(p[1], "-- p1 is now ann");
	expect(p[1], "ann: hello");
	expect(p[2], "ann: hello");
	forget(p[0]);
	expect_silence(world);
}

/* A session that the chat ends gets what was said before; one that broke does not. */
static void
test_ends(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *p[5];

	crowd(world, p, 5);
	type(p[0], "one");
	type(p[1], "/quit");
	break_off(p[2], "broken");
	user_hangup(p[4]->user, STR(""), REASON_IDLE);
	type(p[0], "two");
	world_turn(world);
	expect(p[1], "p1: one");
	expect(p[1], "-- Goodbye!");
	expect(p[4], "p1: one");
	expect(p[3], "p1: one");
	expect(p[3], "p1: two");
	forget(p[0]);
	forget(p[3]);
	expect_silence(world);
}

/* In the middle of a turn the page is emptied, if it is full. */
static void
test_full_page(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *p[5];

	crowd(world, p, 5);
	type(p[0], "one");
	type(p[1], "two");
	chat_hand_out(world->chat, world->now.us);
	buf_fini(&world->page.buf);
	expect(p[2], "p1: one");
	expect(p[2], "p2: two");
	type(p[1], "three");
	world_turn(world);
	expect(p[0], "p2: two");
	expect(p[0], "p2: three");
	expect(p[1], "p1: one");
	expect(p[2], "p2: three");
	forget(p[3]);
	forget(p[4]);
	expect_silence(world);
}

/* Each line that somebody gets is counted, and no other. */
static void
test_counted(void **state)
{
	struct world *world = world_new(state, "server.settle=0", NULL);
	struct person *p[5];
	uint64_t before;
	size_t lines = 0;

	crowd(world, p, 4);
	before = world->chat->deliveries;
	type(p[0], "one");
	type(p[1], "two, p3");
	/* An answer comes behind both, which were counted when they were said. */
	type(p[2], "/nick p3");
	type(p[2], "/timestamp clock");
	p[4] = turn_up(world);
	type(p[0], "three");
	world_turn(world);
	for (int i = 0; i < 5; i++) {
		lines += p[i]->nheard - p[i]->nread;
		forget(p[i]);
	}
	assert_int_equal(world->chat->deliveries - before, lines);
}

/* A line for nobody is not rendered. */
static void
test_alone(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	type(ann, "hello?");
	assert_int_equal(world->page.buf.len, 0);
	world_turn(world);
	expect_silence(world);
}

/* Audiences come and go with their people, and their rooms. */
static void
test_audiences(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *p[4];
	struct room *room;

	crowd(world, p, 4);
	room = p[0]->user->current;
	assert_int_equal(TAILQ_FIRST(&room->audiences)->count, 4);
	say(p[0], "/timestamp clock");
	say(p[1], "/timestamp clock");
	assert_int_equal(TAILQ_FIRST(&room->audiences)->count, 2);
	say(p[2], "/timestamp clock");
	say(p[3], "/timestamp clock");
	assert_null(TAILQ_NEXT(TAILQ_FIRST(&room->audiences), link));
	/* A terminal that rings for each line is like no other. */
	sit_at(p[0], (struct terminal){.is_telnet = true});
	assert_int_equal(room->individuals.count, 0);
	say(p[0], "/bell all");
	assert_int_equal(room->individuals.count, 1);
	say(p[0], "/bell pm");
	assert_int_equal(room->individuals.count, 0);
	say(p[0], "/ignore x");
	assert_int_equal(room->individuals.count, 1);
	say(p[0], "/unignore x");
	assert_int_equal(room->individuals.count, 0);
	for (int i = 0; i < 4; i++)
		leave(p[i], "");
	assert_true(TAILQ_EMPTY(&room->audiences));
}

/* How many audiences does the room have, and are these their sizes, in order? */
static void
expect_sizes(const struct room *room, size_t count, const uint32_t *sizes)
{
	const struct audience *audience;
	size_t at = 0;

	TAILQ_FOREACH (audience, &room->audiences, link) {
		assert_true(at < count);
		assert_int_equal(audience->count, sizes[at++]);
	}
	assert_int_equal(at, count);
}
#define expect_sizes(room, ...)                                                        \
	(expect_sizes)((room), sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t),   \
		(uint32_t[]){__VA_ARGS__})

/* A big room has several; places that get free are taken before there is one more. */
static void
test_big_room(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *p[2 * AUDIENCE_MAX + 1];
	struct room *room;

	crowd(world, p, 2 * AUDIENCE_MAX + 1);
	room = p[0]->user->current;
	expect_sizes(room, AUDIENCE_MAX, AUDIENCE_MAX, 1);
	leave(p[2 * AUDIENCE_MAX], "");
	leave(p[1], "");
	expect_sizes(room, AUDIENCE_MAX - 1, AUDIENCE_MAX);
	p[1] = enter(world, "q1");
	expect_sizes(room, AUDIENCE_MAX, AUDIENCE_MAX);
	/* Who is as the others again goes where there is a place, others stay. */
	say(p[0], "/timestamp clock");
	expect_sizes(room, AUDIENCE_MAX - 1, AUDIENCE_MAX, 1);
	say(p[0], "/timestamp off");
	expect_sizes(room, AUDIENCE_MAX, AUDIENCE_MAX);
	say(p[2], "/color off");
	expect_sizes(room, AUDIENCE_MAX, AUDIENCE_MAX);
	forget_all(world);
	say(p[0], "hello");
	assert_int_equal(p[0]->nheard, p[0]->nread);
	for (int i = 1; i < 2 * AUDIENCE_MAX; i++)
		expect(p[i], "p1: hello");
	expect_silence(world);
}

/* Who was told rests, and may be held till then. */
static void
test_rest(void **state)
{
	struct world *world = world_new(state, NULL);
	struct chat *chat = world->chat;
	struct person *p[5];
	struct audience *clocks, *others;

	crowd(world, p, 5);
	say(p[3], "/timestamp clock");
	say(p[4], "/timestamp clock");
	forget_all(world);
	others = p[0]->user->members[0]->audience;
	clocks = p[3]->user->members[0]->audience;
	audience_rest(others, 10);
	audience_rest(clocks, 20);
	type(p[0], "one");
	assert_ptr_equal(TAILQ_FIRST(&chat->due), others);
	audience_hold(others);
	assert_ptr_equal(TAILQ_FIRST(&chat->due), clocks);
	audience_hold(clocks);
	assert_true(TAILQ_EMPTY(&chat->due));
	assert_false(chat_is_handed_out(chat));
	chat_end_rest(chat, 9);
	assert_true(TAILQ_EMPTY(&chat->due));
	chat_end_rest(chat, 10);
	assert_ptr_equal(TAILQ_FIRST(&chat->due), others);
	assert_false(others->is_resting);
	assert_true(others->is_held);
	audience_hand_out(others);
	assert_false(others->is_held);
	expect(p[1], "p1: one");
	expect(p[2], "p1: one");
	/* They do not hold it against each other, nor against what is new. */
	audience_rest(others, 30);
	assert_true(TAILQ_EMPTY(&chat->due));
	assert_true(clocks->is_held);
	type(p[1], "two");
	assert_true(others->is_due && clocks->is_due);
	assert_false(clocks->is_held);
	audience_hold(others);
	audience_hold(clocks);
	chat_end_rest(chat, 29);
	assert_ptr_equal(TAILQ_FIRST(&chat->due), clocks);
	assert_null(TAILQ_NEXT(clocks, due_link));
	/* Nobody is forgotten if all are handed out, and then all rest. */
	chat_hand_out(chat, 35);
	assert_true(others->is_resting && others->told == 35);
	assert_true(clocks->is_resting && clocks->told == 35);
	world_turn(world);
	assert_true(chat_is_handed_out(chat));
	expect(p[0], "p2: two");
	expect(p[2], "p2: two");
	for (int i = 3; i < 5; i++) {
		expect(p[i], "10:00 p1: one");
		expect(p[i], "10:00 p2: two");
	}
	/* And those who are gone rest no more. */
	audience_rest(clocks, 40);
	type(p[0], "three");
	audience_hold(clocks);
	leave(p[3], "");
	leave(p[4], "");
	assert_true(chat_is_handed_out(chat));
	assert_ptr_equal(TAILQ_FIRST(&chat->resting), others);
	assert_null(TAILQ_NEXT(others, rest_link));
}

/* There may be too many notes before the page is full. */
static void
test_full_notes(void **state)
{
	struct world *world = world_new(state, "limits.rate=0", NULL);
	struct person *p[8 * AUDIENCE_MAX];
	struct chat *chat = world->chat;

	crowd(world, p, 8 * AUDIENCE_MAX);
	for (int i = 0; i < 4 * AUDIENCE_MAX; i++)
		type(p[i], "/timestamp clock");
	/* One of each audience stays, or millions of lines would be heard. */
	for (int i = 0; i < 8 * AUDIENCE_MAX; i++) {
		if (i % AUDIENCE_MAX != 0)
			leave(p[i], "");
	}
	forget_all(world);
	while (!chat_must_hand_out(chat)) {
		assert_true(chat->notes.count <= NOTES_CAP);
		type(p[0], "a");
	}
	assert_true(chat->notes.count > NOTES_CAP);
	assert_false(page_is_full(chat->page));
	world_turn(world);
	assert_false(chat_must_hand_out(chat));
	forget_all(world);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_one_piece),
		world_test(test_packed),
		world_test(test_packed_rest),
		world_test(test_mentioned),
		world_test(test_changes),
		world_test(test_quiet),
		world_test(test_ends),
		world_test(test_full_page),
		world_test(test_counted),
		world_test(test_alone),
		world_test(test_audiences),
		world_test(test_big_room),
		world_test(test_rest),
		world_test(test_full_notes),
	};

	return cmocka_run_group_tests_name("audience", tests, NULL, NULL);
}
