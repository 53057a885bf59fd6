/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/*
 * For LD_PRELOAD: the time of day is off by the seconds in the file $FAKE_CLOCK, which
 * is read each time, so the clock can be set while the program runs. The monotonic
 * clock is the real one, as it is when an operator sets the clock; but it is off by
 * what is in $FAKE_MONOTONIC, so that time can pass. (It does not wake who sleeps.)
 */

static time_t
offset(const char *variable)
{
	const char *path = getenv(variable);
	char text[32] = "";
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t len;

	if (fd == -1)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	return len > 0 ? (time_t)strtoll(text, NULL, 10) : 0;
}

int
clock_gettime(clockid_t id, struct timespec *now)
{
	int (*real)(clockid_t, struct timespec *);
	int rc;

	*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	rc = real(id, now);
	if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		now->tv_sec += offset("FAKE_CLOCK");
	if (rc == 0 && (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE))
		now->tv_sec += offset("FAKE_MONOTONIC");
	return rc;
}

time_t
time(time_t *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (out != NULL)
		*out = now.tv_sec;
	return now.tv_sec;
}
