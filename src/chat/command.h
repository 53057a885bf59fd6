/* SPDX-License-Identifier: ISC */
#ifndef CHAT_COMMAND_H
#define CHAT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Commands: what people type after a slash. Rows of const tables (cmd_*.c); looking up,
 * permission and the number of arguments are settled in command_run() and nowhere else,
 * so a handler can't forget them. /help, the man page and the suggestions are loops
 * over the tables. To add one: add a row and its handler, a test, run
 * tools/update-docs.
 */
struct chat;
struct json;
struct user;

/*
 * Who may. No row may be without: command_check() refuses it. Each one may what those
 * before it may. Every use of a command that not everybody may use is one record in the
 * log ("audit: ..."), also if it was refused; but see is_peek.
 */
enum perm {
	PERM_UNSET,     /* what a forgotten .perm is */
	PERM_PEOPLE,    /* everybody present */
	PERM_MODERATOR, /* moderators of the current room, operators of that level */
	PERM_OPERATOR   /* operators of that level */
};

/* For whom it makes sense: people, operators' tools (chat/console.h), or both. */
enum command_place {
	PLACE_ROOM,
	PLACE_BOTH,
	PLACE_CONSOLE
};

/* What became of it. Whatever was not right has been told. */
enum command_result {
	COMMAND_RAN,
	COMMAND_REFUSED, /* not permitted */
	COMMAND_MISTYPED /* no such command, or other arguments */
};

#define COMMAND_ARGS_MAX 2

/* One use of a command, for the time of its handler. */
struct call {
	struct user *user;
	struct chat *chat;
	const struct command *command;
	struct str args[COMMAND_ARGS_MAX]; /* trimmed; empty where not given */
	size_t nargs;                      /* how many were given */
	/*
	 * If a program wants to have the answer: the object whose members it is. A
	 * handler may write some instead of what people would be told. Mostly NULL.
	 */
	struct json *json;
};

struct command {
	const char *name;
	const char *aliases; /* separated by blanks, may be NULL */
	/*
	 * Usage text and specification in one: "<x>" is needed, "[x]" may be left out,
	 * a last "...>" or "...]" takes the rest of the line. NULL: no arguments.
	 */
	const char *args;
	const char *choices; /* for the first argument, separated by blanks, or NULL */
	enum perm perm;
	enum command_place place;
	unsigned cost; /* in lines of limits.rate, besides the line itself; often 0 */
	bool is_peek;  /* only shows how things are: not logged if permitted */
	bool is_peek_alone; /* so it is without arguments */
	bool is_shown;      /* the answer shows again what was typed, as that of /me */
	void (*run)(struct call *call); /* answers through user_notice, user_error */
	/*
	 * Is there anything that it could do for this person, as things are configured?
	 * If not no list shows it; by its whole name it still runs, and says why not.
	 * NULL: always.
	 */
	bool (*is_of_use)(const struct user *user);
	const char *help; /* one sentence */
	const char *text; /* more for the man page, mdoc; may be NULL */
	/* The same for consoles, where it is another one; else NULL. */
	const char *console_help, *console_text;
};

/* One table per subject, each ended by a row without a name. */
extern const struct command cmd_talk[];
extern const struct command cmd_room[];
extern const struct command cmd_self[];
extern const struct command cmd_claim[];
extern const struct command cmd_info[];
extern const struct command cmd_order[];
extern const struct command cmd_daemon[];

/* Walk all commands: start with NULL, NULL at the end. */
const struct command *command_next(const struct command *command);

/*
 * Run `line`, which stands behind the slash, for `user`. Whatever is wrong is told to
 * the user in one line and seen by nobody else.
 */
enum command_result command_run(struct user *user, struct str line);

/* Is it for consoles, or for people? */
bool command_is_for(const struct command *command, bool is_console);

/* Its help, and its text (or NULL), for the ones or the others. */
const char *command_help(const struct command *command, bool is_console);
const char *command_text(const struct command *command, bool is_console);

/* May this person use the command? Asked in command_run(). */
bool command_permits(const struct command *command, const struct user *user);

/* Is it to be listed for this person: may he use it, and is it of use? */
bool command_is_listed(const struct command *command, const struct user *user);

/*
 * The command of that name or alias (without slash) for this person, or the one of
 * which it is the unambiguous beginning. NULL if there is none, with the reason for him
 * in `err`. A beginning is that of a command that is listed for him, and no other one
 * is named or suggested. A whole name or alias is that command, even if it is not his;
 * command_run() tells him so, and the log.
 */
const struct command *command_find(
	struct str name, const struct user *user, struct err *err);

/*
 * Will the answer to his line, which begins with a slash, show what was typed? If not
 * it would stand there alone where the typed line itself is not left on the screen.
 */
bool command_is_shown(const struct user *user, struct str line);

/* What is wrong with a row by itself ("has no permission"), or NULL. */
const char *command_fault(const struct command *command);

/* Do all rows make sense? -1 with the first fault in `err`. Called at start. */
must_use int command_check(struct err *err);

#endif
