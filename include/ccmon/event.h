/* SPDX-License-Identifier: MIT */
/*
 * event.h: one event, flat, as every program past the decoder sees it.
 *
 * The struct follows events.def: one field per MEMBER row, and a bit in `has`
 * for each that was given.  A field that was not given is zero, so that
 * equal events are equal bytes apart from where their texts lie.
 */
#ifndef CCMON_EVENT_H
#define CCMON_EVENT_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum event_kind {
#define EVENT(sym, name, needs, text)	EV_##sym,
#include "events.def"
	EVENT_NKINDS
};

enum event_member {
#define MEMBER(sym, field, type, low, high, text)	M_##sym,
#include "events.def"
	EVENT_NMEMBERS
};

/* The bit of a member in event.has and in the mask of needed ones. */
#define HAS(sym)	(UINT64_C(1) << M_##sym)

/* Word sets, and the words of each: CHANNEL_CALL, FLOW_TIMEOUT ... from 0. */
enum word_set {
#define WORD_SET(set)			WORDS_##set,
#define WORD(set, sym, word)
#include "events.def"
	WORD_NSETS
};
enum channel	{ CHANNEL_CALL, CHANNEL_CHAT, CHANNEL_EMAIL, CHANNEL_COUNT };
enum direction	{ DIRECTION_IN, DIRECTION_OUT };
enum from	{ FROM_CUSTOMER, FROM_AGENT, FROM_BOT, FROM_AUTO };
enum by		{ BY_AGENT, BY_CUSTOMER, BY_SYSTEM };
enum status	{ STATUS_OPEN, STATUS_PENDING, STATUS_ON_HOLD };
enum kind	{ KIND_CSAT, KIND_NPS, KIND_CES, KIND_COMPLAINT,
		  KIND_COMPLIMENT, KIND_COMMENT };
enum state	{ STATE_AVAILABLE, STATE_PAUSED };
enum flow	{ FLOW_TIMEOUT, FLOW_OVERFLOW, FLOW_KEY, FLOW_CLOSED, FLOW_FULL,
		  FLOW_NO_AGENT, FLOW_WITHDRAWN, FLOW_COUNT };

/* Why input was refused. */
enum refusal {
	REFUSAL_NONE,
#define REFUSAL(sym, name, text)	REFUSAL_##sym,
#include "events.def"
	REFUSAL_COUNT
};

#define FIELD_STR	struct str
#define FIELD_TEXT	struct str
#define FIELD_NAMES	struct str	/* names joined by '\n'; none holds one */
#define FIELD_INT	int64_t
#define FIELD_BOOL	uint8_t
#define FIELD_WORD	uint8_t

struct event {
	uint64_t	has;		/* HAS(x) for each member given */
	uint8_t		event;		/* enum event_kind */
#define MEMBER(sym, field, type, low, high, text)	FIELD_##type field;
#include "events.def"
};

#define EVENT_BODY_MAX	65536	/* bytes; contract section 2 */
#define REJECT_SAMPLE_MAX 256	/* bytes kept of refused input; contract section 2 */

/* Input that was refused, as it travels to the daemon. */
struct reject {
	msec_t		time;		/* when it arrived */
	uint8_t		why;		/* enum refusal */
	struct str	source;		/* its source where that could be read,
					   else the collector's name */
	struct str	detail;		/* the member at fault, or none */
	struct str	sample;		/* its first REJECT_SAMPLE_MAX bytes */
};

enum member_type { TYPE_STR, TYPE_TEXT, TYPE_INT, TYPE_BOOL, TYPE_WORD, TYPE_NAMES };

/* One row of events.def, for those who walk the table. */
struct event_member_row {
	const char	*name;
	uint8_t		 type;		/* enum member_type */
	uint16_t	 offset;	/* of the field in struct event */
	int64_t		 low, high;
	const char	*text;
};
struct event_kind_row {
	const char	*name;
	uint64_t	 needs;
	const char	*text;
};
extern const struct event_member_row	event_members[EVENT_NMEMBERS];
extern const struct event_kind_row	event_kinds[EVENT_NKINDS];

/* The kind or member of that name, or -1. */
int		 event_kind_find(struct str name);
int		 event_member_find(struct str name);

/* The word's number in its set, or -1; and the word of a number, or NULL. */
int		 word_find(enum word_set, struct str);
const char	*word_name(enum word_set, unsigned);

const char	*refusal_name(enum refusal);	/* "not_json" */
const char	*refusal_text(enum refusal);

/*
 * Store a member's value in the event, checked against its row: length,
 * UTF-8, control characters, range, word.  REFUSAL_NONE, or why not; the
 * event is then unchanged.
 */
enum refusal	 event_set_str(struct event *, enum event_member, struct str);
enum refusal	 event_set_int(struct event *, enum event_member, int64_t);

/*
 * Is the event whole: its needed members there, its words and score fitting
 * its kind?  On refusal *member is the one at fault.
 */
enum refusal	 event_check(const struct event *, enum event_member *member);

/* A name as the contract wants it: low..high bytes of UTF-8, no control
 * character (C0, DEL, C1). */
enum refusal	 name_check(struct str, size_t low, size_t high);

/* Is the text valid UTF-8 (no surrogates, no overlong forms)? */
bool		 utf8_valid(struct str);


#ifdef __cplusplus
}
#endif

#endif
