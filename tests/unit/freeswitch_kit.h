/* SPDX-License-Identifier: MIT */
/*
 * freeswitch_kit.h: a short way to write what FreeSWITCH says, and what it
 * becomes.
 *
 * A message is written "12.5 CHANNEL_HOLD Unique-ID=a,..." or, of
 * callcenter::info, "12.5 agent-offering CC-Queue=sales,...": the seconds
 * since T0, what it is, its headers.  Letters that stand for headers many
 * share are in shorts[].  A listing is written as the input gives it.  An event
 * is a line: milliseconds since T0, its name, its members, but for source and
 * channel.
 */
#ifndef CCMON_TESTS_FREESWITCH_KIT_H
#define CCMON_TESTS_FREESWITCH_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <limits.h>
#include <stdlib.h>
#include <cmocka.h>

#include <ccmon/dialect.h>

#include "event_text.h"

#define T0 INT64_C(1700000000) /* s */
#define CORE "11111111-2222-3333-4444-555555555555"

#define KIT_NOTES 1024
typedef char kit_note[DIALECT_NOTE_MAX + 1];

struct kit {
	const struct dialect *dialect;
	void *state;
	const char *core;
	unsigned long sequence;
	msec_t received;	/* of the next message; 0: not known */
	kit_note *notes;	/* KIT_NOTES of them; NULL: not kept */
	enum refusal why;
	char detail[128];
	char message[16384], told[32768];
};

static const struct { char letter; const char *headers; } shorts[] = {
	{ 'M', "CC-Queue=sales,CC-Member-UUID=m-1,CC-Member-Session-UUID=s-1,"
	       "CC-Member-CID-Name=Doe,CC-Member-CID-Number=5550100" },
	{ 'A', "CC-Agent=ann,CC-Agent-System=single_box" },
	{ 'B', "CC-Agent=bob,CC-Agent-System=single_box" },
	{ 'U', "CC-Agent-UUID=a-1" },
};

static inline void
kit_open(struct kit *k)
{
	*k = (struct kit){ .dialect = dialect_find("freeswitch"), .core = CORE };
	assert_non_null(k->dialect);
	k->state = k->dialect->open("pbx1");
	assert_non_null(k->state);
}

static inline void
kit_close(struct kit *k)
{
	k->dialect->close(k->state);
}

/* One header; what ends in -Time is seconds since T0. */
static inline int
kit_header(char *to, size_t cap, const char *p, int n)
{
	const char *is = memchr(p, '=', (size_t)n);
	int name = (int)(is - p);

	assert_non_null(is);
	if (name > 5 && memcmp(is - 5, "-Time", 5) == 0 && is[1] >= '0' && is[1] <= '9')
		return snprintf(to, cap, ",\"%.*s\":\"%" PRId64 "\"", name, p, T0 + atoi(is + 1));
	if (is[1] == '[')
		return snprintf(to, cap, ",\"%.*s\":%.*s", name, p, n - name - 1, is + 1);
	return snprintf(to, cap, ",\"%.*s\":\"%.*s\"", name, p, n - name - 1, is + 1);
}

static inline size_t
kit_headers(char *to, size_t cap, const char *p)
{
	size_t len = 0, i;
	int n;

	for (; *p != '\0'; p += n + (p[n] == ',')) {
		n = (int)strcspn(p, ",");
		for (i = 0; i < COUNTOF(shorts) && (n != 1 || *p != shorts[i].letter); i++)
			continue;
		if (i < COUNTOF(shorts))
			len += kit_headers(to + len, cap - len, shorts[i].headers);
		else
			len += (size_t)kit_header(to + len, cap - len, p, n);
	}
	return len;
}

