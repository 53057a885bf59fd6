/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "net_rig.h"

/*
 * A line that is delivered takes no memory: what is needed for it was needed for those
 * before. Only that it is said takes a block, into which it is collected (linebuf.h).
 * (Blocks are counted that we ask for, not those of libraries.)
 */
static size_t blocks;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *
__wrap_malloc(size_t size)
{
	blocks++;
	return __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	blocks++;
	return __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	blocks++;
	return __real_realloc(old, size);
}

enum {
	PEOPLE = 20,
	WARM_UP = 30,
	LINES = 100,
};

/* Each line is said, and told to all, in a turn and a window of its own. */
static void
talk(struct rig *rig, struct caller *speaker, const char *line, unsigned count)
{
	for (unsigned n = 0; n < count; n++) {
		caller_send(speaker, line);
		rig_turn(rig);
		rig_pass(rig, 1);
	}
}

static void
expect_frugal(void **state, const char *pace, const char *command)
{
	struct rig *rig = rig_new(state,
		world_new(state, "limits.rate=0", "room *.history=10", pace, NULL));
	struct caller people[PEOPLE];

	for (size_t i = 0; i < PEOPLE; i++)
		people[i] = rig_call(rig, SOCK_STREAM);
	for (size_t i = 1; command != NULL && i < PEOPLE; i++)
		caller_say(rig, &people[i], command);
	rig_pass(rig, 1000);
	talk(rig, &people[0], "hello, guest3\n", WARM_UP);
	for (size_t i = 1; i < PEOPLE; i++)
		caller_forget(&people[i]);
	blocks = 0;
	talk(rig, &people[0], "hello, guest3\n", LINES);
	assert_in_range(blocks, 0, LINES);
	for (size_t i = 1; i < PEOPLE; i++) {
		struct buf got = {0};

		while (caller_read(&people[i], &got))
			;
		assert_int_equal(got.len, LINES * strlen("guest1: hello, guest3\r\n"));
		buf_fini(&got);
	}
}

static void
test_audience(void **state)
{
	expect_frugal(state, "server.pace=0", NULL);
}

static void
test_audience_that_waits(void **state)
{
	expect_frugal(state, "server.pace=1ms", NULL);
}

static void
test_individuals(void **state)
{
	expect_frugal(state, "server.pace=0", "/ignore nobody");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		rig_test(test_audience),
		rig_test(test_audience_that_waits),
		rig_test(test_individuals),
	};

	return cmocka_run_group_tests_name("frugal", tests, NULL, NULL);
}
