/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/log.h"

/* Standard error during a test: a pipe, which holds little and is read only here. */
struct capture {
	int real; /* the real one meanwhile */
	int out;  /* read end */
	struct buf text;
};

enum {
	PIPE_SIZE = 4096,
	PATIENCE = 20000, /* ms: by then what ought to happen has, on any machine */
};

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int
capture_open(void **state)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int ends[2];

	if (capture == NULL || pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	if (fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE) == -1 ||
		fcntl(ends[0], F_SETFL, O_NONBLOCK) == -1)
		return -1;
	capture->real = dup(STDERR_FILENO);
	capture->out = ends[0];
	if (capture->real == -1 || dup2(ends[1], STDERR_FILENO) == -1)
		return -1;
	close(ends[1]);
	*state = capture;
	return 0;
}

static int
capture_log(void **state)
{
	log_setup(LOG_TO_STDERR, LOG_PREFIX_JOURNAL, LOG_INFO, LOG_DAEMON);
	return capture_open(state);
}

/* Also after a failure, in the middle of anything. */
static int
capture_close(void **state)
{
	struct capture *capture = *state;

	dup2(capture->real, STDERR_FILENO);
	close(capture->real);
	/* Frees a thread that is stuck in writing to it. */
	if (capture->out != -1)
		close(capture->out);
	log_stop(PATIENCE);
	buf_fini(&capture->text);
	free(capture);
	return 0;
}

/* Read what is there. */
static void
capture_read(struct capture *capture)
{
	for (;;) {
		ssize_t n = read(capture->out, buf_reserve(&capture->text, PIPE_SIZE),
			PIPE_SIZE);

		if (n <= 0)
			break;
		capture->text.len += (size_t)n;
	}
	/* Terminated, but not counted. */
	*buf_reserve(&capture->text, 1) = '\0';
}

/* Wait until there is something, and read it. */
static void
capture_more(struct capture *capture)
{
	struct pollfd ready = {.fd = capture->out, .events = POLLIN};

	(void)poll(&ready, 1, PATIENCE);
	capture_read(capture);
}

/* Read until `text` has come. */
static bool
capture_wait(struct capture *capture, const char *text)
{
	int64_t deadline = now_ms() + PATIENCE;

	capture_read(capture);
	while (strstr(capture->text.p, text) == NULL && now_ms() < deadline)
		capture_more(capture);
	return strstr(capture->text.p, text) != NULL;
}

/* What came since the last call. */
static void
assert_captured(struct capture *capture, const char *text)
{
	capture_read(capture);
	assert_string_equal(capture->text.p, text);
	buf_reset(&capture->text);
}

static int
count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

/* Must be the first, for it is about a log that nobody has set up. */
static void
test_default(void **state)
{
	struct capture *capture = *state;

	log_info("hidden");
	log_notice("shown");
	capture_read(capture);
	assert_non_null(strstr(capture->text.p, " notice: shown\n"));
	assert_null(strstr(capture->text.p, "hidden"));
}

static void
test_journal(void **state)
{
	struct capture *capture = *state;

	log_error("port %d", 4000);
	log_warn("w");
	log_notice("n");
	log_info("i");
	log_debug("d");
	assert_captured(capture, "<3>port 4000\n<4>w\n<5>n\n<6>i\n");
}

static void
test_time(void **state)
{
	struct capture *capture = *state;
	struct tm tm = {0};
	const char *rest;

	log_setup(LOG_TO_STDERR, LOG_PREFIX_TIME, LOG_DEBUG, LOG_DAEMON);
	log_notice("n");
	log_error("e");
	log_debug("d");
	capture_read(capture);
	rest = strptime(capture->text.p, "%Y-%m-%d %H:%M:%S", &tm);
	assert_non_null(rest);
	assert_int_equal(rest - capture->text.p, 19);
	assert_int_equal(strncmp(rest, " notice: n\n", 11), 0);
	assert_non_null(strstr(rest, " error: e\n"));
	assert_non_null(strstr(rest, " debug: d\n"));
	tm.tm_isdst = -1;
	assert_true(llabs((long long)(mktime(&tm) - time(NULL))) < PATIENCE / 1000);
}

