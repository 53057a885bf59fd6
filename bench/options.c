/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "payload.h"
#include "speech.h"

#define SESSIONS_MAX 15000

static const char usage[] =
	"Usage: load [OPTION]... ADDRESS:PORT\n"
	"Many sessions of a chat server on this machine, that say numbered lines and "
	"check\n"
	"what arrives. One line of JSON on standard output says how it went.\n"
	"\n"
	"ADDRESS is in 127.0.0.0/8, or [::1].\n"
	"\n"
	"  --protocol P    line, telnet, floor, irc, redis or ncat           [line]\n"
	"  --sessions N    people who listen, up to 15000                    [100]\n"
	"  --senders N     how many of them speak, in turn                   [10]\n"
	"  --rooms N       spread them over so many rooms; 0: where they are\n"
	"                  put by the server                                 [0]\n"
	"  --payload N     bytes of a line                                   [80]\n"
	"  --mode M        what is done:                                     [rate]\n"
	"      rate        --rate lines per second, come what may\n"
	"      window      as fast as it goes with --window lines on their way\n"
	"      rising      from --rate on 1.4 times as much at each step, until p99\n"
	"                  is over --p99, lines are lost, or less than 97 % arrive;\n"
	"                  then the last step is halved, twice\n"
	"      idle        nothing but being there, then --lines lines one by one\n"
	"      stopped     as rate, and then once more while one does not read\n"
	"  --rate R        lines per second, of all senders together         [60]\n"
	"  --window N      lines on their way                                [32]\n"
	"  --seen-by WHO   a line has arrived when it has at: all, one       [all]\n"
	"  --p99 MS        limit of mode rising                              [100]\n"
	"  --lines N       lines of mode idle                                [10]\n"
	"  --seconds S     time that is measured, each step of rising        [5, 1]\n"
	"  --warmup S      before that, under the same load                  [0.5, "
	"0.3]\n"
	"  --settle S      pause behind the logins; line and telnet: 4.5      [0.5]\n"
	"  --patience S    a line that takes longer than this is lost        [3]\n"
	"  --underway N    most logins at a time                             [128]\n"
	"  --sources N     loopback addresses to come from                   [16]\n"
	"  --pid PID       the server, whose CPU and memory are measured\n"
	"  --cpu N         the core to run on\n"
	"  --limit S       never run longer than this                        [120]\n"
	"  --help          this\n";

static const char *const mode_names[MODES] = {
	"rate", "window", "rising", "idle", "stopped"};

const char *
mode_name(enum mode mode)
{
	return mode_names[mode];
}

static enum mode
parse_mode(const char *word)
{
	for (int i = 0; i < MODES; i++) {
		if (strcmp(word, mode_names[i]) == 0)
			return (enum mode)i;
	}
	fail_usage("--mode: no such mode: %s", word);
}

static unsigned
parse_number(const char *name, const char *word, unsigned min, unsigned max)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(word, &end, 10);
	if (word[0] < '0' || word[0] > '9' || *end != '\0' || errno != 0 ||
		value < min || value > max)
		fail_usage("--%s: a number from %u to %u is needed, not: %s", name, min,
			max, word);
	return (unsigned)value;
}

static double
parse_decimal(const char *name, const char *word, double min, double max)
{
	char *end;
	double value = strtod(word, &end);

	if (end == word || *end != '\0' || !(value >= min && value <= max))
		fail_usage("--%s: a number from %g to %g is needed, not: %s", name, min,
			max, word);
	return value;
}

