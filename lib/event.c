/* SPDX-License-Identifier: MIT */
/*
 * event.c: the tables that events.def becomes, and what a value must be to
 * enter an event.
 *
 * Names are looked up about ten times for each event, so a member and a kind
 * are found by one hash of the name and one comparison.  The hash has no
 * collisions among the names there are; the slots are written down below and
 * the unit test says what to write when a row is added.
 *
 * A value that does not fit its row is refused, never cut or mended: a name
 * made shorter would be another queue's.
 */
#include <ccmon/event.h>

#include <assert.h>
#include <endian.h>

/* ---- the tables ---- */

const struct event_member_row event_members[EVENT_NMEMBERS] = {
#define MEMBER(sym, field, type, low, high, text)                                                  \
	[M_##sym] = { #field, TYPE_##type, offsetof(struct event, field), low, high, text },
#include <ccmon/events.def>
};

const struct event_kind_row event_kinds[EVENT_NKINDS] = {
#define EVENT(sym, name, needs, text) [EV_##sym] = { name, needs, text },
#include <ccmon/events.def>
};

static const struct str member_names[EVENT_NMEMBERS] = {
#define MEMBER(sym, field, type, low, high, text) [M_##sym] = { #field, sizeof(#field) - 1 },
#include <ccmon/events.def>
};

static const struct str kind_names[EVENT_NKINDS] = {
#define EVENT(sym, name, needs, text) [EV_##sym] = { name, sizeof(name) - 1 },
#include <ccmon/events.def>
};

/* All words in a row; set s has those from word_first[s] to word_first[s + 1]. */
enum word_index {
#define WORD_SET(set) FIRST_##set, BEFORE_##set = FIRST_##set - 1,
#define WORD(set, sym, word) WORD_##set##_##sym,
#include <ccmon/events.def>
	NWORDS
};

static const struct str words[NWORDS] = {
#define WORD_SET(set)
#define WORD(set, sym, word) { word, sizeof(word) - 1 },
#include <ccmon/events.def>
};

static const uint8_t word_first[WORD_NSETS + 1] = {
#define WORD_SET(set) [WORDS_##set] = FIRST_##set,
#define WORD(set, sym, word)
#include <ccmon/events.def>
	[WORD_NSETS] = NWORDS,
};

static const struct {
	const char *name, *text;
} refusals[REFUSAL_COUNT] = {
#define REFUSAL(sym, name, text) [REFUSAL_##sym] = { name, text },
#include <ccmon/events.def>
};

/* The enums of event.h count as the rows do. */
#define WORD_SET(set)
#define WORD(set, sym, word)                                                                       \
	static_assert((int)set##_##sym == WORD_##set##_##sym - FIRST_##set, word);
#include <ccmon/events.def>

static_assert(EVENT_NMEMBERS <= 64, "event.has is one bit a member");

/* ---- from name to row ---- */

#define SLOTS 128 /* a slot holds row + 1; 0 is "not in the table" */

static const uint8_t member_slots[SLOTS] = {
	[1] = M_TIME + 1,
	[2] = M_SEQ + 1,
	[3] = M_TO_EXTERNAL + 1,
	[12] = M_CUSTOMER + 1,
	[28] = M_STATUS + 1,
	[29] = M_DUE + 1,
	[31] = M_ACW_MS + 1,
	[36] = M_PRIORITY + 1,
	[37] = M_BY + 1,
	[38] = M_BOOT + 1,
	[39] = M_REACHED + 1,
	[43] = M_CHANNEL + 1,
	[48] = M_FROM + 1,
	[50] = M_TO + 1,
	[58] = M_TO_AGENT + 1,
	[63] = M_TALK_MS + 1,
	[66] = M_PUBLIC + 1,
	[68] = M_DIRECTION + 1,
	[69] = M_STATE + 1,
	[76] = M_VISIT + 1,
	[77] = M_SOURCE + 1,
	[79] = M_HOLD_MS + 1,
	[80] = M_QUEUE + 1,
	[81] = M_REASON + 1,
	[85] = M_ACW + 1,
	[92] = M_KIND + 1,
	[93] = M_SENT + 1,
	[97] = M_WAIT_MS + 1,
	[98] = M_AGENT + 1,
	[100] = M_SCORE + 1,
	[109] = M_TO_QUEUE + 1,
	[111] = M_CONTACT + 1,
	[116] = M_QUEUES + 1,
	[122] = M_TAG + 1,
};

static const uint8_t kind_slots[SLOTS] = {
	[6] = EV_ANSWERED + 1,
	[7] = EV_ESCALATED + 1,
	[11] = EV_HELD + 1,
	[16] = EV_RESOLVED + 1,
	[17] = EV_PROMISE_KEPT + 1,
	[25] = EV_CALLBACK + 1,
	[28] = EV_STATUS + 1,
	[32] = EV_FLOWED_OUT + 1,
	[33] = EV_RINGING + 1,
	[34] = EV_REOPENED + 1,
	[39] = EV_REVIEWED + 1,
	[41] = EV_RESUMED + 1,
	[43] = EV_RESTARTED + 1,
	[46] = EV_LOGOUT + 1,
	[52] = EV_QUEUED + 1,
	[57] = EV_SURVEY + 1,
	[60] = EV_TRANSFERRED + 1,
	[67] = EV_LOST + 1,
	[68] = EV_MESSAGE + 1,
	[69] = EV_STATE + 1,
	[81] = EV_WRAPPED + 1,
	[82] = EV_FEEDBACK + 1,
	[83] = EV_LOGIN + 1,
	[84] = EV_HEARTBEAT + 1,
	[85] = EV_ENDED + 1,
	[91] = EV_MISSED + 1,
	[94] = EV_JOINED + 1,
	[96] = EV_LEFT + 1,
	[98] = EV_CALLBACK_DONE + 1,
	[119] = EV_ABANDONED + 1,
	[127] = EV_PROMISED + 1,
};

/* The first and the last four bytes of a name; they overlap in short ones.  A
 * name of four to eight bytes is nothing else. */
static inline uint64_t
ends_of(struct str name)
{
	uint32_t first = 0, last = 0;

	if (name.n >= 4) {
		memcpy(&first, name.p, 4);
		memcpy(&last, name.p + name.n - 4, 4);
		first = le32toh(first);
		last = le32toh(last);
	} else if (name.n > 0) {
		first = (uint8_t)name.p[0];
		last = (uint8_t)name.p[name.n - 1];
	}
	return (uint64_t)last << 32 | first;
}

/* The row whose name it is, or -1.  The multiplier was found by trying: it
 * keeps all names apart. */
static inline int
find(const uint8_t slots[SLOTS], const struct str *names, struct str name)
{
	uint64_t ends = ends_of(name);
	int row = slots[(ends + name.n) * UINT64_C(0x119d2922d0353091) >> 57] - 1;

	if (row < 0 || names[row].n != name.n || ends_of(names[row]) != ends)
		return -1;
	if (name.n >= 4 && name.n <= 8)
		return row;
	return memcmp(names[row].p, name.p, name.n) == 0 ? row : -1;
}

int
event_member_find(struct str name)
{
	return find(member_slots, member_names, name);
}

int
event_kind_find(struct str name)
{
	return find(kind_slots, kind_names, name);
}

int
word_find(enum word_set set, struct str word)
{
	for (int i = word_first[set]; i < word_first[set + 1]; i++)
		if (str_eq(words[i], word))
			return i - word_first[set];
	return -1;
}

const char *
word_name(enum word_set set, unsigned word)
{
	unsigned n = word_first[set + 1] - word_first[set];

	return word < n ? words[word_first[set] + word].p : NULL;
}

const char *
refusal_name(enum refusal why)
{
	return why == REFUSAL_NONE ? "none" : refusals[why].name;
}

const char *
refusal_text(enum refusal why)
{
	return why == REFUSAL_NONE ? "not refused" : refusals[why].text;
}

/* ---- text ---- */

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* Eight bytes at p, to be looked at all at once. */
static uint64_t
load8(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static bool
is_ascii8(uint64_t w)
{
	return (w & EACH_BYTE(0x80)) == 0;
}

/* All from 0x20 to 0x7e.  In ASCII no sum below carries into the next byte. */
static bool
is_printable8(uint64_t w)
{
	uint64_t from_space = w + EACH_BYTE(0x80 - 0x20);
	uint64_t is_del = w + EACH_BYTE(0x80 - 0x7f);

	return is_ascii8(w) && (from_space & ~is_del & EACH_BYTE(0x80)) == EACH_BYTE(0x80);
}

static bool
is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f);
}

/*
 * The character at p, which has n > 0 bytes: its length, or 0 when it is none.
 * The lowest character of each length rules out overlong forms (RFC 3629).
 */
static size_t
decode(const uint8_t *p, size_t n, uint32_t *c)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len;

	if (p[0] < 0x80) {
		*c = p[0];
		return 1;
	}
	len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n < len)
		return 0;
	*c = p[0] & (0x7f >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	if (*c < lowest[len] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return len;
}

bool
utf8_valid(struct str s)
{
	const uint8_t *p = (const uint8_t *)s.p, *end = s.n > 0 ? p + s.n : p;
	uint32_t c;
	size_t len;

	while (p < end) {
		if (end - p >= 8 && is_ascii8(load8(p))) {
			p += 8;
			continue;
		}
		if ((len = decode(p, end - p, &c)) == 0)
			return false;
		p += len;
	}
	return true;
}

/* Less than eight bytes as eight: some twice, and spaces. */
static uint64_t
load_short(const uint8_t *p, size_t n)
{
	uint32_t first, last;

	if (n < 4)
		return n == 0
		           ? EACH_BYTE(' ')
		           : EACH_BYTE(' ') << 24 | (uint64_t)p[0] << 16 | p[n / 2] << 8 | p[n - 1];
	memcpy(&first, p, sizeof(first));
	memcpy(&last, p + n - sizeof(last), sizeof(last));
	return (uint64_t)last << 32 | first;
}

/* Nothing but printable ASCII, as nearly all names are?  The last eight bytes
 * overlap those before. */
static bool
is_plain(struct str s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	size_t i;

	if (s.n < 8)
		return is_printable8(load_short(p, s.n));
	for (i = 0; i + 8 < s.n; i += 8)
		if (!is_printable8(load8(p + i)))
			return false;
	return is_printable8(load8(p + s.n - 8));
}

/* Valid UTF-8 without control characters? */
static bool
is_clean(struct str s)
{
	const uint8_t *p = (const uint8_t *)s.p, *end = p + s.n;
	uint32_t c;
	size_t len;

	for (; p < end; p += len)
		if ((len = decode(p, (size_t)(end - p), &c)) == 0 || is_control(c))
			return false;
	return true;
}

enum refusal
name_check(struct str s, size_t low, size_t high)
{
	if (s.n > high)
		return REFUSAL_TOO_LONG;
	if (s.n < low || !(is_plain(s) || is_clean(s)))
		return REFUSAL_BAD_NAME;
	return REFUSAL_NONE;
}

/* Names joined by '\n'; an empty text is no name at all. */
static enum refusal
names_check(struct str s, size_t low, size_t high)
{
	enum refusal why = REFUSAL_NONE;

	while (s.n > 0 && why == REFUSAL_NONE) {
		const char *nl = memchr(s.p, '\n', s.n);
		uint32_t n = nl != NULL ? (uint32_t)(nl - s.p) : s.n;

		why = name_check((struct str){ s.p, n }, low, high);
		if (nl != NULL && n + 1 == s.n)
			return REFUSAL_BAD_NAME; /* an empty last name */
		s.p += nl != NULL ? n + 1 : n;
		s.n -= nl != NULL ? n + 1 : n;
	}
	return why;
}

/* ---- into the event ---- */

static void *
field_of(struct event *ev, enum event_member m)
{
	ev->has |= UINT64_C(1) << m;
	return (char *)ev + event_members[m].offset;
}

static enum refusal
set_word(struct event *ev, enum event_member m, struct str s)
{
	int word = word_find((enum word_set)event_members[m].low, s);

	if (word < 0)
		return REFUSAL_BAD_VALUE;
	*(uint8_t *)field_of(ev, m) = (uint8_t)word;
	return REFUSAL_NONE;
}

enum refusal
event_set_str(struct event *ev, enum event_member m, struct str s)
{
	const struct event_member_row *row = &event_members[m];
	enum refusal why;

	if (row->type == TYPE_WORD)
		return set_word(ev, m, s);
	if (row->type == TYPE_INT || row->type == TYPE_BOOL)
		return REFUSAL_ILL_TYPED;
	if (s.n > EVENT_BODY_MAX - 1)
		return REFUSAL_TOO_LONG; /* its length travels in 16 bits */
	if (row->type == TYPE_NAMES)
		why = names_check(s, (size_t)row->low, (size_t)row->high);
	else
		why = name_check(s, (size_t)row->low, (size_t)row->high);
	if (why == REFUSAL_NONE)
		*(struct str *)field_of(ev, m) = s;
	return why;
}

enum refusal
event_set_int(struct event *ev, enum event_member m, int64_t value)
{
	const struct event_member_row *row = &event_members[m];

	if (row->type != TYPE_INT && row->type != TYPE_BOOL)
		return REFUSAL_ILL_TYPED;
	if (value < row->low || value > row->high)
		return REFUSAL_BAD_VALUE;
	if (row->type == TYPE_INT)
		*(int64_t *)field_of(ev, m) = value;
	else
		*(uint8_t *)field_of(ev, m) = (uint8_t)value;
	return REFUSAL_NONE;
}

/* ---- is it whole? ---- */

static enum refusal
fault(enum refusal why, enum event_member m, enum event_member *member)
{
	*member = m;
	return why;
}

static enum refusal
check_transferred(const struct event *ev, enum event_member *member)
{
	if ((ev->has & (HAS(TO_QUEUE) | HAS(TO_AGENT) | HAS(TO_EXTERNAL))) == 0)
		return fault(REFUSAL_MISSING, M_TO_QUEUE, member);
	return REFUSAL_NONE;
}

static enum refusal
check_flowed_out(const struct event *ev, enum event_member *member)
{
	if (word_find(WORDS_FLOW, ev->reason) < 0)
		return fault(REFUSAL_BAD_VALUE, M_REASON, member);
	return REFUSAL_NONE;
}

static enum refusal
check_survey(const struct event *ev, enum event_member *member)
{
	static const struct {
		int64_t low, high;
	} scale[] = {
		/* contract section 2 */
		[KIND_CSAT] = { 1, 5 },
		[KIND_NPS] = { 0, 10 },
		[KIND_CES] = { 1, 7 },
	};

	if (ev->kind >= COUNTOF(scale))
		return fault(REFUSAL_BAD_VALUE, M_KIND, member);
	if ((ev->has & HAS(SCORE)) == 0)
		return ev->sent ? REFUSAL_NONE : fault(REFUSAL_MISSING, M_SCORE, member);
	if (ev->score < scale[ev->kind].low || ev->score > scale[ev->kind].high)
		return fault(REFUSAL_BAD_VALUE, M_SCORE, member);
	return REFUSAL_NONE;
}

static enum refusal
check_feedback(const struct event *ev, enum event_member *member)
{
	if (ev->kind < KIND_COMPLAINT)
		return fault(REFUSAL_BAD_VALUE, M_KIND, member);
	return REFUSAL_NONE;
}

enum refusal
event_check(const struct event *ev, enum event_member *member)
{
	static enum refusal (*const fits_kind[EVENT_NKINDS])(
	    const struct event *, enum event_member *) = {
		[EV_TRANSFERRED] = check_transferred,
		[EV_FLOWED_OUT] = check_flowed_out,
		[EV_SURVEY] = check_survey,
		[EV_FEEDBACK] = check_feedback,
	};
	uint64_t missing;

	assert(ev->event < EVENT_NKINDS);
	missing = (HAS(SOURCE) | HAS(TIME) | event_kinds[ev->event].needs) & ~ev->has;
	if (missing != 0)
		return fault(REFUSAL_MISSING, (enum event_member)__builtin_ctzll(missing), member);
	if (fits_kind[ev->event] != NULL)
		return fits_kind[ev->event](ev, member);
	return REFUSAL_NONE;
}
