/* SPDX-License-Identifier: MIT */
/*
 * state_things.c: queues, agents, sources, and what is one a site, as bytes
 * and back.  A packer and its unpacker stand together and name the same
 * members in the same order.  What is counted of them: state_objects.c.
 * Contacts and what came of them: state_contacts.c.
 */
#include "state.h"

msec_t
unpack_time(struct unpacker *u)
{
	return unpack_within(u, -TIME_FAR, TIME_FAR);
}

/* ---- numbers of other things ---- */

static void
map(struct engine *e, uint32_t **m, size_t *n, size_t *cap, int64_t saved, uint32_t ours)
{
	while (*n <= (size_t)saved) {
		*m = memory_grow(&e->memory, *m, *n, cap, sizeof(**m));
		(*m)[(*n)++] = NONE;
	}
	(*m)[saved] = ours;
	e->saving->differs |= saved != (int64_t)ours;
}

#define NUMBER_MAX (SAMPLE_NONE - 1)

static uint32_t
unpack_number(struct unpacker *u, const uint32_t *m, size_t n)
{
	int64_t saved = unpack_within(u, -1, NUMBER_MAX);

	if (saved < 0)
		return NONE;
	return (size_t)saved < n ? m[saved] : NONE;
}

void
pack_number(struct engine *e, struct packer *k, uint32_t i)
{
	INT(i == NONE ? -1 : (int64_t)i);
}

uint32_t
unpack_queue_number(struct engine *e, struct unpacker *u)
{
	return unpack_number(u, e->saving->queue_map, e->saving->nqueue_map);
}

uint32_t
unpack_agent_number(struct engine *e, struct unpacker *u)
{
	return unpack_number(u, e->saving->agent_map, e->saving->nagent_map);
}

uint32_t
unpack_source_number(struct engine *e, struct unpacker *u)
{
	return unpack_number(u, e->saving->source_map, e->saving->nsource_map);
}

static void
pack_fed(struct engine *e, struct packer *k, const struct fed_by *f)
{
	INT(f->n);
	for (uint8_t i = 0; i < f->n; i++)
		INT(f->source[i]);
}

static void
unpack_fed(struct engine *e, struct unpacker *u, struct fed_by *f)
{
	int64_t n = unpack_within(u, 0, FED_BY_MAX);
	uint32_t source;

	for (; n > 0; n--) {
		source = unpack_source_number(e, u);
		if (source != NONE)
			fed_by_add(f, source);
	}
}

/* ---- one a site ---- */

void
pack_engine(struct engine *e, struct packer *k)
{
	unsigned i;

	INT(e->began);
	INT(e->now);
	INT(e->closing);
	INT(e->history_busy);
	INT(e->arrival);
	INT(e->saving->next_part);
	for (i = 0; i <= EDGE_REJECT; i++) {
		INT(e->edges.last_ms[i]);
		INT(e->edges.last_no[i]);
	}
	INT(e->limited.queues);
	INT(e->limited.agents);
	INT(e->limited.contacts);
	INT(e->limited.sources);
}

void
unpack_engine(struct engine *e, struct unpacker *u)
{
	unsigned i;

	e->began = unpack_within(u, -1, TIME_HIGH);
	e->now = unpack_within(u, -1, TIME_HIGH);
	e->closing = unpack_within(u, -TIME_FAR, TIME_FAR);
	u->good &= e->now < 0 || e->closing == second_of(e->now) - GRACE_SECONDS;
	e->history_busy = unpack_within(u, 0, 1);
	e->arrival = (uint64_t)unpack_int(u);
	e->saving->next_part = (uint64_t)unpack_int(u);
	for (i = 0; i <= EDGE_REJECT; i++) {
		e->edges.last_ms[i] = unpack_time(u);
		e->edges.last_no[i] = (uint32_t)unpack_within(u, 0, UINT32_MAX);
	}
	e->limited.queues = (uint64_t)unpack_int(u);
	e->limited.agents = (uint64_t)unpack_int(u);
	e->limited.contacts = (uint64_t)unpack_int(u);
	e->limited.sources = (uint64_t)unpack_int(u);
}

void
pack_reasons(struct engine *e, struct packer *k)
{
	INT(e->nreasons);
	for (size_t i = 0; i < e->nreasons; i++)
		pack_str(k, &e->memory, str_of(e->reasons[i]));
}

/* As it is kept: ended by a NUL, and so without one. */
static struct str
unpack_name(struct unpacker *u)
{
	struct str s = unpack_str(u);

	u->good &= s.n == 0 || memchr(s.p, '\0', s.n) == NULL;
	return u->good ? s : STR_NONE;
}

