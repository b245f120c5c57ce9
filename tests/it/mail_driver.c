/* SPDX-License-Identifier: MIT */
/*
 * mail_driver.c: the mail code for the tests.  Each argument is a file with a
 * mail; a line for each, in the same order: its thread's name after all of
 * them were taken, or "seen", "none".
 */
#include <stdio.h>

#include "ccmon/siphash.h"
#include "../unit/mail_kit.h"

struct taken {
	struct mail_id id;
	const char *word; /* no thread is named */
};

static void
on_event(void *arg, struct event *ev)
{
	(void)arg;
	(void)ev;
}

static void
take(struct mailbox *box, const char *path, struct taken *taken)
{
	static char block[HEADERS_MAX];
	struct mail mail = { .block = block, .filed = INT64_C(1700000000000) };
	FILE *f = fopen(path, "r");
	struct headers h;
	size_t n, end;

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	n = fread(block, 1, sizeof(block), f);
	(void)fclose(f);
	end = headers_end(block, n);
	mail.n = end > 0 ? end : n;
	headers_read(&h, kit_block(block, mail.n), mail.n);
	if (!id_own(h.value[HEADER_MESSAGE_ID], &taken->id))
		taken->word = "unnamed";
	switch (mail_take(box, &mail)) {
	case MAIL_NONE:
		taken->word = "none";
		break;
	case MAIL_SEEN:
		taken->word = "seen";
		break;
	default:
		break;
	}
}

static void
print(const struct mailbox *box, const struct taken *taken)
{
	char name[THREAD_NAME];
	struct thread t;

	thread_find(&box->threads, id_str(&taken->id), 0, &t);
	thread_name(&t, name);
	if (taken->word != NULL)
		puts(taken->word);
	else
		printf("%.*s\n", THREAD_NAME, name);
}

int
main(int argc, char **argv)
{
	struct taken *taken = calloc((size_t)argc, sizeof(*taken));
	struct memos memos = { 0 };
	struct mailbox box = { .source = { "post", 4 }, .queue = { "post", 4 }, .event = on_event };

	if (taken == NULL)
		return 1;
	kit_threads(&box.threads, &memos);
	for (int i = 1; i < argc; i++)
		take(&box, argv[i], &taken[i]);
	for (int i = 1; i < argc; i++)
		print(&box, &taken[i]);
	memos_fini(&memos);
	free(taken);
	return 0;
}
