/* SPDX-License-Identifier: MIT */
/*
 * store.c: the private state in Redis, and the commits that keep it.
 *
 *	          up            ours, for the first time
 *	DOWN ----------> ACQUIRING ----------> LOADING ----.
 *	  ^               ^ ^ |                             | loaded, or begun anew
 *	  |               | | `-- the engine lives -------. |
 *	  |   every 250 ms| |another has it               v v
 *	  |               | v     `--- write refused --- RUNNING
 *	  |             STANDBY
 *	  `--- connection lost, from anywhere
 *
 * The site belongs to whoever holds the lease (lease.h, scripts.h).  Another
 * daemon that finds it held stands by, asks again, and takes over when it ran
 * out.  Each write of ours renews it; when there is none to do, one is made.
 * Whoever wrote and is told that another has the site by now was replaced, and
 * ends.
 *
 * A commit writes absolute values and goes from one batch number to the next
 * (scripts.h), so it may be sent again, byte for byte, until it is known to
 * be done.  When its outcome is not known (the connection was lost) the batch
 * number in Redis tells: ours, it is done; the one before, send it again; any
 * other, Redis was emptied or rolled back, and all we have is written anew.
 *
 * No more than one commit is outstanding.  The engine does not wait for it.
 */
#include "daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include <ccmon/clock.h>
#include <ccmon/log.h>

#include "found.h"
#include "slices.h"

#define RETRY_MS 1000

enum store_state { STORE_DOWN, STORE_ACQUIRING, STORE_STANDBY, STORE_LOADING, STORE_RUNNING };

struct store {
	struct store_options o;
	enum store_state state;
	bool alive; /* the engine holds all there is to know */
	char owner[OWNER_MAX]; /* "": not yet anybody */
	uint64_t epoch; /* the owner's; standing by, the highest one seen */
	struct lease lease;
	bool renewing; /* a write for the lease alone is under way */
	msec_t renewed_at; /* monotonic; it was sent */
	bool released;
	uint64_t batch; /* last one known to be in Redis */
	uint64_t highest; /* ever used: a number means one batch only */
	bool rewrite; /* the next commit writes everything */
	bool rewriting; /* the one outstanding does */

	struct commit commit; /* the one outstanding, or none */
	size_t sent; /* so many of its commands are done */
	bool asked; /* a command of ours is in flight */
	msec_t asked_when; /* monotonic; it was sent */
	msec_t retry_at; /* monotonic; MSEC_NEVER: nothing failed */
	struct log_complaint trouble;

	struct out command; /* to acquire and to load */
	struct out renewal;
	struct slices slices; /* loading */
	bool soiled; /* the engine may hold part of a state */
};

struct store *
store_new(const struct store_options *o)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->o = *o;
	s->retry_at = MSEC_NEVER;
	lease_init(&s->lease, clock_mono());
	out_init(&s->command);
	out_init(&s->renewal);
	slices_init(&s->slices);
	return s;
}

void
store_free(struct store *s)
{
	if (s == NULL)
		return;
	commit_fini(&s->commit);
	out_fini(&s->command);
	out_fini(&s->renewal);
	slices_fini(&s->slices);
	free(s);
}

bool
store_is_running(const struct store *s)
{
	return s->state == STORE_RUNNING;
}

bool
store_is_busy(const struct store *s)
{
	return s->sent < s->commit.nchunks;
}

bool
store_stands_by(const struct store *s)
{
	return s->lease.standby;
}

enum pages_allowed
store_pages(struct store *s, msec_t mono)
{
	return lease_pages(&s->lease, mono, s->state == STORE_RUNNING);
}

const char *
store_owner(const struct store *s)
{
	return s->owner;
}

/* ---- asking ---- */

static void
failed(struct store *s, struct str why)
{
	log_complain(&s->trouble, clock_mono(), "redis",
	    "it refuses: %s; keeping all in memory, trying again every second", log_quote(why));
	s->retry_at = clock_mono() + RETRY_MS;
	lease_trouble(&s->lease, clock_mono());
	if (str_begins(why, "READONLY"))
		rlink_drop(s->o.redis, "it has become a read-only replica");
}

