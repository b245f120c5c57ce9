/* SPDX-License-Identifier: MIT */
/*
 * engine_int.h: the inside of the engine; for the files of this folder only.
 *
 *	engine.c   the order of work: deadlines, then the event
 *	engine_new.c  beginning and end
 *	feed.c     sources, and their health     numbering.c  their sequence numbers
 *	visit.c    one visit's life, as a table       visit_steps.c  its steps
 *	work.c     after-contact work, asked for or planned
 *	contact.c  who holds visits
 *	matter.c   what is owed to a contact, as a table   matter_steps.c  its steps
 *	response.c its clocks
 *	order.c    things in order of time
 *	outcome.c  resolutions, surveys, feedback, reviews
 *	resolution.c  those that are remembered
 *	other.c    who stands for those there is no room for
 *	agent.c    who agents are, and memberships   crew.c     the roll call
 *	timeline.c one agent's states over time, as running sums
 *	totals.c   what a sample adds to a window
 *	window.c   the log of samples and the windows walking over it
 *	history.c  closed intervals       hours.c    when queues are open
 *	level.c    what was true when they ended
 *	ever.c     what is counted since the state began
 *	hist.c, peak.c, heap.c, index.c, memory.c   structures
 *	figure*.c  metrics.def's functions            objects.c  things by scope
 *	erlang.c   the arithmetic of the forecast (figure_forecast.c)
 *	state*.c   what must survive, and the way back
 */
#ifndef CCMON_ENGINE_INT_H
#define CCMON_ENGINE_INT_H

#include <assert.h>
#include <ccmon/missing.h>
#include "engine.h"
#include "memory.h"

#define NONE		UINT32_MAX	/* no queue, no agent ... */

#define FUTURE_MS	5000	/* ms; an event further ahead counts at now */
#define LATE_MS		5000	/* ms; an event further behind counts as late */
#define FUTURE_SECONDS	(FUTURE_MS / 1000)
#define GRACE_SECONDS	15	/* s; history intervals close so long after their end */
#define KEPT_MS		300000	/* ms; a contact with nothing open is remembered so long */
#define KEPT_MAX	65536	/* contacts with nothing open, at most */
#define LEAP_SECONDS	3600	/* s; after a longer leap empty intervals are left out */
#define SL_MIN_N	5	/* visits; fewer say nothing about the status */
#define HOUR_SECONDS	3600
#define RECENT_SECONDS	1800	/* s; arrivals of so long say what comes next */
#define HOUR_MS		INT64_C(3600000)

#include "structures.h"
#include "samples.h"

/* ---- sources ---- */

#define NUMBERINGS_MAX	4		/* of one source; older ones are forgotten */

enum inconsistency {
	INC_NONE, INC_QUEUED_AGAIN, INC_ANSWERED_AGAIN, INC_AFTER_ANSWER, INC_AFTER_END,
	INC_UNANSWERED, INC_UNKNOWN_VISIT, INC_NOT_HANDLING, INC_WRAPPED_UNASKED,
	INC_COUNT
};

struct numbering {
	int64_t		 boot;
	uint64_t	 seq;			/* highest seen */
	struct missing	 missing;		/* below it */
};

struct source {
	char		*name;
	uint64_t	 identity;		/* hash of the name */
	struct numbering numbering[NUMBERINGS_MAX];	/* by boot; the last is the current one */
	uint8_t		 nnumberings;
	msec_t		 began;			/* effective time of its first event; -1 */
	msec_t		 last_event;		/* newest time; -1 */
	msec_t		 heard;			/* clock at its last event; -1 */
	uint64_t	 given_up;		/* lost, and not waited for any more */
	uint64_t	 events, duplicates, late, skewed, rejected;
	uint64_t	 inconsistent[INC_COUNT];	/* by kind */
	msec_t		 silent_after;		/* -1: the default, if it sends heartbeats */
	struct alarm	 alarm;
	bool		 heartbeats, unsaved;
};

