/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/user.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/name_utf8.h"
#include "base/suggest.h"
#include "base/table.h"
#include "chat/command.h"
#include "chat/gate.h"
#include "chat/history.h"
#include "chat/moderation.h"
#include "chat/render.h"
#include "chat/room.h"
#include "chat/style.h"
#include "chat/user_alike.h"
#include "chat/user_ask.h"
#include "chat/user_claim.h"
#include "chat/user_name.h"
#include "chat/user_style.h"

/* How many people the lists shown to a newcomer name; the rest is a number. */
#define NAMES_SHOWN 20

/* How many names are tried for "did you mean": a typo may not cost a walk over all. */
#define SUGGEST_TRIED 200

static struct str
user_id_key(const struct user *user)
{
	return str_make((const char *)&user->id, sizeof(user->id));
}

static struct user *
user_new(struct chat *chat, struct peer *peer)
{
	struct user *user = xcalloc(1, sizeof(*user));
	char guest[GUEST_NAME_MAX];

	user->chat = chat;
	user->peer = peer;
	user->id = peer->id;
	user->arrived = chat->now.mono;
	user->active = chat->now.mono;
	user_set_nick(user, user_guest_name(user, guest));
	table_insert(chat->users_by_id, user_id_key(user), user);
	TAILQ_INSERT_TAIL(&chat->idle, user, idle_link);
	TAILQ_INSERT_TAIL(&chat->settling, user, settling_link);
	user->is_exempt = chat_is_exempt(chat, peer);
	if (peer->has_addr)
		gate_enter(chat->gate, &peer->addr);
	user->is_silent = !user->is_exempt;
	if (user->is_silent)
		TAILQ_INSERT_TAIL(&chat->silent, user, silent_link);
	return user;
}

/* He has said a first line, or never will. */
static void
user_set_heard(struct user *user)
{
	if (user->is_silent)
		TAILQ_REMOVE(&user->chat->silent, user, silent_link);
	user->is_silent = false;
}

void
user_free(struct user *user)
{
	struct chat *chat = user->chat;

	user->peer = NULL; /* nothing is handed to him any more */
	while (user->nmembers > 0)
		room_leave(user->members[user->nmembers - 1]);
	if (!user->is_settled && !user->is_gone)
		TAILQ_REMOVE(&chat->settling, user, settling_link);
	user_set_heard(user);
	TAILQ_REMOVE(user->is_gone ? &chat->leaving : &chat->idle, user, idle_link);
	user_drop_nick(user);
	table_remove(chat->users_by_id, user_id_key(user));
	ignore_fini(&user->ignored);
	free(user->farewell);
	user_ask_forget(user);
	free(user->oper);
	free(user->away);
	free(user->nick);
	free(user);
}

/* Topic, last lines, and who is there: what one sees on entering a room. */
static void
user_show_room(struct user *user, const struct room *room)
{
	struct msg msg = user_msg(user, MSG_PRESENT);
	struct buf names = {0};

	if (room->topic != NULL)
		user_notice(user, "Topic of %s: %s", room->name, room->topic);
	if (history_count(room->history) > 0) {
		user_notice(user, "Earlier in %s:", room->name);
		user_show_history(user, room, history_count(room->history));
	}
	room_names(room, user, NAMES_SHOWN, &names);
	if (names.len == 0)
		buf_add_str(&names, STR("nobody but you"));
	else
		buf_add_str(&names, STR(" and you"));
	msg.where = str_of(room->name);
	msg.text = buf_str(&names);
	user_deliver(user, &msg);
	buf_fini(&names);
}

/* Put a newcomer into the rooms that the config names for newcomers. */
static void
user_autojoin(struct user *user)
{
	const struct conf *conf = user->chat->conf;
	bool some = false;

	for (size_t i = 0; i < conf->nrooms; i++)
		some = some || conf->rooms[i]->autojoin;
	for (size_t i = 0; i < conf->nrooms; i++) {
		struct room *room;

		if (some ? !conf->rooms[i]->autojoin : i > 0)
			continue;
		room = room_find(user->chat, str_of(conf->rooms[i]->section_name));
		assert(room != NULL);
		if (room_enter(room, user) == NULL)
			user_error(user, "%s is full.", room->name);
		else if (user->current == NULL)
			user->current = room;
	}
}

