/* SPDX-License-Identifier: MIT */
/*
 * note.c: entries for the log, until they are taken.
 *
 * Their ids never go back, whatever the clock does, and are part of the
 * state: an entry written twice has the id it had.
 */
#include "alerts_int.h"

#define NOTE_TEXTS 11

/* Its texts, all of them ours. */
static void
texts_of(struct alert_note *n, struct str *texts[NOTE_TEXTS])
{
	struct str *const all[NOTE_TEXTS] = { &n->alert, &n->episode, &n->rule, &n->scope, &n->by,
		&n->note, &n->order, &n->summary, &n->page, &n->hooks, &n->why };

	memcpy(texts, all, sizeof(all));
}

static void
text_free(struct alerts *a, struct str *s)
{
	union {
		const char *theirs;
		char *ours;
	} p = { s->p };

	memory_free(&a->memory, p.ours, s->p == NULL ? 0 : (size_t)s->n + 1);
	*s = STR_NONE;
}

void
note_text(struct alerts *a, struct str *to, struct str s)
{
	struct text copy = { 0 };

	text_set(&a->memory, &copy, s);
	text_free(a, to);
	*to = text_str(&copy);
}

struct alert_note *
note_new(struct alerts *a, const char *kind, msec_t now)
{
	struct alert_note *n;

	a->noted = memory_grow(&a->memory, a->noted, a->nnoted, &a->noted_cap, sizeof(*a->noted));
	n = &a->noted[a->nnoted++].n;
	if (now > a->note_ms) {
		a->note_ms = now;
		a->note_seq = 0;
	} else
		a->note_seq++;
	a->unsaved = true;
	*n = (struct alert_note){ .time = now,
		.id_ms = a->note_ms,
		.id_seq = a->note_seq,
		.kind = kind,
		.value = FIGURE_NAN };
	return n;
}

void
note_alert(struct alerts *a, const struct alert *al, const char *kind, msec_t now)
{
	struct alert_note *n = note_new(a, kind, now);

	note_text(a, &n->alert, text_str(&al->id));
	note_text(a, &n->rule, alert_rule(al));
	note_text(a, &n->scope, alert_scope(al));
	note_text(a, &n->episode, str_of(al->episode));
	note_text(a, &n->summary, text_str(&al->summary));
	n->severity = al->severity;
	n->value = al->value;
	n->unit = al->unit;
	if (al->shown == ALERT_ACKED) {
		note_text(a, &n->by, text_str(&al->by));
		note_text(a, &n->note, text_str(&al->note));
	}
}

static void
forget(struct alerts *a, size_t n)
{
	struct str *texts[NOTE_TEXTS];

	for (size_t i = 0; i < n; i++) {
		texts_of(&a->noted[i].n, texts);
		for (size_t j = 0; j < COUNTOF(texts); j++)
			text_free(a, texts[j]);
	}
}

bool
alerts_note(struct alerts *a, struct alert_note *n)
{
	if (a->noted_at < a->nnoted) {
		*n = a->noted[a->noted_at++].n;
		return true;
	}
	forget(a, a->nnoted);
	a->nnoted = a->noted_at = 0;
	return false;
}

void
notes_fini(struct alerts *a)
{
	forget(a, a->nnoted);
	memory_free(&a->memory, a->noted, a->noted_cap * sizeof(*a->noted));
}
