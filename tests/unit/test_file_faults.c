/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
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
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "place.h"

enum {
	MAX = 1024 * 1024, /* of file_read(), where it does not matter */
	NOBODY = 65534,
};

/*
 * The linker puts these calls between file.c and the C library: they write down what
 * happens, and fail when they shall.
 */
enum call {
	NONE,
	WRITE,
	CHMOD,
	SYNC_FILE,
	SYNC_FOLDER,
	RENAME,
	READ,
};

static _Thread_local struct {
	enum call fail; /* the call that fails, ... */
	int how;        /* ... with this errno ... */
	int times;      /* ... so many times */
	bool slow;      /* reads and writes do a byte at a time */
	char calls[64]; /* a letter for each */
	size_t count;
	mode_t mode; /* of the file before it gets its own */
} wrap;

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __real_read(int fd, void *bytes, size_t len);
ssize_t __wrap_read(int fd, void *bytes, size_t len);
int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat(int from, const char *old, int to, const char *new);
int __wrap_renameat(int from, const char *old, int to, const char *new);

/* Note the call; shall it fail? */
static bool
called(enum call call)
{
	if (wrap.count + 1 < sizeof(wrap.calls))
		wrap.calls[wrap.count++] = "?wcsfr?"[call];
	if (wrap.fail != call || wrap.times == 0)
		return false;
	wrap.times--;
	errno = wrap.how;
	return true;
}

ssize_t
__wrap_write(int fd, const void *bytes, size_t len)
{
	if (called(WRITE))
		return -1;
	return __real_write(fd, bytes, wrap.slow ? 1 : len);
}

ssize_t
__wrap_read(int fd, void *bytes, size_t len)
{
	if (called(READ))
		return -1;
	return __real_read(fd, bytes, wrap.slow ? 1 : len);
}

int
__wrap_fchmod(int fd, mode_t mode)
{
	struct stat st;

	if (fstat(fd, &st) == 0)
		wrap.mode = st.st_mode & 07777;
	return called(CHMOD) ? -1 : __real_fchmod(fd, mode);
}

int
__wrap_fsync(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if (called(S_ISDIR(st.st_mode) ? SYNC_FOLDER : SYNC_FILE))
		return -1;
	return __real_fsync(fd);
}

int
__wrap_renameat(int from, const char *old, int to, const char *new)
{
	return called(RENAME) ? -1 : __real_renameat(from, old, to, new);
}

static int
wrap_open(void **state)
{
	memset(&wrap, 0, sizeof(wrap));
	return place_open(state);
}

/* Nothing may be renamed before it is on the disk. */
static void
test_order(void **state)
{
	const struct place *place = *state;

	place_put(place, "text");
	assert_string_equal(wrap.calls, "wcsrf");
	/* Nor be seen by those who may not see the file. */
	assert_int_equal(wrap.mode, 0600);
}

/* As many bytes at a time as the kernel likes, with signals in between. */
static void
test_piecemeal(void **state)
{
	const struct place *place = *state;
	struct buf out = {0};
	struct err err = {""};

	wrap.slow = true;
	wrap.fail = WRITE;
	wrap.how = EINTR;
	wrap.times = 3;
	place_put(place, "piece by piece");
	place_check(place, "piece by piece");
	wrap.slow = true;
	wrap.fail = READ;
	wrap.how = EINTR;
	wrap.times = 3;
	assert_int_equal(file_read(place->file, 14, &out, &err), 1);
	assert_true(str_eq(buf_str(&out), STR("piece by piece")));
	buf_fini(&out);
}

static void
test_failures(void **state)
{
	static const enum call calls[] = {WRITE, CHMOD, SYNC_FILE, RENAME};
	const struct place *place = *state;

	place_put(place, "old");
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		wrap.fail = calls[i];
		wrap.how = EIO;
		wrap.times = 1;
		place_check_refused(place, STR("new"), strerror(EIO));
		place_check(place, "old");
	}
	wrap.fail = SYNC_FOLDER;
	wrap.how = EIO;
	wrap.times = 1;
	place_check_refused(place, STR("new"),
		"replaced, but not yet safe from a power cut: Input/output error");
	place_check(place, "new");
	/* A file system that knows no such thing. */
	wrap.fail = SYNC_FOLDER;
	wrap.how = EINVAL;
	wrap.times = 1;
	place_put(place, "newer");
	place_check(place, "newer");
}

