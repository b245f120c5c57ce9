/* SPDX-License-Identifier: MIT */
/*
 * condition.c: one line of a rule's `when` or `clear`, from its text.
 *
 *	field op number
 *	field op [number *] field [+ number | - number]
 *
 * That is all there is, so that whoever is paged can check the line with a
 * finger on the board.  What looks like more is refused with the way to say
 * it: two lines for "and", two rules for "or".  Numbers are decimal, with a
 * point, in the unit of the figure; "20s" and "80%" are refused, for a guess
 * could be wrong by a factor.  Whether the fields exist is not asked here.
 */
#include <ccmon/rules.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER_DIGITS_MAX 24 /* bytes of one number */
#define NUMBER_MAX 1e13 /* epoch ms are 2e12; what is larger is a mistake */

#define FIELD_FIRST "abcdefghijklmnopqrstuvwxyz"
#define FIELD_BYTES FIELD_FIRST "0123456789_"
#define DIGITS "0123456789"

static const struct {
	const char *text;
	uint8_t comparison;
} comparisons[COMPARISON_COUNT] = {
#define COMPARISON(sym, text, op) { text, COMPARE_##sym },
	COMPARISONS(COMPARISON)
#undef COMPARISON
};

/* What people write who know another language. */
static const struct {
	const char *text, *instead;
} foreign[] = {
	{ "=", "write ==" },
	{ "&&", "conditions that must all hold are a list of texts" },
	{ "and", "conditions that must all hold are a list of texts" },
	{ ",", "conditions that must all hold are a list of texts" },
	{ "||", "for an \"or\", write two rules" },
	{ "or", "for an \"or\", write two rules" },
	{ "%", "a ratio is from 0 to 1: write 0.80, not 80%" },
};

struct reader {
	const char *p;
	char *why;
	size_t why_len;
};

CCMON_PRINTF(2, 3)
static int
wrong(struct reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why, r->why_len, fmt, ap);
	va_end(ap);
	return -1;
}

static void
skip_blanks(struct reader *r)
{
	r->p += strspn(r->p, " \t");
}

/* Something else stands where `wanted` must. */
static int
unexpected(struct reader *r, const char *wanted)
{
	if (*r->p == '\0')
		return wrong(r, "ends where %s must stand", wanted);
	for (size_t i = 0; i < COUNTOF(foreign); i++)
		if (strncmp(r->p, foreign[i].text, strlen(foreign[i].text)) == 0)
			return wrong(r, "\"%.40s\": %s", r->p, foreign[i].instead);
	return wrong(r, "\"%.40s\" stands where %s must", r->p, wanted);
}

static int
read_field(struct reader *r, char **field)
{
	size_t n = strspn(r->p, FIELD_BYTES);

	if (n == 0 || strspn(r->p, FIELD_FIRST) == 0)
		return unexpected(r, "a field");
	if ((*field = strndup(r->p, n)) == NULL)
		return wrong(r, "out of memory");
	r->p += n;
	return 0;
}

static int
read_comparison(struct reader *r, uint8_t *comparison)
{
	size_t n;

	skip_blanks(r);
	for (size_t i = 0; i < COMPARISON_COUNT; i++) {
		n = strlen(comparisons[i].text);
		if (strncmp(r->p, comparisons[i].text, n) == 0) {
			*comparison = comparisons[i].comparison;
			r->p += n;
			return 0;
		}
	}
	return unexpected(r, "one of < <= > >= == !=");
}

/* Digits with a point at most, no sign. */
static int
read_number(struct reader *r, double *number)
{
	size_t n = strspn(r->p, DIGITS);

	if (n > 0 && r->p[n] == '.' && strspn(r->p + n + 1, DIGITS) > 0)
		n += 1 + strspn(r->p + n + 1, DIGITS);
	if (n == 0)
		return unexpected(r, "a number");
	if (n <= NUMBER_DIGITS_MAX)
		*number = strtod(r->p, NULL);
	if (n > NUMBER_DIGITS_MAX || *number > NUMBER_MAX)
		return wrong(r, "%.40s is too large or too long", r->p);
	if (r->p[n] != '\0' && strchr(FIELD_BYTES ".", r->p[n]) != NULL)
		return wrong(r, "\"%.40s\": a number stands alone, in the unit of its field", r->p);
	r->p += n;
	return 0;
}

/* [+ NUMBER | - NUMBER] */
static int
read_addend(struct reader *r, double *number)
{
	char sign = *r->p;

	if (sign != '+' && sign != '-')
		return 0;
	r->p++;
	skip_blanks(r);
	if (read_number(r, number) == -1)
		return -1;
	if (sign == '-')
		*number = -*number;
	return 0;
}

/* FIELD and what may be added to it. */
static int
read_other(struct reader *r, struct condition *c)
{
	skip_blanks(r);
	if (read_field(r, &c->other) == -1)
		return -1;
	skip_blanks(r);
	return read_addend(r, &c->number);
}

static int
read_value(struct reader *r, struct condition *c)
{
	bool is_negative;

	skip_blanks(r);
	if (*r->p != '\0' && strchr(FIELD_FIRST, *r->p) != NULL)
		return read_other(r, c);
	is_negative = *r->p == '-';
	r->p += is_negative;
	skip_blanks(r);
	if (read_number(r, &c->number) == -1)
		return -1;
	if (is_negative)
		c->number = -c->number;
	skip_blanks(r);
	if (*r->p != '*')
		return 0;
	r->p++;
	c->factor = c->number;
	c->number = 0;
	return read_other(r, c);
}

static int
read_condition(struct reader *r, struct condition *c)
{
	skip_blanks(r);
	if (read_field(r, &c->field) == -1 || read_comparison(r, &c->comparison) == -1 ||
	    read_value(r, c) == -1)
		return -1;
	skip_blanks(r);
	return *r->p == '\0' ? 0 : unexpected(r, "its end");
}

int
condition_parse(const char *text, struct condition *c, char *why, size_t why_len)
{
	struct reader r = { text, why, why_len };

	*c = (struct condition){ .factor = 1 };
	if ((c->text = strdup(text)) == NULL)
		wrong(&r, "out of memory");
	else if (read_condition(&r, c) == 0)
		return 0;
	condition_fini(c);
	return -1;
}

void
condition_fini(struct condition *c)
{
	free(c->text);
	free(c->field);
	free(c->other);
	*c = (struct condition){ 0 };
}
