/* SPDX-License-Identifier: MIT */
/*
 * service.h: the life of a long-running process: the libevent loop, signals,
 * readiness and the watchdog of systemd (by the datagram protocol, without
 * its library), and an orderly end.
 */
#ifndef CCMON_SERVICE_H
#define CCMON_SERVICE_H

#include "base.h"

struct event_base;	/* libevent's */

struct service {
	const char	*name;
	void		*arg;
	/* Once per turn of the loop, after its events, clocks freshly read.
	 * Returns the wall time (epoch ms) of its next deadline, or MSEC_NEVER. */
	msec_t		(*turn)(void *arg, msec_t now);
	/* Asked before the watchdog is fed: does the work go on?  A loop that
	 * takes its turns and gets nothing done is not alive.  May be NULL. */
	bool		(*advances)(void *arg);
	void		(*reload)(void *arg);	/* SIGHUP; may be NULL */
	void		(*dump)(void *arg);	/* SIGUSR1; may be NULL */
	/* SIGTERM, SIGINT: begin to drain.  A second signal ends at once. */
	void		(*stop)(void *arg);
	bool		(*drained)(void *arg);	/* asked each turn while stopping */
	msec_t		drain_ms;		/* at most so long */
};

/* The one event base: precise timers, no environment. Made on first call. */
struct event_base *service_base(void);
/* libevent's priority of what is to be handled before all else that is ready.
 * Nothing else is, as long as that is: it must rest now and then. */
#define SERVICE_FIRST	0

/* For programs without service_run: does what there is to do, waits for none. */
void	service_poll(void);

/* sd_notify: "READY=1", "STATUS=...".  Nothing without NOTIFY_SOCKET. */
void	service_notify(const char *state);

/* Runs until drained; returns the exit code (0). SIGPIPE is ignored. */
int	service_run(struct service *);
bool	service_stopping(void);
/* Makes the loop take another turn without waiting. */
void	service_wake(void);
/* Ends the loop with this exit code, as soon as possible. */
void	service_quit(int code);

#endif
