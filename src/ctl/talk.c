/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "ctl/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"

/* A daemon that says nothing for so long is stuck. */
#define PATIENCE_S 30

#define CHUNK 16384

struct talk {
	int fd;
	struct buf out; /* to be sent, from out_at on */
	size_t out_at;
	struct buf in;           /* what has come of a line */
	bool is_pumping;         /* standard input goes to the daemon */
	bool is_stopped;         /* nothing more is sent */
	bool is_patient;         /* it may take its time: lines, or events */
	bool has_lost;           /* part of standard input */
	bool has_ended;          /* the last line has come ... */
	enum talk_result result; /* ... and what it says */
};

/* Is colour wanted on standard error? (See no-color.org.) */
static bool
wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDERR_FILENO) && (no == NULL || no[0] == '\0') && term != NULL &&
		strcmp(term, "dumb") != 0;
}

void
talk_complain(const char *fmt, ...)
{
	bool colour = wants_colour();
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%sprattlectl:%s ", colour ? "\033[1;31m" : "",
		colour ? "\033[0m" : "");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

static void
complain_unwritten(void)
{
	talk_complain("can't write to standard output");
}

enum talk_result
talk_finish(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return TALK_OK;
	complain_unwritten();
	return TALK_FAILED;
}

/* What helps, beside what the system says. */
static const char *
advice(const char *path, int error)
{
	struct stat st;

	switch (error) {
	case EAGAIN:
		return " (prattled does not answer)";
	case ENOENT:
		return " (is prattled running, and its socket there? else name it "
		       "with -s)";
	case ECONNREFUSED:
		if (stat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
			return " (that is no socket)";
		return " (prattled is not running any more)";
	case EACCES:
	case EPERM:
		return " (who may is told by [control] in prattled's configuration)";
	default:
		return "";
	}
}

int
talk_connect(const char *path, struct err *err)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = PATIENCE_S};
	int fd, error;

	if (path[0] == '\0') {
		err_set(err, "the path of the socket is empty");
		return -1;
	}
	if (!str_copy(str_of(path), sa.sun_path, sizeof(sa.sun_path))) {
		err_set(err, "the path of the socket is too long: %s", path);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* Where too many wait already connect(2) waits, too. */
	if (fd != -1 &&
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) ==
			0 &&
		connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0 &&
		fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		return fd;
	error = errno;
	if (fd != -1)
		close(fd);
	err_set(err, "can't reach prattled at %s: %s%s", path, strerror(error),
		advice(path, error));
	return -1;
}

/*
 * The answer
 */

static void
end(struct talk *talk, enum talk_result result)
{
	talk->has_ended = true;
	talk->result = result;
}

static void
on_line(struct talk *talk, struct str line)
{
	static const struct {
		const char *word;
		enum talk_result result;
	} last[] = {{"ok", TALK_OK}, {"failed", TALK_FAILED}, {"usage", TALK_USAGE}};

	if (str_starts(line, STR("- "))) {
		line = str_from(line, 2);
		printf("%.*s\n", (int)line.len, line.p);
		return;
	}
	if (str_starts(line, STR("! "))) {
		line = str_from(line, 2);
		talk_complain("%.*s", (int)line.len, line.p);
		return;
	}
	if (str_starts(line, STR("{"))) {
		talk->is_patient = true;
		printf("%.*s\n", (int)line.len, line.p);
		return;
	}
	if (str_eq(line, STR("more"))) {
		talk->is_patient = true;
		talk->is_pumping = true;
		return;
	}
	for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
		if (str_eq(line, str_of(last[i].word))) {
			end(talk, last[i].result);
			return;
		}
	}
	talk_complain("this is no prattled: it says \"%.*s\"", (int)line.len, line.p);
	end(talk, TALK_UNREACHABLE);
}

