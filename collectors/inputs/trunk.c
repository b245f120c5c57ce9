/* SPDX-License-Identifier: MIT */
/*
 * trunk.c: the line to a switch: connects, comes back, notices silence; and
 * what is heard on it goes to the journal.
 *
 *	       timer                connected
 *	DOWN ---------> CONNECTING -----------> UP
 *	 ^ \_____ failed _____/                 |
 *	 +------ hung up, silent, refused ------+
 *
 * A line that fails comes back after a second, then two, up to thirty, a
 * little more or less so that many do not come as one; and only one that
 * lasted begins with a second again.  Who refuses us will do so until
 * somebody changes a file: that is said once, as an error, and tried each
 * minute.
 *
 * TCP does not tell that the other end has lost its power, so whoever was
 * asked something must say something within ten seconds.  That is not counted
 * while we do not read: when the disk refuses, what the switch says stays in
 * the kernel, and then in the switch.
 *
 * A flood is read as fast as it can be taken, and others have their turn in
 * between.  Memory: libevent's buffer up to its watermark, and one stanza.
 */
#include "collectors/inputs/trunk.h"
#include "ccmon/clock.h"
#include "ccmon/secret.h"
#include "ccmon/service.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#define RETRY_FIRST INT64_C(1000) /* ms */
#define RETRY_LAST INT64_C(30000) /* ms */
#define RETRY_REFUSED INT64_C(60000) /* ms */
#define REFUSED_AGAIN INT64_C(3600000) /* ms; said so often while it lasts */
#define ANSWER INT64_C(10000) /* ms; to connect as well */
#define BUDGET 256 /* stanzas before others get their turn */
#define READ_AHEAD 65536 /* bytes libevent may hold */
#define WHY 512 /* bytes */

struct trunk {
	struct trunk_options o;
	const struct input_settings *settings;
	struct intake intake; /* held: the disk refuses */
	struct stanzas *stanzas;
	struct bufferevent *bev; /* NULL: DOWN */
	struct event *timer;
	bool is_up;
	bool busy; /* the budget was not enough */
	const char *awaited; /* for people; NULL: nothing is */
	msec_t limit; /* when it is overdue */
	msec_t backoff; /* before the next attempt */
	msec_t well_since; /* MSEC_NEVER: not yet */
	struct log_complaint complaint;
	msec_t refused_next; /* when a refusal is said again; 0: none was */
};

static void
wake_at(struct trunk *t, msec_t at)
{
	msec_t ms = at - clock_mono();
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (at == MSEC_NEVER)
		(void)evtimer_del(t->timer);
	else
		(void)evtimer_add(t->timer, ms > 0 ? &tv : &(struct timeval){ 0 });
}

/* ---- hanging up */

/* ms, up to a fifth more or less. */
static msec_t
jittered(msec_t ms)
{
	uint16_t dice;

	if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) != sizeof(dice))
		dice = UINT16_MAX / 2;
	return ms * 4 / 5 + ms * 2 / 5 * dice / UINT16_MAX;
}

static void
hang_up(struct trunk *t, msec_t delay)
{
	if (t->bev != NULL)
		bufferevent_free(t->bev); /* also in its own callback */
	t->bev = NULL;
	t->is_up = t->busy = false;
	t->awaited = NULL;
	t->well_since = MSEC_NEVER;
	wake_at(t, clock_mono() + delay);
}

static msec_t
next_delay(struct trunk *t)
{
	msec_t delay;

	if (t->well_since != MSEC_NEVER && clock_mono() - t->well_since >= RETRY_LAST)
		t->backoff = RETRY_FIRST;
	delay = jittered(t->backoff);
	t->backoff = t->backoff * 2 < RETRY_LAST ? t->backoff * 2 : RETRY_LAST;
	return delay;
}

#define PUT(why, fmt)                                                                              \
	do {                                                                                       \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		(void)vsnprintf(why, sizeof(why), fmt, ap);                                        \
		va_end(ap);                                                                        \
	} while (0)

void
trunk_fail(struct trunk *t, const char *fmt, ...)
{
	char why[WHY];

	PUT(why, fmt);
	log_complain(&t->complaint, clock_mono(), t->o.token,
	    "collector %s: %s at %s: %s; it is tried again", t->o.input->collector, t->o.peer,
	    t->settings->address, why);
	hang_up(t, next_delay(t));
}

void
trunk_refused(struct trunk *t, const char *fmt, ...)
{
	char why[WHY];

	PUT(why, fmt);
	if (clock_mono() >= t->refused_next) {
		log_error(t->o.token, "collector %s: %s at %s %s; it is tried again each minute",
		    t->o.input->collector, t->o.peer, t->settings->address, why);
		t->refused_next = clock_mono() + REFUSED_AGAIN;
	}
	hang_up(t, jittered(RETRY_REFUSED));
}

