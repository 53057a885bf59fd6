/* SPDX-License-Identifier: ISC */
#ifndef CONF_CHANGES_H
#define CONF_CHANGES_H

#include <stddef.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "conf/option.h"

/*
 * What differs between two configurations, and how a running daemon goes over from one
 * to the other.
 */
enum change_kind {
	CHANGE_OPTION, /* has another value */
	CHANGE_NEW,    /* a section */
	CHANGE_GONE    /* a section */
};

struct change {
	char *place; /* "server.user", "listen main.backlog", "listen main" */
	enum change_kind kind;
	enum option_when when; /* of an option: how far a reload reaches */
};

/* Zero-initialise it. */
struct changes {
	struct change *v;
	size_t count;
};

/* List what is different in `next`, newly loaded, and `old`, in the order of tables. */
void changes_find(
	struct changes *changes, const struct conf *next, const struct conf *old);

void changes_fini(struct changes *changes);

/*
 * Append "limits.rate changed, for new connections", "[room #tea] is new" or the like.
 */
void change_print(const struct change *change, struct buf *out);

/*
 * Prepare `next` to replace `old`: every option with WHEN_RESTART keeps its old value,
 * since it can't be changed in a running daemon.
 */
void changes_carry_over(struct conf *next, struct conf *old);

#endif
