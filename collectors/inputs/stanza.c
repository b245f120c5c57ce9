/* SPDX-License-Identifier: MIT */
/*
 * stanza.c: bytes, as they come, into stanzas.
 *
 * A line of a switch may be cut anywhere, and anything may be on it: the port
 * may be that of another program.  So nothing is believed but line ends, and
 * memory is bounded whatever comes: one buffer, which holds the longest stanza
 * that is taken and never more.  What is longer is skipped as it arrives, and
 * told once.  Lines may end in CRLF or LF, also mixed.
 *
 * Of a head that is too long where bodies are possible, nobody can tell how
 * long its body is, so that is the end of the conversation.
 */
#include "collectors/inputs/stanza.h"

#include <stdlib.h>

#define CHUNK 16384 /* bytes; as much as libevent reads at once */
#define KEPT 131072 /* bytes; a buffer that had to be longer is given back */
#define LENGTH_DIGITS 15 /* of a Content-Length; more is nonsense */
#define WITHIN (STANZA_HEAD_MAX + 2) /* bytes in which a head and its empty line end */

struct stanzas {
	struct stanzas_options options;
	char *buf;
	size_t cap;
	size_t start, end; /* of the bytes not handed out yet */
	size_t seen; /* start <= seen <= end: the line that was not complete */
	size_t head; /* bytes of the head whose body is still to come; 0: none is */
	size_t body; /* bytes of that body */
	int64_t skip; /* bytes of a body nobody wants */
	bool greeting; /* the first line is still to come */
	bool skipping; /* the rest of a head nobody wants */
	bool midline; /* and the beginning of its line is gone */
};

struct stanzas *
stanzas_new(const struct stanzas_options *o)
{
	struct stanzas *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->options = *o;
	stanzas_reset(s);
	return s;
}

void
stanzas_free(struct stanzas *s)
{
	if (s == NULL)
		return;
	free(s->buf);
	free(s);
}

void
stanzas_reset(struct stanzas *s)
{
	free(s->buf);
	*s = (struct stanzas){ .options = s->options, .greeting = s->options.greets };
}

/* ---- the buffer */

static void
move_to_front(struct stanzas *s)
{
	if (s->start == 0)
		return;
	memmove(s->buf, s->buf + s->start, s->end - s->start);
	s->end -= s->start;
	s->seen -= s->start;
	s->start = 0;
}

/* Never past a head, its body and a chunk, for no more is left unread. */
static bool
grow(struct stanzas *s)
{
	size_t cap = s->cap == 0 ? CHUNK : s->cap * 2;
	char *buf;

	if (s->cap - s->end >= CHUNK / 2)
		return true;
	if ((buf = realloc(s->buf, cap)) == NULL)
		return false;
	s->buf = buf;
	s->cap = cap;
	return true;
}

static void
give_back(struct stanzas *s)
{
	if (s->cap <= KEPT || s->start < s->end)
		return;
	free(s->buf);
	s->buf = NULL;
	s->cap = s->start = s->end = s->seen = 0;
}

char *
stanzas_room(struct stanzas *s, size_t *n)
{
	give_back(s);
	move_to_front(s);
	if (!grow(s))
		return NULL;
	*n = s->cap - s->end < CHUNK ? s->cap - s->end : CHUNK;
	return s->buf + s->end;
}

void
stanzas_fill(struct stanzas *s, size_t n)
{
	s->end += n;
}

static struct str
part(const struct stanzas *s, size_t from, size_t to)
{
	return (struct str){ s->buf + from, (uint32_t)(to - from) };
}

/* ---- lines */

/* The next whole line that ends before limit, without its end; it is seen then. */
static bool
next_line(struct stanzas *s, size_t limit, struct str *line)
{
	const char *begin, *nl;

	if (limit > s->end)
		limit = s->end;
	if (s->seen >= limit)
		return false;
	begin = s->buf + s->seen;
	if ((nl = memchr(begin, '\n', limit - s->seen)) == NULL)
		return false;
	*line = (struct str){ begin, (uint32_t)(nl - begin) };
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	s->seen += (size_t)(nl + 1 - begin);
	return true;
}

