/* SPDX-License-Identifier: MIT */
/*
 * out.c: text that grows, and numbers and JSON written into it.
 *
 * Figures are whole numbers of a small step, so they are written with integer
 * arithmetic only: what stands on a wall-board depends on no locale and no
 * rounding mode.
 *
 * The JSON writer keeps no state.  Whether a comma is due is seen from the
 * last byte written: a value ends in a quote, a bracket, a digit or the last
 * letter of true, false and null; a key in its colon.  So text put before a
 * document by other means must end in something else (a space, a line end).
 */
#include <ccmon/out.h>

#include <ccmon/event.h>

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define OUT_FIRST 256 /* bytes; doubled from there */

/* ---- figures ---- */

/* The steps of one whole, and their digits, by unit. */
static const struct {
	uint32_t one;
	unsigned places;
} scale[UNIT_NUNITS] = {
	[UNIT_COUNT] = { 1, 0 },
	[UNIT_SECONDS] = { 1000, 3 },
	[UNIT_RATIO] = { 10000, 4 },
	[UNIT_RATE] = { 1000, 3 },
	[UNIT_EPOCH_MS] = { 1, 0 },
	[UNIT_FLAG] = { 1, 0 },
	[UNIT_NUMBER] = { 10000, 4 },
};

/* Writes the digits of v, at least `width`, so that they end before end. */
static char *
digits_before(char *end, uint64_t v, unsigned width)
{
	char *p = end;

	for (; v > 0 || (unsigned)(end - p) < width; v /= 10)
		*--p = (char)('0' + v % 10);
	return p;
}

size_t
figure_format(char buf[FIGURE_TEXT_MAX], int64_t value, enum unit unit, const char *nan)
{
	uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
	char text[FIGURE_TEXT_MAX], *end = text + sizeof(text), *p = end;

	assert(unit < UNIT_NUNITS);
	if (value == FIGURE_NAN) {
		size_t n = strlen(nan);

		assert(n < FIGURE_TEXT_MAX);
		memcpy(buf, nan, n + 1);
		return n;
	}
	if (scale[unit].places > 0) {
		p = digits_before(p, size % scale[unit].one, scale[unit].places);
		*--p = '.';
	}
	p = digits_before(p, size / scale[unit].one, 1);
	if (value < 0)
		*--p = '-';
	memcpy(buf, p, (size_t)(end - p));
	buf[end - p] = '\0';
	return (size_t)(end - p);
}

/* floor((2 n one + d) / 2 d); C divides towards zero, so below it one less. */
int64_t
ratio(int64_t n, int64_t d, int64_t one)
{
	__int128 above, below, r;

	assert(one > 0 && one <= INT32_MAX);
	if (d <= 0)
		return FIGURE_NAN;
	above = (__int128)2 * n * one + d;
	below = (__int128)2 * d;
	r = above / below - (above % below < 0);
	if (r > INT64_MAX || r < -INT64_MAX)
		return r > 0 ? INT64_MAX : -INT64_MAX;
	return (int64_t)r;
}

/* ---- text ---- */

void
out_init(struct out *o)
{
	*o = (struct out){ 0 };
}

void
out_fini(struct out *o)
{
	free(o->buf);
	out_init(o);
}

/* A new text, in the same memory. */
void
out_reset(struct out *o)
{
	o->len = 0;
	o->failed = false;
}

/* Room for n more bytes? */
static bool
reserve(struct out *o, size_t n)
{
	size_t cap = o->cap > 0 ? o->cap : OUT_FIRST;
	char *buf;

	if (o->failed || n <= o->cap - o->len)
		return !o->failed;
	while (cap - o->len < n && cap <= SIZE_MAX / 2)
		cap *= 2;
	buf = cap - o->len < n ? NULL : realloc(o->buf, cap);
	if (buf == NULL) {
		o->failed = true;
		return false;
	}
	o->buf = buf;
	o->cap = cap;
	return true;
}

void
out_bytes(struct out *o, const void *p, size_t n)
{
	if (n == 0 || !reserve(o, n))
		return;
	memcpy(o->buf + o->len, p, n);
	o->len += n;
}

void
out_str(struct out *o, const char *s)
{
	out_bytes(o, s, strlen(s));
}

void
out_printf(struct out *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		o->failed = true;
	if (n < 0 || !reserve(o, (size_t)n + 1)) /* vsnprintf ends it with a NUL */
		return;
	va_start(ap, fmt);
	vsnprintf(o->buf + o->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	o->len += (size_t)n;
}

/* ---- JSON ---- */

/* Something comes: a comma first, if a value stands before it. */
static void
comma(struct out *o)
{
	char last = o->len > 0 ? o->buf[o->len - 1] : '\0';

	if ((last >= '0' && last <= '9') || (last != '\0' && strchr("\"}]el", last) != NULL))
		out_bytes(o, ",", 1);
}

void
json_open(struct out *o, char bracket)
{
	assert(bracket == '{' || bracket == '[');
	comma(o);
	out_bytes(o, &bracket, 1);
}

void
json_close(struct out *o, char bracket)
{
	assert(bracket == '}' || bracket == ']');
	out_bytes(o, &bracket, 1);
}

/* The character at the start of s: its length, or 0 when it is not UTF-8. */
static uint32_t
char_length(struct str s)
{
	for (uint32_t n = 1; n <= 4 && n <= s.n; n++)
		if (utf8_valid((struct str){ s.p, n }))
			return n;
	return 0;
}

/* A control character or one that JSON escapes. */
static void
escape(struct out *o, char c)
{
	static const char short_form[] = {
		['"'] = '"',
		['\\'] = '\\',
		['\b'] = 'b',
		['\f'] = 'f',
		['\n'] = 'n',
		['\r'] = 'r',
		['\t'] = 't',
	};
	char form[2] = { '\\', short_form[(unsigned char)c] };

	if (form[1] != '\0')
		out_bytes(o, form, 2);
	else
		out_printf(o, "\\u%04x", c);
}

static void
text_valid(struct out *o, struct str s)
{
	uint32_t from = 0;

	for (uint32_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] >= 0x20 && s.p[i] != '"' && s.p[i] != '\\')
			continue;
		out_bytes(o, s.p + from, i - from);
		escape(o, s.p[i]);
		from = i + 1;
	}
	if (from < s.n)
		out_bytes(o, s.p + from, s.n - from);
}

