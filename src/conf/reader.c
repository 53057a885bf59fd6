/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "conf/reader.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/utf8.h"

struct reader {
	FILE *file;
	const struct reader_events *events;
	void *arg;
	unsigned line; /* being looked at */
	size_t bytes;  /* of the file, so far */
	bool end;      /* of the file; nothing is read any more */
	bool section;  /* are we below a good [section]? */
	bool orphan;   /* were keys without a section reported? */
	/* The line, as far as it matters: one byte of a too long one, and a CR. */
	char text[READER_LINE_MAX + 2];
	size_t len; /* of the line in the file, without CR and LF */
	bool nul;   /* does it hold a NUL byte? */
};

static void report(struct reader *reader, unsigned line, const char *fmt, ...)
	printf_like(3, 4);

static void
report(struct reader *reader, unsigned line, const char *fmt, ...)
{
	struct err err;
	va_list args;

	va_start(args, fmt);
	if (vsnprintf(err.text, sizeof(err.text), fmt, args) < 0)
		err.text[0] = '\0';
	va_end(args);
	reader->events->error(reader->arg, line, err.text);
}

/* Read one byte. EOF at the end of the file, or of what we are willing to read. */
static int
take_byte(struct reader *reader)
{
	int c;

	if (reader->end)
		return EOF;
	errno = 0;
	c = getc(reader->file);
	if (c == EOF && ferror(reader->file))
		report(reader, 0, "%s", strerror(errno));
	if (c != EOF && ++reader->bytes > READER_FILE_MAX) {
		report(reader, 0, "larger than %d bytes", READER_FILE_MAX);
		c = EOF;
	}
	reader->end = c == EOF;
	return c;
}

/* Read the next line into reader->text. False at the end of the file. */
static bool
take_line(struct reader *reader)
{
	size_t kept = 0;
	int c;

	reader->len = 0;
	reader->nul = false;
	while ((c = take_byte(reader)) != EOF && c != '\n') {
		reader->nul = reader->nul || c == '\0';
		if (kept < sizeof(reader->text))
			reader->text[kept++] = (char)c;
		reader->len++;
	}
	if (c == EOF && reader->len == 0)
		return false;
	if (reader->len == kept && kept > 0 && reader->text[kept - 1] == '\r')
		reader->len--;
	reader->line++;
	return true;
}

/* The bytes of the line that were kept. */
static struct str
line_kept(const struct reader *reader)
{
	size_t len = reader->len;

	return str_make(
		reader->text, len < sizeof(reader->text) ? len : sizeof(reader->text));
}

static bool
is_blank_or_comment(struct str line)
{
	line = str_trim(line);
	return line.len == 0 || line.p[0] == ';' || line.p[0] == '#';
}

/* The first byte that no line may hold (to inih a form feed is a blank), or -1. */
static int
find_control(struct str line)
{
	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return c;
	}
	return -1;
}

/* Look for `a` or `b`, as inih does it: not in a comment, which is " ;". */
static size_t
find_either(struct str line, char a, char b)
{
	bool blank = false;
	size_t i;

	for (i = 0; i < line.len; i++) {
		char c = line.p[i];

		if (c == a || c == b)
			break;
		if (c == ';' && blank)
			return line.len;
		blank = c == ' ' || c == '\t';
	}
	return i;
}

/* Is the [section] line good? If not, its keys are none of ours. */
static bool
check_section(struct reader *reader, struct str line)
{
	size_t end = find_either(line, ']', ']');
	struct str header, rest;

	reader->section = false;
	reader->orphan = true;
	if (end == line.len) {
		report(reader, reader->line, "section without \"]\"");
		return false;
	}
	header = str_trim(str_make(line.p + 1, end - 1));
	rest = str_trim(str_from(line, end + 1));
	if (rest.len > 0 && rest.p[0] != ';' && rest.p[0] != '#') {
		report(reader, reader->line,
			"text behind \"]\"; keys go on lines of their own");
		return false;
	}
	if (header.len == 0) {
		report(reader, reader->line, "section without a name");
		return false;
	}
	if (end - 1 > READER_SECTION_MAX) {
		report(reader, reader->line, "name of a section longer than %d bytes",
			READER_SECTION_MAX);
		return false;
	}
	reader->section = true;
	reader->events->section(reader->arg, reader->line, header);
	return true;
}