void
trunk_retry(struct trunk *t)
{
	t->refused_next = 0;
	if (t->bev == NULL)
		wake_at(t, clock_mono());
}

void
trunk_well(struct trunk *t)
{
	if (t->well_since != MSEC_NEVER)
		return;
	t->well_since = clock_mono();
	t->refused_next = 0;
	if (t->complaint.active)
		log_release(&t->complaint, t->o.token, "collector %s: %s at %s is there again",
		    t->o.input->collector, t->o.peer, t->settings->address);
	else
		log_info(t->o.token, "collector %s: connected to %s at %s", t->o.input->collector,
		    t->o.peer, t->settings->address);
}

/* ---- what is said */

static void
wipe(const void *text, size_t n, void *copy)
{
	(void)text;
	explicit_bzero(copy, n);
	free(copy);
}

void
trunk_say(struct trunk *t, struct str text)
{
	char *copy = malloc(text.n);

	if (t->bev == NULL) {
		free(copy);
		return;
	}
	if (copy == NULL) {
		trunk_fail(t, "out of memory");
		return;
	}
	memcpy(copy, text.p, text.n);
	if (evbuffer_add_reference(bufferevent_get_output(t->bev), copy, text.n, wipe, copy) == 0)
		return;
	wipe(copy, text.n, copy);
	trunk_fail(t, "out of memory");
}

void
trunk_await(struct trunk *t, const char *what)
{
	t->awaited = what;
	t->limit = clock_mono() + ANSWER;
}

void
trunk_heard(struct trunk *t)
{
	t->awaited = NULL;
}

/* ---- what is heard */

/* Some bytes more for the stanzas; false: there are none. */
static bool
read_more(struct trunk *t)
{
	size_t n;
	char *room = stanzas_room(t->stanzas, &n);
	int got;

	if (room == NULL) {
		trunk_fail(t, "out of memory");
		return false;
	}
	got = evbuffer_remove(bufferevent_get_input(t->bev), room, n);
	if (got > 0)
		stanzas_fill(t->stanzas, (size_t)got);
	return got > 0;
}

static bool
next_stanza(struct trunk *t, struct stanza *s)
{
	while (stanzas_next(t->stanzas, s) == STANZA_NONE)
		if (!read_more(t))
			return false;
	if (s->kind != STANZA_BROKEN)
		return true;
	trunk_fail(t, "says what is not its language: %s", log_quote(s->head));
	return false;
}

/* Takes at most so many; false: there is nothing more to take. */
static bool
take_some(struct trunk *t, int most)
{
	struct stanza s;

	for (int n = 0; n < most; n++) {
		if (t->bev == NULL || t->intake.held || !next_stanza(t, &s))
			return false;
		t->o.take(t->o.arg, &s);
	}
	return true;
}

static msec_t
earlier(msec_t a, msec_t b)
{
	return a < b ? a : b;
}

/* What a switch has said to a collector that stood still itself is read before
 * it is called silent. */
static void
look(struct trunk *t)
{
	msec_t now = clock_mono(), due;

	if (t->awaited != NULL && now >= t->limit) {
		trunk_fail(
		    t, "no answer to %s for %d seconds", t->awaited, (int)(ANSWER / MSEC_PER_SEC));
		return;
	}
	due = t->is_up ? t->o.turn(t->o.arg, now) : MSEC_NEVER;
	if (t->bev != NULL)
		wake_at(t, t->awaited != NULL ? earlier(due, t->limit) : due);
}

static void
serve(struct trunk *t)
{
	t->busy = t->is_up && take_some(t, BUDGET);
	if (t->bev == NULL || t->intake.held)
		return;
	if (t->busy)
		event_active(t->timer, EV_TIMEOUT, 0);
	else
		look(t);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	clock_turn();
	serve(arg);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct trunk *t = arg;
	int error = EVUTIL_SOCKET_ERROR();

	(void)bev;
	clock_turn();
	if ((what & BEV_EVENT_CONNECTED) != 0) {
		t->is_up = true;
		trunk_heard(t);
		t->o.up(t->o.arg);
		serve(t);
		return;
	}
	while (t->is_up && take_some(t, BUDGET))
		; /* its last words are taken first, and are not many */
	if (t->bev == NULL || t->intake.held)
		return;
	if ((what & BEV_EVENT_ERROR) != 0)
		trunk_fail(t, "%s", evutil_socket_error_to_string(error));
	else
		trunk_fail(t, "it has hung up");
}

void
trunk_give(struct trunk *t, struct str text)
{
	struct taken taken;

	intake_message(&t->intake, text, &taken);
}

