/* SPDX-License-Identifier: MIT */
/*
 * wallboard.h: the parts of ccmon-wallboard.
 *
 *	browser -> server -> routes -+-> assets			the page
 *	                             +-> stream -> pulse -+
 *	                             +-> agents, history -+-> source -> Redis
 *	                             +-> scrape ----------+
 *
 * A request goes in at the left (http_server.h) and is answered once, now or
 * when Redis has.
 * Nothing is asked of Redis for nobody, and what many want at once is asked
 * for once: pulse holds what all want each second, cache the rest.
 */
#ifndef WALLBOARD_H
#define WALLBOARD_H

#include <ccmon/base.h>
#include <ccmon/http_server.h>
#include <ccmon/out.h>
#include <ccmon/rlink.h>
#include <ccmon/settings.h>

/* Exit codes of sysexits.h: the configuration is at fault; try again later. */
#define EXIT_CONFIG	78
#define EXIT_TROUBLE	1

/* ---- source.c: Redis */

struct source;
int	source_open(struct source **, const struct settings *) CCMON_CHECK;
void	source_close(struct source *);
bool	source_is_up(const struct source *);
/* A command about one of our keys, and its other words, ended by NULL.  fn is
 * called once, perhaps at once: with NULL when there is no answer to be had. */
void	source_ask(struct source *s, reply_fn *fn, void *arg, const char *verb, struct str key,
	    const char *const *words);

/* ---- cache.c: what many want is made once */

struct cache;
struct dish;		/* an answer that is being made */
struct cache *cache_new(void) CCMON_CHECK;
void	cache_free(struct cache *);
/* The request gets the answer that goes by this key, when there is one.  Not
 * NULL: there is none, and the caller makes it, and serves it or fails; it is
 * good for `keep` ms. */
struct dish *cache_want(struct cache *, struct str key, msec_t keep, struct request *) CCMON_CHECK;
void	dish_serve(struct dish *, const char *type, struct out *); /* takes the text's memory */
void	dish_fail(struct dish *, int status, const char *words);

/* ---- fan.c: a set of names, and a question about each */

struct fan_plan {
	const char	*set;		/* "queues" */
	const char	*kind;		/* "queue:" */
	const char	*verb;		/* HGETALL */
	const char *const *words;	/* behind the key, NULL-ended; or NULL */
	void		(*each)(void *arg, struct str name, const struct reply *);
	void		(*done)(void *arg, bool good);	/* not good: Redis went away */
};
void	fan_out(struct source *, const struct fan_plan *, void *arg);

/* ---- picture.c: the snapshot as readers get it; pure */

struct picture_rules {
	const char	*title;
	const char	*timezone;	/* of the site; charts show its day */
	int32_t		 day_start;	/* seconds after midnight */
	msec_t		 stale_after;
	uint8_t		 agents;	/* enum agents_shown */
};
/* Appends the snapshot with what is added, and without what is nobody's
 * business.  False: it is none, and nothing of it is to be sent. */
bool	picture_write(struct out *, const struct picture_rules *, struct str snapshot,
	    int64_t *version) CCMON_CHECK;

#define SECOND_OLD	900	/* ms; new enough for who comes now */

/* ---- pulse.c: what everybody wants to know each second */

struct facts {
	bool		 redis;		/* it answers */
	char		 state[16];	/* of the daemon, or "none" */
	msec_t		 updated;	/* its figures are of then; FIGURE_NAN: unknown */
	msec_t		 started;	/* as it was; FIGURE_NAN */
	int64_t		 version;	/* of snapshot */
	struct body	*snapshot;	/* as picture.c writes it; NULL: there is none */
};
typedef void facts_fn(void *arg, const struct facts *);

struct pulse;
struct pulse *pulse_new(struct source *, const struct settings *) CCMON_CHECK;
void	pulse_free(struct pulse *);
/* fn is called once: at once when we know what was true at most `age` ms ago,
 * else when Redis has answered. */
void	pulse_ask(struct pulse *, msec_t age, facts_fn *, void *arg);
/* NULL, or why the figures are not to be relied on. */
const char *facts_problem(const struct facts *, const struct wallboard_settings *);

/* ---- stream.c: /events */

struct streams;
struct streams *streams_new(struct pulse *, const struct wallboard_settings *) CCMON_CHECK;
void	streams_free(struct streams *);
void	streams_open(struct streams *, struct request *);
msec_t	streams_turn(struct streams *);		/* when it wants the next; monotonic */
struct streams_facts {
	size_t		 open;
	uint64_t	 opened, let_go;	/* since the start; let go: did not read */
};
struct streams_facts streams_look(const struct streams *);

/* ---- roster.c: the agents, or their teams; pure */

struct roster;
extern const char *const roster_words[];	/* the fields of agent:NAME, NULL-ended */
struct roster *roster_new(const struct wallboard_settings *, msec_t now) CCMON_CHECK;
void	roster_free(struct roster *);
void	roster_add(struct roster *, struct str name, const struct reply *);	/* to HMGET */
struct out *roster_finish(struct roster *);	/* JSON */
/* Is it a number as JSON has them, without an exponent? */
bool	is_number(struct str);

/* ---- past.c: the history, as columns; pure */

#define PAST_FIELDS_MAX	32
#define PAST_QUEUE_MAX	64	/* bytes; contract section 2 */

struct past_interval {
	const char	*name;		/* "1m" */
	int		 seconds;
	msec_t		 back;		/* where it begins unless that is said */
};
struct past_words {			/* as asked; what was not said is none */
	struct str	 interval, queue, from, to, fields;
};
struct past {
	const struct past_interval *interval;
	struct str	 queue;		/* borrowed; or none: the site */
	msec_t		 from, to;
	const char	*field[PAST_FIELDS_MAX];
	size_t		 nfields;
};
/* NULL, or why that cannot be answered. */
const char *past_read(struct past *, const struct past_words *, msec_t now);
void	past_key(const struct past *, struct out *);	/* appends it */
/* entries: the reply to XREVRANGE. */
void	past_write(const struct past *, const struct reply *entries, struct out *);

/* ---- assets.c: the page's files */

struct assets;
struct assets *assets_new(const char *directory) CCMON_CHECK; /* NULL: the built-in ones */
void	assets_free(struct assets *);
void	assets_serve(struct assets *, struct request *, struct str name);

/* Made by the Makefile of wallboard/page/. */
struct asset {
	const char	*name;		/* "words/en.js" */
	const char	*begin, *end;
};
extern const struct asset page_files[];
extern const size_t npage_files;

/* ---- routes.c: what is where, and who may see it */

struct board {
	const struct settings *settings;
	char		*token;		/* or NULL: everybody may read */
	struct source	*source;
	struct pulse	*pulse;
	struct streams	*streams;
	struct assets	*assets;
	struct cache	*cache;
	struct scrape	*scrape;
};
void	routes_take(void *board, struct request *);

/* ---- what is made of Redis: agents.c, history.c, scrape.c (/metrics) */

void	agents_serve(struct board *, struct request *, struct str rest);
void	history_serve(struct board *, struct request *, struct str rest);
void	scrape_serve(struct board *, struct request *, struct str rest);

struct scrape *scrape_new(struct source *, const struct settings *) CCMON_CHECK;
void	scrape_free(struct scrape *);

#endif