static void
test_read_failure(void **state)
{
	const struct place *place = *state;
	struct buf out = {0};
	struct err err = {""};
	char expected[128];

	place_put(place, "text");
	buf_printf(&out, "before");
	wrap.slow = true;
	wrap.fail = READ;
	wrap.how = EIO;
	wrap.times = 1;
	assert_int_equal(file_read(place->file, MAX, &out, &err), -1);
	(void)snprintf(
		expected, sizeof(expected), "%s: %s", place->file, strerror(EIO));
	assert_string_equal(err.text, expected);
	assert_true(str_eq(buf_str(&out), STR("before")));
	buf_fini(&out);
}

/* What a child says instead of failing in a line: the test can't be made here. */
#define CANNOT (-1)

/*
 * Run `body` in a process of its own, for what can't be undone. It returns 0 if all is
 * well, the line where it is not, or CANNOT.
 */
static void
in_child(int (*body)(const struct place *place), const struct place *place)
{
	int ends[2], line = -2, status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		line = body(place);
		(void)__real_write(ends[1], &line, sizeof(line));
		_exit(0);
	}
	close(ends[1]);
	assert_true(child != -1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(__real_read(ends[0], &line, sizeof(line)), sizeof(line));
	close(ends[0]);
	if (line == CANNOT)
		skip();
	if (line != 0)
		fail_msg("line %d", line);
}

/* Is it refused because of `number`, and the file still "old", with nothing beside? */
static int
refused_in_child(const struct place *place, struct str text, int number)
{
	struct buf out = {0};
	struct err err = {""};

	if (file_replace(place->file, text, 0644, &err) != -1)
		return __LINE__;
	if (strstr(err.text, strerror(number)) == NULL)
		return __LINE__;
	if (file_read(place->file, MAX, &out, &err) != 1)
		return __LINE__;
	if (!str_eq(buf_str(&out), STR("old")))
		return __LINE__;
	buf_fini(&out);
	return access(place->other, F_OK) == -1 ? 0 : __LINE__;
}

static int
become_nobody(void)
{
	return geteuid() != 0 || (setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
}

static int
read_only_body(const struct place *place)
{
	/* Root may write everywhere. */
	if (!become_nobody())
		return CANNOT;
	return refused_in_child(place, STR("new"), EACCES);
}

static void
test_read_only(void **state)
{
	const struct place *place = *state;

	place_put(place, "old");
	assert_int_equal(chmod(place->folder, 0555), 0);
	in_child(read_only_body, place);
	assert_int_equal(chmod(place->folder, 0700), 0);
	place_check(place, "old");
}

static int
unreadable_body(const struct place *place)
{
	struct buf out = {0};
	struct err err = {""};

	if (!become_nobody())
		return CANNOT;
	if (file_read(place->file, MAX, &out, &err) != -1)
		return __LINE__;
	return strstr(err.text, strerror(EACCES)) != NULL ? 0 : __LINE__;
}

static void
test_unreadable(void **state)
{
	const struct place *place = *state;
	struct err err = {""};

	assert_int_equal(file_replace(place->file, STR("secret"), 0, &err), 0);
	in_child(unreadable_body, place);
}

/* 64 KiB of text. */
static struct str
much_text(void)
{
	static char text[64 * 1024];

	memset(text, 'x', sizeof(text));
	return str_make(text, sizeof(text));
}

static int
file_limit_body(const struct place *place)
{
	const struct rlimit limit = {10000, 10000};

	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) == -1)
		return __LINE__;
	return refused_in_child(place, much_text(), EFBIG);
}

static void
test_file_limit(void **state)
{
	const struct place *place = *state;

	place_put(place, "old");
	in_child(file_limit_body, place);
	place_check(place, "old");
}

/* Write all of a small file of /proc. */
static bool
tell_kernel(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd != -1 &&
		__real_write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return done;
}

/* Become root of a small world of our own. */
static bool
become_root(void)
{
	char users[64], groups[64];

	(void)snprintf(users, sizeof(users), "0 %u 1", (unsigned)geteuid());
	(void)snprintf(groups, sizeof(groups), "0 %u 1", (unsigned)getegid());
	return unshare(CLONE_NEWUSER) == 0 &&
		tell_kernel("/proc/self/uid_map", users) &&
		tell_kernel("/proc/self/setgroups", "deny") &&
		tell_kernel("/proc/self/gid_map", groups);
}

/* Mount a disk of four pages at the folder, for this process alone. */
static bool
mount_small_disk(const char *folder)
{
	return (geteuid() == 0 || become_root()) && unshare(CLONE_NEWNS) == 0 &&
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount("none", folder, "tmpfs", 0, "size=16k") == 0;
}

