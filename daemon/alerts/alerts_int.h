/* SPDX-License-Identifier: MIT */
/*
 * alerts_int.h: the inside of the alerts; for the files of this folder only.
 *
 *	alerts.c   the order of work: all lives, then all that is told
 *	rule.c     a rule bound to columns, asked: yes, no, or undefined
 *	thing.c    the objects of the engine, and what is asked of each once a turn
 *	alert.c    one alert's life, as a table
 *	roster.c   all alerts, by id
 *	show.c     what an alert shows, and what the engine says of its object
 *	ladder.c   steps, repeats, rounds: what is told when
 *	gather.c   pages on their way, and storms
 *	silence.c  silences        order.c   what operators want
 *	note.c     the log's entries
 *	told.c     what the outbox knows better
 *	page_env.c, page_json.c   what a hook is given
 *	view.c     what others see   state*.c  what must survive
 *
 * A turn has two halves.  First each rule is asked of each object, and lives
 * change; the order of objects does not matter there.  Then everything that
 * is shown, noted and told is brought up to that, in the order of ids: so
 * what goes out is the same whatever numbers the engine gave its objects.
 */
#ifndef CCMON_ALERTS_INT_H
#define CCMON_ALERTS_INT_H

#include <assert.h>
#include <stdarg.h>
#include "../engine/memory.h"
#include "alerts.h"

#define NONE		UINT32_MAX	/* no object, no silence */

#define LATE_MS		1000	/* ms; a step taken later than that moves those after it */
#define SILENCE_MAX_MS	INT64_C(2592000000)	/* ms, 30 days; a silence is no longer */
#define ORDER_MAX_MS	3600000	/* ms; an older order is refused */
#define ORDER_TEXT_MAX	1000	/* bytes; an order with a longer text is refused */
#define FIGURES_MAX	20	/* alerts in a page that still has all figures of their objects */

/* Text of ours, ended by a NUL that n does not count. */
struct text {
	char		*p;
	uint32_t	 n;
};
void		 text_set(struct memory *, struct text *, struct str);
void		 text_fini(struct memory *, struct text *);
struct str	 text_str(const struct text *);

/* ---- thing.c: objects of the engine ---- */

struct thing {
	struct text	 name;
	uint32_t	 generation;	/* another one than when it had another name */
	bool		 exists;
	uint32_t	 asked;		/* turn in which the next two were */
	bool		 degraded, closed;
};
struct things {
	struct thing	*thing;
	size_t		 n, cap;
	const struct column *degraded, *open, *channel;	/* or NULL */
};
void		 things_bind(struct alerts *);
void		 things_look(struct alerts *);	/* who is there now */
void		 things_fini(struct alerts *);
/* Both asked of the engine once a turn at most. */
bool		 thing_is_degraded(struct alerts *, struct object);
bool		 thing_is_closed(struct alerts *, struct object);

/* ---- rule.c ---- */

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_UNDEFINED };

struct source {			/* where a number comes from */
	const struct column *column;	/* of the object; or NULL */
	const struct column *samples;	/* how many it is formed of; or NULL */
	uint8_t		 monitor;	/* without a column: of the daemon; MONITOR_COUNT: there is none */
};

#define MICRO		INT64_C(1000000)	/* numbers are compared in millionths of a step */
struct test {			/* a condition, bound */
	uint8_t		 comparison;	/* enum comparison */
	uint8_t		 unit;		/* enum unit */
	bool		 has_other;
	struct source	 field, other;
	int64_t		 factor, number;	/* in millionths; the number, of a step */
};

struct place {			/* a rule at one object */
	struct alert	*alert;		/* or NULL: nothing to remember */
	uint32_t	 generation;	/* of the thing the next is about */
	bool		 matches;
};

