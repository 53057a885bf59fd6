/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/event_json.h"

#include "base/json.h"
#include "base/timestamp.h"

/* How each is called, and its members; NULL: it has none such. */
static const struct {
	const char *name;
	bool has_room;
	const char *text;
	const char *other;
} kinds[] = {
	[OBSERVED_SAID] = {"said", true, "text", NULL},
	[OBSERVED_ACTED] = {"acted", true, "text", NULL},
	[OBSERVED_NOTICE] = {"notice", true, "text", NULL},
	[OBSERVED_JOINED] = {"joined", true, NULL, NULL},
	[OBSERVED_LEFT] = {"left", true, "why", NULL},
	[OBSERVED_QUIT] = {"quit", false, "why", NULL},
	[OBSERVED_RENAMED] = {"renamed", false, NULL, "new"},
	[OBSERVED_KICKED] = {"kicked", true, "why", "by"},
	[OBSERVED_TOPIC] = {"topic", true, "text", NULL},
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == OBSERVED_KINDS, "a row per kind");

/* Begin an object: what all have. */
static struct json
begin(struct buf *out, int64_t wall, const char *event)
{
	struct json json = {.out = out};
	char time[TIMESTAMP_TEXT_MAX];

	timestamp_text(wall, time);
	json_begin(&json, '{');
	json_member_uint(&json, "v", EVENT_JSON_VERSION);
	json_member(&json, "time", time);
	json_member(&json, "event", event);
	return json;
}

static void
end(struct json *json)
{
	json_end(json, '}');
	buf_add_char(json->out, '\n');
}

/* A name, or null. */
static void
add_name(struct json *json, const char *key, struct str name)
{
	json_key(json, key);
	if (name.len > 0)
		json_str(json, name);
	else
		json_null(json);
}

void
event_json(struct buf *out, const struct observation *seen)
{
	struct json json = begin(out, seen->wall, kinds[seen->what].name);

	if (kinds[seen->what].has_room)
		add_name(&json, "room", seen->room);
	add_name(&json, "nick", seen->nick);
	if (kinds[seen->what].other != NULL)
		add_name(&json, kinds[seen->what].other, seen->other);
	if (kinds[seen->what].text != NULL)
		json_member_str(&json, kinds[seen->what].text, seen->text);
	end(&json);
}

void
event_json_begin(struct buf *out, int64_t wall, const char *server)
{
	struct json json = begin(out, wall, "begin");

	json_member(&json, "server", server);
	json_member(&json, "version", PACKAGE_VERSION);
	end(&json);
}

void
event_json_skipped(struct buf *out, int64_t wall, uint64_t lines)
{
	struct json json = begin(out, wall, "skipped");

	json_member_uint(&json, "lines", lines);
	end(&json);
}
