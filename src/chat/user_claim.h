/* SPDX-License-Identifier: ISC */
#ifndef CHAT_USER_CLAIM_H
#define CHAT_USER_CLAIM_H

#include "base/str.h"

/*
 * Claimed names, as people meet them: taking one asks for its passphrase, and whoever
 * knows it gets the name at once, from whomever has it. The list of them is
 * chat/claim.h, kept by chat/store.h.
 */
struct chat;
struct user;

/* /nick: take a name. Whatever is wrong is told; asks first if the name is claimed. */
void user_claim_nick(struct user *user, struct str nick);

/* /claim, /passphrase and /release, for the name that the person has. */
void user_claim_begin(struct user *user);
void user_claim_renew(struct user *user);
void user_claim_release(struct user *user);

/*
 * Answers: the passphrase of a claimed name; the new one for the own name, twice.
 * False: it was not taken, and he has been told why.
 */
bool user_claim_answer_name(struct user *user, struct str secret, struct str nick);
bool user_claim_answer_new(
	struct user *user, struct str first, struct str second, struct str nick);

/* The person is about to lose his name, or to go: its owner is here no more. */
void user_claim_leave(struct user *user);

/* Claims may have gone without their owners' doing: who is an owner still? */
void user_claim_review(struct chat *chat);

#endif
