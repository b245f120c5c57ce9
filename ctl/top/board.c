/* SPDX-License-Identifier: MIT */
/*
 * board.c: a snapshot as rows.
 *
 * It picks the few figures a row shows; all others stay in the tree, for who
 * looks at one queue.  A figure that is not there is NAN, so an older daemon,
 * or a queue without a threshold, shows dashes and nothing invented.
 */
#include "top.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define BYTES_MIN (256u << 10) /* of a tree; 60 queues */
#define BYTES_MAX (64u << 20) /* 4,096 queues, the default limit, have 17 MB */
#define BYTES_NODE 8 /* at least, of a figure and its name; mostly 25 */
#define MEMBERS_MAX 65536

void
board_fini(struct board *b)
{
	for (size_t i = 0; i < COUNTOF(b->tree); i++)
		json_tree_free(b->tree[i]);
	free(b->rows);
	free(b->alarms);
	*b = (struct board){ 0 };
}

/* ---- members of an object */

static struct str
text_of(const struct json_node *object, const char *name)
{
	const struct json_node *node = json_path(object, name);

	return node != NULL && node->type == JSON_TEXT ? node->text : STR_NONE;
}

static double
number_in(const struct json_node *node)
{
	if (node != NULL && node->type == JSON_INT)
		return (double)node->integer;
	return node != NULL && node->type == JSON_REAL ? node->real : (double)NAN;
}

double
figure_of(const struct json_node *object, const char *name, const char *window)
{
	char field[64];

	if (object == NULL)
		return (double)NAN;
	snprintf(field, sizeof(field), "%s%s%s", name, window[0] != '\0' ? "_" : "", window);
	return number_in(json_path(object, field));
}

static msec_t
time_of(const struct json_node *object, const char *name)
{
	const struct json_node *node = json_path(object, name);

	return node != NULL && node->type == JSON_INT ? node->integer : 0;
}

/* ---- queues */

static const struct {
	struct str name;
	const char *word;
} statuses[HEALTH_COUNT] = {
	[HEALTH_OK] = { STR_LIT("ok"), "OK" },
	[HEALTH_CLOSED] = { STR_LIT("closed"), "CLOSED" },
	[HEALTH_WARN] = { STR_LIT("warn"), "WATCH" },
	[HEALTH_UNKNOWN] = { STR_LIT("unknown"), "NO DATA" },
	[HEALTH_CRIT] = { STR_LIT("crit"), "LATE" },
};

const char *
health_word(enum health status)
{
	return statuses[status].word;
}

static enum health
health_find(struct str name)
{
	for (size_t i = 0; i < HEALTH_COUNT; i++)
		if (str_eq(statuses[i].name, name))
			return (enum health)i;
	return HEALTH_UNKNOWN;
}

const struct measure measures[MEASURE_COUNT] = {
	[MEASURE_LEVEL] = { "", "sl_ratio", "sl_n", "sl_target_ratio" },
	[MEASURE_FIRST_RESPONSE] = { "fr", "first_response_ratio", "first_response_n",
	    "first_response_target_ratio" },
	[MEASURE_PROMISE] = { "pr", "promise_ratio", "promise_n", "" },
};

/* Where nobody promised to answer within seconds, by what else was promised. */
static uint8_t
measure_of(const struct row *r, const char *window)
{
	if (!isnan(figure_of(r->figures, "sl_threshold_seconds", "")))
		return MEASURE_LEVEL;
	for (uint8_t i = MEASURE_LEVEL; i < MEASURE_COUNT; i++)
		if (!isnan(figure_of(r->figures, measures[i].ratio, window)))
			return i;
	return MEASURE_LEVEL;
}

static void
read_service(struct row *r, const char *window)
{
	const struct measure *m = &measures[r->measure = measure_of(r, window)];

	r->service = figure_of(r->figures, m->ratio, window);
	r->n = figure_of(r->figures, m->n, window);
	r->target = figure_of(r->figures, m->target, "");
}

static void
read_row(struct row *r, const struct json_node *object, const char *window)
{
	const struct {
		double *to;
		const char *name, *window;
	} rows[] = {
		{ &r->waiting, "waiting_count", "" },
		{ &r->oldest, "oldest_wait_seconds", "" },
		{ &r->per_hour, "offered_per_hour", "" },
		{ &r->aht, "aht_seconds", window },
		{ &r->ready, "agents_available_count", "" },
		{ &r->staffed, "agents_staffed_count", "" },
		{ &r->offered, "offered_count", window },
		{ &r->abandoned, "abandoned_count", window },
		{ &r->asa, "asa_seconds", window },
	};

	r->figures = object;
	r->status = (uint8_t)health_find(text_of(object, "status"));
	for (size_t i = 0; i < COUNTOF(rows); i++)
		*rows[i].to = figure_of(object, rows[i].name, rows[i].window);
	read_service(r, window);
}

static bool
add_row(struct board *b, const struct json_node *object)
{
	struct row *more;

	if (b->nrows == b->rows_cap) {
		size_t cap = b->rows_cap > 0 ? 2 * b->rows_cap : 64;

		if ((more = realloc(b->rows, cap * sizeof(*more))) == NULL)
			return false;
		b->rows = more;
		b->rows_cap = cap;
	}
	b->rows[b->nrows++] = (struct row){ .name = object->key, .figures = object };
	return true;
}

