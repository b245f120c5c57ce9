/* SPDX-License-Identifier: MIT */
/*
 * figure_now.c: who waits, what is being handled, per hour, agents, feeds and
 * health: what is true at this moment.
 */
#include "figures.h"

void
view_of(struct engine *e, struct object object, struct view *v)
{
	memset(v, 0, sizeof(*v));
	v->e = e;
	v->object = object;
	v->window = WINDOW_NOW;
	switch ((enum scope)object.scope) {
	case SCOPE_QUEUE:
		v->q = &e->queues[object.index];
		v->o = &v->q->o;
		v->crew = &v->q->crew;
		break;
	case SCOPE_CHANNEL:
		v->o = &e->channels[object.index].o;
		v->crew = &e->channels[object.index].crew;
		break;
	case SCOPE_SITE:
		v->o = &e->site.o;
		v->crew = &e->site.crew;
		break;
	case SCOPE_AGENT:
		v->a = &e->agents[object.index];
		v->o = &v->a->o;
		break;
	case SCOPE_FEED:
		v->s = &e->sources[object.index];
		break;
	case SCOPE_COUNT:
		break;
	}
}

/* ---- the queues of a view ---- */

static bool
is_in(const struct view *v, const struct queue *q)
{
	if (v->q != NULL)
		return v->q == q;
	return v->object.scope == SCOPE_SITE || q->channel == v->object.index;
}

const struct queue *
view_queue(const struct view *v, size_t *i)
{
	const struct queue *q;

	while (*i < v->e->nqueues) {
		q = &v->e->queues[(*i)++];
		if (is_in(v, q))
			return q;
	}
	return NULL;
}

static int64_t
sum_queues(const struct view *v, int64_t (*of)(const struct engine *, const struct queue *))
{
	const struct queue *q;
	int64_t n = 0;
	size_t i = 0;

	if (v->q != NULL)
		return of(v->e, v->q);
	while ((q = view_queue(v, &i)) != NULL)
		n += of(v->e, q);
	return n;
}

static int64_t
waiting_in(const struct engine *e, const struct queue *q)
{
	(void)e;
	return q->waiting;
}

static int64_t
in_progress_in(const struct engine *e, const struct queue *q)
{
	(void)e;
	return q->in_progress;
}

/* Of those who wait, how many are older; the list is by age. */
static int64_t
older_than(const struct engine *e, const struct queue *q, msec_t age)
{
	const struct visit *v;
	int64_t n = 0;

	for (v = q->oldest; v != NULL && e->now - v->start > age; v = v->newer)
		n++;
	return n;
}

static int64_t
over_target_in(const struct engine *e, const struct queue *q)
{
	return q->policy.threshold > 0 ? older_than(e, q, q->policy.threshold) : 0;
}

static int64_t
at_risk_in(const struct engine *e, const struct queue *q)
{
	if (q->policy.threshold == 0)
		return 0;
	return older_than(e, q, q->policy.threshold * q->policy.risk / RATIO_ONE) -
	       older_than(e, q, q->policy.threshold);
}

int64_t
figure_waiting(const struct view *v)
{
	if (v->closed != NULL)
		return v->o->level.waiting;
	return sum_queues(v, waiting_in);
}

int64_t
figure_in_progress(const struct view *v)
{
	return sum_queues(v, in_progress_in);
}

int64_t
figure_over_target(const struct view *v)
{
	return sum_queues(v, over_target_in);
}

int64_t
figure_at_risk(const struct view *v)
{
	return sum_queues(v, at_risk_in);
}

int64_t
figure_oldest_wait(const struct view *v)
{
	const struct queue *q;
	int64_t age, oldest = 0;
	size_t i = 0;

	while ((q = view_queue(v, &i)) != NULL)
		if (q->oldest != NULL) {
			age = v->e->now - q->oldest->start;
			oldest = age > oldest ? age : oldest;
		}
	return oldest;
}

/* ---- what feeds it ---- */

/* Calls back for each source that feeds the view, until it says true. */
static const struct source *
any_feed(
    const struct view *v, bool (*is)(const struct view *, const struct source *, void *), void *arg)
{
	const struct engine *e = v->e;
	const struct fed_by *fed = v->a != NULL ? &v->a->fed : v->q != NULL ? &v->q->fed : NULL;
	const struct queue *q;
	size_t i, nth = 0;
	struct view of_queue;

	for (i = 0; fed != NULL && i < fed->n; i++)
		if (is(v, &e->sources[fed->source[i]], arg))
			return &e->sources[fed->source[i]];
	if (fed != NULL)
		return NULL;
	while ((q = view_queue(v, &nth)) != NULL) {
		of_queue = *v;
		of_queue.q = q;
		for (i = 0; i < q->fed.n; i++)
			if (is(&of_queue, &e->sources[q->fed.source[i]], arg))
				return &e->sources[q->fed.source[i]];
	}
	return NULL;
}

