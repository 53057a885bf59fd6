/* SPDX-License-Identifier: ISC */

/*
 * A library to be preloaded, which counts the calls that may fail, and lets one of them
 * fail: the Nth allocation, the Nth sendmsg(2) on a socket. Which, and what becomes of
 * it, stands in the file that PRATTLE_FAULTS names: a `struct slot` for each kind of
 * call, shared with the test (tests/functional/faults.py), which may look and change it
 * at any time. Counting begins with the program and goes on in those that it executes.
 *
 * Out of reach is what the C library calls within itself: the system calls of stdio, of
 * syslog() and of getaddrinfo(). The memory that it takes by malloc(3) is not.
 *
 * It has no part in builds with sanitizers, which have a malloc of their own.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* All that is here is called from elsewhere, by its name. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

enum call {
	CALL_MALLOC,
	CALL_ACCEPT,
	CALL_ACCESS,
	CALL_BIND,
	CALL_CLOSE,
	CALL_EPOLL_CREATE,
	CALL_EPOLL_CTL,
	CALL_EPOLL_WAIT,
	CALL_EVENTFD,
	CALL_EXECVE,
	CALL_FCHMOD,
	CALL_FSYNC,
	CALL_GETRANDOM,
	CALL_GETSOCKNAME,
	CALL_IOCTL,
	CALL_LISTEN,
	CALL_MEMFD_CREATE,
	CALL_MMAP,
	CALL_OPEN,
	CALL_PIPE,
	CALL_POSIX_SPAWN,
	CALL_PTHREAD_CREATE,
	CALL_PWRITE,
	CALL_READ,
	CALL_RECV,
	CALL_RENAME,
	CALL_SEND,
	CALL_SENDMSG,
	CALL_SETSOCKOPT,
	CALL_SHUTDOWN,
	CALL_SOCKET,
	CALL_STAT,
	CALL_UNLINK,
	CALL_WRITE,
	CALL_WRITEV,
	CALLS
};

static const char *const call_names[CALLS] = {"malloc", "accept4", "access", "bind",
	"close", "epoll_create", "epoll_ctl", "epoll_wait", "eventfd", "execve",
	"fchmod", "fsync", "getrandom", "getsockname", "ioctl", "listen",
	"memfd_create", "mmap", "open", "pipe", "posix_spawn", "pthread_create",
	"pwrite", "read", "recv", "rename", "send", "sendmsg", "setsockopt", "shutdown",
	"socket", "stat", "unlink", "write", "writev"};

/* What a descriptor is, since what can fail depends on it. */
enum kind {
	KIND_NONE, /* no descriptor */
	KIND_FILE,
	KIND_LOG, /* standard error */
	KIND_PIPE,
	KIND_SOCKET,
	KIND_OTHER,
	KINDS
};

static const char *const kind_names[KINDS] = {
	"",
	"@file",
	"@log",
	"@pipe",
	"@socket",
	"@other",
};

/* As tests/functional/faults.py reads and writes it. */
struct slot {
	char name[32];
	uint64_t calls; /* there were so many */
	uint64_t at;    /* this one fails; 0 for none */
	uint64_t hits;  /* there were so many failures */
	int64_t error;  /* an errno, or -1: it takes one byte only */
};

static struct slot *slots;

/* Before main(), and before any thread. */
__attribute__((constructor)) static void
start(void)
{
	const char *path = getenv("PRATTLE_FAULTS");
	size_t size = sizeof(struct slot) * CALLS * KINDS;
	struct slot *map;
	int fd;

	if (path == NULL)
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
	/* Whoever made it has mapped it, too: it must not get smaller. */
	if (fd == -1 || lseek(fd, 0, SEEK_END) < (off_t)size)
		abort();
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		abort();
	syscall(SYS_close, fd);
	for (size_t i = 0; i < (size_t)CALLS * KINDS; i++)
		(void)snprintf(map[i].name, sizeof(map[i].name), "%s%s",
			call_names[i / KINDS], kind_names[i % KINDS]);
	slots = map;
}

