/* SPDX-License-Identifier: MIT */
/*
 * frame.c: the words on the line between daemon and hook runner.
 *
 * Each kind of frame is written by one function and read by one, which stand
 * one after the other and go through the same fields.  The reader stops at
 * the end of what came and only remembers that it did, so it reads like the
 * layout.  It believes nothing: both ends are ours, but one of them may be a
 * dying process, and the outbox keeps these bytes for days.
 */
#include "frame.h"

#include <endian.h>
#include <stdlib.h>

/* ---- writing */

static void
put8(struct out *o, uint8_t v)
{
	out_bytes(o, &v, sizeof(v));
}

static void
put16(struct out *o, uint16_t v)
{
	v = htole16(v);
	out_bytes(o, &v, sizeof(v));
}

static void
put32(struct out *o, uint32_t v)
{
	v = htole32(v);
	out_bytes(o, &v, sizeof(v));
}

static void
put64(struct out *o, int64_t v)
{
	uint64_t u = htole64((uint64_t)v);

	out_bytes(o, &u, sizeof(u));
}

static void
put_text(struct out *o, struct str s)
{
	put32(o, s.n);
	out_bytes(o, s.p, s.n);
	put8(o, 0);
}

static void
put_word(struct out *o, const char *s)
{
	put_text(o, str_of(s));
}

static void
put_words(struct out *o, char *const *words)
{
	uint32_t n = 0;

	while (words != NULL && words[n] != NULL)
		n++;
	put32(o, n);
	for (uint32_t i = 0; i < n; i++)
		put_word(o, words[i]);
}

