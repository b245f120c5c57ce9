/* SPDX-License-Identifier: MIT */
/*
 * figures.c: figures as people read them from afar, as on the wall-board's
 * page.  Every one has a width that does not jump with each second, and what
 * is not known is a dash: never 0, never 100 %.
 */
#include "top.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define MOST 1e9 /* what is more than that is no figure of a contact centre */

static bool
is_known(double v)
{
	return isfinite(v) && fabs(v) < MOST;
}

void
figure_count(char buf[FIGURE_MAX], double v)
{
	snprintf(buf, FIGURE_MAX, is_known(v) ? "%.0f" : "-", v);
}

void
figure_rate(char buf[FIGURE_MAX], double v)
{
	snprintf(buf, FIGURE_MAX, !is_known(v) ? "-" : fabs(v) < 9.95 ? "%.1f" : "%.0f", v);
}

void
figure_length(char buf[FIGURE_MAX], double seconds)
{
	const char *sign = seconds < 0 ? "-" : "";
	long long s;

	if (!is_known(seconds)) {
		snprintf(buf, FIGURE_MAX, "-");
		return;
	}
	s = (long long)floor(fabs(seconds));
	if (s < 3600)
		snprintf(buf, FIGURE_MAX, "%s%lld:%02lld", sign, s / 60, s % 60);
	else if (s < 100 * 3600)
		snprintf(
		    buf, FIGURE_MAX, "%s%lld:%02lld:%02lld", sign, s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(buf, FIGURE_MAX, "%s%lldd%02lldh", sign, s / 86400, s / 3600 % 24);
}

/* Rounded, but 99.6 is not all, and 0.4 is not nothing. */
static double
whole_percent(double ratio)
{
	double rounded = floor(ratio * 100 + 0.5);

	if (rounded >= 100 && ratio < 1)
		return 99;
	return rounded < 1 && ratio > 0 ? 1 : rounded;
}

void
figure_share(char buf[FIGURE_MAX], double v)
{
	snprintf(buf, FIGURE_MAX, is_known(v) ? "%.0f%%" : "-", whole_percent(v));
}

/* What was promised stands behind it; what is no service level says so. */
void
figure_service(char buf[FIGURE_MAX], const struct row *r)
{
	const char *word = measures[r->measure].word;
	double service = whole_percent(r->service);

	if (!is_known(r->service) || fabs(r->service) > 10)
		snprintf(buf, FIGURE_MAX, "-");
	else if (word[0] != '\0')
		snprintf(buf, FIGURE_MAX, "%.0f%% %s", service, word);
	else if (is_known(r->target) && fabs(r->target) <= 10)
		snprintf(buf, FIGURE_MAX, "%.0f/%.0f%%", service, whole_percent(r->target));
	else
		snprintf(buf, FIGURE_MAX, "%.0f%%", service);
}

void
figure_pair(char buf[FIGURE_MAX], double a, double b)
{
	char x[FIGURE_MAX], y[FIGURE_MAX];

	if (!is_known(a) && !is_known(b)) {
		snprintf(buf, FIGURE_MAX, "-");
		return;
	}
	figure_count(x, fabs(a) < 1e6 ? a : (double)NAN);
	figure_count(y, fabs(b) < 1e6 ? b : (double)NAN);
	snprintf(buf, FIGURE_MAX, "%.7s/%.7s", x, y);
}

void
figure_clock(char buf[FIGURE_MAX], const struct zone *zone, msec_t wall)
{
	int64_t t = wall / MSEC_PER_SEC;
	int second;

	t += zone_offset(zone, t);
	second = (int)((t % 86400 + 86400) % 86400);
	snprintf(buf, FIGURE_MAX, "%02u:%02u:%02u", (unsigned)(second / 3600) % 24,
	    (unsigned)(second / 60) % 60, (unsigned)second % 60);
}