static enum kind
kind_of(int fd)
{
	struct stat st;

	if (fd == STDERR_FILENO)
		return KIND_LOG;
	if (fstat(fd, &st) == -1)
		return KIND_OTHER;
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return KIND_FILE;
	if (S_ISSOCK(st.st_mode))
		return KIND_SOCKET;
	return S_ISFIFO(st.st_mode) ? KIND_PIPE : KIND_OTHER;
}

/* Count a call. 0, or its errno, or -1, as in struct slot. */
static int
fault(enum call call, enum kind kind)
{
	struct slot *slot;

	if (slots == NULL)
		return 0;
	slot = &slots[(size_t)call * KINDS + kind];
	if (__atomic_add_fetch(&slot->calls, 1, __ATOMIC_SEQ_CST) !=
		__atomic_load_n(&slot->at, __ATOMIC_SEQ_CST))
		return 0;
	__atomic_add_fetch(&slot->hits, 1, __ATOMIC_SEQ_CST);
	return (int)slot->error;
}

/* The same for a call that fails or does not: true with errno. */
static bool
fails(enum call call, enum kind kind)
{
	int error = fault(call, kind);

	if (error > 0)
		errno = error;
	return error > 0;
}

static bool
fails_on(enum call call, int fd)
{
	int saved = errno;
	enum kind kind = slots != NULL ? kind_of(fd) : KIND_NONE;

	errno = saved;
	return fails(call, kind);
}

/* The same for one that moves bytes, `*len` of them: it may become 1. */
static bool
fails_to_move(enum call call, int fd, size_t *len)
{
	int saved = errno;
	int error = fault(call, slots != NULL ? kind_of(fd) : KIND_NONE);

	errno = error > 0 ? error : saved;
	if (error == -1 && *len > 1)
		*len = 1;
	return error > 0;
}

/*
 * Memory
 */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *
malloc(size_t size)
{
	return fails(CALL_MALLOC, KIND_NONE) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails(CALL_MALLOC, KIND_NONE) ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	return fails(CALL_MALLOC, KIND_NONE) ? NULL : __libc_realloc(old, size);
}

/*
 * A passphrase shall take no tenth of a second here, or a thousand daemons would do
 * little else.
 */
char *
crypt_gensalt_rn(const char *prefix, unsigned long count, const char *bytes, int nbytes,
	char *out, int size)
{
	char *(*next)(const char *, unsigned long, const char *, int, char *, int);

	*(void **)&next = dlsym(RTLD_NEXT, "crypt_gensalt_rn");
	return next(prefix, slots != NULL ? 1 : count, bytes, nbytes, out, size);
}

