/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chat/moderation.h"
#include "chat/room.h"
#include "chat/user.h"
#include "chat_fake.h"

/* The chat as a whole: configuration, what is due, the end. */

static struct room *
find(struct world *world, const char *name)
{
	return room_find(world->chat, str_of(name));
}

/*
 * Reload
 */

/* Rooms come and go with the file; who is in one stays there. */
static void
test_reload_rooms(void **state)
{
	struct world *world =
		world_new(state, "room #lobby.topic=", "room #old.topic=", NULL);
	struct person *ann = enter(world, "ann");
	struct room *old = find(world, "#old");

	say(ann, "/join #old");
	forget(ann);
	assert_true(old->fixed);
	world_reload(world, "room #lobby.topic=", "room #new.topic=", NULL);
	assert_ptr_equal(find(world, "#old"), old);
	assert_false(old->fixed);
	assert_ptr_equal(ann->user->current, old);
	assert_true(find(world, "#new")->fixed);
	assert_int_equal(world->chat->opened_rooms, 1);
	expect_silence(world);
	/* It has become an ordinary one, and vanishes like one. */
	say(ann, "/part");
	assert_null(find(world, "#old"));
	/* And one that is empty goes at once. */
	world_reload(world, "room #lobby.topic=", NULL);
	assert_null(find(world, "#new"));
	assert_int_equal(chat_rooms(world->chat), 1);
}

/* A room that people have opened becomes one of the file. */
static void
test_reload_adopts(void **state)
{
	struct world *world = world_new(state, "limits.rooms=1", NULL);
	struct person *ann = enter(world, "ann");
	struct room *dev;

	say(ann, "/join #Dev");
	say(ann, "/topic set by ann");
	dev = find(world, "#dev");
	world_reload(world, "limits.rooms=1",
		"room #lobby.topic=", "room #DEV.history=2", NULL);
	assert_ptr_equal(find(world, "#dev"), dev);
	assert_string_equal(dev->name, "#Dev");
	assert_true(dev->fixed);
	assert_string_equal(dev->topic, "set by ann");
	assert_int_equal(world->chat->opened_rooms, 0);
	say(ann, "/part");
	assert_ptr_equal(find(world, "#dev"), dev);
	say(ann, "/join #other");
	assert_non_null(find(world, "#other"));
}

/* A room that is emptied and comes back in the same turn stays. */
static void
test_reload_in_turn(void **state)
{
	struct world *world =
		world_new(state, "room #lobby.topic=", "room #a.topic=", NULL);
	struct room *room = find(world, "#a");
	struct conf *without = conf_make("room #lobby.topic=", NULL);
	struct conf *with = conf_make("room #lobby.topic=", "room #a.topic=", NULL);
	struct conf *first = world->conf;

	chat_reconfigure(world->chat, without, world->now);
	assert_true(room->is_emptied);
	world->conf = with;
	chat_reconfigure(world->chat, with, world->now);
	conf_free(first);
	conf_free(without);
	world_turn(world);
	assert_ptr_equal(find(world, "#a"), room);
	assert_true(room->fixed);
}

/* A topic that people set stays, unless the operator changed his. */
static void
test_reload_topic(void **state)
{
	struct world *world =
		world_new(state, "room #lobby.topic=first", "room *.topic=new", NULL);
	struct person *ann = enter(world, "ann");
	struct room *lobby = find(world, "#lobby"), *dev;

	say(ann, "/topic by ann");
	world_reload(world, "room #lobby.topic=first", "room #lobby.history=3",
		"room *.topic=new", NULL);
	assert_string_equal(lobby->topic, "by ann");
	world_reload(world, "room #lobby.topic=second", "room *.topic=new", NULL);
	assert_string_equal(lobby->topic, "second");
	world_reload(world, "room #lobby.topic=", "room *.topic=new", NULL);
	assert_null(lobby->topic);
	/* So it is with the rooms that people open. */
	say(ann, "/join #dev");
	dev = find(world, "#dev");
	say(ann, "/topic by ann");
	world_reload(world, "room *.topic=new", NULL);
	assert_string_equal(dev->topic, "by ann");
	world_reload(world, "room *.topic=newer", NULL);
	assert_string_equal(dev->topic, "newer");
}

/* An own section without a topic means none, not that of [room *]. */
static void
test_topic_of_new_rooms(void **state)
{
	struct world *world =
		world_new(state, "room *.topic=new", "room #a.history=1", NULL);
	struct person *ann = enter(world, "ann");

	assert_null(find(world, "#a")->topic);
	say(ann, "/join #b");
	assert_string_equal(find(world, "#b")->topic, "new");
}

