/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/user_name.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/name_utf8.h"
#include "base/table.h"
#include "chat/audience.h"
#include "chat/observer.h"
#include "chat/room.h"
#include "chat/store.h"
#include "chat/user.h"
#include "chat/user_claim.h"

void
user_write_nick(struct user *user, struct str nick)
{
	char folded[NAME_MAX_BYTES + 1];
	struct str key = name_utf8_fold(nick, folded);
	char *names = xmalloc(nick.len + key.len + 2);
	bool fits = str_copy(nick, names, nick.len + 1) &&
		str_copy(key, names + nick.len + 1, key.len + 1);

	assert(fits);
	free(user->nick);
	user->nick = names;
	user->key = names + nick.len + 1;
	free(user->skeleton);
	user->skeleton = NULL;
}

void
user_set_nick(struct user *user, struct str nick)
{
	struct chat *chat = user->chat;

	user_write_nick(user, nick);
	table_insert(chat->users, str_of(user->key), user);
	chat->shapes[name_shape(str_of(user->key))]++;
}

void
user_drop_nick(struct user *user)
{
	struct chat *chat = user->chat;

	table_remove(chat->users, str_of(user->key));
	chat->shapes[name_shape(str_of(user->key))]--;
}

bool
user_may_be(const struct chat *chat, struct str word)
{
	/* Folding changes no more of ASCII than its case, of other text anything. */
	return chat->conf->server.nick_charset == NICK_UTF8 ||
		chat->shapes[name_shape(word)] > 0;
}

struct str
user_guest_name(const struct user *user, char out[GUEST_NAME_MAX])
{
	int len = snprintf(
		out, GUEST_NAME_MAX, "guest%llu", (unsigned long long)user->id);

	return str_make(out, (size_t)len);
}

bool
user_is_guest_name(struct str nick)
{
	uint64_t number;

	return str_istarts(nick, STR("guest")) &&
		str_to_uint(str_from(nick, strlen("guest")), &number) == 0;
}

static size_t
count_characters(struct str s)
{
	size_t count = 0;

	for (size_t i = 0; i < s.len; i++)
		count += ((unsigned char)s.p[i] & 0xC0) != 0x80;
	return count;
}

bool
user_nick_ok(const struct chat *chat, struct str nick)
{
	return chat->conf->server.nick_charset == NICK_UTF8 ? name_utf8_ok(nick)
							    : name_ok(nick);
}

int
user_check_nick(const struct user *user, struct str nick, struct err *err)
{
	const struct conf *conf = user->chat->conf;
	uint64_t max = conf->limits.nick_length;

	if (count_characters(nick) > max || nick.len > NAME_MAX_BYTES) {
		err_set(err, "That name is too long: at most %llu characters.",
			(unsigned long long)max);
		return -1;
	}
	if (!user_nick_ok(user->chat, nick)) {
		err_set(err,
			conf->server.nick_charset == NICK_UTF8
				? "A name is made of letters of one script, digits, _ "
				  "and -, and does not begin with -."
				: "A name is made of the letters A to Z, digits, _ and "
				  "-, and does not begin with -.");
		return -1;
	}
	if (user_is_guest_name(nick)) {
		err_set(err,
			"Names like guest7 are given to newcomers; choose another.");
		return -1;
	}
	return 0;
}

/* What the name of somebody looks like; kept, since it is much asked for. */
static struct str
skeleton_of(struct user *user)
{
	char skeleton[NAME_SKELETON_MAX + 1];

	if (user->skeleton == NULL)
		user->skeleton =
			xstrdup(name_utf8_skeleton(str_of(user->nick), skeleton).p);
	return str_of(user->skeleton);
}

/* A name that people would take for this one: present, or claimed; or NULL. */
static const char *
find_alike(const struct user *user, struct str nick)
{
	const struct claim *claim = claims_find_alike(user->chat->store->claims, nick);
	char own[NAME_SKELETON_MAX + 1], folded[NAME_MAX_BYTES + 1];
	struct str skeleton = name_utf8_skeleton(nick, own);
	struct str key = name_utf8_fold(nick, folded);
	struct user *other;

	TAILQ_FOREACH (other, &user->chat->idle, idle_link) {
		if (other != user && str_eq(skeleton_of(other), skeleton) &&
			!str_eq(key, str_of(other->key)))
			return other->nick;
	}
	/* His own does not stand in his way. */
	if (claim == NULL ||
		(user->is_owner && str_eq(str_of(claim->key), str_of(user->key))))
		return NULL;
	return claim->nick;
}

/* Who has gone keeps his name until the sweep, unless somebody wants it before. */
static void
vacate(struct user *gone)
{
	char guest[GUEST_NAME_MAX];

	assert(gone->is_gone);
	user_announce_quit(gone);
	user_drop_nick(gone);
	user_set_nick(gone, user_guest_name(gone, guest));
}

/* Does the room know him? Who is not yet announced will be; who spoke was seen. */
static bool
is_known(const struct user *user, const struct member *member)
{
	return user->has_spoken || (user->is_settled && !traffic_is_pending(member));
}

/* Whoever knows the person by the old name hears of the new one, each once. */
static void
announce(struct user *user, struct str old)
{
	struct msg msg = user_msg(user, MSG_RENAME);
	uint64_t mark = chat_new_mark(user->chat);

	msg.nick = old;
	msg.new_nick = str_of(user->nick);
	user_deliver(user, &msg);
	if (user->is_settled || user->has_spoken)
		observe(user->chat,
			(struct observation){
				.what = OBSERVED_RENAMED,
				.nick = old,
				.other = msg.new_nick,
			});
	for (size_t i = 0; i < user->nmembers; i++) {
		const struct member *member = user->members[i];

		if (is_known(user, member))
			audience_post(member->room, &msg, mark);
	}
}

int
user_rename(struct user *user, struct str nick, struct err *err)
{
	struct chat *chat = user->chat;
	char folded[NAME_MAX_BYTES + 1];
	const char *alike;
	struct user *other;
	char *old;

	if (user_check_nick(user, nick, err) == -1)
		return -1;
	if (chat->conf->server.nick_charset == NICK_UTF8 &&
		(alike = find_alike(user, nick)) != NULL) {
		err_set(err, "That name looks like %s, which is taken.", alike);
		return -1;
	}
	other = table_find(chat->users, name_utf8_fold(nick, folded));
	if (other != NULL && other != user && !other->is_gone) {
		err_set(err, "The name %s is taken.", other->nick);
		return -1;
	}
	if (str_eq(nick, str_of(user->nick))) {
		err_set(err, "That is your name already.");
		return -1;
	}

	log_info("conn %llu: rename: %s -> %.*s", (unsigned long long)user->id,
		user->nick, (int)nick.len, nick.p);
	if (other != NULL && other != user)
		vacate(other);
	if (other != user)
		user_claim_leave(user);
	old = xstrdup(user->nick);
	user_drop_nick(user);
	user_set_nick(user, nick);
	announce(user, str_of(old));
	free(old);
	return 0;
}