int
pthread_create(
	pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	int error = fault(CALL_PTHREAD_CREATE, KIND_NONE);

	*(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
	return error > 0 ? error : next(thread, attr, run, arg);
}

/*
 * Other programs
 */

int
posix_spawn(pid_t *restrict pid, const char *restrict path,
	const posix_spawn_file_actions_t *restrict actions,
	const posix_spawnattr_t *restrict attr, char *const argv[restrict],
	char *const envp[restrict])
{
	int (*next)(pid_t *, const char *, const posix_spawn_file_actions_t *,
		const posix_spawnattr_t *, char *const[], char *const[]);
	int error = fault(CALL_POSIX_SPAWN, KIND_NONE);

	*(void **)&next = dlsym(RTLD_NEXT, "posix_spawn");
	return error > 0 ? error : next(pid, path, actions, attr, argv, envp);
}

int
execv(const char *path, char *const argv[])
{
	if (fails(CALL_EXECVE, KIND_NONE))
		return -1;
	return (int)syscall(SYS_execve, path, argv, environ);
}

/*
 * Descriptors
 */

static int
open_at(int folder, const char *path, int flags, va_list args)
{
	mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;

	if (fails(CALL_OPEN, KIND_NONE))
		return -1;
	return (int)syscall(SYS_openat, folder, path, flags, mode);
}

int
open(const char *path, int flags, ...)
{
	va_list args;
	int fd;

	va_start(args, flags);
	fd = open_at(AT_FDCWD, path, flags, args);
	va_end(args);
	return fd;
}

int
openat(int folder, const char *path, int flags, ...)
{
	va_list args;
	int fd;

	va_start(args, flags);
	fd = open_at(folder, path, flags, args);
	va_end(args);
	return fd;
}

/* It is closed all the same, as by Linux. */
int
close(int fd)
{
	int saved = errno;
	enum kind kind = slots != NULL ? kind_of(fd) : KIND_NONE;
	int rc;

	errno = saved;
	rc = (int)syscall(SYS_close, fd);
	return fails(CALL_CLOSE, kind) ? -1 : rc;
}

int
ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (fails_on(CALL_IOCTL, fd))
		return -1;
	return (int)syscall(SYS_ioctl, fd, request, arg);
}

int
memfd_create(const char *name, unsigned flags)
{
	if (fails(CALL_MEMFD_CREATE, KIND_NONE))
		return -1;
	return (int)syscall(SYS_memfd_create, name, flags);
}

int
pipe2(int fds[2], int flags)
{
	return fails(CALL_PIPE, KIND_NONE) ? -1 : (int)syscall(SYS_pipe2, fds, flags);
}

int
eventfd(unsigned count, int flags)
{
	if (fails(CALL_EVENTFD, KIND_NONE))
		return -1;
	return (int)syscall(SYS_eventfd2, count, flags);
}

int
epoll_create1(int flags)
{
	if (fails(CALL_EPOLL_CREATE, KIND_NONE))
		return -1;
	return (int)syscall(SYS_epoll_create1, flags);
}

int
epoll_ctl(int epoll, int what, int fd, struct epoll_event *event)
{
	/* Nothing can be wrong about taking something out. */
	if (what != EPOLL_CTL_DEL && fails_on(CALL_EPOLL_CTL, fd))
		return -1;
	return (int)syscall(SYS_epoll_ctl, epoll, what, fd, event);
}

int
epoll_wait(int epoll, struct epoll_event *events, int max, int timeout)
{
	if (fails(CALL_EPOLL_WAIT, KIND_NONE))
		return -1;
	return (int)syscall(SYS_epoll_pwait, epoll, events, max, timeout, NULL, 8);
}

/*
 * Files
 */

int
access(const char *path, int mode)
{
	if (fails(CALL_ACCESS, KIND_NONE))
		return -1;
	return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
}

int
stat(const char *restrict path, struct stat *restrict st)
{
	return fails(CALL_STAT, KIND_NONE) ? -1 : fstatat(AT_FDCWD, path, st, 0);
}

int
fchmod(int fd, mode_t mode)
{
	return fails(CALL_FCHMOD, KIND_NONE) ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int
fsync(int fd)
{
	return fails(CALL_FSYNC, KIND_NONE) ? -1 : (int)syscall(SYS_fsync, fd);
}

int
renameat(int from, const char *old, int to, const char *new)
{
	if (fails(CALL_RENAME, KIND_NONE))
		return -1;
	return (int)syscall(SYS_renameat2, from, old, to, new, 0);
}

int
unlinkat(int folder, const char *path, int flags)
{
	if (fails(CALL_UNLINK, KIND_NONE))
		return -1;
	return (int)syscall(SYS_unlinkat, folder, path, flags);
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

/* On Linux the system call takes the offset as it is wherever long has 64 bits. */
void *
mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	if (fd == -1 ? fails(CALL_MMAP, KIND_NONE) : fails_on(CALL_MMAP, fd))
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, at, len, prot, flags, fd, offset);
}

