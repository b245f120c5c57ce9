/* SPDX-License-Identifier: MIT */
/*
 * settings.h: ccmon.cfg as every program sees it.
 *
 * One table of typed options (lib/settings.c) over one reader (lib/conf.c,
 * the only file that knows libconfig) fills it.  All errors are found in one
 * go, each with file, line and, for a name nobody knows, the nearest one.
 */
#ifndef CCMON_SETTINGS_H
#define CCMON_SETTINGS_H

#include "base.h"
#include "rlink.h"
#include "rules.h"
#include "site.h"

#define SETTINGS_PATH	CCMON_SYSCONFDIR "/ccmon/ccmon.cfg"

enum input_type { INPUT_ZMQ_SUB, INPUT_ZMQ_PULL, INPUT_HTTP, INPUT_MAILDIR,
		  INPUT_FILE, INPUT_AMI, INPUT_ESL, INPUT_NTYPES };
enum mail_start { MAIL_START_NOW, MAIL_START_ALL };
enum gives { GIVES_ALL, GIVES_CALLS, GIVES_AGENTS };

struct input_settings {
	uint8_t		 type;		/* enum input_type */
	char		**bind, **connect, **subscribe;	/* NULL-ended; subscribe of SUB: [""] */
	char		*replay;	/* where events are to be had again; or NULL */
	int		 replay_rate;	/* events a second; default 5000 */
	char		*dialect;	/* "native" */
	char		*source;	/* names the source where the dialect does not; or NULL */
	int		 hwm;		/* messages; default 100000 */
	char		*peers_dir;	/* who may publish to what is bound over tcp; or NULL */
	char		*server_key_file; /* of who is connected to over tcp; or NULL */
	bool		 plaintext;	/* who is connected to elsewhere has no key */
	char		*listen;	/* http: "127.0.0.1:8790" */
	char		*path;		/* http: "/chatwoot"; maildir: its directory; file: it */
	char		*secret_file;	/* http, ami, esl: read by secret_read; or NULL */
	char		**hosts;	/* http: its names, beside the address; or NULL */
	int		 max_connections; /* http; default 100 */
	char		*queue;		/* maildir: of its mails; and so are all below */
	char		**folders;	/* below path, as well; or NULL */
	char		**agents, **addresses;	/* "alice@example.org=alice"; or NULL */
	uint8_t		 start;		/* maildir, file: enum mail_start */
	msec_t		 anew_after;	/* 0: never */
	char		*address;	/* ami, esl: "127.0.0.1:5038" */
	char		*username;	/* ami */
	char		**queues;	/* ami, esl: those wanted; NULL: all */
	uint8_t		 gives;		/* file, ami, esl: enum gives */
};

struct collector_settings {
	char		*name;
	char		*journal;	/* directory */
	msec_t		 sync;		/* group commit every; default 10 ms */
	msec_t		 keep;		/* acknowledged records; default 24 h, at least the longest window */
	int64_t		 max_bytes;	/* of the journal; default 4 GiB */
	char		*key_file;	/* its secret key; or NULL */
	char		*daemon_key_file; /* the daemon's public key; or NULL */
	struct input_settings *inputs;
	size_t		 ninputs;
};

struct redis_settings {
	char		*unix_path;	/* or host and port, or nodes, or sentinels and master */
	char		*host;		/* numeric */
	int		 port;
	char		**nodes;	/* of a cluster, "address:port"; or NULL */
	char		**sentinels;	/* "address:port"; or NULL */
	char		*master;	/* its name there */
	char		*key;		/* one of the site's, for nodes to be asked for */
	char		*username;
	char		*password_file;	/* read by settings_redis_password */
	char		*operator_username, *operator_password_file; /* ccmonctl's; or NULL */
	char		*board_username, *board_password_file; /* ccmon-wallboard's; or NULL */
};

struct daemon_settings {
	char		*ingest;	/* "ipc:///run/ccmon/ingest.ipc" */
	msec_t		 flush;		/* default 250 ms */
	char		*state_dir;	/* default /var/lib/ccmon/daemon */
	char		*key_file;	/* its secret key; or NULL */
	char		*peers_dir;	/* its collectors' public keys; or NULL */
	char		**standby;	/* ingest of the other daemons of this site; or NULL */
};

/* What of agents leaves the wall-board. */
enum agents_shown { AGENTS_NAMES, AGENTS_TEAMS, AGENTS_OFF };

struct team_settings {
	char		*name;
	char		**agents;	/* globs, NULL-ended; or NULL */
};

struct wallboard_settings {
	char		*listen;	/* "127.0.0.1:8787" */
	char		**hosts;	/* its names, beside the address; or NULL */
	char		*token_file;	/* read by secret_read; or NULL */
	char		*title;		/* the site's name by default */
	uint8_t		 agents;	/* enum agents_shown */
	struct team_settings *teams;
	size_t		 nteams;
	msec_t		 stale_after;	/* default 15 s */
	int		 max_clients;
	bool		 is_open;	/* others than this machine can reach it */
};

struct settings {
	char		*path;
	struct site	 site;		/* site, timezone, day_start, windows, daemon.clock,
					   defaults, queues, feeds, limits */
	struct redis_settings redis;
	struct daemon_settings daemon;
	struct collector_settings *collectors;
	size_t		 ncollectors;
	struct wallboard_settings wallboard;
	char		*customer_key_file; /* or NULL: a key of each collector's own */
	bool		 demo;		/* demo = true: the board says DEMO DATA */
	struct rules	 rules;		/* alerts, hooks, paging, watchdog; the built-in ones too */
	bool		 has_alerts;	/* there is an alerts or hooks section */
};

/* Reads path.  NULL when it cannot be used; then every problem has been given
 * to complain, one call a line ("etc/ccmon.cfg:12: defaults.call.treshold:
 * unknown setting; did you mean threshold?").  At most 20. */
struct settings *settings_load(const char *path,
	    void (*complain)(void *arg, const char *line), void *arg);
void	settings_free(struct settings *);

/* complain() that writes to stderr. */
void	settings_complain_stderr(void *, const char *line);

const struct collector_settings *settings_collector(const struct settings *, const char *name);

/* The way to Redis, and as whom; borrowed.  The password is not in it. */
struct rlink_options settings_redis(const struct redis_settings *);

/* The password in redis.password_file without its line end, or NULL and *why.
 * A file others can read is refused. Caller frees. */
char	*settings_redis_password(const struct redis_settings *, const char **why);
/* The same Redis as another user, where one is named: the daemon's may write. */
struct redis_settings settings_redis_as(struct redis_settings, char *username,
	    char *password_file);

#endif
