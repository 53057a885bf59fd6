/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/msg.h"

#include <assert.h>
#include <stddef.h>

enum {
	NOISE = 1,
	SPEECH = 2
};

#define FORMAT(name) offsetof(struct format_conf, name)

static const struct {
	size_t normal; /* offset of the template in struct format_conf */
	size_t reader; /* of the one for screen readers */
	int flags;
} kinds[] = {
	[MSG_WELCOME] = {FORMAT(welcome), FORMAT(reader_welcome), 0},
	[MSG_MOTD] = {FORMAT(motd), FORMAT(motd), 0},
	[MSG_PRESENT] = {FORMAT(present), FORMAT(reader_present), 0},
	[MSG_SAY] = {FORMAT(say), FORMAT(say), SPEECH},
	[MSG_SAY_SELF] = {FORMAT(say_self), FORMAT(say_self), 0},
	[MSG_ACTION] = {FORMAT(action), FORMAT(reader_action), SPEECH},
	[MSG_ACTION_SELF] = {FORMAT(action_self), FORMAT(reader_action), 0},
	[MSG_PRIVATE] = {FORMAT(private), FORMAT(reader_private), SPEECH},
	[MSG_PRIVATE_SELF] = {FORMAT(private_self), FORMAT(reader_private_self), 0},
	[MSG_JOIN] = {FORMAT(join), FORMAT(reader_join), NOISE},
	[MSG_PART] = {FORMAT(part), FORMAT(reader_part), NOISE},
	[MSG_QUIT] = {FORMAT(quit), FORMAT(reader_quit), NOISE},
	[MSG_JOINED] = {FORMAT(joined), FORMAT(reader_joined), NOISE},
	[MSG_LEFT] = {FORMAT(left), FORMAT(reader_left), NOISE},
	[MSG_RENAME] = {FORMAT(rename), FORMAT(reader_rename), NOISE},
	[MSG_TOPIC] = {FORMAT(topic), FORMAT(reader_topic), 0},
	[MSG_NOTICE] = {FORMAT(notice), FORMAT(reader_notice), 0},
	[MSG_ERROR] = {FORMAT(error), FORMAT(reader_error), 0},
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == MSG_KINDS, "a row per kind");

const char *
msg_template(const struct format_conf *format, enum msg_kind kind, bool is_reader)
{
	size_t offset;

	assert(kind < MSG_KINDS);
	offset = is_reader ? kinds[kind].reader : kinds[kind].normal;
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
