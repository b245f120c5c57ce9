/* SPDX-License-Identifier: MIT */
/*
 * test_top_view.c: what the live terminal draws: text that cannot do harm, in
 * columns that stay where they are, at any size; and that the bytes written
 * make of what a terminal shows what it is to show.
 */
#include "top_kit.h"

#include <locale.h>
#include <wchar.h>

/* ---- a terminal, as far as paint.c uses one */

struct cell {
	char text[CELL_BYTES + 1];
	bool chosen;
};
struct terminal {
	int w, h, x, y;
	bool chosen;
	struct cell *cells;
};

static struct cell *
cell_at(const struct terminal *t, int x, int y)
{
	assert_in_range(x, 0, t->w - 1);
	assert_in_range(y, 0, t->h - 1);
	return &t->cells[y * t->w + x];
}

static void
terminal_init(struct terminal *t, int w, int h)
{
	*t = (struct terminal){ .w = w, .h = h };
	t->cells = calloc((size_t)(w * h), sizeof(*t->cells));
	assert_non_null(t->cells);
}

/* Half of a wide character cannot stand alone. */
static void
blank_halves(struct terminal *t, int x)
{
	if (cell_at(t, x, t->y)->text[0] == '\0' && x > 0)
		strcpy(cell_at(t, x - 1, t->y)->text, " ");
}

static void
terminal_char(struct terminal *t, const char *p, size_t n)
{
	wchar_t c = 0;
	int width;
	struct cell *cell;

	assert_int_equal(mbrtowc(&c, p, n, &(mbstate_t){ 0 }), n);
	width = wcwidth(c);
	assert_in_range(width, 0, 2);
	if (width == 0) {
		for (cell = cell_at(t, t->x - 1, t->y); cell->text[0] == '\0';)
			cell--;
		strncat(cell->text, p, n);
		return;
	}
	blank_halves(t, t->x);
	if (t->x + width < t->w && cell_at(t, t->x + width, t->y)->text[0] == '\0')
		strcpy(cell_at(t, t->x + width, t->y)->text, " ");
	cell = cell_at(t, t->x, t->y);
	snprintf(cell->text, sizeof(cell->text), "%.*s", (int)n, p);
	cell->chosen = t->chosen;
	if (width == 2)
		*cell_at(t, t->x + 1, t->y) = (struct cell){ .chosen = t->chosen };
	t->x += width;
}

static const char *
terminal_escape(struct terminal *t, const char *p)
{
	int row, column, n = 0;

	if (strncmp(p, "[0m", 3) == 0)
		t->chosen = false;
	if (strncmp(p, "[7m", 3) == 0)
		t->chosen = true;
	if (sscanf(p, "[%d;%dH%n", &row, &column, &n) == 2 && n > 0) {
		t->y = row - 1;
		t->x = column - 1;
		return p + n;
	}
	n = (int)strcspn(p, "m"); /* nothing but colours else */
	assert_true(p[0] == '[' && p[n] == 'm' && strspn(p + 1, "0123456789;") == (size_t)n - 1);
	return p + n + 1;
}

static void
terminal_take(struct terminal *t, const struct out *o)
{
	struct str s = { o->buf, (uint32_t)o->len };
	uint32_t n;

	assert_false(o->failed);
	while (s.n > 0) {
		const char *p = s.p;

		if (*p == '\033')
			p = terminal_escape(t, p + 1);
		else {
			n = out_harmless(s);
			assert_int_not_equal(n, 0);
			terminal_char(t, p, n);
			p += n;
		}
		s.n -= (uint32_t)(p - s.p);
		s.p = p;
	}
}