static void
test_reload_history(void **state)
{
	struct world *world = world_new(state, "room *.history=1", NULL);
	struct person *ann = enter(world, "ann");

	say(ann, "one");
	say(ann, "two");
	world_reload(world, "room #lobby.history=1", NULL);
	say(ann, "/history");
	expect(ann, "-- Earlier in #lobby:");
	expect(ann, "ann: two");
	expect(ann, "-- End of the earlier lines.");
	world_reload(world, "room #lobby.history=0", NULL);
	say(ann, "/history");
	expect(ann, "-- #lobby remembers nothing of that.");
}

/* Limits, formats and times hold for everybody from then on. */
static void
test_reload_values(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = arrive(world);

	forget_all(world);
	world_reload(world, "format.say=<{nick}> {text}", "server.settle=10s", NULL);
	say(ann, "hello");
	expect(bob, "<ann> hello");
	world_pass(world, 9999);
	expect_silence(world);
	world_reload(world, "server.settle=0", NULL);
	world_pass(world, 0);
	expect(ann, "-- guest2 has joined #lobby");
	expect_silence(world);
}

/*
 * Small things
 */

static void
test_motd(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");
	char text[] = "one\n\n{two}";

	say(ann, "/motd");
	expect(ann, "-- There is no message of the day.");
	chat_set_motd(world->chat, text);
	text[0] = '?';
	say(ann, "/motd");
	expect(ann, "one");
	expect(ann, "");
	expect(ann, "{two}");
	chat_set_motd(world->chat, "new");
	say(ann, "/motd");
	expect(ann, "new");
	chat_set_motd(world->chat, NULL);
	say(ann, "/motd");
	expect(ann, "-- There is no message of the day.");
	expect_silence(world);
}

static void
test_uptime(void **state)
{
	struct world *world = world_new(state, "server.name=The Moon", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "one");
	say(bob, "/me counts");
	say(bob, "/join #dev");
	forget_all(world);
	world_pass(world, 3600000);
	say(ann, "/uptime");
	expect(ann, "-- Up 1 hour; people: 2, rooms: 2, lines said: 2.");
	say(ann, "/version");
	expect(ann, "-- The Moon runs " PACKAGE_STRING ".");
	expect_silence(world);
	world_pass(world, 3600000);
	say(ann, "/uptime");
	expect(ann, "-- Up 2 hours; people: 2, rooms: 2, lines said: 2.");
}

static void
test_next_due(void **state)
{
	struct world *world =
		world_new(state, "server.settle=5s", "limits.idle_timeout=3s", NULL);
	const struct chat *chat = world->chat;
	struct person *ann, *bob;
	int64_t start = world->now.mono;

	assert_int_equal(chat_next_due(chat), -1);
	ann = arrive(world);
	assert_int_equal(chat_next_due(chat), start + 3000);
	world_pass(world, 1000);
	bob = arrive(world);
	assert_int_equal(chat_next_due(chat), start + 3000);
	world_pass(world, 1000);
	say(ann, "");
	/* Now bob is the one who was silent longest. */
	assert_int_equal(chat_next_due(chat), start + 4000);
	world_pass(world, 1000);
	say(bob, "");
	assert_int_equal(chat_next_due(chat), start + 5000);
	say(ann, "");
	/* The settling of ann comes next, then that of bob. */
	assert_int_equal(chat_next_due(chat), start + 5000);
	world_pass(world, 2000);
	forget_all(world);
	assert_int_equal(chat_next_due(chat), start + 6000);
	leave(bob, "");
	assert_int_equal(chat_next_due(chat), start + 6000);
	leave(ann, "");
	assert_int_equal(chat_next_due(chat), -1);
}

/* One tick that comes late does all that is due, in its order. */
static void
test_late_tick(void **state)
{
	struct world *world = world_new(state, "limits.idle_timeout=1m", NULL);
	struct person *ann = enter(world, "ann"), *bob, *cid;

	bob = arrive(world);
	cid = arrive(world);
	world_pass(world, 59000);
	/* To the one who is sent away, too, since the others came before. */
	expect(ann, "-- guest2 has joined #lobby");
	expect(ann, "-- guest3 has joined #lobby");
	expect(ann, "!! You were idle for too long. Goodbye!");
	expect_nothing(ann);
	assert_non_null(bob->user);
	forget_all(world);
	world_pass(world, 3600000);
	assert_null(bob->user);
	assert_null(cid->user);
	assert_int_equal(chat_people(world->chat), 0);
}

