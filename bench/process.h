/* SPDX-License-Identifier: ISC */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/*
 * What /proc says about the server. All of these fail() when the process is gone.
 */

/* CPU time of all its threads, user and system, in ns. */
int64_t process_cpu(pid_t pid);

/* Its share of the memory, in bytes: pages that it shares with others count in part. */
int64_t process_pss(pid_t pid);

/* Its resident memory, in bytes. */
int64_t process_rss(pid_t pid);

/* How many descriptors it has open. */
int process_descriptors(pid_t pid);

/* CPU time of our own process, in ns. */
int64_t process_own_cpu(void);

#endif
