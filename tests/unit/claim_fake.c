/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "claim_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "chat/store.h"
#include "chat/user.h"
#include "chat_fake.h"

const struct claim *
claim_of(const struct world *world, const char *nick)
{
	return claims_find(world->chat->store->claims, str_of(nick));
}

struct person *
enter_owner(struct world *world)
{
	struct person *ann = enter(world, "ann");

	ann->can_hide = true;
	say(ann, "/claim");
	say(ann, SECRET);
	say(ann, SECRET);
	world_work(world);
	world_work(world); /* the file */
	assert_true(ann->user->is_owner);
	forget(ann);
	return ann;
}

struct person *
come(struct world *world)
{
	struct person *person = arrive(world);

	person->can_hide = true;
	world_pass(world, world->conf->server.settle);
	forget_all(world);
	return person;
}

void
put_claims(const struct world *world, const char *text)
{
	char *path = xasprintf("%s/claims", world->folder);
	struct err err = {""};

	if (file_replace(path, str_of(text), 0600, &err) == -1)
		fail_msg("%s", err.text);
	free(path);
}
