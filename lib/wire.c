/* SPDX-License-Identifier: MIT */
/*
 * wire.c: events and refused input as bytes, and back.
 *
 * Both directions walk the same tables: events.def for events, link_fields
 * for the messages of the link.  A writer stops at the end of its memory and
 * a reader at the end of what came; both only remember that they did, so the
 * code in between reads like the layout.
 *
 * The reader believes nothing.  The CRC tells of accidents, not of a sender
 * that is of another version or of no good will, so every size, number and
 * word is held against its row, and what does not fit makes the record
 * damaged.  The writer on its side asserts the same: a record nobody could
 * read again would stop its journal for ever.
 */
#include <ccmon/wire.h>

#include <assert.h>
#include <endian.h>

#define BLOCK_MAGIC 0x4b4d4343u /* "CCMK" */
#define RECORD_HEADER 13 /* bytes: size, type, received */

/* Where the fields of a block lie. */
enum { AT_MAGIC = 0, AT_CRC = 4, AT_FIRST = 8, AT_COUNT = 16, AT_SIZE = 20 };

static_assert(AT_SIZE + 4 == WIRE_BLOCK_HEADER, "the header is what wire.h says");
static_assert(EVENT_NMEMBERS < 64, "unknown bits of `has` can be told");

/* ---- bytes ---- */

struct writer {
	uint8_t *p, *end;
	bool full;
};

struct reader {
	const uint8_t *p, *end;
	bool damaged;
};

static void
put(struct writer *w, const void *p, size_t n)
{
	if ((size_t)(w->end - w->p) < n) {
		w->full = true;
		return;
	}
	if (n > 0)
		memcpy(w->p, p, n);
	w->p += n;
}

static void
put8(struct writer *w, uint8_t v)
{
	put(w, &v, sizeof(v));
}

static void
put16(struct writer *w, uint16_t v)
{
	v = htole16(v);
	put(w, &v, sizeof(v));
}

static void
put32(struct writer *w, uint32_t v)
{
	v = htole32(v);
	put(w, &v, sizeof(v));
}

static void
put64(struct writer *w, uint64_t v)
{
	v = htole64(v);
	put(w, &v, sizeof(v));
}

static void
put_text(struct writer *w, struct str s)
{
	assert(s.n <= UINT16_MAX);
	put16(w, (uint16_t)s.n);
	put(w, s.p, s.n);
}

/* The next n bytes, or NULL when there are fewer. */
static const void *
take(struct reader *r, size_t n)
{
	const uint8_t *p = r->p;

	if ((size_t)(r->end - p) < n) {
		r->damaged = true;
		return NULL;
	}
	r->p += n;
	return p;
}

static uint8_t
take8(struct reader *r)
{
	const uint8_t *p = take(r, 1);

	return p != NULL ? *p : 0;
}

