/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "clock.h"
#include "fail.h"

#define LINE_MAX_BYTES (64 * 1024)
#define READ_MAX (64 * 1024)
#define EVENTS_MAX 512
#define PIECES_MAX 64
#define NAME_MAX_BYTES 32

/* Part of a room's lines of this turn. */
struct part {
	size_t from, to;
	ssize_t next; /* of the same person; -1: none */
};

struct room {
	LIST_ENTRY(room) link;
	STAILQ_ENTRY(room) said_link; /* in relay.said */
	bool is_said;
	char name[NAME_MAX_BYTES];
	struct person **people;
	size_t count, size;
	char *text; /* of this turn */
	size_t len, room;
	struct part *parts; /* who said what of it */
	size_t part_count, part_size;
};

struct person {
	int fd;
	struct room *where;
	size_t place; /* in where->people */
	char *carry;  /* an unfinished line */
	size_t carry_len;
	char *out; /* what waits for the socket, from out_from to out_len */
	size_t out_from, out_len;
	ssize_t first, last; /* his parts of this turn; -1: none */
	bool is_dead;
	STAILQ_ENTRY(person) dead_link; /* in relay.dead */
};

/*
 * People and rooms
 */

static void
kill_person(struct relay *relay, struct person *person)
{
	if (person->is_dead)
		return;
	person->is_dead = true;
	STAILQ_INSERT_TAIL(&relay->dead, person, dead_link);
}

static struct room *
find_room(struct relay *relay, const char *name, size_t len)
{
	struct room *room;

	if (len >= sizeof(room->name))
		len = sizeof(room->name) - 1;
	LIST_FOREACH(room, &relay->rooms, link)
	{
		if (strncmp(room->name, name, len) == 0 && room->name[len] == '\0')
			return room;
	}
	room = need(1, sizeof(*room));
	memcpy(room->name, name, len);
	LIST_INSERT_HEAD(&relay->rooms, room, link);
	return room;
}

static void
leave(struct person *person)
{
	struct room *room = person->where;

	room->count--;
	room->people[person->place] = room->people[room->count];
	room->people[person->place]->place = person->place;
}

static void
enter(struct person *person, struct room *room)
{
	if (room->count == room->size) {
		room->size = room->size > 0 ? 2 * room->size : 16;
		room->people =
			need_again(room->people, room->size, sizeof(*room->people));
	}
	person->where = room;
	person->place = room->count;
	room->people[room->count++] = person;
}

static void
watch(struct relay *relay, struct person *person, int how, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = person};

	if (epoll_ctl(relay->epoll, how, person->fd, &event) == -1)
		fail_errno("epoll_ctl");
}

/*
 * Sending
 */

