/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	BYTE_EOR = 239,
	BYTE_SE = 240,
	BYTE_SB = 250,
	BYTE_WILL = 251,
	BYTE_WONT = 252,
	BYTE_DO = 253,
	BYTE_DONT = 254,
	BYTE_IAC = 255,
};

uint64_t
wire_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 11;
}

uint64_t
wire_seed(unsigned seed)
{
	uint64_t state = (seed + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);

	for (int i = 0; i < 8; i++)
		(void)wire_random(&state);
	return state;
}

static unsigned char
byte_at(struct str bytes, size_t at)
{
	return (unsigned char)bytes.p[at];
}

/* How long the subnegotiation at the front is, with IAC SB and IAC SE; 0 if broken. */
static size_t
sb_len(struct str bytes)
{
	for (size_t at = 2; at + 1 < bytes.len; at++) {
		if (byte_at(bytes, at) != BYTE_IAC)
			continue;
		if (byte_at(bytes, at + 1) == BYTE_SE)
			return at + 2;
		/* We never have a reason to send IAC IAC in one. */
		return 0;
	}
	return 0;
}

struct wire_item
wire_next(struct str *bytes)
{
	struct wire_item item = {.kind = WIRE_BROKEN, .text = *bytes};
	size_t used = bytes->len;

	if (bytes->len == 0)
		return (struct wire_item){.kind = WIRE_NONE};
	if (byte_at(*bytes, 0) != BYTE_IAC) {
		const char *iac = memchr(bytes->p, BYTE_IAC, bytes->len);

		used = iac != NULL ? (size_t)(iac - bytes->p) : bytes->len;
		item.kind = WIRE_TEXT;
		item.text = str_make(bytes->p, used);
	} else if (bytes->len > 1) {
		item.verb = byte_at(*bytes, 1);
		if (item.verb >= BYTE_WILL && item.verb < BYTE_IAC && bytes->len > 2) {
			used = 3;
			item.kind = WIRE_VERB;
			item.option = byte_at(*bytes, 2);
		} else if (item.verb == BYTE_SB && sb_len(*bytes) > 0) {
			used = sb_len(*bytes);
			item.kind = WIRE_SB;
			item.text = str_make(bytes->p + 2, used - 4);
		} else if (item.verb == BYTE_EOR) {
			used = 2;
			item.kind = WIRE_COMMAND;
		}
	}
	*bytes = str_from(*bytes, used);
	return item;
}

static void
print_text(struct buf *out, struct str text)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = byte_at(text, i);

		if (c < 0x20 || c > 0x7e)
			buf_printf(out, "\\x%02x", c);
		else
			buf_add_char(out, (char)c);
	}
	buf_add_str(out, STR("\" "));
}

void
wire_print(struct buf *out, struct str bytes)
{
	static const char *const verbs[] = {"WILL", "WONT", "DO", "DONT"};
	struct wire_item item;

	while ((item = wire_next(&bytes)).kind != WIRE_NONE) {
		switch (item.kind) {
		case WIRE_VERB:
			buf_printf(out, "%s %u ", verbs[item.verb - BYTE_WILL],
				item.option);
			break;
		case WIRE_COMMAND:
			buf_printf(out, "IAC %u ", item.verb);
			break;
		case WIRE_SB:
			buf_add_str(out, STR("SB "));
			print_text(out, item.text);
			break;
		default:
			print_text(out, item.text);
			break;
		}
	}
}

void
wire_check(struct str got, struct str want, const char *what, int line)
{
	struct buf words = {0};

	if (str_eq(got, want))
		return;
	wire_print(&words, want);
	buf_add_str(&words, STR("\n  and not "));
	wire_print(&words, got);
	fail_msg("line %d, %s: wanted %.*s", line, what, (int)words.len, words.p);
}

int
wire_side_received(unsigned char verb)
{
	return verb == BYTE_WILL || verb == BYTE_WONT;
}

int
wire_side_sent(unsigned char verb)
{
	return verb == BYTE_DO || verb == BYTE_DONT;
}

/*
 * Peers
 */

static void
say(struct buf *answer, unsigned char verb, unsigned char option)
{
	buf_add(answer, (unsigned char[]){BYTE_IAC, verb, option}, 3);
}

static unsigned char
yes_to(unsigned char verb)
{
	return verb == BYTE_DO || verb == BYTE_DONT ? BYTE_WILL : BYTE_DO;
}

static unsigned char
no_to(unsigned char verb)
{
	return verb == BYTE_DO || verb == BYTE_DONT ? BYTE_WONT : BYTE_DONT;
}

static void
answer_verb(struct wire_peer *peer, unsigned char verb, unsigned char option,
	struct buf *answer)
{
	enum wire_manner manner = peer->manner;
	bool is_yes = verb == BYTE_DO || verb == BYTE_WILL;

	if (manner == MANNER_RANDOM)
		manner = (enum wire_manner)(wire_random(&peer->random) % MANNER_RANDOM);
	switch (manner) {
	case MANNER_REFUSES:
		say(answer, no_to(verb), option);
		break;
	case MANNER_AGREES:
		say(answer, is_yes ? yes_to(verb) : no_to(verb), option);
		if (verb == BYTE_DO && option == (unsigned char)NAWS[0])
			buf_add_str(answer, STR(SIZE_80_24));
		break;
	case MANNER_ECHOES:
		say(answer, verb, option);
		break;
	case MANNER_CONTRARY:
		say(answer, is_yes ? no_to(verb) : yes_to(verb), option);
		break;
	case MANNER_RANDOM:
	case MANNER_SILENT:
	case MANNERS:
		break;
	}
}

static void
answer_sb(struct wire_peer *peer, struct str sb, struct str whole, struct buf *answer)
{
	if (peer->manner == MANNER_ECHOES) {
		buf_add_str(answer, whole);
	} else if (str_eq(sb, STR(TTYPE "\x01"))) {
		/* Never the same name twice. */
		buf_add_str(answer, STR(SB TTYPE "\0"));
		buf_printf(answer, "TERMINAL-%u", peer->types++);
		buf_add_str(answer, STR(SE));
	} else if (str_starts(sb, STR(CHARSET "\x01"))) {
		buf_add_str(answer, STR(SB CHARSET "\x02UTF-8" SE));
	}
}

void
wire_peer_answer(struct wire_peer *peer, struct str sent, struct buf *answer)
{
	while (sent.len > 0 && peer->manner != MANNER_SILENT) {
		struct str before = sent;
		struct wire_item item = wire_next(&sent);

		if (item.kind == WIRE_VERB)
			answer_verb(peer, item.verb, item.option, answer);
		else if (item.kind == WIRE_SB)
			answer_sb(peer, item.text,
				str_make(before.p, before.len - sent.len), answer);
	}
}
