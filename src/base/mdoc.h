/* SPDX-License-Identifier: ISC */
#ifndef BASE_MDOC_H
#define BASE_MDOC_H

#include "base/buf.h"
#include "base/str.h"

/*
 * The texts of our tables are mdoc, for the man pages. This is what people are shown of
 * them in the chat: the same words without the macros, in one line.
 *
 * It knows what these texts hold: a macro at the front of a line for all of it, such as
 * .Ic, .Cm or .Xr, with punctuation as words behind it, and the escapes \- and \&. It
 * is not a formatter.
 *
 * The commands that are named, ".Ic /kick", are given this slash ("/", or "").
 */
void mdoc_add_plain(struct buf *out, struct str mdoc, const char *slash);

#endif
