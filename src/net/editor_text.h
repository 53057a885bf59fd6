/* SPDX-License-Identifier: ISC */
#ifndef NET_EDITOR_TEXT_H
#define NET_EDITOR_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * A line of text with a cursor in it, and what can be done to it. Positions are in
 * bytes; moving and deleting go by what people take for a character (base/width.h).
 *
 * The cursor may stand within a character for as long as that is being typed: an accent
 * or a joiner joins what stands behind it only when it arrives. So it is left where it
 * is, and the next movement ends at a border.
 */
struct state_table;
extern const struct state_table editor_text_state;

struct editor_text {
	struct buf buf;  /* clean text */
	size_t cursor;   /* in bytes */
	size_t max;      /* bytes that the line may have */
	struct buf kill; /* what was deleted last by the piece, for yanking */
	bool killing;    /* the last key killed: what this one kills is added to that */
	bool secret;     /* keep nothing of what is deleted */
};

static inline struct str
editor_text_str(const struct editor_text *text)
{
	return buf_str(&text->buf);
}

/* Could a cursor stand there: at the front of a code point, or at the end? */
bool editor_text_is_place(struct str text, size_t at);

void editor_text_fini(struct editor_text *text);

/*
 * Insert at the cursor what is left of `s` when it is cleaned, as far as the line stays
 * within its limit. False if not all of it had room; a code point is never split.
 */
bool editor_text_insert(struct editor_text *text, struct str s);

/* Replace the bytes from `from` up to the cursor with `s`, cleaned; all or nothing. */
bool editor_text_replace(struct editor_text *text, size_t from, struct str s);

/* Make `s`, which is clean, the line, as far as it has room; cursor at its end. */
void editor_text_set(struct editor_text *text, struct str s);

/* Set the limit; what is longer is cut. */
void editor_text_limit(struct editor_text *text, size_t max);

/* The first border of characters that is not before the cursor: where it is shown. */
size_t editor_text_border(const struct editor_text *text);

/* Positions seen from the cursor; the cursor itself if there is nothing that way. */
size_t editor_text_left(const struct editor_text *text);
size_t editor_text_right(const struct editor_text *text);

/* By words of letters and digits, and (what ^W and Tab call a word) up to a blank. */
size_t editor_text_word_left(const struct editor_text *text);
size_t editor_text_word_right(const struct editor_text *text);
size_t editor_text_blank_left(const struct editor_text *text);

/* Delete what is between the cursor and `to`; kill also keeps it for yanking. */
void editor_text_delete(struct editor_text *text, size_t to);
void editor_text_kill(struct editor_text *text, size_t to);

/* Swap the characters around the cursor (at the end the last two) if there are two. */
void editor_text_swap(struct editor_text *text);

#endif
