/* SPDX-License-Identifier: MIT */
/*
 * test_route.c: who is asked next for our keys: nodes that send us on, in
 * circles, to the dead and to names; sentinels that know nothing, or name
 * somebody who is no master.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <errno.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/redis/route.h"

static const char *const nodes[] = { "127.0.0.1:7001", "127.0.0.1:7002", "[::1]:7003", NULL };
static const char *const sentinels[] = { "127.0.0.1:26379", "127.0.0.2:26379", NULL };
static const struct rlink_options cluster = { .nodes = nodes, .key = "k" };
static const struct rlink_options failover = { .sentinels = sentinels, .master = "main" };

static char why[ROUTE_WHY_MAX];

static struct reply
error(const char *text)
{
	return (struct reply){ .type = REPLY_ERROR, .text = str_of(text) };
}

static void
begin(struct route *r, const struct rlink_options *o)
{
	assert_int_equal(route_init(r, o), 0);
}

static void
next_is(struct route *r, const char *where, enum route_question question)
{
	char buf[ROUTE_WHERE_MAX];

	route_next(r);
	assert_string_equal(route_where(r, buf), where);
	assert_int_equal(r->question, question);
}

static enum route_verdict
judged(struct route *r, struct reply reply)
{
	why[0] = '\0';
	return route_judge(r, &reply, why);
}

/* ---- addresses */

static void
test_addresses(void **state)
{
	static const char *const bad[] = { "", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
		"127.0.0.1:65536", "127.0.0.1:655360", "127.0.0.1:+1", "127.0.0.1:1 ",
		"localhost:6379", ":6379", "[]:1", "[::1]", "[::1:1",
		"1234567890123456789012345678901234567890123456:1" };
	struct redis_address a;

	(void)state;
	assert_true(redis_address_parse(&a, STR_LIT("10.1.2.3:65535")));
	assert_string_equal(a.host, "10.1.2.3");
	assert_int_equal(a.port, 65535);
	assert_true(redis_address_parse(&a, STR_LIT("[fe80::1]:1")));
	assert_string_equal(a.host, "fe80::1");
	assert_true(redis_address_parse(&a, STR_LIT("fe80::1:7001"))); /* as MOVED has it */
	assert_string_equal(a.host, "fe80::1");
	assert_int_equal(a.port, 7001);
	for (size_t i = 0; i < COUNTOF(bad); i++)
		if (redis_address_parse(&a, str_of(bad[i])))
			fail_msg("\"%s\" was taken", bad[i]);
}

static void
test_what_is_no_way(void **state)
{
	static const char *const none[] = { NULL }, *const name[] = { "127.0.0.1:1", "a:1", NULL };
	static const struct rlink_options bad[] = { { .nodes = none }, { .nodes = name },
		{ .sentinels = name, .master = "x" }, { .host = "localhost" }, { .host = NULL } };
	struct route r;

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		errno = 0;
		assert_int_equal(route_init(&r, &bad[i]), -1);
		assert_int_equal(errno, EINVAL);
	}
}

/* ---- one server */

static void
test_server(void **state)
{
	struct rlink_options o = { .host = "::1", .port = 6379 };
	struct route r;

	(void)state;
	begin(&r, &o);
	next_is(&r, "[::1]:6379", ROUTE_PING);
	assert_int_equal(judged(&r, error("LOADING Redis is")), ROUTE_LOADING);
	next_is(&r, "[::1]:6379", ROUTE_PING);
	assert_int_equal(judged(&r, error("NOAUTH Authentication required.")), ROUTE_REFUSED);
	assert_string_equal(why, "NOAUTH Authentication required.");
	assert_int_equal(judged(&r, (struct reply){ .type = REPLY_STATUS }), ROUTE_HERE);
	assert_false(route_has_moved(
	    &r, &(struct reply){ .type = REPLY_ERROR, .text = STR_LIT("MOVED 1 127.0.0.1:1") }));
	route_fini(&r);
	o = (struct rlink_options){ .unix_path = "/run/redis.sock" };
	begin(&r, &o);
	next_is(&r, "/run/redis.sock", ROUTE_PING);
	route_fini(&r);
}

