/* SPDX-License-Identifier: ISC */
#ifndef CHAT_USER_NAME_H
#define CHAT_USER_NAME_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Names of people who are present, mechanically. Who may have which one is settled by
 * user_claim_nick().
 */
struct chat;
struct user;

/* Give the person a name, which is copied; in no register. */
void user_write_nick(struct user *user, struct str nick);

/* The same, and enter it into the register; the old one has been taken out. */
void user_set_nick(struct user *user, struct str nick);

/* Take the name of the person out of the register; he has it still. */
void user_drop_nick(struct user *user);

/* Could somebody be called like that? False is certain, and quickly found out. */
bool user_may_be(const struct chat *chat, struct str word);

/* The name that the person came with: nobody else ever has it. */
#define GUEST_NAME_MAX 32
struct str user_guest_name(const struct user *user, char out[GUEST_NAME_MAX]);

/* "guest" and a number, in whatever case: those names are given, not chosen. */
bool user_is_guest_name(struct str nick);

/* Is that made of what names are made of, by server.nick_charset? */
bool user_nick_ok(const struct chat *chat, struct str nick);

/*
 * Could people have that name at all? -1 with the reason in `err`: not a name, too
 * long, reserved for guests.
 */
must_use int user_check_nick(const struct user *user, struct str nick, struct err *err);

/*
 * Take another name, announced. -1 with the reason in `err`: as user_check_nick(), or
 * in use by somebody who has not gone, or (with nick_charset utf8) looks like the name
 * of somebody who is present or has claimed it. Who owns the old name does not own the
 * new one, unless they differ in case only.
 */
must_use int user_rename(struct user *user, struct str nick, struct err *err);

#endif
