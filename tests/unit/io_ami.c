/* SPDX-License-Identifier: MIT */
/*
 * io_ami.c: an input that listens to Asterisk's manager, over a real socket;
 * the switch is the test (switch_kit.h).
 */
#include "switch_kit.h"

#include "collectors/inputs/stanza.h"

#define OK(id) "Response: Success\r\nActionID: ccmon-" id "\r\n\r\n"
#define REFUSED(id, why) "Response: Error\r\nActionID: ccmon-" id "\r\nMessage: " why "\r\n"
#define NO(id, why) REFUSED(id, why) "\r\n"
#define START(id)                                                                                  \
	"Response: Success\r\nActionID: ccmon-" id "\r\nEventList: start\r\nMessage: m\r\n\r\n"
#define STARTED(id)                                                                                \
	"Response: Success\r\nActionID: ccmon-" id "\r\nEventList: start\r\nMessage: m\r\n|"
#define COMPLETE(event, id)                                                                        \
	"Event: " event "Complete\r\nActionID: ccmon-" id "\r\nEventList: Complete\r\n\r\n"
#define COMPLETED(event, id)                                                                       \
	"Event: " event "Complete\r\nActionID: ccmon-" id "\r\nEventList: Complete\r\n|"
#define LOGIN                                                                                      \
	"Action: Login\r\nActionID: ccmon-login\r\nUsername: ccmon\r\nSecret: s3cret\r\n"          \
	"Events: system\r\n\r\n"
#define PONG "Response: Success\r\nActionID: ccmon-ping\r\nPing: Pong\r\n"

static int
setup(void **state)
{
	(void)state;
	kit_begin(INPUT_AMI, "Asterisk Call Manager/9.0.0\r\n");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	kit_end();
	return 0;
}

static void
lists_all(void)
{
	hears_and_says("Action: QueueStatus\r\nActionID: ccmon-queues\r\n\r\n", START("queues"));
	until_given(STARTED("queues"));
	switch_says("Event: QueueEntry\r\nActionID: ccmon-queues\r\nQueue: a\r\n\r\n");
	until_given("Event: QueueEntry\r\nActionID: ccmon-queues\r\nQueue: a\r\n|");
	switch_says("Event: Hangup\r\nUniqueid: 7.7\r\n\r\n"); /* in between */
	switch_says(COMPLETE("QueueStatus", "queues"));
	hears_and_says(
	    "Action: CoreShowChannels\r\nActionID: ccmon-channels\r\n\r\n", START("channels"));
	switch_says(COMPLETE("CoreShowChannels", "channels"));
	hears_and_says("Action: CoreStatus\r\nActionID: ccmon-status\r\n\r\n", OK("status"));
	until_given("Event: Hangup\r\nUniqueid: 7.7\r\n|" COMPLETED("QueueStatus", "queues")
	        STARTED("channels") COMPLETED("CoreShowChannels",
	            "channels") "Response: Success\r\nActionID: ccmon-status\r\n|");
}

static void
logs_in(void)
{
	hears_and_says(LOGIN, OK("login"));
	hears_and_says(
	    "|VarSet.*Variable: QUEUESTATUS)\r\nActionID: ccmon-filter\r\n\r\n", OK("filter"));
	hears_and_says("EventMask: agent,call,system,dialplan\r\nActionID: ccmon-events\r\n\r\n",
	    OK("events"));
}

static void
opens(int n)
{
	if (input == NULL)
		assert_int_equal(open_input(), 0);
	until_called(n);
	logs_in();
	lists_all();
}

/* ---- the session */

static void
listens(void **state)
{
	(void)state;
	opens(1);
	switch_says("Event: QueueCallerJoin\r\nQueue: a\r\n\r\nEvent: Hangup\r\n\r\nEvent: Ha");
	until_given("Event: QueueCallerJoin\r\nQueue: a\r\n|Event: Hangup\r\n|");
	switch_says("lf\r\n\r\n");
	until_given("Event: Half\r\n|");
	assert_int_equal(counters.refused, 0);
}

static void
no_filter_is_no_harm(void **state)
{
	(void)state;
	assert_int_equal(open_input(), 0);
	until_called(1);
	hears_and_says(LOGIN, OK("login"));
	hears_and_says("ActionID: ccmon-filter\r\n\r\n", NO("filter", "Permission denied"));
	hears_and_says(
	    "EventMask: agent,call,system\r\nActionID: ccmon-events\r\n\r\n", OK("events"));
	lists_all();
}

