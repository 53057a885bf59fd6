/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chat/command.h"
#include "chat/room.h"
#include "chat/user.h"
#include "chat_fake.h"

/* Passphrases: asked for, hidden, and never shown to anybody. */

#define ASKS "-- Passphrase of #vault? An empty line calls it off."
#define WARNS                                                                          \
	"-- Passphrase of #vault? It WILL BE VISIBLE as you type. "                    \
	"An empty line calls it off."

static struct world *
vault(void **state)
{
	return world_new(
		state, "room #lobby.topic=", "room #vault.key=open sesame", NULL);
}

static void
test_right(void **state)
{
	struct world *world = vault(state);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	ann->can_hide = true;
	say(ann, "/join #Vault");
	expect(ann, ASKS);
	assert_true(ann->hidden);
	/* Others may talk meanwhile; where one talks is not changed by the question. */
	say(bob, "hello");
	expect(ann, "bob: hello");
	say(ann, "open sesame");
	assert_false(ann->hidden);
	expect(ann, "-- You are talking in #vault now.");
	expect(ann, "-- In #vault: nobody but you");
	/* The answer is over: what comes next is said. */
	say(ann, "open sesame");
	say(ann, "/join #lobby");
	expect(ann, "-- You are talking in #lobby now.");
	/* Who is inside is not asked again. */
	say(ann, "/join #vault");
	expect(ann, "-- You are talking in #vault now.");
	expect_silence(world);
}

/* Where nothing can be hidden one is told before one types. */
static void
test_visible(void **state)
{
	struct world *world = vault(state);
	struct person *ann = enter(world, "ann");

	say(ann, "/join #vault");
	expect(ann, WARNS);
	say(ann, "open sesame");
	expect(ann, "-- You are talking in #vault now.");
}

#define WRONG "!! That is not the passphrase of #vault."

/* Who is told that it was wrong is asked again. */
static void
expect_wrong(struct person *person, const char *typed, const char *asks)
{
	say(person, typed);
	expect(person, WRONG);
	expect(person, asks);
	expect_silence(person->world);
}

/* Byte for byte; blanks are a part of it. */
static void
test_wrong(void **state)
{
	static const char *const wrong[] = {"open", "open sesamf", "open sesame!",
		"Open Sesame", " open sesame", "open sesame ", " ", "/join #vault",
		"//open sesame"};
	struct world *world = vault(state);
	struct person *ann;

	enter(world, "bob");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ann = arrive(world);
		forget(ann);
		say(ann, "/join #vault");
		expect(ann, WARNS);
		expect_wrong(ann, wrong[i], WARNS);
		assert_int_equal(ann->user->nmembers, 1);
	}
	assert_int_equal(world->chat->lines, 0);
}

/* Who has it wrong types it again, as everywhere else: hidden, and not to the room. */
static void
test_second_try(void **state)
{
	struct world *world = vault(state);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	ann->can_hide = true;
	say(ann, "/join #Vault");
	expect(ann, ASKS);
	expect_wrong(ann, "open sesamf", ASKS);
	assert_true(ann->hidden);
	say(ann, "open sesame");
	assert_false(ann->hidden);
	expect(ann, "-- You are talking in #vault now.");
	expect(ann, "-- In #vault: nobody but you");
	expect_nothing(bob);
	assert_int_equal(world->chat->lines, 0);
}

static void
test_called_off_later(void **state)
{
	struct world *world = vault(state);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	ann->can_hide = true;
	say(ann, "/join #vault");
	expect(ann, ASKS);
	expect_wrong(ann, "guess", ASKS);
	say(ann, "");
	expect(ann, "-- Called off.");
	assert_false(ann->hidden);
	assert_int_equal(ann->user->question, ASK_NOTHING);
	say(ann, "hello");
	expect(bob, "ann: hello");
	expect_silence(world);
}

/* Whoever guesses has few tries. */
static void
test_too_many_wrong(void **state)
{
	struct world *world = vault(state);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	for (int i = 0; i < 2; i++) {
		say(ann, "/join #vault");
		expect(ann, WARNS);
		expect_wrong(ann, "guess", WARNS);
		/* One that is right between them changes nothing. */
		say(ann, "open sesame");
		say(ann, "/part #vault");
		forget_all(world);
	}
	say(ann, "/join #vault");
	expect(ann, WARNS);
	say(ann, "guess");
	expect(ann, WRONG);
	expect(ann, "!! Too many wrong passphrases. Goodbye!");
	assert_string_equal(ann->hung_up, "too many wrong passphrases");
	expect(bob, "-- ann has quit (too many wrong passphrases)");
	expect_silence(world);
}

/* ... also if they come in one turn. */
static void
test_tries_in_one_turn(void **state)
{
	struct world *world = vault(state);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	type(ann, "/join #vault");
	for (int i = 0; i < 3; i++)
		type(ann, "guess");
	world_turn(world);
	for (int i = 0; i < 3; i++) {
		expect(ann, WARNS);
		expect(ann, WRONG);
	}
	expect(ann, "!! Too many wrong passphrases. Goodbye!");
	assert_null(ann->user);
	expect(bob, "-- ann has quit (too many wrong passphrases)");
	expect_silence(world);
}

/* The connection breaks on being told so, or on being asked again. */
static void
test_breaks_on_it(void **state)
{
	struct world *world = vault(state);

	for (unsigned lines = 1; lines <= 2; lines++) {
		struct person *ann = enter(world, "ann");

		say(ann, "/join #vault");
		ann->breaks_after = lines;
		say(ann, "guess");
		assert_null(ann->user);
	}
	assert_int_equal(chat_people(world->chat), 0);
}

