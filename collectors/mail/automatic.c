/* SPDX-License-Identifier: MIT */
/*
 * automatic.c: was a mail written by a program: a vacation notice, a receipt,
 * a delivery report?
 *
 * Each sign is a row.  RFC 3834's Auto-Submitted finds two in five of the
 * notices that are really sent; the rows below it find the others.  Two
 * headers that many go by are no signs here: Precedence says bulk or list on
 * what people write to mailing lists, and X-Auto-Response-Suppress only asks
 * not to be answered by a machine, which people's mail programs do as well.
 */
#include "automatic.h"

#include "address.h"
#include "word.h"

/* How the subjects of notices begin that give no other sign than an empty
 * return path or the wish not to be answered; by language. */
static const struct str subjects[] = {
#define BEGINS(text)                                                                               \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}
	BEGINS("automatic reply:"), /* en: Exchange, Outlook */
	BEGINS("auto reply:"),
	BEGINS("autoreply:"),
	BEGINS("auto response:"),
	BEGINS("out of office"),
	BEGINS("out of the office"),
	BEGINS("automatische antwort:"), /* de */
	BEGINS("abwesenheitsnotiz"),
	BEGINS("abwesend:"),
	BEGINS("respuesta autom\u00e1tica:"), /* es */
	BEGINS("respuesta automatica:"),
	BEGINS("fuera de la oficina"),
	BEGINS("automatisk svar:"), /* nb */
	BEGINS("autosvar:"),
	BEGINS("frav\u00e6rsmelding"),
	BEGINS("ikke p\u00e5 kontoret"),
	BEGINS("resposta autom\u00e1tica:"), /* pt */
	BEGINS("resposta automatica:"),
	BEGINS("fora do escrit\u00f3rio"),
#undef BEGINS
};

static bool
is_given(const struct headers *h, enum header_name name)
{
	return h->value[name].p != NULL;
}

/* "no", also with a comment or a parameter behind it. */
static bool
says_no(struct str s)
{
	static const char ends[] = " \t;(";

	s = header_skip(s);
	return header_begins(s, STR_LIT("no")) &&
	       (s.n == 2 || memchr(ends, s.p[2], sizeof(ends) - 1) != NULL);
}

static bool
auto_submitted(const struct headers *h)
{
	return h->value[HEADER_AUTO_SUBMITTED].n > 0 && !says_no(h->value[HEADER_AUTO_SUBMITTED]);
}

static bool
apple_vacation(const struct headers *h)
{
	return header_begins(h->value[HEADER_APPLE_ACTION], STR_LIT("VACATION"));
}

static bool
auto_reply_precedence(const struct headers *h)
{
	return header_begins(h->value[HEADER_PRECEDENCE], STR_LIT("auto_reply"));
}

static bool
has_null_path(const struct headers *h)
{
	struct str path = h->value[HEADER_RETURN_PATH];
	struct address a;

	return path.p != NULL && !address_next(&path, &a);
}

static bool
has_such_subject(const struct headers *h)
{
	char text[64];
	struct str subject = words_decode(h->value[HEADER_SUBJECT], text, sizeof(text));

	for (size_t i = 0; i < COUNTOF(subjects); i++)
		if (header_begins(subject, subjects[i]))
			return true;
	return false;
}

static bool
subject_of_notice(const struct headers *h)
{
	return has_such_subject(h) && (has_null_path(h) || is_given(h, HEADER_SUPPRESS));
}

static bool
mailer_daemon(const struct headers *h)
{
	static const struct str name = { "mailer-daemon", 13 };
	struct str from = h->value[HEADER_FROM];
	struct address a;

	return address_next(&from, &a) && a.at == name.n && memcmp(a.text, name.p, name.n) == 0;
}

static bool
delivery_report(const struct headers *h)
{
	return has_null_path(h) &&
	       header_begins(h->value[HEADER_CONTENT_TYPE], STR_LIT("multipart/report"));
}

/* FreeScout names its own replies so. */
static bool
named_autoreply(const struct headers *h)
{
	return header_begins(h->value[HEADER_MESSAGE_ID], STR_LIT("<autoreply-"));
}

static const struct sign {
	const char *name;
	bool (*is_on)(const struct headers *);
} signs[] = {
	{ "Auto-Submitted", auto_submitted },
	{ "X-Apple-Action", apple_vacation },
	{ "Precedence: auto_reply", auto_reply_precedence },
	{ "subject", subject_of_notice },
	{ "mailer-daemon", mailer_daemon },
	{ "delivery report", delivery_report },
	{ "Message-ID", named_autoreply },
};

const char *
automatic_sign(const struct headers *h)
{
	for (size_t i = 0; i < COUNTOF(signs); i++)
		if (signs[i].is_on(h))
			return signs[i].name;
	return NULL;
}
