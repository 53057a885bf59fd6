/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net_rig.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/mem.h"
#include "net/conn.h"

static const struct proto_ops *const protos[] = {
	[SPEAK_AUTO] = &proto_auto,
	[SPEAK_TELNET] = &proto_telnet,
	[SPEAK_LINE] = &proto_line,
};

/* More rounds than that at the end of a turn are a loop without end. */
#define SWEEPS_MAX 1000

/* The clock has no argument. There is one rig at a time. */
static const struct world *clock_world;

static struct moment
rig_clock(void)
{
	return clock_world->now;
}

struct rig *
rig_new(void **state, struct world *world)
{
	struct rig *rig = xcalloc(1, sizeof(*rig));

	(void)signal(SIGPIPE, SIG_IGN); /* as in the daemon */
	clock_world = world;
	world->now.us = world->now.mono * 1000;
	rig->world = world;
	rig->base = event_base_new();
	assert_non_null(rig->base);
	rig->net = net_new(
		rig->base, world->chat, &world->page, world->conf, protos, rig_clock);
	assert_non_null(rig->net);
	*state = rig;
	return rig;
}

int
rig_end(void **state)
{
	struct rig *rig = *state;
	void *world = rig->world;

	net_free(rig->net);
	event_base_free(rig->base);
	free(rig);
	return world_end(&world);
}

/* The end of a turn, as in app/app.c. */
static void
rig_end_turn(struct rig *rig)
{
	unsigned sweeps = 0;

	do {
		chat_sweep(rig->world->chat);
		net_flush(rig->net);
		assert_true(++sweeps < SWEEPS_MAX);
	} while (!chat_is_swept(rig->world->chat));
	net_bury(rig->net);
}

void
rig_turn(struct rig *rig)
{
	assert_int_not_equal(
		event_base_loop(rig->base, EVLOOP_ONCE | EVLOOP_NONBLOCK), -1);
	rig_end_turn(rig);
}

void
rig_pass(struct rig *rig, int64_t ms)
{
	rig->world->now.mono += ms;
	rig->world->now.us += ms * 1000;
	chat_tick(rig->world->chat, rig->world->now);
	net_tick(rig->net, rig->world->now);
	rig_end_turn(rig);
}

struct caller
rig_call(struct rig *rig, int type)
{
	struct sockaddr sa = {.sa_family = AF_UNIX};
	struct caller caller;
	int fds[2];

	assert_int_equal(
		socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	conn_open(rig->net, fds[0], &sa, sizeof(sa), SPEAK_AUTO, "here");
	caller = (struct caller){
		.fd = fds[1],
		.conn = TAILQ_LAST(&rig->net->conns, conn_queue),
	};
	rig_turn(rig);
	caller_forget(&caller);
	return caller;
}

void
caller_end(struct caller *caller)
{
	close(caller->fd);
}

void
caller_send(struct caller *caller, const char *bytes)
{
	ssize_t len = (ssize_t)strlen(bytes);

	assert_int_equal(send(caller->fd, bytes, (size_t)len, MSG_NOSIGNAL), len);
}

void
caller_say(struct rig *rig, struct caller *caller, const char *line)
{
	char *text = xasprintf("%s\n", line);

	caller_send(caller, text);
	free(text);
	rig_turn(rig);
}

bool
caller_read(struct caller *caller, struct buf *out)
{
	ssize_t n = recv(caller->fd, buf_reserve(out, 65536), 65536, 0);

	if (n <= 0)
		return false;
	out->len += (size_t)n;
	return true;
}

void
expect_packet_at(struct caller *caller, const char *text, const char *file, int line)
{
	struct buf packet = {0};
	char *got;

	(void)caller_read(caller, &packet);
	got = buf_take(&packet);
	_assert_string_equal(got, text != NULL ? text : "", file, line);
	free(got);
}

void
caller_forget(struct caller *caller)
{
	struct buf rest = {0};

	while (caller_read(caller, &rest))
		;
	buf_fini(&rest);
}
