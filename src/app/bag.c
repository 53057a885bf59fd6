/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/bag.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/state.h"

/* The most that the kernel takes in a message (SCM_MAX_FD). */
#define MOST 253

/* What the queue may hold, bytes: as much as the kernel allows, for 140000 or so. */
#define QUEUE (1 << 20)

/* Room for so many in a message, as the kernel wants it. */
union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(MOST * sizeof(int))];
};

/* Send some. -1 with errno. */
static int
send_some(int to, const int *fds, size_t count)
{
	union control control = {0};
	char content = 0; /* without any it would not be sent */
	struct iovec byte = {.iov_base = &content, .iov_len = 1};
	struct msghdr msg = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&msg);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(head), fds, count * sizeof(int));
	return sendmsg(to, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : -1;
}

int
bag_pack(struct bag *bag, const struct state_fds *fds, struct err *err)
{
	int ends[2], rc = 0;

	*bag = (struct bag){-1, -1};
	/* What waits in it does not go with the end that it was sent by. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1) {
		err_set(err, "can't make a socket for descriptors: %s",
			strerror(errno));
		return -1;
	}
	*bag = (struct bag){.fd = ends[0], .other = ends[1]};
	(void)setsockopt(bag->other, SOL_SOCKET, SO_SNDBUF, &(int){QUEUE}, sizeof(int));
	for (size_t at = 0; rc == 0 && at < fds->count; at += MOST) {
		size_t left = fds->count - at;

		rc = send_some(bag->other, fds->v + at, left < MOST ? left : MOST);
	}
	if (rc == -1)
		err_set(err, "can't hand over %zu descriptors: %s", fds->count,
			strerror(errno));
	return rc;
}

bool
bag_is_kept(struct bag *bag)
{
	struct pollfd other = {.fd = bag->other};

	close(bag->fd);
	bag->fd = -1;
	return poll(&other, 1, 0) == 0;
}

void
bag_close(struct bag *bag)
{
	if (bag->fd != -1)
		close(bag->fd);
	if (bag->other != -1)
		close(bag->other);
	*bag = (struct bag){-1, -1};
}

/* Receive some. 1; 0 if there are no more; -1 with errno. */
static int
receive_some(int from, struct state_fds *fds)
{
	union control control;
	char byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n = recvmsg(from, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	struct cmsghdr *head = n == 1 ? CMSG_FIRSTHDR(&msg) : NULL;

	if (n == 0)
		return 0;
	if (n == -1)
		return -1;
	for (; head != NULL; head = CMSG_NXTHDR(&msg, head)) {
		size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(head) + i * sizeof(fd), sizeof(fd));
			state_fds_add(fds, fd);
		}
	}
	/* Fewer than were sent would be others in their places. */
	if (msg.msg_flags & MSG_CTRUNC) {
		errno = EMFILE;
		return -1;
	}
	return 1;
}

int
bag_unpack(int bag, struct state_fds *fds, struct err *err)
{
	int rc;

	while ((rc = receive_some(bag, fds)) == 1)
		;
	if (rc == -1)
		err_set(err, "can't take over the descriptors: %s", strerror(errno));
	return rc;
}
