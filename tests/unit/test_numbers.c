/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/numbers.h"
#include "base/mem.h"
#include "base/procfs.h"
#include "base/state.h"
#include "chat/store.h"
#include "net/conn.h"
#include "net/net_state.h"
#include "net/unsent.h"
#include "net_rig.h"

static struct rig *
numbers_rig(void **state)
{
	return rig_new(state,
		world_new(state, "limits.rate=0", "limits.clients=3",
			"limits.send_queue_soft=0", "limits.send_queue=0", NULL));
}

static const struct counts no_counts;

static struct numbers
take(const struct rig *rig)
{
	struct numbers numbers;

	numbers_take(&numbers, rig->world->chat, rig->net, &no_counts);
	return numbers;
}

/* How many bytes the caller has got since the last look. */
static size_t
read_all(struct caller *caller)
{
	struct buf out = {0};
	size_t len;

	(void)caller_read(caller, &out);
	len = out.len;
	buf_fini(&out);
	return len;
}

static void
test_people(void **state)
{
	struct rig *rig = numbers_rig(state);
	struct caller ann = rig_call(rig, SOCK_STREAM);
	struct caller bob = rig_call(rig, SOCK_STREAM);
	struct numbers numbers;

	(void)rig_call(rig, SOCK_STREAM);
	numbers = take(rig);
	assert_int_equal(numbers.people, 3);
	assert_int_equal(numbers.connections, 3);
	assert_int_equal(numbers.rooms, 1);
	assert_int_equal(numbers.connects[0], 3);
	assert_int_equal(numbers.connects[1], 0);

	/* One more is too many; he still has to get the word. */
	(void)rig_call(rig, SOCK_STREAM);
	caller_say(rig, &ann, "/quit");
	caller_end(&bob);
	rig_turn(rig);
	numbers = take(rig);
	assert_int_equal(numbers.connects[0], 3);
	assert_int_equal(numbers.connects[1], 1);
	assert_int_equal(numbers.people, 1);
	assert_int_equal(numbers.disconnects[REASON_FULL], 1);
	assert_int_equal(numbers.disconnects[REASON_QUIT], 1);
	assert_int_equal(numbers.disconnects[REASON_EOF], 1);
	assert_int_equal(numbers.one, 1);
}

static void
test_lines(void **state)
{
	struct rig *rig = numbers_rig(state);
	struct caller ann = rig_call(rig, SOCK_STREAM);
	struct numbers before, after;

	(void)rig_call(rig, SOCK_STREAM);
	(void)rig_call(rig, SOCK_STREAM);
	before = take(rig);
	caller_say(rig, &ann, "hello");
	after = take(rig);
	assert_int_equal(after.lines - before.lines, 1);
	assert_int_equal(after.input_lines - before.input_lines, 1);
	assert_int_equal(after.deliveries - before.deliveries, 2);

	/* A command is no line that is said; its answer is for one. */
	before = after;
	caller_say(rig, &ann, "/uptime");
	after = take(rig);
	assert_int_equal(after.lines - before.lines, 0);
	assert_int_equal(after.input_lines - before.input_lines, 1);
	assert_int_equal(after.deliveries - before.deliveries, 1);
}

/* To the byte, as the peers see it. */
static void
test_bytes(void **state)
{
	struct rig *rig = numbers_rig(state);
	struct caller ann = rig_call(rig, SOCK_STREAM);
	struct caller bob = rig_call(rig, SOCK_STREAM);
	struct numbers before, after;
	size_t got;

	(void)read_all(&ann);
	before = take(rig);
	caller_say(rig, &ann, "/uptime");
	caller_say(rig, &ann, "hello");
	caller_send(&ann, "unfinished");
	rig_turn(rig);
	got = read_all(&ann) + read_all(&bob);
	after = take(rig);
	assert_int_equal(after.received_bytes - before.received_bytes,
		strlen("/uptime\nhello\nunfinished"));
	assert_int_equal(after.sent_bytes - before.sent_bytes, got);
	assert_true(got > strlen("guest1: hello\r\n"));
	assert_int_equal(after.queue_bytes, 0);
}

/* Say a lot, until so much is unsent. */
static void
fill(struct rig *rig, struct caller *speaker, struct caller *reader, size_t len)
{
	char line[1000];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (unsigned n = 0; unsent_len(reader->conn) < len; n++) {
		assert_true(n < 100000);
		caller_say(rig, speaker, line);
		caller_forget(speaker);
	}
}

/* What waits is counted as long as it does, and as sent when it is. */
static void
test_queue(void **state)
{
	struct rig *rig = numbers_rig(state);
	struct caller ann = rig_call(rig, SOCK_STREAM);
	struct caller bob = rig_call(rig, SOCK_STREAM);
	struct caller eve = rig_call(rig, SOCK_STREAM);
	struct numbers before = take(rig), after;
	uint64_t heard = 0;

	fill(rig, &ann, &bob, 20000);
	after = take(rig);
	assert_true(unsent_len(eve.conn) > 0);
	assert_int_equal(
		after.queue_bytes, unsent_len(bob.conn) + unsent_len(eve.conn));

	/* One reads, the other leaves with all that he had to come. */
	while (unsent_len(bob.conn) > 0) {
		heard += read_all(&bob);
		rig_turn(rig);
	}
	heard += read_all(&bob);
	after = take(rig);
	assert_int_equal(after.queue_bytes, unsent_len(eve.conn));
	assert_true(after.sent_bytes - before.sent_bytes >= heard);
	conn_kill(eve.conn, KILL_NOW, REASON_KICKED, NULL);
	after = take(rig);
	assert_int_equal(after.queue_bytes, 0);
	rig_turn(rig);
}

