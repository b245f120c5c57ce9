/* SPDX-License-Identifier: MIT */
/*
 * test_logrotate.c: what logrotate does to a log, out of its files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/doctor/logrotate.h"

#define LOG "/var/log/asterisk/queue_log"

static const struct {
	const char *text;
	struct rotation is;
} known[] = {
	{ "", { .create_mode = -1 } },
	{ "compress\n", { .compress = true, .create_mode = -1 } },
	{ LOG " {\n\tcopytruncate\n}\n",
	    { .found = true, .copytruncate = true, .create_mode = -1 } },
	{ "/var/log/other {\n\tcopytruncate\n}\n", { .create_mode = -1 } },
	{ "/var/log/asterisk/full\n/var/log/asterisk/queue_log\n{\n  compress\n"
	  "  delaycompress\n  create 640 asterisk asterisk\n}\n",
	    { .found = true, .compress = true, .delaycompress = true, .create_mode = 0640 } },
	{ "\"/var/log/asterisk/*log\"{\n create 0600 root root\n}\n",
	    { .found = true, .create_mode = 0600 } },
	{ "compress\n" LOG " {\n nocompress\n}\n", { .found = true, .create_mode = -1 } },
	/* a script's words are none of logrotate's; nor is a comment's */
	{ LOG " {\n # copytruncate\n postrotate\n  copytruncate }\n endscript\n create\n}\n"
	      "/var/log/other {\n compress\n}\n",
	    { .found = true, .create_mode = -1 } },
	{ LOG " {\r\n create 999 a b\r\n}\r\n", { .found = true, .create_mode = -1 } },
	{ LOG " { # no end\n compress", { .compress = true, .create_mode = -1 } },
};

static void
reads_what_matters(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(known); i++) {
		struct rotation r = { .create_mode = -1 };

		rotation_read(&r, str_of(known[i].text), LOG);
		assert_int_equal(r.found, known[i].is.found);
		assert_int_equal(r.copytruncate, known[i].is.copytruncate);
		assert_int_equal(r.compress, known[i].is.compress);
		assert_int_equal(r.delaycompress, known[i].is.delaycompress);
		assert_int_equal(r.create_mode, known[i].is.create_mode);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(reads_what_matters) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