static void
ask(struct store *s, struct out *command, reply_fn *fn)
{
	if (command->failed) {
		s->o.on_lost(s->o.arg, "out of memory");
		return;
	}
	s->asked_when = clock_mono();
	s->asked = rlink_send(s->o.redis, command, fn, s) == 0;
	if (!s->asked)
		s->retry_at = clock_mono() + RETRY_MS;
}

/* The reply is there: is it one to go on with? */
static bool
answered(struct store *s, const struct reply *r)
{
	s->asked = false;
	if (r == NULL) /* the connection is lost: store_down follows */
		return false;
	if (r->type == REPLY_ERROR) {
		failed(s, r->text);
		return false;
	}
	s->retry_at = MSEC_NEVER;
	lease_fine(&s->lease);
	log_release(&s->trouble, "redis", "it takes our writes again");
	return true;
}

/* ---- keeping the lease ---- */

static void
on_renewed(void *arg, const struct reply *r)
{
	struct store *s = arg;

	s->renewing = false;
	if (r == NULL)
		return;
	if (r->type == REPLY_ERROR) {
		lease_trouble(&s->lease, clock_mono());
		return;
	}
	if (r->type != REPLY_INT || r->integer != WRITES_DONE) {
		store_recheck(s);
		return;
	}
	lease_extend(&s->lease, s->renewed_at);
	if (!store_is_busy(s)) /* who is may be refused all the same */
		lease_fine(&s->lease);
}

static void
renew(struct store *s, msec_t length)
{
	lease_command(&s->renewal, s->o.prefix, s->owner, length);
	if (s->renewal.failed)
		return;
	s->renewed_at = clock_mono();
	s->renewing = rlink_send(s->o.redis, &s->renewal, on_renewed, s) == 0;
}

static void
keep_lease(struct store *s, msec_t mono)
{
	if (s->state != STORE_LOADING && s->state != STORE_RUNNING)
		return;
	if (!s->renewing && !s->released && lease_is_due(&s->lease, mono))
		renew(s, LEASE_MS);
}

static void
on_released(void *arg, const struct reply *r)
{
	struct store *s = arg;

	(void)r; /* refused: it runs out by itself */
	s->released = true;
	s->renewing = false;
}

void
store_release(struct store *s)
{
	lease_command(&s->renewal, s->o.prefix, s->owner, 0);
	s->renewing = rlink_send(s->o.redis, &s->renewal, on_released, s) == 0;
	s->released = !s->renewing;
}

bool
store_is_released(const struct store *s)
{
	return s->released;
}

/* ---- committing ---- */

static void on_committed(void *arg, const struct reply *r);

/* A big one must not outlast the lease. */
static void
send_chunk(struct store *s)
{
	struct out *chunk = &s->commit.chunk[s->sent];

	if (lease_for(chunk->len) > LEASE_MS && !s->renewing)
		renew(s, lease_for(chunk->len));
	ask(s, chunk, on_committed);
}

static void
forget_commit(struct store *s)
{
	commit_reset(&s->commit);
	s->sent = 0;
}

static void
commit_done(struct store *s)
{
	s->batch = s->commit.next;
	s->rewrite &= !s->rewriting; /* it may have been asked for since */
	forget_commit(s);
	streams_done(s->o.streams);
	s->o.on_committed(s->o.arg);
}

static void
on_committed(void *arg, const struct reply *r)
{
	struct store *s = arg;

	if (!answered(s, r))
		return;
	if (r->type != REPLY_INT || r->integer < WRITES_ALREADY) {
		store_recheck(s);
		return;
	}
	lease_extend(&s->lease, s->asked_when);
	if (++s->sent < s->commit.nchunks && r->integer == WRITES_DONE)
		send_chunk(s);
	else
		commit_done(s);
}

int
store_commit(struct store *s)
{
	if (s->state != STORE_RUNNING || store_is_busy(s))
		return -1;
	s->commit.expected = s->batch;
	s->commit.next = ++s->highest;
	s->sent = 0;
	s->rewriting = s->rewrite;
	if (!commit_build(&s->commit, &(struct commit_parts){ .engine = *s->o.engine,
	                                  .alerts = *s->o.alerts,
	                                  .streams = s->o.streams,
	                                  .prefix = s->o.prefix,
	                                  .owner = s->owner,
	                                  .anew = s->rewrite })) {
		s->o.on_lost(s->o.arg, "out of memory");
		return -1;
	}
	if (s->commit.nchunks == 0)
		return 0;
	send_chunk(s);
	return 1;
}

