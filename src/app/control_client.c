/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/control_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "chat/chat.h"
#include "chat/console.h"
#include "net/net.h"

#include "app/control_events.h"

/* How much is read at once. */
#define CHUNK 4096

/* So many lines, and then the others have their turn. */
#define LINES_PER_TURN 16

/* What a request may be longer than the line that it says. */
#define REQUEST_MORE 512

/* Memory that is kept for the next answer; more was for a long one. */
#define KEPT ((size_t)64 * 1024)

static void client_work(struct control_client *client);

size_t
control_client_unsent(const struct control_client *client)
{
	return client->out.len - client->out_at;
}

static size_t
request_max(const struct control_client *client)
{
	return client->shared->conf->limits.line_length + REQUEST_MORE;
}

static struct bucket_rate
say_rate(const struct control_client *client)
{
	const struct control_conf *conf = &client->shared->conf->control;

	return (struct bucket_rate){
		.tokens = conf->say_rate,
		.ms = 1000,
		.burst = conf->say_burst,
	};
}

/* Without that event nobody would come back to this client. */
static void
await(struct control_client *client, struct event *event, const struct timeval *tv)
{
	if (event_add(event, tv) == -1)
		control_client_kill(client, reason_text(REASON_MEMORY));
}

void
control_client_wait(struct control_client *client, int64_t ms)
{
	await(client, client->timer, &(struct timeval){ms / 1000, ms % 1000 * 1000});
}

/* It did something: so it is not the next one that makes way. */
static void
touch(struct control_client *client)
{
	struct control_clients *clients = &client->shared->clients;

	TAILQ_REMOVE(clients, client, link);
	TAILQ_INSERT_TAIL(clients, client, link);
}

/*
 * Out
 */

static void
sent_all(struct control_client *client)
{
	client->out_at = 0;
	if (client->out.cap > KEPT)
		buf_fini(&client->out);
	else
		buf_reset(&client->out);
}

/* Hand the kernel what it takes. What it does not is sent when it will. */
static void
flush(struct control_client *client)
{
	while (control_client_unsent(client) > 0) {
		ssize_t n = send(client->fd, client->out.p + client->out_at,
			control_client_unsent(client), MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN) {
			await(client, client->writable, NULL);
			return;
		}
		if (n == -1) {
			control_client_kill(client, strerror(errno));
			return;
		}
		client->out_at += (size_t)n;
	}
	sent_all(client);
}

/* What was sent need not be kept. */
static void
make_room(struct control_client *client)
{
	size_t unsent = control_client_unsent(client);

	if (client->out_at <= unsent)
		return;
	memmove(client->out.p, client->out.p + client->out_at, unsent);
	client->out.len = unsent;
	client->out_at = 0;
}

void
control_client_send(struct control_client *client, struct str bytes)
{
	bool is_waiting = control_client_unsent(client) > 0;

	if (client->state == CONTROL_DEAD)
		return;
	make_room(client);
	buf_add_str(&client->out, bytes);
	if (!is_waiting)
		flush(client);
}

/* Nothing more is taken from it; when all is sent it is over. */
static void
leave(struct control_client *client)
{
	if (client->state == CONTROL_DEAD)
		return;
	client->state = CONTROL_LEAVING;
	event_del(client->readable);
	if (control_client_unsent(client) == 0)
		control_client_kill(client, "done");
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct control_client *client = arg;

	(void)fd;
	(void)what;
	flush(client);
	if (client->state == CONTROL_DEAD || control_client_unsent(client) > 0)
		return;
	if (client->state == CONTROL_EVENTS)
		control_events_on_sent(client);
	else if (client->state == CONTROL_LEAVING)
		leave(client);
	else
		client_work(client);
}

/*
 * In
 */

/* The next line of what was read. False if there is none. */
static bool
next_line(struct control_client *client, struct str *line, bool *is_cut)
{
	size_t max = request_max(client);

	while (client->in_at < client->in.len) {
		unsigned char byte = (unsigned char)client->in.p[client->in_at++];

		if (linebuf_add(&client->lines, byte, max)) {
			*line = linebuf_line(&client->lines, max, is_cut);
			return true;
		}
	}
	buf_reset(&client->in);
	client->in_at = 0;
	if (!client->has_eof || !linebuf_finish(&client->lines))
		return false;
	*line = linebuf_line(&client->lines, max, is_cut);
	return true;
}

static void
on_request(struct control_client *client, struct str line, bool is_cut)
{
	struct buf answer = {0};
	enum console_next next = CONSOLE_REQUEST;

	if (is_cut)
		buf_printf(&answer, "! A request has at most %zu bytes.\nusage\n",
			request_max(client));
	else
		next = console_request(
			client->console, line, client->shared->clock(), &answer);
	if (next == CONSOLE_LINES)
		client->state = CONTROL_PIPE;
	else if (next == CONSOLE_OUTCOME)
		client->state = CONTROL_WAITING;
	control_client_send(client, buf_str(&answer));
	if (next == CONSOLE_EVENTS)
		control_events_begin(client);
	buf_fini(&answer);
}

/* The end of a pipe: what comes behind it, if anything, is no request. */
static void
finish_pipe(struct control_client *client)
{
	struct buf answer = {0};

	console_finish(client->console, &answer);
	control_client_send(client, buf_str(&answer));
	buf_fini(&answer);
	leave(client);
}

static void
on_said(struct control_client *client, struct str line)
{
	struct moment now = client->shared->clock();

	bucket_take(&client->bucket, say_rate(client), 1000, now.mono);
	if (!console_line(client->console, line, now))
		finish_pipe(client);
}

