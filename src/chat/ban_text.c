/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/ban_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/suggest.h"
#include "base/timestamp.h"
#include "base/utf8.h"

static const char *const kinds[] = {[BAN_ENTRY] = "ban", [BAN_SPEECH] = "mute"};

enum key {
	KEY_ROOM,
	KEY_UNTIL,
	KEY_BY,
	KEY_SET
};

static const char *const keys[] = {
	[KEY_ROOM] = "room=",
	[KEY_UNTIL] = "until=",
	[KEY_BY] = "by=",
	[KEY_SET] = "set=",
};

enum {
	KINDS = sizeof(kinds) / sizeof(*kinds),
	KEYS = sizeof(keys) / sizeof(*keys),
	HINT_MAX = 64, /* fits "did you mean" with any of these words */
};

/* Text of a person as the file has it (returns new). */
static char *
clean(struct str text, size_t max)
{
	struct buf out = {0};
	struct str cut;
	char *copy;

	utf8_clean(&out, text);
	cut = str_trim(utf8_cut(str_trim(buf_str(&out)), max));
	copy = xstrndup(cut.len > 0 ? cut.p : "", cut.len);
	buf_fini(&out);
	return copy;
}

char *
ban_clean_reason(struct str reason)
{
	return clean(reason, BAN_REASON_MAX);
}

char *
ban_clean_by(struct str by)
{
	char *word = clean(by, NAME_MAX_BYTES);

	for (char *p = word; *p != '\0'; p++) {
		if (*p == ' ')
			*p = '_';
	}
	return word;
}

char *
ban_clean_room(struct str room)
{
	char folded[NAME_MAX_BYTES + 1];

	return xstrdup(name_fold(room, folded).p);
}

/* Written */

/* The word KEY=VALUE: the key, and the value behind it. */
static bool
is_pair(struct str word, struct str *key, struct str *value)
{
	size_t n = 0;

	while (n < word.len && ascii_lower(word.p[n]) >= 'a' &&
		ascii_lower(word.p[n]) <= 'z')
		n++;
	if (n == 0 || n == word.len || word.p[n] != '=')
		return false;
	*key = str_make(word.p, n + 1);
	*value = str_from(word, n + 1);
	return true;
}

void
ban_print_identity(const struct ban *ban, struct buf *out)
{
	char net[NETWORK_TEXT_MAX];

	if (ban->has_net)
		network_text(&ban->net, net);
	buf_printf(out, "%s %s", kinds[ban->kind], ban->has_net ? net : ban->nick);
	if (ban->room != NULL)
		buf_printf(out, " room=%s", ban->room);
}

void
ban_print(const struct ban *ban, struct buf *out)
{
	char time[TIMESTAMP_TEXT_MAX];
	struct str rest = str_of(ban->reason), key, value;

	ban_print_identity(ban, out);
	if (ban->until != 0) {
		timestamp_text(ban->until, time);
		buf_printf(out, " until=%s", time);
	}
	if (ban->by[0] != '\0')
		buf_printf(out, " by=%s", ban->by);
	if (ban->set != 0) {
		timestamp_text(ban->set, time);
		buf_printf(out, " set=%s", time);
	}
	if (ban->reason[0] != '\0')
		buf_printf(out, " %s%s",
			is_pair(str_word(&rest), &key, &value) ? "reason=" : "",
			ban->reason);
}

/* And read */

static bool
take_kind(struct lines *lines, struct str word, struct ban *ban)
{
	struct str shown = lines_shown(word);
	char hint[HINT_MAX];
	struct suggest suggest;

	suggest_init(&suggest, word);
	for (size_t i = 0; i < KINDS; i++) {
		if (str_eq(word, str_of(kinds[i]))) {
			ban->kind = (enum ban_kind)i;
			return true;
		}
		suggest_offer(&suggest, kinds[i]);
	}
	lines_error(lines,
		"\"%.*s\" is no kind of entry%s; a line begins with ban or mute",
		(int)shown.len, shown.p,
		suggest_text(&suggest, "\"", "\"", hint, sizeof(hint)));
	return false;
}

