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

#include "engine/engine.h"

/* "ccmon:v1:{<site>}:" and NUL; a site's name is at most 64 bytes. */
#define PREFIX_MAX	96
/* A public key outlives its last write by so long; contract section 4. */
#define BOARD_TTL_MS	60000
#define SCHEMA_VERSION	1

/* "queue", "channel" ...: the word of a scope in keys. */
const char	*scope_word(enum scope);

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

/* The command that takes, or keeps, the ownership of the state.  held: the
 * owner we were, or "" for one who begins; its epoch, or 0. */
void	acquire_command(struct out *command, const char *prefix, const char *held,
	    uint64_t epoch, const char *nonce);

/* ---- streams: what happened once, until it is committed ---- */

struct streams;
struct streams	*streams_new(const char *prefix);
void		 streams_free(struct streams *);
void		 streams_edge(struct streams *, const struct engine *, const struct edge *);
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
/* anew: drop what is there first.  false: no memory. */
bool	commit_build(struct commit *, struct engine *, struct streams *,
	    const char *prefix, const char *owner, bool anew) CCMON_CHECK;
void	commit_reset(struct commit *);	/* there is none */
void	commit_fini(struct commit *);

/* ---- store: the private state and its commits ---- */

struct store_options {
	struct engine	**engine;	/* borrowed */
	struct rlink	*redis;		/* borrowed */
	struct streams	*streams;	/* borrowed */
	const char	*prefix;	/* borrowed */
	/* The state is ours; the version last published, or 0. */
	void		(*on_acquired)(void *arg, int64_t version);
	/* Make the engine anew: there is no state, or none that can be used. */
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
const char	*store_owner(const struct store *);
/* Commits what changed: 1 begun, 0 nothing changed, -1 not now. */
int		 store_commit(struct store *);
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
	struct rlink	*redis;		/* borrowed */
	const char	*prefix;	/* borrowed */
	const char	*site;		/* borrowed */
	bool		 demo;
	msec_t		 started;	/* epoch ms */
	/* The i-th collector that has something to say. */
	bool		(*collector)(void *arg, size_t i, struct collector_report *);
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

/* ---- ingest: the collectors' side ---- */

struct ingest_options {
	const char	*endpoint;
	/* How far this collector's journal was applied; false: never heard of. */
	bool		(*position)(void *arg, struct str name, struct journal_mark *);
	/* One record; catching_up: the collector kept it while we were away. */
	void		(*record)(void *arg, const struct record *, bool catching_up);
	/* All records up to this one were handed over. */
	void		(*applied)(void *arg, struct str name, const struct journal_mark *);
	void		*arg;
};

struct ingest;
struct ingest	*ingest_open(const struct ingest_options *);	/* NULL: said why */
void		 ingest_close(struct ingest *);
void		 ingest_ready(struct ingest *);	/* the state is loaded: answer */
void		 ingest_stop(struct ingest *);	/* take no more */
void		 ingest_hold(struct ingest *, bool);	/* take none for now, or go on */
size_t		 ingest_collectors(const struct ingest *);
/* Is any of them still handing over what it kept while we were away? */
bool		 ingest_catching_up(const struct ingest *, msec_t mono);
/* A commit begins: what is applied now is in it.  It is done: say so. */
void		 ingest_commit_begins(struct ingest *);
void		 ingest_committed(struct ingest *);
bool		 ingest_report(struct ingest *, size_t i, struct collector_report *);

#endif
