/* SPDX-License-Identifier: MIT */
/*
 * ack.c: an operator's orders about alerts: I have taken it (ack), nobody
 * wants to hear of these (silence), now they do (unsilence).  Ids are exact,
 * since an order that meets another alert than was meant is a page nobody
 * gets; an id nobody knows names the nearest.
 */
#include "ctl.h"

#include <inttypes.h>

#include <ccmon/clock.h>

/* The daemon takes plain text only; so it is said here, before it is sent. */
static bool
is_plain(const char *what, const char *text)
{
	if (name_check(str_of(text), 1, ALERT_ID_MAX - 1) == REFUSAL_NONE)
		return true;
	fprintf(stderr, "ccmonctl: %s is plain text of 1 to %d bytes\n", what, ALERT_ID_MAX - 1);
	return false;
}

static struct str
note_of(const struct ctl *c)
{
	return c->note != NULL ? str_of(c->note) : STR_NONE;
}

static void
ack_done(const struct ctl *c, const struct command *o, const char *alert)
{
	msec_t until = hash_int(o->answer, "time_epoch_ms", clock_wall()) +
	               c->settings->rules.paging.ack_timeout;
	char time[HUMAN_MAX];

	human_time(time, c, until, clock_wall());
	order_done(c, o, until, "acked %s until %s", alert, time);
}

int
verb_ack(struct ctl *c, char **args)
{
	const struct str order[] = { STR_LIT("verb"), STR_LIT("ack"), STR_LIT("alert"),
		str_of(args[0]), STR_LIT("by"), order_by(c), STR_LIT("note"), note_of(c) };
	char near[ALERT_ID_MAX] = "";
	struct command o;
	int code;

	if (!is_plain("an alert's id", args[0]))
		return EXIT_USAGE;
	code = order_give(c, &o, order, COUNTOF(order));
	if (code == EXIT_FINE)
		ack_done(c, &o, args[0]);
	else {
		if (code == EXIT_NOT_FINE)
			alerts_nearest(c, args[0], near, sizeof(near));
		/* itself: it is known, and cannot be acked */
		order_report(c, &o, strcmp(near, args[0]) == 0 ? "" : near);
	}
	order_end(&o);
	return code;
}

static void
silence_done(struct ctl *c, const struct command *o, const char *match, msec_t until)
{
	size_t n = alerts_matching(c, match);
	char time[HUMAN_MAX];

	human_time(time, c, until, clock_wall());
	order_done(c, o, until,
	    "silenced %s until %s (%zu alert%s now); to end it: ccmonctl unsilence %s", match, time,
	    n, n == 1 ? " matches" : "s match", o->id);
}

int
verb_silence(struct ctl *c, char **args)
{
	msec_t end = clock_wall() + c->length;
	char until[24];
	const struct str order[] = { STR_LIT("verb"), STR_LIT("silence"), STR_LIT("match"),
		str_of(args[0]), STR_LIT("until_epoch_ms"),
		{ until, (uint32_t)snprintf(until, sizeof(until), "%" PRId64, end) }, STR_LIT("by"),
		order_by(c), STR_LIT("note"), note_of(c) };
	struct command o;
	int code;

	if (!is_plain("what to silence", args[0]))
		return EXIT_USAGE;
	if (!(c->given & OPTION_FOR)) {
		fprintf(stderr, "ccmonctl: silence needs --for, such as --for 2h\n");
		return EXIT_USAGE;
	}
	code = order_give(c, &o, order, COUNTOF(order));
	if (code == EXIT_FINE)
		silence_done(c, &o, args[0], end);
	else
		order_report(c, &o, "");
	order_end(&o);
	return code;
}

int
verb_unsilence(struct ctl *c, char **args)
{
	const struct str order[] = { STR_LIT("verb"), STR_LIT("unsilence"), STR_LIT("silence"),
		str_of(args[0]), STR_LIT("by"), order_by(c) };
	struct command o;
	int code;

	if (!is_plain("a silence's id", args[0]))
		return EXIT_USAGE;
	code = order_give(c, &o, order, COUNTOF(order));
	if (code == EXIT_FINE)
		order_done(c, &o, -1, "ended the silence %s", args[0]);
	else
		order_report(c, &o, "");
	order_end(&o);
	return code;
}
