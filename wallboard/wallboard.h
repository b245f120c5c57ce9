/* SPDX-License-Identifier: MIT */
/*
 * wallboard.h: the parts of ccmon-wallboard.
 *
 *	browser -> server -> routes -+-> assets			the page
 *	                             +-> stream -> pulse -+
 *	                             +-> agents, history -+-> source -> Redis
 *	                             +-> scrape ----------+
 *
 * A request goes in at the left and is answered once, now or when Redis has.
 * Nothing is asked of Redis for nobody, and what many want at once is asked
 * for once: pulse holds what all want each second, cache the rest.
 */
#ifndef WALLBOARD_H
#define WALLBOARD_H

#include <ccmon/base.h>
#include <ccmon/out.h>
#include <ccmon/rlink.h>
#include <ccmon/settings.h>

/* Exit codes of sysexits.h: the configuration is at fault; try again later. */
#define EXIT_CONFIG	78
#define EXIT_TROUBLE	1

#define TYPE_TEXT	"text/plain; charset=utf-8"
#define TYPE_JSON	"application/json"

/* ---- body.c: bytes that many are sent, and that stay until the last has them */

struct body {
	size_t		 refs;
	struct out	 bytes;
};
/* Takes the memory of o, which is empty then.  NULL: there was none. */
struct body *body_new(struct out *) CCMON_CHECK;
struct body *body_hold(struct body *);
void	body_release(struct body *);		/* NULL: nothing */

/* ---- server.c: requests and answers; the one file that knows evhttp */

struct server;
struct request;		/* somebody waits for one answer, or listens to a stream */

struct server_options {
	const char	*listen;
	char *const	*hosts;
	unsigned	 max_clients;
	void		(*on_request)(void *arg, struct request *);
	void		*arg;
};

struct answer {
	int		 status;
	const char	*type;
	const char	*etag;		/* or NULL: not to be kept by anybody */
	struct body	*body;		/* borrowed; or NULL */
};

/* 0, or an exit code after it was said why. */
int	server_open(struct server **, const struct server_options *) CCMON_CHECK;
void	server_stop(struct server *);		/* nobody new; streams end */
bool	server_is_busy(const struct server *);	/* somebody still waits */
void	server_close(struct server *);

bool	request_is_read(const struct request *);	/* GET or HEAD */
struct str request_path(const struct request *);	/* as sent, escapes and all */
struct str request_query(const struct request *, const char *name);	/* unescaped; or none */
struct str request_header(const struct request *, const char *name);	/* or none */

/* Each request gets one of these, and is gone with it. */
void	request_answer(struct request *, const struct answer *);
void	request_say(struct request *, int status, const char *words);	/* one line */
void	request_error(struct request *, int status, const char *words);	/* {"error":words} */

/* Or becomes a stream of events, until request_drop, or until `gone` says that
 * it has ended.  False: it was answered. */
bool	request_stream(struct request *, void (*gone)(void *arg), void *arg) CCMON_CHECK;
void	request_push(struct request *, struct body *);
size_t	request_unsent(const struct request *);	/* bytes that wait to leave */
void	request_drop(struct request *);		/* `gone` is called */

/* ---- source.c: Redis */

struct source;
int	source_open(struct source **, const struct settings *) CCMON_CHECK;
void	source_close(struct source *);
bool	source_is_up(const struct source *);
/* A command about one of our keys, and its other words, ended by NULL.  fn is
 * called once, perhaps at once: with NULL when there is no answer to be had. */
void	source_ask(struct source *, reply_fn *, void *arg, const char *verb, struct str key,
	    const char *const *words);

/* ---- picture.c: the snapshot as readers get it; pure */

struct picture_rules {
	const char	*title;
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
struct pulse *pulse_new(struct source *, const struct wallboard_settings *) CCMON_CHECK;
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
};
void	routes_take(void *board, struct request *);

#endif
