/* SPDX-License-Identifier: ISC */
#ifndef CHAT_SETTING_H
#define CHAT_SETTING_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/*
 * What people may set for themselves with /set: one table, as for options and
 * commands. A setting is one of a few words; its value is the index of the word.
 */
enum setting_id {
	SETTING_QUIET,
	SETTING_TIMESTAMP,
	SETTINGS /* how many */
};

/* Values, in the order of the words. */
enum {
	QUIET_OFF,
	QUIET_ON
};
enum {
	TIMESTAMP_OFF,
	TIMESTAMP_CLOCK
};

struct setting {
	const char *name;
	const char *words[4]; /* NULL behind the last; the first is the default */
	const char *help;     /* one sentence */
};

extern const struct setting settings[SETTINGS];

/* The setting called `name` (or a clear beginning of it), or NULL. */
const struct setting *setting_find(struct str name);

/* Index of a word of the setting, or -1. */
int setting_value(const struct setting *setting, struct str word);

#endif
