/* SPDX-License-Identifier: ISC */
#ifndef BASE_PROCFS_H
#define BASE_PROCFS_H

#include <stdint.h>

/*
 * What the kernel tells about this process in /proc. 0 where that can't be read.
 */

/* Memory that is resident, in bytes. */
uint64_t procfs_resident(void);

/*
 * Open descriptors. Linux tells the number since 6.2; before that they are counted one
 * by one, which takes a microsecond for each.
 */
uint64_t procfs_descriptors(void);

/* The same counted, for any such folder: how many entries it has, but for two. */
uint64_t procfs_count(const char *folder);

#endif
