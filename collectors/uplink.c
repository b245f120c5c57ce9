/* SPDX-License-Identifier: MIT */
/*
 * uplink.c: to the daemon, and again, until it says that it has it.
 *
 * A DEALER at daemon.ingest, one frame a message (wire.h), and one at the place
 * of each other daemon of the site (daemon.standby).  One of them has the site;
 * the others do not answer.  So all are asked, and the first that answers is
 * the one: nobody here knows or cares which it was before.
 *
 * What was not acknowledged is in the journal, so nothing here is ever waited for: the
 * cursor says what the daemon needs next, and whatever goes wrong only moves
 * the cursor back.
 *
 *	-> HELLO	to all: at the start; every second (half of one where there
 *			are several) until there is a WELCOME; when nothing was
 *			heard for 3 s; on REWIND 0; and when records the daemon
 *			wants are gone.  To the others, when what was sent is not
 *			acknowledged for 5 s: ours may be cut off from Redis, and
 *			another may have the site by now.  `first` is the lowest number
 *			that can still be sent from there on.
 *	<- WELCOME n	to each HELLO.  n is the next one the daemon wants: one
 *			after the last it applied of this journal's id, but not
 *			below the HELLO's `first`: what lies between is lost for
 *			good.  For an id it does not know n is `first`.  BATCHes
 *			from n follow.
 *	-> BATCH	blocks in order, while not more bytes are sent and not
 *			yet applied than the WELCOME's credit (one block may
 *			always be under way).  The first may begin below n: the
 *			daemon skips those.  One that begins above what it wants
 *			was sent before a REWIND got here.
 *	<- CREDIT n	applied up to n.
 *	<- ACK n	committed up to n: the journal may forget them.
 *	<- REWIND n	send again from n.  0: "who are you?", the daemon's answer
 *			to anything but HELLO from a peer it does not know.
 *	-> STATUS	every second while welcome.
 *
 * Every message of the daemon is a sign of life.  A WELCOME nobody asked for
 * (HELLOs pile up while there is no daemon) is not looked at, nor is anything
 * else from a daemon that is not ours now.
 *
 * A daemon that wants what was never sent knows a later state of this journal
 * than the journal does: the disk was put back, by a power cut or a restored
 * copy.  The numbers it has seen must not be used again for other records, so
 * from the first one not yet sent the journal gets a new id.
 */
#include "collector.h"
#include "ccmon/clock.h"
#include "ccmon/zev.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define ASK_EVERY INT64_C(1000) /* ms between HELLOs */
#define ASK_SEVERAL INT64_C(500) /* ms between them where a takeover is to be quick */
#define DOUBT INT64_C(5000) /* ms without progress; then others are asked, too */
#define STATUS_EVERY INT64_C(1000) /* ms */
#define SILENCE INT64_C(3000) /* ms; then the daemon is taken for gone */
#define HWM 64 /* messages in limbo; a lost connection loses them all */
#define UNDER_WAY 1024 /* batches sent and not yet applied */
#define LONGEST_REPLY 4096 /* bytes; the daemon's messages are all short */

struct batch {
	uint64_t last;
	uint32_t bytes;
};

/* A daemon of the site. */
struct way {
	struct uplink *uplink;
	const char *endpoint;
	struct zev *zev;
	bool asked; /* a HELLO was not yet answered */
};

struct uplink {
	struct uplink_options options;
	struct way *way; /* one an endpoint */
	size_t nways;
	struct way *ours; /* the one that said WELCOME last */
	char host[65]; /* bytes with NUL; HOST_NAME_MAX is 64 */
	bool welcome;
	bool known; /* that we are connected was said */
	uint64_t cursor; /* what to send next */
	uint64_t horizon; /* highest number ever sent, or there at the start */
	uint64_t gap_end; /* records below it are gone; 0: no gap */
	uint64_t credit;
	uint64_t in_flight; /* bytes of the batches under way */
	struct batch batch[UNDER_WAY]; /* a ring */
	unsigned oldest, nbatches;
	msec_t heard, next_hello, next_status;
	msec_t moved; /* nothing was to be acknowledged, or something was */
	struct log_complaint silent;
	uint8_t buf[WIRE_BLOCK_MAX + 4096];
};

static int
send_message(struct uplink *u, const struct way *w, const struct link_msg *m)
{
	size_t n = link_pack(m, u->buf, sizeof(u->buf));

	assert(n > 0);
	return zev_send(w->zev, STR_NONE, (struct str){ (const char *)u->buf, (uint32_t)n });
}

static bool
is_asked(const struct uplink *u)
{
	for (size_t i = 0; i < u->nways; i++)
		if (u->way[i].asked)
			return true;
	return false;
}