enum feed_status { FEED_OK, FEED_SILENT, FEED_GAP };

#define FED_BY_MAX	8	/* feeds told apart per object; more are not looked at */
struct fed_by {
	uint32_t	source[FED_BY_MAX];
	uint8_t		n;
};

#include "people.h"

/* ---- queues, channels, site ---- */

/* What the forecast of a queue is made from; no padding, for memcmp. */
struct forecast_basis {
	int64_t		arrived, observed;	/* visits in so many seconds */
	int64_t		handle_ms, handled;	/* sum, and of how many */
	int64_t		waited_ms, abandoned;	/* sum of all waits; how many gave up */
	int64_t		staffed, threshold, target;
};

enum forecast_model { FORECAST_NONE, FORECAST_ERLANG_A, FORECAST_ERLANG_C };

/* As last worked out, of the moment `at` after `arrivals` events. */
struct forecast {
	msec_t		at;
	uint64_t	arrivals;
	bool		known;
	uint8_t		model;		/* enum forecast_model */
	struct forecast_basis basis;
	int64_t		sl, required, gap, wait, patience, load;
};

struct queue {
	struct object_data o;
	char		*name;
	struct names	*names;		/* it stands for; NULL: it is itself (other.c) */
	struct policy	 policy;
	uint8_t		 channel;
	bool		 configured, waiting_changed;
	bool		 channel_known;	/* by configuration or a contact event */
	struct visit	*oldest, *newest;	/* who waits, by start */
	uint32_t	 waiting, in_progress;
	struct order	 matters;	/* that it holds, by when they were opened */
	uint32_t	 pending;	/* of those */
	struct order	 clocks[TARGET_COUNT], dues[TARGET_COUNT]; /* of those: by start,
					   and those that can be missed by due */
	uint32_t	 overdue[TARGET_COUNT];	/* of the clocks: missed */
	uint32_t	 hours;		/* its calendar, or NONE: always open */
	int64_t		 arrived;	/* offered in the last RECENT_SECONDS */
	struct ever	 ever;
	struct fed_by	 fed;
	struct crew	 crew;
	struct forecast	 forecast;
};

struct channel_data {
	struct object_data o;
	struct crew	 crew;
};

#include "contacts.h"

/* ---- the log of samples ---- */

#define CHUNK_SAMPLES	15		/* with its header: 256 bytes */
struct chunk {
	struct chunk	*next;
	uint64_t	 n;
	struct sample	 s[CHUNK_SAMPLES];
};
struct cell { struct chunk *first, *last; };

/* A part of the log as it stands in the state. */
struct log_part {
	uint64_t	 no;
	int64_t		 newest;	/* second of its newest sample */
	int64_t		 made;		/* second of the clock */
};

struct engine_window {
	uint8_t		 kind;		/* enum window_kind */
	int64_t		 seconds;
	bool		 hidden;	/* not the site's: for per-hour and status */
};
#define ENGINE_WINDOWS_MAX (WINDOWS_MAX + 2)

struct day { int64_t begin, end; };	/* epoch seconds */

struct hours {
	struct calendar	 calendar;
	bool		 closed;
	msec_t		 change;	/* when that changes, or MSEC_NEVER */
	int64_t		 ask;		/* second to look at it again */
};

struct edge_data;			/* edges.c */
struct edges {
	struct edge_data **e;
	size_t		 first, n, cap;
	struct edge_data *given;	/* freed at the next call */
	msec_t		 last_ms[EDGE_REJECT + 1];
	uint32_t	 last_no[EDGE_REJECT + 1];
};

struct saving;				/* state.c */
struct mark { char *name; struct journal_mark m; bool unsaved; };

