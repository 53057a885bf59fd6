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

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/buf.h"
#include "net/proxy.h"

/* A struct str in a table, which STR() can't be. */
#define BYTES(literal)                                                                 \
	{                                                                              \
		"" literal, sizeof(literal) - 1                                        \
	}

/* The head of version 2: command, family, and how many bytes follow. */
#define V2(command, family, length) "\r\n\r\n\0\r\nQUIT\n" command family "\0" length
#define FROM_V4 "\xc0\x00\x02\x07\xc0\x00\x02\x01\xdc\x04\x0f\xa0"
#define FROM_V6                                                                        \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"                                   \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\xdc\x04\x0f\xa0"

#define LONGEST_V6 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

/* Whole headers, and whom they name: NULL for the connection's own address. */
static const struct {
	struct str bytes;
	const char *source;
} headers[] = {
	{BYTES("PROXY TCP4 192.0.2.7 192.0.2.1 56324 4000\r\n"), "192.0.2.7 56324"},
	{BYTES("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
		"255.255.255.255 65535"},
	{BYTES("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n"), "0.0.0.0 0"},
	{BYTES("PROXY TCP6 2001:db8::7 ::1 56324 4000\r\n"), "2001:db8::7 56324"},
	{BYTES("PROXY TCP6 2001:DB8:0:0:0:0:0:7 ::1 1 4000\r\n"), "2001:db8::7 1"},
	{BYTES("PROXY TCP6 " LONGEST_V6 " " LONGEST_V6 " 65535 65535\r\n"),
		LONGEST_V6 " 65535"},
	{BYTES("PROXY UNKNOWN\r\n"), NULL},
	{BYTES("PROXY UNKNOWN \r\n"), NULL},
	{BYTES("PROXY UNKNOWN what\rever\xff\0 this  is\r\n"), NULL},
	{BYTES("PROXY UNKNOWN " LONGEST_V6 " " LONGEST_V6 " 65535 65535\r\n"), NULL},
	{BYTES(V2("\x21", "\x11", "\x0c") FROM_V4), "192.0.2.7 56324"},
	{BYTES(V2("\x21", "\x21", "\x24") FROM_V6), "2001:db8::7 56324"},
	/* What is added, also of kinds that nobody knows. */
	{BYTES(V2("\x21", "\x11", "\x0f") FROM_V4 "\x04\0\0"), "192.0.2.7 56324"},
	{BYTES(V2("\x21", "\x11", "\x17") FROM_V4 "\x02\0\x03lan\xe0\0\x02hi"),
		"192.0.2.7 56324"},
	{BYTES(V2("\x21", "\x21", "\x2b") FROM_V6 "\x05\0\x04\x03\0\0\0"),
		"2001:db8::7 56324"},
	/* The checksum, alone and between others. */
	{BYTES(V2("\x21", "\x11", "\x13") FROM_V4 "\x03\0\x04\x34\x8e\x1a\x2b"),
		"192.0.2.7 56324"},
	{BYTES(V2("\x21", "\x11", "\x1a") FROM_V4
		 "\x04\0\x01z\x03\0\x04\x79\xad\x14\xf0\x04\0\0"),
		"192.0.2.7 56324"},
	/* The proxy for itself, whatever it says of addresses. */
	{BYTES(V2("\x20", "\x00", "\x00")), NULL},
	{BYTES(V2("\x20", "\x11", "\x0c") FROM_V4), NULL},
	{BYTES(V2("\x20", "\x11", "\x01") "?"), NULL},
	{BYTES(V2("\x20", "\xff", "\x00")), NULL},
	/* Kinds that we do not take. */
	{BYTES(V2("\x21", "\x00", "\x00")), NULL},
	{BYTES(V2("\x21", "\x00", "\x04") "\x03\0\xff?"), NULL},
	{BYTES(V2("\x21", "\x10", "\x0c") FROM_V4), NULL},
	{BYTES(V2("\x21", "\x12", "\x0c") FROM_V4), NULL},
	{BYTES(V2("\x21", "\x22", "\x24") FROM_V6), NULL},
};

/* Those that are none, how many bytes show it, and what is wrong. */
static const struct {
	struct str bytes;
	size_t needs;
	const char *fault;
} bad[] = {
	{BYTES("hello\n"), 1, "no header"},
	{BYTES("\n"), 1, "no header"},
	{BYTES("\r\nhello\r\n"), 3, "no header"},
	{BYTES("\xff\xfd\x03"), 1, "no header"},
	{BYTES("GET / HTTP/1.1\r\n"), 1, "no header"},
	{BYTES("PROXYTCP4 "), 6, "no header"},
	{BYTES("PROXY\r\n"), 6, "no header"},
	{BYTES("proxy TCP4 "), 1, "no header"},
	{BYTES("\r\n\r\n\0\r\nQUIT\r\n"), 12, "no header"},
	{BYTES("PROXY \r\n"), 8, "none of TCP4, TCP6 and UNKNOWN"},
	{BYTES("PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n"), 32,
		"none of TCP4, TCP6 and UNKNOWN"},
	{BYTES("PROXY UNKNOWNS\r\n"), 16, "none of TCP4, TCP6 and UNKNOWN"},
	{BYTES("PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n"), 33,
		"none of TCP4, TCP6 and UNKNOWN"},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n"), 31,
		"a line that does not end in CR LF"},
	{BYTES("PROXY UNKNOWN\n\r\n"), 14, "a line that does not end in CR LF"},
	{BYTES("PROXY TCP4\r\n"), 12,
		"not two addresses and two ports, each behind one blank"},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n"), 30,
		"not two addresses and two ports, each behind one blank"},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n"), 33,
		"not two addresses and two ports, each behind one blank"},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n"), 34,
		"not two addresses and two ports, each behind one blank"},
	{BYTES("PROXY TCP4  1.2.3.4 1.2.3.4 1\r\n"), 31, "wrong source address"},
	{BYTES("PROXY TCP4 1.2.3.04 1.2.3.4 1 2\r\n"), 33, "wrong source address"},
	{BYTES("PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n"), 30, "wrong source address"},
	{BYTES("PROXY TCP4 1.2.3.4\0 1.2.3.4 1 2\r\n"), 33, "wrong source address"},
	{BYTES("PROXY TCP4 ::1 1.2.3.4 1 2\r\n"), 28, "wrong source address"},
	{BYTES("PROXY TCP6 1.2.3.4 ::1 1 2\r\n"), 28, "wrong source address"},
	{BYTES("PROXY TCP6 ::1%lo ::1 1 2\r\n"), 27, "wrong source address"},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.256 1 2\r\n"), 34,
		"wrong destination address"},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n"), 36, "wrong source port"},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n"), 33, "wrong source port"},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n"), 33, "wrong source port"},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n"), 31, "wrong destination port"},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\r\n"), 33, "wrong destination port"},
	{BYTES("PROXY UNKNOWN " LONGEST_V6 " " LONGEST_V6 " 65535 655355\r\n"),
		PROXY_LINE_MAX, "a line that does not end"},
	{BYTES(V2("\x11", "\x11", "\x0c") FROM_V4), 13,
		"a version that is neither 1 nor 2"},
	{BYTES(V2("\x31", "\x11", "\x0c") FROM_V4), 13,
		"a version that is neither 1 nor 2"},
	{BYTES(V2("\x22", "\x11", "\x0c") FROM_V4), 13, "neither LOCAL nor PROXY"},
	{BYTES(V2("\x21", "\x41", "\x0c") FROM_V4), 14,
		"an unknown family or protocol"},
	{BYTES(V2("\x21", "\x13", "\x0c") FROM_V4), 14,
		"an unknown family or protocol"},
	{BYTES(V2("\x21", "\x11", "\x0b") FROM_V4), 16, "too short for its addresses"},
	{BYTES(V2("\x21", "\x21", "\x0c") FROM_V4), 16, "too short for its addresses"},
	{BYTES(V2("\x21", "\x31", "\xd7") FROM_V4), 16, "too short for its addresses"},
	{BYTES("\r\n\r\n\0\r\nQUIT\n\x21\x11\x0f\xf1"), 16, "too long"},
	{BYTES("\r\n\r\n\0\r\nQUIT\n\x20\x00\xff\xff"), 16, "too long"},
	{BYTES(V2("\x21", "\x11", "\x0e") FROM_V4 "\x04\0"), 30, "a TLV that is cut"},
	{BYTES(V2("\x21", "\x11", "\x10") FROM_V4 "\x04\0\x02!"), 32,
		"a TLV that is cut"},
	{BYTES(V2("\x21", "\x11", "\x12") FROM_V4 "\x03\0\x03\x6b\x9d\xa6"), 34,
		"a checksum that is none"},
	{BYTES(V2("\x21", "\x11", "\x13") FROM_V4 "\x03\0\x04\x34\x8e\x1a\x2a"), 35,
		"wrong checksum"},
	{BYTES(V2("\x21", "\x12", "\x13") FROM_V4 "\x03\0\x04\0\0\0\0"), 35,
		"wrong checksum"},
};

