/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/console.h"

#include <assert.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/name.h"
#include "base/state.h"
#include "base/utf8.h"
#include "chat/command.h"
#include "chat/msg.h"
#include "chat/peer.h"
#include "chat/room.h"
#include "chat/user.h"
#include "chat/user_name.h"

/* A line of the answer in words. */
struct heard {
	bool is_error;
	char *text; /* clean; owned */
};

struct console {
	struct user user; /* first, so that the user is the console */
	struct peer peer;
	char *from;
	struct heard *heard;
	size_t nheard;
	struct buf members; /* of the answer in JSON, as far as a command wrote them */
	struct json json;   /* writes them */
	bool wants_json;
	bool is_sure;
	enum console_next next;
	char *room;     /* with CONSOLE_LINES: its name */
	uint64_t nsaid; /* lines said there */
};

static struct console *
console_of(struct user *user)
{
	assert(user->is_console);
	return (struct console *)user;
}

static void
console_hear(struct peer *peer, const struct msg *msg)
{
	struct console *console =
		(struct console *)((char *)peer - offsetof(struct console, peer));
	struct buf text = {0};

	utf8_clean(&text, msg->text);
	console->heard = xreallocarray(
		console->heard, console->nheard + 1, sizeof(*console->heard));
	console->heard[console->nheard++] = (struct heard){
		.is_error = msg->kind == MSG_ERROR,
		.text = buf_take(&text),
	};
}

static const struct peer_ops console_ops = {.hear = console_hear};

/* A name for people, which stays one word in the files of the chat. Returns new. */
static char *
name_from(const char *name)
{
	char *copy = xstrndup(name, strnlen(name, NAME_MAX_BYTES));

	for (char *p = copy; *p != '\0'; p++) {
		if (*p != '-' && !name_ok(str_make(p, 1)))
			*p = '-';
	}
	return copy;
}

struct console *
console_new(struct chat *chat, const char *name, const char *from)
{
	struct console *console = xcalloc(1, sizeof(*console));
	struct user *user = &console->user;
	char *nick;

	console->from = xstrdup(from);
	console->peer = (struct peer){.ops = &console_ops, .from = console->from};
	user->chat = chat;
	user->peer = &console->peer;
	nick = name_from(name);
	user_write_nick(user, str_of(nick));
	free(nick);
	user->oper = xstrdup("control");
	user->level = PERM_OPERATOR;
	user->is_console = true;
	return console;
}

/* Forget the answer before. */
static void
reset(struct console *console)
{
	for (size_t i = 0; i < console->nheard; i++)
		free(console->heard[i].text);
	console->nheard = 0;
	buf_reset(&console->members);
	console->json = (struct json){.out = &console->members};
	free(console->room);
	console->room = NULL;
	console->nsaid = 0;
	console->wants_json = false;
	console->is_sure = false;
	console->next = CONSOLE_REQUEST;
}

void
console_free(struct console *console)
{
	if (console == NULL)
		return;
	reset(console);
	free(console->heard);
	buf_fini(&console->members);
	free(console->from);
	free(console->user.nick);
	free(console->user.oper);
	free(console);
}

static size_t
count_errors(const struct console *console)
{
	size_t count = 0;

	for (size_t i = 0; i < console->nheard; i++)
		count += console->heard[i].is_error;
	return count;
}

static void
print_words(const struct console *console, struct buf *out)
{
	for (size_t i = 0; i < console->nheard; i++)
		buf_printf(out, "%s %s\n", console->heard[i].is_error ? "!" : "-",
			console->heard[i].text);
}

/* The member `key`: an array of what was heard. */
static void
print_heard(
	const struct console *console, struct json *json, const char *key, bool errors)
{
	json_key(json, key);
	json_begin(json, '[');
	for (size_t i = 0; i < console->nheard; i++) {
		if (console->heard[i].is_error == errors)
			json_str(json, str_of(console->heard[i].text));
	}
	json_end(json, ']');
}

static void
print_object(const struct console *console, bool ok, struct buf *out)
{
	size_t errors = count_errors(console);
	struct json json = {.out = out};

	json_begin(&json, '{');
	json_member_bool(&json, "ok", ok);
	if (console->members.len > 0) {
		buf_add_char(out, ',');
		buf_add_str(out, buf_str(&console->members));
	}
	if (console->nheard > errors || (ok && console->members.len == 0))
		print_heard(console, &json, "text", false);
	if (errors > 0)
		print_heard(console, &json, "errors", true);
	json_end(&json, '}');
	buf_add_char(out, '\n');
}

