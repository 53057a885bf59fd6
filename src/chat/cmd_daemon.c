/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/command.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/span.h"
#include "chat/chat.h"
#include "chat/closing.h"
#include "chat/console.h"
#include "chat/host.h"
#include "chat/moderation.h"
#include "chat/user.h"

/* The daemon itself: how it is, its configuration, its end. */

/* How far ahead the end may be announced, milliseconds: a week. */
#define CLOSING_MOST (INT64_C(7) * 24 * 3600 * 1000)

/*
 * Status
 */

/* In words, a line each. */
static void
show_status(struct user *user, const struct chat *chat, const struct host_status *host)
{
	struct buf text = {0};

	span_print(&text, chat->now.mono - chat->started.mono, 2);
	user_notice(user, "%s, process %" PRId64 ", up %.*s", PACKAGE_STRING, host->pid,
		(int)text.len, text.p);
	user_notice(user,
		"people: %zu, rooms: %zu, connections: %" PRIu64
		", lines said: %" PRIu64 ", skipped: %" PRIu64,
		chat_people(chat), chat_rooms(chat), host->connections, chat->lines,
		host->skipped);
	for (size_t i = 0; i < host->listens.count; i++)
		user_notice(user, "listening on %s", host->listens.texts[i]);
	user_notice(user, "configuration: %s, reloads: %" PRIu64,
		host->config != NULL ? host->config : "built in", host->reloads);
	user_notice(user, "log: %s, records dropped: %" PRIu64, host->log_level,
		host->log_dropped);
	buf_reset(&text);
	reasons_print(host->closes, &text);
	user_notice(user, "sessions ended: %.*s", text.len > 0 ? (int)text.len : 4,
		text.len > 0 ? text.p : "none");
	buf_fini(&text);
	moderation_tell_lockdown(user);
	closing_tell(user);
}

static void
write_status(struct json *json, const struct chat *chat, const struct host_status *host)
{
	json_member(json, "version", PACKAGE_VERSION);
	json_member_uint(json, "pid", (uint64_t)host->pid);
	json_member_uint(
		json, "up", (uint64_t)(chat->now.mono - chat->started.mono) / 1000);
	json_member_uint(json, "people", chat_people(chat));
	json_member_uint(json, "rooms", chat_rooms(chat));
	json_member_uint(json, "connections", host->connections);
	json_member_uint(json, "lines", chat->lines);
	json_member_uint(json, "skipped", host->skipped);
	json_key(json, "listening");
	json_begin(json, '[');
	for (size_t i = 0; i < host->listens.count; i++)
		json_str(json, str_of(host->listens.texts[i]));
	json_end(json, ']');
	json_member(json, "config", host->config);
	json_member_uint(json, "reloads", host->reloads);
	json_member(json, "log_level", host->log_level);
	json_member_uint(json, "log_dropped", host->log_dropped);
	json_key(json, "ended");
	json_begin(json, '{');
	for (enum reason reason = 0; reason < REASONS; reason++) {
		if (host->closes[reason] > 0)
			json_member_uint(
				json, reason_text(reason), host->closes[reason]);
	}
	json_end(json, '}');
	json_member(json, "lockdown",
		chat->lockdown != LOCKDOWN_OFF ? moderation_lockdown_text(chat) : NULL);
	json_key(json, "closing");
	if (chat->closing.at != 0)
		json_uint(json, (uint64_t)(chat->closing.at - chat->now.mono) / 1000);
	else
		json_null(json);
}

static void
cmd_status(struct call *call)
{
	struct chat *chat = call->chat;
	struct host_status status = {0};

	chat->host->status(chat->host_arg, &status);
	if (call->json != NULL)
		write_status(call->json, chat, &status);
	else
		show_status(call->user, chat, &status);
	errlist_fini(&status.listens);
}

/*
 * The configuration
 */

static void
write_changes(struct json *json, const struct changes *changes)
{
	static const char *const reach[] = {
		[WHEN_NOW] = "now",
		[WHEN_NEW] = "new connections",
		[WHEN_RESTART] = "restart",
	};

	json_key(json, "changes");
	json_begin(json, '[');
	for (size_t i = 0; i < changes->count; i++) {
		const struct change *change = &changes->v[i];

		json_begin(json, '{');
		json_member(json, change->kind == CHANGE_OPTION ? "option" : "section",
			change->place);
		if (change->kind != CHANGE_OPTION)
			json_member_bool(json, "gone", change->kind == CHANGE_GONE);
		json_member(json, "applies", reach[change->when]);
		json_end(json, '}');
	}
	json_end(json, ']');
}