/* Keep what the socket did not take of these pieces, of which it took `done` bytes. */
static void
queue_rest(struct relay *relay, struct person *person, const struct iovec *pieces,
	int count, size_t done)
{
	bool was_empty = person->out == NULL;
	size_t len;

	for (int i = 0; i < count; i++) {
		len = pieces[i].iov_len;
		if (done >= len) {
			done -= len;
			continue;
		}
		person->out = need_again(person->out, person->out_len + len - done, 1);
		memcpy(person->out + person->out_len, (char *)pieces[i].iov_base + done,
			len - done);
		person->out_len += len - done;
		done = 0;
	}
	if (person->out_len - person->out_from > relay->cap)
		kill_person(relay, person);
	else if (was_empty && person->out != NULL)
		watch(relay, person, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

static void
send_pieces(struct relay *relay, struct person *person, struct iovec *pieces, int count)
{
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (size_t)count};
	ssize_t done = 0;

	if (person->is_dead || count == 0)
		return;
	if (person->out == NULL) {
		/* The cheaper call where it will do: this is to be the floor. */
		done = count == 1 ? send(person->fd, pieces->iov_base, pieces->iov_len,
					    MSG_NOSIGNAL)
				  : sendmsg(person->fd, &message, MSG_NOSIGNAL);
		if (done == -1 && errno != EAGAIN && errno != EINTR) {
			kill_person(relay, person);
			return;
		}
	}
	queue_rest(relay, person, pieces, count, done > 0 ? (size_t)done : 0);
}

static void
send_text(struct relay *relay, struct person *person, const char *text)
{
	char copy[16];
	struct iovec piece = {.iov_base = copy, .iov_len = strlen(text)};

	memcpy(copy, text, piece.iov_len);
	send_pieces(relay, person, &piece, 1);
}

static void
on_writable(struct relay *relay, struct person *person)
{
	ssize_t done = send(person->fd, person->out + person->out_from,
		person->out_len - person->out_from, MSG_NOSIGNAL);

	if (done == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (done == -1) {
		kill_person(relay, person);
		return;
	}
	person->out_from += (size_t)done;
	if (person->out_from < person->out_len)
		return;
	free(person->out);
	person->out = NULL;
	person->out_from = person->out_len = 0;
	watch(relay, person, EPOLL_CTL_MOD, EPOLLIN);
}

/* One who has spoken gets what lies between his own parts. */
static void
send_others(struct relay *relay, struct person *person)
{
	struct room *room = person->where;
	struct iovec pieces[PIECES_MAX];
	size_t from = 0, to;
	ssize_t own = person->first;
	int count = 0;

	while (from < room->len) {
		to = own >= 0 ? room->parts[own].from : room->len;
		if (to > from)
			pieces[count++] = (struct iovec){room->text + from, to - from};
		if (count == PIECES_MAX) {
			send_pieces(relay, person, pieces, count);
			count = 0;
		}
		if (own < 0)
			break;
		from = room->parts[own].to;
		own = room->parts[own].next;
	}
	send_pieces(relay, person, pieces, count);
}

static void
send_room(struct relay *relay, struct room *room)
{
	struct iovec whole = {room->text, room->len};
	struct person *person;

	for (size_t i = 0; i < room->count; i++) {
		person = room->people[i];
		if (person->first >= 0)
			send_others(relay, person);
		else
			send_pieces(relay, person, &whole, 1);
		person->first = person->last = -1;
	}
	room->len = room->part_count = 0;
	room->is_said = false;
}

/* Hand out all that has been said. */
static void
round_end(struct relay *relay)
{
	struct room *room;

	STAILQ_FOREACH(room, &relay->said, said_link)
	send_room(relay, room);
	STAILQ_INIT(&relay->said);
	relay->last_round = clock_now();
}

/*
 * Reading
 */

/* The room gets these lines at the end of the round. */
static void
say(struct relay *relay, struct person *person, const char *text, size_t len)
{
	struct room *room = person->where;

	if (room->len + len > room->room) {
		room->room = 2 * (room->len + len);
		room->text = need_again(room->text, room->room, 1);
	}
	memcpy(room->text + room->len, text, len);
	if (person->last >= 0 && room->parts[person->last].to == room->len) {
		room->parts[person->last].to += len;
	} else {
		if (room->part_count == room->part_size) {
			room->part_size =
				room->part_size > 0 ? 2 * room->part_size : 16;
			room->parts = need_again(
				room->parts, room->part_size, sizeof(*room->parts));
		}
		room->parts[room->part_count] =
			(struct part){room->len, room->len + len, -1};
		if (person->last >= 0)
			room->parts[person->last].next = (ssize_t)room->part_count;
		else
			person->first = (ssize_t)room->part_count;
		person->last = (ssize_t)room->part_count++;
	}
	room->len += len;
	if (!room->is_said)
		STAILQ_INSERT_TAIL(&relay->said, room, said_link);
	room->is_said = true;
	if (relay->is_per_line)
		round_end(relay);
}

static void
on_command(struct relay *relay, struct person *person, const char *line, size_t len)
{
	static const char join[] = "/join ";

	if (len > sizeof(join) && memcmp(line, join, sizeof(join) - 1) == 0) {
		/* Or what he has said would be looked for in the wrong room. */
		if (person->first >= 0)
			round_end(relay);
		leave(person);
		enter(person,
			find_room(relay, line + sizeof(join) - 1, len - sizeof(join)));
	}
	send_text(relay, person, "* ok\n");
}

/* Whole lines, each with its end. */
static void
take_lines(struct relay *relay, struct person *person, const char *text, size_t len)
{
	const char *end;
	size_t line;

	while (len > 0 && (text[0] == '/' || relay->is_per_line)) {
		end = memchr(text, '\n', len);
		line = (size_t)(end - text) + 1;
		if (text[0] == '/')
			on_command(relay, person, text, line);
		else
			say(relay, person, text, line);
		text += line;
		len -= line;
	}
	if (len > 0)
		say(relay, person, text, len);
}

/* Put it behind what is there of an unfinished line. */
static void
carry(struct relay *relay, struct person *person, const char *text, size_t len)
{
	if (len == 0)
		return;
	if (person->carry_len + len > LINE_MAX_BYTES) {
		kill_person(relay, person);
		return;
	}
	person->carry = need_again(person->carry, person->carry_len + len, 1);
	memcpy(person->carry + person->carry_len, text, len);
	person->carry_len += len;
}

static void
on_readable(struct relay *relay, struct person *person)
{
	ssize_t got = recv(person->fd, relay->buffer, READ_MAX, 0);
	const char *text = relay->buffer, *end;
	size_t len = (size_t)got;

	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		kill_person(relay, person);
		return;
	}
	if (person->carry != NULL) {
		end = memchr(text, '\n', len);
		if (end == NULL) {
			carry(relay, person, text, len);
			return;
		}
		carry(relay, person, text, (size_t)(end + 1 - text));
		if (person->is_dead)
			return;
		take_lines(relay, person, person->carry, person->carry_len);
		free(person->carry);
		person->carry = NULL;
		person->carry_len = 0;
		len -= (size_t)(end + 1 - text);
		text = end + 1;
	}
	end = memrchr(text, '\n', len);
	if (end != NULL) {
		take_lines(relay, person, text, (size_t)(end + 1 - text));
		len -= (size_t)(end + 1 - text);
		text = end + 1;
	}
	carry(relay, person, text, len);
}

static void
on_accept(struct relay *relay)
{
	struct person *person;
	int fd, on = 1;

	while ((fd = accept4(relay->listener, NULL, NULL,
			SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		person = need(1, sizeof(*person));
		person->fd = fd;
		person->first = person->last = -1;
		enter(person, find_room(relay, "", 0));
		watch(relay, person, EPOLL_CTL_ADD, EPOLLIN);
		send_text(relay, person, "* hello\n");
	}
	if (errno == EMFILE || errno == ENFILE)
		fail_errno("accept");
}

static void
bury(struct relay *relay)
{
	struct person *person;

	/* A part of a room's lines says whose it is until they are handed out. */
	if (STAILQ_EMPTY(&relay->dead) || !STAILQ_EMPTY(&relay->said))
		return;
	while ((person = STAILQ_FIRST(&relay->dead)) != NULL) {
		STAILQ_REMOVE_HEAD(&relay->dead, dead_link);
		leave(person);
		close(person->fd);
		free(person->carry);
		free(person->out);
		free(person);
	}
}

/*
 * The loop
 */

/* How long to wait, in ms: what has been said may have to wait for its time. */
static int
wait_ms(const struct relay *relay)
{
	int64_t rest;

	if (STAILQ_EMPTY(&relay->said))
		return -1;
	rest = relay->last_round + relay->every - clock_now();
	return rest <= 0 ? 0 : (int)((rest + NS_PER_MS - 1) / NS_PER_MS);
}

void
relay_turn(struct relay *relay)
{
	struct epoll_event events[EVENTS_MAX];
	struct person *person;
	int count = epoll_wait(relay->epoll, events, EVENTS_MAX, wait_ms(relay));

	if (count == -1 && errno != EINTR)
		fail_errno("epoll_wait");
	for (int i = 0; i < count; i++) {
		person = events[i].data.ptr;
		if (person == NULL) {
			on_accept(relay);
			continue;
		}
		if (!person->is_dead &&
			(events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
			on_readable(relay, person);
		if (!person->is_dead && (events[i].events & EPOLLOUT) &&
			person->out != NULL)
			on_writable(relay, person);
	}
	if (!STAILQ_EMPTY(&relay->said) && wait_ms(relay) == 0)
		round_end(relay);
	bury(relay);
}

void
relay_open(struct relay *relay, unsigned port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
	struct epoll_event event = {.events = EPOLLIN};
	socklen_t len = sizeof(address);
	int on = 1;

	LIST_INIT(&relay->rooms);
	STAILQ_INIT(&relay->said);
	STAILQ_INIT(&relay->dead);
	relay->buffer = need(1, READ_MAX);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	relay->epoll = epoll_create1(EPOLL_CLOEXEC);
	relay->listener =
		socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (relay->epoll == -1 || relay->listener == -1)
		fail_errno("epoll and socket");
	setsockopt(relay->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(relay->listener, (struct sockaddr *)&address, sizeof(address)) == -1 ||
		listen(relay->listener, 4096) == -1 ||
		getsockname(relay->listener, (struct sockaddr *)&address, &len) == -1 ||
		epoll_ctl(relay->epoll, EPOLL_CTL_ADD, relay->listener, &event) == -1)
		fail_errno("127.0.0.1:%u", port);
	printf("listening on 127.0.0.1:%u\n", ntohs(address.sin_port));
	fflush(stdout);
}

void
relay_close(struct relay *relay)
{
	struct room *room;

	round_end(relay);
	LIST_FOREACH(room, &relay->rooms, link)
	{
		for (size_t i = 0; i < room->count; i++)
			kill_person(relay, room->people[i]);
	}
	bury(relay);
	while ((room = LIST_FIRST(&relay->rooms)) != NULL) {
		LIST_REMOVE(room, link);
		free(room->people);
		free(room->text);
		free(room->parts);
		free(room);
	}
	close(relay->listener);
	close(relay->epoll);
	free(relay->buffer);
}