/* ADDRESS:PORT, and nothing that is not loopback. */
static void
parse_address(struct options *options, const char *text)
{
	const char *colon = strrchr(text, ':');
	struct sockaddr_in *v4 = (struct sockaddr_in *)&options->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&options->address;
	char host[64];
	in_port_t port;

	if (colon == NULL || (size_t)(colon - text) >= sizeof(host))
		fail_usage("ADDRESS:PORT is needed, not: %s", text);
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	port = htons((in_port_t)parse_number("port", colon + 1, 1, 65535));
	memset(&options->address, 0, sizeof(options->address));
	if (strcmp(host, "[::1]") == 0) {
		v6->sin6_family = AF_INET6;
		v6->sin6_addr = in6addr_loopback;
		v6->sin6_port = port;
		options->address_len = sizeof(*v6);
	} else if (inet_pton(AF_INET, host, &v4->sin_addr) == 1 &&
		ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET) {
		v4->sin_family = AF_INET;
		v4->sin_port = port;
		options->address_len = sizeof(*v4);
	} else {
		fail_usage("only loopback is measured, 127.0.0.0/8 or [::1], not: %s",
			host);
	}
}

enum {
	OPT_HELP = 256,
	OPT_PROTOCOL,
	OPT_MODE,
	OPT_SESSIONS,
	OPT_ROOMS,
	OPT_SENDERS,
	OPT_SOURCES,
	OPT_UNDERWAY,
	OPT_PAYLOAD,
	OPT_RATE,
	OPT_WINDOW,
	OPT_SEEN_BY,
	OPT_P99,
	OPT_WARMUP,
	OPT_SECONDS,
	OPT_SETTLE,
	OPT_PATIENCE,
	OPT_LINES,
	OPT_LIMIT,
	OPT_PID,
	OPT_CPU,
};

static const struct option names[] = {
	{"help", no_argument, NULL, OPT_HELP},
	{"protocol", required_argument, NULL, OPT_PROTOCOL},
	{"mode", required_argument, NULL, OPT_MODE},
	{"sessions", required_argument, NULL, OPT_SESSIONS},
	{"rooms", required_argument, NULL, OPT_ROOMS},
	{"senders", required_argument, NULL, OPT_SENDERS},
	{"sources", required_argument, NULL, OPT_SOURCES},
	{"underway", required_argument, NULL, OPT_UNDERWAY},
	{"payload", required_argument, NULL, OPT_PAYLOAD},
	{"rate", required_argument, NULL, OPT_RATE},
	{"window", required_argument, NULL, OPT_WINDOW},
	{"seen-by", required_argument, NULL, OPT_SEEN_BY},
	{"p99", required_argument, NULL, OPT_P99},
	{"warmup", required_argument, NULL, OPT_WARMUP},
	{"seconds", required_argument, NULL, OPT_SECONDS},
	{"settle", required_argument, NULL, OPT_SETTLE},
	{"patience", required_argument, NULL, OPT_PATIENCE},
	{"lines", required_argument, NULL, OPT_LINES},
	{"limit", required_argument, NULL, OPT_LIMIT},
	{"pid", required_argument, NULL, OPT_PID},
	{"cpu", required_argument, NULL, OPT_CPU},
	{NULL, 0, NULL, 0},
};

static const char *
name_of(int opt)
{
	const struct option *option = names;

	while (option->val != opt)
		option++;
	return option->name;
}

/* The numbers; false if `opt` is none of them. */
static bool
take_number(struct options *o, int opt, const char *word)
{
	const char *name = name_of(opt);

	switch (opt) {
	case OPT_SESSIONS:
		o->sessions = parse_number(name, word, 1, SESSIONS_MAX);
		return true;
	case OPT_ROOMS:
		o->rooms = parse_number(name, word, 0, SESSIONS_MAX);
		return true;
	case OPT_SENDERS:
		o->senders = parse_number(name, word, 1, SESSIONS_MAX);
		return true;
	case OPT_SOURCES:
		o->sources = parse_number(name, word, 1, 250);
		return true;
	case OPT_UNDERWAY:
		o->underway = parse_number(name, word, 1, SESSIONS_MAX);
		return true;
	case OPT_PAYLOAD:
		o->payload = parse_number(name, word, PAYLOAD_MIN, PAYLOAD_MAX);
		return true;
	case OPT_WINDOW:
		o->window = parse_number(name, word, 1, 1000000);
		return true;
	case OPT_LINES:
		o->lines = parse_number(name, word, 1, 1000);
		return true;
	case OPT_LIMIT:
		o->limit = parse_number(name, word, 1, 3600);
		return true;
	case OPT_PID:
		o->pid = (pid_t)parse_number(name, word, 2, 1U << 30);
		return true;
	case OPT_CPU:
		o->cpu = (int)parse_number(name, word, 0, 1023);
		return true;
	default:
		return false;
	}
}

