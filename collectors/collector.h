/* SPDX-License-Identifier: MIT */
/*
 * collector.h: the parts of ccmon-collector.
 *
 *	input -> dialect -> spool -> journal (disk) -> uplink -> daemon
 *
 * An input takes messages and makes events of them, the spool gathers those
 * in a block, the journal writes the block, the uplink sends the very same
 * bytes.  None of them knows another: main.c ties them by the functions each
 * one asks for.  Deadlines in here are of the monotonic clock.
 */
#ifndef COLLECTOR_H
#define COLLECTOR_H

#include "ccmon/event.h"
#include "ccmon/log.h"
#include "ccmon/settings.h"
#include "ccmon/siphash.h"
#include "ccmon/wire.h"

/* Exit codes of sysexits.h: the configuration is at fault; try again later. */
#define EXIT_CONFIG	78
#define EXIT_TROUBLE	1

/* What became of the messages since the start. */
struct counters {
	uint64_t	received, refused, skipped;	/* messages */
	uint64_t	repeats;	/* messages that were here before, and dropped */
	uint64_t	asked, had, not_had;	/* events, at replay sockets */
	uint64_t	unjournaled;	/* records that could not be kept */
	uint64_t	turned_away;	/* HTTP requests without the secret, or that were none */
};

/*
 * What an input must not forget: the names of messages it has had, which
 * thread a mail belongs to.  A memo goes to disk in one transaction with the
 * events it is about, so that after any crash there are both or neither.
 */
#define MEMO_KEY	16	/* bytes */
#define MEMO_VALUE_MAX	512	/* bytes */
struct memo {
	uint8_t		key[MEMO_KEY];
	struct str	value;		/* borrowed; may be empty */
	msec_t		until;		/* forgotten after that, by the wall clock */
};
/* The key of a name a source gave; key is that of the place. */
void	memo_key(uint8_t out[MEMO_KEY], const uint8_t *key, struct str source, struct str name);

/* One sealed block, as it is on disk and on the link. */
struct sealed {
	struct str	bytes;		/* borrowed */
	uint64_t	first;		/* its first sequence number */
	uint32_t	count;		/* 0: there are memos alone */
	const struct memo *memo;	/* to be kept with it */
	size_t		 nmemos;
};

/* ---- place.c: the journal's directory, ours alone while we run */

struct place {
	const char	*path;		/* borrowed */
	int		 lock;		/* descriptor, or -1 */
	uint8_t		 key[SIPHASH_KEY]; /* of what is kept in the journal */
	uint8_t		 customer_key[SIPHASH_KEY]; /* of customers' hashes */
};

/* 0, or the exit code; then the reason was logged. */
int	place_open(struct place *, const char *path) CCMON_CHECK;
/* Customers are hashed by the key in that file instead of the place's own. */
int	place_customer_key(struct place *, const char *file) CCMON_CHECK;
void	place_close(struct place *);

/* ---- journal/: blocks on disk, until acknowledged and old; memos, until over */

struct journal;

struct journal_options {
	const char	*dir;
	msec_t		 keep;		/* acknowledged blocks are kept so long */
	int64_t		 max_bytes;	/* size the file never passes */
};

struct journal_facts {
	uint8_t		id[16];
	uint64_t	first, last;	/* first > last: nothing to send */
	uint64_t	acked;
	int64_t		bytes;		/* on disk now */
	uint8_t		state;		/* enum journal_state */
	const char	*problem;	/* one line for a human, or "" */
};

/* *out, and 0; or the exit code, and the reason was logged. */
int	journal_open(struct journal **out, const struct journal_options *) CCMON_CHECK;
void	journal_close(struct journal *);
/* With its memos on disk and safe when it returns 0.  -1: nothing was written, and the facts
 * say why.  -2: nor will anything be, until the process starts anew. */
int	journal_append(struct journal *, const struct sealed *) CCMON_CHECK;
/* A memo's length, and its bytes in value; -1: there is none, or it is over. */
int	journal_recall(struct journal *, const uint8_t key[MEMO_KEY], char value[MEMO_VALUE_MAX]);
/* The block with this record or, where it is gone or damaged, the next one
 * that can be read; borrowed until the next call.  0: there is none yet. */
