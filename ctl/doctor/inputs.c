/* SPDX-License-Identifier: MIT */
/*
 * inputs.c: does each input of a switch find what it is to read, as the
 * user its collector runs as, and who of several gives what?  What ZeroMQ
 * inputs need is looked at with the keys (keys.c).
 */
#include "doctor.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whom it runs as: the owner of its journal, or else of its unit's (systemd/);
 * we, when there is no such user. */
static uid_t
collector_user(const struct collector_settings *c)
{
	const struct passwd *pw;
	struct stat st;

	if (stat(c->journal, &st) == 0)
		return st.st_uid;
	pw = getpwnam("ccmon");
	return pw != NULL ? pw->pw_uid : geteuid();
}

static void (*const looks[INPUT_NTYPES])(struct doctor *, const struct doctor_input *) = {
	[INPUT_FILE] = doctor_log,
	[INPUT_AMI] = doctor_ami,
	[INPUT_ESL] = doctor_esl,
};

/* ---- several inputs of one source */

static const char *
part_word(const struct input_settings *in)
{
	static const char *const words[] = { "all", "its calls", "its agents" };

	return words[in->gives];
}

/* The other input of this source that gives the rest, or NULL. */
static const struct input_settings *
other_half(const struct settings *s, const struct input_settings *in)
{
	const struct collector_settings *c, *end = s->collectors + s->ncollectors;
	enum gives wanted = in->gives == GIVES_CALLS ? GIVES_AGENTS : GIVES_CALLS;

	for (c = s->collectors; c < end; c++)
		for (const struct input_settings *o = c->inputs; o < c->inputs + c->ninputs; o++)
			if (o->source != NULL && in->source != NULL && o->gives == wanted &&
			    strcmp(o->source, in->source) == 0)
				return o;
	return NULL;
}

/* Where it comes from, in a word. */
static const char *
place(const struct input_settings *in)
{
	return in->path != NULL ? in->path : in->address != NULL ? in->address : in->dialect;
}

static void
look_at_halves(struct doctor *d, const struct doctor_input *i)
{
	const struct input_settings *in = i->in, *other;

	if (in->gives == GIVES_ALL)
		return;
	other = other_half(d->c->settings, in);
	if (other == NULL)
		doctor_say(d, FINDING_WARN, "input",
		    "%s: %s gives only %s, and no other input gives the rest: take "
		    "gives out, or add one",
		    in->source != NULL ? in->source : i->collector->name, place(in), part_word(in));
	else if (in->gives == GIVES_CALLS)
		doctor_say(d, FINDING_OK, "input", "%s: %s gives %s, %s %s; nothing counts twice",
		    in->source, place(in), part_word(in), place(other), part_word(other));
}

void
doctor_inputs(struct doctor *d)
{
	const struct settings *s = d->c->settings;
	const struct collector_settings *c;

	for (c = s->collectors; c < s->collectors + s->ncollectors; c++)
		for (size_t j = 0; j < c->ninputs; j++) {
			struct doctor_input i = { c, &c->inputs[j], collector_user(c) };

			look_at_halves(d, &i);
			if (looks[i.in->type] != NULL)
				looks[i.in->type](d, &i);
		}
}
