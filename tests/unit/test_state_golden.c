/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include "base/mem.h"
#include "base/state.h"
#include "base/state_file.h"
#include "base/width.h"
#include "base/worker.h"
#include "chat/chat.h"
#include "chat/chat_state.h"
#include "chat/room.h"
#include "chat/user.h"
#include "net/net.h"
#include "net/net_state.h"
#include "net/proto.h"

/*
 * The states of released versions, tests/golden/state/VERSION.state, each made by
 * tools/golden-state. This version takes them whole: what it would save at once has all
 * that was in there, value by value. And the people in it are alive.
 */

#define NOW INT64_C(5000000000)
#define WALL INT64_C(1795255200)

/* The record that says how many descriptors there are, see app/handover.c. */
enum {
	RECORD_DESCRIPTORS = 4,
	RECORDS_OF_CHAT = 16, /* and of net: from here on */
};

static const struct proto_ops *const protos[] = {
	[SPEAK_AUTO] = &proto_auto,
	[SPEAK_TELNET] = &proto_telnet,
	[SPEAK_LINE] = &proto_line,
};

struct house {
	struct state_map map;
	struct conf *conf;
	struct page page;
	struct event_base *base;
	struct worker *worker;
	struct chat *chat;
	struct net *net;
	struct state_fds fds;
	int *peers; /* the other ends of fds */
};

static struct moment
read_clock(void)
{
	return (struct moment){.mono = NOW, .wall = WALL};
}

/* How many descriptors the state speaks of: a list of numbers, a byte or more each. */
static size_t
count_descriptors(struct str body)
{
	struct state_in in = {.rest = body};
	struct state_item item;
	struct err err;
	size_t count = 0;

	while (state_next(&in, &item, &err) == 1) {
		if (item.number != RECORD_DESCRIPTORS)
			continue;
		/* Behind the key and the length of the field. */
		for (size_t i = item.bytes.len > 128 ? 3 : 2; i < item.bytes.len; i++)
			count += !(item.bytes.p[i] & 0x80);
	}
	return count;
}

static void
make_sockets(struct house *house)
{
	size_t count = count_descriptors(house->map.body);

	assert_true(count > 0);
	house->peers = xcalloc(count, sizeof(*house->peers));
	for (size_t i = 0; i < count; i++) {
		int ends[2];

		assert_int_equal(
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
				0, ends),
			0);
		state_fds_add(&house->fds, ends[0]);
		house->peers[i] = ends[1];
	}
}

static void
take(struct house *house)
{
	struct state_in in = {.rest = house->map.body, .now = NOW, .fds = &house->fds};
	struct state_item item;
	struct err err = {""};
	int rc;

	while ((rc = state_next(&in, &item, &err)) == 1) {
		if (chat_state_restore(house->chat, &in, &item, &err) == -1 ||
			net_state_restore(house->net, &in, &item, &err) == -1)
			break;
	}
	if (rc != 0)
		fail_msg("%s", err.text);
}

static void
house_open(struct house *house, const char *path)
{
	/* As far as it decides what is kept. */
	static const char *const overrides[] = {"room #lobby.topic=Tea",
		"room #lobby.history=5", "room #den.key=cellar",
		"operator root.level=operator"};
	struct conf_source source = {.overrides = overrides, .noverrides = 4};
	struct errlist errors = {0};
	struct err err = {""};
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*house = (struct house){.conf = conf_load(&source, &errors)};
	assert_non_null(house->conf);
	if (state_map_open(&house->map, fd, &err) == -1)
		fail_msg("%s: %s", path, err.text);
	close(fd);
	house->base = event_base_new();
	house->worker = worker_new_inline(16);
	house->chat = chat_new(house->conf, &house->page, house->worker, read_clock());
	house->net = net_new(house->base, house->chat, &house->page, house->conf,
		protos, read_clock);
	make_sockets(house);
	take(house);
}

static void
house_close(struct house *house)
{
	for (size_t i = 0; i < house->fds.count; i++) {
		close(house->peers[i]);
		if (!house->fds.is_taken[i])
			close(house->fds.v[i]);
	}
	free(house->peers);
	state_fds_fini(&house->fds);
	net_free(house->net);
	worker_free(house->worker);
	chat_free(house->chat);
	event_base_free(house->base);
	buf_fini(&house->page.buf);
	conf_free(house->conf);
	state_map_close(&house->map);
}

/*
 * Is all in there again?
 */

struct field {
	uint64_t key;
	struct str bytes; /* of a number: of what it is made */
};

static bool
take_number(struct str *rest, uint64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < rest->len && i < 10; i++) {
		*number |= (uint64_t)(rest->p[i] & 0x7f) << (7 * i);
		if (!(rest->p[i] & 0x80)) {
			*rest = str_from(*rest, i + 1);
			return true;
		}
	}
	return false;
}

/* Take one off the front. False at the end, and if there is none. */
static bool
take_field(struct str *rest, struct field *field)
{
	struct str value;
	uint64_t number;

	if (!take_number(rest, &field->key))
		return false;
	value = *rest;
	if (!take_number(rest, &number))
		return false;
	if ((field->key & 7) == 0) {
		field->bytes = str_make(value.p, value.len - rest->len);
		return true;
	}
	if ((field->key & 7) != 2 || number > rest->len)
		return false;
	field->bytes = str_make(rest->p, (size_t)number);
	*rest = str_from(*rest, (size_t)number);
	return true;
}

