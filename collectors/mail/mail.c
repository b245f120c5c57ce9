/* SPDX-License-Identifier: MIT */
/*
 * mail.c: from the mails of one mailbox to events.
 *
 * A thread is a contact.  The customer's first mail begins it: `queued`, and
 * a `message`; each further one is a `message`.  The first mail of an agent
 * answers it: `answered`, a public `message`, and `ended`, all at that instant,
 * for a mailbox does not show how long somebody wrote; each further one is a
 * `message`.  After each of them the matter is `pending`: the customer's next
 * mail ends that by itself.  What is written among us is no public message, and what a program
 * wrote is from `auto`; neither begins anything.
 *
 * When an agent writes first, that mail is an outbound visit, and so is each
 * further one until the customer writes back: outbound visits leave nothing
 * behind that a later message could belong to.  The customer's mail then is
 * the beginning of an inbound matter.
 *
 * A mail's time is that of its arrival.  Date is what the sender's clock said,
 * and a clock that is wrong or lies would move our figures.  The topmost
 * Received is of our own last hop; should it be more than a day before the
 * time of the file, or after it, it is not, and the file's own time is taken.
 *
 * Nothing is said of a matter's end: mail has no word for it.
 */
#include "mail.h"

#include "address.h"
#include "automatic.h"
#include "date.h"

#define DAY INT64_C(86400000) /* ms */
/* Ids of one mail that are looked at: so many threads could end by it, and
 * what they become must fit the block of one message. */
#define IDS_MAX 500

enum writer { WRITER_CUSTOMER, WRITER_AGENT, WRITER_AMONG_US, WRITER_AUTO };

/* One mail being taken. */
struct taking {
	struct mailbox *box;
	const struct headers *headers;
	struct thread thread;
	msec_t time;
	bool is_old;
	uint8_t writer; /* enum writer */
	struct address from; /* empty: nobody knows */
	struct str agent; /* of WRITER_AGENT, WRITER_AMONG_US */
	unsigned events;
};

/* ---- lists of addresses */

struct entry {
	struct str address; /* or "@domain" */
	struct str name; /* none: as the address says */
};

static struct entry
entry_read(const char *text)
{
	const char *at = strchr(text, '@'), *equals = at == NULL ? NULL : strchr(at, '=');
	size_t n = equals == NULL ? strlen(text) : (size_t)(equals - text);

	return (struct entry){ { text, (uint32_t)n },
		equals == NULL ? STR_NONE
		               : (struct str){ equals + 1, (uint32_t)strlen(equals + 1) } };
}

static bool
equals(struct str text, struct str small)
{
	return text.n == small.n && header_begins(text, small);
}

/* An entry for this very address comes before one for its domain. */
static bool
look_up(char **list, const struct address *a, struct entry *out)
{
	struct str whole = address_str(a), domain = { a->text + a->at, a->n - a->at };
	bool found = false;

	for (; list != NULL && *list != NULL; list++) {
		struct entry e = entry_read(*list);

		if (equals(e.address, whole)) {
			*out = e;
			return true;
		}
		if (!found && domain.n > 0 && equals(e.address, domain)) {
			*out = e;
			found = true;
		}
	}
	return found;
}

/* One of us: who, by what the lists call her, else by her address. */
static bool
is_ours(const struct mailbox *box, const struct address *a, struct str *name)
{
	struct entry e;

	if (look_up(box->agents, a, &e) && e.name.p != NULL)
		*name = e.name;
	else if (look_up(box->agents, a, &e) || look_up(box->addresses, a, &e))
		*name = (struct str){ a->text, a->at };
	else
		return false;
	return true;
}

/* ---- what the headers say */

static bool
first_address(struct str header, struct address *a)
{
	while (address_next(&header, a))
		if (a->at < a->n)
			return true;
	a->n = a->at = 0;
	return false;
}

/* Everybody whom it says it was written to is one of us. */
static bool
is_among_us(const struct mailbox *box, const struct headers *h)
{
	static const uint8_t to[] = { HEADER_TO, HEADER_CC };
	struct address a;
	struct str name;
	bool anybody = false;

	for (size_t i = 0; i < COUNTOF(to); i++)
		for (struct str rest = h->value[to[i]]; address_next(&rest, &a);) {
			if (!is_ours(box, &a, &name))
				return false;
			anybody = true;
		}
	return anybody;
}

static void
find_writer(struct taking *t)
{
	const struct headers *h = t->headers;
	bool ours =
	    first_address(h->value[HEADER_FROM], &t->from) && is_ours(t->box, &t->from, &t->agent);

	if (automatic_sign(h) != NULL)
		t->writer = WRITER_AUTO;
	else if (!ours)
		t->writer = WRITER_CUSTOMER;
	else
		t->writer = is_among_us(t->box, h) ? WRITER_AMONG_US : WRITER_AGENT;
}

