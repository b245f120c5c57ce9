/* SPDX-License-Identifier: MIT */
/*
 * orders.c: how operators tell the daemon something, and hear of it.
 *
 * An order is an entry of the stream `commands`, so it is neither lost while
 * the daemon restarts nor done twice; the answer is an entry of `alerts:log`
 * that names it.  Who gives an order is told at once when there is no daemon,
 * before anything is sent: an order taken hours later is worse than none.
 */
#include "ctl.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <ccmon/clock.h>

#define BLOCK_MS INT64_C(500) /* ms one question waits; rclient gives up after 2 s */
#define FIELDS_MAX 16 /* words of an order */

/* ---- the stream of answers */

/* Where the log ends now: what comes after is news. */
static bool
log_end(struct ctl *c, char id[STREAM_ID_MAX])
{
	struct reply *last = ctl_last(c, "alerts:log", "1");

	if (last == NULL)
		return false;
	snprintf(id, STREAM_ID_MAX, "0-0");
	if (last->n == 1 && last->item[0].n == 2)
		snprintf(id, STREAM_ID_MAX, "%.*s", STR_ARG(last->item[0].item[0].text));
	reply_free(last);
	return true;
}

static struct reply *
log_read(struct command *o, msec_t block)
{
	char key[KEY_MAX], ms[24];
	struct str words[] = { STR_LIT("XREAD"), STR_LIT("COUNT"), STR_LIT("100"), STR_LIT("BLOCK"),
		{ ms, 0 }, STR_LIT("STREAMS"), { key, 0 }, str_of(o->seen) };

	if (!ctl_key_name(o->c, key, "alerts:log", str_of("")))
		return NULL;
	snprintf(ms, sizeof(ms), "%" PRId64, block);
	words[4] = str_of(ms);
	words[6] = str_of(key);
	return ctl_command(o->c, words, COUNTOF(words));
}

/* Looks for it in what came; what was looked at is seen. */
static bool
find_answer(struct command *o, const char *kind)
{
	const struct reply *entries, *entry;

	if (o->batch->n != 1 || o->batch->item[0].n != 2)
		return false;
	entries = &o->batch->item[0].item[1];
	for (size_t i = 0; i < entries->n; i++) {
		entry = &entries->item[i];
		if (entry->n != 2)
			continue;
		snprintf(o->seen, sizeof(o->seen), "%.*s", STR_ARG(entry->item[0].text));
		o->answer = &entry->item[1];
		if (str_is(hash_field(o->answer, "kind"), kind) &&
		    str_is(hash_field(o->answer, "order"), o->id))
			return true;
	}
	o->answer = NULL;
	return false;
}

enum answered
order_wait(struct command *o, const char *kind, msec_t within)
{
	msec_t left, end;

	clock_turn();
	end = clock_mono() + within;
	while ((left = end - clock_mono()) > 0) {
		order_end(o);
		o->batch = log_read(o, left < BLOCK_MS ? left : BLOCK_MS);
		if (o->batch == NULL)
			return ANSWER_FAILED;
		if (find_answer(o, kind))
			return ANSWER_CAME;
		clock_turn();
	}
	return ANSWER_NONE;
}

void
order_end(struct command *o)
{
	reply_free(o->batch);
	o->batch = NULL;
	o->answer = NULL;
}

/* ---- giving an order */

static bool
daemon_takes_orders(struct ctl *c)
{
	struct daemon d = { 0 };
	bool good = daemon_read(c, &d);

	if (!good)
		ctl_unreachable(c);
	else if (d.gone) {
		daemon_warn(&d);
		fprintf(stderr, "ccmonctl: nothing was sent\n");
	}
	good = good && !d.gone;
	reply_free(d.meta);
	return good;
}

