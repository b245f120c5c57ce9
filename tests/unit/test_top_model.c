/* SPDX-License-Identifier: MIT */
/*
 * test_top_model.c: what the live terminal shows of a board: which rows, in
 * which order, what is selected, and what keys do to that.
 */
#include "top_kit.h"

static const struct queue_row queues[] = {
	{ "sales", "crit", 5, 73, 0.62 },
	{ "Support", "ok", 1, 12, 0.95 },
	{ "billing", "warn", 2, 30, 0.75 },
	{ "mail", "closed", 0, 0, NAN },
	{ "vip", "unknown", 0, 0, 1 },
};
static const struct alert_row alerts[] = {
	{ "ending/queue:vip", "queue:vip", "resolved", "page", 5 },
	{ "sl/queue:billing", "queue:billing", "firing", "warn", 90 },
	{ "wait/queue:sales", "queue:sales", "firing", "page", 75 },
	{ "silent/feed:pbx", "feed:pbx", "acked", "page", 10 },
	{ "early/queue:mail", "queue:mail", "pending", "page", 1 },
	{ "wait/queue:vip", "queue:vip", "firing", "page", 5 },
};

static struct model m;

static int
setup(void **state)
{
	(void)state;
	begin(&m);
	show(&m, queues, COUNTOF(queues), alerts, COUNTOF(alerts));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	model_fini(&m);
	return 0;
}

/* The names shown, with spaces between. */
static const char *
shown(void)
{
	static char text[512];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < m.nshown; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s", i > 0 ? " " : "",
		    STR_ARG(m.board.rows[m.shown[i]].name));
	return text;
}

static void
test_board(void **state)
{
	const struct row *r = board_row(&m.board, str_of("sales"));

	(void)state;
	assert_int_equal(m.board.nrows, 5);
	assert_non_null(r);
	assert_true(r->waiting == 5 && r->oldest == 73 && r->service == 0.62 && r->n == 24);
	assert_true(r->target == 0.8 && r->aht == 245 && r->ready == 3 && r->staffed == 12);
	assert_true(isnan(r->asa)); /* not in this snapshot */
	assert_int_equal(r->status, HEALTH_CRIT);
	assert_int_equal(m.board.count[HEALTH_WARN], 1);
	assert_true(m.board.demo && m.board.time == NOW && m.board.totals.waiting == 9);
	assert_null(board_row(&m.board, str_of("Sales")));
}

/* What fires comes first, the worst and newest of it; what is over or only
 * threatens is not there. */
static void
test_alerts(void **state)
{
	static const char *const order[] = { "wait/queue:vip", "wait/queue:sales",
		"sl/queue:billing", "silent/feed:pbx" };

	(void)state;
	assert_int_equal(m.board.nalarms, COUNTOF(order));
	assert_int_equal(m.board.nfiring, 3);
	for (size_t i = 0; i < COUNTOF(order); i++)
		assert_true(str_is(m.board.alarms[i].id, order[i]));
	assert_int_equal(board_alarm_of(&m.board, str_of("sales"), 0), 1);
	assert_int_equal(board_alarm_of(&m.board, str_of("sales"), 2), m.board.nalarms);
}

/* What cannot be read changes nothing. */
static void
test_nonsense(void **state)
{
	static const char *const bad[] = { "", "{}", "{", "[]", "null", "{\"queues\":[]}",
		"{\"queues\":{\"a\":{},\"a\":{}}}" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		assert_false(board_read(&m.board, str_of(bad[i]), "15m"));
		model_arrange(&m);
		assert_string_equal(shown(), "Support billing mail sales vip");
	}
	/* a queue without any figure is a row of dashes, and what is no object too */
	assert_true(board_read(&m.board, str_of("{\"queues\":{\"a\":{},\"b\":7}}"), "15m"));
	model_arrange(&m);
	assert_string_equal(shown(), "a b");
	assert_true(isnan(m.board.rows[1].waiting) && m.board.rows[1].status == HEALTH_UNKNOWN);
	assert_true(isnan(m.board.totals.waiting));
}