struct engine {
	struct memory	 memory;
	/* what the site is */
	char		*name;
	uint8_t		 clock;
	int32_t		 day_start;
	struct zone	*zones;
	size_t		 nzones;
	struct policy	 defaults[CHANNEL_COUNT];
	struct site_limits limits;
	uint8_t		 key[SIPHASH_KEY];	/* of the indexes */
	struct feed_def	*feeds;
	size_t		 nfeeds;
	msec_t		 silent_after;
	struct window_def shown[WINDOWS_MAX];	/* the site's windows */
	size_t		 nshown;
	struct engine_window window[ENGINE_WINDOWS_MAX]; /* those, then hidden ones */
	size_t		 nwindows;
	unsigned	 hour, quarter;		/* windows of 3,600 and 900 s */
	int64_t		 longest;		/* seconds of the longest rolling window */
	/* time */
	msec_t		 began;			/* its state, with the first of now */
	msec_t		 now;			/* -1: not told yet */
	int64_t		 n;			/* its second */
	struct day	*day, *history_day;	/* by zone */
	struct hours	*hours;			/* the site's calendars */
	size_t		 nhours;
	/* things */
	struct queue	*queues;
	size_t		 nqueues, queues_cap;
	uint32_t	 other_queue[CHANNEL_COUNT];	/* or NONE, until one is needed */
	struct index	 queue_index;		/* names and other names */
	struct alias { char *name; uint32_t queue; } *aliases;
	size_t		 naliases, aliases_cap;
	struct channel_data channels[CHANNEL_COUNT];
	struct channel_data site;
	struct agent	*agents;
	size_t		 nagents, agents_cap, agents_known;
	uint32_t	 other_agent;		/* likewise */
	struct index	 agent_index;
	int64_t		 roll_call;		/* second everybody was called in; -1 */
	msec_t		 called_at;		/* clock at the last call; -1: some wait for one */
	uint32_t	 *called;		/* agents to be counted again */
	size_t		 ncalled, called_cap;
	uint64_t	 arrival;		/* number of the event being applied */
	struct source	*sources;
	size_t		 nsources, sources_cap;
	struct index	 source_index;
	char		**reasons;		/* of pauses */
	size_t		 nreasons, reasons_cap;
	struct contact	**contacts;		/* by slot; NULL: free */
	size_t		 ncontacts, contacts_cap, contacts_known;
	uint32_t	*free_slot;
	size_t		 nfree, free_cap;
	struct index	 contact_index;
	struct heap	 due;			/* contacts with something to happen */
	struct contact	*quietest, *loudest;	/* nothing open, oldest first */
	size_t		 nquiet;
	size_t		 nmatters;		/* open ones */
	/* resolutions */
	msec_t		 fcr;			/* who is not back within: helped; 0: not counted */
	struct resolution **resolutions;	/* by slot; NULL: free */
	size_t		 nresolutions, resolutions_cap;
	uint32_t	 *free_resolution;
	size_t		 nfree_resolutions, free_resolutions_cap;
	struct index	 resolution_index[KEY_COUNT];	/* to the newest of the key */
	struct heap	 resolved;		/* all of them, by time */
	/* the log */
	struct cell	*cell;
	int64_t		 cell_mask;
	struct chunk	*free_chunks;
	uint64_t	 nsamples;		/* in the log */
	/* history */
	int64_t		 closing;		/* seconds up to this one are in an interval */
	bool		 history_busy;		/* something since the last quarter closed */
	int64_t		 leveled;		/* second the levels are of; INT64_MIN: none */
	/* outwards */
	struct edges	 edges;
	struct column	*columns[SCOPE_COUNT], *history_columns;
	size_t		 ncolumns[SCOPE_COUNT], nhistory_columns;
	int64_t		*history_values;
	uint32_t	 dirty_at[SCOPE_COUNT];	/* where engine_dirty looks next */
	struct engine_limits limited;
	struct mark	*marks;
	size_t		 nmarks, marks_cap;
	struct saving	*saving;
	char		*text;			/* scratch of engine_text */
};

/* ---- engine.c ---- */
void		 engine_advance(struct engine *, msec_t now);
char		*engine_copy(struct engine *, struct str);	/* with a NUL */
bool		 is_called(const char *own, struct str name);

