/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/chat_state.h"

#include "base/state.h"
#include "base/table.h"
#include "chat/chat.h"
#include "chat/gate.h"
#include "chat/moderation.h"
#include "chat/peer.h"
#include "chat/room.h"
#include "chat/room_state.h"
#include "chat/store.h"
#include "chat/user.h"
#include "chat/user_claim.h"
#include "chat/user_state.h"

/* The records, in their order. A number is never given to another one. */
enum record {
	RECORD_CHAT = 16,
	RECORD_GATE = 17,
	RECORD_STORE = 18,
	RECORD_ROOM = 19,
	RECORD_USER = 20,
	RECORD_WAITING = 21,
};

static const char *const lockdowns[] = {
	[LOCKDOWN_OFF] = "off",
	[LOCKDOWN_MUTE] = "mute",
	[LOCKDOWN_CLOSED] = "closed",
	[LOCKDOWN_CLAIMED] = "claimed",
};

static const struct state_field chat_fields[] = {
	STATE_ROW(struct chat, lockdown, 1, STATE_ENUM, .words = lockdowns,
		.nwords = sizeof(lockdowns) / sizeof(lockdowns[0])),
	STATE_ROW(struct chat, lockdown_since, 2, STATE_SINCE),
	STATE_ROW(struct chat, lockdown_until, 3, STATE_SINCE),
	STATE_ROW(struct chat, started.mono, 4, STATE_AGE),
	STATE_ROW(struct chat, started.wall, 5, STATE_INT),
	STATE_ROW(struct chat, lines, 6, STATE_UINT),
	STATE_ROW(struct chat, asker, 7, STATE_UINT),
	STATE_ROW(struct chat, closing.at, 8, STATE_SINCE),
	STATE_ROW(struct chat, closing.told, 9, STATE_INT),
	STATE_ROW(struct chat, closing.by, 10, STATE_STRING),
};

static int
accept_chat(void *record, struct err *err)
{
	const struct chat *chat = record;

	if (chat->closing.at == 0 || chat->closing.by != NULL)
		return 0;
	err_set(err, "an end that nobody has announced");
	return -1;
}

static const struct state_table chat_table =
	STATE_TABLE(chat, chat_fields, accept_chat);

/* Who is in which queue of those that not everybody is in, in its order. */
struct waiting {
	struct state_numbers settling, silent; /* ids */
};
static const struct state_field waiting_fields[] = {
	STATE_ROW(struct waiting, settling, 1, STATE_NUMBERS),
	STATE_ROW(struct waiting, silent, 2, STATE_NUMBERS),
};
static const struct state_table waiting_table =
	STATE_TABLE(waiting, waiting_fields, NULL);

/* What is in memory of a file of the store, and not yet there. */
struct unwritten {
	enum store_file file;
	struct stamp stamp; /* of the file that it goes back to */
	struct str text;
};

static const char *const files[] = {[STORE_BANS] = "bans", [STORE_CLAIMS] = "claims"};

static const struct state_field stamp_fields[] = {
	STATE_ROW(struct stamp, mtime_ns, 1, STATE_INT),
	STATE_ROW(struct stamp, size, 2, STATE_INT),
	STATE_ROW(struct stamp, device, 3, STATE_UINT),
	STATE_ROW(struct stamp, inode, 4, STATE_UINT),
};
static const struct state_table stamp_table = STATE_TABLE(stamp, stamp_fields, NULL);

static const struct state_field unwritten_fields[] = {
	STATE_ROW(struct unwritten, file, 1, STATE_ENUM, .words = files,
		.nwords = sizeof(files) / sizeof(files[0])),
	STATE_ROW(struct unwritten, stamp, 2, STATE_RECORD, .table = &stamp_table),
	STATE_ROW(struct unwritten, text, 3, STATE_STR),
};
static const struct state_table unwritten_table =
	STATE_TABLE(unwritten, unwritten_fields, NULL);

/*
 * Saving
 */

/*
 * Is it in memory alone? Without a folder bans are, and there are no claims. What is
 * being written may never be: some are found to have left when all is sent, and no
 * process waits for a job that begins so late.
 */
static bool
is_unwritten(const struct store *store, enum store_file file)
{
	if (store->folder[0] == '\0')
		return file == STORE_BANS && store->bans.count > 0;
	return store->files[file].is_dirty || store->files[file].is_saving;
}

static void
save_store(const struct store *store, struct state_out *out)
{
	for (enum store_file file = 0; file < STORE_FILES; file++) {
		struct unwritten unwritten = {
			.file = file, .stamp = store->files[file].stamp};
		struct buf text = {0};

		if (!is_unwritten(store, file))
			continue;
		if (file == STORE_BANS)
			bans_print(&store->bans, &text);
		else
			claims_print(store->claims, &text);
		unwritten.text = buf_str(&text);
		state_put(out, RECORD_STORE, &unwritten_table, &unwritten);
		buf_fini(&text);
	}
}

static void
save_waiting(const struct chat *chat, struct state_out *out)
{
	struct waiting waiting = {0};
	const struct user *user;

	TAILQ_FOREACH (user, &chat->settling, settling_link)
		state_numbers_add(&waiting.settling, user->id);
	TAILQ_FOREACH (user, &chat->silent, silent_link)
		state_numbers_add(&waiting.silent, user->id);
	state_put(out, RECORD_WAITING, &waiting_table, &waiting);
	state_numbers_fini(&waiting.settling);
	state_numbers_fini(&waiting.silent);
}

