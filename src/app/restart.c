/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/restart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/state.h"
#include "base/str.h"

#include "app/cli.h"
#include "app/handover.h"
#include "app/service.h"
#include "app/signals.h"

/* How long the new program may take to look at the state, seconds. */
#define CHECK_S 10

/* How long one waits for a turn without work under way, and then for the work. */
#define IDLE_MS 1000
#define SETTLE_MS 2000

/* How long the log may take to hand over what is queued, milliseconds. */
#define LOG_STOP_MS 500

/* Of what the child says, so much is of interest. */
#define SAID_MAX 500

/* "PID:FD" for the process that goes on. */
#define STATE_VARIABLE "PRATTLED_STATE"

/*
 * The program
 */

/* Are both the same file? */
static bool
is_same_file(const char *a, const char *b)
{
	struct stat st_a, st_b;

	return stat(a, &st_a) == 0 && stat(b, &st_b) == 0 &&
		st_a.st_dev == st_b.st_dev && st_a.st_ino == st_b.st_ino;
}

/* What the kernel says is being run. Returns new, NULL if it can't be told. */
static char *
executed_path(void)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path));

	return len > 0 && len < (ssize_t)sizeof(path) ? xstrndup(path, (size_t)len)
						      : NULL;
}

/*
 * The path by which we were started, for that may be a link which leads to another
 * version later on; else what it led to. Returns new, NULL if it can't be told.
 */
static char *
program_path(const char *name)
{
	char *path = NULL, *folder = NULL;

	if (name[0] == '/')
		path = xstrdup(name);
	else if (strchr(name, '/') != NULL && (folder = getcwd(NULL, 0)) != NULL)
		path = xasprintf("%s/%s", folder, name);
	free(folder);
	if (path != NULL && is_same_file(path, "/proc/self/exe"))
		return path;
	free(path);
	return executed_path();
}

/*
 * The end of an attempt
 */

/* Back to where nothing was begun. */
static void
reset(struct restart *restart)
{
	if (restart->phase == RESTART_LAST_TURN)
		signals_release();
	if (restart->said != -1)
		close(restart->said);
	restart->said = -1;
	restart->phase = RESTART_NOT;
	event_del(restart->ended);
	event_del(restart->timer);
}

static void
fail(struct restart *restart, const char *why)
{
	reset(restart);
	restart->ops->failed(restart->arg, why);
}

/*
 * The child
 */

/* What the child has said first, a line, terminated. */
static void
read_said(const struct restart *restart, char said[SAID_MAX])
{
	ssize_t len = read(restart->said, said, SAID_MAX - 1);

	said[len > 0 ? len : 0] = '\0';
	said[strcspn(said, "\n")] = '\0';
}

static void
describe_end(
	const struct restart *restart, int status, const char *said, struct err *err)
{
	if (restart->is_late)
		err_set(err, "%s has not answered within %d s", restart->program,
			CHECK_S);
	else if (WIFSIGNALED(status))
		err_set(err, "%s was ended by signal %d", restart->program,
			WTERMSIG(status));
	else if (said[0] != '\0')
		err_set(err, "%s: %s", restart->program, said);
	else
		err_set(err, "%s has ended with status %d and not said why",
			restart->program, WEXITSTATUS(status));
}

static void
on_ended(evutil_socket_t number, short what, void *arg)
{
	struct restart *restart = arg;
	char said[SAID_MAX];
	struct err err;
	int status;

	(void)number;
	(void)what;
	if (waitpid(restart->child, &status, WNOHANG) != restart->child)
		return;
	read_said(restart, said);
	/* Other programs end well, too; this one says so. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
		str_starts(str_of(said), STR(HANDOVER_OK))) {
		log_info("restart: %s", said);
		restart->phase = RESTART_DUE;
		restart->due_since = 0;
		event_del(restart->ended);
		event_del(restart->timer);
		return;
	}
	describe_end(restart, status, said, &err);
	fail(restart, err.text);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct restart *restart = arg;

	(void)fd;
	(void)what;
	if (restart->phase != RESTART_CHECKING)
		return; /* it has only made the loop turn */
	restart->is_late = true;
	kill(restart->child, SIGKILL);
}

/* What the child has for standard input, output and error, and which signals. */
static int
prepare_spawn(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attr,
	int state_fd, int say_fd)
{
	sigset_t none, defaults;
	int rc;

	sigemptyset(&none);
	sigfillset(&defaults);
	rc = posix_spawn_file_actions_addopen(
		actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, say_fd, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, say_fd, STDERR_FILENO);
	/* On itself: it stays open. */
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, state_fd, state_fd);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(attr, &none);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(attr, &defaults);
	if (rc == 0)
		rc = posix_spawnattr_setflags(
			attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return rc;
}

