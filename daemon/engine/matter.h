/* SPDX-License-Identifier: MIT */
/*
 * matter.h: the steps of a matter (matter_steps.c), for the table of what
 * does which (matter.c).
 */
#ifndef CCMON_MATTER_H
#define CCMON_MATTER_H

#include "engine_int.h"

/* Sets of clocks. */
#define BIT(target)	(1u << TARGET_##target)
#define RESPONSES	(BIT(FIRST_RESPONSE) | BIT(NEXT_RESPONSE))
#define WORK		(RESPONSES | BIT(RESOLUTION))

bool		 contact_has_open_visit(const struct contact *);

struct matter	*matter_open(struct engine *, struct contact *, uint32_t queue, msec_t at);
void		 matter_move(struct engine *, struct matter *, uint32_t queue);
void		 matter_set_pending(struct engine *, struct matter *, bool pending);
/* With these clocks called off. */
void		 matter_end_conversation(struct engine *, struct matter *, unsigned targets, msec_t at);
/* It is over, whatever runs; or only if nothing does. */
void		 matter_close(struct engine *, struct contact *, msec_t at);
void		 matter_close_if_over(struct engine *, struct contact *);

#endif
