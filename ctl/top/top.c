/* SPDX-License-Identifier: MIT */
/*
 * top.c: the board, live, in a terminal: the loop.
 *
 * Once a second it looks at Redis, which may take as long as PATIENCE_MS and
 * no longer, so a key is never dead for more than that; everything a key does
 * is done at once.  An order is sent and then looked after in passing: the
 * board goes on while the daemon thinks.
 */
#include "shell.h"

#include <locale.h>

#include <ccmon/clock.h>

#define TYPED_MAX 256 /* bytes */
#define ESCAPE_MS 50 /* ms; a sequence comes at once, or it was Esc */
#define ANSWER_LOOK_MS 100 /* ms; between two looks for an answer */

struct top {
	struct ctl *c;
	struct model m;
	struct screen now, before;
	bool drawn; /* before is what the terminal shows */
	bool utf8, colours;
	char typed[TYPED_MAX]; /* not yet whole keys */
	size_t ntyped;
	msec_t look; /* next, mono */
	struct command order;
	bool asked; /* an order is on its way */
	msec_t answer_by; /* mono */
	bool over, broken;
};

/* ---- drawing */

static void
draw(struct top *t)
{
	struct out o;
	int w, h;

	term_size(&w, &h);
	if (!screen_init(&t->now, w, h, t->utf8)) {
		t->over = t->broken = true;
		return;
	}
	t->m.wall = clock_wall();
	t->m.mono = clock_mono();
	view_draw(&t->m, &t->now);
	out_init(&o);
	paint(&o, &t->now, t->drawn ? &t->before : NULL, t->colours);
	if (!term_write(&o))
		t->over = t->broken = true;
	out_fini(&o);
	screen_fini(&t->before);
	t->before = t->now;
	t->now = (struct screen){ 0 };
	t->drawn = true;
}

/* ---- Redis */

static void
look(struct top *t)
{
	reader_look(t->c, &t->m.board, &t->m.signs, model_window(&t->m));
	if (t->m.mode == MODE_QUEUE)
		t->m.ndue = reader_due(t->c, t->m.queue, t->m.due);
	model_arrange(&t->m);
	clock_turn();
	t->look = clock_mono() + READ_MS;
}

static void
send_ack(struct top *t)
{
	const struct str order[] = { STR_LIT("verb"), STR_LIT("ack"), STR_LIT("alert"),
		str_of(t->m.asked), STR_LIT("by"), order_by(t->c) };
	char life[WHY_ROOM + 64];

	if (t->asked) {
		model_say(&t->m, true, "nothing was sent: the order before has no answer yet");
		return;
	}
	life_text(life, sizeof(life), &t->m.signs, clock_mono());
	if (life_is_stale(&t->m.signs, clock_mono()) || t->c->redis == NULL) {
		model_say(&t->m, true, "nothing was sent: %.200s", life);
		return;
	}
	if (!order_send(t->c, &t->order, order, COUNTOF(order))) {
		model_say(&t->m, true, "not sent: %.200s", t->c->why);
		return;
	}
	t->asked = true;
	t->answer_by = clock_mono() + ANSWER_MS;
	model_say(&t->m, false, "sent; waiting for the daemon");
}

static void
end_order(struct top *t)
{
	order_end(&t->order);
	t->asked = false;
	t->look = clock_mono(); /* the board shows it */
}

static void
say_answer(struct top *t)
{
	struct str why = hash_field(t->order.answer, "why");
	msec_t until = hash_int(t->order.answer, "time_epoch_ms", clock_wall()) +
	               t->c->settings->rules.paging.ack_timeout;
	char time[HUMAN_MAX];

	human_time(time, t->c, until, clock_wall());
	if (order_is_done(&t->order))
		model_say(&t->m, false, "acked %.200s until %s", t->m.asked, time);
	else
		model_say(&t->m, true, "refused: %.*s", why.n < 200 ? (int)why.n : 200, why.p);
}

/* One look for the answer; the daemon takes orders three times a second. */
static void
look_for_answer(struct top *t)
{
	enum answered answered = ANSWER_NONE;

	if (t->c->redis != NULL)
		answered = order_wait(&t->order, "order", 1);
	if (answered == ANSWER_CAME)
		say_answer(t);
	else if (answered == ANSWER_FAILED)
		model_say(&t->m, true, "%.200s; the daemon may still take the order", t->c->why);
	else if (clock_mono() >= t->answer_by)
		model_say(&t->m, true,
		    "the daemon did not answer within %d s; it may still take the order",
		    (int)(ANSWER_MS / MSEC_PER_SEC));
	else
		return;
	end_order(t);
}