/* "192.0.2.7 56324", or "own". */
static void
print_source(const struct proxy_header *header, char *out, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "?";
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (!header->has_source) {
		assert_int_equal(header->source_len, 0);
		assert_int_equal(header->source.ss_family, AF_UNSPEC);
		(void)snprintf(out, size, "own");
	} else if (header->source.ss_family == AF_INET) {
		assert_int_equal(header->source_len, sizeof(in));
		memcpy(&in, &header->source, sizeof(in));
		inet_ntop(AF_INET, &in.sin_addr, host, sizeof(host));
		(void)snprintf(out, size, "%s %u", host, ntohs(in.sin_port));
	} else {
		assert_int_equal(header->source.ss_family, AF_INET6);
		assert_int_equal(header->source_len, sizeof(in6));
		memcpy(&in6, &header->source, sizeof(in6));
		inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof(host));
		(void)snprintf(out, size, "%s %u", host, ntohs(in6.sin6_port));
	}
}

/* Parse a copy, so that a sanitizer sees who reads behind its end. */
static enum proxy_verdict
parse(const char *p, size_t len, struct proxy_header *header)
{
	char *copy = malloc(len > 0 ? len : 1);
	enum proxy_verdict verdict;

	assert_non_null(copy);
	memcpy(copy, p, len);
	memset(header, 0xAA, sizeof(*header));
	verdict = proxy_parse(str_make(copy, len), header);
	free(copy);
	if (verdict != PROXY_DONE) {
		assert_int_equal(header->len, 0);
		assert_false(header->has_source);
	}
	assert_true((header->fault != NULL) == (verdict == PROXY_BAD));
	return verdict;
}

