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

/* One filled hole. Lists end with a row whose name is NULL. */
struct template_var {
	const char *name;
	struct str value;
};

/*
 * Check `text`: every hole closed and one of `names` (separated by blanks).
 * Returns 0, or -1 with the reason and what would be right in `err`.
 */
must_use int template_check(const char *text, const char *names, struct err *err);

/*
 * Append `text` with its holes filled from `vars`. The template has been checked; a
 * hole without a value is left empty.
 */
void template_render(
	struct buf *out, const char *text, const struct template_var *vars);

#endif
