/* SPDX-License-Identifier: ISC */
#ifndef CHAT_THEME_H
#define CHAT_THEME_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "chat/msg.h"

/*
 * Colours, as SGR sequences (ECMA-48, 8.3.117). A nick always has the same one. For a
 * style without colour everything here gives nothing.
 */

/* What a line of that kind begins with; "" for the terminal's own colour. */
const char *theme_line(uint32_t style, enum msg_kind kind);

/* Append the beginning of a nick's colour. */
void theme_nick(struct buf *out, uint32_t style, struct str nick);

/* Back to the terminal's own colour. */
#define THEME_RESET "\x1b[0m"

#endif
