/* SPDX-License-Identifier: MIT */
/*
 * figure_health.c: how it is, in one word, and why.
 *
 * A queue is what the first of these says that has something to say: its
 * opening hours, its feeds, the alerts, its service level.  A channel and the
 * site are what their worst queue is, or what the alerts say of themselves
 * where that is worse; they are closed when nothing of theirs is open.
 */
#include "figures.h"

/* Of two things the later is the worse. */
enum health { HEALTH_CLOSED, HEALTH_OK, HEALTH_UNKNOWN, HEALTH_WARN, HEALTH_CRIT };

static const char *const feed_words[] = {
	[FEED_OK] = "ok", [FEED_SILENT] = "silent", [FEED_GAP] = "gap"
};
static const char *const health_words[] = { [HEALTH_CLOSED] = "closed",
	[HEALTH_OK] = "ok",
	[HEALTH_UNKNOWN] = "unknown",
	[HEALTH_WARN] = "warn",
	[HEALTH_CRIT] = "crit" };
static const enum health alarm_health[SEVERITY_COUNT] = {
	[SEVERITY_INFO] = HEALTH_OK, [SEVERITY_WARN] = HEALTH_WARN, [SEVERITY_PAGE] = HEALTH_CRIT
};

/* Who says so. */
enum ground { BY_NOTHING, BY_HOURS, BY_FEED, BY_ALARM, BY_LEVEL };

struct verdict {
	enum health health;
	enum ground ground;
	const struct queue *q; /* that it is about, or NULL: the object itself */
	const struct source *feed; /* BY_FEED */
	const struct alarm *alarm; /* BY_ALARM */
};

/* ---- judging ---- */

static const struct source *
silent_feed(const struct engine *e, const struct fed_by *fed)
{
	for (uint8_t i = 0; i < fed->n; i++)
		if (source_status(e, &e->sources[fed->source[i]]) == FEED_SILENT)
			return &e->sources[fed->source[i]];
	return NULL;
}

static enum health
level_health(const struct engine *e, const struct queue *q)
{
	int64_t n, level = sl_of(&q->o.win[e->quarter], q->policy.formula, &n);

	if (q->policy.threshold == 0 || n < SL_MIN_N || level >= q->policy.target)
		return HEALTH_OK;
	return level >= q->policy.target - RATIO_ONE / 10 ? HEALTH_WARN : HEALTH_CRIT;
}

/* What feeds and alerts say of a queue or an agent; false: nothing. */
static bool
judge_signs(const struct engine *e, const struct fed_by *fed, const struct alarm *alarm,
    struct verdict *verdict)
{
	verdict->feed = silent_feed(e, fed);
	if (verdict->feed != NULL) {
		verdict->health = HEALTH_UNKNOWN;
		verdict->ground = BY_FEED;
	} else if (alarm->why != NULL) {
		verdict->health = alarm_health[alarm->severity];
		verdict->ground = BY_ALARM;
		verdict->alarm = alarm;
	}
	return verdict->ground != BY_NOTHING;
}

static struct verdict
judge_queue(const struct engine *e, const struct queue *q)
{
	struct verdict verdict = { .health = HEALTH_CLOSED, .ground = BY_NOTHING, .q = q };

	if (queue_is_closed(e, q)) {
		verdict.ground = BY_HOURS;
	} else if (!judge_signs(e, &q->fed, &q->o.alarm, &verdict)) {
		verdict.health = level_health(e, q);
		verdict.ground = BY_LEVEL;
	}
	return verdict;
}

static struct verdict
judge_agent(const struct engine *e, const struct agent *a)
{
	struct verdict verdict = { .health = HEALTH_OK, .ground = BY_NOTHING };

	judge_signs(e, &a->fed, &a->o.alarm, &verdict);
	return verdict;
}

/* Of those that are closed the first to open speaks for the others. */
static bool
is_worse(const struct engine *e, const struct verdict *a, const struct verdict *b)
{
	if (a->ground == BY_HOURS && b->ground == BY_HOURS)
		return queue_opens(e, a->q) < queue_opens(e, b->q);
	return a->health > b->health;
}

static struct verdict
judge_queues(const struct view *v)
{
	struct verdict one, worst = { .health = HEALTH_OK, .ground = BY_NOTHING };
	const struct queue *q;
	size_t i = 0;

	while ((q = view_queue(v, &i)) != NULL) {
		one = judge_queue(v->e, q);
		if (worst.ground == BY_NOTHING || is_worse(v->e, &one, &worst))
			worst = one;
	}
	return worst;
}

static struct verdict
judge(const struct view *v)
{
	const struct fed_by nobody = { .n = 0 };
	struct verdict own = { .ground = BY_NOTHING }, worst;

	if (v->q != NULL)
		return judge_queue(v->e, v->q);
	if (v->a != NULL)
		return judge_agent(v->e, v->a);
	worst = judge_queues(v);
	if (judge_signs(v->e, &nobody, &v->o->alarm, &own) && is_worse(v->e, &own, &worst))
		return own;
	return worst;
}

struct str
text_status(const struct view *v)
{
	if (v->s != NULL)
		return str_of(feed_words[source_status(v->e, v->s)]);
	return str_of(health_words[judge(v).health]);
}

/* ---- saying why ---- */

static void
say_feed(struct draft *d, const struct source *s, const char *what)
{
	draft_add(d, "feed ");
	draft_add(d, s->name);
	draft_add(d, what);
}

