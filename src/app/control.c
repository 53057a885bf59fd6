/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/control.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/peercred.h"
#include "net/bind.h"

#include "app/control_client.h"
#include "app/control_events.h"

/* How long nobody is let in when there are no descriptors left. */
static const struct timeval pause_time = {1, 0};

/* A user that the configuration names. */
struct known {
	uid_t uid;
	char *name; /* as there; owned */
};

/* Who may give commands, besides root and the daemon's own user. */
struct rights {
	bool has_group;
	gid_t group;
	struct known *users; /* owned */
	size_t nusers;
};

/* The socket itself. */
struct door {
	char *path; /* NULL: there is none; owned */
	struct evconnlistener *ev;
};

struct control {
	struct control_shared shared;
	struct door door;
	struct rights rights;
	/* Prepared by control_prepare(), until control_commit(). */
	struct door next_door;
	struct rights next_rights;
	bool keeps_door;
	struct event *resume; /* pending while nobody is let in */
};

/*
 * Who may
 */

static int
find_group(struct rights *rights, const char *name, struct err *err)
{
	const struct group *group = getgrnam(name);
	uint64_t number;

	if (group != NULL) {
		rights->group = group->gr_gid;
	} else if (str_to_uint(str_of(name), &number) == 0) {
		rights->group = (gid_t)number;
	} else {
		err_set(err, "[control] group: there is no group \"%s\"", name);
		return -1;
	}
	rights->has_group = true;
	return 0;
}

/* Takes the name. */
static int
add_user(struct rights *rights, char *name, struct err *err)
{
	const struct passwd *user = getpwnam(name);
	struct known known = {.name = name};
	uint64_t number = 0;

	if (user != NULL) {
		known.uid = user->pw_uid;
	} else if (str_to_uint(str_of(name), &number) == 0) {
		known.uid = (uid_t)number;
	} else {
		err_set(err, "[control] users: there is no user \"%s\"", name);
		free(name);
		return -1;
	}
	rights->users = xreallocarray(
		rights->users, rights->nusers + 1, sizeof(*rights->users));
	rights->users[rights->nusers++] = known;
	return 0;
}

static void
rights_fini(struct rights *rights)
{
	for (size_t i = 0; i < rights->nusers; i++)
		free(rights->users[i].name);
	free(rights->users);
	*rights = (struct rights){0};
}

static int
rights_init(struct rights *rights, const struct control_conf *conf, struct err *err)
{
	struct str rest = str_of(conf->users), word;
	int rc = 0;

	*rights = (struct rights){0};
	if (conf->group[0] != '\0')
		rc = find_group(rights, conf->group, err);
	while (rc == 0 && (word = str_word(&rest)).len > 0)
		rc = add_user(rights, xstrndup(word.p, word.len), err);
	if (rc == -1)
		rights_fini(rights);
	return rc;
}

static bool
rights_allow(const struct rights *rights, int fd, const struct peercred *cred)
{
	if (cred->uid == 0 || cred->uid == geteuid())
		return true;
	for (size_t i = 0; i < rights->nusers; i++) {
		if (rights->users[i].uid == cred->uid)
			return true;
	}
	return rights->has_group && peercred_in_group(fd, cred, rights->group);
}

/*
 * Who comes
 */

/* One clear line, and the door. Takes fd. */
static void
turn_away(int fd, const char *why)
{
	char *answer = xasprintf("! %s.\nfailed\n", why);

	(void)!send(fd, answer, strlen(answer), MSG_NOSIGNAL | MSG_DONTWAIT);
	free(answer);
	close(fd);
}

/*
 * Is there room for one more? If not the one that was silent longest makes way, unless
 * it does what takes long.
 */
static bool
make_way(struct control *control)
{
	struct control_client *client;
	uint64_t count = 0;

	TAILQ_FOREACH (client, &control->shared.clients, link)
		count++;
	if (count < control->shared.conf->control.connections)
		return true;
	TAILQ_FOREACH (client, &control->shared.clients, link) {
		if (client->state != CONTROL_EVENTS && client->state != CONTROL_PIPE) {
			control_client_kill(client, "another one wanted to come");
			return true;
		}
	}
	return false;
}

/* The login name, the one by which we know him, or one of the number. Returns new. */
static char *
name_of(const struct rights *rights, uid_t uid)
{
	char *name = peercred_name(uid);

	for (size_t i = 0; name == NULL && i < rights->nusers; i++) {
		if (rights->users[i].uid == uid)
			name = xstrdup(rights->users[i].name);
	}
	return name != NULL ? name : xasprintf("uid%lu", (unsigned long)uid);
}

static void
welcome(struct control *control, int fd, const struct peercred *cred)
{
	char *from =
		xasprintf("uid %lu pid %ld", (unsigned long)cred->uid, (long)cred->pid);
	char *name;

	if (!rights_allow(&control->rights, fd, cred)) {
		log_notice("control: refused %s", from);
		turn_away(fd,
			"You may not give commands here: see [control] in the "
			"configuration");
	} else if (!make_way(control)) {
		log_warn("control: too many connections for %s", from);
		turn_away(fd,
			"Too many connections are in use; see connections in "
			"[control]");
	} else {
		name = name_of(&control->rights, cred->uid);
		if (control_client_new(&control->shared, fd, name, from) == NULL)
			log_warn("control: can't make the events of a connection");
		free(name);
	}
	free(from);
}

static void
on_accept(struct evconnlistener *ev, evutil_socket_t fd, struct sockaddr *sa,
	int sa_len, void *arg)
{
	struct peercred cred;

	(void)ev;
	(void)sa;
	(void)sa_len;
	if (peercred_get(fd, &cred) == -1) {
		log_warn("control: who is it? %s", strerror(errno));
		close(fd);
		return;
	}
	welcome(arg, fd, &cred);
}

