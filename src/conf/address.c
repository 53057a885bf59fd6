/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "conf/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/mem.h"
#include "base/netaddr.h"

enum {
	PORT_MAX = 65535,
	PASSED_MAX = 255, /* longest name of a descriptor, see sd_listen_fds(3) */
};

/* Does `s` hold only bytes above the blank, without `but`? */
static bool
is_word(struct str s, const char *but)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c == 0x7f || strchr(but, c) != NULL)
			return false;
	}
	return s.len > 0;
}

/* Takes what `address` owns. */
static int
list_add(struct address_list *list, struct address *address, struct err *err)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->v[i].text, address->text) == 0) {
			err_set(err, "%s is given twice", address->text);
			free(address->text);
			return -1;
		}
	}
	list->v = xreallocarray(list->v, list->count + 1, sizeof(*list->v));
	list->v[list->count++] = *address;
	return 0;
}

static int
add_unix(struct address_list *list, struct str text, struct err *err)
{
	struct address address = {.kind = ADDRESS_UNIX};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct str path = str_from(text, strlen("unix:"));

	if (!str_starts(path, STR("/")) || !is_word(path, "")) {
		err_set(err,
			"\"%.*s\" must have an absolute path without blanks, such as "
			"unix:/run/prattle/room",
			(int)text.len, text.p);
		return -1;
	}
	if (!str_copy(path, un.sun_path, sizeof(un.sun_path))) {
		err_set(err, "the path in \"%.*s\" is longer than %zu bytes",
			(int)text.len, text.p, sizeof(un.sun_path) - 1);
		return -1;
	}
	memcpy(&address.sa, &un, sizeof(un));
	address.sa_len = sizeof(un);
	address.text = xstrndup(text.p, text.len);
	return list_add(list, &address, err);
}

static int
add_passed(struct address_list *list, struct str text, struct err *err)
{
	struct address address = {.kind = ADDRESS_PASSED};
	struct str name = str_from(text, strlen("fd:"));

	if (name.len > PASSED_MAX || !is_word(name, ":;")) {
		err_set(err,
			"\"%.*s\" must have the name of a socket that systemd passes, "
			"such as fd:main",
			(int)text.len, text.p);
		return -1;
	}
	address.text = xstrndup(text.p, text.len);
	return list_add(list, &address, err);
}

static int
add_inet(struct address_list *list, struct in_addr host, uint16_t port, struct err *err)
{
	struct address address = {.kind = ADDRESS_TCP};
	struct sockaddr_in in = {.sin_family = AF_INET};
	char text[INET_ADDRSTRLEN];

	in.sin_addr = host;
	in.sin_port = htons(port);
	memcpy(&address.sa, &in, sizeof(in));
	address.sa_len = sizeof(in);
	inet_ntop(AF_INET, &host, text, sizeof(text));
	address.text = xasprintf("%s:%u", text, port);
	return list_add(list, &address, err);
}

static int
add_inet6(struct address_list *list, const struct sockaddr_in6 *host, uint16_t port,
	struct err *err)
{
	struct address address = {.kind = ADDRESS_TCP};
	struct sockaddr_in6 in6 = *host;
	char text[NI_MAXHOST];

	in6.sin6_port = htons(port);
	memcpy(&address.sa, &in6, sizeof(in6));
	address.sa_len = sizeof(in6);
	/* Unlike inet_ntop() this writes the interface of a link-local address. */
	if (getnameinfo((const struct sockaddr *)&in6, sizeof(in6), text, sizeof(text),
		    NULL, 0, NI_NUMERICHOST) != 0) {
		err_set(err, "an IPv6 address that the system cannot print");
		return -1;
	}
	address.text = xasprintf("[%s]:%u", text, port);
	return list_add(list, &address, err);
}

/* Parse a numeric IPv6 address, perhaps with %interface behind it. */
static int
parse_inet6(struct str host, struct sockaddr_in6 *out, struct err *err)
{
	const struct addrinfo hints = {.ai_family = AF_INET6,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST};
	struct addrinfo *found = NULL;
	char text[NI_MAXHOST];

	if (!str_copy(host, text, sizeof(text)) ||
		getaddrinfo(text, NULL, &hints, &found) != 0) {
		err_set(err, "\"%.*s\" is not an IPv6 address", (int)host.len, host.p);
		return -1;
	}
	memcpy(out, found->ai_addr, sizeof(*out));
	freeaddrinfo(found);
	if (IN6_IS_ADDR_V4MAPPED(&out->sin6_addr)) {
		/* Our IPv6 sockets are IPv6 only, so this could never be bound. */
		err_set(err, "\"%s\" is an IPv4 address; write it as such", text);
		return -1;
	}
	return 0;
}

/* Take HOST:PORT or [HOST]:PORT apart; `*brackets` says which it was. */
static int
split_port(struct str text, struct str *host, struct str *port, bool *brackets)
{
	size_t colon = text.len;

	while (colon > 0 && text.p[colon - 1] != ':')
		colon--;
	if (colon <= 1 || colon == text.len)
		return -1;
	*host = str_make(text.p, colon - 1);
	*port = str_from(text, colon);
	*brackets = host->p[0] == '[';
	if (!*brackets)
		return 0;
	/* Otherwise it is a colon of the address. */
	if (host->p[host->len - 1] != ']')
		return -1;
	*host = str_make(host->p + 1, host->len - 2);
	return 0;
}

