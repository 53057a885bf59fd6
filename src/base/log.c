/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/thread.h"

enum {
	TEXT_MAX = 1024,            /* bytes of a record's text, escaped, terminated */
	QUEUE_MAX = 1024,           /* records */
	ROOM_MIN = QUEUE_MAX / 4,   /* free places after which drops are reported */
	LINE_SIZE = TEXT_MAX + 128, /* text with any prefix */
};

/* Where a record goes, as set when it was made. */
struct route {
	unsigned target; /* LOG_TO_* */
	enum log_prefix prefix;
	int facility;
};

struct record {
	struct route route;
	int level;
	time_t when;
	char text[TEXT_MAX];
};

/*
 * All that a thread works with. It is heap memory of its own, since a thread that is
 * stuck when the log stops is left behind: then it owns this and frees it, if it ever
 * comes back. Guarded by the log's lock but for `busy`, and for the record at `first`,
 * which is the thread's while there is one.
 */
struct queue {
	struct record ring[QUEUE_MAX];
	size_t first, count;
	uint64_t dropped;      /* not yet reported */
	bool stop;             /* the thread shall end once the queue is empty */
	bool ended;            /* it has */
	bool abandoned;        /* nobody waits for it any more */
	_Atomic unsigned busy; /* LOG_TO_* of the reader that it waits for, or 0 */
	pthread_t thread;
	pthread_cond_t work, end;
};

static struct {
	pthread_mutex_t lock;
	_Atomic int level; /* outside of the lock: most records end here */
	struct route route;
	bool opened;         /* openlog() has been called */
	unsigned stuck;      /* LOG_TO_* of readers that a thread was left with */
	struct queue *queue; /* NULL: records are written by their callers */
	uint64_t dropped;
} logger = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.level = LOG_NOTICE,
	.route = {LOG_TO_STDERR, LOG_PREFIX_TIME, LOG_DAEMON},
};

/* The words of [log] level where it has them. */
static const char *const level_names[] = {
	[LOG_EMERG] = "emergency",
	[LOG_ALERT] = "alert",
	[LOG_CRIT] = "critical",
	[LOG_ERR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

/* Write one byte as it may stand in a record; returns the length, at most 4. */
static size_t
escape_byte(char *out, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";

	if (c == '\\') {
		memcpy(out, "\\\\", 2);
		return 2;
	}
	if (c >= ' ' && c <= '~') {
		out[0] = (char)c;
		return 1;
	}
	out[0] = '\\';
	out[1] = 'x';
	out[2] = hex[c >> 4];
	out[3] = hex[c & 0x0F];
	return 4;
}

/* Escape to TEXT_MAX bytes; a longer text is cut between escapes, and shows it. */
static void
escape(char *out, const char *text, size_t len)
{
	static const char cut[] = "...";
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		char piece[4];
		size_t n = escape_byte(piece, (unsigned char)text[i]);

		if (used + n > TEXT_MAX - sizeof(cut)) {
			memcpy(out + used, cut, sizeof(cut));
			return;
		}
		memcpy(out + used, piece, n);
		used += n;
	}
	out[used] = '\0';
}

static void record_fill(struct record *record, int level, const char *fmt, va_list args)
	printf_like(3, 0);

static void
record_fill(struct record *record, int level, const char *fmt, va_list args)
{
	char text[TEXT_MAX];
	int len = vsnprintf(text, sizeof(text), fmt, args);

	record->level = level;
	record->when = time(NULL);
	if (len < 0)
		len = 0;
	/* What is missing at the end makes escape() cut, since it takes less. */
	if ((size_t)len >= sizeof(text))
		len = sizeof(text) - 1;
	escape(record->text, text, (size_t)len);
}

/* The record as a line of stderr; returns its length. */
static size_t
record_line(const struct record *record, char *line, size_t size)
{
	char stamp[32] = "";
	struct tm tm;
	int len;

	if (record->route.prefix == LOG_PREFIX_JOURNAL) {
		len = snprintf(line, size, "<%d>%s\n", record->level, record->text);
	} else {
		if (localtime_r(&record->when, &tm) == NULL ||
			strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm) == 0)
			stamp[0] = '\0';
		len = snprintf(line, size, "%s %s: %s\n", stamp,
			level_names[record->level], record->text);
	}
	return len < 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1;
}

