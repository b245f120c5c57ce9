/* SPDX-License-Identifier: MIT */
/*
 * sim_story.c: a house where things happen, for the demonstration: ten
 * queues, and a story that begins anew every three minutes.
 *
 * The story is the table of acts below.  All else is as in any house: who
 * calls, who is free and how long it takes is chance, from the seed.  There
 * are more people than needed, so that what is late is late by the story.
 *
 * An office that goes dark hangs up on its customers, and its agents are
 * gone; three of the customers call again at once, and wait.  A source that is
 * silent goes on working; what it had to say it says when it is back.
 */
#include <math.h>
#include <stdlib.h>

#include "sim_int.h"

#define ROUND SECONDS(180)
#define PEAK 4 /* no act makes a queue busier */
#define ALWAYS HOURS(24 * 366) /* nobody goes home during a demonstration */
#define TEAM_MAX 14
#define REDIALS 3

enum { SALES, SUPPORT, VIP, BILLING, ORDERS, RETURNS, DELIVERY, CHAT, ADVICE, MAIL };
#define IN(queue) (1u << (queue))
#define CALLS (IN(CHAT) - 1)
#define CHATS (IN(CHAT) | IN(ADVICE))
#define BY_TURN 0

/* ---- what happens ---- */

enum deed { BUSY, DARK, SILENT };

static const struct act {
	msec_t from, to;
	uint8_t deed;
	uint16_t whom; /* queues */
	double times; /* BUSY: as many contacts */
} acts[] = {
	{ SECONDS(35), SECONDS(100), BUSY, CALLS | CHATS, .times = 1.4 },
	{ SECONDS(35), SECONDS(75), BUSY, BY_TURN, .times = PEAK },
	{ SECONDS(60), SECONDS(106), DARK, BY_TURN, 0 },
	{ SECONDS(135), SECONDS(160), SILENT, BY_TURN, 0 },
};

/* Who it is this time.  It takes four rounds so that nobody takes the second
 * time for flapping, see doc/alerting.md, and so that service levels, which
 * remember for a quarter of an hour, recover.  There are but three sources:
 * once all of them are heard. */
static const struct turn {
	uint8_t busy, dark; /* queues */
	uint8_t silent;
} turns[] = {
	{ SALES, ORDERS, CHANNEL_CHAT },
	{ SUPPORT, RETURNS, CHANNEL_EMAIL },
	{ CHAT, BILLING, CHANNEL_CALL },
	{ ADVICE, DELIVERY, CHANNEL_COUNT },
};

/* ---- where ---- */

#define CALL_QUEUE(n, ...)                                                                         \
	{                                                                                          \
		.name = n, .channel = CHANNEL_CALL, .talk_sigma = 0.6, .limit = MINUTES(10),       \
		.full = 50, .overflow = -1, .pickup = SECONDS(2), __VA_ARGS__                      \
	}
#define OFFICE_QUEUE(n, ...)                                                                       \
	CALL_QUEUE(n, .per_hour = 120, .patience = SECONDS(200), .miss = 0.02, .patient = true,    \
	    __VA_ARGS__)
#define CHAT_QUEUE(n, ...)                                                                         \
	{                                                                                          \
		.name = n, .channel = CHANNEL_CHAT, .talk_sigma = 0.5, .limit = MINUTES(7),        \
		.full = 40, .overflow = -1, .pickup = SECONDS(4), .acw = SECONDS(15),              \
		.patience = SECONDS(150), .miss = 0.02, __VA_ARGS__                                \
	}

