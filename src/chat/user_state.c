/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/user_state.h"

#include <stdlib.h>

#include "base/lines.h"
#include "base/mem.h"
#include "base/name_utf8.h"
#include "base/state.h"
#include "base/table.h"
#include "chat/ban.h"
#include "chat/ban_text.h"
#include "chat/gate.h"
#include "chat/room.h"
#include "chat/user.h"
#include "chat/user_name.h"
#include "chat/user_style.h"

/* The most rooms that limits.rooms_per_person can allow. */
#define ROOMS_MAX 1000

/* No window is larger, see net/telnet.h. */
#define CELLS_MAX 500

static const char *const questions[] = {
	[ASK_NOTHING] = "nothing",
	[ASK_ROOM_KEY] = "room key",
	[ASK_NAME] = "name",
	[ASK_CLAIM] = "claim",
	[ASK_CLAIM_AGAIN] = "claim again",
	[ASK_OPER] = "oper",
	[ASK_CONFIRM] = "confirm",
};
#define QUESTIONS (sizeof(questions) / sizeof(questions[0]))

static const struct state_field terminal_fields[] = {
	STATE_ROW(struct terminal, columns, 1, STATE_UINT, .max = CELLS_MAX),
	STATE_ROW(struct terminal, rows, 2, STATE_UINT, .max = CELLS_MAX),
	STATE_ROW(struct terminal, colours, 3, STATE_UINT),
	STATE_ROW(struct terminal, is_reader, 4, STATE_BOOL),
	STATE_ROW(struct terminal, is_telnet, 5, STATE_BOOL),
	STATE_ROW(struct terminal, is_ours, 6, STATE_BOOL),
	STATE_ROW(struct terminal, is_exposed, 7, STATE_BOOL),
};
static const struct state_table terminal_state =
	STATE_TABLE(terminal, terminal_fields, NULL);

static int
accept_user(void *record, struct err *err)
{
	struct user *user = record;

	if (user->id == 0 || user->nick == NULL || !name_utf8_ok(str_of(user->nick))) {
		err_set(err, "no number, no name, or one that can't be");
		return -1;
	}
	/* The first answer is gone with the secrets, so it starts anew. */
	if (user->question == ASK_CLAIM_AGAIN)
		user->question = ASK_CLAIM;
	if (user->question != ASK_NOTHING && user->question != ASK_CONFIRM &&
		user->asked_about == NULL) {
		err_set(err, "a question about nothing");
		return -1;
	}
	return 0;
}

static const struct state_field user_fields[] = {
	STATE_ROW(struct user, id, 1, STATE_UINT),
	STATE_ROW(struct user, nick, 2, STATE_STRING, .max = NAME_MAX_BYTES),
	STATE_ROW(struct user, away, 3, STATE_STRING),
	STATE_ROW(struct user, ignored, 4, STATE_RECORD, .table = &ignore_list_state),
	STATE_ROW(struct user, last_from, 5, STATE_UINT),
	STATE_ROW(struct user, terminal, 6, STATE_RECORD, .table = &terminal_state),
	STATE_ROW(struct user, flood, 7, STATE_RECORD, .table = &flood_state),
	STATE_ROW(struct user, is_exempt, 8, STATE_BOOL),
	STATE_ROW(struct user, rung_by, 9, STATE_UINT),
	STATE_ROW(struct user, rung_at, 10, STATE_SINCE),
	STATE_ROW(struct user, has_spoken, 11, STATE_BOOL),
	STATE_ROW(struct user, arrived, 12, STATE_AGE),
	STATE_ROW(struct user, active, 13, STATE_AGE),
	STATE_ROW(struct user, question, 14, STATE_ENUM, .words = questions,
		.nwords = QUESTIONS),
	STATE_ROW(struct user, asked_about, 15, STATE_STRING),
	STATE_ROW(struct user, wrong, 16, STATE_UINT),
	STATE_ROW(struct user, is_owner, 17, STATE_BOOL),
	STATE_ROW(struct user, oper, 18, STATE_STRING),
};
static const struct state_table user_table =
	STATE_TABLE(user, user_fields, accept_user);

/* A word, and a setting with its value. */
struct word {
	struct str text;
};
static const struct state_field word_fields[] = {
	STATE_ROW(struct word, text, 1, STATE_STR),
};
static const struct state_table word_table = STATE_TABLE(word, word_fields, NULL);

struct choice {
	struct str setting, value;
};
static const struct state_field choice_fields[] = {
	STATE_ROW(struct choice, setting, 1, STATE_STR),
	STATE_ROW(struct choice, value, 2, STATE_STR),
};
static const struct state_table choice_table = STATE_TABLE(choice, choice_fields, NULL);

/* A person, and what he has to do with others. */
struct person {
	struct user *user;
	struct word *rooms; /* by their keys, in the order of joining */
	size_t nrooms;
	struct str current;
	struct choice *choices; /* settings that are not at their default */
	size_t nchoices;
	struct str pending; /* the ban that he is to confirm, as in the file of bans */
};
static const struct state_field person_fields[] = {
	STATE_ROW(struct person, user, 1, STATE_NEW, .table = &user_table),
	STATE_ROW(struct person, rooms, 2, STATE_ARRAY, .table = &word_table,
		.count_at = offsetof(struct person, nrooms), .max = ROOMS_MAX),
	STATE_ROW(struct person, current, 3, STATE_STR),
	STATE_ROW(struct person, choices, 4, STATE_ARRAY, .table = &choice_table,
		.count_at = offsetof(struct person, nchoices), .max = 100),
	STATE_ROW(struct person, pending, 5, STATE_STR),
};
static const struct state_table person_table = STATE_TABLE(person, person_fields, NULL);