struct rule {
	const struct rule_def *def;
	struct text	 name, metric, condition;
	struct test	*when, *clear;
	size_t		 nwhen, nclear;
	bool		 asks_engine;	/* not only what the daemon knows of itself */
	bool		 own_hours;	/* the queue's own calendar */
	bool		 asleep;	/* of a calendar it names: this turn */
	const struct calendar *calendar;	/* or NULL */
	struct rule	**inhibitor;
	size_t		 ninhibitors, inhibitors_cap;
	bool		 seen;		/* while rings are looked for */
	struct place	*place;		/* by number of the object */
	size_t		 nplaces, places_cap;
};
void		 rules_bind(struct alerts *);	/* to the engine and the calendars */
void		 rules_unbind(struct alerts *);
void		 rules_wake(struct alerts *, msec_t now);
struct rule	*rule_find(const struct alerts *, struct str name);
struct place	*rule_place(struct alerts *, struct rule *, uint32_t object);
/* Is what it watches so?  Of an alert that fires: is it not over? */
enum answer	 rule_ask(struct alerts *, const struct rule *, uint32_t object, bool fires);
void		 rule_values(struct alerts *, const struct rule *, uint32_t object, int64_t *value,
		    int64_t *threshold);
static inline struct object
object_of(const struct rule *r, uint32_t index)
{
	return (struct object){ r->def->scope, index };
}

/* ---- alert.c ---- */

enum life { LIFE_QUIET, LIFE_PENDING, LIFE_FIRING, LIFE_RESOLVED, LIFE_COUNT };

/* What a look at a rule and an object found. */
enum fact {
	FACT_HOLDS,		/* the condition; of a firing alert: not clear yet */
	FACT_FAILS,		/* the opposite; of a firing alert: clear */
	FACT_UNDEFINED,
	FACT_BLIND,		/* the object's figures cannot be trusted */
	FACT_CLOSED,		/* outside of its hours */
	FACT_GONE,		/* the object */
	FACT_REMOVED,		/* the rule */
	FACT_COUNT
};

/* Why an episode ended. */
enum reason { REASON_CLEAR, REASON_CLOSED, REASON_GONE, REASON_REMOVED, REASON_COUNT };

struct alert {
	struct text	 id;		/* "<rule>/<scope>" */
	uint32_t	 rule_len;	/* of the rule's name in it */
	struct rule	*rule;		/* or NULL: it was removed */
	uint32_t	 object;	/* of the rule's scope, or NONE */
	struct text	 metric, condition;
	uint8_t		 unit, severity;

	uint8_t		 life;		/* enum life */
	bool		 blind;
	bool		 flapping, gathered; /* the episode; told in a storm */
	uint8_t		 reason;	/* enum reason */
	bool		 just_began, just_ended; /* in this turn */
	msec_t		 since;		/* of this life */
	msec_t		 clear_since;	/* firing, but clear; -1 */
	msec_t		 began, ended;	/* the episode; -1; never moved by a jump of the clock */
	msec_t		 last_begin;	/* of any episode; moved; -1 */
	char		 episode[EPISODE_MAX];
	int64_t		 value, threshold;
	struct text	 summary;

	uint16_t	 round, step;	/* steps taken in this round */
	uint32_t	 repeats;
	msec_t		 round_began;	/* when its first step was; -1 */
	msec_t		 next;		/* step or repeat; -1: none */
	struct text	 told;		/* hooks, a line each */
	struct text	 page;		/* id of the last step's */
	struct owed	*waits_in;	/* an open page; or NULL */

	msec_t		 acked_until;	/* -1: not */
	struct text	 by, note;	/* who acked */
	uint32_t	 silence;	/* one that matches; NONE */
	const struct alert *inhibitor;	/* or NULL */

	uint8_t		 shown;		/* enum alert_state */
	msec_t		 shown_since;
	msec_t		 not_before;	/* the outbox told of moments up to then; -1 */
	bool		 unsaved, saved;
};
void		 alert_look(struct alerts *, struct alert *, enum fact, msec_t now);
void		 alert_end(struct alerts *, struct alert *, enum reason, msec_t at);
void		 alert_begin_episode(struct alerts *, struct alert *, msec_t began);
bool		 alert_is_over(const struct alert *, msec_t now);	/* nothing to remember */
msec_t		 alert_next(const struct alert *);	/* when its life may change; or never */
static inline struct str
alert_rule(const struct alert *al)
{
	return (struct str){ al->id.p, al->rule_len };
}
static inline struct str
alert_scope(const struct alert *al)
{
	return (struct str){ al->id.p + al->rule_len + 1, al->id.n - al->rule_len - 1 };
}
struct str	 alert_object_name(const struct alert *);	/* of the scope; the site's is empty */
void		 hash_hex(char out[EPISODE_MAX], struct str);

