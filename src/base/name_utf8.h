/* SPDX-License-Identifier: ISC */
#ifndef BASE_NAME_UTF8_H
#define BASE_NAME_UTF8_H

#include <stdbool.h>

#include "base/name.h"
#include "base/str.h"

/*
 * Names in all scripts. What base/name.h says of ASCII holds here too, so that a name
 * that is good there is good here, and folds to the same. It needs the tables of
 * utf8proc; without them only ASCII is good.
 */
bool name_utf8_available(void);

/*
 * What to put behind the complaint that this is no name: words, behind a blank, where
 * it may be one for a build with the tables; else "".
 */
const char *name_utf8_hint(struct str s);

/*
 * Up to NAME_MAX_BYTES of letters, accents and digits of one script (base/script.h; for
 * Japanese and Korean those that are written together), with ASCII digits, '_' and '-'
 * in any of them. Such a name is what it looks like: composed (NFC), without characters
 * that are not seen or mere variants of others, without heaps of accents; it begins as
 * name_ok() wants it, and not with an accent.
 */
bool name_utf8_ok(struct str s);

/*
 * What was typed, terminated, as it is to be checked and kept: letters and accents that
 * came one by one are composed, accents in the one order that they have. A longer text
 * than fits is cut; what is no UTF-8 is empty.
 */
struct str name_utf8_compose(struct str s, char out[NAME_MAX_BYTES + 1]);

/*
 * The name as a key, terminated: two names are the same if their folded forms are
 * (NFKC_Casefold). That of a good name is a good name. Others are cut if they are too
 * long, and empty if they are no UTF-8, so check first.
 */
struct str name_utf8_fold(struct str s, char out[NAME_MAX_BYTES + 1]);

/* As name_first(), with letters of all scripts. */
struct str name_utf8_first(struct str *text);

/*
 * What the name looks like, terminated: names of one skeleton are taken for each other
 * by people, as "paypal" and the same in Cyrillic letters, "modern" and "rnodern",
 * "l0l" and "IOI". It is of no other use, and no name. To be made of the name as people
 * see it, not of the folded one: some large letters look like others than the small
 * ones. A skeleton has no more than NAME_SKELETON_MAX bytes, or is cut.
 */
#define NAME_SKELETON_MAX (3 * NAME_MAX_BYTES)
struct str name_utf8_skeleton(struct str s, char out[NAME_SKELETON_MAX + 1]);

#endif
