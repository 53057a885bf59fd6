/* SPDX-License-Identifier: ISC */
#ifndef CHAT_CONSOLE_H
#define CHAT_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/moment.h"
#include "base/str.h"

/*
 * An operator who is not in the room: somebody, or a program, who sends requests in
 * lines and gets answers in lines. To the commands it is a struct user like any other,
 * with the level of an operator, whose peer collects what it is told; but it is in no
 * room and no register, so nobody sees it, and nothing counts it. What it knows of
 * sockets is nothing: app/control.c has those.
 *
 * A request is a command without its slash, and before it, if wanted, "json" for an
 * answer in JSON, and "yes" to whatever would be asked. The answer is lines ended by
 * LF, of which the first bytes tell what they are:
 *
 *	- text		words of the answer
 *	! text		what is wrong
 *	{...}		with "json" the whole answer, one object
 *	more		send lines; the end of the input ends them
 *	ok		the last one: it is done
 *	failed		the last one: it is not
 *	usage		the last one: there is no such command, or it has other
 *			arguments
 *
 * There are as many requests as one likes. "more" comes for `say ROOM -`. After
 * `events` there is no last line: the answer is an object for each event. That of
 * `restart` comes when it is known what has become of it, from whichever process.
 */
struct chat;
struct console;
struct json;
struct room;
struct state_table;
struct user;

/* What is to be done with it next. */
enum console_next {
	CONSOLE_REQUEST, /* console_request() */
	CONSOLE_LINES, /* console_line() for each line, console_finish() at their end */
	CONSOLE_EVENTS, /* events are sent until it goes away */
	CONSOLE_OUTCOME /* console_outcome(), when the restart has worked, or has not */
};

/*
 * `name` is who it is for people ("root"), `from` for the log ("uid 0 pid 4711"). Both
 * are copied; what can't be in a name is replaced in the former. Returns new.
 */
struct console *console_new(struct chat *chat, const char *name, const char *from);

/* NULL is fine. */
void console_free(struct console *console);

/*
 * Carry out a request (a line without its end, any bytes) and append the answer. The
 * answers to CONSOLE_LINES and CONSOLE_OUTCOME have their last line still to come.
 */
enum console_next console_request(struct console *console, struct str line,
	struct moment now, struct buf *answer);

/*
 * After CONSOLE_LINES: one line, said as a notice to the room; an empty one is not
 * said. False if that goes no more (the room is gone): then console_finish() tells why.
 */
must_use bool console_line(struct console *console, struct str line, struct moment now);

/* Append what is left of the answer. */
void console_finish(struct console *console, struct buf *answer);

/*
 * After CONSOLE_OUTCOME: append the answer. `why` says why the restart has failed; it
 * is NULL if it has not, and then this is another process than the one that was asked.
 */
void console_outcome(struct console *console, const char *why, struct buf *answer);

/*
 * What another process has to know of a console to go on with it, also in the midst of
 * an answer. Texts borrow.
 */
struct console_kept {
	struct str name; /* as people see it */
	bool wants_json;
	struct str room; /* with CONSOLE_LINES */
	uint64_t nsaid;  /* there */
};
extern const struct state_table console_kept_state;

struct console_kept console_keep(const struct console *console);

/* Have a new one go on there; `next` is what is to be done with it. */
void console_resume(struct console *console, const struct console_kept *kept,
	enum console_next next);

/*
 * For commands: what is special if the user is a console; nothing for people.
 */

/* The members of the answer that it gets, if that is JSON; else NULL. */
struct json *console_json(struct user *user);

/* Has it said "yes" ahead? */
bool console_is_sure(struct user *user);

/*
 * What comes next are lines for that room, nothing but events for it, or what becomes
 * of a restart.
 */
void console_take_lines(struct user *user, const struct room *room);
void console_take_events(struct user *user);
void console_take_outcome(struct user *user);

#endif
