/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "telnet_rig.h"

int
line_start(void **state)
{
	static struct line line;

	line = (struct line){.telnet = telnet_new()};
	*state = &line;
	return 0;
}

int
line_end(void **state)
{
	struct line *line = *state;

	telnet_free(line->telnet);
	buf_fini(&line->text);
	buf_fini(&line->events);
	buf_fini(&line->reply);
	return 0;
}

void
line_feed_byte(struct line *line, unsigned char byte)
{
	static const char letters[] = {
		[TELNET_TERMINAL] = 'T',
		[TELNET_INTERRUPT] = 'I',
		[TELNET_BREAK] = 'B',
		[TELNET_SUSPEND] = 'Z',
		[TELNET_ABORT_OUTPUT] = 'O',
		[TELNET_ERASE_CHAR] = 'C',
		[TELNET_ERASE_LINE] = 'L',
		[TELNET_ARE_YOU_THERE] = 'A',
		[TELNET_END] = 'E',
	};
	enum telnet_event event = telnet_byte(line->telnet, byte, &line->reply);

	if (event == TELNET_TEXT)
		buf_add_char(&line->text, (char)byte);
	else if (event != TELNET_NOTHING)
		buf_add_char(&line->events, letters[event]);
}

void
line_feed(struct line *line, struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		line_feed_byte(line, (unsigned char)bytes.p[i]);
}

void
line_check(
	struct line *line, struct str text, struct str events, struct str reply, int at)
{
	wire_check(buf_str(&line->text), text, "text", at);
	wire_check(buf_str(&line->events), events, "events", at);
	wire_check(buf_str(&line->reply), reply, "reply", at);
	buf_reset(&line->text);
	buf_reset(&line->events);
	buf_reset(&line->reply);
}
