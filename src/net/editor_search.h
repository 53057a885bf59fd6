/* SPDX-License-Identifier: ISC */
#ifndef NET_EDITOR_SEARCH_H
#define NET_EDITOR_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"

struct editor_history;
struct editor_key;
struct editor_text;

struct state_table;
extern const struct state_table editor_search_state;

/*
 * The incremental search through the history (^R). While it goes on the match is the
 * line itself, so that what is seen is always what Enter would send; the line that was
 * there before is kept here.
 */
struct editor_search {
	struct buf query;    /* what is looked for */
	struct buf original; /* the line as it was before */
	size_t cursor;       /* and where its cursor was */
	size_t match;        /* index in the history; its count if there is none yet */
	size_t offset;       /* where in the match the cursor is */
	bool failed;         /* nothing (more) contains the query */
	/*
	 * ESC was pressed. It may be all there is, and then the search is over, or the
	 * first byte of another key, and then it is not. Until that is known the
	 * original line is shown.
	 */
	bool paused;
	char letter; /* behind ESC */
};

enum editor_search_result {
	SEARCH_MORE, /* goes on */
	SEARCH_BELL, /* goes on, but there was nothing to be found */
	SEARCH_OVER, /* is over */
	SEARCH_PASS, /* is over, and the key is for the line */
};

/* Begin a search: returns new. The line stays as it is until something matches. */
struct editor_search *editor_search_new(
	const struct editor_text *text, const struct editor_history *history);
void editor_search_free(struct editor_search *search);

/* Is it one through this history? For what was restored. */
bool editor_search_is_in(
	const struct editor_search *search, const struct editor_history *history);

/*
 * A key during the search. The match goes to `text`; when the search is over that is
 * the line to go on with. If it was accepted Up and Down go on from there, with the
 * original line as draft. If the result is to pass the key on, `*key` may be another
 * one, and is good until the search is freed.
 */
must_use enum editor_search_result editor_search_press(struct editor_search *search,
	struct editor_text *text, struct editor_history *history,
	struct editor_key *key);

/* What stands before the line: "(search) word: ". */
void editor_search_prompt(const struct editor_search *search, struct buf *out);

#endif
