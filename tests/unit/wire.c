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

/*
 * Random input
 */

static void
add_random_size(uint64_t *random, struct buf *out)
{
	static const unsigned char cells[] = {0, 0, 0, 1, 24, 80, 254, 255};
	uint64_t odd = wire_random(random) % 8;
	size_t len = odd == 0 ? 5 : odd == 1 ? 3 : 4;

	buf_add_str(out, STR(SB NAWS));
	while (len-- > 0) {
		unsigned char byte = cells[wire_random(random) % sizeof(cells)];

		buf_add_char(out, (char)byte);
		if (byte == BYTE_IAC && odd != 2)
			buf_add_char(out, (char)byte);
	}
	buf_add_str(out, STR(SE));
}

static void
add_random_long(uint64_t *random, struct buf *out)
{
	bool escaped = wire_random(random) % 2 > 0;

	buf_add_str(out, STR(SB));
	for (uint64_t len = wire_random(random) % 300; len > 0; len--) {
		if (escaped)
			buf_add_str(out, STR(IAC IAC));
		else
			buf_add_char(out, (char)(wire_random(random) % 255));
	}
	buf_add_str(out, STR(SE));
}

/* Bytes that mean something here, whether or not they do where they stand. */
static void
add_random_bytes(uint64_t *random, struct buf *out)
{
	static const char special[] = IAC IAC IAC
		"\xf0\xfa\xfb\xfc\xfd\xfe\xf6\xf4\xf3\xec\xed" ECHO SGA NAWS TTYPE
		"\r\n\0\xc3\xbc\xe2\x82\xac\x1b[\x80\t";

	for (uint64_t len = wire_random(random) % 6 + 1; len > 0; len--)
		buf_add_char(out, special[wire_random(random) % (sizeof(special) - 1)]);
}

/* One of some texts. */
static void
add_one_of(uint64_t *random, const struct str *texts, size_t count, struct buf *out)
{
	buf_add_str(out, texts[wire_random(random) % count]);
}

#define ADD_ONE_OF(random, texts, out)                                                 \
	add_one_of(random, texts, sizeof(texts) / sizeof(*(texts)), out)

#define T(text)                                                                        \
	{                                                                              \
		text, sizeof(text) - 1                                                 \
	}

void
wire_random_token(uint64_t *random, struct buf *out)
{
	static const struct str verbs[] = {T(WILL), T(WONT), T(DO), T(DONT)};
	static const struct str options[] = {T(BINARY), T(ECHO), T(ECHO), T(ECHO),
		T(SGA), T(SGA), T(SGA), T(TIMING_MARK), T(TTYPE), T(EOR), T(NAWS),
		T(LINEMODE), T(CHARSET), T(MXP), T("\xff")};
	static const struct str commands[] = {T(IP), T(BRK), T(SUSP), T(EC), T(EL),
		T(AYT), T(END_OF_FILE), T(EOR_MARK), T(IAC "\xf1"), T(SE), T(IAC IAC),
		T(SB CHARSET "\x01;UTF-8" SE), T(SB CHARSET "\x01;X" SE),
		T(SB CHARSET "\x02UTF-8" SE), T(SB SE), T(IAC), T(SB), T(DO)};
	static const struct str types[] = {T(TYPE_IS("XTERM")), T(TYPE_IS("xterm")),
		T(TYPE_IS("ANSI")), T(TYPE_IS("TINTIN++")), T(TYPE_IS("MTTS 9")),
		T(TYPE_IS("MTTS 64")), T(SB TTYPE "\x01" SE)};
	static const struct str texts[] = {T("a"), T("hello"), T("\r\n"), T("\r\0"),
		T("\n"), T("\r"), T("/quit\r\n"), T("\xc3\xbc"), T("\xe2\x82\xac"),
		T("\xf0\x9f\x98\x80"), T("\xc3"), T("\x80"), T("\0"), T("\x7f"),
		T("\x03"), T("\t"), T("\033[A"), T("\033["), T("\x04"), T("\x12"),
		T("\033[200~"), T("\033[201~"), T(" "), T("\x15")};

	switch (wire_random(random) % 16) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		ADD_ONE_OF(random, verbs, out);
		ADD_ONE_OF(random, options, out);
		break;
	case 5:
		ADD_ONE_OF(random, verbs, out);
		buf_add_char(out, (char)wire_random(random));
		break;
	case 6:
	case 7:
		ADD_ONE_OF(random, commands, out);
		break;
	case 8:
		ADD_ONE_OF(random, types, out);
		break;
	case 9:
		add_random_size(random, out);
		break;
	case 10:
		add_random_bytes(random, out);
		break;
	case 11:
		if (wire_random(random) % 8 == 0)
			add_random_long(random, out);
		break;
	default:
		ADD_ONE_OF(random, texts, out);
		break;
	}
}

/*
 * What we send
 */

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

		/* A mark is the answer; to ask for another one is to begin anew. */
		if (item.kind == WIRE_VERB &&
			item.option == (unsigned char)TIMING_MARK[0])
			continue;
		if (item.kind == WIRE_VERB)
			answer_verb(peer, item.verb, item.option, answer);
		else if (item.kind == WIRE_SB)
			answer_sb(peer, item.text,
				str_make(before.p, before.len - sent.len), answer);
	}
}