static bool
has_status(const struct view *v, const struct source *s, void *status)
{
	return source_status(v->e, s) == *(enum feed_status *)status;
}

const struct source *
feed_with(const struct view *v, enum feed_status status)
{
	return any_feed(v, has_status, &status);
}

static bool
note_began(const struct view *v, const struct source *s, void *arg)
{
	msec_t *began = arg;

	(void)v;
	if (s->began >= 0 && (*began < 0 || s->began < *began))
		*began = s->began;
	return false;
}

static msec_t
began_of(const struct view *v)
{
	msec_t began = -1;

	any_feed(v, note_began, &began);
	return began;
}

int64_t
figure_degraded(const struct view *v)
{
	return feed_with(v, FEED_SILENT) != NULL || feed_with(v, FEED_GAP) != NULL;
}

int64_t
seconds_observed(const struct view *v, int64_t least, int64_t most)
{
	int64_t n, began = began_of(v);

	if (began < 0)
		return -1;
	n = v->e->n - second_of(began) + 1;
	return n < least ? least : n > most ? most : n;
}

int64_t
figure_coverage(const struct view *v)
{
	int64_t seconds = seconds_observed(v, 0, HOUR_SECONDS);

	return ratio(seconds < 0 ? 0 : seconds, HOUR_SECONDS, RATIO_ONE);
}

static int64_t
per_hour(const struct view *v, enum counter counter)
{
	int64_t seconds = seconds_observed(v, 60, HOUR_SECONDS);

	return ratio(v->o->win[v->e->hour].c[counter] * HOUR_SECONDS, seconds, 1000);
}

int64_t
figure_offered_per_hour(const struct view *v)
{
	return per_hour(v, C_OFFERED);
}

int64_t
figure_handled_per_hour(const struct view *v)
{
	return per_hour(v, C_HANDLED);
}

/* ---- agents of a scope ---- */

bool
view_knows_states(const struct view *v)
{
	return (v->q == NULL || v->q->names == NULL) && (v->a == NULL || v->a->names == NULL);
}

/* How many were there at midnight is nothing to plan by. */
bool
view_is_of_a_day(const struct view *v)
{
	return v->closed != NULL && v->history == HISTORY_DAY;
}

const struct crew *
view_crew(const struct view *v)
{
	agents_muster(v->e);
	return v->crew;
}

const int64_t *
view_time(const struct view *v)
{
	if (v->crew == NULL)
		return v->ms;
	agents_roll_call(v->e);
	return v->crew->in_window[v->window];
}

#define CREW(fn, state)                                                                            \
	int64_t figure_agents_##fn(const struct view *v)                                           \
	{                                                                                          \
		return view_knows_states(v) ? view_crew(v)->count[state] : FIGURE_NAN;             \
	}

CREW(offline, AGENT_OFFLINE)
CREW(available, AGENT_AVAILABLE)
CREW(ringing, AGENT_RINGING)
CREW(on_contact, AGENT_ON_CONTACT)
CREW(on_hold, AGENT_ON_HOLD)
CREW(acw, AGENT_ACW)
CREW(paused, AGENT_PAUSED)

int64_t
figure_agents_staffed(const struct view *v)
{
	const uint32_t *n;

	if (!view_knows_states(v) || view_is_of_a_day(v))
		return FIGURE_NAN;
	if (v->closed != NULL)
		return v->o->level.staffed;
	n = view_crew(v)->count;
	return (int64_t)n[AGENT_AVAILABLE] + n[AGENT_RINGING] + n[AGENT_ON_CONTACT] +
	       n[AGENT_ON_HOLD] + n[AGENT_ACW];
}

int64_t
figure_occupancy(const struct view *v)
{
	const int64_t *ms = view_time(v);
	int64_t busy = ms[AGENT_ON_CONTACT] + ms[AGENT_ON_HOLD] + ms[AGENT_ACW];

	return ratio(busy, busy + ms[AGENT_AVAILABLE] + ms[AGENT_RINGING], RATIO_ONE);
}

