/* SPDX-License-Identifier: MIT */
/* test_automatic.c: the signs of a mail that a program wrote, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collectors/mail/automatic.h"
#include "mail_kit.h"

#define EXCHANGE "X-Auto-Response-Suppress: All\n"
#define NULL_PATH "Return-Path: <>\n"

static const struct {
	const char *headers, *sign;
} rows[] = {
	{ "Auto-Submitted: auto-replied\n", "Auto-Submitted" },
	{ "Auto-Submitted: auto-generated (vacation)\n", "Auto-Submitted" },
	{ "Auto-Submitted: auto-notified; owner=x\n", "Auto-Submitted" },
	{ "Auto-Submitted: nobody\n", "Auto-Submitted" },
	{ "Auto-Submitted: no\n", NULL },
	{ "Auto-Submitted: NO (a human)\n", NULL },
	{ "Auto-Submitted: (a human) no; x=y\n", NULL },
	{ "Auto-Submitted:\n", NULL },
	{ "X-Apple-Action: VACATION\n", "X-Apple-Action" },
	{ "X-Apple-Action: vacation/mac\n", "X-Apple-Action" },
	{ "X-Apple-Action: REPLY\n", NULL },
	{ "Precedence: auto_reply\n", "Precedence: auto_reply" },
	{ "Precedence: bulk\n", NULL },
	{ "Precedence: list\n", NULL },
	{ "Precedence: junk\n", NULL },
	{ EXCHANGE, NULL },
	{ NULL_PATH, NULL },
	{ EXCHANGE "Precedence: bulk\n", NULL },
	{ "Subject: Automatic reply: hello\n" EXCHANGE, "subject" },
	{ "Subject: Automatic reply: hello\n" NULL_PATH, "subject" },
	{ "Subject: Automatic reply: hello\n", NULL },
	{ "Subject: Re: Automatic reply: hello\n" EXCHANGE, NULL },
	{ "Subject: AUTO REPLY: hello\n" EXCHANGE, "subject" },
	{ "Subject: Autoreply: hello\n" EXCHANGE, "subject" },
	{ "Subject: Auto response: hello\n" EXCHANGE, "subject" },
	{ "Subject: Out of office\n" NULL_PATH, "subject" },
	{ "Subject: Out of the office until Monday\n" NULL_PATH, "subject" },
	{ "Subject: Automatische Antwort: Frage\n" EXCHANGE, "subject" },
	{ "Subject: Abwesenheitsnotiz: Frage\n" EXCHANGE, "subject" },
	{ "Subject: Abwesend: Frage\n" EXCHANGE, "subject" },
	{ "Subject: =?utf-8?Q?Respuesta_autom=C3=A1tica:_hola?=\n" EXCHANGE, "subject" },
	{ "Subject: Respuesta automatica: hola\n" EXCHANGE, "subject" },
	{ "Subject: Fuera de la oficina\n" NULL_PATH, "subject" },
	{ "Subject: Automatisk svar: hei\n" EXCHANGE, "subject" },
	{ "Subject: Autosvar: hei\n" EXCHANGE, "subject" },
	{ "Subject: =?iso-8859-1?Q?Frav=E6rsmelding?=\n" NULL_PATH, "subject" },
	{ "Subject: Ikke p\u00e5 kontoret\n" NULL_PATH, "subject" },
	{ "Subject: Resposta autom\u00e1tica: ola\n" EXCHANGE, "subject" },
	{ "Subject: Resposta automatica: ola\n" EXCHANGE, "subject" },
	{ "Subject: Fora do escrit\u00f3rio\n" NULL_PATH, "subject" },
	{ "From: Mail Delivery System <MAILER-DAEMON@mx.example.org>\n", "mailer-daemon" },
	{ "From: MAILER-DAEMON (Mail Delivery System)\n", "mailer-daemon" },
	{ "From: mailer-daemons@example.org\n", NULL },
	{ NULL_PATH "Content-Type: multipart/report; report-type=delivery-status\n",
	    "delivery report" },
	{ "Content-Type: multipart/report\n", NULL },
	{ NULL_PATH "Content-Type: text/plain\n", NULL },
	{ "Message-ID: <autoreply-5-1@example.org>\n", "Message-ID" },
	{ "Message-ID: <reply-5-1@example.org>\n", NULL },
	{ "From: alice@example.org\nSubject: hello\n", NULL },
};

static void
finds_signs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct headers h;
		const char *sign;

		print_message("%s", rows[i].headers);
		kit_read(&h, rows[i].headers);
		sign = automatic_sign(&h);
		if (rows[i].sign == NULL)
			assert_null(sign);
		else {
			assert_non_null(sign);
			assert_string_equal(sign, rows[i].sign);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(finds_signs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
