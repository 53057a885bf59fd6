/* SPDX-License-Identifier: ISC */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/netaddr.h"
#include "conf/address.h"
#include "conf/option.h"
#include "conf/source.h"

/*
 * The configuration: a struct per section, made from an INI file, the command line and
 * the defaults. Immutable once loaded; a reload makes a whole new one or none.
 */

/* The members of each section's struct are the rows of options.def. */
#define OPTION_MEMBER_BOOL bool
#define OPTION_MEMBER_UINT uint64_t
#define OPTION_MEMBER_SIZE uint64_t
#define OPTION_MEMBER_TIME int64_t
#define OPTION_MEMBER_ENUM int
#define OPTION_MEMBER_MODE uint64_t
#define OPTION_MEMBER_STR char *
#define OPTION_MEMBER_PATH char *
#define OPTION_MEMBER_TEMPLATE char *
#define OPTION_MEMBER_ADDRS struct address_list
#define OPTION_MEMBER_NETWORKS struct network_list
#define OPTION_MEMBER(type, name, ...) OPTION_MEMBER_##type name;

struct server_conf {
#define OPT_SERVER OPTION_MEMBER
#include "conf/options.def"
};

struct listen_conf {
	char *section_name; /* NAME of [listen NAME] */
#define OPT_LISTEN OPTION_MEMBER
#include "conf/options.def"
};

struct room_conf {
	char *section_name; /* NAME of [room NAME], with its # */
#define OPT_ROOM OPTION_MEMBER
#include "conf/options.def"
};

struct operator_conf {
	char *section_name; /* NAME of [operator NAME] */
#define OPT_OPERATOR OPTION_MEMBER
#include "conf/options.def"
};

struct limits_conf {
#define OPT_LIMITS OPTION_MEMBER
#include "conf/options.def"
};

struct log_conf {
#define OPT_LOG OPTION_MEMBER
#include "conf/options.def"
};

struct control_conf {
#define OPT_CONTROL OPTION_MEMBER
#include "conf/options.def"
};

struct format_conf {
#define OPT_FORMAT OPTION_MEMBER
#include "conf/options.def"
};

/* Values of the ENUM options, in the order of their words. */
enum listen_speak {
	SPEAK_AUTO,
	SPEAK_TELNET,
	SPEAK_LINE,
};

enum listen_proxy {
	PROXY_OFF,
	PROXY_REQUIRED,
};

enum nick_charset {
	NICK_ASCII,
	NICK_UTF8,
};

enum operator_level {
	LEVEL_MODERATOR,
	LEVEL_OPERATOR,
};

enum log_where {
	LOG_WHERE_AUTO,
	LOG_WHERE_STDERR,
	LOG_WHERE_SYSLOG,
	LOG_WHERE_BOTH,
};

struct conf {
	struct server_conf server;
	struct limits_conf limits;
	struct log_conf log;
	struct control_conf control;
	struct format_conf format;
	struct listen_conf **listens; /* in the order of the file, at least one */
	size_t nlistens;
	struct room_conf **rooms; /* in the order of the file, at least one */
	size_t nrooms;
	struct operator_conf **operators; /* in the order of the file */
	size_t noperators;
	struct room_conf *new_room; /* [room *]: for rooms that people open */
	bool listens_by_default;    /* no [listen] anywhere: listens[0] is built in */
};

/*
 * Load. Returns new, or NULL with every mistake in `errors`, each as
 * "FILE:LINE: what is wrong (what would be right)"; mistakes of the command line
 * name the option instead. Without a [listen] section there is one on the loopback
 * address, without a [room] section one room #lobby.
 */
must_use struct conf *conf_load(
	const struct conf_source *source, struct errlist *errors);

/* NULL is fine. */
void conf_free(struct conf *conf);

/* Append every effective value as a file that loads to the same configuration. */
void conf_print(const struct conf *conf, struct buf *out);

/*
 * The table of sections, for documents and loops: the rows of one section in the
 * order of options.def.
 */
struct conf_section {
	const char *name;    /* "server", "listen", ... */
	bool named;          /* [listen NAME]: any number, each with a name */
	const char *example; /* named: a NAME for the documents */
	const char *about;   /* some sentences for the documents */
	const struct option *options;
	size_t noptions;
};

extern const struct conf_section conf_sections[];
extern const size_t conf_nsections;

#endif
