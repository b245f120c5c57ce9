/* SPDX-License-Identifier: MIT */
/*
 * engine.h: the pure core, all the outside may know of it.
 *
 * The engine is a function of the events applied and of the times it was
 * told.  It reads no clock, opens nothing, logs nothing and calls nobody
 * back: it is fed, told the time, and asked.
 *
 *	engine_apply   one event           engine_tick   the time goes on
 *	engine_edge    what happened once (breaches, closed intervals, rejects)
 *	engine_dirty   what has a new value (queues, agents ... to publish)
 *	engine_state   what must survive  (private state, absolute values)
 *
 * After each apply or tick, take the edges until there are none.  Texts and
 * arrays it gives are borrowed until the next call that changes it.
 */
#ifndef CCMON_ENGINE_H
#define CCMON_ENGINE_H

#include <ccmon/base.h>
#include <ccmon/event.h>
#include <ccmon/out.h>
#include <ccmon/rules.h>
#include <ccmon/site.h>

struct engine;

struct engine	*engine_new(const struct site *);	/* copies; NULL: no memory */
void		 engine_free(struct engine *);

/* ---- events and time ---- */

enum engine_rc {
	ENGINE_OK,
	ENGINE_DUPLICATE,	/* this (source, boot, seq) was seen: dropped */
	ENGINE_INCONSISTENT,	/* contradicts what is known: applied as far as
				   it makes sense, and counted */
	ENGINE_FULL		/* a limit is reached: counted by engine_limits */
};

/* Runs every deadline before now, then the event.  now is the wall clock;
 * with clock = "events" the event's own time moves the clock and now is not
 * looked at. */
enum engine_rc	 engine_apply(struct engine *, const struct event *, msec_t now);

/* Refused input: counted by source and passed on as an edge. */
void		 engine_reject(struct engine *, const struct reject *, msec_t now);

/* The time is now: runs every deadline before it.  Returns the next one
 * (epoch ms), at most the start of the next second.  Never goes back; -1 does
 * not start the clock. */
msec_t		 engine_tick(struct engine *, msec_t now);

/* -1: it was not told yet, by an event or a tick. */
msec_t		 engine_now(const struct engine *);
/* When its state began, and all totals from 0; -1: likewise.  A state that was
 * loaded began when it did. */
msec_t		 engine_began(const struct engine *);

/* A collector's journal, and how far it was applied: part of the state, so
 * that events and position can never disagree. */
struct journal_mark {
	uint8_t		id[16];
	uint64_t	seq;
};
bool		 engine_mark(const struct engine *, struct str collector,
		    struct journal_mark *);
void		 engine_set_mark(struct engine *, struct str collector,
		    const struct journal_mark *);

/* ---- edges ---- */

enum edge_type { EDGE_BREACH, EDGE_HISTORY, EDGE_REJECT };

/* HISTORY(symbol, "name", seconds, kept for ms) */
#define HISTORIES(H) \
	H(MINUTE, "1m", 60, INT64_C(172800000)) \
	H(QUARTER, "15m", 900, INT64_C(7948800000)) \
	H(DAY, "1d", 86400, INT64_C(94694400000))
enum history {
#define H(sym, name, seconds, kept)	HISTORY_##sym,
	HISTORIES(H)
#undef H
	HISTORY_COUNT
};

struct object {			/* a thing that has figures */
	uint8_t		scope;	/* enum scope */
	uint32_t	index;
};

struct edge {
	uint8_t		type;		/* enum edge_type */
	msec_t		id_ms;		/* a stream entry's id: never goes */
	uint32_t	id_seq;		/* back within its stream */
	/* EDGE_BREACH */
	msec_t		time;
	struct str	source, queue, contact, visit, agent;
	const char	*kind;		/* "late", "abandoned", "stuck", "first_response" ... */
	int64_t		waited_ms;
	/* EDGE_HISTORY: values in the order of engine_history_columns */
	struct object	object;
	uint8_t		history;	/* enum history */
	msec_t		start;
	const int64_t	*values;
	/* EDGE_REJECT */
	struct reject	reject;
};