static int
add_host(struct address_list *list, struct str host, uint16_t port, struct err *err)
{
	const struct sockaddr_in6 any6 = {.sin6_family = AF_INET6};
	struct in_addr in = {.s_addr = htonl(INADDR_ANY)};
	char text[INET_ADDRSTRLEN];

	if (str_eq(host, STR("*"))) {
		if (add_inet6(list, &any6, port, err) == -1)
			return -1;
		return add_inet(list, in, port, err);
	}
	if (!str_copy(host, text, sizeof(text)) || inet_pton(AF_INET, text, &in) != 1) {
		err_set(err,
			"\"%.*s\" is not a numeric address, such as 127.0.0.1 or "
			"[::1]; names are not looked up",
			(int)host.len, host.p);
		return -1;
	}
	return add_inet(list, in, port, err);
}

static int
add_tcp(struct address_list *list, struct str text, struct err *err)
{
	struct str host, port;
	struct sockaddr_in6 in6;
	bool brackets;
	uint64_t number;

	if (split_port(text, &host, &port, &brackets) == -1) {
		err_set(err, "\"%.*s\" must be HOST:PORT, unix:/PATH or fd:NAME",
			(int)text.len, text.p);
		return -1;
	}
	if (!brackets && memchr(host.p, ':', host.len) != NULL) {
		err_set(err,
			"\"%.*s\": IPv6 addresses need brackets, such as [::1]:%.*s",
			(int)text.len, text.p, (int)port.len, port.p);
		return -1;
	}
	if (str_to_uint(port, &number) == -1 || number > PORT_MAX) {
		err_set(err, "the port in \"%.*s\" must be 0 to %d", (int)text.len,
			text.p, PORT_MAX);
		return -1;
	}
	if (!brackets)
		return add_host(list, host, (uint16_t)number, err);
	if (parse_inet6(host, &in6, err) == -1)
		return -1;
	return add_inet6(list, &in6, (uint16_t)number, err);
}

static int
add_text(struct address_list *list, struct str text, struct err *err)
{
	if (text.len == 0) {
		err_set(err, "an address is missing, such as 127.0.0.1:4000");
		return -1;
	}
	if (str_starts(text, STR("unix:")))
		return add_unix(list, text, err);
	if (str_starts(text, STR("fd:")))
		return add_passed(list, text, err);
	return add_tcp(list, text, err);
}

int
address_list_parse(struct address_list *list, struct str text, struct err *err)
{
	struct str part, rest = text.len > 0 ? text : STR("");

	*list = (struct address_list){0};
	while (str_split(&rest, ',', &part)) {
		if (add_text(list, str_trim(part), err) == -1) {
			address_list_fini(list);
			return -1;
		}
	}
	return 0;
}

void
address_list_fini(struct address_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->v[i].text);
	free(list->v);
	*list = (struct address_list){0};
}

bool
address_list_eq(const struct address_list *a, const struct address_list *b)
{
	if (a->count != b->count)
		return false;
	/* The texts are normalised, so they say it all. */
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->v[i].text, b->v[i].text) != 0)
			return false;
	}
	return true;
}

/* The port if address `i` and the next are what "*:PORT" makes, else NULL. */
static const char *
any_host_port(const struct address_list *list, size_t i)
{
	struct str v6 = str_of(list->v[i].text), v4;

	if (i + 1 == list->count || !str_starts(v6, STR("[::]:")))
		return NULL;
	v4 = str_of(list->v[i + 1].text);
	if (!str_starts(v4, STR("0.0.0.0:")))
		return NULL;
	if (!str_eq(str_from(v6, strlen("[::]:")), str_from(v4, strlen("0.0.0.0:"))))
		return NULL;
	return list->v[i].text + strlen("[::]:");
}

char *
address_list_text(const struct address_list *list)
{
	struct buf out = {0};

	for (size_t i = 0; i < list->count; i++) {
		const char *port = any_host_port(list, i);

		if (i > 0)
			buf_printf(&out, ", ");
		/* Short again, for a line of a file has a limit. */
		if (port != NULL) {
			buf_printf(&out, "*:%s", port);
			i++;
		} else {
			buf_printf(&out, "%s", list->v[i].text);
		}
	}
	return buf_take(&out);
}

bool
address_any_port(const struct address *address)
{
	return address->kind == ADDRESS_TCP &&
		netaddr_port((const struct sockaddr *)&address->sa) == 0;
}

/* How many colons? */
static size_t
count_colons(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.p[i] == ':';
	return n;
}

static int
complete_one(struct str text, const char *port, const char *default_port,
	struct buf *out, struct err *err)
{
	size_t colons = count_colons(text);
	bool brackets = str_starts(text, STR("["));
	bool whole = colons == 1;

	if (brackets)
		whole = text.p[text.len - 1] != ']';
	if (str_starts(text, STR("unix:")) || str_starts(text, STR("fd:")))
		whole = true;
	if (whole && port != NULL) {
		err_set(err, "\"%.*s\" leaves no place for a port", (int)text.len,
			text.p);
		return -1;
	}
	if (port == NULL)
		port = default_port;
	if (whole)
		buf_add_str(out, text);
	else if (brackets || colons == 0)
		buf_printf(out, "%.*s:%s", (int)text.len, text.p, port);
	else
		buf_printf(out, "[%.*s]:%s", (int)text.len, text.p, port);
	return 0;
}

int
address_complete(struct str text, const char *port, const char *default_port,
	struct buf *out, struct err *err)
{
	struct str part;

	while (str_split(&text, ',', &part)) {
		part = str_trim(part);
		if (complete_one(part, port, default_port, out, err) == -1)
			return -1;
		if (text.p != NULL)
			buf_add_char(out, ',');
	}
	return 0;
}
