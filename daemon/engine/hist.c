/* SPDX-License-Identifier: MIT */
/*
 * hist.c: counts of waits by length, so that percentiles can be had of any
 * window: what was added can be taken back.
 *
 * Log-linear: below 64 ms a bucket a millisecond, above it 64 buckets to each
 * octave, so a bucket's middle is within 1/128 (0.8 %) of all in it.  The 64
 * counts of an octave are there while a wait in it is: a queue with waits from a
 * second to ten minutes holds ten of them, 2.5 KiB.
 */
#include "engine_int.h"

unsigned
hist_bucket(uint32_t ms)
{
	unsigned octave;

	if (ms < HIST_SUB)
		return ms;
	octave = 31 - (unsigned)__builtin_clz(ms) - 5; /* 64..127 is octave 1 */
	return octave * HIST_SUB + ((ms >> (octave - 1)) & (HIST_SUB - 1));
}

uint32_t
hist_middle(unsigned bucket)
{
	unsigned octave = bucket / HIST_SUB;
	uint64_t low;

	if (octave == 0)
		return bucket;
	low = (uint64_t)(HIST_SUB + bucket % HIST_SUB) << (octave - 1);
	return (uint32_t)(low + ((UINT64_C(1) << (octave - 1)) - 1) / 2);
}

void
hist_add(struct hist *h, struct memory *m, uint32_t ms, int sign)
{
	unsigned bucket = hist_bucket(ms), octave = bucket / HIST_SUB;

	if (h->block[octave] == NULL)
		h->block[octave] = memory_new(m, HIST_SUB * sizeof(*h->block[0]));
	h->block[octave][bucket % HIST_SUB] += (uint32_t)sign;
	h->sum[octave] += (uint32_t)sign;
	h->n += (uint64_t)(int64_t)sign;
	if (h->sum[octave] > 0)
		return;
	memory_free(m, h->block[octave], HIST_SUB * sizeof(*h->block[0]));
	h->block[octave] = NULL;
}

void
hist_sum(struct hist *h, struct memory *m, const struct hist *more)
{
	unsigned octave, i;

	for (octave = 0; octave < HIST_BLOCKS; octave++) {
		if (more->block[octave] == NULL)
			continue;
		if (h->block[octave] == NULL)
			h->block[octave] = memory_new(m, HIST_SUB * sizeof(*h->block[0]));
		for (i = 0; i < HIST_SUB; i++)
			h->block[octave][i] += more->block[octave][i];
		h->sum[octave] += more->sum[octave];
	}
	h->n += more->n;
}

void
hist_clear(struct hist *h, struct memory *m)
{
	for (unsigned i = 0; i < HIST_BLOCKS; i++)
		memory_free(m, h->block[i], HIST_SUB * sizeof(*h->block[0]));
	memset(h, 0, sizeof(*h));
}

int64_t
hist_percentile(const struct hist *h, unsigned per_mille)
{
	uint64_t rank = (h->n * per_mille + 999) / 1000, below = 0;
	unsigned octave = 0, i = 0;

	if (h->n == 0)
		return FIGURE_NAN;
	while (below + h->sum[octave] < rank)
		below += h->sum[octave++];
	while ((below += h->block[octave][i]) < rank)
		i++;
	return hist_middle(octave * HIST_SUB + i);
}