/* ---- feed.c ---- */
uint32_t	 source_get(struct engine *, struct str name);	/* or NONE: full */
uint32_t	 source_find(const struct engine *, struct str name);
/* Is it new?  Counts it, either way. */
bool		 source_take(struct engine *, struct source *, const struct event *);
void		 source_note(struct engine *, uint32_t source, enum inconsistency);
enum feed_status source_status(const struct engine *, const struct source *);
/* Numbers missed in the last hour that have not come since. */
uint64_t	 source_missing(const struct engine *, const struct source *);
void		 feeds_expect(struct engine *);	/* the configured ones, from now on */
bool		 fed_by_add(struct fed_by *, uint32_t source);	/* true: it is new there */
/* The source tells of the object, and so the object depends on it. */
void		 object_feed(struct object_data *, struct fed_by *, uint32_t source);

/* ---- numbering.c ---- */
/* Of the source, was this number not there before?  It is now. */
bool		 number_take(struct engine *, struct source *, int64_t boot, uint64_t seq);
const struct numbering *numbering_current(const struct source *);	/* zeros: it has none */
uint64_t	 numbers_lost(const struct source *);	/* that never came */
uint64_t	 numbers_missed_since(const struct source *, msec_t at);
bool		 numbers_were_missed_since(const struct source *, msec_t at);
/* Above what is missing in it already; when the state is loaded. */
void		 numbering_restore(struct engine *, struct numbering *, const struct range *);
void		 numbers_fini(struct engine *, struct source *);

/* ---- agent.c ---- */
/* The agent of that name, a new one, or where there is no room the one who
 * stands for her. */
uint32_t	 agent_get(struct engine *, struct str name);
uint32_t	 agent_load(struct engine *, struct str name);	/* as she was saved; or NONE: full */
uint32_t	 agent_find(const struct engine *, struct str name);
void		 agent_do(struct engine *, uint32_t agent, msec_t at, enum agent_op, uint16_t reason);
bool		 agent_is_other(const struct engine *, uint32_t agent);	/* she stands for others */
void		 agent_undo(struct engine *, uint32_t agent, msec_t at, enum agent_op);
void		 agent_member(struct engine *, uint32_t agent, uint32_t queue, msec_t at, bool joined);
struct membership *agent_membership(struct engine *, struct agent *, uint32_t queue); /* new ones, too */
void		 agent_join(struct engine *, uint32_t agent, uint32_t queue, msec_t at);
void		 agent_leave(struct engine *, uint32_t agent, uint32_t queue, msec_t at);
/* Is she a member, who came from offline at login_at? */
bool		 agent_belongs(const struct membership *, msec_t login_at);
enum engine_rc	 agent_apply(struct engine *, uint32_t source, const struct event *, msec_t at);
void		 agents_new_day(struct engine *);
uint16_t	 reason_get(struct engine *, struct str);

/* ---- crew.c ---- */
/* Brings every crew up to now; once a second all agents are called for it.
 * The muster is cheaper: how many do what, but not for how long. */
void		 agents_roll_call(struct engine *);
void		 agents_muster(struct engine *);
/* Staffed agents of each queue and the site at that moment, into their levels. */
void		 agents_level(struct engine *, msec_t at);
void		 crew_call(struct engine *, uint32_t agent);	/* she is to be counted again */
void		 crew_call_all(struct engine *);
void		 agent_in_window(const struct engine *, const struct agent *, unsigned window,
		    msec_t until, int64_t ms[AGENT_NSUMS]);
enum agent_state agent_state(const struct engine *, const struct agent *);

/* ---- work.c ---- */
/* As agent_do, of what ends her planned work. */
void		 agent_turn(struct engine *, uint32_t agent, msec_t at, enum agent_op, uint16_t reason);
/* The agent of the visit's handling that ended: planned for so long, or until
 * wrapped (MSEC_NEVER); after so many ms of talk and hold. */