static const struct queue_plan queues[] = {
	[SALES] = CALL_QUEUE("sales", .per_hour = 70, .talk = SECONDS(170), .acw = SECONDS(20),
	    .patience = SECONDS(150), .survey = KIND_NPS, .miss = 0.02, .hold = 0.12,
	    .transfer = 0.06),
	[SUPPORT] = CALL_QUEUE("support", .per_hour = 80, .talk = SECONDS(205), .acw = SECONDS(25),
	    .patience = SECONDS(240), .survey = KIND_CSAT, .miss = 0.03, .hold = 0.25,
	    .transfer = 0.06),
	[VIP] = CALL_QUEUE("vip", .per_hour = 44, .talk = SECONDS(150), .acw = SECONDS(30),
	    .patience = SECONDS(120), .survey = KIND_NPS, .hold = 0.10),
	[BILLING] = OFFICE_QUEUE(
	    "billing", .talk = SECONDS(85), .acw = SECONDS(15), .survey = KIND_CES, .hold = 0.20),
	[ORDERS] = OFFICE_QUEUE(
	    "orders", .talk = SECONDS(75), .acw = SECONDS(10), .survey = KIND_CSAT, .hold = 0.08),
	[RETURNS] = OFFICE_QUEUE(
	    "returns", .talk = SECONDS(80), .acw = SECONDS(15), .survey = KIND_CSAT, .hold = 0.10),
	[DELIVERY] = OFFICE_QUEUE(
	    "delivery", .talk = SECONDS(70), .acw = SECONDS(10), .survey = KIND_CES, .hold = 0.05),
	[CHAT] = CHAT_QUEUE("chat", .per_hour = 60, .talk = SECONDS(200), .survey = KIND_CSAT),
	[ADVICE] = CHAT_QUEUE("advice", .per_hour = 36, .talk = SECONDS(240), .survey = KIND_NPS),
	[MAIL] = { .name = "mail",
	    .channel = CHANNEL_EMAIL,
	    .per_hour = 40,
	    .talk = SECONDS(140),
	    .talk_sigma = 0.6,
	    .limit = HOURS(6),
	    .full = 100000,
	    .survey = KIND_CSAT,
	    .overflow = -1 },
};

static const struct team {
	uint8_t channel;
	uint16_t skills;
	const char *names[TEAM_MAX];
} teams[] = {
	{ CHANNEL_CALL, IN(SALES) | IN(VIP),
	    { "anna", "bjorn", "carla", "david", "elif", "farid", "greta", "hugo", "ines", "ivar",
	        "klara", "luis" } },
	{ CHANNEL_CALL, IN(SUPPORT) | IN(VIP),
	    { "jonas", "kari", "liam", "mira", "nils", "olga", "pavel", "ruth", "sara", "tomas",
	        "ulla", "milo", "nina" } },
	{ CHANNEL_CALL, IN(BILLING),
	    { "astrid", "bruno", "clara", "dario", "emma", "felix", "gina", "heidi", "ismael" } },
	{ CHANNEL_CALL, IN(ORDERS),
	    { "jana", "kofi", "lena", "marco", "nora", "otto", "petra", "quinn", "rosa" } },
	{ CHANNEL_CALL, IN(RETURNS),
	    { "rafael", "sofia", "theo", "ursula", "viktor", "wanda", "xenia", "yann", "zara" } },
	{ CHANNEL_CALL, IN(DELIVERY),
	    { "alma", "boris", "celia", "denis", "edda", "fynn", "gerda", "hannes", "irma" } },
	{ CHANNEL_CHAT, CHATS,
	    { "vera", "wim", "yusuf", "zoe", "ada", "ben", "chloe", "dina", "ella", "faye" } },
	{ CHANNEL_EMAIL, IN(MAIL), { "frida", "georg", "hana", "ivo" } },
};

/* ---- the staff ---- */

static unsigned
team_size(const struct team *team)
{
	unsigned n = 0;

	while (n < TEAM_MAX && team->names[n] != NULL)
		n++;
	return n;
}

static unsigned
staff(const struct sim *sim, const struct team *team)
{
	return ceil(team_size(team) * sim->opt.rate);
}

static void
hire_team(struct sim *sim, const struct team *team)
{
	struct agent *a;

	for (unsigned i = 0, n = staff(sim, team); i < n; i++) {
		a = sim_agent(sim, team->channel, team->names, team_size(team), i);
		a->skills = a->all_skills = team->skills;
		a->shift_length = ALWAYS;
	}
}

