/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include "app/control.h"
#include "base/state.h"
#include "chat/chat.h"
#include "chat_fake.h"

/*
 * The control socket as another process takes it: records that make no sense are
 * refused with a word, and what makes little sense harms nobody. What is kept is tried
 * by tests/functional/test_control_restart.py.
 */
enum {
	SOCKET = 5,
	CLIENT = 6,
	HEARD_MAX = 200,
};

struct house {
	struct event_base *base;
	struct control *control;
	struct state_fds fds;
	int peer; /* the other end of the one descriptor */
};

static struct moment
read_clock(void)
{
	return (struct moment){.mono = 1000};
}

static void
house_open(struct house *house, struct world *world)
{
	int ends[2];

	*house = (struct house){.base = event_base_new()};
	house->control = control_new(
		house->base, world->chat, NULL, world->chat->conf, read_clock);
	assert_non_null(house->control);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	state_fds_add(&house->fds, ends[0]);
	house->peer = ends[1];
}

static void
house_close(struct house *house)
{
	control_free(house->control);
	event_base_free(house->base);
	if (!house->fds.is_taken[0])
		close(house->fds.v[0]);
	close(house->peer);
	state_fds_fini(&house->fds);
}

/* Take the fields of a record. */
static int
take(struct house *house, unsigned number, struct str fields, struct err *err)
{
	struct state_in in = {.fds = &house->fds};
	struct state_item item = {.number = number, .bytes = fields};

	if (number == SOCKET)
		return control_restore_socket(house->control, &in, &item, err);
	return control_restore_client(house->control, &in, &item, err);
}

/* What the peer is told. */
static void
heard(const struct house *house, char got[HEARD_MAX])
{
	ssize_t len = read(house->peer, got, HEARD_MAX - 1);

	assert_true(len > 0);
	got[len] = '\0';
}

static void
refused(struct world *world, unsigned number, struct str fields, const char *why)
{
	struct house house;
	struct err err = {""};

	house_open(&house, world);
	assert_int_equal(take(&house, number, fields, &err), -1);
	if (strstr(err.text, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
	house_close(&house);
}

static void
test_records_that_can_not_be(void **state)
{
	struct world *world = world_new(state, NULL);

	refused(world, CLIENT, STR(""), "is of nobody");
	/* A descriptor and a state, and nobody. */
	refused(world, CLIENT,
		STR("\x08\x00\x12\x06"
		    "events"),
		"is of nobody");
	refused(world, CLIENT,
		STR("\x12\x04"
		    "dead\x22\x03\x0a\x01x"),
		"not known");
	refused(world, CLIENT, STR("\x08\x07\x22\x03\x0a\x01x"), "no descriptor");
	refused(world, CLIENT, STR("\x22\x03\x0a\x09x"), "cut short");
	refused(world, SOCKET, STR(""), "without a path");
	refused(world, SOCKET, STR("\x08\x07\x12\x02/x"), "no descriptor");
}

/* Only looked at: nothing is opened. */
static void
test_descriptors_that_are_not_here(void **state)
{
	struct world *world = world_new(state, NULL);
	struct house house;
	struct err err = {""};

	house_open(&house, world);
	assert_int_equal(
		take(&house, CLIENT, STR("\x12\x04pipe\x22\x03\x0a\x01x"), &err), 0);
	assert_int_equal(take(&house, SOCKET, STR("\x12\x02/x"), &err), 0);
	assert_int_equal(take(&house, SOCKET, STR("\x12\x02/x"), &err), 0);
	control_resume(house.control);
	house_close(&house);
}

/* It has skipped events, and nothing is unsent that would tell it so in the end. */
static void
test_reader_who_has_skipped_all(void **state)
{
	struct world *world = world_new(state, NULL);
	struct house house;
	struct err err = {""};
	char got[HEARD_MAX];

	house_open(&house, world);
	assert_int_equal(take(&house, CLIENT,
				 STR("\x08\x00\x12\x06"
				     "events"
				     "\x22\x03\x0a\x01x\x48\x07"),
				 &err),
		0);
	control_resume(house.control);
	event_base_loop(house.base, EVLOOP_ONCE);
	heard(&house, got);
	assert_non_null(strstr(got, "\"event\":\"skipped\",\"lines\":7}\n"));
	house_close(&house);
}

/* His name is none. */
static void
test_one_of_another_name(void **state)
{
	struct world *world = world_new(state, NULL);
	struct house house;
	struct err err = {""};
	char got[HEARD_MAX];

	house_open(&house, world);
	assert_int_equal(
		take(&house, CLIENT,
			STR("\x08\x00\x12\x07waiting\x22\x05\x0a\x03\xff\x00/"), &err),
		0);
	control_answer(house.control, "no");
	heard(&house, got);
	assert_string_equal(
		got, "! The restart has failed, and nothing has changed: no\nfailed\n");
	house_close(&house);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_records_that_can_not_be),
		world_test(test_descriptors_that_are_not_here),
		world_test(test_reader_who_has_skipped_all),
		world_test(test_one_of_another_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
