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
	size_t reader; /* of the one for screen readers; 0 if there is none of its own
			*/
} kinds[] = {
	[MSG_WELCOME] = {offsetof(struct format_conf, welcome), 0, 0},
	[MSG_MOTD] = {offsetof(struct format_conf, motd), 0, 0},
	[MSG_PRESENT] = {offsetof(struct format_conf, present), 0,
		offsetof(struct format_conf, reader_present)},
	[MSG_SAY] = {offsetof(struct format_conf, say), SPEECH, 0},
	[MSG_SAY_SELF] = {offsetof(struct format_conf, say_self), 0, 0},
	[MSG_ACTION] = {offsetof(struct format_conf, action), SPEECH,
		offsetof(struct format_conf, reader_action)},
	[MSG_ACTION_SELF] = {offsetof(struct format_conf, action_self), 0,
		offsetof(struct format_conf, reader_action)},
	[MSG_PRIVATE] = {offsetof(struct format_conf, private), SPEECH,
		offsetof(struct format_conf, reader_private)},
	[MSG_PRIVATE_SELF] = {offsetof(struct format_conf, private_self), 0,
		offsetof(struct format_conf, reader_private_self)},
	[MSG_JOIN] = {offsetof(struct format_conf, join), NOISE, 0},
	[MSG_PART] = {offsetof(struct format_conf, part), NOISE, 0},
	[MSG_QUIT] = {offsetof(struct format_conf, quit), NOISE, 0},
	[MSG_RENAME] = {offsetof(struct format_conf, rename), NOISE, 0},
	[MSG_TOPIC] = {offsetof(struct format_conf, topic), 0, 0},
	[MSG_NOTICE] = {offsetof(struct format_conf, notice), 0,
		offsetof(struct format_conf, reader_notice)},
	[MSG_ERROR] = {offsetof(struct format_conf, error), 0,
		offsetof(struct format_conf, reader_error)},
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == MSG_KINDS, "a row per kind");

const char *
msg_template(const struct format_conf *format, enum msg_kind kind, bool is_reader)
{
	size_t offset = kinds[kind].offset;

	assert(kind < MSG_KINDS);
	if (is_reader && kinds[kind].reader != 0)
		offset = kinds[kind].reader;
	return *(char *const *)((const char *)format + offset);
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