/* ---- roster.c ---- */
struct alert	*roster_find(const struct alerts *, struct str id);
struct alert	*roster_get(struct alerts *, struct str id, struct str rule);	/* made if need be */
struct alert	*alert_new(struct alerts *, struct str id, struct str rule);	/* in no roster */
void		 roster_replace(struct alerts *, struct alert *);	/* that of the same id, if any */
struct alert	*roster_of(struct alerts *, struct rule *, uint32_t object);	/* the same */
void		 roster_attach(struct alerts *, struct alert *);	/* to its rule and object */
/* Its object may have become another one meanwhile. */
bool		 roster_is_attached(struct alerts *, const struct alert *);
void		 roster_detach(struct alerts *);	/* all */
void		 roster_sweep(struct alerts *, msec_t now);
void		 roster_fini(struct alerts *);
void		 alert_free(struct alerts *, struct alert *);

/* ---- show.c ---- */
void		 show_all(struct alerts *, msec_t now);	/* and tell */
void		 alarm_all(struct alerts *);	/* the engine is a new one */
void		 summary_write(struct alerts *, struct alert *);
bool		 alert_is_held(const struct alert *);	/* nobody is told now */

/* ---- ladder.c ---- */
void		 ladder_turn(struct alerts *, struct alert *, msec_t now);
void		 ladder_plan(struct alert *);	/* finds `next` from what was taken */
void		 ladder_replan(struct alert *, msec_t now);
uint16_t	 ladder_steps(const struct alert *);
void		 ladder_add_told(struct alerts *, struct alert *, size_t step);
/* An acknowledgement that is over: the next round. */
void		 ladder_renew(struct alert *, msec_t now);
/* The same episode: the first stands at least where the second does. */
void		 ladder_catch_up(struct alerts *, struct alert *, const struct alert *);

/* ---- gather.c ---- */

struct member {			/* of a page */
	struct text	 alert, summary;
	char		 page[PAGE_ID_MAX]; /* the id of a page of its own */
	char		 episode[EPISODE_MAX];
	msec_t		 began, ended;
	uint16_t	 round, step;
	uint8_t		 severity;
	int64_t		 value, threshold;
};
struct owed {			/* a page of which nobody knows the end yet */
	uint64_t	 no;
	char		 id[PAGE_ID_MAX];
	uint8_t		 kind;		/* enum page_kind */
	bool		 open;		/* a storm's, still being gathered */
	bool		 given, stored, unsaved, saved;
	msec_t		 time;		/* when it became due; of an open one: will */
	struct text	 hooks;		/* a line each */
	struct member	*member;
	size_t		 n, cap;
};
struct storm {
	msec_t		*at;		/* begins, newest last */
	size_t		 n, cap;
	bool		 on;
};
/* Its hooks are to be told this; now, or with others. */
void		 page_post(struct alerts *, struct alert *, enum page_kind, const char *page,
		    uint16_t step, struct str hooks, msec_t now);
bool		 storm_count(struct alerts *, msec_t now);	/* one more begins: in a storm? */
void		 storm_turn(struct alerts *, msec_t now);
void		 gather_turn(struct alerts *, msec_t now);	/* what is due goes out */
void		 owed_strike(struct alerts *, const char *episode);
struct owed	*owed_find(const struct alerts *, struct str id);
void		 owed_drop(struct alerts *, struct owed *);
void		 owed_remove(struct alerts *, struct owed *, size_t member);
struct owed	*owed_new(struct alerts *);
struct member	*owed_member(struct alerts *, struct owed *);
void		 owed_fini(struct alerts *);