static uint16_t
take16(struct reader *r)
{
	const void *p = take(r, sizeof(uint16_t));
	uint16_t v = 0;

	if (p != NULL)
		memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static uint32_t
take32(struct reader *r)
{
	const void *p = take(r, sizeof(uint32_t));
	uint32_t v = 0;

	if (p != NULL)
		memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static uint64_t
take64(struct reader *r)
{
	const void *p = take(r, sizeof(uint64_t));
	uint64_t v = 0;

	if (p != NULL)
		memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static struct str
take_text(struct reader *r)
{
	uint16_t n = take16(r);
	const char *p = take(r, n);

	return p != NULL && n > 0 ? (struct str){ p, n } : STR_NONE;
}

/* ---- events ---- */

static bool
names_fit(struct str s, const struct event_member_row *row)
{
	while (s.n > 0) {
		const char *nl = memchr(s.p, '\n', s.n);
		int64_t n = nl != NULL ? nl - s.p : (int64_t)s.n;

		if (n < row->low || n > row->high || (nl != NULL && n + 1 == s.n))
			return false;
		s.p += nl != NULL ? n + 1 : n;
		s.n -= (uint32_t)(nl != NULL ? n + 1 : n);
	}
	return true;
}

/* Is the value one the member's row allows? */

static inline bool
number_fits(const struct event_member_row *row, int64_t n)
{
	return n >= row->low && n <= row->high;
}

static inline bool
word_fits(const struct event_member_row *row, uint8_t word)
{
	return word_name((enum word_set)row->low, word) != NULL;
}

static inline bool
text_fits(const struct event_member_row *row, struct str s)
{
	return row->type == TYPE_NAMES ? names_fit(s, row) : number_fits(row, s.n);
}

static void
put_member(struct writer *w, const struct event_member_row *row, const void *field)
{
	const uint8_t *byte = field;
	const int64_t *number = field;
	const struct str *s = field;

	switch ((enum member_type)row->type) {
	case TYPE_INT:
		assert(number_fits(row, *number));
		put64(w, (uint64_t)*number);
		break;
	case TYPE_BOOL:
		assert(number_fits(row, *byte));
		put8(w, *byte);
		break;
	case TYPE_WORD:
		assert(word_fits(row, *byte));
		put8(w, *byte);
		break;
	case TYPE_STR:
	case TYPE_TEXT:
	case TYPE_NAMES:
		assert(text_fits(row, *s));
		put_text(w, *s);
		break;
	}
}

static void
take_member(struct reader *r, const struct event_member_row *row, void *field)
{
	uint8_t *byte = field;
	int64_t *number = field;
	struct str *s = field;
	bool fits = false;

	switch ((enum member_type)row->type) {
	case TYPE_INT:
		*number = (int64_t)take64(r);
		fits = number_fits(row, *number);
		break;
	case TYPE_BOOL:
		*byte = take8(r);
		fits = number_fits(row, *byte);
		break;
	case TYPE_WORD:
		*byte = take8(r);
		fits = word_fits(row, *byte);
		break;
	case TYPE_STR:
	case TYPE_TEXT:
	case TYPE_NAMES:
		*s = take_text(r);
		fits = text_fits(row, *s);
		break;
	}
	r->damaged |= !fits;
}

static void
put_event(struct writer *w, const struct event *ev)
{
	assert(ev->event < EVENT_NKINDS && ev->has >> EVENT_NMEMBERS == 0);
	put8(w, ev->event);
	put64(w, ev->has);
	for (uint64_t left = ev->has; left != 0; left &= left - 1) {
		const struct event_member_row *row = &event_members[__builtin_ctzll(left)];

		put_member(w, row, (const char *)ev + row->offset);
	}
}

static void
take_event(struct reader *r, struct event *ev)
{
	memset(ev, 0, sizeof(*ev));
	ev->event = take8(r);
	ev->has = take64(r);
	if (ev->event >= EVENT_NKINDS || ev->has >> EVENT_NMEMBERS != 0)
		r->damaged = true;
	for (uint64_t left = ev->has; left != 0 && !r->damaged; left &= left - 1) {
		const struct event_member_row *row = &event_members[__builtin_ctzll(left)];

		take_member(r, row, (char *)ev + row->offset);
	}
}

/* ---- refused input ---- */

static struct str
cut(struct str s, uint32_t max)
{
	return (struct str){ s.p, s.n < max ? s.n : max };
}

/* It is shown and counted, never matched, so here what is too long is cut. */
static void
put_reject(struct writer *w, const struct reject *rej)
{
	assert(rej->why > REFUSAL_NONE && rej->why < REFUSAL_COUNT);
	put64(w, (uint64_t)rej->time);
	put8(w, rej->why);
	put_text(w, cut(rej->source, ID_MAX_BYTES));
	put_text(w, cut(rej->detail, ID_MAX_BYTES));
	put_text(w, cut(rej->sample, REJECT_SAMPLE_MAX));
}

static void
take_reject(struct reader *r, struct reject *rej)
{
	memset(rej, 0, sizeof(*rej));
	rej->time = (msec_t)take64(r);
	rej->why = take8(r);
	rej->source = take_text(r);
	rej->detail = take_text(r);
	rej->sample = take_text(r);
	if (rej->why == REFUSAL_NONE || rej->why >= REFUSAL_COUNT || rej->source.n > ID_MAX_BYTES ||
	    rej->detail.n > ID_MAX_BYTES || rej->sample.n > REJECT_SAMPLE_MAX)
		r->damaged = true;
}

/* ---- filling a block ---- */

void
block_begin(struct block *b, void *buf, size_t cap, uint64_t first)
{
	assert(cap >= WIRE_BLOCK_HEADER);
	b->buf = buf;
	b->len = WIRE_BLOCK_HEADER;
	b->cap = cap < WIRE_BLOCK_MAX ? cap : WIRE_BLOCK_MAX;
	b->first = first;
	b->count = 0;
}

static struct writer
record_begin(const struct block *b, enum record_type type, msec_t received)
{
	struct writer w = { b->buf + b->len, b->buf + b->cap, false };

	put32(&w, 0); /* the size, when it is known */
	put8(&w, type);
	put64(&w, (uint64_t)received);
	return w;
}

static int
record_end(struct block *b, const struct writer *w)
{
	uint8_t *begin = b->buf + b->len;
	struct writer size = { begin, w->p, false };

	if (w->full || w->p - begin > WIRE_RECORD_MAX)
		return -1;
	put32(&size, (uint32_t)(w->p - begin - sizeof(uint32_t)));
	b->len = (size_t)(w->p - b->buf);
	b->count++;
	return 0;
}

int
block_add_event(struct block *b, msec_t received, const struct event *ev)
{
	struct writer w = record_begin(b, RECORD_EVENT, received);

	put_event(&w, ev);
	return record_end(b, &w);
}

int
block_add_reject(struct block *b, msec_t received, const struct reject *rej)
{
	struct writer w = record_begin(b, RECORD_REJECT, received);

	put_reject(&w, rej);
	return record_end(b, &w);
}

size_t
block_seal(struct block *b)
{
	struct writer w = { b->buf + AT_FIRST, b->buf + WIRE_BLOCK_HEADER, false };

	put64(&w, b->first);
	put32(&w, b->count);
	put32(&w, (uint32_t)(b->len - WIRE_BLOCK_HEADER));
	w.p = b->buf;
	put32(&w, BLOCK_MAGIC);
	put32(&w, crc32c(0, b->buf + AT_FIRST, b->len - AT_FIRST));
	return b->len;
}

/* ---- reading a block ---- */

/* Do the records' sizes lead from one to the next, count times, to the end? */
static bool
records_add_up(struct reader r, uint32_t count)
{
	for (; count > 0 && !r.damaged; count--) {
		uint32_t size = take32(&r);

		if (size < RECORD_HEADER - 4 || size > WIRE_RECORD_MAX - 4)
			return false;
		take(&r, size);
	}
	return !r.damaged && r.p == r.end;
}

int
block_open(struct block *b, const void *buf, size_t len)
{
	const uint8_t *bytes = buf;
	struct reader r = { bytes, bytes + len, false };
	uint32_t magic, crc, count, size;
	uint64_t first;

	if (len < WIRE_BLOCK_HEADER || len > WIRE_BLOCK_MAX)
		return -1;
	magic = take32(&r);
	crc = take32(&r);
	first = take64(&r);
	count = take32(&r);
	size = take32(&r);
	if (magic != BLOCK_MAGIC || size != len - WIRE_BLOCK_HEADER || first > UINT64_MAX - count ||
	    crc != crc32c(0, bytes + AT_FIRST, len - AT_FIRST) || !records_add_up(r, count))
		return -1;
	*b = (struct block){ (uint8_t *)buf, len, len, first, count };
	return 0;
}

void
block_read(const struct block *b, struct block_reader *br)
{
	br->p = b->buf + WIRE_BLOCK_HEADER;
	br->end = b->buf + b->len;
	br->seq = b->first;
}

int
block_next(struct block_reader *br, struct record *rec)
{
	struct reader r = { br->p, br->end, false };
	uint32_t size;

	if (br->p == br->end)
		return 0;
	size = take32(&r);
	if (r.damaged || size > (size_t)(r.end - r.p))
		return -1;
	r.end = r.p + size;
	rec->seq = br->seq;
	rec->type = take8(&r);
	rec->received = (msec_t)take64(&r);
	if (rec->type == RECORD_EVENT)
		take_event(&r, &rec->ev);
	else if (rec->type == RECORD_REJECT)
		take_reject(&r, &rec->reject);
	else
		return -1;
	if (r.damaged || r.p != r.end)
		return -1;
	br->p = r.end;
	br->seq++;
	return 1;
}

/* ---- the link ---- */

/* LATER: a number that came after the message was first sent without it.  It
 * is its end, and left out when 0, so that both ends understand the other. */
enum link_field_type { LINK_U8, LINK_U16, LINK_U64, LINK_ID, LINK_TEXT, LINK_REST, LINK_LATER };

#define IN(msg) (1u << LINK_##msg)
#define LINK_FIELD(type, field) LINK_##type, offsetof(struct link_msg, field)

/* What each message holds, in this order. */
static const struct link_field {
	uint8_t type; /* enum link_field_type */
	uint16_t offset; /* in struct link_msg */
	uint16_t in; /* the messages that have it */
	uint16_t max; /* of a text; bytes */
} link_fields[] = {
	{ LINK_FIELD(U16, version), IN(HELLO), 0 },
	{ LINK_FIELD(TEXT, name), IN(HELLO), NAME_MAX_BYTES },
	{ LINK_FIELD(ID, journal_id), IN(HELLO), 0 },
	{ LINK_FIELD(U64, first), IN(HELLO), 0 },
	{ LINK_FIELD(U64, last), IN(HELLO), 0 },
	{ LINK_FIELD(TEXT, host), IN(HELLO), 255 },
	{ LINK_FIELD(U64, pid), IN(HELLO), 0 },
	{ LINK_FIELD(U64, seq), IN(WELCOME) | IN(CREDIT) | IN(ACK) | IN(REWIND), 0 },
	{ LINK_FIELD(U64, credit), IN(WELCOME), 0 },
	{ LINK_FIELD(REST, block), IN(BATCH), 0 },
	{ LINK_FIELD(U64, received), IN(STATUS), 0 },
	{ LINK_FIELD(U64, refused), IN(STATUS), 0 },
	{ LINK_FIELD(U64, skipped), IN(STATUS), 0 },
	{ LINK_FIELD(U64, journal_bytes), IN(STATUS), 0 },
	{ LINK_FIELD(U64, backlog), IN(STATUS), 0 },
	{ LINK_FIELD(U64, unjournaled), IN(STATUS), 0 },
	{ LINK_FIELD(U64, clock), IN(STATUS), 0 },
	{ LINK_FIELD(U8, journal), IN(STATUS), 0 },
	{ LINK_FIELD(TEXT, problem), IN(STATUS), 1024 },
	{ LINK_FIELD(LATER, repeats), IN(STATUS), 0 },
};

static void
put_field(struct writer *w, const struct link_field *f, const void *field)
{
	const struct str *s = field;

	switch ((enum link_field_type)f->type) {
	case LINK_U8:
		put8(w, *(const uint8_t *)field);
		break;
	case LINK_U16:
		put16(w, *(const uint16_t *)field);
		break;
	case LINK_U64:
		put64(w, *(const uint64_t *)field);
		break;
	case LINK_ID:
		put(w, field, sizeof((struct link_msg){ 0 }.journal_id));
		break;
	case LINK_TEXT:
		put_text(w, cut(*s, f->max));
		break;
	case LINK_REST:
		put(w, s->p, s->n);
		break;
	case LINK_LATER:
		if (*(const uint64_t *)field != 0)
			put64(w, *(const uint64_t *)field);
		break;
	}
}

static void
take_field(struct reader *r, const struct link_field *f, void *field)
{
	struct str *s = field;
	const void *p;

	switch ((enum link_field_type)f->type) {
	case LINK_U8:
		*(uint8_t *)field = take8(r);
		break;
	case LINK_U16:
		*(uint16_t *)field = take16(r);
		break;
	case LINK_U64:
		*(uint64_t *)field = take64(r);
		break;
	case LINK_ID:
		if ((p = take(r, sizeof((struct link_msg){ 0 }.journal_id))) != NULL)
			memcpy(field, p, sizeof((struct link_msg){ 0 }.journal_id));
		break;
	case LINK_TEXT:
		*s = take_text(r);
		if (s->n > f->max)
			r->damaged = true;
		break;
	case LINK_REST:
		s->n = (uint32_t)(r->end - r->p);
		s->p = take(r, s->n);
		break;
	case LINK_LATER:
		if (r->p != r->end)
			r->damaged |= (*(uint64_t *)field = take64(r)) == 0;
		break;
	}
}

size_t
link_pack(const struct link_msg *m, void *buf, size_t cap)
{
	struct writer w = { buf, (uint8_t *)buf + cap, false };

	assert(m->type >= LINK_HELLO && m->type < LINK_NTYPES);
	put8(&w, m->type);
	for (size_t i = 0; i < COUNTOF(link_fields); i++)
		if (link_fields[i].in & 1u << m->type)
			put_field(&w, &link_fields[i], (const char *)m + link_fields[i].offset);
	return w.full ? 0 : (size_t)(w.p - (uint8_t *)buf);
}

/* What the reader of a message may rely on, beyond the sizes. */
static bool
link_makes_sense(const struct link_msg *m)
{
	switch (m->type) {
	case LINK_HELLO:
		return name_check(m->name, 1, NAME_MAX_BYTES) == REFUSAL_NONE;
	case LINK_STATUS:
		return m->journal < JOURNAL_NSTATES;
	default:
		return true;
	}
}

int
link_open(struct link_msg *m, const void *buf, size_t len)
{
	const uint8_t *bytes = buf;
	struct reader r = { bytes, bytes + len, len > UINT32_MAX };

	memset(m, 0, sizeof(*m));
	m->type = take8(&r);
	if (m->type < LINK_HELLO || m->type >= LINK_NTYPES)
		return -1;
	for (size_t i = 0; i < COUNTOF(link_fields) && !r.damaged; i++)
		if (link_fields[i].in & 1u << m->type)
			take_field(&r, &link_fields[i], (char *)m + link_fields[i].offset);
	return r.damaged || r.p != r.end || !link_makes_sense(m) ? -1 : m->type;
}
