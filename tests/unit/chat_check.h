/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CHAT_CHECK_H
#define TESTS_CHAT_CHECK_H

/* What holds between people, rooms and queues at the end of each turn of a world. */
struct world;

void world_check(const struct world *world);

#endif