void
unpack_reasons(struct engine *e, struct unpacker *u)
{
	int64_t n = unpack_within(u, 0, UINT16_MAX);

	for (; n > 0 && u->good; n--)
		reason_get(e, unpack_name(u));
}

/* ---- a source ---- */

/* Ranges as distances, from the end of the one before. */
static void
pack_numbering(struct engine *e, struct packer *k, const struct numbering *n)
{
	uint64_t before = 0;

	INT(n->boot);
	INT(n->seq);
	INT(n->missing.n);
	for (uint32_t i = 0; i < n->missing.n; i++) {
		const struct range *r = &n->missing.range[i];

		INT(r->first - before);
		INT(r->last - r->first);
		INT(r->at);
		before = r->last;
	}
}

/* Numberings are in order of boot; ranges have something between them, and the
 * highest number behind them. */
static void
unpack_numbering(struct engine *e, struct unpacker *u, struct source *s)
{
	int64_t above = s->nnumberings > 0 ? numbering_current(s)->boot + 1 : 0, left;
	struct numbering *n = &s->numbering[s->nnumberings++];
	uint64_t before = 0;
	struct range r;

	*n = (struct numbering){ .boot = unpack_within(u, above, COUNT_HIGH) };
	n->seq = (uint64_t)unpack_within(u, 1, COUNT_HIGH);
	for (left = unpack_within(u, 0, MISSING_MAX); left > 0 && u->good; left--) {
		r.first = before + (uint64_t)unpack_within(u, before > 0 ? 2 : 1, COUNT_HIGH);
		r.last = r.first + (uint64_t)unpack_within(u, 0, COUNT_HIGH);
		r.at = unpack_within(u, NOT_MISSED, TIME_FAR);
		u->good &= r.last < n->seq;
		if (u->good)
			numbering_restore(e, n, &r);
		before = r.last;
	}
}

void
pack_source(struct engine *e, struct packer *k, uint32_t i)
{
	const struct source *s = &e->sources[i];
	unsigned kind;

	INT(i);
	INT(s->nnumberings);
	for (kind = 0; kind < s->nnumberings; kind++)
		pack_numbering(e, k, &s->numbering[kind]);
	INT(s->given_up);
	INT(s->began);
	INT(s->last_event);
	INT(s->heard);
	INT(s->events);
	INT(s->duplicates);
	INT(s->late);
	INT(s->skewed);
	INT(s->rejected);
	INT(s->heartbeats);
	for (kind = 0; kind < INC_COUNT; kind++)
		INT(s->inconsistent[kind]);
}

void
unpack_source(struct engine *e, struct unpacker *u, struct str name)
{
	uint32_t i = source_get(e, name);
	int64_t saved = unpack_within(u, 0, NUMBER_MAX), n;
	struct source *s;
	unsigned kind;

	map(e, &e->saving->source_map, &e->saving->nsource_map, &e->saving->source_map_cap, saved,
	    i);
	if (i == NONE)
		return;
	s = &e->sources[i];
	u->good &= s->nnumberings == 0; /* once is enough */
	for (n = unpack_within(u, 0, NUMBERINGS_MAX); n > 0 && u->good; n--)
		unpack_numbering(e, u, s);
	s->given_up = (uint64_t)unpack_within(u, 0, COUNT_HIGH);
	s->began = unpack_time(u);
	s->last_event = unpack_time(u);
	s->heard = unpack_time(u);
	s->events = (uint64_t)unpack_int(u);
	s->duplicates = (uint64_t)unpack_int(u);
	s->late = (uint64_t)unpack_int(u);
	s->skewed = (uint64_t)unpack_int(u);
	s->rejected = (uint64_t)unpack_int(u);
	s->heartbeats = unpack_within(u, 0, 1);
	for (kind = 0; kind < INC_COUNT; kind++)
		s->inconsistent[kind] = (uint64_t)unpack_int(u);
	s->unsaved = false;
}

/* ---- the names it stands for ---- */

static void
pack_names(struct engine *e, struct packer *k, const struct names *names)
{
	INT(names == NULL ? 0 : names->n);
	if (names == NULL || names->n == 0)
		return;
	INT(names->day);
	INT(names->more);
	for (unsigned i = 0; i < names->n; i++)
		INT(names->least[i]);
}

