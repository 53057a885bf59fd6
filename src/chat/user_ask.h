/* SPDX-License-Identifier: ISC */
#ifndef CHAT_USER_ASK_H
#define CHAT_USER_ASK_H

#include "base/str.h"
#include "chat/user.h"

/*
 * Questions to a person, whose next line is the answer: passphrases, which nobody else
 * sees and which are never part of a command.
 */

/*
 * Ask for a passphrase: the next line is the answer, an empty one calls it off. It is
 * not shown while it is typed, or the person is warned that it will be. `about` is
 * copied.
 */
void user_ask(struct user *user, enum user_question question, struct str about);

/* The line is the answer to the question that is open, which is settled by it. */
void user_answer(struct user *user, struct str line);

#endif
