/* SPDX-License-Identifier: ISC */
#ifndef CHAT_BAN_H
#define CHAT_BAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/name.h"
#include "base/netaddr.h"
#include "base/str.h"

/*
 * Bans and mutes: who may not come in, and who may not speak. One list, kept as a text
 * file that people and other programs read and write as well, one line each:
 *
 *	ban 203.0.113.0/24 until=2026-11-22T10:00:00Z by=ann spam
 *	ban 203.0.113.7
 *	mute bob room=#lobby set=2026-11-21T10:00:00Z by=ann shouting
 *
 * What is behind the target may be left out and stand in any order. The first word
 * that is none of KEY=VALUE begins the reason, which is the rest of the line; one that
 * begins with such a word, or with anything, may have reason= before it. Without until=
 * it holds for ever. Of two lines with the same kind, target and room the later one
 * counts, so programs may just append. Empty lines and those that begin with # or ; are
 * skipped (and are lost when the daemon writes the file).
 *
 * Names are good ones of base/name_utf8.h, and kept folded. Times are wall clock, since
 * they outlive the daemon. Nothing here reads a clock or a file; see chat/store.h.
 */
enum ban_kind {
	BAN_ENTRY, /* ban: may not come in, or take the name */
	BAN_SPEECH /* mute: may not speak */
};

struct ban {
	enum ban_kind kind;
	bool has_net;                  /* by address, else by name */
	struct network net;            /* with has_net */
	char nick[NAME_MAX_BYTES + 1]; /* else: folded */
	char *room;                    /* mute: only in this room, folded; NULL: all */
	char *by;                      /* who set it: a word, may be "" */
	char *reason;                  /* clean text, may be "" */
	int64_t set;                   /* seconds since the epoch; 0: unknown */
	int64_t until;                 /* the same; 0: for ever */
	uint64_t id;                   /* unique while the daemon runs, from 1 */
};

/* A copy of one, and its end (NULL is fine). */
must_use struct ban *ban_copy(const struct ban *ban);
void ban_free(struct ban *ban);

/* A longer reason is cut. */
#define BAN_REASON_MAX 200

/* Zero-initialise it. In the order in which they were set. */
struct bans {
	struct ban *v; /* owned with what they hold */
	size_t count;
	size_t nmutes;  /* of them are mutes; asked for at each line that is said */
	int64_t expiry; /* when the next one expires; 0: never */
	uint64_t last_id;
};

void bans_fini(struct bans *bans);

/*
 * Have what the text of a file called `file` says instead. All or nothing: with a
 * mistake in it every mistake is added to `errors` as "FILE:LINE: what is wrong (what
 * would be right)", the list stays as it was, and -1 is returned. What is expired at
 * `wall` is left out, and what was in the list already keeps its id.
 */
must_use int bans_load(struct bans *bans, struct str text, const char *file,
	int64_t wall, struct errlist *errors);

/* Append all of them as such a text; ban_print() in chat/ban_text.h prints one. */
void bans_print(const struct bans *bans, struct buf *out);

/*
 * Parse what people name: a nick, an address, a network. Sets has_net, net or nick. -1
 * with the reason in `err`, and `ban` as it was.
 */
must_use int ban_set_target(struct ban *ban, struct str target, struct err *err);

/*
 * Add one; it replaces another of the same kind, target and room. The strings are
 * copied, `by` and `reason` (NULL: none) made fit for the file. Returns it, good until
 * the next change; its id is new.
 */
const struct ban *bans_add(struct bans *bans, const struct ban *ban);

/*
 * Remove those of the kind and with the target of `like`, and if that has a room, of
 * this room; else of each and of all. How many?
 */
size_t bans_remove(struct bans *bans, const struct ban *like);

/* Remove what is expired at `wall`. True if there was something. */
bool bans_expire(struct bans *bans, int64_t wall);

/* When the next one expires, seconds since the epoch; -1 for never. */
int64_t bans_next_expiry(const struct bans *bans);

/*
 * The first one that hits at `wall`, or NULL: somebody with this address (NULL: none,
 * a unix socket), or this name.
 */
const struct ban *bans_hit_addr(
	const struct bans *bans, const struct netaddr *addr, int64_t wall);
const struct ban *bans_hit_nick(const struct bans *bans, struct str nick, int64_t wall);

/* The same for mutes, in a room (its name). */
const struct ban *bans_hit_speech(const struct bans *bans, struct str nick,
	const struct netaddr *addr, struct str room, int64_t wall);

/* Does this one hit somebody with that name and address (NULL: none)? */
bool ban_hits(const struct ban *ban, struct str nick, const struct netaddr *addr);

#endif
