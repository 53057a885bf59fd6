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
#include "base/mem.h"
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
	text = print(conf);
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

/* What troff would take for a request must be one. */
static void
test_mdoc(void **state)
{
	static const char *const macros[] = {".Ss ", ".Bl ", ".El", ".It Cm ", ".Pp",
		".Ql ", ".Xr ", ".Ic ", ".Cm ", ".Dv ", ".Pa ", ".Fl ", ".Bq ", ".Sx "};
	struct buf out = {0};
	struct str rest, line;
	size_t items = 0, options = 0;

	(void)state;
	dump_options(&out);
	rest = buf_str(&out);
	while (str_split(&rest, '\n', &line)) {
		bool known = false;

		assert_true(line.len > 0 || rest.p == NULL);
		assert_false(str_starts(line, STR("'")));
		items += str_starts(line, STR(".It "));
		for (size_t i = 0; i < sizeof(macros) / sizeof(macros[0]); i++)
			known = known || str_starts(line, str_of(macros[i]));
		if (str_starts(line, STR(".")) && !known)
			fail_msg("%.*s", (int)line.len, line.p);
		if (!known)
			assert_true(line.len <= 80);
	}
	for (size_t i = 0; i < conf_nsections; i++)
		options += conf_sections[i].noptions;
	assert_int_equal(items, options);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_sample_is_complete),
		cmocka_unit_test(test_mdoc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
