/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/netaddr.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

enum {
	BITS = 128,
	V4_BITS = 32,
	V4_PREFIX = BITS - V4_BITS, /* of ::ffff:0:0, below which IPv4 is */
	V4_AT = V4_PREFIX / 8,
	HOUSE_PREFIX = 64, /* what an IPv6 household or machine has to itself */
	PREFIX_DIGITS = 3,
	SHOWN_MAX = 80, /* bytes of a wrong text that an error repeats */
};

static const unsigned char mapped[V4_AT] = {[10] = 0xFF, [11] = 0xFF};

static struct netaddr
from_v4(const struct in_addr *in)
{
	struct netaddr addr;

	memcpy(addr.bytes, mapped, sizeof(mapped));
	memcpy(addr.bytes + V4_AT, in, V4_BITS / 8);
	return addr;
}

bool
netaddr_from(const struct sockaddr *sa, struct netaddr *addr)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	switch (sa->sa_family) {
	case AF_INET:
		memcpy(&in, sa, sizeof(in));
		*addr = from_v4(&in.sin_addr);
		return true;
	case AF_INET6:
		memcpy(&in6, sa, sizeof(in6));
		memcpy(addr->bytes, &in6.sin6_addr, sizeof(addr->bytes));
		return true;
	default:
		return false;
	}
}

unsigned
netaddr_port(const struct sockaddr *sa)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	switch (sa->sa_family) {
	case AF_INET:
		memcpy(&in, sa, sizeof(in));
		return ntohs(in.sin_port);
	case AF_INET6:
		memcpy(&in6, sa, sizeof(in6));
		return ntohs(in6.sin6_port);
	default:
		return 0;
	}
}

bool
netaddr_eq(const struct netaddr *a, const struct netaddr *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool
netaddr_is_v4(const struct netaddr *addr)
{
	return memcmp(addr->bytes, mapped, sizeof(mapped)) == 0;
}

void
netaddr_text(const struct netaddr *addr, char out[NETADDR_TEXT_MAX])
{
	static const unsigned char zeros[V4_AT];
	const unsigned char *b = addr->bytes;
	const char *text = out;

	if (netaddr_is_v4(addr)) {
		text = inet_ntop(AF_INET, b + V4_AT, out, NETADDR_TEXT_MAX);
	} else if (memcmp(b, zeros, sizeof(zeros)) == 0 && (b[12] | b[13]) != 0) {
		/* Some libraries would write this one like an IPv4 address. */
		(void)snprintf(out, NETADDR_TEXT_MAX, "::%x:%x", b[12] << 8 | b[13],
			b[14] << 8 | b[15]);
	} else {
		text = inet_ntop(AF_INET6, b, out, NETADDR_TEXT_MAX);
	}
	assert(text != NULL);
	(void)text;
}

/* The network with this prefix that the address is in. */
static struct network
network_of(const struct netaddr *addr, unsigned prefix)
{
	struct network network = {.addr = *addr, .prefix = prefix};
	unsigned char *byte = network.addr.bytes + prefix / 8;

	for (unsigned bits = prefix % 8; byte < network.addr.bytes + BITS / 8; byte++) {
		*byte &= (unsigned char)(0xFF00u >> bits);
		bits = 0;
	}
	return network;
}

/* Parse an address; returns how many bits people count of it, 0 if it is none. */
static unsigned
parse_addr(struct str text, struct netaddr *addr)
{
	char copy[NETADDR_TEXT_MAX];
	struct in_addr in;

	/* A NUL would hide what is behind it. */
	if (!str_copy(text, copy, sizeof(copy)) || strlen(copy) != text.len)
		return 0;
	if (inet_pton(AF_INET, copy, &in) == 1) {
		*addr = from_v4(&in);
		return V4_BITS;
	}
	return inet_pton(AF_INET6, copy, addr->bytes) == 1 ? BITS : 0;
}

/* The beginning of a text that is wrong, for an error; `*more` is what is missing. */
static struct str
shown(struct str text, const char **more)
{
	struct str front = utf8_cut(text, SHOWN_MAX);

	*more = front.len < text.len ? "..." : "";
	return front;
}

static int
refuse_text(struct str text, struct err *err)
{
	const char *more;
	struct str front = shown(text, &more);

	err_set(err,
		"\"%.*s%s\" is not an address or a network, such as 192.0.2.7, "
		"192.0.2.0/24 or 2001:db8::/32 (names are not looked up)",
		(int)front.len, front.p, more);
	return -1;
}

static int
refuse_prefix(struct str text, unsigned max, struct err *err)
{
	const char *more;
	struct str front = shown(text, &more);

	err_set(err, "the prefix in \"%.*s%s\" must be 0 to %u", (int)front.len,
		front.p, more, max);
	return -1;
}

/* `network` is what it would be, had nobody set the bits behind its prefix. */
static int
refuse_bits(struct str text, const struct netaddr *addr, const struct network *network,
	struct err *err)
{
	char one[NETADDR_TEXT_MAX], all[NETWORK_TEXT_MAX];

	netaddr_text(addr, one);
	network_text(network, all);
	err_set(err,
		"\"%.*s\" has bits behind its prefix; write %s for the network, %s for "
		"the one address",
		(int)text.len, text.p, all, one);
	return -1;
}

/* Parse what is behind the slash: at most `max`. */
static bool
parse_prefix(struct str text, unsigned max, unsigned *prefix)
{
	uint64_t number;

	if (text.len > PREFIX_DIGITS || str_to_uint(text, &number) == -1 ||
		number > max)
		return false;
	*prefix = (unsigned)number;
	return true;
}

int
network_parse(struct network *network, struct str text, struct err *err)
{
	size_t slash = 0;
	struct netaddr addr;
	struct network parsed;
	unsigned bits, prefix;

	while (slash < text.len && text.p[slash] != '/')
		slash++;
	bits = parse_addr(str_make(text.p, slash), &addr);
	if (bits == 0)
		return refuse_text(text, err);
	prefix = bits;
	if (slash < text.len && !parse_prefix(str_from(text, slash + 1), bits, &prefix))
		return refuse_prefix(text, bits, err);
	parsed = network_of(&addr, BITS - bits + prefix);
	if (!netaddr_eq(&parsed.addr, &addr))
		return refuse_bits(text, &addr, &parsed, err);
	*network = parsed;
	return 0;
}

bool
network_looks_like(struct str text)
{
	/* No name has one of these; at the end it is what people put behind names. */
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.p[i] == '.' || text.p[i] == ':' || text.p[i] == '/')
			return true;
	}
	return false;
}

