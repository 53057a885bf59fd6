/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/observer.h"

void
observer_add(struct chat *chat, struct observer *observer)
{
	TAILQ_INSERT_TAIL(&chat->observers, observer, link);
}

void
observer_remove(struct chat *chat, struct observer *observer)
{
	TAILQ_REMOVE(&chat->observers, observer, link);
}

void
observers_tell(struct chat *chat, struct observation seen)
{
	struct observer *observer;

	seen.wall = chat->now.wall;
	TAILQ_FOREACH (observer, &chat->observers, link)
		observer->ops->observe(observer->arg, &seen);
}