static bool
is_of_stanza(struct str line)
{
	return line.n > 0 && memchr(line.p, ':', line.n) != NULL;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct str
trimmed(struct str s)
{
	for (; s.n > 0 && is_blank(s.p[0]); s.n--)
		s.p++;
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str
stanza_value(struct str head, const char *key)
{
	uint32_t n = (uint32_t)strlen(key), length;
	const char *nl;

	for (; head.n > 0; head.p += length, head.n -= length) {
		nl = memchr(head.p, '\n', head.n);
		length = nl != NULL ? (uint32_t)(nl + 1 - head.p) : head.n;
		if (length > n && head.p[n] == ':' && strncasecmp(head.p, key, n) == 0)
			return trimmed((struct str){ head.p + n + 1, length - n - 1 });
	}
	return STR_NONE;
}

/* ---- what nobody wants */

/* The rest of a head up to its empty line, of which the end may be cut in two. */
static bool
skip_head(struct stanzas *s)
{
	struct str line;

	while (s->skipping && next_line(s, s->end, &line)) {
		s->skipping = s->midline || line.n > 0;
		s->midline = false;
		s->start = s->seen;
	}
	if (!s->skipping)
		return true;
	if (!s->midline && s->end - s->start == 1 && s->buf[s->start] == '\r')
		return false;
	s->midline = s->midline || s->start < s->end;
	s->start = s->seen = s->end;
	return false;
}

static bool
skip_body(struct stanzas *s)
{
	int64_t here = (int64_t)(s->end - s->start);
	int64_t n = here < s->skip ? here : s->skip;

	s->skip -= n;
	s->start += (size_t)n;
	s->seen = s->start;
	return s->skip == 0;
}

/* ---- a stanza */

static enum stanza_kind
give_line(struct stanzas *s, struct stanza *out, struct str line, enum stanza_kind kind)
{
	s->start = s->seen;
	out->head = line;
	return kind;
}

static enum stanza_kind
give_oversized(struct stanzas *s, struct stanza *out)
{
	out->head = part(s, s->start, s->start + STANZA_HEAD_MAX);
	if (s->options.has_bodies && !s->greeting)
		return STANZA_BROKEN;
	s->greeting = false;
	s->skipping = true;
	s->start = s->seen;
	return STANZA_OVERSIZED;
}

/* -1: it makes no sense. */
static int64_t
length_of_body(const struct stanzas *s, struct str head)
{
	struct str text = STR_NONE;
	int64_t n = 0;

	if (s->options.has_bodies)
		text = stanza_value(head, "Content-Length");
	if (text.p != NULL && (text.n == 0 || text.n > LENGTH_DIGITS))
		return -1;
	for (uint32_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return -1;
		n = n * 10 + (text.p[i] - '0');
	}
	return n;
}

/* All of it is here but for its body: start is that of the head, seen the
 * beginning of the body. */
static enum stanza_kind
end_head(struct stanzas *s, struct stanza *out, struct str head)
{
	int64_t length = length_of_body(s, head);

	out->head = head;
	if (length < 0)
		return STANZA_BROKEN;
	if (length <= STANZA_BODY_MAX) {
		s->head = head.n;
		s->body = (size_t)length;
		return STANZA_WHOLE;
	}
	s->skip = length;
	s->start = s->seen;
	return STANZA_OVERSIZED;
}

static enum stanza_kind
read_head(struct stanzas *s, struct stanza *out)
{
	struct str line;
	bool is_first;

	while (next_line(s, s->start + WITHIN, &line)) {
		is_first = line.p == s->buf + s->start;
		if (s->greeting) {
			s->greeting = false;
			return give_line(s, out, line, STANZA_WHOLE);
		}
		if (is_first && line.n == 0)
			s->start = s->seen;
		else if (is_first && !is_of_stanza(line))
			return give_line(s, out, line, STANZA_NOISE);
		else if (line.n == 0)
			return end_head(s, out, part(s, s->start, (size_t)(line.p - s->buf)));
	}
	return s->end - s->start >= WITHIN ? give_oversized(s, out) : STANZA_NONE;
}

static enum stanza_kind
read_body(struct stanzas *s, struct stanza *out)
{
	if (s->end - s->seen < s->body)
		return STANZA_NONE;
	out->head = part(s, s->start, s->start + s->head);
	out->body = part(s, s->seen, s->seen + s->body);
	s->start = s->seen = s->seen + s->body;
	s->head = 0;
	return STANZA_WHOLE;
}

enum stanza_kind
stanzas_next(struct stanzas *s, struct stanza *out)
{
	*out = (struct stanza){ .kind = STANZA_NONE };
	if ((s->skipping && !skip_head(s)) || (s->skip > 0 && !skip_body(s)))
		return STANZA_NONE;
	if (s->head == 0)
		out->kind = read_head(s, out);
	if (s->head > 0)
		out->kind = read_body(s, out);
	return out->kind;
}
