/* SPDX-License-Identifier: MIT */
/*
 * loop.h: the daemon as one thing: its parts, and what it does in a turn.
 * main.c puts the parts together, loop.c lets them run.
 */
#ifndef CCMON_LOOP_H
#define CCMON_LOOP_H

#include <ccmon/log.h>
#include <ccmon/settings.h>

#include "daemon.h"
#include "vitals.h"

#define GREETING_MS	4000	/* ms; collectors say HELLO every second, once they missed
				 * the daemon before us for 3 s; what comes later is late */
#define MEETING_MS	15000	/* ms; the alerts wait longer for one that is late */

struct daemon {
	struct settings *settings;
	char site[NAME_MAX_BYTES + 1]; /* never changes, unlike the settings it stands in */
	char prefix[PREFIX_MAX];
	char *password;
	char instance[INSTANCE_MAX];
	int instance_fd; /* its lock */
	struct engine *engine;
	struct streams *streams;
	struct rlink *redis;
	struct store *store;
	struct board *board;
	struct ingest *ingest;
	struct pager *pager;
	struct orders *orders;
	struct vitals vitals;
	bool live; /* in the last turn the engine was told the wall's time */
	bool loaded; /* the engine holds all there is to know */
	bool ready; /* systemd was told */
	bool handed_over; /* the last record was not live */
	bool last_commit, said_goodbye, gave_up; /* while stopping */
	bool reload_wanted;
	msec_t ready_by, met_by, next_look, next_flush, next_housekeeping; /* monotonic */
	msec_t work_until; /* monotonic; 0: nothing took time in this turn */
	msec_t wall, mono; /* of the last turn */
	msec_t next_alerts; /* in the alerts' time */
	uint64_t turned_away;
	struct log_complaint limits, dropped;
	char gone[128]; /* why Redis is, as it was logged */
};

/* Of struct service; arg is the daemon. */
msec_t	loop_turn(void *arg, msec_t wall);
bool	loop_advances(void *arg);
void	loop_reload(void *arg);
void	loop_dump(void *arg);
void	loop_stop(void *arg);
bool	loop_drained(void *arg);

/* A record from a collector. */
bool	loop_record(void *arg, const struct record *, bool catching_up);
/* All that changed is in Redis. */
void	loop_committed(void *arg);
/* We cannot go on. */
void	loop_lost(void *arg, const char *why);
/* systemd is told that we are there, once, and how we are. */
void	loop_say_ready(struct daemon *, const char *status);
/* Time by which an alert lasts. */
msec_t	loop_alerts_time(const struct daemon *, bool live);

#endif
