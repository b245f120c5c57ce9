/* SPDX-License-Identifier: MIT */
/*
 * post.c: what becomes of a page in the runner.
 *
 *	taken -> on disk -> STORED -> `start` on disk -> run -> outcome on disk
 *	      -> RESULT, FINISHED
 *
 * All that happened in a turn of the loop is one transaction: the pages that
 * came, the outcomes, and the starts of what may run now.  What the daemon is
 * told of it, and the processes themselves, come after it.  So a page is told
 * to be stored when it is, and a run whose start is on disk without an
 * outcome is known to be one of which nobody knows the end.
 *
 * Nothing is run before the daemon says GO: what the outbox has may long have
 * been told by another machine, with its end.
 *
 * When the disk refuses, pages are delivered all the same; only STORED waits,
 * and the daemon remembers them meanwhile.
 */
#include "post.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include <ccmon/clock.h>
#include <ccmon/log.h>

#include "registry.h"

#define AGAIN_MS INT64_C(1000) /* ms until a refused disk is tried again */
#define STATUS_MS INT64_C(1000) /* ms between reports */
#define CHECK_MS INT64_C(10000) /* ms between looks at programs and old pages */

/* A page that is not finished, or not yet on disk. */
struct item {
	struct item *prev, *next; /* as they came */
	struct item *next_dirty;
	struct post *post;
	uint64_t seq;
	msec_t arrived, ended; /* epoch ms */
	size_t open; /* deliveries not done */
	bool stored, dirty, delivered;
	struct delivery *delivery; /* one a hook of the page */
	struct frame frame;
	char bytes[]; /* of the frame */
};

struct post {
	struct outbox *outbox;
	struct out *to; /* to the daemon */
	struct out later; /* for it, once the turn is on disk */
	struct out scratch;
	struct lanes lanes;
	struct registry registry;
	struct item *first, *last, *dirty;
	uint64_t last_seq;
	bool going; /* the daemon lets hooks run */
	msec_t store_at, status_at, check_at; /* monotonic */
	struct log_complaint trouble;
};

/* ---- items */

static void
touch(struct item *it)
{
	if (it->dirty)
		return;
	it->dirty = true;
	it->next_dirty = it->post->dirty;
	it->post->dirty = it;
}

static void
item_free(struct item *it)
{
	struct post *p = it->post;

	*(it->prev != NULL ? &it->prev->next : &p->first) = it->next;
	*(it->next != NULL ? &it->next->prev : &p->last) = it->prev;
	for (size_t i = 0; i < it->frame.page.nhooks; i++)
		free(it->delivery[i].cancelled);
	free(it->delivery);
	frame_close(&it->frame);
	free(it);
}

static struct item *
item_make(struct post *p, struct str fields, uint64_t seq, msec_t arrived)
{
	struct item *it = need(calloc(1, sizeof(*it) + fields.n));

	memcpy(it->bytes, fields.p, fields.n);
	if (frame_open(&it->frame, FRAME_PAGE, (struct str){ it->bytes, fields.n }) != 0) {
		free(it);
		return NULL;
	}
	it->post = p;
	it->seq = seq;
	it->arrived = arrived;
	it->ended = -1;
	it->delivery = need(calloc(it->frame.page.nhooks + 1, sizeof(*it->delivery)));
	it->prev = p->last;
	*(p->last != NULL ? &p->last->next : &p->first) = it;
	p->last = it;
	return it;
}

static bool
is_named_before(const struct page *page, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (page->hooks[i].n == page->hooks[n].n &&
		    memcmp(page->hooks[i].p, page->hooks[n].p, page->hooks[n].n) == 0)
			return true;
	return false;
}

static void
maybe_finished(struct item *it)
{
	if (it->open > 0)
		return;
	it->ended = clock_wall();
	touch(it);
	frame_finished(&it->post->later, it->frame.page.id, it->delivered);
}

