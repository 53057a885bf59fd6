/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/audience.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "chat/chat.h"
#include "chat/render.h"
#include "chat/room.h"
#include "chat/user.h"
#include "chat/user_style.h"

/* From so many people on, lines that are apart on the page are packed for them. */
#define PACK_PEOPLE 4

/*
 * Handing out
 */

/* He has, or shall not get, what was noted up to now. */
static void
member_skip(struct member *member)
{
	uint32_t last = member->audience->last;

	member->at = last;
	member->seen = last != 0 ? (uint32_t)member->room->chat->page->buf.len : 0;
}

/* He was caught up, and shall not get what was told since then. */
static void
member_leave_out(struct member *member)
{
	struct chat *chat = member->room->chat;
	uint32_t last = member->audience->last;
	struct extent noted =
		last != 0 ? chat->notes.v[last].extent : (struct extent){0};

	/* It was counted for all of them. */
	if (noted.from + noted.len > member->seen)
		chat->deliveries--;
	member_skip(member);
}

static void
member_deliver(const struct member *member, uint32_t from, uint32_t end)
{
	struct peer *peer = member->user->peer;

	if (peer != NULL && from < end)
		peer->ops->deliver(peer, (struct extent){from, end - from}, false);
}

/* Hand out what he has not seen. */
static void
member_hand_out(const struct member *member)
{
	const struct note *notes = member->room->chat->notes.v;
	uint32_t at = member->at != 0 ? member->at : member->audience->first;

	for (; at != 0; at = notes[at].next) {
		struct extent extent = notes[at].extent;

		/* Only the first one can be known to him, up to somewhere within. */
		member_deliver(member,
			extent.from > member->seen ? extent.from : member->seen,
			extent.from + extent.len);
	}
}

/* Before he gets something else. Individuals never have anything to catch up with. */
static void
member_catch_up(struct member *member)
{
	if (member->audience == NULL || member->audience->first == 0)
		return;
	member_hand_out(member);
	member_skip(member);
}

void
audience_catch_up(struct user *user)
{
	if (user->nmembers == 1)
		member_catch_up(user->members[0]);
}

/* Copy all that is noted to the end of the page, one behind the other. */
static struct extent
audience_pack(const struct audience *audience)
{
	struct chat *chat = audience->room->chat;
	struct page *page = chat->page;
	size_t from = page->buf.len, total = 0;

	for (uint32_t at = audience->first; at != 0; at = chat->notes.v[at].next)
		total += chat->notes.v[at].extent.len;
	/* What is copied from must not move while it is. */
	(void)buf_reserve(&page->buf, total);
	for (uint32_t at = audience->first; at != 0; at = chat->notes.v[at].next) {
		struct note *note = &chat->notes.v[at];

		note->packed = (uint32_t)page->buf.len;
		buf_add_str(&page->buf, page_text(page, note->extent));
	}
	return page_since(page, from);
}

static void
audience_set_due(struct audience *audience, bool on)
{
	struct chat *chat = audience->room->chat;

	if (on && !audience->is_due)
		TAILQ_INSERT_TAIL(&chat->due, audience, due_link);
	else if (!on && audience->is_due)
		TAILQ_REMOVE(&chat->due, audience, due_link);
	audience->is_due = on;
}

/* Nothing is noted for it any more. */
static void
audience_forget(struct audience *audience)
{
	struct chat *chat = audience->room->chat;

	if (audience->first == 0)
		return;
	audience_set_due(audience, false);
	audience->is_held = false;
	audience->first = audience->last = 0;
	audience->nbytes = 0;
	if (--chat->noted == 0)
		chat->notes.count = 0;
}

/* Where in the packed lines the unseen ones of a member begin. */
static uint32_t
member_packed_from(const struct member *member, struct extent packed)
{
	const struct note *note = &member->room->chat->notes.v[member->at];

	if (member->at == 0)
		return packed.from;
	assert(member->seen >= note->extent.from);
	if (member->seen >= note->extent.from + note->extent.len)
		return note->packed + note->extent.len;
	return note->packed + (member->seen - note->extent.from);
}