static void
test_levels(void **state)
{
	struct capture *capture = *state;

	log_setup(LOG_TO_STDERR, LOG_PREFIX_JOURNAL, LOG_ERR, LOG_DAEMON);
	log_at(LOG_EMERG, "e");
	log_error("r");
	log_warn("w");
	assert_captured(capture, "<0>e\n<3>r\n");
	log_setup(LOG_TO_STDERR, LOG_PREFIX_JOURNAL, LOG_DEBUG, LOG_DAEMON);
	log_debug("d");
	assert_captured(capture, "<7>d\n");
}

static void
test_escapes(void **state)
{
	struct capture *capture = *state;

	log_info("%s", "x\r\ny\x1B[31m\\ \x7F gr\xC3\xBC\xC3\x9F ~");
	assert_captured(capture,
		"<6>x\\x0D\\x0Ay\\x1B[31m\\\\ \\x7F gr\\xC3\\xBC\\xC3\\x9F ~\n");
	/* The format is not trusted either, nor is a NUL the end. */
	log_info("a\nb%cc", 0);
	assert_captured(capture, "<6>a\\x0Ab\\x00c\n");
	for (int c = 1; c < 256; c++) {
		char want[16];

		if (c == '\\')
			(void)snprintf(want, sizeof(want), "<6>\\\\\n");
		else if (c >= 0x20 && c <= 0x7E)
			(void)snprintf(want, sizeof(want), "<6>%c\n", c);
		else
			(void)snprintf(want, sizeof(want), "<6>\\x%02X\n", c);
		log_info("%c", c);
		assert_captured(capture, want);
	}
}

static void
test_long(void **state)
{
	struct capture *capture = *state;

	/* Up to 1020 bytes are left alone; "..." stands for what is missing. */
	for (int len = 1020; len < 1030; len++) {
		log_info("%0*d", len, 7);
		capture_read(capture);
		assert_int_equal(capture->text.len, 3 + (len > 1020 ? 1023 : 1020) + 1);
		assert_string_equal(
			capture->text.p + 3 + 1019, len > 1020 ? "0...\n" : "7\n");
		buf_reset(&capture->text);
	}
	/* Escapes are not cut in two. */
	for (int len = 1010; len < 1020; len++) {
		log_info("%0*d\n\n\n\n", len, 7);
		capture_read(capture);
		assert_true(capture->text.len <= 3 + 1023 + 1);
		const char *cut = strstr(capture->text.p, "...\n");
		assert_non_null(cut);
		assert_true(cut[-1] == 'A' || cut[-1] == '7');
		buf_reset(&capture->text);
	}
}

static void
test_errno(void **state)
{
	struct capture *capture = *state;

	errno = ENOENT;
	log_info("%s", strerror(errno));
	assert_int_equal(errno, ENOENT);
	log_start();
	log_setup(LOG_TO_STDERR, LOG_PREFIX_JOURNAL, LOG_INFO, LOG_DAEMON);
	log_info("queued");
	log_stop(PATIENCE);
	assert_int_equal(errno, ENOENT);
	/* A write that fails. */
	close(STDERR_FILENO);
	log_info("lost");
	assert_int_equal(errno, ENOENT);
	assert_captured(capture, "<6>No such file or directory\n<6>queued\n");
}

/* Log numbered records of some length. */
static void
log_numbers(int from, int to)
{
	for (int i = from; i < to; i++)
		log_info("record %06d %080d", i, 0);
}

/* Are the numbers there, in order and each in a line of its own? */
static void
assert_numbers(const struct capture *capture, int from, int to)
{
	const char *at = capture->text.p;

	for (int i = from; i < to; i++) {
		char want[128];
		size_t len = (size_t)snprintf(
			want, sizeof(want), "<6>record %06d %080d\n", i, 0);

		assert_int_equal(strncmp(at, want, len), 0);
		at += len;
	}
}

