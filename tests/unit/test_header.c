/* SPDX-License-Identifier: MIT */
/* test_header.c: header blocks as they are, and as they should not be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mail_kit.h"

static void
says(const struct headers *h, enum header_name name, const char *want)
{
	if (want == NULL) {
		assert_null(h->value[name].p);
		return;
	}
	assert_non_null(h->value[name].p);
	assert_int_equal(h->value[name].n, strlen(want));
	assert_memory_equal(h->value[name].p, want, strlen(want));
}

static const struct {
	const char *what, *block;
	unsigned n;
	const char *from, *id, *to;
} blocks[] = {
	{ "plain", "From: a@b\nMessage-ID: <1@x>\nTo: c@d\n\nTo: body\n", 3, "a@b", "<1@x>",
	    "c@d" },
	{ "CRLF", "From: a@b\r\nMessage-ID: <1@x>\r\n\r\nTo: body\r\n", 2, "a@b", "<1@x>", NULL },
	{ "a mix of both", "From: a@b\r\nMessage-ID: <1@x>\n\r\nTo: body\n", 2, "a@b", "<1@x>",
	    NULL },
	{ "folded", "From: Al\n Ice\n\t<a@b>\nTo: c@d\n\n", 2, "Al Ice\t<a@b>", NULL, "c@d" },
	{ "folded after its name", "Message-ID:\n <1@x>\n\n", 1, NULL, "<1@x>", NULL },
	{ "folded by a line of spaces", "From: a@b\n \n c\nTo: d@e\n\n", 2, "a@b  c", NULL, "d@e" },
	{ "mbox", "From a@b Mon Jan  1 00:00:00 2024\nFrom: c@d\n\n", 1, "c@d", NULL, NULL },
	{ "quoted mbox", "From: c@d\n>From a@b\nTo: e@f\n\n", 2, "c@d", NULL, "e@f" },
	{ "space before the colon", "From : a@b\nTo\t:c@d\n\n", 2, "a@b", NULL, "c@d" },
	{ "names in any case", "FROM: a@b\nmessage-id: <1@x>\n\n", 2, "a@b", "<1@x>", NULL },
	{ "no empty line", "From: a@b\nTo: c@d\nHello Bob\nas I said", 2, "a@b", NULL, "c@d" },
	{ "no end of line", "From: a@b\nTo: c@d", 2, "a@b", NULL, "c@d" },
	{ "a broken line", "From: a@b\nwhat is this\nTo: c@d\n\n", 2, "a@b", NULL, "c@d" },
	{ "twice", "From: a@b\nFrom: c@d\nTo: e@f\nTo: g@h\n\n", 4, "a@b", NULL, "e@f" },
	{ "twice, and the first empty", "From:\nFrom: c@d\n\n", 2, "", NULL, NULL },
	{ "8-bit", "From: J\xf8rn <a@b>\nT\xf8: c@d\nTo: e\n\n", 2, "J\xf8rn <a@b>", NULL, "e" },
	{ "begins with a fold", " folded\nFrom: a@b\n\n", 1, "a@b", NULL, NULL },
	{ "no name", ": a\nFrom: a@b\n\n", 1, "a@b", NULL, NULL },
	{ "empty", "", 0, NULL, NULL, NULL },
	{ "empty line first", "\nFrom: a@b\n\n", 0, NULL, NULL, NULL },
	{ "no mail",
	    "\x7f"
	    "ELF and so on\nwithout any\n",
	    0, NULL, NULL, NULL },
};

static void
reads_blocks(void **state)
{
	struct headers h;

	(void)state;
	for (size_t i = 0; i < COUNTOF(blocks); i++) {
		print_message("%s\n", blocks[i].what);
		kit_read(&h, blocks[i].block);
		assert_int_equal(h.n, blocks[i].n);
		says(&h, HEADER_FROM, blocks[i].from);
		says(&h, HEADER_MESSAGE_ID, blocks[i].id);
		says(&h, HEADER_TO, blocks[i].to);
	}
}

static void
nul_is_a_space(void **state)
{
	static const char text[] = "From: a\0b\0\nTo:\0 c\n\n";
	struct headers h;

	(void)state;
	headers_read(&h, kit_block(text, sizeof(text) - 1), sizeof(text) - 1);
	says(&h, HEADER_FROM, "a b");
	says(&h, HEADER_TO, "c");
}

static void
finds_the_end(void **state)
{
	static const struct {
		const char *text;
		size_t end;
	} rows[] = {
		{ "A: b\n\nbody", 6 },
		{ "A: b\r\n\r\nbody", 8 },
		{ "A: b\n\r\nbody", 7 },
		{ "\nbody", 1 },
		{ "A: b\n", 0 },
		{ "A: b\n \nc", 0 },
		{ "A: b\n\r", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		assert_int_equal(headers_end(rows[i].text, strlen(rows[i].text)), rows[i].end);
}

static void
skips_comments(void **state)
{
	static const char *const rows[][2] = {
		{ "a", "a" },
		{ " \ta", "a" },
		{ "(x)a", "a" },
		{ " (x (y) z) (w) a ", "a " },
		{ "(\\))a", "a" },
		{ "(never closed", "" },
		{ "(\\", "" },
		{ "", "" },
		{ ")a", ")a" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct str left = header_skip(kit_str(rows[i][0]));

		assert_true(str_eq(left, kit_str(rows[i][1])));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_blocks),
		cmocka_unit_test(nul_is_a_space),
		cmocka_unit_test(finds_the_end),
		cmocka_unit_test(skips_comments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