/* A minute later, a little more or less, it is tried again, and not sooner. */
static void
a_wrong_secret_is_said_once(void **state)
{
	(void)state;
	log_begins();
	assert_int_equal(open_input(), 0);
	for (int n = 1; n <= 3; n++) {
		until_called(n);
		hears_and_says(LOGIN, NO("login", "Authentication failed"));
		until_alone();
		time_passes(47);
		assert_nothing_is_due();
		time_passes(26);
	}
	assert_int_equal(times_logged("error ami: collector call: "), 1);
	assert_int_equal(times_logged("\"ccmon\""), 1);
	assert_int_equal(times_logged(address), 1);
	assert_int_equal(times_logged("manager.conf"), 1);
	log_ends();
}

static void
a_new_secret_is_tried_at_once(void **state)
{
	(void)state;
	assert_int_equal(open_input(), 0);
	until_called(1);
	hears_and_says(LOGIN, NO("login", "Authentication failed"));
	until_alone();
	write_secret("n3w\n");
	input_reload(input);
	until_called(2);
	hears_and_says("Secret: n3w\r\nEvents: system\r\n\r\n", OK("login"));
}

static void
what_is_no_manager_is_said(void **state)
{
	(void)state;
	greeting = "SSH-2.0-OpenSSH_9.2\r\n";
	log_begins();
	assert_int_equal(open_input(), 0);
	until_called(1);
	until_alone();
	assert_int_equal(
	    times_logged("is no Asterisk manager: it says \"SSH-2.0-OpenSSH_9.2\""), 1);
	assert_int_equal(heard.len, 0);
	log_ends();
}

/* ---- the line */

static void
pongs_are_given(void **state)
{
	(void)state;
	opens(1);
	for (int i = 0; i < 3; i++) {
		time_passes(5);
		hears_and_says("Action: Ping\r\nActionID: ccmon-ping\r\n\r\n", PONG "\r\n");
		until_given(PONG "|");
	}
	assert_int_equal(calls, 1);
}

/* Events alone are no answer. */
static void
silence_ends_the_line(void **state)
{
	(void)state;
	log_begins();
	opens(1);
	time_passes(5);
	hears_and_says("ActionID: ccmon-ping\r\n\r\n", "Event: Hangup\r\n\r\n");
	until_given("Event: Hangup\r\n|");
	time_passes(9);
	assert_nothing_is_due();
	assert_non_null(peer);
	time_passes(1);
	until_alone();
	assert_int_equal(times_logged("no answer to a ping for 10 seconds"), 1);
	time_passes(2);
	opens(2);
	assert_int_equal(times_logged("is there again"), 1);
	log_ends();
}

static void
it_comes_back_ever_later(void **state)
{
	static const msec_t delays[] = { 1, 2, 4, 8, 16, 30, 30 };

	(void)state;
	assert_int_equal(open_input(), 0);
	for (size_t i = 0; i < COUNTOF(delays); i++) {
		until_called((int)i + 1);
		hears_and_says(LOGIN, NULL);
		switch_hangs_up();
		assert_nothing_is_due();
		time_passes(delays[i] * 3 / 4);
		assert_nothing_is_due();
		assert_int_equal(calls, i + 1);
		time_passes(delays[i] * 6 / 5 + 1 - delays[i] * 3 / 4);
	}
}

/* While the disk refuses nothing is read, and nothing is overdue. */
static void
waits_for_the_disk(void **state)
{
	(void)state;
	opens(1);
	gate_shuts = true;
	switch_says("Event: Hangup\r\nN: 1\r\n\r\nEvent: Hangup\r\nN: 2\r\n\r\n");
	until_given("Event: Hangup\r\nN: 1\r\n|");
	switch_says("Event: Hangup\r\nN: 3\r\n\r\n");
	time_passes(100);
	assert_nothing_is_due();
	assert_int_equal(given.len, 0);
	input_resume(input);
	until_given("Event: Hangup\r\nN: 2\r\n|Event: Hangup\r\nN: 3\r\n|");
	hears_and_says("ActionID: ccmon-ping\r\n\r\n", PONG "\r\n");
	until_given(PONG "|");
	assert_int_equal(calls, 1);
}

/* All has left for the socket. */
static bool
is_unsent(void *nothing)
{
	(void)nothing;
	return peer == NULL || evbuffer_get_length(bufferevent_get_output(peer)) == 0;
}

