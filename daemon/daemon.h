/* SPDX-License-Identifier: MIT */
/*
 * daemon.h: the shell round the engine.
 *
 *	collectors --> ingest --> engine --> store   what must survive: commits
 *	                             `-----> board   what others read
 *	                edges --> streams --^        what happened once
 *
 * main.c owns all of them and carries things from one to the next; none of
 * them calls another, but store and board both write through a struct writes,
 * and store takes its stream entries from a struct streams.
 *
 * The engine is borrowed through a pointer to where main keeps it: state that
 * turns out damaged is answered with a new engine.
 */
#ifndef CCMON_DAEMON_H
#define CCMON_DAEMON_H

#include <ccmon/base.h>
#include <ccmon/out.h>
#include <ccmon/rlink.h>
#include <ccmon/wire.h>

#include "alerts/alerts.h"
#include "engine/engine.h"
#include "hooks/hooks.h"
#include "lease.h"

/* "ccmon:v1:{<site>}:" and NUL; a site's name is at most 64 bytes. */
#define PREFIX_MAX	96
/* A public key outlives its last write by so long; contract section 4. */
#define BOARD_TTL_MS	60000
#define SCHEMA_VERSION	1

/* ---- writes: a list of Redis writes, done as one if we still own the state ---- */

/* What the script answers. */
enum writes_rc {
	WRITES_DONE = 1,
	WRITES_ALREADY = 0,	/* this very batch was written before */
	WRITES_NO_STATE = -1,	/* emptied, evicted, or another Redis */
	WRITES_FENCED = -2,	/* another owner */
	WRITES_MISMATCH = -3	/* another batch: Redis was rolled back */
};

struct writes {
	const char	*prefix;	/* borrowed */
	struct out	 keys, args;	/* RESP words */
	struct out	 key;		/* the one being formatted */
	size_t		 nkeys, nargs;
	size_t		 count_at;	/* where the open write says how many words */
	size_t		 nwords;	/* it has so far */
};

void	writes_init(struct writes *, const char *prefix);
void	writes_fini(struct writes *);
void	writes_reset(struct writes *);
/* One write: the command, the key after the prefix, its other words. */
void	write_begin(struct writes *, const char *verb, const char *key, ...)
	    CCMON_PRINTF(3, 4);
void	write_word(struct writes *, struct str);
void	write_text(struct writes *, const char *);
void	write_int(struct writes *, int64_t);
void	write_figure(struct writes *, int64_t value, enum unit);
void	write_end(struct writes *);
/* Appends all writes of another list. */
void	writes_add(struct writes *, const struct writes *);
size_t	writes_size(const struct writes *);	/* bytes */
bool	writes_failed(const struct writes *);	/* no memory */

/* The command that does them.  expected, next: the batch before and after;
 * expected NULL: whatever it is, next NULL: it stays. */
void	writes_seal(const struct writes *, struct out *command, const char *owner,
	    const uint64_t *expected, const uint64_t *next);

/* The command that writes nothing but the lease: from now on so long; 0: it
 * has ended, and another may take over. */
void	lease_command(struct out *command, const char *prefix, const char *owner, msec_t lease);

/* The command that takes, or keeps, the ownership of the state. */
struct acquire {
	const char	*prefix;
	const char	*held;		/* the owner we were, or "" for one who begins */
	uint64_t	 epoch;		/* its epoch, or the highest one seen, or 0 */
	const char	*nonce;
	const char	*instance;	/* who we are */
	enum lease_claim claim;
};
void	acquire_command(struct out *command, const struct acquire *);

/* ---- instance: who this daemon is, from one start to the next ---- */

#define INSTANCE_MAX	100	/* bytes with NUL: 32 hex digits, a blank, the host */
/* Reads or makes the name, and keeps the directory for this process alone; the
 * descriptor to keep open.  -1: said why. */
int	instance_open(const char *state_dir, char name[INSTANCE_MAX]) CCMON_CHECK;

/* ---- streams: what happened once, until it is committed ---- */

struct streams;
struct streams	*streams_new(const char *prefix);
void		 streams_free(struct streams *);
void		 streams_edge(struct streams *, const struct engine *, const struct edge *);
/* Entries of alerts:log: a transition; a run of a hook, asked for by an order
 * or not; an order refused, or done where the alerts do not say so. */
void		 streams_note(struct streams *, const struct alert_note *);
void		 streams_hook(struct streams *, const struct hook_result *, struct str order, msec_t now);
void		 streams_order(struct streams *, struct str order, const char *outcome,
		    const char *why, msec_t now);
/* Puts all of them into a commit; they are kept until it is known. */
size_t		 streams_take(struct streams *, struct writes *);
void		 streams_done(struct streams *);	/* it was committed */
void		 streams_undone(struct streams *);	/* it was not */
size_t		 streams_pending(const struct streams *);
bool		 streams_full(const struct streams *);	/* take no more records now */
uint64_t	 streams_dropped(const struct streams *);