static void
test_thread(void **state)
{
	struct capture *capture = *state;

	log_start();
	/* More than the pipe holds, less than the queue. */
	log_numbers(0, 500);
	log_info("end");
	assert_true(capture_wait(capture, "<6>end\n"));
	log_stop(PATIENCE);
	assert_numbers(capture, 0, 500);
	assert_int_equal(log_dropped(), 0);
	buf_reset(&capture->text);
	/* What is queued when it stops is written, what comes then too. */
	log_start();
	log_start();
	log_numbers(0, 20);
	log_stop(PATIENCE);
	log_stop(PATIENCE);
	log_numbers(20, 30);
	capture_read(capture);
	assert_numbers(capture, 0, 30);
}

/* Standard error shared with somebody who made it non-blocking. */
static void
test_nonblocking(void **state)
{
	struct capture *capture = *state;

	assert_int_equal(fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK), 0);
	log_start();
	log_numbers(0, 500);
	log_info("end");
	assert_true(capture_wait(capture, "<6>end\n"));
	assert_numbers(capture, 0, 500);
}

static void
test_full(void **state)
{
	struct capture *capture = *state;
	uint64_t before = log_dropped(), dropped;
	char report[64];

	/* Nobody reads. If log_at() blocked, the alarm of main() would end the test. */
	log_start();
	log_numbers(0, 3000);
	dropped = log_dropped() - before;
	/* The queue takes 1024 records, the pipe fewer than 100. */
	assert_in_range(dropped, 1800, 2000);
	(void)snprintf(report, sizeof(report), "<4>log: %ju records dropped\n",
		(uintmax_t)dropped);
	/* Nothing more is logged, and yet the report comes, once there is room. */
	assert_true(capture_wait(capture, report));
	log_info("more");
	assert_true(capture_wait(capture, "<6>more\n"));
	assert_int_equal(log_dropped() - before, dropped);
	assert_numbers(capture, 0, 3000 - (int)dropped);
	/* It is the only one. */
	assert_null(
		strstr(strstr(capture->text.p, report) + strlen(report), "dropped"));
}

/*
 * Take all whole lines off the captured text. They must continue at `next`, or report
 * a gap of exactly the records that are missing; returns what must come next.
 */
static unsigned
follow(struct capture *capture, unsigned next)
{
	struct buf rest = {0};
	char *at, *end;

	capture_read(capture);
	for (at = capture->text.p; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		unsigned number;

		if (sscanf(at, "<4>log: %u records dropped\n", &number) == 1) {
			assert_true(number > 0);
			next += number;
		} else {
			assert_int_equal(sscanf(at, "<6>record %u", &number), 1);
			assert_int_equal(number, next);
			next++;
		}
	}
	buf_add_str(&rest, str_of(at));
	buf_fini(&capture->text);
	capture->text = rest;
	return next;
}

/* Wait until the pipe has no room for another record of log_numbers(). */
static bool
pipe_filled(const struct capture *capture)
{
	int64_t deadline = now_ms() + PATIENCE;
	int held = 0;

	while (held < PIPE_SIZE - 100 && now_ms() < deadline) {
		if (ioctl(capture->out, FIONREAD, &held) == -1)
			break;
		sched_yield();
	}
	return held >= PIPE_SIZE - 100;
}

/* Every record is written or reported as dropped, in its place. */
static void
test_flood(void **state)
{
	struct capture *capture = *state;
	unsigned total = 50000, next = 0;
	uint64_t before = log_dropped();
	int64_t deadline;

	log_start();
	/* One pipe's worth makes room in the queue, but mostly not enough to report. */
	for (unsigned i = 0; i < total; i += 1000) {
		log_numbers((int)i, (int)i + 1000);
		assert_true(pipe_filled(capture));
		next = follow(capture, next);
	}
	deadline = now_ms() + PATIENCE;
	while (next < total && now_ms() < deadline) {
		capture_more(capture);
		next = follow(capture, next);
	}
	assert_int_equal(next, total);
	assert_true(log_dropped() > before);
}

