/* SPDX-License-Identifier: MIT */
/*
 * doctor.h: what the files of doctor share.  Each looks at one part of the
 * house; the checks stand here in the order they are made.
 */
#ifndef CTL_DOCTOR_H
#define CTL_DOCTOR_H

#include <sys/types.h>

#include "ctl/ctl.h"

enum finding { FINDING_OK, FINDING_HINT, FINDING_WARN, FINDING_FAIL };

struct doctor {
	struct ctl	*c;
	enum finding	 worst;
	struct out	 json;
};

/* A line: what was looked at, and what is to say of it. */
void	doctor_say(struct doctor *, enum finding, const char *what, const char *fmt, ...)
	    CCMON_PRINTF(4, 5);

/* ---- windows.c: does the board find those it shows? */
void	doctor_windows(struct doctor *);

/* ---- calendars.c: opening hours, and promises made in them */
void	doctor_calendars(struct doctor *);
void	doctor_promises(struct doctor *);

/* ---- alerts.c: will somebody be told? */
void	doctor_rules(struct doctor *);
void	doctor_hooks(struct doctor *);

/* ---- keys.c: who may come over tcp? */
void	doctor_keys(struct doctor *);

/* ---- inputs.c: do the inputs of switches find what they are to read? */
struct doctor_input {
	const struct collector_settings *collector;
	const struct input_settings *in;
	uid_t		 user;		/* the collector runs as */
};
void	doctor_inputs(struct doctor *);
/* ---- log.c, ami.c, esl.c: each one kind of them */
void	doctor_log(struct doctor *, const struct doctor_input *);
void	doctor_ami(struct doctor *, const struct doctor_input *);
void	doctor_esl(struct doctor *, const struct doctor_input *);
/* ---- secret.c: what it is to say to the switch, read as the collector
 * does; NULL, and why was said.  For secret_free. */
char	*doctor_secret(struct doctor *, const char *check, const struct doctor_input *) CCMON_CHECK;

/* ---- redis.c; the others need a Redis that answers */
bool	doctor_redis(struct doctor *) CCMON_CHECK;
void	doctor_info(struct doctor *);
void	doctor_clock(struct doctor *);

/* ---- parts.c: the programs and the sources */
void	doctor_daemon(struct doctor *);
void	doctor_standby(struct doctor *);
void	doctor_collectors(struct doctor *);
void	doctor_feeds(struct doctor *);

/* ---- alerts.c: what got out */
void	doctor_pages(struct doctor *);

/* ---- queues.c: queues nobody configured */
void	doctor_queues(struct doctor *);

#endif
