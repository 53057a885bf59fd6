/* SPDX-License-Identifier: ISC */
#ifndef CONF_SECTION_H
#define CONF_SECTION_H

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"

/*
 * The sections of a struct conf as things to loop over: a section by its index in
 * conf_sections, one of its structs ("values") as the void pointer that option.h
 * takes. For the conf layer only; others use the members.
 */
enum section_id {
	SECTION_SERVER,
	SECTION_LISTEN,
	SECTION_ROOM,
	SECTION_OPERATOR,
	SECTION_LIMITS,
	SECTION_LOG,
	SECTION_CONTROL,
	SECTION_FORMAT,
	SECTION_COUNT,
};

/* What stands between the brackets of a header. */
struct section_header {
	enum section_id id; /* SECTION_COUNT if there is no such section */
	struct str name;    /* as written; empty if there is none */
};

/*
 * Understand the text of a header, "server" or "listen NAME". -1 if the section is
 * unknown or its name not right, with the reason and what would be right in `err`;
 * `out` is set in any case.
 */
must_use int section_parse(
	struct str header, struct section_header *out, struct err *err);

/*
 * The values number `i` of a section, NULL behind the last. A section without names
 * has one; of the rooms the last is [room *], if there is one.
 */
void *section_get(struct conf *conf, enum section_id id, size_t i);

/* The values with that name, whatever the case of its letters, or NULL. */
void *section_find(struct conf *conf, enum section_id id, struct str name);

/*
 * Add values with all defaults to a section that has names; the pointer stays good
 * until section_clear(). The name "*" of a room makes [room *].
 */
void *section_add(struct conf *conf, enum section_id id, struct str name);

/* Set all options to their defaults. */
void section_set_defaults(enum section_id id, void *values);

/* Free what the values of a section own, and those with names themselves. */
void section_clear(struct conf *conf, enum section_id id);

/* NAME, or NULL if the section has none. */
const char *section_name(enum section_id id, const void *values);

/* "server" or "listen NAME" (returns new). */
must_use char *section_title(enum section_id id, const void *values);

#endif
