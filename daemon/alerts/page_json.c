/* SPDX-License-Identifier: MIT */
/*
 * page_json.c: a page as JSON: the body of Alertmanager's webhook, version 4
 * (prometheus.io/docs/alerting/latest/configuration, "webhook_config"), so
 * that whatever takes those takes ours, and beside it all we know, as `ccmon`.
 */
#include "alerts_int.h"

#define LABELS_MAX 5

struct label {
	const char *name;
	struct str value;
};

static const char *
severity_elsewhere(uint8_t severity)
{
	static const char *const names[SEVERITY_COUNT] = {
#define SEVERITY(sym, name, elsewhere) [SEVERITY_##sym] = elsewhere,
		SEVERITIES(SEVERITY)
#undef SEVERITY
	};

	return names[severity];
}

/* Names of scopes are those of the labels; the site's own label stands for it. */
static size_t
labels_of(const struct alerts *a, const struct alert_view *v, struct label label[LABELS_MAX])
{
	const char *colon = v->scope.n == 0 ? NULL : memchr(v->scope.p, ':', v->scope.n);
	size_t n = 0;

	label[n++] = (struct label){ "alertname", v->rule };
	label[n++] = (struct label){ "scope", v->scope };
	for (unsigned s = 0; s < SCOPE_COUNT && colon != NULL; s++) {
		const char *word = scope_name((enum scope)s);
		uint32_t len = (uint32_t)strlen(word);

		if (str_is((struct str){ v->scope.p, (uint32_t)(colon - v->scope.p) }, word))
			label[n++] =
			    (struct label){ word, { v->scope.p + len + 1, v->scope.n - len - 1 } };
	}
	label[n++] = (struct label){ "severity", str_of(severity_elsewhere(v->severity)) };
	label[n++] = (struct label){ "site", text_str(&a->site) };
	return n;
}

static size_t
annotations_of(const struct alert_view *v, struct label label[LABELS_MAX])
{
	label[0] = (struct label){ "summary", v->summary };
	label[1] = (struct label){ "description", v->condition };
	return 2;
}

static void
put_labels(struct out *out, const char *key, const struct label *label, size_t n)
{
	json_key(out, key);
	json_open(out, '{');
	for (size_t i = 0; i < n; i++) {
		json_key(out, label[i].name);
		json_text(out, label[i].value);
	}
	json_close(out, '}');
}

static void
put_text(struct out *out, const char *key, struct str s)
{
	json_key(out, key);
	json_text(out, s);
}

static void
put_int(struct out *out, const char *key, int64_t value)
{
	json_key(out, key);
	json_int(out, value);
}

/* ---- what alerts share ---- */

/* Keeps of `common` what is also in `label`. */
static size_t
intersect(struct label *common, size_t n, const struct label *label, size_t nlabels)
{
	size_t kept = 0, j;

	for (size_t i = 0; i < n; i++)
		for (j = 0; j < nlabels; j++)
			if (strcmp(common[i].name, label[j].name) == 0 &&
			    str_eq(common[i].value, label[j].value)) {
				common[kept++] = common[i];
				break;
			}
	return kept;
}

static void
put_common(const struct alerts *a, const struct owed *o, struct out *out)
{
	struct label labels[LABELS_MAX], notes[LABELS_MAX], other[LABELS_MAX];
	size_t nlabels, nnotes;
	struct alert_view v;

	member_view(a, &o->member[0], &v);
	nlabels = labels_of(a, &v, labels);
	nnotes = annotations_of(&v, notes);
	for (size_t i = 1; i < o->n; i++) {
		member_view(a, &o->member[i], &v);
		nlabels = intersect(labels, nlabels, other, labels_of(a, &v, other));
		nnotes = intersect(notes, nnotes, other, annotations_of(&v, other));
	}
	put_labels(out, "commonLabels", labels, nlabels);
	put_labels(out, "commonAnnotations", notes, nnotes);
}