/* Refused input need not be UTF-8, but JSON must: U+FFFD for each bad byte. */
static void
text_mended(struct out *o, struct str s)
{
	while (s.n > 0) {
		uint32_t n = char_length(s);

		if (n > 0)
			text_valid(o, (struct str){ s.p, n });
		else
			out_str(o, "\xef\xbf\xbd");
		s.p += n > 0 ? n : 1;
		s.n -= n > 0 ? n : 1;
	}
}

static void
quoted(struct out *o, struct str s)
{
	out_bytes(o, "\"", 1);
	if (utf8_valid(s))
		text_valid(o, s);
	else
		text_mended(o, s);
	out_bytes(o, "\"", 1);
}

void
json_key(struct out *o, const char *key)
{
	comma(o);
	quoted(o, str_of(key));
	out_bytes(o, ":", 1);
}

void
json_text(struct out *o, struct str s)
{
	comma(o);
	quoted(o, s);
}

void
json_int(struct out *o, int64_t value)
{
	comma(o);
	out_printf(o, "%lld", (long long)value);
}

void
json_figure(struct out *o, int64_t value, enum unit unit)
{
	char text[FIGURE_TEXT_MAX];
	size_t n = figure_format(text, value, unit, "null");

	comma(o);
	out_bytes(o, text, n);
}

void
json_bool(struct out *o, bool value)
{
	json_raw(o, value ? STR_LIT("true") : STR_LIT("false"));
}

void
json_none(struct out *o)
{
	json_raw(o, STR_LIT("null"));
}

/* The date of a day since 1970, of years since 0000-03-01: a leap day is then
 * the last of its year, and months' lengths repeat every five. */
static void
date_of(int64_t days, int *year, int *month, int *day)
{
	int64_t n = days + 719468; /* days from 0000-03-01 to 1970-01-01 */
	int64_t era = (n >= 0 ? n : n - 146096) / 146097, in_era = n - era * 146097;
	int64_t years = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int64_t in_year = in_era - (365 * years + years / 4 - years / 100);
	int64_t month5 = (5 * in_year + 2) / 153;

	*day = (int)(in_year - (153 * month5 + 2) / 5 + 1);
	*month = (int)(month5 < 10 ? month5 + 3 : month5 - 9);
	*year = (int)(years + era * 400 + (*month <= 2));
}

void
json_time(struct out *o, msec_t t)
{
	int64_t days = t / 86400000 - (t % 86400000 < 0), ms = t - days * 86400000;
	int year, month, day;

	date_of(days, &year, &month, &day);
	comma(o);
	out_printf(o, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", year, month, day,
	    (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
}

void
json_raw(struct out *o, struct str value)
{
	comma(o);
	out_bytes(o, value.p, value.n);
}

/* ---- for terminals and logs ---- */

/* What is not seen itself, and changes what is: the order of the text round
 * it, or that two names look like one.  Unicode 15, general category Cf, and
 * the separators of lines and paragraphs. */
static const struct {
	uint32_t first, last;
} unseen[] = { { 0xad, 0xad }, { 0x600, 0x605 }, { 0x61c, 0x61c }, { 0x6dd, 0x6dd },
	{ 0x70f, 0x70f }, { 0x890, 0x891 }, { 0x8e2, 0x8e2 }, { 0x180e, 0x180e },
	{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff },
	{ 0xfff9, 0xfffb }, { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f },
	{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0001, 0xe007f } };

static bool
is_seen(const char *p, uint32_t n)
{
	static const uint8_t first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (unsigned char)*p & first_bits[n];

	for (uint32_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	for (size_t i = 0; i < COUNTOF(unseen); i++)
		if (c >= unseen[i].first && c <= unseen[i].last)
			return false;
	return true;
}

uint32_t
out_harmless(struct str s)
{
	uint32_t n = s.n > 0 ? char_length(s) : 0;

	if (n == 0 || name_check((struct str){ s.p, n }, 1, 4) != REFUSAL_NONE)
		return 0;
	return is_seen(s.p, n) ? n : 0;
}

static void
put_safely(struct out *o, struct str s, const char *not_those)
{
	while (s.n > 0) {
		uint32_t n = char_length(s), step = n > 0 ? n : 1;

		if (out_harmless(s) > 0 && strchr(not_those, *s.p) == NULL)
			out_bytes(o, s.p, n);
		else
			for (uint32_t i = 0; i < step; i++)
				out_printf(o, "\\x%02x", (unsigned char)s.p[i]);
		s.p += step;
		s.n -= step;
	}
}

void
out_escaped(struct out *o, struct str s)
{
	put_safely(o, s, "\"\\");
}

void
out_shown(struct out *o, struct str s)
{
	put_safely(o, s, "");
}
