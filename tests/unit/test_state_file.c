/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/state.h"
#include "base/state_file.h"

struct pair {
	uint64_t n;
	struct str text;
};

static const struct state_field fields[] = {
	STATE_ROW(struct pair, n, 1, STATE_UINT),
	STATE_ROW(struct pair, text, 2, STATE_STR),
};
static const struct state_table table = STATE_TABLE(pair, fields, NULL);

/* A file of so many records, each with a text of `len` bytes. */
static int
make(uint64_t count, size_t len)
{
	char *text = xcalloc(len > 0 ? len : 1, 1);
	struct pair pair = {.text = str_make(text, len)};
	struct state_file file;
	struct err err;
	int fd;

	assert_int_equal(state_file_begin(&file, 0, &err), 0);
	for (pair.n = 1; pair.n <= count; pair.n++)
		state_put(&file.out, 7, &table, &pair);
	fd = state_file_end(&file, &err);
	assert_int_not_equal(fd, -1);
	state_file_fini(&file);
	free(text);
	return fd;
}

static void
test_what_was_written_is_read(void **state)
{
	/* Nothing, and more than is kept back. */
	static const uint64_t counts[] = {0, 1, 1000};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		int fd = make(counts[i], 300);
		struct state_map map;
		struct state_in in;
		struct state_item item;
		struct pair pair = {0};
		struct err err;

		assert_int_equal(state_map_open(&map, fd, &err), 0);
		assert_string_equal(map.version, PACKAGE_VERSION);
		in = (struct state_in){.rest = map.body};
		for (uint64_t n = 1; n <= counts[i]; n++) {
			assert_int_equal(state_next(&in, &item, &err), 1);
			assert_int_equal(item.number, 7);
			pair = (struct pair){0};
			assert_int_equal(state_get(&in, &item, &table, &pair, &err), 0);
			assert_int_equal(pair.n, n);
			assert_int_equal(pair.text.len, 300);
		}
		assert_int_equal(state_next(&in, &item, &err), 0);
		state_map_close(&map);
		close(fd);
	}
}

static void
test_nobody_changes_it(void **state)
{
	int fd = make(1, 10);

	(void)state;
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(ftruncate(fd, 1000), -1);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
}

/* A file of other bytes. */
static int
copy(const char *bytes, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, bytes, len), len);
	return fd;
}

static void
expect_refused(int fd, const char *why)
{
	struct state_map map;
	struct err err = {"none"};

	assert_int_equal(state_map_open(&map, fd, &err), -1);
	assert_null(map.p);
	if (why != NULL)
		assert_string_equal(err.text, why);
	assert_true(err.text[0] != '\0' && strcmp(err.text, "none") != 0);
	state_map_close(&map);
	close(fd);
}

static size_t
read_all(int fd, char *bytes, size_t size)
{
	ssize_t len = pread(fd, bytes, size, 0);

	assert_true(len > 0 && (size_t)len < size);
	close(fd);
	return (size_t)len;
}

static void
test_cut_anywhere(void **state)
{
	char bytes[1000];
	size_t len = read_all(make(3, 20), bytes, sizeof(bytes));

	(void)state;
	for (size_t i = 0; i < len; i++)
		expect_refused(copy(bytes, i), NULL);
	expect_refused(copy(bytes, len - 1), "the state is not whole: 77 bytes of 78");
	expect_refused(copy(bytes, len + 1), "the state is not whole: 79 bytes of 78");
}

static void
test_any_bit_flipped(void **state)
{
	char bytes[1000];
	size_t len = read_all(make(3, 20), bytes, sizeof(bytes));

	(void)state;
	for (size_t bit = 0; bit < len * 8; bit++) {
		bytes[bit / 8] ^= (char)(1 << bit % 8);
		expect_refused(copy(bytes, len), NULL);
		bytes[bit / 8] ^= (char)(1 << bit % 8);
	}
	bytes[len - 1] ^= 1;
	expect_refused(copy(bytes, len), "the state is damaged: its checksum is wrong");
}

static void
test_another_format(void **state)
{
	char bytes[1000];
	size_t len = read_all(make(3, 20), bytes, sizeof(bytes));

	(void)state;
	bytes[8] = 2;
	expect_refused(
		copy(bytes, len), "the state is of format 2, and here only 1 is known");
}

static void
test_what_is_no_state(void **state)
{
	static const char *const why = "that is no state of prattled";
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[1]);
	expect_refused(ends[0], why);
	expect_refused(copy("", 0), why);
	expect_refused(copy("prattle\n", 8), why);
	expect_refused(open("/", O_RDONLY), why);
	expect_refused(open("/dev/zero", O_RDONLY), why);
	expect_refused(-1, "can't read the state: Bad file descriptor");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_written_is_read),
		cmocka_unit_test(test_nobody_changes_it),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_any_bit_flipped),
		cmocka_unit_test(test_another_format),
		cmocka_unit_test(test_what_is_no_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
