/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/room_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/name.h"
#include "base/state.h"
#include "chat/chat.h"
#include "chat/history.h"
#include "chat/msg.h"
#include "chat/room.h"

/* What can be in a history. */
static const char *const kinds[] = {
	[MSG_SAY] = "say",
	[MSG_ACTION] = "action",
	[MSG_NOTICE] = "notice",
};

/* A line that was said. */
struct line {
	enum msg_kind kind;
	uint64_t from;
	int64_t wall;
	struct str nick, text;
};
static const struct state_field line_fields[] = {
	STATE_ROW(struct line, kind, 1, STATE_ENUM, .words = kinds,
		.nwords = sizeof(kinds) / sizeof(kinds[0])),
	STATE_ROW(struct line, from, 2, STATE_UINT),
	STATE_ROW(struct line, wall, 3, STATE_INT),
	STATE_ROW(struct line, nick, 4, STATE_STR),
	STATE_ROW(struct line, text, 5, STATE_STR),
};
static const struct state_table line_table = STATE_TABLE(line, line_fields, NULL);

struct place {
	struct str name;
	struct str topic;
	struct str conf_topic; /* as the configuration had it */
	uint64_t speakers[ROOM_SPEAKERS];
	struct line *lines; /* the oldest first */
	size_t nlines;
};
static const struct state_field place_fields[] = {
	STATE_ROW(struct place, name, 1, STATE_STR),
	STATE_ROW(struct place, topic, 2, STATE_STR),
	STATE_ROW(struct place, conf_topic, 3, STATE_STR),
	STATE_ROW(struct place, speakers, 4, STATE_UINT, .count = ROOM_SPEAKERS),
	STATE_ROW(struct place, lines, 5, STATE_ARRAY, .table = &line_table,
		.count_at = offsetof(struct place, nlines)),
};
static const struct state_table place_table = STATE_TABLE(place, place_fields, NULL);

void
room_state_save(const struct room *room, struct state_out *out, unsigned number)
{
	size_t count = history_count(room->history);
	struct place place = {
		.name = str_of(room->name),
		.topic = str_of(room->topic != NULL ? room->topic : ""),
		.conf_topic = str_of(room->conf->topic),
		.lines = xcalloc(count + 1, sizeof(*place.lines)),
		.nlines = count,
	};

	memcpy(place.speakers, room->speakers, sizeof(place.speakers));
	for (size_t i = 0; i < count; i++) {
		struct msg msg = history_get(room->history, count - 1 - i);

		place.lines[i] = (struct line){
			.kind = msg.kind,
			.from = msg.from,
			.wall = msg.wall,
			.nick = msg.nick,
			.text = msg.text,
		};
	}
	state_put(out, number, &place_table, &place);
	free(place.lines);
}

static void
fill(struct room *room, const struct place *place)
{
	/* As at a reload: another topic of the operator's is stronger. */
	if (str_eq(place->conf_topic, str_of(room->conf->topic)))
		room_set_topic(room, place->topic);
	memcpy(room->speakers, place->speakers, sizeof(room->speakers));
	for (size_t i = 0; i < place->nlines; i++) {
		const struct line *line = &place->lines[i];
		struct msg msg = {
			.kind = line->kind,
			.from = line->from,
			.wall = line->wall,
			.nick = line->nick,
			.text = line->text,
		};

		/* Nobody says nothing; but a notice is nobody's. */
		if (msg.text.len > 0 && msg.kind != 0 &&
			(msg.nick.len > 0 || msg.kind == MSG_NOTICE))
			history_add(room->history, &msg);
	}
}

/* Does it make sense? */
static int
check(const struct place *place, struct err *err)
{
	if (!name_ok_room(place->name) || place->name.len > NAME_MAX_BYTES ||
		(place->topic.len > 0 &&
			memchr(place->topic.p, '\0', place->topic.len) != NULL)) {
		err_set(err, "a room has a name or a topic that can't be");
		return -1;
	}
	return 0;
}

int
room_state_restore(struct chat *chat, struct state_in *in,
	const struct state_item *item, struct err *err)
{
	struct place place = {0};
	int rc = state_get(in, item, &place_table, &place, err);

	if (rc == 0)
		rc = check(&place, err);
	if (rc == 0)
		fill(room_get(chat, place.name), &place);
	free(place.lines);
	return rc;
}
