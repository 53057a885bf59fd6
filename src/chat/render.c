/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/render.h"

#include <stdio.h>
#include <time.h>

#include "base/template.h"

#define TIME_MAX 128

/* The moment in the operator's words; empty if strftime has no room for them. */
static struct str
render_time(const struct format_conf *format, int64_t wall, char out[TIME_MAX])
{
	time_t t = (time_t)wall;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		return STR("");
	return str_make(out, strftime(out, TIME_MAX, format->time, &tm));
}

/* " (words)" or nothing, so that a template needs no condition. */
static void
render_why(struct buf *out, struct str why)
{
	if (why.len > 0)
		buf_printf(out, " (%.*s)", (int)why.len, why.p);
}

static void
render_core(struct buf *out, const char *template, const struct msg *msg,
	const char *server)
{
	struct buf why = {0};
	char id[24];
	int id_len = snprintf(id, sizeof(id), "%llu", (unsigned long long)msg->from);

	render_why(&why, msg->why);
	template_render(out, template,
		(const struct template_var[]){
			{"nick", msg->nick},
			{"text", msg->text},
			{"room", msg->where},
			{"new", msg->new_nick},
			{"why", buf_str(&why)},
			{"id", str_make(id, (size_t)id_len)},
			{"server", str_of(server)},
			{NULL, {NULL, 0}},
		});
	buf_fini(&why);
}

/* Put what stands behind `from` into the template of a style's decoration. */
static void
render_around(struct buf *out, size_t from, const char *template,
	const struct template_var *extra)
{
	struct buf line = {0};

	buf_add(&line, out->p + from, out->len - from);
	out->len = from;
	template_render(out, template,
		(const struct template_var[]){
			{"line", buf_str(&line)},
			*extra,
			{NULL, {NULL, 0}},
		});
	buf_fini(&line);
}

struct extent
render(struct page *page, const struct conf *conf, struct msg *msg, unsigned style)
{
	const struct format_conf *format = &conf->format;
	const char *template = msg_template(format, msg->kind);
	struct buf *out = &page->buf;
	size_t from = out->len;

	if (msg->is_rendered[style])
		return msg->rendered[style];
	if (template[0] != '\0') {
		render_core(out, template, msg, conf->server.name);
		if (style & STYLE_ELSEWHERE)
			render_around(out, from, format->elsewhere,
				&(struct template_var){"room", msg->where});
		if (style & STYLE_TIMESTAMP) {
			char time[TIME_MAX];
			render_around(out, from, format->timestamp,
				&(struct template_var){
					"time", render_time(format, msg->wall, time)});
		}
		buf_add_str(out, STR("\r\n"));
	}
	msg->rendered[style] = page_since(page, from);
	msg->is_rendered[style] = true;
	return msg->rendered[style];
}