int	journal_read(struct journal *, uint64_t seq, struct sealed *) CCMON_CHECK;
/* Acknowledged up to and with this one; may go back. */
void	journal_ack(struct journal *, uint64_t seq);
/* The journal was put back to an earlier state: from this number on records
 * have a new identity.  -1: could not be written. */
int	journal_renew(struct journal *, uint64_t from) CCMON_CHECK;
/* Deletes what is old or over, and writes down what changed; at most once a second.
 * Returns its next deadline. */
msec_t	journal_turn(struct journal *);
void	journal_look(struct journal *, struct journal_facts *);

/* ---- spool.c: the block being filled */

struct spool;

struct spool_options {
	uint64_t	 first;		/* number of the first record */
	msec_t		 sync;		/* a record waits at most so long */
	/* Keep the block: 0, or -1 and it is asked again in a second. */
	int		(*write)(void *arg, const struct sealed *);
	/* The block is full and cannot be written (false): nothing more may be
	 * taken; or it can be again. */
	void		(*gate)(void *arg, bool open);
	/* What was written before: the length, or -1.  NULL: nothing was. */
	int		(*recall)(void *arg, const uint8_t key[MEMO_KEY], char value[MEMO_VALUE_MAX]);
	void		*arg;
};

struct spool *spool_open(const struct spool_options *) CCMON_CHECK;
void	spool_close(struct spool *);
void	spool_event(struct spool *, msec_t received, const struct event *);
void	spool_reject(struct spool *, const struct reject *);
/* After each message: writes a block that is full, or shuts the gate. */
void	spool_settle(struct spool *);
msec_t	spool_turn(struct spool *);	/* its next deadline */
/* Writes what there is, now.  The number of records that could not be. */
uint32_t spool_flush(struct spool *);
/* Kept with the block being filled; one of the same key is replaced. */
void	spool_remember(struct spool *, const struct memo *);
/* The memo's length, and its bytes in value; -1: there is none. */
int	spool_recall(struct spool *, const uint8_t key[MEMO_KEY], char value[MEMO_VALUE_MAX]);
/* Number of the last record taken. */
uint64_t spool_position(const struct spool *);

/* ---- uplink.c: to the daemon */

struct uplink;

struct uplink_options {
	char *const	*endpoints;	/* of the site's daemons, one at least; NULL-ended */
	const struct keys *keys;	/* borrowed; NULL: none, and no tcp */
	const char	*name;		/* of the collector */
	int		(*read)(void *arg, uint64_t seq, struct sealed *);
	void		(*ack)(void *arg, uint64_t seq);
	int		(*renew)(void *arg, uint64_t from);
	void		(*look)(void *arg, struct journal_facts *);
	const struct counters *counters;
	void		*arg;
};

struct uplink *uplink_open(const struct uplink_options *) CCMON_CHECK;	/* NULL: errno */
void	uplink_close(struct uplink *);
/* A block that was just written: sent at once if it is the next one. */
void	uplink_offer(struct uplink *, const struct sealed *);
msec_t	uplink_turn(struct uplink *);	/* its next deadline */
bool	uplink_is_welcome(const struct uplink *);

/* ---- inputs/: from the outside, through a dialect */

struct input;

struct input_options {
	const struct input_settings *settings;
	const char	*collector;	/* its name */
	const char	*key_file;	/* its secret key; or NULL */
	const uint8_t	*key;		/* of what it keeps */
	const uint8_t	*customer_key;	/* of customers' hashes */
	struct counters	*counters;
	void		(*event)(void *arg, msec_t received, const struct event *);
	void		(*reject)(void *arg, const struct reject *);
	void		(*settle)(void *arg);	/* after each message; may pause us */
	/* as spool_remember, spool_recall, spool_position */
	void		(*remember)(void *arg, const struct memo *);
	int		(*recall)(void *arg, const uint8_t key[MEMO_KEY], char value[MEMO_VALUE_MAX]);
	uint64_t	(*position)(void *arg);
	void		*arg;
};

/* *out, and 0; or the exit code, and the reason was logged. */
int	input_open(struct input **out, const struct input_options *) CCMON_CHECK;
void	input_close(struct input *);
void	input_pause(struct input *);
void	input_resume(struct input *);
/* Who may come is read again, and who may not any more is cut off. */
void	input_reload(struct input *);
/* All records up to that number are on disk. */
void	input_written(struct input *, uint64_t upto);

#endif