static void
say_level(struct draft *d, const struct engine *e, const struct queue *q)
{
	int64_t n, level = sl_of(&q->o.win[e->quarter], q->policy.formula, &n);

	if (q->policy.threshold == 0) {
		draft_add(d, "no service level is promised");
		return;
	}
	if (n < SL_MIN_N) {
		draft_add(d, "too few visits in 15 minutes to judge");
		return;
	}
	draft_add(d, "service level ");
	draft_figure(d, level, UNIT_RATIO);
	draft_add(d, " of ");
	draft_figure(d, n, UNIT_COUNT);
	draft_add(d, " in 15 minutes, target ");
	draft_figure(d, q->policy.target, UNIT_RATIO);
}

static void
say_two_digits(struct draft *d, int64_t n)
{
	draft_add(d, n < 10 ? "0" : "");
	draft_figure(d, n, UNIT_COUNT);
}

#define DAY 86400 /* s */
#define HOUR 3600 /* s */

/* "closed until Mon 08:00": by the clock on the queue's wall. */
static void
say_hours(struct draft *d, const struct engine *e, const struct queue *q)
{
	static const char days[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	const struct zone *z = &e->zones[e->hours[q->hours].calendar.zone];
	int64_t opens = second_of(queue_opens(e, q)), ahead;

	if (queue_opens(e, q) == MSEC_NEVER) {
		draft_add(d, "outside its opening hours");
		return;
	}
	opens += zone_offset(z, opens);
	ahead = opens / DAY - (e->n + zone_offset(z, e->n)) / DAY;
	draft_add(d, "closed until ");
	draft_add(d, days[opens / DAY % 7]); /* 1970-01-01 was a Thursday */
	draft_add(d, " ");
	say_two_digits(d, opens % DAY / HOUR);
	draft_add(d, ":");
	say_two_digits(d, opens % HOUR / 60);
	if (ahead < 7)
		return;
	draft_add(d, ", in ");
	draft_figure(d, ahead, UNIT_COUNT);
	draft_add(d, " days");
}

static struct str
feed_reason(const struct view *v)
{
	struct draft d = draft_begin(v->e);

	switch (source_status(v->e, v->s)) {
	case FEED_OK:
		draft_add(&d, v->s->alarm.why != NULL ? v->s->alarm.why : "events arrive");
		break;
	case FEED_SILENT:
		draft_add(&d, "nothing heard for ");
		draft_figure(&d, (v->e->now - v->s->heard) / MSEC_PER_SEC, UNIT_COUNT);
		draft_add(&d, " s");
		break;
	case FEED_GAP:
		draft_figure(&d, (int64_t)source_missing(v->e, v->s), UNIT_COUNT);
		draft_add(&d, " events lost in the last 60 minutes");
		break;
	}
	return draft_end(&d);
}

static void
say_ground(struct draft *d, const struct view *v, const struct verdict *verdict)
{
	assert(verdict->q != NULL || (verdict->ground != BY_HOURS && verdict->ground != BY_LEVEL));
	switch (verdict->ground) {
	case BY_NOTHING:
		break;
	case BY_HOURS:
		say_hours(d, v->e, verdict->q);
		break;
	case BY_FEED:
		say_feed(d, verdict->feed, " is silent");
		break;
	case BY_ALARM:
		draft_add(d, verdict->alarm->why);
		break;
	case BY_LEVEL:
		say_level(d, v->e, verdict->q);
		break;
	}
}

static void
say_others(struct draft *d, const struct view *v, const struct names *names, const char *limit)
{
	bool exact;
	int64_t n = names_count(v->e, names, &exact);

	draft_add(d, d->n > 0 ? "; stands for " : "stands for ");
	draft_add(d, exact ? "" : "about ");
	draft_figure(d, n, UNIT_COUNT);
	draft_add(d, n == 1 ? " name today beyond " : " names today beyond ");
	draft_add(d, limit);
}

struct str
text_status_reason(const struct view *v)
{
	struct draft d = draft_begin(v->e);
	struct verdict verdict;

	if (v->s != NULL)
		return feed_reason(v);
	verdict = judge(v);
	if (v->q == NULL && verdict.q != NULL) {
		if (verdict.health == HEALTH_OK)
			return draft_end(&d); /* they all are: nothing to explain */
		if (verdict.health != HEALTH_CLOSED) {
			draft_add(&d, "queue ");
			draft_add(&d, verdict.q->name);
			draft_add(&d, ": ");
		}
	}
	say_ground(&d, v, &verdict);
	if (v->q != NULL && v->q->names != NULL)
		say_others(&d, v, v->q->names, "limits.queues");
	if (v->a != NULL && v->a->names != NULL)
		say_others(&d, v, v->a->names, "limits.agents");
	return draft_end(&d);
}

struct str
text_degraded_reason(const struct view *v)
{
	struct draft d = draft_begin(v->e);
	const struct source *s;

	if ((s = feed_with(v, FEED_SILENT)) != NULL)
		say_feed(&d, s, " is silent");
	else if ((s = feed_with(v, FEED_GAP)) != NULL)
		say_feed(&d, s, " lost events");
	return draft_end(&d);
}

/* ---- as a number ---- */

int64_t
figure_open(const struct view *v)
{
	return !queue_is_closed(v->e, v->q);
}