static void
put_group(const struct alerts *a, const struct owed *o, struct out *out)
{
	struct label label[2] = { { "alertname", STR_LIT("storm") }, { "scope", STR_LIT("site") } };
	struct alert_view v;
	struct out key;

	if (o->n == 1) {
		member_view(a, &o->member[0], &v);
		label[0].value = v.rule;
		label[1].value = v.scope;
	}
	out_init(&key);
	for (size_t i = 0; i < COUNTOF(label); i++) {
		out_printf(&key, "%s%s=\"", i == 0 ? "{}:{" : ", ", label[i].name);
		out_escaped(&key, label[i].value);
		out_str(&key, "\"");
	}
	out_str(&key, "}");
	assert(!key.failed);
	put_text(out, "groupKey", (struct str){ key.buf, (uint32_t)key.len });
	out_fini(&key);
	put_labels(out, "groupLabels", label, COUNTOF(label));
}

/* ---- alerts, as elsewhere ---- */

static void
put_end(struct out *out, msec_t ended)
{
	json_key(out, "endsAt");
	if (ended < 0)
		json_text(out, STR_LIT("0001-01-01T00:00:00Z"));
	else
		json_time(out, ended);
}

static void
put_alert(const struct alerts *a, const struct member *m, struct out *out)
{
	struct label label[LABELS_MAX];
	char fingerprint[EPISODE_MAX];
	struct alert_view v;

	member_view(a, m, &v);
	hash_hex(fingerprint, v.id);
	json_open(out, '{');
	put_text(out, "status", v.ended < 0 ? STR_LIT("firing") : STR_LIT("resolved"));
	put_labels(out, "labels", label, labels_of(a, &v, label));
	put_labels(out, "annotations", label, annotations_of(&v, label));
	json_key(out, "startsAt");
	json_time(out, v.began);
	put_end(out, v.ended);
	put_text(out, "generatorURL", STR_LIT(""));
	put_text(out, "fingerprint", str_of(fingerprint));
	json_close(out, '}');
}

/* ---- and as we have them ---- */

static void
put_figures(struct alerts *a, const struct alert *al, struct out *out)
{
	struct object o = object_of(al->rule, al->object);
	const struct column *c;
	size_t n = engine_columns(engine_of(a), (enum scope)o.scope, &c);
	int64_t *values = memory_new(&a->memory, n * sizeof(*values));

	engine_read(engine_of(a), o, values);
	json_key(out, "figures");
	json_open(out, '{');
	for (size_t i = 0; i < n; i++) {
		if (c[i].is_text)
			continue;
		json_key(out, c[i].name);
		json_figure(out, values[i], (enum unit)c[i].unit);
	}
	json_close(out, '}');
	memory_free(&a->memory, values, n * sizeof(*values));
}

static void
put_own_alert(struct alerts *a, const struct member *m, bool figures, struct out *out)
{
	const struct alert *al = roster_find(a, text_str(&m->alert));
	struct alert_view v;

	member_view(a, m, &v);
	json_open(out, '{');
	alert_members(out, &v);
	if (figures && a->bound && al != NULL && roster_is_attached(a, al) &&
	    engine_exists(engine_of(a), object_of(al->rule, al->object)))
		put_figures(a, al, out);
	json_close(out, '}');
}

static void
put_own(struct alerts *a, const struct owed *o, struct out *out)
{
	json_key(out, "ccmon");
	json_open(out, '{');
	put_int(out, "schema_version", 1);
	put_text(out, "page_id", str_of(o->id));
	put_text(out, "kind", str_of(page_kind_name((enum page_kind)o->kind)));
	put_text(out, "site", text_str(&a->site));
	put_int(out, "time_epoch_ms", o->time);
	json_key(out, "alerts");
	json_open(out, '[');
	for (size_t i = 0; i < o->n; i++)
		put_own_alert(a, &o->member[i], o->n <= FIGURES_MAX, out);
	json_close(out, ']');
	json_close(out, '}');
}

void
page_json(struct alerts *a, const struct owed *o, struct out *out)
{
	bool resolved = o->kind == PAGE_RESOLVE;

	json_open(out, '{');
	put_text(out, "version", STR_LIT("4"));
	put_group(a, o, out);
	put_int(out, "truncatedAlerts", 0);
	put_text(out, "status", resolved ? STR_LIT("resolved") : STR_LIT("firing"));
	put_text(out, "receiver", STR_LIT("ccmon"));
	put_common(a, o, out);
	put_text(out, "externalURL", STR_LIT(""));
	json_key(out, "alerts");
	json_open(out, '[');
	for (size_t i = 0; i < o->n; i++)
		put_alert(a, &o->member[i], out);
	json_close(out, ']');
	put_own(a, o, out);
	json_close(out, '}');
}