static void
print_answer(const struct console *console, bool was_mistyped, struct buf *out)
{
	bool ok = !was_mistyped && count_errors(console) == 0;

	if (console->wants_json)
		print_object(console, ok, out);
	else
		print_words(console, out);
	buf_printf(out, "%s\n", ok ? "ok" : was_mistyped ? "usage" : "failed");
}

/* Take the words off the front that say how the request is meant. */
static void
take_flags(struct console *console, struct str *line)
{
	struct str rest = *line, word;

	while ((word = str_word(&rest)).len > 0) {
		if (str_eq(word, STR("json")))
			console->wants_json = true;
		else if (str_eq(word, STR("yes")))
			console->is_sure = true;
		else
			break;
		*line = rest;
	}
}

enum console_next
console_request(
	struct console *console, struct str line, struct moment now, struct buf *answer)
{
	struct chat *chat = console->user.chat;
	enum command_result result;
	struct buf clean = {0};
	struct str request;

	reset(console);
	chat->now = now;
	utf8_clean(&clean, line);
	request = str_trim(buf_str(&clean));
	take_flags(console, &request);
	/* People are used to it. */
	if (str_starts(request, STR("/")))
		request = str_from(request, 1);
	result = command_run(&console->user, request);
	buf_fini(&clean);
	if (console->next == CONSOLE_REQUEST)
		print_answer(console, result == COMMAND_MISTYPED, answer);
	else if (console->next == CONSOLE_LINES)
		buf_add_str(answer, STR("more\n"));
	return console->next;
}

bool
console_line(struct console *console, struct str line, struct moment now)
{
	struct user *user = &console->user;
	struct chat *chat = user->chat;
	struct room *room;
	struct buf clean = {0};
	struct str text;

	assert(console->next == CONSOLE_LINES);
	chat->now = now;
	room = room_find(chat, str_of(console->room));
	if (room == NULL) {
		user_error(user, "The room %s is gone.", console->room);
		return false;
	}
	utf8_clean(&clean, line);
	text = utf8_cut(buf_str(&clean), chat->conf->limits.line_length);
	if (str_trim(text).len > 0) {
		room_tell(room, str_of(user->nick), text);
		console->nsaid++;
	}
	buf_fini(&clean);
	return true;
}

void
console_finish(struct console *console, struct buf *answer)
{
	user_notice(&console->user, "Lines said in %s: %llu.", console->room,
		(unsigned long long)console->nsaid);
	print_answer(console, false, answer);
}

void
console_outcome(struct console *console, const char *why, struct buf *answer)
{
	struct user *user = &console->user;
	size_t people = chat_people(user->chat);

	if (why != NULL)
		user_error(user, "The restart has failed, and nothing has changed: %s",
			why);
	else
		user_notice(user, "Restarted as %s: %zu %s still here.", PACKAGE_STRING,
			people, people == 1 ? "person is" : "people are");
	print_answer(console, false, answer);
}

static const struct state_field kept_fields[] = {
	STATE_ROW(struct console_kept, name, 1, STATE_STR, .max = NAME_MAX_BYTES),
	STATE_ROW(struct console_kept, wants_json, 2, STATE_BOOL),
	STATE_ROW(struct console_kept, room, 3, STATE_STR, .max = NAME_MAX_BYTES + 1),
	STATE_ROW(struct console_kept, nsaid, 4, STATE_UINT),
};
const struct state_table console_kept_state =
	STATE_TABLE(console_kept, kept_fields, NULL);

struct console_kept
console_keep(const struct console *console)
{
	return (struct console_kept){
		.name = str_of(console->user.nick),
		.wants_json = console->wants_json,
		.room = console->room != NULL ? str_of(console->room) : (struct str){0},
		.nsaid = console->nsaid,
	};
}

void
console_resume(struct console *console, const struct console_kept *kept,
	enum console_next next)
{
	reset(console);
	console->wants_json = kept->wants_json;
	console->room = xstrndup(kept->room.p, kept->room.len);
	console->nsaid = kept->nsaid;
	console->next = next;
}

struct json *
console_json(struct user *user)
{
	struct console *console;

	if (!user->is_console)
		return NULL;
	console = console_of(user);
	return console->wants_json ? &console->json : NULL;
}

bool
console_is_sure(struct user *user)
{
	return user->is_console && console_of(user)->is_sure;
}

void
console_take_lines(struct user *user, const struct room *room)
{
	struct console *console = console_of(user);

	console->next = CONSOLE_LINES;
	console->room = xstrdup(room->name);
}

void
console_take_events(struct user *user)
{
	console_of(user)->next = CONSOLE_EVENTS;
}

void
console_take_outcome(struct user *user)
{
	console_of(user)->next = CONSOLE_OUTCOME;
}