/* ---- a cluster */

static void
test_nodes_are_gone_round(void **state)
{
	struct route r;

	(void)state;
	begin(&r, &cluster);
	for (unsigned i = 0; i < 2; i++) {
		next_is(&r, "127.0.0.1:7001", ROUTE_KEY);
		route_failed(&r);
		next_is(&r, "127.0.0.1:7002", ROUTE_KEY);
		route_failed(&r);
		next_is(&r, "[::1]:7003", ROUTE_KEY);
		route_failed(&r);
	}
	route_fini(&r);
}

static void
test_moved_is_followed_once(void **state)
{
	struct route r;

	(void)state;
	begin(&r, &cluster);
	next_is(&r, "127.0.0.1:7001", ROUTE_KEY);
	assert_int_equal(judged(&r, error("MOVED 866 127.0.0.9:7009")), ROUTE_ELSEWHERE);
	next_is(&r, "127.0.0.9:7009", ROUTE_KEY);
	route_failed(&r); /* it is dead */
	next_is(&r, "127.0.0.1:7002", ROUTE_KEY);
	assert_int_equal(judged(&r, error("MOVED 866 ::1:7003")), ROUTE_ELSEWHERE);
	next_is(&r, "[::1]:7003", ROUTE_KEY);
	assert_int_equal(judged(&r, (struct reply){ .type = REPLY_INT }), ROUTE_HERE);
	route_fini(&r);
}

static void
test_moved_later(void **state)
{
	struct reply moved = error("MOVED 866 127.0.0.9:7009");
	struct reply down = error("CLUSTERDOWN The cluster is down");
	struct reply ask = error("ASK 866 127.0.0.9:7009"), fine = { .type = REPLY_INT };
	struct route r;

	(void)state;
	begin(&r, &cluster);
	next_is(&r, "127.0.0.1:7001", ROUTE_KEY);
	assert_false(route_has_moved(&r, &fine));
	assert_false(route_has_moved(&r, &ask));
	assert_true(route_has_moved(&r, &moved));
	route_failed(&r); /* the link drops its connection */
	next_is(&r, "127.0.0.9:7009", ROUTE_KEY);
	assert_true(route_has_moved(&r, &down));
	route_failed(&r);
	next_is(&r, "127.0.0.1:7002", ROUTE_KEY);
	route_fini(&r);
}

static void
test_circles(void **state)
{
	enum route_verdict verdict;
	unsigned n = 0;
	struct route r;

	(void)state;
	begin(&r, &cluster);
	do {
		route_next(&r);
		verdict = judged(&r, error("MOVED 866 127.0.0.1:7001"));
	} while (verdict == ROUTE_ELSEWHERE && ++n < 100);
	assert_int_equal(n, 5);
	assert_int_equal(verdict, ROUTE_LATER);
	assert_string_equal(why, "sent round in circles");
	next_is(&r, "127.0.0.1:7002", ROUTE_KEY);
	assert_int_equal(judged(&r, error("MOVED 866 127.0.0.1:7001")), ROUTE_ELSEWHERE);
	route_fini(&r);
}

static void
test_where_moved_cannot_be_followed(void **state)
{
	struct route r;

	(void)state;
	begin(&r, &cluster);
	next_is(&r, "127.0.0.1:7001", ROUTE_KEY);
	assert_int_equal(judged(&r, error("MOVED 866 redis.example.org:7009")), ROUTE_REFUSED);
	assert_non_null(strstr(why, "no numeric address"));
	assert_int_equal(judged(&r, error("MOVED 866 ?:7009")), ROUTE_REFUSED);
	assert_int_equal(judged(&r, error("MOVED ")), ROUTE_REFUSED);
	assert_int_equal(judged(&r, error("MOVED 866 :7009")), ROUTE_ELSEWHERE);
	next_is(&r, "127.0.0.1:7009", ROUTE_KEY); /* no host: the one that was asked */
	route_fini(&r);
}

