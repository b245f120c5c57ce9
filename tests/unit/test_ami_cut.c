/* SPDX-License-Identifier: MIT */
/*
 * test_ami_cut.c: the line of the dialect `ami` is cut after every message, and
 * the collector killed: a new one has the notes of the old one, asks the switch
 * what there is, and hears the rest.  A small picture of the switch, made of the
 * messages themselves, gives the answers.
 *
 * When nothing was missed meanwhile, all is told as if nothing had happened.
 * When messages were missed, what can be known is told, each thing once, and
 * what is true at the end is what it would have been.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "ami_kit.h"

static const char *const messages[] = {
	"QueueMemberAdded T=0 q=sales agent=ann at=PJSIP/ann Status=1 Paused=0 Wrapuptime=9",
	"QueueMemberAdded T=0 q=help agent=ann at=PJSIP/ann Status=1 Paused=0",
	"QueueMemberAdded T=1 q=sales agent=bob at=PJSIP/bob Status=5 Paused=0",
	"QueueCallerJoin T=10 id=1.1 linked=1.1 q=sales",
	"AgentCalled T=11 id=1.1 linked=1.1 q=sales agent=ann peer=1.2",
	"QueueMemberStatus T=11 q=sales agent=ann at=PJSIP/ann Status=6 Paused=0 Wrapuptime=9",
	"QueueCallerJoin T=12 id=1.3 linked=1.3 q=sales",
	"AgentRingNoAnswer T=26 id=1.1 linked=1.1 q=sales agent=ann peer=1.2 RingTime=15000",
	"AgentCalled T=27 id=1.1 linked=1.1 q=sales agent=ann peer=1.4",
	"QueueCallerLeave T=30 id=1.1 linked=1.1 q=sales",
	"AgentConnect T=30 id=1.1 linked=1.1 q=sales agent=ann peer=1.4 hold=20 RingTime=3",
	"QueueMemberStatus T=30 q=sales agent=bob at=PJSIP/bob Status=1 Paused=0",
	"AgentCalled T=31 id=1.3 linked=1.3 q=sales agent=bob peer=1.5",
	"Hold T=35 id=1.4 linked=1.1",
	"Hold T=35 id=1.4 linked=1.1",
	"QueueCallerAbandon T=36 id=1.3 linked=1.3 q=sales hold=24",
	"QueueCallerLeave T=36 id=1.3 linked=1.3 q=sales",
	"Hangup T=36 id=1.3",
	"Unhold T=45 id=1.4 linked=1.1",
	"BlindTransfer T=60 Result=Success TransfererUniqueid=1.4 TransfereeUniqueid=1.1 "
	"Context=in "
	"Extension=9",
	"AgentComplete T=60 id=1.1 linked=1.1 q=sales agent=ann peer=1.4 hold=20 talk=30 "
	"why=transfer",
	"QueueCallerJoin T=61 id=1.1 linked=1.1 q=help",
	"QueueMemberPause T=62 q=sales agent=bob at=PJSIP/bob Status=1 Paused=1 PausedReason=tea",
	"QueueCallerAbandon T=70 id=1.1 linked=1.1 q=help hold=9",
	"QueueCallerLeave T=70 id=1.1 linked=1.1 q=help",
	"VarSet T=70 id=1.1 Variable=QUEUESTATUS Value=TIMEOUT",
	"Hangup T=71 id=1.1",
	"QueueCallerJoin T=80 id=1.6 linked=1.6 q=sales",
	"QueueCallerLeave T=84 id=1.6 linked=1.6 q=sales",
	"Hangup T=84 id=1.6",
	"QueueCallerJoin T=85 id=1.7 linked=1.7 q=help",
	"QueueCallerLeave T=90 id=1.7 linked=1.7 q=help",
	"AgentConnect T=90 id=1.7 linked=1.7 q=help agent=ann peer=1.8 hold=5",
	"QueueMemberPause T=95 q=sales agent=bob at=PJSIP/bob Status=1 Paused=0",
	"QueueMemberRemoved T=96 q=sales agent=bob at=PJSIP/bob Status=1 Paused=0",
	"AgentComplete T=99 id=1.7 linked=1.7 q=help agent=ann peer=1.8 hold=5 talk=9 why=caller",
	"Hangup T=99 id=1.7",
	"QueueMemberStatus T=100 q=sales agent=ann at=PJSIP/ann Status=5 Paused=0 Wrapuptime=9",
	"QueueMemberStatus T=100 q=help agent=ann at=PJSIP/ann Status=5 Paused=0",
	"!Success T=200 Ping=Pong",
};
#define N (unsigned)COUNTOF(messages)

/* ---- the switch */

#define THINGS 16

struct picture {
	char member[THINGS][160]; /* words of its row, "q=... Name=..." */
	char caller[THINGS][24], queue[THINGS][16], with[THINGS][16]; /* queue: waits there */
	msec_t joined[THINGS];
	msec_t now;
};

