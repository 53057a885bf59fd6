/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/proto.h"

#include "net/telnet.h"

void
proto_init(struct proto *proto, const struct proto_ops *ops)
{
	*proto = (struct proto){.ops = ops};
}

void
proto_fini(struct proto *proto)
{
	linebuf_fini(&proto->lines);
	telnet_free(proto->telnet);
	proto->telnet = NULL;
}

/* Add one byte of text, and take it off the front. */
static bool
take_text(struct proto *proto, struct str *bytes, size_t max)
{
	unsigned char byte = (unsigned char)bytes->p[0];

	*bytes = str_from(*bytes, 1);
	return linebuf_add(&proto->lines, byte, max);
}

static enum proto_event
line_input(struct proto *proto, struct str *bytes, size_t max, struct buf *reply)
{
	(void)reply;
	while (bytes->len > 0) {
		if (take_text(proto, bytes, max))
			return PROTO_LINE;
	}
	return PROTO_MORE;
}

const struct proto_ops proto_line = {
	.name = "line",
	.input = line_input,
};

static enum proto_event
telnet_input(struct proto *proto, struct str *bytes, size_t max, struct buf *reply)
{
	while (bytes->len > 0) {
		unsigned char byte = (unsigned char)bytes->p[0];
		enum telnet_event event = TELNET_TEXT;

		/* No state, and no IAC from us, before the peer has sent one. */
		if (proto->telnet == NULL && byte == TELNET_IAC)
			proto->telnet = telnet_new();
		if (proto->telnet != NULL)
			event = telnet_byte(proto->telnet, byte, reply);
		switch (event) {
		case TELNET_TEXT:
			if (take_text(proto, bytes, max))
				return PROTO_LINE;
			break;
		case TELNET_SWALLOWED:
			*bytes = str_from(*bytes, 1);
			break;
		case TELNET_END:
			*bytes = str_from(*bytes, 1);
			return PROTO_END;
		}
	}
	return PROTO_MORE;
}

const struct proto_ops proto_telnet = {
	.name = "auto",
	.input = telnet_input,
};