/* ---- one agent ---- */

#define STATE_SECONDS(fn, state)                                                                   \
	int64_t figure_##fn##_seconds(const struct view *v)                                        \
	{                                                                                          \
		return view_knows_states(v) ? view_time(v)[state] : FIGURE_NAN;                    \
	}

STATE_SECONDS(available, AGENT_AVAILABLE)
STATE_SECONDS(ringing, AGENT_RINGING)
STATE_SECONDS(on_contact, AGENT_ON_CONTACT)
STATE_SECONDS(on_hold, AGENT_ON_HOLD)
STATE_SECONDS(acw, AGENT_ACW)
STATE_SECONDS(paused, AGENT_PAUSED)

int64_t
figure_staffed_seconds(const struct view *v)
{
	const int64_t *ms = view_time(v);

	if (!view_knows_states(v))
		return FIGURE_NAN;
	return ms[AGENT_AVAILABLE] + ms[AGENT_RINGING] + ms[AGENT_ON_CONTACT] + ms[AGENT_ON_HOLD] +
	       ms[AGENT_ACW];
}

int64_t
figure_login_seconds(const struct view *v)
{
	if (!view_knows_states(v))
		return FIGURE_NAN;
	return figure_staffed_seconds(v) + view_time(v)[AGENT_PAUSED];
}

static int64_t
handled_per(const struct view *v, int64_t ms)
{
	return ms == FIGURE_NAN || ms < MSEC_PER_SEC
	           ? FIGURE_NAN
	           : ratio(v->t->c[C_HANDLED] * HOUR_MS, ms, 1000);
}

int64_t
figure_per_login_hour(const struct view *v)
{
	return handled_per(v, figure_login_seconds(v));
}

int64_t
figure_per_staffed_hour(const struct view *v)
{
	return handled_per(v, figure_staffed_seconds(v));
}

int64_t
figure_state_since(const struct view *v)
{
	struct standing s;

	return timeline_at(&v->a->line, v->e->now, &s) ? s.since : FIGURE_NAN;
}

int64_t
figure_contacts_now(const struct view *v)
{
	return v->a->contacts_now;
}

/* ---- those there is no room for ---- */

int64_t
figure_other_names(const struct view *v)
{
	bool exact;

	return names_count(v->e, v->q != NULL ? v->q->names : v->a->names, &exact);
}

/* ---- one feed ---- */

#define FEED(fn, value)                                                                            \
	int64_t figure_feed_##fn(const struct view *v)                                             \
	{                                                                                          \
		return (int64_t)(v->s->value);                                                     \
	}

FEED(events, events)
FEED(given_up, given_up)
FEED(duplicate, duplicates)
FEED(late, late)
FEED(skewed, skewed)
FEED(rejected, rejected)
FEED(queued_again, inconsistent[INC_QUEUED_AGAIN])
FEED(answered_again, inconsistent[INC_ANSWERED_AGAIN])
FEED(after_answer, inconsistent[INC_AFTER_ANSWER])
FEED(after_end, inconsistent[INC_AFTER_END])
FEED(unanswered, inconsistent[INC_UNANSWERED])
FEED(unknown_visit, inconsistent[INC_UNKNOWN_VISIT])
FEED(not_handling, inconsistent[INC_NOT_HANDLING])
FEED(wrapped_unasked, inconsistent[INC_WRAPPED_UNASKED])

int64_t
figure_feed_seq(const struct view *v)
{
	return (int64_t)numbering_current(v->s)->seq;
}

int64_t
figure_feed_boot(const struct view *v)
{
	return numbering_current(v->s)->boot;
}

int64_t
figure_feed_lost(const struct view *v)
{
	return (int64_t)numbers_lost(v->s);
}

int64_t
figure_feed_last_event(const struct view *v)
{
	return v->s->last_event < 0 ? FIGURE_NAN : v->s->last_event;
}

int64_t
figure_feed_silent(const struct view *v)
{
	return source_status(v->e, v->s) == FEED_SILENT;
}

int64_t
figure_feed_gap(const struct view *v)
{
	return (int64_t)source_missing(v->e, v->s);
}

int64_t
figure_feed_inconsistent(const struct view *v)
{
	uint64_t n = 0;

	for (unsigned i = INC_NONE + 1; i < INC_COUNT; i++)
		n += v->s->inconsistent[i];
	return (int64_t)n;
}