/*
 * One write, so that lines of several writers to one pipe do not mix; more only if
 * the kernel takes less. A failure is nobody's news: where should it go?
 */
static void
write_stderr(const struct record *record)
{
	char line[LINE_SIZE];
	const char *rest = line;
	size_t len = record_line(record, line, sizeof(line));

	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, rest, len);

		if (n > 0) {
			rest += n;
			len -= (size_t)n;
		} else if (n == -1 && errno == EAGAIN) {
			/* Somebody shares the terminal with us and made it so. */
			struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};

			(void)poll(&ready, 1, -1);
		} else if (n == 0 || errno != EINTR) {
			return;
		}
	}
}

/*
 * Hand a record to its readers, which may take for ever; `busy` tells whoever cannot
 * wait that long. The facility goes with every record: openlog(), which could change
 * it, waits behind a syslog() that is stuck.
 */
static void
record_write(const struct record *record, _Atomic unsigned *busy)
{
	if (record->route.target & LOG_TO_STDERR) {
		*busy = LOG_TO_STDERR;
		write_stderr(record);
	}
	if (record->route.target & LOG_TO_SYSLOG) {
		*busy = LOG_TO_SYSLOG;
		syslog(record->route.facility | record->level, "%s", record->text);
	}
	*busy = 0;
}

/* The lock is held in all functions named queue_*, but for queue_free(). */

static void
queue_push(struct queue *queue, const struct record *record)
{
	queue->ring[(queue->first + queue->count) % QUEUE_MAX] = *record;
	queue->count++;
	pthread_cond_signal(&queue->work);
}

/*
 * Add a record, or count it as dropped. Once one was, the report of it is the next to
 * be added, so that the gap stands in the log where it belongs.
 */
static void
queue_add(struct queue *queue, const struct record *record)
{
	if (queue->count < QUEUE_MAX && queue->dropped == 0) {
		queue_push(queue, record);
		return;
	}
	queue->dropped++;
	logger.dropped++;
}

/* Whatever the level: who reads only errors wants to know most that some are lost. */
static void
queue_report(struct queue *queue)
{
	struct record record = {
		.route = logger.route,
		.level = LOG_WARNING,
		.when = time(NULL),
	};

	(void)snprintf(record.text, sizeof(record.text), "log: %ju records dropped",
		(uintmax_t)queue->dropped);
	queue->dropped = 0;
	queue_push(queue, &record);
}

/*
 * Write the first record. Drops are reported only when there is room for many more:
 * with room for one, the log of a flood would consist of nothing but such reports.
 */
static void
queue_write_first(struct queue *queue)
{
	const struct record *record = &queue->ring[queue->first];

	pthread_mutex_unlock(&logger.lock);
	record_write(record, &queue->busy);
	pthread_mutex_lock(&logger.lock);
	queue->first = (queue->first + 1) % QUEUE_MAX;
	queue->count--;
	if (queue->dropped > 0 && QUEUE_MAX - queue->count >= ROOM_MIN)
		queue_report(queue);
}

static struct queue *
queue_new(void)
{
	struct queue *queue = xcalloc(1, sizeof(*queue));
	pthread_condattr_t attr;

	/* Waiting for the end must not take an hour when the clock is set. */
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&queue->work, NULL);
	pthread_cond_init(&queue->end, &attr);
	pthread_condattr_destroy(&attr);
	return queue;
}

static void
queue_free(struct queue *queue)
{
	pthread_cond_destroy(&queue->work);
	pthread_cond_destroy(&queue->end);
	free(queue);
}

static void *
thread_main(void *arg)
{
	struct queue *queue = arg;
	bool abandoned;

	pthread_mutex_lock(&logger.lock);
	while (!queue->abandoned && (queue->count > 0 || !queue->stop)) {
		if (queue->count > 0)
			queue_write_first(queue);
		else
			pthread_cond_wait(&queue->work, &logger.lock);
	}
	abandoned = queue->abandoned;
	if (!abandoned) {
		queue->ended = true;
		logger.queue = NULL;
		pthread_cond_signal(&queue->end);
	}
	pthread_mutex_unlock(&logger.lock);
	/* Else log_stop() frees it. From here on the queue may be gone. */
	if (abandoned)
		queue_free(queue);
	return NULL;
}

