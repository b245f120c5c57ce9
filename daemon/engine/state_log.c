/* SPDX-License-Identifier: MIT */
/*
 * state_log.c: what is written once and never again: each flush's samples,
 * and what agents did since.
 *
 * Samples fill the rolling windows again after a load.  What agents did is
 * there because an agent's own record, an hour of changes, is too long to be
 * written each time she does something: it is written a few minutes after
 * the first thing it lacks, and what came since is done again from here.
 *
 *	part    made (second), then entries until its end
 *	entry   0: second (since the last group's), count u32, samples
 *	        1: agent, time, operation, reason      2: the same, taken back
 *	        3: agent, time, queue, order: joined   4: the same, left
 */
#include "state.h"

#define PART_MAX (1 << 20) /* bytes of one part */
#define MADE_AGO 1800 /* s; a part is kept so long: six times an agent's delay */

enum entry { ENTRY_SAMPLES, ENTRY_DID, ENTRY_UNDID, ENTRY_JOINED, ENTRY_LEFT, ENTRY_COUNT };

/* ---- noting ---- */

static struct log_part_bytes *
part_being_filled(struct engine *e)
{
	struct saving *s = e->saving;
	struct log_part_bytes *part;

	if (s->nready > 0 && s->ready[s->nready - 1].bytes.n < PART_MAX)
		return &s->ready[s->nready - 1];
	s->ready = memory_grow(&e->memory, s->ready, s->nready, &s->ready_cap, sizeof(*s->ready));
	part = &s->ready[s->nready++];
	*part = (struct log_part_bytes){ .part = { s->next_part++, INT64_MIN, e->n } };
	pack_int(&part->bytes, &e->memory, part->part.made);
	return part;
}

static void
begin_group(struct engine *e, struct log_part_bytes *part, int64_t second)
{
	pack_int(&part->bytes, &e->memory, ENTRY_SAMPLES);
	pack_int(&part->bytes, &e->memory, second - part->second);
	part->second = second;
	part->count = 0;
	part->count_at = part->bytes.n;
	pack_bytes(&part->bytes, &e->memory, &part->count, sizeof(part->count));
	if (second > part->part.newest)
		part->part.newest = second;
}

void
state_log(struct engine *e, int64_t second, const struct sample *sample)
{
	struct log_part_bytes *part;

	if (!e->saving->tracking)
		return;
	part = part_being_filled(e);
	if (part->count_at == 0 || part->second != second)
		begin_group(e, part, second);
	part->count++;
	memcpy(part->bytes.p + part->count_at, &part->count, sizeof(part->count));
	pack_bytes(&part->bytes, &e->memory, sample, sizeof(*sample));
}

static void
note(struct engine *e, enum entry entry, uint32_t agent, msec_t at, int64_t what, int64_t more)
{
	struct log_part_bytes *part;

	if (!e->saving->tracking)
		return;
	part = part_being_filled(e);
	part->count_at = 0; /* the group of samples ends here */
	pack_int(&part->bytes, &e->memory, entry);
	pack_int(&part->bytes, &e->memory, agent);
	pack_int(&part->bytes, &e->memory, at);
	pack_int(&part->bytes, &e->memory, what);
	pack_int(&part->bytes, &e->memory, more);
}

void
state_did(struct engine *e, uint32_t agent, msec_t at, enum agent_op op, uint16_t reason)
{
	note(e, ENTRY_DID, agent, at, op, reason);
}

void
state_undid(struct engine *e, uint32_t agent, msec_t at, enum agent_op op)
{
	note(e, ENTRY_UNDID, agent, at, op, 0);
}

void
state_member(struct engine *e, uint32_t agent, msec_t at, uint32_t queue, bool joined)
{
	note(e, joined ? ENTRY_JOINED : ENTRY_LEFT, agent, at, queue, (int64_t)e->arrival);
}

bool
state_part_is_over(const struct engine *e, const struct log_part *part)
{
	return part->newest <= e->n - e->longest && part->made <= e->n - MADE_AGO;
}

/* ---- the way back ---- */

static uint32_t
translate(int64_t saved, const uint32_t *m, size_t n)
{
	return saved < 0 || (size_t)saved >= n ? NONE : m[saved];
}

static uint32_t
agent_number(const struct engine *e, int64_t saved)
{
	return translate(saved, e->saving->agent_map, e->saving->nagent_map);
}