/* Out of descriptors the one that waits would make the loop spin. */
static void
on_error(struct evconnlistener *ev, void *arg)
{
	struct control *control = arg;

	log_warn("control: can't accept: %s; pausing", strerror(EVUTIL_SOCKET_ERROR()));
	evconnlistener_disable(ev);
	evtimer_add(control->resume, &pause_time);
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct control *control = arg;

	(void)fd;
	(void)what;
	if (control->door.ev != NULL && evconnlistener_enable(control->door.ev) == -1)
		evtimer_add(control->resume, &pause_time);
}

/*
 * The socket
 */

static void
door_close(struct door *door)
{
	if (door->ev != NULL)
		evconnlistener_free(door->ev);
	if (door->path != NULL && unlink(door->path) == -1 && errno != ENOENT)
		log_warn("can't remove %s: %s", door->path, strerror(errno));
	free(door->path);
	*door = (struct door){0};
}

/* Give the socket to the group; only if it matters to who may open it. */
static int
door_chown(const struct door *door, const struct rights *rights,
	const struct control_conf *conf, struct err *err)
{
	if (!rights->has_group || (conf->mode & 06) == 06 ||
		chown(door->path, (uid_t)-1, rights->group) == 0)
		return 0;
	err_set(err,
		"[control] group: can't give %s to %s: %s (prattled must be a member, "
		"or mode 0666)",
		door->path, conf->group, strerror(errno));
	return -1;
}

/* -1 with `err`; door_close() is due in any case. */
static int
door_open(struct door *door, struct control *control, const char *path,
	const struct control_conf *conf, struct err *err)
{
	int fd = bind_path(path, conf->mode);

	if (fd != -1) {
		door->path = xstrdup(path);
		door->ev = evconnlistener_new(control->shared.base, on_accept, control,
			LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
				LEV_OPT_DISABLED,
			-1, fd);
	}
	/* Enabled by hand, since it would not tell whether that worked. */
	if (door->ev == NULL || evconnlistener_enable(door->ev) == -1) {
		err_set(err, "[control] socket: can't listen on %s: %s", path,
			strerror(errno));
		if (fd != -1 && door->ev == NULL)
			close(fd);
		return -1;
	}
	evconnlistener_set_error_cb(door->ev, on_error);
	return door_chown(door, &control->next_rights, conf, err);
}

/* The socket is the same, but others may have it now. */
static void
door_adapt(const struct door *door, const struct rights *rights,
	const struct control_conf *conf)
{
	struct err err;

	if (chmod(door->path, (mode_t)conf->mode) == -1)
		log_warn("[control] mode: can't change %s: %s", door->path,
			strerror(errno));
	if (door_chown(door, rights, conf, &err) == -1)
		log_warn("%s", err.text);
}

struct control *
control_new(struct event_base *base, struct chat *chat, struct net *net,
	struct moment (*clock)(void))
{
	struct control *control = xcalloc(1, sizeof(*control));

	control->shared = (struct control_shared){
		.base = base, .chat = chat, .net = net, .clock = clock};
	TAILQ_INIT(&control->shared.clients);
	TAILQ_INIT(&control->shared.dead);
	control->resume = evtimer_new(base, on_resume, control);
	if (control->resume == NULL) {
		free(control);
		return NULL;
	}
	return control;
}

void
control_free(struct control *control)
{
	struct control_client *client;

	if (control == NULL)
		return;
	control_close(control);
	while ((client = TAILQ_FIRST(&control->shared.clients)) != NULL)
		control_client_kill(client, "the daemon stops");
	control_bury(control);
	rights_fini(&control->rights);
	event_free(control->resume);
	free(control);
}

int
control_prepare(struct control *control, const struct conf *conf, struct err *err)
{
	bool is_auto = strcmp(conf->control.socket, "auto") == 0;
	const char *path = is_auto ? CONTROL_SOCKET : conf->control.socket;
	const char *old = control->door.path;

	if (rights_init(&control->next_rights, &conf->control, err) == -1)
		return -1;
	control->keeps_door = old != NULL && strcmp(path, old) == 0;
	if (control->keeps_door || path[0] == '\0' ||
		door_open(&control->next_door, control, path, &conf->control, err) == 0)
		return 0;
	door_close(&control->next_door);
	if (is_auto) {
		log_notice("there is no control socket: %s", err->text);
		return 0;
	}
	rights_fini(&control->next_rights);
	return -1;
}

void
control_abort(struct control *control)
{
	door_close(&control->next_door);
	rights_fini(&control->next_rights);
}

void
control_commit(struct control *control, const struct conf *conf)
{
	control->shared.conf = conf;
	rights_fini(&control->rights);
	control->rights = control->next_rights;
	control->next_rights = (struct rights){0};
	if (control->keeps_door) {
		door_adapt(&control->door, &control->rights, &conf->control);
		return;
	}
	door_close(&control->door);
	control->door = control->next_door;
	control->next_door = (struct door){0};
	if (control->door.path != NULL)
		log_notice("control socket %s", control->door.path);
}

void
control_close(struct control *control)
{
	door_close(&control->door);
}

void
control_bury(struct control *control)
{
	struct control_client *client;

	control_events_relax(&control->shared);
	while ((client = TAILQ_FIRST(&control->shared.dead)) != NULL) {
		TAILQ_REMOVE(&control->shared.dead, client, link);
		control_client_free(client);
	}
}
