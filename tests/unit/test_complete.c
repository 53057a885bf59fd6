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

#include "chat/command.h"
#include "chat/complete.h"
#include "chat/user.h"
#include "chat_fake.h"

/* What Tab gives. */

/* The completions, in their order, of the word behind the last blank of `line`. */
static void
assert_offers(struct person *person, const char *line, ...)
{
	const char *blank = strrchr(line, ' ');
	size_t split = blank != NULL ? (size_t)(blank + 1 - line) : 0;
	struct str before = str_make(line, split), word = str_of(line + split);
	const char *want;
	size_t nth = 0;
	struct buf out = {0};

	/* Twice, since behind the last one it begins again. */
	for (int round = 0; round < 2; round++) {
		va_list args;

		va_start(args, line);
		while ((want = va_arg(args, const char *)) != NULL) {
			char *got;

			assert_true(complete(person->user, before, word, nth++, &out));
			got = buf_take(&out);
			assert_string_equal(got, want);
			free(got);
		}
		va_end(args);
	}
	if (nth == 0)
		assert_false(complete(person->user, before, word, 0, &out));
	assert_int_equal(out.len, 0);
	buf_fini(&out);
}

static void
test_commands(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	assert_offers(ann, "/ni", "/nick ", NULL);
	assert_offers(ann, "/WHO", "/who ", "/whois ", NULL);
	assert_offers(ann, "/qu", "/quit ", "/quiet ", NULL);
	assert_offers(ann, "/x", NULL);
	/* A beginning of a name, not of an alias: what is shown is what runs. */
	assert_offers(ann, "/nam", NULL);
	/* Anywhere else a slash is no command, and neither is one behind a blank. */
	assert_offers(ann, "say /ni", NULL);
	assert_offers(ann, " /ni", NULL);
	assert_offers(ann, "//ni", NULL);
}

/* A slash alone goes through those of `perm` and below. */
static void
assert_offers_all(struct person *person, enum perm perm)
{
	const struct command *command = NULL;
	size_t nth = 0;

	while ((command = command_next(command)) != NULL) {
		struct buf out = {0};
		char want[32], *got;

		if (command->perm > perm || !command_is_for(command, false))
			continue;
		snprintf(want, sizeof(want), "/%s ", command->name);
		assert_true(complete(person->user, STR(""), STR("/"), nth++, &out));
		got = buf_take(&out);
		assert_string_equal(got, want);
		free(got);
	}
}

/* Nobody is offered what he may not use. */
static void
test_all_commands(void **state)
{
	struct world *world = world_new_stored(state, "operator root.level=operator",
		"operator mod.level=moderator", NULL);
	struct person *ann = enter(world, "ann");

	assert_offers_all(ann, PERM_PEOPLE);
	assert_offers(ann, "/k", NULL);
	make_operator(ann, "mod");
	assert_offers_all(ann, PERM_MODERATOR);
	assert_offers(ann, "/k", "/kick ", NULL);
	assert_offers(ann, "/shut", NULL);
	make_operator(ann, "root");
	assert_offers_all(ann, PERM_OPERATOR);
	assert_offers(ann, "/shut", "/shutdown ", NULL);
}