static void
assert_shows(const struct terminal *t, const struct screen *s)
{
	for (int y = 0; y < s->h; y++)
		for (int x = 0; x < s->w; x++) {
			const struct square *q = screen_at(s, x, y);
			const struct cell *c = cell_at(t, x, y);

			if (strlen(c->text) != q->n || memcmp(c->text, q->text, q->n) != 0 ||
			    c->chosen != ((q->style & STYLE_CHOSEN) != 0))
				fail_msg("%d,%d of %dx%d: '%s', not '%.*s'", x, y, s->w, s->h,
				    c->text, q->n, q->text);
		}
}

/* ---- text on a screen */

static const char *
line(const struct screen *s, int y)
{
	static char text[SCREEN_MAX * CELL_BYTES + 1];
	size_t n = 0;

	for (int x = 0; x < s->w; x++) {
		memcpy(text + n, screen_at(s, x, y)->text, screen_at(s, x, y)->n);
		n += screen_at(s, x, y)->n;
	}
	while (n > 0 && text[n - 1] == ' ')
		n--;
	text[n] = '\0';
	return text;
}

static void
test_text(void **state)
{
	static const struct {
		int room;
		bool utf8;
		const char *text, *shown;
		int end;
	} rows[] = {
		{ 10, true, "sales", "sales", 5 },
		{ 5, true, "sales", "sales", 5 },
		{ 4, true, "sales", "sal\xe2\x80\xa6", 4 },
		{ 4, false, "sales", "sal~", 4 },
		{ 1, true, "sales", "\xe2\x80\xa6", 1 },
		{ 0, true, "sales", "", 0 },
		/* wide, and cut where one would stand half outside */
		{ 6, true, "\xe6\xbc\xa2\xe5\xad\x97x", "\xe6\xbc\xa2\xe5\xad\x97x", 5 },
		{ 4, true, "\xe6\xbc\xa2\xe5\xad\x97x", "\xe6\xbc\xa2\xe2\x80\xa6", 3 },
		{ 6, false, "\xe6\xbc\xa2\xe5\xad\x97x", "??x", 3 },
		/* combining: with its letter, nothing without one */
		{ 3, true, "e\xcc\x81t", "e\xcc\x81t", 2 },
		{ 3, true, "\xcc\x81t", "t", 1 },
		{ 2, true, "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81t",
		    "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81t", 2 },
		/* what would do harm */
		{ 20, true, "a\033[2Jb", "a\\x1b[2Jb", 9 },
		{ 20, true,
		    "\xe2\x80\xae"
		    "abc",
		    "\\xe2\\x80\\xaeabc", 15 },
		{ 20, true, "\xff\n", "\\xff\\x0a", 8 },
		{ 6, true, "\x1b\x1b", "\\x1b\xe2\x80\xa6", 5 },
	};
	struct screen s;

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		assert_true(screen_init(&s, 30, 1, rows[i].utf8));
		assert_int_equal(
		    screen_put(&s, 0, 0, rows[i].room, 0, str_of(rows[i].text)), rows[i].end);
		assert_string_equal(line(&s, 0), rows[i].shown);
		screen_fini(&s);
	}
}

/* What is put over half of a wide character takes the other half away. */
static void
test_halves(void **state)
{
	struct screen s;

	(void)state;
	assert_true(screen_init(&s, 8, 1, true));
	screen_say(&s, 0, 0, 0, "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2");
	screen_say(&s, 1, 0, 0, "ab");
	assert_string_equal(line(&s, 0), " ab \xe6\xbc\xa2");
	screen_put_right(&s, 0, 0, 5, 0, "c");
	assert_string_equal(line(&s, 0), " ab c");
	screen_put(&s, -1, 0, 5, 0, str_of("x"));
	screen_put(&s, 8, 0, 5, 0, str_of("x"));
	screen_put(&s, 0, 1, 5, 0, str_of("x"));
	assert_string_equal(line(&s, 0), " ab c");
	screen_fini(&s);
}

/* ---- all of it */

