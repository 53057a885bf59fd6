/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/claim.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/mem.h"
#include "base/name_utf8.h"
#include "base/passphrase.h"
#include "base/suggest.h"
#include "base/table.h"
#include "base/timestamp.h"

enum {
	HINT_MAX = 64
}; /* fits "did you mean" with any of our keys */

/* One of those who are looked for by what their names look like. */
struct look {
	const char *skeleton;
	const struct claim *claim;
};

struct claims {
	struct claim *v; /* in the order of their keys */
	size_t count;
	size_t max;         /* that there is room for */
	struct look *looks; /* all, in the order of their skeletons; or NULL: not asked
			       for since the last change */
};

static const char claimed_key[] = "claimed=", seen_key[] = "seen=";

struct claims *
claims_new(void)
{
	return xcalloc(1, sizeof(struct claims));
}

static void
claim_fini(struct claim *claim)
{
	free(claim->nick);
	free(claim->key);
	free(claim->skeleton);
	free(claim->hash);
	*claim = (struct claim){0};
}

/* They are about to change. */
static void
forget_looks(struct claims *claims)
{
	free(claims->looks);
	claims->looks = NULL;
}

static void
claims_clear(struct claims *claims)
{
	forget_looks(claims);
	for (size_t i = 0; i < claims->count; i++)
		claim_fini(&claims->v[i]);
	free(claims->v);
	*claims = (struct claims){0};
}

void
claims_free(struct claims *claims)
{
	if (claims == NULL)
		return;
	claims_clear(claims);
	free(claims);
}

bool
claim_is_hash(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '!' || s.p[i] > '~')
			return false;
	}
	return str_starts(s, STR("$")) && s.len < PASSPHRASE_HASH_MAX;
}

/* Make room for one more at `i`, and return it, cleared. */
static struct claim *
insert(struct claims *claims, size_t i)
{
	if (claims->count == claims->max) {
		claims->max = claims->max > 0 ? 2 * claims->max : 16;
		claims->v = xreallocarray(claims->v, claims->max, sizeof(*claims->v));
	}
	memmove(&claims->v[i + 1], &claims->v[i],
		(claims->count - i) * sizeof(*claims->v));
	claims->count++;
	claims->v[i] = (struct claim){0};
	return &claims->v[i];
}

static void
set_nick(struct claim *claim, struct str nick)
{
	char key[NAME_MAX_BYTES + 1], skeleton[NAME_SKELETON_MAX + 1];

	free(claim->nick);
	free(claim->key);
	free(claim->skeleton);
	claim->nick = xstrndup(nick.p, nick.len);
	claim->key = xstrdup(name_utf8_fold(nick, key).p);
	claim->skeleton = xstrdup(name_utf8_skeleton(nick, skeleton).p);
}