void
trunk_refuse(struct trunk *t, enum refusal why, struct str sample)
{
	intake_refuse(&t->intake, why, sample);
}

void
trunk_pass_over(struct trunk *t)
{
	t->o.input->counters->received++;
	t->o.input->counters->skipped++;
}

/* ---- connecting */

static void
dial(struct trunk *t)
{
	struct sockaddr_storage address;
	int len = sizeof(address);

	stanzas_reset(t->stanzas);
	t->bev = bufferevent_socket_new(service_base(), -1, BEV_OPT_CLOSE_ON_FREE);
	if (t->bev == NULL || evutil_parse_sockaddr_port(
	                          t->settings->address, (struct sockaddr *)&address, &len) != 0) {
		trunk_fail(t, "cannot make a connection");
		return;
	}
	bufferevent_setcb(t->bev, on_read, NULL, on_event, t);
	bufferevent_setwatermark(t->bev, EV_READ, 0, READ_AHEAD);
	trunk_await(t, "an attempt to connect");
	wake_at(t, t->limit);
	if (bufferevent_enable(t->bev, EV_READ | EV_WRITE) != 0 ||
	    bufferevent_socket_connect(t->bev, (struct sockaddr *)&address, len) != 0)
		trunk_fail(t, "%s", strerror(errno));
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct trunk *t = arg;

	(void)fd, (void)what;
	clock_turn();
	if (t->intake.held)
		return;
	if (t->bev == NULL)
		dial(t);
	else
		serve(t);
}

/* ---- when the disk refuses */

void
trunk_pause(struct trunk *t)
{
	intake_hold(&t->intake);
	if (t->bev != NULL)
		(void)bufferevent_disable(t->bev, EV_READ);
}

bool
trunk_resume(struct trunk *t)
{
	intake_resume(&t->intake);
	if (t->intake.held)
		return false;
	if (t->awaited != NULL)
		t->limit = clock_mono() + ANSWER;
	if (t->bev != NULL)
		(void)bufferevent_enable(t->bev, EV_READ);
	wake_at(t, clock_mono());
	return true;
}

/* ---- what the settings say */

static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static char *
read_secret(const struct input_settings *s, const char **why)
{
	char *secret = secret_read(s->secret_file, why);

	if (secret == NULL || is_plain(secret))
		return secret;
	secret_free(secret);
	*why = "it holds a control character";
	return NULL;
}

char *
trunk_secret(struct trunk *t)
{
	const char *why;
	char *secret = read_secret(t->settings, &why);

	if (secret == NULL)
		trunk_refused(
		    t, "cannot be told the secret in %s: %s", t->settings->secret_file, why);
	return secret;
}

bool
trunk_wants(const struct trunk *t, struct str queue)
{
	char *const *q = t->settings->queues;

	for (; q != NULL && *q != NULL; q++)
		if (str_is(queue, *q))
			return true;
	return t->settings->queues == NULL;
}

/* What is sent to a switch must not end a line, or it would be a command. */
static int
check_settings(const struct trunk_options *o)
{
	const struct input_settings *s = o->input->settings;
	const char *wrong = s->username != NULL && !is_plain(s->username) ? s->username : NULL;
	const char *why;
	char *secret = read_secret(s, &why);

	for (char **q = s->queues; q != NULL && *q != NULL; q++)
		if (!is_plain(*q))
			wrong = *q;
	if (wrong != NULL)
		log_error("input", "collector %s: %s holds a control character",
		    o->input->collector, log_quote(str_of(wrong)));
	if (secret == NULL)
		log_error("input", "collector %s: cannot use secret_file %s: %s",
		    o->input->collector, s->secret_file, why);
	secret_free(secret);
	return wrong == NULL && secret != NULL ? 0 : EXIT_CONFIG;
}

/* ---- life */

int
trunk_open(struct trunk **out, const struct trunk_options *o)
{
	struct trunk *t;
	int code = check_settings(o);

	if (code != 0)
		return code;
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return EXIT_TROUBLE;
	t->o = *o;
	t->settings = o->input->settings;
	t->backoff = RETRY_FIRST;
	t->well_since = MSEC_NEVER;
	t->stanzas = stanzas_new(&o->stanzas);
	t->timer = evtimer_new(service_base(), on_timer, t);
	*out = t;
	code = t->stanzas == NULL || t->timer == NULL ? EXIT_TROUBLE
	                                              : intake_open(&t->intake, o->input);
	if (code == 0)
		wake_at(t, clock_mono());
	return code;
}

void
trunk_close(struct trunk *t)
{
	if (t == NULL)
		return;
	if (t->bev != NULL)
		bufferevent_free(t->bev);
	if (t->timer != NULL)
		event_free(t->timer);
	stanzas_free(t->stanzas);
	intake_close(&t->intake);
	free(t);
}