void
chat_state_save(const struct chat *chat, struct state_out *out)
{
	const struct room *room;
	const struct user *user;
	size_t at = 0;

	state_put(out, RECORD_CHAT, &chat_table, chat);
	gate_save(chat->gate, out, RECORD_GATE);
	save_store(chat->store, out);
	while ((room = table_next(chat->rooms, &at)) != NULL)
		room_state_save(room, out, RECORD_ROOM);
	/* In the order in which they become idle. */
	TAILQ_FOREACH (user, &chat->idle, idle_link)
		user_state_save(user, out, RECORD_USER);
	save_waiting(chat, out);
}

/*
 * Restoring
 */

static int
restore_store(struct chat *chat, struct state_in *in, const struct state_item *item,
	struct err *err)
{
	struct unwritten unwritten = {0};
	struct store *store = chat->store;
	struct errlist errors = {0};
	int rc = state_get(in, item, &unwritten_table, &unwritten, err);

	if (rc == -1)
		return -1;
	if (unwritten.file == STORE_BANS)
		rc = bans_load(&store->bans, unwritten.text, "unwritten bans",
			chat->now.wall, &errors);
	else
		rc = claims_load(
			store->claims, unwritten.text, "unwritten claims", &errors);
	if (rc == -1)
		err_set(err, "%s", errors.texts[0]);
	errlist_fini(&errors);
	if (rc == 0) {
		/* Whoever has written the file meanwhile is found out by that. */
		store->files[unwritten.file].stamp = unwritten.stamp;
		store_changed(store, unwritten.file);
	}
	return rc;
}

static int
restore_waiting(struct chat *chat, struct state_in *in, const struct state_item *item,
	struct err *err)
{
	struct waiting waiting = {0};
	int rc = state_get(in, item, &waiting_table, &waiting, err);

	for (size_t i = 0; rc == 0 && i < waiting.settling.count; i++) {
		struct user *user = user_find_id(chat, waiting.settling.v[i]);

		if (user == NULL || !user->is_settled)
			continue;
		user->is_settled = false;
		TAILQ_INSERT_TAIL(&chat->settling, user, settling_link);
	}
	for (size_t i = 0; rc == 0 && i < waiting.silent.count; i++) {
		struct user *user = user_find_id(chat, waiting.silent.v[i]);

		if (user == NULL || user->is_silent)
			continue;
		user->is_silent = true;
		TAILQ_INSERT_TAIL(&chat->silent, user, silent_link);
	}
	state_numbers_fini(&waiting.settling);
	state_numbers_fini(&waiting.silent);
	return rc;
}

int
chat_state_restore(struct chat *chat, struct state_in *in,
	const struct state_item *item, struct err *err)
{
	int rc;

	switch (item->number) {
	case RECORD_CHAT:
		rc = state_get(in, item, &chat_table, chat, err);
		break;
	case RECORD_GATE:
		rc = gate_restore(chat->gate, in, item, err);
		break;
	case RECORD_STORE:
		rc = restore_store(chat, in, item, err);
		break;
	case RECORD_ROOM:
		rc = room_state_restore(chat, in, item, err);
		break;
	case RECORD_USER:
		rc = user_state_restore(chat, in, item, err);
		break;
	case RECORD_WAITING:
		rc = restore_waiting(chat, in, item, err);
		break;
	default:
		return 0;
	}
	return rc == 0 ? 1 : -1;
}

struct user *
chat_state_attach(struct chat *chat, struct peer *peer)
{
	struct user *user = user_find_id(chat, peer->id);

	if (user == NULL || user->peer != NULL)
		return NULL;
	user_state_attach(user, peer);
	return user;
}

/* Those whose connections did not come with them. */
static void
drop_lost(struct chat *chat)
{
	struct user *user, *next;

	for (user = TAILQ_FIRST(&chat->idle); user != NULL; user = next) {
		next = TAILQ_NEXT(user, idle_link);
		if (user->peer == NULL)
			user_quit(user, str_of(reason_text(REASON_RESTART)));
	}
}

void
chat_state_begin(struct chat *chat, struct moment now, const char *notice)
{
	struct user *user;

	chat->now = now;
	drop_lost(chat);
	moderation_reconfigure(chat);
	user_claim_review(chat);
	if (notice[0] != '\0')
		chat_wall(chat, str_of(notice));
	user = user_find_id(chat, chat->asker);
	chat->asker = 0;
	if (user != NULL)
		user_notice(user, "The restart is done: %s.", PACKAGE_STRING);
	TAILQ_FOREACH (user, &chat->idle, idle_link) {
		if (user->question != ASK_NOTHING && user->question != ASK_CONFIRM)
			user_notice(user,
				"The room was restarted: please begin anew with what "
				"you were asked for. An empty line calls it off.");
	}
}

void
chat_state_failed(struct chat *chat, const char *why)
{
	struct user *user = user_find_id(chat, chat->asker);

	chat->asker = 0;
	if (user != NULL)
		user_error(user, "The restart has failed, and nothing has changed: %s",
			why);
}
