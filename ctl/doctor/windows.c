/* SPDX-License-Identifier: MIT */
/*
 * windows.c: are the windows there that the board in a browser shows?  Which
 * ones it shows is part of the page (wallboard/page/figures.js); a length of
 * another name is another window to it.
 */
#include "doctor.h"

static const struct {
	const char *name, *figures;
} shown[] = {
	{ "15m", "service levels" },
	{ "60m", "handle times, answers in time and the details of a queue" },
	{ "today", "what was offered and handled today" },
};

void
doctor_windows(struct doctor *d)
{
	for (size_t i = 0; i < COUNTOF(shown); i++)
		if (!site_has_window(&d->c->settings->site, shown[i].name))
			doctor_say(d, FINDING_WARN, "windows",
			    "there is no %s: the board in a browser has dashes for %s; add it to "
			    "windows",
			    shown[i].name, shown[i].figures);
}
