/* SPDX-License-Identifier: MIT */
/*
 * service.c: the loop every daemon of ours runs, on one page.
 *
 *	events -> clock -> turn -> watchdog -> one timer for the next deadline
 *
 * There is one timer for all of the program's deadlines.  It is armed anew
 * each turn, relative to the wall clock, and for at most a second, so that a
 * wall clock that was set is noticed within that.  The watchdog is fed here
 * and nowhere else: a loop that no longer takes its turn is not alive,
 * whatever its callbacks do, and neither is one whose work stands still.
 */
#include "ccmon/service.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "ccmon/clock.h"
#include "ccmon/log.h"

#define WAIT_MAX MSEC_PER_SEC
#define PRIORITIES 3 /* libevent gives an event that says nothing the middle one */

static struct {
	struct event_base *base;
	const struct service *service;
	struct event *timer;
	bool awake; /* take another turn without waiting */
	bool stopping;
	msec_t stop_by; /* on the monotonic clock */
	bool quitting;
	int code;
	msec_t feed_every; /* the watchdog; 0: there is none */
	msec_t feed_next;
} loop;

static void
log_libevent(int severity, const char *text)
{
	if (severity >= EVENT_LOG_WARN)
		log_warn("libevent", "%s", text);
	else
		log_debug("libevent", "%s", text);
}

static struct event_base *
make_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	/* without PRECISE_TIMER a timer is up to 7 ms late at HZ=250 */
	if (config != NULL && event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER) == 0 &&
	    event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV) == 0)
		base = event_base_new_with_config(config);
	if (base != NULL && event_base_priority_init(base, PRIORITIES) != 0) {
		event_base_free(base);
		base = NULL;
	}
	if (config != NULL)
		event_config_free(config);
	return base;
}

struct event_base *
service_base(void)
{
	if (loop.base != NULL)
		return loop.base;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error of write(2) */
	event_set_log_callback(log_libevent);
	loop.base = make_base();
	if (loop.base == NULL) {
		log_error("service", "cannot make an event loop: %s", strerror(errno));
		exit(1);
	}
	return loop.base;
}

/* The address of $NOTIFY_SOCKET; 0 when there is none.  sd_notify(3). */
static socklen_t
notify_address(struct sockaddr_un *a)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path != NULL ? strlen(path) : 0;

	if (n < 2 || n >= sizeof a->sun_path || (path[0] != '/' && path[0] != '@'))
		return 0;
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(a->sun_path, path, n);
	if (path[0] == '@')
		a->sun_path[0] = '\0'; /* an abstract name has no end mark */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

