/* SPDX-License-Identifier: ISC */
#ifndef CHAT_COMPLETE_H
#define CHAT_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * Completion: what a person may have begun to type.
 *
 *	/w at the beginning	commands: "/who "
 *	a word with #		rooms, by name: "#lobby "
 *	any other word		nicks of the current room, recent speakers first, the
 *				others by name: "ann: " at the beginning, "ann "
 *				elsewhere
 */
struct user;

/*
 * Append the `nth` completion (counted around) of `word`, with what follows it;
 * `before` is the line in front of the word. False if there is none.
 */
bool complete(const struct user *user, struct str before, struct str word, size_t nth,
	struct buf *out);

#endif
