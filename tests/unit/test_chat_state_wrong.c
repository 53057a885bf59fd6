/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/state.h"
#include "base/worker.h"
#include "chat/chat_state.h"
#include "chat/user.h"
#include "chat_carry.h"
#include "chat_fake.h"

/* A state that is not as it should be: an error, or a chat in which one can talk. */

static void
test_who_is_lost(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct state_out out;
	struct err err;

	world_save(world, &out);
	world_begin_anew(world, world->conf);
	assert_int_equal(world_restore(world, buf_str(&out.buf), &err), 0);
	bob->user = NULL;
	world_attach(world);
	chat_state_begin(world->chat, world->now, "");
	world_turn(world);
	expect(ann, "-- bob has quit (lost in a restart)");
	assert_int_equal(chat_people(world->chat), 1);
	state_out_fini(&out);
}

/* A busy chat, for what follows. */
static struct world *
world_busy(void **state)
{
	struct world *world = world_new(state, "operator root.level=operator",
		"room #lobby.history=3", "limits.rate=4", "server.settle=1m", NULL);
	struct person *ann = enter(world, "ann"),
		      *bob = arrive_from(world, "192.0.2.1");

	make_operator(ann, "root");
	say(ann, "hello");
	say(ann, "/join #den");
	say(ann, "/ignore bob");
	say(ann, "/set bell off");
	say(ann, "/mute eve 1h");
	say(ann, "/ban 192.0.2.0/24");
	say(ann, "/lockdown closed");
	say(bob, "/msg ann hi");
	return world;
}

/* Any bytes at all: an error, or a chat in which one can talk. */
static void
restore_any(struct world *world, struct str bytes)
{
	struct err err = {""};
	char *copy = xmalloc(bytes.len + 1);
	struct person *person;
	int rc;

	memcpy(copy, bytes.p, bytes.len);
	worker_free(world->worker);
	chat_free(world->chat);
	world->worker = worker_new_inline(16);
	world->chat = chat_new(world->conf, &world->page, world->worker, world->now);
	rc = world_restore(world, str_make(copy, bytes.len), &err);
	if (rc == -1)
		assert_true(err.text[0] != '\0');
	TAILQ_FOREACH (person, &world->people, link) {
		free(person->hung_up);
		person->hung_up = NULL;
		person->user =
			rc == 0 ? chat_state_attach(world->chat, &person->peer) : NULL;
	}
	if (rc == 0)
		chat_state_begin(world->chat, world->now, "hello");
	TAILQ_FOREACH (person, &world->people, link) {
		if (rc == 0 && person->user != NULL)
			type(person, "hello, /msg ann, too");
	}
	chat_tick(world->chat, world->now);
	do {
		chat_sweep(world->chat);
		buf_reset(&world->page.buf);
	} while (!chat_is_swept(world->chat));
	free(copy);
}

static void
test_any_bit_flipped(void **state)
{
	struct world *world = world_busy(state);
	struct state_out out;

	world_save(world, &out);
	for (size_t bit = 0; bit < out.buf.len * 8; bit++) {
		out.buf.p[bit / 8] ^= (char)(1 << bit % 8);
		restore_any(world, buf_str(&out.buf));
		out.buf.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	restore_any(world, buf_str(&out.buf));
	state_out_fini(&out);
}

static void
test_cut_anywhere(void **state)
{
	struct world *world = world_busy(state);
	struct state_out out;

	world_save(world, &out);
	for (size_t len = 0; len <= out.buf.len; len++)
		restore_any(world, str_make(out.buf.p, len));
	state_out_fini(&out);
}

/* Twice the same: nobody is there twice. */
static void
test_said_twice(void **state)
{
	struct world *world = world_new(state, NULL);
	struct state_out out;
	struct err err;

	enter(world, "ann");
	world_save(world, &out);
	world_begin_anew(world, world->conf);
	assert_int_equal(world_restore(world, buf_str(&out.buf), &err), 0);
	assert_int_equal(world_restore(world, buf_str(&out.buf), &err), -1);
	assert_string_equal(err.text, "a person is nobody, or somebody else");
	world_attach(world);
	state_out_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_who_is_lost),
		world_test(test_any_bit_flipped),
		world_test(test_cut_anywhere),
		world_test(test_said_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
