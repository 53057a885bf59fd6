/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/traffic.h"

#include "chat/audience.h"
#include "chat/chat.h"
#include "chat/observer.h"
#include "chat/room.h"
#include "chat/user.h"

#define TOKEN 1000

void
traffic_init(struct traffic *traffic)
{
	traffic->round = 1;
}

/*
 * Gathering
 */

/* Is this one to be gathered? Each one is counted, told by itself or not. */
static bool
is_too_much(struct room *room)
{
	struct traffic *traffic = &room->traffic;
	struct chat *chat = room->chat;
	struct bucket_rate rate = {
		.tokens = chat->conf->server.gather_rate,
		.ms = 1000,
		.burst = TRAFFIC_BURST,
	};
	int64_t now = chat->now.mono;
	bool has_token;

	if (rate.tokens == 0)
		return false;
	bucket_take(&traffic->bucket, rate, 0, now);
	has_token = bucket_has(&traffic->bucket, rate, 1, now);
	/* The debt is bounded, or the calm would be noticed much too late. */
	if (traffic->bucket.spent < (TRAFFIC_BURST + TRAFFIC_DEBT) * TOKEN)
		bucket_take(&traffic->bucket, rate, TOKEN, now);
	return !has_token || traffic->since != 0;
}

static void
begin(struct room *room)
{
	struct traffic *traffic = &room->traffic;

	if (traffic->since != 0)
		return;
	traffic->since = room->chat->now.mono;
	TAILQ_INSERT_TAIL(&room->chat->gathering, room, gathering_link);
}

/* Nothing is gathered any more. */
static void
end(struct room *room)
{
	struct traffic *traffic = &room->traffic;

	if (traffic->since == 0)
		return;
	TAILQ_REMOVE(&room->chat->gathering, room, gathering_link);
	traffic->since = 0;
	traffic->joined = traffic->left = 0;
	buf_fini(&traffic->names);
	/* Whoever carries the old one is told of. */
	if (++traffic->round == TRAFFIC_UNTOLD)
		traffic->round = 1;
}

void
traffic_fini(struct room *room)
{
	end(room);
}

bool
traffic_is_pending(const struct member *member)
{
	return member->round == member->room->traffic.round;
}

void
traffic_withdraw(struct member *member)
{
	if (!traffic_is_pending(member))
		return;
	member->room->traffic.joined--;
	member->round = TRAFFIC_UNTOLD;
}

/* Gather one who leaves, if that is to be. */
static bool
gather_left(struct member *member)
{
	struct room *room = member->room;
	struct traffic *traffic = &room->traffic;

	if (!is_too_much(room))
		return false;
	begin(room);
	if (traffic->left < TRAFFIC_NAMES)
		buf_printf(&traffic->names, "%s%s", traffic->left > 0 ? ", " : "",
			member->user->nick);
	traffic->left++;
	return true;
}

/*
 * Who comes and goes
 */

void
traffic_join(struct member *member, bool knows)
{
	struct room *room = member->room;
	struct msg msg = user_msg(member->user, MSG_JOIN);

	observe(room->chat,
		(struct observation){
			.what = OBSERVED_JOINED,
			.room = str_of(room->name),
			.nick = msg.nick,
		});
	if (knows)
		return;
	if (is_too_much(room)) {
		begin(room);
		member->round = room->traffic.round;
		room->traffic.joined++;
	} else {
		room_post(room, &msg);
	}
}

/* Is his leaving to be told of by itself? */
static bool
is_told(struct member *member)
{
	traffic_withdraw(member);
	return member->round != TRAFFIC_UNTOLD && !gather_left(member);
}

void
traffic_part(struct member *member, struct str why)
{
	struct msg msg = user_msg(member->user, MSG_PART);

	msg.why = why;
	observe(member->room->chat,
		(struct observation){
			.what = OBSERVED_LEFT,
			.room = str_of(member->room->name),
			.nick = msg.nick,
			.text = why,
		});
	if (is_told(member))
		room_post(member->room, &msg);
}

void
traffic_quit(struct user *user)
{
	struct msg msg = user_msg(user, MSG_QUIT);
	uint64_t mark = chat_new_mark(user->chat);

	msg.why = str_of(user->farewell);
	observe(user->chat,
		(struct observation){
			.what = OBSERVED_QUIT,
			.nick = msg.nick,
			.text = msg.why,
		});
	for (size_t i = 0; i < user->nmembers; i++) {
		struct member *member = user->members[i];

		if (is_told(member))
			audience_post(member->room, &msg, mark);
	}
}

/*
 * Telling
 */

/* The first of those who came in this round: they stand at the end, mostly. */
static void
add_joined(const struct room *room, struct buf *names)
{
	size_t begin = room->count - room->traffic.joined;
	size_t shown = 0;

	for (size_t i = 0; i < room->count && shown < room->traffic.joined &&
		shown < TRAFFIC_NAMES;
		i++) {
		const struct member *member = room->members[(begin + i) % room->count];

		if (traffic_is_pending(member))
			buf_printf(names, "%s%s", shown++ > 0 ? ", " : "",
				member->user->nick);
	}
}

static void
tell(struct room *room, enum msg_kind kind, uint32_t count, struct buf *names)
{
	struct msg msg = {.kind = kind, .count = count, .wall = room->chat->now.wall};

	if (count == 0)
		return;
	if (count > TRAFFIC_NAMES)
		buf_printf(names, " and %u more", count - TRAFFIC_NAMES);
	msg.text = buf_str(names);
	room_post(room, &msg);
}

static void
traffic_tell(struct room *room)
{
	struct traffic *traffic = &room->traffic;
	struct buf names = {0};

	add_joined(room, &names);
	tell(room, MSG_JOINED, traffic->joined, &names);
	tell(room, MSG_LEFT, traffic->left, &traffic->names);
	buf_fini(&names);
	end(room);
}

int64_t
traffic_next_due(const struct chat *chat)
{
	const struct room *room = TAILQ_FIRST(&chat->gathering);

	return room != NULL ? room->traffic.since + chat->conf->server.gather_time : -1;
}

void
traffic_tick(struct chat *chat)
{
	struct room *room;

	/* All wait for the same time, so who began first is first. */
	while ((room = TAILQ_FIRST(&chat->gathering)) != NULL &&
		traffic_next_due(chat) <= chat->now.mono)
		traffic_tell(room);
}

void
traffic_settle(struct chat *chat)
{
	struct room *room;

	while ((room = TAILQ_FIRST(&chat->gathering)) != NULL)
		traffic_tell(room);
}
