/* SPDX-License-Identifier: ISC */
#ifndef CHAT_HISTORY_H
#define CHAT_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "chat/msg.h"

/*
 * The last lines said in a room: a ring in memory. It keeps what was said, not how it
 * looked, so that each reader gets it in his own style.
 */
struct history;

/* Room for `max` lines, 0 keeps none. Returns new. */
struct history *history_new(size_t max);

/* NULL is fine. */
void history_free(struct history *history);

/* Change the size; the newest lines stay. */
void history_resize(struct history *history, size_t max);

/* Remember a message: its kind, id, nick, text and time are copied. */
void history_add(struct history *history, const struct msg *msg);

size_t history_count(const struct history *history);

/*
 * The `back`th line from the end (0 is the newest), as a message whose texts borrow
 * from the ring: good until the next history_add(). `back` is below history_count().
 */
struct msg history_get(const struct history *history, size_t back);

/* How many of the newest lines were said at or after `wall`. */
size_t history_since(const struct history *history, int64_t wall);

#endif