struct user *
user_arrive(struct chat *chat, struct peer *peer, struct moment now)
{
	struct user *user;
	struct msg msg;

	chat->now = now;
	user = user_new(chat, peer);
	user_autojoin(user);
	msg = user_msg(user, MSG_WELCOME);
	msg.where =
		user->current != NULL ? str_of(user->current->name) : STR("no room");
	user_deliver(user, &msg);
	(void)user_show_motd(user);
	closing_tell(user);
	for (size_t i = 0; i < user->nmembers; i++)
		user_show_room(user, user->members[i]->room);
	if (chat->conf->server.settle == 0 && !user->is_gone)
		user_settle(user);
	return user;
}

void
user_line(struct user *user, struct str line, struct moment now)
{
	struct chat *chat = user->chat;

	chat->now = now;
	if (user->is_gone)
		return;
	user->active = now.mono;
	user_set_heard(user);
	flood_charge(user, 1, line.len, now.mono);
	TAILQ_REMOVE(&chat->idle, user, idle_link);
	TAILQ_INSERT_TAIL(&chat->idle, user, idle_link);

	if (user->question != ASK_NOTHING) {
		user_answer(user, line);
		return;
	}
	if (str_trim(line).len == 0)
		return;
	if (str_starts(line, STR("/")) && !str_starts(line, STR("//"))) {
		(void)command_run(user, str_from(line, 1));
		return;
	}
	if (line.p[0] == '/')
		line = str_from(line, 1);
	if (user->current == NULL) {
		user_error(user,
			"You are in no room, nobody heard that. "
			"/rooms shows the rooms, /join enters one.");
		return;
	}
	if (!moderation_may_speak(user, user->current))
		return;
	user->has_spoken = true;
	room_say(user->current, user, MSG_SAY, line);
}

void
user_quit(struct user *user, struct str why)
{
	struct chat *chat = user->chat;

	if (user->is_gone)
		return;
	user_claim_leave(user);
	user_alike_leave(user);
	if (!user->is_settled)
		TAILQ_REMOVE(&chat->settling, user, settling_link);
	TAILQ_REMOVE(&chat->idle, user, idle_link);
	TAILQ_INSERT_TAIL(&chat->leaving, user, idle_link);
	user_set_heard(user);
	for (size_t i = 0; i < user->nmembers; i++)
		traffic_withdraw(user->members[i]);
	/* One who was lost at a restart has no peer, and has not been counted. */
	if (user->peer != NULL && user->peer->has_addr)
		gate_leave(chat->gate, &user->peer->addr);
	user->is_gone = true;
	user->peer = NULL;
	user->farewell = xstrndup(why.p, why.len);
}

void
user_hangup(struct user *user, struct str why, enum reason reason)
{
	struct peer *peer = user->peer;

	audience_catch_up(user); /* which may find that he is gone */
	if (user->is_gone)
		return;
	user_quit(user, why);
	peer->ops->hangup(peer, reason);
}

bool
user_is_quiet(const struct user *user)
{
	return user->settings[SETTING_QUIET] == QUIET_ON;
}

/* Does the person not want to see this? What he caused himself he always sees. */
static bool
user_hides(const struct user *user, const struct msg *msg)
{
	if (msg->from == user->id)
		return false;
	if (msg_is_noise(msg->kind) && user_is_quiet(user))
		return true;
	return msg_is_speech(msg->kind) &&
		ignore_has(&user->ignored, msg->nick, msg->from);
}

