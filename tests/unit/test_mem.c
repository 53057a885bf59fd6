/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

enum {
	RESERVE = 256 * 1024,
	NTHREADS = 4,
};

/*
 * The linker puts these between mem.c and the C library: a machine that has so much
 * memory and no more, or whose next allocations fail.
 */
static atomic_long room = LONG_MAX / 2;
static atomic_int fail;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __real_free(void *mem);
void __wrap_free(void *mem);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

/* For no bytes C allows NULL. */
static bool
shall_fail(size_t size)
{
	if (size == 0)
		return true;
	if (fail == 0)
		return false;
	fail--;
	return true;
}

/* Take the block from what there is; NULL if it is too large for that. */
static void *
charge(void *mem)
{
	long size = mem != NULL ? (long)malloc_usable_size(mem) : 0;

	if (atomic_fetch_sub(&room, size) >= size)
		return mem;
	atomic_fetch_add(&room, size);
	__real_free(mem);
	return NULL;
}

void *
__wrap_malloc(size_t size)
{
	return shall_fail(size) ? NULL : charge(__real_malloc(size));
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return shall_fail(count * size) ? NULL : charge(__real_calloc(count, size));
}

void *
__wrap_realloc(void *old, size_t size)
{
	size_t had = old != NULL ? malloc_usable_size(old) : 0;
	void *mem;

	if (shall_fail(size) || (mem = charge(__real_malloc(size))) == NULL)
		return NULL;
	if (had > 0)
		memcpy(mem, old, had < size ? had : size);
	__wrap_free(old);
	return mem;
}

/* It needs memory of its own. */
FILE *
__wrap_fopen(const char *path, const char *mode)
{
	if (shall_fail(1)) {
		errno = ENOMEM;
		return NULL;
	}
	return __real_fopen(path, mode);
}

void
__wrap_free(void *mem)
{
	if (mem != NULL)
		atomic_fetch_add(&room, (long)malloc_usable_size(mem));
	__real_free(mem);
}

/* Each test begins with a reserve and all the memory it likes, and ends so. */
static int
setup(void **state)
{
	(void)state;
	return mem_reserve(RESERVE) && !mem_is_low() ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	fail = 0;
	room = LONG_MAX / 2;
	return mem_reserve(0) && !mem_is_low() ? 0 : -1;
}

static void
test_nothing(void **state)
{
	void *mem[] = {xmalloc(0), xcalloc(0, 8), xcalloc(8, 0),
		xreallocarray(NULL, 0, 8), xreallocarray(xmalloc(8), 8, 0),
		xstrndup(NULL, 0), xstrdup(""), xasprintf("%s", "")};

	(void)state;
	for (size_t i = 0; i < sizeof(mem) / sizeof(mem[0]); i++) {
		assert_non_null(mem[i]);
		free(mem[i]);
	}
}

static void
test_contents(void **state)
{
	static const char zeros[30];
	char *text = xstrndup("one two", 3), *all = xstrdup("one two");
	char *made = xasprintf("%s-%05d", text, 42), *clear = xcalloc(3, 10);
	char *long_text = xasprintf("%01000d", 1);

	(void)state;
	assert_string_equal(text, "one");
	assert_string_equal(all, "one two");
	assert_string_equal(made, "one-00042");
	assert_memory_equal(clear, zeros, sizeof(zeros));
	assert_int_equal(strlen(long_text), 1000);
	assert_int_equal(long_text[999], '1');
	text = xreallocarray(text, 100, 10);
	assert_string_equal(text, "one");
	memset(text, 'x', 1000);
	free(text);
	free(all);
	free(made);
	free(clear);
	free(long_text);
}

/* One failure in each function, which nobody notices but mem_is_low(). */
static void
test_one_failure(void **state)
{
	char *text = NULL;

	(void)state;
	for (int i = 0; i < 6; i++) {
		assert_true(mem_reserve(RESERVE));
		assert_false(mem_is_low());
		fail = 1;
		switch (i) {
		case 0:
			text = xmalloc(10);
			memcpy(text, "something", 10);
			break;
		case 1:
			text = xreallocarray(text, 3, 1000);
			break;
		case 2:
			free(text);
			text = xstrdup("something");
			break;
		case 3:
			free(text);
			text = xstrndup("something else", 9);
			break;
		case 4:
			free(text);
			text = xasprintf("some%s", "thing");
			break;
		case 5:
			free(text);
			text = xcalloc(10, 1);
			assert_int_equal(text[0] | text[9], 0);
			memcpy(text, "something", 10);
			break;
		}
		assert_int_equal(fail, 0);
		assert_true(mem_is_low());
		assert_string_equal(text, "something");
	}
	free(text);
}

