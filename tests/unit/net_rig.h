/* SPDX-License-Identifier: ISC */
#ifndef TESTS_NET_RIG_H
#define TESTS_NET_RIG_H

#include <stdint.h>

#include "chat_fake.h"

/*
 * The net layer with a whole chat behind it, in a unit test: its peers hold the other
 * end of a socket pair, and the clock goes on when the test says so.
 *
 *	struct rig *rig = rig_new(state, world_new(state, "limits.rate=0", NULL));
 *	struct caller ann = rig_call(rig, SOCK_SEQPACKET);
 *
 * By SOCK_SEQPACKET what the daemon sends by one system call comes as one packet, so
 * calls can be counted. Packets can't be sent in part; SOCK_STREAM is for that.
 */
struct event_base;
struct net;

struct rig {
	struct world *world;
	struct event_base *base;
	struct net *net;
};

struct caller {
	int fd;
	struct conn *conn; /* good until the daemon buries it */
};

/* Takes the world. The test frees it by rig_test(). */
struct rig *rig_new(void **state, struct world *world);
#define rig_test(function) cmocka_unit_test_teardown(function, rig_end)
int rig_end(void **state);

/* A turn of the daemon's loop: what is ready, then the end of the turn. */
void rig_turn(struct rig *rig);

/* Time passes, and what is due then is done. */
void rig_pass(struct rig *rig, int64_t ms);

/*
 * Somebody comes, called guest and his number, and has read his greeting. The end is
 * closed by caller_end(), or by the process.
 */
struct caller rig_call(struct rig *rig, int type);
void caller_end(struct caller *caller);

/* Send bytes: tell() as they are, caller_say() as a line, and a turn. */
void caller_send(struct caller *caller, const char *bytes);
void caller_say(struct rig *rig, struct caller *caller, const char *line);

/* The next packet is this text; there is none; throw away all there are. */
#define expect_packet(caller, text) expect_packet_at(caller, text, __FILE__, __LINE__)
#define expect_no_packet(caller) expect_packet_at(caller, NULL, __FILE__, __LINE__)
void expect_packet_at(
	struct caller *caller, const char *text, const char *file, int line);
void caller_forget(struct caller *caller);

/* Append what there is to be read. False at the end of it. */
bool caller_read(struct caller *caller, struct buf *out);

#endif
