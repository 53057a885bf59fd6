/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "chat/ignore.h"
#include "chat/user.h"
#include "chat_fake.h"

/*
 * The same happens in two worlds, at random. In one people are audiences wherever they
 * can be. In the other each one ignores somebody who never comes, so that all are
 * individuals, who are told each line by itself and at once. Everybody must hear the
 * same lines in the same order in both.
 */

enum {
	LIVES = 40,
	STEPS = 600,
	PEOPLE_MAX = 14,
};

struct twins {
	struct world *shared; /* with audiences */
	struct world *simple; /* where all are individuals */
	uint64_t random;
	size_t heard;  /* lines that were compared */
	size_t handed; /* in so many pieces: with audiences, */
	size_t pieces; /* and without */
};

/* Not rand(3): the same life on every machine. */
static unsigned
chance(struct twins *twins, unsigned of)
{
	twins->random =
		twins->random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(twins->random >> 33) % of;
}

/* The number of somebody who is present in both, or 0. */
static uint64_t
somebody(struct twins *twins)
{
	size_t people = chat_people(twins->shared->chat);
	struct person *person;
	unsigned skip;

	if (people == 0)
		return 0;
	skip = chance(twins, (unsigned)people);
	TAILQ_FOREACH (person, &twins->shared->people, link) {
		if (person->user != NULL && skip-- == 0)
			return person->peer.id;
	}
	return 0;
}

static struct person *
person_at(struct world *world, uint64_t id)
{
	struct person *person;

	TAILQ_FOREACH (person, &world->people, link) {
		if (person->peer.id == id)
			return person;
	}
	fail();
	return NULL;
}

/* What can happen within a turn, in one of the worlds. */
enum act {
	ACT_COME,
	ACT_TYPE,
	ACT_SIT,
	ACT_LEAVE, /* the peer has ended the session, and gets what was said before */
	ACT_BREAK,
	ACT_EMPTY, /* the page is full */
	ACT_HAND,  /* one audience need not wait any more, and rests then */
	ACT_HOLD,  /* one that rests waits until it has rested */
	ACT_REST,  /* those who were told up to now have rested */
};

struct event {
	enum act act;
	uint64_t id;
	char line[64];
	struct terminal terminal;
};

static void
be_individual(struct person *person)
{
	if (person->user == NULL)
		return;
	(void)ignore_add(&person->user->ignored, STR("nobody-ever"), 0);
	audience_review(person->user);
}

static void
act_in(struct world *world, const struct event *event, bool is_simple)
{
	struct person *person = event->id != 0 ? person_at(world, event->id) : NULL;
	struct audience *audience;

	switch (event->act) {
	case ACT_COME:
		person = turn_up(world);
		if (is_simple)
			be_individual(person);
		break;
	case ACT_TYPE:
		type(person, event->line);
		break;
	case ACT_SIT:
		sit_at(person, event->terminal);
		break;
	case ACT_LEAVE:
		audience_catch_up(person->user);
		break_off(person, "at random");
		break;
	case ACT_BREAK:
		break_off(person, "broken");
		person->breaks_after = 1;
		break;
	case ACT_HAND:
		audience = TAILQ_LAST(&world->chat->due, audience_queue);
		if (audience != NULL) {
			audience_hand_out(audience);
			audience_rest(audience, world->now.us);
		}
		break;
	case ACT_HOLD:
		audience = TAILQ_FIRST(&world->chat->due);
		if (audience != NULL && audience->is_resting)
			audience_hold(audience);
		break;
	case ACT_REST:
		chat_end_rest(world->chat, world->now.us);
		break;
	case ACT_EMPTY:
		chat_hand_out(world->chat, world->now.us);
		buf_fini(&world->page.buf);
		break;
	}
}

static void
random_line(struct twins *twins, char *out, size_t size)
{
	static const char *const lines[] = {"%u", "%u", "%u", "%u", "say %u", "n%u!",
		"n%u and n1", "/me does %u", "/me sees n%u", "/msg n%u hello",
		"/reply yes", "/join #r%u", "/join #r%u", "/part #r%u", "/part",
		"/part #lobby", "/join #lobby", "/nick n%u", "/nick n%u", "/nick n%u",
		"/ignore n%u", "/unignore n%u", "/unignore n%u", "/topic t%u",
		"/history %u", "/who", "/quiet", "/timestamp full", "/timestamp off",
		"/zone +%u", "/set reader on", "/set reader off", "/color on",
		"/color off", "/bell all", "/bell mention", "/bell off", "/quit so %u"};
	size_t count = sizeof(lines) / sizeof(lines[0]);

	snprintf(out, size, lines[chance(twins, (unsigned)count)], chance(twins, 6));
}

