/* SPDX-License-Identifier: ISC */
#ifndef TESTS_EDITOR_MODEL_H
#define TESTS_EDITOR_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * What an editor should do, as plainly as it can be said: no limits of time or memory,
 * no screen, every key a name, and each thing worked out from the beginning.
 */
enum {
	MODEL_HISTORY = 100
};

enum model_key {
	MODEL_TEXT,
	MODEL_ENTER,
	MODEL_LEFT,
	MODEL_RIGHT,
	MODEL_HOME,
	MODEL_END,
	MODEL_WORD_LEFT,
	MODEL_WORD_RIGHT,
	MODEL_BACKSPACE,
	MODEL_DELETE,
	MODEL_KILL_END,
	MODEL_KILL_BEGIN,
	MODEL_KILL_BLANK,
	MODEL_KILL_WORD,
	MODEL_YANK,
	MODEL_SWAP,
	MODEL_UP,
	MODEL_DOWN,
	MODEL_CLEAR,
	MODEL_SCREEN,
	MODEL_TAB,
	MODEL_SEARCH,
	MODEL_CANCEL,
	MODEL_KEYS
};

struct model_line {
	char text[512];
	size_t len;
	size_t cursor;
};

struct model {
	size_t max;
	bool hidden;
	struct model_line line;
	struct model_line kill;
	bool killing;
	struct model_line history[MODEL_HISTORY];
	size_t count;
	size_t at; /* in the history */
	struct model_line draft;
	bool tabbing;
	size_t tab_start, tab_nth;
	struct model_line tab_word;
	bool searching, failed;
	struct model_line query, original;
	size_t match;
	struct model_line done; /* behind MODEL_ENTER */
};

/* One key; `text` is one code point of clean text, for MODEL_TEXT. */
void model_press(struct model *model, enum model_key key, struct str text);

/* Begin anew with an empty line. */
void model_set_hidden(struct model *model, bool hidden);

/* The candidate for the nth Tab on a word, or empty. */
struct str model_candidate(struct str word, size_t nth);

/* The first border of characters at `at` or behind it. */
size_t model_border(struct str line, size_t at);

#endif
