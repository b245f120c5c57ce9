/* SPDX-License-Identifier: MIT */
/*
 * draw.c: a small generator (xoshiro256**, Blackman and Vigna 2018, seeded by
 * splitmix64) and the distributions a contact center is made of.
 *
 * rand() and its kin differ from one C library to the next; a recorded run
 * must not.
 */
#include <math.h>

#include "draw.h"

static uint64_t
splitmix(uint64_t *x)
{
	uint64_t z = *x += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

static uint64_t
rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

void
draw_init(struct draw *d, uint64_t seed)
{
	unsigned i;

	for (i = 0; i < COUNTOF(d->s); i++)
		d->s[i] = splitmix(&seed);
}

uint64_t
draw_bits(struct draw *d)
{
	uint64_t result = rotate(d->s[1] * 5, 7) * 9, t = d->s[1] << 17;

	d->s[2] ^= d->s[0];
	d->s[3] ^= d->s[1];
	d->s[1] ^= d->s[2];
	d->s[0] ^= d->s[3];
	d->s[2] ^= t;
	d->s[3] = rotate(d->s[3], 45);
	return result;
}

double
draw_unit(struct draw *d)
{
	return (draw_bits(d) >> 11) * 0x1p-53;
}

bool
draw_chance(struct draw *d, double p)
{
	return draw_unit(d) < p;
}

unsigned
draw_below(struct draw *d, unsigned n)
{
	return (draw_bits(d) >> 32) * n >> 32;
}

/* By inversion; 1 - u is never 0. */
double
draw_exponential(struct draw *d, double mean)
{
	return -mean * log(1 - draw_unit(d));
}

/* Box and Muller's; its second value is thrown away to have no memory. */
double
draw_normal(struct draw *d)
{
	double radius = sqrt(-2 * log(1 - draw_unit(d)));

	return radius * cos(2 * M_PI * draw_unit(d));
}

double
draw_lognormal(struct draw *d, double mean, double sigma)
{
	return mean * exp(sigma * draw_normal(d) - sigma * sigma / 2);
}

static msec_t
at_least_one(double ms)
{
	return ms < 1 ? 1 : (msec_t)ms;
}

msec_t
draw_exponential_ms(struct draw *d, msec_t mean)
{
	return at_least_one(draw_exponential(d, mean));
}

msec_t
draw_lognormal_ms(struct draw *d, msec_t mean, double sigma)
{
	return at_least_one(draw_lognormal(d, mean, sigma));
}
