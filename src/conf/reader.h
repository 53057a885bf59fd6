/* SPDX-License-Identifier: ISC */
#ifndef CONF_READER_H
#define CONF_READER_H

#include <stdio.h>

#include "base/str.h"

/*
 * The lines of an INI file, parsed by inih and guarded by us.
 *
 * inih cuts long lines in two, takes an indented line for more of the value before
 * it, says nothing of a section without keys, and its builds differ in whether they
 * count lines for the handler. So it gets its lines from here: every line is counted
 * and looked at first, and in place of a bad one inih sees an empty one. What a file
 * may hold is thus the same with every inih.
 *
 * This module knows lines, not which sections and keys there are.
 */

/*
 * Longest line in bytes, without its end, and longest text between the brackets of a
 * section: what inih's buffers of 200 and 50 bytes hold.
 */
#define READER_LINE_MAX 198
#define READER_SECTION_MAX 49

/* No config file is larger; /dev/zero would never end. */
#define READER_FILE_MAX (1024 * 1024)

/*
 * What is found, in the order of the file. The texts are good for the call; `line`
 * counts from 1.
 */
struct reader_events {
	/* [HEADER], trimmed and not empty. */
	void (*section)(void *arg, unsigned line, struct str header);
	/* KEY = VALUE below a section that was reported, trimmed. */
	void (*key)(void *arg, unsigned line, const char *key, const char *value);
	/* What is wrong with the line, or with all of the file if `line` is 0. */
	void (*error)(void *arg, unsigned line, const char *text);
};

/* Read `file` to its end, whatever is wrong in it, and report to `events`. */
void reader_run(FILE *file, const struct reader_events *events, void *arg);

#endif
