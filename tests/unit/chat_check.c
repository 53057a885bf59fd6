/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/name_utf8.h"
#include "base/table.h"
#include "chat/room.h"
#include "chat/user.h"
#include "chat_fake.h"

static void
check_user(const struct chat *chat, const struct user *user)
{
	char folded[NAME_MAX_BYTES + 1];

	assert_false(user->is_gone);
	assert_non_null(user->peer);
	assert_int_equal(user->id, user->peer->id);
	assert_ptr_equal(table_find(chat->users, str_of(user->key)), user);
	assert_true(
		str_eq(name_utf8_fold(str_of(user->nick), folded), str_of(user->key)));
	for (size_t i = 0; i < user->nmembers; i++) {
		struct member *member = user->members[i];

		assert_ptr_equal(member->user, user);
		assert_ptr_equal(member->room->members[member->index], member);
		assert_ptr_equal(user_member(user, member->room), member);
	}
	if (user->current != NULL)
		assert_non_null(user_member(user, user->current));
	else
		assert_int_equal(user->nmembers, 0);
}

/* An array is large enough, and gets smaller when people leave. */
static void
check_cap(size_t count, size_t cap)
{
	assert_true(count <= cap);
	assert_true(cap <= MEMBERS_MIN || count >= cap / 4);
}

/* He belongs where he is, and there is nothing that he has not been handed. */
static void
check_place(const struct member *member)
{
	const struct user *user = member->user;
	const struct audience *audience = member->audience;
	bool is_shared = user->nmembers == 1 && user->ignored.count == 0 &&
		!(user->terminal.is_telnet && user->settings[SETTING_BELL] == BELL_ALL);

	assert_ptr_equal(audience->room, member->room);
	assert_ptr_equal(audience->members[member->place], member);
	assert_int_equal(audience->is_shared, is_shared);
	assert_int_equal(member->at, 0);
	assert_int_equal(member->seen, 0);
	if (!is_shared)
		return;
	assert_ptr_equal(user->current, member->room);
	assert_int_equal(audience->style, user->style);
	assert_int_equal(audience->is_quiet, user->settings[SETTING_QUIET] == QUIET_ON);
}

static void
check_audiences(const struct room *room)
{
	const struct audience *audience;
	size_t people = room->individuals.count;

	assert_int_equal(room->individuals.first, 0);
	TAILQ_FOREACH (audience, &room->audiences, link) {
		assert_in_range(audience->count, 1, AUDIENCE_MAX);
		check_cap(audience->count, audience->cap);
		assert_int_equal(audience->first, 0);
		assert_int_equal(audience->last, 0);
		assert_false(audience->is_due);
		people += audience->count;
	}
	assert_int_equal(people, room->count);
}

/* What is to be told is right, and nothing is gathered by those who do not wait. */
static void
check_traffic(const struct room *room)
{
	const struct traffic *traffic = &room->traffic;
	size_t joined = 0;

	for (size_t i = 0; i < room->count; i++)
		joined += traffic_is_pending(room->members[i]) ? 1 : 0;
	assert_int_equal(traffic->joined, joined);
	if (traffic->since == 0)
		assert_int_equal(traffic->joined + traffic->left, 0);
}

static void
check_room(const struct chat *chat, const struct room *room)
{
	assert_ptr_equal(table_find(chat->rooms, str_of(room->key)), room);
	assert_int_equal(room->walking, 0);
	assert_false(room->is_emptied);
	check_cap(room->count, room->cap);
	assert_true(room->fixed || room->count > 0);
	for (size_t i = 0; i < room->count; i++) {
		assert_int_equal(room->members[i]->index, i);
		assert_ptr_equal(room->members[i]->room, room);
		assert_ptr_equal(
			user_member(room->members[i]->user, room), room->members[i]);
		check_place(room->members[i]);
	}
	check_audiences(room);
	check_traffic(room);
}

/* Both queues hold whom they should, in the order in which they become due. */
static void
check_queues(const struct chat *chat)
{
	const struct user *user, *before = NULL;
	size_t idle = 0, settling = 0;

	TAILQ_FOREACH (user, &chat->idle, idle_link) {
		assert_true(before == NULL || before->active <= user->active);
		before = user;
		idle++;
		if (!user->is_settled)
			settling++;
	}
	assert_int_equal(idle, chat_people(chat));
	before = NULL;
	TAILQ_FOREACH (user, &chat->settling, settling_link) {
		assert_true(before == NULL || before->arrived <= user->arrived);
		assert_false(user->is_settled);
		before = user;
		settling--;
	}
	assert_int_equal(settling, 0);
}

/* The shapes that are known are those of the names. */
static void
check_shapes(const struct chat *chat)
{
	static uint32_t shapes[NAME_SHAPES];
	const struct user *user;
	size_t at = 0;

	memset(shapes, 0, sizeof(shapes));
	while ((user = table_next(chat->users, &at)) != NULL)
		shapes[name_shape(str_of(user->key))]++;
	assert_memory_equal(chat->shapes, shapes, sizeof(shapes));
}

static void
check_people(const struct world *world)
{
	const struct person *person;
	size_t present = 0;

	TAILQ_FOREACH (person, &world->people, link) {
		if (person->user == NULL)
			continue;
		present++;
		assert_ptr_equal(
			user_find_id(world->chat, person->peer.id), person->user);
		/* What is typed is hidden as long as it is a passphrase. */
		assert_int_equal(person->hidden,
			person->user->question != ASK_NOTHING &&
				person->user->question != ASK_CONFIRM);
	}
	assert_int_equal(present, chat_people(world->chat));
}

void
world_check(const struct world *world)
{
	const struct chat *chat = world->chat;
	const struct user *user;
	const struct room *room;
	size_t at = 0, opened = 0, gathering = 0;

	if (world->fault != NULL)
		fail_msg("%s", world->fault);
	assert_true(chat_is_swept(chat));
	assert_true(chat_is_handed_out(chat));
	assert_int_equal(table_count(chat->users_by_id), chat_people(chat));
	while ((user = table_next(chat->users, &at)) != NULL)
		check_user(chat, user);
	at = 0;
	while ((room = table_next(chat->rooms, &at)) != NULL) {
		check_room(chat, room);
		opened += room->fixed ? 0 : 1;
		gathering += room->traffic.since != 0 ? 1 : 0;
	}
	assert_int_equal(opened, chat->opened_rooms);
	TAILQ_FOREACH (room, &chat->gathering, gathering_link)
		gathering--;
	assert_int_equal(gathering, 0);
	check_shapes(chat);
	check_queues(chat);
	check_people(world);
}
