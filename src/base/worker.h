/* SPDX-License-Identifier: ISC */
#ifndef BASE_WORKER_H
#define BASE_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/err.h"

/*
 * A thread for what would make the loop wait: hashing passphrases, writing files. One
 * thread, one queue, first in first out.
 *
 * A job is handed over whole and comes back whole: between worker_submit() and its
 * done() only the thread may touch it. So a job holds copies, and ids instead of
 * pointers; who waits for it may be gone when it is done.
 *
 * All functions are for one thread, that of the loop. In done() only worker_submit(),
 * worker_fd() and worker_pending() may be called.
 */
struct job {
	void (*run)(struct job *job); /* in the thread: it may log, and knows no chat */
	void (*done)(struct job *job); /* back in the loop: act on it, and free it */
	bool is_cancelled;             /* for done(): it was not run, the worker ends */
	TAILQ_ENTRY(job) link;
};

struct worker;

/*
 * Start the thread, which blocks all signals for itself. At most `max` jobs wait at a
 * time, besides the one that is being run. NULL with the reason in `err`.
 */
must_use struct worker *worker_new(size_t max, struct err *err);

/*
 * A worker without a thread, for tests: jobs are run by worker_collect(). It has no
 * descriptor.
 */
must_use struct worker *worker_new_inline(size_t max);

/* Takes the job. False if too many wait already: then it stays the caller's. */
must_use bool worker_submit(struct worker *worker, struct job *job);

/*
 * Readable (eventfd) as long as worker_collect() has something to do; -1 without a
 * thread.
 */
int worker_fd(const struct worker *worker);

/*
 * Call done() of all jobs that have been run, in order. They may submit more, which
 * wait for the next call. Never blocks.
 */
void worker_collect(struct worker *worker);

/* Jobs whose done() has not been called. */
size_t worker_pending(const struct worker *worker);

/*
 * Wait until all jobs have been done, and those that they submit, at most `ms`
 * milliseconds. Calls done() as worker_collect() does. False if some are left.
 */
must_use bool worker_wait(struct worker *worker, int ms);

/*
 * Run what is waiting already (a file shall be written), wait for it however long it
 * takes, end the thread, call all done() and free. Jobs submitted by these done() are
 * cancelled: their done() is called with is_cancelled, until none is left. NULL is
 * fine.
 */
void worker_free(struct worker *worker);

#endif
