/* SPDX-License-Identifier: MIT */
/*
 * ingest.c: the daemon's end of the link with its collectors (wire.h).
 *
 *	collector		daemon
 *	HELLO	------------->	knows it, or not; answers once the state is
 *		<-------------	WELCOME next record wanted	      loaded
 *	BATCH	------------->	what was seen is passed over, a hole is
 *		<-------------	REWIND, the rest is applied, then
 *		<-------------	CREDIT; and, once it is in Redis,
 *		<-------------	ACK
 *
 * A collector is known by its name: one that says HELLO again, perhaps from
 * another connection, takes the place of the former.  Who sends without HELLO
 * is told REWIND 0, "say HELLO".  Who cannot be reached is forgotten, and will
 * hear the same when it is back.
 *
 * Over tcp each has a key (keys.h), and may speak for the name of that key
 * alone.  Who has lost his is cut off with all the others, who come again.
 *
 * How far a journal was applied is part of the engine's state; what is kept
 * here of it is a copy for the length of a connection.
 */
#include "ingest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <ccmon/clock.h>

#define BLOCKS_A_TURN 4 /* of at most 1 MiB: some 10 ms of the loop */

static uint32_t
keep(char *buf, uint32_t cap, struct str text)
{
	uint32_t n = text.n < cap ? text.n : cap;

	if (n > 0)
		memcpy(buf, text.p, n);
	return n;
}

/* ---- HELLO ---- */

/*
 * Where its journal and what was applied of it meet.  A journal that begins
 * later than what we want has lost records; one that ends before what we have
 * lost its tail and gives those numbers out again.  Both are said.
 */
static uint64_t
next_wanted(const struct peer *p, const struct link_msg *hello)
{
	uint64_t next = p->mark.seq + 1;
	const char *name = log_quote(peer_name(p));

	if (hello->first > next) {
		if (p->mark.seq > 0)
			log_error("collector",
			    "its journal begins too late: name=%s wanted=%" PRIu64 " first=%" PRIu64
			    ": those between are lost",
			    name, next, hello->first);
		return hello->first;
	}
	if (next > hello->last + 1) {
		log_error("collector",
		    "its journal lost its end: name=%s wanted=%" PRIu64 " last=%" PRIu64
		    ": going on from there",
		    name, next, hello->last);
		return hello->last + 1;
	}
	return next;
}

static void
find_place(struct ingest *in, struct peer *p, const struct link_msg *hello)
{
	struct journal_mark mark;
	struct str name = { p->name, p->name_len };
	bool known = in->o.position(in->o.arg, name, &mark);

	if (known && memcmp(mark.id, hello->journal_id, sizeof(mark.id)) != 0) {
		log_warn("collector", "it has a new journal: name=%s; reading it from its begin",
		    log_quote(name));
		known = false;
	}
	if (!known) {
		memcpy(mark.id, hello->journal_id, sizeof(mark.id));
		mark.seq = 0;
	}
	p->mark = mark;
	p->mark.seq = next_wanted(p, hello) - 1;
	peer_drop_waiting(p);
	if (!known || p->mark.seq != mark.seq)
		in->o.applied(in->o.arg, name, &p->mark);
}

/* Who says HELLO again and again and sends nothing is not waited for anew. */
static void
find_lane(struct peer *p)
{
	p->lane.here = true;
	p->lane.behind = p->mark.seq < p->target;
	if (!p->mute)
		p->lane.moved = clock_mono();
	p->mute = true;
}

static void
meet(struct ingest *in, struct peer *p, struct str id, const struct link_msg *hello)
{
	p->id_len = keep(p->id, sizeof(p->id), id);
	p->host_len = keep(p->host, sizeof(p->host), hello->host);
	p->pid = hello->pid;
	p->target = hello->last;
	p->asked = p->acked = p->in_commit = 0;
	p->heard = clock_mono();
	find_place(in, p, hello);
	find_lane(p);
	log_info("collector",
	    "connected: name=%s host=%s pid=%" PRId64 " next=%" PRIu64 " last=%" PRIu64,
	    log_quote(peer_name(p)), log_quote(hello->host), hello->pid, p->mark.seq + 1,
	    hello->last);
	peer_say(in, p,
	    &(struct link_msg){
	        .type = LINK_WELCOME, .seq = p->mark.seq + 1, .credit = WIRE_CREDIT });
}

static void
on_hello(struct ingest *in, struct peer *p, struct str id, const struct link_msg *m)
{
	if (m->version != WIRE_VERSION) {
		log_complain(&in->nonsense, clock_mono(), "collector",
		    "speaks version %u of the link, not %u: name=%s; not taking its records",
		    m->version, WIRE_VERSION, log_quote(m->name));
		return;
	}
	if (!in->ready) /* it says HELLO again in a second */
		return;
	if (p != NULL && !str_eq(peer_name(p), m->name))
		peer_gone(p); /* the connection has another name now */
	p = peer_by_name(in, m->name);
	if (p == NULL)
		p = peer_add(in, m->name);
	if (p != NULL)
		meet(in, p, id, m);
}

/* ---- STATUS ---- */

/* Answered, so that a collector with nothing to send knows that we live. */
static void
on_status(struct ingest *in, struct peer *p, struct str id, const struct link_msg *m)
{
	(void)id;
	if (p == NULL)
		return;
	peer_say_seq(in, p, LINK_ACK, p->acked);
	p->heard = clock_mono();
	p->status = *m;
	p->skew = (msec_t)m->clock - clock_wall();
	p->problem_len = keep(p->problem, sizeof(p->problem), m->problem);
}

/* ---- all of them ---- */

