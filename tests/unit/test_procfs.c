/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/procfs.h"

#define MORE 50

static void
test_descriptors(void **state)
{
	uint64_t before = procfs_descriptors();
	uint64_t counted = procfs_count("/proc/self/fd");
	int fds[MORE];

	(void)state;
	assert_true(before >= 3);
	/* That of the folder, too, is open while they are counted. */
	assert_int_equal(counted, before + 1);
	for (int i = 0; i < MORE; i++) {
		fds[i] = dup(STDOUT_FILENO);
		assert_int_not_equal(fds[i], -1);
	}
	assert_int_equal(procfs_descriptors(), before + MORE);
	assert_int_equal(procfs_count("/proc/self/fd"), counted + MORE);
	for (int i = 0; i < MORE; i++)
		close(fds[i]);
	assert_int_equal(procfs_descriptors(), before);
	assert_int_equal(procfs_count("/proc/self/no-such-folder"), 0);
}

static void
test_resident(void **state)
{
	const size_t size = (size_t)64 << 20;
	uint64_t before = procfs_resident();
	char *memory = mmap(
		NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_true(before > 0 && before < (uint64_t)1 << 40);
	assert_true(memory != MAP_FAILED);
	/* What is only promised is not resident. */
	assert_true(procfs_resident() < before + size / 2);
	memset(memory, 1, size);
	/* The kernel counts in lumps, and may take something else away meanwhile. */
	assert_true(procfs_resident() >= before + size / 2);
	munmap(memory, size);
	assert_true(procfs_resident() < before + size / 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_resident),
	};

	return cmocka_run_group_tests_name("procfs", tests, NULL, NULL);
}