static void
test_orders(void **state)
{
	static const char *const by[][2] = {
		{ "sales billing Support mail vip", "mail vip Support billing sales" },
		{ "sales billing Support mail vip", "mail vip Support billing sales" },
		{ "sales billing Support vip mail", "vip Support billing sales mail" },
		{ "sales vip billing mail Support", "Support mail billing vip sales" },
		{ "Support billing mail sales vip", "vip sales mail billing Support" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(by); i++) {
		type(&m, "s");
		assert_string_equal(shown(), by[i][0]);
		type(&m, "r");
		assert_string_equal(shown(), by[i][1]);
	}
	assert_int_equal(m.order, ORDER_NAME);
}

/* It goes with its queue, whatever happens to the rows. */
static void
test_selection(void **state)
{
	struct queue_row turned[COUNTOF(queues)];

	(void)state;
	assert_string_equal(m.queue, "Support");
	type(&m, "jj\033[B");
	assert_string_equal(m.queue, "sales");
	type(&m, "s");
	assert_int_equal(m.queue_at, 0);
	for (size_t i = 0; i < COUNTOF(queues); i++) {
		turned[i] = queues[i];
		turned[i].waiting = (int)i;
	}
	show(&m, turned, COUNTOF(turned), NULL, 0);
	assert_string_equal(shown(), "vip mail billing Support sales");
	assert_string_equal(m.queue, "sales");
	assert_int_equal(m.queue_at, 4);
	show(&m, turned + 1, COUNTOF(turned) - 1, NULL, 0); /* sales is gone */
	assert_string_equal(m.queue, "Support");
	show(&m, NULL, 0, NULL, 0);
	assert_int_equal(m.nshown, 0);
	assert_int_equal(type(&m, "\033[Bk\033[6~\r"), DEED_NONE);
	type(&m, "j");
	show(&m, queues, COUNTOF(queues), NULL, 0);
	assert_int_equal(m.nshown, 5);
}

static void
test_moves(void **state)
{
	(void)state;
	m.page = 2;
	type(&m, "G");
	assert_string_equal(m.queue, "vip");
	type(&m, "j");
	assert_string_equal(m.queue, "vip");
	type(&m, "\033[5~");
	assert_string_equal(m.queue, "mail");
	type(&m, "\033[H");
	assert_string_equal(m.queue, "Support");
	type(&m, "\033[Ak\033[6~");
	assert_string_equal(m.queue, "mail");
}

static void
test_filter(void **state)
{
	(void)state;
	type(&m, "/SU");
	assert_int_equal(m.prompt, PROMPT_FILTER);
	assert_string_equal(shown(), "Support");
	type(&m, "\x7f");
	assert_string_equal(shown(), "Support sales");
	type(&m, "q"); /* is a letter now */
	assert_int_equal(m.nshown, 0);
	type(&m, "\x7f\r");
	assert_int_equal(m.prompt, PROMPT_NONE);
	assert_string_equal(shown(), "Support sales");
	type(&m, "/il\033"); /* thought better of it */
	assert_string_equal(shown(), "Support sales");
	type(&m, "/\x7f\x7f\x7f");
	assert_string_equal(shown(), "Support billing mail sales vip");
	type(&m, "vi\r\033");
	assert_string_equal(shown(), "Support billing mail sales vip");
	for (size_t i = 0; i < 3 * FILTER_MAX; i++)
		type(&m, i == 0 ? "/\xc3\xa9" : "\xc3\xa9");
	assert_in_range(strlen(m.filter), FILTER_MAX - 2, FILTER_MAX - 1);
	type(&m, "\x7f");
	assert_int_equal(strlen(m.filter) % 2, 0); /* whole letters */
}

static void
test_detail(void **state)
{
	(void)state;
	type(&m, "jjj");
	assert_int_equal(type(&m, "\r"), DEED_READ);
	assert_int_equal(m.mode, MODE_QUEUE);
	assert_string_equal(m.queue, "sales");
	show(&m, queues + 1, 2, NULL, 0); /* it is gone, and still looked at */
	assert_string_equal(m.queue, "sales");
	assert_null(model_queue(&m));
	type(&m, "\033");
	assert_int_equal(m.mode, MODE_BOARD);
	assert_string_equal(m.queue, "billing");
	show(&m, queues, COUNTOF(queues), alerts, COUNTOF(alerts));
	type(&m, "\tjj\r"); /* of the alert about it */
	assert_int_equal(m.mode, MODE_QUEUE);
	assert_string_equal(m.queue, "billing");
	type(&m, "\033j\r"); /* which is about no queue */
	assert_int_equal(m.mode, MODE_BOARD);
	assert_string_equal(m.said, "there is no queue to look at");
}

/* Only y says yes, and to what was asked about, also when that moved. */
static void
test_ack(void **state)
{
	(void)state;
	type(&m, "a");
	assert_int_equal(m.prompt, PROMPT_NONE);
	type(&m, "\tja");
	assert_int_equal(m.prompt, PROMPT_ACK);
	assert_string_equal(m.asked, "wait/queue:sales");
	show(&m, queues, COUNTOF(queues), alerts, 2);
	assert_string_equal(m.asked, "wait/queue:sales");
	assert_int_equal(type(&m, "y"), DEED_ACK);
	show(&m, queues, COUNTOF(queues), alerts, COUNTOF(alerts));
	for (size_t i = 0; i < 4; i++) {
		static const char *const noes[] = { "n", "\r", "\033", "q" };

		type(&m, "\033[Ha");
		assert_int_equal(m.prompt, PROMPT_ACK);
		assert_int_equal(type(&m, noes[i]), DEED_NONE);
		assert_string_equal(m.said, "nothing was sent");
	}
	type(&m, "Ga"); /* taken already */
	assert_int_equal(m.prompt, PROMPT_NONE);
	assert_string_equal(m.said, "it is acked already");
	type(&m, "\033[H\r"); /* at a queue: its own */
	assert_string_equal(m.queue, "vip");
	type(&m, "a");
	assert_string_equal(m.asked, "wait/queue:vip");
	assert_int_equal(type(&m, "\003"), DEED_QUIT);
}

static void
test_windows(void **state)
{
	(void)state;
	type(&m, "w");
	assert_string_equal(model_window(&m), "60m");
	assert_true(board_row(&m.board, str_of("sales"))->service == 0.5);
	type(&m, "w");
	assert_true(board_row(&m.board, str_of("sales"))->service == 0.62);
}

/* All keys of the help, wherever one is: nothing but what they say. */
static void
test_deeds(void **state)
{
	static const char *const ways[] = { "", "\r", "?" };
	const char *text;

	(void)state;
	for (size_t i = 0; i < COUNTOF(ways); i++) {
		type(&m, ways[i]);
		assert_int_equal(type(&m, "q"), DEED_QUIT);
		assert_int_equal(type(&m, "\003"), DEED_QUIT);
		assert_int_equal(type(&m, "\032"), DEED_SUSPEND);
		assert_int_equal(type(&m, "\014"), DEED_REPAINT);
		assert_int_equal(type(&m, "\033"), DEED_NONE);
		assert_int_equal(m.mode, MODE_BOARD);
	}
	for (size_t i = 0; press_help(i, &text) != NULL; i++)
		assert_non_null(text);
}

/* As many queues as a house may have by default. */
static void
test_thousands(void **state)
{
	static char names[4096][16];
	struct queue_row *many = calloc(4096, sizeof(*many));

	(void)state;
	assert_non_null(many);
	for (size_t i = 0; i < 4096; i++) {
		snprintf(names[i], sizeof(names[i]), "q%04zu", i);
		many[i] = queues[i % COUNTOF(queues)];
		many[i].name = names[i];
	}
	show(&m, many, 4096, NULL, 0);
	assert_int_equal(m.nshown, 4096);
	type(&m, "/99\rG");
	assert_string_equal(m.queue, "q3999");
	free(many);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(test_board),
		ONE(test_alerts),
		ONE(test_nonsense),
		ONE(test_orders),
		ONE(test_selection),
		ONE(test_moves),
		ONE(test_filter),
		ONE(test_detail),
		ONE(test_ack),
		ONE(test_windows),
		ONE(test_deeds),
		ONE(test_thousands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