/* ---- keys and signals */

static void
stop(struct top *t)
{
	if (!term_suspend())
		t->over = t->broken = true;
	t->drawn = false;
	t->look = 0;
}

static void
do_deed(struct top *t, enum deed deed)
{
	switch (deed) {
	case DEED_NONE:
		break;
	case DEED_QUIT:
		t->over = true;
		break;
	case DEED_SUSPEND:
		stop(t);
		break;
	case DEED_REPAINT:
		t->drawn = false;
		break;
	case DEED_READ:
		t->look = 0;
		break;
	case DEED_ACK:
		send_ack(t);
		break;
	}
}

/* Takes the whole keys; `last`: what is left is one, too. */
static void
press_keys(struct top *t, bool last)
{
	struct key key;
	size_t used, at = 0;

	while (!t->over && (used = key_next(&key, t->typed + at, t->ntyped - at, last)) > 0) {
		at += used;
		do_deed(t, press(&t->m, &key));
	}
	t->ntyped -= at;
	memmove(t->typed, t->typed + at, t->ntyped);
}

static void
take_keys(struct top *t)
{
	size_t n = term_read(t->typed + t->ntyped, sizeof(t->typed) - t->ntyped);

	if (n == 0)
		t->over = t->broken = true;
	t->ntyped += n;
	press_keys(t, false);
}

static void
take_news(struct top *t, unsigned news)
{
	if (news & TERM_END)
		term_die();
	if (news & TERM_GONE)
		t->over = t->broken = true;
	if (news & TERM_STOP)
		stop(t);
	else if (news & TERM_BACK) { /* who stopped us may have changed it */
		if (!term_enter())
			t->over = t->broken = true;
		t->drawn = false;
	}
	if (news & TERM_KEYS)
		take_keys(t);
	else if (t->ntyped > 0)
		press_keys(t, true);
}

/* Milliseconds until something is to be done. */
static msec_t
patience(const struct top *t)
{
	msec_t left = t->look - clock_mono();

	if (t->asked && left > ANSWER_LOOK_MS)
		left = ANSWER_LOOK_MS;
	if (t->ntyped > 0 && left > ESCAPE_MS)
		left = ESCAPE_MS;
	return left > 0 ? left : 0;
}

static void
loop(struct top *t)
{
	while (!t->over) {
		if (clock_mono() >= t->look)
			look(t);
		if (t->asked)
			look_for_answer(t);
		draw(t);
		take_news(t, term_wait(patience(t)));
		clock_turn();
	}
}

/* ---- the verb */

static void
begin(struct top *t, struct ctl *c)
{
	const struct site *site = &c->settings->site;

	*t = (struct top){ .c = c, .utf8 = term_is_utf8(), .colours = term_has_colours() };
	model_init(&t->m, &site->zones[0]);
	for (size_t i = 0; i < site->nwindows; i++)
		if (!model_add_window(&t->m, site->windows[i].name))
			break;
	t->m.signs.stale_after = c->settings->wallboard.stale_after;
	rclient_close(c->redis); /* that one is more patient */
	c->redis = NULL;
	c->patience = PATIENCE_MS;
}

static void
end(struct top *t)
{
	order_end(&t->order);
	model_fini(&t->m);
	screen_fini(&t->before);
}

int
verb_top(struct ctl *c, char **args)
{
	const char *why = term_why_not();
	struct top t;

	(void)args;
	if (why != NULL || c->json) {
		fprintf(stderr, "ccmonctl: top: %s; for logs and pipes there is ccmonctl watch\n",
		    why != NULL ? why : "it has no JSON");
		return EXIT_USAGE;
	}
	setlocale(LC_CTYPE, ""); /* and no other: numbers have points */
	begin(&t, c);
	if (!term_enter())
		t.broken = true;
	else
		loop(&t);
	term_leave();
	end(&t);
	if (t.broken)
		fprintf(stderr, "ccmonctl: top: the terminal is gone, or out of memory\n");
	return t.broken ? EXIT_NOT_FINE : EXIT_FINE;
}
