/* SPDX-License-Identifier: MIT */
/*
 * order.c: things in order of time, that know how many of them are up to an
 * instant.  Fifty thousand mails may be owed an answer, each by its own due,
 * which moves as it waits for the customer: putting in, taking out and
 * counting go by the logarithm of that.
 *
 * A treap: a search tree by time (and address, as times are alike), and a
 * heap by the addresses, mixed.  So its shape is that of a random tree, and
 * nothing depends on it but how long it takes.
 */
#include "engine_int.h"

static uint64_t
weight(const struct link *l)
{
	uint64_t w = (uintptr_t)l * UINT64_C(0x9e3779b97f4a7c15);

	return w ^ w >> 32;
}

static bool
is_before(const struct link *a, const struct link *b)
{
	return a->at != b->at ? a->at < b->at : (uintptr_t)a < (uintptr_t)b;
}

static uint32_t
size(const struct link *l)
{
	return l == NULL ? 0 : l->n;
}

static struct link *
counted(struct link *l)
{
	l->n = 1 + size(l->left) + size(l->right);
	return l;
}

/* All of a are before all of b. */
static struct link *
join(struct link *a, struct link *b)
{
	if (a == NULL || b == NULL)
		return a == NULL ? b : a;
	if (weight(a) > weight(b)) {
		a->right = join(a->right, b);
		return counted(a);
	}
	b->left = join(a, b->left);
	return counted(b);
}

static void
split(struct link *l, const struct link *by, struct link **before, struct link **after)
{
	if (l == NULL)
		*before = *after = NULL;
	else if (is_before(l, by)) {
		split(l->right, by, &l->right, after);
		*before = counted(l);
	} else {
		split(l->left, by, before, &l->left);
		*after = counted(l);
	}
}

static struct link *
without(struct link *l, const struct link *gone)
{
	if (l == gone)
		return join(l->left, l->right);
	if (is_before(l, gone))
		l->right = without(l->right, gone);
	else
		l->left = without(l->left, gone);
	return counted(l);
}

void
order_put(struct order *o, struct link *l, msec_t at)
{
	struct link *before, *after;

	*l = (struct link){ .at = at, .n = 1 };
	split(o->root, l, &before, &after);
	o->root = join(join(before, l), after);
}

void
order_take(struct order *o, struct link *l)
{
	o->root = without(o->root, l);
}

uint32_t
order_n(const struct order *o)
{
	return size(o->root);
}

uint32_t
order_until(const struct order *o, msec_t at)
{
	const struct link *l = o->root;
	uint32_t n = 0;

	while (l != NULL)
		if (l->at <= at) {
			n += 1 + size(l->left);
			l = l->right;
		} else
			l = l->left;
	return n;
}

const struct link *
order_first(const struct order *o)
{
	const struct link *l = o->root;

	while (l != NULL && l->left != NULL)
		l = l->left;
	return l;
}

const struct link *
order_next(const struct order *o, const struct link *l)
{
	const struct link *t = o->root, *next = NULL;

	while (t != NULL)
		if (is_before(l, t)) {
			next = t;
			t = t->left;
		} else
			t = t->right;
	return next;
}

static void
check(const struct link *l)
{
	if (l == NULL)
		return;
	assert(l->n == 1 + size(l->left) + size(l->right));
	assert(l->left == NULL || (is_before(l->left, l) && weight(l->left) <= weight(l)));
	assert(l->right == NULL || (is_before(l, l->right) && weight(l->right) <= weight(l)));
	check(l->left);
	check(l->right);
}

void
order_check(const struct order *o)
{
	const struct link *l, *next;
	uint32_t n = 0;

	check(o->root);
	for (l = order_first(o); l != NULL; l = next, n++) {
		next = order_next(o, l);
		assert(next == NULL || is_before(l, next));
	}
	assert(n == order_n(o));
}
