/* SPDX-License-Identifier: MIT */
/*
 * test_mail.c: stories of mails and the events they must become, from
 * tests/data/mail/.
 *
 *	== TIME [old]	a mail follows, whose file was written then
 *	-- EVENT ...	it becomes this event, or one of the words below
 *	# ...		is a comment, between mails
 *
 * Times are from the beginning of the story, which is Monday 2024-01-15
 * 08:00:00 UTC; an event's is left out when it is that of its file.  Contacts
 * are called A, B, C in the order in which they appear.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>

#include "ccmon/site.h"
#include "event_text.h"
#include "mail_kit.h"

#define STORIES "tests/data/mail"
#define BEGIN INT64_C(1705305600000) /* ms */
#define TEXT_MAX 8192

static char *agents[] = { (char *)(uintptr_t) "alice@example.org=alice",
	(char *)(uintptr_t) "dora@example.org", (char *)(uintptr_t) "@example.com", NULL };
static char *addresses[] = { (char *)(uintptr_t) "support@example.org",
	(char *)(uintptr_t) "sales@example.org=sales", NULL };
static const char *const verdicts[] = { "", "skipped", "seen", "none", "unnamed" };

struct story {
	struct mailbox box;
	struct memos memos;
	char contacts[26][THREAD_NAME];
	size_t ncontacts;
	msec_t filed;
	bool old;
	char block[TEXT_MAX], want[TEXT_MAX], got[TEXT_MAX];
};

static char
letter(struct story *s, struct str contact)
{
	size_t i;

	assert_int_equal(contact.n, THREAD_NAME);
	for (i = 0; i < s->ncontacts; i++)
		if (memcmp(s->contacts[i], contact.p, THREAD_NAME) == 0)
			return (char)('A' + i);
	memcpy(s->contacts[s->ncontacts++], contact.p, THREAD_NAME);
	return (char)('A' + i);
}

static void
on_event(void *arg, struct event *ev)
{
	struct story *s = arg;
	uint64_t same = ev->time == s->filed ? HAS(TIME) : 0;
	enum event_member member;
	char name, text[512], when[32] = "";
	size_t n = strlen(s->got);

	assert_int_equal(event_check(ev, &member), REFUSAL_NONE);
	assert_true(str_is(ev->source, "post"));
	assert_int_equal(ev->channel, CHANNEL_EMAIL);
	name = letter(s, ev->contact);
	ev->contact = (struct str){ &name, 1 };
	if (same == 0)
		(void)snprintf(
		    when, sizeof(when), " time=%" PRId64 "s", (ev->time - BEGIN) / MSEC_PER_SEC);
	(void)event_text(ev, HAS(SOURCE) | HAS(CHANNEL) | HAS(TIME), text, sizeof(text));
	(void)snprintf(s->got + n, TEXT_MAX - n, "%.*s%s%s\n", (int)strcspn(text, " "), text, when,
	    text + strcspn(text, " "));
}

static void
finish_mail(struct story *s)
{
	size_t n = strlen(s->block);
	struct mail mail = {
		.block = kit_block(s->block, n), .n = n, .filed = s->filed, .is_old = s->old
	};
	enum mail_verdict verdict;

	if (s->want[0] == '\0')
		return;
	s->got[0] = '\0';
	verdict = mail_take(&s->box, &mail);
	if (verdict != MAIL_TAKEN) {
		assert_string_equal(s->got, "");
		(void)snprintf(s->got, sizeof(s->got), "%s\n", verdicts[verdict]);
	}
	assert_string_equal(s->got, s->want);
	s->block[0] = s->want[0] = '\0';
}

static void
begin_mail(struct story *s, char *line)
{
	char *word = strtok(line + 3, " \n");
	msec_t at;

	assert_int_equal(duration_parse(word, &at), 0);
	word = strtok(NULL, " \n");
	s->old = word != NULL && strcmp(word, "old") == 0;
	s->filed = BEGIN + at;
}

static void
take_line(struct story *s, char *line)
{
	if (strncmp(line, "== ", 3) == 0) {
		finish_mail(s);
		begin_mail(s, line);
	} else if (strncmp(line, "-- ", 3) == 0)
		strncat(s->want, line + 3, TEXT_MAX - strlen(s->want) - 1);
	else if (s->want[0] == '\0' && line[0] != '#' && line[0] != '\n')
		strncat(s->block, line, TEXT_MAX - strlen(s->block) - 1);
}

static void
tell(void **state)
{
	struct story s = { .box = { .source = STR_LIT("post"),
		               .queue = STR_LIT("post"),
		               .agents = agents,
		               .addresses = addresses,
		               .anew_after = INT64_C(2592000000),
		               .event = on_event } };
	char path[300], line[1024];
	FILE *f;

	(void)snprintf(path, sizeof(path), STORIES "/%s", (const char *)*state);
	f = fopen(path, "r");
	assert_non_null(f);
	s.box.arg = &s;
	kit_threads(&s.box.threads, &s.memos);
	while (fgets(line, sizeof(line), f) != NULL)
		take_line(&s, line);
	finish_mail(&s);
	assert_true(s.ncontacts > 0);
	(void)fclose(f);
	memos_fini(&s.memos);
}

static int
is_story(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".txt") == 0;
}

int
main(void)
{
	struct CMUnitTest tests[64];
	struct dirent **files;
	int n = scandir(STORIES, &files, is_story, alphasort), rc;

	if (n < 1 || n > (int)COUNTOF(tests))
		return 1;
	for (int i = 0; i < n; i++)
		tests[i] =
		    (struct CMUnitTest){ files[i]->d_name, tell, NULL, NULL, files[i]->d_name };
	rc = _cmocka_run_group_tests("mail", tests, (size_t)n, NULL, NULL);
	while (n > 0)
		free(files[--n]);
	free(files);
	return rc;
}
