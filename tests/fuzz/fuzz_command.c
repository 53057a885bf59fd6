/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "chat/chat.h"
#include "chat/command.h"
#include "chat/store.h"
#include "chat/user.h"
#include "conf/conf.h"
#include "fuzz.h"

/*
 * Any word behind a slash: it is a command, or one line says why not. What is found has
 * the word as the beginning of its name or of an alias, whatever its case, and is found
 * by its own name. (What commands do is for fuzz_session.)
 */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err err;

	(void)argc;
	(void)argv;
	CHECK(command_check(&err) == 0);
	return 0;
}

/* Does the name or an alias begin like that, in any case? */
static bool
is_beginning(const struct command *command, struct str name)
{
	struct str aliases = str_of(command->aliases != NULL ? command->aliases : "");
	struct str word = str_of(command->name);

	while (word.len > 0 && !str_istarts(word, name))
		word = str_word(&aliases);
	return word.len > 0;
}

/* A chat in which there is something to do for each command. */
static struct store store = {.folder = (char[]){"/"}};
static const struct conf conf = {.noperators = 1};
static struct chat chat = {.conf = &conf, .store = &store};

/* What somebody finds who may use all commands. */
static const struct command *
find(struct str name, bool is_console, struct err *err)
{
	const struct user all = {
		.chat = &chat, .level = PERM_OPERATOR, .is_console = is_console};

	return command_find(name, &all, err);
}

static void
check_found(const struct command *command, struct str name, bool is_console)
{
	struct err err;

	CHECK(name.len > 0 && is_beginning(command, name));
	CHECK(command_is_for(command, is_console));
	CHECK(find(str_of(command->name), is_console, &err) == command);
}

static void
check_refused(const struct err *err)
{
	struct str text = str_of(err->text);
	struct buf clean = {0};

	CHECK(text.len > 0);
	utf8_clean(&clean, text);
	CHECK(str_eq(buf_str(&clean), text));
	buf_fini(&clean);
}

static void
check_find(struct str name, bool is_console)
{
	struct err err = {.text = ""};
	const struct command *command = find(name, is_console, &err);

	if (command != NULL)
		check_found(command, name, is_console);
	else
		check_refused(&err);
}

/*
 * What somebody finds is what is there, and more of it is unambiguous for him; but
 * beginnings of what is not listed for him are none.
 */
static void
check_find_for(struct str name, const struct user *user)
{
	struct err err = {.text = ""}, ignored;
	const struct command *all = find(name, user->is_console, &ignored);
	const struct command *his = command_find(name, user, &err);

	CHECK(all == NULL || his == all ||
		(!command_is_listed(all, user) && !str_ieq(name, str_of(all->name))));
	if (his != NULL)
		CHECK(his == all || command_is_listed(his, user));
	else
		check_refused(&err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char nowhere[] = "";
	static struct store no_store = {.folder = nowhere};
	static const struct conf no_operators = {0};
	static struct chat plain = {.conf = &no_operators, .store = &no_store};
	static const struct user people = {.chat = &chat, .level = PERM_PEOPLE};
	static const struct user guest = {.chat = &plain, .level = PERM_PEOPLE};
	static const struct user moderator = {.chat = &chat, .level = PERM_MODERATOR};
	static const struct user console = {
		.chat = &chat, .level = PERM_OPERATOR, .is_console = true};
	struct buf clean = {0}, line = {0};
	struct str rest, name;

	utf8_clean(&clean, str_make((const char *)data, size));
	rest = buf_str(&clean);
	buf_add_char(&line, '/');
	buf_add_str(&line, rest);
	(void)command_is_shown(&people, buf_str(&line));
	name = str_word(&rest);
	check_find(name, false);
	check_find(name, true);
	check_find_for(name, &people);
	check_find_for(name, &guest);
	check_find_for(name, &moderator);
	check_find_for(name, &console);
	buf_fini(&clean);
	buf_fini(&line);
	return 0;
}
