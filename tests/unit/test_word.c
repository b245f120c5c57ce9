/* SPDX-License-Identifier: MIT */
/* test_word.c: encoded words, made readable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collectors/mail/word.h"

static const char *const rows[][2] = {
	{ "plain", "plain" },
	{ "=?utf-8?Q?Respuesta_autom=C3=A1tica:?= hola", "Respuesta autom\u00e1tica: hola" },
	{ "=?UTF-8?B?UmVzcHVlc3RhIGF1dG9tw6F0aWNhOg==?=", "Respuesta autom\u00e1tica:" },
	{ "=?iso-8859-1?q?Frav=E6rsmelding?=", "Frav\u00e6rsmelding" },
	{ "=?Windows-1252?Q?Frav=e6rsmelding?=", "Frav\u00e6rsmelding" },
	{ "=?utf-8?Q?a?= =?utf-8?Q?b?=  =?utf-8?B?Yw==?= d", "abc d" },
	{ "=?utf-8*en?Q?a?=", "a" },
	{ "=?utf-8?Q?a=ZZ=4?=", "a=ZZ=4" },
	{ "=?utf-8?Q?never closed", "=?utf-8?Q?never closed" },
	{ "=?utf-8?X", "=?utf-8?X" },
	{ "=?", "=?" },
	{ "", "" },
};

static void
reads_words(void **state)
{
	char buf[100];

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct str text = { rows[i][0], (uint32_t)strlen(rows[i][0]) };
		struct str got = words_decode(text, buf, sizeof(buf));

		print_message("%s\n", rows[i][0]);
		assert_int_equal(got.n, strlen(rows[i][1]));
		assert_memory_equal(got.p, rows[i][1], got.n);
	}
}

static void
ends_where_the_room_does(void **state)
{
	char buf[4];

	(void)state;
	assert_int_equal(words_decode(STR_LIT("abcdefgh"), buf, sizeof(buf)).n, 4);
	assert_int_equal(words_decode(STR_LIT("=?latin1?Q?abcdefgh?="), buf, sizeof(buf)).n, 4);
	assert_int_equal(
	    words_decode(STR_LIT("=?iso-8859-1?Q?=e6=e6=e6?="), buf, sizeof(buf)).n, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_words),
		cmocka_unit_test(ends_where_the_room_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
