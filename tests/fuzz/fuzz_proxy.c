/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "fuzz.h"
#include "net/proxy.h"

/*
 * Any bytes, as the first ones of a connection. Each beginning of them is judged: the
 * verdict changes once at most, and what follows a header says nothing about it. A
 * source that comes out is said again as a line of version 1, and is the same.
 */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static enum proxy_verdict
judge(const uint8_t *data, size_t len, struct proxy_header *header)
{
	/* Of its own size, so that reading behind it is seen. */
	char *copy = malloc(len > 0 ? len : 1);
	enum proxy_verdict verdict;

	CHECK(copy != NULL);
	if (len > 0)
		memcpy(copy, data, len);
	verdict = proxy_parse(str_make(copy, len), header);
	free(copy);
	CHECK((header->fault != NULL) == (verdict == PROXY_BAD));
	CHECK(verdict == PROXY_DONE || (header->len == 0 && !header->has_source));
	return verdict;
}

static bool
same_source(const struct proxy_header *a, const struct proxy_header *b)
{
	return a->has_source == b->has_source && a->source_len == b->source_len &&
		memcmp(&a->source, &b->source, sizeof(a->source)) == 0;
}

/* Say it in the other version. */
static void
check_source(const struct proxy_header *header)
{
	char host[INET6_ADDRSTRLEN], line[2 * PROXY_LINE_MAX];
	bool is_v4 = header->source.ss_family == AF_INET;
	struct proxy_header again;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	unsigned port;
	int len;

	memcpy(&in, &header->source, sizeof(in));
	memcpy(&in6, &header->source, sizeof(in6));
	port = ntohs(is_v4 ? in.sin_port : in6.sin6_port);
	CHECK(is_v4 || header->source.ss_family == AF_INET6);
	CHECK(header->source_len == (is_v4 ? sizeof(in) : sizeof(in6)));
	CHECK(inet_ntop(header->source.ss_family,
		      is_v4 ? (void *)&in.sin_addr : (void *)&in6.sin6_addr, host,
		      sizeof(host)) != NULL);
	len = snprintf(line, sizeof(line), "PROXY %s %s %s %u 0\r\n",
		is_v4 ? "TCP4" : "TCP6", host, host, port);
	CHECK(len > 0 && (size_t)len <= PROXY_LINE_MAX);
	CHECK(judge((const uint8_t *)line, (size_t)len, &again) == PROXY_DONE);
	CHECK(again.len == (size_t)len);
	CHECK(same_source(header, &again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum proxy_verdict before = PROXY_MORE;
	struct proxy_header first = {0}, header;

	for (size_t len = 0; len <= size; len++) {
		enum proxy_verdict verdict = judge(data, len, &header);

		if (before == PROXY_MORE)
			first = header;
		else
			CHECK(verdict == before);
		CHECK(verdict != PROXY_MORE || len < PROXY_HEADER_MAX);
		CHECK(header.len <= len && header.len == first.len);
		CHECK(same_source(&header, &first));
		CHECK(header.fault == first.fault);
		/* As soon as it is whole. */
		if (before == PROXY_MORE && verdict == PROXY_DONE)
			CHECK(header.len == len);
		before = verdict;
	}
	if (first.has_source)
		check_source(&first);
	return 0;
}
