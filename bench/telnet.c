/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "telnet.h"

#include <stdlib.h>
#include <string.h>

#include "crowd.h"
#include "fail.h"
#include "speech.h"

enum {
	SE = 240,
	SB = 250,
	WILL = 251,
	WONT = 252,
	DO = 253,
	DONT = 254,
	IAC = 255,
};

enum {
	BINARY = 0,
	ECHO = 1,
	SGA = 3,
	TIMING_MARK = 6,
	TTYPE = 24,
	NAWS = 31,
};

enum state {
	TEXT,
	COMMAND,  /* behind IAC */
	OPTION,   /* behind WILL and its like */
	SUB,      /* within a subnegotiation */
	SUB_IAC,  /* IAC in it */
	ESCAPE,   /* behind ESC */
	SEQUENCE, /* behind ESC [ */
};

#define SUB_MAX 64

struct telnet {
	enum state state;
	unsigned char verb; /* WILL and its like */
	unsigned char sub[SUB_MAX];
	size_t sub_len;
	bool has_echo, has_sga;
	char before;    /* the byte of text before this one */
	size_t got_len; /* of a numbered line, without blanks; 0: there is none */
	char got[PAYLOAD_MAX];
	size_t line_len; /* of a line of the login */
	char line[200];
};

static void
send_bytes(struct crowd *crowd, struct session *session, const unsigned char *bytes,
	size_t len)
{
	session_send(crowd, session, (const char *)bytes, len);
}

static void
send_option(struct crowd *crowd, struct session *session, int verb, int option)
{
	unsigned char bytes[] = {IAC, (unsigned char)verb, (unsigned char)option};

	send_bytes(crowd, session, bytes, sizeof(bytes));
}

struct telnet *
telnet_new(struct crowd *crowd, struct session *session)
{
	struct telnet *telnet = need(1, sizeof(*telnet));

	send_option(crowd, session, WILL, NAWS);
	send_option(crowd, session, WILL, TTYPE);
	return telnet;
}

void
telnet_free(struct telnet *telnet)
{
	free(telnet);
}

bool
telnet_is_ready(const struct telnet *telnet)
{
	return telnet->has_echo && telnet->has_sga;
}

/*
 * Options
 */

static void
send_window(struct crowd *crowd, struct session *session)
{
	static const unsigned char window[] = {IAC, SB, NAWS, 0, 80, 0, 24, IAC, SE};

	send_bytes(crowd, session, window, sizeof(window));
}

/* The server may, or may not. */
static void
on_will(struct crowd *crowd, struct session *session, int option)
{
	struct telnet *telnet = session->telnet;
	bool was_ready = telnet_is_ready(telnet);

	if (option != BINARY && option != ECHO && option != SGA) {
		send_option(crowd, session, DONT, option);
		return;
	}
	telnet->has_echo = telnet->has_echo || option == ECHO;
	telnet->has_sga = telnet->has_sga || option == SGA;
	send_option(crowd, session, DO, option);
	if (!was_ready && telnet_is_ready(telnet))
		speech_telnet_ready(crowd, session);
}

static void
on_do(struct crowd *crowd, struct session *session, int option)
{
	switch (option) {
	case NAWS:
		send_window(crowd, session);
		break;
	case TTYPE:
		break; /* was offered before */
	case BINARY:
	case TIMING_MARK:
		send_option(crowd, session, WILL, option);
		break;
	default:
		send_option(crowd, session, WONT, option);
		break;
	}
}

static void
on_option(struct crowd *crowd, struct session *session, int option)
{
	if (session->telnet->verb == WILL)
		on_will(crowd, session, option);
	else if (session->telnet->verb == DO)
		on_do(crowd, session, option);
}

static void
on_sub(struct crowd *crowd, struct session *session)
{
	static const unsigned char type[] = {
		IAC, SB, TTYPE, 0, 'X', 'T', 'E', 'R', 'M', IAC, SE};
	const struct telnet *telnet = session->telnet;

	if (telnet->sub_len == 2 && telnet->sub[0] == TTYPE && telnet->sub[1] == 1)
		send_bytes(crowd, session, type, sizeof(type));
}

/*
 * Text
 */

/* A line of the login goes on. */
static void
add_login(struct crowd *crowd, struct session *session, char c)
{
	struct telnet *telnet = session->telnet;

	if (c != '\n') {
		if (telnet->line_len < sizeof(telnet->line) && c != '\r')
			telnet->line[telnet->line_len++] = c;
		return;
	}
	session_text(crowd, session, telnet->line, telnet->line_len);
	telnet->line_len = 0;
}

/*
 * One more byte of a numbered line. Folds are CR LF and blanks, which are in the line
 * anyway. A CR alone goes back to erase something, so what began was no line.
 */
static void
add_got(struct crowd *crowd, struct session *session, char c)
{
	struct telnet *telnet = session->telnet;
	const struct payload *payload = &crowd->payload;
	struct numbers numbers;

	if (c == PAYLOAD_MARK) {
		telnet->got_len = 0;
	} else if (telnet->got_len == 0 || c == ' ' || c == '\n') {
		return;
	} else if (c == '\r') {
		return;
	}
	telnet->got[telnet->got_len++] = c;
	if (telnet->got_len < payload->dense_len)
		return;
	telnet->got_len = 0;
	if (payload_read_dense(payload, telnet->got, &numbers))
		session_line(crowd, session, numbers);
	else
		crowd->garbled++;
}

static void
on_text(struct crowd *crowd, struct session *session, char c)
{
	struct telnet *telnet = session->telnet;

	if (telnet->before == '\r' && c != '\n')
		telnet->got_len = 0;
	telnet->before = c;
	if (session->state == SESSION_LOGIN)
		add_login(crowd, session, c);
	add_got(crowd, session, c);
}

/* The end of ESC [ ...: colours may be anywhere, the rest draws something else. */
static void
on_sequence(struct telnet *telnet, unsigned char c)
{
	if (c != 'm') {
		telnet->got_len = 0;
		telnet->before = 0;
	}
}

static void
on_byte(struct crowd *crowd, struct session *session, unsigned char c)
{
	struct telnet *telnet = session->telnet;

	switch (telnet->state) {
	case TEXT:
		if (c == IAC)
			telnet->state = COMMAND;
		else if (c == 27)
			telnet->state = ESCAPE;
		else
			on_text(crowd, session, (char)c);
		break;
	case COMMAND:
		telnet->verb = c;
		telnet->sub_len = 0;
		telnet->state = c == SB ? SUB : c >= WILL && c <= DONT ? OPTION : TEXT;
		break;
	case OPTION:
		telnet->state = TEXT;
		on_option(crowd, session, c);
		break;
	case SUB:
		if (c == IAC)
			telnet->state = SUB_IAC;
		else if (telnet->sub_len < SUB_MAX)
			telnet->sub[telnet->sub_len++] = c;
		break;
	case SUB_IAC:
		telnet->state = c == SE ? TEXT : SUB;
		if (c == SE)
			on_sub(crowd, session);
		break;
	case ESCAPE:
		telnet->state = c == '[' ? SEQUENCE : TEXT;
		break;
	case SEQUENCE:
		if (c >= 0x40 && c <= 0x7e) {
			telnet->state = TEXT;
			on_sequence(telnet, c);
		}
		break;
	}
}

void
telnet_input(
	struct crowd *crowd, struct session *session, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && session->telnet != NULL; i++)
		on_byte(crowd, session, (unsigned char)bytes[i]);
}
