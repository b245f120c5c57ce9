/* SPDX-License-Identifier: MIT */
/*
 * roster.c: the agents as readers get them: by name, or counted by team, or
 * not at all.  Pure.
 *
 * Who is in several teams is counted in the first; who is in none, in the team
 * without a name, which is there only for them.
 */
#include "wallboard.h"

#include <ccmon/rules.h>

#include <stdlib.h>

/* Of agent:NAME; and which of them are texts. */
const char *const roster_words[] = { "state", "state_reason", "queues", "state_since_epoch_ms",
	"contacts_now_count", "handled_count_today", "aht_seconds_today", "occupancy_ratio_60m",
	NULL };
#define NTEXTS 3
#define NFIELDS (COUNTOF(roster_words) - 1)

static const char *const states[] = { "offline", "available", "ringing", "on_contact", "on_hold",
	"acw", "paused" };

struct tally {
	uint32_t in_state[COUNTOF(states)];
	uint32_t n;
};

struct roster {
	const struct wallboard_settings *settings;
	struct out text;
	struct tally *tally; /* by team, and one for those of none */
};

struct roster *
roster_new(const struct wallboard_settings *s, msec_t now)
{
	static const char *const modes[] = { "names", "teams", "off" };
	struct roster *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->settings = s;
	out_init(&r->text);
	if ((r->tally = calloc(s->nteams + 1, sizeof(*r->tally))) == NULL) {
		free(r);
		return NULL;
	}
	json_open(&r->text, '{');
	json_key(&r->text, "time");
	json_figure(&r->text, now, UNIT_EPOCH_MS);
	json_key(&r->text, "mode");
	json_text(&r->text, str_of(modes[s->agents]));
	if (s->agents == AGENTS_NAMES) {
		json_key(&r->text, "agents");
		json_open(&r->text, '[');
	}
	return r;
}

void
roster_free(struct roster *r)
{
	if (r == NULL)
		return;
	out_fini(&r->text);
	free(r->tally);
	free(r);
}

/* ---- by name */

bool
is_number(struct str s)
{
	bool digits = false;

	for (uint32_t i = 0; i < s.n; i++) {
		bool is_digit = s.p[i] >= '0' && s.p[i] <= '9';

		if (!is_digit && !(s.p[i] == '-' && i == 0) &&
		    !(s.p[i] == '.' && digits && i + 1 < s.n))
			return false;
		digits |= is_digit;
	}
	return digits;
}

static void
put_value(struct out *o, size_t field, const struct reply *r)
{
	bool is_text = field < NTEXTS;

	json_key(o, roster_words[field]);
	if (r->type != REPLY_TEXT || (!is_text && !is_number(r->text)))
		json_none(o);
	else if (is_text)
		json_text(o, r->text);
	else
		json_raw(o, r->text);
}

static void
put_agent(struct out *o, struct str name, const struct reply *hash)
{
	json_open(o, '{');
	json_key(o, "name");
	json_text(o, name);
	for (size_t i = 0; i < NFIELDS; i++)
		put_value(o, i, &hash->item[i]);
	json_close(o, '}');
}

/* ---- by team */

static size_t
team_of(const struct wallboard_settings *s, struct str name)
{
	for (size_t i = 0; i < s->nteams; i++)
		for (char **glob = s->teams[i].agents; glob != NULL && *glob != NULL; glob++)
			if (glob_match(*glob, name))
				return i;
	return s->nteams;
}

static void
count(struct tally *t, struct str state)
{
	for (size_t i = 0; i < COUNTOF(states); i++)
		if (strlen(states[i]) == state.n && memcmp(states[i], state.p, state.n) == 0) {
			t->in_state[i]++;
			t->n++;
		}
}

static void
put_team(struct out *o, const char *name, const struct tally *t)
{
	json_open(o, '{');
	json_key(o, "name");
	json_text(o, str_of(name));
	for (size_t i = 0; i < COUNTOF(states); i++) {
		json_key(o, states[i]);
		json_int(o, t->in_state[i]);
	}
	json_close(o, '}');
}

static void
put_teams(struct roster *r)
{
	const struct wallboard_settings *s = r->settings;

	json_key(&r->text, "teams");
	json_open(&r->text, '[');
	for (size_t i = 0; i < s->nteams; i++)
		put_team(&r->text, s->teams[i].name, &r->tally[i]);
	if (r->tally[s->nteams].n > 0)
		put_team(&r->text, "", &r->tally[s->nteams]);
	json_close(&r->text, ']');
}

/* ---- all of them */

void
roster_add(struct roster *r, struct str name, const struct reply *hash)
{
	if (hash->type != REPLY_ARRAY || hash->n != NFIELDS ||
	    hash->item[0].type != REPLY_TEXT) /* it has expired */
		return;
	if (str_begins(name, "__other__")) /* nobody of that name */
		return;
	if (r->settings->agents == AGENTS_NAMES)
		put_agent(&r->text, name, hash);
	else
		count(&r->tally[team_of(r->settings, name)], hash->item[0].text);
}

struct out *
roster_finish(struct roster *r)
{
	if (r->settings->agents == AGENTS_NAMES)
		json_close(&r->text, ']');
	else if (r->settings->agents == AGENTS_TEAMS)
		put_teams(r);
	json_close(&r->text, '}');
	return &r->text;
}
