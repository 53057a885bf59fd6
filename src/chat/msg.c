/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/msg.h"

#include <assert.h>
#include <stddef.h>

enum {
	NOISE = 1,
	SPEECH = 2
};

static const struct {
	size_t offset; /* of the template in struct format_conf */
	int flags;
} kinds[] = {
	[MSG_WELCOME] = {offsetof(struct format_conf, welcome), 0},
	[MSG_MOTD] = {offsetof(struct format_conf, motd), 0},
	[MSG_PRESENT] = {offsetof(struct format_conf, present), 0},
	[MSG_SAY] = {offsetof(struct format_conf, say), SPEECH},
	[MSG_SAY_SELF] = {offsetof(struct format_conf, say_self), 0},
	[MSG_ACTION] = {offsetof(struct format_conf, action), SPEECH},
	[MSG_ACTION_SELF] = {offsetof(struct format_conf, action_self), 0},
	[MSG_PRIVATE] = {offsetof(struct format_conf, private), SPEECH},
	[MSG_PRIVATE_SELF] = {offsetof(struct format_conf, private_self), 0},
	[MSG_JOIN] = {offsetof(struct format_conf, join), NOISE},
	[MSG_PART] = {offsetof(struct format_conf, part), NOISE},
	[MSG_QUIT] = {offsetof(struct format_conf, quit), NOISE},
	[MSG_RENAME] = {offsetof(struct format_conf, rename), NOISE},
	[MSG_TOPIC] = {offsetof(struct format_conf, topic), 0},
	[MSG_NOTICE] = {offsetof(struct format_conf, notice), 0},
	[MSG_ERROR] = {offsetof(struct format_conf, error), 0},
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == MSG_KINDS, "a row per kind");

const char *
msg_template(const struct format_conf *format, enum msg_kind kind)
{
	assert(kind < MSG_KINDS);
	return *(char *const *)((const char *)format + kinds[kind].offset);
}

bool
msg_is_noise(enum msg_kind kind)
{
	return kinds[kind].flags & NOISE;
}

bool
msg_is_speech(enum msg_kind kind)
{
	return kinds[kind].flags & SPEECH;
}
