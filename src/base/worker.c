/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/thread.h"

TAILQ_HEAD(jobs, job);

struct worker {
	pthread_t thread;
	bool has_thread;
	int fd; /* eventfd, or -1; its count is not 0 while `run` is not empty */
	size_t max;
	size_t pending; /* only the loop's */

	pthread_mutex_t lock; /* guards what is below */
	pthread_cond_t work;
	struct jobs waiting;
	size_t nwaiting;
	struct jobs run;
	bool stop; /* the thread shall end once nothing is waiting */
};

/* The lock is held. */
static struct job *
take_waiting(struct worker *worker)
{
	struct job *job = TAILQ_FIRST(&worker->waiting);

	if (job != NULL) {
		TAILQ_REMOVE(&worker->waiting, job, link);
		worker->nwaiting--;
	}
	return job;
}

static void *
thread_main(void *arg)
{
	struct worker *worker = arg;
	const uint64_t one = 1;
	ssize_t n;

	pthread_mutex_lock(&worker->lock);
	for (;;) {
		struct job *job = take_waiting(worker);

		if (job == NULL && worker->stop)
			break;
		if (job == NULL) {
			pthread_cond_wait(&worker->work, &worker->lock);
			continue;
		}
		pthread_mutex_unlock(&worker->lock);
		job->run(job);
		pthread_mutex_lock(&worker->lock);
		TAILQ_INSERT_TAIL(&worker->run, job, link);
		/* Fails only when the count is at its limit, which does as well. */
		n = write(worker->fd, &one, sizeof(one));
		(void)n;
	}
	pthread_mutex_unlock(&worker->lock);
	return NULL;
}

struct worker *
worker_new_inline(size_t max)
{
	struct worker *worker = xcalloc(1, sizeof(*worker));

	worker->fd = -1;
	worker->max = max;
	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->work, NULL);
	TAILQ_INIT(&worker->waiting);
	TAILQ_INIT(&worker->run);
	return worker;
}

struct worker *
worker_new(size_t max, struct err *err)
{
	struct worker *worker = worker_new_inline(max);
	int failure;

	worker->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	failure = worker->fd == -1 ? errno
				   : thread_start(&worker->thread, thread_main, worker);
	worker->has_thread = failure == 0;
	if (failure != 0) {
		err_set(err, "no thread for slow work: %s", strerror(failure));
		worker_free(worker);
		return NULL;
	}
	return worker;
}

bool
worker_submit(struct worker *worker, struct job *job)
{
	bool taken;

	pthread_mutex_lock(&worker->lock);
	taken = worker->nwaiting < worker->max;
	if (taken) {
		job->is_cancelled = false;
		TAILQ_INSERT_TAIL(&worker->waiting, job, link);
		worker->nwaiting++;
		worker->pending++;
		pthread_cond_signal(&worker->work);
	}
	pthread_mutex_unlock(&worker->lock);
	return taken;
}

int
worker_fd(const struct worker *worker)
{
	return worker->fd;
}

/* Without a thread: do its work, as far as there is now. */
static void
run_waiting(struct worker *worker)
{
	struct job *job;

	while ((job = take_waiting(worker)) != NULL) {
		job->run(job);
		TAILQ_INSERT_TAIL(&worker->run, job, link);
	}
}

static void
finish(struct worker *worker, struct jobs *jobs)
{
	struct job *job;

	while ((job = TAILQ_FIRST(jobs)) != NULL) {
		TAILQ_REMOVE(jobs, job, link);
		worker->pending--;
		job->done(job);
	}
}

void
worker_collect(struct worker *worker)
{
	struct jobs jobs = TAILQ_HEAD_INITIALIZER(jobs);
	uint64_t count;
	ssize_t n;

	if (!worker->has_thread)
		run_waiting(worker);
	/* In one go, so that the descriptor and the list say the same at any time. */
	pthread_mutex_lock(&worker->lock);
	TAILQ_CONCAT(&jobs, &worker->run, link);
	if (worker->has_thread) {
		/* Fails if there is nothing to do. */
		n = read(worker->fd, &count, sizeof(count));
		(void)n;
	}
	pthread_mutex_unlock(&worker->lock);
	finish(worker, &jobs);
}

static int64_t
clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool
worker_wait(struct worker *worker, int ms)
{
	int64_t now = clock_ms(), end = now + ms;

	while (worker->pending > 0 && now <= end) {
		struct pollfd done = {.fd = worker->fd, .events = POLLIN};

		/* Without a thread there is no descriptor, and nothing to wait for. */
		if (worker->has_thread)
			(void)poll(&done, 1, (int)(end - now));
		worker_collect(worker);
		now = clock_ms();
	}
	return worker->pending == 0;
}

size_t
worker_pending(const struct worker *worker)
{
	return worker->pending;
}

static void
cancel_waiting(struct worker *worker)
{
	struct job *job;

	while ((job = take_waiting(worker)) != NULL) {
		job->is_cancelled = true;
		worker->pending--;
		job->done(job);
	}
}

void
worker_free(struct worker *worker)
{
	if (worker == NULL)
		return;
	if (worker->has_thread) {
		pthread_mutex_lock(&worker->lock);
		worker->stop = true;
		pthread_cond_signal(&worker->work);
		pthread_mutex_unlock(&worker->lock);
		pthread_join(worker->thread, NULL);
	}
	/* The thread, if there was one, has left nothing waiting. */
	worker_collect(worker);
	cancel_waiting(worker);
	if (worker->fd != -1)
		close(worker->fd);
	pthread_mutex_destroy(&worker->lock);
	pthread_cond_destroy(&worker->work);
	free(worker);
}