/* Nothing is counted twice: who gets all has got what was sent. */
static void
test_sent_from_the_queue(void **state)
{
	struct rig *rig = numbers_rig(state);
	struct caller ann = rig_call(rig, SOCK_STREAM);
	struct caller bob = rig_call(rig, SOCK_STREAM);
	struct numbers before;
	uint64_t heard;

	caller_forget(&ann);
	caller_forget(&bob);
	before = take(rig);
	fill(rig, &ann, &bob, 20000);
	heard = read_all(&bob);
	while (unsent_len(bob.conn) > 0) {
		rig_turn(rig);
		heard += read_all(&bob);
	}
	assert_int_equal(take(rig).sent_bytes - before.sent_bytes, heard);
}

static void
test_system(void **state)
{
	struct rig *rig = numbers_rig(state);
	struct numbers numbers = take(rig), later;
	struct rlimit limit;
	uint64_t before = numbers.cpu;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(numbers.max_fds, limit.rlim_cur);
	assert_int_equal(numbers.open_fds, procfs_descriptors());
	assert_true(numbers.resident_memory_bytes > 0);
	assert_int_equal(
		numbers.started, (uint64_t)rig->world->chat->started.wall * 1000000);
	do
		later = take(rig);
	while (later.cpu < before + 20000);
	assert_true(later.cpu < before + 60 * (uint64_t)1000000);
}

static void
test_bans(void **state)
{
	struct rig *rig = numbers_rig(state);
	struct ban ban = {.kind = BAN_ENTRY};
	struct err err;

	assert_int_equal(take(rig).bans, 0);
	assert_int_equal(ban_set_target(&ban, STR("eve"), &err), 0);
	bans_add(&rig->world->chat->store->bans, &ban);
	assert_int_equal(take(rig).bans, 1);
	assert_int_equal(take(rig).claims, 0);
}

/* What the app counts is taken over. */
static void
test_counts(void **state)
{
	struct rig *rig = numbers_rig(state);
	struct counts counts = {.reloads = {2, 1}};
	struct numbers numbers;

	histogram_add(&counts.turns, 100);
	numbers_take(&numbers, rig->world->chat, rig->net, &counts);
	assert_int_equal(numbers.reloads[0], 2);
	assert_int_equal(numbers.reloads[1], 1);
	assert_memory_equal(&numbers.turns, &counts.turns, sizeof(counts.turns));
}

/* From the first callback of a turn to its end, and each turn by itself. */
static void
test_turns(void **state)
{
	struct rig *rig = numbers_rig(state);
	struct moment *now = &rig->world->now;

	now->us = 5000;
	assert_int_equal(net_wake(rig->net).us, 5000);
	now->us = 5100;
	assert_int_equal(net_wake(rig->net).us, 5100);
	assert_int_equal(rig->net->now.us, 5100);
	now->us = 5700;
	assert_int_equal(net_turn_took(rig->net, now->us), 700);
	/* Nobody has called, so nobody knows when it began. */
	now->us = 9000;
	assert_int_equal(net_turn_took(rig->net, now->us), 0);
	(void)net_wake(rig->net);
	now->us = 9001;
	assert_int_equal(net_turn_took(rig->net, now->us), 1);
}

/* Into another net: as a state that it goes on with. The people stay behind. */
static void
go_on(const struct net *from, struct net *to)
{
	struct state_out out = {.now = 0};
	struct state_fds fds = {0};
	struct state_item item;
	struct err err;

	net_state_save(from, &out);
	for (size_t i = 0; i < out.fds.count; i++)
		state_fds_add(&fds, -1);
	for (struct state_in in = {.rest = buf_str(&out.buf), .fds = &fds};
		state_next(&in, &item, &err) == 1;)
		assert_int_equal(net_state_restore(to, &in, &item, &err), 1);
	state_fds_fini(&fds);
	state_out_fini(&out);
}

/* Counters go on where they were, or they would seem to begin anew by themselves. */
static void
test_restart(void **state)
{
	struct rig *rig = numbers_rig(state);
	struct caller ann = rig_call(rig, SOCK_STREAM);
	struct net *net;
	struct numbers before, after;

	(void)rig_call(rig, SOCK_STREAM);
	(void)rig_call(rig, SOCK_STREAM);
	(void)rig_call(rig, SOCK_STREAM);
	caller_say(rig, &ann, "hello");
	caller_say(rig, &ann, "/quit");
	before = take(rig);
	net = net_new(rig->base, rig->world->chat, &rig->world->page, rig->world->conf,
		rig->net->protos, rig->net->clock);
	go_on(rig->net, net);
	numbers_take(&after, rig->world->chat, net, &no_counts);
	net_free(net);
	assert_int_equal(before.connects[0], 3);
	assert_int_equal(before.connects[1], 1);
	assert_memory_equal(after.connects, before.connects, sizeof(after.connects));
	assert_memory_equal(
		after.disconnects, before.disconnects, sizeof(after.disconnects));
	assert_int_equal(before.input_lines, 2);
	assert_int_equal(after.input_lines, before.input_lines);
	assert_true(before.received_bytes > 0 && before.sent_bytes > 0);
	assert_int_equal(after.received_bytes, before.received_bytes);
	assert_int_equal(after.sent_bytes, before.sent_bytes);
	assert_int_equal(after.skipped_lines, before.skipped_lines);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		rig_test(test_people),
		rig_test(test_lines),
		rig_test(test_bytes),
		rig_test(test_queue),
		rig_test(test_sent_from_the_queue),
		rig_test(test_system),
		rig_test(test_bans),
		rig_test(test_counts),
		rig_test(test_turns),
		rig_test(test_restart),
	};

	return cmocka_run_group_tests_name("numbers", tests, NULL, NULL);
}