/* Whom it is about. */
static struct str
name_in(const struct peer *p, const struct link_msg *m)
{
	if (m->type == LINK_HELLO)
		return m->name;
	return p != NULL ? peer_name(p) : STR_NONE;
}

static bool
speaks_for_itself(struct ingest *in, const struct peer *p, const struct link_msg *m,
    const struct zev_frames *frames)
{
	struct str name = name_in(p, m);

	if (!in->guarded || name.p == NULL || str_eq(name, frames->user))
		return true;
	log_complain(&in->nonsense, clock_mono(), "collector",
	    "one with the key of %s calls itself %s; not listening", log_quote(frames->user),
	    log_quote(name));
	return false;
}

static bool
on_message(void *arg, const struct zev_frames *frames)
{
	static void (*const on[LINK_NTYPES])(
	    struct ingest *, struct peer *, struct str, const struct link_msg *) = {
		[LINK_HELLO] = on_hello,
		[LINK_BATCH] = blocks_take,
		[LINK_STATUS] = on_status,
	};
	struct ingest *in = arg;
	struct peer *p = peer_by_id(in, frames->peer);
	struct link_msg m;
	int type = frames->n == 1 ? link_open(&m, frames->frame[0].p, frames->frame[0].n) : -1;

	clock_turn(); /* records are applied at the time they come */
	if (type < 0 || on[type] == NULL || frames->peer.n > PEER_ID_MAX)
		log_complain(&in->nonsense, clock_mono(), "collector",
		    "somebody sends what is no message of the link; not looking at it");
	else if (speaks_for_itself(in, p, &m, frames))
		on[type](in, p, frames->peer, &m);
	return true;
}

/* ---- commits ---- */

void
ingest_commit_begins(struct ingest *in)
{
	for (struct peer *p = TAILQ_FIRST(&in->peers); p != NULL; p = TAILQ_NEXT(p, link))
		p->in_commit = p->mark.seq;
}

void
ingest_committed(struct ingest *in)
{
	for (struct peer *p = TAILQ_FIRST(&in->peers); p != NULL; p = TAILQ_NEXT(p, link)) {
		if (p->in_commit <= p->acked)
			continue;
		p->acked = p->in_commit;
		peer_say_seq(in, p, LINK_ACK, p->acked);
	}
}

/* ---- what main asks ---- */

bool
ingest_catching_up(const struct ingest *in, msec_t mono)
{
	return merge_goes_on(&in->merge, mono);
}

size_t
ingest_collectors(const struct ingest *in)
{
	size_t n = 0;

	for (const struct peer *p = TAILQ_FIRST(&in->peers); p != NULL; p = TAILQ_NEXT(p, link))
		n += p->id_len > 0;
	return n;
}

/* ---- opening and closing ---- */

static int
listen_there(struct ingest *in)
{
	struct zev_options z = {
		.type = ZEV_ROUTER,
		.max_msg = WIRE_BLOCK_MAX + 4096, /* bytes; a block and what is round it */
		.on_message = on_message,
		.arg = in,
		.budget = BLOCKS_A_TURN,
		.keys = in->guarded ? &in->keys : NULL,
	};

	in->socket = zev_open(&z);
	if (in->socket != NULL && zev_bind(in->socket, in->o.endpoint) == 0)
		return 0;
	log_error("ingest", "cannot listen on %s: %s", in->o.endpoint, zev_error(errno));
	return -1;
}

static int
read_keys(struct ingest *in)
{
	if (in->o.key_file == NULL)
		return 0;
	if (keys_read(&in->keys, in->o.key_file, NULL, in->o.peers_dir) != 0)
		return -1;
	in->guarded = true;
	return 0;
}

struct ingest *
ingest_open(const struct ingest_options *o)
{
	struct ingest *in = calloc(1, sizeof(*in));

	if (in == NULL)
		return NULL;
	in->o = *o;
	TAILQ_INIT(&in->peers);
	merge_init(&in->merge);
	if (read_keys(in) == 0 && listen_there(in) == 0)
		return in;
	ingest_close(in);
	return NULL;
}

void
ingest_close(struct ingest *in)
{
	struct peer *p;

	if (in == NULL)
		return;
	while ((p = TAILQ_FIRST(&in->peers)) != NULL) {
		TAILQ_REMOVE(&in->peers, p, link);
		merge_drop(&p->lane);
		free(p);
	}
	if (in->socket != NULL)
		zev_close(in->socket);
	keys_wipe(&in->keys);
	free(in);
}

void
ingest_reload(struct ingest *in)
{
	struct peer *p;

	if (!in->guarded || keys_renew(&in->keys) != 1)
		return;
	log_info("ingest", "all connections are ended; who may come back does so by himself");
	for (p = TAILQ_FIRST(&in->peers); p != NULL; p = TAILQ_NEXT(p, link))
		peer_gone(p);
	zev_reopen(in->socket);
}

void
ingest_ready(struct ingest *in, msec_t until)
{
	in->ready = true;
	merge_begin(&in->merge, until);
}

void
ingest_all_met(struct ingest *in)
{
	merge_all_here(&in->merge);
}

void
ingest_stop(struct ingest *in)
{
	in->stopped = true;
	zev_pause(in->socket);
}

/* "Who are you?", from one who will not hear the answer: so they ask all
 * daemons of the site now, not when they miss this one. */
void
ingest_farewell(struct ingest *in)
{
	for (struct peer *p = TAILQ_FIRST(&in->peers); p != NULL; p = TAILQ_NEXT(p, link))
		peer_say_seq(in, p, LINK_REWIND, 0);
}

void
ingest_hold(struct ingest *in, bool hold)
{
	in->held = hold;
}