static int
full_disk_body(const struct place *place)
{
	struct err err;
	int line;

	if (!mount_small_disk(place->folder))
		return CANNOT;
	if (file_replace(place->file, STR("old"), 0644, &err) == -1)
		return __LINE__;
	line = refused_in_child(place, much_text(), ENOSPC);
	if (line != 0)
		return line;
	/* There is room again. */
	return file_replace(place->file, STR("small"), 0644, &err) == 0 ? 0 : __LINE__;
}

static void
test_full_disk(void **state)
{
	const struct place *place = *state;

	in_child(full_disk_body, place);
	place_check(place, NULL);
}

/* Two texts of one letter each; torn apart they would not be. */
static char text_a[5000], text_b[70000];

static struct str
a_or_b(int number)
{
	memset(text_a, 'a', sizeof(text_a));
	memset(text_b, 'b', sizeof(text_b));
	return number % 2 == 0 ? str_make(text_a, sizeof(text_a))
			       : str_make(text_b, sizeof(text_b));
}

/* Which of both is it? 'a', 'b', or 0 for none. */
static char
which(struct str text)
{
	if (text.len == 0 || text.len != (text.p[0] == 'a' ? 5000 : 70000))
		return 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] != text.p[0])
			return 0;
	}
	return text.p[0];
}

struct reader {
	const char *path;
	atomic_bool stop;
	atomic_uint changes, strange;
};

static void *
reader_main(void *arg)
{
	struct reader *reader = arg;
	struct buf out = {0};
	struct err err;
	char before = 0;

	while (!reader->stop) {
		char now;

		buf_reset(&out);
		now = file_read(reader->path, MAX, &out, &err) == 1
			? which(buf_str(&out))
			: 0;
		reader->strange += now == 0;
		reader->changes += now != before;
		before = now;
	}
	buf_fini(&out);
	return NULL;
}

static void
test_atomic(void **state)
{
	const struct place *place = *state;
	struct reader reader = {.path = place->file};
	struct str b = a_or_b(1), a = a_or_b(0);
	struct err err = {""};
	pthread_t thread;

	assert_int_equal(file_replace(place->file, a, 0644, &err), 0);
	assert_int_equal(pthread_create(&thread, NULL, reader_main, &reader), 0);
	/* Until it has seen enough of it, too. */
	for (int i = 0; (i < 2000 || reader.changes < 50) && reader.strange == 0; i++) {
		if (file_replace(place->file, i % 2 == 0 ? b : a, 0644, &err) == -1)
			break;
	}
	reader.stop = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_string_equal(err.text, "");
	assert_int_equal(reader.strange, 0);
	assert_int_equal(unlink(place->file), 0);
	place_check(place, NULL);
}

/* Replace for ever, and tell each time. */
static void
replace_for_ever(const struct place *place, int tell)
{
	struct err err;

	for (int i = 0;; i++) {
		if (file_replace(place->file, a_or_b(i), 0644, &err) == -1 ||
			__real_write(tell, "", 1) == -1)
			_exit(1);
	}
}

static void
check_kill(const struct place *place, int after)
{
	struct buf out = {0};
	struct err err = {""};
	int ends[2], status;
	char byte;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0)
		replace_for_ever(place, ends[1]);
	close(ends[1]);
	assert_true(child != -1);
	for (int i = 0; i <= after; i++)
		assert_int_equal(__real_read(ends[0], &byte, 1), 1);
	/* Somewhere in the next one. */
	for (int i = rand() % 8; i > 0; i--)
		(void)sched_yield();
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	close(ends[0]);
	assert_int_equal(file_read(place->file, MAX, &out, &err), 1);
	assert_true(which(buf_str(&out)) != 0);
	buf_fini(&out);
	place_put(place, "after");
	place_check(place, "after");
}

static void
test_kill(void **state)
{
	const struct place *place = *state;

	srand(1);
	for (int round = 0; round < 50; round++)
		check_kill(place, rand() % 4);
}

#define place_test(F) cmocka_unit_test_setup_teardown(F, wrap_open, place_close)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		place_test(test_order),
		place_test(test_piecemeal),
		place_test(test_failures),
		place_test(test_read_failure),
		place_test(test_read_only),
		place_test(test_unreadable),
		place_test(test_file_limit),
		place_test(test_full_disk),
		place_test(test_atomic),
		place_test(test_kill),
	};

	alarm(300); /* for what would wait on a pipe */
	return cmocka_run_group_tests_name("file_faults", tests, NULL, NULL);
}
