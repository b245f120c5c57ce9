/* SPDX-License-Identifier: MIT */
/*
 * clock.h: the only way to ask the time, read once per turn of the loop.
 */
#ifndef CCMON_CLOCK_H
#define CCMON_CLOCK_H

#include "base.h"

void	clock_turn(void);	/* read both clocks; service_run does, each turn */
msec_t	clock_wall(void);	/* epoch ms as of the last turn */
msec_t	clock_mono(void);	/* ms since boot as of the last turn; never goes back */

#endif
