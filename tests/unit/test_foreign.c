/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/foreign.h"

/* A struct str in a table, which STR() can't be. */
#define BYTES(literal)                                                                 \
	{                                                                              \
		"" literal, sizeof(literal) - 1                                        \
	}

/*
 * The beginning of what real clients send, and how many bytes of it are needed to know
 * them. Fewer may be anything.
 */
static const struct {
	const char *who;
	struct str bytes;
	size_t needs;
	enum foreign foreign;
} openings[] = {
	{"curl", BYTES("GET / HTTP/1.1\r\nHost: chat.lan:4000\r\n"), 15, FOREIGN_HTTP},
	{"curl -0", BYTES("GET / HTTP/1.0\r\nHost: chat.lan:4000\r\n"), 15,
		FOREIGN_HTTP},
	{"curl -I", BYTES("HEAD /x HTTP/1.1\r\nHost: chat.lan"), 17, FOREIGN_HTTP},
	{"curl --http2-prior-knowledge", BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 15,
		FOREIGN_HTTP},
	{"a form", BYTES("POST /?a=b%20c&d=\xc3\xbc HTTP/1.1\r\nHost: chat\r\n"), 29,
		FOREIGN_HTTP},
	{"fetch()", BYTES("PUT /a HTTP/1.1\r\n"), 16, FOREIGN_HTTP},
	{"fetch()", BYTES("DELETE /a HTTP/1.1\r\n"), 19, FOREIGN_HTTP},
	{"fetch()", BYTES("PATCH /a HTTP/1.1\r\n"), 18, FOREIGN_HTTP},
	{"a preflight", BYTES("OPTIONS /a HTTP/1.1\r\n"), 20, FOREIGN_HTTP},
	{"a scanner", BYTES("OPTIONS * HTTP/1.1\r\n"), 19, FOREIGN_HTTP},
	{"a scanner", BYTES("TRACE / HTTP/1.1\n"), 17, FOREIGN_HTTP},
	{"a proxy's client", BYTES("CONNECT a.lan:443 HTTP/1.1\r\n"), 27, FOREIGN_HTTP},
	{"a proxy's client", BYTES("GET http://a.lan/ HTTP/1.1\r\n"), 27, FOREIGN_HTTP},
	{"nobody yet", BYTES("AZ /dav HTTP/1.1\r\n"), 17, FOREIGN_HTTP},
	{"WebDAV", BYTES("PROPFIND /dav HTTP/1.1\r\n"), 23, FOREIGN_HTTP},
	{"WebDAV", BYTES("VERSION-CONTROL / HTTP/1.1\r\n"), 27, FOREIGN_HTTP},
	{"OpenSSL, TLS 1.3",
		BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x73\x54\xbe\x06"),
		6, FOREIGN_TLS},
	{"OpenSSL, TLS 1.2",
		BYTES("\x16\x03\x01\x00\xae\x01\x00\x00\xaa\x03\x03\x8c\xb4\x7c\xcd"),
		6, FOREIGN_TLS},
	{"GnuTLS", BYTES("\x16\x03\x03\x01\x4a\x01\x00\x01\x46\x03\x03"), 6,
		FOREIGN_TLS},
	{"a hello as of SSL 2",
		BYTES("\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10\x01\x00\x80"), 5,
		FOREIGN_TLS},
	{"SSL 2 itself", BYTES("\x80\x1c\x01\x00\x02\x00\x03\x00\x00\x00\x10"), 5,
		FOREIGN_TLS},
	{"the largest record", BYTES("\x16\x03\x04\x40\x00\x01"), 6, FOREIGN_TLS},
	{"nobody yet", BYTES("\x80\xff\x01\x03\x04"), 5, FOREIGN_TLS},
	{"OpenSSH", BYTES("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"), 8,
		FOREIGN_SSH},
	{"PuTTY", BYTES("SSH-2.0-PuTTY_Release_0.78\r\n"), 8, FOREIGN_SSH},
	{"an old one", BYTES("SSH-1.99-OpenSSH_3.9p1\n"), 9, FOREIGN_SSH},
	{"an older one", BYTES("SSH-1.5-1.2.27\n"), 8, FOREIGN_SSH},
	{"PROXY v1", BYTES("PROXY TCP4 192.0.2.7 192.0.2.1 56324 4000\r\n"), 12,
		FOREIGN_PROXY},
	{"PROXY v1", BYTES("PROXY TCP6 abcd::7 ::1 56324 4000\r\n"), 12, FOREIGN_PROXY},
	{"PROXY v1", BYTES("PROXY TCP6 fd00::a ::1 56324 4000\r\n"), 12, FOREIGN_PROXY},
	{"PROXY v1", BYTES("PROXY UNKNOWN\r\n"), 14, FOREIGN_PROXY},
	{"PROXY v1", BYTES("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), 15, FOREIGN_PROXY},
	{"PROXY v2",
		BYTES("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\xc0\x00"
		      "\x02"),
		12, FOREIGN_PROXY},
};

/* And how many bytes of it are needed to know that it is for us. */
static const struct {
	struct str bytes;
	size_t needs;
} lines[] = {
	{BYTES("hello\n"), 1},
	{BYTES("\n"), 1},
	{BYTES("\r\nhello\r\n"), 3},
	{BYTES("\r\n\r\n/who\r\n"), 5},
	{BYTES("\r\n\r\n\0hello\n"), 6},
	{BYTES("/nick ann\n"), 1},
	{BYTES("\xff\xfd\x03\xff\xfb\x1f"), 1}, /* telnet */
	{BYTES("\xc3\xbc\n"), 1},
	{BYTES("\x80uro\n"), 3}, /* of a DOS */
	{BYTES("\x80\x2e\x02"), 3},
	{BYTES("\x80\x2e\x01\x07"), 4},
	{BYTES("\x80\x2e\x01\x03\x05"), 5},
	{BYTES("GET a life\n"), 5},
	{BYTES("GET /etc/motd, please\n"), 16},
	{BYTES("GET /\r\n"), 6},
	{BYTES("GET  / HTTP/1.1\r\n"), 5},
	{BYTES("GET / HTTP/1.1 is what it sends\n"), 15},
	{BYTES("GET / HTTP/x\n"), 12},
	{BYTES("GET / HTTP/1,1\n"), 13},
	{BYTES("GET / HTTP/1.x\n"), 14},
	{BYTES("GET / HTTPS\n"), 11},
	{BYTES("GET /\tHTTP/1.1\r\n"), 6},
	{BYTES("GET /\x7f HTTP/1.1\r\n"), 6},
	{BYTES("GET *ed\n"), 6},
	{BYTES("GET hold of him\n"), 6},
	{BYTES("GET http and run\n"), 10},
	{BYTES("GET htt HTTP/1.1\n"), 8},
	{BYTES("GET\n"), 4},
	{BYTES("Get / HTTP/1.1\r\n"), 2},
	{BYTES(" GET / HTTP/1.1\r\n"), 1},
	{BYTES("A / B\n"), 5},
	{BYTES("HELLO\n"), 6},
	{BYTES("AAAAAAAAAAAAAAAAAAAAA!\n"), 21},
	{BYTES("SSH is nice\n"), 5},
	{BYTES("SSH-keys\n"), 5},
	{BYTES("SSH-2 is old\n"), 6},
	{BYTES("SSH-2.x\n"), 7},
	{BYTES("SSH-2.0 is not\n"), 8},
	{BYTES("SSH-1.990-\n"), 9},
	{BYTES("PROXY fight\n"), 7},
	{BYTES("PROXY TCP\n"), 10},
	{BYTES("PROXY TCP4\n"), 11},
	{BYTES("PROXY TCP4 is\n"), 12},
	{BYTES("PROXY UNKNOWN, sorry\n"), 14},
	{BYTES("PROXY UNKNOWN to me\n"), 15},
	{BYTES("PROXY\n"), 6},
	{BYTES("\x16\n"), 2},
	{BYTES("\x16\x16\x16\n"), 2},
	{BYTES("\x16\x03\r\n"), 3},
	{BYTES("\x16\x02\x00\x00\x00\x01"), 2},
	{BYTES("\x16\x03\x05\x00\x40\x01"), 3},
	{BYTES("\x16\x03\x01\x41\x00\x01"), 4},
	{BYTES("\x16\x03\x01\x02\x00\x02"), 6}, /* a ServerHello */
	{BYTES("\x15\x03\x01\x00\x02\x01"), 1}, /* an alert */
	{BYTES("\x03\x00\x00\x2f\x2a\xe0"), 1}, /* RDP */
	{BYTES("\x00\x00\x00\x85\xffSMB"), 1},
	{BYTES("*1\r\n$4\r\nPING\r\n"), 1}, /* Redis */
	{BYTES("EHLO a.lan\r\n"), 6},
	{BYTES("USER ann\r\n"), 6},
	{BYTES("NICK ann\r\n"), 6},
};

/*
 * Found out as early as said, and the same with whatever follows. The bytes are copied
 * to where a sanitizer sees who reads behind them.
 */
static void
check(struct str bytes, size_t needs, enum foreign foreign)
{
	assert_in_range(needs, 1, bytes.len);
	for (size_t len = 0; len <= bytes.len; len++) {
		char *copy = malloc(len > 0 ? len : 1);
		enum foreign got;

		assert_non_null(copy);
		memcpy(copy, bytes.p, len);
		got = foreign_detect(str_make(copy, len));
		if (got != (len < needs ? FOREIGN_UNDECIDED : foreign))
			fail_msg("%zu bytes of \"%.*s\": %s", len, (int)bytes.len,
				bytes.p, foreign_name(got));
		free(copy);
	}
}

static void
test_openings(void **state)
{
	(void)state;
	assert_int_equal(foreign_detect(str_make(NULL, 0)), FOREIGN_UNDECIDED);
	for (size_t i = 0; i < sizeof(openings) / sizeof(*openings); i++)
		check(openings[i].bytes, openings[i].needs, openings[i].foreign);
}

static void
test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		check(lines[i].bytes, lines[i].needs, FOREIGN_NONE);
}

/* A request without an end. */
static void
test_long(void **state)
{
	char text[FOREIGN_BYTES_MAX + 200];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "GET /", 5);
	check(str_make(text, sizeof(text)), FOREIGN_BYTES_MAX, FOREIGN_HTTP);
	/* What comes too late changes nothing, what comes in time does. */
	text[FOREIGN_BYTES_MAX] = '\n';
	check(str_make(text, sizeof(text)), FOREIGN_BYTES_MAX, FOREIGN_HTTP);
	text[FOREIGN_BYTES_MAX - 1] = '\n';
	check(str_make(text, sizeof(text)), FOREIGN_BYTES_MAX, FOREIGN_NONE);
	memset(text, 'A', sizeof(text));
	check(str_make(text, sizeof(text)), 21, FOREIGN_NONE);
}