/* Cut anywhere it is not whole; whole, and with anything behind it, it is the same. */
static void
test_headers(void **state)
{
	static const struct str behind[] = {BYTES(""), BYTES("h"), BYTES("\r\n"),
		BYTES("PROXY TCP4 1.2.3.4 "),
		BYTES("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c")};

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		struct str bytes = headers[i].bytes;
		struct proxy_header header;

		for (size_t len = 0; len < bytes.len; len++)
			assert_int_equal(parse(bytes.p, len, &header), PROXY_MORE);
		for (size_t j = 0; j < sizeof(behind) / sizeof(*behind); j++) {
			struct buf all = {0};
			char source[80];

			buf_add_str(&all, bytes);
			buf_add_str(&all, behind[j]);
			if (parse(all.p, all.len, &header) != PROXY_DONE)
				fail_msg("header %zu: %s", i, header.fault);
			assert_int_equal(header.len, bytes.len);
			print_source(&header, source, sizeof(source));
			assert_string_equal(source,
				headers[i].source != NULL ? headers[i].source : "own");
			buf_fini(&all);
		}
	}
}

/* Found out as early as said, and the same with whatever follows. */
static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct str bytes = bad[i].bytes;
		struct proxy_header header;

		assert_in_range(bad[i].needs, 1, bytes.len);
		for (size_t len = 0; len <= bytes.len; len++) {
			enum proxy_verdict verdict = parse(bytes.p, len, &header);

			if (verdict != (len < bad[i].needs ? PROXY_MORE : PROXY_BAD))
				fail_msg("%zu bytes of number %zu: %d", len, i,
					(int)verdict);
			if (verdict == PROXY_BAD)
				assert_string_equal(header.fault, bad[i].fault);
		}
	}
}

/* A unix socket at the other end: two paths of 108 bytes, and a TLV behind them. */
static void
test_unix(void **state)
{
	struct proxy_header header;
	struct buf bytes = {0};
	char paths[216] = "/run/a";

	(void)state;
	buf_add_str(&bytes, STR("\r\n\r\n\0\r\nQUIT\n\x21\x31\0\xdb"));
	buf_add(&bytes, paths, sizeof(paths));
	buf_add_str(&bytes, STR("\x04\0\0hello"));
	for (size_t len = 0; len < 235; len++)
		assert_int_equal(parse(bytes.p, len, &header), PROXY_MORE);
	assert_int_equal(parse(bytes.p, bytes.len, &header), PROXY_DONE);
	assert_int_equal(header.len, 235);
	assert_false(header.has_source);
	buf_fini(&bytes);
}

/* The longest one there may be. */
static void
test_longest(void **state)
{
	struct proxy_header header;
	struct buf bytes = {0};

	(void)state;
	buf_add_str(&bytes, STR("\r\n\r\n\0\r\nQUIT\n\x21\x11\x0f\xf0" FROM_V4));
	buf_add_str(&bytes, STR("\x04\x0f\xe1"));
	while (bytes.len < PROXY_HEADER_MAX)
		buf_add_char(&bytes, 'x');
	assert_int_equal(parse(bytes.p, bytes.len - 1, &header), PROXY_MORE);
	assert_int_equal(parse(bytes.p, bytes.len, &header), PROXY_DONE);
	assert_int_equal(header.len, PROXY_HEADER_MAX);
	assert_true(header.has_source);
	buf_fini(&bytes);
}

/* Any single byte that differs breaks the checksum, wherever it is. */
static void
test_checksum(void **state)
{
	static const char header_bytes[] =
		V2("\x21", "\x11", "\x13") FROM_V4 "\x03\0\x04\x34\x8e\x1a\x2b";
	struct proxy_header header;
	char copy[sizeof(header_bytes) - 1];

	(void)state;
	for (size_t i = 16; i < sizeof(copy); i++) {
		/* Another type or length is another thing. */
		if (i >= 28 && i < 31)
			continue;
		for (int bit = 0; bit < 8; bit++) {
			memcpy(copy, header_bytes, sizeof(copy));
			copy[i] = (char)(copy[i] ^ 1 << bit);
			assert_int_equal(parse(copy, sizeof(copy), &header), PROXY_BAD);
			assert_string_equal(header.fault, "wrong checksum");
		}
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_checksum),
	};

	return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
