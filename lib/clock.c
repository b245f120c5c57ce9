/* SPDX-License-Identifier: MIT */
/*
 * clock.c: both clocks, read together and once per turn, so that everything
 * done in one turn happens at one instant.  Nothing else asks the time.
 */
#include "ccmon/clock.h"

#include <time.h>

static msec_t wall, mono;

static msec_t
read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * MSEC_PER_SEC + ts.tv_nsec / 1000000;
}

void
clock_turn(void)
{
	wall = read_clock(CLOCK_REALTIME);
	mono = read_clock(CLOCK_MONOTONIC);
}

msec_t
clock_wall(void)
{
	if (wall == 0)
		clock_turn();
	return wall;
}

msec_t
clock_mono(void)
{
	if (wall == 0)
		clock_turn();
	return mono;
}