static bool
take_target(struct lines *lines, struct str word, struct ban *ban)
{
	struct err err;

	if (word.len == 0) {
		lines_error(lines,
			"it does not say who (write %s and a name, an address or a "
			"network such as 192.0.2.0/24)",
			kinds[ban->kind]);
		return false;
	}
	if (ban_set_target(ban, word, &err) == -1) {
		lines_error(lines, "%s", err.text);
		return false;
	}
	return true;
}

static bool
take_room(struct lines *lines, struct str value, struct ban *ban)
{
	struct str shown = lines_shown(value);

	if (ban->kind != BAN_SPEECH) {
		lines_error(lines, "room= is for mute (a ban is for all rooms)");
		return false;
	}
	if (!name_ok_room(value)) {
		lines_error(lines,
			"room=%.*s is no name of a room (write it as room=#lobby)",
			(int)shown.len, shown.p);
		return false;
	}
	ban->room = ban_clean_room(value);
	return true;
}

static bool
take_time(struct lines *lines, const char *key, struct str value, int64_t *time)
{
	struct str shown = lines_shown(value);

	if (timestamp_parse(value, time) == 0)
		return true;
	lines_error(lines,
		"%s%.*s is no time (write it in UTC, as %s2026-11-21T10:00:00Z)", key,
		(int)shown.len, shown.p, key);
	return false;
}

/* The place in `keys`, KEYS if it is not there. */
static size_t
find_key(struct lines *lines, struct str name)
{
	struct str shown = lines_shown(name);
	struct suggest suggest;
	char hint[HINT_MAX];
	size_t i;

	suggest_init(&suggest, name);
	for (i = 0; i < KEYS; i++) {
		if (str_eq(name, str_of(keys[i])))
			return i;
		suggest_offer(&suggest, keys[i]);
	}
	lines_error(lines,
		"there is no %.*s%s; write reason= before a reason that begins so",
		(int)shown.len, shown.p,
		suggest_text(&suggest, "", "", hint, sizeof(hint)));
	return i;
}

/* `seen` has a bit for each key that was there. */
static bool
take_pair(struct lines *lines, struct str name, struct str value, struct ban *ban,
	unsigned *seen)
{
	size_t key = find_key(lines, name);

	if (key == KEYS)
		return false;
	if (*seen & 1u << key) {
		lines_error(lines, "%s is there twice", keys[key]);
		return false;
	}
	*seen |= 1u << key;
	switch ((enum key)key) {
	case KEY_ROOM:
		return take_room(lines, value, ban);
	case KEY_UNTIL:
		return take_time(lines, keys[key], value, &ban->until);
	case KEY_BY:
		ban->by = ban_clean_by(value);
		return true;
	case KEY_SET:
		return take_time(lines, keys[key], value, &ban->set);
	}
	return false;
}

bool
ban_parse(struct lines *lines, struct str line, int64_t wall, struct ban *ban)
{
	struct str name, value, rest;
	unsigned seen = 0;
	bool good;

	*ban = (struct ban){0};
	if (!take_kind(lines, str_word(&line), ban))
		return false;
	good = take_target(lines, str_word(&line), ban);
	for (rest = line; is_pair(str_word(&rest), &name, &value); line = rest) {
		if (str_eq(name, STR("reason="))) {
			line = str_from(line, name.len);
			break;
		}
		good = take_pair(lines, name, value, ban, &seen) && good;
	}
	if (ban->by == NULL)
		ban->by = xstrdup("");
	ban->reason = ban_clean_reason(line);
	/* Not is_expired(): the epoch is a time, too, if somebody writes it. */
	return good && !(seen & 1u << KEY_UNTIL && ban->until <= wall);
}
