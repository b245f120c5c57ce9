/* SPDX-License-Identifier: MIT */
/*
 * settings_wallboard.c: does the section of the wall-board make sense, and
 * who can reach it?  Where that is more than this machine it is allowed all
 * the same: a board hangs where people are.  The program says so at its start.
 */
#include "settings_load.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define LISTEN "127.0.0.1:8787"

/* The address without its brackets into host; -1: there is no port behind it. */
static int
split_listen(const char *listen, char host[INET6_ADDRSTRLEN])
{
	const char *colon = strrchr(listen, ':');
	size_t n = colon == NULL ? 0 : (size_t)(colon - listen);
	long port;
	char *end;

	if (n > 2 && listen[0] == '[' && listen[n - 1] == ']') {
		listen++;
		n -= 2;
	}
	if (n == 0 || n >= INET6_ADDRSTRLEN)
		return -1;
	memcpy(host, listen, n);
	host[n] = '\0';
	port = strtol(colon + 1, &end, 10);
	/* an IPv6 address without brackets would lose its end to the port */
	return (strchr(host, ':') != NULL) == (colon[-1] == ']') && end > colon + 1 &&
	               *end == '\0' && port >= 1 && port <= 65535
	           ? 0
	           : -1;
}

int
listen_parse(const char *listen, bool *is_loopback)
{
	char host[INET6_ADDRSTRLEN];

	if (split_listen(listen, host) == -1 || !is_numeric(host))
		return -1;
	*is_loopback = strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
	return 0;
}

static void
check_teams(struct load *l, const struct wallboard_settings *w)
{
	if (w->agents == AGENTS_TEAMS && w->nteams == 0)
		problem(l, find_node(l, "wallboard", "agents", NULL),
		    "needs teams: { north: { agents = [\"anna\", \"b*\"]; }; } beside it");
	for (const struct team_settings *t = w->teams; t < w->teams + w->nteams; t++)
		if (texts_count(t->agents) == 0)
			problem(l, find_node(l, "wallboard", "teams", t->name),
			    "needs agents = [\"anna\", \"b*\"]");
}

void
settings_wallboard(struct load *l)
{
	struct wallboard_settings *w = &l->settings->wallboard;
	bool is_loopback = true;

	if (listen_parse(w->listen, &is_loopback) == -1)
		problem(l, find_node(l, "wallboard", "listen", NULL),
		    "\"%s\": write \"" LISTEN "\" or \"[::1]:8787\"", w->listen);
	w->is_open = !is_loopback;
	if (w->title == NULL && (w->title = strdup(l->settings->site.name)) == NULL)
		no_memory(l);
	check_teams(l, w);
}
