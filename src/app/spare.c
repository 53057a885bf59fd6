/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/spare.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

void
spare_fill(struct spare *spare)
{
	if (spare->fd == -1)
		spare->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void
spare_close(struct spare *spare)
{
	if (spare->fd != -1)
		close(spare->fd);
	spare->fd = -1;
}

int
spare_accept(struct spare *spare, int listener)
{
	int fd, error;

	if (spare->fd == -1) {
		errno = EMFILE;
		return -1;
	}
	spare_close(spare);
	fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd == -1) {
		error = errno;
		spare_fill(spare);
		errno = error;
	}
	return fd;
}