/* ---- commit: what changed, as commands ---- */

#define STATE_FORMAT	"1"	/* of the private keys */

struct commit {
	uint64_t	 expected, next;	/* the batch before and after */
	struct out	*chunk;		/* owns; to be sent in order */
	size_t		 nchunks, cap;	/* no chunk: nothing changed */
};
/* false: no memory. */
struct commit_parts {		/* what it is made of; all borrowed */
	struct engine	*engine;
	struct alerts	*alerts;
	struct streams	*streams;
	const char	*prefix, *owner;
	bool		 anew;		/* drop what is there first */
};
bool	commit_build(struct commit *, const struct commit_parts *) CCMON_CHECK;
void	commit_reset(struct commit *);	/* there is none */
void	commit_fini(struct commit *);

/* ---- store: the private state and its commits ---- */

struct store_options {
	struct engine	**engine;	/* borrowed */
	struct alerts	**alerts;	/* borrowed */
	struct rlink	*redis;		/* borrowed */
	struct streams	*streams;	/* borrowed */
	const char	*prefix;	/* borrowed */
	const char	*instance;	/* borrowed */
	/* Another daemon has the site: we stand by until it is ours.  Once
	 * each time; who that is, for a human. */
	void		(*on_standby)(void *arg, const char *holder);
	/* The state is ours; the version last published, or 0. */
	void		(*on_acquired)(void *arg, int64_t version);
	/* Make the engine and the alerts anew: there is no state, or none that
	 * can be used. */
	void		(*renew)(void *arg);
	/* The engine holds all there is to know: begin.  Once. */
	void		(*on_loaded)(void *arg);
	void		(*on_committed)(void *arg);
	/* We cannot go on: another daemon took the state over, or there is no
	 * memory left.  What is not committed is in the journals. */
	void		(*on_lost)(void *arg, const char *why);
	void		*arg;
};

struct store;
struct store	*store_new(const struct store_options *);
void		 store_free(struct store *);
void		 store_up(struct store *);	/* Redis is there */
void		 store_down(struct store *);	/* Redis is gone */
bool		 store_is_running(const struct store *);
bool		 store_is_busy(const struct store *);	/* a commit is outstanding */
bool		 store_stands_by(const struct store *);	/* another had the site when last seen */
/* Which pages may go out now; once a turn. */
enum pages_allowed store_pages(struct store *, msec_t mono);
/* Gives the site up, so that another may take over at once.  Nothing is to be
 * written after it. */
void		 store_release(struct store *);
bool		 store_is_released(const struct store *);	/* it is done, or failed */
const char	*store_owner(const struct store *);
/* Commits what changed: 1 begun, 0 nothing changed, -1 not now. */
int		 store_commit(struct store *);
/* The next commit drops what is there and writes everything: the engine is
 * another one that holds the same. */
void		 store_rewrite(struct store *);
/* Somebody's write was refused: look who owns the state. */
void		 store_recheck(struct store *);
/* Retries what failed; returns the time (monotonic) of the next try. */
msec_t		 store_turn(struct store *, msec_t mono);

/* ---- board: what others read ---- */

/* A collector, as it said last. */
struct collector_report {
	struct str	name, host, problem;
	int64_t		pid;
	const char	*state;		/* "catching_up", "live", "silent" */
	msec_t		 silent_ms;	/* it said nothing for so long */
	msec_t		 skew;		/* ms its clock is ahead of ours */
	struct link_msg	status;
};

enum board_state { BOARD_STARTING, BOARD_RUNNING, BOARD_STOPPING };

struct board_options {
	struct engine	**engine;	/* borrowed */
	struct alerts	**alerts;	/* borrowed */
	struct rlink	*redis;		/* borrowed */
	const char	*prefix;	/* borrowed */
	const char	*site;		/* borrowed */
	bool		 demo;
	msec_t		 started;	/* epoch ms */
	/* The i-th collector that has something to say. */
	bool		(*collector)(void *arg, size_t i, struct collector_report *);
	/* The i-th hook. */
	bool		(*hook)(void *arg, size_t i, struct hook_status *);
	/* A write was refused: the state is no longer as it was. */
	void		(*on_refused)(void *arg);
	void		*arg;
};

struct board;
struct board	*board_new(const struct board_options *);
void		 board_free(struct board *);
int		 board_renew(struct board *) CCMON_CHECK; /* there is a new engine */
/* Versions go on from this one. */
void		 board_set_version(struct board *, int64_t);
void		 board_set_state(struct board *, enum board_state);
/* Says only in what state the daemon is. */
void		 board_announce(struct board *, const char *owner);
/* Writes what changed since the last publication; everything once a second. */
void		 board_publish(struct board *, const char *owner, msec_t mono);
bool		 board_is_busy(const struct board *);
/* Nobody knows what Redis holds: write every field again. */
void		 board_forget(struct board *);

/* ---- orders: what operators want, from P commands ---- */

