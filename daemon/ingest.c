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
 * While collectors hand over what they kept for us, their blocks wait for each
 * other (merge.h), and CREDIT for them is said when they are applied: so what
 * waits is at most WIRE_CREDIT bytes a collector.  Blocks wait as well when
 * whoever takes the records has enough for this turn of the loop, the rest of
 * a block begun among them: one may stand for days of a replay.  The socket is
 * read meanwhile, so that collectors hear that we live.  Whatever makes a
 * collector send again drops what waits of it.
 *
 * How far a journal was applied is part of the engine's state; what is kept
 * here of it is a copy for the length of a connection.
 */
#include "daemon.h"

#include "merge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <ccmon/clock.h>
#include <ccmon/keys.h>
#include <ccmon/log.h>
#include <ccmon/zev.h>

#define PEERS_MAX 256 /* names; a house has a handful */
#define PEER_ID_MAX 255 /* bytes; ZMQ_ROUTING_ID */
#define HOST_MAX 255 /* bytes; HOST_NAME_MAX is 64 */
#define PROBLEM_MAX 255 /* bytes kept of it */
#define LINK_SMALL 64 /* bytes; what we send is a type and two numbers */
#define BLOCKS_A_TURN 4 /* of at most 1 MiB: some 10 ms of the loop */
#define MERGED_A_TURN 8 /* of them; more than come, or they would never be fewer */
#define SILENT_MS 5000 /* STATUS comes every second */

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

/* ---- peers ---- */

static struct peer *
find_name(struct ingest *in, struct str name)
{
	struct peer *p = TAILQ_FIRST(&in->peers);

	while (p != NULL && !str_eq((struct str){ p->name, p->name_len }, name))
		p = TAILQ_NEXT(p, link);
	return p;
}

static struct peer *
find_id(struct ingest *in, struct str id)
{
	struct peer *p = TAILQ_FIRST(&in->peers);

	while (p != NULL && !str_eq((struct str){ p->id, p->id_len }, id))
		p = TAILQ_NEXT(p, link);
	return p;
}

static struct peer *
add_peer(struct ingest *in, struct str name)
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
static void
drop_waiting(struct peer *p)
{
	merge_drop(&p->lane);
	p->taken = p->mark.seq;
}

static void
disconnect(struct peer *p)
{
	p->id_len = 0;
	p->lane.here = false;
	drop_waiting(p);
}

static uint32_t
keep(char *buf, uint32_t cap, struct str text)
{
	uint32_t n = text.n < cap ? text.n : cap;

	if (n > 0)
		memcpy(buf, text.p, n);
	return n;
}

/* ---- sending ---- */

static bool
send_to(struct ingest *in, struct str peer, const struct link_msg *m)
{
	char buf[LINK_SMALL];
	size_t n = link_pack(m, buf, sizeof(buf));

	return zev_send(in->socket, peer, (struct str){ buf, (uint32_t)n }) == 0;
}

static void
say(struct ingest *in, struct peer *p, const struct link_msg *m)
{
	if (p->id_len == 0 || send_to(in, (struct str){ p->id, p->id_len }, m))
		return;
	log_info("collector", "gone: name=%s: %s", log_quote((struct str){ p->name, p->name_len }),
	    zev_error(errno));
	disconnect(p);
}

static void
say_seq(struct ingest *in, struct peer *p, uint8_t type, uint64_t seq)
{
	struct link_msg m = { .type = type, .seq = seq };

	say(in, p, &m);
}

/* Send again what is not applied.  Once for each place, however many blocks
 * were under way behind the hole. */
static void
rewind_peer(struct ingest *in, struct peer *p)
{
	uint64_t seq = p->mark.seq + 1;

	drop_waiting(p);
	if (p->asked == seq)
		return;
	p->asked = seq;
	say_seq(in, p, LINK_REWIND, seq);
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
	const char *name = log_quote((struct str){ p->name, p->name_len });

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
	drop_waiting(p);
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
	    log_quote((struct str){ p->name, p->name_len }), log_quote(hello->host), hello->pid,
	    p->mark.seq + 1, hello->last);
	say(in, p,
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
	if (p != NULL && !str_eq((struct str){ p->name, p->name_len }, m->name))
		disconnect(p); /* the connection has another name now */
	p = find_name(in, m->name);
	if (p == NULL)
		p = add_peer(in, m->name);
	if (p != NULL)
		meet(in, p, id, m);
}

/* ---- BATCH ---- */

/* A record our reader does not understand stands in the journal as it is:
 * asking again would give the same bytes.  What follows it is passed over. */
static void
pass_over(struct peer *p, uint64_t last)
{
	log_error("collector",
	    "records cannot be read: name=%s from=%" PRIu64 " to=%" PRIu64 ": they are lost",
	    log_quote((struct str){ p->name, p->name_len }), p->mark.seq + 1, last);
	p->mark.seq = last;
}

static uint64_t
last_of(const struct block *block)
{
	return block->first + block->count - 1;
}