bool		 engine_edge(struct engine *, struct edge *);

/* ---- figures ---- */

/* One field of an object's hash. */
struct column {
	char		name[64];	/* "asa_seconds_60m" */
	uint8_t		unit;		/* enum unit */
	bool		is_text;	/* read it by engine_text */
	bool		on_board;	/* belongs in the snapshot */
	uint16_t	metric;		/* row of metrics.def */
	uint8_t		window;		/* index into site.windows, or WINDOW_NOW */
};
#define WINDOW_NOW	0xff

/* A row of metrics.def. */
struct metric_row {
	const char	*name, *text;
	uint8_t		 unit;		/* enum unit */
	uint8_t		 scopes;	/* bit 1 << enum scope */
	bool		 is_text, windowed, on_board, in_history, in_history_only;
};
size_t		 engine_nmetrics(void);
const struct metric_row *engine_metric(size_t);	/* NULL past the last */

/* The fields of a scope's objects, in order; the same for the engine's life. */
size_t		 engine_columns(const struct engine *, enum scope, const struct column **);
size_t		 engine_history_columns(const struct engine *, const struct column **);

/* All of an object's values as of engine_now, in the order of its columns;
 * texts are 0 there. */
void		 engine_read(struct engine *, struct object, int64_t *values);
struct str	 engine_text(struct engine *, struct object, const struct column *);
/* One of them. */
int64_t		 engine_figure(struct engine *, struct object, const struct column *);
/* The column of that name ("sl_ratio_15m"), or NULL. */
const struct column *engine_column(const struct engine *, enum scope, const char *name);

/* What the alerts say of an object: the worst that fires on it, and the words
 * for status_reason; "" and SEVERITY_INFO: nothing.  Not part of the state. */
void		 engine_alarm(struct engine *, struct object, enum severity, const char *why);

struct str	 engine_name(const struct engine *, struct object);
size_t		 engine_count(const struct engine *, enum scope);	/* index < count */
/* false for an index whose object has been forgotten. */
bool		 engine_exists(const struct engine *, struct object);
bool		 engine_find(const struct engine *, enum scope, struct str name, struct object *);

/* The next object whose figures changed since it was last given here. */
bool		 engine_dirty(struct engine *, struct object *);
void		 engine_dirty_all(struct engine *);

/* Who waits in a queue, oldest first: its visits, then those who wait for a
 * response only.  Start with *cursor = 0. */
struct waiting {
	struct str	visit;		/* its id, or the contact's */
	msec_t		since;
	msec_t		due;		/* passes its first target then; MSEC_NEVER: none */
};
bool		 engine_waiting(const struct engine *, uint32_t queue,
		    uintptr_t *cursor, struct waiting *);
/* Did the set of those who wait change since this was last asked? */
bool		 engine_waiting_changed(struct engine *, uint32_t queue);

/* How often each limit of site.limits turned something away. */
struct engine_limits {
	uint64_t	queues, agents, contacts, sources;
};
void		 engine_limits(const struct engine *, struct engine_limits *);

/* ---- what must survive ---- */

/*
 * The private state is a set of fields, key and value, both bytes.  Those
 * that changed since the last call are given once each, as absolute values;
 * value.p == NULL: the field is gone.  The same fields given to
 * engine_state_put of a new engine, in any order, then engine_state_done,
 * make it equal.
 */
struct state_field {
	struct str	key, value;
};
bool		 engine_state(struct engine *, struct state_field *);
void		 engine_state_all(struct engine *);	/* give every field again */
/* -1: the field is damaged or of another version. */
int		 engine_state_put(struct engine *, const struct state_field *) CCMON_CHECK;
int		 engine_state_done(struct engine *) CCMON_CHECK;

/* Asserts every invariant.  For tests and fuzzers. */
void		 engine_check(const struct engine *);
/* Bytes held. */
size_t		 engine_memory(const struct engine *);

#endif
