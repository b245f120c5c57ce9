/* SPDX-License-Identifier: MIT */
/*
 * term.c: the terminal, taken and given back.
 *
 * It draws on the alternate screen, without a cursor, and gets keys as they
 * are typed.  Whichever way the program ends - a key, an error, a signal, a
 * crash - the terminal is as it was before; so it is while it is stopped.
 * Signals come only while it waits, so nothing is ever half drawn by one.
 * (Plain sequences every terminal since the VT220 knows: no ncurses, no
 * terminfo.)
 */
#include "shell.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* The other screen, no cursor, no wrapping at the edge; and back. */
#define ENTER "\033[?1049h\033[?25l\033[?7l\033[2J"
#define LEAVE "\033[0m\033[?7h\033[?25h\033[?1049l"

static const struct {
	int number;
	unsigned news; /* enum term_news */
} signals[] = {
	{ SIGHUP, TERM_END },
	{ SIGINT, TERM_END },
	{ SIGQUIT, TERM_END },
	{ SIGTERM, TERM_END },
	{ SIGTSTP, TERM_STOP },
	{ SIGCONT, TERM_BACK },
	{ SIGWINCH, TERM_RESIZED },
};
static const int crashes[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV };

/* Signal handlers have no argument of ours. */
static struct {
	struct termios before;
	sigset_t mask; /* while it waits */
	volatile sig_atomic_t entered, news, ended_by;
} term;

const char *
term_why_not(void)
{
	const char *name = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return "it needs a terminal";
	if (name == NULL || name[0] == '\0' || strcmp(name, "dumb") == 0)
		return "this terminal (TERM) cannot be drawn on";
	return NULL;
}

bool
term_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool
term_has_colours(void)
{
	const char *no = getenv("NO_COLOR");

	return no == NULL || no[0] == '\0';
}

void
term_size(int *w, int *h)
{
	struct winsize size = { 0 };

	*w = 80;
	*h = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
		*w = size.ws_col;
		*h = size.ws_row;
	}
}

/* ---- signals */

static void
note_signal(int number)
{
	for (size_t i = 0; i < COUNTOF(signals); i++)
		if (signals[i].number == number) {
			term.news |= (sig_atomic_t)signals[i].news;
			if (signals[i].news == TERM_END)
				term.ended_by = number;
		}
}

/* Only what a handler may call. */
static void
give_back(void)
{
	ssize_t n;

	if (!term.entered)
		return;
	term.entered = 0;
	n = write(STDOUT_FILENO, LEAVE, sizeof(LEAVE) - 1);
	(void)n; /* nobody is left to be told */
	tcsetattr(STDIN_FILENO, TCSADRAIN, &term.before);
}

static void
crashed(int number)
{
	give_back();
	signal(number, SIG_DFL);
	raise(number);
}

static void
set_handler(int number, void (*handler)(int))
{
	struct sigaction act = { .sa_handler = handler };

	sigaction(number, &act, NULL);
}

static void
catch_signals(void)
{
	struct sigaction now;
	sigset_t ours;

	sigemptyset(&ours);
	for (size_t i = 0; i < COUNTOF(signals); i++) {
		sigaddset(&ours, signals[i].number);
		set_handler(signals[i].number, note_signal);
	}
	sigprocmask(SIG_BLOCK, &ours, NULL);
	sigprocmask(SIG_SETMASK, NULL, &term.mask);
	for (size_t i = 0; i < COUNTOF(signals); i++)
		sigdelset(&term.mask, signals[i].number);
	for (size_t i = 0; i < COUNTOF(crashes); i++) /* a sanitizer's stays */
		if (sigaction(crashes[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
			set_handler(crashes[i], crashed);
}

/* Lets it do what it does by itself. */
static void
take_signal(int number)
{
	sigset_t one;

	set_handler(number, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, number);
	raise(number);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	sigprocmask(SIG_BLOCK, &one, NULL);
	set_handler(number, note_signal);
}

/* ---- taking it, and giving it back */

static bool
put(const char *bytes, size_t n)
{
	ssize_t done;

	while (n > 0) {
		done = write(STDOUT_FILENO, bytes, n);
		if (done < 0 && errno == EAGAIN)
			poll(&(struct pollfd){ .fd = STDOUT_FILENO, .events = POLLOUT }, 1, -1);
		else if (done < 0 && errno != EINTR)
			return false;
		bytes += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
	return true;
}

bool
term_enter(void)
{
	struct termios raw;

	catch_signals();
	/* Stopped by force it was not given back: what there is now is ours. */
	if (!term.entered && tcgetattr(STDIN_FILENO, &term.before) != 0)
		return false;
	raw = term.before;
	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	term.entered = 1;
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0 && put(ENTER, sizeof(ENTER) - 1))
		return true;
	give_back();
	return false;
}

void
term_leave(void)
{
	give_back();
}

void
term_die(void)
{
	give_back();
	take_signal(term.ended_by);
	_exit(EXIT_NOT_FINE); /* it was ignored when we were started */
}

/* Who was told to end while stopped does not go back to the terminal, which is
 * somebody else's now: that would stop it again. */
static void
die_if_told(void)
{
	sigset_t pending;

	sigpending(&pending);
	for (size_t i = 0; i < COUNTOF(signals); i++)
		if (signals[i].news == TERM_END && sigismember(&pending, signals[i].number) == 1) {
			term.ended_by = signals[i].number;
			term_die();
		}
}

bool
term_suspend(void)
{
	give_back();
	take_signal(SIGTSTP);
	die_if_told();
	term.news &= ~(TERM_STOP | TERM_BACK);
	return term_enter();
}

/* ---- what comes, and what goes */

unsigned
term_wait(msec_t ms)
{
	struct timespec ts = { ms / MSEC_PER_SEC, ms % MSEC_PER_SEC * 1000000 };
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	unsigned news = 0;

	if (term.news == 0 && ppoll(&in, 1, &ts, &term.mask) > 0)
		news = in.revents & POLLIN ? TERM_KEYS : TERM_GONE;
	news |= (unsigned)term.news; /* none comes now: they are blocked */
	term.news = 0;
	return news;
}

size_t
term_read(char *buf, size_t n)
{
	ssize_t got = read(STDIN_FILENO, buf, n);

	return got > 0 ? (size_t)got : 0;
}

bool
term_write(const struct out *o)
{
	return !o->failed && put(o->buf, o->len);
}