/* Makes the n-th delivery, as it stands in the outbox or new. */
static void
delivery_init(struct item *it, size_t n, const struct outbox_delivery *past)
{
	const struct page *page = &it->frame.page;
	struct delivery *d = &it->delivery[n];
	msec_t age = clock_wall() - it->arrived, wait = past->next - clock_wall();

	*d = (struct delivery){ .page = page,
		.owner = it,
		.came = it->arrived,
		.attempt = past->attempt,
		.outcome = past->outcome,
		.doom = past->doom,
		.state = DELIVERY_DONE };
	d->cancelled = need(calloc(page->nrefs + 1, sizeof(bool)));
	d->arrived = clock_mono() - (age > 0 ? age : 0);
	d->due = clock_mono() + (wait < 0 ? 0 : wait < RETRY_LAST ? wait : RETRY_LAST);
}

/* Puts all its deliveries in their lanes; those that are done stay so. */
static void
item_enqueue(struct item *it, const struct outbox_delivery *past)
{
	const struct page *page = &it->frame.page;
	size_t n;

	for (n = 0; n < page->nhooks; n++) {
		delivery_init(it, n, &past[n]);
		if (past[n].done)
			it->delivered |= past[n].outcome == HOOK_DELIVERED;
		else if (!is_named_before(page, n))
			it->open++;
	}
	maybe_finished(it);
	for (n = 0; n < page->nhooks; n++)
		if (!past[n].done && !is_named_before(page, n))
			lanes_add(&it->post->lanes,
			    &registry_find(&it->post->registry, page->hooks[n])->lane,
			    &it->delivery[n]);
}

static struct outbox_delivery *
make_past(size_t n)
{
	struct outbox_delivery *past = need(calloc(n + 1, sizeof(*past)));

	for (size_t i = 0; i < n; i++)
		past[i].doom = NO_DOOM;
	return past;
}

static struct item *
find(const struct post *p, struct str id)
{
	struct item *it = p->first;

	while (it != NULL && !str_eq(it->frame.page.id, id))
		it = it->next;
	return it;
}

/* It is told once it is stored; was it, it was damaged since. */
static void
store_again(struct item *it)
{
	it->stored = false;
	touch(it);
}

static void
take_page(struct post *p, const struct frame *f)
{
	struct outbox_delivery *past;
	struct item *it;

	if (outbox_has(p->outbox, f->page.id)) {
		frame_stored(&p->later, f->page.id);
		return;
	}
	if ((it = find(p, f->page.id)) != NULL) {
		store_again(it);
		return;
	}
	it = need(item_make(p, f->fields, ++p->last_seq, clock_wall()));
	touch(it);
	past = make_past(f->page.nhooks);
	item_enqueue(it, past);
	free(past);
}

/* ---- what happened */

static struct str
alert_of(const struct page *page)
{
	return page->nrefs > 0 ? page->refs[0].alert : STR_LIT("");
}

static void
tell(struct item *it, const struct delivery *d, const struct run_end *end, const char *why)
{
	struct hook *h = d->lane->owner;
	struct hook_result r = { .page = d->page->id,
		.hook = str_of(h->name),
		.alert = alert_of(d->page),
		.kind = d->page->kind,
		.outcome = d->outcome,
		.attempt = d->attempt,
		.code = end->code,
		.took = end->took,
		.next = d->outcome == HOOK_RETRY ? clock_wall() + d->due - clock_mono() : -1,
		.output = end->output,
		.why = str_of(why) };

	registry_log(h, d, end, why);
	frame_result(&it->post->later, &r);
	touch(it);
	if (d->state != DELIVERY_DONE)
		return;
	it->delivered |= d->outcome == HOOK_DELIVERED;
	it->open--;
	maybe_finished(it);
}

/* It ended without a run. */
static void
on_struck(void *arg, struct delivery *d)
{
	static const char *const why[HOOK_OUTCOME_COUNT] = {
		[HOOK_GIVEN_UP] = "no such hook",
		[HOOK_CANCELLED] = "acknowledged, or told by another, before it was told here",
		[HOOK_SUPERSEDED] = "a later page says it too",
	};
	struct run_end end = { .code = RUN_NOT_RUN, .output = STR_LIT("") };

	(void)arg;
	if (d->outcome == HOOK_GIVEN_UP)
		registry_count(d->lane->owner, d, why[d->outcome]);
	tell(d->owner, d, &end, why[d->outcome]);
}

