/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "crowd.h"
#include "fail.h"
#include "speech.h"
#include "telnet.h"

/*
 * Opening and closing
 */

static void
watch(struct crowd *crowd, struct session *session, int how, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = session};

	if (epoll_ctl(crowd->epoll, how, session->fd, &event) == -1)
		fail_errno("epoll_ctl");
}

/* What there is to wait for. */
static void
watch_again(struct crowd *crowd, struct session *session)
{
	uint32_t in = session->is_deaf ? EPOLLRDHUP : EPOLLIN;
	uint32_t out = session_is_blocked(session) ? EPOLLOUT : 0;

	watch(crowd, session, EPOLL_CTL_MOD, in | out);
}

/* Come from 127.0.0.1, 127.0.0.2 and so on by turns; the kernel chooses the port. */
static void
bind_source(const struct crowd *crowd, const struct session *session)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	int on = 1;

	if (crowd->options->address.ss_family != AF_INET)
		return;
	from.sin_addr.s_addr =
		htonl(INADDR_LOOPBACK + session->index % crowd->options->sources);
	setsockopt(session->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (bind(session->fd, (struct sockaddr *)&from, sizeof(from)) == -1)
		fail_errno("session %u: bind to %s", session->index,
			inet_ntoa(from.sin_addr));
}