/* Memory runs out; the reserve is as much as it says, and is filled when it can be. */
static void
test_reserve(void **state)
{
	char *blocks[2000];
	size_t count = 0, low = 0;

	(void)state;
	room = 1000 * 1000;
	while (count < 2000 && low < RESERVE - 2000) {
		blocks[count++] = xmalloc(1000);
		if (mem_is_low())
			low += 1000;
	}
	assert_in_range(count, 1200, 1300);
	/* There is no room for another reserve as long as that is in use. */
	assert_false(mem_reserve(RESERVE));
	assert_true(mem_is_low());
	while (count > 800)
		free(blocks[--count]);
	assert_true(mem_reserve(RESERVE));
	assert_false(mem_is_low());
	while (count > 0)
		free(blocks[--count]);
}

/* The C library's memory is no other. */
static void
test_fopen(void **state)
{
	FILE *file;

	(void)state;
	fail = 1;
	file = mem_fopen("/dev/null", "r");
	assert_non_null(file);
	(void)fclose(file);
	assert_true(mem_is_low());
	assert_true(mem_reserve(RESERVE));
	fail = 2;
	assert_null(mem_fopen("/dev/null", "r"));
	assert_int_equal(errno, ENOMEM);
	assert_true(mem_reserve(RESERVE));
	/* What fails for another reason costs no reserve. */
	assert_null(mem_fopen("/dev/null/x", "r"));
	assert_int_equal(errno, ENOTDIR);
	assert_false(mem_is_low());
}

static void
test_sizes(void **state)
{
	long before = room;

	(void)state;
	/* It is there already. */
	fail = 1;
	assert_true(mem_reserve(RESERVE));
	assert_int_equal(fail, 1);
	assert_false(mem_reserve(2 * RESERVE));
	assert_true(mem_is_low());
	assert_true(mem_reserve(2 * RESERVE));
	assert_false(mem_is_low());
	assert_in_range(before - room, RESERVE, RESERVE + 4096);
	assert_true(mem_reserve(RESERVE));
	assert_int_equal(room, before);
	/* Without one. */
	assert_true(mem_reserve(0));
	assert_in_range(room - before, RESERVE, RESERVE + 4096);
	assert_false(mem_is_low());
	fail = 1;
	free(xmalloc(1));
	assert_false(mem_is_low());
}

static void
fail_for_ever(void)
{
	fail = INT32_MAX;
	free(xmalloc(1));
}

static void
fail_twice(void)
{
	fail = 2;
	free(xcalloc(1, 1));
}

static void
fail_resizing(void)
{
	char *mem = xmalloc(1);

	fail = 2;
	free(xreallocarray(mem, 2, 1));
}

static void
overflow(void)
{
	free(xreallocarray(NULL, SIZE_MAX / 16 + 2, 16));
}

/* Does it abort, with a word to whoever looks for the reason? */
static void
check_aborts(void (*body)(void))
{
	static const char message[] = "prattled: out of memory\n";
	const struct rlimit no_core = {0, 0};
	char said[100] = "";
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		(void)setrlimit(RLIMIT_CORE, &no_core);
		(void)dup2(ends[1], STDERR_FILENO);
		body();
		_exit(0);
	}
	close(ends[1]);
	assert_true(child != -1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(read(ends[0], said, sizeof(said) - 1) >= 0);
	close(ends[0]);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_string_equal(said, message);
}

static void
test_aborts(void **state)
{
	(void)state;
	check_aborts(fail_for_ever);
	check_aborts(fail_twice);
	check_aborts(fail_resizing);
	check_aborts(overflow);
	assert_false(mem_is_low());
}

/* Together the threads need most of the reserve, and come to it at the same time. */
static void *
thread_main(void *arg)
{
	char **blocks = arg;

	for (int i = 0; i < 40; i++)
		blocks[i] = xmalloc(1000);
	return arg;
}

static void
test_threads(void **state)
{
	static char *blocks[NTHREADS][40];
	pthread_t threads[NTHREADS];

	(void)state;
	for (int round = 0; round < 50; round++) {
		assert_true(mem_reserve(RESERVE));
		room = 2000;
		for (size_t i = 0; i < NTHREADS; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, thread_main,
						 blocks[i]),
				0);
		while (!mem_is_low())
			(void)sched_yield();
		for (size_t i = 0; i < NTHREADS; i++)
			assert_int_equal(pthread_join(threads[i], NULL), 0);
		for (size_t i = 0; i < NTHREADS * 40; i++)
			free(blocks[i / 40][i % 40]);
		room = LONG_MAX / 2;
	}
}

#define mem_test(F) cmocka_unit_test_setup_teardown(F, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		mem_test(test_nothing),
		mem_test(test_contents),
		mem_test(test_one_failure),
		mem_test(test_reserve),
		mem_test(test_fopen),
		mem_test(test_sizes),
		mem_test(test_aborts),
		mem_test(test_threads),
	};

	return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