static void
test_close(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct person *cid = enter(world, "cid"), *new = arrive(world);

	say(bob, "/part");
	say(cid, "/ignore ann");
	say(cid, "/quiet");
	forget_all(world);
	chat_close(world->chat, STR("The server is shutting down."));
	world_turn(world);
	expect(ann, "-- The server is shutting down.");
	expect(bob, "-- The server is shutting down.");
	expect(cid, "-- The server is shutting down.");
	expect(new, "-- The server is shutting down.");
	/* Everybody leaves now; nobody needs to be told. */
	leave(ann, "shutdown");
	leave(cid, "shutdown");
	expect_silence(world);
}

/* One whose connection breaks on being told does not keep it from the others. */
static void
test_close_breaks(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *people[5];
	static const char *const names[] = {"a", "b", "c", "d", "e"};

	for (size_t i = 0; i < 5; i++)
		people[i] = enter(world, names[i]);
	forget_all(world);
	people[1]->breaks_after = people[3]->breaks_after = 1;
	chat_close(world->chat, STR("bye"));
	world_turn(world);
	for (size_t i = 0; i < 5; i++)
		expect(people[i], "-- bye");
	expect_silence(world);
	assert_int_equal(chat_people(world->chat), 3);
}

/* The end of the daemon: whoever is still there, and wherever, is freed with it. */
static void
test_end(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/join #dev");
	say(ann, "/away x");
	say(ann, "/ignore bob");
	arrive(world);
	type(bob, "/join #other");
	type(bob, "/part");
	type(bob, "/quit in the middle of a turn");
	assert_false(chat_is_swept(world->chat));
	chat_free(NULL);
}

/*
 * Life at random: whatever people do, what must hold holds (world_turn), and a line is
 * heard by those in the room, each once.
 */

struct life {
	struct world *world;
	uint64_t random;
	unsigned lines; /* said so far: the text of each is its number */
};

/* Not rand(3): the same life on every machine. */
static unsigned
chance(struct life *life, unsigned of)
{
	life->random =
		life->random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(life->random >> 33) % of;
}

/* Somebody who is present, or NULL. */
static struct person *
somebody(struct life *life)
{
	size_t people = chat_people(life->world->chat);
	struct person *person;
	unsigned skip;

	if (people == 0)
		return NULL;
	skip = chance(life, (unsigned)people);
	TAILQ_FOREACH (person, &life->world->people, link) {
		if (person->user != NULL && skip-- == 0)
			return person;
	}
	return NULL;
}

static void
random_line(struct life *life, char *out, size_t size)
{
	static const char *const lines[] = {"/join #r%u", "/join #r%u", "/part #r%u",
		"/part", "/nick n%u", "/msg n%u hello", "/reply yes %u", "/me does %u",
		"/ignore n%u", "/unignore n%u", "/away %u", "/back", "/topic t%u",
		"/history %u", "/who", "/who #r%u", "/whois n%u", "/rooms", "/quiet",
		"/help", "/set", "/timestamp full", "/zone +%u", "/set reader on",
		"/set reader off", "/color on", "/color off", "/bell all", "key%u", "",
		"n%u: look", "/quit so %u", "/%u", "//%u", "text %u"};
	size_t count = sizeof(lines) / sizeof(lines[0]);

	snprintf(out, size, lines[chance(life, (unsigned)count)], chance(life, 6));
}

/* Some terminal, or none. */
static struct terminal
random_terminal(struct life *life)
{
	struct terminal terminal = {.columns = chance(life, 3) * 40};

	if (terminal.columns == 0)
		return terminal;
	terminal.colours = chance(life, 2) > 0 ? 256 : 16;
	terminal.is_telnet = true;
	terminal.is_reader = chance(life, 4) == 0;
	terminal.is_ours = chance(life, 2) > 0;
	return terminal;
}

/* Some people type, some lines a turn; a connection may break at any of them. */
static void
live_talk(struct life *life)
{
	char line[64];

	for (unsigned n = chance(life, 4) + 1; n > 0; n--) {
		struct person *person = somebody(life), *other = somebody(life);

		if (other != NULL && chance(life, 8) == 0)
			other->breaks_after = chance(life, 3) + 1;
		if (other != NULL && chance(life, 4) == 0)
			sit_at(other, random_terminal(life));
		random_line(life, line, sizeof(line));
		if (person != NULL && person->user != NULL)
			type(person, line);
		if (person != NULL && person->user == NULL)
			break; /* not yet buried: the numbers do not add up */
	}
}

