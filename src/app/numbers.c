/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/numbers.h"

#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/procfs.h"
#include "chat/store.h"

#define MICRO 1000000

static uint64_t
microseconds(struct timeval tv)
{
	return (uint64_t)tv.tv_sec * MICRO + (uint64_t)tv.tv_usec;
}

static uint64_t
cpu_time(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) == -1)
		return 0;
	return microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
}

static uint64_t
max_fds(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

void
numbers_take(struct numbers *numbers, const struct chat *chat, const struct net *net,
	const struct counts *counts)
{
	*numbers = (struct numbers){
		.people = chat_people(chat),
		.rooms = chat_rooms(chat),
		.connections = net_count(net),
		.lines = chat->lines,
		.input_lines = net->lines,
		.deliveries = chat->deliveries,
		.skipped_lines = net->skipped,
		.received_bytes = net->received,
		.sent_bytes = net->sent,
		.queue_bytes = net->queued,
		.connects = {net->accepted, net->refused},
		.turns = counts->turns,
		.open_fds = procfs_descriptors(),
		.max_fds = max_fds(),
		.resident_memory_bytes = procfs_resident(),
		.cpu = cpu_time(),
		.log_records_dropped = counts->dropped + log_dropped(),
		.restarts = counts->restarts,
		.bans = chat->store->bans.count,
		.claims = claims_count(chat->store->claims),
		.started = (uint64_t)chat->started.wall * MICRO,
		.one = 1,
	};
	memcpy(numbers->disconnects, net->closes, sizeof(numbers->disconnects));
	memcpy(numbers->reloads, counts->reloads, sizeof(numbers->reloads));
}

void
numbers_log(const struct numbers *numbers, int64_t up)
{
	struct buf disconnects = {0};

	reasons_print(numbers->disconnects, &disconnects);
	log_notice("status: %llu people, %llu rooms, %llu connections, %llu lines, "
		   "%llu reloads, up %lld s, %llu log records dropped",
		(unsigned long long)numbers->people, (unsigned long long)numbers->rooms,
		(unsigned long long)numbers->connections,
		(unsigned long long)numbers->lines,
		(unsigned long long)numbers->reloads[0], (long long)up / 1000,
		(unsigned long long)numbers->log_records_dropped);
	log_notice("status: %llu lines skipped; sessions ended: %.*s",
		(unsigned long long)numbers->skipped_lines, (int)disconnects.len,
		disconnects.len > 0 ? disconnects.p : "");
	buf_fini(&disconnects);
}