void
user_deliver(struct user *user, struct msg *msg)
{
	struct chat *chat = user->chat;
	struct extent extent;

	if (user_hides(user, msg))
		return;
	audience_catch_up(user); /* which may find that he is gone */
	if (user->is_gone)
		return;
	if (user->peer->ops->hear != NULL) {
		user->peer->ops->hear(user->peer, msg);
		return;
	}
	extent = render(chat->page, chat->conf, msg, user_style(user, msg));
	if (extent.len == 0)
		return;
	chat->deliveries++;
	/* What has gone wrong he learns before he does it again. */
	user->peer->ops->deliver(user->peer, extent, msg->kind == MSG_ERROR);
}

void
user_set_terminal(struct user *user, struct terminal terminal)
{
	bool was_exposed = user->terminal.is_exposed;

	user->terminal = terminal;
	user_restyle(user);
	/* The question came before the client's refusal. */
	if (terminal.is_exposed && !was_exposed && user->question != ASK_NOTHING &&
		user->question != ASK_CONFIRM)
		user_error(
			user, "What you type WILL BE VISIBLE: your client shows it.");
}

void
user_set(struct user *user, enum setting_id id, int16_t value)
{
	bool is_peers =
		id == SETTING_EDIT || id == SETTING_PAGER || id == SETTING_READER;

	user->settings[id] = value;
	user_restyle(user);
	/* A client that refuses is asked again: so not for what does not concern it. */
	if (is_peers && !user->is_gone)
		user->peer->ops->configure(user->peer);
}

struct peer_wishes
user_peer_wishes(const struct user *user)
{
	return (struct peer_wishes){
		/* Redrawing a line makes a screen reader read it again and again. */
		.edit = user->settings[SETTING_EDIT] == EDIT_ON &&
			!(user->style & STYLE_READER),
		.pager = user->settings[SETTING_PAGER] == PAGER_ON,
	};
}

void
user_prompt(const struct user *user, struct buf *out)
{
	if (user->question == ASK_CONFIRM) {
		buf_add_str(out, STR("yes? "));
	} else if (user->question != ASK_NOTHING) {
		buf_add_str(out, STR("Passphrase: "));
	} else {
		if (user->current != NULL)
			buf_add_str(out, str_of(user->current->name));
		buf_add_str(out, STR("> "));
	}
}

static void
user_tell(struct user *user, enum msg_kind kind, const char *fmt, va_list args)
{
	char *text = xvasprintf(fmt, args);
	struct msg msg = user_msg(user, kind);

	msg.text = str_of(text);
	user_deliver(user, &msg);
	free(text);
}

void
user_notice(struct user *user, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	user_tell(user, MSG_NOTICE, fmt, args);
	va_end(args);
}

void
user_error(struct user *user, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	user_tell(user, MSG_ERROR, fmt, args);
	va_end(args);
}

struct msg
user_msg(const struct user *user, enum msg_kind kind)
{
	return (struct msg){
		.kind = kind,
		.from = user->id,
		.by = user,
		.nick = str_of(user->nick),
		.wall = user->chat->now.wall,
	};
}

struct user *
user_find(struct chat *chat, struct str nick)
{
	char folded[NAME_MAX_BYTES + 1];
	struct user *user = NULL;

	if (nick.len <= NAME_MAX_BYTES) /* longer ones would fold to the same */
		user = table_find(chat->users, name_utf8_fold(nick, folded));
	return user != NULL && !user->is_gone ? user : NULL;
}

struct user *
user_find_id(struct chat *chat, uint64_t id)
{
	struct user *user =
		table_find(chat->users_by_id, str_make((const char *)&id, sizeof(id)));

	return user != NULL && !user->is_gone ? user : NULL;
}

struct user *
user_find_or_tell(struct user *asker, struct str nick)
{
	struct user *found = user_find(asker->chat, nick);
	const struct room *room = asker->current;
	struct suggest suggest;
	char hint[128];

	if (found != NULL)
		return found;
	suggest_init(&suggest, nick);
	for (size_t i = 0; room != NULL && i < room->count && i < SUGGEST_TRIED; i++) {
		if (!room->members[i]->user->is_gone)
			suggest_offer(&suggest, room->members[i]->user->nick);
	}
	user_error(asker, "Nobody here is called %.*s%s.", (int)nick.len, nick.p,
		suggest_text(&suggest, "", "", hint, sizeof(hint)));
	return NULL;
}

