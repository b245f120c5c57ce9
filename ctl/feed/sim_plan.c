/* SPDX-License-Identifier: MIT */
/*
 * sim_plan.c: the house that is simulated: its queues, its day and its staff.
 *
 * The figures are those of a mid-sized house, of our own choosing; what
 * matters is that each way a contact can go is taken often enough to be seen
 * within the hour, and that the staff is enough for the busiest one.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim_int.h"

#define SALES 0
#define SUPPORT 1
#define PICKUP SECONDS(4)

static const struct queue_plan queues[] = {
	{ "sales", CHANNEL_CALL, .per_hour = 120, .out_per_hour = 12, .talk = SECONDS(210),
	    .talk_sigma = 0.7, .acw = SECONDS(30), .pickup = PICKUP, .patience = SECONDS(150),
	    .limit = SECONDS(240), .full = 30, .survey = KIND_NPS, .overflow = -1, .miss = 0.05,
	    .hold = 0.12, .transfer = 0.10 },
	{ "support", CHANNEL_CALL, .per_hour = 180, .out_per_hour = 6, .talk = SECONDS(320),
	    .talk_sigma = 0.8, .acw = SECONDS(45), .pickup = PICKUP, .patience = SECONDS(240),
	    .limit = SECONDS(600), .full = 50, .survey = KIND_CSAT, .overflow = -1, .miss = 0.06,
	    .hold = 0.25, .transfer = 0.14 },
	{ "billing", CHANNEL_CALL, .per_hour = 80, .talk = SECONDS(240), .talk_sigma = 0.6,
	    .acw = SECONDS(40), .pickup = PICKUP, .patience = SECONDS(180), .limit = SECONDS(300),
	    .full = 25, .opens = 6, .closes = 20, .survey = KIND_CES, .overflow = SUPPORT,
	    .miss = 0.04, .hold = 0.20, .transfer = 0.08 },
	{ "vip", CHANNEL_CALL, .per_hour = 20, .talk = SECONDS(300), .talk_sigma = 0.6,
	    .acw = SECONDS(60), .pickup = PICKUP, .patience = SECONDS(120), .limit = SECONDS(45),
	    .full = 10, .survey = KIND_NPS, .overflow = SALES, .miss = 0.02, .hold = 0.10,
	    .transfer = 0.06 },
	{ "chat", CHANNEL_CHAT, .per_hour = 90, .talk = SECONDS(480), .talk_sigma = 0.6,
	    .acw = SECONDS(20), .pickup = PICKUP, .patience = SECONDS(120), .limit = SECONDS(420),
	    .full = 40, .survey = KIND_CSAT, .overflow = -1, .miss = 0.05, .transfer = 0.05 },
	{ "mail", CHANNEL_EMAIL, .per_hour = 60, .talk = SECONDS(280), .talk_sigma = 0.8,
	    .limit = HOURS(6), .full = 100000, .survey = KIND_CSAT, .overflow = -1,
	    .transfer = 0.04 },
};

/* How busy each hour of the day is, UTC, against the busiest. */
static const double profile[24] = { .06, .05, .04, .04, .05, .10, .22, .48, .78, .96, 1, .97, .86,
	.82, .90, .93, .85, .70, .55, .42, .33, .24, .15, .09 };

/* Three shifts, begin and length; they overlap for the hand-over. */
static const struct {
	msec_t begin, length;
} shifts[] = {
	{ HOURS(6), HOURS(8) + MINUTES(30) },
	{ HOURS(13) + MINUTES(30), HOURS(8) + MINUTES(45) },
	{ HOURS(21) + MINUTES(30), HOURS(9) },
};

/* Contacts one agent holds at once; a chat leaves time between messages. */
const uint8_t sim_slots[CHANNEL_COUNT] = {
	[CHANNEL_CALL] = 1, [CHANNEL_CHAT] = 3, [CHANNEL_EMAIL] = 1
};

static const char *const first_names[] = { "anna", "bjorn", "carla", "david", "elif", "farid",
	"greta", "hugo", "ines", "jonas", "kari", "liam", "mira", "nils", "olga", "pavel", "ruth",
	"sara", "tomas", "ulla", "vera", "wim", "yusuf", "zoe" };

static double
busy_at(const struct sim *sim, msec_t at)
{
	msec_t in_day = at % HOURS(24);
	unsigned hour = in_day / HOURS(1);
	double part = (double)(in_day % HOURS(1)) / HOURS(1);

	if (sim->opt.flat)
		return 1;
	return profile[hour] * (1 - part) + profile[(hour + 1) % 24] * part;
}

static double
busy(const struct sim *sim, unsigned queue)
{
	(void)queue;
	return busy_at(sim, sim->now);
}

