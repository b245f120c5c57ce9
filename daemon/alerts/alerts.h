/* SPDX-License-Identifier: MIT */
/*
 * alerts.h: from figures to pages, all the outside may know of it.
 *
 * Pure, as the engine is: a function of the figures, of the orders given and
 * of the times it was told.  It reads figures through engine.h and nothing
 * else.  Live, in backtest and in the tests it is the same code.
 *
 *	alerts_turn    the time goes on: look at every rule
 *	alerts_order   what an operator wants
 *	alerts_page    what somebody must be told (until alerts_finished)
 *	alerts_note    what happened once (for the log)
 *	alerts_changed what has a new value (to publish)
 *	alerts_state   what must survive
 *
 * The rules of the game, with the table of states: doc/alerting.md.
 * Texts and arrays it gives are borrowed until the next call that is not const.
 */
#ifndef CCMON_ALERTS_H
#define CCMON_ALERTS_H

#include <ccmon/calendar.h>
#include <ccmon/rules.h>

#include "../engine/engine.h"
#include "../page.h"

#define ALERT_ID_MAX	160	/* bytes with NUL: two names of 64, a slash, "channel:" */
#define FLAP_MS		600000	/* ms; two episodes within: the second is flapping */
#define STORM_MS	60000	/* ms; new episodes are counted over */
#define GROUP_MS	5000	/* ms; a storm's list is gathered so long */
#define RESOLVED_MS	900000	/* ms; a resolved alert is shown so long */
#define TILT_MS		30000	/* ms; nothing begins or ends so long after a clock's jump */

/* ALERT_STATE(symbol, "name"); worst first where several are true */
#define ALERT_STATES(ALERT_STATE) \
	ALERT_STATE(NONE, "none") \
	ALERT_STATE(PENDING, "pending") \
	ALERT_STATE(FIRING, "firing") \
	ALERT_STATE(ACKED, "acked") \
	ALERT_STATE(SILENCED, "silenced") \
	ALERT_STATE(INHIBITED, "inhibited") \
	ALERT_STATE(UNKNOWN, "unknown") \
	ALERT_STATE(RESOLVED, "resolved")
enum alert_state {
#define ALERT_STATE(sym, name)	ALERT_##sym,
	ALERT_STATES(ALERT_STATE)
#undef ALERT_STATE
	ALERT_STATE_COUNT
};
const char	*alert_state_name(enum alert_state);

struct alerts;

struct alerts_options {
	const char	*site;			/* copied */
	const struct rules *rules;		/* borrowed, until others are set */
	const struct calendars *calendars;	/* borrowed, the same; or NULL */
	struct engine	**engine;		/* borrowed, as in daemon.h */
};
struct alerts	*alerts_new(const struct alerts_options *);	/* NULL: no memory */
void		 alerts_free(struct alerts *);
/* Other rules, from the next turn on.  An alert whose rule has the same name and
 * still means its scope keeps all it had; the others are resolved. */
void		 alerts_set_rules(struct alerts *, const struct rules *, const struct calendars *);
/* There is a new engine: its objects have other numbers. */
void		 alerts_rebind(struct alerts *);

/* ---- time ---- */

/*
 * Looks at every rule and takes every step that is due.  now: live, the wall
 * clock; while a collector catches up or in a replay, the engine's.  Returns
 * when to be called again at the latest: the next whole second or an earlier
 * deadline.  Call it also when figures changed.
 */
msec_t		 alerts_turn(struct alerts *, msec_t now);
/* The clock jumped: all that is counted from then on goes with it, and
 * nothing begins or ends before now + TILT_MS. */
void		 alerts_tilt(struct alerts *, msec_t by, msec_t now);
/* What the daemon knows of itself; detail is shown in summaries, may be NULL. */
void		 alerts_monitor(struct alerts *, enum monitor, int64_t value, const char *detail);

/* ---- operators ---- */

enum order_verb { ORDER_ACK, ORDER_SILENCE, ORDER_UNSILENCE, ORDER_COUNT };
struct order {
	struct str	id;		/* stream id: "1700000000000-0" */
	uint8_t		verb;		/* enum order_verb */
	struct str	what;		/* alert id; glob of alert ids; silence id */
	msec_t		until;		/* of a silence; epoch ms */
	struct str	by, note;
};
/* 0 done, -1 and why: "no such alert".  Also notes it; what it changes is shown
 * by the next turn.  now: the operator's, which may be ahead of that turn's. */
