/* SPDX-License-Identifier: MIT */
/*
 * draw.h: chance from a seed: the same seed draws the same, on every machine.
 */
#ifndef CCMON_FEED_DRAW_H
#define CCMON_FEED_DRAW_H

#include <ccmon/base.h>

struct draw {
	uint64_t	s[4];
};

void	draw_init(struct draw *, uint64_t seed);
uint64_t draw_bits(struct draw *);
double	draw_unit(struct draw *);		/* from 0, below 1 */
bool	draw_chance(struct draw *, double p);
unsigned draw_below(struct draw *, unsigned n);	/* 0 .. n-1; n > 0 */
double	draw_exponential(struct draw *, double mean);
double	draw_normal(struct draw *);		/* mean 0, deviation 1 */
/* Of that mean; sigma is the deviation of its logarithm. */
double	draw_lognormal(struct draw *, double mean, double sigma);
/* Exponential or log-normal lengths in ms, at least 1. */
msec_t	draw_exponential_ms(struct draw *, msec_t mean);
msec_t	draw_lognormal_ms(struct draw *, msec_t mean, double sigma);

#endif