static void
on_end(void *arg, const struct run_end *end)
{
	struct delivery *d = arg;
	struct item *it = d->owner;
	struct hook *h = d->lane->owner;
	char why[600];
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = UINT32_MAX; /* the whole delay */
	lanes_ended(&it->post->lanes, d, end->outcome, clock_mono(), random);
	if (end->outcome == HOOK_RETRY && d->outcome == HOOK_GIVEN_UP)
		(void)snprintf(why, sizeof(why), "%s; %s after %u attempts", end->why,
		    h->def != NULL ? "given up" : "no such hook any more", d->attempt);
	else
		(void)snprintf(why, sizeof(why), "%s", end->why);
	h->total.attempts++;
	registry_count(h, d, why);
	tell(it, d, end, why);
}

/* ---- on disk */

static void
write_finished(struct post *p, const struct item *it)
{
	const struct page *page = &it->frame.page;
	struct page head = { .id = page->id,
		.kind = page->kind,
		.time = page->time,
		.refs = page->refs,
		.nrefs = page->nrefs,
		.body = STR_LIT("") };

	out_reset(&p->scratch);
	frame_page(&p->scratch, &head);
	if (p->scratch.failed)
		out_of_memory();
	outbox_put_finished(p->outbox,
	    &(struct outbox_page){ it->seq, it->arrived, it->ended, it->delivered,
	        { p->scratch.buf + FRAME_HEADER, (uint32_t)p->scratch.len - FRAME_HEADER } },
	    page->id, (unsigned)page->nhooks);
}

static void
write_open(struct post *p, const struct item *it)
{
	const struct page *page = &it->frame.page;

	if (!it->stored)
		outbox_put_page(p->outbox,
		    &(struct outbox_page){ it->seq, it->arrived, -1, false, it->frame.fields },
		    page->id);
	for (size_t n = 0; n < page->nhooks; n++) {
		const struct delivery *d = &it->delivery[n];

		outbox_put_delivery(p->outbox, it->seq, (unsigned)n,
		    &(struct outbox_delivery){ .attempt = d->attempt,
		        .done = d->state == DELIVERY_DONE,
		        .outcome = d->outcome,
		        .doom = d->doom,
		        .next = d->state == DELIVERY_WAITING ? clock_wall() + d->due - clock_mono()
		                                             : 0 });
	}
}

/* All of it is there: nothing of it need be remembered. */
static void
clean(struct post *p)
{
	struct item *it;

	registry_clean(&p->registry);
	while ((it = p->dirty) != NULL) {
		p->dirty = it->next_dirty;
		it->dirty = false;
		if (!it->stored)
			frame_stored(p->to, it->frame.page.id);
		it->stored = true;
		if (it->open == 0)
			item_free(it);
	}
}

static void
store(struct post *p)
{
	if (p->dirty == NULL || clock_mono() < p->store_at)
		return;
	outbox_begin(p->outbox);
	for (const struct item *it = p->dirty; it != NULL; it = it->next_dirty)
		if (it->open == 0)
			write_finished(p, it);
		else
			write_open(p, it);
	registry_write(&p->registry);
	if (outbox_commit(p->outbox) == 0) {
		log_release(&p->trouble, "outbox", "the outbox is written again");
		clean(p);
		return;
	}
	log_complain(&p->trouble, clock_mono(), "outbox",
	    "%s; pages are delivered all the same, but forgotten by a restart; "
	    "trying again every second",
	    outbox_problem(p->outbox));
	p->store_at = clock_mono() + AGAIN_MS;
}

static void
housekeep(struct post *p)
{
	if (clock_mono() >= p->check_at) {
		registry_check(&p->registry);
		p->check_at = clock_mono() +
		              (outbox_prune(p->outbox, clock_wall(), OUTBOX_KEEP) ? 0 : CHECK_MS);
	}
	if (clock_mono() >= p->status_at) {
		if (p->registry.rules.type != 0)
			registry_report(&p->registry, p->to);
		p->status_at = clock_mono() + STATUS_MS;
	}
}

/* ---- what the outbox has */

