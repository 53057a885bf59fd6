/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/service.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#define FIRST_PASSED_FD 3

/* So many descriptors go with one message. */
#define STORE_MOST 64

/* A larger store is as good: addresses are few. */
#define STORE_SIZE_MOST 4096

bool
service_is_managed(void)
{
	return getenv("NOTIFY_SOCKET") != NULL;
}

/* The address in NOTIFY_SOCKET; 0 if it is none that we know. */
static socklen_t
notify_address(struct sockaddr_un *sa)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path != NULL ? strlen(path) : 0;

	*sa = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (len < 2 || len >= sizeof(sa->sun_path) ||
		(path[0] != '/' && path[0] != '@'))
		return 0;
	memcpy(sa->sun_path, path, len);
	/* An abstract address begins with a NUL, and its length counts. */
	if (path[0] == '@')
		sa->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

/* Send one message, with at most STORE_MOST descriptors. False if that failed. */
static bool
notify(const char *text, const int *fds, size_t count)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(STORE_MOST * sizeof(int))];
	} control = {0};
	struct sockaddr_un sa;
	struct iovec iov;
	struct msghdr msg = {
		.msg_name = &sa,
		.msg_namelen = notify_address(&sa),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	ssize_t n;
	int fd;

	if (msg.msg_namelen == 0)
		return false;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return false;
	/* iovec serves reading, too, and so has no const. */
	memcpy(&iov.iov_base, &text, sizeof(text));
	iov.iov_len = strlen(text);
	if (count > 0) {
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(count * sizeof(int));
	}
	n = sendmsg(fd, &msg, MSG_NOSIGNAL);
	close(fd);
	return n != -1;
}

void
service_notify(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	(void)notify(text, NULL, 0);
	free(text);
}

void
service_notify_reloading(void)
{
	struct timespec now;

	/* Not the turn's milliseconds: it may not lie before the manager's signal. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	service_notify("RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

/* A number from the environment. */
static bool
env_uint(const char *name, uint64_t *out)
{
	const char *text = getenv(name);

	return text != NULL && str_to_uint(str_of(text), out) == 0;
}

/* Is the variable absent or our own process id? Then we are meant. */
static bool
env_is_for_us(const char *name)
{
	uint64_t pid;

	return getenv(name) == NULL ||
		(env_uint(name, &pid) && pid == (uint64_t)getpid());
}

int64_t
service_watchdog_ms(void)
{
	uint64_t usec;

	if (!env_is_for_us("WATCHDOG_PID") || !env_uint("WATCHDOG_USEC", &usec))
		return 0;
	return (int64_t)(usec / 1000);
}

size_t
service_store_size(void)
{
	uint64_t size;

	if (!service_is_managed() || !env_uint("FDSTORE", &size))
		return 0;
	return size < STORE_SIZE_MOST ? (size_t)size : STORE_SIZE_MOST;
}

void
service_store(const char *name, const int *fds, size_t count)
{
	/* Without FDPOLL=0 what has got its end would be dropped, as our bag has. */
	char *text = xasprintf("FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);

	for (size_t at = 0; at < count; at += STORE_MOST) {
		size_t left = count - at;

		(void)notify(text, fds + at, left < STORE_MOST ? left : STORE_MOST);
	}
	free(text);
}

void
service_unstore(const char *name)
{
	service_notify("FDSTOREREMOVE=1\nFDNAME=%s", name);
}

bool
service_sync(int ms)
{
	int ends[2];
	struct pollfd closed;
	bool ok;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return false;
	/* The manager closes its end when it comes to this message. */
	ok = notify("BARRIER=1", &ends[1], 1);
	close(ends[1]);
	closed = (struct pollfd){.fd = ends[0]};
	ok = ok && poll(&closed, 1, ms) == 1;
	close(ends[0]);
	return ok;
}

/* The next of the names that colons separate; systemd's default if there is none. */
static char *
next_name(struct str *names)
{
	struct str name;

	if (names->p == NULL || !str_split(names, ':', &name) || name.len == 0)
		return xstrdup("unknown");
	return xstrndup(name.p, name.len);
}

struct passed_fd *
service_take_fds(size_t *count)
{
	const char *names_text = getenv("LISTEN_FDNAMES");
	struct str names = names_text != NULL ? str_of(names_text) : str_make(NULL, 0);
	struct passed_fd *fds = NULL;
	uint64_t n = 0;

	*count = 0;
	if (getenv("LISTEN_PID") != NULL && env_is_for_us("LISTEN_PID") &&
		env_uint("LISTEN_FDS", &n) && n < 1024) {
		fds = xcalloc((size_t)n, sizeof(*fds));
		for (int fd = FIRST_PASSED_FD; fd < FIRST_PASSED_FD + (int)n; fd++) {
			char *name = next_name(&names);

			/* Its number would soon be that of something of our own. */
			if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ||
				fcntl(fd, F_SETFL, O_NONBLOCK) == -1) {
				log_warn("descriptor %d was announced as \"%s\" but is "
					 "not open",
					fd, name);
				free(name);
				continue;
			}
			fds[(*count)++] = (struct passed_fd){.fd = fd, .name = name};
		}
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return fds;
}

bool
service_stderr_is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return text != NULL && sscanf(text, "%llu:%llu", &dev, &ino) == 2 &&
		fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}
