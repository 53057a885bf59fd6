/* SPDX-License-Identifier: ISC */
#ifndef NET_RECEIVE_H
#define NET_RECEIVE_H

#include <stddef.h>

/*
 * The way in: from what libevent has read to what the chat is told.
 *
 * Lines are taken one by one, at most LINES_PER_TURN of them, so that a flood waits for
 * its turn like everybody else; while it waits libevent holds a bounded amount and the
 * kernel slows the peer down.
 */
struct bufferevent;
struct conn;

#define LINES_PER_TURN 32

/*
 * Keys that an editor takes in a turn: each one may cost as much as a line.
 */
#define KEYS_PER_TURN ((size_t)256)

/* libevent stops reading from a peer that is this far ahead of its turns. */
#define INPUT_HIGH ((size_t)32 * 1024)

/* Act on what has arrived. */
void receive_work(struct conn *conn);

/* The same for net.c, when the turn of one who was parked has come. */
void receive_resume(struct conn *conn);

/* The person has changed settings, or has just arrived: see user_peer_wishes(). */
void receive_configure(struct conn *conn);

/*
 * Writing has failed with this errno. Who was reset while lines of his are unread stays
 * until they are said: conn->is_broken.
 */
void receive_on_broken_write(struct conn *conn, int err);

/* Callbacks of the bufferevent. */
void receive_on_read(struct bufferevent *bev, void *arg);
void receive_on_event(struct bufferevent *bev, short what, void *arg);

#endif
