/* SPDX-License-Identifier: ISC */
#ifndef CHAT_USER_ASK_H
#define CHAT_USER_ASK_H

#include <stdbool.h>

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

/*
 * The passphrase of `what` was wrong: told and logged. The third time in a session ends
 * it.
 */
void user_ask_wrong(struct user *user, struct str what);

/*
 * Ask the same again, unless the session has ended or another question is open. Whose
 * answer was not taken, for whatever reason, types it once more, and nobody else shall
 * read that.
 */
void user_ask_retry(struct user *user, enum user_question question, struct str about);

/* Ask whether to set this ban, which is copied; the answer is yes, or anything else. */
void user_ask_to_confirm(struct user *user, const struct ban *ban);

/*
 * The line is the answer to the question that is open. Then none is, or the next one: a
 * new passphrase is asked for twice, and what was not taken once more.
 */
void user_answer(struct user *user, struct str line);

/* Forget the question that is open, and wipe what is kept for it. */
void user_ask_forget(struct user *user);

#endif