/* ---- loading ---- */

static void
run(struct store *s)
{
	bool first = !s->alive;

	s->state = STORE_RUNNING;
	s->alive = true;
	slices_fini(&s->slices);
	if (first)
		s->o.on_loaded(s->o.arg);
}

void
store_rewrite(struct store *s)
{
	engine_state_all(*s->o.engine);
	alerts_state_all(*s->o.alerts);
	s->rewrite = true;
}

/* What Redis holds is of no use, or less than we have. */
static void
write_anew(struct store *s)
{
	forget_commit(s);
	streams_undone(s->o.streams);
	store_rewrite(s);
}

static void
begin_anew(struct store *s, const char *why)
{
	log_warn(
	    "state", "starting empty: %s; the collectors replay what their journals hold", why);
	s->o.renew(s->o.arg);
	write_anew(s);
	run(s);
}

static void
loaded(struct store *s)
{
	if (engine_state_done(*s->o.engine) != 0) {
		begin_anew(s, "the state in Redis does not fit together");
		return;
	}
	alerts_state_done(*s->o.alerts);
	log_info("state", "loaded: batch=%llu", (unsigned long long)s->batch);
	run(s);
}

static void
begin_command(struct store *s, size_t nwords, const char *verb)
{
	char key[PREFIX_MAX + 16]; /* bytes with NUL; "state:data" */

	snprintf(key, sizeof(key), "%sstate:data", s->o.prefix);
	out_reset(&s->command);
	resp_begin(&s->command, nwords);
	resp_text(&s->command, verb);
	resp_text(&s->command, key);
}

static int
put_field(void *arg, const struct state_field *field)
{
	struct store *s = arg;

	if (field->key.n > 0 && field->key.p[0] == 'A')
		return alerts_state_put(*s->o.alerts, field);
	return engine_state_put(*s->o.engine, field);
}

static void on_fields(void *arg, const struct reply *r);

static void
load_more(struct store *s)
{
	if (!slices_left(&s->slices)) {
		loaded(s);
		return;
	}
	begin_command(s, 2 + slices_count(&s->slices), "HMGET");
	slices_ask(&s->slices, &s->command);
	ask(s, &s->command, on_fields);
}

static void
on_fields(void *arg, const struct reply *r)
{
	struct store *s = arg;
	struct str bad;

	if (!answered(s, r))
		return;
	if (slices_take(&s->slices, r, put_field, s, &bad) == 0) {
		load_more(s);
	} else if (bad.n > 0) {
		log_error("state", "damaged: field=%s", log_quote(bad));
		begin_anew(s, "the state in Redis is damaged, or of another version");
	} else {
		begin_anew(s, "Redis does not give the state's fields");
	}
}

static void
on_names(void *arg, const struct reply *r)
{
	struct store *s = arg;

	if (!answered(s, r))
		return;
	if (slices_names(&s->slices, r))
		load_more(s);
	else
		s->o.on_lost(s->o.arg, "out of memory");
}

static void
load(struct store *s)
{
	s->state = STORE_LOADING;
	if (s->soiled)
		s->o.renew(s->o.arg);
	s->soiled = true;
	begin_command(s, 2, "HKEYS");
	ask(s, &s->command, on_names);
}

/* ---- owning ---- */

/* For the first time: what is there is all we know. */
static void
take_over(struct store *s, const struct found *f)
{
	s->batch = s->highest = f->batch;
	if (!f->any)
		begin_anew(s, "there is no state in Redis");
	else if (f->rewriting.n > 0)
		begin_anew(s, "the state in Redis was only half written");
	else if (!str_is(f->format, STATE_FORMAT))
		begin_anew(s, "the state in Redis is of another version");
	else
		load(s);
}

