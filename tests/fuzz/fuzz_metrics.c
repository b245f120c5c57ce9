/* SPDX-License-Identifier: MIT */
/*
 * fuzz_metrics.c: any hashes, as one or several readings.
 *
 * A line "!K NAME" begins a hash of kind K (0 to 5), "FIELD=VALUE" is one of
 * its fields, "!!" begins the next reading.  Whatever stands there, each line
 * of the text is one of the format, and written again it is the same: nothing
 * in a name gets out of its quotes, and no counter falls by being told.
 */
#include "wallboard/metrics.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define WORDS 256

static const struct metrics_self self = { STR_LIT("1"), STR_LIT("s"), 1000, true };

struct hash {
	int kind; /* -1: none yet */
	struct str name;
	struct reply item[WORDS];
	size_t n;
};

/* ---- what a line may be */

static const char *
name_end(const char *p)
{
	const char *from = p;

	while ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_' ||
	       (*p >= '0' && *p <= '9'))
		p++;
	assert(p > from);
	return p;
}

/* Behind NAME="VALUE". */
static const char *
label_end(const char *p)
{
	p = name_end(p);
	assert(p[0] == '=' && p[1] == '"');
	for (p += 2; *p != '"'; p++) {
		assert(*p != '\n');
		if (*p == '\\') {
			p++;
			assert(*p == '\\' || *p == '"' || *p == 'n');
		}
	}
	return p + 1;
}

static void
check_number(const char *p, const char *end)
{
	if (end - p == 3 && memcmp(p, "NaN", 3) == 0)
		return;
	p += *p == '-';
	assert(p < end && *p >= '0' && *p <= '9' && strspn(p, "0123456789.") == (size_t)(end - p));
}

static void
check_sample(const char *p, const char *end)
{
	assert(strncmp(p, "ccmon_", 6) == 0);
	p = name_end(p);
	if (*p == '{') {
		do
			p = label_end(p + 1);
		while (*p == ',');
		assert(*p++ == '}');
	}
	assert(*p == ' ' && p < end);
	check_number(p + 1, end);
}

static void
check_text(const struct out *o)
{
	const char *p = o->buf, *end;

	for (; p < o->buf + o->len; p = end + 1) {
		end = memchr(p, '\n', (size_t)(o->buf + o->len - p));
		assert(end != NULL);
		if (*p == '#')
			assert(strncmp(p, "# TYPE ccmon_", 13) == 0 ||
			       strncmp(p, "# HELP ccmon_", 13) == 0 ||
			       strncmp(p, "# UNIT ccmon_", 13) == 0 ||
			       strncmp(p, "# EOF\n", 6) == 0);
		else
			check_sample(p, end);
	}
}

static void
write_twice(struct metrics *m)
{
	struct out a, b;

	out_init(&a);
	out_init(&b);
	for (int format = METRICS_PROMETHEUS; format <= METRICS_OPENMETRICS; format++) {
		out_reset(&a);
		out_reset(&b);
		metrics_write(m, &self, (enum metrics_format)format, &a);
		metrics_write(m, &self, (enum metrics_format)format, &b);
		assert(!a.failed && a.len == b.len && memcmp(a.buf, b.buf, a.len) == 0);
		check_text(&a);
	}
	out_fini(&a);
	out_fini(&b);
}

/* ---- readings */

static void
add(struct metrics *m, struct hash *h)
{
	struct reply hash = { .type = REPLY_ARRAY, .n = h->n, .item = h->item };

	if (h->kind >= 0)
		metrics_add(m, (enum metrics_kind)h->kind, h->name, &hash);
	h->n = 0;
	h->kind = -1;
}

static void
take_line(struct metrics *m, struct hash *h, struct str line)
{
	const char *is = line.n > 0 ? memchr(line.p, '=', line.n) : NULL;

	if (line.n >= 2 && line.p[0] == '!') {
		add(m, h);
		if (line.p[1] == '!') {
			write_twice(m);
			metrics_begin(m);
			return;
		}
		h->kind = (uint8_t)line.p[1] % METRICS_NKINDS;
		h->name = line.n > 3 ? (struct str){ line.p + 3, line.n - 3 } : STR_NONE;
	} else if (is != NULL && h->n + 2 <= WORDS) {
		uint32_t n = (uint32_t)(is - line.p);

		h->item[h->n++] = (struct reply){ .type = REPLY_TEXT, .text = { line.p, n } };
		h->item[h->n++] =
		    (struct reply){ .type = REPLY_TEXT, .text = { is + 1, line.n - n - 1 } };
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size;
	struct metrics *m = metrics_new();
	struct hash h = { .kind = -1 };

	assert(m != NULL);
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		uint32_t n = (uint32_t)((nl != NULL ? nl : end) - p);

		take_line(m, &h, (struct str){ p, n });
		p += n + 1;
	}
	add(m, &h);
	write_twice(m);
	metrics_free(m);
	return 0;
}