/* Some terminal, or none. */
static struct terminal
random_terminal(struct twins *twins)
{
	struct terminal terminal = {.columns = chance(twins, 3) * 40};

	if (terminal.columns == 0)
		return terminal;
	terminal.colours = chance(twins, 2) > 0 ? 256 : 16;
	terminal.is_telnet = true;
	terminal.is_reader = chance(twins, 4) == 0;
	terminal.is_ours = chance(twins, 2) > 0;
	return terminal;
}

static void
act(struct twins *twins)
{
	struct event event = {.act = ACT_TYPE, .id = somebody(twins)};
	unsigned dice = chance(twins, 40);

	if (event.id == 0 ||
		(dice < 2 && chat_people(twins->shared->chat) < PEOPLE_MAX))
		event = (struct event){.act = ACT_COME};
	else if (dice == 3)
		event.act = ACT_SIT;
	else if (dice == 4)
		event.act = ACT_LEAVE;
	else if (dice == 5)
		event.act = ACT_BREAK;
	else if (dice == 6)
		event = (struct event){.act = ACT_EMPTY};
	else if (dice == 7)
		event = (struct event){.act = ACT_HAND};
	else if (dice == 8)
		event = (struct event){.act = ACT_HOLD};
	else if (dice == 9)
		event = (struct event){.act = ACT_REST};
	random_line(twins, event.line, sizeof(event.line));
	event.terminal = random_terminal(twins);
	act_in(twins->shared, &event, false);
	act_in(twins->simple, &event, true);
}

/* Who is gone because his connection broke need not have heard all that was said. */
static void
compare_person(struct twins *twins, const struct person *a, const struct person *b)
{
	assert_int_equal(a->user != NULL, b->user != NULL);
	if (a->breaks_after > 0)
		assert_true(a->nheard <= b->nheard);
	else
		assert_int_equal(a->nheard, b->nheard);
	for (size_t i = 0; i < a->nheard; i++)
		assert_string_equal(a->heard[i], b->heard[i]);
	twins->heard += a->nheard;
	twins->handed += a->handed;
	twins->pieces += b->handed;
}

static void
compare(struct twins *twins)
{
	struct person *a, *b = TAILQ_FIRST(&twins->simple->people);

	TAILQ_FOREACH (a, &twins->shared->people, link) {
		compare_person(twins, a, b);
		b = TAILQ_NEXT(b, link);
	}
	assert_null(b);
}

/* The end of a turn in which nobody is handed anything: that waits for more. */
static void
turn_and_wait(struct world *world)
{
	do
		chat_sweep(world->chat);
	while (!chat_is_swept(world->chat));
}

static void
live(struct twins *twins)
{
	twins->shared = world_new((void **)&twins->shared, "server.settle=1s",
		"server.gather_rate=2", NULL);
	twins->simple = world_new((void **)&twins->simple, "server.settle=1s",
		"server.gather_rate=2", NULL);
	for (int step = 0; step < STEPS; step++) {
		int64_t ms = chance(twins, 400);

		for (unsigned n = chance(twins, 12); n > 0; n--)
			act(twins);
		if (chance(twins, 3) > 0)
			turn_and_wait(twins->shared);
		else
			world_turn(twins->shared);
		world_turn(twins->simple);
		world_pass(twins->shared, ms);
		world_pass(twins->simple, ms);
	}
	world_turn(twins->shared);
	compare(twins);
	assert_int_equal(world_end((void **)&twins->shared), 0);
	assert_int_equal(world_end((void **)&twins->simple), 0);
}

static void
test_twins(void **state)
{
	struct twins twins = {.random = 20261121};

	(void)state;
	for (int lives = 0; lives < LIVES; lives++)
		live(&twins);
	assert_true(twins.heard > 10000);
	assert_true(twins.handed < twins.pieces);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twins),
	};

	return cmocka_run_group_tests_name("audience_random", tests, NULL, NULL);
}
