/* SPDX-License-Identifier: MIT */
/*
 * fuzz_mail.c: any bytes as mails, one after the other, from their headers to
 * events.  Mails are parted by a line of "--"; the first byte says whether
 * they are old.
 */
#include <stdbool.h>

#include "../unit/mail_kit.h"
#include "fuzz_dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
on_event(void *arg, struct event *ev)
{
	enum event_member member;

	(void)arg;
	assert(event_check(ev, &member) == REFUSAL_NONE);
	assert(ev->contact.n == THREAD_NAME);
	check_wire(ev);
}

static void
take(struct mailbox *box, const char *text, size_t n, bool is_old)
{
	struct mail mail = { .filed = INT64_C(1700000000000), .is_old = is_old };
	size_t end = headers_end(text, n);
	char *again;

	mail.n = end > 0 ? end : n;
	mail.n = mail.n < HEADERS_MAX ? mail.n : HEADERS_MAX;
	mail.block = kit_block(text, mail.n);
	if (mail_take(box, &mail) == MAIL_NONE)
		return;
	/* the same once more is known */
	again = malloc(mail.n + 1);
	assert(again != NULL);
	memcpy(again, text, mail.n);
	mail.block = again;
	assert(mail_take(box, &mail) == MAIL_SEEN);
	free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *agents[] = { (char *)(uintptr_t) "alice@x=alice", (char *)(uintptr_t) "@y",
		NULL };
	static char *addresses[] = { (char *)(uintptr_t) "s@x=sales", NULL };
	struct mailbox box = { .source = STR_LIT("post"),
		.queue = STR_LIT("post"),
		.agents = agents,
		.addresses = addresses,
		.anew_after = 1,
		.event = on_event };
	struct memos memos = { 0 };
	const char *at = (const char *)data + 1, *end = (const char *)data + size, *part;

	if (size == 0)
		return 0;
	kit_threads(&box.threads, &memos);
	for (; at < end; at = part + 3) {
		part = memmem(at, (size_t)(end - at), "--\n", 3);
		if (part == NULL)
			part = end;
		take(&box, at, (size_t)(part - at), (data[0] & 1) != 0);
	}
	memos_fini(&memos);
	return 0;
}
