/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/ban.h"

#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/mem.h"
#include "base/name_utf8.h"
#include "base/table.h"
#include "base/timestamp.h"
#include "chat/ban_text.h"

/* Lists */

static void
ban_fini(struct ban *ban)
{
	free(ban->room);
	free(ban->by);
	free(ban->reason);
	*ban = (struct ban){0};
}

static char *
copy_text(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

struct ban *
ban_copy(const struct ban *ban)
{
	struct ban *copy = xmalloc(sizeof(*copy));

	*copy = *ban;
	copy->room = copy_text(ban->room);
	copy->by = copy_text(ban->by);
	copy->reason = copy_text(ban->reason);
	return copy;
}

void
ban_free(struct ban *ban)
{
	if (ban != NULL)
		ban_fini(ban);
	free(ban);
}

void
bans_fini(struct bans *bans)
{
	for (size_t i = 0; i < bans->count; i++)
		ban_fini(&bans->v[i]);
	free(bans->v);
	*bans = (struct bans){0};
}

static bool
is_expired(const struct ban *ban, int64_t wall)
{
	return ban->until != 0 && ban->until <= wall;
}

static bool
has_target(const struct ban *ban, const struct ban *other)
{
	if (ban->has_net != other->has_net)
		return false;
	return ban->has_net ? network_eq(&ban->net, &other->net)
			    : strcmp(ban->nick, other->nick) == 0;
}

static bool
has_room(const struct ban *ban, const struct ban *other)
{
	if (ban->room == NULL || other->room == NULL)
		return ban->room == other->room;
	return strcmp(ban->room, other->room) == 0;
}

/* The list has changed: work out what is asked for much more often than it changes. */
static void
bans_sum_up(struct bans *bans)
{
	bans->nmutes = 0;
	bans->expiry = 0;
	for (size_t i = 0; i < bans->count; i++) {
		int64_t until = bans->v[i].until;

		if (bans->v[i].kind == BAN_SPEECH)
			bans->nmutes++;
		if (until != 0 && (bans->expiry == 0 || until < bans->expiry))
			bans->expiry = until;
	}
}

/* Drop those that are cleared, which ban_fini() does. True if there were some. */
static bool
bans_compact(struct bans *bans)
{
	size_t kept = 0;
	bool is_less;

	for (size_t i = 0; i < bans->count; i++) {
		if (bans->v[i].by != NULL)
			bans->v[kept++] = bans->v[i];
	}
	is_less = kept < bans->count;
	bans->count = kept;
	bans_sum_up(bans);
	return is_less;
}

/* Takes what `ban` holds. */
static struct ban *
bans_append(struct bans *bans, const struct ban *ban)
{
	size_t n = bans->count;

	/* There is room for as many as the next power of two. */
	if ((n & (n - 1)) == 0)
		bans->v = xreallocarray(bans->v, n > 0 ? 2 * n : 1, sizeof(*bans->v));
	bans->v[n] = *ban;
	bans->count++;
	return &bans->v[n];
}

/* The file ends in the year 9999. */
static int64_t
clamp_time(int64_t seconds)
{
	return seconds > TIMESTAMP_MAX ? TIMESTAMP_MAX : seconds;
}

const struct ban *
bans_add(struct bans *bans, const struct ban *ban)
{
	struct ban added = *ban; /* first, for it may be one of them */
	const struct ban *result;

	added.room = ban->room != NULL ? ban_clean_room(str_of(ban->room)) : NULL;
	added.by = ban_clean_by(str_of(ban->by != NULL ? ban->by : ""));
	added.reason = ban_clean_reason(str_of(ban->reason != NULL ? ban->reason : ""));
	added.set = clamp_time(ban->set);
	added.until = clamp_time(ban->until);
	added.id = ++bans->last_id;
	for (size_t i = 0; i < bans->count; i++) {
		struct ban *other = &bans->v[i];

		if (other->kind == added.kind && has_target(other, &added) &&
			has_room(other, &added))
			ban_fini(other);
	}
	(void)bans_compact(bans);
	result = bans_append(bans, &added);
	bans_sum_up(bans);
	return result;
}

size_t
bans_remove(struct bans *bans, const struct ban *like)
{
	size_t before = bans->count;

	for (size_t i = 0; i < bans->count; i++) {
		struct ban *ban = &bans->v[i];

		if (ban->kind == like->kind && has_target(ban, like) &&
			(like->room == NULL || has_room(ban, like)))
			ban_fini(ban);
	}
	(void)bans_compact(bans);
	return before - bans->count;
}

bool
bans_expire(struct bans *bans, int64_t wall)
{
	for (size_t i = 0; i < bans->count; i++) {
		if (is_expired(&bans->v[i], wall))
			ban_fini(&bans->v[i]);
	}
	return bans_compact(bans);
}

int64_t
bans_next_expiry(const struct bans *bans)
{
	return bans->expiry != 0 ? bans->expiry : -1;
}

int
ban_set_target(struct ban *ban, struct str target, struct err *err)
{
	struct str shown = lines_shown(target);

	/* No name has a dot, a colon or a slash, so none is an address. */
	if (name_utf8_ok(target)) {
		name_utf8_fold(target, ban->nick);
		ban->has_net = false;
		return 0;
	}
	if (network_looks_like(target)) {
		if (network_parse(&ban->net, target, err) == -1)
			return -1;
		ban->has_net = true;
		return 0;
	}
	err_set(err, "\"%.*s\" is neither a name nor an address or a network%s",
		(int)shown.len, shown.p, name_utf8_hint(target));
	return -1;
}

/* Whom they hit */

static bool
hits(const struct ban *ban, struct str key, const struct netaddr *addr)
{
	if (ban->has_net)
		return addr != NULL && network_has(&ban->net, addr);
	return str_eq(str_of(ban->nick), key);
}

/* The name as bans have it; empty, which none has, if it is none. */
static struct str
key_of(struct str nick, char out[NAME_MAX_BYTES + 1])
{
	if (nick.len > NAME_MAX_BYTES) /* it would be cut to another one's */
		return str_make(NULL, 0);
	return name_utf8_fold(nick, out);
}

bool
ban_hits(const struct ban *ban, struct str nick, const struct netaddr *addr)
{
	char folded[NAME_MAX_BYTES + 1];

	return hits(ban, key_of(nick, folded), addr);
}

/* The first one for these; `room` is NULL for those that hold everywhere. */
static const struct ban *
bans_find(const struct bans *bans, enum ban_kind kind, struct str key,
	const struct netaddr *addr, const char *room, int64_t wall)
{
	for (size_t i = 0; i < bans->count; i++) {
		const struct ban *ban = &bans->v[i];

		if (ban->kind == kind && !is_expired(ban, wall) &&
			(ban->room == NULL ||
				(room != NULL && strcmp(ban->room, room) == 0)) &&
			hits(ban, key, addr))
			return ban;
	}
	return NULL;
}

const struct ban *
bans_hit_addr(const struct bans *bans, const struct netaddr *addr, int64_t wall)
{
	return bans_find(bans, BAN_ENTRY, str_make(NULL, 0), addr, NULL, wall);
}

const struct ban *
bans_hit_nick(const struct bans *bans, struct str nick, int64_t wall)
{
	char folded[NAME_MAX_BYTES + 1];

	return bans_find(bans, BAN_ENTRY, key_of(nick, folded), NULL, NULL, wall);
}

const struct ban *
bans_hit_speech(const struct bans *bans, struct str nick, const struct netaddr *addr,
	struct str room, int64_t wall)
{
	char folded[NAME_MAX_BYTES + 1], folded_name[NAME_MAX_BYTES + 1];

	if (bans->nmutes == 0)
		return NULL;
	return bans_find(bans, BAN_SPEECH, key_of(nick, folded_name), addr,
		name_fold(room, folded).p, wall);
}

/* The file */

void
bans_print(const struct bans *bans, struct buf *out)
{
	for (size_t i = 0; i < bans->count; i++) {
		ban_print(&bans->v[i], out);
		buf_add_char(out, '\n');
	}
}

/*
 * Of lines that say the same of the same people keep the last one, and give them ids:
 * those that they have in `old`. There may be a hundred thousand, of a program.
 */
static void
settle(struct bans *bans, const struct bans *old)
{
	struct table *table = table_new();
	char **names = xcalloc(bans->count, sizeof(*names));
	struct buf name = {0};
	struct ban *same;

	for (size_t i = 0; i < bans->count; i++) {
		struct str key;

		ban_print_identity(&bans->v[i], &name);
		names[i] = buf_take(&name);
		key = str_of(names[i]);
		if ((same = table_remove(table, key)) != NULL)
			ban_fini(same);
		table_insert(table, key, &bans->v[i]);
	}
	for (size_t i = 0; i < old->count; i++) {
		buf_reset(&name);
		ban_print_identity(&old->v[i], &name);
		if ((same = table_find(table, buf_str(&name))) != NULL)
			same->id = old->v[i].id;
	}
	table_free(table);
	for (size_t i = 0; i < bans->count; i++)
		free(names[i]);
	free(names);
	buf_fini(&name);
	(void)bans_compact(bans);
	bans->last_id = old->last_id;
	for (size_t i = 0; i < bans->count; i++) {
		if (bans->v[i].id == 0)
			bans->v[i].id = ++bans->last_id;
	}
}

int
bans_load(struct bans *bans, struct str text, const char *file, int64_t wall,
	struct errlist *errors)
{
	struct bans loaded = {0};
	struct lines lines;
	struct str line;

	lines_init(&lines, text, file, errors);
	while (lines_next(&lines, &line)) {
		struct ban ban;

		if (ban_parse(&lines, line, wall, &ban))
			(void)bans_append(&loaded, &ban);
		else
			ban_fini(&ban);
	}
	if (lines.has_failed) {
		bans_fini(&loaded);
		return -1;
	}
	settle(&loaded, bans);
	bans_fini(bans);
	*bans = loaded;
	return 0;
}
