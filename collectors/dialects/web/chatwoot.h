/* SPDX-License-Identifier: MIT */
/*
 * chatwoot.h: what chatwoot.c, which has the dialect and its conversations,
 * and chatwoot_message.c share.
 */
#ifndef CCMON_DIALECTS_CHATWOOT_H
#define CCMON_DIALECTS_CHATWOOT_H

#include "web.h"

enum chat_status { OPEN, RESOLVED, PENDING, SNOOZED, NSTATUSES, UNKNOWN = NSTATUSES };

struct conversation {
	struct web	*w;
	const struct json_node *node;
	struct str	contact, queue;
	struct str	agent;		/* who has it; none: nobody, or a bot */
	enum chat_status status;
	msec_t		created, changed;
};

/* The conversation of a post; its events are of it from here on. */
struct conversation chatwoot_read(struct web *, const struct json_node *);

void	chatwoot_message_created(struct web *);
void	chatwoot_message_updated(struct web *);

#endif
