/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

/* Descriptors beside those of people: listeners, log, loop, files. */
#define SPARE_FDS 64

/* The process that was started: its exit code is what becomes of the child. */
static _Noreturn void
wait_for_child(pid_t child, int ready_fd)
{
	char byte;
	ssize_t n;
	int status;

	do
		n = read(ready_fd, &byte, 1);
	while (n == -1 && errno == EINTR);
	if (n == 1)
		_exit(EX_OK);
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	_exit(EX_SOFTWARE);
}

int
daemon_fork(struct err *err)
{
	int ready[2];
	pid_t child;

	if (pipe2(ready, O_CLOEXEC) == -1) {
		err_set(err, "can't go to the background: %s", strerror(errno));
		return -1;
	}
	child = fork();
	if (child == -1) {
		err_set(err, "can't go to the background: %s", strerror(errno));
		close(ready[0]);
		close(ready[1]);
		return -1;
	}
	if (child > 0) {
		close(ready[1]);
		wait_for_child(child, ready[0]);
	}
	close(ready[0]);
	setsid(); /* can't fail: a new child leads no process group */
	return ready[1];
}

void
daemon_detach(int ready_fd)
{
	int null = open("/dev/null", O_RDWR);

	if (chdir("/") == -1)
		log_warn("can't change to /: %s", strerror(errno));
	if (null != -1) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	/* If the waiting process was killed meanwhile, nobody needs to know. */
	(void)!write(ready_fd, "", 1);
	close(ready_fd);
}

/* The process in the file if it is alive, else 0. */
static pid_t
pidfile_owner(const char *path)
{
	char text[32];
	uint64_t pid;
	size_t len;
	FILE *file = mem_fopen(path, "re");

	if (file == NULL)
		return 0;
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (str_to_uint(str_make(text, len), &pid) == -1 || pid == 0 || pid > INT32_MAX)
		return 0;
	if (kill((pid_t)pid, 0) == -1 && errno == ESRCH)
		return 0;
	return (pid_t)pid;
}

int
daemon_write_pidfile(const char *path, struct err *err)
{
	pid_t owner = pidfile_owner(path);
	FILE *file;
	bool ok;

	if (owner != 0 && owner != getpid()) {
		err_set(err, "%s says that process %ld runs already", path,
			(long)owner);
		return -1;
	}
	file = mem_fopen(path, "we");
	ok = file != NULL && fprintf(file, "%ld\n", (long)getpid()) > 0;
	if (file != NULL && fclose(file) == EOF)
		ok = false;
	if (!ok) {
		err_set(err, "can't write pidfile %s: %s", path, strerror(errno));
		return -1;
	}
	return 0;
}

/* The numbers of a user by name or number. A number need not have an account. */
static int
find_user(const char *name, uid_t *uid, gid_t *gid, struct err *err)
{
	const struct passwd *pw = getpwnam(name);
	uint64_t number;

	if (pw == NULL && str_to_uint(str_of(name), &number) == 0) {
		pw = getpwuid((uid_t)number);
		*uid = (uid_t)number;
		*gid = pw != NULL ? pw->pw_gid : (gid_t)number;
		return 0;
	}
	if (pw == NULL) {
		err_set(err, "[server] user: there is no user \"%s\"", name);
		return -1;
	}
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return 0;
}

int
daemon_find_group(const char *name, const char *option, gid_t *gid, struct err *err)
{
	const struct group *gr = getgrnam(name);
	uint64_t number;

	if (gr != NULL) {
		*gid = gr->gr_gid;
	} else if (str_to_uint(str_of(name), &number) == 0) {
		*gid = (gid_t)number;
	} else {
		err_set(err, "%s: there is no group \"%s\"", option, name);
		return -1;
	}
	return 0;
}

int
daemon_become(const struct server_conf *conf, struct err *err)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (conf->user[0] != '\0' && find_user(conf->user, &uid, &gid, err) == -1)
		return -1;
	if (conf->group[0] != '\0' &&
		daemon_find_group(conf->group, "[server] group", &gid, err) == -1)
		return -1;
	if (uid == getuid() && gid == getgid())
		return 0;
	/* The group goes first: without root it can't be changed any more. */
	if (setgroups(1, &gid) == -1 || setresgid(gid, gid, gid) == -1 ||
		setresuid(uid, uid, uid) == -1) {
		int code = errno;
		bool has_user = conf->user[0] != '\0',
		     has_group = conf->group[0] != '\0';

		err_set(err, "can't become %s%s%s%s%s: %s", has_user ? "user " : "",
			conf->user, has_user && has_group ? ", " : "",
			has_group ? "group " : "", conf->group, strerror(code));
		return -1;
	}
	return 0;
}

void
daemon_raise_nofile_most(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	/* Whether it was enough is seen by whoever needs them. */
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

void
daemon_raise_nofile(uint64_t clients)
{
	rlim_t want = (rlim_t)clients + SPARE_FDS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	if (limit.rlim_cur < want) {
		limit.rlim_cur = want < limit.rlim_max ? want : limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
			(void)getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur < want)
		log_warn("limits.clients is %llu, but descriptors suffice for about "
			 "%llu; "
			 "raise the limit of open files",
			(unsigned long long)clients,
			(unsigned long long)(limit.rlim_cur > SPARE_FDS
					? limit.rlim_cur - SPARE_FDS
					: 0));
}
