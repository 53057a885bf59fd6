/* SPDX-License-Identifier: ISC */
#ifndef BASE_WRAP_H
#define BASE_WRAP_H

#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * Fold long lines at the width of a window, with a hanging indent.
 */

/*
 * Stands in a line where its text begins ("ann: " before it): continuation lines are
 * indented to that column. If it is beyond a third of the width, they are not indented
 * at all. Never reaches a terminal. ASCII Unit Separator, which no clean text holds.
 */
#define WRAP_MARK '\x1f'

/*
 * Append `line` (without line end; clean text that may hold one WRAP_MARK and SGR
 * sequences, ESC [ ... m, which take no columns) folded to at most `columns` columns,
 * CR LF behind each piece. Folds at blanks, which go at a fold; a word longer than a
 * line is cut between characters. Colours are switched off before a line end of ours
 * and on again behind the indent, so that they paint no empty parts of the screen.
 *
 * Pieces may be `columns` columns wide: where the terminal's last column must stay
 * free, pass one less. `columns` 0: does not fold, only drops the mark.
 */
void wrap_line(struct buf *out, struct str line, size_t columns);

#endif
