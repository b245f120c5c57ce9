/* SPDX-License-Identifier: MIT */
/*
 * peers.c: the collectors the daemon has met, by name, whether they are
 * connected or not; and words to one of them.
 */
#include "ingest.h"

#include <errno.h>
#include <stdlib.h>

#include <ccmon/clock.h>

#define PEERS_MAX 256 /* names; a house has a handful */
#define LINK_SMALL 64 /* bytes; what we send is a type and two numbers */
#define SILENT_MS 5000 /* STATUS comes every second */

struct str
peer_name(const struct peer *p)
{
	return (struct str){ p->name, p->name_len };
}

struct peer *
peer_by_name(struct ingest *in, struct str name)
{
	struct peer *p = TAILQ_FIRST(&in->peers);

	while (p != NULL && !str_eq(peer_name(p), name))
		p = TAILQ_NEXT(p, link);
	return p;
}

struct peer *
peer_by_id(struct ingest *in, struct str id)
{
	struct peer *p = TAILQ_FIRST(&in->peers);

	while (p != NULL && !str_eq((struct str){ p->id, p->id_len }, id))
		p = TAILQ_NEXT(p, link);
	return p;
}

struct peer *
peer_add(struct ingest *in, struct str name)
{
	struct peer *p = in->npeers < PEERS_MAX ? calloc(1, sizeof(*p)) : NULL;

	if (p == NULL) {
		log_complain(&in->nonsense, clock_mono(), "collector",
		    "no room for another: name=%s", log_quote(name));
		return NULL;
	}
	memcpy(p->name, name.p, name.n);
	p->name_len = name.n;
	TAILQ_INSERT_TAIL(&in->peers, p, link);
	merge_join(&in->merge, &p->lane, p);
	in->npeers++;
	return p;
}

/* What waits of it will come again. */
void
peer_drop_waiting(struct peer *p)
{
	merge_drop(&p->lane);
	p->taken = p->mark.seq;
}

void
peer_gone(struct peer *p)
{
	p->id_len = 0;
	p->lane.here = false;
	peer_drop_waiting(p);
}

/* ---- words to them ---- */

bool
ingest_send(struct ingest *in, struct str peer, const struct link_msg *m)
{
	char buf[LINK_SMALL];
	size_t n = link_pack(m, buf, sizeof(buf));

	return zev_send(in->socket, peer, (struct str){ buf, (uint32_t)n }) == 0;
}

void
peer_say(struct ingest *in, struct peer *p, const struct link_msg *m)
{
	if (p->id_len == 0 || ingest_send(in, (struct str){ p->id, p->id_len }, m))
		return;
	log_info("collector", "gone: name=%s: %s", log_quote(peer_name(p)), zev_error(errno));
	peer_gone(p);
}

void
peer_say_seq(struct ingest *in, struct peer *p, uint8_t type, uint64_t seq)
{
	struct link_msg m = { .type = type, .seq = seq };

	peer_say(in, p, &m);
}

void
peer_rewind(struct ingest *in, struct peer *p)
{
	uint64_t seq = p->mark.seq + 1;

	peer_drop_waiting(p);
	if (p->asked == seq)
		return;
	p->asked = seq;
	peer_say_seq(in, p, LINK_REWIND, seq);
}

/* ---- what is known of them ---- */

static const char *
peer_state(const struct peer *p, msec_t mono)
{
	if (p->id_len == 0 || mono - p->heard > SILENT_MS)
		return "silent";
	return merge_catches_up(&p->lane, mono) ? "catching_up" : "live";
}

bool
ingest_report(struct ingest *in, size_t i, struct collector_report *r)
{
	struct peer *p = TAILQ_FIRST(&in->peers);

	for (; p != NULL && i > 0; i--)
		p = TAILQ_NEXT(p, link);
	if (p == NULL)
		return false;
	*r = (struct collector_report){
		.name = peer_name(p),
		.host = { p->host, p->host_len },
		.problem = { p->problem, p->problem_len },
		.pid = p->pid,
		.state = peer_state(p, clock_mono()),
		.silent_ms = clock_mono() - p->heard,
		.skew = p->skew,
		.status = p->status,
	};
	return true;
}
