/* SPDX-License-Identifier: MIT */
/*
 * erlang.h: what a queue will do, by the models of Erlang C (M/M/N: who waits
 * waits for ever) and Erlang A (M/M/N+M: each gives up after a time of his
 * own).  Numbers in, numbers out: see erlang.c.
 */
#ifndef CCMON_ERLANG_H
#define CCMON_ERLANG_H

#include <stdint.h>

#define ERLANG_AGENTS_MAX 65536 /* agents; a demand for more is not answered */

struct erlang_load {
	double arrivals; /* a second, above 0 */
	double handle; /* s, mean, above 0 */
	double patience; /* s, mean, above 0; not looked at by Erlang C */
	double threshold; /* s, 0 or more */
};

struct erlang {
	double sl; /* share of the arrivals that are answered within the threshold */
	double p_wait; /* share that finds no free agent */
	double p_abandon; /* share that gives up */
	double lq; /* mean number waiting; INFINITY when it grows without end */
	double occupancy; /* share of the agents' time spent on contacts; 0 without agents */
};

void	erlang_c(const struct erlang_load *, int64_t agents, struct erlang *);
void	erlang_a(const struct erlang_load *, int64_t agents, struct erlang *);

/* The smallest number of agents whose sl is at least target; -1: more than
 * ERLANG_AGENTS_MAX. */
int64_t	erlang_c_agents(const struct erlang_load *, double target);
int64_t	erlang_a_agents(const struct erlang_load *, double target);

/* Expected seconds until one who comes now, behind `waiting` others while
 * every agent is busy, is answered if he stays; INFINITY without agents.  A
 * patience of INFINITY: nobody before him gives up. */
double	erlang_wait(const struct erlang_load *, int64_t agents, int64_t waiting);

#endif