void		 work_begin(struct engine *, struct visit *, msec_t at, int64_t length, int64_t worked);
void		 work_wrap(struct engine *, struct work *, msec_t at, int64_t took);
void		 works_lose(struct engine *, struct visit *, msec_t at);	/* its source did */
msec_t		 work_deadline(const struct engine *, const struct work *);
void		 work_due(struct engine *, struct work *);	/* that has passed */
void		 work_link(struct engine *, struct work *);	/* into its agent's hands */
void		 work_free(struct engine *, struct work *);	/* nothing is counted */

/* ---- visit.c, contact.c ---- */
enum engine_rc	 contact_apply(struct engine *, uint32_t source, const struct event *, msec_t at);
void		 contacts_restart(struct engine *, uint32_t source, msec_t at);
void		 contacts_drop_agents(struct engine *);	/* those that were forgotten */
msec_t		 contacts_deadline(const struct engine *);	/* the next of any contact */
void		 contacts_due(struct engine *);		/* it is over */
msec_t		 contacts_forgotten(const struct engine *);	/* when the quietest is */
void		 contacts_forget(struct engine *);	/* it is */
void		 contact_settle(struct engine *, struct contact *);	/* after any change */
void		 contact_forget(struct engine *, struct contact *);
bool		 contact_has_room(struct engine *, const struct contact *);	/* for a visit */
struct contact	*contact_new(struct engine *, uint32_t source, struct str id);
uint32_t	 contact_find(const struct engine *, uint32_t source, struct str id);
/* Whom the event says the customer is; 0: it does not. */
uint64_t	 customer_of(const struct event *);
void		 contact_check(const struct engine *);

struct visit	*visit_new(struct engine *, struct contact *, uint32_t queue, struct str id);
void		 visit_free(struct engine *, struct visit *);
msec_t		 visit_deadline(const struct engine *, const struct visit *);
void		 visit_due(struct engine *, struct visit *, msec_t at);
enum inconsistency visit_apply(struct engine *, struct contact *, struct visit *found,
		    uint32_t queue, uint32_t agent, const struct event *, msec_t at);
/* It knows nothing any more of agents who are forgotten; true: it knew. */
bool		 visit_drop_agents(struct engine *, struct visit *);
void		 visit_lose(struct engine *, struct visit *, msec_t at);
void		 waiting_insert(struct engine *, struct visit *);
void		 waiting_remove(struct engine *, struct visit *);

/* ---- matter.c: what is owed, and its clocks; doc/counting.md ---- */

/* A contact event once the table of visits had it. */
struct told {
	uint32_t	 source, queue, agent;
	const struct visit *visit;	/* of which it spoke; or NULL */
	bool		 begun;		/* that began with it */
	const struct event *ev;
	msec_t		 at;
};
/* Is it of a clock or contact that is not there?  It does nothing then. */
enum inconsistency matter_refuses(const struct contact *, const struct event *);
/* Returns the contact, which is made where the event needs one; or NULL. */
struct contact	*matter_apply(struct engine *, struct contact *, const struct told *);
void		 matter_lose(struct engine *, struct contact *, msec_t at);	/* its source restarted */
msec_t		 matter_deadline(const struct engine *, const struct matter *);
void		 matter_due(struct engine *, struct contact *, msec_t at);	/* that has passed */
void		 matter_drop_agents(struct engine *, struct contact *);
void		 matter_free(struct engine *, struct contact *);	/* uncounted, from its lists */
void		 matter_link(struct engine *, struct matter *);	/* into its queue's lists */
/* The earliest due of its clocks that are not standing still, passed or not. */
msec_t		 matter_first_due(const struct matter *);
bool		 contact_is_waiting(const struct contact *, uint32_t queue);
void		 matters_check(const struct engine *);