/* What the header promises of any bytes, here of those that openings are made of. */
static void
test_random(void **state)
{
	static const char *const pieces[] = {"GET", "PRI", " ", "/", "*", "http",
		"HTTP/1.1", "\r\n", "\n", "SSH-", "2.0", "-", "PROXY", "TCP4",
		"UNKNOWN", "1", "\x16", "\x03", "\x01", "\x80", "QUIT\n", "a"};

	(void)state;
	srand(1);
	for (int round = 0; round < 50000; round++) {
		enum foreign before = FOREIGN_UNDECIDED;
		struct buf text = {0};

		for (int n = 0; n < 8; n++) {
			size_t i = (size_t)rand() % (sizeof(pieces) / sizeof(*pieces));

			buf_add_str(&text, str_of(pieces[i]));
		}
		for (size_t len = 0; len <= text.len; len++) {
			struct str first = str_make(text.p, len);
			enum foreign now = foreign_detect(first);

			/* Once decided it stays so. */
			if (before != FOREIGN_UNDECIDED)
				assert_int_equal(now, before);
			if (now == FOREIGN_UNDECIDED && len > 0 &&
				first.p[len - 1] == '\n')
				assert_true(str_eq(first, STR("\r\n")) ||
					str_eq(first, STR("\r\n\r\n")) ||
					first.p[0] == '\x16' || first.p[0] == '\x80');
			before = now;
		}
		buf_fini(&text);
	}
}

