/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/name_utf8.h"
#include "base/passphrase.h"
#include "conf/loader.h"
#include "conf/reader.h"
#include "conf/section.h"

#define DEFAULT_HOST "127.0.0.1" /* of -p PORT without -l */
#define DEFAULT_PORT "4000"      /* of -l ADDRESS without a port */

#define ROW(section, TYPE, member, default_text, ...)                                  \
	{.type = OPTION_##TYPE,                                                        \
		.name = #member,                                                       \
		.offset = offsetof(struct section, member),                            \
		.def = default_text,                                                   \
		__VA_ARGS__},

static const struct option server_options[] = {
#define OPT_SERVER(...) ROW(server_conf, __VA_ARGS__)
#include "conf/options.def"
};

static const struct option listen_options[] = {
#define OPT_LISTEN(...) ROW(listen_conf, __VA_ARGS__)
#include "conf/options.def"
};

static const struct option room_options[] = {
#define OPT_ROOM(...) ROW(room_conf, __VA_ARGS__)
#include "conf/options.def"
};

static const struct option operator_options[] = {
#define OPT_OPERATOR(...) ROW(operator_conf, __VA_ARGS__)
#include "conf/options.def"
};

static const struct option limits_options[] = {
#define OPT_LIMITS(...) ROW(limits_conf, __VA_ARGS__)
#include "conf/options.def"
};

static const struct option log_options[] = {
#define OPT_LOG(...) ROW(log_conf, __VA_ARGS__)
#include "conf/options.def"
};

/* What "auto" stands for only the daemon knows. */
static bool
is_control_socket(const char *text)
{
	return text[0] == '/' || strcmp(text, "auto") == 0;
}

static const struct option control_options[] = {
#define OPT_CONTROL(...) ROW(control_conf, __VA_ARGS__)
#include "conf/options.def"
};

static const struct option format_options[] = {
#define OPT_FORMAT(...) ROW(format_conf, __VA_ARGS__)
#include "conf/options.def"
};

#define ROWS(table) .options = (table), .noptions = sizeof(table) / sizeof((table)[0])

const struct conf_section conf_sections[] = {
	[SECTION_SERVER] = {.name = "server",
		.about = "The daemon as a whole.",
		ROWS(server_options)},
	[SECTION_LISTEN] = {.name = "listen",
		.named = true,
		.example = "main",
		.about = "Where people come in, with one section for each kind of "
			 "entrance, whose name is for the log. "
			 "Without any, the daemon listens at the default address.",
		ROWS(listen_options)},
	[SECTION_ROOM] = {.name = "room",
		.named = true,
		.example = "#lobby",
		.about = "A room that is there even when nobody is in it. "
			 "The section [room *] holds the values for rooms that people "
			 "open. "
			 "Without any other [room #NAME] there is #lobby.",
		ROWS(room_options)},
	[SECTION_OPERATOR] = {.name = "operator",
		.named = true,
		.example = "root",
		.about = "Somebody who keeps order, under a name for /oper. "
			 "The section holds the hash of a passphrase, "
			 "never the passphrase.",
		ROWS(operator_options)},
	[SECTION_LIMITS] = {.name = "limits",
		.about =
			"How much one person, and all of them together, may ask of the "
			"daemon.",
		ROWS(limits_options)},
	[SECTION_LOG] = {.name = "log",
		.about = "What the daemon tells its operator.",
		ROWS(log_options)},
	[SECTION_CONTROL] = {.name = "control",
		.about = "How operators of this machine reach the daemon, by "
			 "prattlectl.",
		ROWS(control_options)},
	[SECTION_FORMAT] = {.name = "format",
		.about =
			"What people see. "
			"A name in braces is replaced: "
			"{nick} is the person it is about, {id} that person's number "
			"since the start, {room} a room, {text} the words and {line} a "
			"line made by another of these options. "
			"A doubled brace shows one. "
			"An empty value shows nothing.",
		ROWS(format_options)},
};

const size_t conf_nsections = SECTION_COUNT;

_Static_assert(sizeof(conf_sections) / sizeof(conf_sections[0]) == SECTION_COUNT,
	"a row for each section");

static struct conf *
conf_new(void)
{
	struct conf *conf = xcalloc(1, sizeof(*conf));

	for (enum section_id id = 0; id < SECTION_COUNT; id++) {
		if (!conf_sections[id].named)
			section_set_defaults(id, section_get(conf, id, 0));
	}
	return conf;
}

/* Replace all [listen] sections if the command line says so. */
static void
replace_listens(
	struct conf *conf, const struct conf_source *source, struct errlist *errors)
{
	const char *address = source->listen_address, *port = source->listen_port;
	struct listen_conf *listen;
	struct buf text = {0};
	struct address_list list;
	struct err err;