/* ---- response.c: one clock of a matter ---- */
extern const char *const target_names[TARGET_COUNT];
void		 response_start(struct engine *, struct matter *, enum target, msec_t at);
void		 response_promise(struct engine *, struct matter *, enum target, msec_t at, msec_t due);
/* What follows is about one that runs; those that do not stay as they are. */
void		 response_stop(struct engine *, struct matter *, enum target, msec_t at, uint32_t agent);
void		 response_stand_still(struct engine *, struct matter *, enum target, msec_t at);
void		 response_go_on(struct engine *, struct matter *, enum target, msec_t at);
void		 response_call_off(struct engine *, struct matter *, enum target, msec_t at);
void		 response_miss(struct engine *, struct matter *, enum target);
int64_t		 response_own(const struct engine *, const struct response *, msec_t at);
void		 response_link(struct engine *, uint32_t queue, enum target, struct response *);
void		 response_unlink(struct engine *, uint32_t queue, enum target, struct response *);
bool		 response_can_be_missed(const struct response *);

/* ---- outcome.c: resolutions, who came back, surveys, feedback, reviews ---- */
/* Before the matter has the event.  Another than INC_NONE: dropped, for the
 * matter, too.  No contact: nobody remembers it. */
enum inconsistency outcome_apply(struct engine *, const struct contact *, const struct told *);
msec_t		 outcome_deadline(const struct engine *);	/* the next fcr_days that end */
void		 outcome_due(struct engine *);
void		 outcome_check(const struct engine *);

/* ---- resolution.c ---- */
/* The newest of that key, by arrival, or NULL. */
struct resolution *resolution_last(const struct engine *, enum key, uint64_t hash);
/* With its time, order, hashes, queue and agent; the oldest goes if there are
 * too many, which may be this one. */
void		 resolution_remember(struct engine *, const struct resolution *);
void		 resolution_forget(struct engine *, struct resolution *);
void		 resolutions_drop_agents(struct engine *);	/* those that were forgotten */
void		 resolutions_init(struct engine *);
void		 resolutions_fini(struct engine *);

/* ---- other.c ---- */
bool		 other_is_reserved(struct str name);
const char	*other_queue_name(enum channel);
struct str	 other_agent_name(void);
struct names	*names_new(struct engine *);
void		 names_free(struct engine *, struct names *);	/* NULL: nothing */
bool		 names_add(const struct engine *, struct names *, struct str);	/* true: it changed */
int64_t		 names_count(const struct engine *, const struct names *, bool *exact);

/* ---- queue.c ---- */
/* The queue of that name, a new one, or where there is no room the one that
 * stands for it.  channel may be CHANNEL_COUNT: not said; NONE: no room, and
 * the channel is not known. */
uint32_t	 queue_get(struct engine *, struct str name, enum channel);
/* As it was saved; NONE: there is no room for it now. */
uint32_t	 queue_load(struct engine *, struct str name, enum channel);
/* Which of those it stands for is meant; 0 for a queue that is itself. */
uint64_t	 queue_meant(const struct engine *, uint32_t queue, struct str name);
void		 queues_configure(struct engine *, const struct site *);

/* To publish, with its channel and the site; nothing of it is to be saved. */
void		 queue_to_publish(struct engine *, struct queue *);

/* ---- hours.c ---- */
void		 hours_init(struct engine *, const struct calendars *);
void		 hours_fini(struct engine *);
uint32_t	 hours_find(const struct engine *, const char *name);	/* or NONE */
void		 hours_set(struct engine *);		/* the clock is another */
void		 hours_roll(struct engine *);		/* its second went on */
bool		 queue_is_closed(const struct engine *, const struct queue *);
/* Of one that is closed; MSEC_NEVER: not for more than a year. */
msec_t		 queue_opens(const struct engine *, const struct queue *);

/* ---- objects.c ---- */
void		 alarm_fini(struct engine *, struct alarm *);