static const struct queue_row queues[] = {
	{ "sales", "crit", 5, 73, 0.62 },
	{ "\xe6\xbc\xa2\xe5\xad\x97\xe5\xae\xa2\xe6\x9c\x8d", "ok", 1, 12, 0.95 },
	{ "e\xcc\x81te\xcc\x81", "warn", 2, 30, 0.75 },
	{ "<img onerror=x>\033[2J", "closed", 0, 0, NAN },
	{ "\xd7\xa9\xd7\x99\xd7\xa8\xd7\x95\xd7\xaa", "unknown", 0, 0, 1 },
	{ "a name that is far too long for any column, and goes on", "ok", 7, 9999, 0.1 },
};
static const struct alert_row alerts[] = {
	{ "wait/queue:sales", "queue:sales", "firing", "page", 75 },
	{ "sl/queue:\xe6\xbc\xa2\xe5\xad\x97", "queue:\xe6\xbc\xa2\xe5\xad\x97", "acked", "warn",
	    90 },
};

static void
draw(struct model *m, struct screen *s, int w, int h, bool utf8)
{
	assert_true(screen_init(s, w, h, utf8));
	view_draw(m, s);
}

/* At 80 columns all six figures, the same columns for every name. */
static void
test_columns(void **state)
{
	static const char *const words[] = { "STATUS", "WAIT", "LONGEST", "SERVICE", "N", "/HOUR",
		"AHT", "READY" };
	struct model m;
	struct screen s;

	(void)state;
	begin(&m);
	show(&m, queues, COUNTOF(queues), alerts, COUNTOF(alerts));
	draw(&m, &s, 80, 24, true);
	for (size_t i = 0; i < COUNTOF(words); i++)
		assert_non_null(strstr(line(&s, 2), words[i]));
	for (int y = 3; y < 9; y++) {
		assert_memory_equal(screen_at(&s, 74, y)->text, " ", 1);
		assert_memory_equal(screen_at(&s, 78, y)->text, "2", 1); /* of 3/12 */
	}
	assert_non_null(strstr(line(&s, 0), "main"));
	assert_non_null(strstr(line(&s, 0), "01:00:00"));
	assert_non_null(strstr(line(&s, 0), "DEMO DATA"));
	screen_fini(&s);
	model_fini(&m);
}

/* Stale: nothing has a colour but what says so, and nothing ticks. */
static void
test_stale(void **state)
{
	struct model m;
	struct screen s;

	(void)state;
	begin(&m);
	show(&m, queues, COUNTOF(queues), alerts, COUNTOF(alerts));
	m.mono = 7000;
	draw(&m, &s, 80, 24, true);
	assert_non_null(strstr(line(&s, 6), "1:20"));
	screen_fini(&s);
	m.mono = 16000;
	draw(&m, &s, 80, 24, true);
	assert_non_null(strstr(line(&s, 6), "1:13"));
	assert_non_null(strstr(line(&s, 0), "NO NEW DATA for 0:16"));
	for (int y = 1; y < 23; y++)
		for (int x = 0; x < 80; x++)
			if (screen_at(&s, x, y)->text[0] != ' ' && screen_at(&s, x, y)->n > 0)
				assert_int_equal(
				    screen_at(&s, x, y)->style & ~STYLE_CHOSEN, STYLE_DIM);
	screen_fini(&s);
	model_fini(&m);
}

/* Only what changed is written. */
static void
test_little(void **state)
{
	static const char *const colours[] = { "\033[90m", "\033[33m", "\033[35m", "31m" };
	struct model m;
	struct screen a, b;
	struct out o;

	(void)state;
	begin(&m);
	show(&m, queues, COUNTOF(queues), NULL, 0);
	draw(&m, &a, 80, 24, true);
	draw(&m, &b, 80, 24, true);
	out_init(&o);
	paint(&o, &b, &a, true);
	assert_int_equal(o.len, 0);
	screen_fini(&b);
	m.wall += 1000;
	draw(&m, &b, 80, 24, true);
	paint(&o, &b, &a, true);
	assert_in_range(o.len, 1, 30);
	out_reset(&o);
	paint(&o, &b, NULL, false);
	for (size_t i = 0; i < COUNTOF(colours); i++)
		assert_null(memmem(o.buf, o.len, colours[i], strlen(colours[i])));
	out_fini(&o);
	screen_fini(&a);
	screen_fini(&b);
	model_fini(&m);
}