/* One entry of the stream. */
#define ORDER_FIELDS_MAX 16	/* fields; more are not looked at */
struct order_entry {
	struct str	id;
	struct { struct str name, value; } field[ORDER_FIELDS_MAX];
	size_t		nfields;
};
struct str	order_field(const struct order_entry *, const char *name);	/* or STR_NONE */

struct orders_options {
	struct rlink	*redis;		/* borrowed */
	const char	*prefix;	/* borrowed */
	/* The id of the last order that was read. */
	struct str	(*position)(void *arg);
	void		(*order)(void *arg, const struct order_entry *);
	void		*arg;
};
struct orders;
struct orders	*orders_new(const struct orders_options *);	/* NULL: no memory */
void		 orders_free(struct orders *);
/* Asks for what is new, when it is time; returns when to ask again (monotonic). */
msec_t		 orders_turn(struct orders *, msec_t mono);

/* ---- pager: the alerts, and those who are told ---- */

struct pager_options {
	struct engine	**engine;	/* borrowed */
	struct streams	*streams;	/* borrowed */
	const struct settings *settings; /* borrowed until the next pager_configure */
};
struct pager;
struct pager	*pager_new(const struct pager_options *);	/* NULL: said why */
void		 pager_free(struct pager *);	/* lets running hooks end */
struct alerts	**pager_alerts(struct pager *);
/* Other rules and hooks, from the next turn on. */
void		 pager_configure(struct pager *, const struct settings *);
/* Begins with no alert known; the state is put into it, or there is none. */
int		 pager_renew(struct pager *) CCMON_CHECK;
/* All there is to know is in it.  Before that it watches the monitor only. */
void		 pager_loaded(struct pager *);
/* Has the outbox told what it knows?  Before that nothing is looked at. */
bool		 pager_is_ready(const struct pager *, msec_t mono);
/* The time goes on.  live: pages may go out.  Returns when next to come, in
 * the time of now. */
msec_t		 pager_turn(struct pager *, msec_t now, bool live, msec_t mono);
void		 pager_allow(struct pager *, enum pages_allowed);
/* A commit begins: what is owed now is in it.  It is done. */
void		 pager_commit_begins(struct pager *);
void		 pager_committed(struct pager *);
/* Does a page wait for a commit? */
bool		 pager_wants_commit(const struct pager *);
/* Says that we live, when it is time; by the wall, whatever the alerts do. */
void		 pager_watchdog(struct pager *, msec_t wall);
void		 pager_monitor(struct pager *, enum monitor, int64_t value, const char *detail);
void		 pager_tilt(struct pager *, msec_t by, msec_t now);
/* What it changes shows with the next turn. */
void		 pager_order(struct pager *, const struct order_entry *, msec_t now);
bool		 pager_hook(const struct pager *, size_t i, struct hook_status *);
msec_t		 pager_oldest(const struct pager *);	/* page not delivered; -1 */
uint64_t	 pager_given_up(const struct pager *, const char **who); /* so far; the last hook */

/* ---- ingest: the collectors' side ---- */

struct ingest_options {
	const char	*endpoint;
	const char	*key_file, *peers_dir;	/* as of keys_read; NULL: none, and no tcp */
	/* How far this collector's journal was applied; false: never heard of. */
	bool		(*position)(void *arg, struct str name, struct journal_mark *);
	/* One record; catching_up: the collector kept it while we were away.
	 * false: no other in this turn, please. */
	bool		(*record)(void *arg, const struct record *, bool catching_up);
	/* All records up to this one were handed over. */
	void		(*applied)(void *arg, struct str name, const struct journal_mark *);
	void		*arg;
};

struct ingest;
struct ingest	*ingest_open(const struct ingest_options *);	/* NULL: said why */
void		 ingest_close(struct ingest *);
/* Who may come is read again, and who may not any more is cut off. */
void		 ingest_reload(struct ingest *);
/* The state is loaded: answer.  What they kept is applied in order of time,
 * once all have said what they have, or it is `until` (monotonic). */
void		 ingest_ready(struct ingest *, msec_t until);
void		 ingest_all_met(struct ingest *);
/* Applies those that waited; returns when to come again, if it is soon. */
msec_t		 ingest_turn(struct ingest *, msec_t mono);
void		 ingest_stop(struct ingest *);	/* take no more */
void		 ingest_farewell(struct ingest *); /* they are to look for another daemon */
void		 ingest_hold(struct ingest *, bool);	/* take none for now, or go on */
size_t		 ingest_collectors(const struct ingest *);
/* Is any of them still handing over what it kept while we were away, or has
 * yet to say what it has? */
bool		 ingest_catching_up(const struct ingest *, msec_t mono);
/* A commit begins: what is applied now is in it.  It is done: say so. */
void		 ingest_commit_begins(struct ingest *);
void		 ingest_committed(struct ingest *);
bool		 ingest_report(struct ingest *, size_t i, struct collector_report *);

#endif