/* "key=value" of the words, without the key; "": it is not there. */
static const char *
value(const char *words, const char *key, char to[64])
{
	char wanted[32];
	const char *p;
	size_t n;

	(void)snprintf(wanted, sizeof(wanted), " %s=", key);
	p = strstr(words, wanted);
	n = p == NULL ? 0 : strcspn(p + strlen(wanted), " ");
	memcpy(to, p == NULL ? "" : p + strlen(wanted), n);
	to[n] = '\0';
	return to;
}

static void
picture_member(struct picture *p, const char *m)
{
	char q[64], who[64], status[64], paused[64], why[64], wrapup[64], key[64];
	int i, room = -1;

	(void)snprintf(key, sizeof(key), "q=%s Name=%s ", value(m, "q", q), value(m, "agent", who));
	for (i = THINGS - 1; i >= 0; i--)
		if (p->member[i][0] == '\0' || strncmp(p->member[i], key, strlen(key)) == 0) {
			room = i;
			if (p->member[i][0] != '\0')
				break;
		}
	assert_true(room >= 0);
	if (strncmp(m, "QueueMemberRemoved", 18) == 0)
		p->member[room][0] = '\0';
	else
		(void)snprintf(p->member[room], sizeof(p->member[room]),
		    "%sLocation=PJSIP/%s Status=%s Paused=%s PausedReason=%s Wrapuptime=%s", key,
		    who, value(m, "Status", status), value(m, "Paused", paused),
		    value(m, "PausedReason", why), value(m, "Wrapuptime", wrapup));
}

static int
picture_caller(struct picture *p, const char *id)
{
	int i;

	for (i = 0; i < THINGS && p->caller[i][0] != '\0'; i++)
		if (strcmp(p->caller[i], id) == 0)
			return i;
	assert_true(i < THINGS);
	(void)snprintf(p->caller[i], sizeof(p->caller[i]), "%.20s", id);
	return i;
}

static void
picture_call(struct picture *p, const char *m, const char *id)
{
	int i = picture_caller(p, id);
	char text[64];

	if (strncmp(m, "QueueCallerJoin", 15) == 0) {
		(void)snprintf(p->queue[i], sizeof(p->queue[i]), "%.10s", value(m, "q", text));
		p->joined[i] = p->now;
	} else if (strncmp(m, "QueueCallerLeave", 16) == 0)
		p->queue[i][0] = '\0';
	else if (strncmp(m, "AgentConnect", 12) == 0)
		(void)snprintf(p->with[i], sizeof(p->with[i]), "%.10s", value(m, "agent", text));
	else if (strncmp(m, "AgentComplete", 13) == 0)
		p->with[i][0] = '\0';
	else if (strncmp(m, "Hangup", 6) == 0)
		p->caller[i][0] = '-';
}

static void
picture_take(struct picture *p, const char *m)
{
	char text[64];

	p->now = (msec_t)(strtod(value(m, "T", text), NULL) * 1000);
	if (strncmp(m, "QueueMember", 11) == 0)
		picture_member(p, m);
	else if (value(m, "id", text)[0] != '\0' && strncmp(m, "Hold", 4) != 0 &&
	         strncmp(m, "Unhold", 6) != 0)
		picture_call(p, m, text);
}

static void
say_queues(struct kit *k, const struct picture *p, const char *time)
{
	char line[256];

	(void)snprintf(line, sizeof(line), "!Success %s ask=ccmon-queues", time);
	kit_say(k, line);
	for (int i = 0; i < THINGS; i++)
		if (p->member[i][0] != '\0') {
			(void)snprintf(line, sizeof(line), "QueueMember %s %s", time, p->member[i]);
			kit_say(k, line);
		}
	for (int i = 0; i < THINGS; i++)
		if (p->queue[i][0] != '\0') {
			(void)snprintf(line, sizeof(line), "QueueEntry %s q=%s id=%s Wait=%d", time,
			    p->queue[i], p->caller[i], (int)((p->now - p->joined[i]) / 1000));
			kit_say(k, line);
		}
	(void)snprintf(line, sizeof(line), "QueueStatusComplete %s", time);
	kit_say(k, line);
}

static void
say_channels(struct kit *k, const struct picture *p, const char *time)
{
	char line[256];

	for (int i = 0; i < THINGS; i++) {
		if (p->caller[i][0] == '\0' || p->caller[i][0] == '-')
			continue;
		(void)snprintf(line, sizeof(line),
		    "CoreShowChannel %s id=%s Channel=T-%d BridgeId=%s", time, p->caller[i], i,
		    p->with[i][0] != '\0' ? p->caller[i] : "");
		kit_say(k, line);
		if (p->with[i][0] == '\0')
			continue;
		(void)snprintf(line, sizeof(line),
		    "CoreShowChannel %s id=x Channel=PJSIP/%s-0001 BridgeId=%s", time, p->with[i],
		    p->caller[i]);
		kit_say(k, line);
	}
	(void)snprintf(line, sizeof(line), "CoreShowChannelsComplete %s", time);
	kit_say(k, line);
}

