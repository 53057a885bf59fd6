/* SPDX-License-Identifier: ISC */
#ifndef CHAT_COLUMNS_H
#define CHAT_COLUMNS_H

#include <stddef.h>

/*
 * Short words in columns, as ls(1) does it.
 */
struct user;

/*
 * Show the words to the person as notices, in as many columns as the window has room
 * for (80 characters if it is unknown). For a screen reader: separated by commas.
 */
void columns_show(struct user *user, char *const *words, size_t count);

#endif
