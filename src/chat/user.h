/* SPDX-License-Identifier: ISC */
#ifndef CHAT_USER_H
#define CHAT_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/moment.h"
#include "base/str.h"
#include "chat/chat.h"
#include "chat/flood.h"
#include "chat/ignore.h"
#include "chat/member.h"
#include "chat/msg.h"
#include "chat/peer.h"
#include "chat/setting.h"

/*
 * A person who is present. Owned by the chat's registry; lives from user_arrive() to
 * the sweep after user_quit().
 */
struct ban;
struct room;

/* What the next line of a person is an answer to. */
enum user_question {
	ASK_NOTHING,
	ASK_ROOM_KEY,    /* the passphrase of the room asked_about */
	ASK_NAME,        /* that of the claimed name asked_about */
	ASK_CLAIM,       /* a new one for the own name */
	ASK_CLAIM_AGAIN, /* the same again, to compare with `secret` */
	ASK_OPER,        /* that of the operator asked_about */
	ASK_CONFIRM      /* "yes" to what is in `pending` */
};

/*
 * What is needed to hand somebody a line stands together at the front, and what is
 * small at the end: there are many of these.
 */
struct user {
	struct chat *chat;
	struct peer *peer;       /* NULL once gone */
	struct member first;     /* one of them, or unused: most are in one room */
	struct member *only;     /* what `members` points to as long as there is one */
	struct member **members; /* rooms, in the order of joining */
	size_t nmembers;
	struct room *current; /* where lines go; NULL only if in no room */
	uint64_t id;          /* peer->id */
	char *nick;
	char *key; /* folded nick; the key in chat->users; in the same allocation */
	char *skeleton;     /* what the nick looks like; NULL: not in chat->alikes */
	struct user *alike; /* the next one there whose name looks the same */
	char *away;         /* NULL: here; "": away without words */
	struct ignore_list ignored;
	uint64_t last_from; /* id of who wrote privately last, for /reply */
	uint64_t mentioned; /* mark of the last message that holds the name */
	uint64_t seen;      /* see chat_new_mark() */
	uint64_t rung_by;   /* id of who rang the bell last */
	int64_t rung_at;    /* when he last said something to ring for, monotonic */
	int64_t arrived;    /* monotonic milliseconds */
	int64_t active;     /* last line, monotonic milliseconds */
	struct flood flood;
	char *farewell;      /* words of the one who is gone, for the room */
	char *asked_about;   /* with a question: the name it is about; owned */
	char *secret;        /* with ASK_CLAIM_AGAIN: the first answer; owned, wiped */
	struct ban *pending; /* with ASK_CONFIRM; owned */
	char *oper;          /* name of the operator he is, or NULL; owned */
	TAILQ_ENTRY(user) settling_link;
	TAILQ_ENTRY(user) silent_link;
	TAILQ_ENTRY(user) idle_link; /* in chat->idle, or chat->leaving once gone */
	struct terminal terminal;
	uint32_t style; /* of lines that have nothing special, see chat/style.h */
	int level;      /* enum perm: PERM_PEOPLE, or more by /oper */
	enum user_question question;
	unsigned wrong; /* passphrases so far, see user_ask_wrong() */
	int16_t settings[SETTINGS];
	bool is_exempt;  /* from the limits of an address */
	bool is_silent;  /* in chat->silent: no line yet */
	bool is_settled; /* was here long enough to be announced */
	bool has_spoken;
	bool is_gone;      /* marked by user_quit() */
	bool is_console;   /* no person, and in no register; see chat/console.h */
	bool is_verifying; /* a passphrase is being checked or hashed */
	bool is_owner;     /* of the claimed name that he has */
};

/*
 * Somebody comes: gets a guest name and the rooms with autojoin, and is greeted. The
 * peer is borrowed until user_quit() or its hangup. Returns the user, never NULL; it
 * may be gone already (the greeting was more than the peer could take).
 */
struct user *user_arrive(struct chat *chat, struct peer *peer, struct moment now);

/*
 * A person typed a line: clean text without its end (utf8_clean). What begins with one
 * slash is a command, anything else is said in the current room.
 */
void user_line(struct user *user, struct str line, struct moment now);

/*
 * user_quit: the session has ended, the peer is not used any more. user_hangup: it is
 * to end, and the peer is told so. Both only mark; more calls change nothing. `why` is
 * shown to the rooms and may be empty.
 */
void user_quit(struct user *user, struct str why);
void user_hangup(struct user *user, struct str why, enum reason reason);

/* What the peer is to do by the person's settings. */
struct peer_wishes {
	bool edit;  /* edit the line for him, if his client can */
	bool pager; /* stop at each full screen */
};

struct peer_wishes user_peer_wishes(const struct user *user);

/* The peer has learnt about the person's terminal. */
void user_set_terminal(struct user *user, struct terminal terminal);

/* Change a setting; the value is one of setting_parse(). */
void user_set(struct user *user, enum setting_id id, int16_t value);

/* Does the person not want to see who comes and goes? */
bool user_is_quiet(const struct user *user);

/* Append what stands before the line that the person types: "#lobby> ". */
void user_prompt(const struct user *user, struct buf *out);

/* What stands before a command where this one types it: "/" of people. */
static inline const char *
user_slash(const struct user *user)
{
	return user->is_console ? "" : "/";
}

/* Tell a person, in his style, unless he does not want to see it. */
void user_deliver(struct user *user, struct msg *msg);

/* One line to one person, as a notice or as an error. Texts are already clean. */
void user_notice(struct user *user, const char *fmt, ...) printf_like(2, 3);
void user_error(struct user *user, const char *fmt, ...) printf_like(2, 3);

/* A message caused by this person now; the texts borrow from the user. */
struct msg user_msg(const struct user *user, enum msg_kind kind);

/* The person of that name or id who is present, or NULL. */
struct user *user_find(struct chat *chat, struct str nick);
struct user *user_find_id(struct chat *chat, uint64_t id);

/* As user_find(), and says so to `asker` (with a suggestion) if there is nobody. */
struct user *user_find_or_tell(struct user *asker, struct str nick);

/* The person's membership in a room, or NULL. */
struct member *user_member(const struct user *user, const struct room *room);

/* Go into a room (already there: make it the current one), greeted and announced. */
void user_join(struct user *user, struct room *room);

/* Go out of a room, announced. */
void user_part(struct user *user, struct room *room, struct str why);

/* The last `count` lines of a room as they are, for somebody who has joined or asks. */
void user_show_history(struct user *user, const struct room *room, size_t count);

/* The message of the day, if there is one. False if not. */
bool user_show_motd(struct user *user);

/* Announce a newcomer to the rooms he is in. */
void user_settle(struct user *user);

/* Tell those who shared a room with the one who has left; only the first time. */
void user_announce_quit(struct user *user);

/* Where the person comes from; NULL if from a unix socket. He is present. */
const struct netaddr *user_addr(const struct user *user);

/*
 * For room.c, which keeps both ends of a membership: a new one, which knows its user
 * only; the end of one, which is freed.
 */
struct member *user_add_member(struct user *user);
void user_remove_member(struct user *user, struct member *member);

/* Take out of all registers and free. For the sweep and chat_free(). */
void user_free(struct user *user);

#endif