/* Whether `person` is to hear what `speaker` says; himself, where it is not seen. */
static bool
hears(const struct person *person, const struct user *speaker)
{
	if (person->user == speaker)
		return speaker->terminal.is_ours;
	return person->user != NULL &&
		user_member(person->user, speaker->current) != NULL &&
		!ignore_has(&person->user->ignored, str_of(speaker->nick), speaker->id);
}

static size_t
count_heard(const struct person *person, const char *text)
{
	size_t count = 0;

	for (size_t i = person->nread; i < person->nheard; i++)
		count += strstr(person->heard[i], text) != NULL ? 1 : 0;
	return count;
}

/* One line in a turn of its own, by which everything can be counted. */
static void
live_say(struct life *life)
{
	struct person *speaker = somebody(life), *person;
	const struct user *user = speaker != NULL ? speaker->user : NULL;
	char text[32];

	if (user == NULL || user->current == NULL || user->question != ASK_NOTHING)
		return;
	forget_all(life->world);
	snprintf(text, sizeof(text), "line %u.", life->lines++);
	type(speaker, text);
	chat_hand_out(life->world->chat, life->world->now.us);
	TAILQ_FOREACH (person, &life->world->people, link) {
		bool hung_up_now =
			person->user == NULL && person->nread < person->nheard;

		if (!hung_up_now)
			assert_int_equal(
				count_heard(person, text), hears(person, user) ? 1 : 0);
	}
	world_turn(life->world);
}

static void
live_reload(struct life *life)
{
	switch (chance(life, 3)) {
	case 0:
		world_reload(life->world, "room #r1.max_people=3", "room #r3.key=key3",
			"room *.history=2", "server.settle=0", NULL);
		break;
	case 1:
		world_reload(life->world, "room #lobby.autojoin=yes",
			"room #r2.autojoin=yes", "limits.idle_timeout=20s", NULL);
		break;
	default:
		world_reload(life->world, "room *.max_people=4", "room *.key=key2",
			"limits.rooms=3", "limits.rooms_per_person=3", NULL);
		break;
	}
}

static void
live(struct life *life)
{
	struct world *world = life->world;
	struct person *person = somebody(life);

	switch (chance(life, 16)) {
	case 0:
	case 1:
	case 2:
		if (chat_people(world->chat) < 12)
			arrive_broken(
				world, chance(life, 8) == 0 ? chance(life, 6) : 0);
		break;
	case 3:
		if (person != NULL)
			leave(person, "at random");
		break;
	case 4:
		world_pass(world, chance(life, 5000));
		break;
	case 5:
		if (chance(life, 8) == 0)
			live_reload(life);
		break;
	case 6:
	case 7:
	case 8:
		live_say(life);
		break;
	default:
		live_talk(life);
		world_turn(world);
		break;
	}
	forget_all(world);
}

static void
test_life(void **state)
{
	struct life life = {.random = 20261121};

	for (int lives = 0; lives < 20; lives++) {
		life.world = world_new(state, NULL);
		for (int step = 0; step < 1000; step++)
			live(&life);
		world_end(state);
	}
	assert_true(life.lines > 500);
}

/* A lockdown ends by itself, at its time. */
static void
test_lockdown_ends(void **state)
{
	struct world *world = world_new(state, "server.settle=0", NULL);
	struct person *ann;

	moderation_lock(world->chat, LOCKDOWN_MUTE, 30000);
	assert_int_equal(chat_next_due(world->chat), world->now.mono + 30000);
	ann = arrive(world);
	forget(ann);
	world_pass(world, 29999);
	say(ann, "hello");
	expect(ann, "!! Newcomers may not speak at the moment.");
	world_pass(world, 1);
	expect(ann, "-- The lockdown has ended.");
	assert_int_equal(world->chat->lockdown, LOCKDOWN_OFF);
	assert_int_equal(chat_next_due(world->chat), -1);
	say(ann, "hello");
	expect_silence(world);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_reload_rooms),
		world_test(test_reload_adopts),
		world_test(test_reload_in_turn),
		world_test(test_reload_topic),
		world_test(test_topic_of_new_rooms),
		world_test(test_reload_history),
		world_test(test_reload_values),
		world_test(test_motd),
		world_test(test_uptime),
		world_test(test_next_due),
		world_test(test_late_tick),
		world_test(test_close),
		world_test(test_close_breaks),
		world_test(test_end),
		world_test(test_lockdown_ends),
		world_test(test_life),
	};

	return cmocka_run_group_tests_name("chat", tests, NULL, NULL);
}
