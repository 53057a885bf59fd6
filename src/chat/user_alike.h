/* SPDX-License-Identifier: ISC */
#ifndef CHAT_USER_ALIKE_H
#define CHAT_USER_ALIKE_H

#include "base/str.h"

/*
 * People who are present by what their names look like (name_utf8_skeleton): who wants
 * a name must not be taken for somebody else. An index, since ten thousand may be
 * there. It is made when it is first asked, which only server.nick_charset = utf8 does,
 * and kept from then on; without it nobody pays for it.
 */
struct chat;
struct user;

/* He has a name, or will have no longer the one he has. Each does nothing twice. */
void user_alike_enter(struct user *user);
void user_alike_leave(struct user *user);

/*
 * Somebody else who has not gone and whose name is another than `nick`, but looks like
 * it; or NULL.
 */
const struct user *user_alike_find(const struct user *user, struct str nick);

/* Nobody asks any more: free the index. */
void user_alike_drop(struct chat *chat);

#endif
