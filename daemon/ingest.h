/* SPDX-License-Identifier: MIT */
/*
 * ingest.h: the inside of ingest: the collectors that are known (peers.c),
 * what they send (blocks.c), and how they are met (ingest.c).
 */
#ifndef CCMON_INGEST_H
#define CCMON_INGEST_H

#include <sys/queue.h>

#include <ccmon/keys.h>
#include <ccmon/log.h>
#include <ccmon/zev.h>

#include "daemon.h"
#include "merge.h"

#define PEER_ID_MAX	255	/* bytes; ZMQ_ROUTING_ID */
#define HOST_MAX	255	/* bytes; HOST_NAME_MAX is 64 */
#define PROBLEM_MAX	255	/* bytes kept of it */

struct peer {
	TAILQ_ENTRY(peer) link;
	char id[PEER_ID_MAX], name[NAME_MAX_BYTES], host[HOST_MAX], problem[PROBLEM_MAX];
	uint32_t id_len, name_len, host_len, problem_len; /* id_len 0: not connected */
	int64_t pid;
	struct merge_lane lane; /* what waits of it */
	struct journal_mark mark; /* applied */
	uint64_t taken; /* applied, or waits */
	uint64_t target; /* its last record when it said HELLO */
	uint64_t asked; /* last REWIND; 0: none since */
	uint64_t in_commit, acked;
	bool mute; /* no block came since it said HELLO */
	msec_t heard; /* monotonic: last STATUS */
	struct link_msg status; /* texts are in problem */
	msec_t skew; /* its clock less ours; the way here makes it less by its own */
	struct log_complaint damage;
};

struct ingest {
	struct ingest_options o;
	struct zev *socket;
	struct keys keys;
	bool guarded; /* by them */
	TAILQ_HEAD(peer_list, peer) peers;
	size_t npeers;
	struct merge merge;
	bool ready, stopped;
	bool held; /* by main */
	bool full; /* no more in this turn */
	struct log_complaint nonsense;
};

/* ---- peers.c ---- */

struct peer *peer_by_name(struct ingest *, struct str);	/* or NULL */
struct peer *peer_by_id(struct ingest *, struct str);	/* or NULL */
struct peer *peer_add(struct ingest *, struct str name);	/* NULL: no room, which was said */
struct str	 peer_name(const struct peer *);
void	peer_drop_waiting(struct peer *);	/* it will come again */
void	peer_gone(struct peer *);		/* no longer connected */
/* Sends; one that cannot be told is gone, and what waits of it with it. */
void	peer_say(struct ingest *, struct peer *, const struct link_msg *);
void	peer_say_seq(struct ingest *, struct peer *, uint8_t type, uint64_t seq);
/* Send again what is not applied.  Once for each place, however many blocks
 * were under way behind the hole. */
void	peer_rewind(struct ingest *, struct peer *);
bool	ingest_send(struct ingest *, struct str id, const struct link_msg *);

/* ---- blocks.c ---- */

void	blocks_take(struct ingest *, struct peer *, struct str id, const struct link_msg *);

#endif