/* The records not yet applied, as many as are wanted in this turn; late: they
 * were received before now.  Returns whether that was the whole block. */
static bool
apply_records(struct ingest *in, struct peer *p, const struct block *block, bool late)
{
	struct block_reader reader;
	struct record record;
	uint64_t last = last_of(block);
	int rc = 1;

	block_read(block, &reader);
	while (!in->full && (rc = block_next(&reader, &record)) == 1) {
		if (record.seq <= p->mark.seq)
			continue;
		in->full = !in->o.record(in->o.arg, &record, late);
		p->mark.seq = record.seq;
	}
	if (rc < 0 && p->mark.seq < last)
		pass_over(p, last);
	return p->mark.seq >= last;
}

static bool
apply(struct ingest *in, struct peer *p, const struct block *block, bool late)
{
	bool whole = apply_records(in, p, block, late);

	p->lane.behind = p->mark.seq < p->target;
	p->lane.moved = clock_mono();
	in->o.applied(in->o.arg, (struct str){ p->name, p->name_len }, &p->mark);
	return whole;
}

/* After a block, when nobody looks at it any more: who cannot be told is gone,
 * and what waits of it with him. */
static void
give_credit(struct ingest *in, struct peer *p)
{
	say_seq(in, p, LINK_CREDIT, p->mark.seq);
}

static void
let_wait(struct ingest *in, struct peer *p, const struct block *block)
{
	if (merge_keep(&p->lane, block)) {
		p->taken = last_of(block) > p->taken ? last_of(block) : p->taken;
		p->lane.moved = clock_mono();
		return;
	}
	log_complain(&p->damage, clock_mono(), "collector",
	    "sent more than its credit, or there is no memory: name=%s waiting=%zu bytes; "
	    "asking for it again",
	    log_quote((struct str){ p->name, p->name_len }), p->lane.bytes);
	rewind_peer(in, p);
}

static bool
may_apply(const struct ingest *in)
{
	return !in->stopped && !in->held && !in->full;
}

/* Applied as it came; only what has to wait is copied. */
static void
take(struct ingest *in, struct peer *p, const struct block *block)
{
	p->asked = 0;
	p->mute = false;
	if (may_apply(in) && merge_passes(&in->merge, &p->lane, clock_mono()) &&
	    apply(in, p, block, p->lane.behind)) {
		p->taken = p->mark.seq;
		give_credit(in, p);
	} else
		let_wait(in, p, block);
}

static void
on_batch(struct ingest *in, struct peer *p, struct str id, const struct link_msg *m)
{
	struct block block;

	if (p == NULL) {
		if (in->ready)
			(void)!send_to(in, id, &(struct link_msg){ .type = LINK_REWIND });
		return;
	}
	if (block_open(&block, m->block.p, m->block.n) != 0) {
		log_complain(&p->damage, clock_mono(), "collector",
		    "a block came damaged: name=%s; asking for it again",
		    log_quote((struct str){ p->name, p->name_len }));
		p->asked = 0;
		rewind_peer(in, p);
	} else if (block.first > p->taken + 1)
		rewind_peer(in, p);
	else
		take(in, p, &block);
}

/* ---- those that waited ---- */

/* Live ones only wait because there were too many. */
static void
apply_first(struct ingest *in, struct peer *p)
{
	if (!apply(in, p, merge_first(&p->lane), p->lane.behind || !merge_is_over(&in->merge)))
		return;
	merge_pop(&p->lane);
	give_credit(in, p);
}

msec_t
ingest_turn(struct ingest *in, msec_t mono)
{
	struct merge_lane *next;
	unsigned n = 0;

	in->full = false;
	while (
	    n < MERGED_A_TURN && may_apply(in) && (next = merge_next(&in->merge, mono)) != NULL) {
		apply_first(in, next->owner);
		n++;
	}
	if (!merge_goes_on(&in->merge, mono) && !merge_waits(&in->merge))
		merge_end(&in->merge);
	return n == MERGED_A_TURN || in->full ? mono : MSEC_NEVER;
}

/* ---- STATUS ---- */

/* Answered, so that a collector with nothing to send knows that we live. */
static void
on_status(struct ingest *in, struct peer *p, struct str id, const struct link_msg *m)
{
	(void)id;
	if (p == NULL)
		return;
	say_seq(in, p, LINK_ACK, p->acked);
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
	return p != NULL ? (struct str){ p->name, p->name_len } : STR_NONE;
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
		[LINK_BATCH] = on_batch,
		[LINK_STATUS] = on_status,
	};
	struct ingest *in = arg;
	struct peer *p = find_id(in, frames->peer);
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
		say_seq(in, p, LINK_ACK, p->acked);
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
		.name = { p->name, p->name_len },
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
		disconnect(p);
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
		say_seq(in, p, LINK_REWIND, 0);
}

void
ingest_hold(struct ingest *in, bool hold)
{
	in->held = hold;
}