static inline const char *
kit_write(struct kit *k, const char *text)
{
	char what[64], *to = k->message;
	size_t cap = sizeof(k->message), len;
	double at;
	int n = 0;

	assert_int_equal(sscanf(text, "%lf %63[^ ] %n", &at, what, &n), 2);
	if (n == 0)
		n = (int)strlen(text);
	k->sequence++;
	len = (size_t)snprintf(to, cap,
	    "{\"Event-Name\":\"%s\",\"Core-UUID\":\"%s\",\"Event-Date-Timestamp\":\"%" PRId64
	    "\",\"Event-Sequence\":\"%lu\"", what[0] >= 'a' ? "CUSTOM" : what, k->core,
	    T0 * 1000000 + (int64_t)(at * 1000000 + 0.5), k->sequence);
	if (what[0] >= 'a')
		len += (size_t)snprintf(to + len, cap - len,
		    ",\"Event-Subclass\":\"callcenter::info\",\"CC-Action\":\"%s\"", what);
	len += kit_headers(to + len, cap - len, text + n);
	(void)snprintf(to + len, cap - len, "}");
	return to;
}

static inline void
kit_take(struct kit *k, const struct dialect_result *res)
{
	size_t len = strlen(k->told), cap = sizeof(k->told);

	for (unsigned i = 0; i < res->n; i++) {
		len += (size_t)snprintf(k->told + len, cap - len, "%s%" PRId64 " ", len > 0 ? "\n" : "",
		    res->ev[i].time - T0 * 1000);
		len += event_text(&res->ev[i], HAS(SOURCE) | HAS(TIME) | HAS(CHANNEL),
		    k->told + len, cap - len);
	}
	k->why = res->why;
	(void)snprintf(k->detail, sizeof(k->detail), "%.*s", STR_ARG(res->detail));
}

/* Notes as the intake keeps them: after each part of a message's events. */
static inline void
kit_keep_notes(struct kit *k)
{
	struct str note;
	unsigned i;

	while (k->notes != NULL && k->dialect->memory->changed(k->state, &i, &note)) {
		assert_true(i < KIT_NOTES && note.n <= DIALECT_NOTE_MAX);
		(void)snprintf(k->notes[i], sizeof(k->notes[i]), "%.*s", STR_ARG(note));
	}
}

static inline void
kit_recall(struct kit *k, const kit_note *notes)
{
	for (unsigned i = 0; i < KIT_NOTES; i++)
		if (notes[i][0] != '\0')
			k->dialect->memory->recall(k->state, i, str_of(notes[i]));
}

/* The bytes as they are; the events they become, of their first `parts` parts. */
static inline const char *
kit_parts(struct kit *k, const char *p, size_t n, unsigned parts)
{
	static struct dialect_result res;

	k->told[0] = '\0';
	do {
		res.more = false;
		k->dialect->decode(k->state, p, n, k->received, &res);
		kit_take(k, &res);
		kit_keep_notes(k);
		p = NULL;
		n = 0;
	} while (res.more && --parts > 0);
	return k->told;
}

static inline const char *
kit_bytes(struct kit *k, const char *p, size_t n)
{
	return kit_parts(k, p, n, UINT_MAX);
}

static inline const char *
kit_hear(struct kit *k, const char *text)
{
	const char *p = strncmp(text, "list ", 5) == 0 ? text : kit_write(k, text);

	return kit_bytes(k, p, strlen(p));
}

/* Messages and what each becomes, in turn, ended by NULL. */
struct line {
	const char *said, *told;
};

static inline void
kit_tell(struct kit *k, const struct line *lines)
{
	for (; lines->said != NULL; lines++) {
		const char *told = kit_hear(k, lines->said);

		if (strcmp(told, lines->told) != 0)
			print_message("at: %s\n", lines->said);
		assert_string_equal(told, lines->told);
		assert_string_equal(refusal_name(k->why), refusal_name(REFUSAL_NONE));
	}
}

#define TELL(...) \
	do { \
		static const struct line lines_[] = { __VA_ARGS__, { NULL, NULL } }; \
		struct kit k_; \
		kit_open(&k_); \
		kit_tell(&k_, lines_); \
		kit_close(&k_); \
	} while (0)

#endif
