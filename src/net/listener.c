/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/netaddr.h"
#include "net/arrival.h"
#include "net/bind.h"
#include "net/conn.h"
#include "net/listener_inside.h"
#include "net/sockopt.h"

/*
 * libevent accepts whoever waits, and those who come meanwhile: a peer that connects as
 * fast as we accept would keep the loop for himself. After so many the others have
 * their turn.
 */
#define ACCEPTS_PER_TURN 64

/* How long no connection is accepted when there are no descriptors left for it. */
static const struct timeval pause_time = {1, 0};

/* A growing list of them. */
struct wants {
	struct want *v;
	size_t count;
};

/* Accept nobody for a while. Without memory for that, go on: it would be for ever. */
static void
listener_pause(struct listener *listener, const struct timeval *time)
{
	if (evtimer_add(listener->resume, time) == 0)
		evconnlistener_disable(listener->ev);
}

static void
listener_on_accept(struct evconnlistener *ev, evutil_socket_t fd, struct sockaddr *sa,
	int sa_len, void *arg)
{
	struct listener *listener = arg;
	const struct listen_conf *conf = listener->conf;

	(void)ev;
	(void)net_wake(listener->net);
	if (++listener->accepted == ACCEPTS_PER_TURN) {
		listener->accepted = 0;
		listener_pause(listener, &(struct timeval){0, 0});
	}
	if (listener->has_paused)
		log_notice("listen %s: accepting again", listener->name);
	listener->has_paused = false;
	sockopt_accept(fd, conf);
	if (conf->proxy == PROXY_REQUIRED)
		arrival_open(
			listener->net, fd, sa, (socklen_t)sa_len, conf, listener->name);
	else
		conn_open(listener->net, fd, sa, (socklen_t)sa_len,
			(enum listen_speak)conf->speak, listener->name);
}

static void
listener_on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct listener *listener = arg;

	(void)fd;
	(void)what;
	if (evconnlistener_enable(listener->ev) == -1)
		listener_pause(listener, &pause_time);
}

/*
 * Linux tells by accept(2) what has become of the one connection, too, which is gone
 * then. Others may be waiting.
 */
static bool
is_of_one_peer(int error)
{
	switch (error) {
	case EPROTO:
	case ENOPROTOOPT:
	case ENETDOWN:
	case ENETUNREACH:
	case ENONET:
	case EHOSTDOWN:
	case EHOSTUNREACH:
		return true;
	default:
		return false;
	}
}

/*
 * accept(2) failed, and not because of EINTR, EAGAIN or ECONNABORTED. Out of
 * descriptors or memory, the waiting connection would make the loop spin: so pause, and
 * look again in a second. Said once, until somebody comes in again.
 */
static void
listener_on_error(struct evconnlistener *ev, void *arg)
{
	struct listener *listener = arg;
	int error = EVUTIL_SOCKET_ERROR();

	(void)ev;
	if (is_of_one_peer(error)) {
		log_info("listen %s: somebody is gone already: %s", listener->name,
			strerror(error));
		return;
	}
	if (!listener->has_paused)
		log_warn("listen %s: can't accept: %s; pausing", listener->name,
			strerror(error));
	listener->has_paused = true;
	listener_pause(listener, &pause_time);
}

static void
listener_free(struct listener *listener)
{
	if (listener->ev != NULL)
		evconnlistener_free(listener->ev);
	if (listener->resume != NULL)
		event_free(listener->resume);
	if (listener->path != NULL && unlink(listener->path) == -1 && errno != ENOENT)
		log_warn("can't remove %s: %s", listener->path, strerror(errno));
	free(listener->path);
	free(listener->name);
	free(listener->text);
	free(listener);
}

struct listener *
listener_start(struct listener *listener, struct net *net, int fd, struct err *err)
{
	listener->net = net;
	listener->name = bind_text(fd);
	listener->resume = evtimer_new(net->base, listener_on_resume, listener);
	sockopt_listen(fd, listener->conf);
	/* Enabled by hand, since it would not tell whether that worked. */
	listener->ev = evconnlistener_new(net->base, listener_on_accept, listener,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_DISABLED,
		(int)listener->conf->backlog, fd);
	if (listener->ev == NULL || listener->resume == NULL ||
		evconnlistener_enable(listener->ev) == -1) {
		err_set(err, "can't listen on %s: %s", listener->name, strerror(errno));
		if (listener->ev == NULL)
			close(fd);
		listener_free(listener);
		return NULL;
	}
	evconnlistener_set_error_cb(listener->ev, listener_on_error);
	return listener;
}