static int
spawn(struct restart *restart, int state_fd, int say_fd, struct err *err)
{
	char number[16];
	const char *const more[] = {"--check-state", number, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	char **argv;
	int rc;

	snprintf(number, sizeof(number), "%d", state_fd);
	argv = cli_words(restart->cli, restart->program, more);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	rc = prepare_spawn(&actions, &attr, state_fd, say_fd);
	if (rc == 0)
		rc = posix_spawn(&restart->child, restart->program, &actions, &attr,
			argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	cli_words_free(argv);
	if (rc == 0)
		return 0;
	err_set(err, "can't execute %s: %s", restart->program, strerror(rc));
	return -1;
}

/* Have the new program look at the state. */
static int
check(struct restart *restart, int state_fd, struct err *err)
{
	static const struct timeval limit = {CHECK_S, 0};
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1) {
		err_set(err, "can't make a pipe: %s", strerror(errno));
		return -1;
	}
	rc = spawn(restart, state_fd, ends[1], err);
	close(ends[1]);
	if (rc == -1) {
		close(ends[0]);
		return -1;
	}
	restart->said = ends[0];
	restart->phase = RESTART_CHECKING;
	restart->is_late = false;
	event_add(restart->timer, &limit);
	return 0;
}

int
restart_begin(struct restart *restart, struct err *err)
{
	struct state_fds fds = {0};
	int state_fd, rc = -1;

	if (restart->phase != RESTART_NOT) {
		err_set(err, "a restart is under way already");
		return -1;
	}
	if (restart->program == NULL) {
		err_set(err, "it is not known which program to execute");
		return -1;
	}
	state_fd = restart->ops->save(restart->arg, &fds, err);
	state_fds_fini(&fds);
	if (state_fd == -1)
		return -1;
	/* Before there is a child whose end could be missed. */
	if (event_add(restart->ended, NULL) == -1)
		err_set(err, "can't wait for a child");
	else
		rc = check(restart, state_fd, err);
	if (rc == -1)
		event_del(restart->ended);
	close(state_fd);
	return rc;
}

/*
 * Going over
 */

/* Let the descriptors stay open, or not, in the program that is executed. */
static void
set_cloexec(const struct state_fds *fds, int state_fd, bool on)
{
	for (size_t i = 0; i < fds->count; i++)
		(void)fcntl(fds->v[i], F_SETFD, on ? FD_CLOEXEC : 0);
	(void)fcntl(state_fd, F_SETFD, on ? FD_CLOEXEC : 0);
}

/* Execute the program. Returns if that fails, with the reason in `err`. */
static void
execute(struct restart *restart, const struct state_fds *fds, int state_fd,
	struct err *err)
{
	char **argv = cli_words(restart->cli, restart->program, NULL);
	char value[48];

	snprintf(value, sizeof(value), "%ld:%d", (long)getpid(), state_fd);
	set_cloexec(fds, state_fd, false);
	if (setenv(STATE_VARIABLE, value, 1) == 0)
		execv(restart->program, argv);
	err_set(err, "can't execute %s: %s", restart->program, strerror(errno));
	unsetenv(STATE_VARIABLE);
	set_cloexec(fds, state_fd, true);
	cli_words_free(argv);
}

/* It is time. Returns if it does not work; then all is as it was. */
static void
go(struct restart *restart)
{
	struct state_fds fds = {0};
	struct err err;
	int state_fd;

	log_notice("restart: going over to %s", restart->program);
	log_stop(LOG_STOP_MS);
	service_notify_reloading();
	state_fd = restart->ops->save(restart->arg, &fds, &err);
	if (state_fd != -1) {
		execute(restart, &fds, state_fd, &err);
		close(state_fd);
	}
	state_fds_fini(&fds);
	log_start();
	service_notify("READY=1");
	fail(restart, err.text);
}

/*
 * Is the work that is under way done? First one waits for a turn without any, then for
 * the work.
 */
static bool
is_settled(struct restart *restart, int64_t now)
{
	if (restart->ops->is_idle(restart->arg))
		return true;
	if (restart->due_since == 0)
		restart->due_since = now;
	if (now - restart->due_since < IDLE_MS)
		return false;
	if (restart->ops->settle(restart->arg, SETTLE_MS))
		return true;
	fail(restart, "the work under way takes too long");
	return false;
}

bool
restart_turn(struct restart *restart, int64_t now)
{
	static const struct timeval soon = {0, 10000}, at_once = {0, 0};

	if (restart->phase != RESTART_DUE && restart->phase != RESTART_LAST_TURN)
		return false;
	if (!is_settled(restart, now)) {
		if (restart->phase != RESTART_NOT)
			event_add(restart->timer, &soon);
	} else if (restart->phase == RESTART_DUE) {
		/*
		 * One more turn, in which the signals that have come are acted on; the
		 * others wait for the next process.
		 */
		signals_hold();
		restart->phase = RESTART_LAST_TURN;
		event_add(restart->timer, &at_once);
	} else {
		go(restart);
	}
	return restart->phase == RESTART_NOT;
}

/*
 * Start and end
 */

int
restart_init(struct restart *restart, struct event_base *base, const struct cli *cli,
	const struct restart_ops *ops, void *arg)
{
	*restart = (struct restart){
		.ops = ops,
		.arg = arg,
		.cli = cli,
		.said = -1,
		.program = program_path(cli->program),
		.ended = evsignal_new(base, SIGCHLD, on_ended, restart),
		.timer = evtimer_new(base, on_timer, restart),
	};
	return restart->ended != NULL && restart->timer != NULL ? 0 : -1;
}

void
restart_fini(struct restart *restart)
{
	if (restart->phase == RESTART_CHECKING) {
		kill(restart->child, SIGKILL);
		(void)waitpid(restart->child, NULL, 0);
	}
	if (restart->ended != NULL) {
		reset(restart);
		event_free(restart->ended);
	}
	if (restart->timer != NULL)
		event_free(restart->timer);
	free(restart->program);
	*restart = (struct restart){.said = -1};
}

int
restart_take_state(void)
{
	const char *text = getenv(STATE_VARIABLE);
	struct str rest, pid;
	uint64_t number, fd = 0;
	bool is_ours;

	if (text == NULL)
		return -1;
	rest = str_of(text);
	is_ours = str_split(&rest, ':', &pid) && str_to_uint(pid, &number) == 0 &&
		number == (uint64_t)getpid() && rest.p != NULL &&
		str_to_uint(rest, &fd) == 0 && fd <= INT32_MAX &&
		fcntl((int)fd, F_SETFD, FD_CLOEXEC) == 0;
	unsetenv(STATE_VARIABLE);
	return is_ours ? (int)fd : -1;
}
