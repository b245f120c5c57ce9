/* SPDX-License-Identifier: MIT */
/*
 * visit.h: the steps of a visit (visit_steps.c), for the table of what does
 * which (visit.c).
 */
#ifndef CCMON_VISIT_H
#define CCMON_VISIT_H

#include "engine_int.h"

msec_t	later(msec_t, msec_t);

/* Inbound visits are counted; outbound ones only as work. */
bool	visit_is_counted(const struct visit *);

/* One sample of its queue at that second; and one undone. */
void	visit_count(struct engine *, const struct visit *, int64_t second, enum sample_kind,
	    enum sl, uint32_t agent, int64_t a, int64_t b);
void	visit_uncount(struct engine *, const struct visit *, int64_t second, enum sample_kind, enum sl);

void	visit_breach(struct engine *, const struct visit *, const char *kind, msec_t at, int64_t waited);

/*
 * The visit's service-level event is now known to be `within` if wait <= T,
 * else late.  Returns what to count with the outcome's own sample; what
 * belongs to another second is counted here, and what was counted before and
 * turns out otherwise is taken back.
 */
enum sl	visit_settle(struct engine *, struct visit *, enum sl within, msec_t at, int64_t wait);

void	visit_stop_ringing(struct engine *, struct visit *, msec_t at);
void	visit_begin_handling(struct engine *, struct visit *, uint32_t agent, msec_t at);
void	visit_stop_handling(struct engine *, struct visit *, msec_t at);
/* Its agents are done, after so many ms: counted since the state began. */
void	visit_done(struct engine *, const struct visit *, int64_t ms);
void	visit_leave_waiting(struct engine *, struct visit *, enum outcome, msec_t at);
void	visit_become_stuck(struct engine *, struct visit *, msec_t at);

#endif
