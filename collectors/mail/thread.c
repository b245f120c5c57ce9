/* SPDX-License-Identifier: MIT */
/*
 * thread.c: which mails belong together: union-find over Message-IDs.
 *
 * Every id that any mail names is a node.  A mail is in one thread with all
 * ids of its References and In-Reply-To, whether those mails are here, are to
 * come, or never do.  A node is a memo, so the forest is on disk, in the same
 * transaction as the events made of it, and nothing of it is in memory.  The
 * nodes' names are keyed hashes: no id is kept that could be read.
 *
 * When two threads turn out to be one, it goes by the name of the one that a
 * contact is known of, else of the older one; so a contact's name changes
 * only when it was one too many.  Roots are chosen by that, not by the size of
 * their trees; shortening the way after each walk keeps them flat enough.
 *
 * An id in References or In-Reply-To has its angle brackets, or is none: in
 * old In-Reply-To headers there is prose around it.
 */
#include "thread.h"

#include "header.h"

#include <assert.h>

#define FAR 1000 /* steps to a root; more only if the memos are damaged */

/* ---- ids */

/* Between brackets, without white space. */
static bool
take_id(struct str s, struct mail_id *id)
{
	id->n = 0;
	for (uint32_t i = 0; i < s.n; i++) {
		if (s.p[i] == ' ' || s.p[i] == '\t')
			continue;
		if (id->n == sizeof(id->text))
			return false;
		id->text[id->n++] = s.p[i];
	}
	return id->n > 0;
}

/* The text of the next pair of brackets; a missing second one is the end. */
static bool
next_bracket(struct str *s, struct str *out)
{
	const char *open, *close;

	*s = header_skip(*s);
	if (s->n == 0 || (open = memchr(s->p, '<', s->n)) == NULL)
		return false;
	s->n -= (uint32_t)(open + 1 - s->p);
	s->p = open + 1;
	*s = header_skip(*s);
	close = s->n == 0 ? NULL : memchr(s->p, '>', s->n);
	*out = (struct str){ s->p, close == NULL ? s->n : (uint32_t)(close - s->p) };
	s->p += out->n + (close != NULL);
	s->n -= out->n + (close != NULL);
	return true;
}

bool
id_next(struct str *list, struct mail_id *id)
{
	struct str text;

	while (next_bracket(list, &text))
		if (take_id(text, id))
			return true;
	return false;
}

bool
id_own(struct str header, struct mail_id *id)
{
	struct str rest = header;

	if (header.n == 0)
		return false;
	return id_next(&rest, id) ||
	       (memchr(header.p, '<', header.n) == NULL && take_id(header, id));
}

struct str
id_str(const struct mail_id *id)
{
	return (struct str){ id->text, id->n };
}

/* ---- nodes */

/* What a memo says of an id.  A root is its own parent. */
struct node {
	struct thread thread; /* a root's; .root is the parent's key */
	bool is_root, is_here;
};

struct node_memo { /* as it is on disk */
	uint8_t parent[MEMO_KEY];
	uint8_t is_here, state, answered, nqueue, zero[4];
	msec_t since, opened;
	char queue[NAME_MAX_BYTES];
};

static_assert(sizeof(struct node_memo) <= MEMO_VALUE_MAX, "a node fits a memo");

void
threads_open(struct threads *all, const uint8_t key[SIPHASH_KEY], struct str source)
{
	uint8_t own[SIPHASH_KEY];

	memcpy(own, key, SIPHASH_KEY);
	for (int i = 0; i < 4; i++) {
		uint64_t part;

		own[0] ^= (uint8_t)(i + 1);
		part = siphash(own, source.p, source.n);
		memcpy(all->key[i / 2] + i % 2 * sizeof(part), &part, sizeof(part));
	}
}

void
thread_key(const struct threads *all, struct str word, struct str name, uint8_t out[MEMO_KEY])
{
	uint8_t key[SIPHASH_KEY];

	for (int half = 0; half < 2; half++) {
		uint64_t hash = siphash(all->key[half], word.p, word.n);

		memcpy(key, &hash, sizeof(hash));
		memcpy(key + sizeof(hash), all->key[half], sizeof(hash));
		hash = siphash(key, name.p, name.n);
		memcpy(out + half * sizeof(hash), &hash, sizeof(hash));
	}
}

static void
id_key(const struct threads *all, struct str id, uint8_t out[MEMO_KEY])
{
	thread_key(all, STR_LIT("id"), id, out);
}

static bool
same(const uint8_t a[MEMO_KEY], const uint8_t b[MEMO_KEY])
{
	return memcmp(a, b, MEMO_KEY) == 0;
}