	if (address == NULL && port == NULL)
		return;
	if (address_complete(str_of(address != NULL ? address : DEFAULT_HOST), port,
		    DEFAULT_PORT, &text, &err) == -1) {
		errlist_add(errors, "-p %s: %s", port, err.text);
	} else if (address_list_parse(&list, buf_str(&text), &err) == -1) {
		errlist_add(errors, address != NULL ? "-l %s: %s" : "-p %s: %s",
			address != NULL ? address : port, err.text);
	} else {
		section_clear(conf, SECTION_LISTEN);
		listen = section_add(conf, SECTION_LISTEN, STR("default"));
		address_list_fini(&listen->address);
		listen->address = list;
	}
	buf_fini(&text);
}

/* There is always somewhere to come in, and somewhere to be. */
static void
add_missing(struct conf *conf)
{
	if (conf->nlistens == 0) {
		section_add(conf, SECTION_LISTEN, STR("default"));
		conf->listens_by_default = true;
	}
	if (conf->nrooms == 0)
		section_add(conf, SECTION_ROOM, STR("#lobby"));
	if (conf->new_room == NULL)
		section_add(conf, SECTION_ROOM, STR("*"));
}

/* What the table allows, but this build can't do. */
static void
check_build(const struct conf *conf, struct errlist *errors)
{
	if (conf->server.nick_charset == NICK_UTF8 && !name_utf8_available())
		errlist_add(errors,
			"server.nick_charset: utf8 needs utf8proc, with "
			"which this prattled was not built (ascii)");
}

/* Do all who come by these addresses have one that can be listed? */
static bool
has_unix_only(const struct address_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->v[i].kind != ADDRESS_UNIX)
			return false;
	}
	return true;
}

/* Whom to believe must be said: else anybody could be anybody. */
static void
check_listens(const struct conf *conf, struct errlist *errors)
{
	for (size_t i = 0; i < conf->nlistens; i++) {
		const struct listen_conf *listen = conf->listens[i];

		if (listen->proxy == PROXY_REQUIRED && listen->proxy_from.count == 0 &&
			!has_unix_only(&listen->address))
			errlist_add(errors,
				"listen %s.proxy: required needs proxy_from, the "
				"addresses of the proxies (proxy_from = 192.0.2.1)",
				listen->section_name);
	}
}

struct conf *
conf_load(const struct conf_source *source, struct errlist *errors)
{
	struct conf *conf = conf_new();
	size_t nerrors = errors->count;

	loader_run(conf, source, errors);
	replace_listens(conf, source, errors);
	add_missing(conf);
	check_listens(conf, errors);
	check_build(conf, errors);
	if (errors->count == nerrors)
		return conf;
	conf_free(conf);
	return NULL;
}

void
conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	for (enum section_id id = 0; id < SECTION_COUNT; id++)
		section_clear(conf, id);
	free(conf);
}

static void
print_option(const struct option *option, const void *values, struct buf *out)
{
	struct buf value = {0};
	size_t len;

	option_print(option, values, &value);
	len = strlen(option->name) + strlen(" = ") + value.len;
	buf_printf(out, "%s", option->name);
	/* The blanks must not push what the file just held over its line. */
	buf_printf(out, len > READER_LINE_MAX ? "=" : value.len > 0 ? " = " : " =");
	buf_add_str(out, buf_str(&value));
	buf_add_char(out, '\n');
	buf_fini(&value);
}

static void
print_values(enum section_id id, const void *values, bool builtin, struct buf *out)
{
	const struct conf_section *section = &conf_sections[id];
	const char *comment = builtin ? ";" : "";
	char *title = section_title(id, values);

	if (out->len > 0)
		buf_add_char(out, '\n');
	if (builtin)
		buf_printf(out, "; There is no [%s NAME]; this is built in.\n",
			section->name);
	buf_printf(out, "%s[%s]\n", comment, title);
	for (size_t i = 0; i < section->noptions; i++) {
		buf_printf(out, "%s", comment);
		print_option(&section->options[i], values, out);
	}
	free(title);
}

void
conf_print(const struct conf *conf, struct buf *out)
{
	struct conf view = *conf; /* section_get() is not for const ones */
	const void *values;

	for (enum section_id id = 0; id < SECTION_COUNT; id++) {
		bool builtin = id == SECTION_LISTEN && conf->listens_by_default;

		for (size_t i = 0; (values = section_get(&view, id, i)) != NULL; i++)
			print_values(id, values, builtin, out);
	}
}
