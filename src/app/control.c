/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/control.h"

#include <errno.h>
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
#include "base/state.h"
#include "net/bind.h"

#include "app/control_client.h"
#include "app/control_events.h"
#include "app/control_state.h"
#include "app/daemon.h"
#include "app/spare.h"

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
	char *path;   /* NULL: there is none; owned */
	dev_t device; /* of the file there ... */
	ino_t inode;  /* ... as long as it is ours */
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
	struct spare spare;   /* of descriptors, for an operator; filled with a door */
};

/*
 * Who may
 */

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
	rights->has_group = conf->group[0] != '\0';
	if (rights->has_group)
		rc = daemon_find_group(
			conf->group, "[control] group", &rights->group, err);
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
		if (client->state == CONTROL_REQUESTS ||
			client->state == CONTROL_LEAVING) {
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

/* Somebody has come. Takes fd. */
static void
meet(struct control *control, int fd)
{
	struct peercred cred;

	if (peercred_get(fd, &cred) == -1) {
		log_warn("control: who is it? %s", strerror(errno));
		close(fd);
		return;
	}
	welcome(control, fd, &cred);
}

static void
on_accept(struct evconnlistener *ev, evutil_socket_t fd, struct sockaddr *sa,
	int sa_len, void *arg)
{
	(void)ev;
	(void)sa;
	(void)sa_len;
	meet(arg, fd);
}

/*
 * Out of descriptors is when an operator is needed: he gets the one that is kept. If
 * that is in use already, whoever waits would make the loop spin.
 */
static void
on_error(struct evconnlistener *ev, void *arg)
{
	struct control *control = arg;
	int error = EVUTIL_SOCKET_ERROR(), fd = -1;

	if (error == EMFILE || error == ENFILE)
		fd = spare_accept(&control->spare, evconnlistener_get_fd(ev));
	if (fd != -1) {
		meet(control, fd);
		/* He may have been turned away. */
		spare_fill(&control->spare);
		return;
	}
	log_warn("control: can't accept: %s; pausing", strerror(error));
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

/*
 * Is what is at its path the socket that we have made? Somebody may have removed it,
 * and another daemon may have its own there now.
 */
static bool
door_is_ours(const struct door *door)
{
	struct stat st;

	return door->path != NULL && lstat(door->path, &st) == 0 &&
		st.st_dev == door->device && st.st_ino == door->inode;
}

static void
door_close(struct door *door)
{
	/*
	 * First the path: as long as the socket is open its number is not given away.
	 */
	if (door_is_ours(door) && unlink(door->path) == -1)
		log_warn("can't remove %s: %s", door->path, strerror(errno));
	if (door->ev != NULL)
		evconnlistener_free(door->ev);
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

/* Listen there. -1 with errno, and then fd is closed. Takes fd. */
static int
door_listen(struct door *door, struct control *control, int fd)
{
	/* Enabled by hand, since it would not tell whether that worked. */
	door->ev = evconnlistener_new(control->shared.base, on_accept, control,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_DISABLED, -1,
		fd);
	if (door->ev == NULL) {
		close(fd);
		return -1;
	}
	evconnlistener_set_error_cb(door->ev, on_error);
	return evconnlistener_enable(door->ev);
}

/* -1 with `err`; door_close() is due in any case. */
static int
door_open(struct door *door, struct control *control, const char *path,
	const struct control_conf *conf, struct err *err)
{
	int fd = bind_path(path, conf->mode);
	struct stat st = {0};

	if (fd != -1) {
		/* If it is gone already, then it is not ours. */
		(void)lstat(path, &st);
		door->path = xstrdup(path);
		door->device = st.st_dev;
		door->inode = st.st_ino;
	}
	if (fd == -1 || door_listen(door, control, fd) == -1) {
		err_set(err, "[control] socket: can't listen on %s: %s", path,
			strerror(errno));
		return -1;
	}
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
	const struct conf *conf, struct moment (*clock)(void))
{
	struct control *control = xcalloc(1, sizeof(*control));

	control->shared = (struct control_shared){
		.base = base,
		.chat = chat,
		.net = net,
		.conf = conf,
		.clock = clock,
	};
	TAILQ_INIT(&control->shared.clients);
	TAILQ_INIT(&control->shared.dead);
	control->spare.fd = -1;
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
	spare_close(&control->spare);
	event_free(control->resume);
	free(control);
}

int
control_prepare(struct control *control, const struct conf *conf, struct err *err)
{
	bool is_auto = strcmp(conf->control.socket, "auto") == 0;
	const char *path = is_auto ? CONTROL_SOCKET : conf->control.socket;
	const struct door *door = &control->door;

	if (rights_init(&control->next_rights, &conf->control, err) == -1)
		return -1;
	/* Where somebody has removed it a reload makes it anew. */
	control->keeps_door = door_is_ours(door) && strcmp(path, door->path) == 0;
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

/* As long as there is a door. */
static void
keep_spare(struct control *control)
{
	if (control->door.ev != NULL)
		spare_fill(&control->spare);
	else
		spare_close(&control->spare);
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
		keep_spare(control);
		return;
	}
	door_close(&control->door);
	control->door = control->next_door;
	control->next_door = (struct door){0};
	if (control->door.path != NULL)
		log_notice("control socket %s", control->door.path);
	keep_spare(control);
}

void
control_close(struct control *control)
{
	door_close(&control->door);
	control_answer(control, "prattled is about to end");
}

void
control_answer(struct control *control, const char *why)
{
	struct control_client *client, *next;

	for (client = TAILQ_FIRST(&control->shared.clients); client != NULL;
		client = next) {
		next = TAILQ_NEXT(client, link);
		if (client->state == CONTROL_WAITING)
			control_client_answer(client, why);
	}
}

void
control_bury(struct control *control)
{
	struct control_client *client;

	control_events_relax(&control->shared);
	while ((client = TAILQ_FIRST(&control->shared.dead)) != NULL) {
		TAILQ_REMOVE(&control->shared.dead, client, link);
		control_client_free(client);
		keep_spare(control);
	}
}

/*
 * A restart in place
 */

struct kept_door {
	int fd;
	struct str path;
	uint64_t device, inode;
};
static const struct state_field door_fields[] = {
	STATE_ROW(struct kept_door, fd, 1, STATE_FD),
	STATE_ROW(struct kept_door, path, 2, STATE_STR, .max = 4096),
	STATE_ROW(struct kept_door, device, 3, STATE_UINT),
	STATE_ROW(struct kept_door, inode, 4, STATE_UINT),
};
static const struct state_table door_table = STATE_TABLE(kept_door, door_fields, NULL);

void
control_save(const struct control *control, struct state_out *out,
	unsigned socket_number, unsigned client_number)
{
	const struct door *door = &control->door;

	if (door->path != NULL) {
		struct kept_door kept = {
			.fd = evconnlistener_get_fd(door->ev),
			.path = str_of(door->path),
			.device = door->device,
			.inode = door->inode,
		};

		state_put(out, socket_number, &door_table, &kept);
	}
	control_clients_save(&control->shared, out, client_number);
}

int
control_restore_socket(struct control *control, struct state_in *in,
	const struct state_item *item, struct err *err)
{
	struct kept_door kept = {.fd = -1};
	struct door *door = &control->door;

	if (state_get(in, item, &door_table, &kept, err) == -1)
		return -1;
	if (door->path != NULL || kept.path.len == 0) {
		err_set(err, "there are two control sockets, or one without a path");
		return -1;
	}
	if (kept.fd == -1)
		return 0;
	door->path = xstrndup(kept.path.p, kept.path.len);
	door->device = (dev_t)kept.device;
	door->inode = (ino_t)kept.inode;
	if (door_listen(door, control, kept.fd) == 0)
		return 0;
	err_set(err, "can't listen on the control socket %s", door->path);
	return -1;
}

int
control_restore_client(struct control *control, struct state_in *in,
	const struct state_item *item, struct err *err)
{
	return control_client_restore(&control->shared, in, item, err);
}

void
control_resume(struct control *control)
{
	struct control_client *client, *next;

	for (client = TAILQ_FIRST(&control->shared.clients); client != NULL;
		client = next) {
		next = TAILQ_NEXT(client, link);
		control_client_resume(client);
	}
	control_answer(control, NULL);
}