static bool
add_order(struct command *o, const struct str *pairs, size_t n)
{
	char key[KEY_MAX];
	struct str words[FIELDS_MAX + 6] = { STR_LIT("XADD"), { key, 0 }, STR_LIT("MAXLEN"),
		STR_LIT("~"), STR_LIT("1000"), STR_LIT("*") };
	size_t used = 6;
	struct reply *id;

	if (!ctl_key_name(o->c, key, "commands", str_of("")))
		return false;
	words[1] = str_of(key);
	for (size_t i = 0; i + 1 < n && used + 2 <= COUNTOF(words); i += 2)
		if (pairs[i + 1].n > 0) {
			words[used++] = pairs[i];
			words[used++] = pairs[i + 1];
		}
	if ((id = ctl_command(o->c, words, used)) == NULL)
		return false;
	snprintf(o->id, sizeof(o->id), "%.*s", STR_ARG(id->text));
	reply_free(id);
	return true;
}

bool
order_send(struct ctl *c, struct command *o, const struct str *pairs, size_t n)
{
	*o = (struct command){ .c = c };
	return log_end(c, o->seen) && add_order(o, pairs, n);
}

bool
order_is_done(const struct command *o)
{
	return str_is(hash_field(o->answer, "outcome"), "done");
}

int
order_give(struct ctl *c, struct command *o, const struct str *pairs, size_t n)
{
	*o = (struct command){ .c = c };
	if (!daemon_takes_orders(c))
		return EXIT_UNREACHABLE;
	if (!order_send(c, o, pairs, n))
		return ctl_unreachable(c);
	switch (order_wait(o, "order", ANSWER_MS)) {
	case ANSWER_CAME:
		return order_is_done(o) ? EXIT_FINE : EXIT_NOT_FINE;
	case ANSWER_FAILED:
		ctl_unreachable(c);
		fprintf(stderr, "ccmonctl: the daemon may still take the order\n");
		break;
	case ANSWER_NONE:
		fprintf(stderr,
		    "ccmonctl: the daemon did not answer within %d s; it may still take the "
		    "order (after a start it waits up to 15 s for its collectors)\n",
		    (int)(ANSWER_MS / MSEC_PER_SEC));
		break;
	}
	return EXIT_UNREACHABLE;
}

struct str
order_by(struct ctl *c)
{
	static char uid[32];
	const char *name = c->by;
	const struct passwd *me;

	if (name == NULL || name[0] == '\0')
		name = getenv("SUDO_USER");
	if (name == NULL || name[0] == '\0')
		name = getlogin();
	if (name == NULL && (me = getpwuid(getuid())) != NULL)
		name = me->pw_name;
	if (name == NULL) {
		snprintf(uid, sizeof(uid), "uid %u", (unsigned)getuid());
		name = uid;
	}
	return str_of(name);
}

/* ---- what became of it */

static void
print_refused(const struct reply *answer, const char *near)
{
	struct str why = hash_field(answer, "why");
	struct out line;

	out_init(&line);
	out_printf(&line, "ccmonctl: refused: %.*s", STR_ARG(why));
	if (near[0] != '\0')
		out_printf(&line, "; did you mean %s?", near);
	print_line(stderr, (struct str){ line.buf, (uint32_t)line.len });
	out_fini(&line);
}

static void
json_or_null(struct out *o, const char *key, struct str text)
{
	json_key(o, key);
	if (text.n > 0)
		json_text(o, text);
	else
		json_none(o);
}

static void
print_answer(const struct command *order, msec_t until, const char *near)
{
	const struct reply *answer = order->answer;
	struct out o;

	out_init(&o);
	json_open(&o, '{');
	json_or_null(&o, "order", str_of(order->id));
	json_or_null(&o, "outcome", answer ? hash_field(answer, "outcome") : STR_NONE);
	json_or_null(&o, "why", answer ? hash_field(answer, "why") : STR_NONE);
	json_or_null(&o, "did_you_mean", str_of(near));
	json_key(&o, "until_epoch_ms");
	if (until >= 0)
		json_int(&o, until);
	else
		json_none(&o);
	json_close(&o, '}');
	print_json(&o);
}

void
order_report(const struct ctl *c, const struct command *o, const char *near)
{
	if (o->id[0] == '\0') /* nothing was sent */
		return;
	if (c->json)
		print_answer(o, -1, near);
	else if (o->answer != NULL)
		print_refused(o->answer, near);
}

void
order_done(const struct ctl *c, const struct command *o, msec_t until, const char *format, ...)
{
	char text[ALERT_ID_MAX + 128];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (c->json)
		print_answer(o, until, "");
	else
		print_line(stdout, str_of(text));
}