void
log_start(void)
{
	int saved = errno, failure = 0;

	pthread_mutex_lock(&logger.lock);
	if (logger.queue == NULL) {
		struct queue *queue = queue_new();

		failure = thread_start(&queue->thread, thread_main, queue);
		if (failure == 0) {
			logger.queue = queue;
			logger.stuck = 0;
		} else {
			queue_free(queue);
		}
	}
	pthread_mutex_unlock(&logger.lock);
	if (failure != 0)
		log_error("log: no thread: %s", strerror(failure));
	errno = saved;
}

static struct timespec
deadline_in(int ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += ms % 1000 * 1000000L;
	if (at.tv_nsec >= 1000000000L) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000L;
	}
	return at;
}

/*
 * Leave a stuck thread to itself: neither can it be waited for, nor ended safely
 * within syslog(). Records that are still to come must not run into the same wall.
 */
static void
queue_abandon(struct queue *queue)
{
	queue->abandoned = true;
	logger.queue = NULL;
	logger.stuck = queue->busy;
	logger.dropped += queue->count;
	pthread_detach(queue->thread);
}

void
log_stop(int ms)
{
	struct timespec deadline = deadline_in(ms);
	int saved = errno, late = 0;
	struct queue *queue;
	bool ended = false;

	pthread_mutex_lock(&logger.lock);
	queue = logger.queue;
	if (queue != NULL) {
		queue->stop = true;
		pthread_cond_signal(&queue->work);
		while (!queue->ended && late == 0)
			late = pthread_cond_timedwait(
				&queue->end, &logger.lock, &deadline);
		ended = queue->ended;
		if (!ended)
			queue_abandon(queue);
	}
	pthread_mutex_unlock(&logger.lock);
	if (ended) {
		pthread_join(queue->thread, NULL);
		queue_free(queue);
	}
	errno = saved;
}

void
log_setup(enum log_target target, enum log_prefix prefix, int level, int facility)
{
	int saved = errno;

	pthread_mutex_lock(&logger.lock);
	logger.route = (struct route){(unsigned)target, prefix, facility};
	logger.level = level;
	/*
	 * Once, since a second call would wait behind a syslog() that is stuck. Without
	 * LOG_NDELAY it only remembers its arguments; the first record connects, in the
	 * thread, and after daemonising has closed descriptors. LOG_PID tells an old
	 * daemon from the new one during an upgrade.
	 */
	if (!logger.opened)
		openlog("prattled", LOG_PID, LOG_DAEMON);
	logger.opened = true;
	pthread_mutex_unlock(&logger.lock);
	errno = saved;
}

uint64_t
log_dropped(void)
{
	uint64_t dropped;

	pthread_mutex_lock(&logger.lock);
	dropped = logger.dropped;
	pthread_mutex_unlock(&logger.lock);
	return dropped;
}

/* Queue a record; without a thread, write it. */
static void
submit(struct record *record)
{
	_Atomic unsigned busy = 0;
	bool queued;

	pthread_mutex_lock(&logger.lock);
	record->route = logger.route;
	record->route.target &= ~logger.stuck;
	queued = logger.queue != NULL;
	if (queued)
		queue_add(logger.queue, record);
	else if (record->route.target == 0)
		logger.dropped++;
	pthread_mutex_unlock(&logger.lock);
	if (!queued)
		record_write(record, &busy);
}

int
log_level(void)
{
	return atomic_load_explicit(&logger.level, memory_order_relaxed);
}

void
log_set_level(int level)
{
	atomic_store_explicit(&logger.level, level, memory_order_relaxed);
}

void
log_at(int level, const char *fmt, ...)
{
	int saved = errno;
	struct record record;
	va_list args;

	level = LOG_PRI(level);
	if (level > log_level())
		return;
	va_start(args, fmt);
	record_fill(&record, level, fmt, args);
	va_end(args);
	submit(&record);
	errno = saved;
}