static void
take_other(struct options *o, int opt, const char *word)
{
	const char *name = name_of(opt);

	switch (opt) {
	case OPT_PROTOCOL:
		o->speech = speech_find(word);
		if (o->speech == NULL)
			fail_usage("--protocol: no such protocol: %s", word);
		break;
	case OPT_MODE:
		o->mode = parse_mode(word);
		break;
	case OPT_SEEN_BY:
		o->seen_by_one = strcmp(word, "one") == 0;
		if (!o->seen_by_one && strcmp(word, "all") != 0)
			fail_usage("--seen-by: all or one, not: %s", word);
		break;
	case OPT_RATE:
		o->rate = parse_decimal(name, word, 0.1, 1e7);
		break;
	case OPT_P99:
		o->limit_p99 = parse_decimal(name, word, 0.01, 60000);
		break;
	case OPT_WARMUP:
		o->warmup = parse_decimal(name, word, 0, 600);
		break;
	case OPT_SECONDS:
		o->seconds = parse_decimal(name, word, 0.01, 600);
		break;
	case OPT_SETTLE:
		o->settle = parse_decimal(name, word, 0, 600);
		break;
	case OPT_PATIENCE:
		o->patience = parse_decimal(name, word, 0.01, 600);
		break;
	default:
		break;
	}
}

/* What fits with what. */
static void
check(struct options *o)
{
	unsigned in_smallest = o->sessions / (o->rooms > 0 ? o->rooms : 1);

	if (in_smallest < 2)
		fail_usage("%u sessions in %u rooms leave nobody to listen",
			o->sessions, o->rooms);
	if (o->senders < o->rooms)
		fail_usage("%u senders leave some of %u rooms silent", o->senders,
			o->rooms);
	if (o->senders > o->sessions)
		fail_usage("%u senders are more than %u sessions", o->senders,
			o->sessions);
	if (o->speech->has_publishers && o->senders > SESSIONS_MAX - o->sessions)
		fail_usage("%u sessions and %u that publish are more than %u",
			o->sessions, o->senders, SESSIONS_MAX);
	if (o->mode == MODE_STOPPED && o->senders == o->sessions)
		fail_usage("mode stopped needs one who says nothing; %u of %u speak",
			o->senders, o->sessions);
	if (o->seconds <= 0)
		o->seconds = o->mode == MODE_RISING ? 1 : 5;
	if (o->settle < 0)
		o->settle = o->speech->settle;
	if (o->warmup < 0)
		o->warmup = o->mode == MODE_RISING ? 0.3 : 0.5;
}

void
options_parse(struct options *o, int argc, char **argv)
{
	int opt;

	*o = (struct options){
		.speech = speech_find("line"),
		.mode = MODE_RATE,
		.sessions = 100,
		.senders = 10,
		.sources = 16,
		.underway = 128,
		.payload = 80,
		.rate = 60,
		.window = 32,
		.limit_p99 = 100,
		.warmup = -1,
		.settle = -1,
		.patience = 3,
		.lines = 10,
		.limit = 120,
		.cpu = -1,
	};
	while ((opt = getopt_long(argc, argv, ":", names, NULL)) != -1) {
		if (opt == OPT_HELP) {
			fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		}
		if (opt == '?')
			fail_usage("what is %s?", argv[optind - 1]);
		if (opt == ':')
			fail_usage("%s needs a value", argv[optind - 1]);
		if (!take_number(o, opt, optarg))
			take_other(o, opt, optarg);
	}
	if (argc - optind != 1)
		fail_usage("one ADDRESS:PORT is needed");
	parse_address(o, argv[optind]);
	check(o);
}
