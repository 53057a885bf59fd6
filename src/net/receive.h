/* SPDX-License-Identifier: ISC */
#ifndef NET_RECEIVE_H
#define NET_RECEIVE_H

#include <stddef.h>

#include <event2/util.h>

#include "base/str.h"

/*
 * The way in: from what a socket has to what the chat is told.
 *
 * Input is read into one buffer of net's and parsed there. Lines are taken one by one,
 * at most LINES_PER_TURN of them, and fewer if their answers are long
 * (limits.send_queue_soft), so that a flood waits for its turn like everybody else:
 * only what has to wait is kept, in conn->unparsed, and if that is full nothing more is
 * read, so that the kernel slows the peer down.
 */
struct conn;

#define LINES_PER_TURN 32

/* Keys that an editor takes in a turn: each one may cost as much as a line. */
#define KEYS_PER_TURN ((size_t)256)

/* So much is read at a time, and kept of a peer that is ahead of its turns. */
#define INPUT_HIGH ((size_t)32 * 1024)

/* For net.c: the turn of one who waited has come. */
void receive_resume(struct conn *conn);

/* Act on these bytes in the next turn, before what the socket has. */
void receive_restore(struct conn *conn, struct str bytes);

/* The person has changed settings, or has just arrived: see user_peer_wishes(). */
void receive_configure(struct conn *conn);

/*
 * Writing has failed with this errno. Who was reset while lines of his are unread stays
 * until they are said: conn->is_broken.
 */
void receive_on_broken_write(struct conn *conn, int err);

/* Callback of the event of a conn, `arg`: its socket has something, or its end. */
void receive_on_readable(evutil_socket_t fd, short what, void *arg);

#endif
