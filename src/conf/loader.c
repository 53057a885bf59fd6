/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "conf/loader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "conf/reader.h"
#include "conf/section.h"

enum {
	HINT_MAX = 80
}; /* fits "did you mean" with any of our words */

/* Where something was said: in a line of the file, or by an override. */
struct origin {
	unsigned line;        /* 0 if by an override, or not at all */
	const char *override; /* text of the -o, or NULL */
};

/* A section that was named in the file or by an override. */
struct entry {
	enum section_id id;
	void *values;
	struct origin origin;
	struct origin *options; /* one for each; owned */
};

struct loader {
	struct conf *conf;
	const struct conf_source *source;
	struct errlist *errors;
	struct entry **entries; /* owned, and what they point to */
	size_t nentries;
	struct entry *current; /* of the line being read; NULL if unknown */
};

static void report(struct loader *loader, struct origin origin, const char *fmt, ...)
	printf_like(3, 4);

/*
 * All errors pass through here. They quote what the file says, so they are made fit
 * for terminals.
 */
static void
report(struct loader *loader, struct origin origin, const char *fmt, ...)
{
	struct buf out = {0};
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	if (origin.override != NULL)
		utf8_clean(&out, str_of(origin.override));
	else
		utf8_clean(&out, str_of(loader->source->file));
	buf_add_str(&out, STR(": "));
	if (origin.line > 0) {
		out.len--;
		buf_printf(&out, "%u: ", origin.line);
	}
	utf8_clean(&out, str_of(text));
	errlist_add(loader->errors, "%s%.*s", origin.override != NULL ? "-o " : "",
		(int)out.len, out.p);
	buf_fini(&out);
	free(text);
}

/* Sections */

static struct entry *
entry_find(const struct loader *loader, const void *values)
{
	for (size_t i = 0; i < loader->nentries; i++) {
		if (loader->entries[i]->values == values)
			return loader->entries[i];
	}
	return NULL;
}

static struct entry *
entry_new(struct loader *loader, enum section_id id, void *values, struct origin origin)
{
	struct entry *entry = xcalloc(1, sizeof(*entry));

	entry->id = id;
	entry->values = values;
	entry->origin = origin;
	entry->options = xcalloc(conf_sections[id].noptions, sizeof(*entry->options));
	loader->entries = xreallocarray(
		loader->entries, loader->nentries + 1, sizeof(struct entry *));
	loader->entries[loader->nentries++] = entry;
	return entry;
}

/*
 * The section that `header` means, made if it has a new name; NULL if there is none.
 * A wrong name is reported and used, so that the keys below it are checked too.
 * `*again` tells whether a section with a right name was there already.
 */
static struct entry *
open_section(
	struct loader *loader, struct origin origin, struct str header, bool *again)
{
	struct section_header parsed;
	struct entry *entry;
	struct err err;
	void *values;
	bool good = section_parse(header, &parsed, &err) == 0;

	*again = false;
	if (!good)
		report(loader, origin, "%s", err.text);
	if (parsed.id == SECTION_COUNT)
		return NULL;
	if (!conf_sections[parsed.id].named)
		values = section_get(loader->conf, parsed.id, 0);
	else
		values = section_find(loader->conf, parsed.id, parsed.name);
	if (values == NULL)
		values = section_add(loader->conf, parsed.id, parsed.name);
	entry = entry_find(loader, values);
	*again = good && entry != NULL;
	return entry != NULL ? entry : entry_new(loader, parsed.id, values, origin);
}

/* Keys */

static const struct option *
find_option(enum section_id id, struct str key, struct suggest *suggest)
{
	const struct conf_section *section = &conf_sections[id];

	for (size_t i = 0; i < section->noptions; i++) {
		if (str_eq(key, str_of(section->options[i].name)))
			return &section->options[i];
		suggest_offer(suggest, section->options[i].name);
	}
	return NULL;
}

/* Most often the line of the sample that begins the right section is commented out. */
static void
report_unknown(struct loader *loader, struct origin origin, enum section_id id,
	struct str key, const struct suggest *suggest)
{
	const char *section = conf_sections[id].name;
	struct suggest ignored;
	char hint[HINT_MAX];

	suggest_text(suggest, "\"", "\"", hint, sizeof(hint));
	suggest_init(&ignored, key);
	for (enum section_id other = SECTION_COUNT; other-- > 0;) {
		if (find_option(other, key, &ignored) != NULL)
			snprintf(hint, sizeof(hint), " (it belongs in [%s%s])",
				conf_sections[other].name,
				conf_sections[other].named ? " NAME" : "");
	}
	report(loader, origin, "unknown key \"%.*s\" in [%s]%s", (int)key.len, key.p,
		section, hint);
}

/* Does KEY=VALUE fit into a line? What -o sets must survive `prattled -t > file`. */
static bool
check_length(struct loader *loader, struct origin origin, const struct option *option,
	const void *values)
{
	size_t max = READER_LINE_MAX - strlen(option->name) - strlen("=");
	struct buf out = {0};
	bool fits;

	option_print(option, values, &out);
	fits = out.len <= max;
	buf_fini(&out);
	if (!fits)
		report(loader, origin, "%s must be at most %zu bytes, to fit a line",
			option->name, max);
	return fits;
}

