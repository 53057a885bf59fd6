/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/peercred.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/mem.h"

int
peercred_get(int fd, struct peercred *cred)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return -1;
	*cred = (struct peercred){.uid = peer.uid, .gid = peer.gid, .pid = peer.pid};
	return 0;
}

bool
peercred_in_group(int fd, const struct peercred *cred, gid_t group)
{
	socklen_t len = 16 * sizeof(gid_t);
	gid_t *groups = xmalloc(len);
	bool found = cred->gid == group;
	int rc = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len);

	/* There are more, and it says how many. */
	if (rc == -1 && errno == ERANGE) {
		groups = xreallocarray(groups, len, 1);
		rc = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len);
	}
	for (size_t i = 0; rc == 0 && i < len / sizeof(gid_t); i++)
		found = found || groups[i] == group;
	free(groups);
	return found;
}

char *
peercred_name(uid_t uid)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *user = NULL;
	char *name = NULL;

	while (file != NULL && (user = fgetpwent(file)) != NULL) {
		if (user->pw_uid == uid) {
			name = xstrdup(user->pw_name);
			break;
		}
	}
	if (file != NULL)
		fclose(file);
	return name;
}
