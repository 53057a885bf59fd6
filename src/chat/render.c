/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/render.h"

#include <stdio.h>
#include <time.h>

#include "base/template.h"
#include "base/utf8.h"
#include "base/wrap.h"
#include "chat/setting.h"
#include "chat/style.h"
#include "chat/theme.h"

#define TIME_MAX 128

/*
 * The moment as the receiver's clock shows it, in the operator's words; empty if
 * strftime has no room for them.
 */
static struct str
render_time(const struct format_conf *format, int64_t wall, uint32_t style,
	char out[TIME_MAX])
{
	int zone = (int)(style >> STYLE_ZONE_SHIFT);
	time_t t = (time_t)wall;
	struct tm tm, *ok;

	if (zone == ZONE_SERVER) {
		ok = localtime_r(&t, &tm);
	} else {
		t += (time_t)(zone - ZONE_UTC) * 60;
		ok = gmtime_r(&t, &tm);
	}
	if (ok == NULL)
		return STR("");
	return str_make(out,
		strftime(out, TIME_MAX,
			style & STYLE_FULL ? "%Y-%m-%d %H:%M:%S" : format->time, &tm));
}

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

/*
 * The variable parts of a line, one after the other in a buffer. Words of people are
 * cleaned here, whatever way they came: this is where they leave for other people.
 */
struct parts {
	struct buf buf;
	size_t nick, new_nick, text, why; /* where each ends */
	char id[24], count[24];
	int id_len, count_len;
};

static void
parts_init(struct parts *parts, const struct msg *msg, uint32_t style)
{
	struct buf *buf = &parts->buf;

	add_nick(buf, style, msg->kind, msg->nick);
	parts->nick = buf->len;
	add_nick(buf, style, msg->kind, msg->new_nick);
	parts->new_nick = buf->len;
	if (style & STYLE_WRAP) /* folded lines hang at their text */
		buf_add_char(buf, WRAP_MARK);
	utf8_clean(buf, msg->text);
	parts->text = buf->len;
	add_why(buf, msg->why);
	parts->why = buf->len;
	parts->id_len = snprintf(
		parts->id, sizeof(parts->id), "%llu", (unsigned long long)msg->from);
	parts->count_len =
		snprintf(parts->count, sizeof(parts->count), "%u", msg->count);
}

static struct str
part(const struct parts *parts, size_t from, size_t to)
{
	return str_from(str_make(parts->buf.p, to), from);
}

/* The line itself, without what a style puts around it. */
static void
add_core(struct buf *out, const char *template, const struct msg *msg,
	const char *server, uint32_t style)
{
	const char *colour = theme_line(style, msg->kind);
	struct parts p = {0};

	parts_init(&p, msg, style);
	buf_add_str(out, str_of(colour));
	template_render(out, template,
		(const struct template_var[]){
			{"nick", part(&p, 0, p.nick)},
			{"new", part(&p, p.nick, p.new_nick)},
			{"text", part(&p, p.new_nick, p.text)},
			{"why", part(&p, p.text, p.why)},
			{"room", msg->where},
			{"id", str_make(p.id, (size_t)p.id_len)},
			{"count", str_make(p.count, (size_t)p.count_len)},
			{"server", str_of(server)},
			{NULL, {NULL, 0}},
		});
	if (colour[0] != '\0')
		buf_add_str(out, STR(THEME_RESET));
	buf_fini(&p.buf);
}

/* Put what stands behind `from` into the template of a style's decoration. */
static void
render_around(struct buf *out, size_t from, const char *template,
	const struct template_var *extra)
{
	struct buf line = {0};

	buf_add_str(&line, str_from(buf_str(out), from));
	out->len = from;
	template_render(out, template,
		(const struct template_var[]){
			{"line", buf_str(&line)},
			*extra,
			{NULL, {NULL, 0}},
		});
	buf_fini(&line);
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
	const struct format_conf *format = &conf->format;
	const char *template = template_of(format, msg, style);
	size_t from = out->len;
	char time[TIME_MAX];

	if (template[0] == '\0')
		return;
	add_core(out, template, msg, conf->server.name, style);
	if (style & STYLE_ELSEWHERE)
		render_around(out, from, format->elsewhere,
			&(struct template_var){"room", msg->where});
	if (style & (STYLE_CLOCK | STYLE_FULL))
		render_around(out, from, format->timestamp,
			&(struct template_var){
				"time", render_time(format, msg->wall, style, time)});
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