void
session_open(struct crowd *crowd, struct session *session, bool is_deaf)
{
	const struct options *options = crowd->options;
	int on = 1, small = 1;

	session->fd = socket(options->address.ss_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (session->fd == -1)
		fail_errno("session %u: socket", session->index);
	bind_source(crowd, session);
	setsockopt(session->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (is_deaf)
		setsockopt(session->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	session->state = SESSION_CONNECTING;
	session->step = 0;
	if (connect(session->fd, (const struct sockaddr *)&options->address,
		    options->address_len) == -1 &&
		errno != EINPROGRESS)
		fail_errno("session %u: connect", session->index);
	watch(crowd, session, EPOLL_CTL_ADD, EPOLLOUT);
}

void
session_close(struct crowd *crowd, struct session *session)
{
	if (session->fd == -1)
		return;
	close(session->fd);
	session->fd = -1;
	if (session->state == SESSION_IN)
		crowd->in--;
	session->state = SESSION_CLOSED;
	free(session->out);
	session->out = NULL;
	free(session->carry);
	session->carry = NULL;
	session->carry_len = 0;
	telnet_free(session->telnet);
	session->telnet = NULL;
}

/* The server has closed it, or broken it: `error` is the errno or 0. */
static void
on_end(struct crowd *crowd, struct session *session, int error)
{
	if (session->state != SESSION_IN)
		fail("session %u was closed before it was logged in (%s); "
		     "the last that session %u was told: %.*s",
			session->index, error != 0 ? strerror(error) : "end of file",
			crowd->said_to, (int)crowd->said_len, crowd->said);
	crowd->closed++;
	session_close(crowd, session);
	if (crowd->in == 0)
		fail("the server has closed all sessions: has it ended?");
}

void
session_deafen(struct crowd *crowd, struct session *session)
{
	session->is_deaf = true;
	watch_again(crowd, session);
}

void
session_in(struct crowd *crowd, struct session *session)
{
	if (session->state != SESSION_LOGIN)
		return;
	session->state = SESSION_IN;
	crowd->in++;
	crowd->login_to = clock_now();
}

/*
 * The way out
 */

/* Hand the socket as much as it takes; the rest is the result. */
static size_t
write_some(struct crowd *crowd, struct session *session, const char *text, size_t len)
{
	ssize_t done;

	while (len > 0) {
		done = send(session->fd, text, len, MSG_NOSIGNAL);
		if (done == -1 && errno == EINTR)
			continue;
		/* Whatever is broken is seen when it is read next. */
		if (done == -1)
			return errno == EAGAIN || errno == EWOULDBLOCK ? len : 0;
		text += done;
		len -= (size_t)done;
	}
	(void)crowd;
	return 0;
}

void
session_send(struct crowd *crowd, struct session *session, const char *text, size_t len)
{
	size_t rest;

	if (session->fd == -1)
		return;
	if (session_is_blocked(session)) {
		session->out = need_again(session->out, session->out_len + len, 1);
		memcpy(session->out + session->out_len, text, len);
		session->out_len += len;
		return;
	}
	rest = write_some(crowd, session, text, len);
	if (rest == 0)
		return;
	session->out = need(rest, 1);
	memcpy(session->out, text + len - rest, rest);
	session->out_from = 0;
	session->out_len = rest;
	watch_again(crowd, session);
}

static void
on_writable(struct crowd *crowd, struct session *session)
{
	size_t rest = write_some(crowd, session, session->out + session->out_from,
		session->out_len - session->out_from);

	session->out_from = session->out_len - rest;
	if (rest > 0)
		return;
	free(session->out);
	session->out = NULL;
	watch_again(crowd, session);
}

/*
 * The way in
 */

void
session_line(struct crowd *crowd, struct session *session, struct numbers numbers)
{
	const struct sender *sender;

	if (numbers.sender >= crowd->options->senders ||
		numbers.sequence >= crowd->senders[numbers.sender].sent) {
		crowd->garbled++;
		return;
	}
	sender = &crowd->senders[numbers.sender];
	if (sender->session == session && session->telnet != NULL)
		return; /* he sees what he types */
	if (sender->room != session->room || !session->is_receiver ||
		(sender->session == session && !crowd->options->speech->echoes)) {
		crowd->stray++;
		return;
	}
	if (!tally_line(crowd->tally, session->index, sender->column, numbers.sequence))
		return;
	crowd->overdue += numbers.sequence < sender->begun;
	crowd->last_at = crowd->now;
	if (crowd->first_at == 0)
		crowd->first_at = crowd->now;
	crowd->watched += session->index == crowd->receivers - 1;
	if (numbers.stamp >= crowd->record_from && numbers.stamp < crowd->record_to)
		histogram_add(&crowd->latency, crowd->now - numbers.stamp);
}

void
session_text(struct crowd *crowd, struct session *session, const char *line, size_t len)
{
	/* Should it be closed now, this will have been why. */
	if (session->state == SESSION_LOGIN) {
		crowd->said_to = session->index;
		crowd->said_len = len < sizeof(crowd->said) ? len : sizeof(crowd->said);
		memcpy(crowd->said, line, crowd->said_len);
	}
	crowd->options->speech->text(crowd, session, line, len);
}

/* A whole line, but for the LF behind it. */
static void
take_line(struct crowd *crowd, struct session *session, const char *line, size_t len)
{
	const struct payload *payload = &crowd->payload;
	size_t text = len > 0 && line[len - 1] == '\r' ? len - 1 : len;
	struct numbers numbers;

	if (text >= payload->len &&
		payload_read(payload, line + text - payload->len, &numbers)) {
		crowd->alike_len = len;
		crowd->alike_before = text - payload->len;
		session_line(crowd, session, numbers);
		return;
	}
	/* Spliced or cut lines of the others must not pass for talk. */
	if (memchr(line, PAYLOAD_MARK, text) != NULL)
		crowd->garbled++;
	else if (session->state == SESSION_LOGIN || crowd->options->speech->listens)
		session_text(crowd, session, line, text);
}

/*
 * Is there an LF in the `len` bytes before a whole payload? Asked of every line, so
 * eight bytes are looked at together, and at the end some of the payload with them.
 */
static inline bool
has_newline(const char *at, size_t len)
{
	const uint64_t ones = 0x0101010101010101ULL;
	uint64_t found = 0, v;

	_Static_assert(PAYLOAD_MIN >= sizeof(v), "no byte behind it is looked at");
	for (size_t i = 0; i < len; i += sizeof(v)) {
		memcpy(&v, at + i, sizeof(v));
		v ^= ones * '\n';
		found |= (v - ones) & ~v & ones << 7;
	}
	return found != 0;
}

/*
 * Most lines are as long as the one before. Is one at `line`, numbered and whole? Its
 * length with its end, or 0: then it takes more to find out.
 */
static inline size_t
take_alike(
	struct crowd *crowd, struct session *session, const char *line, const char *end)
{
	size_t len = crowd->alike_len, before = crowd->alike_before;
	struct numbers numbers;

	if (len == 0 || (size_t)(end - line) <= len || line[len] != '\n' ||
		!payload_read(&crowd->payload, line + before, &numbers) ||
		has_newline(line, before))
		return 0;
	session_line(crowd, session, numbers);
	return len + 1;
}

/* Keep what is no whole line yet; of very much, the end. */
static void
keep(struct session *session, const char *rest, size_t len)
{
	if (len > CARRY_MAX) {
		rest += len - CARRY_MAX;
		len = CARRY_MAX;
	}
	if (len > 0 && session->carry == NULL)
		session->carry = need(1, CARRY_MAX);
	if (len > 0)
		memcpy(session->carry, rest, len);
	session->carry_len = len;
}

/* `at` to `end` have come, and before `at` there is room for what was carried over. */
static void
take(struct crowd *crowd, struct session *session, char *at, const char *end)
{
	const char *newline, *line = at, *unseen = at;
	size_t len;

	if (session->carry_len > 0) {
		line = at - session->carry_len;
		memcpy(at - session->carry_len, session->carry, session->carry_len);
		session->carry_len = 0;
	}
	while (line < end) {
		len = take_alike(crowd, session, line, end);
		if (len == 0) {
			newline = memchr(unseen, '\n', (size_t)(end - unseen));
			if (newline == NULL)
				break;
			take_line(crowd, session, line, (size_t)(newline - line));
			len = (size_t)(newline - line) + 1;
		}
		line += len;
		unseen = line;
	}
	keep(session, line, (size_t)(end - line));
}

static void
on_readable(struct crowd *crowd, struct session *session)
{
	char *at = crowd->buffer + CARRY_MAX;
	ssize_t len = recv(session->fd, at, READ_MAX, 0);

	if (len == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (len <= 0) {
		on_end(crowd, session, len == 0 ? 0 : errno);
		return;
	}
	crowd->now = crowd_now(crowd);
	crowd->reads++;
	crowd->bytes += (uint64_t)len;
	if (session->telnet != NULL)
		telnet_input(crowd, session, at, (size_t)len);
	else
		take(crowd, session, at, at + len);
}

static void
on_connected(struct crowd *crowd, struct session *session)
{
	const struct speech *speech = crowd->options->speech;
	int error = 0;
	socklen_t len = sizeof(error);

	getsockopt(session->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0) {
		errno = error;
		fail_errno("session %u: connect", session->index);
	}
	session->state = SESSION_LOGIN;
	watch_again(crowd, session);
	if (speech->begin != NULL)
		speech->begin(crowd, session);
}

void
session_ready(struct crowd *crowd, struct session *session, uint32_t events)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (session->state == SESSION_CONNECTING) {
		if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
			on_connected(crowd, session);
		return;
	}
	if (session->is_deaf) {
		if (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) {
			getsockopt(session->fd, SOL_SOCKET, SO_ERROR, &error, &len);
			on_end(crowd, session, error);
		}
		return;
	}
	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		on_readable(crowd, session);
	if ((events & EPOLLOUT) && session_is_blocked(session))
		on_writable(crowd, session);
}
