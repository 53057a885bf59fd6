/* SPDX-License-Identifier: ISC */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "payload.h"

struct crowd;
struct telnet;

/*
 * One connection of the crowd: its bytes on their way in and out.
 */

/* Of a line that is cut by the network only so much of its end is kept. */
#define CARRY_MAX 1024

/* What is read at a time. */
#define READ_MAX (256 * 1024)

/* What is written at a time, and the most that waits for a socket. */
#define WRITE_MAX (64 * 1024)

enum session_state {
	SESSION_NEW,
	SESSION_CONNECTING,
	SESSION_LOGIN,
	SESSION_IN, /* logged in, in its room */
	SESSION_CLOSED,
};

struct session {
	int fd; /* -1: none */
	uint32_t index;
	uint32_t room;
	enum session_state state;
	int step; /* of the login */
	bool is_receiver;
	bool is_deaf; /* does not read */
	size_t carry_len;
	char *carry; /* an unfinished line */
	char *out; /* what the socket did not take, from out_from to out_len; or NULL */
	size_t out_from, out_len;
	struct telnet *telnet;
};

/*
 * Connect, from one of the loopback addresses. `is_deaf`: with a receive buffer as
 * small as it can be, since it is going to stop reading.
 */
void session_open(struct crowd *crowd, struct session *session, bool is_deaf);

void session_close(struct crowd *crowd, struct session *session);

/* epoll has something to say about it. */
void session_ready(struct crowd *crowd, struct session *session, uint32_t events);

/* From now on nothing is read. */
void session_deafen(struct crowd *crowd, struct session *session);

/* Send, or keep what the socket does not take. */
void session_send(
	struct crowd *crowd, struct session *session, const char *text, size_t len);

/* Does something wait for the socket? */
static inline bool
session_is_blocked(const struct session *session)
{
	return session->out != NULL;
}

/* For protocols: the login is done. */
void session_in(struct crowd *crowd, struct session *session);

/* A numbered line was found in what this session got. */
void session_line(struct crowd *crowd, struct session *session, struct numbers numbers);

/* A line without a number was, which the login may wait for. */
void session_text(
	struct crowd *crowd, struct session *session, const char *line, size_t len);

#endif