/* Is nobody there any more? Who has only ended his input waits for an answer. */
static bool
is_abandoned(const struct control_client *client)
{
	struct pollfd end = {.fd = client->fd};

	return poll(&end, 1, 0) == 1 && (end.revents & POLLHUP) != 0;
}

/*
 * Let a pipe wait for its turn. If who wrote it was ended nobody else could keep the
 * kernel's part of it, thousands of lines, from being said one by one.
 */
static void
wait_for_turn(struct control_client *client, int64_t ms)
{
	if (!is_abandoned(client)) {
		control_client_wait(client, ms);
		return;
	}
	log_notice("control: %s is gone, and the rest of its lines is not said",
		client->from);
	control_client_kill(client, "gone");
}

/*
 * Has its next line to wait: until it has read the answer, or for its turn to say it?
 */
static bool
must_wait(struct control_client *client)
{
	int64_t ms = 0;

	if (control_client_unsent(client) > 0)
		return true;
	if (client->state == CONTROL_PIPE && say_rate(client).tokens > 0)
		ms = bucket_wait(&client->bucket, say_rate(client),
			client->shared->clock().mono);
	if (ms > 0)
		wait_for_turn(client, ms);
	return ms > 0;
}

/* Take one line, or what the end of the input means. False if more must come first. */
static bool
take_line(struct control_client *client)
{
	struct str line;
	bool is_cut;

	if (next_line(client, &line, &is_cut)) {
		touch(client);
		if (client->state == CONTROL_PIPE)
			on_said(client, line);
		else
			on_request(client, line, is_cut);
		net_flush_full(client->shared->net);
		return true;
	}
	if (!client->has_eof) {
		await(client, client->readable, NULL);
		return false;
	}
	if (client->state == CONTROL_PIPE)
		finish_pipe(client);
	else
		leave(client);
	return true;
}

/*
 * Act on what was read, as far as that may be done now, and see to it that somebody
 * comes back here for the rest. Meanwhile nothing more is read: so what is too much
 * waits in the kernel, and then where it comes from.
 */
static void
client_work(struct control_client *client)
{
	unsigned count = 0;

	event_del(client->readable);
	while (client->state == CONTROL_REQUESTS || client->state == CONTROL_PIPE) {
		if (count++ == LINES_PER_TURN) {
			control_client_wait(client, 0);
			return;
		}
		if (must_wait(client) || !take_line(client))
			return;
	}
}

void
control_client_answer(struct control_client *client, const char *why)
{
	struct buf answer = {0};

	client->state = CONTROL_REQUESTS;
	console_outcome(client->console, why, &answer);
	control_client_send(client, buf_str(&answer));
	buf_fini(&answer);
	if (client->state == CONTROL_REQUESTS)
		control_client_wait(client, 0);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct control_client *client = arg;
	ssize_t n = read(client->fd, buf_reserve(&client->in, CHUNK), CHUNK);

	(void)fd;
	(void)what;
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		control_client_kill(client, strerror(errno));
		return;
	}
	if (client->state == CONTROL_EVENTS) {
		/* It has nothing more to say; but its end is seen. */
		if (n == 0)
			control_client_kill(client, "end of input");
		return;
	}
	client->in.len += (size_t)n;
	client->has_eof = n == 0;
	client_work(client);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct control_client *client = arg;

	(void)fd;
	(void)what;
	if (client->state == CONTROL_EVENTS)
		control_client_kill(client, "too slow to read");
	else
		client_work(client);
}

/*
 * Life
 */

struct control_client *
control_client_new(
	struct control_shared *shared, int fd, const char *name, const char *from)
{
	struct control_client *client = xcalloc(1, sizeof(*client));

	client->shared = shared;
	client->fd = fd;
	client->from = xstrdup(from);
	client->console = console_new(shared->chat, name, from);
	client->readable =
		event_new(shared->base, fd, EV_READ | EV_PERSIST, on_readable, client);
	client->writable = event_new(shared->base, fd, EV_WRITE, on_writable, client);
	client->timer = evtimer_new(shared->base, on_timer, client);
	if (client->readable == NULL || client->writable == NULL ||
		client->timer == NULL || event_add(client->readable, NULL) == -1) {
		control_client_free(client);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&shared->clients, client, link);
	log_debug("control: %s (%s) is here", from, name);
	return client;
}

void
control_client_free(struct control_client *client)
{
	if (client->readable != NULL)
		event_free(client->readable);
	if (client->writable != NULL)
		event_free(client->writable);
	if (client->timer != NULL)
		event_free(client->timer);
	close(client->fd);
	console_free(client->console);
	linebuf_fini(&client->lines);
	buf_fini(&client->in);
	buf_fini(&client->out);
	free(client->from);
	free(client);
}

void
control_client_kill(struct control_client *client, const char *why)
{
	struct control_shared *shared = client->shared;

	if (client->state == CONTROL_DEAD)
		return;
	log_debug("control: %s has left: %s", client->from, why);
	if (client->state == CONTROL_EVENTS)
		shared->nwatching--;
	client->state = CONTROL_DEAD;
	event_del(client->readable);
	event_del(client->writable);
	event_del(client->timer);
	TAILQ_REMOVE(&shared->clients, client, link);
	TAILQ_INSERT_TAIL(&shared->dead, client, link);
}

void
control_client_resume(struct control_client *client)
{
	int64_t ms = client->shared->conf->limits.send_time;

	if (client->state != CONTROL_EVENTS)
		event_del(client->readable);
	else if (client->skipped > 0 && ms > 0)
		control_client_wait(client, ms);
	/* What is next is known when all is sent, which may be so already. */
	await(client, client->writable, NULL);
}
