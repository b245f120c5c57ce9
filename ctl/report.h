/* SPDX-License-Identifier: MIT */
/*
 * report.h: a recorded log on its way through the engine (report.c) and what
 * came out of it (report_print.c).
 */
#ifndef CTL_REPORT_H
#define CTL_REPORT_H

#include "ctl.h"
#include "daemon/engine/engine.h"
#include "recording.h"

struct report {
	struct engine	*engine;
	struct recording *recording;
};

void	report_print_text(struct report *);
void	report_print_json(struct report *);

#endif