/* What it said before it hung up is taken. */
static void
last_words_count(void **state)
{
	char last[] = "Event: Shutdown\r\n|";

	(void)state;
	opens(1);
	for (int i = 0; i < 1000; i++)
		switch_says("Event: Hangup\r\n\r\n");
	switch_says("Event: Shutdown\r\n\r\n");
	loop_until(is_unsent, NULL);
	switch_hangs_up();
	loop_until(is_given, last);
	assert_int_equal(given.len, 1000 * strlen("Event: Hangup\r\n|") + strlen(last));
}

/* ---- what it says */

static void
only_the_queues_that_are_set(void **state)
{
	static char sales[] = "sales";
	static char *queues[] = { sales, NULL };

	(void)state;
	settings.queues = queues;
	assert_int_equal(open_input(), 0);
	until_called(1);
	logs_in();
	hears_and_says("Action: QueueStatus\r\nActionID: ccmon-queues\r\n\r\n", START("queues"));
	switch_says("Event: QueueEntry\r\nActionID: ccmon-queues\r\nQueue: other\r\n\r\n");
	switch_says("Event: QueueEntry\r\nActionID: ccmon-queues\r\nQueue: sales\r\n\r\n");
	switch_says("Event: QueueCallerJoin\r\nQueue: sales2\r\n\r\nEvent: Hangup\r\n\r\n");
	switch_says(COMPLETE("QueueStatus", "queues"));
	hears_and_says("ActionID: ccmon-channels\r\n\r\n", NULL);
	until_given(
	    STARTED("queues") "Event: QueueEntry\r\nActionID: ccmon-queues\r\nQueue: sales\r\n|"
	                      "Event: Hangup\r\n|" COMPLETED("QueueStatus", "queues"));
}

/* Asterisk that was starting: it has no queues yet. */
static void
it_lists_again_when_booted(void **state)
{
	(void)state;
	log_begins();
	assert_int_equal(open_input(), 0);
	until_called(1);
	logs_in();
	hears_and_says("ActionID: ccmon-queues\r\n\r\n", NO("queues", "Invalid/unknown command"));
	until_given(REFUSED("queues", "Invalid/unknown command") "|");
	switch_says("Event: FullyBooted\r\n\r\n");
	until_given("Event: FullyBooted\r\n|");
	assert_int_equal(times_logged("refuses QueueStatus (\"Invalid/unknown command\")"), 1);
	lists_all();
	assert_int_equal(times_logged("lists all again"), 1);
	log_ends();
}

static void
noise_is_counted(void **state)
{
	static char longest[STANZA_HEAD_MAX * 2];

	(void)state;
	opens(1);
	memset(longest, 'x', sizeof(longest) - 1);
	switch_says("what is this\r\n");
	switch_says("Event: Long\r\nX: ");
	switch_says(longest);
	switch_says("\r\n\r\nEvent: Hangup\r\n\r\n");
	until_given("Event: Hangup\r\n|");
	assert_int_equal(rejects, 2);
	assert_int_equal(counters.refused, 2);
}

/* Two hundred thousand events, and nothing of them stays. */
static void
a_flood_is_taken(void **state)
{
	(void)state;
	opens(1);
	flood_begins("Event: Hangup\r\nChannel: PJSIP/alice-00000001\r\nUniqueid: 1.1\r\n\r\n");
	loop_until(is_flood_over, NULL);
	assert_int_equal(counters.refused, 0);
	assert_nothing_stayed();
}

/* ---- the settings */

static void
no_setting_is_a_command(void **state)
{
	static char evil[] = "x\r\nAction: Originate";
	static char *queues[] = { evil, NULL };

	(void)state;
	settings.username = evil;
	assert_int_equal(open_input(), EXIT_CONFIG);
	settings.username = kit_username;
	settings.queues = queues;
	assert_int_equal(open_input(), EXIT_CONFIG);
	settings.queues = NULL;
	write_secret("a\001b\n");
	assert_int_equal(open_input(), EXIT_CONFIG);
	unlink(secret_path);
	assert_int_equal(open_input(), EXIT_CONFIG);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(listens),
		TEST(no_filter_is_no_harm),
		TEST(a_wrong_secret_is_said_once),
		TEST(a_new_secret_is_tried_at_once),
		TEST(what_is_no_manager_is_said),
		TEST(pongs_are_given),
		TEST(silence_ends_the_line),
		TEST(it_comes_back_ever_later),
		TEST(waits_for_the_disk),
		TEST(last_words_count),
		TEST(only_the_queues_that_are_set),
		TEST(it_lists_again_when_booted),
		TEST(noise_is_counted),
		TEST(a_flood_is_taken),
		TEST(no_setting_is_a_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
