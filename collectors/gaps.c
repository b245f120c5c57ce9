/* SPDX-License-Identifier: MIT */
/*
 * gaps.c: what did not come, and asking for it.
 *
 * Of each source we follow the current numbering and the one before.  What is
 * jumped over is wanted; requests take it piece by piece, oldest first since
 * the publisher forgets that first, sources in turn.  A number leaves in one
 * of three ways: it comes, the publisher answered without it, or nobody
 * answered so often that all that is wanted is given up.  The last two are
 * named when the gap ends.
 *
 * Everything has its limit, for a publisher can number as it likes: sources,
 * ranges (missing.h), the length of one gap, the named ranges, and the pace.
 */
#include "gaps.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>

#define FOLLOWED 2 /* numberings of a source */
#define PIECE 256 /* numbers a request; its events are soon read and committed */
#define PIECES_A_SECOND 10 /* at least, at a low rate */

struct numbering {
	int64_t boot;
	uint64_t seq; /* highest seen */
	struct missing wanted;
	bool open; /* its gap was told of */
	struct gap gap;
};

struct source {
	char name[NAME_MAX_BYTES];
	uint32_t nname;
	struct numbering *numbering[FOLLOWED]; /* by boot */
	unsigned n;
};

struct gaps {
	struct gaps_options options;
	struct source source[GAPS_SOURCES];
	unsigned nsources;
	unsigned turn; /* the source asked for last */
	bool under_way;
	struct replay_span asked;
	bool had_some; /* of it */
	unsigned tries; /* that failed, one after the other */
	msec_t due; /* no request before */
};

/* ---- sources and numberings */

struct gaps *
gaps_new(const struct gaps_options *o)
{
	struct gaps *g = calloc(1, sizeof(*g));

	if (g != NULL)
		g->options = *o;
	return g;
}

static void
free_numbering(struct numbering *n)
{
	free(n->wanted.range);
	free(n);
}

void
gaps_free(struct gaps *g)
{
	if (g == NULL)
		return;
	for (unsigned i = 0; i < g->nsources; i++)
		for (unsigned k = 0; k < g->source[i].n; k++)
			free_numbering(g->source[i].numbering[k]);
	free(g);
}

static struct str
name_of(const struct source *s)
{
	return (struct str){ s->name, s->nname };
}

static struct source *
find_source(const struct gaps *g, struct str name)
{
	for (unsigned i = 0; i < g->nsources; i++)
		if (g->source[i].nname == name.n && memcmp(g->source[i].name, name.p, name.n) == 0)
			return (struct source *)&g->source[i];
	return NULL;
}

static struct numbering *
find(const struct gaps *g, struct str name, int64_t boot)
{
	struct source *s = find_source(g, name);

	for (unsigned i = s == NULL ? 0 : s->n; i > 0; i--)
		if (s->numbering[i - 1]->boot == boot)
			return s->numbering[i - 1];
	return NULL;
}

bool
gaps_know(const struct gaps *g, struct str source)
{
	return find_source(g, source) != NULL;
}

/* ---- what is wanted */

/* Not to be had. */
static void
deny(struct numbering *n, uint64_t first, uint64_t last)
{
	struct gap *gap = &n->gap;
	struct range *r = gap->nranges > 0 ? &gap->range[gap->nranges - 1] : NULL;

	gap->not_had += last - first + 1;
	if (r != NULL && r->last + 1 == first)
		r->last = last;
	else if (gap->nranges < GAPS_TOLD)
		gap->range[gap->nranges++] = (struct range){ first, last, 0 };
	else
		gap->unnamed += last - first + 1;
}

/* Of those from first to last, the ones that are still wanted. */
static void
deny_wanted(struct numbering *n, uint64_t first, uint64_t last)
{
	for (uint32_t i = 0; i < n->wanted.n; i++) {
		struct range r = n->wanted.range[i];

		r.first = r.first < first ? first : r.first;
		r.last = r.last > last ? last : r.last;
		if (r.first <= r.last)
			deny(n, r.first, r.last);
	}
	(void)missing_drop(&n->wanted, first, last);
}

static void
make_room(struct missing *m)
{
	uint32_t cap = m->cap == 0 ? 8 : 2 * m->cap;
	struct range *range;

	if (!missing_wants_room(m))
		return;
	range = realloc(m->range, cap * sizeof(*range));
	assert(range != NULL); /* started anew, it asks for what the memo says */
	m->range = range;
	m->cap = cap;
}

static void
shrink(struct numbering *n)
{
	struct range r;

	while (missing_shrink(&n->wanted, &r))
		deny(n, r.first, r.last);
}

static void
want(struct numbering *n, uint64_t first, uint64_t last)
{
	if (last - first >= GAPS_MOST) {
		deny(n, first, last - GAPS_MOST);
		first = last - GAPS_MOST + 1;
	}
	make_room(&n->wanted);
	missing_add(&n->wanted, first, last, 0);
	shrink(n);
}