static void
set_key(struct loader *loader, struct origin origin, struct entry *entry,
	struct str key, struct str value)
{
	const struct option *option;
	struct suggest suggest;
	struct origin *before;
	struct err err;

	suggest_init(&suggest, key);
	option = find_option(entry->id, key, &suggest);
	if (option == NULL) {
		report_unknown(loader, origin, entry->id, key, &suggest);
		return;
	}
	before = &entry->options[option - conf_sections[entry->id].options];
	if (origin.line > 0 && before->line > 0) {
		char *title = section_title(entry->id, entry->values);

		report(loader, origin,
			"key \"%s\" given twice in [%s], first in line %u",
			option->name, title, before->line);
		free(title);
		return;
	}
	*before = origin;
	if (option_set(option, entry->values, value, &err) == -1)
		report(loader, origin, "%s", err.text);
	else
		(void)check_length(loader, origin, option, entry->values);
}

/* The file */

static void
on_section(void *arg, unsigned line, struct str header)
{
	struct loader *loader = arg;
	struct origin origin = {.line = line};
	bool again;

	loader->current = open_section(loader, origin, header, &again);
	if (again)
		report(loader, origin, "[%.*s] given twice, first in line %u",
			(int)header.len, header.p, loader->current->origin.line);
}

static void
on_key(void *arg, unsigned line, const char *key, const char *value)
{
	struct loader *loader = arg;

	/* The keys of an unknown section are as unknown; the section said it. */
	if (loader->current != NULL)
		set_key(loader, (struct origin){.line = line}, loader->current,
			str_of(key), str_of(value));
}

static void
on_error(void *arg, unsigned line, const char *text)
{
	report(arg, (struct origin){.line = line}, "%s", text);
}

static void
load_file(struct loader *loader)
{
	static const struct reader_events events = {on_section, on_key, on_error};
	FILE *file = mem_fopen(loader->source->file, "r");

	if (file == NULL) {
		report(loader, (struct origin){0}, "%s", strerror(errno));
		return;
	}
	reader_run(file, &events, loader);
	fclose(file);
}

/* -o SECTION.KEY=VALUE */
static void
load_override(struct loader *loader, const char *text)
{
	struct origin origin = {.override = text};
	const char *equals = strchr(text, '=');
	struct str left, header, key;
	struct entry *entry;
	size_t dot;
	bool again;

	left = equals != NULL ? str_make(text, (size_t)(equals - text)) : str_of("");
	for (dot = left.len; dot > 0 && left.p[dot - 1] != '.'; dot--)
		;
	header = str_trim(str_make(left.p, dot > 0 ? dot - 1 : 0));
	key = str_trim(str_from(left, dot));
	if (header.len == 0 || key.len == 0) {
		report(loader, origin, "must be SECTION.KEY=VALUE");
		return;
	}
	if (header.len > READER_SECTION_MAX) {
		report(loader, origin, "name of a section longer than %d bytes",
			READER_SECTION_MAX);
		return;
	}
	entry = open_section(loader, origin, header, &again);
	if (entry != NULL)
		set_key(loader, origin, entry, key, str_of(equals + 1));
}

/* When everything is known: no two [listen] sections with the same address. */

static struct origin
address_origin(const struct entry *entry)
{
	for (size_t i = 0; i < conf_sections[SECTION_LISTEN].noptions; i++) {
		struct origin origin = entry->options[i];
		size_t offset = conf_sections[SECTION_LISTEN].options[i].offset;

		if (offset != offsetof(struct listen_conf, address))
			continue;
		if (origin.line > 0 || origin.override != NULL)
			return origin;
	}
	return entry->origin;
}

static void
check_shared(struct loader *loader, const struct entry *entry,
	const struct listen_conf *a, const struct listen_conf *b)
{
	for (size_t i = 0; i < a->address.count; i++) {
		for (size_t j = 0; j < b->address.count; j++) {
			const struct address *x = &a->address.v[i];

			if (strcmp(x->text, b->address.v[j].text) != 0)
				continue;
			if (address_any_port(x))
				continue;
			report(loader, address_origin(entry),
				"address %s of [listen %s] is that of [listen %s] too",
				x->text, a->section_name, b->section_name);
		}
	}
}

static void
check_addresses(struct loader *loader)
{
	const struct conf *conf = loader->conf;

	for (size_t i = 1; i < conf->nlistens; i++) {
		const struct entry *entry = entry_find(loader, conf->listens[i]);

		for (size_t j = 0; j < i; j++)
			check_shared(loader, entry, conf->listens[i], conf->listens[j]);
	}
}

void
loader_run(struct conf *conf, const struct conf_source *source, struct errlist *errors)
{
	struct loader loader = {.conf = conf, .source = source, .errors = errors};
	size_t nerrors = errors->count;

	if (source->file != NULL)
		load_file(&loader);
	for (size_t i = 0; i < source->noverrides; i++)
		load_override(&loader, source->overrides[i]);
	/* After an error addresses may be missing; -l and -p replace them all. */
	if (errors->count == nerrors && source->listen_address == NULL &&
		source->listen_port == NULL)
		check_addresses(&loader);
	for (size_t i = 0; i < loader.nentries; i++) {
		free(loader.entries[i]->options);
		free(loader.entries[i]);
	}
	free(loader.entries);
}