ssize_t
getrandom(void *bytes, size_t len, unsigned flags)
{
	if (fails(CALL_GETRANDOM, KIND_NONE))
		return -1;
	return syscall(SYS_getrandom, bytes, len, flags);
}

/*
 * Sockets
 */

int
socket(int family, int type, int protocol)
{
	if (fails(CALL_SOCKET, KIND_NONE))
		return -1;
	return (int)syscall(SYS_socket, family, type, protocol);
}

int
bind(int fd, const struct sockaddr *sa, socklen_t len)
{
	return fails(CALL_BIND, KIND_NONE) ? -1 : (int)syscall(SYS_bind, fd, sa, len);
}

int
listen(int fd, int backlog)
{
	return fails(CALL_LISTEN, KIND_NONE) ? -1
					     : (int)syscall(SYS_listen, fd, backlog);
}

int
accept4(int fd, struct sockaddr *restrict sa, socklen_t *restrict len, int flags)
{
	if (fails(CALL_ACCEPT, KIND_NONE))
		return -1;
	return (int)syscall(SYS_accept4, fd, sa, len, flags);
}

int
getsockname(int fd, struct sockaddr *restrict sa, socklen_t *restrict len)
{
	if (fails(CALL_GETSOCKNAME, KIND_NONE))
		return -1;
	return (int)syscall(SYS_getsockname, fd, sa, len);
}

int
setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	if (fails(CALL_SETSOCKOPT, KIND_NONE))
		return -1;
	return (int)syscall(SYS_setsockopt, fd, level, option, value, len);
}

int
shutdown(int fd, int how)
{
	if (fails(CALL_SHUTDOWN, KIND_NONE))
		return -1;
	return (int)syscall(SYS_shutdown, fd, how);
}

/*
 * Bytes
 */

ssize_t
read(int fd, void *bytes, size_t len)
{
	if (fails_to_move(CALL_READ, fd, &len))
		return -1;
	return syscall(SYS_read, fd, bytes, len);
}

ssize_t
write(int fd, const void *bytes, size_t len)
{
	if (fails_to_move(CALL_WRITE, fd, &len))
		return -1;
	return syscall(SYS_write, fd, bytes, len);
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	if (fails_to_move(CALL_PWRITE, fd, &len))
		return -1;
	return syscall(SYS_pwrite64, fd, bytes, len, offset);
}

ssize_t
recv(int fd, void *bytes, size_t len, int flags)
{
	if (fails_to_move(CALL_RECV, fd, &len))
		return -1;
	return syscall(SYS_recvfrom, fd, bytes, len, flags, NULL, NULL);
}

ssize_t
send(int fd, const void *bytes, size_t len, int flags)
{
	if (fails_to_move(CALL_SEND, fd, &len))
		return -1;
	return syscall(SYS_sendto, fd, bytes, len, flags, NULL, 0);
}

/* The first piece of several, cut to `len`. */
static struct iovec
first_piece(const struct iovec *iov, size_t len)
{
	return (struct iovec){iov->iov_base, len < iov->iov_len ? len : iov->iov_len};
}

ssize_t
writev(int fd, const struct iovec *iov, int count)
{
	size_t len = SIZE_MAX;
	struct iovec one;

	if (fails_to_move(CALL_WRITEV, fd, &len))
		return -1;
	one = first_piece(iov, len);
	return len == 1 ? syscall(SYS_writev, fd, &one, 1)
			: syscall(SYS_writev, fd, iov, count);
}

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
	size_t len = SIZE_MAX;
	struct msghdr cut = *msg;
	struct iovec one;

	if (fails_to_move(CALL_SENDMSG, fd, &len))
		return -1;
	one = first_piece(msg->msg_iov, len);
	cut.msg_iov = &one;
	cut.msg_iovlen = 1;
	return syscall(SYS_sendmsg, fd, len == 1 ? &cut : msg, flags);
}
