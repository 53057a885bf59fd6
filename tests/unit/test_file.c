/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "place.h"

enum {
	MAX = 1024 * 1024 /* of file_read(), where it does not matter */
};

static void
test_replace(void **state)
{
	const struct place *place = *state;

	place_check(place, NULL);
	place_put(place, "old\n");
	place_check(place, "old\n");
	place_put(place, "");
	place_check(place, "");
	place_put(place, "a longer one\n");
	place_check(place, "a longer one\n");
	place_put(place, "new\n");
	place_check(place, "new\n");
}

static void
test_appends(void **state)
{
	const struct place *place = *state;
	struct buf out = {0};
	struct err err;

	place_put(place, "a\0b");
	buf_printf(&out, "before ");
	assert_int_equal(file_read(place->file, 1, &out, &err), 1);
	assert_int_equal(file_read(place->file, 1, &out, &err), 1);
	assert_true(str_eq(buf_str(&out), STR("before aa")));
	buf_fini(&out);
}

/* Larger than what is read at once, and right at the limit. */
static void
test_limit(void **state)
{
	static const size_t sizes[] = {1, 2, 16383, 16384, 16385, 32768, 100000};
	const struct place *place = *state;
	struct buf text = {0}, out = {0};
	struct err err = {""};
	char expected[128];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		while (text.len < sizes[i])
			buf_add_char(&text, (char)('a' + rand() % 26));
		assert_int_equal(
			file_replace(place->file, buf_str(&text), 0600, &err), 0);
		assert_int_equal(file_read(place->file, text.len, &out, &err), 1);
		assert_true(str_eq(buf_str(&out), buf_str(&text)));
		buf_reset(&out);
		assert_int_equal(file_read(place->file, text.len - 1, &out, &err), -1);
		(void)snprintf(expected, sizeof(expected), "%s: more than %zu bytes",
			place->file, text.len - 1);
		assert_string_equal(err.text, expected);
		assert_int_equal(out.len, 0);
		assert_int_equal(file_read(place->file, SIZE_MAX, &out, &err), 1);
		buf_reset(&out);
	}
	/* A file that does not say how long it is. */
	assert_int_equal(file_read("/proc/self/status", 10, &out, &err), -1);
	assert_string_equal(err.text, "/proc/self/status: more than 10 bytes");
	/* One that would take much memory. */
	assert_int_equal(truncate(place->file, 64 * 1024 * 1024), 0);
	assert_int_equal(file_read(place->file, 100, &out, &err), -1);
	assert_true(out.cap <= 256 * 1024);
	buf_fini(&out);
	buf_fini(&text);
}

static void
assert_no_file(const char *path)
{
	struct buf out = {0};
	struct err err = {""};
	char expected[128];

	assert_int_equal(file_read(path, MAX, &out, &err), -1);
	(void)snprintf(expected, sizeof(expected), "%s: not a regular file", path);
	assert_string_equal(err.text, expected);
	buf_fini(&out);
}

/* None of them is read, and none holds us up. */
static void
test_not_regular(void **state)
{
	const struct place *place = *state;
	struct buf out = {0};
	struct err err = {""};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd;

	assert_no_file(place->folder);
	assert_no_file("/dev/zero");
	assert_int_equal(mkfifo(place->file, 0600), 0);
	assert_no_file(place->file);
	assert_int_equal(unlink(place->file), 0);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(fd != -1);
	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", place->file);
	assert_int_equal(bind(fd, (const struct sockaddr *)&un, sizeof(un)), 0);
	close(fd);
	assert_int_equal(file_read(place->file, MAX, &out, &err), -1);
	buf_fini(&out);
}

static void
test_missing(void **state)
{
	const struct place *place = *state;
	struct buf out = {0};
	struct err err = {""};
	char path[128], expected[256];

	(void)snprintf(path, sizeof(path), "%s/no/f", place->folder);
	assert_int_equal(file_read(path, MAX, &out, &err), 0);
	assert_int_equal(file_replace(path, STR("x"), 0600, &err), -1);
	(void)snprintf(expected, sizeof(expected), "%s: its folder: %s", path,
		strerror(ENOENT));
	assert_string_equal(err.text, expected);
	/* Here something is where a folder should be. */
	place_put(place, "x");
	(void)snprintf(path, sizeof(path), "%s/f", place->file);
	assert_int_equal(file_read(path, MAX, &out, &err), -1);
	assert_int_equal(file_replace(path, STR("x"), 0600, &err), -1);
	place_check(place, "x");
	/* A folder is no name for a file. */
	(void)snprintf(path, sizeof(path), "%s/", place->folder);
	assert_int_equal(file_replace(path, STR("x"), 0600, &err), -1);
	place_check(place, "x");
	buf_fini(&out);
}

