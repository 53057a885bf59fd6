/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/bind.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/sockopt.h"

static const struct sockaddr *
sockaddr_of(const struct address *address)
{
	return (const struct sockaddr *)&address->sa;
}

static int
open_socket(const struct address *address)
{
	return socket(
		address->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int
set_flag(int fd, int level, int option)
{
	return setsockopt(fd, level, option, &(int){1}, sizeof(int));
}

static int
bind_tcp(int fd, const struct address *address, bool shares_port)
{
	if (set_flag(fd, SOL_SOCKET, SO_REUSEADDR) == -1)
		return -1;
	if (shares_port && set_flag(fd, SOL_SOCKET, SO_REUSEPORT) == -1)
		return -1;
	/*
	 * [::] and 0.0.0.0 are two sockets, so that * works whatever bindv6only says.
	 */
	if (address->sa.ss_family == AF_INET6 &&
		set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY) == -1)
		return -1;
	return bind(fd, sockaddr_of(address), address->sa_len);
}

/* Is the path a socket that nobody listens on any more? */
static bool
is_stale(const struct address *address, const char *path)
{
	struct stat st;
	bool stale;
	int fd;

	if (lstat(path, &st) == -1 || !S_ISSOCK(st.st_mode))
		return false;
	fd = open_socket(address);
	if (fd == -1)
		return false;
	stale = connect(fd, sockaddr_of(address), address->sa_len) == -1 &&
		errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static int
bind_unix(int fd, const struct address *address, const char *path, uint64_t mode)
{
	int rc = bind(fd, sockaddr_of(address), address->sa_len);

	if (rc == -1 && errno == EADDRINUSE) {
		if (!is_stale(address, path) || unlink(path) == -1) {
			errno = EADDRINUSE;
			return -1;
		}
		rc = bind(fd, sockaddr_of(address), address->sa_len);
	}
	/* Nobody can connect before listen(2), so this comes in time. */
	if (rc == 0)
		rc = chmod(path, (mode_t)mode);
	return rc;
}

int
bind_address(const struct address *address, const struct listen_conf *conf,
	bool shares_port, struct err *err)
{
	int fd = open_socket(address);
	int rc = -1;

	if (fd != -1 && address->kind == ADDRESS_UNIX)
		rc = bind_unix(fd, address, strchr(address->text, '/'), conf->mode);
	else if (fd != -1)
		rc = bind_tcp(fd, address, conf->reuse_port || shares_port);
	if (rc == -1) {
		err_set(err, "[listen %s]: can't listen on %s: %s", conf->section_name,
			address->text, strerror(errno));
		if (fd != -1)
			close(fd);
		return -1;
	}
	return fd;
}

int
bind_path(const char *path, uint64_t mode)
{
	struct address address = {.kind = ADDRESS_UNIX};
	struct sockaddr_un *un = (struct sockaddr_un *)&address.sa;
	size_t len = strlen(path);
	int fd, error;

	if (len >= sizeof(un->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, len + 1);
	address.sa_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	fd = open_socket(&address);
	if (fd != -1 && bind_unix(fd, &address, path, mode) == -1) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

char *
bind_text(int fd)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len) == -1)
		return xasprintf("descriptor %d", fd);
	if (sa.ss_family == AF_UNIX) {
		const struct sockaddr_un *un = (const struct sockaddr_un *)&sa;
		return xasprintf("unix:%.*s", (int)sizeof(un->sun_path), un->sun_path);
	}
	return sockopt_text(fd, (const struct sockaddr *)&sa, len);
}
