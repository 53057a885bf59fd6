/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/sockopt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/peercred.h"

static void
set_int(int fd, int level, int option, int64_t value, const char *name)
{
	int n = (int)value;

	if (setsockopt(fd, level, option, &n, sizeof(n)) == -1)
		log_warn("can't set %s to %d: %s", name, n, strerror(errno));
}

/* Whole seconds, at least one, for options that know no less. */
static int64_t
seconds(int64_t ms)
{
	return ms < 1000 ? 1 : ms / 1000;
}

/* Is it a socket of TCP? */
static bool
is_tcp(int fd)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);

	return getsockname(fd, (struct sockaddr *)&ss, &len) == 0 &&
		(ss.ss_family == AF_INET || ss.ss_family == AF_INET6);
}

void
sockopt_listen(int fd, const struct listen_conf *conf)
{
	if (!is_tcp(fd))
		return;
	/* A telnet Synch sends DM as urgent data, which else is not in the stream. */
	set_int(fd, SOL_SOCKET, SO_OOBINLINE, 1, "SO_OOBINLINE");
	set_int(fd, IPPROTO_TCP, TCP_NODELAY, conf->nodelay, "TCP_NODELAY");
	set_int(fd, SOL_SOCKET, SO_KEEPALIVE, conf->keepalive > 0, "SO_KEEPALIVE");
	if (conf->keepalive > 0)
		set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds(conf->keepalive),
			"TCP_KEEPIDLE");
	set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, conf->user_timeout,
		"TCP_USER_TIMEOUT");
}

void
sockopt_accept(int fd, const struct listen_conf *conf)
{
	if (conf->send_buffer > 0)
		set_int(fd, SOL_SOCKET, SO_SNDBUF, (int64_t)conf->send_buffer,
			"SO_SNDBUF");
}

static char *
text_unix(int fd)
{
	struct peercred cred;

	if (peercred_get(fd, &cred) == -1)
		return xstrdup("a unix socket");
	return xasprintf("uid %ld pid %ld", (long)cred.uid, (long)cred.pid);
}

char *
sockopt_text(int fd, const struct sockaddr *sa, socklen_t sa_len)
{
	char host[INET6_ADDRSTRLEN];

	if (sa->sa_family == AF_INET && sa_len >= sizeof(struct sockaddr_in)) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		inet_ntop(AF_INET, &in.sin_addr, host, sizeof(host));
		return xasprintf("%s:%u", host, (unsigned)ntohs(in.sin_port));
	}
	if (sa->sa_family == AF_INET6 && sa_len >= sizeof(struct sockaddr_in6)) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof(host));
		return xasprintf("[%s]:%u", host, (unsigned)ntohs(in6.sin6_port));
	}
	return text_unix(fd);
}