/* ---- window.c ---- */
void		 sample_add(struct engine *, int64_t second, const struct sample *);
void		 window_step(struct engine *);		/* the clock's second goes on by one */
void		 window_leap(struct engine *, int64_t n);	/* the log is empty: straight to n */
/* Into the tumbling windows alone. */
void		 count_tumbling(struct engine *, struct object_data *, int64_t second, const struct sample *);
void		 object_changed(const struct engine *, struct object_data *);	/* to publish, to save */
void		 log_put(struct engine *, int64_t second, const struct sample *);
void		 window_rebuild(struct engine *);
void		 window_init(struct engine *);
void		 window_fini(struct engine *);
void		 object_init(struct engine *, struct object_data *, bool waits, bool history, uint16_t zone);
/* Own times of stopped clocks in that window, one a target. */
struct hist	*object_own(struct engine *, struct object_data *, unsigned window);
void		 object_new_day(struct engine *, struct object_data *);
void		 object_fini(struct engine *, struct object_data *);
void		 days_set(struct engine *);
void		 day_roll(struct engine *);

/* ---- level.c ---- */
void		 level_at(struct engine *, int64_t second);	/* of all that have history */

/* ---- history.c ---- */
void		 history_add(struct engine *, const struct sample *);
void		 history_step(struct engine *, int64_t second);
void		 history_leap(struct engine *, int64_t second);
void		 history_init(struct engine *, struct object_data *);
void		 history_fini(struct engine *, struct object_data *);
struct hist	*interval_waits(struct engine *, struct interval *);	/* made when needed */

/* ---- edges.c ---- */
struct breach {
	const struct contact *contact;
	struct str	 visit;
	uint32_t	 queue, agent;
	const char	*kind;		/* "late", "abandoned", "stuck", or a clock's name */
	msec_t		 at;
	int64_t		 waited;	/* ms */
};
void		 edge_breach(struct engine *, const struct breach *);
void		 edge_history(struct engine *, struct object, enum history, int64_t start);
void		 edge_reject(struct engine *, const struct reject *);
void		 edges_fini(struct engine *);

/* ---- figures ---- */
struct view {			/* whose figure, of which window */
	struct engine	*e;
	struct object	 object;
	const struct object_data *o;	/* NULL for feeds */
	const struct totals *t;		/* the window's */
	const struct interval *closed;	/* of that one; NULL: of now */
	enum history	 history;	/* and so long is it */
	const struct queue *q;		/* of a queue */
	const struct agent *a;		/* of an agent */
	const struct source *s;		/* of a feed */
	const struct crew *crew;	/* of queue, channel, site */
	int64_t		ms[AGENT_NSUMS];	/* an agent's, over the window */
	unsigned	 window;	/* index into site.windows, or WINDOW_NOW */
};
void		 columns_init(struct engine *);
void		 columns_fini(struct engine *);
void		 view_of(struct engine *, struct object, struct view *);
void		 history_read(struct engine *, struct object, enum history, int64_t *values);

/* ---- state.c ---- */
void		 state_log(struct engine *, int64_t second, const struct sample *);
void		 state_did(struct engine *, uint32_t agent, msec_t at, enum agent_op, uint16_t reason);
void		 state_undid(struct engine *, uint32_t agent, msec_t at, enum agent_op);
void		 state_member(struct engine *, uint32_t agent, msec_t at, uint32_t queue, bool joined);
void		 state_expire(struct engine *);		/* parts of the log no window covers */
void		 state_contact(struct engine *, struct contact *);	/* it changed */
void		 state_contact_gone(struct engine *, const struct contact *);
void		 state_agent_gone(struct engine *, const char *name);
void		 state_resolution(struct engine *, struct resolution *);	/* it changed */
void		 state_resolution_gone(struct engine *, const struct resolution *);
void		 state_init(struct engine *);
void		 state_fini(struct engine *);

static inline int64_t
second_of(msec_t t)
{
	return t >= 0 ? t / MSEC_PER_SEC : -((-t + MSEC_PER_SEC - 1) / MSEC_PER_SEC);
}

#endif
