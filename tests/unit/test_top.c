/* SPDX-License-Identifier: MIT */
/*
 * test_top.c: the live terminal's keys, figures and signs of life.
 */
#include "top_kit.h"

/* ---- keys */

static void
test_keys(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		bool last;
		size_t used;
		uint8_t code;
	} rows[] = {
		{ "", 0, true, 0, KEY_UNKNOWN }, { "q", 1, false, 1, KEY_CHAR },
		{ "\r", 1, false, 1, KEY_ENTER }, { "\n", 1, false, 1, KEY_ENTER },
		{ "\t", 1, false, 1, KEY_TAB }, { "\x7f", 1, false, 1, KEY_BACKSPACE },
		{ "\b", 1, false, 1, KEY_BACKSPACE }, { "\003", 1, false, 1, KEY_INTERRUPT },
		{ "\032", 1, false, 1, KEY_SUSPEND }, { "\014", 1, false, 1, KEY_REDRAW },
		{ "\001", 1, false, 1, KEY_UNKNOWN }, { "\0", 1, false, 1, KEY_UNKNOWN },
		{ "\033[A", 3, false, 3, KEY_UP }, { "\033OB", 3, false, 3, KEY_DOWN },
		{ "\033[5~x", 5, false, 4, KEY_PAGE_UP }, { "\033[1~", 4, false, 4, KEY_HOME },
		{ "\033[F", 3, false, 3, KEY_END }, { "\033[Z", 3, false, 3, KEY_BACK_TAB },
		/* unfinished: more comes, or it was Esc */
		{ "\033", 1, false, 0, KEY_UNKNOWN }, { "\033", 1, true, 1, KEY_ESCAPE },
		{ "\033[", 2, false, 0, KEY_UNKNOWN }, { "\033[", 2, true, 2, KEY_ESCAPE },
		{ "\033O", 2, false, 0, KEY_UNKNOWN }, { "\033[1;5", 5, false, 0, KEY_UNKNOWN },
		/* nobody's, taken whole */
		{ "\033[1;5A", 6, false, 6, KEY_UNKNOWN },
		{ "\033[200~q", 7, false, 6, KEY_UNKNOWN },
		/* Esc, and then another key */
		{ "\033\033[A", 4, false, 1, KEY_ESCAPE }, { "\033q", 2, false, 1, KEY_ESCAPE },
		{ "\033[12\r", 5, false, 4, KEY_UNKNOWN },
		/* UTF-8, whole and not */
		{ "\xc3\xa9", 2, false, 2, KEY_CHAR }, { "\xc3", 1, false, 0, KEY_UNKNOWN },
		{ "\xc3", 1, true, 1, KEY_UNKNOWN }, { "\xe6\xbc\xa2x", 4, false, 3, KEY_CHAR },
		{ "\xf0\x9f\x98\x80", 4, false, 4, KEY_CHAR }, { "\x80", 1, false, 1, KEY_UNKNOWN },
		{ "\xff", 1, false, 1, KEY_UNKNOWN }, { "\xc3q", 2, false, 1, KEY_UNKNOWN },
		{ "\xe2\x80\xae", 3, false, 1, KEY_UNKNOWN }, /* turns text round */
	};
	struct key k;

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		size_t used = key_next(&k, rows[i].bytes, rows[i].n, rows[i].last);

		if (used != rows[i].used || k.code != rows[i].code)
			fail_msg("row %zu: used %zu, code %u", i, used, k.code);
	}
}

static unsigned seed;

