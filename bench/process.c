/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "fail.h"

/* Open /proc/PID/WHAT. */
static FILE *
open_file(pid_t pid, const char *what)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, what);
	file = fopen(path, "re");
	if (file == NULL)
		fail_errno("%s", path);
	return file;
}

static DIR *
open_folder(pid_t pid, const char *what)
{
	char path[64];
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, what);
	folder = opendir(path);
	if (folder == NULL)
		fail_errno("%s", path);
	return folder;
}

/* The CPU time of one thread in ns; -1 if it is gone, or the kernel does not count. */
static int64_t
thread_cpu(pid_t pid, const char *thread)
{
	char path[320];
	long long ns = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/task/%s/schedstat", (long)pid, thread);
	file = fopen(path, "re");
	if (file == NULL)
		return -1;
	if (fscanf(file, "%lld", &ns) != 1)
		ns = -1;
	fclose(file);
	return ns;
}

/* By the clock's ticks, which is what every kernel has. */
static int64_t
cpu_by_ticks(pid_t pid)
{
	unsigned long long user, kernel;
	char line[1024], *at;
	FILE *file = open_file(pid, "stat");

	at = fgets(line, sizeof(line), file);
	fclose(file);
	/* The name in brackets may hold anything. */
	if (at != NULL)
		at = strrchr(line, ')');
	if (at == NULL ||
		sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu",
			&user, &kernel) != 2)
		fail("/proc/%ld/stat is not understood", (long)pid);
	return (int64_t)(user + kernel) * (NS_PER_S / sysconf(_SC_CLK_TCK));
}

int64_t
process_cpu(pid_t pid)
{
	DIR *folder = open_folder(pid, "task");
	struct dirent *entry;
	int64_t sum = 0, one;

	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		one = thread_cpu(pid, entry->d_name);
		sum += one > 0 ? one : 0;
	}
	closedir(folder);
	return sum > 0 ? sum : cpu_by_ticks(pid);
}

int64_t
process_pss(pid_t pid)
{
	FILE *file = open_file(pid, "smaps_rollup");
	char line[256];
	long long kib = -1;

	while (kib < 0 && fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "Pss: %lld kB", &kib) != 1)
			kib = -1;
	}
	fclose(file);
	if (kib < 0)
		fail("/proc/%ld/smaps_rollup has no Pss", (long)pid);
	return kib * 1024;
}

int64_t
process_rss(pid_t pid)
{
	FILE *file = open_file(pid, "statm");
	long long pages = 0;
	int found = fscanf(file, "%*d %lld", &pages);

	fclose(file);
	if (found != 1)
		fail("/proc/%ld/statm is not understood", (long)pid);
	return pages * sysconf(_SC_PAGESIZE);
}

int
process_descriptors(pid_t pid)
{
	DIR *folder = open_folder(pid, "fd");
	struct dirent *entry;
	int count = 0;

	while ((entry = readdir(folder)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count;
}

int64_t
process_own_cpu(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NS_PER_S +
		(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}
