/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/dump.h"
#include "app/metrics.h"
#include "base/mem.h"
#include "chat/command.h"
#include "chat/setting.h"
#include "conf/conf.h"

/* Load `text` as a file, which has no mistakes. */
static struct conf *
load(struct str text)
{
	const char *dir = getenv("TMPDIR");
	char *path = xasprintf("%s/test_dump.XXXXXX", dir != NULL ? dir : "/tmp");
	int fd = mkstemp(path);
	struct errlist errors = {0};
	struct conf *conf;

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text.p, text.len), text.len);
	close(fd);
	conf = conf_load(&(struct conf_source){.file = path}, &errors);
	for (size_t i = 0; i < errors.count; i++)
		print_message("%s\n", errors.texts[i]);
	assert_non_null(conf);
	errlist_fini(&errors);
	unlink(path);
	free(path);
	return conf;
}

static char *
print(const struct conf *conf)
{
	struct buf out = {0};

	conf_print(conf, &out);
	return buf_take(&out);
}

/* As the sample tells the operator: without the first ";" of keys and sections. */
static struct str
uncomment(struct str sample, struct buf *out)
{
	struct str line;

	while (str_split(&sample, '\n', &line)) {
		if (line.len > 1 && line.p[0] == ';' && line.p[1] != ';')
			line = str_from(line, 1);
		buf_add_str(out, line);
		buf_add_char(out, '\n');
	}
	return buf_str(out);
}

static void
test_sample(void **state)
{
	const struct conf_source nothing = {.file = NULL};
	struct errlist errors = {0};
	struct buf sample = {0}, uncommented = {0};
	struct conf *def = conf_load(&nothing, &errors), *conf;
	char *expected = print(def), *text;

	(void)state;
	dump_conf(&sample);
	conf = load(buf_str(&sample));
	text = print(conf);
	assert_string_equal(text, expected);
	free(text);
	conf_free(conf);

	/* Now the built-in [listen default] is one of the file, with its name. */
	conf = load(uncomment(buf_str(&sample), &uncommented));
	assert_false(conf->listens_by_default);
	assert_int_equal(conf->nlistens, 1);
	assert_string_equal(conf->listens[0]->section_name, "main");
	free(conf->listens[0]->section_name);
	conf->listens[0]->section_name = xstrdup("default");
	conf->listens_by_default = true;
	/* And an operator, who is only an example: nobody has the passphrase. */
	assert_int_equal(conf->noperators, 1);
	assert_string_equal(conf->operators[0]->hash, "");
	conf->noperators = 0;
	text = print(conf);
	conf->noperators = 1;
	assert_string_equal(text, expected);
	free(text);
	free(expected);
	conf_free(conf);
	conf_free(def);
	buf_fini(&sample);
	buf_fini(&uncommented);
}

/* Every option is there, once in its section, and no comment is too wide. */
static void
test_sample_is_complete(void **state)
{
	struct buf sample = {0};
	struct str rest, line;
	size_t keys = 0, options = 0;

	(void)state;
	dump_conf(&sample);
	rest = buf_str(&sample);
	while (str_split(&rest, '\n', &line)) {
		if (str_starts(line, STR(";;")))
			assert_true(line.len <= 80);
		else if (line.len > 1 && line.p[0] == ';' && line.p[1] != '[')
			keys++;
	}
	for (size_t i = 0; i < conf_nsections; i++)
		options += conf_sections[i].noptions;
	assert_int_equal(keys, options);
	buf_fini(&sample);
}

/* What troff would take for a request is one. Returns how many items there are. */
static size_t
check_mdoc(struct str text)
{
	static const char *const macros[] = {".Ss ", ".Bl ", ".El", ".It Cm ",
		".It Ic /", ".It Li ", ".Pp", ".Ql ", ".Xr ", ".Ic ", ".Cm ", ".Dv ",
		".Pa ", ".Fl ", ".Bq ", ".Sx "};
	struct str line;
	size_t items = 0;

	while (str_split(&text, '\n', &line)) {
		bool known = false;

		assert_true(line.len > 0 || text.p == NULL);
		assert_false(str_starts(line, STR("'")));
		items += str_starts(line, STR(".It "));
		for (size_t i = 0; i < sizeof(macros) / sizeof(macros[0]); i++)
			known = known || str_starts(line, str_of(macros[i]));
		if (str_starts(line, STR(".")) && !known)
			fail_msg("%.*s", (int)line.len, line.p);
		if (!known)
			assert_true(line.len <= 80);
	}
	return items;
}

static void
test_mdoc(void **state)
{
	struct buf out = {0};
	size_t options = 0;

	(void)state;
	for (size_t i = 0; i < conf_nsections; i++)
		options += conf_sections[i].noptions;
	dump_options(&out);
	assert_int_equal(check_mdoc(buf_str(&out)), options);
	buf_fini(&out);
}

/* Does the text hold these lines, one after the other? */
static void
assert_holds(const char *text, const char *lines)
{
	if (strstr(text, lines) == NULL)
		fail_msg("there is no \"%s\"", lines);
}

static void
test_mdoc_metrics(void **state)
{
	struct buf out = {0};
	size_t count = 0;
	char *text;

	(void)state;
	for (const struct metric *m = metrics; m->name != NULL; m++)
		count++;
	dump_metrics(&out);
	assert_int_equal(check_mdoc(buf_str(&out)), count);
	text = buf_take(&out);
	assert_holds(text,
		"\n.It Li prattle_lines_total\n"
		"Lines that were said in rooms.\nA counter.\n");
	assert_holds(text,
		"A counter.\nThe label\n.Cm result\nis one of\n"
		".Cm accepted ,\n.Cm refused .\n");
	free(text);
}

static void
test_mdoc_commands(void **state)
{
	struct buf out = {0};
	size_t commands = 0;
	char *text;

	(void)state;
	for (const struct command *c = NULL; (c = command_next(c)) != NULL;)
		commands += command_is_for(c, false);
	dump_commands(&out);
	assert_int_equal(check_mdoc(buf_str(&out)), commands + SETTINGS);
	text = buf_take(&out);
	assert_holds(text, "\n.It Ic /msg Ar name Ar text ...\n");
	assert_holds(text, "\n.It Ic /away Oo Ar text ... Oc\n");
	assert_holds(text, "\n.It Ic /back\nEnd /away.\n");
	assert_holds(text, "\n.It Ic /quiet Oo Cm on | Cm off Oc\n");
	assert_holds(text, "\nAlso\n.Ic /leave .\n");
	assert_holds(text, "\nAlso\n.Ic /names ,\n.Ic /users .\n");
	assert_holds(text, "\n.It Ic /set theme Cm dark | Cm light\n");
	assert_holds(text, "\n.It Ic /set zone Cm server | Ar hours\n");
	assert_holds(text, "\nAt first\n.Cm dark .\n");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_sample_is_complete),
		cmocka_unit_test(test_mdoc),
		cmocka_unit_test(test_mdoc_commands),
		cmocka_unit_test(test_mdoc_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
