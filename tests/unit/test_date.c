/* SPDX-License-Identifier: MIT */
/* test_date.c: dates of mails; the numbers are those of date(1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collectors/mail/date.h"

#define NONE INT64_C(-1)

static const struct {
	const char *text;
	int64_t seconds;
} rows[] = {
	{ "Fri, 21 Nov 1997 09:55:06 -0600", 880127706 },
	{ " Fri, 21 Nov 1997 09:55:06 -0600 (CST)", 880127706 },
	{ "21 Nov 1997 09:55:06 -0600", 880127706 },
	{ "21 Nov 97 09:55:06 -0600", 880127706 },
	{ "21 Nov 97 09:55:06 CST", 880127706 },
	{ "Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", 880127706 },
	{ "21 nov 1997 15:55:06", 880127706 },
	{ "21 Nov 1997 15:55:06 GMT", 880127706 },
	{ "21 Nov 1997 15:55:06 Z", 880127706 },
	{ "21 Nov 1997 15:55:06 A", 880127706 },
	{ "21 Nov 1997 15:55:06 Nowhere", 880127706 },
	{ "21 Nov 1997 15:55 +0000", 880127700 },
	{ "1 Jan 1970 00:00:00 +0000", 0 },
	{ "29 Feb 2024 12:00:00 +0530", 1709188200 },
	{ "29 Feb 2000 00:00:00 +0000", 951782400 },
	{ "31 Dec 2099 23:59:59 +0000", 4102444799 },
	{ "31 Dec 2016 23:59:60 +0000", 1483228799 },
	{ "1 Mar 1900 00:00:00 +0000", -2203891200 },
	{ "3 Jul 03 00:00:00 EDT", 1057204800 },
	{ "3 Jul 103 00:00:00 EDT", 1057204800 },
	{ "29 Feb 2023 12:00:00 +0000", NONE },
	{ "32 Jan 2023 12:00:00 +0000", NONE },
	{ "0 Jan 2023 12:00:00 +0000", NONE },
	{ "1 Foo 2023 12:00:00 +0000", NONE },
	{ "1 Jan 2023 24:00:00 +0000", NONE },
	{ "1 Jan 2023 12:60:00 +0000", NONE },
	{ "1 Jan 2023", NONE },
	{ "1 Jan", NONE },
	{ "Jan", NONE },
	{ "2023-01-01T12:00:00Z", NONE },
	{ "1 Jan 20231 12:00:00", NONE },
	{ "", NONE },
};

static void
reads_dates(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct str text = { rows[i].text, (uint32_t)strlen(rows[i].text) };
		msec_t at = 4711;
		int rc = date_parse(text, &at);

		print_message("%s\n", rows[i].text);
		assert_int_equal(rc, rows[i].seconds == NONE ? -1 : 0);
		assert_true(at == (rc == -1 ? 4711 : rows[i].seconds * MSEC_PER_SEC));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(reads_dates) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
