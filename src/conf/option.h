/* SPDX-License-Identifier: ISC */
#ifndef CONF_OPTION_H
#define CONF_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/*
 * One option: a row of conf/options.def as data, and what can be done with its value
 * without knowing which option it is. The only file that knows the types.
 */
enum option_type {
	OPTION_BOOL,
	OPTION_UINT,
	OPTION_SIZE,
	OPTION_TIME,
	OPTION_ENUM,
	OPTION_MODE,
	OPTION_STR,
	OPTION_PATH,
	OPTION_TEMPLATE,
	OPTION_ADDRS,
	OPTION_NETWORKS,
};

/* How far a new value reaches when a running daemon reads its file again. */
enum option_when {
	WHEN_NOW,     /* everybody, at once */
	WHEN_NEW,     /* connections made from then on */
	WHEN_RESTART, /* nobody: the old value stays until the next start */
};

#define OPTION_WORDS_MAX 12

struct option {
	enum option_type type;
	const char *name; /* key in the file, member of the section's struct */
	size_t offset;    /* of the member */
	const char *def;  /* default, as text that goes through the same parser */
	int64_t min;      /* of the number, or of a text's bytes */
	int64_t max;      /* likewise; 0 is no limit */
	const char *words[OPTION_WORDS_MAX + 1]; /* ENUM: choices, NULL at the end */
	const char *vars; /* TEMPLATE: the holes it may have, separated by blanks */
	bool (*is_right)(const char *text); /* STR: of one that is not empty; or NULL */
	const char *what;                   /* with is_right: what is right, in words */
	enum option_when when;
	const char *help; /* one line for the sample file */
	const char *text; /* mdoc for the man page, may be empty */
};

/*
 * The functions below work on the member of `section`, a struct of the section that
 * the option belongs to. All members were set to zero before the first option_set().
 */

/*
 * Parse `value` into the member, whose old value is freed. -1 with the reason and
 * what would be right in `err`; the member is unchanged then.
 */
must_use int option_set(
	const struct option *option, void *section, struct str value, struct err *err);

/* Set to the default, which is right by our own doing (and a unit test). */
void option_set_default(const struct option *option, void *section);

/* Append the value as text that option_set() takes. */
void option_print(const struct option *option, const void *section, struct buf *out);

/* Is the value in both sections the same? */
bool option_eq(const struct option *option, const void *a, const void *b);

/* Swap the values of both sections. */
void option_swap(const struct option *option, void *a, void *b);

/* Free what the member owns. */
void option_fini(const struct option *option, void *section);

/*
 * Append what values are right, in words: "0 to 65535", "yes or no", "one of auto,
 * line". For error messages and documents.
 */
void option_describe(const struct option *option, struct buf *out);

/* What stands for a value in documents: "number", "time", "path", ... */
const char *option_kind(const struct option *option);

#endif