static bool
take(struct numbering *n, uint64_t seq)
{
	make_room(&n->wanted);
	if (!missing_take(&n->wanted, seq))
		return false;
	n->gap.had++;
	shrink(n);
	return true;
}

/* Tells of a gap that is there now, or not any more. */
static void
settle(struct gaps *g, struct source *s, struct numbering *n)
{
	struct gap *gap = &n->gap;

	gap->source = name_of(s);
	gap->boot = n->boot;
	gap->wanted = n->wanted.count;
	if (!n->open && (gap->wanted > 0 || gap->not_had > 0)) {
		n->open = true;
		g->options.found(g->options.arg, gap);
	}
	if (n->open && gap->wanted == 0) {
		g->options.ended(g->options.arg, gap);
		n->open = false;
		*gap = (struct gap){ 0 };
	}
}

/* ---- numberings begin */

static void
forget_oldest(struct gaps *g, struct source *s)
{
	struct numbering *n = s->numbering[0];

	deny_wanted(n, 1, n->seq);
	settle(g, s, n);
	free_numbering(n);
	s->numbering[0] = s->numbering[--s->n];
}
static_assert(FOLLOWED == 2, "the second moves to the first place");

/* The newest; NULL: older ones are nothing to begin with. */
static struct numbering *
begin(struct gaps *g, struct source *s, int64_t boot, uint64_t seq)
{
	struct numbering *n;

	if (s->n > 0 && boot < s->numbering[s->n - 1]->boot)
		return NULL;
	if (s->n == FOLLOWED)
		forget_oldest(g, s);
	n = calloc(1, sizeof(*n));
	assert(n != NULL);
	n->boot = boot;
	n->seq = seq;
	s->numbering[s->n++] = n;
	return n;
}

bool
gaps_note(struct gaps *g, struct str source, int64_t boot, uint64_t seq)
{
	struct source *s = find_source(g, source);
	struct numbering *n = find(g, source, boot);
	bool is_first_ever;

	if (s == NULL)
		return false;
	is_first_ever = s->n == 0;
	if (n == NULL) {
		/* what was before the first we ever heard is not ours to want */
		if ((n = begin(g, s, boot, is_first_ever ? seq : 0)) == NULL)
			return false;
	} else if (seq <= n->seq && !take(n, seq))
		return false;
	if (seq > n->seq + 1)
		want(n, n->seq + 1, seq - 1);
	if (seq > n->seq)
		n->seq = seq;
	settle(g, s, n);
	return true;
}

bool
gaps_wants(struct gaps *g, struct str source, int64_t boot, uint64_t seq)
{
	struct numbering *n = find(g, source, boot);

	if (n == NULL || !take(n, seq))
		return false;
	g->had_some = true;
	settle(g, find_source(g, source), n);
	return true;
}

/* ---- requests */

static uint64_t
piece_of(const struct gaps *g)
{
	uint64_t piece = g->options.rate / PIECES_A_SECOND;

	return piece < 1 ? 1 : piece > PIECE ? PIECE : piece;
}

/* The next source that wants something, and its oldest numbering that does. */
static struct numbering *
next_wanting(struct gaps *g)
{
	struct source *s;

	for (unsigned i = 1; i <= g->nsources; i++) {
		s = &g->source[(g->turn + i) % g->nsources];
		for (unsigned k = 0; k < s->n; k++)
			if (s->numbering[k]->wanted.n > 0) {
				g->turn = (g->turn + i) % g->nsources;
				return s->numbering[k];
			}
	}
	return NULL;
}

static void
ask_for(struct gaps *g, struct numbering *n, msec_t now)
{
	uint64_t piece = piece_of(g), numbers;
	const struct range *r = &n->wanted.range[0];

	numbers = range_size(r) < piece ? range_size(r) : piece;
	g->asked = (struct replay_span){ name_of(&g->source[g->turn]), n->boot, r->first,
		r->first + numbers - 1 };
	n->gap.asked += numbers;
	g->under_way = true;
	g->had_some = false;
	g->due = now + (msec_t)((numbers * 1000 + g->options.rate - 1) / g->options.rate);
}

bool
gaps_next(struct gaps *g, msec_t now, struct replay_span *span, msec_t *due)
{
	unsigned turn = g->turn;
	struct numbering *n = next_wanting(g);

	assert(!g->under_way);
	*due = n == NULL ? MSEC_NEVER : g->due;
	if (n == NULL || now < g->due) {
		g->turn = turn;
		return false;
	}
	ask_for(g, n, now);
	*span = g->asked;
	return true;
}

void
gaps_dropped(struct gaps *g)
{
	g->under_way = false;
}

void
gaps_answered(struct gaps *g)
{
	struct numbering *n = find(g, g->asked.source, g->asked.boot);

	g->under_way = false;
	g->tries = 0;
	if (n == NULL) /* newer ones came meanwhile */
		return;
	deny_wanted(n, g->asked.from, g->asked.to);
	settle(g, find_source(g, g->asked.source), n);
}

