/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/hash.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/passphrase.h"
#include "base/utf8.h"

/* A line that is longer than a passphrase can be, with its end. */
#define LINE_MAX_BYTES (PASSPHRASE_BYTES_MAX + 2)

/*
 * Read up to the end of a line, byte by byte, since what follows is not ours. False at
 * the end of the input, or when `stop` (-1: nothing) is readable.
 */
static bool
read_line(int stop, char line[LINE_MAX_BYTES], size_t *len)
{
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = stop, .events = POLLIN},
	};
	char c;

	for (*len = 0;; *len += *len < LINE_MAX_BYTES) {
		if (poll(fds, 2, -1) == -1 || fds[1].revents != 0)
			return false;
		if (read(STDIN_FILENO, &c, 1) != 1)
			return *len > 0;
		if (c == '\n')
			return true;
		if (*len < LINE_MAX_BYTES)
			line[*len] = c;
	}
}

/*
 * The same without an echo. Signals by which people end or stop what asks them are held
 * back, and act as soon as the echo is on again.
 */
static bool
read_hidden(char line[LINE_MAX_BYTES], size_t *len)
{
	static const int held[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
	struct termios shown, hidden;
	sigset_t hold, before;
	bool ok;
	int fd;

	if (tcgetattr(STDIN_FILENO, &shown) == -1)
		return read_line(-1, line, len);
	sigemptyset(&hold);
	for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++)
		sigaddset(&hold, held[i]);
	sigprocmask(SIG_BLOCK, &hold, &before);
	fd = signalfd(-1, &hold, SFD_CLOEXEC);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	ok = read_line(fd, line, len);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputs("\n", stderr);
	close(fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ok;
}

/*
 * Ask once, and append the answer as the daemon would see it if it were typed there:
 * what is no text is gone.
 */
static bool
ask(const char *prompt, struct buf *out)
{
	char line[LINE_MAX_BYTES];
	size_t len;
	bool ok;

	if (isatty(STDIN_FILENO)) {
		fputs(prompt, stderr);
		ok = read_hidden(line, &len);
	} else {
		ok = read_line(-1, line, &len);
	}
	/* Enough at once: what grows leaves copies behind. */
	(void)buf_reserve(out, sizeof(line) * 3);
	if (ok)
		utf8_clean(out, str_make(line, len));
	passphrase_wipe(line, sizeof(line));
	return ok;
}

static int
print_hash_of(struct str secret)
{
	char hash[PASSPHRASE_HASH_MAX];
	struct err err;

	if (passphrase_hash(secret, hash, &err) == -1) {
		fprintf(stderr, "prattled: %s\n", err.text);
		return EX_DATAERR;
	}
	printf("%s\n", hash);
	return EX_OK;
}

static void
wipe(struct buf *buf)
{
	if (buf->p != NULL)
		passphrase_wipe(buf->p, buf->cap);
	buf_fini(buf);
}

int
hash_print(void)
{
	struct buf first = {0}, second = {0};
	int rc = EX_DATAERR;

	if (!ask("Passphrase: ", &first))
		fputs("prattled: there is no passphrase\n", stderr);
	else if (isatty(STDIN_FILENO) && !ask("The same once more: ", &second))
		fputs("prattled: there is no passphrase\n", stderr);
	else if (isatty(STDIN_FILENO) && !str_eq(buf_str(&first), buf_str(&second)))
		fputs("prattled: the two are not the same\n", stderr);
	else
		rc = print_hash_of(buf_str(&first));
	wipe(&first);
	wipe(&second);
	return rc;
}