static bool
are_fields(struct str bytes)
{
	struct field field;

	while (bytes.len > 0) {
		if (!take_field(&bytes, &field))
			return false;
	}
	return true;
}

static bool holds(struct str all, struct str part);

/* Has `all` this field, or one of its kind that holds all that is in it? */
static bool
has_field(struct str all, const struct field *want)
{
	struct field field;

	while (all.len > 0 && take_field(&all, &field)) {
		if (field.key != want->key)
			continue;
		if (str_eq(field.bytes, want->bytes))
			return true;
		if ((field.key & 7) == 2 && are_fields(field.bytes) &&
			are_fields(want->bytes) && holds(field.bytes, want->bytes))
			return true;
	}
	return false;
}

static bool
holds(struct str all, struct str part)
{
	struct field field;

	while (part.len > 0 && take_field(&part, &field)) {
		if (!has_field(all, &field))
			return false;
	}
	return true;
}

static void
test_all_of_it_is_taken(void **state)
{
	const char *path = *state;
	struct house house;
	struct state_out out = {.now = NOW};
	struct state_item item;
	struct state_in in;
	struct str rest;
	struct field field;
	struct err err;
	size_t checked = 0;

	house_open(&house, path);
	/* Listeners and the like had the first descriptors. */
	while (out.fds.count < house.fds.count && !house.fds.is_taken[out.fds.count])
		state_fds_add(&out.fds, -1);
	chat_state_save(house.chat, &out);
	net_state_save(house.net, &out);
	in.rest = house.map.body;
	rest = in.rest;
	while (state_next(&in, &item, &err) == 1) {
		struct str before = rest;

		assert_true(take_field(&before, &field));
		rest = in.rest;
		if (item.number < RECORDS_OF_CHAT)
			continue;
		checked++;
		if (!has_field(buf_str(&out.buf), &field))
			fail_msg("%s: record %zu, of number %u, is not kept", path,
				checked, item.number);
	}
	assert_true(checked > 10);
	state_out_fini(&out);
	house_close(&house);
}

static void
turn(struct house *house)
{
	event_base_loop(house->base, EVLOOP_NONBLOCK);
	do {
		chat_sweep(house->chat);
		net_flush(house->net);
	} while (!chat_is_swept(house->chat));
	net_bury(house->net);
}

/* Has anybody at the other ends got this? Each of whom reads. */
static size_t
count_readers(const struct house *house, const char *text)
{
	size_t count = 0;

	for (size_t i = 0; i < house->fds.count; i++) {
		struct buf got = {0};
		ssize_t len;

		while ((len = read(house->peers[i], buf_reserve(&got, 65536), 65536)) >
			0)
			got.len += (size_t)len;
		if (got.len > 0 && memmem(got.p, got.len, text, strlen(text)) != NULL)
			count++;
		buf_fini(&got);
	}
	return count;
}

static void
test_people_are_alive(void **state)
{
	struct house house;
	size_t people, some = 0;

	house_open(&house, *state);
	people = chat_people(house.chat);
	assert_true(people > 5);
	chat_state_begin(house.chat, read_clock(), "It goes on.");
	assert_int_equal(chat_people(house.chat), people);
	/* It takes some turns until who was slow has read what was before it. */
	for (int i = 0; i < 100; i++) {
		turn(&house);
		some += count_readers(&house, "It goes on.");
	}
	/* But who was slow, and had it skipped, and who is reading a long answer. */
	assert_true(some > people / 2);
	for (size_t i = 0; i < house.fds.count; i++)
		(void)!write(house.peers[i], "\n/uptime\r\n", 10);
	turn(&house);
	turn(&house);
	assert_true(count_readers(&house, "lines said: ") > people / 2);
	house_close(&house);
}

int
main(void)
{
	const char *srcdir = getenv("top_srcdir");
	char *pattern = xasprintf("%s/tests/golden/state/*.state",
		srcdir != NULL && *srcdir != '\0' ? srcdir : ".");
	struct CMUnitTest *tests;
	glob_t found;
	int rc;

	if (!width_init() || glob(pattern, 0, NULL, &found) != 0) {
		printf("Bail out! no states: %s\n", pattern);
		return 1;
	}
	free(pattern);
	tests = xcalloc(2 * found.gl_pathc, sizeof(*tests));
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *name = strrchr(found.gl_pathv[i], '/') + 1;

		tests[2 * i] =
			(struct CMUnitTest){.name = xasprintf("%s is taken", name),
				.test_func = test_all_of_it_is_taken,
				.initial_state = found.gl_pathv[i]};
		tests[2 * i + 1] =
			(struct CMUnitTest){.name = xasprintf("%s is alive", name),
				.test_func = test_people_are_alive,
				.initial_state = found.gl_pathv[i]};
	}
	rc = _cmocka_run_group_tests("states", tests, 2 * found.gl_pathc, NULL, NULL);
	for (size_t i = 0; i < 2 * found.gl_pathc; i++)
		free((void *)(uintptr_t)tests[i].name);
	free(tests);
	globfree(&found);
	return rc;
}