bool
sim_is_open(const struct sim *sim, unsigned queue)
{
	const struct queue_plan *plan = &sim->house->plan[queue];
	unsigned hour = sim->now % HOURS(24) / HOURS(1);

	return sim->opt.flat || plan->opens == plan->closes ||
	       (hour >= plan->opens && hour < plan->closes);
}

/* The load of a queue in its busiest hour, in agents' whole time. */
static double
load_of(const struct sim *sim, unsigned queue)
{
	const struct queue_plan *plan = &queues[queue];
	double per_hour = (plan->per_hour + plan->out_per_hour) * sim->opt.rate;

	return per_hour * (plan->talk + plan->acw) / HOURS(1);
}

static double
channel_load(const struct sim *sim, unsigned channel)
{
	double sum = 0;
	unsigned q;

	for (q = 0; q < COUNTOF(queues); q++)
		if (queues[q].channel == channel)
			sum += load_of(sim, q);
	return sum;
}

/* The busiest instant of a shift, in steps of a quarter of an hour. */
static double
shift_peak(const struct sim *sim, unsigned shift)
{
	double peak = 0;
	msec_t at;

	for (at = 0; at < shifts[shift].length; at += MINUTES(15))
		peak = fmax(peak, busy_at(sim, shifts[shift].begin + at));
	return peak;
}

/* An eighth more for pauses, and the square-root rule for chance. */
static unsigned
staff(const struct sim *sim, unsigned channel, unsigned shift)
{
	double load = channel_load(sim, channel) * shift_peak(sim, shift) / sim_slots[channel];

	return 1 + ceil(load * 1.125 + 0.7 * sqrt(load));
}

/* The queue in which the share-th part of the channel's load falls. */
static unsigned
queue_at(const struct sim *sim, unsigned channel, double share)
{
	double left = share * channel_load(sim, channel);
	unsigned q, last = 0;

	for (q = 0; q < COUNTOF(queues); q++) {
		if (queues[q].channel != channel)
			continue;
		last = q;
		left -= load_of(sim, q);
		if (left < 0)
			break;
	}
	return last;
}

/* Another agent; past the last name they begin again, with a number. */
struct agent *
sim_agent(struct sim *sim, unsigned channel, const char *const *names, unsigned n, unsigned i)
{
	struct agent *a = &sim->agents[sim->nagents++];
	unsigned round = i / n;

	memset(a, 0, sizeof *a);
	if (round == 0)
		snprintf(a->name, sizeof a->name, "%s", names[i]);
	else
		snprintf(a->name, sizeof a->name, "%s%u", names[i % n], round + 1);
	a->channel = channel;
	a->slots = sim_slots[channel];
	return a;
}

/* Her own queue; half know a neighbour's too, a third know all. */
static uint16_t
skills(struct sim *sim, unsigned channel, unsigned i, unsigned n)
{
	uint16_t all = 0, own;
	unsigned q;

	for (q = 0; q < COUNTOF(queues); q++)
		if (queues[q].channel == channel)
			all |= 1 << q;
	if (i % 3 == 0)
		return all;
	own = 1 << queue_at(sim, channel, (i + 0.5) / n);
	if (i % 2 == 0)
		own |= 1 << queue_at(sim, channel, draw_unit(&sim->draw));
	return own & all;
}

static void
hire_one(struct sim *sim, unsigned channel, unsigned shift, unsigned i, unsigned n)
{
	struct agent *a = sim_agent(sim, channel, first_names, COUNTOF(first_names), sim->nagents);

	a->skills = a->all_skills = skills(sim, channel, i, n);
	/* Not all through the door at once. */
	a->shift = shifts[shift].begin + (i % 10) * MINUTES(2) + SECONDS(i % 60);
	a->shift_length = shifts[shift].length;
}

static bool
hire(struct sim *sim)
{
	unsigned channel, shift, i, n, total = 0;

	for (channel = 0; channel < CHANNEL_COUNT; channel++)
		for (shift = 0; shift < COUNTOF(shifts); shift++)
			total += staff(sim, channel, shift);
	sim->agents = calloc(total, sizeof *sim->agents);
	if (sim->agents == NULL)
		return false;
	for (channel = 0; channel < CHANNEL_COUNT; channel++)
		for (shift = 0; shift < COUNTOF(shifts); shift++) {
			n = staff(sim, channel, shift);
			for (i = 0; i < n; i++)
				hire_one(sim, channel, shift, i, n);
		}
	return true;
}

const struct house sim_usual = { .plan = queues,
	.nqueues = COUNTOF(queues),
	.peak = 1,
	.promise = 0.04,
	.between_pauses = MINUTES(55),
	.busy = busy,
	.hire = hire };
