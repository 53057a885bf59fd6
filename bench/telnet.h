/* SPDX-License-Identifier: ISC */
#ifndef BENCH_TELNET_H
#define BENCH_TELNET_H

#include <stdbool.h>
#include <stddef.h>

struct crowd;
struct session;

/*
 * A telnet client with a window of 80 by 24 in character mode, as far as a server can
 * tell: it answers options, leaves echo and editing to the server, and gets what the
 * server draws. In that it finds the numbered lines, which are folded, and between
 * them the line that is being typed, which is erased and drawn again.
 */
struct telnet;

/* Returns new; has offered its window and its type. */
struct telnet *telnet_new(struct crowd *crowd, struct session *session);
void telnet_free(struct telnet *telnet);

/* Has the server taken over echo and editing? */
bool telnet_is_ready(const struct telnet *telnet);

/* These bytes have come. */
void telnet_input(
	struct crowd *crowd, struct session *session, const char *bytes, size_t len);

#endif
