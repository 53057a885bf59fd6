/* SPDX-License-Identifier: ISC */
#ifndef CHAT_BAN_TEXT_H
#define CHAT_BAN_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/lines.h"
#include "base/str.h"
#include "chat/ban.h"

/* A ban as a line of text; chat/ban.h says what that looks like. */

/* Append one as in the file, without a line end. */
void ban_print(const struct ban *ban, struct buf *out);

/* Append its beginning: kind, target and room, which only one ban of a list has. */
void ban_print_identity(const struct ban *ban, struct buf *out);

/*
 * Read the line that `lines` has taken, all of it even with a mistake, which is told.
 * False then, or if what it says is expired at `wall`. `ban` owns what it holds in any
 * case.
 */
must_use bool ban_parse(
	struct lines *lines, struct str line, int64_t wall, struct ban *ban);

/*
 * Texts in the form that the file keeps (return new): of a room its name folded; who
 * set it as a word of at most NAME_MAX_BYTES; a reason clean and cut.
 */
char *ban_clean_room(struct str room);
char *ban_clean_by(struct str by);
char *ban_clean_reason(struct str reason);

#endif
