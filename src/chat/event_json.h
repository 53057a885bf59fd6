/* SPDX-License-Identifier: ISC */
#ifndef CHAT_EVENT_JSON_H
#define CHAT_EVENT_JSON_H

#include <stdint.h>

#include "base/buf.h"
#include "chat/observer.h"

/*
 * Events as programs read them: an object in a line for each (prattlectl(1) has the
 * schema). "v" is the version of the schema: it stays 1 as long as members and kinds of
 * events only are added.
 */
#define EVENT_JSON_VERSION 1

/* Append the line of what was observed. */
void event_json(struct buf *out, const struct observation *seen);

/* The first line; and the one that says how many were skipped for a slow reader. */
void event_json_begin(struct buf *out, int64_t wall, const char *server);
void event_json_skipped(struct buf *out, int64_t wall, uint64_t lines);

#endif
