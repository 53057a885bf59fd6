/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/net_state.h"

#include <stdlib.h>

#include "base/state.h"
#include "net/arrival.h"
#include "net/conn.h"
#include "net/conn_state.h"
#include "net/net.h"

/* The records, in their order. A number is never given to another one. */
enum record {
	RECORD_NET = 32,
	RECORD_CONN = 33,
	RECORD_ARRIVAL = 34,
};

/* How many sessions ended for a reason, by its words, for the numbers may change. */
struct ending {
	struct str why;
	uint64_t count;
};
static const struct state_field ending_fields[] = {
	STATE_ROW(struct ending, why, 1, STATE_STR),
	STATE_ROW(struct ending, count, 2, STATE_UINT),
};
static const struct state_table ending_table = STATE_TABLE(ending, ending_fields, NULL);

struct counts {
	uint64_t last_id, skipped;
	uint64_t accepted, refused;
	uint64_t lines, received, sent;
	struct ending *endings;
	size_t nendings;
};
static const struct state_field counts_fields[] = {
	STATE_ROW(struct counts, last_id, 1, STATE_UINT),
	STATE_ROW(struct counts, skipped, 2, STATE_UINT),
	STATE_ROW(struct counts, endings, 3, STATE_ARRAY, .table = &ending_table,
		.count_at = offsetof(struct counts, nendings), .max = 1000),
	STATE_ROW(struct counts, accepted, 4, STATE_UINT),
	STATE_ROW(struct counts, refused, 5, STATE_UINT),
	STATE_ROW(struct counts, lines, 6, STATE_UINT),
	STATE_ROW(struct counts, received, 7, STATE_UINT),
	STATE_ROW(struct counts, sent, 8, STATE_UINT),
};
static const struct state_table counts_table = STATE_TABLE(counts, counts_fields, NULL);

void
net_state_save(const struct net *net, struct state_out *out)
{
	struct ending endings[REASONS];
	struct counts counts = {
		.last_id = net->last_id,
		.skipped = net->skipped,
		.accepted = net->accepted,
		.refused = net->refused,
		.lines = net->lines,
		.received = net->received,
		.sent = net->sent,
		.endings = endings,
	};
	const struct conn *conn;

	for (enum reason reason = 0; reason < REASONS; reason++) {
		if (net->closes[reason] > 0)
			endings[counts.nendings++] = (struct ending){
				.why = str_of(reason_text(reason)),
				.count = net->closes[reason],
			};
	}
	state_put(out, RECORD_NET, &counts_table, &counts);
	TAILQ_FOREACH (conn, &net->conns, link)
		conn_state_save(conn, out, RECORD_CONN);
	arrivals_save(net, out, RECORD_ARRIVAL);
}

static int
restore_counts(struct net *net, struct state_in *in, const struct state_item *item,
	struct err *err)
{
	struct counts counts = {0};
	int rc = state_get(in, item, &counts_table, &counts, err);

	if (rc == 0) {
		net->last_id = counts.last_id;
		net->skipped = counts.skipped;
		net->accepted = counts.accepted;
		net->refused = counts.refused;
		net->lines = counts.lines;
		net->received = counts.received;
		net->sent = counts.sent;
	}
	for (size_t i = 0; rc == 0 && i < counts.nendings; i++) {
		for (enum reason reason = 0; reason < REASONS; reason++) {
			if (str_eq(counts.endings[i].why, str_of(reason_text(reason))))
				net->closes[reason] = counts.endings[i].count;
		}
	}
	free(counts.endings);
	return rc;
}

int
net_state_restore(struct net *net, struct state_in *in, const struct state_item *item,
	struct err *err)
{
	int rc;

	switch (item->number) {
	case RECORD_NET:
		rc = restore_counts(net, in, item, err);
		break;
	case RECORD_CONN:
		rc = conn_state_restore(net, in, item, err);
		break;
	case RECORD_ARRIVAL:
		rc = arrival_restore(net, in, item, err);
		break;
	default:
		return 0;
	}
	return rc == 0 ? 1 : -1;
}