static void
test_rooms(void **state)
{
	struct world *world = world_new(state,
		"room #lobby.topic=", "room #Dev.topic=", "room #attic.topic=", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(bob, "/join #devel");
	assert_offers(ann, "/join #", "#attic ", "#Dev ", "#devel ", "#lobby ", NULL);
	assert_offers(ann, "/join #DE", "#Dev ", "#devel ", NULL);
	assert_offers(ann, "#lob", "#lobby ", NULL);
	assert_offers(ann, "/join #x", NULL);
	assert_offers(ann, "/join lob", NULL);
}

/* At the beginning one speaks to somebody, elsewhere of somebody. */
static void
test_people(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	enter(world, "Bob");
	enter(world, "barbara");
	enter(world, "cid");
	assert_offers(ann, "b", "barbara: ", "Bob: ", NULL);
	assert_offers(ann, "BO", "Bob: ", NULL);
	assert_offers(ann, "  bo", "Bob: ", NULL);
	assert_offers(ann, "I saw bo", "Bob ", NULL);
	assert_offers(ann, "/msg b", "barbara ", "Bob ", NULL);
	assert_offers(ann, "x", NULL);
	assert_offers(ann, "I saw ", "barbara ", "Bob ", "cid ", NULL);
	assert_offers(ann, "", "barbara: ", "Bob: ", "cid: ", NULL);
	/* Nobody is offered himself. */
	assert_offers(ann, "an", NULL);
	say(ann, "hello");
	assert_offers(ann, "an", NULL);
	assert_offers(ann, "", "barbara: ", "Bob: ", "cid: ", NULL);
}

/* Who spoke last comes first: it is likely he who is answered. */
static void
test_speakers(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct person *ben = enter(world, "ben"), *bea = enter(world, "bea");

	assert_offers(ann, "b", "bea: ", "ben: ", "bob: ", NULL);
	say(bob, "one");
	assert_offers(ann, "b", "bob: ", "bea: ", "ben: ", NULL);
	say(ben, "/me counts");
	say(ann, "three");
	assert_offers(ann, "b", "ben: ", "bob: ", "bea: ", NULL);
	say(bob, "four");
	say(bob, "five");
	assert_offers(ann, "b", "bob: ", "ben: ", "bea: ", NULL);
	/* Each for himself; and who asks is not among his own. */
	assert_offers(bob, "b", "ben: ", "bea: ", NULL);
	/* Talking elsewhere or privately does not count. */
	say(bea, "/msg ann six");
	say(bea, "/join #dev");
	say(bea, "seven");
	assert_offers(ann, "b", "bob: ", "ben: ", "bea: ", NULL);
	/* By the name of now; who has left is not offered. */
	say(bob, "/nick bill");
	assert_offers(ann, "b", "bill: ", "ben: ", "bea: ", NULL);
	leave(ben, "");
	assert_offers(ann, "b", "bill: ", "bea: ", NULL);
	type(bea, "/quit");
	assert_offers(ann, "b", "bill: ", NULL);
	world_turn(world);
}

/* As many are remembered as have room; the others follow by name. */
static void
test_many_speakers(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *people[10];
	char nick[8];

	for (int i = 0; i < 10; i++) {
		snprintf(nick, sizeof(nick), "p%d", i);
		people[i] = enter(world, nick);
	}
	for (int i = 0; i < 10; i++)
		say(people[i], "hello");
	assert_offers(ann, "p", "p9: ", "p8: ", "p7: ", "p6: ", "p5: ", "p4: ", "p3: ",
		"p2: ", "p0: ", "p1: ", NULL);
	say(people[4], "again");
	assert_offers(ann, "p", "p4: ", "p9: ", "p8: ", "p7: ", "p6: ", "p5: ", "p3: ",
		"p2: ", "p0: ", "p1: ", NULL);
}

/* A crowd has more names than anybody goes through. */
static void
test_crowd(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");
	struct buf out = {0};

	for (int i = 0; i < 100; i++)
		arrive(world);
	for (size_t nth = 0; nth < 1000; nth++) {
		buf_reset(&out);
		assert_true(complete(ann->user, STR(""), STR("g"), nth, &out));
		assert_true(str_starts(buf_str(&out), STR("guest")));
	}
	buf_fini(&out);
}

static void
test_no_room(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/part");
	assert_offers(ann, "b", NULL);
	assert_offers(ann, "#l", "#lobby ", NULL);
	assert_offers(ann, "/pa", "/part ", NULL);
	/* Only people of the room in which one talks: not who is where. */
	say(ann, "/join #dev");
	assert_offers(ann, "b", NULL);
	say(bob, "/join #dev");
	assert_offers(ann, "b", "bob: ", NULL);
}

/* It is appended: what is there stays. */
static void
test_append(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");
	struct buf out = {0};

	buf_add_str(&out, STR("x"));
	assert_true(complete(ann->user, STR(""), STR("#l"), 7, &out));
	assert_true(str_eq(buf_str(&out), STR("x#lobby ")));
	buf_fini(&out);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_commands),
		world_test(test_all_commands),
		world_test(test_rooms),
		world_test(test_people),
		world_test(test_speakers),
		world_test(test_many_speakers),
		world_test(test_crowd),
		world_test(test_no_room),
		world_test(test_append),
	};

	return cmocka_run_group_tests_name("complete", tests, NULL, NULL);
}
