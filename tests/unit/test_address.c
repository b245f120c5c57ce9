/* SPDX-License-Identifier: MIT */
/* test_address.c: a header, and the addresses in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "collectors/mail/address.h"

static const struct {
	const char *header, *want; /* each address and a space */
} rows[] = {
	{ "alice@example.org", "alice@example.org " },
	{ "Alice@Example.ORG", "alice@example.org " },
	{ "<alice@example.org>", "alice@example.org " },
	{ "Alice <alice@example.org>", "alice@example.org " },
	{ "Alice Smith <alice@example.org> (away)", "alice@example.org " },
	{ "alice@example.org (Alice)", "alice@example.org " },
	{ "(Alice) alice@example.org", "alice@example.org " },
	{ "alice@example.org, bob@example.org", "alice@example.org bob@example.org " },
	{ "\"Smith, Alice\" <alice@example.org>, bob@x", "alice@example.org bob@x " },
	{ "\"a@b\" <alice@example.org>", "alice@example.org " },
	{ "old@example.org <alice@example.org>", "alice@example.org " },
	{ "team: a@x, B <b@x>; c@x", "a@x b@x c@x " },
	{ "undisclosed-recipients:;", "" },
	{ "undisclosed-recipients:;, a@x", "a@x " },
	{ "<@relay.x,@other.x:a@x>", "a@x " },
	{ "\"alice\"@example.org", "alice@example.org " },
	{ "\"alice.b\"@example.org", "alice.b@example.org " },
	{ "\"alice b\"@example.org", "\"alice b\"@example.org " },
	{ "\"a@b\"@example.org", "\"a@b\"@example.org " },
	{ "\"a\\\"b\"@example.org", "\"a\"b\"@example.org " },
	{ "alice @ example . org", "alice@example.org " },
	{ "alice(x)@(y)example.org", "alice@example.org " },
	{ "Alice alice@example.org", "alice@example.org " },
	{ "alice@example.org Alice", "alice@example.org " },
	{ "=?utf-8?Q?J=C3=B8rn?= <j@x>", "j@x " },
	{ "J\xc3\xb8rn <j\xc3\xb8rn@x>", "j\xc3\xb8rn@x " },
	{ "Doe, John <j@x>", "doe j@x " },
	{ "MAILER-DAEMON", "mailer-daemon " },
	{ "<a@x> <b@x>", "a@x " },
	{ "<a@x", "a@x " },
	{ "a@x>", "a@x " },
	{ "\"never closed <a@x>", "\"never closed <a@x>\" " },
	{ "<a@x, b@x", "a@x b@x " },
	{ "@", "" },
	{ "a@", "" },
	{ "@x", "" },
	{ "<>", "" },
	{ ",,;,", "" },
	{ "", "" },
};

static void
reads_addresses(void **state)
{
	struct address a;
	char got[512];

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct str rest = { rows[i].header, (uint32_t)strlen(rows[i].header) };
		size_t n = 0;

		got[0] = '\0';
		while (address_next(&rest, &a))
			n += (size_t)snprintf(
			    got + n, sizeof(got) - n, "%.*s ", STR_ARG(address_str(&a)));
		print_message("%s\n", rows[i].header);
		assert_string_equal(got, rows[i].want);
	}
}

static void
too_long_is_passed_over(void **state)
{
	char text[2 * ADDRESS_MAX];
	struct str rest = { text, sizeof(text) };
	struct address a;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + ADDRESS_MAX, "@x, b@x;", 8);
	assert_true(address_next(&rest, &a));
	assert_int_equal(a.n, 3);
	assert_memory_equal(a.text, "b@x", 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_addresses),
		cmocka_unit_test(too_long_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