static void
test_cluster_in_trouble(void **state)
{
	struct route r;

	(void)state;
	begin(&r, &cluster);
	next_is(&r, "127.0.0.1:7001", ROUTE_KEY);
	assert_int_equal(judged(&r, error("CLUSTERDOWN Hash slot not served")), ROUTE_LATER);
	next_is(&r, "127.0.0.1:7002", ROUTE_KEY);
	assert_int_equal(judged(&r, error("ASK 866 127.0.0.1:7001")), ROUTE_HERE);
	assert_int_equal(judged(&r, error("NOPERM this user")), ROUTE_REFUSED);
	route_fini(&r);
}

/* ---- sentinels */

static struct reply
address(struct reply item[2], const char *host, const char *port)
{
	item[0] = (struct reply){ .type = REPLY_TEXT, .text = str_of(host) };
	item[1] = (struct reply){ .type = REPLY_TEXT, .text = str_of(port) };
	return (struct reply){ .type = REPLY_ARRAY, .n = 2, .item = item };
}

static struct reply
role(struct reply item[1], const char *name)
{
	item[0] = (struct reply){ .type = REPLY_TEXT, .text = str_of(name) };
	return (struct reply){ .type = REPLY_ARRAY, .n = 1, .item = item };
}

static void
test_sentinel_names_the_master(void **state)
{
	struct reply item[2];
	struct route r;

	(void)state;
	begin(&r, &failover);
	next_is(&r, "127.0.0.1:26379", ROUTE_MASTER);
	assert_int_equal(judged(&r, address(item, "127.0.0.1", "6379")), ROUTE_ELSEWHERE);
	next_is(&r, "127.0.0.1:6379", ROUTE_ROLE);
	assert_int_equal(judged(&r, role(item, "slave")), ROUTE_LATER);
	next_is(&r, "127.0.0.2:26379", ROUTE_MASTER);
	assert_int_equal(judged(&r, address(item, "127.0.0.1", "6380")), ROUTE_ELSEWHERE);
	next_is(&r, "127.0.0.1:6380", ROUTE_ROLE);
	assert_int_equal(judged(&r, role(item, "master")), ROUTE_HERE);
	route_failed(&r); /* lost: ask anew */
	next_is(&r, "127.0.0.1:26379", ROUTE_MASTER);
	route_fini(&r);
}

static void
test_sentinel_knows_nothing(void **state)
{
	struct reply item[2];
	struct route r;

	(void)state;
	begin(&r, &failover);
	next_is(&r, "127.0.0.1:26379", ROUTE_MASTER);
	assert_int_equal(judged(&r, (struct reply){ .type = REPLY_NIL }), ROUTE_LATER);
	assert_string_equal(why, "this sentinel knows no master \"main\"");
	next_is(&r, "127.0.0.2:26379", ROUTE_MASTER);
	assert_int_equal(judged(&r, address(item, "redis1", "6379")), ROUTE_REFUSED);
	assert_non_null(strstr(why, "\"redis1\", which is no numeric address"));
	next_is(&r, "127.0.0.1:26379", ROUTE_MASTER);
	assert_int_equal(judged(&r, error("ERR unknown command")), ROUTE_REFUSED);
	route_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_what_is_no_way),
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_nodes_are_gone_round),
		cmocka_unit_test(test_moved_is_followed_once),
		cmocka_unit_test(test_moved_later),
		cmocka_unit_test(test_circles),
		cmocka_unit_test(test_where_moved_cannot_be_followed),
		cmocka_unit_test(test_cluster_in_trouble),
		cmocka_unit_test(test_sentinel_names_the_master),
		cmocka_unit_test(test_sentinel_knows_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