void
service_notify(const char *state)
{
	struct sockaddr_un address;
	socklen_t n = notify_address(&address);
	int fd;

	if (n == 0)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, n) < 0)
		log_warn("service", "cannot tell systemd %s: %s", state, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* A third of the time systemd gives us; 0 when it does not watch.
 * sd_watchdog_enabled(3). */
static msec_t
watchdog_interval(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	msec_t third;

	if (usec == NULL || (pid != NULL && strtoimax(pid, NULL, 10) != getpid()))
		return 0;
	third = strtoimax(usec, NULL, 10) / 1000 / 3;
	return third > 0 ? third : 0;
}

static void
feed_watchdog(void)
{
	if (loop.feed_every == 0 || clock_mono() < loop.feed_next)
		return;
	if (loop.service->advances == NULL || loop.service->advances(loop.service->arg))
		service_notify("WATCHDOG=1");
	else
		log_warn("service", "the work stands still: systemd's watchdog is not fed");
	loop.feed_next = clock_mono() + loop.feed_every;
}

static void
on_stop(evutil_socket_t sig, short what, void *arg)
{
	const struct service *s = arg;

	(void)what;
	if (loop.stopping) {
		log_warn("service", "SIG%s again: ending at once", sigabbrev_np(sig));
		_exit(1);
	}
	log_info("service", "SIG%s: stopping", sigabbrev_np(sig));
	service_notify("STOPPING=1");
	loop.stopping = true;
	clock_turn();
	loop.stop_by = clock_mono() + s->drain_ms;
	if (s->stop != NULL)
		s->stop(s->arg);
}

static void
on_reload(evutil_socket_t sig, short what, void *arg)
{
	const struct service *s = arg;

	(void)sig, (void)what;
	if (s->reload != NULL)
		s->reload(s->arg);
}

static void
on_dump(evutil_socket_t sig, short what, void *arg)
{
	const struct service *s = arg;

	(void)sig, (void)what;
	if (s->dump != NULL)
		s->dump(s->arg);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg; /* it has ended the wait: the turn does the rest */
}

static const struct {
	int signal;
	event_callback_fn call;
} handlers[] = {
	{ SIGTERM, on_stop },
	{ SIGINT, on_stop },
	{ SIGHUP, on_reload },
	{ SIGUSR1, on_dump },
};

static bool
watch_signals(struct service *s, struct event *watched[COUNTOF(handlers)])
{
	for (size_t i = 0; i < COUNTOF(handlers); i++) {
		watched[i] = evsignal_new(service_base(), handlers[i].signal, handlers[i].call, s);
		if (watched[i] == NULL || event_add(watched[i], NULL) != 0)
			return false;
	}
	return true;
}

/* How long the next turn may wait. */
static msec_t
time_to_wait(msec_t deadline)
{
	msec_t wait = WAIT_MAX;

	if (loop.awake || deadline <= clock_wall())
		return 0;
	if (deadline - clock_wall() < wait)
		wait = deadline - clock_wall();
	if (loop.feed_every > 0 && loop.feed_next - clock_mono() < wait)
		wait = loop.feed_next - clock_mono();
	if (loop.stopping && loop.stop_by - clock_mono() < wait)
		wait = loop.stop_by - clock_mono();
	return wait > 0 ? wait : 0;
}

/* Once round in either case: without EVLOOP_ONCE libevent stays as long as
 * something is active, and who has more work than fits a turn always is. */
static bool
take_events(msec_t wait)
{
	struct timeval tv = { wait / 1000, wait % 1000 * 1000 };

	if (wait == 0)
		return event_base_loop(loop.base, EVLOOP_ONCE | EVLOOP_NONBLOCK) >= 0;
	return event_add(loop.timer, &tv) == 0 &&
	       event_base_loop(loop.base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY) >= 0;
}

static bool
has_ended(void)
{
	const struct service *s = loop.service;

	if (loop.quitting)
		return true;
	if (!loop.stopping)
		return false;
	if (s->drained == NULL || s->drained(s->arg))
		return true;
	if (clock_mono() < loop.stop_by)
		return false;
	log_warn("service", "not drained after %" PRId64 " ms: ending all the same", s->drain_ms);
	return true;
}

static void
turn_until_ended(struct service *s)
{
	msec_t deadline, wait = 0;

	do {
		if (!take_events(wait)) {
			log_error("service", "the event loop failed: %s", strerror(errno));
			service_quit(1);
		}
		loop.awake = false;
		clock_turn();
		deadline = s->turn(s->arg, clock_wall());
		feed_watchdog();
		wait = time_to_wait(deadline);
	} while (!has_ended());
}

void
service_poll(void)
{
	(void)event_base_loop(service_base(), EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

int
service_run(struct service *s)
{
	struct event *watched[COUNTOF(handlers)] = { NULL };

	loop.service = s;
	loop.feed_every = watchdog_interval();
	loop.timer = evtimer_new(service_base(), on_deadline, NULL);
	if (loop.timer != NULL && watch_signals(s, watched)) {
		turn_until_ended(s);
	} else {
		log_error("service", "cannot watch signals: %s", strerror(errno));
		service_quit(1);
	}
	for (size_t i = 0; i < COUNTOF(handlers); i++)
		if (watched[i] != NULL)
			event_free(watched[i]);
	if (loop.timer != NULL)
		event_free(loop.timer);
	return loop.code;
}

bool
service_stopping(void)
{
	return loop.stopping;
}

void
service_wake(void)
{
	loop.awake = true;
}

void
service_quit(int code)
{
	loop.quitting = true;
	loop.code = code;
}
