/* SPDX-License-Identifier: ISC */
#ifndef NET_EDITOR_H
#define NET_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * The line editor for a peer whose terminal sends each key as it is typed (telnet's
 * ECHO and SUPPRESS-GO-AHEAD on our side). Bytes in, bytes out: no socket, no clock, no
 * libevent, so a test can hold it against a model of a screen.
 *
 * The line being typed takes one row of the screen, the last one, and scrolls sideways
 * when it is longer than the window. Whoever has something to print above it erases the
 * row, prints, and draws it again, all in one write:
 *
 *	editor_erase(editor, out); ...; editor_draw(editor, out);
 *
 * Keys change the line and nothing else; the next editor_draw() shows what has come of
 * all of them. So whoever draws once per turn of a loop sends one update for a paste,
 * and for keys and what is printed above them.
 *
 * A line that does not fit has a '<' at the left or a '>' at the right, where it goes
 * on. Where the bytes that come in are cut makes no difference to line and screen.
 *
 * Keys: printable text inserts. Left Right ^B ^F, Home End ^A ^E, by words Alt-B Alt-F
 * and Ctrl- or Alt-Left/Right; Backspace ^H, Delete; ^K ^U ^W Alt-D kill and ^Y yanks;
 * ^T swaps; Up Down ^P ^N go through the history, ^R searches it; Tab completes; ^L
 * draws the screen anew; ^C clears the line; ^D deletes, on an empty line it leaves.
 * Bracketed paste: what is pasted is text, never a key; its line ends end lines.
 * Unknown escape sequences are swallowed whole. During a search Enter accepts and ends
 * the line, ^R finds an older match, ^G ^C and Escape cancel; any other key accepts the
 * match and then does what it does. Alt and a letter are Escape and the letter here.
 */
struct editor;
struct state_table;

/* What is typed is kept (base/state.h), but for what is hidden. */
extern const struct state_table editor_state;

enum editor_event {
	EDITOR_MORE,     /* all bytes are used up */
	EDITOR_LINE,     /* editor_line() has a line */
	EDITOR_COMPLETE, /* Tab: answer with editor_query() and editor_complete() */
	EDITOR_END,      /* ^D on an empty line: the person wants to leave */
};

/* What Tab was pressed on. */
struct editor_query {
	struct str word; /* the word before the cursor, as typed before the first Tab */
	struct str before; /* the line in front of that word */
	size_t nth;        /* 0 for the first Tab on it, 1 for the next, ... */
};

struct editor *editor_new(void); /* returns new */
void editor_free(struct editor *editor);

/*
 * Columns of the window; 0 if unknown, which is taken for 80. At least 10 are used.
 * Takes effect at the next draw.
 */
void editor_resize(struct editor *editor, unsigned columns);

/*
 * What stands before the line, such as "#lobby> ". Clean text, may hold SGR sequences
 * (which are reset behind it), should end in a blank. Takes at most half the row, then
 * its end is shown. Copied. Takes effect at the next draw.
 */
void editor_set_prompt(struct editor *editor, struct str prompt);

/*
 * While true the line is neither shown nor remembered: a passphrase. A change throws
 * away what is typed.
 */
void editor_set_hidden(struct editor *editor, bool hidden);

/*
 * Take bytes off the front of `*bytes` until an event. The line takes at most `max`
 * bytes; what would be longer rings the bell and is not inserted, and if `max` is less
 * than it was the line is cut. A line ends with CR, LF, CR LF or CR NUL, also cut
 * between two calls. A key looks at little of the line.
 */
must_use enum editor_event editor_input(
	struct editor *editor, struct str *bytes, size_t max);

/* Were there keys since it was drawn? */
bool editor_is_changed(const struct editor *editor);

/*
 * The line that was completed: clean text. Borrows: good until the next editor_input().
 * It is in the history unless it was hidden, empty, or like the last.
 */
struct str editor_line(const struct editor *editor);

/* Is there nothing in the line? */
bool editor_is_empty(const struct editor *editor);

/* Has a paste begun whose end is still to come? */
bool editor_is_pasting(const struct editor *editor);

/* Throw away what is typed (telnet IP or EL). */
void editor_clear(struct editor *editor);

/* Erase one character to the left (telnet EC), as the Backspace key does. */
void editor_backspace(struct editor *editor);

/* After EDITOR_COMPLETE: what is to be completed. Borrows as editor_line(). */
struct editor_query editor_query(const struct editor *editor);

/*
 * Put `text` in the place of the word (or of what the last Tab put there); empty, or
 * what makes the line too long, rings the bell. The next key that is no Tab makes it
 * final, and then this does nothing.
 */
void editor_complete(struct editor *editor, struct str text);

/*
 * Take the line off the screen, cursor at the left margin; or show it as it is now,
 * cursor where it belongs. Each does nothing if it is so already. Drawing sends only
 * what differs from what is there; it returns true if that is all, with the prompt: the
 * line was erased or completed, or the prompt or the width has changed. It looks at the
 * whole line if keys have come since, and at nothing if none have. A new editor is
 * erased.
 */
void editor_erase(struct editor *editor, struct buf *out);
bool editor_draw(struct editor *editor, struct buf *out);

/* Sequences that switch the terminal to our keys (bracketed paste) and back. */
void editor_enter(struct editor *editor, struct buf *out);
void editor_leave(struct editor *editor, struct buf *out);

#endif