void
network_text(const struct network *network, char out[NETWORK_TEXT_MAX])
{
	unsigned prefix = network->prefix;
	char addr[NETADDR_TEXT_MAX];
	int len;

	netaddr_text(&network->addr, addr);
	if (prefix == BITS)
		len = snprintf(out, NETWORK_TEXT_MAX, "%s", addr);
	else
		len = snprintf(out, NETWORK_TEXT_MAX, "%s/%u", addr,
			netaddr_is_v4(&network->addr) ? prefix - V4_PREFIX : prefix);
	assert(len > 0 && len < NETWORK_TEXT_MAX);
	(void)len;
}

bool
network_has(const struct network *network, const struct netaddr *addr)
{
	struct network around;

	if (network->prefix < V4_PREFIX && netaddr_is_v4(addr))
		return false;
	around = network_of(addr, network->prefix);
	return netaddr_eq(&around.addr, &network->addr);
}

bool
network_eq(const struct network *a, const struct network *b)
{
	return a->prefix == b->prefix && netaddr_eq(&a->addr, &b->addr);
}

bool
network_is_wide(const struct network *network)
{
	return network->prefix < (netaddr_is_v4(&network->addr) ? BITS : HOUSE_PREFIX);
}

struct network
network_of_owner(const struct netaddr *addr)
{
	return network_of(addr, netaddr_is_v4(addr) ? BITS : HOUSE_PREFIX);
}

static int
list_add(struct network_list *list, struct str text, struct err *err)
{
	struct network network;

	if (text.len == 0) {
		err_set(err,
			"an address or a network is missing, such as 192.0.2.0/24");
		return -1;
	}
	if (network_parse(&network, text, err) == -1)
		return -1;
	list->v = xreallocarray(list->v, list->count + 1, sizeof(*list->v));
	list->v[list->count++] = network;
	return 0;
}

int
network_list_parse(struct network_list *list, struct str text, struct err *err)
{
	struct str part, rest = str_trim(text);

	*list = (struct network_list){0};
	if (rest.len == 0)
		return 0;
	while (str_split(&rest, ',', &part)) {
		if (list_add(list, str_trim(part), err) == -1) {
			network_list_fini(list);
			return -1;
		}
	}
	return 0;
}

void
network_list_fini(struct network_list *list)
{
	free(list->v);
	*list = (struct network_list){0};
}

bool
network_list_has(const struct network_list *list, const struct netaddr *addr)
{
	for (size_t i = 0; i < list->count; i++) {
		if (network_has(&list->v[i], addr))
			return true;
	}
	return false;
}

bool
network_list_eq(const struct network_list *a, const struct network_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!network_eq(&a->v[i], &b->v[i]))
			return false;
	}
	return true;
}

char *
network_list_text(const struct network_list *list)
{
	struct buf out = {0};

	for (size_t i = 0; i < list->count; i++) {
		char text[NETWORK_TEXT_MAX];

		network_text(&list->v[i], text);
		buf_printf(&out, "%s%s", i > 0 ? ", " : "", text);
	}
	return buf_take(&out);
}
