/* SPDX-License-Identifier: MIT */
/*
 * ami_kit.h: for tests of the dialect `ami`: messages written short, and what
 * came of them as text.
 *
 * A message is "Event key=value key=value"; a value ends at the next blank, and
 * '+' in it stands for one.  T=12.5 is its Timestamp, in seconds after KIT_BEGAN;
 * "!Success ..." is a Response.  Short keys are below.
 */
#ifndef CCMON_TESTS_AMI_KIT_H
#define CCMON_TESTS_AMI_KIT_H

#include <stdio.h>
#include <stdlib.h>

#include <ccmon/dialect.h>

#include "event_text.h"

#define KIT_BEGAN INT64_C(1500000000) /* s */
#define KIT_TEXT_MAX 65536

struct kit {
	const struct dialect *dialect;
	void *state;
	msec_t received;
	bool with_time; /* events say when, as @seconds after KIT_BEGAN */
	struct dialect_result res;
	char text[KIT_TEXT_MAX]; /* all events since kit_clear, a line each */
	size_t len;
	unsigned most; /* events one message became */
};

static inline void
kit_open(struct kit *k)
{
	memset(k, 0, sizeof(*k));
	k->dialect = dialect_find("ami");
	k->state = k->dialect->open("pbx1");
	k->received = KIT_BEGAN * MSEC_PER_SEC;
}

static inline void
kit_close(struct kit *k)
{
	k->dialect->close(k->state);
}

static inline void
kit_clear(struct kit *k)
{
	k->len = 0;
	k->text[0] = '\0';
}

static inline void
kit_event(struct kit *k, const struct event *ev)
{
	if (k->len > 0)
		k->text[k->len++] = '\n';
	if (k->with_time)
		k->len += (size_t)snprintf(k->text + k->len, KIT_TEXT_MAX - k->len, "@%g ",
		    (double)(ev->time - KIT_BEGAN * MSEC_PER_SEC) / 1000);
	k->len += event_text(ev, HAS(SOURCE) | HAS(TIME) | HAS(CHANNEL), k->text + k->len,
	    KIT_TEXT_MAX - k->len);
}

/* The message as it is, and all that comes of it. */
static inline void
kit_raw(struct kit *k, const char *msg, size_t n)
{
	unsigned told = 0;

	k->res.more = false;
	do {
		k->dialect->decode(k->state, msg, n, k->received, &k->res);
		for (unsigned i = 0; i < k->res.n; i++)
			kit_event(k, &k->res.ev[i]);
		told += k->res.n;
		msg = NULL;
		n = 0;
	} while (k->res.more);
	if (told > k->most)
		k->most = told;
}

static inline const char *
kit_key(const char *key)
{
	static const char *const shorts[][2] = { { "id", "Uniqueid" }, { "q", "Queue" },
		{ "agent", "MemberName" }, { "at", "Interface" }, { "peer", "DestUniqueid" },
		{ "linked", "Linkedid" }, { "ask", "ActionID" }, { "hold", "HoldTime" },
		{ "talk", "TalkTime" }, { "why", "Reason" } };

	for (size_t i = 0; i < COUNTOF(shorts); i++)
		if (strcmp(key, shorts[i][0]) == 0)
			return shorts[i][1];
	return key;
}

/* One "key=value" as a line on the wire; T is the time. */
static inline size_t
kit_pair(char *pair, char *to, size_t max)
{
	char *value = strchr(pair, '=');

	*value++ = '\0';
	for (char *p = value; *p != '\0'; p++)
		if (*p == '+')
			*p = ' ';
	if (strcmp(pair, "T") == 0)
		return (size_t)snprintf(to, max, "Timestamp: %.6f\r\n",
		    (double)KIT_BEGAN + strtod(value, NULL));
	return (size_t)snprintf(to, max, "%s: %s\r\n", kit_key(pair), value);
}

/* The short words as a block. */
static inline size_t
kit_block(const char *words, char *to, size_t max)
{
	char copy[2048], *save, *word;
	size_t n;

	(void)snprintf(copy, sizeof(copy), "%s", words);
	word = strtok_r(copy, " ", &save);
	n = word[0] == '!' ? (size_t)snprintf(to, max, "Response: %s\r\n", word + 1)
	                   : (size_t)snprintf(to, max, "Event: %s\r\n", word);
	while ((word = strtok_r(NULL, " ", &save)) != NULL)
		n += kit_pair(word, to + n, max - n);
	return n + (size_t)snprintf(to + n, max - n, "\r\n");
}

static inline void
kit_say(struct kit *k, const char *words)
{
	char block[4096];

	kit_raw(k, block, kit_block(words, block, sizeof(block)));
}

/* Messages, one a line. */
static inline void
kit_tell(struct kit *k, const char *lines)
{
	char copy[8192], *save, *line;

	(void)snprintf(copy, sizeof(copy), "%s", lines);
	for (line = strtok_r(copy, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
		kit_say(k, line);
}

/* ---- a story, and what is to be told of it (with cmocka) */

struct story {
	const char *said, *told;
};

static inline void
kit_expect(const struct story *s)
{
	static struct kit k;
	size_t n = strlen(s->told);

	kit_open(&k);
	k.with_time = true;
	kit_tell(&k, s->said);
	assert_int_equal(k.res.why, REFUSAL_NONE);
	if (n > 0 && s->told[n - 1] == '\n')
		n--;
	if (k.len != n || memcmp(k.text, s->told, n) != 0)
		fail_msg("of:\n%s\ncame:\n%s\nnot:\n%.*s", s->said, k.text, (int)n, s->told);
	kit_close(&k);
}

#define EXPECT_ALL(stories)                                                                        \
	for (size_t i = 0; i < COUNTOF(stories); i++)                                              \
	expect(&(stories)[i])

#define KIT_EXPECT_ALL(stories)                                                                    \
	for (size_t i = 0; i < COUNTOF(stories); i++)                                              \
	kit_expect(&(stories)[i])

/* ---- the notes, as an input keeps them */

#define KIT_NOTES_MAX 256

struct kit_notes {
	size_t len[KIT_NOTES_MAX];
	char note[KIT_NOTES_MAX][DIALECT_NOTE_MAX];
};

static inline void
kit_keep(struct kit *k, struct kit_notes *notes)
{
	struct str note;
	unsigned i;

	while (k->dialect->memory->changed(k->state, &i, &note))
		if (i < KIT_NOTES_MAX) {
			notes->len[i] = note.n;
			memcpy(notes->note[i], note.p, note.n);
		}
}

/* It died, and was started again. */
static inline void
kit_die(struct kit *k, const struct kit_notes *notes)
{
	k->dialect->close(k->state);
	k->state = k->dialect->open("pbx1");
	for (unsigned i = 0; i < KIT_NOTES_MAX; i++)
		if (notes->len[i] > 0)
			k->dialect->memory->recall(k->state, i,
			    (struct str){ notes->note[i], (uint32_t)notes->len[i] });
}

#endif
