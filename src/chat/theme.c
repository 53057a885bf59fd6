/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/theme.h"

#include "base/name_utf8.h"
#include "chat/style.h"

struct theme {
	const char *notice; /* what the daemon says, coming and going */
	const char *error;
	const char *private;
	const char *mention;
	uint8_t nicks16[8];   /* codes of SGR; 0 behind the last */
	uint8_t nicks256[16]; /* of the 256-colour palette; 0 behind the last */
};

/* Each readable on its background, and told apart by most people's eyes. */
static const struct theme dark = {
	.notice = "\x1b[36m",
	.error = "\x1b[91m",
	.private = "\x1b[95m",
	.mention = "\x1b[1;93m",
	.nicks16 = {92, 93, 94, 95, 96, 32, 33},
	.nicks256 = {39, 43, 76, 78, 110, 114, 141, 147, 173, 179, 186, 203, 209, 213,
		219},
};
static const struct theme light = {
	.notice = "\x1b[36m",
	.error = "\x1b[31m",
	.private = "\x1b[35m",
	.mention = "\x1b[1;31m",
	.nicks16 = {31, 32, 34, 35, 36},
	.nicks256 = {19, 22, 25, 28, 53, 54, 58, 88, 91, 94, 124, 125, 126, 130, 161},
};

static const struct theme *
theme_of(uint32_t style)
{
	return style & STYLE_LIGHT ? &light : &dark;
}

const char *
theme_line(uint32_t style, enum msg_kind kind)
{
	const struct theme *theme = theme_of(style);

	if (!(style & STYLE_COLOUR))
		return "";
	if (style & STYLE_MENTION)
		return theme->mention;
	switch (kind) {
	case MSG_PRIVATE:
	case MSG_PRIVATE_SELF:
		return theme->private;
	case MSG_ERROR:
		return theme->error;
	case MSG_PRESENT:
	case MSG_JOIN:
	case MSG_PART:
	case MSG_QUIT:
	case MSG_JOINED:
	case MSG_LEFT:
	case MSG_RENAME:
	case MSG_TOPIC:
	case MSG_NOTICE:
		return theme->notice;
	default:
		return "";
	}
}

/* A number that only depends on the name, whatever its case (FNV-1a). */
static uint32_t
nick_hash(struct str nick)
{
	char folded[NAME_MAX_BYTES + 1];
	struct str key = name_utf8_fold(nick, folded);
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < key.len; i++)
		hash = (hash ^ (unsigned char)key.p[i]) * 16777619u;
	return hash ^ hash >> 16;
}

static uint8_t
pick(const uint8_t *codes, uint32_t hash)
{
	size_t count = 0;

	while (codes[count] != 0)
		count++;
	return codes[hash % count];
}

void
theme_nick(struct buf *out, uint32_t style, struct str nick)
{
	const struct theme *theme = theme_of(style);
	uint32_t hash = nick_hash(nick);

	if (!(style & STYLE_COLOUR))
		return;
	if (style & STYLE_256)
		buf_printf(out, "\x1b[38;5;%um", pick(theme->nicks256, hash));
	else
		buf_printf(out, "\x1b[%um", pick(theme->nicks16, hash));
}
