/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat_carry.h"

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
#include "chat/store.h"
#include "chat_fake.h"

void
world_save(const struct world *world, struct state_out *out)
{
	*out = (struct state_out){.now = world->now.mono};
	chat_state_save(world->chat, out);
}

/* Each record of a state, as str; returns how many there are. */
static size_t
split(struct str bytes, struct str records[], size_t max)
{
	struct state_in in = {.rest = bytes};
	struct state_item item;
	struct err err;
	size_t count = 0;

	for (struct str rest = bytes; state_next(&in, &item, &err) == 1;
		rest = in.rest) {
		assert_true(count < max);
		records[count++] = str_make(rest.p, rest.len - in.rest.len);
	}
	return count;
}

static int
compare(const void *a, const void *b)
{
	const struct str *one = a, *other = b;
	size_t len = one->len < other->len ? one->len : other->len;
	int order = memcmp(one->p, other->p, len);

	if (order != 0)
		return order;
	return (one->len > other->len) - (one->len < other->len);
}

/* Both hold the same; rooms and addresses are in no order. */
static void
assert_same(struct str a, struct str b)
{
	struct str of_a[200], of_b[200];
	size_t count = split(a, of_a, 200);

	assert_int_equal(split(b, of_b, 200), count);
	qsort(of_a, count, sizeof(*of_a), compare);
	qsort(of_b, count, sizeof(*of_b), compare);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(of_a[i].len, of_b[i].len);
		assert_memory_equal(of_a[i].p, of_b[i].p, of_a[i].len);
	}
}

int
world_restore(struct world *world, struct str bytes, struct err *err)
{
	struct state_in in = {.rest = bytes, .now = world->now.mono};
	struct state_item item;
	int rc;

	while ((rc = state_next(&in, &item, err)) == 1) {
		if (chat_state_restore(world->chat, &in, &item, err) == -1)
			return -1;
	}
	return rc;
}

void
world_begin_anew(struct world *world, struct conf *conf)
{
	struct errlist errors = {0};

	/* Whatever is still unwritten must come by the state. */
	for (int file = 0; file < STORE_FILES; file++)
		world->chat->store->files[file].is_dirty = false;
	worker_free(world->worker);
	chat_free(world->chat);
	if (conf != world->conf)
		conf_free(world->conf);
	world->conf = conf;
	world->worker = worker_new_inline(16);
	world->chat = chat_new(conf, &world->page, world->worker, world->now);
	assert_int_equal(chat_load(world->chat, world->now, &errors), 0);
	errlist_fini(&errors);
}

void
world_attach(struct world *world)
{
	struct person *person;

	TAILQ_FOREACH (person, &world->people, link) {
		if (person->user == NULL)
			continue;
		person->user = chat_state_attach(world->chat, &person->peer);
		assert_non_null(person->user);
		assert_null(chat_state_attach(world->chat, &person->peer));
	}
}

void
carry_to(struct world *world, struct conf *conf, const char *notice)
{
	struct state_out out;
	struct err err = {""};

	world_save(world, &out);
	world->now.mono += 1000000;
	world_begin_anew(world, conf);
	if (world_restore(world, buf_str(&out.buf), &err) == -1)
		fail_msg("%s", err.text);
	world_attach(world);
	chat_state_begin(world->chat, world->now, notice);
	state_out_fini(&out);
	world_turn(world);
}

void
carry(struct world *world, const char *notice)
{
	struct state_out out, again;

	world_save(world, &out);
	carry_to(world, world->conf, notice);
	world_save(world, &again);
	assert_same(buf_str(&out.buf), buf_str(&again.buf));
	state_out_fini(&out);
	state_out_fini(&again);
}
