/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "conf/section.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/name.h"
#include "base/suggest.h"

/* So that the name is found without knowing which struct it is. */
_Static_assert(offsetof(struct listen_conf, section_name) == 0, "name comes first");
_Static_assert(offsetof(struct room_conf, section_name) == 0, "name comes first");
_Static_assert(offsetof(struct operator_conf, section_name) == 0, "name comes first");

static int
check_unnamed(const struct conf_section *section, struct str name, struct err *err)
{
	if (name.len == 0)
		return 0;
	err_set(err, "[%s %.*s]: this section has no name, write [%s]", section->name,
		(int)name.len, name.p, section->name);
	return -1;
}

static int
check_named(const struct conf_section *section, struct str name, struct err *err)
{
	if (name_ok(name))
		return 0;
	if (name.len == 0)
		err_set(err, "[%s] needs a name, such as [%s %s]", section->name,
			section->name, section->example);
	else
		err_set(err,
			"[%s %.*s]: a name is letters, digits, \"_\" and \"-\", "
			"and does not begin with \"-\"",
			section->name, (int)name.len, name.p);
	return -1;
}

static int
check_room(struct str name, struct err *err)
{
	if (name_ok_room(name) || str_eq(name, STR("*")))
		return 0;
	if (name.len == 0)
		err_set(err, "[room] needs a name, such as [room #lobby]");
	else if (name_ok(name))
		err_set(err,
			"[room %.*s]: names of rooms begin with \"#\", write [room "
			"#%.*s]",
			(int)name.len, name.p, (int)name.len, name.p);
	else
		err_set(err,
			"[room %.*s]: a name is \"#\" and letters, digits, \"_\" and "
			"\"-\"",
			(int)name.len, name.p);
	return -1;
}

int
section_parse(struct str header, struct section_header *out, struct err *err)
{
	struct str word;
	struct suggest suggest;
	char hint[32];

	out->name = header;
	word = str_word(&out->name);
	suggest_init(&suggest, word);
	for (out->id = 0; out->id < SECTION_COUNT; out->id++) {
		const struct conf_section *section = &conf_sections[out->id];

		suggest_offer(&suggest, section->name);
		if (!str_eq(word, str_of(section->name)))
			continue;
		if (out->id == SECTION_ROOM)
			return check_room(out->name, err);
		return section->named ? check_named(section, out->name, err)
				      : check_unnamed(section, out->name, err);
	}
	err_set(err, "unknown section [%.*s]%s", (int)header.len, header.p,
		suggest_text(&suggest, "[", "]", hint, sizeof(hint)));
	return -1;
}

static char **
name_of(void *values)
{
	return values;
}

static void *
get_room(struct conf *conf, size_t i)
{
	if (i < conf->nrooms)
		return conf->rooms[i];
	return i == conf->nrooms ? conf->new_room : NULL;
}

void *
section_get(struct conf *conf, enum section_id id, size_t i)
{
	if (!conf_sections[id].named && i > 0)
		return NULL;
	switch (id) {
	case SECTION_SERVER:
		return &conf->server;
	case SECTION_LISTEN:
		return i < conf->nlistens ? conf->listens[i] : NULL;
	case SECTION_ROOM:
		return get_room(conf, i);
	case SECTION_OPERATOR:
		return i < conf->noperators ? conf->operators[i] : NULL;
	case SECTION_LIMITS:
		return &conf->limits;
	case SECTION_LOG:
		return &conf->log;
	case SECTION_CONTROL:
		return &conf->control;
	case SECTION_FORMAT:
		return &conf->format;
	case SECTION_COUNT:
		break;
	}
	abort();
}

void *
section_find(struct conf *conf, enum section_id id, struct str name)
{
	void *values;

	for (size_t i = 0; (values = section_get(conf, id, i)) != NULL; i++) {
		if (str_ieq(str_of(*name_of(values)), name))
			return values;
	}
	return NULL;
}

static struct listen_conf *
add_listen(struct conf *conf)
{
	struct listen_conf *listen = xcalloc(1, sizeof(*listen));

	conf->listens = xreallocarray(
		conf->listens, conf->nlistens + 1, sizeof(struct listen_conf *));
	conf->listens[conf->nlistens++] = listen;
	return listen;
}

static struct operator_conf *
add_operator(struct conf *conf)
{
	struct operator_conf *oper = xcalloc(1, sizeof(*oper));

	conf->operators = xreallocarray(
		conf->operators, conf->noperators + 1, sizeof(struct operator_conf *));
	conf->operators[conf->noperators++] = oper;
	return oper;
}

static struct room_conf *
add_room(struct conf *conf)
{
	struct room_conf *room = xcalloc(1, sizeof(*room));

	conf->rooms = xreallocarray(
		conf->rooms, conf->nrooms + 1, sizeof(struct room_conf *));
	conf->rooms[conf->nrooms++] = room;
	return room;
}

static struct room_conf *
add_new_room(struct conf *conf)
{
	assert(conf->new_room == NULL);
	conf->new_room = xcalloc(1, sizeof(*conf->new_room));
	return conf->new_room;
}

void *
section_add(struct conf *conf, enum section_id id, struct str name)
{
	void *values;

	assert(conf_sections[id].named);
	if (id == SECTION_LISTEN)
		values = add_listen(conf);
	else if (id == SECTION_OPERATOR)
		values = add_operator(conf);
	else if (str_eq(name, STR("*")))
		values = add_new_room(conf);
	else
		values = add_room(conf);
	*name_of(values) = xstrndup(name.p, name.len);
	section_set_defaults(id, values);
	return values;
}

void
section_set_defaults(enum section_id id, void *values)
{
	for (size_t i = 0; i < conf_sections[id].noptions; i++)
		option_set_default(&conf_sections[id].options[i], values);
}

static void
clear_values(enum section_id id, void *values)
{
	for (size_t i = 0; i < conf_sections[id].noptions; i++)
		option_fini(&conf_sections[id].options[i], values);
	if (conf_sections[id].named) {
		free(*name_of(values));
		free(values);
	}
}

void
section_clear(struct conf *conf, enum section_id id)
{
	void *values;

	for (size_t i = 0; (values = section_get(conf, id, i)) != NULL; i++)
		clear_values(id, values);
	if (id == SECTION_LISTEN) {
		free(conf->listens);
		conf->listens = NULL;
		conf->nlistens = 0;
	} else if (id == SECTION_OPERATOR) {
		free(conf->operators);
		conf->operators = NULL;
		conf->noperators = 0;
	} else if (id == SECTION_ROOM) {
		free(conf->rooms);
		conf->rooms = NULL;
		conf->nrooms = 0;
		conf->new_room = NULL;
	}
}

const char *
section_name(enum section_id id, const void *values)
{
	return conf_sections[id].named ? *(char *const *)values : NULL;
}

char *
section_title(enum section_id id, const void *values)
{
	const char *name = section_name(id, values);

	if (name == NULL)
		return xstrdup(conf_sections[id].name);
	return xasprintf("%s %s", conf_sections[id].name, name);
}