static void
say_listing(struct kit *k, const struct picture *p)
{
	char time[32];

	(void)snprintf(time, sizeof(time), "T=%g", (double)p->now / 1000);
	say_queues(k, p, time);
	say_channels(k, p, time);
}

/* ---- a life with a death in it */

/* All messages, but killed after `cut` of them, and deaf for `missed` more; all
 * that was told is in k->text. */
static void
live(struct kit *k, unsigned cut, unsigned missed)
{
	static struct kit_notes notes;
	static struct picture p;

	memset(&notes, 0, sizeof(notes));
	memset(&p, 0, sizeof(p));
	kit_open(k);
	k->with_time = true;
	k->received = 0;
	for (unsigned i = 0; i < N; i++) {
		if (i == cut)
			kit_die(k, &notes);
		if (i == cut + missed)
			say_listing(k, &p);
		if (i < cut || i >= cut + missed)
			kit_say(k, messages[i]);
		picture_take(&p, messages[i]);
		kit_keep(k, &notes);
	}
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Lines in order of their text: what was told, whenever. */
static void
sort_lines(char *text)
{
	static char copy[KIT_TEXT_MAX];
	char *line[512], *save, *p;
	size_t n = 0;

	(void)snprintf(copy, sizeof(copy), "%s", text);
	for (p = strtok_r(copy, "\n", &save); p != NULL && n < COUNTOF(line);
	     p = strtok_r(NULL, "\n", &save))
		line[n++] = p;
	qsort(line, n, sizeof(*line), compare_lines);
	for (size_t i = 0; i < n; i++)
		text += sprintf(text, "%s\n", line[i]);
	*text = '\0';
}

static void
nothing_is_told_twice(void **state)
{
	static struct kit whole, k;

	(void)state;
	live(&whole, N, 0);
	sort_lines(whole.text);
	for (unsigned cut = 1; cut < N; cut++) {
		/* the listing comes before the next message */
		live(&k, cut, 0);
		sort_lines(k.text);
		if (strcmp(k.text, whole.text) != 0)
			fail_msg("cut after %u (%s):\n%s\nnot:\n%s", cut, messages[cut - 1], k.text,
			    whole.text);
		kit_close(&k);
	}
	kit_close(&whole);
}

/* ---- the laws of what is told */

static int
count(const char *text, const char *event, const char *key)
{
	char wanted[128];
	int n = 0;

	(void)snprintf(wanted, sizeof(wanted), " %s %s", event, key);
	for (const char *p = text; (p = strstr(p, wanted)) != NULL; p += strlen(wanted))
		n += p[strlen(wanted)] == ' ' || p[strlen(wanted)] == '\n' ||
		     p[strlen(wanted)] == '\0';
	return n;
}

/* Of each pass through a queue: it begins once and is over once, however. */
static void
check_visit(const char *text, const char *key, unsigned cut, unsigned missed)
{
	int queued = count(text, "queued", key), answered = count(text, "answered", key);
	int left = count(text, "abandoned", key) + count(text, "flowed_out", key);
	int over = count(text, "ended", key) + count(text, "transferred", key);
	int lost = count(text, "lost", key);

	if (queued > 1 || answered > 1 || left + over + lost > 1 || (over == 1 && answered == 0) ||
	    queued + answered > 2 * (left + over + lost))
		fail_msg("cut after %u, %u missed, %s:\n%s", cut, missed, key, text);
}

static const char *const visits[] = { "queue=sales contact=1.1", "queue=sales contact=1.3",
	"queue=help contact=1.1", "queue=sales contact=1.6", "queue=help contact=1.7" };

static void
what_was_missed_is_told_once(void **state)
{
	static struct kit k;

	(void)state;
	for (unsigned cut = 1; cut < N; cut++)
		for (unsigned missed = 1; cut + missed < N; missed++) {
			live(&k, cut, missed);
			for (size_t i = 0; i < COUNTOF(visits); i++)
				check_visit(k.text, visits[i], cut, missed);
			/* all are gone at the end, and have been told to be */
			assert_true(count(k.text, "login", "agent=ann") >= 1);
			assert_int_equal(count(k.text, "login", "agent=ann"),
			    count(k.text, "logout", "agent=ann"));
			assert_int_equal(count(k.text, "login", "agent=bob"),
			    count(k.text, "logout", "agent=bob"));
			kit_close(&k);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_told_twice),
		cmocka_unit_test(what_was_missed_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