static bool
node_read(const struct threads *all, const uint8_t key[MEMO_KEY], struct node *node)
{
	char value[MEMO_VALUE_MAX];
	struct node_memo m = { .parent = { 0 } };
	int n = all->recall(all->arg, key, value);

	if (n < (int)offsetof(struct node_memo, since) || n > (int)sizeof(m))
		return false;
	memcpy(&m, value, (size_t)n);
	node->is_here = m.is_here != 0;
	node->is_root = same(key, m.parent);
	node->thread = (struct thread){ .has_root = node->is_here,
		.state = m.state,
		.answered = m.answered != 0,
		.since = m.since,
		.opened = m.opened,
		.nqueue = m.nqueue < NAME_MAX_BYTES ? m.nqueue : NAME_MAX_BYTES };
	memcpy(node->thread.root, m.parent, MEMO_KEY);
	memcpy(node->thread.queue, m.queue, NAME_MAX_BYTES);
	return true;
}

static void
write_memo(
    const struct threads *all, const uint8_t key[MEMO_KEY], const struct node_memo *m, size_t n)
{
	struct memo memo = { .value = { (const char *)m, (uint32_t)n }, .until = all->until };

	memcpy(memo.key, key, MEMO_KEY);
	all->remember(all->arg, &memo);
}

static void
write_child(const struct threads *all, const uint8_t key[MEMO_KEY], const uint8_t parent[MEMO_KEY],
    bool is_here)
{
	struct node_memo m = { .is_here = is_here };

	memcpy(m.parent, parent, MEMO_KEY);
	write_memo(all, key, &m, offsetof(struct node_memo, since));
}

static void
write_root(const struct threads *all, const struct thread *t)
{
	struct node_memo m = { .is_here = t->has_root,
		.state = t->state,
		.answered = t->answered,
		.nqueue = t->nqueue,
		.since = t->since,
		.opened = t->opened };

	memcpy(m.parent, t->root, MEMO_KEY);
	memcpy(m.queue, t->queue, t->nqueue);
	write_memo(all, t->root, &m, offsetof(struct node_memo, queue) + t->nqueue);
}

/* The root above a node, and the way made short.  false: nobody spoke of this
 * id yet; *t is then a thread of it alone.  A root that was forgotten begins
 * anew under its old name. */
static bool
find_root(const struct threads *all, const uint8_t key[MEMO_KEY], msec_t time, struct thread *t)
{
	struct node node = { .is_root = true }, first;
	bool found = node_read(all, key, &node);
	unsigned steps;

	first = node;
	*t = (struct thread){ .since = time };
	memcpy(t->root, key, MEMO_KEY);
	for (steps = 0; found && !node.is_root && steps < FAR; steps++) {
		memcpy(t->root, node.thread.root, MEMO_KEY);
		if (!node_read(all, t->root, &node))
			return true;
	}
	if (found && node.is_root)
		*t = node.thread;
	if (steps > 1)
		write_child(all, key, t->root, first.is_here);
	return found;
}

/* ---- threads */

bool
thread_has(const struct threads *all, struct str id)
{
	uint8_t key[MEMO_KEY];
	struct node node;

	id_key(all, id, key);
	return node_read(all, key, &node) && node.is_here;
}

void
thread_find(const struct threads *all, struct str id, msec_t time, struct thread *t)
{
	uint8_t key[MEMO_KEY];

	id_key(all, id, key);
	(void)find_root(all, key, time, t);
}

/* Does a's name stay when both are one?  An outbound contact leaves nothing
 * behind, so its name gives way to that of a customer's matter. */
static bool
outlives(const struct thread *a, const struct thread *b)
{
	unsigned x = a->state > THREAD_BEFORE ? a->state : 0;
	unsigned y = b->state > THREAD_BEFORE ? b->state : 0;

	if (x != y)
		return x > y;
	if (a->since != b->since)
		return a->since < b->since;
	return memcmp(a->root, b->root, MEMO_KEY) < 0;
}

bool
thread_join(const struct threads *all, struct thread *t, struct str id, struct thread *gone)
{
	uint8_t key[MEMO_KEY];
	struct thread other;

	id_key(all, id, key);
	if (same(key, t->root))
		return false;
	if (!find_root(all, key, t->since, &other)) {
		write_child(all, key, t->root, false);
		return false;
	}
	if (same(other.root, t->root))
		return false;
	if (outlives(t, &other)) {
		*gone = other;
	} else {
		*gone = *t;
		*t = other;
	}
	if (gone->state == THREAD_BEFORE && t->state == THREAD_QUIET)
		t->state = THREAD_BEFORE;
	t->since = t->since < gone->since ? t->since : gone->since;
	write_child(all, gone->root, t->root, gone->has_root);
	write_root(all, t);
	return true;
}

void
thread_keep(const struct threads *all, struct thread *t, struct str id)
{
	uint8_t key[MEMO_KEY];

	id_key(all, id, key);
	if (same(key, t->root))
		t->has_root = true;
	else
		write_child(all, key, t->root, true);
	write_root(all, t);
}

void
thread_name(const struct thread *t, char out[THREAD_NAME])
{
	for (int i = 0; i < THREAD_NAME; i++)
		out[i] = "0123456789abcdef"[t->root[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
}
