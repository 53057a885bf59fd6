/* SPDX-License-Identifier: ISC */
#ifndef CHAT_USER_STYLE_H
#define CHAT_USER_STYLE_H

#include <stdbool.h>
#include <stdint.h>

#include "chat/msg.h"
#include "chat/user.h"

/*
 * How lines look to a person (chat/style.h), by his terminal, his settings and what
 * the line is to him.
 */

/*
 * Work out user->style anew, and who sees the same: the terminal or a setting has
 * changed.
 */
void user_restyle(struct user *user);

/* The style of one message that is delivered to the person now, who may be rung for. */
uint32_t user_style(struct user *user, const struct msg *msg);

/*
 * Could the message look different to the person than to others of his style, because
 * it holds his name?
 */
bool user_is_special(const struct user *user, const struct msg *msg);

/* Does each line ring for him? */
bool user_rings_always(const struct user *user);

#endif