static const char *
answer(enum foreign foreign, struct buf *out)
{
	buf_reset(out);
	foreign_answer(foreign, "The \"Lobby\"", out);
	buf_add_char(out, '\0');
	return out->p;
}

static void
test_answer_http(void **state)
{
	struct buf out = {0};
	const char *text = answer(FOREIGN_HTTP, &out);
	const char *body = strstr(text, "\r\n\r\n");
	char length[64];

	(void)state;
	assert_non_null(body);
	body += 4;
	assert_true(str_starts(str_of(text), STR("HTTP/1.1 400 Bad Request\r\n")));
	assert_non_null(
		strstr(text, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
	assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
	assert_true(snprintf(length, sizeof(length), "\r\nContent-Length: %zu\r\n",
			    strlen(body)) > 0);
	assert_non_null(strstr(text, length));
	assert_non_null(
		strstr(body, "This is The \"Lobby\", a chat room and no web page."));
	assert_non_null(strstr(body, "telnet HOST PORT"));
	buf_fini(&out);
}

static void
test_answers(void **state)
{
	struct buf out = {0};
	const char *text;

	(void)state;
	answer(FOREIGN_TLS, &out);
	assert_true(str_eq(buf_str(&out), STR("\x15\x03\x01\x00\x02\x02\x28\0")));
	/* One line each, and none that is taken for an identification. */
	text = answer(FOREIGN_SSH, &out);
	assert_false(str_starts(str_of(text), STR("SSH-")));
	assert_non_null(strstr(text, "The \"Lobby\", a chat room"));
	assert_ptr_equal(strstr(text, "\r\n"), text + strlen(text) - 2);
	text = answer(FOREIGN_PROXY, &out);
	assert_non_null(strstr(text, "The \"Lobby\""));
	assert_ptr_equal(strstr(text, "\r\n"), text + strlen(text) - 2);
	assert_string_equal(answer(FOREIGN_NONE, &out), "");
	assert_string_equal(answer(FOREIGN_UNDECIDED, &out), "");
	buf_fini(&out);
}

static void
test_name(void **state)
{
	(void)state;
	assert_string_equal(foreign_name(FOREIGN_HTTP), "HTTP");
	assert_string_equal(foreign_name(FOREIGN_TLS), "TLS");
	assert_string_equal(foreign_name(FOREIGN_SSH), "SSH");
	assert_string_equal(foreign_name(FOREIGN_PROXY), "PROXY protocol");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openings),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_answer_http),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests_name("foreign", tests, NULL, NULL);
}
