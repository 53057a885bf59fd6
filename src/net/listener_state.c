/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/state.h"
#include "net/listener_inside.h"

/* Listeners that outlive their process: by a state, or by a store of descriptors. */

static const struct state_field passed_fields[] = {
	STATE_ROW(struct passed_fd, fd, 1, STATE_FD),
	STATE_ROW(struct passed_fd, name, 2, STATE_STRING),
};
const struct state_table passed_fd_state = STATE_TABLE(passed_fd, passed_fields, NULL);

/* A listener, and what of it stands elsewhere. */
struct door {
	int fd;
	struct str text, path;
	struct str section;
	size_t passed; /* which of the passed descriptors, from 1; 0: none */
};
static const struct state_field door_fields[] = {
	STATE_ROW(struct door, fd, 1, STATE_FD),
	STATE_ROW(struct door, text, 2, STATE_STR),
	STATE_ROW(struct door, path, 3, STATE_STR),
	STATE_ROW(struct door, section, 4, STATE_STR),
	STATE_ROW(struct door, passed, 5, STATE_UINT),
};
static const struct state_table door_table = STATE_TABLE(door, door_fields, NULL);

/* A text that may be none. */
static struct str
text_of(const char *text)
{
	return text != NULL ? str_of(text) : str_make(NULL, 0);
}

static char *
text_copy(struct str text)
{
	return text.len > 0 ? xstrndup(text.p, text.len) : NULL;
}

void
listeners_save(const struct listeners *listeners, const struct passed_fd *passed,
	struct state_out *out, unsigned number)
{
	for (size_t i = 0; i < listeners->count; i++) {
		const struct listener *listener = listeners->v[i];
		struct door door = {
			.fd = evconnlistener_get_fd(listener->ev),
			.text = text_of(listener->text),
			.path = text_of(listener->path),
			.section = str_of(listener->conf->section_name),
		};

		if (listener->passed != NULL && passed == NULL)
			continue;
		if (listener->passed != NULL)
			door.passed = (size_t)(listener->passed - passed) + 1;
		state_put(out, number, &door_table, &door);
	}
}

static bool
section_asks_for(const struct listen_conf *conf, struct str text)
{
	for (size_t i = 0; i < conf->address.count; i++) {
		if (str_eq(text, str_of(conf->address.v[i].text)))
			return true;
	}
	return false;
}

static const struct listen_conf *
find_section(const struct conf *conf, const struct door *door)
{
	const struct listen_conf *named = NULL, *asking = NULL;

	for (size_t i = 0; i < conf->nlistens; i++) {
		const struct listen_conf *section = conf->listens[i];
		bool asks = section_asks_for(section, door->text);

		if (str_eq(door->section, str_of(section->section_name)))
			named = section;
		if (asks && (asking == NULL || section == named))
			asking = section;
	}
	if (asking != NULL)
		return asking;
	return named != NULL ? named : conf->listens[0];
}

int
listeners_restore(struct listeners *listeners, struct net *net, const struct conf *conf,
	const struct passed_fd *passed, size_t npassed, struct state_in *in,
	const struct state_item *item, struct err *err)
{
	struct door door = {.fd = -1};
	struct listener *listener;

	if (state_get(in, item, &door_table, &door, err) == -1)
		return -1;
	if (door.passed > npassed) {
		err_set(err, "a listener is on a socket that was not passed");
		return -1;
	}
	if (door.fd == -1)
		return 0;
	listener = xcalloc(1, sizeof(*listener));
	listener->conf = find_section(conf, &door);
	listener->text = text_copy(door.text);
	listener->path = text_copy(door.path);
	if (door.passed > 0)
		listener->passed = &passed[door.passed - 1];
	listener = listener_start(listener, net, door.fd, err);
	if (listener == NULL)
		return -1;
	listeners_add(listeners, listener);
	return 0;
}

/* Is there still the path of a unix socket? Else nobody would find it. */
static bool
has_path(const struct address *address)
{
	struct stat st;

	return lstat(strchr(address->text, '/'), &st) == 0 && S_ISSOCK(st.st_mode);
}

/* Is a socket bound to that? A port that the system chose is nobody's. */
static bool
is_bound_to(int fd, const struct address *address)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	size_t skip = offsetof(struct sockaddr_un, sun_path);

	if (address->kind == ADDRESS_PASSED || address_any_port(address) ||
		getsockname(fd, (struct sockaddr *)&sa, &len) == -1 ||
		sa.ss_family != address->sa.ss_family)
		return false;
	if (address->kind == ADDRESS_UNIX)
		return has_path(address) &&
			strncmp((const char *)&sa + skip,
				(const char *)&address->sa + skip,
				sizeof(struct sockaddr_un) - skip) == 0;
	return memcmp(&sa, &address->sa, address->sa_len) == 0;
}

/* The address in the configuration that a socket has, or NULL. */
static const struct address *
find_address(const struct conf *conf, int fd, const struct listen_conf **section)
{
	for (size_t i = 0; i < conf->nlistens; i++) {
		const struct address_list *list = &conf->listens[i]->address;

		*section = conf->listens[i];
		for (size_t j = 0; j < list->count; j++) {
			if (is_bound_to(fd, &list->v[j]))
				return &list->v[j];
		}
	}
	return NULL;
}

bool
listeners_adopt(
	struct listeners *listeners, struct net *net, const struct conf *conf, int fd)
{
	struct want want = {0};
	struct listener *listener;
	struct err err;

	want.address = find_address(conf, fd, &want.conf);
	if (want.address == NULL)
		return false;
	listener = listener_new(net, fd, &want, &err);
	if (listener != NULL)
		listeners_add(listeners, listener);
	else
		log_warn("%s", err.text);
	return true;
}

int *
listeners_own(const struct listeners *listeners, size_t *count)
{
	int *fds = xcalloc(listeners->count + 1, sizeof(*fds));

	*count = 0;
	for (size_t i = 0; i < listeners->count; i++) {
		if (listeners->v[i]->passed == NULL)
			fds[(*count)++] = evconnlistener_get_fd(listeners->v[i]->ev);
	}
	return fds;
}
