/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/render.h"

#include <time.h>

#include "base/template.h"
#include "base/utf8.h"
#include "base/wrap.h"
#include "chat/setting.h"
#include "chat/style.h"
#include "chat/theme.h"

/* The most that a time may take, its end included. */
#define TIME_MAX 128

/* " (words)" or nothing, so that a template needs no condition. */
static void
add_why(struct buf *out, struct str why)
{
	if (why.len == 0)
		return;
	buf_add_str(out, STR(" ("));
	utf8_clean(out, why);
	buf_add_char(out, ')');
}

/* A nick in its colour, and then the colour of the line again. */
static void
add_nick(struct buf *out, uint32_t style, enum msg_kind kind, struct str nick)
{
	bool painted = nick.len > 0 && style & STYLE_COLOUR && !(style & STYLE_MENTION);

	if (painted)
		theme_nick(out, style, nick);
	buf_add_str(out, nick);
	if (painted)
		buf_printf(out, "%s%s", THEME_RESET, theme_line(style, kind));
}

/* A line that is being rendered, for those who fill the holes of its templates. */
struct line {
	const struct conf *conf;
	const struct msg *msg;
	uint32_t style;
	const char *template;
};

/*
 * The moment as the receiver's clock shows it, in the operator's words; nothing if
 * strftime has no room for them.
 */
static void
add_time(struct buf *out, const struct line *line)
{
	int zone = (int)(line->style >> STYLE_ZONE_SHIFT);
	time_t t = (time_t)line->msg->wall;
	struct tm tm, *ok;

	if (zone == ZONE_SERVER) {
		ok = localtime_r(&t, &tm);
	} else {
		t += (time_t)(zone - ZONE_UTC) * 60;
		ok = gmtime_r(&t, &tm);
	}
	if (ok == NULL)
		return;
	out->len += strftime(buf_reserve(out, TIME_MAX), TIME_MAX,
		line->style & STYLE_FULL ? "%Y-%m-%d %H:%M:%S"
					 : line->conf->format.time,
		&tm);
}

/*
 * Words of people are cleaned here, whatever way they came: this is where they leave
 * for other people.
 */
static void
add_text(struct buf *out, const struct line *line)
{
	if (line->style & STYLE_WRAP) /* folded lines hang at their text */
		buf_add_char(out, WRAP_MARK);
	utf8_clean(out, line->msg->text);
}

static void
fill_core(void *arg, struct str hole, struct buf *out)
{
	const struct line *line = arg;
	const struct msg *msg = line->msg;

	if (str_eq(hole, STR("nick")))
		add_nick(out, line->style, msg->kind, msg->nick);
	else if (str_eq(hole, STR("text")))
		add_text(out, line);
	else if (str_eq(hole, STR("room")))
		buf_add_str(out, msg->where);
	else if (str_eq(hole, STR("why")))
		add_why(out, msg->why);
	else if (str_eq(hole, STR("new")))
		add_nick(out, line->style, msg->kind, msg->new_nick);
	else if (str_eq(hole, STR("id")))
		buf_printf(out, "%llu", (unsigned long long)msg->from);
	else if (str_eq(hole, STR("count")))
		buf_printf(out, "%u", msg->count);
	else if (str_eq(hole, STR("server")))
		buf_add_str(out, str_of(line->conf->server.name));
}

/* The line itself, without what a style puts around it. */
static void
add_core(struct buf *out, struct line *line)
{
	const char *colour = theme_line(line->style, line->msg->kind);

	buf_add_str(out, str_of(colour));
	template_render(out, line->template, fill_core, line);
	if (colour[0] != '\0')
		buf_add_str(out, STR(THEME_RESET));
}

static void
fill_elsewhere(void *arg, struct str hole, struct buf *out)
{
	struct line *line = arg;

	if (str_eq(hole, STR("room")))
		buf_add_str(out, line->msg->where);
	else
		add_core(out, line);
}

static void
add_placed(struct buf *out, struct line *line)
{
	if (line->style & STYLE_ELSEWHERE)
		template_render(
			out, line->conf->format.elsewhere, fill_elsewhere, line);
	else
		add_core(out, line);
}

static void
fill_timestamp(void *arg, struct str hole, struct buf *out)
{
	struct line *line = arg;

	if (str_eq(hole, STR("time")))
		add_time(out, line);
	else
		add_placed(out, line);
}

/* The template of the message in this style. */
static const char *
template_of(const struct format_conf *format, const struct msg *msg, uint32_t style)
{
	bool is_reader = style & STYLE_READER;

	if (is_reader && style & STYLE_MENTION && msg->kind == MSG_SAY)
		return format->reader_mention;
	return msg_template(format, msg->kind, is_reader);
}

static void
render_line(
	struct buf *out, const struct conf *conf, const struct msg *msg, uint32_t style)
{
	struct line line = {conf, msg, style, template_of(&conf->format, msg, style)};

	if (line.template[0] == '\0')
		return;
	if (style & (STYLE_CLOCK | STYLE_FULL))
		template_render(out, conf->format.timestamp, fill_timestamp, &line);
	else
		add_placed(out, &line);
	if (style & STYLE_BELL)
		buf_add_char(out, '\a');
	buf_add_str(out, STR("\r\n"));
}

struct extent
render(struct page *page, const struct conf *conf, struct msg *msg, uint32_t style)
{
	size_t from = page->buf.len;
	struct extent extent;

	for (unsigned i = 0; i < msg->nrendered; i++) {
		if (msg->rendered[i].style == style)
			return msg->rendered[i].extent;
	}
	render_line(&page->buf, conf, msg, style);
	extent = page_since(page, from);
	if (msg->nrendered < MSG_RENDERED_MAX) {
		msg->rendered[msg->nrendered].style = style;
		msg->rendered[msg->nrendered++].extent = extent;
	}
	return extent;
}
