/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/foreign.h"

#include <stdbool.h>

/* How a text compares with something of which maybe only the beginning is there. */
enum match {
	MATCH_NO,
	MATCH_MAYBE,
	MATCH_YES
};

enum {
	METHOD_MAX = 20, /* letters; the longest registered one has 17 */
	TLS_HANDSHAKE = 0x16,
	TLS_CLIENT_HELLO = 0x01,
	TLS_MINOR_MAX = 4, /* versions are 3.0 (SSL 3) to 3.4 (TLS 1.3) */
};

static unsigned char
byte_at(struct str s, size_t i)
{
	return (unsigned char)s.p[i];
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Also what stands between the digits of an IPv6 address. */
static bool
is_address_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || c == ':';
}

/* Take `what` off the front of `*s`. */
static enum match
take(struct str *s, struct str what)
{
	if (str_starts(*s, what)) {
		*s = str_from(*s, what.len);
		return MATCH_YES;
	}
	return str_starts(what, *s) ? MATCH_MAYBE : MATCH_NO;
}

static enum match
take_one(struct str *s, bool (*is_it)(char c))
{
	if (s->len == 0)
		return MATCH_MAYBE;
	if (!is_it(s->p[0]))
		return MATCH_NO;
	*s = str_from(*s, 1);
	return MATCH_YES;
}

/* HTTP (RFC 9112, 3) */

/*
 * Take the word at the front of `*s`, up to a blank, a control character, or its end.
 */
static struct str
take_target(struct str *s)
{
	struct str word = *s;

	for (word.len = 0; word.len < s->len; word.len++) {
		unsigned char c = byte_at(*s, word.len);

		if (c <= ' ' || c == 0x7f)
			break;
	}
	*s = str_from(*s, word.len);
	return word;
}

/* A path, an address, "*", or behind CONNECT a host: "GET a" is none of these. */
static enum match
match_target(struct str method, struct str target)
{
	struct str scheme = target;

	if (target.len == 0)
		return MATCH_MAYBE;
	if (target.p[0] == '/' || str_eq(target, STR("*")) ||
		str_eq(method, STR("CONNECT")))
		return MATCH_YES;
	return take(&scheme, STR("http"));
}

static bool
is_line_end(char c)
{
	return c == '\r' || c == '\n';
}

/*
 * The whole request line, for up to its last word a person could have typed it: "GET
 * /etc/motd please".
 */
static enum match
match_http(struct str s)
{
	struct str method = s, target;
	enum match match;

	for (method.len = 0; method.len < s.len; method.len++) {
		char c = s.p[method.len];

		if ((c < 'A' || c > 'Z') && c != '-') /* as in M-SEARCH */
			break;
	}
	if (method.len > METHOD_MAX)
		return MATCH_NO;
	if (method.len == s.len)
		return MATCH_MAYBE;
	s = str_from(s, method.len);
	if (method.len == 0 || take(&s, STR(" ")) != MATCH_YES)
		return MATCH_NO;
	target = take_target(&s);
	match = match_target(method, target);
	if (match == MATCH_NO || s.len == 0)
		return match == MATCH_NO ? MATCH_NO : MATCH_MAYBE;
	if (match == MATCH_MAYBE)
		return MATCH_NO;
	if ((match = take(&s, STR(" HTTP/"))) == MATCH_YES &&
		(match = take_one(&s, is_digit)) == MATCH_YES &&
		(match = take(&s, STR("."))) == MATCH_YES &&
		(match = take_one(&s, is_digit)) == MATCH_YES)
		match = take_one(&s, is_line_end);
	return match;
}

/* TLS (RFC 8446, 5.1) */

/* The header of a record and the first byte of what is in it. */
static enum match
match_tls(struct str s)
{
	if ((s.len > 0 && byte_at(s, 0) != TLS_HANDSHAKE) ||
		(s.len > 1 && byte_at(s, 1) != 3) ||
		(s.len > 2 && byte_at(s, 2) > TLS_MINOR_MAX) ||
		(s.len > 3 && byte_at(s, 3) > 0x40) || /* at most 16 KiB */
		(s.len > 5 && byte_at(s, 5) != TLS_CLIENT_HELLO))
		return MATCH_NO;
	return s.len > 5 ? MATCH_YES : MATCH_MAYBE;
}

/*
 * How clients say hello that can still speak SSL 2 (RFC 5246, E.2): two bytes of length
 * with the top bit set, of which the hello of a real one needs only the second; the
 * kind, the version. No text in UTF-8 begins with 0x80.
 */
static enum match
match_ssl2(struct str s)
{
	if ((s.len > 0 && byte_at(s, 0) != 0x80) ||
		(s.len > 2 && byte_at(s, 2) != TLS_CLIENT_HELLO) ||
		(s.len > 3 && byte_at(s, 3) != 3 && byte_at(s, 3) != 0) ||
		(s.len > 4 && byte_at(s, 4) > TLS_MINOR_MAX))
		return MATCH_NO;
	return s.len > 4 ? MATCH_YES : MATCH_MAYBE;
}

