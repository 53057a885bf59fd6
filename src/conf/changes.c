/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "conf/changes.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conf/section.h"

/* The section of the same name in another configuration, or NULL. */
static void *
find_same(struct conf *conf, enum section_id id, const void *values)
{
	const char *name = section_name(id, values);

	if (name == NULL)
		return section_get(conf, id, 0);
	return section_find(conf, id, str_of(name));
}

/* Takes the place. */
static void
add(struct changes *changes, struct change change)
{
	changes->v = xreallocarray(changes->v, changes->count + 1, sizeof(*changes->v));
	changes->v[changes->count++] = change;
}

static void
add_section(struct changes *changes, enum section_id id, const void *values,
	enum change_kind kind)
{
	add(changes,
		(struct change){
			.place = section_title(id, values),
			.kind = kind,
		});
}

static void
add_options(
	struct changes *changes, enum section_id id, const void *next, const void *old)
{
	const struct conf_section *section = &conf_sections[id];
	char *title = section_title(id, next);

	for (size_t i = 0; i < section->noptions; i++) {
		const struct option *option = &section->options[i];

		if (!option_eq(option, next, old))
			add(changes,
				(struct change){
					.place =
						xasprintf("%s.%s", title, option->name),
					.when = option->when,
				});
	}
	free(title);
}

void
changes_find(struct changes *changes, const struct conf *next, const struct conf *old)
{
	struct conf a = *next, b = *old; /* section_get() is not for const ones */
	const void *values, *before;

	for (enum section_id id = 0; id < SECTION_COUNT; id++) {
		for (size_t i = 0; (values = section_get(&b, id, i)) != NULL; i++) {
			if (find_same(&a, id, values) == NULL)
				add_section(changes, id, values, CHANGE_GONE);
		}
		for (size_t i = 0; (values = section_get(&a, id, i)) != NULL; i++) {
			before = find_same(&b, id, values);
			if (before != NULL)
				add_options(changes, id, values, before);
			else
				add_section(changes, id, values, CHANGE_NEW);
		}
	}
}

void
changes_fini(struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++)
		free(changes->v[i].place);
	free(changes->v);
	*changes = (struct changes){0};
}

void
change_print(const struct change *change, struct buf *out)
{
	static const char *const reach[] = {
		[WHEN_NOW] = "",
		[WHEN_NEW] = ", for new connections",
		[WHEN_RESTART] = ", which takes a restart",
	};

	if (change->kind == CHANGE_OPTION)
		buf_printf(out, "%s changed%s", change->place, reach[change->when]);
	else
		buf_printf(out, "[%s] is %s", change->place,
			change->kind == CHANGE_NEW ? "new" : "gone");
}

static void
carry_values(enum section_id id, void *next, void *old)
{
	const struct conf_section *section = &conf_sections[id];

	for (size_t i = 0; i < section->noptions; i++) {
		const struct option *option = &section->options[i];

		if (option->when == WHEN_RESTART)
			option_swap(option, next, old);
	}
}

void
changes_carry_over(struct conf *next, struct conf *old)
{
	void *values, *before;

	for (enum section_id id = 0; id < SECTION_COUNT; id++) {
		for (size_t i = 0; (values = section_get(next, id, i)) != NULL; i++) {
			before = find_same(old, id, values);
			if (before != NULL)
				carry_values(id, values, before);
		}
	}
}
