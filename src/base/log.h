/* SPDX-License-Identifier: ISC */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>

#include "base/attr.h"

/*
 * The log: stderr, syslog(3), or both.
 *
 * glibc's syslog() blocks for ever when the reader of /dev/log stops, and so does a
 * write to a pipe that nobody empties. So records go into a bounded queue and a
 * thread of the log's own hands them over; the event loop never waits. When the
 * queue is full the record is dropped and counted, and as soon as there is room again
 * (a quarter of the queue) one record says how many ("log: 12 records dropped").
 *
 * One record is one line. Every byte outside 20-7E is written as \xHH and a
 * backslash as two, so no text of a stranger can forge a record or reach an
 * operator's terminal as an escape sequence, whoever wrote the format string. A text
 * of more than 1 KiB, so written, is cut and ends with "...".
 *
 * This is one of the few mutable globals of the daemon (ARCHITECTURE.md): an argument
 * for it everywhere would say nothing. Functions here may be called from any thread and
 * keep errno.
 */
enum log_target {
	LOG_TO_STDERR = 1,
	LOG_TO_SYSLOG = 2,
	LOG_TO_BOTH = 3,
};

enum log_prefix {
	LOG_PREFIX_TIME,    /* "2026-11-21 10:11:12 notice: " for people and files */
	LOG_PREFIX_JOURNAL, /* "<5>": systemd's journal keeps time and level itself */
};

/*
 * Where records go. May be called again at any time (reload). Before the first call
 * records at LOG_NOTICE and above go to stderr. `level` and `facility` are the
 * constants of syslog(3); the ident is "prattled".
 */
void log_setup(enum log_target target, enum log_prefix prefix, int level, int facility);

/* The level alone: of log_setup(), or changed since. */
int log_level(void);
void log_set_level(int level);

/*
 * Start the thread. Until then records are written at once by the caller, which is
 * right for start-up; call it after daemonising, since threads do not survive a
 * fork. It blocks all signals for itself. Failing to start is logged, and records
 * go on being written at once.
 */
void log_start(void);

/*
 * Write what is queued, waiting at most `ms` milliseconds for a stuck reader, and
 * stop the thread. Records after that are written at once again; but if a reader was
 * stuck, the thread is left behind with what it has, which counts as dropped, and so
 * does all that would go to that reader until the next log_start().
 */
void log_stop(int ms);

/* Records dropped since the start. */
uint64_t log_dropped(void);

/* One record at a level of syslog(3). */
void log_at(int level, const char *fmt, ...) printf_like(2, 3);

#define log_error(...) log_at(LOG_ERR, __VA_ARGS__)
#define log_warn(...) log_at(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_at(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

#endif