struct member *
user_member(const struct user *user, const struct room *room)
{
	for (size_t i = 0; i < user->nmembers; i++) {
		if (user->members[i]->room == room)
			return user->members[i];
	}
	return NULL;
}

void
user_join(struct user *user, struct room *room)
{
	struct member *member = user_member(user, room);
	bool is_new = member == NULL;

	if (is_new)
		member = room_enter(room, user);
	if (member == NULL) {
		user_error(user, "%s is full.", room->name);
		return;
	}
	user->current = room;
	user_notice(user, "You are talking in %s now.", room->name);
	if (is_new)
		user_show_room(user, room);
	/* Who has just come is announced later. */
	if (is_new && user->is_settled)
		traffic_join(member, false);
}

void
user_part(struct user *user, struct room *room, struct str why)
{
	struct member *member = user_member(user, room);

	if (user->is_settled)
		traffic_part(member, why);
	room_leave(member);
	user_notice(user, "You have left %s.", room->name);
	if (user->current != NULL)
		user_notice(user, "You are talking in %s now.", user->current->name);
	else
		user_notice(user, "You are in no room now. /join enters one.");
}

void
user_show_history(struct user *user, const struct room *room, size_t count)
{
	for (size_t back = count; back > 0; back--) {
		struct msg msg = history_get(room->history, back - 1);

		msg.is_old = true;
		msg.where = str_of(room->name);
		user_deliver(user, &msg);
	}
}

bool
user_show_motd(struct user *user)
{
	struct str rest, line;

	if (user->chat->motd == NULL)
		return false;
	rest = str_of(user->chat->motd);
	while (str_split(&rest, '\n', &line)) {
		struct msg msg = user_msg(user, MSG_MOTD);

		msg.text = line;
		user_deliver(user, &msg);
	}
	return true;
}

void
user_settle(struct user *user)
{
	user->is_settled = true;
	TAILQ_REMOVE(&user->chat->settling, user, settling_link);
	/* Whoever has spoken meanwhile need not be announced behind his own line. */
	for (size_t i = 0; i < user->nmembers; i++)
		traffic_join(
			user->members[i], room_has_heard(user->members[i]->room, user));
}

void
user_announce_quit(struct user *user)
{
	if (user->is_settled && !user->chat->is_closing)
		traffic_quit(user);
	user->is_settled = false;
}

const struct netaddr *
user_addr(const struct user *user)
{
	return user->peer->has_addr ? &user->peer->addr : NULL;
}

/* Room for a pointer to one more membership. */
static void
user_grow_members(struct user *user)
{
	if (user->nmembers == 0) {
		user->members = &user->only;
	} else if (user->nmembers == 1) {
		user->members = xreallocarray(NULL, 2, sizeof(*user->members));
		user->members[0] = user->only;
	} else {
		user->members = xreallocarray(
			user->members, user->nmembers + 1, sizeof(*user->members));
	}
}

struct member *
user_add_member(struct user *user)
{
	bool is_free = user->first.user == NULL;
	struct member *member = is_free ? &user->first : xcalloc(1, sizeof(*member));

	member->user = user;
	user_grow_members(user);
	user->members[user->nmembers++] = member;
	return member;
}

void
user_remove_member(struct user *user, struct member *member)
{
	const struct room *room = member->room;
	size_t kept = 0;

	for (size_t i = 0; i < user->nmembers; i++) {
		if (user->members[i] != member)
			user->members[kept++] = user->members[i];
	}
	user->nmembers = kept;
	if (kept == 1) {
		user->only = user->members[0];
		free(user->members);
		user->members = &user->only;
	}
	if (member == &user->first)
		*member = (struct member){0};
	else
		free(member);
	/* The room last joined of those that are left takes the lines from now on. */
	if (user->current == room)
		user->current = kept > 0 ? user->members[kept - 1]->room : NULL;
}
