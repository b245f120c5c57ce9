/* SPDX-License-Identifier: MIT */
/*
 * fuzz_condition.c: any text as a condition, as a field and as a glob.
 *
 * A condition that is taken is taken with blanks between all its parts, too,
 * and means the same.  One that is refused leaves nothing behind and says why.
 * A glob matches the name it is, and no time is long enough to be noticed.
 */
#include <ccmon/rules.h>

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
same_text(const char *a, const char *b)
{
	return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

static bool
is_part_of(char a, char b)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyz0123456789_.", op[] = "<>=!";

	return (strchr(word, a) != NULL && strchr(word, b) != NULL) ||
	       (strchr(op, a) != NULL && strchr(op, b) != NULL);
}

/* The text with a blank wherever there may be one.  Caller frees. */
static char *
spread(const char *text)
{
	char *wide = malloc(2 * strlen(text) + 1), *p = wide;

	assert(wide != NULL);
	for (; *text != '\0'; text++) {
		*p++ = *text;
		if (text[1] != '\0' && !is_part_of(text[0], text[1]))
			*p++ = ' ';
	}
	*p = '\0';
	return wide;
}

static void
check_spread(const struct condition *c)
{
	struct condition again;
	char why[200], *wide = spread(c->text);
	int rc = condition_parse(wide, &again, why, sizeof(why));

	assert(rc == 0);
	assert(same_text(again.field, c->field) && same_text(again.other, c->other));
	assert(again.comparison == c->comparison);
	assert(again.factor == c->factor && again.number == c->number);
	condition_fini(&again);
	free(wide);
}

static void
try_condition(const char *text)
{
	struct condition c;
	char why[200] = "";

	if (condition_parse(text, &c, why, sizeof(why)) == 0) {
		assert(same_text(c.text, text) && why[0] == '\0');
		assert(c.field[0] != '\0' && c.comparison < COMPARISON_COUNT);
		assert(c.other != NULL || c.factor == 1);
		check_spread(&c);
		condition_fini(&c);
	} else
		assert(why[0] != '\0' && c.text == NULL && c.field == NULL && c.other == NULL);
}

static void
try_field(const char *text)
{
	const char *window;
	const struct field_row *row = field_row_split(text, &window);

	if (row == NULL)
		return;
	assert(row->scopes != 0 && row->windowed == (window != NULL));
	assert(strncmp(row->name, text, strlen(row->name)) == 0);
	assert(window == NULL || window[-1] == '_');
}

static void
try_glob(const char *text)
{
	struct str name = { text, (uint32_t)strlen(text) };

	assert(glob_match(text, name));
	assert(glob_match("*", name));
	if (name.n > 0)
		assert(!glob_match(text + 1, (struct str){ "", 0 }) ||
		       strspn(text + 1, "*") == name.n - 1);
	glob_match(text + name.n / 2, name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	assert(text != NULL);
	try_condition(text);
	try_field(text);
	try_glob(text);
	free(text);
	return 0;
}
