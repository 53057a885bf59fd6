/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/command.h"

#include "chat/chat.h"
#include "chat/store.h"
#include "chat/user.h"
#include "chat/user_claim.h"

/* Claimed names. Taking one is /nick's. */

/* Are names claimed here at all? */
static bool
is_claiming(const struct user *user)
{
	return store_takes_claims(user->chat->store);
}

static void
cmd_claim_name(struct call *call)
{
	user_claim_begin(call->user);
}

static void
cmd_release(struct call *call)
{
	user_claim_release(call->user);
}

static void
cmd_passphrase(struct call *call)
{
	user_claim_renew(call->user);
}

const struct command cmd_claim[] = {
	{
		.name = "claim",
		.perm = PERM_PEOPLE,
		.cost = 4,
		.run = cmd_claim_name,
		.is_of_use = is_claiming,
		.help = "Claim your name, by a passphrase.",
		.text = "You are asked for a new passphrase, twice.\n"
			"From then on\n"
			".Ic /nick\n"
			"asks for it, and whoever has the name by then makes way for "
			"you.\n"
			"A claim ends when its owner was away for too long.",
	},
	{
		.name = "release",
		.perm = PERM_PEOPLE,
		.run = cmd_release,
		.is_of_use = is_claiming,
		.help = "Give up the claim on your name.",
	},
	{
		.name = "passphrase",
		.perm = PERM_PEOPLE,
		.cost = 4,
		.run = cmd_passphrase,
		.is_of_use = is_claiming,
		.help = "Change the passphrase of your name.",
		.text = "You are asked for the new one, twice.",
	},
	{0},
};
