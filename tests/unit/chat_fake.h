/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CHAT_FAKE_H
#define TESTS_CHAT_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/moment.h"
#include "chat/chat.h"
#include "chat/page.h"
#include "chat/peer.h"
#include "chat/user.h"
#include "conf/conf.h"
#include "host_fake.h"

/*
 * A whole chat in a unit test, without sockets and without waiting: people whose peers
 * only write down what they hear, and a clock that goes on when the test says so.
 *
 *	struct world *world = world_new(state, "server.settle=0", NULL);
 *	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
 *
 *	say(bob, "hello");
 *	expect(ann, "bob: hello");
 *	expect_silence(world);
 *
 * After each turn everything that must hold between people, rooms and queues is
 * checked, whatever the test is about.
 */
struct user;
struct worker;

struct person {
	struct peer peer; /* first, so that the peer is the person */
	struct world *world;
	struct user *user;         /* NULL once gone */
	char **heard;              /* lines without their ends, owned */
	size_t nheard;             /* how many */
	size_t nread;              /* how many of them the test has looked at */
	size_t handed;             /* in how many pieces */
	char *hung_up;             /* the chat's reason to end the session, or NULL */
	unsigned breaks_after;     /* the session ends in that many lines; 0: never */
	bool can_hide;             /* what is typed */
	bool hidden;               /* it is to be */
	unsigned configured;       /* how often the chat has said that wishes changed */
	struct peer_wishes wishes; /* as of then */
	TAILQ_ENTRY(person) link;
};

TAILQ_HEAD(person_list, person);

struct world {
	struct conf *conf;
	struct page page;
	struct worker *worker; /* without a thread: world_work() */
	struct chat *chat;
	struct moment now;
	struct person_list people; /* also those who are gone */
	uint64_t last_id;
	char *folder;      /* of its state, or NULL; owned */
	const char *fault; /* what the chat did wrong to a peer, or NULL */
	struct fake_host host;
};

/* The clock of a new world: 10:00 at Greenwich, which is the local time too. */
#define WORLD_WALL INT64_C(1795255200)

/*
 * A world with the built-in configuration and these overrides ("limits.rooms=2"), ended
 * by NULL. It belongs to the test: world_test() frees it when the test is over, passed
 * or not.
 */
struct world *world_new(void **state, ...) __attribute__((sentinel));
#define world_test(function) cmocka_unit_test_teardown(function, world_end)
int world_end(void **state);

/* The same with a folder for its state, new and empty, which is removed at the end. */
struct world *world_new_stored(void **state, ...) __attribute__((sentinel));

/* Everybody leaves, the chat ends, and another one begins and reads its state. */
void world_restart(struct world *world);

/* A configuration made from overrides, ended by NULL. Returns new. */
struct conf *conf_make(const char *override, ...) __attribute__((sentinel));

/* Reload: go over to the built-in configuration with these overrides. */
void world_reload(struct world *world, ...) __attribute__((sentinel));

/* End the turn as the app does: sweep and hand out until nothing is left, empty the
 * page. */
void world_turn(struct world *world);

/* The worker does what it was given, and the chat gets it back; a turn. */
void world_work(struct world *world);

/* Let time pass, and the chat do what is due then. */
void world_pass(struct world *world, int64_t ms);

/*
 * Somebody comes: turn_up() is only a part of a turn. arrive() leaves it at the
 * greeting, during which the connection may break; enter() also takes the name, waits
 * until the room was told, and forgets what everybody has heard up to then.
 */
struct person *turn_up(struct world *world);
struct person *arrive(struct world *world);
struct person *arrive_broken(struct world *world, unsigned breaks_after);
struct person *enter(struct world *world, const char *nick);

/* As arrive(), but from this address. All others come by a unix socket. */
struct person *arrive_from(struct world *world, const char *address);

/* The person is this operator of the configuration from now on. */
void make_operator(struct person *person, const char *name);

/* The terminal of somebody; without this it is that of nc, which tells nothing. */
void sit_at(struct person *person, struct terminal terminal);

/* One line typed: say() is a turn of its own, type() only a part of one. */
void say(struct person *person, const char *line);
void type(struct person *person, const char *line);

/* The connection breaks, for that reason: leave() is a turn of its own, break_off() is
 * not.
 */
void leave(struct person *person, const char *why);
void break_off(struct person *person, const char *why);

/*
 * Look at the next line that somebody has heard: it is this, it is like this (patterns
 * of fnmatch(3)), it says that something is wrong, there is none.
 */
#define expect(person, text) expect_at(person, text, __FILE__, __LINE__)
#define expect_like(person, pattern) expect_like_at(person, pattern, __FILE__, __LINE__)
#define expect_nothing(person) expect_nothing_at(person, __FILE__, __LINE__)

/* Nobody has heard anything that was not looked at. */
#define expect_silence(world) expect_silence_at(world, __FILE__, __LINE__)

/* Typing `line` gives this error, nothing else, and nothing to anybody else. */
#define expect_error(person, line, text)                                               \
	expect_error_at(person, line, text, __FILE__, __LINE__)

void expect_at(struct person *person, const char *text, const char *file, int line);
void expect_like_at(
	struct person *person, const char *pattern, const char *file, int line);
void expect_nothing_at(struct person *person, const char *file, int line);
void expect_silence_at(struct world *world, const char *file, int line);
void expect_error_at(struct person *person, const char *typed, const char *text,
	const char *file, int line);

/* Skip what was heard and not looked at: by one person, by everybody. */
void forget(struct person *person);
void forget_all(struct world *world);

#endif