/* By the first of our addresses that it names. */
static struct str
find_queue(const struct mailbox *box, const struct headers *h)
{
	static const uint8_t names_us[] = { HEADER_DELIVERED_TO, HEADER_ORIGINAL_TO, HEADER_TO,
		HEADER_CC, HEADER_FROM };
	struct address a;
	struct entry e;

	for (size_t i = 0; i < COUNTOF(names_us); i++)
		for (struct str rest = h->value[names_us[i]]; address_next(&rest, &a);)
			if (look_up(box->addresses, &a, &e))
				return e.name.p != NULL ? e.name : box->queue;
	return box->queue;
}

static msec_t
find_time(const struct headers *h, msec_t filed)
{
	struct str received = h->value[HEADER_RECEIVED];
	const char *semicolon = received.n == 0 ? NULL : memrchr(received.p, ';', received.n);
	msec_t at;

	if (semicolon == NULL)
		return filed;
	received.n -= (uint32_t)(semicolon + 1 - received.p);
	received.p = semicolon + 1;
	if (date_parse(received, &at) == -1 || at < filed - DAY || at > filed)
		return filed;
	return at;
}

/* ---- events */

static void
begin(struct event *ev, enum event_kind kind, const struct taking *t, const struct thread *thread,
    char name[THREAD_NAME])
{
	thread_name(thread, name);
	*ev = (struct event){ .event = kind,
		.has = HAS(SOURCE) | HAS(TIME) | HAS(CHANNEL) | HAS(QUEUE) | HAS(CONTACT),
		.source = t->box->source,
		.time = t->time,
		.channel = CHANNEL_EMAIL,
		.queue = { thread->queue, thread->nqueue },
		.contact = { name, THREAD_NAME } };
}

static void
emit(struct taking *t, struct event *ev)
{
	t->box->event(t->box->arg, ev);
	t->events++;
}

static void
give_agent(struct event *ev, const struct taking *t)
{
	ev->has |= HAS(AGENT);
	ev->agent = t->agent;
}

/* Who the customer is may be missing: an address that is no text is none. */
static void
give_customer(struct event *ev, const struct taking *t)
{
	(void)event_set_str(ev, M_CUSTOMER, address_str(&t->from));
}

static void
emit_queued(struct taking *t, enum direction direction)
{
	char name[THREAD_NAME];
	struct event ev;

	begin(&ev, EV_QUEUED, t, &t->thread, name);
	if (direction == DIRECTION_OUT) {
		ev.has |= HAS(DIRECTION);
		ev.direction = DIRECTION_OUT;
	} else
		give_customer(&ev, t);
	emit(t, &ev);
}

static void
emit_message(struct taking *t, enum writer writer)
{
	static const uint8_t from[] = { [WRITER_CUSTOMER] = FROM_CUSTOMER,
		[WRITER_AGENT] = FROM_AGENT,
		[WRITER_AMONG_US] = FROM_AGENT,
		[WRITER_AUTO] = FROM_AUTO };
	char name[THREAD_NAME];
	struct event ev;

	begin(&ev, EV_MESSAGE, t, &t->thread, name);
	ev.has |= HAS(FROM) | HAS(PUBLIC);
	ev.from = from[writer];
	ev.public = writer != WRITER_AMONG_US;
	if (ev.from == FROM_AGENT)
		give_agent(&ev, t);
	emit(t, &ev);
}

static void
emit_by_agent(struct taking *t, enum event_kind kind)
{
	char name[THREAD_NAME];
	struct event ev;

	begin(&ev, kind, t, &t->thread, name);
	give_agent(&ev, t);
	emit(t, &ev);
}

static void
emit_answer(struct taking *t)
{
	emit_by_agent(t, EV_ANSWERED);
	emit_message(t, t->writer);
	emit_by_agent(t, EV_ENDED);
}

/* It is the customer's turn. */
static void
emit_pending(struct taking *t)
{
	char name[THREAD_NAME];
	struct event ev;

	begin(&ev, EV_STATUS, t, &t->thread, name);
	ev.has |= HAS(STATUS);
	ev.status = STATUS_PENDING;
	emit(t, &ev);
}

/* ---- threads */

static void
open_matter(struct taking *t, enum thread_state state)
{
	struct thread *thread = &t->thread;
	struct str queue = find_queue(t->box, t->headers);

	thread->state = (uint8_t)state;
	thread->answered = false;
	thread->opened = t->time;
	thread->nqueue = (uint8_t)queue.n;
	memcpy(thread->queue, queue.p, queue.n);
}

/*
 * A thread went into another, so its contact was one too many.  If nobody
 * answered it, it leaves the queue; its customer waits on in the other one,
 * where that has to be said when the mail that joined them does not.  If it
 * was answered, all that could be said of it has been counted, and was right
 * when it was.
 */