static void
put_texts(struct out *o, const struct str *texts, size_t n)
{
	put32(o, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		put_text(o, texts[i]);
}

static size_t
begin(struct out *o, enum frame_type type)
{
	size_t at = o->len;

	put32(o, 0);
	put8(o, type);
	return at;
}

static void
end(struct out *o, size_t at)
{
	uint32_t size;

	if (o->failed)
		return;
	size = htole32((uint32_t)(o->len - at - sizeof(size)));
	memcpy(o->buf + at, &size, sizeof(size));
}

/* ---- reading */

struct reader {
	const char *p, *end;
	struct frame *frame; /* owns the arrays */
	bool damaged;
};

static const char *
take(struct reader *r, size_t n)
{
	const char *p = r->p;

	if ((size_t)(r->end - r->p) < n) {
		r->damaged = true;
		r->p = r->end;
		return NULL;
	}
	r->p += n;
	return p;
}

static uint8_t
get8(struct reader *r)
{
	const char *p = take(r, 1);

	return p != NULL ? (uint8_t)*p : 0;
}

/* One of so many. */
static uint8_t
get_word_of(struct reader *r, unsigned count)
{
	uint8_t v = get8(r);

	if (v >= count)
		r->damaged = true;
	return v;
}

static uint16_t
get16(struct reader *r)
{
	const char *p = take(r, 2);
	uint16_t v = 0;

	if (p != NULL)
		memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static uint32_t
get32(struct reader *r)
{
	const char *p = take(r, 4);
	uint32_t v = 0;

	if (p != NULL)
		memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static int64_t
get64(struct reader *r)
{
	const char *p = take(r, 8);
	uint64_t v = 0;

	if (p != NULL)
		memcpy(&v, p, sizeof(v));
	return (int64_t)le64toh(v);
}

static struct str
get_text(struct reader *r)
{
	uint32_t n = get32(r);
	const char *p = take(r, (size_t)n + 1);

	if (p == NULL || p[n] != '\0') {
		r->damaged = true;
		return STR_LIT("");
	}
	return (struct str){ p, n };
}

/* A text that will be used as a C string. */
static struct str
get_plain(struct reader *r)
{
	struct str s = get_text(r);

	if (memchr(s.p, '\0', s.n) != NULL)
		r->damaged = true;
	return s;
}

static char *
get_word(struct reader *r)
{
	return (char *)(uintptr_t)get_plain(r).p;
}

/* Memory for a list; each of its elements takes `least` bytes on the line, so
 * no more is asked for than came. */
static void *
array(struct reader *r, uint32_t n, size_t size, size_t least)
{
	void *p;

	if (r->damaged || n > (size_t)(r->end - r->p) / least) {
		r->damaged = true;
		return NULL;
	}
	p = calloc((size_t)n + 1, size);
	if (p == NULL)
		r->damaged = true;
	else
		r->frame->array[r->frame->narrays++] = p;
	return p;
}

#define TEXT_LEAST 5 /* bytes of an empty text */

static struct str *
get_texts(struct reader *r, size_t *n)
{
	uint32_t count = get32(r);
	struct str *texts = array(r, count, sizeof(*texts), TEXT_LEAST);

	for (uint32_t i = 0; texts != NULL && i < count; i++)
		texts[i] = get_plain(r);
	*n = texts != NULL ? count : 0;
	return texts;
}

/* ---- RULES */

static size_t
count_words(const struct rules *rules)
{
	size_t n = 0;

	for (size_t i = 0; i < rules->nhooks; i++) {
		for (char **w = rules->hook[i].command; w != NULL && *w != NULL; w++)
			n++;
		for (char **w = rules->hook[i].env; w != NULL && *w != NULL; w++)
			n++;
	}
	return n;
}

void
frame_rules(struct out *o, const struct rules *rules)
{
	size_t at = begin(o, FRAME_RULES);

	put32(o, (uint32_t)rules->nhooks);
	put32(o, (uint32_t)count_words(rules));
	for (size_t i = 0; i < rules->nhooks; i++) {
		const struct hook_def *h = &rules->hook[i];

		put_word(o, h->name);
		put64(o, h->timeout);
		put32(o, (uint32_t)h->concurrency);
		put64(o, h->give_up);
		put_words(o, h->command);
		put_words(o, h->env);
	}
	end(o, at);
}

#define HOOK_LEAST (TEXT_LEAST + 8 + 4 + 8 + 4 + 4)

/* A list of words in the memory that is there for the words of all hooks. */
static char **
get_words(struct reader *r, char ***room, uint32_t *left)
{
	uint32_t n = get32(r);
	char **words = *room;

	if (r->damaged || n > *left) {
		r->damaged = true;
		return NULL;
	}
	*left -= n;
	for (uint32_t i = 0; i < n; i++)
		words[i] = get_word(r);
	words[n] = NULL;
	*room += n + 1;
	return words;
}

static void
read_rules(struct reader *r, struct frame *f)
{
	uint32_t n = get32(r), left = get32(r);
	struct hook_def *hook = array(r, n, sizeof(*hook), HOOK_LEAST);
	char **room = NULL;

	/* a NULL after each list: two lists a hook, `n` is sound by now */
	if (hook != NULL && left <= (size_t)(r->end - r->p) / TEXT_LEAST)
		room = array(r, left + 2 * n, sizeof(*room), 1);
	if (room == NULL) {
		r->damaged = true;
		return;
	}
	for (uint32_t i = 0; i < n && !r->damaged; i++) {
		hook[i].name = get_word(r);
		hook[i].timeout = get64(r);
		hook[i].concurrency = (int)get32(r);
		hook[i].give_up = get64(r);
		hook[i].command = get_words(r, &room, &left);
		hook[i].env = get_words(r, &room, &left);
		if (hook[i].concurrency < 1 || hook[i].timeout < 1 || hook[i].give_up < 0 ||
		    hook[i].command == NULL || hook[i].command[0] == NULL)
			r->damaged = true;
	}
	if (left != 0)
		r->damaged = true;
	f->rules.hook = hook;
	f->rules.nhooks = n;
}

/* ---- PAGE, TOLD */

#define REF_LEAST (2 * TEXT_LEAST + 8 + 2 + 2)

static void
put_refs(struct out *o, const struct page_ref *ref, size_t n)
{
	put32(o, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		put_text(o, ref[i].alert);
		put_text(o, ref[i].episode);
		put64(o, ref[i].began);
		put16(o, ref[i].round);
		put16(o, ref[i].step);
	}
}

static const struct page_ref *
get_refs(struct reader *r, size_t *n)
{
	uint32_t count = get32(r);
	struct page_ref *ref = array(r, count, sizeof(*ref), REF_LEAST);

	for (uint32_t i = 0; ref != NULL && i < count; i++) {
		ref[i].alert = get_text(r);
		ref[i].episode = get_text(r);
		ref[i].began = get64(r);
		ref[i].round = get16(r);
		ref[i].step = get16(r);
	}
	*n = ref != NULL ? count : 0;
	return ref;
}

void
frame_page(struct out *o, const struct page *p)
{
	size_t at = begin(o, FRAME_PAGE);

	put_text(o, p->id);
	put8(o, p->kind);
	put64(o, p->time);
	put_texts(o, p->hooks, p->nhooks);
	put_refs(o, p->refs, p->nrefs);
	put_texts(o, p->env, p->nenv);
	put_text(o, p->body);
	end(o, at);
}

static void
read_page(struct reader *r, struct frame *f)
{
	struct page *p = &f->page;

	p->id = get_plain(r);
	p->kind = get_word_of(r, PAGE_KIND_COUNT);
	p->time = get64(r);
	p->hooks = get_texts(r, &p->nhooks);
	p->refs = get_refs(r, &p->nrefs);
	p->env = get_texts(r, &p->nenv);
	p->body = get_text(r);
	if (p->id.n == 0 || p->id.n >= PAGE_ID_MAX)
		r->damaged = true;
}

void
frame_told(struct out *o, const struct told_page *t)
{
	size_t at = begin(o, FRAME_TOLD);

	put_text(o, t->id);
	put8(o, t->kind);
	put64(o, t->time);
	put8(o, t->finished);
	put8(o, t->delivered);
	put_refs(o, t->refs, t->nrefs);
	end(o, at);
}

static void
read_told(struct reader *r, struct frame *f)
{
	struct told_page *t = &f->told;

	t->id = get_plain(r);
	t->kind = get_word_of(r, PAGE_KIND_COUNT);
	t->time = get64(r);
	t->finished = get_word_of(r, 2);
	t->delivered = get_word_of(r, 2);
	t->refs = get_refs(r, &t->nrefs);
}

/* ---- CANCEL, CANCELLED, STORED, FINISHED, TELL, READY */

static void
one_text(struct out *o, enum frame_type type, struct str s)
{
	size_t at = begin(o, type);

	put_text(o, s);
	end(o, at);
}

void
frame_cancel(struct out *o, struct str episode)
{
	one_text(o, FRAME_CANCEL, episode);
}

void
frame_cancelled(struct out *o, struct str episode)
{
	one_text(o, FRAME_CANCELLED, episode);
}

void
frame_stored(struct out *o, struct str page)
{
	one_text(o, FRAME_STORED, page);
}

static void
read_id(struct reader *r, struct frame *f)
{
	f->id = get_plain(r);
}

void
frame_finished(struct out *o, struct str page, bool delivered)
{
	size_t at = begin(o, FRAME_FINISHED);

	put_text(o, page);
	put8(o, delivered);
	end(o, at);
}

static void
read_finished(struct reader *r, struct frame *f)
{
	f->id = get_plain(r);
	f->delivered = get_word_of(r, 2);
}

void
frame_ready(struct out *o)
{
	end(o, begin(o, FRAME_READY));
}

void
frame_tell(struct out *o)
{
	end(o, begin(o, FRAME_TELL));
}

void
frame_go(struct out *o, bool go)
{
	end(o, begin(o, go ? FRAME_GO : FRAME_HOLD));
}

static void
read_nothing(struct reader *r, struct frame *f)
{
	(void)r, (void)f;
}

/* ---- RESULT */

void
frame_result(struct out *o, const struct hook_result *h)
{
	size_t at = begin(o, FRAME_RESULT);

	put_text(o, h->page);
	put_text(o, h->hook);
	put_text(o, h->alert);
	put8(o, h->kind);
	put8(o, h->outcome);
	put32(o, h->attempt);
	put32(o, (uint32_t)h->code);
	put64(o, h->took);
	put64(o, h->next);
	put_text(o, h->output);
	put_text(o, h->why);
	end(o, at);
}

static void
read_result(struct reader *r, struct frame *f)
{
	struct hook_result *h = &f->result;

	h->page = get_plain(r);
	h->hook = get_plain(r);
	h->alert = get_text(r);
	h->kind = get_word_of(r, PAGE_KIND_COUNT);
	h->outcome = get_word_of(r, HOOK_OUTCOME_COUNT);
	h->attempt = get32(r);
	h->code = (int)get32(r);
	h->took = get64(r);
	h->next = get64(r);
	h->output = get_text(r);
	h->why = get_text(r);
}

/* ---- STATUS */

#define STATUS_LEAST (3 * TEXT_LEAST + 7 * 8 + 1)

void
frame_status(struct out *o, const struct hook_status *s, size_t n)
{
	size_t at = begin(o, FRAME_STATUS);

	put32(o, (uint32_t)n);
	for (size_t i = 0; i < n; i++, s++) {
		put_text(o, s->name);
		put64(o, (int64_t)s->waiting);
		put64(o, (int64_t)s->running);
		put64(o, s->oldest);
		put64(o, (int64_t)s->delivered);
		put64(o, (int64_t)s->given_up);
		put64(o, (int64_t)s->attempts);
		put64(o, s->last_time);
		put8(o, s->last_outcome);
		put_text(o, s->last_why);
		put_text(o, s->unsafe);
	}
	end(o, at);
}

static void
read_status(struct reader *r, struct frame *f)
{
	uint32_t n = get32(r);
	struct hook_status *s = array(r, n, sizeof(*s), STATUS_LEAST);

	f->status = s;
	f->nstatus = s != NULL ? n : 0;
	for (uint32_t i = 0; s != NULL && i < n; i++, s++) {
		s->name = get_plain(r);
		s->waiting = (uint64_t)get64(r);
		s->running = (uint64_t)get64(r);
		s->oldest = get64(r);
		s->delivered = (uint64_t)get64(r);
		s->given_up = (uint64_t)get64(r);
		s->attempts = (uint64_t)get64(r);
		s->last_time = get64(r);
		s->last_outcome = get_word_of(r, HOOK_OUTCOME_COUNT);
		s->last_why = get_text(r);
		s->unsafe = get_text(r);
	}
}

/* ---- frames */

static void (*const readers[FRAME_NTYPES])(struct reader *, struct frame *) = {
	[FRAME_RULES] = read_rules,
	[FRAME_PAGE] = read_page,
	[FRAME_CANCEL] = read_id,
	[FRAME_TOLD] = read_told,
	[FRAME_READY] = read_nothing,
	[FRAME_TELL] = read_nothing,
	[FRAME_GO] = read_nothing,
	[FRAME_HOLD] = read_nothing,
	[FRAME_STORED] = read_id,
	[FRAME_FINISHED] = read_finished,
	[FRAME_RESULT] = read_result,
	[FRAME_CANCELLED] = read_id,
	[FRAME_STATUS] = read_status,
};

int
frame_first(struct str bytes, uint8_t *type, struct str *fields)
{
	uint32_t size;

	if (bytes.n < FRAME_HEADER)
		return 0;
	memcpy(&size, bytes.p, sizeof(size));
	size = le32toh(size);
	*type = (uint8_t)bytes.p[sizeof(size)];
	if (size < 1 || size > FRAME_MAX || *type < 1 || *type >= FRAME_NTYPES)
		return -1;
	if (bytes.n - sizeof(size) < size)
		return 0;
	*fields = (struct str){ bytes.p + FRAME_HEADER, size - 1 };
	return (int)(size + sizeof(size));
}

int
frame_open(struct frame *f, uint8_t type, struct str fields)
{
	struct reader r;

	*f = (struct frame){ .type = type, .fields = fields };
	r = (struct reader){ fields.p, fields.p + fields.n, f, false };
	if (type < 1 || type >= FRAME_NTYPES)
		return -1;
	readers[type](&r, f);
	if (!r.damaged && r.p == r.end)
		return 0;
	frame_close(f);
	return -1;
}

void
frame_close(struct frame *f)
{
	while (f->narrays > 0)
		free(f->array[--f->narrays]);
}

struct str
frame_page_id(struct str fields)
{
	struct frame f;
	struct reader r = { fields.p, fields.p + fields.n, &f, false };
	struct str id = get_plain(&r);

	return r.damaged ? STR_LIT("") : id;
}