void
board_window(struct board *b, const char *window)
{
	snprintf(b->window, sizeof(b->window), "%s", window);
	memset(b->count, 0, sizeof(b->count));
	b->longest = 0;
	read_row(&b->totals, json_path(b->root, "totals"), window);
	for (size_t i = 0; i < b->nrows; i++) {
		read_row(&b->rows[i], b->rows[i].figures, window);
		b->count[b->rows[i].status]++;
		if (b->rows[i].oldest > b->rows[b->longest].oldest ||
		    isnan(b->rows[b->longest].oldest))
			b->longest = i;
	}
}

const struct row *
board_row(const struct board *b, struct str name)
{
	for (size_t i = 0; i < b->nrows; i++)
		if (str_eq(b->rows[i].name, name))
			return &b->rows[i];
	return NULL;
}

/* ---- alerts */

/* What fires, and what would but for somebody who knows of it. */
static bool
is_shown(struct str state)
{
	static const struct str states[] = { STR_LIT("firing"), STR_LIT("acked"),
		STR_LIT("silenced"), STR_LIT("inhibited"), STR_LIT("unknown") };

	for (size_t i = 0; i < COUNTOF(states); i++)
		if (str_eq(states[i], state))
			return true;
	return false;
}

static uint8_t
severity_of(const struct json_node *object)
{
	struct str name = text_of(object, "severity");

	for (unsigned s = 0; s < SEVERITY_COUNT; s++)
		if (str_is(name, severity_name((enum severity)s)))
			return (uint8_t)s;
	return SEVERITY_INFO;
}

static bool
add_alarm(struct board *b, const struct json_node *object)
{
	struct alarm *more;

	if (b->nalarms == b->alarms_cap) {
		size_t cap = b->alarms_cap > 0 ? 2 * b->alarms_cap : 16;

		if ((more = realloc(b->alarms, cap * sizeof(*more))) == NULL)
			return false;
		b->alarms = more;
		b->alarms_cap = cap;
	}
	b->alarms[b->nalarms++] = (struct alarm){ .id = object->key,
		.state = text_of(object, "state"),
		.scope = text_of(object, "scope"),
		.summary = text_of(object, "summary"),
		.by = text_of(object, "by"),
		.severity = severity_of(object),
		.firing = str_is(text_of(object, "state"), "firing"),
		.since = time_of(object, "began_epoch_ms") };
	b->nfiring += b->alarms[b->nalarms - 1].firing;
	return true;
}

static int
by_weight(const void *a, const void *b)
{
	const struct alarm *x = a, *y = b;
	uint32_t n = x->id.n < y->id.n ? x->id.n : y->id.n;
	int order;

	if (x->firing != y->firing)
		return x->firing ? -1 : 1;
	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	if (x->since != y->since)
		return x->since > y->since ? -1 : 1;
	order = n > 0 ? memcmp(x->id.p, y->id.p, n) : 0;
	return order != 0 ? order : (x->id.n > y->id.n) - (x->id.n < y->id.n);
}

size_t
board_alarm_of(const struct board *b, struct str queue, size_t i)
{
	static const char kind[] = "queue:";
	const size_t n = sizeof(kind) - 1;

	for (; i < b->nalarms; i++) {
		struct str scope = b->alarms[i].scope;

		if (str_begins(scope, kind) &&
		    str_eq((struct str){ scope.p + n, scope.n - (uint32_t)n }, queue))
			break;
	}
	return i;
}

/* ---- a snapshot */

/* The spare tree, with room for so many bytes; NULL: no memory, or too many. */
static struct json_tree *
tree_for(struct board *b, size_t bytes)
{
	struct json_tree **tree = &b->tree[b->spare];
	size_t room = b->room[b->spare];

	if (bytes > BYTES_MAX)
		return NULL;
	if (*tree != NULL && bytes <= room)
		return *tree;
	for (room = BYTES_MIN; room < bytes; room *= 2)
		;
	json_tree_free(*tree);
	*tree = json_tree_new_wide(room, room / BYTES_NODE, MEMBERS_MAX);
	b->room[b->spare] = room;
	return *tree;
}

static bool
add_all(struct board *b, const struct json_node *root)
{
	const struct json_node *queues = json_path(root, "queues"), *node;
	const struct json_node *alerts = json_path(root, "alerts");

	for (node = queues->child; node != NULL; node = node->next)
		if (!add_row(b, node))
			return false;
	for (node = alerts != NULL ? alerts->child : NULL; node != NULL; node = node->next)
		if (is_shown(text_of(node, "state")) && !add_alarm(b, node))
			return false;
	if (b->nalarms > 1)
		qsort(b->alarms, b->nalarms, sizeof(b->alarms[0]), by_weight);
	return true;
}

/* With no memory for all rows there are none, which shows; old ones would
 * point into a tree that is gone. */
static bool
take(struct board *b, const struct json_node *root)
{
	const struct json_node *demo = json_path(root, "demo");
	bool good;

	b->nrows = b->nalarms = b->nfiring = 0;
	good = add_all(b, root);
	if (!good)
		b->nrows = b->nalarms = b->nfiring = 0;
	b->root = root;
	b->site = text_of(root, "site");
	b->time = time_of(root, "time");
	b->demo = demo != NULL && demo->type == JSON_BOOL && demo->boolean;
	return good;
}

bool
board_read(struct board *b, struct str json, const char *window)
{
	struct json_tree *tree = tree_for(b, json.n);
	const struct json_node *root = NULL, *queues;
	bool good;

	if (tree != NULL && json.n > 0)
		root = json_tree_parse(tree, json.p, json.n);
	queues = json_path(root, "queues");
	if (queues == NULL || queues->type != JSON_OBJECT)
		return false;
	b->spare = 1 - b->spare;
	good = take(b, root);
	board_window(b, window);
	return good;
}