static uint32_t
queue_number(const struct engine *e, int64_t saved)
{
	return translate(saved, e->saving->queue_map, e->saving->nqueue_map);
}

/* Is that in the agent's own record? */
static bool
is_in_record(const struct agent *a, uint64_t part, int64_t second)
{
	return part < a->saved_part && second <= a->saved_second;
}

/* Her record lacks something since it was made. */
static void
lacks(struct agent *a)
{
	a->o.behind = a->saved_second;
}

static bool
is_sample(const struct sample *s)
{
	return s->kind < S_COUNT && s->sl <= SL_UNTRACKED &&
	       !(s->negative && sample_rows[s->kind].wait);
}

static void
take_sample(struct engine *e, uint64_t part, int64_t second, struct sample s)
{
	uint32_t agent = agent_number(e, s.agent == SAMPLE_NONE ? -1 : (int64_t)s.agent);
	uint32_t queue = queue_number(e, s.queue == SAMPLE_NONE ? -1 : (int64_t)s.queue);

	s.queue = queue & SAMPLE_NONE;
	s.agent = agent & SAMPLE_NONE;
	if (second > e->n - e->longest && second <= e->n + FUTURE_SECONDS)
		log_put(e, second, &s);
	if (agent != NONE && sample_rows[s.kind].agent && second <= e->n &&
	    !is_in_record(&e->agents[agent], part, second)) {
		count_tumbling(e, &e->agents[agent].o, second, &s);
		lacks(&e->agents[agent]);
	}
}

static void
take_samples(struct engine *e, struct unpacker *u, struct log_part *part, int64_t *second)
{
	struct sample s;
	const uint8_t *p;
	uint32_t n;

	*second += unpack_within(u, -TIME_FAR - *second, TIME_FAR - *second);
	if ((p = unpack_bytes(u, sizeof(n))) == NULL)
		return;
	part->newest = *second > part->newest ? *second : part->newest;
	memcpy(&n, p, sizeof(n));
	for (; n > 0 && (p = unpack_bytes(u, sizeof(s))) != NULL; n--) {
		memcpy(&s, p, sizeof(s));
		if (!is_sample(&s)) {
			u->good = false;
			return;
		}
		take_sample(e, part->no, *second, s);
	}
}

static void
do_again(struct engine *e, enum entry entry, uint32_t agent, msec_t at, int64_t what, int64_t more)
{
	uint64_t arrival = e->arrival;
	uint32_t queue;

	if (entry == ENTRY_DID)
		agent_do(e, agent, at, (enum agent_op)what, (uint16_t)more);
	else if (entry == ENTRY_UNDID)
		agent_undo(e, agent, at, (enum agent_op)what);
	else if ((queue = queue_number(e, what)) != NONE) {
		e->arrival = (uint64_t)more;
		agent_member(e, agent, queue, at, entry == ENTRY_JOINED);
		e->arrival = arrival;
	}
}

static void
take_deed(struct engine *e, struct unpacker *u, uint64_t part, enum entry entry)
{
	uint32_t agent = agent_number(e, unpack_within(u, 0, SAMPLE_NONE - 1));
	msec_t at = unpack_within(u, -TIME_FAR, TIME_FAR);
	bool is_op = entry == ENTRY_DID || entry == ENTRY_UNDID;
	int64_t what = unpack_within(u, 0, is_op ? OP_COUNT - 1 : SAMPLE_NONE - 1);
	int64_t more = unpack_within(u, 0, is_op ? (int64_t)e->nreasons : INT64_MAX);

	if (!u->good || agent == NONE || part < e->agents[agent].saved_part)
		return;
	do_again(e, entry, agent, at, what, more);
	lacks(&e->agents[agent]);
}

void
unpack_log(struct engine *e, struct unpacker *u, uint64_t no)
{
	struct log_part part = { no, INT64_MIN, unpack_within(u, -TIME_FAR, TIME_FAR) };
	struct saving *s = e->saving;
	int64_t second = 0, entry;

	while (u->good && u->p < u->end) {
		entry = unpack_within(u, 0, ENTRY_COUNT - 1);
		if (!u->good)
			return;
		if (entry == ENTRY_SAMPLES)
			take_samples(e, u, &part, &second);
		else
			take_deed(e, u, no, (enum entry)entry);
	}
	s->parts = memory_grow(&e->memory, s->parts, s->nparts, &s->parts_cap, sizeof(*s->parts));
	s->parts[s->nparts++] = part;
}