static void
unpack_names(struct unpacker *u, struct names *to)
{
	struct names names = { .n = (uint16_t)unpack_within(u, 0, NAMES_EXACT) };

	if (names.n == 0)
		return;
	names.day = unpack_time(u);
	names.more = unpack_within(u, 0, 1);
	for (unsigned i = 0; i < names.n; i++) {
		names.least[i] = (uint64_t)unpack_int(u);
		u->good &= i == 0 || names.least[i] > names.least[i - 1];
	}
	u->good &= to != NULL && (!names.more || names.n == NAMES_EXACT);
	if (u->good)
		*to = names;
}

/* ---- a queue ---- */

void
pack_queue(struct engine *e, struct packer *k, uint32_t i)
{
	const struct queue *q = &e->queues[i];

	INT(i);
	INT(q->channel_known ? q->channel : CHANNEL_COUNT);
	pack_fed(e, k, &q->fed);
	pack_names(e, k, q->names);
	pack_ever(e, k, &q->ever, q->policy.threshold);
	pack_object(e, k, &q->o);
}

/* By one of its other names it may be the second that is loaded of it: all of
 * that is added. */
void
unpack_queue(struct engine *e, struct unpacker *u, struct str name)
{
	int64_t saved = unpack_within(u, 0, NUMBER_MAX);
	int64_t channel = unpack_within(u, 0, CHANNEL_COUNT);
	uint32_t i = queue_load(e, name, (enum channel)channel);
	struct queue *q;

	map(e, &e->saving->queue_map, &e->saving->nqueue_map, &e->saving->queue_map_cap, saved, i);
	if (i == NONE)
		return;
	q = &e->queues[i];
	e->saving->differs |= !is_called(q->name, name);
	unpack_fed(e, u, &q->fed);
	unpack_names(u, q->names);
	unpack_ever(u, &q->ever, q->policy.threshold);
	unpack_object(e, u, &q->o);
	q->o.unsaved = false;
}

/* ---- an agent ---- */

static void
pack_standing(struct engine *e, struct packer *k, const struct standing *s)
{
	unsigned i;

	INT(s->seen | s->in << 1 | s->paused << 2 | s->said << 3);
	if (!s->seen)
		return;
	INT(s->at);
	INT(s->login_at);
	INT(s->since);
	INT(s->before_since);
	INT(s->before);
	INT(s->ring);
	INT(s->talk);
	INT(s->hold);
	INT(s->acw);
	INT(s->why);
	for (i = 0; i < AGENT_NSUMS; i++)
		INT(s->sum[i]);
}

/* Of contacts there may be many at once, for years. */
static void
unpack_sums(struct unpacker *u, int64_t sum[AGENT_NSUMS])
{
	unsigned i;

	for (i = 0; i < AGENT_NSTATES; i++)
		sum[i] = unpack_time(u);
	sum[SUM_CONTACTS] = unpack_within(u, -COUNT_HIGH, COUNT_HIGH);
}

static void
unpack_standing(struct unpacker *u, struct standing *s, int64_t reasons)
{
	int64_t flags = unpack_within(u, 0, 15);

	memset(s, 0, sizeof(*s));
	s->seen = flags & 1;
	s->in = flags >> 1 & 1;
	s->paused = flags >> 2 & 1;
	s->said = flags >> 3 & 1;
	if (!s->seen)
		return;
	s->at = unpack_time(u);
	s->login_at = unpack_time(u);
	s->since = unpack_time(u);
	s->before_since = unpack_time(u);
	s->before = (uint8_t)unpack_within(u, 0, AGENT_NSTATES);
	s->ring = (int16_t)unpack_within(u, INT16_MIN, INT16_MAX);
	s->talk = (int16_t)unpack_within(u, INT16_MIN, INT16_MAX);
	s->hold = (int16_t)unpack_within(u, INT16_MIN, INT16_MAX);
	s->acw = (int16_t)unpack_within(u, INT16_MIN, INT16_MAX);
	s->why = (uint16_t)unpack_within(u, 0, reasons);
	unpack_sums(u, s->sum);
}

static void
pack_timeline(struct engine *e, struct packer *k, const struct timeline *t)
{
	uint32_t before = 0;
	size_t i;
	unsigned s;

	for (s = 0; s < AGENT_NSUMS; s++)
		INT(t->day_sum[s]);
	INT(t->nmarks > 0);
	if (t->nmarks == 0)
		return;
	pack_standing(e, k, &t->mark[0]);
	INT(t->zero);
	INT(t->n);
	for (i = 0; i < t->n; before = t->c[i].offset, i++) {
		INT(t->c[i].offset - before);
		INT(t->c[i].op);
		INT(t->c[i].reason);
	}
}

