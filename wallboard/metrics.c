/* SPDX-License-Identifier: MIT */
/*
 * metrics.c: see metrics.h.
 *
 * A text is written family by family, as the formats want it, from what was
 * read of one object after the other; so a reading is kept whole.  Hooks and
 * alerts stand as JSON in Redis: each becomes a subject with its members as
 * fields, like the others.
 */
#include "metrics_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define JSON_MAX 65536 /* bytes of one alert; its texts are bounded far below */

struct metrics {
	struct subjects subjects;
	struct wanted wanted;
	struct json_parser *json;
	int64_t began; /* the state whose counters are remembered; 0: not known */
};

struct metrics *
metrics_new(void)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->json = json_parser_new(JSON_MAX);
	if (wanted_init(&m->wanted) == 0 && m->json != NULL)
		return m;
	metrics_free(m);
	return NULL;
}

void
metrics_free(struct metrics *m)
{
	if (m == NULL)
		return;
	subjects_fini(&m->subjects);
	wanted_fini(&m->wanted);
	json_parser_free(m->json);
	free(m);
}

/* ---- a reading ---- */

void
metrics_begin(struct metrics *m)
{
	subjects_begin(&m->subjects);
}

/* Names and values in turn, as far as both are texts. */
static size_t
pairs(const struct reply *hash, struct field *field)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < hash->n; i += 2)
		if (hash->item[i].type == REPLY_TEXT && hash->item[i + 1].type == REPLY_TEXT)
			field[n++] = (struct field){ hash->item[i].text, hash->item[i + 1].text };
	return n;
}

static size_t
only_wanted(const struct wanted *wanted, struct field *field, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (is_wanted(wanted, field[i].name))
			field[kept++] = field[i];
	return kept;
}

#define NUMBER_MAX 24 /* bytes with NUL; a sign and 19 digits */

/* A whole number is a text again; what is null is undefined. */
static struct str
member_text(const struct json_member *member, char number[NUMBER_MAX])
{
	if (member->type == JSON_TEXT)
		return member->text;
	if (member->type != JSON_INT)
		return member->type == JSON_NULL ? STR_LIT("NaN") : STR_NONE;
	(void)snprintf(number, NUMBER_MAX, "%" PRId64, member->integer);
	return str_of(number);
}

/* What is no JSON was not written by our daemon, and is nothing we know. */
static void
add_json(struct metrics *m, unsigned kind, struct str name, struct str json)
{
	struct json_member member[JSON_MEMBERS_MAX];
	struct field field[JSON_MEMBERS_MAX];
	char number[JSON_MEMBERS_MAX][NUMBER_MAX];
	int n = json_parse(m->json, json.p, json.n, member);

	for (int i = 0; i < n; i++)
		field[i] = (struct field){ member[i].key, member_text(&member[i], number[i]) };
	if (n > 0)
		subjects_put(&m->subjects, kind, name, field, (size_t)n);
}

void
metrics_add(struct metrics *m, enum metrics_kind kind, struct str name, const struct reply *hash)
{
	struct field *field;
	size_t n;

	if (hash == NULL || hash->type != REPLY_ARRAY || hash->n < 2)
		return;
	field = malloc(hash->n / 2 * sizeof(*field));
	if (field == NULL) {
		m->subjects.failed = true;
		return;
	}
	n = pairs(hash, field);
	if (kind == METRICS_HOOKS || kind == METRICS_ALERTS)
		for (size_t i = 0; i < n; i++)
			add_json(m, kind, field[i].name, field[i].value);
	else
		subjects_put(&m->subjects, kind, name, field, only_wanted(&m->wanted, field, n));
	free(field);
}

/* ---- a text ---- */

static void
add_self(struct metrics *m, const struct metrics_self *self)
{
	char started[NUMBER_MAX];
	struct field field[] = {
		{ STR_LIT("version"), self->version },
		{ STR_LIT("site"), self->site },
		{ STR_LIT("started_epoch_ms"), STR_NONE },
		{ STR_LIT("redis_up"), self->redis_up ? STR_LIT("1") : STR_LIT("0") },
	};

	(void)snprintf(started, sizeof(started), "%" PRId64, self->started);
	field[2].value = str_of(started);
	subjects_put(&m->subjects, KIND_SELF, STR_NONE, field, COUNTOF(field));
}

/* Counters begin anew when the state did, and only then.  meta is read before
 * the queues and written after them, so none of them is older than it says. */
static void
note_state(struct metrics *m)
{
	size_t i = 0;
	const struct subject *meta = subjects_next(&m->subjects, METRICS_META, &i);
	int64_t began;

	if (meta == NULL || !subject_number(meta, "state_began_epoch_ms", &began))
		return;
	if (began != m->began)
		subjects_forget_highest(&m->subjects);
	m->began = began;
}

static void
write_family(struct writing *w, const struct family *f)
{
	struct subject *subject;
	size_t i = 0;

	w->headed = false;
	if (f->all != NULL) {
		f->all(w, f);
		return;
	}
	while ((subject = subjects_next(w->subjects, f->kind, &i)) != NULL)
		f->one(w, f, subject);
}

void
metrics_write(
    struct metrics *m, const struct metrics_self *self, enum metrics_format format, struct out *o)
{
	struct writing w = { .subjects = &m->subjects, .o = o, .format = format };

	add_self(m, self);
	note_state(m);
	subjects_forget(&m->subjects);
	for (size_t i = 0; i < metrics_nfamilies; i++)
		write_family(&w, &metrics_families[i]);
	if (format == METRICS_OPENMETRICS)
		out_str(o, "# EOF\n");
	o->failed |= m->subjects.failed;
}

/* ---- formats ---- */

/* Prometheus asks for what it likes best first, and takes either. */
enum metrics_format
metrics_format_of(const char *accept)
{
	static const char wanted[] = "application/openmetrics-text";

	return accept != NULL && strstr(accept, wanted) != NULL ? METRICS_OPENMETRICS
	                                                        : METRICS_PROMETHEUS;
}

const char *
metrics_content_type(enum metrics_format format)
{
	return format == METRICS_OPENMETRICS
	           ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
	           : "text/plain; version=0.0.4; charset=utf-8";
}
