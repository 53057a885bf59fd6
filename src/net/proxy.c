/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#define SIGNATURE_1 STR("PROXY ")
#define SIGNATURE_2 STR("\r\n\r\n\0\r\nQUIT\n")

/* The head of version 2, behind which as many bytes follow as it says. */
enum {
	AT_COMMAND = 12,
	AT_FAMILY = 13,
	AT_LENGTH = 14,
	HEAD_LEN = 16,
	TLV_HEAD_LEN = 3,
	TLV_CRC32C = 3,
	CRC_LEN = 4,
};

enum {
	VERSION_2 = 2,
	COMMAND_LOCAL = 0,
	COMMAND_PROXY = 1,
};

/* The byte of family and protocol: four bits each. */
enum {
	FAMILY_INET = 1,
	FAMILY_INET6 = 2,
	FAMILY_MAX = 3,
	PROTOCOL_STREAM = 1,
	PROTOCOL_MAX = 2,
};

/* Two addresses and two ports, by family. */
static const size_t addresses_len[FAMILY_MAX + 1] = {0, 12, 36, 216};

static unsigned char
byte_at(struct str s, size_t at)
{
	return (unsigned char)s.p[at];
}

static unsigned
uint16_at(struct str s, size_t at)
{
	return (unsigned)byte_at(s, at) << 8 | byte_at(s, at + 1);
}

static void
set_source_v4(struct proxy_header *header, struct in_addr addr, in_port_t port)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_addr = addr, .sin_port = port};

	memcpy(&header->source, &in, sizeof(in));
	header->source_len = sizeof(in);
	header->has_source = true;
}

static void
set_source_v6(struct proxy_header *header, struct in6_addr addr, in_port_t port)
{
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_addr = addr, .sin6_port = port};

	memcpy(&header->source, &in6, sizeof(in6));
	header->source_len = sizeof(in6);
	header->has_source = true;
}

/*
 * Version 1: a line of text
 */

/* A port as the protocol wants it: decimal, without leading zeros. */
static bool
parse_port(struct str text, in_port_t *port)
{
	uint64_t number;

	if (str_to_uint(text, &number) == -1 || number > UINT16_MAX ||
		(text.len > 1 && text.p[0] == '0'))
		return false;
	*port = htons((uint16_t)number);
	return true;
}

static bool
parse_address(int family, struct str text, void *addr)
{
	char copy[INET6_ADDRSTRLEN];

	/* A NUL would hide what is behind it. */
	return str_copy(text, copy, sizeof(copy)) && strlen(copy) == text.len &&
		inet_pton(family, copy, addr) == 1;
}

/* The part of a line behind TCP4 or TCP6. Returns what is wrong, or NULL. */
static const char *
parse_tcp(int family, struct str rest, struct proxy_header *header)
{
	struct str source, target, source_port, target_port;
	struct in6_addr addr, other; /* or in_addr, which is smaller */
	struct in_addr v4;
	in_port_t port, other_port;

	if (!str_split(&rest, ' ', &source) || !str_split(&rest, ' ', &target) ||
		!str_split(&rest, ' ', &source_port) ||
		!str_split(&rest, ' ', &target_port) || rest.p != NULL)
		return "not two addresses and two ports, each behind one blank";
	if (!parse_address(family, source, &addr))
		return "wrong source address";
	if (!parse_address(family, target, &other))
		return "wrong destination address";
	if (!parse_port(source_port, &port))
		return "wrong source port";
	if (!parse_port(target_port, &other_port))
		return "wrong destination port";
	if (family == AF_INET6) {
		set_source_v6(header, addr, port);
	} else {
		memcpy(&v4, &addr, sizeof(v4));
		set_source_v4(header, v4, port);
	}
	return NULL;
}

/* A line behind its signature, without its end. Returns what is wrong, or NULL. */
static const char *
parse_line(struct str rest, struct proxy_header *header)
{
	struct str protocol = {0};

	/* False if nothing is there, which is none of them. */
	(void)str_split(&rest, ' ', &protocol);
	if (str_eq(protocol, STR("TCP4")))
		return parse_tcp(AF_INET, rest, header);
	if (str_eq(protocol, STR("TCP6")))
		return parse_tcp(AF_INET6, rest, header);
	/* What stands behind that is to be ignored. */
	return str_eq(protocol, STR("UNKNOWN")) ? NULL
						: "none of TCP4, TCP6 and UNKNOWN";
}

static enum proxy_verdict
parse_v1(struct str bytes, struct proxy_header *header)
{
	size_t max = bytes.len < PROXY_LINE_MAX ? bytes.len : PROXY_LINE_MAX;
	const char *end = memchr(bytes.p, '\n', max);
	struct str line;

	if (end == NULL) {
		header->fault = "a line that does not end";
		return bytes.len < PROXY_LINE_MAX ? PROXY_MORE : PROXY_BAD;
	}
	line = str_make(bytes.p, (size_t)(end - bytes.p));
	if (line.p[line.len - 1] != '\r') {
		header->fault = "a line that does not end in CR LF";
		return PROXY_BAD;
	}
	header->len = line.len + 1;
	line.len--;
	/* A signature that ends in CR LF instead of its blank did not pass as one. */
	header->fault = parse_line(str_from(line, SIGNATURE_1.len), header);
	return header->fault == NULL ? PROXY_DONE : PROXY_BAD;
}

