/* SPDX-License-Identifier: ISC */
#ifndef CHAT_RENDER_H
#define CHAT_RENDER_H

#include <stdint.h>

#include "chat/msg.h"
#include "chat/page.h"
#include "conf/conf.h"

/*
 * From a message to the line that a receiver sees, by the templates of [format].
 */

/*
 * The line of `msg` in `style` (chat/style.h), ended by CR LF, on the page. The first
 * call for a style renders, later ones return the same extent; so a message must not
 * outlive the page it was rendered on. An empty template gives an empty extent: nothing
 * is to be delivered.
 */
struct extent render(
	struct page *page, const struct conf *conf, struct msg *msg, uint32_t style);

#endif
