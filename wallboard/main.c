/* SPDX-License-Identifier: MIT */
/*
 * main.c: ccmon-wallboard, the board in a browser.
 *
 * It reads Redis as a user that may only read, and serves what it finds; it
 * knows neither the daemon nor the collectors, and keeps nothing.  Here its
 * parts meet (wallboard.h has the map).
 */
#include "wallboard.h"

#include <ccmon/clock.h>
#include <ccmon/log.h>
#include <ccmon/secret.h>
#include <ccmon/service.h>

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define EXIT_USAGE 64
#define BACKLOG 1024 /* all boards of a house come back at once */
#define BODY_MAX 4096 /* bytes; nothing is taken, and so little may be sent all the same */
#define DRAIN INT64_C(2000) /* ms for the last answers to get out */
#define DESCRIPTORS 64 /* beside one for each client */

struct command_line {
	const char *path, *directory;
	bool test;
};

struct wallboard {
	struct board board;
	struct server *server;
};

/* ---- the loop */

static msec_t
turn(void *arg, msec_t now)
{
	struct wallboard *w = arg;
	msec_t due = streams_turn(w->board.streams);

	return due == MSEC_NEVER ? due : now + due - clock_mono();
}

static void
stop(void *arg)
{
	server_stop(((struct wallboard *)arg)->server);
}

static bool
drained(void *arg)
{
	return !server_is_busy(((struct wallboard *)arg)->server);
}

static void
dump(void *arg)
{
	const struct board *b = &((struct wallboard *)arg)->board;
	struct streams_facts f = streams_look(b->streams);

	log_info("counters", "streams=%zu opened=%" PRIu64 " let_go=%" PRIu64 " redis=%s", f.open,
	    f.opened, f.let_go, source_is_up(b->source) ? "connected" : "away");
}

static int
run(struct wallboard *w)
{
	struct service service = { .name = "ccmon-wallboard",
		.arg = w,
		.turn = turn,
		.dump = dump,
		.stop = stop,
		.drained = drained,
		.drain_ms = DRAIN };
	const struct wallboard_settings *s = &w->board.settings->wallboard;

	log_info("start", "the board is at http://%s/; version=%s", s->listen, CCMON_VERSION);
	if (s->is_open && w->board.token == NULL)
		log_warn("start", "whoever reaches %s reads the board: there is no token_file",
		    s->listen);
	service_notify("READY=1");
	return service_run(&service);
}

/* ---- opening and closing */

/* A shell gives 1,024; under systemd the unit has said how many. */
static void
raise_descriptors(const struct wallboard_settings *s)
{
	rlim_t wanted = (rlim_t)s->max_clients + DESCRIPTORS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur < wanted)
		log_warn(
		    "start", "not enough file descriptors for max_clients = %d", s->max_clients);
}

static int
read_token(struct board *b)
{
	const char *path = b->settings->wallboard.token_file, *why;

	if (path == NULL || (b->token = secret_read(path, &why)) != NULL)
		return 0;
	log_error("start", "cannot use %s: %s", path, why);
	return EXIT_CONFIG;
}

/* No page of ours loads from elsewhere, runs what stands in its text, or is
 * shown within another's. */
static const struct http_header headers[] = {
	{ 0, "Content-Security-Policy",
	    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
	    "img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'" },
	{ 0, "X-Content-Type-Options", "nosniff" },
	{ 0, "Referrer-Policy", "no-referrer" },
	{ 405, "Allow", "GET, HEAD" },
	{ 0, NULL, NULL },
};

static int
open_server(struct wallboard *w)
{
	const struct wallboard_settings *s = &w->board.settings->wallboard;

	w->server = server_open(&(struct server_options){ .listen = s->listen,
	    .backlog = BACKLOG,
	    .body_max = BODY_MAX,
	    .headers = headers,
	    .late = "Redis does not answer",
	    .on_request = routes_take,
	    .arg = &w->board });
	if (w->server == NULL)
		return EXIT_TROUBLE;
	server_allow(w->server, (unsigned)s->max_clients);
	return 0;
}

static int
open_all(struct wallboard *w, const char *directory)
{
	struct board *b = &w->board;
	const struct wallboard_settings *s = &b->settings->wallboard;
	int code;

	raise_descriptors(s);
	if ((code = read_token(b)) != 0 || (code = source_open(&b->source, b->settings)) != 0)
		return code;
	if ((b->assets = assets_new(directory)) == NULL)
		return directory == NULL ? EXIT_TROUBLE : EXIT_CONFIG;
	if ((b->pulse = pulse_new(b->source, b->settings)) == NULL ||
	    (b->streams = streams_new(b->pulse, s)) == NULL || (b->cache = cache_new()) == NULL ||
	    (b->scrape = scrape_new(b->source, b->settings)) == NULL) {
		log_error("start", "out of memory");
		return EXIT_TROUBLE;
	}
	return open_server(w);
}

/* Who still waits for Redis is answered by its end. */
static void
close_all(struct wallboard *w)
{
	struct board *b = &w->board;

	source_close(b->source);
	server_close(w->server);
	scrape_free(b->scrape);
	cache_free(b->cache);
	streams_free(b->streams);
	pulse_free(b->pulse);
	assets_free(b->assets);
	secret_free(b->token);
}

static int
show(const struct settings *s, const char *directory)
{
	struct wallboard w = { .board = { .settings = s } };
	int code = open_all(&w, directory);

	if (code == 0)
		code = run(&w);
	close_all(&w);
	return code;
}

/* ---- the command line */

static const char help[] =
    "usage: ccmon-wallboard [-tvVh] [-c file] [-w directory]\n"
    "\n"
    "Shows the figures that are in Redis in a browser, and gives them to other\n"
    "programs.\n"
    "\n"
    "  -c file       the configuration (default: " SETTINGS_PATH ")\n"
    "  -t            check the configuration and exit\n"
    "  -w directory  files of the page that come before the built-in ones\n"
    "  -v            log more\n"
    "  -V            print the version\n"
    "  -h            print this\n";

/* -1 to go on, or the exit code. */
static int
read_options(int argc, char **argv, struct command_line *line)
{
	int c;

	*line = (struct command_line){ .path = SETTINGS_PATH };
	while ((c = getopt(argc, argv, "c:tw:vVh")) != -1)
		switch (c) {
		case 'c':
			line->path = optarg;
			break;
		case 't':
			line->test = true;
			break;
		case 'w':
			line->directory = optarg;
			break;
		case 'v':
			log_set_level(LOG_DEBUG);
			break;
		case 'V':
			puts("ccmon-wallboard " CCMON_VERSION);
			return 0;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			fputs(help, stderr);
			return EXIT_USAGE;
		}
	if (optind == argc)
		return -1;
	fputs(help, stderr);
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	struct command_line line;
	struct settings *s;
	int code = read_options(argc, argv, &line);

	if (code >= 0)
		return code;
	log_open("ccmon-wallboard");
	clock_turn();
	s = settings_load(line.path, settings_complain_stderr, NULL);
	if (s == NULL)
		return EXIT_CONFIG;
	code = line.test ? 0 : show(s, line.directory);
	settings_free(s);
	return code;
}