/* ---- page_env.c, page_json.c ---- */
void		 page_json(struct alerts *, const struct owed *, struct out *);
void		 member_view(const struct alerts *, const struct member *, struct alert_view *);
const struct member *owed_worst(const struct owed *);
void		 owed_summary(const struct owed *, struct out *);
void		 alert_members(struct out *, const struct alert_view *);	/* without braces */

/* ---- silence.c, order.c ---- */
struct silence {
	struct text	 id, match, by, note;
	msec_t		 since, until;
	bool		 unsaved;
};
void		 silences_turn(struct alerts *, msec_t now);
void		 silences_match(struct alerts *);	/* all, if there are others */
struct silence	*silence_add(struct alerts *, const struct silence_view *);
bool		 silence_remove(struct alerts *, struct str id);
void		 silences_fini(struct alerts *);
void		 silence_match(struct alerts *, struct alert *);

void		 order_cancel(struct alerts *, struct alert *);	/* pages of its episode */
void		 order_strike(struct alerts *, const char *episode); /* the outbox's alone */

/* ---- note.c ---- */
struct noted {
	struct alert_note n;		/* its texts are ours */
};
struct alert_note *note_new(struct alerts *, const char *kind, msec_t now);
void		 note_text(struct alerts *, struct str *to, struct str);
void		 note_alert(struct alerts *, const struct alert *, const char *kind, msec_t now);
void		 notes_fini(struct alerts *);

/* ---- told.c ---- */
struct told {			/* of one episode in one page */
	struct text	 alert, page;
	uint8_t		 kind;
	bool		 finished, delivered;
	msec_t		 time, began;
	uint16_t	 round, step;
	char		 episode[EPISODE_MAX];
};
void		 told_apply(struct alerts *);
void		 told_fini(struct alerts *);

/* ---- state.c ---- */
void		 saving_gone(struct alerts *, const char *prefix, struct str name);
void		 saving_fini(struct alerts *);
#define OWED_KEY_MAX	24	/* bytes with NUL */
void		 owed_key(const struct owed *, char key[OWED_KEY_MAX]);

/* ---- all of it ---- */

void		 alerts_bind(struct alerts *);	/* to the engine and the rules, if not yet */

struct saving;

struct alerts {
	struct memory	 memory;
	struct text	 site;
	const struct rules *rules;
	const struct calendars *calendars;
	struct engine	**engine;

	struct rule	*rule;
	size_t		 nrules;
	struct things	 things[SCOPE_COUNT];
	uint32_t	 turn;		/* counts them */
	bool		 bound;		/* to this engine */
	bool		 replan;	/* the ladders: the rules are others */

	struct alert	**alert;	/* by id */
	size_t		 n, cap;
	struct silence	*silence;
	size_t		 nsilences, silences_cap;
	bool		 rematch;	/* silences are others now */

	struct owed	**owed;		/* in the order of their numbers */
	size_t		 nowed, owed_cap;
	uint64_t	 next_owed;
	uint64_t	 committing, committed; /* pages with lower numbers */
	struct storm	 storm;

	int64_t		 monitor[MONITOR_COUNT];
	struct text	 detail[MONITOR_COUNT];

	struct noted	*noted;
	size_t		 nnoted, noted_cap, noted_at;	/* those before were given */
	msec_t		 note_ms;
	uint32_t	 note_seq;

	char		(*cancelled)[EPISODE_MAX];
	size_t		 ncancelled, cancelled_cap, cancelled_at;

	struct told	*told;
	size_t		 ntold, told_cap;
	bool		 told_new;	/* there are some that were not applied */
	msec_t		 loaded;	/* the engine's time in the state; 0: none */

	struct text	 orders_read;
	msec_t		 now, tilt_until;
	bool		 changed, unsaved;	/* a view; what is one a site */
	struct saving	*saving;
	/* what the last page lies in */
	struct out	 env, body, scratch;
	struct str	*words;
	size_t		 words_cap;
	struct page_ref	*refs;
	size_t		 refs_cap;
};

static inline struct engine *
engine_of(const struct alerts *a)
{
	return *a->engine;
}

#endif
