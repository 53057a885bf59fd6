/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "proto_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/editor.h"

void
session_start(struct session *session, const struct proto_ops *ops)
{
	*session = (struct session){.max = SESSION_MAX};
	proto_init(&session->proto, ops, &session->reply);
}

void
session_fini(struct session *session)
{
	proto_fini(&session->proto);
	buf_fini(&session->events);
	buf_fini(&session->reply);
}

static void
note_line(struct session *session)
{
	bool is_cut = true;
	struct str line = proto_text(&session->proto, session->max, &is_cut);

	buf_add_char(&session->events, '[');
	buf_add_str(&session->events, line);
	buf_add_str(&session->events, is_cut ? STR("~]") : STR("]"));
}

static void
note(struct session *session, enum proto_event event)
{
	switch (event) {
	case PROTO_LINE:
		note_line(session);
		break;
	case PROTO_END:
		buf_add_char(&session->events, 'E');
		break;
	case PROTO_TERMINAL:
		buf_add_char(&session->events, 'T');
		break;
	case PROTO_COMPLETE:
		buf_add_char(&session->events, 'C');
		break;
	case PROTO_KEY:
		buf_add_char(&session->events, 'K');
		buf_add_char(&session->events, (char)session->proto.key);
		break;
	case PROTO_MORE:
		break;
	}
}

void
session_feed(struct session *session, struct str bytes)
{
	struct proto *proto = &session->proto;
	char *copy = malloc(bytes.len + 1);
	struct str rest = str_make(copy, bytes.len);
	enum proto_event event;

	assert_non_null(copy);
	if (bytes.len > 0)
		memcpy(copy, bytes.p, bytes.len);
	/* As little as possible behind it, so that a sanitizer sees the rest. */
	copy = realloc(copy, bytes.len > 0 ? bytes.len : 1);
	assert_non_null(copy);
	rest.p = copy;
	do {
		size_t before = rest.len;

		event = proto->ops->input(proto, &rest, session->max, &session->reply);
		/* An event uses up a byte at least, or this would never end. */
		assert_true(event == PROTO_MORE ? rest.len == 0 : rest.len < before);
		note(session, event);
		if (session->act != NULL)
			session->act(session, event);
	} while (event != PROTO_MORE);
	free(copy);
	linebuf_relax(&proto->lines);
	if (session->draws && proto->editor != NULL)
		editor_draw(proto->editor, &session->reply);
}

void
session_finish(struct session *session)
{
	if (proto_finish(&session->proto))
		note_line(session);
}

void
session_check(struct session *session, struct str events, struct str reply, int at)
{
	wire_check(buf_str(&session->events), events, "events", at);
	wire_check(buf_str(&session->reply), reply, "reply", at);
	buf_reset(&session->events);
	buf_reset(&session->reply);
}

void
session_start_editor(struct session *session)
{
	session_start(session, &proto_telnet);
	session_check(session, STR(""), STR(OFFER), __LINE__);
	FEED(session, MODERN, MODERN_EVENTS, MODERN_ANSWERS);
	FEED(session, DO ECHO DO SGA, "TT", ENTER);
	assert_non_null(session->proto.editor);
}
