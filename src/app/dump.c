/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/dump.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/reader.h"

enum {
	WIDTH = 78
}; /* of the lines that are filled here */

static const char conf_header[] =
	";; Configuration of prattled, a chat room for telnet and nc.\n"
	";;\n"
	";; Each option stands here with its default. To change one, remove the\n"
	";; first \";\" of its line. What is not changed need not be in the file.\n"
	";;\n"
	";; [server]     begins a section. Several of a kind have names, such as\n"
	";;              [room #lobby]; uncomment their first line too.\n"
	";; key = value  a value reaches to the end of the line and has no quotes.\n"
	";;              A line has at most %d bytes, in UTF-8, and no indentation.\n"
	";; ; words      are a comment, also behind a value: a \";\" after a blank\n"
	";;              begins one, so no value can hold that.\n"
	";;\n"
	";; Times have units, such as 500ms, 30s, 1h30m or 7d, sizes may have one, "
	"such\n"
	";; as 4096, 64k or 1M. Switches are yes or no.\n"
	";;\n"
	";; \"prattled -t\" checks the file, SIGHUP makes the daemon read it again.\n"
	";; prattled.ini(5) tells more about each option.\n";

/* What a document puts around filled text. */
struct fill {
	const char *prefix; /* before each line */
	bool mdoc;          /* new sentence, new line; and escapes */
};

static const struct fill fill_comment = {.prefix = ";; "};
static const struct fill fill_mdoc = {.prefix = "", .mdoc = true};

/* A word as mdoc text. At the front of a line a dot or quote would be a request. */
static void
add_mdoc_word(struct str word, bool front, struct buf *out)
{
	if (front && word.len > 0 && (word.p[0] == '.' || word.p[0] == '\''))
		buf_add_str(out, STR("\\&"));
	for (size_t i = 0; i < word.len; i++) {
		if (word.p[i] == '\\')
			buf_add_str(out, STR("\\e"));
		else
			buf_add_char(out, word.p[i]);
	}
}

/* Append `text` in lines of at most WIDTH columns. */
static void
add_filled(const struct fill *fill, const char *text, struct buf *out)
{
	struct str rest = str_of(text), word;
	bool sentence = true; /* is a new one about to begin? */
	size_t column = 0;

	while ((word = str_word(&rest)).len > 0) {
		if (column > 0 &&
			(column + 1 + word.len > WIDTH || (fill->mdoc && sentence))) {
			buf_add_char(out, '\n');
			column = 0;
		}
		if (column > 0)
			buf_add_char(out, ' ');
		else
			buf_printf(out, "%s", fill->prefix);
		column += word.len + (column > 0 ? 1 : strlen(fill->prefix));
		if (fill->mdoc)
			add_mdoc_word(word, column == word.len, out);
		else
			buf_add_str(out, word);
		sentence = word.p[word.len - 1] == '.';
	}
	buf_add_char(out, '\n');
}

static void
dump_sample_section(const struct conf_section *section, struct buf *out)
{
	buf_add_char(out, '\n');
	if (section->named)
		buf_printf(out, ";[%s %s]\n", section->name, section->example);
	else
		buf_printf(out, "[%s]\n", section->name);
	add_filled(&fill_comment, section->about, out);
	for (size_t i = 0; i < section->noptions; i++) {
		const struct option *option = &section->options[i];

		buf_add_char(out, '\n');
		add_filled(&fill_comment, option->help, out);
		buf_printf(out, ";%s =%s%s\n", option->name,
			option->def[0] != '\0' ? " " : "", option->def);
	}
}

void
dump_conf(struct buf *out)
{
	buf_printf(out, conf_header, READER_LINE_MAX);
	for (size_t i = 0; i < conf_nsections; i++)
		dump_sample_section(&conf_sections[i], out);
}

/* Append text as one argument of an mdoc macro that shows what to type. */
static void
add_mdoc_literal(const char *text, struct buf *out)
{
	buf_add_str(out, STR("\"\\&"));
	for (; *text != '\0'; text++) {
		/* Those that would turn into something typographic, or end it. */
		if (*text == '\\')
			buf_add_str(out, STR("\\e"));
		else if (*text == '"')
			buf_add_str(out, STR("\\(dq"));
		else if (*text == '-')
			buf_add_str(out, STR("\\-"));
		else if (*text == '\'')
			buf_add_str(out, STR("\\(aq"));
		else if (*text == '`')
			buf_add_str(out, STR("\\(ga"));
		else
			buf_add_char(out, *text);
	}
	/* And so that a full stop of the text is not taken for one of the sentence. */
	buf_add_str(out, STR("\\&\""));
}

/* The facts, which the prose need not repeat. */
static void
add_facts(const struct option *option, struct buf *out)
{
	static const char *const whens[] = {
		[WHEN_NOW] = "a reload applies a change at once.",
		[WHEN_NEW] = "a reload applies a change to new connections.",
		[WHEN_RESTART] = "a change needs a restart.",
	};
	struct buf text = {0};
	char *facts;

	buf_printf(&text, "Value: ");
	option_describe(option, &text);
	buf_printf(&text, "; default:%s", option->def[0] == '\0' ? " empty;" : "");
	facts = buf_take(&text);
	buf_printf(out, ".Pp\n");
	add_filled(&fill_mdoc, facts, out);
	free(facts);
	if (option->def[0] != '\0') {
		buf_printf(out, ".Ql ");
		add_mdoc_literal(option->def, out);
		buf_printf(out, " ;\n");
	}
	buf_printf(out, "%s\n", whens[option->when]);
}

static void
dump_mdoc_section(const struct conf_section *section, struct buf *out)
{
	buf_printf(out, ".Ss Section Bq Cm %s%s\n", section->name,
		section->named ? " Ar NAME" : "");
	add_filled(&fill_mdoc, section->about, out);
	buf_printf(out, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < section->noptions; i++) {
		const struct option *option = &section->options[i];

		buf_printf(out, ".It Cm %s No = Ar %s\n", option->name,
			option_kind(option));
		add_filled(&fill_mdoc, option->help, out);
		if (option->text[0] != '\0')
			buf_printf(out, "%s\n", option->text);
		add_facts(option, out);
	}
	buf_printf(out, ".El\n");
}

void
dump_options(struct buf *out)
{
	for (size_t i = 0; i < conf_nsections; i++)
		dump_mdoc_section(&conf_sections[i], out);
}
