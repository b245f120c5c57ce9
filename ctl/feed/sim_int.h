/* SPDX-License-Identifier: MIT */
/*
 * sim_int.h: what the simulator's files share.
 *
 * Virtual time moves from timer to timer.  A timer belongs to a contact or an
 * agent in one phase of its life; when the phase is over, so are its timers:
 * they fire and find another number.  Whatever happens says so by sim_emit,
 * and sim_next hands it out before the next timer fires.
 *
 *	sim.c           time: the timers, the arrivals, what was emitted
 *	sim_plan.c      the usual house: queues, hours, how many agents
 *	sim_story.c     another one, where things happen
 *	sim_agent.c     an agent's day, and who gets which contact
 *	sim_contact.c   in the queue, and the ways out of it
 *	sim_handle.c    with an agent: hold, transfers, the end
 *	sim_after.c     what comes after it, and messages
 */
#ifndef CCMON_FEED_SIM_INT_H
#define CCMON_FEED_SIM_INT_H

#include <sys/queue.h>

#include "draw.h"
#include "sim.h"

#define SECONDS(n)	((n) * MSEC_PER_SEC)
#define MINUTES(n)	((n) * 60 * MSEC_PER_SEC)
#define HOURS(n)	((n) * 3600 * MSEC_PER_SEC)

#define SIM_QUEUES	10		/* at most */
#define SIM_SOURCES	CHANNEL_COUNT	/* one source a channel */
#define EMIT_MAX	128		/* events one timer can cause; a whole team leaves */
#define NOBODY		UINT32_MAX

/* A queue as planned. */
struct queue_plan {
	const char	*name;
	uint8_t		 channel;
	double		 per_hour;	/* inbound, in the busiest hour */
	double		 out_per_hour;
	msec_t		 talk;		/* mean */
	double		 talk_sigma;
	msec_t		 acw;		/* mean; 0: none */
	msec_t		 pickup;	/* mean, beyond the first second */
	msec_t		 patience;	/* mean; 0: does not leave */
	msec_t		 limit;		/* flows out after */
	unsigned	 full;		/* flows out when so many wait */
	uint8_t		 opens, closes;	/* hours UTC; equal: always open */
	uint8_t		 survey;	/* enum kind */
	int8_t		 overflow;	/* queue after the limit; -1: none */
	double		 miss, hold, transfer;	/* chances */
	bool		 patient;	/* lets people in while nobody is there */
};

struct sim;

/* What is simulated: one of sim_plan.c, one of sim_story.c. */
struct house {
	const struct queue_plan *plan;
	unsigned	 nqueues;
	double		 peak;		/* the busiest there is, times per_hour */
	double		 promise;	/* chance that an update is promised */
	msec_t		 between_pauses; /* mean, of an agent */
	/* Of the busiest, now: 0..1. */
	double		(*busy)(const struct sim *, unsigned queue);
	bool		(*hire)(struct sim *);	/* false: no memory */
	/* NULL: nothing happens here. */
	void		(*begin)(struct sim *);
	bool		(*is_silent)(const struct sim *, unsigned source);
};
extern const struct house	sim_usual, sim_story;
extern const uint8_t		sim_slots[CHANNEL_COUNT];

enum timer_kind {
	TIMER_HEARTBEAT, TIMER_ARRIVAL, TIMER_OUTBOUND, TIMER_ACT, TIMER_REDIAL,
	/* of an agent */
	TIMER_LOGIN, TIMER_SHIFT_END, TIMER_PAUSE, TIMER_UNPAUSE, TIMER_RESTED, TIMER_SWITCH,
	/* of a contact */
	TIMER_PATIENCE, TIMER_LIMIT, TIMER_PICKUP,
	TIMER_HOLD, TIMER_RESUME, TIMER_ESCALATE, TIMER_MESSAGE, TIMER_TALKED, TIMER_WRAP,
	TIMER_CALLBACK, TIMER_SURVEY, TIMER_REVIEW, TIMER_PROMISE, TIMER_RETURN,
	TIMER_NKINDS
};

struct timer {
	msec_t		at;
	uint64_t	order;		/* equal instants: first set, first fired */
	uint32_t	who;		/* contact, agent, queue or source */
	uint32_t	phase;
	uint8_t		kind;
};

enum contact_state { CONTACT_FREE, CONTACT_WAITING, CONTACT_BETWEEN, CONTACT_HANDLED,
		     CONTACT_WRAPPING, CONTACT_AFTER };

