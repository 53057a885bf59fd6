/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/procfs.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DESCRIPTORS "/proc/self/fd"

uint64_t
procfs_resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long long total, resident = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%llu %llu", &total, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t
procfs_count(const char *folder)
{
	DIR *dir = opendir(folder);
	uint64_t count = 0;
	const struct dirent *entry;

	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

uint64_t
procfs_descriptors(void)
{
	struct stat st;
	uint64_t count;

	if (stat(DESCRIPTORS, &st) == -1)
		return 0;
	if (st.st_size > 0)
		return (uint64_t)st.st_size;
	count = procfs_count(DESCRIPTORS);
	return count > 0 ? count - 1 : 0; /* without that of the folder */
}
