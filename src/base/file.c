/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	CHUNK = 16 * 1024, /* bytes read at once */
};

/* Append what can be read, and a bit more than `max` at most. */
static int
read_all(int fd, size_t max, struct buf *out)
{
	size_t before = out->len;

	while (out->len - before <= max) {
		ssize_t n = read(fd, buf_reserve(out, CHUNK), CHUNK);

		if (n == 0)
			break;
		if (n > 0)
			out->len += (size_t)n;
		else if (errno != EINTR)
			return -1;
	}
	return 0;
}

/* The rest of file_read(), with the file open. */
static int
read_file(int fd, const char *path, size_t max, struct buf *out, struct err *err)
{
	size_t before = out->len;
	struct stat st;

	if (fstat(fd, &st) == -1) {
		err_set(err, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(err, "%s: not a regular file", path);
		return -1;
	}
	if (read_all(fd, max, out) == -1)
		err_set(err, "%s: %s", path, strerror(errno));
	else if (out->len - before > max)
		err_set(err, "%s: more than %zu bytes", path, max);
	else
		return 1;
	out->len = before;
	return -1;
}

int
file_read(const char *path, size_t max, struct buf *out, struct err *err)
{
	/* Without O_NONBLOCK a fifo that nobody writes to would hold us up here. */
	int fd, result;

	do
		fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	while (fd == -1 && errno == EINTR);
	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1) {
		err_set(err, "%s: %s", path, strerror(errno));
		return -1;
	}
	result = read_file(fd, path, max, out, err);
	close(fd);
	return result;
}

static int
write_all(int fd, struct str text)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.p, text.len);

		if (n > 0)
			text = str_from(text, (size_t)n);
		else if (n == 0 || errno != EINTR)
			return -1;
	}
	return 0;
}

/* Open the folder that the file is in; `*name` is the name there. */
static int
open_folder(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	int fd, saved;

	*name = slash != NULL ? slash + 1 : path;
	if (slash == NULL)
		folder = xstrdup(".");
	else
		folder = xstrndup(path, slash > path ? (size_t)(slash - path) : 1);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	saved = errno;
	free(folder);
	errno = saved;
	return fd;
}

/* Make a file that is safe on the disk when this returns 0; else there is none. */
static int
create(int folder, const char *name, struct str text, mode_t mode)
{
	int fd, saved, result = -1;

	/*
	 * There may be one from a daemon that was killed. It is removed, not opened:
	 * whatever it is, a pipe or a link to somewhere, we do not write into it.
	 */
	(void)unlinkat(folder, name, 0);
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	if (write_all(fd, text) == 0 && fchmod(fd, mode) == 0)
		result = fsync(fd);
	saved = errno;
	/* What is synced can't fail any more. */
	close(fd);
	if (result == -1)
		(void)unlinkat(folder, name, 0);
	errno = saved;
	return result;
}

static int
replace(int folder, const char *name, struct str text, mode_t mode)
{
	char other[NAME_MAX + 1];
	int saved, len = snprintf(other, sizeof(other), "%s.new", name);

	if (len < 0 || (size_t)len >= sizeof(other)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (create(folder, other, text, mode) == -1)
		return -1;
	if (renameat(folder, other, folder, name) == 0)
		return 0;
	saved = errno;
	(void)unlinkat(folder, other, 0);
	errno = saved;
	return -1;
}

int
file_replace(const char *path, struct str text, mode_t mode, struct err *err)
{
	const char *name;
	/* First of all, since it takes a descriptor, and afterwards is too late. */
	int folder = open_folder(path, &name), result = -1;

	if (folder == -1) {
		err_set(err, "%s: its folder: %s", path, strerror(errno));
		return -1;
	}
	if (replace(folder, name, text, mode) == -1)
		err_set(err, "%s: %s", path, strerror(errno));
	else if (fsync(folder) == -1 && errno != EINVAL) /* some can't be */
		err_set(err, "%s: replaced, but not yet safe from a power cut: %s",
			path, strerror(errno));
	else
		result = 0;
	close(folder);
	return result;
}

bool
file_is_unchanged(const struct stat *then, const struct stat *now)
{
	return now->st_ino == then->st_ino && now->st_dev == then->st_dev &&
		now->st_size == then->st_size &&
		now->st_mtim.tv_sec == then->st_mtim.tv_sec &&
		now->st_mtim.tv_nsec == then->st_mtim.tv_nsec;
}
