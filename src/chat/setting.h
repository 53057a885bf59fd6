/* SPDX-License-Identifier: ISC */
#ifndef CHAT_SETTING_H
#define CHAT_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * What people may set for themselves with /set: one table, as for options and commands.
 * A setting is one of a few words, and its value the index of the word; a time zone may
 * also be a distance from UTC.
 */
enum setting_id {
	SETTING_QUIET,
	SETTING_TIMESTAMP,
	SETTING_ZONE,
	SETTING_COLOR,
	SETTING_THEME,
	SETTING_BELL,
	SETTING_EDIT,
	SETTING_PAGER,
	SETTING_READER,
	SETTINGS /* how many */
};

/* Values, in the order of the words. */
enum {
	QUIET_OFF,
	QUIET_ON
};
enum {
	TIMESTAMP_OFF,
	TIMESTAMP_CLOCK,
	TIMESTAMP_FULL
};
enum {
	ZONE_SERVER
};
enum {
	COLOR_AUTO,
	COLOR_ON,
	COLOR_OFF
};
enum {
	THEME_DARK,
	THEME_LIGHT
};
enum {
	BELL_MENTION,
	BELL_OFF,
	BELL_PM,
	BELL_ALL
};
enum {
	EDIT_ON,
	EDIT_OFF
};
enum {
	PAGER_ON,
	PAGER_OFF
};
enum {
	READER_AUTO,
	READER_ON,
	READER_OFF
};

/* A zone by its distance has this value, plus the minutes that it is east of UTC. */
#define ZONE_UTC 2000

struct setting {
	const char *name;
	const char *words[5]; /* NULL behind the last; the first is the default */
	bool is_zone;         /* takes "+2" or "-03:30", too */
	const char *help;     /* one sentence */
	const char *text;     /* more for the man page, mdoc; may be NULL */
};

extern const struct setting settings[SETTINGS];

/* The setting called `name` (or a clear beginning of it), or NULL. */
const struct setting *setting_find(struct str name);

/* Parse a value; -1 if it is none of this setting. */
must_use int setting_parse(
	const struct setting *setting, struct str word, int16_t *value);

/* Append a value as setting_parse() takes it. */
void setting_print(const struct setting *setting, int16_t value, struct buf *out);

/* Append what values there are: "off, clock or full". */
void setting_describe(const struct setting *setting, struct buf *out);

#endif