static bool
hire(struct sim *sim)
{
	unsigned i, n = 0;

	for (i = 0; i < COUNTOF(teams); i++)
		n += staff(sim, &teams[i]);
	sim->agents = calloc(n, sizeof *sim->agents);
	if (sim->agents == NULL)
		return false;
	for (i = 0; i < COUNTOF(teams); i++)
		hire_team(sim, &teams[i]);
	return true;
}

/* ---- where we are in the story ---- */

/* Since it began; before that, below 0. */
static msec_t
since(const struct sim *sim)
{
	return sim->now - (sim->opt.start + sim->opt.past);
}

static bool
is_on(const struct sim *sim, const struct act *act)
{
	msec_t in_round = since(sim) % ROUND;

	return since(sim) >= 0 && in_round >= act->from && in_round < act->to;
}

static const struct turn *
turn(const struct sim *sim)
{
	return &turns[since(sim) / ROUND % COUNTOF(turns)];
}

static bool
concerns(const struct sim *sim, const struct act *act, unsigned queue)
{
	return act->whom == BY_TURN ? turn(sim)->busy == queue : act->whom & IN(queue);
}

static double
busy(const struct sim *sim, unsigned queue)
{
	const struct act *act;
	double times = 1;

	for (act = acts; act < acts + COUNTOF(acts); act++)
		if (act->deed == BUSY && is_on(sim, act) && concerns(sim, act, queue))
			times = fmax(times, act->times);
	return times / PEAK;
}

static bool
is_silent(const struct sim *sim, unsigned source)
{
	const struct act *act;

	for (act = acts; act < acts + COUNTOF(acts); act++)
		if (act->deed == SILENT && is_on(sim, act) && turn(sim)->silent == source)
			return true;
	return false;
}

/* ---- an office goes dark, and comes back ---- */

static bool
works_at(const struct agent *a, unsigned queue)
{
	return a->all_skills == IN(queue);
}

/* Of those who were hung up on some call again at once. */
static void
call_again(struct sim *sim, unsigned queue)
{
	for (int i = 0; i < REDIALS; i++)
		sim_timer(
		    sim, TIMER_REDIAL, SECONDS(1) + draw_below(&sim->draw, SECONDS(6)), queue, 0);
}

/* First all of them, or a call that rings at one would ring at the next. */
static void
go_dark(struct sim *sim, unsigned queue)
{
	struct contact *c;
	uint32_t i;

	for (i = 0; i < sim->nagents; i++)
		if (works_at(&sim->agents[i], queue))
			agent_send_away(sim, i);
	for (i = 0; i < sim->ncontacts; i++) {
		c = sim->contacts[i];
		if (c->state != CONTACT_FREE && c->queue == queue && c->agent != NOBODY)
			contact_cut(sim, c);
	}
	call_again(sim, queue);
}

static void
come_back(struct sim *sim, unsigned queue)
{
	for (uint32_t i = 0; i < sim->nagents; i++)
		if (works_at(&sim->agents[i], queue))
			agent_call_back(sim, i);
}

void
story_act(struct sim *sim, const struct timer *t)
{
	const struct act *act = &acts[t->who];

	if (is_on(sim, act)) {
		go_dark(sim, turn(sim)->dark);
		sim_timer(sim, TIMER_ACT, act->to - act->from, t->who, 0);
	} else {
		come_back(sim, turn(sim)->dark);
		sim_timer(sim, TIMER_ACT, ROUND - (act->to - act->from), t->who, 0);
	}
}

void
story_redial(struct sim *sim, const struct timer *t)
{
	contact_arrives(sim, t->who);
}

/* Who is busy or silent is asked when it matters; only the dark has a moment. */
static void
begin(struct sim *sim)
{
	for (unsigned i = 0; i < COUNTOF(acts); i++)
		if (acts[i].deed == DARK)
			sim_timer(sim, TIMER_ACT, sim->opt.past + acts[i].from, i, 0);
}

const struct house sim_story = { .plan = queues,
	.nqueues = COUNTOF(queues),
	.peak = PEAK,
	.between_pauses = HOURS(3),
	.busy = busy,
	.hire = hire,
	.begin = begin,
	.is_silent = is_silent };