static void
withdraw(struct taking *t, const struct thread *gone)
{
	char name[THREAD_NAME];
	struct event ev;

	if (gone->state != THREAD_IN || gone->answered)
		return;
	begin(&ev, EV_FLOWED_OUT, t, gone, name);
	ev.has |= HAS(REASON);
	ev.reason = STR_LIT("withdrawn");
	emit(t, &ev);
	if (t->thread.answered && (t->writer == WRITER_AMONG_US || t->writer == WRITER_AUTO))
		emit_message(t, WRITER_CUSTOMER);
}

static void
join_all(struct taking *t)
{
	static const uint8_t lists[] = { HEADER_IN_REPLY_TO, HEADER_REFERENCES };
	struct mail_id id;
	struct thread gone;
	unsigned n = 0;

	for (size_t i = 0; i < COUNTOF(lists); i++)
		for (struct str rest = t->headers->value[lists[i]];
		     n < IDS_MAX && id_next(&rest, &id); n++)
			if (thread_join(&t->box->threads, &t->thread, id_str(&id), &gone))
				withdraw(t, &gone);
}

/* ---- a mail in its thread */

static bool
is_new_matter(const struct taking *t)
{
	const struct thread *thread = &t->thread;
	msec_t after = t->box->anew_after;

	return thread->state != THREAD_IN ||
	       (thread->answered && after > 0 && t->time - thread->opened > after);
}

static void
from_customer(struct taking *t)
{
	if (is_new_matter(t)) {
		open_matter(t, THREAD_IN);
		emit_queued(t, DIRECTION_IN);
	}
	emit_message(t, t->writer);
}

static void
from_agent(struct taking *t)
{
	struct thread *thread = &t->thread;

	switch ((enum thread_state)thread->state) {
	case THREAD_BEFORE: /* the answer to a mail that was not counted */
		return;
	case THREAD_QUIET:
	case THREAD_OUT:
		open_matter(t, THREAD_OUT);
		emit_queued(t, DIRECTION_OUT);
		emit_answer(t);
		return;
	case THREAD_IN:
		if (thread->answered)
			emit_message(t, t->writer);
		else
			emit_answer(t);
		emit_pending(t);
		thread->answered = true;
	}
}

static void
from_nobody(struct taking *t)
{
	if (t->thread.state == THREAD_IN)
		emit_message(t, t->writer);
}

static void (*const by_writer[])(struct taking *) = {
	[WRITER_CUSTOMER] = from_customer,
	[WRITER_AGENT] = from_agent,
	[WRITER_AMONG_US] = from_nobody,
	[WRITER_AUTO] = from_nobody,
};

static bool
is_unnamed(const struct taking *t)
{
	return t->agent.p != NULL && t->writer != WRITER_AUTO &&
	       name_check(t->agent, 1, NAME_MAX_BYTES) != REFUSAL_NONE;
}

static enum mail_verdict
take_new(struct taking *t, struct str id)
{
	struct thread *thread = &t->thread;
	bool unnamed;

	find_writer(t);
	unnamed = is_unnamed(t);
	thread_find(&t->box->threads, id, t->time, thread);
	join_all(t);
	if (!t->is_old && !unnamed)
		by_writer[t->writer](t);
	else if (t->writer == WRITER_CUSTOMER && thread->state == THREAD_QUIET)
		thread->state = THREAD_BEFORE;
	thread_keep(&t->box->threads, thread, id);
	if (unnamed)
		return MAIL_UNNAMED;
	return t->events > 0 ? MAIL_TAKEN : MAIL_SKIPPED;
}

/* For a mail that has no Message-ID: no other id has a space in it. */
static void
made_id(struct mailbox *box, const struct mail *mail, struct mail_id *id)
{
	uint8_t key[MEMO_KEY];

	thread_key(
	    &box->threads, STR_LIT("block"), (struct str){ mail->block, (uint32_t)mail->n }, key);
	id->text[0] = ' ';
	memcpy(id->text + 1, key, sizeof(key));
	id->n = 1 + sizeof(key);
}

enum mail_verdict
mail_take(struct mailbox *box, struct mail *mail)
{
	struct headers headers;
	struct taking t = { .box = box, .headers = &headers, .is_old = mail->is_old };
	struct mail_id made, id;

	made_id(box, mail, &made);
	headers_read(&headers, mail->block, mail->n);
	if (headers.n == 0)
		return MAIL_NONE;
	if (!id_own(headers.value[HEADER_MESSAGE_ID], &id))
		id = made;
	if (thread_has(&box->threads, id_str(&id)))
		return MAIL_SEEN;
	t.time = find_time(&headers, mail->filed);
	return take_new(&t, id_str(&id));
}