/* Stop although the thread is stuck; go on; then the thread comes back. */
static void
test_stuck(void **state)
{
	struct capture *capture = *state;
	int threads = count_threads();
	uint64_t before = log_dropped();
	int64_t start, deadline;

	log_start();
	log_numbers(0, 100);
	assert_true(pipe_filled(capture));
	start = now_ms();
	log_stop(50);
	assert_in_range(now_ms() - start, 50, PATIENCE);
	assert_true(log_dropped() > before);
	before = log_dropped();
	/* Would block if it were written. */
	log_numbers(100, 200);
	assert_int_equal(log_dropped() - before, 100);

	deadline = now_ms() + PATIENCE;
	while (count_threads() > threads) {
		assert_true(now_ms() < deadline);
		capture_read(capture);
		sched_yield();
	}
	capture_read(capture);
	assert_numbers(capture, 0, 30);
	assert_null(strstr(capture->text.p, "record 000099"));

	log_start();
	log_info("again");
	assert_true(capture_wait(capture, "<6>again\n"));
}

static void *
log_some(void *arg)
{
	for (int i = 0; i < 200; i++)
		log_info("%s %d", (const char *)arg, i);
	return NULL;
}

static void
test_threads(void **state)
{
	struct capture *capture = *state;
	char names[4][8] = {"one", "two", "three", "four"};
	pthread_t threads[4];
	size_t lines = 0;

	log_start();
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, log_some, names[i]), 0);
	for (int i = 0; i < 200; i++)
		log_setup(LOG_TO_STDERR,
			i % 2 == 0 ? LOG_PREFIX_TIME : LOG_PREFIX_JOURNAL,
			i % 3 == 0 ? LOG_INFO : LOG_DEBUG, LOG_DAEMON);
	/* Nobody has read anything yet, but the queue holds it all. */
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	log_info("end");
	assert_true(capture_wait(capture, "<6>end\n"));
	for (const char *at = capture->text.p; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(lines, 4 * 200 + 1);
}

/* Signals are for the event loop: here SIGUSR1 would kill the thread, and us. */
static void
test_signals(void **state)
{
	struct capture *capture = *state;
	sigset_t set, old, pending;
	int got = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	log_start();
	sigprocmask(SIG_BLOCK, &set, &old);
	assert_int_equal(kill(getpid(), SIGUSR1), 0);
	log_info("still here");
	assert_true(capture_wait(capture, "<6>still here\n"));
	assert_int_equal(sigpending(&pending), 0);
	assert_true(sigismember(&pending, SIGUSR1));
	assert_int_equal(sigwait(&set, &got), 0);
	assert_int_equal(got, SIGUSR1);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

/* The reader of a pipe that goes away must not take us along. */
static void
test_broken_pipe(void **state)
{
	struct capture *capture = *state;

	log_start();
	log_info("heard");
	assert_true(capture_wait(capture, "<6>heard\n"));
	close(capture->out);
	capture->out = -1;
	log_info("unheard");
	log_stop(PATIENCE);
}

/* Whether or not a syslog daemon is there. */
static void
test_syslog(void **state)
{
	struct capture *capture = *state;

	log_setup(LOG_TO_SYSLOG, LOG_PREFIX_JOURNAL, LOG_INFO, LOG_USER);
	log_info("a test of prattle");
	log_start();
	log_info("another test of prattle");
	log_stop(PATIENCE);
	assert_captured(capture, "");
	log_setup(LOG_TO_BOTH, LOG_PREFIX_JOURNAL, LOG_INFO, LOG_LOCAL7);
	log_info("both");
	log_start();
	log_info("queued");
	log_stop(PATIENCE);
	assert_captured(capture, "<6>both\n<6>queued\n");
}

#define captured_test(F) cmocka_unit_test_setup_teardown(F, capture_log, capture_close)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_default, capture_open, capture_close),
		captured_test(test_journal),
		captured_test(test_time),
		captured_test(test_levels),
		captured_test(test_escapes),
		captured_test(test_long),
		captured_test(test_errno),
		captured_test(test_thread),
		captured_test(test_nonblocking),
		captured_test(test_full),
		captured_test(test_flood),
		captured_test(test_stuck),
		captured_test(test_threads),
		captured_test(test_signals),
		captured_test(test_broken_pipe),
		captured_test(test_syslog),
	};

	alarm(300); /* for a log that blocks */
	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
