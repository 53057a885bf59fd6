/* SPDX-License-Identifier: ISC */
#ifndef NET_TRANSMIT_H
#define NET_TRANSMIT_H

#include <stdbool.h>

/*
 * The way out: a receiver's extents of the page, to his socket by one system call. Only
 * what the socket does not take is copied, to be sent in its own time (net/unsent.h).
 *
 * Who does not read gets whole lines skipped from limits.send_queue_soft on, until his
 * queue is empty, and then one line that says how many.
 *
 * A terminal whose window we know gets the same lines folded at its width; and where we
 * edit the line that is being typed, that is taken off the screen before and put back
 * behind them, all in the same call.
 */
struct conn;

/* Send his extents; for net_flush(), which drops them then. */
void transmit_flush(struct conn *conn);

/* For unsent.c: all that was queued is sent. */
void transmit_on_sent(struct conn *conn);

#endif