static unsigned
any(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

/* Whatever comes, and in whatever pieces: it goes on, and says the same. */
static void
test_any_bytes(void **state)
{
	static const char alphabet[] = "\033[O;1~AZq\r\t\x7f\xc3\xa9\xe6\xbc\xa2\xff";
	char bytes[48], *copy;
	struct key k;

	(void)state;
	for (seed = 1; seed < 20000; seed++) {
		size_t n = 1 + any(sizeof(bytes)), at = 0, used;
		unsigned kept = seed;

		for (size_t i = 0; i < n; i++)
			bytes[i] = alphabet[any(sizeof(alphabet) - 1)];
		while (at < n) {
			copy = malloc(n - at); /* reading past it shows */
			assert_non_null(copy);
			memcpy(copy, bytes + at, n - at);
			used = key_next(&k, copy, n - at, true);
			free(copy);
			assert_in_range(used, 1, n - at);
			at += used;
		}
		seed = kept;
	}
}

/* ---- figures */

#define SHOWN(call, text)                                                                          \
	do {                                                                                       \
		call;                                                                              \
		assert_string_equal(buf, text);                                                    \
	} while (0)

static void
test_figures(void **state)
{
	char buf[FIGURE_MAX];
	struct row r = { .service = 0.824, .target = 0.8 };

	(void)state;
	SHOWN(figure_count(buf, 0), "0");
	SHOWN(figure_count(buf, -3), "-3");
	SHOWN(figure_count(buf, NAN), "-");
	SHOWN(figure_count(buf, 1e12), "-");
	SHOWN(figure_rate(buf, 7.25), "7.2");
	SHOWN(figure_rate(buf, 60), "60");
	SHOWN(figure_rate(buf, INFINITY), "-");
	SHOWN(figure_length(buf, 0), "0:00");
	SHOWN(figure_length(buf, 59.999), "0:59");
	SHOWN(figure_length(buf, 65), "1:05");
	SHOWN(figure_length(buf, 3665), "1:01:05");
	SHOWN(figure_length(buf, 400000), "4d15h");
	SHOWN(figure_length(buf, -65), "-1:05");
	SHOWN(figure_length(buf, NAN), "-");
	SHOWN(figure_share(buf, 0.555), "56%");
	SHOWN(figure_share(buf, 0.996), "99%"); /* not all */
	SHOWN(figure_share(buf, 0.004), "1%"); /* not nothing */
	SHOWN(figure_share(buf, 1), "100%");
	SHOWN(figure_share(buf, 0), "0%");
	SHOWN(figure_share(buf, NAN), "-");
	SHOWN(figure_pair(buf, 3, 12), "3/12");
	SHOWN(figure_pair(buf, NAN, NAN), "-");
	SHOWN(figure_pair(buf, 3, NAN), "3/-");
	SHOWN(figure_service(buf, &r), "82/80%");
	r.target = NAN;
	SHOWN(figure_service(buf, &r), "82%");
	r.measure = MEASURE_FIRST_RESPONSE;
	SHOWN(figure_service(buf, &r), "82% fr");
	r.service = NAN;
	SHOWN(figure_service(buf, &r), "-");
	SHOWN(figure_clock(buf, &zone, NOW), "01:00:00");
	SHOWN(figure_clock(buf, &zone, NOW - 3600001), "23:59:59");
}

/* ---- signs of life */

static void
test_life(void **state)
{
	struct signs s = { .redis = true,
		.state = "running",
		.age = 400,
		.read = 10000,
		.stale_after = 15000,
		.gone = 20000,
		.why = "no answer to GET" };
	char text[256];

	(void)state;
	assert_int_equal(life_of(&s, 10000), LIFE_LIVE);
	assert_true(life_tick(&s, 12000) == 2.4);
	assert_true(life_tick(&s, 9000) == 0.4); /* a clock that has not turned yet */
	assert_int_equal(life_of(&s, 24600), LIFE_LIVE);
	assert_int_equal(life_of(&s, 24601), LIFE_STALE);
	assert_true(life_tick(&s, 24601) == 0);
	life_text(text, sizeof(text), &s, 26000);
	assert_string_equal(text, "NO NEW DATA for 0:16");
	s.redis = false;
	life_text(text, sizeof(text), &s, 22000);
	assert_string_equal(text, "REDIS GONE for 0:02, trying again: no answer to GET");
	assert_false(life_is_stale(&s, 22000)); /* what is known is young */
	s.redis = true;
	strcpy(s.state, "stopping");
	assert_int_equal(life_of(&s, 10000), LIFE_STOPPED);
	assert_true(life_is_stale(&s, 10000));
	strcpy(s.state, "starting");
	assert_int_equal(life_of(&s, 10000), LIFE_STARTING);
	s.state[0] = '\0';
	assert_int_equal(life_of(&s, 10000), LIFE_NEVER);
	assert_true(life_is_stale(&s, 10000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