void
audience_hand_out(struct audience *audience)
{
	bool is_packed =
		audience->first != audience->last && audience->count >= PACK_PEOPLE;
	struct extent packed = {0, 0};

	if (is_packed)
		packed = audience_pack(audience);
	audience->room->walking++;
	for (uint32_t i = 0; i < audience->count; i++) {
		struct member *member = audience->members[i];

		if (is_packed)
			member_deliver(member, member_packed_from(member, packed),
				packed.from + packed.len);
		else
			member_hand_out(member);
		member->at = member->seen = 0;
	}
	audience->room->walking--;
	audience_forget(audience);
}

void
chat_hand_out(struct chat *chat, int64_t now)
{
	struct audience *audience;

	TAILQ_FOREACH (audience, &chat->resting, rest_link)
		audience_set_due(audience, audience->first != 0);
	while ((audience = TAILQ_FIRST(&chat->due)) != NULL) {
		audience_hand_out(audience);
		audience_rest(audience, now);
	}
}

bool
chat_is_handed_out(const struct chat *chat)
{
	return chat->noted == 0;
}

bool
chat_must_hand_out(const struct chat *chat)
{
	return page_is_full(chat->page) || chat->notes.count > NOTES_CAP;
}

/*
 * Resting
 */

static void
audience_end_rest(struct audience *audience)
{
	if (audience->is_resting)
		TAILQ_REMOVE(&audience->room->chat->resting, audience, rest_link);
	audience->is_resting = false;
}

void
audience_rest(struct audience *audience, int64_t now)
{
	audience_end_rest(audience);
	audience->is_resting = true;
	audience->told = now;
	TAILQ_INSERT_TAIL(&audience->room->chat->resting, audience, rest_link);
}

void
audience_hold(struct audience *audience)
{
	assert(audience->is_resting);
	audience_set_due(audience, false);
	audience->is_held = true;
}

void
chat_end_rest(struct chat *chat, int64_t told)
{
	struct audience *audience;

	while ((audience = TAILQ_FIRST(&chat->resting)) != NULL &&
		audience->told <= told) {
		audience_end_rest(audience);
		if (audience->first != 0)
			audience_set_due(audience, true);
	}
}

/*
 * Who belongs where
 */

static struct audience *
audience_new(struct room *room, uint32_t style, bool is_quiet)
{
	struct audience *audience = xcalloc(1, sizeof(*audience));

	audience->room = room;
	audience->is_shared = true;
	audience->style = style;
	audience->is_quiet = is_quiet;
	TAILQ_INSERT_TAIL(&room->audiences, audience, link);
	return audience;
}

static void
audience_free(struct audience *audience)
{
	audience_forget(audience);
	audience_end_rest(audience);
	TAILQ_REMOVE(&audience->room->audiences, audience, link);
	free(audience->members);
	free(audience);
}

void
audience_fini(struct room *room)
{
	assert(TAILQ_EMPTY(&room->audiences) && room->individuals.count == 0);
	free(room->individuals.members);
}

static bool
audience_suits(const struct audience *audience, const struct user *user)
{
	return audience->is_shared && audience->style == user->style &&
		audience->is_quiet == user_is_quiet(user);
}

/* Where he belongs: where he is, or where there is a place for people like him. */
static struct audience *
audience_for(const struct member *member)
{
	const struct user *user = member->user;
	struct room *room = member->room;
	struct audience *audience = member->audience;

	/* What one sees depends on his other rooms, on who speaks, or on the moment. */
	if (user->nmembers > 1 || user->ignored.count > 0 || user_rings_always(user))
		return &room->individuals;
	if (audience != NULL && audience_suits(audience, user))
		return audience;
	TAILQ_FOREACH_REVERSE (audience, &room->audiences, audience_queue, link) {
		if (audience_suits(audience, user) && audience->count < AUDIENCE_MAX)
			return audience;
	}
	return audience_new(room, user->style, user_is_quiet(user));
}

static void
audience_resize(struct audience *audience, uint32_t cap)
{
	audience->members =
		xreallocarray(audience->members, cap, sizeof(*audience->members));
	audience->cap = cap;
}

static void
audience_enter(struct audience *audience, struct member *member)
{
	if (audience->count == audience->cap)
		audience_resize(
			audience, audience->cap > 0 ? audience->cap * 2 : MEMBERS_MIN);
	member->audience = audience;
	member->place = audience->count;
	audience->members[audience->count++] = member;
	member_skip(member);
}

