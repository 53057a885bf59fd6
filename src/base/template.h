/* SPDX-License-Identifier: ISC */
#ifndef BASE_TEMPLATE_H
#define BASE_TEMPLATE_H

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Text with named holes: "{nick}: {text}". "{{" and "}}" stand for the braces
 * themselves. The operator writes templates ([format] of the config), the code
 * fills them.
 */

/* Appends the value of the hole called `hole`; nothing if it has none. */
typedef void template_fill(void *arg, struct str hole, struct buf *out);

/*
 * Check `text`: every hole closed and one of `names` (separated by blanks).
 * Returns 0, or -1 with the reason and what would be right in `err`.
 */
must_use int template_check(const char *text, const char *names, struct err *err);

/*
 * Append `text` with its holes filled by `fill`, which is asked for no more than the
 * template has. The template has been checked.
 */
void template_render(struct buf *out, const char *text, template_fill *fill, void *arg);

#endif