static void
on_lines(struct talk *talk)
{
	struct str rest = buf_str(&talk->in);
	struct buf left = {0};
	const char *newline;

	while (!talk->has_ended && rest.len > 0 &&
		(newline = memchr(rest.p, '\n', rest.len)) != NULL) {
		size_t len = (size_t)(newline - rest.p);

		on_line(talk, str_make(rest.p, len));
		rest = str_from(rest, len + 1);
	}
	buf_add_str(&left, rest);
	buf_fini(&talk->in);
	talk->in = left;
	/* Events would be lost one by one; talk_finish() says so. */
	if (fflush(stdout) == EOF)
		end(talk, TALK_FAILED);
}

static void
receive(struct talk *talk)
{
	ssize_t n = read(talk->fd, buf_reserve(&talk->in, CHUNK), CHUNK);

	if (n > 0) {
		talk->in.len += (size_t)n;
		on_lines(talk);
	} else if (n == 0) {
		talk_complain("prattled has closed the connection");
		end(talk, TALK_UNREACHABLE);
	} else if (errno != EAGAIN && errno != EINTR) {
		talk_complain(
			"the connection to prattled is broken: %s", strerror(errno));
		end(talk, TALK_UNREACHABLE);
	}
}

/*
 * What goes there
 */

static size_t
unsent(const struct talk *talk)
{
	return talk->is_stopped ? 0 : talk->out.len - talk->out_at;
}

/* A daemon that takes no more has said why, or is gone: both will be read. */
static void
transmit(struct talk *talk)
{
	ssize_t n =
		send(talk->fd, talk->out.p + talk->out_at, unsent(talk), MSG_NOSIGNAL);

	if (n >= 0)
		talk->out_at += (size_t)n;
	else if (errno != EAGAIN && errno != EINTR)
		talk->is_stopped = true;
}

/* Standard input, as far as it is there; its end is told to the daemon. */
static void
pump(struct talk *talk)
{
	ssize_t n;

	buf_reset(&talk->out);
	talk->out_at = 0;
	n = read(STDIN_FILENO, buf_reserve(&talk->out, CHUNK), CHUNK);
	if (n > 0) {
		talk->out.len = (size_t)n;
		return;
	}
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		talk_complain("can't read standard input: %s", strerror(errno));
		talk->has_lost = true;
	}
	/* Its rate may keep the lines there for long: one stays patient. */
	talk->is_pumping = false;
	shutdown(talk->fd, SHUT_WR);
}

/* Nobody reads what is printed any more: end as by writing it. */
static void
lose_reader(struct talk *talk)
{
	raise(SIGPIPE);
	/* Somebody ignores that for us. */
	complain_unwritten();
	end(talk, TALK_FAILED);
}

/* Wait for whatever is next, and do it. */
static void
turn(struct talk *talk)
{
	bool sends = unsent(talk) > 0;
	bool pumps = talk->is_pumping && !talk->is_stopped && !sends;
	struct pollfd fds[] = {
		{.fd = talk->fd, .events = (short)(POLLIN | (sends ? POLLOUT : 0))},
		{.fd = pumps ? STDIN_FILENO : -1, .events = POLLIN},
		/* Who reads events may go before the next one comes. */
		{.fd = talk->is_patient && !talk->is_pumping ? STDOUT_FILENO : -1},
	};
	int n = poll(fds, 3, talk->is_patient ? -1 : PATIENCE_S * 1000);

	if (n == -1)
		return;
	if (n == 0) {
		talk_complain("prattled does not answer");
		end(talk, TALK_UNREACHABLE);
		return;
	}
	if (fds[0].revents & POLLOUT)
		transmit(talk);
	if (fds[0].revents & (POLLIN | POLLHUP | POLLERR))
		receive(talk);
	else if (fds[1].revents != 0)
		pump(talk);
	else if (fds[2].revents & POLLERR)
		lose_reader(talk);
}

enum talk_result
talk(int fd, struct str request)
{
	struct talk talk = {.fd = fd};

	buf_add_str(&talk.out, request);
	buf_add_char(&talk.out, '\n');
	while (!talk.has_ended)
		turn(&talk);
	close(fd);
	buf_fini(&talk.in);
	buf_fini(&talk.out);
	if (talk_finish() != TALK_OK)
		return TALK_FAILED;
	return talk.has_lost && talk.result == TALK_OK ? TALK_FAILED : talk.result;
}
