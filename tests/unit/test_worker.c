/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/worker.h"

enum {
	PATIENCE = 20000, /* ms: by then what ought to happen has, on any machine */
};

/* What the linker puts in front of the libraries' calls fails if this is not 0. */
static int no_eventfd, no_thread;

int __real_eventfd(unsigned count, int flags);
int __wrap_eventfd(unsigned count, int flags);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
	void *(*body)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
	void *(*body)(void *), void *arg);

int
__wrap_eventfd(unsigned count, int flags)
{
	errno = no_eventfd;
	return no_eventfd != 0 ? -1 : __real_eventfd(count, flags);
}

int
__wrap_pthread_create(
	pthread_t *thread, const pthread_attr_t *attr, void *(*body)(void *), void *arg)
{
	return no_thread != 0 ? no_thread
			      : __real_pthread_create(thread, attr, body, arg);
}

/* What a test sees of its jobs. All but `begun` and `gate` is the main thread's. */
struct world {
	struct worker *worker;
	int descriptors;
	int next;         /* number of the job that must be done next */
	int cancelled;    /* how many were */
	int more;         /* so many done() submit another */
	bool refused;     /* such a submission was refused */
	sem_t begun;      /* raised when a job at the gate runs */
	sem_t gate;       /* which it waits for */
	sigset_t signals; /* blocked in the thread */
};

struct item {
	struct job job;
	struct world *world;
	int number;
	bool at_gate;
	int ran; /* how often */
	pthread_t where;
};