static unsigned seed = 1;

static unsigned
any(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

/* Anything that can happen to a board. */
static void
something(struct model *m)
{
	static const char keys[] = "jjjkkgGsrwa?//nyqxi\r\r\t\t\033\x7f\003\032\014";
	static const char *const more[] = { "\033[A", "\033[B", "\033[5~", "\033[6~", "\033[F",
		"\xe6\xbc\xa2", "\xcc\x81", "\033[Z", "\033[D" };
	char one[2] = { keys[any(sizeof(keys) - 1)], '\0' };

	switch (any(8)) {
	case 0:
		show(m, queues, any(COUNTOF(queues) + 1), alerts, any(COUNTOF(alerts) + 1));
		break;
	case 1:
		m->mono += any(6000);
		m->wall += any(6000);
		m->signs.redis = any(4) > 0;
		m->signs.read = any(3) > 0 ? m->mono : m->signs.read;
		break;
	case 2:
		m->ndue = any(LONGEST_MAX + 1);
		for (size_t i = 0; i < m->ndue; i++)
			m->due[i] = (double)NOW + 1000.0 * any(200) - 100000;
		break;
	case 3:
		type(m, more[any(COUNTOF(more))]);
		break;
	default:
		type(m, one);
	}
}

/* Any keys at any size: every screen is whole, and the terminal shows it,
 * painted anew or from the one before. */
static void
test_anything(void **state)
{
	struct screen now, before = { 0 };
	struct terminal t = { 0 };
	struct model m;
	struct out o;
	int w = 80, h = 24;

	(void)state;
	begin(&m);
	out_init(&o);
	for (unsigned i = 0; i < 6000; i++) {
		bool anew = i == 0 || any(40) == 0;

		if (anew) {
			w = any(3) > 0 ? 20 + (int)any(100) : 1 + (int)any(300);
			h = any(3) > 0 ? 5 + (int)any(30) : 1 + (int)any(100);
			free(t.cells);
			terminal_init(&t, w, h);
		}
		something(&m);
		draw(&m, &now, w, h, any(200) > 0);
		out_reset(&o);
		paint(&o, &now, anew ? NULL : &before, any(2) > 0);
		terminal_take(&t, &o);
		assert_shows(&t, &now);
		screen_fini(&before);
		before = now;
	}
	out_fini(&o);
	free(t.cells);
	screen_fini(&before);
	model_fini(&m);
}

/* Every screen there is, at sizes from nothing to a wall. */
static void
test_sizes(void **state)
{
	static const int sizes[][2] = { { 1, 1 }, { 20, 5 }, { 2, 100 }, { 300, 1 }, { 40, 10 },
		{ 79, 23 }, { 80, 24 }, { 132, 43 }, { 300, 100 } };
	static const char *const ways[] = { "", "\r", "\033?", "\033\t", "a", "\033/x" };
	struct model m;
	struct screen s;

	(void)state;
	begin(&m);
	show(&m, queues, COUNTOF(queues), alerts, COUNTOF(alerts));
	for (size_t i = 0; i < COUNTOF(ways); i++) {
		type(&m, ways[i]);
		for (size_t n = 0; n < COUNTOF(sizes); n++) {
			draw(&m, &s, sizes[n][0], sizes[n][1], n % 2 == 0);
			assert_int_equal(s.w, sizes[n][0]);
			assert_int_equal(s.h, sizes[n][1]);
			screen_fini(&s);
		}
	}
	model_fini(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_little),
		cmocka_unit_test(test_anything),
		cmocka_unit_test(test_sizes),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
