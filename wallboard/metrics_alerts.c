/* SPDX-License-Identifier: MIT */
/*
 * metrics_alerts.c: the alerts, as numbers.
 *
 * An alert's scope is a label as long as it names a queue, a channel, a feed
 * or the site.  Agents have no name here, whoever may see the board: those of
 * one rule are one sample, which says how many they are.
 */
#include "metrics_int.h"

#include <ccmon/event.h>

static const char *const states[] = { "pending", "firing", "acked", "silenced", "inhibited",
	"unknown", "resolved" };
static const char *const severities[] = { "info", "warn", "page" };

static struct str
after(struct str text, struct str head)
{
	if (text.n < head.n || memcmp(text.p, head.p, head.n) != 0)
		return STR_NONE;
	return (struct str){ text.p + head.n, text.n - head.n };
}

static struct str
scope_of(const struct subject *alert)
{
	struct str scope = subject_text(alert, "scope");

	return after(scope, STR_LIT("agent:")).p != NULL ? STR_LIT("agent") : scope;
}

/* Somebody has it in hand, or may not be told: it fires all the same. */
static bool
is_firing(const struct subject *alert)
{
	static const char *const firing[] = { "firing", "acked", "silenced", "inhibited" };
	struct str state = subject_text(alert, "state");

	for (size_t i = 0; i < COUNTOF(firing); i++)
		if (str_is(state, firing[i]))
			return true;
	return false;
}

static bool
is_alike(const struct subject *a, const struct subject *b)
{
	return str_eq(scope_of(a), scope_of(b)) &&
	       str_eq(subject_text(a, "rule"), subject_text(b, "rule")) &&
	       str_eq(subject_text(a, "severity"), subject_text(b, "severity"));
}

/* How many alike fire; -1: one before it spoke for them. */
static int64_t
firing_alike(const struct writing *w, const struct subject *alert)
{
	bool first = true;
	const struct subject *other;
	int64_t n = 0;
	size_t i = 0;

	while ((other = subjects_next(w->subjects, METRICS_ALERTS, &i)) != NULL) {
		if (!is_alike(alert, other))
			continue;
		if (first && other != alert)
			return -1;
		first = false;
		n += is_firing(other);
	}
	return n;
}

void
emit_firing(struct writing *w, const struct family *f)
{
	const struct subject *alert;
	size_t i = 0;

	while ((alert = subjects_next(w->subjects, METRICS_ALERTS, &i)) != NULL) {
		bool agent = str_is(scope_of(alert), "agent");
		int64_t n = agent ? firing_alike(w, alert) : is_firing(alert);
		struct label label[] = {
			{ "queue", after(scope_of(alert), STR_LIT("queue:")) },
			{ "rule", subject_text(alert, "rule") },
			{ "severity", subject_text(alert, "severity") },
			{ "scope", scope_of(alert) },
		};

		if (n >= 0)
			text_sample(w, f, NULL, NULL, label, COUNTOF(label), n * ONE);
	}
}

static int64_t
count(const struct writing *w, struct str state, struct str severity)
{
	const struct subject *alert;
	int64_t n = 0;
	size_t i = 0;

	while ((alert = subjects_next(w->subjects, METRICS_ALERTS, &i)) != NULL)
		n += str_eq(subject_text(alert, "state"), state) &&
		     str_eq(subject_text(alert, "severity"), severity);
	return n;
}

/* Of each there may be, so that none is missing before the first. */
void
emit_alerts(struct writing *w, const struct family *f)
{
	size_t i = 0;

	if (subjects_next(w->subjects, METRICS_META, &i) == NULL)
		return; /* nobody watches */
	for (size_t state = 0; state < COUNTOF(states); state++)
		for (size_t severity = 0; severity < COUNTOF(severities); severity++) {
			struct label label[] = { { "state", str_of(states[state]) },
				{ "severity", str_of(severities[severity]) } };

			text_sample(w, f, NULL, NULL, label, COUNTOF(label),
			    count(w, label[0].value, label[1].value) * ONE);
		}
}
