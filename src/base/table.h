/* SPDX-License-Identifier: ISC */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stddef.h>

#include "base/str.h"

/*
 * A hash table from bytes to pointers, for names and (with the eight bytes of the
 * number as key) ids.
 *
 * The table owns neither keys nor values: a key points into its value, or otherwise
 * lives as long as the entry, and must not change meanwhile. Names come from
 * strangers, so the hash is keyed with a random seed per table.
 */
struct table;

struct table *table_new(void); /* returns new */

/* Free the table, not what it points to. NULL is fine. */
void table_free(struct table *table);

size_t table_count(const struct table *table);

/* The value, or NULL. */
void *table_find(const struct table *table, struct str key);

/* Enter `value`, not NULL. Asserts that the key is not in use. Borrows the key. */
void table_insert(struct table *table, struct str key, void *value);

/* Remove an entry and return its value, or NULL if there was none. */
void *table_remove(struct table *table, struct str key);

/*
 * Walk all values in no particular order: start with `*cursor` 0; NULL at the end.
 * Entries may not be added or removed during the walk.
 */
void *table_next(const struct table *table, size_t *cursor);

#endif