static bool
check_key(struct reader *reader, struct str line)
{
	size_t end = find_either(line, '=', ':');

	if (end == line.len) {
		report(reader, reader->line,
			"neither KEY = VALUE nor [SECTION] nor a comment behind \";\"");
		return false;
	}
	if (str_trim(str_make(line.p, end)).len == 0) {
		report(reader, reader->line, "no key before the \"%c\"", line.p[end]);
		return false;
	}
	if (!reader->section && !reader->orphan) {
		report(reader, reader->line, "key before the first [section]");
		reader->orphan = true; /* once says it for all that follow */
	}
	return reader->section;
}

/* Should inih see the line? Says why not, if that is a mistake. */
static bool
check_line(struct reader *reader, struct str line, size_t max)
{
	int control = find_control(line);

	if (reader->nul) {
		report(reader, reader->line, "NUL byte: this is not a text file");
		return false;
	}
	if (reader->len > max && !is_blank_or_comment(line)) {
		report(reader, reader->line,
			"line longer than %zu bytes; long text belongs in a file of "
			"its "
			"own, such as motd_file",
			max);
		return false;
	}
	if (reader->len <= READER_LINE_MAX && !utf8_valid(line)) {
		report(reader, reader->line, "not UTF-8");
		return false;
	}
	if (is_blank_or_comment(line))
		return false;
	if (control != -1) {
		report(reader, reader->line, "control character (byte %02X)",
			(unsigned)control);
		return false;
	}
	if (line.p[0] == ' ' || line.p[0] == '\t') {
		report(reader, reader->line,
			"indented line; a value can't go on there, and keys and "
			"sections begin at the margin");
		return false;
	}
	return line.p[0] == '[' ? check_section(reader, line) : check_key(reader, line);
}

/* Called by inih as it would call fgets(). */
static char *
next_line(char *out, int size, void *arg)
{
	struct reader *reader = arg;
	size_t max = READER_LINE_MAX;
	struct str line;

	/* The line needs its end and a NUL behind it. */
	if (size < 2 || !take_line(reader))
		return NULL;
	if ((size_t)size - 2 < max)
		max = (size_t)size - 2;
	line = line_kept(reader);
	if (reader->line == 1 && str_starts(line, STR("\xef\xbb\xbf"))) {
		line = str_from(line, 3);
		reader->len -= 3;
	}
	if (!check_line(reader, line, max))
		line.len = 0;
	if (line.len > 0)
		memcpy(out, line.p, line.len);
	out[line.len] = '\n';
	out[line.len + 1] = '\0';
	return out;
}

/*
 * Called by inih for a key, before it asks for the next line: so our line number is
 * the right one. The handler has four arguments with all inihs; Debian's passes one
 * more, which is left alone.
 */
static int
on_key(void *arg, const char *section, const char *name, const char *value)
{
	struct reader *reader = arg;

	(void)section;
	if (name != NULL && value != NULL)
		reader->events->key(reader->arg, reader->line, name, value);
	return 1;
}

void
reader_run(FILE *file, const struct reader_events *events, void *arg)
{
	struct reader reader = {.file = file, .events = events, .arg = arg};
	int result = ini_parse_stream(next_line, &reader, on_key, &reader);

	/* All lines it got were good, so this is an inih that reads them otherwise. */
	if (result > 0)
		report(&reader, (unsigned)result, "not understood by inih");
	else if (result < 0)
		report(&reader, 0, "inih has no memory");
}