/*
 * Saving
 */

/* Those that he has changed. What their values are called is kept in `texts`. */
static size_t
list_choices(
	const struct user *user, struct choice choices[SETTINGS], struct buf *texts)
{
	size_t ends[SETTINGS], count = 0, at = 0;

	for (size_t i = 0; i < SETTINGS; i++) {
		if (user->settings[i] == 0)
			continue;
		setting_print(&settings[i], user->settings[i], texts);
		choices[count].setting = str_of(settings[i].name);
		ends[count++] = texts->len;
	}
	for (size_t i = 0; i < count; i++) {
		choices[i].value = str_make(texts->p + at, ends[i] - at);
		at = ends[i];
	}
	return count;
}

void
user_state_save(const struct user *user, struct state_out *out, unsigned number)
{
	struct choice choices[SETTINGS];
	struct buf texts = {0}, pending = {0};
	struct user copy = *user; /* what is to be saved is not const */
	struct person person = {.user = &copy, .choices = choices};

	person.nchoices = list_choices(user, choices, &texts);
	person.rooms = xcalloc(user->nmembers + 1, sizeof(*person.rooms));
	person.nrooms = user->nmembers;
	for (size_t i = 0; i < user->nmembers; i++)
		person.rooms[i].text = str_of(user->members[i]->room->key);
	if (user->current != NULL)
		person.current = str_of(user->current->key);
	if (user->pending != NULL)
		ban_print(user->pending, &pending);
	person.pending = buf_str(&pending);
	state_put(out, number, &person_table, &person);
	free(person.rooms);
	buf_fini(&texts);
	buf_fini(&pending);
}

/*
 * Restoring
 */

/* Free one who is in no register. */
static void
discard(struct user *user)
{
	if (user == NULL)
		return;
	ignore_fini(&user->ignored);
	free(user->asked_about);
	free(user->oper);
	free(user->away);
	free(user->nick);
	free(user);
}

static void
person_fini(struct person *person)
{
	discard(person->user);
	free(person->rooms);
	free(person->choices);
}

/* A setting of another version is as one that was never made. */
static void
choose(struct user *user, const struct choice *choice)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		int16_t value;

		if (str_eq(choice->setting, str_of(settings[i].name)) &&
			setting_parse(&settings[i], choice->value, &value) == 0)
			user->settings[i] = value;
	}
}

/* What he was asked to confirm, or NULL if that can't be told any more. */
static struct ban *
parse_pending(struct str text, int64_t wall)
{
	struct ban *ban = xcalloc(1, sizeof(*ban));
	struct errlist errors = {0};
	struct lines lines;
	struct str line;

	lines_init(&lines, text, "the state", &errors);
	if (!lines_next(&lines, &line) || !ban_parse(&lines, line, wall, ban)) {
		ban_free(ban);
		ban = NULL;
	}
	errlist_fini(&errors);
	return ban;
}

/* Could he be in these rooms, under that name and number? */
static int
check(struct chat *chat, const struct person *person, struct err *err)
{
	const struct user *user = person->user;
	char folded[NAME_MAX_BYTES + 1];

	if (user == NULL || user_find_id(chat, user->id) != NULL ||
		user_find(chat, str_of(user->nick)) != NULL ||
		name_utf8_fold(str_of(user->nick), folded).len == 0) {
		err_set(err, "a person is nobody, or somebody else");
		return -1;
	}
	for (size_t i = 0; i < person->nrooms; i++) {
		if (room_find(chat, person->rooms[i].text) == NULL) {
			err_set(err, "%s is in a room that there is not", user->nick);
			return -1;
		}
	}
	return 0;
}

static void
enter_rooms(struct user *user, const struct person *person)
{
	for (size_t i = 0; i < person->nrooms; i++) {
		struct room *room = room_find(user->chat, person->rooms[i].text);

		if (user_member(user, room) == NULL)
			(void)room_put(room, user);
	}
	/* The last one, unless there is another word about that. */
	for (size_t i = 0; i < user->nmembers; i++) {
		struct room *room = user->members[i]->room;

		user->current = room;
		if (str_eq(person->current, str_of(room->key)))
			break;
	}
}

/* Into all registers, but for what takes an address. */
static void
enter(struct chat *chat, const struct person *person)
{
	struct user *user = person->user;
	char *nick = user->nick;

	user->chat = chat;
	user->nick = NULL;
	user_set_nick(user, str_of(nick));
	free(nick);
	table_insert(chat->users_by_id,
		str_make((const char *)&user->id, sizeof(user->id)), user);
	TAILQ_INSERT_TAIL(&chat->idle, user, idle_link);
	/* If not, that is told later on, see chat_state.c. */
	user->is_settled = true;
	for (size_t i = 0; i < person->nchoices; i++)
		choose(user, &person->choices[i]);
	user_restyle(user);
	enter_rooms(user, person);
	if (user->question == ASK_CONFIRM) {
		user->pending = parse_pending(person->pending, chat->now.wall);
		if (user->pending == NULL)
			user->question = ASK_NOTHING;
	}
}

int
user_state_restore(struct chat *chat, struct state_in *in,
	const struct state_item *item, struct err *err)
{
	struct person person = {0};
	int rc = state_get(in, item, &person_table, &person, err);

	if (rc == 0)
		rc = check(chat, &person, err);
	if (rc == 0) {
		enter(chat, &person);
		person.user = NULL;
	}
	person_fini(&person);
	return rc;
}

void
user_state_attach(struct user *user, struct peer *peer)
{
	user->peer = peer;
	if (peer->has_addr)
		gate_enter(user->chat->gate, &peer->addr);
}