static void
unpack_timeline(struct engine *e, struct unpacker *u, struct timeline *t)
{
	struct standing base;
	struct change *c;
	int64_t n, offset = 0;

	unpack_sums(u, t->day_sum);
	if (unpack_within(u, 0, 1) == 0)
		return;
	unpack_standing(u, &base, (int64_t)e->nreasons);
	t->zero = unpack_time(u);
	for (n = unpack_within(u, 0, u->end - u->p); n > 0 && u->good; n--) {
		t->c = memory_grow(&e->memory, t->c, t->n, &t->cap, sizeof(*t->c));
		c = &t->c[t->n++];
		offset += unpack_within(u, 0, UINT32_MAX - offset);
		c->offset = (uint32_t)offset;
		c->op = (uint8_t)unpack_within(u, 0, OP_COUNT - 1);
		c->reason = (uint16_t)unpack_within(u, 0, (int64_t)e->nreasons);
	}
	timeline_restore(t, &e->memory, &base);
}

void
pack_agent(struct engine *e, struct packer *k, uint32_t i)
{
	const struct agent *a = &e->agents[i];
	const struct membership *m;
	size_t j;

	INT(i);
	INT(e->saving->next_part);
	INT(e->n);
	pack_fed(e, k, &a->fed);
	pack_names(e, k, a->names);
	pack_timeline(e, k, &a->line);
	INT(a->nmembers);
	for (j = 0; j < a->nmembers; j++) {
		m = &a->member[j];
		INT(m->queue);
		INT(m->joined);
		INT(m->left);
		INT(m->joined_no);
		INT(m->left_no);
	}
	pack_object(e, k, &a->o);
}

static void
take_later(msec_t *at, uint64_t *no, msec_t saved, uint64_t saved_no)
{
	if (saved < *at || (saved == *at && saved_no < *no))
		return;
	*at = saved;
	*no = saved_no;
}

/* In two queues that are one by now she is once: since she last joined either,
 * until she last left either. */
static void
unpack_member(struct engine *e, struct unpacker *u, struct agent *a)
{
	struct membership *m, saved = { .queue = unpack_queue_number(e, u) };

	saved.joined = unpack_time(u);
	saved.left = unpack_time(u);
	saved.joined_no = (uint64_t)unpack_int(u);
	saved.left_no = (uint64_t)unpack_int(u);
	if (saved.queue == NONE) /* there is no room for it now */
		return;
	m = agent_membership(e, a, saved.queue);
	take_later(&m->joined, &m->joined_no, saved.joined, saved.joined_no);
	take_later(&m->left, &m->left_no, saved.left, saved.left_no);
}

void
unpack_agent(struct engine *e, struct unpacker *u, struct str name)
{
	int64_t saved = unpack_within(u, 0, NUMBER_MAX), n;
	uint32_t i = agent_load(e, name);
	struct agent *a;

	map(e, &e->saving->agent_map, &e->saving->nagent_map, &e->saving->agent_map_cap, saved, i);
	if (i == NONE)
		return;
	a = &e->agents[i];
	u->good &= a->line.n == 0 && a->nmembers == 0; /* once is enough */
	a->saved_part = (uint64_t)unpack_int(u);
	a->saved_second = unpack_within(u, -TIME_FAR, TIME_FAR);
	unpack_fed(e, u, &a->fed);
	unpack_names(u, a->names);
	unpack_timeline(e, u, &a->line);
	for (n = unpack_within(u, 0, u->end - u->p); n > 0 && u->good; n--)
		unpack_member(e, u, a);
	unpack_object(e, u, &a->o);
	if (a->saved_second < e->day[0].begin) { /* of another day */
		object_new_day(e, &a->o);
		timeline_sums(&a->line, e->day[0].begin * MSEC_PER_SEC, a->line.day_sum);
	}
	a->o.unsaved = false;
	a->o.behind = -1;
}

/* ---- a collector's mark ---- */

void
pack_mark(struct engine *e, struct packer *k, const struct mark *m)
{
	pack_bytes(k, &e->memory, m->m.id, sizeof(m->m.id));
	INT(m->m.seq);
}

void
unpack_mark(struct engine *e, struct unpacker *u, struct str name)
{
	const uint8_t *id = unpack_bytes(u, sizeof(((struct journal_mark *)0)->id));
	struct journal_mark m;

	if (id == NULL)
		return;
	memcpy(m.id, id, sizeof(m.id));
	m.seq = (uint64_t)unpack_int(u);
	engine_set_mark(e, name, &m);
	e->marks[e->nmarks - 1].unsaved = false;
}