/*
 * Version 2: binary
 */

/* The CRC32c of the header, whose own place in it counts as zeros. */
static uint32_t
crc32c(struct str bytes, size_t place)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < bytes.len; i++) {
		if (i < place || i >= place + CRC_LEN)
			crc ^= byte_at(bytes, i);
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78 : 0);
	}
	return ~crc;
}

/* What is added from `at` on. Returns what is wrong, or NULL. */
static const char *
check_tlvs(struct str bytes, size_t at)
{
	while (at < bytes.len) {
		size_t value = at + TLV_HEAD_LEN, len;

		if (value > bytes.len)
			return "a TLV that is cut";
		len = uint16_at(bytes, at + 1);
		if (len > bytes.len - value)
			return "a TLV that is cut";
		if (byte_at(bytes, at) == TLV_CRC32C) {
			uint32_t crc;

			if (len != CRC_LEN)
				return "a checksum that is none";
			crc = (uint32_t)uint16_at(bytes, value) << 16 |
				uint16_at(bytes, value + 2);
			if (crc != crc32c(bytes, value))
				return "wrong checksum";
		}
		at = value + len;
	}
	return NULL;
}

/* The addresses of TCP over IPv4 or IPv6: source, destination, and so their ports. */
static void
take_source(unsigned family, struct str bytes, struct proxy_header *header)
{
	const char *p = bytes.p + HEAD_LEN;
	struct in6_addr v6;
	struct in_addr v4;
	in_port_t port;

	if (family == FAMILY_INET6) {
		memcpy(&v6, p, sizeof(v6));
		memcpy(&port, p + 2 * sizeof(v6), sizeof(port));
		set_source_v6(header, v6, port);
	} else {
		memcpy(&v4, p, sizeof(v4));
		memcpy(&port, p + 2 * sizeof(v4), sizeof(port));
		set_source_v4(header, v4, port);
	}
}

/* What is wrong with as much of the head as there is, or NULL. */
static const char *
check_head(struct str bytes)
{
	unsigned family, protocol;

	if (bytes.len <= AT_COMMAND)
		return NULL;
	if (byte_at(bytes, AT_COMMAND) >> 4 != VERSION_2)
		return "a version that is neither 1 nor 2";
	if ((byte_at(bytes, AT_COMMAND) & 0xF) > COMMAND_PROXY)
		return "neither LOCAL nor PROXY";
	if (bytes.len <= AT_FAMILY)
		return NULL;
	family = byte_at(bytes, AT_FAMILY) >> 4;
	protocol = byte_at(bytes, AT_FAMILY) & 0xF;
	if ((byte_at(bytes, AT_COMMAND) & 0xF) == COMMAND_LOCAL)
		family = 0;
	else if (family > FAMILY_MAX || protocol > PROTOCOL_MAX)
		return "an unknown family or protocol";
	if (bytes.len < HEAD_LEN)
		return NULL;
	if (uint16_at(bytes, AT_LENGTH) > PROXY_HEADER_MAX - HEAD_LEN)
		return "too long";
	if (uint16_at(bytes, AT_LENGTH) < addresses_len[family])
		return "too short for its addresses";
	return NULL;
}

static enum proxy_verdict
parse_v2(struct str bytes, struct proxy_header *header)
{
	unsigned family;

	header->fault = check_head(bytes);
	if (header->fault != NULL)
		return PROXY_BAD;
	if (bytes.len < HEAD_LEN || bytes.len < HEAD_LEN + uint16_at(bytes, AT_LENGTH))
		return PROXY_MORE;
	header->len = bytes.len = HEAD_LEN + uint16_at(bytes, AT_LENGTH);
	/* Of one for itself the proxy need not say anything that makes sense. */
	if ((byte_at(bytes, AT_COMMAND) & 0xF) == COMMAND_LOCAL)
		return PROXY_DONE;
	family = byte_at(bytes, AT_FAMILY) >> 4;
	/* Where there are no addresses nobody knows how many bytes they take. */
	if (family != 0)
		header->fault = check_tlvs(bytes, HEAD_LEN + addresses_len[family]);
	if (header->fault != NULL)
		return PROXY_BAD;
	if ((family == FAMILY_INET || family == FAMILY_INET6) &&
		(byte_at(bytes, AT_FAMILY) & 0xF) == PROTOCOL_STREAM)
		take_source(family, bytes, header);
	return PROXY_DONE;
}

/* Is one of them the beginning of the other? */
static bool
agree(struct str bytes, struct str signature)
{
	size_t len = bytes.len < signature.len ? bytes.len : signature.len;

	return memcmp(bytes.p, signature.p, len) == 0;
}

static enum proxy_verdict
judge(struct str bytes, struct proxy_header *header)
{
	if (bytes.len == 0)
		return PROXY_MORE;
	if (agree(bytes, SIGNATURE_2))
		return parse_v2(bytes, header);
	if (agree(bytes, SIGNATURE_1))
		return parse_v1(bytes, header);
	header->fault = "no header";
	return PROXY_BAD;
}

enum proxy_verdict
proxy_parse(struct str bytes, struct proxy_header *header)
{
	enum proxy_verdict verdict;

	*header = (struct proxy_header){0};
	verdict = judge(bytes, header);
	if (verdict == PROXY_BAD)
		*header = (struct proxy_header){.fault = header->fault};
	else
		header->fault = NULL;
	return verdict;
}
