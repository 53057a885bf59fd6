/* SPDX-License-Identifier: ISC */
#ifndef NET_TRANSMIT_H
#define NET_TRANSMIT_H

#include <stdbool.h>

/*
 * The way out: a receiver's extents of the page, to his socket by one system call. Only
 * what the socket does not take is copied to the bufferevent, which sends it in its own
 * time.
 *
 * Who does not read gets whole lines skipped from limits.send_queue_soft on, until his
 * queue is empty, and then one line that says how many.
 *
 * A terminal whose window we know gets the same lines folded at its width; and where we
 * edit the line that is being typed, that is taken off the screen before and put back
 * behind them, all in the same call.
 */
struct bufferevent;
struct conn;

/* Send this turn's extents; for net_flush(). */
void transmit_flush(struct conn *conn);

/* Begin or end skipping lines for a reader who does not read. */
void transmit_set_slow(struct conn *conn, bool on);

/* Callback of the bufferevent: all that was queued is sent. */
void transmit_on_write(struct bufferevent *bev, void *arg);

#endif
