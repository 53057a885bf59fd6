/* SPDX-License-Identifier: ISC */
#ifndef TESTS_EDITOR_RIG_H
#define TESTS_EDITOR_RIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

#define UP "\033[A"
#define DOWN "\033[B"
#define RIGHT "\033[C"
#define LEFT "\033[D"
#define ALT(letter) "\033" letter
#define PASTE "\033[200~"
#define PASTED "\033[201~"

#define ACUTE "\xCC\x81"
#define E_ACUTE "e\xCC\x81"
#define NIHON "\xE6\x97\xA5"
#define MAN "\xF0\x9F\x91\xA8"
#define LAPTOP "\xF0\x9F\x92\xBB"
#define SKIN "\xF0\x9F\x8F\xBD"
#define ZWJ "\xE2\x80\x8D"
#define CODER "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x92\xBB"
#define FFFD "\xEF\xBF\xBD"

/*
 * An editor, wired to a screen as a connection does it. What is said is printed above
 * the row; Tab offers "anna: " and "andrew: " in turn for what begins so.
 */
struct rig {
	struct editor *editor;
	struct screen *screen;
	struct buf log;  /* "line TEXT", "tab WORD after BEFORE nth", "end", in lines */
	struct buf sent; /* to the terminal since rig_forget() */
	size_t max;
	bool hides_next; /* the next line that is said makes the editor hidden */
};

/* With the prompt "> ", drawn. */
struct rig *rig_new(size_t columns);
void rig_free(struct rig *rig);

/* Press keys, and draw behind them, and where lines are said. */
void rig_type(struct rig *rig, struct str bytes);

/* Bring the screen up to date. */
void rig_draw(struct rig *rig);

/* Print a line above the row. */
void rig_print(struct rig *rig, struct str line);

/* Send the bytes that an editor function appended to `out`, and free it. */
void rig_send(struct rig *rig, struct buf *out);

void rig_forget(struct rig *rig);

/* The row of the cursor, and its column, are this. */
void rig_assert_row(const struct rig *rig, const char *row, size_t column);
void rig_assert_log(const struct rig *rig, const char *log);
void rig_assert_sent(const struct rig *rig, const char *sent);

/*
 * These keys give this row and cursor, and Enter behind them this line; and wherever
 * they are cut they give the same screen and log.
 */
void rig_check(size_t columns, struct str keys, const char *row, size_t column,
	const char *line);

#define CHECK(keys, row, column, line) rig_check(40, STR(keys), row, column, line)

#endif