static void
give_all_up(struct gaps *g)
{
	struct numbering *n;

	for (unsigned i = 0; i < g->nsources; i++)
		for (unsigned k = 0; k < g->source[i].n; k++) {
			n = g->source[i].numbering[k];
			deny_wanted(n, 1, n->seq);
			settle(g, &g->source[i], n);
		}
	g->tries = 0;
}

/* An answer of which something came is slow, and no failure: it comes to an
 * end like any other. */
void
gaps_failed(struct gaps *g, msec_t now)
{
	msec_t due = now + (GAPS_BACKOFF << g->tries);

	g->under_way = false;
	g->tries = g->had_some ? 0 : g->tries + 1;
	if (g->tries == GAPS_TRIES)
		give_all_up(g);
	if (due > g->due)
		g->due = due;
}

/* ---- memos */

/*
 * A memo is 1 byte, how many numberings, and each, the newest first; all
 * little-endian.  Where there are more ranges than room, the lowest are saved
 * as one that spans them: more is asked for than needed, nothing less.
 */
struct saved_numbering {
	uint64_t boot, seq;
	uint8_t nranges;
} __attribute__((packed));
struct saved_range {
	uint64_t first, last;
} __attribute__((packed));

static const unsigned room[FOLLOWED] = { 9, 4 }; /* ranges: of the newest, of the one before */
static_assert(
    1 + FOLLOWED * sizeof(struct saved_numbering) + (9 + 4) * sizeof(struct saved_range) <=
        MEMO_VALUE_MAX,
    "fits in a memo");

static char *
put_bytes(char *p, const void *bytes, size_t n)
{
	memcpy(p, bytes, n);
	return p + n;
}

static char *
save_numbering(char *p, const struct numbering *n, unsigned most)
{
	const struct missing *m = &n->wanted;
	uint32_t joined = m->n > most ? m->n - most : 0;
	struct saved_numbering head = { htole64((uint64_t)n->boot), htole64(n->seq),
		(uint8_t)(m->n - joined) };
	struct saved_range r;

	p = put_bytes(p, &head, sizeof(head));
	for (uint32_t i = joined; i < m->n; i++) {
		r.first = htole64(m->range[i == joined ? 0 : i].first);
		r.last = htole64(m->range[i].last);
		p = put_bytes(p, &r, sizeof(r));
	}
	return p;
}

size_t
gaps_save(const struct gaps *g, struct str source, char value[MEMO_VALUE_MAX])
{
	const struct source *s = find_source(g, source);
	char *p = value;

	assert(s != NULL && s->n <= FOLLOWED);
	*p++ = (char)s->n;
	for (unsigned i = 0; i < s->n; i++)
		p = save_numbering(p, s->numbering[s->n - 1 - i], room[i]);
	return (size_t)(p - value);
}

static bool
take_bytes(struct str *from, void *to, size_t n)
{
	if (from->n < n)
		return false;
	memcpy(to, from->p, n);
	from->p += n;
	from->n -= (uint32_t)n;
	return true;
}

static bool
load_ranges(struct str *saved, struct numbering *n, unsigned left)
{
	struct saved_range r;
	uint64_t above = 0;

	for (; left > 0; left--) {
		if (!take_bytes(saved, &r, sizeof(r)))
			return false;
		r.first = le64toh(r.first);
		r.last = le64toh(r.last);
		if (r.first <= above || r.last < r.first || r.last >= n->seq)
			return false;
		want(n, r.first, r.last);
		above = r.last;
	}
	return true;
}

/* NULL: that is none. */
static struct numbering *
load_numbering(struct str *saved)
{
	struct numbering *n = calloc(1, sizeof(*n));
	struct saved_numbering head;

	assert(n != NULL);
	if (take_bytes(saved, &head, sizeof(head))) {
		n->boot = (int64_t)le64toh(head.boot);
		n->seq = le64toh(head.seq);
		if (n->seq <= (uint64_t)COUNT_HIGH && load_ranges(saved, n, head.nranges))
			return n;
	}
	free_numbering(n);
	return NULL;
}

/* The newest comes first; what cannot be read is left out with all behind. */
static void
load(struct source *s, struct str saved)
{
	struct numbering *n;
	uint8_t left;

	if (!take_bytes(&saved, &left, sizeof(left)))
		return;
	for (; left > 0 && s->n < FOLLOWED && (n = load_numbering(&saved)) != NULL; left--) {
		if (s->n > 0 && n->boot >= s->numbering[0]->boot) {
			free_numbering(n);
			return;
		}
		memmove(s->numbering + 1, s->numbering, s->n * sizeof(s->numbering[0]));
		s->numbering[0] = n;
		s->n++;
	}
}

void
gaps_begin(struct gaps *g, struct str source, struct str saved)
{
	struct source *s = &g->source[g->nsources];

	if (g->nsources == GAPS_SOURCES || source.n > sizeof(s->name))
		return;
	g->nsources++;
	memcpy(s->name, source.p, source.n);
	s->nname = source.n;
	load(s, saved);
	for (unsigned i = 0; i < s->n; i++)
		settle(g, s, s->numbering[i]);
}