struct contact {
	TAILQ_ENTRY(contact) link;	/* waiting: its queue's line; free: the spare ones */
	uint32_t	 number;	/* its place in sim->contacts */
	uint32_t	 phase;
	uint8_t		 state;		/* enum contact_state */
	uint8_t		 queue;
	bool		 out;		/* outbound */
	bool		 will_miss;	/* the offer under way will not be taken */
	uint8_t		 rounds;	/* transfers and returns so far */
	uint32_t	 agent;		/* rung, handling, wrapping or last; NOBODY */
	uint32_t	 customer;
	unsigned	 after;		/* timers of CONTACT_AFTER still to come */
	msec_t		 queued, answered;
	msec_t		 held, ended;
	msec_t		 hold_ms;	/* so far */
	bool		 on_hold;
	bool		 customer_turn;	/* she writes next */
	bool		 pending;	/* an email that waits for its customer */
	bool		 returns;	/* solved, but it will come back */
	char		 id[32];
};
TAILQ_HEAD(line_of_contacts, contact);

struct agent {
	char		 name[24];
	uint8_t		 channel;
	uint8_t		 slots, busy;	/* contacts at once, and in hand */
	uint16_t	 skills, all_skills;	/* bit per queue */
	bool		 here, paused, leaving, wants_pause;
	uint32_t	 phase;
	msec_t		 shift, shift_length;	/* begin in the day; length */
	msec_t		 free_since, rests_until;
};

struct emitted {
	struct event	 ev;
	char		 queues[SIM_QUEUES * 16];
	char		 customer[16];
	char		 contact[32];
};

struct sim {
	struct draw	 draw;
	const struct house *house;
	struct sim_options opt;
	msec_t		 now, end;
	bool		 failed;
	/* a heap, soonest first */
	struct timer	*timers;
	size_t		 ntimers, timers_cap;
	uint64_t	 order;
	uint64_t	 seq[SIM_SOURCES];
	uint64_t	 born;		/* contacts so far */
	struct contact **contacts;	/* apart, because lines link them */
	uint32_t	 ncontacts, contacts_cap;
	struct line_of_contacts spare, line[SIM_QUEUES];
	unsigned	 waiting[SIM_QUEUES];
	struct agent	*agents;
	uint32_t	 nagents;
	struct emitted	 out[EMIT_MAX];
	unsigned	 nout, next_out;
};

/* sim.c */
void	sim_timer(struct sim *, enum timer_kind, msec_t after, uint32_t who, uint32_t phase);
struct event *sim_emit(struct sim *, enum event_kind, unsigned source);
void	sim_give(struct event *, enum event_member, const char *);
void	sim_give_int(struct event *, enum event_member, int64_t);

/* sim_plan.c */
bool	sim_is_open(const struct sim *, unsigned queue);
struct agent *sim_agent(struct sim *, unsigned channel, const char *const *names, unsigned n,
	    unsigned i);		/* the i-th of them is hired */

/* sim_story.c */
void	story_act(struct sim *, const struct timer *);
void	story_redial(struct sim *, const struct timer *);

/* sim_agent.c */
void	agent_begin(struct sim *, uint32_t agent);
uint32_t agent_free_for(struct sim *, unsigned queue);	/* or NOBODY */
uint32_t agent_any_for(struct sim *, unsigned queue);	/* logged in; or NOBODY */
void	agent_take(struct sim *, uint32_t agent);
void	agent_release(struct sim *, uint32_t agent, msec_t rest);
void	agent_send_away(struct sim *, uint32_t agent);	/* once her hands are empty */
void	agent_call_back(struct sim *, uint32_t agent);	/* soon */
void	agent_timer(struct sim *, const struct timer *);

/* sim_contact.c */
void	contact_arrives(struct sim *, unsigned queue);
void	contact_outbound(struct sim *, unsigned queue);
void	contact_enter(struct sim *, struct contact *, unsigned queue);
void	contact_offer(struct sim *, struct contact *, uint32_t agent);
void	contact_timer(struct sim *, const struct timer *);
void	contact_cut(struct sim *, struct contact *);	/* its agent is gone */
void	contact_free(struct sim *, struct contact *);
/* An event of the contact; and one by the agent who has it. */
struct event *contact_emit(struct sim *, enum event_kind, const struct contact *);
struct event *contact_emit_by(struct sim *, enum event_kind, const struct contact *);
/* Sets a timer of the contact's present phase. */
void	contact_set(struct sim *, struct contact *, enum timer_kind, msec_t after);

/* sim_handle.c */
void	handle_answer(struct sim *, struct contact *);
void	handle_cut(struct sim *, struct contact *);
void	handle_timer(struct sim *, struct contact *, enum timer_kind);

/* sim_after.c */
void	after_conversation(struct sim *, struct contact *);
void	after_callback(struct sim *, struct contact *);
void	after_timer(struct sim *, struct contact *, enum timer_kind);
void	message_first(struct sim *, struct contact *);
void	message_next(struct sim *, struct contact *);
void	message_answer(struct sim *, struct contact *);

#endif