static void
test_called_off(void **state)
{
	struct world *world = vault(state);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	ann->can_hide = true;
	say(ann, "/join #vault");
	expect(ann, ASKS);
	say(ann, "");
	expect(ann, "-- Called off.");
	assert_false(ann->hidden);
	say(ann, "open sesame");
	expect(bob, "ann: open sesame");
	expect_silence(world);
}

/* Much may happen before the answer. */
static void
test_gone_meanwhile(void **state)
{
	struct world *world = vault(state);
	struct person *ann = enter(world, "ann");

	say(ann, "/join #vault");
	forget(ann);
	world_reload(world, "room #lobby.topic=", NULL);
	assert_null(room_find(world->chat, STR("#vault")));
	expect_error(ann, "open sesame", "There is no such room any more.");
	assert_null(room_find(world->chat, STR("#vault")));
}

static void
test_changed_meanwhile(void **state)
{
	struct world *world = vault(state);
	struct person *ann = enter(world, "ann");

	say(ann, "/join #vault");
	forget(ann);
	world_reload(world, "room #lobby.topic=", "room #vault.key=new", NULL);
	expect_wrong(ann, "open sesame", WARNS);
	/* No passphrase any more: any is right. */
	world_reload(world, "room #lobby.topic=", "room #vault.topic=", NULL);
	say(ann, "new");
	expect(ann, "-- You are talking in #vault now.");
}

static void
test_full_meanwhile(void **state)
{
	struct world *world =
		world_new(state, "room #lobby.topic=", "room #vault.key=open sesame",
			"room #vault.max_people=1", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/join #vault");
	say(bob, "/join #vault");
	say(bob, "open sesame");
	forget_all(world);
	expect_error(ann, "open sesame", "#vault is full.");
}

/* Who goes away instead of answering leaves nothing behind. */
static void
test_leaves(void **state)
{
	struct world *world = vault(state);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/join #vault");
	leave(ann, "");
	expect(bob, "-- ann has quit");
	/* The connection breaks on the question itself. */
	bob->breaks_after = 1;
	say(bob, "/join #vault");
	assert_null(bob->user);
	assert_int_equal(chat_people(world->chat), 0);
}

/* With [room *] key= the passphrase is that of who opens rooms, too. */
static void
test_new_rooms(void **state)
{
	struct world *world =
		world_new(state, "room *.key=x", "room #lobby.topic=", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/join #dev");
	expect_like(ann, "-- Passphrase of #dev[?] *");
	assert_null(room_find(world->chat, STR("#dev")));
	say(ann, "y");
	expect(ann, "!! That is not the passphrase of #dev.");
	expect_like(ann, "-- Passphrase of #dev[?] *");
	assert_null(room_find(world->chat, STR("#dev")));
	say(ann, "x");
	expect(ann, "-- You are talking in #dev now.");
	say(bob, "/join #DEV");
	expect_like(bob, "-- Passphrase of #dev[?] *");
	say(bob, "x");
	expect(bob, "-- You are talking in #dev now.");
	/* What may not be opened is not asked for. */
	forget_all(world);
	expect_error(ann, "/join #a.b",
		"A room's name is # and letters A to Z, digits, _ and -.");
}

/* The limit holds when the answer comes, and not only when the question does. */
static void
test_limit_meanwhile(void **state)
{
	struct world *world = world_new(
		state, "room #lobby.topic=", "room *.key=x", "limits.rooms=1", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/join #a");
	say(bob, "/join #b");
	say(ann, "x");
	forget_all(world);
	expect_error(bob, "x", "No more rooms can be opened now.");
	assert_int_equal(world->chat->opened_rooms, 1);
}

/* Who is put into a room by autojoin is not asked. */
static void
test_autojoin(void **state)
{
	struct world *world = world_new(state, "room #vault.key=open sesame", NULL);
	struct person *ann = arrive(world);

	expect_like(ann, "-- Welcome to prattle! You are guest1 in #vault. *");
	assert_int_equal(ann->user->question, ASK_NOTHING);
}

/* What stands before the line that is typed. */
static void
test_prompt(void **state)
{
	struct world *world = vault(state);
	struct person *ann = enter(world, "ann");
	static const char *const typed[] = {"hello", "/join #vault", "guess", "",
		"/ban 198.51.100.0/24", "no", "/part"};
	static const char *const prompts[] = {"#lobby> ",
		"Passphrase: ", "Passphrase: ", "#lobby> ", "yes? ", "#lobby> ", "> "};

	ann->user->level = PERM_OPERATOR;
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		struct buf out = {0};
		bool is_right;

		say(ann, typed[i]);
		user_prompt(ann->user, &out);
		is_right = str_eq(buf_str(&out), str_of(prompts[i]));
		buf_fini(&out);
		assert_true(is_right);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_right),
		world_test(test_visible),
		world_test(test_wrong),
		world_test(test_second_try),
		world_test(test_called_off_later),
		world_test(test_too_many_wrong),
		world_test(test_tries_in_one_turn),
		world_test(test_breaks_on_it),
		world_test(test_called_off),
		world_test(test_gone_meanwhile),
		world_test(test_changed_meanwhile),
		world_test(test_full_meanwhile),
		world_test(test_leaves),
		world_test(test_new_rooms),
		world_test(test_limit_meanwhile),
		world_test(test_autojoin),
		world_test(test_prompt),
	};

	return cmocka_run_group_tests_name("ask", tests, NULL, NULL);
}