struct listener *
listener_new(struct net *net, int fd, const struct want *want, struct err *err)
{
	const struct address *address = want->address;
	struct listener *listener = xcalloc(1, sizeof(*listener));

	listener->conf = want->conf;
	listener->passed = want->passed;
	if (address != NULL) {
		listener->text = xstrdup(address->text);
		if (address->kind == ADDRESS_UNIX)
			listener->path = xstrdup(strchr(address->text, '/'));
	}
	listener = listener_start(listener, net, fd, err);
	if (listener != NULL)
		log_notice("listening on %s", listener->name);
	return listener;
}

static bool
is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

static bool
is_stream(int fd)
{
	int type;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
		type == SOCK_STREAM;
}

static struct listener *
listener_open(
	struct net *net, const struct want *want, bool shares_port, struct err *err)
{
	struct listener *listener;
	int fd;

	if (want->passed == NULL) {
		fd = bind_address(want->address, want->conf, shares_port, err);
		return fd != -1 ? listener_new(net, fd, want, err) : NULL;
	}
	fd = want->passed->fd;
	want->passed->fd = -1;
	if (fd == -1) {
		err_set(err,
			"the socket \"%s\" was closed by an earlier reload; "
			"restart to get it again",
			want->passed->name);
		return NULL;
	}
	if (!is_stream(fd)) {
		close(fd);
		err_set(err,
			"\"%s\", which was passed to the daemon, is no stream socket "
			"(ListenStream= of a socket unit makes one)",
			want->passed->name);
		return NULL;
	}
	listener = listener_new(net, fd, want, err);
	if (listener == NULL)
		err_set(err, "\"%s\", which was passed to the daemon: %s",
			want->passed->name, err->text);
	return listener;
}

static bool
listener_is(const struct listener *listener, const struct want *want)
{
	if (want->passed != NULL)
		return listener->passed == want->passed;
	return listener->text != NULL &&
		strcmp(listener->text, want->address->text) == 0;
}

/*
 * Take the listener that fulfils `want` already out of the list, or NULL. Of several on
 * ports that the system has chosen it is the one of the same section.
 */
static struct listener *
listeners_take(struct listeners *listeners, const struct want *want)
{
	size_t found = listeners->count;
	struct listener *listener = NULL;

	for (size_t i = 0; i < listeners->count; i++) {
		const struct listen_conf *conf = listeners->v[i]->conf;
		bool is_same =
			strcmp(conf->section_name, want->conf->section_name) == 0;

		if (!listener_is(listeners->v[i], want))
			continue;
		if (found == listeners->count || is_same)
			found = i;
		if (is_same)
			break;
	}
	if (found < listeners->count) {
		listener = listeners->v[found];
		/* The others stay in their order. */
		listeners->count--;
		memmove(&listeners->v[found], &listeners->v[found + 1],
			(listeners->count - found) * sizeof(*listeners->v));
	}
	return listener;
}

void
listeners_add(struct listeners *listeners, struct listener *listener)
{
	listeners->v = xreallocarray(
		listeners->v, listeners->count + 1, sizeof(*listeners->v));
	listeners->v[listeners->count++] = listener;
}

static void
wants_add(struct wants *wants, struct want want)
{
	wants->v = xreallocarray(wants->v, wants->count + 1, sizeof(*wants->v));
	wants->v[wants->count++] = want;
}

/*
 * Add every passed descriptor of that name; any socket if NULL: what another version
 * has left in the store of the service manager is no address. False if none.
 */
static bool
wants_add_passed(struct wants *wants, const struct listen_conf *conf, const char *name,
	struct passed_fd *passed, size_t npassed)
{
	size_t before = wants->count;

	for (size_t i = 0; i < npassed; i++) {
		if (name == NULL ? passed[i].fd == -1 || is_socket(passed[i].fd)
				 : strcmp(passed[i].name, name) == 0)
			wants_add(wants, (struct want){conf, NULL, &passed[i]});
	}
	return wants->count > before;
}

/* Collect what one section asks for. */
static int
wants_add_section(struct wants *wants, const struct listen_conf *conf,
	struct passed_fd *passed, size_t npassed, struct err *err)
{
	for (size_t i = 0; i < conf->address.count; i++) {
		const struct address *address = &conf->address.v[i];
		const char *name = address->text + strlen("fd:");

		if (address->kind != ADDRESS_PASSED) {
			wants_add(wants, (struct want){conf, address, NULL});
		} else if (!wants_add_passed(wants, conf, name, passed, npassed)) {
			err_set(err,
				"[listen %s]: no socket called \"%s\" was passed to "
				"the daemon",
				conf->section_name, name);
			return -1;
		}
	}
	return 0;
}