/* The engine lives, and knows at least as much as Redis. */
static void
come_back(struct store *s, const struct found *f, bool ours)
{
	uint64_t batch = f->batch;

	run(s);
	if (ours && store_is_busy(s) && batch == s->commit.next) {
		commit_done(s);
	} else if (ours && store_is_busy(s) && batch == s->batch) {
		s->sent = 0;
		send_chunk(s);
	} else if (!ours || batch != s->batch || f->rewriting.n > 0) {
		log_warn("state",
		    "lost or rolled back in Redis: batch=%llu ours=%llu; writing all anew",
		    (unsigned long long)batch, (unsigned long long)s->batch);
		s->batch = batch;
		if (batch > s->highest)
			s->highest = batch;
		write_anew(s);
	}
}

/* Another has the site: we wait for our turn, or had it and were replaced. */
static void
yield(struct store *s, const struct found *f)
{
	bool known = s->lease.standby;
	char holder[HOLDER_MAX], why[HOLDER_MAX + 64];

	found_holder(f, holder);
	if (s->owner[0] != '\0') {
		snprintf(why, sizeof(why), "replaced: %s took the site over", holder);
		s->o.on_lost(s->o.arg, why);
		return;
	}
	s->state = STORE_STANDBY;
	if (s->epoch < f->epoch)
		s->epoch = f->epoch;
	lease_is_others(&s->lease, f->left, f->other.n > 0, clock_mono());
	s->retry_at = clock_mono() + STANDBY_ASK_MS;
	if (!known)
		s->o.on_standby(s->o.arg, holder);
}

static void
on_acquired(void *arg, const struct reply *r)
{
	struct store *s = arg;
	struct found f;
	bool ours;

	if (!answered(s, r))
		return;
	if (!found_open(&f, r)) {
		failed(s, STR_LIT("its answer makes no sense"));
		return;
	}
	if (f.owner.n == 0) {
		yield(s, &f);
		return;
	}
	lease_extend(&s->lease, s->asked_when);
	ours = str_is(f.owner, s->owner);
	memcpy(s->owner, f.owner.p, f.owner.n);
	s->owner[f.owner.n] = '\0';
	s->epoch = f.epoch;
	s->o.on_acquired(s->o.arg, f.version);
	if (s->alive)
		come_back(s, &f, ours);
	else
		take_over(s, &f);
}

/* Two daemons can get one epoch when a power cut rolled it back: the nonce
 * tells them apart. */
static void
acquire(struct store *s)
{
	unsigned char random[16];
	char nonce[2 * sizeof(random) + 1];

	s->state = STORE_ACQUIRING;
	if (getrandom(random, sizeof(random), 0) != sizeof(random)) {
		failed(s, STR_LIT("the system gives no random bytes"));
		return;
	}
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(nonce + 2 * i, 3, "%02x", random[i]);
	out_reset(&s->command);
	acquire_command(&s->command, &(struct acquire){ .prefix = s->o.prefix,
	                                 .held = s->owner,
	                                 .epoch = s->epoch,
	                                 .nonce = nonce,
	                                 .instance = s->o.instance,
	                                 .claim = lease_claim(&s->lease, clock_mono()) });
	ask(s, &s->command, on_acquired);
}

void
store_up(struct store *s)
{
	lease_unseen(&s->lease, clock_mono());
	acquire(s);
}

void
store_down(struct store *s)
{
	s->state = STORE_DOWN;
	s->asked = s->renewing = false;
	lease_trouble(&s->lease, clock_mono());
	s->retry_at = MSEC_NEVER;
}

void
store_recheck(struct store *s)
{
	if (s->state == STORE_RUNNING && !s->asked)
		acquire(s);
}

msec_t
store_turn(struct store *s, msec_t mono)
{
	keep_lease(s, mono);
	if (s->asked)
		lease_waits(&s->lease, s->asked_when, mono);
	if (s->renewing)
		lease_waits(&s->lease, s->renewed_at, mono);
	if (s->asked || mono < s->retry_at)
		return s->retry_at;
	s->retry_at = MSEC_NEVER;
	switch (s->state) {
	case STORE_DOWN:
		break;
	case STORE_ACQUIRING:
	case STORE_STANDBY:
	case STORE_LOADING:
		acquire(s);
		break;
	case STORE_RUNNING:
		if (store_is_busy(s))
			send_chunk(s);
		break;
	}
	return s->retry_at;
}