static int
count_entries(const char *folder)
{
	DIR *dir = opendir(folder);
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static int
world_open(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (world == NULL || sem_init(&world->begun, 0, 0) == -1 ||
		sem_init(&world->gate, 0, 0) == -1)
		return -1;
	no_eventfd = 0;
	no_thread = 0;
	world->descriptors = count_entries("/proc/self/fd");
	*state = world;
	return 0;
}

static int
world_close(void **state)
{
	struct world *world = *state;
	int left = count_entries("/proc/self/fd") - world->descriptors;

	sem_destroy(&world->begun);
	sem_destroy(&world->gate);
	free(world);
	return left == 0 ? 0 : -1;
}

static void item_done(struct job *job);

static void
item_run(struct job *job)
{
	struct item *item = (struct item *)job;

	if (item->at_gate) {
		sem_post(&item->world->begun);
		while (sem_wait(&item->world->gate) == -1)
			;
	}
	item->ran++;
	item->where = pthread_self();
	pthread_sigmask(SIG_SETMASK, NULL, &item->world->signals);
}

static struct item *
item_new(struct world *world, int number)
{
	struct item *item = calloc(1, sizeof(*item));

	assert_non_null(item);
	item->job.run = item_run;
	item->job.done = item_done;
	/* Whoever submits it need not clear it. */
	item->job.is_cancelled = true;
	item->world = world;
	item->number = number;
	return item;
}

/* Submit a new job; false if it is refused. */
static bool
submit(struct world *world, int number, bool at_gate)
{
	struct item *item = item_new(world, number);

	item->at_gate = at_gate;
	if (worker_submit(world->worker, &item->job))
		return true;
	free(item);
	return false;
}

static void
item_done(struct job *job)
{
	struct item *item = (struct item *)job;
	struct world *world = item->world;
	bool inline_worker = worker_fd(world->worker) == -1;

	assert_int_equal(item->number, world->next);
	world->next++;
	if (job->is_cancelled) {
		assert_int_equal(item->ran, 0);
		world->cancelled++;
	} else {
		assert_int_equal(item->ran, 1);
		assert_int_equal(
			pthread_equal(item->where, pthread_self()) != 0, inline_worker);
	}
	if (world->more > 0) {
		world->more--;
		world->refused |= !submit(
			world, world->next + (int)worker_pending(world->worker), false);
	}
	free(item);
}

static void
start(struct world *world, size_t max)
{
	struct err err = {""};

	world->worker = worker_new(max, &err);
	if (world->worker == NULL)
		fail_msg("%s", err.text);
	assert_true(worker_fd(world->worker) != -1);
}

static bool
is_readable(const struct world *world, int ms)
{
	struct pollfd ready = {.fd = worker_fd(world->worker), .events = POLLIN};

	return poll(&ready, 1, ms) == 1;
}

/* Wait until so many jobs have been done in all. */
static void
collect_until(struct world *world, int count)
{
	while (world->next < count) {
		if (!is_readable(world, PATIENCE))
			fail_msg("%d of %d", world->next, count);
		worker_collect(world->worker);
	}
}

static void
test_order(void **state)
{
	struct world *world = *state;

	start(world, 1000);
	assert_int_equal(worker_pending(world->worker), 0);
	for (int i = 0; i < 1000; i++)
		assert_true(submit(world, i, false));
	assert_int_equal(worker_pending(world->worker), 1000);
	collect_until(world, 1000);
	assert_int_equal(worker_pending(world->worker), 0);
	assert_int_equal(world->cancelled, 0);
	worker_free(world->worker);
	assert_int_equal(world->next, 1000);
}

/* Submit a job that holds the thread up until sem_post(&world->gate). */
static void
block(struct world *world, int number)
{
	assert_true(submit(world, number, true));
	while (sem_wait(&world->begun) == -1)
		;
}

static void
test_bounded(void **state)
{
	struct world *world = *state;

	start(world, 3);
	block(world, 0);
	for (int i = 1; i <= 3; i++)
		assert_true(submit(world, i, false));
	/* The caller's still, who frees it. */
	assert_false(submit(world, 4, false));
	assert_false(submit(world, 4, false));
	assert_int_equal(worker_pending(world->worker), 4);
	sem_post(&world->gate);
	collect_until(world, 4);
	assert_true(submit(world, 4, false));
	collect_until(world, 5);
	worker_free(world->worker);
}

/* The descriptor is readable when there is something, and only then. */
static void
test_descriptor(void **state)
{
	struct world *world = *state;

	start(world, 10);
	assert_false(is_readable(world, 0));
	worker_collect(world->worker);
	block(world, 0);
	assert_true(submit(world, 1, true));
	assert_false(is_readable(world, 0));
	worker_collect(world->worker);
	assert_int_equal(world->next, 0);
	sem_post(&world->gate);
	assert_true(is_readable(world, PATIENCE));
	/* It stays so until somebody comes, and job 1 is held up. */
	assert_true(is_readable(world, 0));
	worker_collect(world->worker);
	assert_int_equal(world->next, 1);
	assert_false(is_readable(world, 0));
	assert_int_equal(worker_pending(world->worker), 1);
	sem_post(&world->gate);
	collect_until(world, 2);
	assert_false(is_readable(world, 0));
	worker_free(world->worker);
}

/* Jobs that begot each other, even if only one has room. */
static void
test_more(void **state)
{
	struct world *world = *state;

	start(world, 1);
	world->more = 500;
	assert_true(submit(world, 0, false));
	collect_until(world, 501);
	assert_false(world->refused);
	worker_free(world->worker);
	assert_int_equal(world->next, 501);
	assert_int_equal(world->cancelled, 0);
}

static void
test_free_runs_all(void **state)
{
	struct world *world = *state;

	start(world, 10);
	block(world, 0);
	for (int i = 1; i <= 5; i++)
		assert_true(submit(world, i, false));
	sem_post(&world->gate);
	worker_free(world->worker);
	assert_int_equal(world->next, 6);
	assert_int_equal(world->cancelled, 0);
}

/* The first is run, its child and the child's child are not. */
static void
test_free_cancels(void **state)
{
	struct world *world = *state;

	start(world, 1);
	block(world, 0);
	world->more = 2;
	sem_post(&world->gate);
	worker_free(world->worker);
	assert_int_equal(world->next, 3);
	assert_int_equal(world->cancelled, 2);
	assert_false(world->refused);
}

static void
test_free_nothing(void **state)
{
	struct world *world = *state;

	worker_free(NULL);
	start(world, 1);
	worker_free(world->worker);
	world->worker = worker_new_inline(1);
	worker_free(world->worker);
}

static void
test_inline(void **state)
{
	struct world *world = *state;

	world->worker = worker_new_inline(3);
	assert_int_equal(worker_fd(world->worker), -1);
	worker_collect(world->worker);
	for (int i = 0; i < 3; i++)
		assert_true(submit(world, i, false));
	assert_false(submit(world, 3, false));
	assert_int_equal(worker_pending(world->worker), 3);
	assert_int_equal(world->next, 0);
	world->more = 4;
	worker_collect(world->worker);
	/* What they submit is for the next time. */
	assert_int_equal(world->next, 3);
	assert_int_equal(worker_pending(world->worker), 3);
	worker_collect(world->worker);
	assert_int_equal(world->next, 6);
	assert_int_equal(worker_pending(world->worker), 1);
	/* One is run; what it submits is not. */
	world->more = 1;
	worker_free(world->worker);
	assert_int_equal(world->next, 8);
	assert_int_equal(world->cancelled, 1);
}

/* All signals are for the main thread, whose mask is as it was. */
static void
test_signals(void **state)
{
	struct world *world = *state;
	sigset_t before, after, old;

	/* Whatever tests before this one did. */
	sigemptyset(&before);
	sigaddset(&before, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &before, &old);
	start(world, 1);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	assert_true(submit(world, 0, false));
	collect_until(world, 1);
	for (int number = 1; number <= SIGRTMAX; number++) {
		assert_int_equal(
			sigismember(&before, number), sigismember(&after, number));
		/* Neither can be blocked, nor what the C library keeps for itself. */
		if (number != SIGKILL && number != SIGSTOP &&
			(number < 32 || number >= SIGRTMIN))
			assert_int_equal(sigismember(&world->signals, number), 1);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	worker_free(world->worker);
}

static void
test_no_thread(void **state)
{
	struct err err = {""};

	(void)state;
	no_thread = EAGAIN;
	assert_null(worker_new(1, &err));
	assert_string_equal(
		err.text, "no thread for slow work: Resource temporarily unavailable");
	no_thread = 0;
	no_eventfd = EMFILE;
	assert_null(worker_new(1, &err));
	assert_string_equal(err.text, "no thread for slow work: Too many open files");
}

/* Nothing is lost or done twice, whatever the order of things. */
static void
test_random(void **state)
{
	struct world *world = *state;

	srand(1);
	for (int round = 0; round < 200; round++) {
		int number = 0, total = 1 + rand() % 50;

		world->next = 0;
		start(world, 1 + (size_t)rand() % 10);
		while (number < total) {
			if (rand() % 3 > 0 && submit(world, number, false))
				number++;
			if (rand() % 3 == 0)
				worker_collect(world->worker);
		}
		if (rand() % 2 == 0)
			collect_until(world, total);
		worker_free(world->worker);
		assert_int_equal(world->next, total);
		assert_int_equal(world->cancelled, 0);
	}
}

#define world_test(F) cmocka_unit_test_setup_teardown(F, world_open, world_close)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_order),
		world_test(test_bounded),
		world_test(test_descriptor),
		world_test(test_more),
		world_test(test_free_runs_all),
		world_test(test_free_cancels),
		world_test(test_free_nothing),
		world_test(test_inline),
		world_test(test_signals),
		world_test(test_no_thread),
		world_test(test_random),
	};

	alarm(300); /* for a thread that never comes back */
	return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