/* The place of the key, or where it would be. */
static size_t
place_of(const struct claims *claims, const char *key)
{
	size_t low = 0, high = claims->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(claims->v[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The claim on the name, or NULL; `*place` is where it is, or would be. */
static struct claim *
find(const struct claims *claims, struct str nick, size_t *place)
{
	char key[NAME_MAX_BYTES + 1];

	if (!name_utf8_ok(nick))
		return NULL;
	name_utf8_fold(nick, key);
	*place = place_of(claims, key);
	if (*place == claims->count || strcmp(claims->v[*place].key, key) != 0)
		return NULL;
	return &claims->v[*place];
}

size_t
claims_count(const struct claims *claims)
{
	return claims->count;
}

const struct claim *
claims_get(const struct claims *claims, size_t i)
{
	assert(i < claims->count);
	return &claims->v[i];
}

const struct claim *
claims_find(const struct claims *claims, struct str nick)
{
	size_t place;

	return find(claims, nick, &place);
}

static int
compare_looks(const void *a, const void *b)
{
	const struct look *x = a, *y = b;

	return strcmp(x->skeleton, y->skeleton);
}

/*
 * As costly as the text for the file, which is made anew with each change, too; but
 * only if names are compared by their looks at all.
 */
static void
make_looks(struct claims *claims)
{
	if (claims->count == 0)
		return;
	claims->looks = xreallocarray(NULL, claims->count, sizeof(*claims->looks));
	for (size_t i = 0; i < claims->count; i++)
		claims->looks[i] = (struct look){
			.skeleton = claims->v[i].skeleton,
			.claim = &claims->v[i],
		};
	qsort(claims->looks, claims->count, sizeof(*claims->looks), compare_looks);
}

/* The first one that looks like this, or where it would be. */
static size_t
place_of_look(const struct claims *claims, const char *skeleton)
{
	size_t low = 0, high = claims->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(claims->looks[middle].skeleton, skeleton) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct claim *
claims_find_alike(struct claims *claims, struct str nick)
{
	const struct claim *own = claims_find(claims, nick);
	char skeleton[NAME_SKELETON_MAX + 1];
	size_t i;

	if (claims->looks == NULL)
		make_looks(claims);
	name_utf8_skeleton(nick, skeleton);
	for (i = place_of_look(claims, skeleton); i < claims->count; i++) {
		const struct look *look = &claims->looks[i];

		if (strcmp(look->skeleton, skeleton) != 0)
			break;
		if (look->claim != own)
			return look->claim;
	}
	return NULL;
}

void
claims_set(struct claims *claims, struct str nick, const char *hash, int64_t wall)
{
	size_t place;
	struct claim *claim;

	assert(name_utf8_ok(nick) && claim_is_hash(str_of(hash)));
	claim = find(claims, nick, &place);
	if (claim == NULL) {
		claim = insert(claims, place);
		claim->claimed = wall;
	}
	forget_looks(claims);
	set_nick(claim, nick);
	free(claim->hash);
	claim->hash = xstrdup(hash);
	claim->seen = wall;
}

bool
claims_touch(struct claims *claims, struct str nick, int64_t wall)
{
	char before[TIMESTAMP_DAY_TEXT_MAX], after[TIMESTAMP_DAY_TEXT_MAX];
	size_t place;
	struct claim *claim = find(claims, nick, &place);
	bool is_first;

	if (claim == NULL)
		return false;
	is_first = claim->seen == 0;
	timestamp_day_text(claim->seen, before);
	timestamp_day_text(wall, after);
	/* Also back: the clock was wrong, and such a claim would never expire. */
	claim->seen = wall;
	return is_first || strcmp(before, after) != 0;
}

/* Drop those that are cleared. How many? */
static size_t
compact(struct claims *claims)
{
	size_t kept = 0, before = claims->count;

	for (size_t i = 0; i < claims->count; i++) {
		if (claims->v[i].key != NULL)
			claims->v[kept++] = claims->v[i];
	}
	claims->count = kept;
	if (kept < before)
		forget_looks(claims);
	return before - kept;
}

bool
claims_remove(struct claims *claims, struct str nick)
{
	size_t place;
	struct claim *claim = find(claims, nick, &place);

	if (claim != NULL)
		claim_fini(claim);
	return compact(claims) > 0;
}

size_t
claims_expire(struct claims *claims, int64_t before)
{
	for (size_t i = 0; i < claims->count; i++) {
		struct claim *claim = &claims->v[i];

		if (claim->seen != 0 && claim->seen < before)
			claim_fini(claim);
	}
	return compact(claims);
}

/* The file */

static void
print_day(struct buf *out, const char *key, int64_t seconds)
{
	char day[TIMESTAMP_DAY_TEXT_MAX];

	timestamp_day_text(seconds, day);
	if (seconds != 0)
		buf_printf(out, " %s%s", key, day);
}

void
claims_print(const struct claims *claims, struct buf *out)
{
	for (size_t i = 0; i < claims->count; i++) {
		const struct claim *claim = &claims->v[i];

		buf_printf(out, "%s %s", claim->nick, claim->hash);
		print_day(out, claimed_key, claim->claimed);
		print_day(out, seen_key, claim->seen);
		buf_add_char(out, '\n');
	}
}

/*
 * None of these errors quotes the file: somebody who writes there by hand may have put
 * a passphrase in it, and errors are logged.
 */

static bool
take_nick(struct lines *lines, struct str word, struct claim *claim)
{
	if (!name_utf8_ok(word)) {
		lines_error(lines, "the line does not begin with a name%s",
			name_utf8_hint(word));
		return false;
	}
	set_nick(claim, word);
	return true;
}

static bool
take_hash(struct lines *lines, struct str word, struct claim *claim)
{
	if (!claim_is_hash(word)) {
		lines_error(lines,
			"behind the name stands no hash of a passphrase (which is a "
			"word that begins with $, as prattled --hash prints it)");
		return false;
	}
	claim->hash = xstrndup(word.p, word.len);
	return true;
}

static void
refuse_word(struct lines *lines, struct str word)
{
	struct str name;
	struct suggest suggest;
	char hint[HINT_MAX];

	(void)str_split(&word, '=', &name);
	suggest_init(&suggest, name);
	suggest_offer(&suggest, "claimed");
	suggest_offer(&suggest, "seen");
	lines_error(lines,
		"behind the hash stands what does not belong there%s (write NAME HASH "
		"claimed=2026-11-21 seen=2026-11-30)",
		suggest_text(&suggest, "", "=", hint, sizeof(hint)));
}

/* One of the days. False, and told, if it is none. */
static bool
take_day(struct lines *lines, struct str word, struct claim *claim, bool seen[2])
{
	bool is_claimed = str_starts(word, str_of(claimed_key));
	const char *key = is_claimed ? claimed_key : seen_key;
	struct str day = str_from(word, strlen(key));

	if (!str_starts(word, str_of(key))) {
		refuse_word(lines, word);
		return false;
	}
	if (seen[is_claimed]) {
		lines_error(lines, "%s is there twice", key);
		return false;
	}
	seen[is_claimed] = true;
	if (timestamp_parse_day(day, is_claimed ? &claim->claimed : &claim->seen) == 0)
		return true;
	lines_error(
		lines, "behind %s stands no day (write it as %s2026-11-21)", key, key);
	return false;
}

/* Read one line, all of it unless it is no claim at all. */
static bool
parse(struct lines *lines, struct str line, struct claim *claim)
{
	struct str word;
	bool seen[2] = {false, false}, good;

	*claim = (struct claim){0};
	good = take_nick(lines, str_word(&line), claim);
	if (!take_hash(lines, str_word(&line), claim))
		return false;
	while ((word = str_word(&line)).len > 0)
		good = take_day(lines, word, claim, seen) && good;
	return good;
}

static int
compare(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	return strcmp(x->key, y->key);
}

int
claims_load(struct claims *claims, struct str text, const char *file,
	struct errlist *errors)
{
	struct claims loaded = {0};
	struct table *names = table_new();
	struct lines lines;
	struct str line;

	lines_init(&lines, text, file, errors);
	while (lines_next(&lines, &line)) {
		struct claim claim;

		if (!parse(&lines, line, &claim)) {
			claim_fini(&claim);
		} else if (table_find(names, str_of(claim.key)) != NULL) {
			lines_error(
				&lines, "%s is claimed by a line above", claim.nick);
			claim_fini(&claim);
		} else {
			table_insert(names, str_of(claim.key), claim.key);
			*insert(&loaded, loaded.count) = claim;
		}
	}
	table_free(names);
	if (lines.has_failed) {
		claims_clear(&loaded);
		return -1;
	}
	if (loaded.count > 0)
		qsort(loaded.v, loaded.count, sizeof(*loaded.v), compare);
	claims_clear(claims);
	*claims = loaded;
	return 0;
}