/*
 * Take "FILE:LINE: " off the front of a mistake. False if it does not begin so, as
 * those of addresses; or the file has a colon in its name, but then it is told in
 * words.
 */
static bool
take_place(struct str *text, struct str *file, uint64_t *line)
{
	struct str rest = *text, number;

	if (!str_split(&rest, ':', file) || !str_split(&rest, ':', &number) ||
		str_to_uint(number, line) == -1 || !str_starts(rest, STR(" ")))
		return false;
	*text = str_from(rest, 1);
	return true;
}

static void
write_mistakes(struct json *json, const struct errlist *errors)
{
	json_key(json, "mistakes");
	json_begin(json, '[');
	for (size_t i = 0; i < errors->count; i++) {
		struct str text = str_of(errors->texts[i]), file;
		uint64_t line;

		json_begin(json, '{');
		if (take_place(&text, &file, &line)) {
			json_member_str(json, "file", file);
			json_member_uint(json, "line", line);
		}
		json_member_str(json, "text", text);
		json_end(json, '}');
	}
	json_end(json, ']');
}

/* What a reload has found, and changed if it was good. */
static void
tell_reload(struct call *call, const struct reload *reload, bool is_good)
{
	struct buf text = {0};

	for (size_t i = 0; is_good && i < reload->changes.count; i++) {
		buf_reset(&text);
		change_print(&reload->changes.v[i], &text);
		if (call->json == NULL)
			user_notice(call->user, "%.*s", (int)text.len, text.p);
	}
	buf_fini(&text);
	for (size_t i = 0; i < reload->errors.count; i++)
		user_error(call->user, "%s", reload->errors.texts[i]);
	if (call->json != NULL) {
		write_changes(call->json, &reload->changes);
		write_mistakes(call->json, &reload->errors);
	}
}

static void
cmd_reload(struct call *call)
{
	struct chat *chat = call->chat;
	struct reload reload = {0};
	bool is_good = chat->host->rehash(chat->host_arg, &reload) == 0;

	if (!is_good)
		user_error(call->user, "Nothing has changed, because of mistakes:");
	else if (call->json == NULL)
		user_notice(call->user, "The configuration has been read again.");
	tell_reload(call, &reload, is_good);
	reload_fini(&reload);
}

static void
cmd_check(struct call *call)
{
	struct chat *chat = call->chat;
	struct reload reload = {0};
	bool is_good = chat->host->check(chat->host_arg, &reload) == 0;

	if (!is_good)
		user_error(call->user, "A reload would change nothing, for mistakes:");
	else if (call->json == NULL)
		user_notice(call->user,
			reload.changes.count > 0 ? "A reload would change this:"
						 : "A reload would change nothing.");
	tell_reload(call, &reload, is_good);
	reload_fini(&reload);
}

static void
cmd_log(struct call *call)
{
	struct chat *chat = call->chat;
	struct host_status status = {0};

	if (call->nargs > 0 &&
		!chat->host->set_log_level(chat->host_arg, call->args[0])) {
		user_error(call->user,
			"The level can be error, warning, notice, info or debug.");
		return;
	}
	chat->host->status(chat->host_arg, &status);
	user_notice(call->user, "The log has records from %s on%s.", status.log_level,
		call->nargs > 0 ? ", until the next reload" : "");
	errlist_fini(&status.listens);
}

/*
 * For programs
 */

static void
cmd_metrics(struct call *call)
{
	struct chat *chat = call->chat;
	struct buf out = {0};
	struct str rest, line;

	if (!chat->host->metrics(chat->host_arg, call->args[0], &out))
		user_error(call->user,
			"The format can be openmetrics, the default, or prometheus.");
	for (rest = buf_str(&out); rest.len > 0 && str_split(&rest, '\n', &line);)
		user_notice(call->user, "%.*s", (int)line.len, line.p);
	buf_fini(&out);
}

static void
cmd_events(struct call *call)
{
	console_take_events(call->user);
}

/*
 * The end
 */

static void
cmd_restart(struct call *call)
{
	struct chat *chat = call->chat;
	struct err err;

	if (chat->host->restart(chat->host_arg, &err) == -1) {
		user_error(call->user, "It goes on as it is: %s.", err.text);
		return;
	}
	if (call->user->is_console) {
		console_take_outcome(call->user);
		return;
	}
	chat->asker = call->user->id;
	user_notice(call->user, "The program is being looked at; nobody will notice.");
}

