/* SPDX-License-Identifier: MIT */
/*
 * ami.h: what the files of the dialect `ami` share: the state of one switch,
 * how an event is told, and what there is to do with each message.
 */
#ifndef CCMON_DIALECTS_AMI_H
#define CCMON_DIALECTS_AMI_H

#include <ccmon/dialect.h>

#include "ami_message.h"
#include "calls.h"
#include "members.h"

#define AMI_QUEUES_TEXT	12800	/* bytes: the queues of one agent, 200 of the longest names */
#define AMI_TEXTS	(AMI_QUEUES_TEXT + DIALECT_EVENTS_MAX * 1024)
#define AMI_STARTUP_MAX	40	/* bytes of "2026-11-22 02:00:00", with room */
#define AMI_DAY		INT64_C(86400000) /* ms; an open call nobody ends is forgotten */

/* What goes on after a message, some steps at a time. */
enum ami_work { WORK_MEMBERS = 1, WORK_CALLS = 2, WORK_DUE = 4 };
#define AMI_STEP_EVENTS	3	/* the most one step tells */

struct ami {
	char		source[NAME_MAX_BYTES];
	uint32_t	source_len;
	struct ami_message msg;
	struct dialect_result *res;	/* of this message */
	msec_t		now;		/* of this message, by the switch's clock */
	msec_t		received;	/* by ours; 0: not known */
	msec_t		stamp, stamped;	/* its clock when it last said so, and ours */

	struct calls	calls;
	struct members	members;
	msec_t		next_due;	/* no call is due before */

	msec_t		began;		/* the switch; 0: not known */
	char		startup[AMI_STARTUP_MAX + 1]; /* the same in its own words */
	bool		noted;		/* these are as in the note */

	bool		listing;	/* it is being asked what there is */
	bool		channels;	/* and says which channels */
	bool		anew;		/* it was started since: who is not named is gone */

	unsigned	work;		/* enum ami_work */
	uint32_t	at[3];		/* how far each has come */
	struct jot	note;
	size_t		ntexts;
	char		texts[AMI_TEXTS]; /* of the events told by this message */
};

/* ---- ami_tell.c: reading a message, telling events */

/* What is wrong first refuses the message; look with ami_refused() after
 * reading and before anything is changed. */
void		 ami_refuse(struct ami *, enum refusal, const char *detail);
bool		 ami_refused(const struct ami *);
struct str	 ami_field(const struct ami *, const char *key);
bool		 ami_is(const struct ami *, const char *key, const char *value);
/* A name that an event will have as that member; need: it must be there. */
struct str	 ami_name(struct ami *, const char *key, enum event_member, bool need);
/* The same for what is only kept, bounded; one that does not fit is none. */
struct str	 ami_id(const struct ami *, const char *key);
/* Seconds as ms; -1: not there.  A negative one, after a clock was set, is 0. */
int64_t		 ami_seconds(struct ami *, const char *key, enum event_member);

void		 ami_begin(struct ami *, enum event_kind, msec_t time);
void		 ami_give(struct ami *, enum event_member, struct str);
/* The same for a text that was kept (ami_keep), or lasts anyway. */
void		 ami_give_lasting(struct ami *, enum event_member, struct str);
void		 ami_give_int(struct ami *, enum event_member, int64_t);
/* A copy that lasts as long as the events of this message. */
struct str	 ami_keep(struct ami *, struct str);

/* ---- ami_call.c */

#define AMI_HANGUP_GRACE INT64_C(10000)	/* ms; what is said of a call after its channel is gone */

void		 ami_call_tell(struct ami *, const struct call *, enum event_kind, msec_t at);
void		 ami_call_tell_agent(struct ami *, const struct call *, enum event_kind,
		    struct str agent);
/* When it is over, if nothing more is said of it. */
void		 ami_call_wait(struct ami *, struct call *, msec_t due);
/* These are its end, at call->since; the row is gone. */
void		 ami_call_flow_out(struct ami *, struct call *, const char *reason);
void		 ami_call_end(struct ami *, struct call *, const char *by);
void		 ami_call_transfer(struct ami *, struct call *);
void		 ami_call_lost(struct ami *, struct call *);
void		 ami_call_settle(struct ami *, struct call *); /* by what was said */

/* The first row of that call in one of these phases; queue: or none, for any. */
struct call	*ami_call_find(struct ami *, unsigned phases, struct str contact, struct str queue);
/* A new row; and one that is told to have queued. */
struct call	*ami_call_add(struct ami *, struct str contact, struct str queue, msec_t begun);
struct call	*ami_call_found(struct ami *, struct str contact, struct str queue, msec_t begun);
bool		 ami_call_is_out(const struct call *);
void		 ami_call_left_unseen(struct ami *, struct call *);
/* A step of WORK_DUE; false: that was all. */
bool		 ami_calls_due(struct ami *, uint32_t *at);

/* ---- ami_queue.c */
void		 ami_join(struct ami *);
void		 ami_leave(struct ami *);
void		 ami_abandon(struct ami *);
void		 ami_variable(struct ami *);
void		 ami_ring(struct ami *);
void		 ami_miss(struct ami *);
void		 ami_dump(struct ami *);

/* ---- ami_talk.c */
void		 ami_connect(struct ami *);
void		 ami_complete(struct ami *);
void		 ami_hold(struct ami *);
void		 ami_unhold(struct ami *);
void		 ami_blind_transfer(struct ami *);
void		 ami_attended_transfer(struct ami *);
void		 ami_hangup(struct ami *);
/* The listing says that an agent has it. */
void		 ami_call_answered(struct ami *, struct call *, struct str agent);

/* ---- ami_members.c */
void		 ami_member(struct ami *);
void		 ami_member_removed(struct ami *);
void		 ami_member_drop(struct ami *, struct member *);

/* ---- ami_listing.c */
void		 ami_response(struct ami *);
void		 ami_booted(struct ami *);
void		 ami_entry(struct ami *);
void		 ami_listed_member(struct ami *);
void		 ami_members_listed(struct ami *);
void		 ami_channel(struct ami *);
void		 ami_channels_listed(struct ami *);
/* Steps of WORK_MEMBERS and WORK_CALLS. */
bool		 ami_sweep_members(struct ami *, uint32_t *at);
bool		 ami_sweep_calls(struct ami *, uint32_t *at);

#endif