/* SSH (RFC 4253, 4.2): SSH-2.0-..., also SSH-1.5-... and SSH-1.99-... */
static enum match
match_ssh(struct str s)
{
	enum match match;

	if ((match = take(&s, STR("SSH-"))) == MATCH_YES &&
		(match = take_one(&s, is_digit)) == MATCH_YES &&
		(match = take(&s, STR("."))) == MATCH_YES &&
		(match = take_one(&s, is_digit)) == MATCH_YES) {
		if (s.len > 0 && is_digit(s.p[0]))
			s = str_from(s, 1);
		match = take(&s, STR("-"));
	}
	return match;
}

/* The PROXY protocol (as HAProxy describes it in proxy-protocol.txt) */

static enum match
match_proxy1(struct str s)
{
	enum match match = take(&s, STR("PROXY "));
	struct str tcp = s, unknown = s;

	if (match != MATCH_YES)
		return match;
	match = take(&tcp, STR("TCP"));
	if (match != MATCH_NO) {
		if (match == MATCH_YES &&
			(match = take_one(&tcp, is_digit)) == MATCH_YES &&
			(match = take(&tcp, STR(" "))) == MATCH_YES)
			match = take_one(&tcp, is_address_char);
		return match;
	}
	match = take(&unknown, STR("UNKNOWN"));
	if (match == MATCH_YES && take(&unknown, STR(" ")) == MATCH_YES)
		return take_one(&unknown, is_address_char);
	return match == MATCH_YES ? take_one(&unknown, is_line_end) : match;
}

static enum match
match_proxy2(struct str s)
{
	return take(&s, STR("\r\n\r\n\0\r\nQUIT\n"));
}

static const struct {
	enum match (*match)(struct str s);
	enum foreign foreign;
} matchers[] = {
	{match_http, FOREIGN_HTTP},
	{match_tls, FOREIGN_TLS},
	{match_ssl2, FOREIGN_TLS},
	{match_ssh, FOREIGN_SSH},
	{match_proxy1, FOREIGN_PROXY},
	{match_proxy2, FOREIGN_PROXY},
};

enum foreign
foreign_detect(struct str first)
{
	enum foreign maybe = FOREIGN_NONE;

	if (first.len > FOREIGN_BYTES_MAX)
		first.len = FOREIGN_BYTES_MAX;
	for (size_t i = 0; i < sizeof(matchers) / sizeof(*matchers); i++) {
		switch (matchers[i].match(first)) {
		case MATCH_YES:
			return matchers[i].foreign;
		case MATCH_MAYBE:
			maybe = matchers[i].foreign;
			break;
		case MATCH_NO:
			break;
		}
	}
	/*
	 * Undecided for so long is only a request for something of a thousand bytes
	 * without a blank, which nobody says.
	 */
	if (maybe != FOREIGN_NONE && first.len < FOREIGN_BYTES_MAX)
		return FOREIGN_UNDECIDED;
	return maybe;
}

/*
 * A status that stands for "not with me", for whoever reads only that; a browser shows
 * the sentences. `server` is text of the operator, so nosniff keeps it text.
 */
static void
answer_http(const char *server, struct buf *out)
{
	struct buf text = {0};

	buf_printf(&text,
		"This is %s, a chat room and no web page. Enter it from a terminal,\r\n"
		"with the host and the port that brought you here:\r\n"
		"\r\n"
		"    telnet HOST PORT\r\n",
		server);
	buf_printf(out,
		"HTTP/1.1 400 Bad Request\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Length: %zu\r\n"
		"X-Content-Type-Options: nosniff\r\n"
		"Connection: close\r\n"
		"\r\n",
		text.len);
	buf_add_str(out, buf_str(&text));
	buf_fini(&text);
}

void
foreign_answer(enum foreign foreign, const char *server, struct buf *out)
{
	switch (foreign) {
	case FOREIGN_UNDECIDED:
	case FOREIGN_NONE:
		break;
	case FOREIGN_HTTP:
		answer_http(server, out);
		break;
	case FOREIGN_TLS:
		/*
		 * An alert: fatal, handshake_failure. All clients take it in a record
		 * of version 3.1, before one is agreed on.
		 */
		buf_add_str(out, STR("\x15\x03\x01\x00\x02\x02\x28"));
		break;
	case FOREIGN_SSH:
		/* Not SSH-..., so it is a line that precedes the identification. */
		buf_printf(out,
			"This is %s, a chat room for telnet and nc, and no SSH server."
			"\r\n",
			server);
		break;
	case FOREIGN_PROXY:
		buf_printf(out,
			"This is %s. It does not speak the PROXY protocol; turn it off "
			"for this server.\r\n",
			server);
		break;
	}
}

const char *
foreign_name(enum foreign foreign)
{
	static const char *const names[] = {
		[FOREIGN_UNDECIDED] = "undecided",
		[FOREIGN_NONE] = "none",
		[FOREIGN_HTTP] = "HTTP",
		[FOREIGN_TLS] = "TLS",
		[FOREIGN_SSH] = "SSH",
		[FOREIGN_PROXY] = "PROXY protocol",
	};

	return names[foreign];
}