void
audience_leave(struct member *member)
{
	struct audience *audience = member->audience;
	struct member *last;

	assert(member->room->walking == 0);
	member_catch_up(member);
	last = audience->members[--audience->count];
	audience->members[member->place] = last;
	last->place = member->place;
	member->audience = NULL;
	if (audience->is_shared && audience->count == 0)
		audience_free(audience);
	else if (audience->cap > MEMBERS_MIN && audience->count < audience->cap / 4)
		audience_resize(audience, audience->cap / 2);
}

void
audience_review(struct user *user)
{
	for (size_t i = 0; i < user->nmembers; i++) {
		struct member *member = user->members[i];
		struct audience *audience = audience_for(member);

		if (member->audience == audience)
			continue;
		if (member->audience != NULL)
			audience_leave(member);
		audience_enter(audience, member);
	}
}

/*
 * Telling
 */

/* A new note at the end of all; its index. */
static uint32_t
notes_add(struct notes *notes, struct extent extent)
{
	if (notes->count + 1 >= notes->cap) {
		notes->cap = notes->cap > 0 ? notes->cap * 2 : 64;
		notes->v = xreallocarray(notes->v, notes->cap, sizeof(*notes->v));
	}
	notes->v[++notes->count] = (struct note){.extent = extent};
	return notes->count;
}

/* Note that all of them are to get this. */
static void
audience_note(struct audience *audience, struct extent extent)
{
	struct chat *chat = audience->room->chat;
	uint32_t added;

	audience->nbytes += extent.len;
	audience->is_held = false;
	audience_set_due(audience, true);
	if (audience->last != 0) {
		struct note *last = &chat->notes.v[audience->last];
		uint32_t end = last->extent.from + last->extent.len;

		assert(end <= extent.from);
		if (end == extent.from) {
			last->extent.len += extent.len;
			return;
		}
	}
	added = notes_add(&chat->notes, extent);
	if (audience->last != 0) {
		chat->notes.v[audience->last].next = added;
	} else {
		audience->first = added;
		chat->noted++;
	}
	audience->last = added;
}

/* Is nobody there but the one who caused it? */
static bool
audience_is_own(const struct audience *audience, const struct msg *msg)
{
	return audience->count == 1 && audience->members[0]->user->id == msg->from;
}

static void
audience_tell(struct audience *audience, struct msg *msg)
{
	struct chat *chat = audience->room->chat;
	struct extent extent;

	if (audience_is_own(audience, msg) ||
		(audience->is_quiet && msg_is_noise(msg->kind)))
		return;
	extent = render(chat->page, chat->conf, msg, audience->style);
	if (extent.len == 0)
		return;
	audience_note(audience, extent);
	chat->deliveries += audience->count;
}

/* His membership, if he is one of an audience there to whom the line is special. */
static struct member *
special_member(const struct room *room, const struct user *user, const struct msg *msg)
{
	struct member *member = user_member(user, room);

	return member != NULL && member->audience->is_shared &&
			user_is_special(user, msg)
		? member
		: NULL;
}

static void
individuals_tell(struct room *room, struct msg *msg, uint64_t mark)
{
	for (uint32_t i = 0; i < room->individuals.count; i++) {
		struct user *user = room->individuals.members[i]->user;

		if (user->id == msg->from || user->seen == mark)
			continue;
		user->seen = mark;
		user_deliver(user, msg);
	}
}

void
audience_post(struct room *room, struct msg *msg, uint64_t mark)
{
	struct member *own = msg->by != NULL ? user_member(msg->by, room) : NULL;
	struct member *member;
	struct audience *audience;

	room->walking++;
	if (own != NULL)
		member_catch_up(own);
	for (size_t i = 0; i < msg->nmentioned; i++) {
		member = special_member(room, msg->mentioned[i], msg);
		if (member != NULL)
			member_catch_up(member);
	}
	TAILQ_FOREACH (audience, &room->audiences, link)
		audience_tell(audience, msg);
	if (own != NULL)
		member_leave_out(own);
	for (size_t i = 0; i < msg->nmentioned; i++) {
		member = special_member(room, msg->mentioned[i], msg);
		if (member == NULL)
			continue;
		member_leave_out(member);
		user_deliver(member->user, msg);
	}
	individuals_tell(room, msg, mark);
	room->walking--;
}
