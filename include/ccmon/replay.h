/* SPDX-License-Identifier: MIT */
/*
 * replay.h: what a collector and a publisher say at the publisher's replay
 * socket.  ccmon-events(7) has it in full.
 *
 *	collector	{"replay":{"source":S,"boot":B,"from":N,"to":N}}
 *	publisher	events, each as it was published, in order
 *	publisher	{"replayed":{"source":S,"boot":B,"from":N,"to":N,"sent":N}}
 */
#ifndef CCMON_REPLAY_H
#define CCMON_REPLAY_H

#include "json.h"
#include "out.h"

#define REPLAY_MOST	1000	/* numbers a request may ask for */

struct replay_span {
	struct str	source;
	int64_t		boot;
	uint64_t	from, to;	/* 1 or more; to is not below from */
};

enum replay_type { REPLAY_NONSENSE, REPLAY_ASK, REPLAY_EVENT, REPLAY_END };

void	replay_put_ask(struct out *, const struct replay_span *);
void	replay_put_end(struct out *, const struct replay_span *, uint64_t sent);
/* What a message is, and what it says (the source is borrowed until the next
 * parse).  Any other JSON object may be an event. */
enum replay_type replay_read(struct json_tree *, struct str, struct replay_span *, uint64_t *sent);

#endif
