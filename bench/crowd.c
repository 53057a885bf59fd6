/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "crowd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"
#include "fail.h"
#include "speech.h"

/* So many sessions are seen to before the schedule is looked at again. */
#define EVENTS_MAX 64

/* Lines and sessions that a tally has room for: 4 bytes each. */
#define TALLY_MAX ((size_t)256 << 20)

static void
raise_descriptors(size_t count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		fail_errno("getrlimit");
	if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < count) {
		limit.rlim_cur = count;
		if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < count)
			fail("%zu descriptors are needed, and only %llu allowed: "
			     "raise the hard limit (ulimit -Hn)",
				count, (unsigned long long)limit.rlim_max);
		if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
			fail_errno("setrlimit");
	}
}

static void
make_epoll(struct crowd *crowd)
{
	struct epoll_event event = {.events = EPOLLIN};

	crowd->epoll = epoll_create1(EPOLL_CLOEXEC);
	crowd->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (crowd->epoll == -1 || crowd->timer == -1 ||
		epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, crowd->timer, &event) == -1)
		fail_errno("epoll and timer");
}

static void
make_sessions(struct crowd *crowd)
{
	const struct options *options = crowd->options;
	struct session *session;

	crowd->sessions = need(crowd->count, sizeof(*crowd->sessions));
	crowd->people = need(crowd->rooms, sizeof(*crowd->people));
	for (size_t i = 0; i < crowd->count; i++) {
		session = &crowd->sessions[i];
		session->fd = -1;
		session->index = (uint32_t)i;
		session->is_receiver = i < crowd->receivers;
		session->room =
			(uint32_t)(session->is_receiver ? i : i - crowd->receivers) %
			crowd->rooms;
		crowd->people[session->room] += session->is_receiver;
	}
	crowd->senders = need(options->senders, sizeof(*crowd->senders));
	for (unsigned i = 0; i < options->senders; i++) {
		crowd->senders[i].session = crowd->sessions + i +
			(options->speech->has_publishers ? crowd->receivers : 0);
		crowd->senders[i].room = crowd->senders[i].session->room;
		crowd->senders[i].column = i / crowd->rooms;
		options->speech->wrap(crowd, &crowd->senders[i]);
	}
}

struct crowd *
crowd_new(const struct options *options)
{
	struct crowd *crowd = need(1, sizeof(*crowd));
	size_t columns;

	crowd->options = options;
	crowd->epoch = clock_now();
	crowd->rooms = options->rooms > 0 ? options->rooms : 1;
	crowd->receivers = options->sessions;
	crowd->count = crowd->receivers;
	if (options->speech->has_publishers)
		crowd->count += options->senders;
	payload_init(&crowd->payload, options->payload);
	columns = (options->senders + crowd->rooms - 1) / crowd->rooms;
	if (columns > TALLY_MAX / crowd->receivers)
		fail("%zu sessions that hear %zu senders each are too many to count "
		     "for",
			crowd->receivers, columns);
	crowd->tally = tally_new(crowd->receivers, columns);
	crowd->buffer = need(1, CARRY_MAX + READ_MAX);
	raise_descriptors(crowd->count + 32);
	make_epoll(crowd);
	make_sessions(crowd);
	return crowd;
}

void
crowd_free(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->count; i++)
		session_close(crowd, &crowd->sessions[i]);
	tally_free(crowd->tally);
	close(crowd->epoll);
	close(crowd->timer);
	free(crowd->sessions);
	free(crowd->senders);
	free(crowd->people);
	free(crowd->buffer);
	free(crowd);
}

int64_t
crowd_now(const struct crowd *crowd)
{
	return clock_now() - crowd->epoch;
}

/*
 * Waiting
 */

/* Set the timer, if it is not; what is past wakes at once. */
static void
set_timer(struct crowd *crowd, int64_t until)
{
	int64_t at = until + crowd->epoch;
	struct itimerspec when = {
		.it_value = {.tv_sec = at / NS_PER_S, .tv_nsec = at % NS_PER_S}};

	if (crowd->timer_at == until)
		return;
	crowd->timer_at = until;
	if (timerfd_settime(crowd->timer, TFD_TIMER_ABSTIME, &when, NULL) == -1)
		fail_errno("timerfd_settime");
}

void
crowd_turn(struct crowd *crowd, int64_t until)
{
	struct epoll_event events[EVENTS_MAX];
	uint64_t expirations;
	int count, wait = -1;

	if (until <= crowd_now(crowd))
		wait = 0;
	else
		set_timer(crowd, until);
	count = epoll_wait(crowd->epoll, events, EVENTS_MAX, wait);
	if (count == -1 && errno != EINTR)
		fail_errno("epoll_wait");
	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr != NULL) {
			session_ready(crowd, events[i].data.ptr, events[i].events);
		} else if (read(crowd->timer, &expirations, sizeof(expirations)) > 0) {
			crowd->timer_at = 0;
		}
	}
}

