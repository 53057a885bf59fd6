/* SPDX-License-Identifier: ISC */
#ifndef NET_EDITOR_EDIT_H
#define NET_EDITOR_EDIT_H

#include <stdbool.h>

struct editor_text;

/*
 * What keys do that move in the line or change it, and nothing else. `code` is that of
 * a key (net/editor_keys.h); others than these do nothing. Returns false if there was
 * no room for what the key would have inserted.
 */
bool editor_edit_press(struct editor_text *text, unsigned code);

#endif