int		 alerts_order(struct alerts *, const struct order *, msec_t now, char *why, size_t why_len) CCMON_CHECK;
/* How far the stream of orders was read; "0-0" at first.  Part of the state. */
struct str	 alerts_orders_read(const struct alerts *);
void		 alerts_set_orders_read(struct alerts *, struct str id);

/* ---- pages ---- */

/* The next page that nobody has stored yet; each is given once, and again
 * from the first after alerts_offer_again (the runner is a new one). */
bool		 alerts_page(struct alerts *, struct page *);
/* The same, of those only that are in a commit: whoever takes over after us
 * knows them by the ids they have. */
bool		 alerts_page_committed(struct alerts *, struct page *);
void		 alerts_offer_again(struct alerts *);
/* It is on this machine's disk.  It stays in the state: the machine may die,
 * and another is to tell it then. */
void		 alerts_stored(struct alerts *, struct str id);
/* Does nobody know yet what became of it? */
bool		 alerts_owes(const struct alerts *, struct str id);
/* Every hook of it is done: not ours to remember any more.  Not delivered by
 * any: the next step is due now. */
void		 alerts_finished(struct alerts *, struct str id, bool delivered, msec_t now);
/* An episode whose pages nobody wants any more (acked, or told by another, with
 * its end): tell the runner. */
bool		 alerts_cancelled(struct alerts *, struct str *episode);
/* What the outbox told before this process began: before the first turn. */
void		 alerts_told(struct alerts *, const struct told_page *);

/* ---- what happened once ---- */

struct alert_note {
	msec_t		time;
	msec_t		id_ms;		/* stream id: never goes back */
	uint32_t	id_seq;
	struct str	alert, episode, rule, scope; /* empty: about no alert */
	const char	*kind;		/* a state's name, or "page", "order", "flapping", "storm" */
	uint8_t		severity;
	int64_t		value;
	uint8_t		unit;
	struct str	by, note, order; /* of an order */
	const char	*outcome;	/* of an order: "done", "refused"; or NULL */
	struct str	why;		/* it was refused */
	struct str	page, hooks;	/* of a page: its id, and names with a blank between */
	struct str	summary;	/* one line for a human */
};
bool		 alerts_note(struct alerts *, struct alert_note *);

/* ---- what is ---- */

struct alert_view {
	struct str	id, rule, scope;	/* scope: "queue:sales", "site" */
	struct str	episode;	/* empty while pending */
	uint8_t		state;		/* enum alert_state */
	uint8_t		severity;
	bool		flapping;
	struct str	metric, condition; /* the first condition's field; all of them as text */
	uint8_t		unit;
	int64_t		value, threshold;
	msec_t		since;		/* this state; epoch ms */
	msec_t		began, ended;	/* the episode; -1: not yet */
	uint16_t	round, step, steps; /* steps taken so far of this round, of so many */
	msec_t		next_step;	/* -1: none */
	struct str	by, note;	/* who acked, or silenced it */
	msec_t		until;		/* the ack or silence; -1 */
	struct str	silence;	/* id of the silence */
	struct str	inhibitor;	/* alert id */
	struct str	summary;
};
/* All of them, in order of id: start with *i = 0. */
bool		 alerts_each(const struct alerts *, size_t *i, struct alert_view *);
bool		 alerts_find(const struct alerts *, struct str id, struct alert_view *);
/* Did any change since this was last asked? */
bool		 alerts_changed(struct alerts *);
/* The alert as JSON, as it stands in P alerts. */
void		 alert_json(struct out *, const struct alert_view *);

struct silence_view {
	struct str	id, match, by, note;
	msec_t		since, until;
};
bool		 alerts_silence(const struct alerts *, size_t i, struct silence_view *);

/* ---- what must survive ---- */

/* As engine_state and its sisters; keys begin with 'A', never the engine's. */
bool		 alerts_state(struct alerts *, struct state_field *);
void		 alerts_state_all(struct alerts *);
int		 alerts_state_put(struct alerts *, const struct state_field *) CCMON_CHECK;
/* The engine has its state, too. */
void		 alerts_state_done(struct alerts *);
/* A commit begins: what there is now is in it.  It is done. */
void		 alerts_commit_begins(struct alerts *);
void		 alerts_committed(struct alerts *);
/* Is there a page that no commit has? */
bool		 alerts_want_commit(const struct alerts *);

void		 alerts_check(const struct alerts *);	/* asserts every invariant */

#endif
