/* SPDX-License-Identifier: MIT */
/*
 * fuzz_replay.c: any bytes as what comes at a replay socket, and as what a
 * collector remembers of a source.  What is taken for a request must be one
 * that says the same again; and whatever a memo holds, no number is asked for
 * that cannot be.
 */
#include <assert.h>
#include <stdlib.h>

#include <ccmon/event.h>
#include "collectors/gaps.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
same_again(struct json_tree *tree, const struct replay_span *s)
{
	char source[NAME_MAX_BYTES];
	struct replay_span first = *s, again;
	struct out o;
	uint64_t sent;

	memcpy(source, s->source.p, s->source.n);
	first.source.p = source;
	out_init(&o);
	replay_put_ask(&o, &first);
	assert(
	    replay_read(tree, (struct str){ o.buf, (uint32_t)o.len }, &again, &sent) == REPLAY_ASK);
	assert(again.boot == first.boot && again.from == first.from && again.to == first.to);
	assert(again.source.n == first.source.n &&
	       memcmp(again.source.p, source, first.source.n) == 0);
	out_fini(&o);
}

static void
as_message(const char *text, uint32_t n)
{
	struct json_tree *tree = json_tree_new(EVENT_BODY_MAX);
	struct replay_span s;
	uint64_t sent;
	enum replay_type type = replay_read(tree, (struct str){ text, n }, &s, &sent);

	if (type == REPLAY_ASK || type == REPLAY_END) {
		assert(s.from >= 1 && s.from <= s.to && s.to <= (uint64_t)COUNT_HIGH);
		same_again(tree, &s);
	}
	json_tree_free(tree);
}

static void
ignore(void *arg, const struct gap *gap)
{
	(void)arg;
	assert(gap->nranges <= GAPS_TOLD);
}

static void
as_memo(const char *bytes, uint32_t n)
{
	struct gaps_options o = { .rate = 5000, .found = ignore, .ended = ignore };
	const struct str source = { "s", 1 };
	char value[MEMO_VALUE_MAX];
	struct gaps *g = gaps_new(&o);
	struct replay_span asked;
	msec_t now = 0, due;

	assert(g != NULL);
	gaps_begin(g, source, (struct str){ bytes, n });
	(void)gaps_note(g, source, 7, 1000);
	for (int i = 0; i < 20 && gaps_next(g, now, &asked, &due); i++) {
		assert(asked.from >= 1 && asked.from <= asked.to);
		assert(asked.to <= (uint64_t)COUNT_HIGH && asked.to - asked.from < REPLAY_MOST);
		gaps_answered(g);
		now += 1000;
	}
	assert(gaps_save(g, source, value) <= sizeof(value));
	gaps_free(g);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > EVENT_BODY_MAX)
		return 0;
	as_message((const char *)data, (uint32_t)size);
	as_memo((const char *)data, (uint32_t)size);
	return 0;
}