/* To all daemons but that one. */
static void
hello(struct uplink *u, const struct way *but)
{
	struct journal_facts f;
	struct link_msg m = { .type = LINK_HELLO,
		.version = WIRE_VERSION,
		.name = str_of(u->options.name),
		.host = str_of(u->host),
		.pid = getpid() };

	u->options.look(u->options.arg, &f);
	memcpy(m.journal_id, f.id, sizeof(m.journal_id));
	m.first = f.first < u->gap_end ? u->gap_end : f.first;
	m.last = f.last;
	u->next_hello = clock_mono() + (u->nways > 1 ? ASK_SEVERAL : ASK_EVERY);
	for (size_t i = 0; i < u->nways; i++)
		if (&u->way[i] != but && send_message(u, &u->way[i], &m) == 0)
			u->way[i].asked = true;
}

/* Start over, soon: at once, but not more often than every second. */
static void
ask_again(struct uplink *u)
{
	u->welcome = false;
	if (clock_mono() >= u->next_hello)
		hello(u, NULL);
}

static void
status(struct uplink *u)
{
	const struct counters *c = u->options.counters;
	struct journal_facts f;
	struct link_msg m = { .type = LINK_STATUS,
		.received = c->received,
		.refused = c->refused,
		.skipped = c->skipped,
		.repeats = c->repeats,
		.unjournaled = c->unjournaled,
		.clock = (uint64_t)clock_wall() };

	u->options.look(u->options.arg, &f);
	m.journal_bytes = (uint64_t)f.bytes;
	m.backlog = f.last > f.acked ? f.last - f.acked : 0;
	m.journal = f.state;
	m.problem = str_of(f.problem);
	u->next_status = clock_mono() + STATUS_EVERY;
	(void)send_message(u, u->ours, &m); /* the next one will say it */
}

/* ---- sending blocks */

static bool
may_send(const struct uplink *u, uint32_t bytes)
{
	return u->welcome && u->nbatches < UNDER_WAY &&
	       (u->in_flight == 0 || u->in_flight + bytes <= u->credit);
}

static bool
send_block(struct uplink *u, const struct sealed *b)
{
	struct link_msg m = { .type = LINK_BATCH, .block = b->bytes };
	uint64_t last = b->first + b->count - 1;

	if (!may_send(u, b->bytes.n) || send_message(u, u->ours, &m) != 0)
		return false;
	u->batch[(u->oldest + u->nbatches++) % UNDER_WAY] = (struct batch){ last, b->bytes.n };
	u->in_flight += b->bytes.n;
	u->cursor = last + 1;
	if (u->horizon < last)
		u->horizon = last;
	return true;
}

/* From the journal, as far as credit goes. */
static void
pump(struct uplink *u)
{
	struct sealed b;

	while (may_send(u, 0) && u->options.read(u->options.arg, u->cursor, &b) == 1) {
		if (b.first > u->cursor) {
			u->gap_end = b.first;
			ask_again(u);
			return;
		}
		if (!send_block(u, &b))
			return;
	}
}

void
uplink_offer(struct uplink *u, const struct sealed *b)
{
	if (u->cursor != b->first)
		pump(u);
	else
		(void)send_block(u, b); /* else it is in the journal */
}

/* Everything under way is forgotten: it will come again from seq on. */
static void
send_from(struct uplink *u, uint64_t seq)
{
	struct journal_facts f;

	u->options.look(u->options.arg, &f);
	if (seq > 0 && seq - 1 < f.acked)
		u->options.ack(u->options.arg, seq - 1);
	u->cursor = seq;
	u->in_flight = 0;
	u->nbatches = 0;
	pump(u);
}

/* ---- what the daemon says */

static void
was_put_back(struct uplink *u, uint64_t wanted)
{
	log_warn("journal_put_back",
	    "the daemon has records up to %" PRIu64 ", the journal ended at "
	    "%" PRIu64 ": it was put back to an earlier state; its new records get a new identity",
	    wanted - 1, u->horizon);
	if (u->options.renew(u->options.arg, u->horizon + 1) == 0) {
		u->gap_end = 0;
		ask_again(u);
	}
}

/* It has the site; who else was asked is not listened to any more. */
static void
choose(struct uplink *u, struct way *w)
{
	for (size_t i = 0; i < u->nways; i++)
		u->way[i].asked = false;
	u->known = u->known && w == u->ours;
	u->ours = w;
	u->moved = clock_mono();
}

static void
on_welcome(struct uplink *u, const struct link_msg *m)
{
	if (m->seq > u->horizon + 1 && m->seq > u->gap_end) {
		was_put_back(u, m->seq);
		return;
	}
	log_release(&u->silent, "uplink", "the daemon answers again");
	if (!u->known)
		log_info(
		    "uplink", "connected; endpoint=%s next=%" PRIu64, u->ours->endpoint, m->seq);
	u->known = u->welcome = true;
	u->credit = m->credit;
	u->gap_end = 0;
	send_from(u, m->seq);
}

static void
on_credit(struct uplink *u, const struct link_msg *m)
{
	while (u->nbatches > 0 && u->batch[u->oldest].last <= m->seq) {
		u->in_flight -= u->batch[u->oldest].bytes;
		u->oldest = (u->oldest + 1) % UNDER_WAY;
		u->nbatches--;
	}
	pump(u);
}