static void
test_long_name(void **state)
{
	const struct place *place = *state;
	struct err err = {""};
	char path[512];
	int len = snprintf(path, sizeof(path), "%s/", place->folder);

	/* It would be a name, but PATH.new would not. */
	memset(path + len, 'x', 252);
	path[len + 252] = '\0';
	assert_int_equal(file_replace(path, STR("x"), 0600, &err), -1);
	assert_non_null(strstr(err.text, strerror(ENAMETOOLONG)));
	assert_int_equal(count_entries(place->folder), 0);
}

/* Names without a folder, and right below the root. */
static void
test_relative(void **state)
{
	const struct place *place = *state;
	struct err err = {""};
	int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(before != -1);
	assert_int_equal(chdir(place->folder), 0);
	assert_int_equal(file_replace("f", STR("here"), 0600, &err), 0);
	place_check(place, "here");
	assert_int_equal(fchdir(before), 0);
	close(before);
	assert_int_equal(file_replace("/", STR("x"), 0600, &err), -1);
	/* Nobody, root included, can write this: it fails in the right folder. */
	assert_int_equal(file_replace("/proc", STR("x"), 0600, &err), -1);
	assert_null(strstr(err.text, "folder"));
	assert_int_equal(access("/proc.new", F_OK), -1);
}

static void
test_mode(void **state)
{
	static const mode_t modes[] = {0600, 0640, 0644, 0666, 0400, 0};
	static const mode_t masks[] = {0, 022, 077, 0777};
	const struct place *place = *state;
	struct err err = {""};

	for (size_t i = 0; i < 24; i++) {
		mode_t mode = modes[i / 4], before = umask(masks[i % 4]);
		struct stat st;

		assert_int_equal(file_replace(place->file, STR("x"), mode, &err), 0);
		(void)umask(before);
		assert_int_equal(stat(place->file, &st), 0);
		assert_int_equal(st.st_mode & 07777, mode);
	}
}

/* What a killed daemon, or somebody else, has left as f.new. */
static void
test_leftover(void **state)
{
	const struct place *place = *state;
	struct stat st;
	int fd;

	place_put(place, "old");
	fd = open(place->other, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	assert_true(fd != -1);
	assert_int_equal(write(fd, "a long rest of something", 24), 24);
	close(fd);
	place_put(place, "new");
	place_check(place, "new");
	/* Without being written to: the link's target stays as it was. */
	assert_int_equal(symlink("f", place->other), 0);
	place_put(place, "newer");
	place_check(place, "newer");
	assert_int_equal(lstat(place->file, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	/* Without waiting for a reader. */
	assert_int_equal(mkfifo(place->other, 0600), 0);
	place_put(place, "newest");
	place_check(place, "newest");
	/* A folder is too much. */
	assert_int_equal(mkdir(place->other, 0700), 0);
	place_check_refused(place, STR("never"), strerror(EEXIST));
	assert_int_equal(rmdir(place->other), 0);
	place_check(place, "newest");
}

static void
test_link(void **state)
{
	const struct place *place = *state;
	struct stat st;

	assert_int_equal(symlink("/dev/null", place->file), 0);
	place_put(place, "text");
	assert_int_equal(lstat(place->file, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	place_check(place, "text");
}

static void
test_is_unchanged(void **state)
{
	const struct place *place = *state;
	struct stat none = {0}, first, same, other;

	place_put(place, "old");
	assert_int_equal(stat(place->file, &first), 0);
	assert_int_equal(stat(place->file, &same), 0);
	assert_true(file_is_unchanged(&first, &same));
	assert_false(file_is_unchanged(&none, &first));
	assert_true(file_is_unchanged(&none, &none));
	/* Whatever it is that tells them apart, one thing is enough. */
	other = same;
	other.st_size++;
	assert_false(file_is_unchanged(&first, &other));
	other = same;
	other.st_ino++;
	assert_false(file_is_unchanged(&first, &other));
	other = same;
	other.st_dev++;
	assert_false(file_is_unchanged(&first, &other));
	other = same;
	other.st_mtim.tv_sec++;
	assert_false(file_is_unchanged(&first, &other));
	other = same;
	other.st_mtim.tv_nsec++;
	assert_false(file_is_unchanged(&first, &other));
}

#define place_test(F) cmocka_unit_test_setup_teardown(F, place_open, place_close)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		place_test(test_replace),
		place_test(test_appends),
		place_test(test_is_unchanged),
		place_test(test_limit),
		place_test(test_not_regular),
		place_test(test_missing),
		place_test(test_long_name),
		place_test(test_relative),
		place_test(test_mode),
		place_test(test_leftover),
		place_test(test_link),
	};

	alarm(300); /* for what would wait on a pipe */
	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
