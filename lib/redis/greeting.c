/* SPDX-License-Identifier: MIT */
/*
 * greeting.c: what is said first on a connection: who we are, then the one
 * question that tells whether to stay.
 *
 * A sentinel is asked that question only: our user and password are those of
 * Redis.
 */
#include "redis.h"

static void
build(struct out *o, const char *const *words, size_t n)
{
	resp_begin(o, n);
	for (size_t i = 0; i < n; i++)
		resp_text(o, words[i]);
}

static void
build_auth(struct out *o, const struct rlink_options *opts)
{
	const char *words[] = { "AUTH", opts->username, opts->password };

	if (opts->username == NULL)
		words[1] = opts->password;
	build(o, words, opts->username == NULL ? 2 : 3);
}

static void
build_question(struct out *o, const struct rlink_options *opts, enum route_question question)
{
	const char *const words[][3] = {
		[ROUTE_PING] = { "PING" },
		[ROUTE_KEY] = { "EXISTS", opts->key },
		[ROUTE_MASTER] = { "SENTINEL", "get-master-addr-by-name", opts->master },
		[ROUTE_ROLE] = { "ROLE" },
	};
	static const size_t n[] = {
		[ROUTE_PING] = 1, [ROUTE_KEY] = 2, [ROUTE_MASTER] = 3, [ROUTE_ROLE] = 1
	};

	build(o, words[question], n[question]);
}

bool
greeting_command(
    struct out *o, const struct rlink_options *opts, const struct route *route, unsigned i)
{
	bool known = route->question != ROUTE_MASTER;
	const char *const setname[] = { "CLIENT", "SETNAME", opts->client_name };

	if (known && opts->password != NULL && i-- == 0)
		build_auth(o, opts);
	else if (known && opts->client_name != NULL && i-- == 0)
		build(o, setname, COUNTOF(setname));
	else {
		build_question(o, opts, route->question);
		return true;
	}
	return false;
}