void
crowd_pass(struct crowd *crowd, int64_t ns)
{
	int64_t end = crowd_now(crowd) + ns;

	while (crowd_now(crowd) < end)
		crowd_turn(crowd, end);
}

void
crowd_drain(struct crowd *crowd, int64_t patience)
{
	crowd->last_at = crowd_now(crowd);
	while (crowd->tally->arrived < crowd->expected &&
		crowd_now(crowd) < crowd->last_at + patience)
		crowd_turn(crowd, crowd->last_at + patience);
}

/*
 * Coming and going
 */

void
crowd_login(struct crowd *crowd, size_t count)
{
	const struct options *options = crowd->options;
	bool stops;

	if (crowd->login_from == 0)
		crowd->login_from = clock_now();
	while (crowd->in + crowd->closed < count) {
		while (crowd->opened < count &&
			crowd->opened - crowd->in - crowd->closed < options->underway) {
			stops = options->mode == MODE_STOPPED &&
				crowd->opened == crowd->receivers - 1;
			session_open(crowd, &crowd->sessions[crowd->opened++], stops);
		}
		crowd_turn(crowd, crowd_now(crowd) + NS_PER_S);
	}
	if (crowd->closed > 0)
		fail("the server has closed %llu sessions while others logged in",
			(unsigned long long)crowd->closed);
}

void
crowd_leave(struct crowd *crowd, size_t count)
{
	for (size_t i = count; i < crowd->opened; i++)
		session_close(crowd, &crowd->sessions[i]);
	crowd->opened = count;
}

void
crowd_deafen(struct crowd *crowd, struct session *session)
{
	session_deafen(crowd, session);
	crowd->people[session->room]--;
}

/*
 * Speaking
 */

uint64_t
crowd_reach(const struct crowd *crowd, const struct sender *sender)
{
	const struct speech *speech = crowd->options->speech;
	uint64_t people = crowd->people[sender->room];

	return speech->echoes || speech->has_publishers ? people : people - 1;
}

/* Append his next line to `out`; the length. */
static size_t
add_line(struct crowd *crowd, struct sender *sender, int64_t stamp, char *out)
{
	struct numbers numbers = {
		(uint32_t)(sender - crowd->senders), sender->sent, stamp};
	const char *after = crowd->options->speech->after;
	size_t len = sender->before_len;

	memcpy(out, sender->before, len);
	payload_write(&crowd->payload, numbers, out + len);
	len += crowd->payload.len;
	memcpy(out + len, after, strlen(after));
	sender->sent++;
	crowd->expected += crowd_reach(crowd, sender);
	return len + strlen(after);
}

void
crowd_speak(
	struct crowd *crowd, struct sender *sender, crowd_stamp *stamp, const void *arg)
{
	static const size_t most = sizeof(sender->before) + PAYLOAD_MAX + 2;
	char text[WRITE_MAX];
	size_t len;
	int64_t at, now = crowd_now(crowd);

	while (sender->index < sender->due && !session_is_blocked(sender->session) &&
		sender->session->fd != -1) {
		len = 0;
		while (sender->index < sender->due && len + most <= sizeof(text)) {
			at = stamp(arg, sender, sender->index, now);
			if (now - at > crowd->late)
				crowd->late = now - at;
			len += add_line(crowd, sender, at, text + len);
			sender->index++;
		}
		session_send(crowd, sender->session, text, len);
	}
}

bool
crowd_has_more(const struct crowd *crowd)
{
	const struct sender *sender;

	for (unsigned i = 0; i < crowd->options->senders; i++) {
		sender = &crowd->senders[i];
		if (sender->index < sender->due && sender->session->fd != -1)
			return true;
	}
	return false;
}

uint64_t
crowd_lost(const struct crowd *crowd)
{
	const struct speech *speech = crowd->options->speech;
	const struct sender *sender;
	uint64_t lost = 0;

	for (unsigned i = 0; i < crowd->options->senders; i++) {
		sender = &crowd->senders[i];
		for (size_t j = sender->room; j < crowd->receivers; j += crowd->rooms) {
			if (crowd->sessions[j].is_deaf ||
				(&crowd->sessions[j] == sender->session &&
					!speech->echoes))
				continue;
			lost += tally_missing(crowd->tally, j, sender->column,
				sender->begun, sender->sent);
		}
	}
	return lost;
}
