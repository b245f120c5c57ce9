/* SPDX-License-Identifier: MIT */
/*
 * list.c: replies to listings, "list WHAT" and then what the switch
 * answered: rows of fields between bars under a row of names, +OK at the end,
 * or only that where there are none; of channels JSON.
 *
 * Nothing is escaped, and a field that is free text (a caller's name, an
 * agent's dial string) may hold bars: where a row has too many fields, the
 * surplus is that one's.  A list that is not whole tells nothing of what is
 * not in it.
 */
#include <ccmon/event.h>

#include "freeswitch.h"

static unsigned
count_fields(struct str line)
{
	unsigned n = 1;

	for (uint32_t i = 0; i < line.n; i++)
		n += line.p[i] == '|';
	return n;
}

static bool
read_names(struct fs_row *row, struct str line)
{
	for (row->n = 0; line.n > 0; row->n++) {
		if (row->n == FS_COLUMNS_MAX)
			return false;
		row->column[row->n] = fs_take(&line, '|');
	}
	return row->n > 0;
}

/* The field and the surplus that is its own. */
static struct str
take_fields(struct str *rest, unsigned n)
{
	struct str first = fs_take(rest, '|'), last = first;

	for (unsigned i = 0; i < n; i++)
		last = fs_take(rest, '|');
	return (struct str){ first.p, (uint32_t)(last.p + last.n - first.p) };
}

static bool
read_fields(struct fs_row *row, struct str line, const char *free_text)
{
	unsigned n = count_fields(line), surplus = n - row->n;

	if (n < row->n || (surplus > 0 && free_text == NULL))
		return false;
	for (unsigned i = 0; i < row->n; i++) {
		bool is_free = surplus > 0 && str_is(row->column[i], free_text);

		row->field[i] = take_fields(&line, is_free ? surplus : 0);
	}
	return line.n == 0;
}

struct str
fs_row_get(const struct fs_row *row, const char *column)
{
	for (unsigned i = 0; i < row->n; i++)
		if (str_is(row->column[i], column))
			return row->field[i];
	return STR_NONE;
}

static void
refuse(struct freeswitch *fs, enum refusal why)
{
	fs_refuse(fs, why, "listing");
}

static void
read_rows(struct freeswitch *fs, struct str body, const char *free_text,
    void (*take_row)(struct freeswitch *, const struct fs_row *))
{
	struct fs_row row = { 0 };

	if (body.n > 0 && !read_names(&row, fs_take(&body, '\n'))) {
		refuse(fs, REFUSAL_NOT_LINE);
		return;
	}
	while (body.n > 0 && fs_has_room(fs))
		if (read_fields(&row, fs_take(&body, '\n'), free_text))
			take_row(fs, &row);
		else
			refuse(fs, REFUSAL_NOT_LINE);
	if (body.n > 0)
		refuse(fs, REFUSAL_OVERSIZED);
}

/* Takes the +OK off the end; false: it is not there. */
static bool
is_whole(struct str *body)
{
	const struct str end = STR_LIT("+OK");

	while (body->n > 0 && (body->p[body->n - 1] == '\n' || body->p[body->n - 1] == '\r'))
		body->n--;
	if (body->n < end.n || memcmp(body->p + body->n - end.n, end.p, end.n) != 0)
		return false;
	body->n -= end.n;
	return body->n == 0 || body->p[body->n - 1] == '\n';
}

static void
list_agents(struct freeswitch *fs, struct str body, struct str queue)
{
	(void)queue;
	read_rows(fs, body, "contact", fs_agents_row);
	if (fs->why == REFUSAL_NONE)
		fs_agents_listed(fs);
}

static void
list_tiers(struct freeswitch *fs, struct str body, struct str queue)
{
	(void)queue;
	read_rows(fs, body, NULL, fs_tiers_row);
	if (fs->why == REFUSAL_NONE)
		fs_tiers_listed(fs);
}

static void
list_members(struct freeswitch *fs, struct str body, struct str queue)
{
	read_rows(fs, body, "cid_name", fs_members_row);
	if (fs->why == REFUSAL_NONE)
		fs_members_listed(fs, queue);
}

static void
list_channels(struct freeswitch *fs, struct str body, struct str queue)
{
	(void)queue;
	fs_channels_listed(fs, body);
}

static void
list_core(struct freeswitch *fs, struct str body, struct str queue)
{
	(void)queue;
	fs_core_is(fs, fs_take(&body, '\n'));
}

static void
list_done(struct freeswitch *fs, struct str body, struct str queue)
{
	(void)body;
	(void)queue;
	fs_resync_end(fs);
}

/* The line is alive, whatever was asked. */
static void
list_alive(struct freeswitch *fs, struct str body, struct str queue)
{
	(void)body;
	(void)queue;
	fs_tell(fs, EV_HEARTBEAT, fs->at);
}

enum place { BESIDE, WITHIN, FIRST }; /* in a round of lists */

static const struct {
	const char *what;
	uint8_t place; /* enum place */
	bool has_rows;
	void (*read)(struct freeswitch *, struct str body, struct str queue);
} lists[] = {
	{ "core", FIRST, false, list_core },
	{ "agents", FIRST, true, list_agents },
	{ "tiers", WITHIN, true, list_tiers },
	{ "members", WITHIN, true, list_members },
	{ "channels", WITHIN, false, list_channels },
	{ "done", WITHIN, false, list_done },
	{ "alive", BESIDE, false, list_alive },
};

void
fs_list(struct freeswitch *fs, struct str text)
{
	struct str queue = fs_take(&text, '\n'), what;
	unsigned i = 0;

	(void)fs_take(&queue, ' ');
	what = fs_take(&queue, ' ');
	while (i < COUNTOF(lists) && !str_is(what, lists[i].what))
		i++;
	if (i == COUNTOF(lists)) {
		refuse(fs, REFUSAL_UNKNOWN_EVENT);
		return;
	}
	if (lists[i].place == FIRST || (lists[i].place == WITHIN && !fs->listing.goes_on))
		fs_resync_begin(fs);
	if (lists[i].has_rows && !is_whole(&text))
		refuse(fs, REFUSAL_NOT_LINE);
	else
		lists[i].read(fs, text, queue);
}
