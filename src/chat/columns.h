/* SPDX-License-Identifier: ISC */
#ifndef CHAT_COLUMNS_H
#define CHAT_COLUMNS_H

#include <stddef.h>

#include "base/str.h"

/*
 * Lists, as notices whose rows fit the person's window; if its width is unknown, it is
 * taken for 80 columns. Screen readers get sentences instead.
 */
struct user;

/* Short words, of ASCII, in columns to be read downwards, as ls(1) has them. */
void columns_show(struct user *user, char *const *words, size_t count);

/*
 * What things are: `list` is lines "term\tmeaning\n", the terms ASCII. The terms stand
 * in one column and the meanings in another, or below if the window is narrow; a long
 * meaning goes on under itself, unless the window is unknown: a script wants it in one
 * piece. An empty one is left out.
 */
void columns_explain(struct user *user, struct str list);

#endif