/* Only send_from may go back: this one may be late. */
static void
on_ack(struct uplink *u, const struct link_msg *m)
{
	struct journal_facts f;

	u->options.look(u->options.arg, &f);
	if (!u->welcome || m->seq <= f.acked)
		return;
	u->options.ack(u->options.arg, m->seq);
	u->moved = clock_mono();
}

static void
on_rewind(struct uplink *u, const struct link_msg *m)
{
	if (m->seq == 0) {
		u->known = false;
		ask_again(u);
	} else if (u->welcome) {
		send_from(u, m->seq);
	}
}

static bool
on_message(void *arg, const struct zev_frames *f)
{
	static void (*const handler[LINK_NTYPES])(struct uplink *, const struct link_msg *) = {
		[LINK_WELCOME] = on_welcome,
		[LINK_CREDIT] = on_credit,
		[LINK_ACK] = on_ack,
		[LINK_REWIND] = on_rewind,
	};
	struct way *w = arg;
	struct uplink *u = w->uplink;
	struct link_msg m;
	int type = f->n == 1 ? link_open(&m, f->frame[0].p, f->frame[0].n) : -1;
	bool answers = type == LINK_WELCOME && w->asked;

	if (type < 0 || type >= LINK_NTYPES || handler[type] == NULL)
		return true; /* not of this protocol: no sign of life either */
	if (answers)
		choose(u, w);
	if (w != u->ours)
		return true;
	u->heard = clock_mono();
	if (answers || type != LINK_WELCOME)
		handler[type](u, &m);
	return true;
}

static void
on_writable(void *arg)
{
	pump(((struct way *)arg)->uplink);
}

/* ---- life */

static int
way_open(struct way *w, struct uplink *u, const char *endpoint)
{
	struct zev_options z = { .type = ZEV_DEALER,
		.hwm = HWM,
		.max_msg = LONGEST_REPLY,
		.on_message = on_message,
		.on_writable = on_writable,
		.arg = w,
		.keys = u->options.keys };

	*w = (struct way){ .uplink = u, .endpoint = endpoint, .zev = zev_open(&z) };
	return w->zev != NULL ? zev_connect(w->zev, endpoint) : -1;
}

static int
open_ways(struct uplink *u)
{
	char *const *end = u->options.endpoints;

	while (*end != NULL)
		end++;
	u->way = calloc((size_t)(end - u->options.endpoints) + 1, sizeof(*u->way));
	if (u->way == NULL)
		return -1;
	u->ours = u->way;
	for (char *const *e = u->options.endpoints; e < end; e++)
		if (way_open(&u->way[u->nways++], u, *e) != 0)
			return -1;
	return 0;
}

struct uplink *
uplink_open(const struct uplink_options *o)
{
	struct uplink *u = calloc(1, sizeof(*u));
	struct journal_facts f;
	int saved;

	if (u == NULL)
		return NULL;
	u->options = *o;
	o->look(o->arg, &f);
	u->horizon = f.last;
	(void)gethostname(u->host, sizeof(u->host) - 1);
	if (open_ways(u) != 0) {
		saved = errno;
		uplink_close(u);
		errno = saved;
		return NULL;
	}
	hello(u, NULL);
	return u;
}

void
uplink_close(struct uplink *u)
{
	if (u == NULL)
		return;
	while (u->nways > 0)
		if (u->way[--u->nways].zev != NULL)
			zev_close(u->way[u->nways].zev);
	free(u->way);
	free(u);
}

static void
look_for_daemon(struct uplink *u, msec_t now)
{
	if (u->welcome && now - u->heard >= SILENCE)
		u->welcome = false;
	if (u->welcome || now < u->next_hello)
		return;
	if (is_asked(u)) {
		u->known = false;
		log_complain(&u->silent, now, "uplink",
		    "no answer from the daemon at %s%s; "
		    "events wait in the journal",
		    u->ours->endpoint, u->nways > 1 ? ", nor from another" : "");
	}
	hello(u, NULL);
}

/* Ours lives, but does not commit. */
static void
look_for_others(struct uplink *u, msec_t now)
{
	struct journal_facts f;

	u->options.look(u->options.arg, &f);
	if (f.acked >= f.last)
		u->moved = now;
	else if (now - u->moved >= DOUBT && now >= u->next_hello)
		hello(u, u->ours);
}

msec_t
uplink_turn(struct uplink *u)
{
	msec_t now = clock_mono(), silent = u->heard + SILENCE;

	look_for_daemon(u, now);
	if (!u->welcome)
		return u->next_hello;
	if (now >= u->next_status) {
		if (u->nways > 1)
			look_for_others(u, now);
		status(u);
	}
	return silent < u->next_status ? silent : u->next_status;
}

bool
uplink_is_welcome(const struct uplink *u)
{
	return u->welcome;
}
