/* SPDX-License-Identifier: MIT */
/*
 * option.c: the kinds of values a setting may have, and what to say when one
 * has another.
 *
 * Strict where a guess could be wrong by a factor: a length needs its unit
 * ("20s"), a ratio is 0.80 and never 80.  Lenient where there is nothing to
 * guess: 1 is a ratio, and one text is a list of one.
 */
#include "option.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <ccmon/event.h>
#include <ccmon/settings.h>
#include <ccmon/site.h>

const struct section_row sections[SECTION_COUNT] = {
#define SECTION(sym, parent, name, shape)                                                          \
	[SECTION_##sym] = { SECTION_##parent, name, SHAPE_##shape },
#include "settings.def"
};

enum {
#define CHOICE(set, ...) set,
#include "settings.def"
	SET_COUNT
};
static const char *const words[SET_COUNT][SL_NFORMULAS + 1] = {
#define CHOICE(set, ...) [set] = { __VA_ARGS__ },
#include "settings.def"
};

#define AT_NOWHERE(field) 0
#define AT_LOAD(field) offsetof(struct site_texts, field)
#define AT_SETTINGS(field) offsetof(struct settings, field)
#define AT_SITE(field) offsetof(struct site, field)
#define AT_CALENDAR(field) offsetof(struct calendar_texts, field)
#define AT_DEFAULTS(field) offsetof(struct channel_defaults, field)
#define AT_QUEUE(field) offsetof(struct queue_def, field)
#define AT_FEED(field) offsetof(struct feed_def, field)
#define AT_COLLECTOR(field) offsetof(struct collector_settings, field)
#define AT_INPUT(field) offsetof(struct input_settings, field)
#define AT_HOOK(field) offsetof(struct hook_def, field)
#define AT_ALERT(field) offsetof(struct alert_texts, field)
#define AT_RULE(field) offsetof(struct rule_def, field)
#define AT_RUNG(field) offsetof(struct rung_texts, field)
#define AT_TEAM(field) offsetof(struct team_settings, field)

const struct option options[] = {
#define OPTION(in, name, type, base, field, low, high, def, text)                                  \
	{ SECTION_##in, name, OPTION_##type, BASE_##base, AT_##base(field), low, high,             \
		{ def, def, def }, text },
#define POLICY_IN(in, name, type, field, low, high, call, chat, email, text)                       \
	{ SECTION_##in, name, OPTION_##type, BASE_POLICY, offsetof(struct policy, field), low,     \
		high, { call, chat, email }, text },
#define POLICY(...) POLICY_IN(DEFAULTS, __VA_ARGS__) POLICY_IN(QUEUE, __VA_ARGS__)
#include "settings.def"
};
const size_t noptions = COUNTOF(options);

/* One value on its way from the file to its field. */
struct value {
	int64_t number;
	double real;
	char *text;
	char **list;
};

CCMON_PRINTF(2, 3)
static int
wrong(char why[WHY_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, WHY_MAX, fmt, ap);
	va_end(ap);
	return -1;
}

void
texts_free(char **list)
{
	for (char **p = list; p != NULL && *p != NULL; p++)
		free(*p);
	free(list);
}

size_t
texts_count(char **list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

void
option_words(const struct option *o, char *buf, size_t len)
{
	size_t used = 0;

	for (const char *const *w = words[o->low]; *w != NULL && used < len; w++)
		used += (size_t)snprintf(buf + used, len - used, "%s%s", used > 0 ? ", " : "", *w);
}

static int
check_text(const struct option *o, const char *text, char *why)
{
	size_t n = strlen(text);
	struct str s = { text, (uint32_t)n };

	if (n < (size_t)o->low || n > (size_t)o->high)
		return wrong(why, "has %zu bytes, not %" PRId64 " to %" PRId64, n, o->low, o->high);
	if (n > 0 && name_check(s, 1, n) != REFUSAL_NONE)
		return wrong(why, "is no plain UTF-8 text");
	return 0;
}

/* ---- from the text of a value */

static int
text_of(const struct option *o, const char *text, struct value *v, char *why)
{
	if (check_text(o, text, why) == -1)
		return -1;
	if ((v->text = strdup(text)) == NULL)
		return wrong(why, "out of memory");
	return 0;
}

static int
word_of(const struct option *o, const char *text, struct value *v, char *why)
{
	char all[WHY_MAX / 2];

	for (v->number = 0; words[o->low][v->number] != NULL; v->number++)
		if (strcmp(words[o->low][v->number], text) == 0)
			return 0;
	option_words(o, all, sizeof(all));
	return wrong(why, "\"%.40s\" is not one of %s", text, all);
}

static int
duration_of(const struct option *o, const char *text, struct value *v, char *why)
{
	if (duration_parse(text, &v->number) == -1)
		return wrong(why,
		    "\"%.40s\" is no length of time: write \"250ms\", "
		    "\"20s\", \"1h30m\" or \"2d\"",
		    text);
	if (v->number < o->low || v->number > o->high)
		return wrong(why, "\"%.40s\" is not within %" PRId64 " ms to %" PRId64 " ms", text,
		    o->low, o->high);
	return 0;
}

static int
size_of(const struct option *o, const char *text, struct value *v, char *why)
{
	static const char units[] = "KMGT"; /* each 1024 times the one before */
	const char *unit;
	char *end;
	int64_t n = 0;
	int shift;

	if (!isdigit((unsigned char)*text) || strspn(text, "0123456789") > 9)
		return wrong(why, "\"%.40s\" is no size: write \"512M\" or \"4G\"", text);
	n = strtoll(text, &end, 10);
	unit = *end != '\0' ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit == NULL || (strcmp(end + 1, "") != 0 && strcmp(end + 1, "iB") != 0))
		return wrong(why, "\"%.40s\" has no unit: write \"512M\" or \"4G\"", text);
	shift = 10 * (int)(unit - units + 1);
	if (n > o->high >> shift || n << shift < o->low)
		return wrong(why, "\"%.40s\" is not within %" PRId64 " to %" PRId64 " bytes", text,
		    o->low, o->high);
	v->number = n << shift;
	return 0;
}

static int
clock_of(const struct option *o, const char *text, struct value *v, char *why)
{
	unsigned h, m;
	int end = 0;

	if (sscanf(text, "%2u:%2u%n", &h, &m, &end) != 2 || end != 5 || text[end] != '\0' ||
	    h > 23 || m > 59)
		return wrong(why, "\"%.40s\" is no time of day: write \"06:30\"", text);
	v->number = h * 3600 + m * 60;
	if (v->number % o->low != 0)
		return wrong(why, "\"%.40s\" is not a whole multiple of %" PRId64 " minutes", text,
		    o->low / 60);
	return 0;
}

static int
int_of(const struct option *o, const char *text, struct value *v, char *why)
{
	(void)o;
	(void)why;
	v->number = strtoll(text, NULL, 10);
	return 0;
}

static int
bool_of(const struct option *o, const char *text, struct value *v, char *why)
{
	(void)o;
	(void)why;
	v->number = strcmp(text, "true") == 0;
	return 0;
}

static int
ratio_of(const struct option *o, const char *text, struct value *v, char *why)
{
	(void)o;
	(void)why;
	v->number = llround(strtod(text, NULL) * RATIO_ONE);
	return 0;
}

/* The words of a default. */
static int
texts_of(const struct option *o, const char *text, struct value *v, char *why)
{
	size_t n = 0, len;

	(void)o;
	if ((v->list = calloc(strlen(text) + 1, sizeof(*v->list))) == NULL)
		return wrong(why, "out of memory");
	for (; *text != '\0'; text += len + (text[len] == ' ')) {
		len = strcspn(text, " ");
		if ((v->list[n++] = strndup(text, len)) == NULL) {
			texts_free(v->list);
			return wrong(why, "out of memory");
		}
	}
	return 0;
}

/* ---- from a node that is no text */

static int
int_from(const struct option *o, const struct conf_node *node, struct value *v, char *why)
{
	v->number = conf_int(node);
	if (v->number < o->low || v->number > o->high)
		return wrong(why, "%" PRId64 " is not within %" PRId64 " to %" PRId64, v->number,
		    o->low, o->high);
	return 0;
}

static int
bool_from(const struct option *o, const struct conf_node *node, struct value *v, char *why)
{
	(void)o;
	(void)why;
	v->number = conf_bool(node);
	return 0;
}

static int
ratio_from(const struct option *o, const struct conf_node *node, struct value *v, char *why)
{
	double r = conf_real(node);

	if (r > 1 && r <= 100)
		return wrong(why, "a ratio is from 0 to 1: write %.2f", r / 100);
	if (!(r >= 0 && r <= 1))
		return wrong(why, "a ratio is from 0 to 1, such as 0.80");
	v->number = llround(r * RATIO_ONE);
	(void)o;
	return 0;
}

/* A length or a size without its unit. */
static int
bare_from(const struct option *o, const struct conf_node *node, struct value *v, char *why)
{
	const char *unit = o->type == OPTION_SIZE ? "M" : "s";

	(void)v;
	return wrong(why, "%g has no unit: write \"%g%s\"", conf_real(node), conf_real(node), unit);
}

static int
texts_from(const struct option *o, const struct conf_node *node, struct value *v, char *why)
{
	size_t n = conf_count(node);
	const struct conf_node *item;

	if ((v->list = calloc(n + 1, sizeof(*v->list))) == NULL)
		return wrong(why, "out of memory");
	for (size_t i = 0; i < n; i++) {
		item = conf_item(node, i);
		if (conf_type(item) != CONF_TEXT)
			wrong(why, "[%zu] is no text: write it in quotes", i);
		else if (check_text(o, conf_text(item), why) == -1)
			;
		else if ((v->list[i] = strdup(conf_text(item))) == NULL)
			wrong(why, "out of memory");
		if (v->list[i] == NULL) {
			texts_free(v->list);
			return -1;
		}
	}
	return 0;
}

/* ---- into the field */

static void
store_text(void *field, const struct value *v)
{
	free(*(char **)field);
	*(char **)field = v->text;
}

static void
store_list(void *field, const struct value *v)
{
	texts_free(*(char ***)field);
	*(char ***)field = v->list;
}

static void
store_64(void *field, const struct value *v)
{
	*(int64_t *)field = v->number;
}

static void
store_32(void *field, const struct value *v)
{
	*(int32_t *)field = (int32_t)v->number;
}

static void
store_8(void *field, const struct value *v)
{
	*(uint8_t *)field = (uint8_t)v->number;
}

typedef int node_fn(const struct option *, const struct conf_node *, struct value *, char *);

static const struct type {
	const char *wanted;
	int (*of)(const struct option *, const char *, struct value *, char *);
	node_fn *from[CONF_TEXT]; /* by the node's type, but a text */
	bool quoted; /* may be written as a text */
	void (*store)(void *field, const struct value *);
} types[OPTION_NTYPES] = {
	[OPTION_TEXT] = { "a text in quotes", text_of, { 0 }, true, store_text },
	[OPTION_ZONE] = { "a time zone in quotes", text_of, { 0 }, true, store_text },
	[OPTION_CLOCK] = { "a time of day in quotes", clock_of, { 0 }, true, store_32 },
	[OPTION_WORD] = { "a word in quotes", word_of, { 0 }, true, store_8 },
	[OPTION_TEXTS] = { "a list of texts", texts_of, { [CONF_LIST] = texts_from }, true,
	    store_list },
	[OPTION_INT] = { "a whole number", int_of, { [CONF_INT] = int_from }, false, store_32 },
	[OPTION_BOOL] = { "true or false", bool_of, { [CONF_BOOL] = bool_from }, false, store_8 },
	[OPTION_RATIO] = { "a ratio, such as 0.80", ratio_of,
	    { [CONF_INT] = ratio_from, [CONF_REAL] = ratio_from }, false, store_32 },
	[OPTION_DURATION] = { "a length of time, such as \"20s\"", duration_of,
	    { [CONF_INT] = bare_from, [CONF_REAL] = bare_from }, true, store_64 },
	[OPTION_SIZE] = { "a size, such as \"512M\"", size_of,
	    { [CONF_INT] = bare_from, [CONF_REAL] = bare_from }, true, store_64 },
};

static void
drop(const struct option *o, struct value *v)
{
	if (o->type == OPTION_TEXTS)
		texts_free(v->list); /* NOLINT(clang-analyzer-unix.Malloc): wrong() is -1 */
	else
		free(v->text);
}

/* One text where a list may be: a list of it. */
static int
single(const struct option *o, const char *text, struct value *v, char *why)
{
	if (check_text(o, text, why) == -1)
		return -1;
	v->list = calloc(2, sizeof(*v->list));
	if (v->list == NULL || (v->list[0] = strdup(text)) == NULL) {
		free(v->list);
		return wrong(why, "out of memory");
	}
	return 0;
}

int
option_read(const struct option *o, const struct conf_node *node, void *base, char why[WHY_MAX])
{
	const struct type *t = &types[o->type];
	enum conf_type given = conf_type(node);
	struct value v = { 0 };
	int rc;

	if (given == CONF_TEXT && o->type == OPTION_TEXTS)
		rc = single(o, conf_text(node), &v, why);
	else if (given == CONF_TEXT && t->quoted)
		rc = t->of(o, conf_text(node), &v, why);
	else if (given != CONF_TEXT && t->from[given] != NULL)
		rc = t->from[given](o, node, &v, why);
	else
		rc = wrong(why, "must be %s", t->wanted);
	if (rc == 0 && base != NULL)
		t->store((char *)base + o->offset, &v);
	else if (rc == 0)
		drop(o, &v);
	return rc;
}

int
option_default(const struct option *o, void *base)
{
	char why[WHY_MAX];
	struct value v = { 0 };

	if (o->fallback[0][0] == '\0')
		return 0;
	if (types[o->type].of(o, o->fallback[0], &v, why) == -1)
		return -1;
	types[o->type].store((char *)base + o->offset, &v);
	return 0;
}
