/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/state.h"

#include "app/bag.h"

/* More than go with two messages. */
#define MANY 600

static uint64_t
inode_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

/* A bag with that many files, each another one, which are open nowhere else. */
static int
make_bag(uint64_t inodes[], size_t count)
{
	struct state_fds fds = {0};
	struct err err = {""};
	struct bag bag;
	int handed;

	for (size_t i = 0; i < count; i++) {
		int fd = memfd_create("one", 0);

		assert_int_not_equal(fd, -1);
		inodes[i] = inode_of(fd);
		state_fds_add(&fds, fd);
	}
	if (bag_pack(&bag, &fds, &err) == -1)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < count; i++)
		close(fds.v[i]);
	state_fds_fini(&fds);
	/* As another process has it. */
	handed = dup(bag.fd);
	assert_int_not_equal(handed, -1);
	assert_true(bag_is_kept(&bag));
	bag_close(&bag);
	return handed;
}

static void
close_all(struct state_fds *fds)
{
	for (size_t i = 0; i < fds->count; i++)
		close(fds->v[i]);
	state_fds_fini(fds);
}

static void
test_all_come_in_their_order(void **state)
{
	static uint64_t inodes[MANY];
	struct state_fds fds = {0};
	struct err err = {""};
	int bag = make_bag(inodes, MANY);

	(void)state;
	if (bag_unpack(bag, &fds, &err) == -1)
		fail_msg("%s", err.text);
	close(bag);
	assert_int_equal(fds.count, MANY);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(inode_of(fds.v[i]), inodes[i]);
		assert_int_equal(fcntl(fds.v[i], F_GETFD), FD_CLOEXEC);
	}
	close_all(&fds);
}

static void
test_empty(void **state)
{
	struct state_fds fds = {0};
	struct err err = {""};
	int bag = make_bag(NULL, 0);

	(void)state;
	assert_int_equal(bag_unpack(bag, &fds, &err), 0);
	assert_int_equal(fds.count, 0);
	close(bag);
}

static void
test_nobody_has_it(void **state)
{
	struct state_fds fds = {0};
	struct err err = {""};
	struct bag bag;

	(void)state;
	state_fds_add(&fds, STDERR_FILENO);
	assert_int_equal(bag_pack(&bag, &fds, &err), 0);
	assert_false(bag_is_kept(&bag));
	bag_close(&bag);
	state_fds_fini(&fds);
}

/* Some that are missing would be others in their places. */
static void
test_no_room_for_all(void **state)
{
	static uint64_t inodes[MANY];
	struct rlimit before, less;
	struct state_fds fds = {0};
	struct err err = {""};
	int bag = make_bag(inodes, MANY);

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	less = before;
	less.rlim_cur = MANY / 2;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
	assert_int_equal(bag_unpack(bag, &fds, &err), -1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_string_equal(
		err.text, "can't take over the descriptors: Too many open files");
	assert_true(fds.count < MANY);
	close_all(&fds);
	close(bag);
}

/* As many as a large daemon has. Who is not root may not have so many on their way. */
static void
test_very_many(void **state)
{
	struct state_fds fds = {0};
	struct err err = {""};
	struct bag bag;

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < 100000; i++)
		state_fds_add(&fds, STDERR_FILENO);
	if (bag_pack(&bag, &fds, &err) == -1)
		fail_msg("%s", err.text);
	bag_close(&bag);
	state_fds_fini(&fds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_come_in_their_order),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_nobody_has_it),
		cmocka_unit_test(test_no_room_for_all),
		cmocka_unit_test(test_very_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
