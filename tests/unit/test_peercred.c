/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/peercred.h"

static int real_getsockopt = 1;
static gid_t groups[40]; /* that the peer has, as we want it */
static size_t ngroups;

int __real_getsockopt(int fd, int level, int option, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *len);

/* Only root may have others than he has, so the kernel's answer is ours. */
int
__wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
	socklen_t size = (socklen_t)(ngroups * sizeof(gid_t));

	if (real_getsockopt || option != SO_PEERGROUPS)
		return __real_getsockopt(fd, level, option, value, len);
	if (*len < size) {
		*len = size;
		errno = ERANGE;
		return -1;
	}
	memcpy(value, groups, size);
	*len = size;
	return 0;
}

static void
test_oneself(void **state)
{
	struct peercred cred;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(peercred_get(pair[0], &cred), 0);
	assert_int_equal(cred.uid, getuid());
	assert_int_equal(cred.gid, getgid());
	assert_int_equal(cred.pid, getpid());
	assert_true(peercred_in_group(pair[0], &cred, getgid()));
	assert_false(peercred_in_group(pair[0], &cred, 987654));
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(peercred_get(pair[0], &cred), -1);
	assert_false(peercred_in_group(pair[0], &cred, 987654));
}

/* Few and many of them. */
static void
test_groups(void **state)
{
	struct peercred cred = {.gid = 1};
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	real_getsockopt = 0;
	for (ngroups = 0; ngroups <= 40; ngroups++) {
		for (size_t i = 0; i < ngroups; i++)
			groups[i] = (gid_t)(1000 + i);
		assert_true(peercred_in_group(pair[0], &cred, 1));
		for (size_t i = 0; i < 40; i++)
			assert_int_equal(
				peercred_in_group(pair[0], &cred, (gid_t)(1000 + i)),
				i < ngroups);
	}
	real_getsockopt = 1;
	close(pair[0]);
	close(pair[1]);
}

static void
test_name(void **state)
{
	char *name = peercred_name(0);

	(void)state;
	assert_string_equal(name, "root");
	free(name);
	assert_null(peercred_name(987654));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oneself),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests_name("peercred", tests, NULL, NULL);
}