/* Go on under a new section, with what of it can still be changed. */
static void
listener_adopt(struct listener *listener, const struct listen_conf *conf)
{
	int backlog = (int)conf->backlog;

	listener->conf = conf;
	sockopt_listen(evconnlistener_get_fd(listener->ev), conf);
	if (listen(evconnlistener_get_fd(listener->ev), backlog) == -1)
		log_warn("listen %s: can't set the backlog to %d: %s", listener->name,
			backlog, strerror(errno));
	if (listener->path != NULL && chmod(listener->path, (mode_t)conf->mode) == -1)
		log_warn("listen %s: can't set the mode to %04o: %s", listener->name,
			(unsigned)conf->mode, strerror(errno));
}

/* The old listeners that are wanted still go on under their new section. */
static void
listeners_keep(struct listeners *next, struct listeners *old, const struct wants *wants)
{
	for (size_t i = 0; i < wants->count; i++) {
		struct listener *listener = listeners_take(old, &wants->v[i]);

		if (listener != NULL) {
			listener_adopt(listener, wants->v[i].conf);
			listeners_add(next, listener);
		}
	}
}

static bool
listeners_have(const struct listeners *listeners, const struct want *want)
{
	for (size_t i = 0; i < listeners->count; i++) {
		if (listener_is(listeners->v[i], want))
			return true;
	}
	return false;
}

static bool
is_wanted(const struct listener *listener, const struct wants *wants)
{
	for (size_t i = 0; i < wants->count; i++) {
		if (listener_is(listener, &wants->v[i]))
			return true;
	}
	return false;
}

static bool
has_port(const struct listener *listener, unsigned port)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	int fd = evconnlistener_get_fd(listener->ev);

	return getsockname(fd, (struct sockaddr *)&sa, &len) == 0 &&
		netaddr_port((const struct sockaddr *)&sa) == port;
}

/*
 * Those that will be closed let a new one have their port, too: *:4000 can't be bound
 * as long as 127.0.0.1:4000 is, and we don't let go of that before we have the other
 * one. True if there are any.
 *
 * They do so until they are closed; the kernel remembers it of a port anyway. It means
 * sockets of our own user only.
 */
static bool
listeners_lend_port(
	const struct listeners *old, const struct wants *wants, const struct want *want)
{
	unsigned port = want->address != NULL
		? netaddr_port((const struct sockaddr *)&want->address->sa)
		: 0;
	bool any = false;

	for (size_t i = 0; port != 0 && i < old->count; i++) {
		const struct listener *listener = old->v[i];
		int fd = evconnlistener_get_fd(listener->ev);

		if (!is_wanted(listener, wants) && has_port(listener, port) &&
			setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){1},
				sizeof(int)) == 0)
			any = true;
	}
	return any;
}

int
listeners_configure(struct listeners *listeners, struct net *net,
	const struct conf *conf, struct passed_fd *passed, size_t npassed,
	struct err *err)
{
	struct wants wants = {0};
	struct listeners next = {0};
	int rc = 0;

	/*
	 * A socket unit needs no config: what it passes replaces the built-in address.
	 */
	if (!conf->listens_by_default ||
		!wants_add_passed(&wants, conf->listens[0], NULL, passed, npassed)) {
		for (size_t i = 0; i < conf->nlistens && rc == 0; i++)
			rc = wants_add_section(
				&wants, conf->listens[i], passed, npassed, err);
	}
	/*
	 * First open all that are new, so that a failure leaves everything as it was.
	 */
	for (size_t i = 0; i < wants.count && rc == 0; i++) {
		struct listener *listener;

		if (listeners_have(listeners, &wants.v[i]))
			continue;
		listener = listener_open(net, &wants.v[i],
			listeners_lend_port(listeners, &wants, &wants.v[i]), err);
		if (listener != NULL)
			listeners_add(&next, listener);
		else
			rc = -1;
	}
	if (rc == 0) {
		listeners_keep(&next, listeners, &wants);
		listeners_close(listeners);
		*listeners = next;
	} else {
		listeners_close(&next);
	}
	free(wants.v);
	return rc;
}

void
listeners_list(const struct listeners *listeners, struct errlist *out)
{
	for (size_t i = 0; i < listeners->count; i++)
		errlist_add(out, "%s", listeners->v[i]->name);
}

void
listeners_close(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->count; i++) {
		log_notice("no longer listening on %s", listeners->v[i]->name);
		listener_free(listeners->v[i]);
	}
	free(listeners->v);
	*listeners = (struct listeners){0};
}