/* A page that was not finished goes on where it was. */
static void
restore(void *arg, const struct outbox_page *op)
{
	struct post *p = arg;
	struct item *it;
	struct outbox_delivery *past;

	if (op->ended >= 0 || (it = item_make(p, op->fields, op->seq, op->arrived)) == NULL)
		return;
	past = make_past(it->frame.page.nhooks);
	it->stored = true;
	for (size_t i = 0; i < it->frame.page.nhooks; i++)
		(void)outbox_delivery(p->outbox, op->seq, (unsigned)i, &past[i]);
	item_enqueue(it, past);
	free(past);
}

static void
tell_page(void *arg, const struct outbox_page *op)
{
	struct post *p = arg;
	struct frame f;

	if (frame_open(&f, FRAME_PAGE, op->fields) != 0) {
		log_error("outbox_damaged", "page %" PRIu64 " makes no sense and is lost", op->seq);
		return;
	}
	frame_told(p->to, &(struct told_page){ .id = f.page.id,
	                      .kind = f.page.kind,
	                      .time = f.page.time,
	                      .finished = op->ended >= 0,
	                      .delivered = op->delivered,
	                      .refs = f.page.refs,
	                      .nrefs = f.page.nrefs });
	frame_close(&f);
}

/* Says what the outbox has.  -1: not all of it. */
static int
tell_all(struct post *p)
{
	int rc = outbox_walk(p->outbox, tell_page, p);

	frame_ready(p->to);
	return rc;
}

/* ---- the turn */

/* What may start now. */
static size_t
choose(struct post *p, struct delivery *chosen[], size_t room)
{
	size_t n = 0;

	while (n < room && (chosen[n] = lanes_next(&p->lanes, clock_mono())) != NULL)
		touch(chosen[n++]->owner);
	return n;
}

static void
start(struct delivery *d)
{
	struct hook *h = d->lane->owner;
	struct run_options o = { h->def, d->page, d->attempt, on_end, d };
	struct run_end end;

	if (!run_start(&o, &end))
		on_end(d, &end);
}

msec_t
post_turn(struct post *p, bool may_start)
{
	struct delivery *chosen[LANES_PROCESSES];
	size_t n;
	msec_t next;

	may_start = may_start && p->going && p->registry.rules.type != 0;
	do {
		n = may_start ? choose(p, chosen, COUNTOF(chosen)) : 0;
		store(p);
		if (p->later.failed)
			out_of_memory();
		out_bytes(p->to, p->later.buf, p->later.len);
		out_reset(&p->later);
		for (size_t i = 0; i < n; i++)
			start(chosen[i]);
	} while (n > 0);
	housekeep(p);
	next = may_start ? lanes_due(&p->lanes) : MSEC_NEVER;
	return next < p->status_at ? next : p->status_at;
}

void
post_take(struct post *p, const struct frame *f)
{
	if (f->type == FRAME_RULES) {
		registry_set(&p->registry, f);
	} else if (f->type == FRAME_PAGE) {
		take_page(p, f);
	} else if (f->type == FRAME_CANCEL) {
		lanes_cancel(&p->lanes, f->id);
		for (struct item *it = p->first; it != NULL; it = it->next)
			touch(it); /* what runs may be doomed now */
		frame_cancelled(&p->later, f->id);
	} else if (f->type == FRAME_TELL) {
		(void)tell_all(p); /* it has said why not */
	} else if (f->type == FRAME_GO || f->type == FRAME_HOLD) {
		p->going = f->type == FRAME_GO;
	}
}

/* ---- open and closed */

struct post *
post_open(const char *dir, struct out *to)
{
	struct post *p = need(calloc(1, sizeof(*p)));

	p->to = to;
	p->lanes.on_struck = on_struck;
	p->lanes.arg = p;
	p->outbox = outbox_open(dir);
	p->registry.outbox = p->outbox;
	p->registry.lanes = &p->lanes;
	if (p->outbox == NULL || tell_all(p) != 0 || outbox_walk(p->outbox, restore, p) != 0) {
		post_close(p);
		return NULL;
	}
	p->last_seq = outbox_last(p->outbox);
	return p;
}

void
post_close(struct post *p)
{
	while (p->first != NULL)
		item_free(p->first);
	registry_fini(&p->registry);
	out_fini(&p->later);
	out_fini(&p->scratch);
	lanes_fini(&p->lanes);
	outbox_close(p->outbox);
	free(p);
}
