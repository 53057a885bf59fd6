/* SPDX-License-Identifier: ISC */
#ifndef APP_CONTROL_EVENTS_H
#define APP_CONTROL_EVENTS_H

/*
 * What happens in the chat, as lines for the clients of the control socket that read
 * events. Who does not read gets a count in their place, and in the end the door, as
 * any slow reader (limits.send_queue_soft, limits.send_time).
 */
struct control_client;
struct control_shared;

/* This client reads events from now on. */
void control_events_begin(struct control_client *client);

/* It does already, with another process: the rest of them goes to it from here. */
void control_events_watch(struct control_client *client);

/* All that was unsent is sent: go on where lines were skipped. */
void control_events_on_sent(struct control_client *client);

/* Nobody reads events any more: observe no longer. Only between turns. */
void control_events_relax(struct control_shared *shared);

#endif