static void
shut_down(struct call *call)
{
	struct chat *chat = call->chat;
	char *why = xasprintf("/shutdown by %s", call->user->nick);

	if (call->user->is_console)
		user_notice(call->user, "It ends.");
	chat->host->shutdown(chat->host_arg, why);
	free(why);
}

static void
cmd_shutdown(struct call *call)
{
	struct str when = call->args[0], rest = when;
	int64_t ms;

	if (call->nargs == 0 || str_ieq(when, STR("now"))) {
		shut_down(call);
		return;
	}
	if (str_ieq(when, STR("cancel"))) {
		if (!closing_cancel(call->chat))
			user_error(call->user, "No end was announced.");
		else if (call->user->is_console)
			user_notice(call->user, "Called off.");
		return;
	}
	if (str_ieq(str_word(&rest), STR("in")))
		when = rest;
	if (str_to_duration(when, &ms) == -1 || ms < 1000 || ms > CLOSING_MOST) {
		user_error(call->user,
			"When? now, cancel, or in a time such as 10m (1s to 7d).");
		return;
	}
	closing_begin(call->chat, ms, call->user->nick);
	if (call->user->is_console)
		user_notice(call->user, "Everybody has been told.");
}

const struct command cmd_daemon[] = {
	{
		.name = "status",
		.perm = PERM_OPERATOR,
		.place = PLACE_BOTH,
		.is_peek = true,
		.run = cmd_status,
		.help = "Show how the daemon is.",
	},
	{
		.name = "reload",
		.aliases = "rehash",
		.perm = PERM_OPERATOR,
		.place = PLACE_BOTH,
		.run = cmd_reload,
		.help = "Read the configuration again.",
		.text = "Says what has changed, and what takes a restart.\n"
			"If the file has mistakes, or a new address can't be opened,\n"
			"nothing changes, and each mistake is told.",
	},
	{
		.name = "check",
		.perm = PERM_OPERATOR,
		.place = PLACE_BOTH,
		.is_peek = true,
		.run = cmd_check,
		.help = "Show what a reload would change, or mistakes.",
		.text = "Only the file is looked at; addresses are not opened,\n"
			"users and other files not looked for.",
	},
	{
		.name = "log",
		.args = "[level]",
		.choices = "error warning notice info debug",
		.perm = PERM_OPERATOR,
		.place = PLACE_BOTH,
		.is_peek_alone = true,
		.run = cmd_log,
		.help = "Show or set from which level on is logged.",
		.text = "One of\n.Cm error , warning , notice , info\nand\n.Cm debug "
			".\n"
			"It holds until the configuration is read again.",
	},
	{
		.name = "metrics",
		.args = "[format]",
		.choices = "openmetrics prometheus",
		.perm = PERM_OPERATOR,
		.place = PLACE_CONSOLE,
		.is_peek = true,
		.run = cmd_metrics,
		.help = "Print the numbers for monitoring.",
		.text = "As\n.Cm openmetrics\n(the default), or in the older "
			"format\n.Cm prometheus ;\n"
			"see METRICS in\n.Xr prattled 8 .",
	},
	{
		.name = "events",
		.perm = PERM_OPERATOR,
		.place = PLACE_CONSOLE,
		.run = cmd_events,
		.help = "Print what happens, as it happens.",
		.text = "One JSON object in a line for each event; see\n.Sx EVENTS .",
	},
	{
		.name = "restart",
		.perm = PERM_OPERATOR,
		.place = PLACE_BOTH,
		.run = cmd_restart,
		.help = "Go on as the program now installed.",
		.text = "Everybody stays.\n"
			"The answer comes when it is done.\n"
			"If the program now installed can't go on, all goes on as "
			"before,\n"
			"and the answer says why.",
	},
	{
		.name = "shutdown",
		.args = "[when...]",
		.choices = "now in cancel",
		.perm = PERM_OPERATOR,
		.place = PLACE_BOTH,
		.run = cmd_shutdown,
		.help = "End the daemon: now, in 10m, or cancel.",
		.text = "Everybody is told, and of an end to come again and again, "
			"more\n"
			"often the nearer it is.\n"
			"A time is one like 30s, 10m or 2h.\n"
			"With\n.Cm cancel\nit does not end after all.",
	},
	{0},
};
