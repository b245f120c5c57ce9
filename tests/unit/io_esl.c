/* SPDX-License-Identifier: MIT */
/*
 * io_esl.c: an input that listens to FreeSWITCH's event socket, over a real
 * socket; the switch is the test (switch_kit.h).
 */
#include "switch_kit.h"

#include "collectors/inputs/stanza.h"

#define REQUEST "Content-Type: auth/request\n\n"
#define REPLY(text) "Content-Type: command/reply\nReply-Text: " text "\n\n"
#define SUBSCRIPTION                                                                               \
	"event json CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_BRIDGE CHANNEL_UNBRIDGE "                  \
	"CHANNEL_HANGUP_COMPLETE HEARTBEAT CUSTOM callcenter::info\n\n"
#define CALLCENTER "api callcenter_config "
#define AGENTS "name|status\nalice|Available\n+OK\n"
#define TIERS "queue|agent|state\nsales|alice|Ready\nhelp|bob|Ready\n+OK\n"
#define QUEUES "name|strategy\nsales|ring-all\nhelp desk|ring-all\n+OK\n"
#define MEMBERS "queue|uuid\n+OK\n"
#define CHANNELS "{\"row_count\":0}"
#define HANGUP "{\"Event-Name\":\"CHANNEL_HANGUP_COMPLETE\"}"

static char sales[] = "sales", *only_sales[] = { sales, NULL };

static int
setup(void **state)
{
	(void)state;
	kit_begin(INPUT_ESL, REQUEST);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	kit_end();
	return 0;
}

static const char *
with_length(const char *type, const char *body)
{
	static char text[8192];
	int n = snprintf(text, sizeof(text), "Content-Type: %s\nContent-Length: %zu\n\n%s", type,
	    strlen(body), body);

	assert_in_range(n, 1, sizeof(text) - 1);
	return text;
}

static void
answers(const char *command, const char *body)
{
	hears_and_says(command, with_length("api/response", body));
}

static void
event(const char *json)
{
	switch_says(with_length("text/event-json", json));
}

static void
logs_in(void)
{
	hears_and_says("auth s3cret\n\n", REPLY("+OK accepted"));
	hears_and_says(SUBSCRIPTION, REPLY("+OK event listener enabled json"));
}

static void
lists_all(void)
{
	answers(CALLCENTER "queue list\n\n", QUEUES);
	answers(CALLCENTER "agent list\n\n", AGENTS);
	event(HANGUP); /* in between */
	answers(CALLCENTER "tier list\n\n", TIERS);
	answers(CALLCENTER "queue list members sales\n\n", MEMBERS);
	answers(CALLCENTER "queue list members 'help desk'\n\n", MEMBERS);
	answers("api show channels as json\n\n", CHANNELS);
	until_given(
	    "list agents\n" AGENTS "|" HANGUP "|list tiers\n" TIERS "|list members sales\n" MEMBERS
	    "|list members help desk\n" MEMBERS "|list channels\n" CHANNELS "|list done\n|");
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

static void
beats(void)
{
	event("{\"Event-Name\":\"HEARTBEAT\"}");
	until_given("{\"Event-Name\":\"HEARTBEAT\"}|");
}

static void
is_asked_how_it_is(void)
{
	time_passes(5);
	answers("api uptime s\n\n", "17\n");
	until_given("list alive\n17\n|");
}

static bool
is_refused(void *nothing)
{
	(void)nothing;
	return counters.refused == 1;
}

/* ---- the session */

static void
listens(void **state)
{
	(void)state;
	opens(1);
	event("{\"Event-Name\":\"CUSTOM\",\"CC-Queue\":\"sales\"}");
	until_given("{\"Event-Name\":\"CUSTOM\",\"CC-Queue\":\"sales\"}|");
	switch_says("Content-Type: text/event-json\nContent-Length: 11\n\n{\"a\":\n");
	switch_says("\n\"b\"}what is this\n");
	until_given("{\"a\":\n\n\"b\"}|");
	loop_until(is_refused, NULL);
	assert_int_equal(calls, 1);
}

static void
a_wrong_password_is_said_once(void **state)
{
	(void)state;
	log_begins();
	assert_int_equal(open_input(), 0);
	for (int n = 1; n <= 3; n++) {
		until_called(n);
		hears_and_says("auth s3cret\n\n", REPLY("-ERR invalid"));
		until_alone();
		time_passes(47);
		assert_nothing_is_due();
		time_passes(26);
	}
	assert_int_equal(times_logged("error esl: collector call: "), 1);
	assert_int_equal(times_logged("refuses our password (\"-ERR invalid\")"), 1);
	assert_int_equal(times_logged(address), 1);
	assert_int_equal(times_logged("event_socket.conf.xml"), 1);
	log_ends();
}

static const struct {
	const char *greeting, *logged;
} strangers[] = {
	{ "Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n",
	    "lets nobody in from this address (\"Access Denied, go away." },
	{ "220 mail.example.org ESMTP\r\n", "it says \"220 mail.example.org ESMTP\"" },
	{ "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", "it says \"HTTP/1.1 400 Bad Request\"" },
};

static void
strangers_are_named(void **state)
{
	(void)state;
	log_begins();
	for (size_t i = 0; i < COUNTOF(strangers); i++) {
		greeting = strangers[i].greeting;
		if (i == 0)
			assert_int_equal(open_input(), 0);
		else
			input_reload(input);
		until_called((int)i + 1);
		until_alone();
		assert_int_equal(times_logged(strangers[i].logged), 1);
		assert_int_equal(heard.len, 0);
	}
	log_ends();
}

static void
a_farewell_is_said(void **state)
{
	(void)state;
	log_begins();
	opens(1);
	switch_says(with_length("text/disconnect-notice", "Disconnected, goodbye.\n"));
	until_alone();
	assert_int_equal(times_logged("it ends the connection: \"Disconnected, goodbye."), 1);
	log_ends();
	time_passes(2);
	opens(2);
}

/* ---- the line */

static void
all_is_listed_each_minute(void **state)
{
	(void)state;
	opens(1);
	for (int i = 0; i < 11; i++) {
		is_asked_how_it_is();
		beats();
	}
	time_passes(5);
	lists_all();
	is_asked_how_it_is();
	assert_int_equal(calls, 1);
}

static void
silence_ends_the_line(void **state)
{
	(void)state;
	log_begins();
	opens(1);
	time_passes(5);
	hears_and_says("api uptime s\n\n", NULL);
	beats();
	time_passes(9);
	assert_nothing_is_due();
	assert_non_null(peer);
	time_passes(1);
	until_alone();
	assert_int_equal(times_logged("no answer to uptime for 10 seconds"), 1);
	log_ends();
}

/* It answers, but its events do not come any more. */
static void
no_heartbeat_ends_the_line(void **state)
{
	(void)state;
	log_begins();
	opens(1);
	time_passes(60);
	lists_all();
	beats();
	time_passes(60);
	lists_all();
	assert_non_null(peer);
	time_passes(5);
	until_alone();
	assert_int_equal(times_logged("no HEARTBEAT for 65 seconds"), 1);
	log_ends();
}

static void
waits_for_the_disk(void **state)
{
	(void)state;
	opens(1);
	gate_shuts = true;
	event(HANGUP);
	until_given(HANGUP "|");
	event(HANGUP);
	time_passes(100);
	assert_nothing_is_due();
	assert_int_equal(given.len, 0);
	input_resume(input);
	until_given(HANGUP "|");
	lists_all(); /* it was due */
	assert_int_equal(calls, 1);
}

/* The gate shuts behind the last list: the end of the round waits for it. */
static void
no_round_ends_behind_the_gate(void **state)
{
	(void)state;
	settings.queues = only_sales;
	assert_int_equal(open_input(), 0);
	until_called(1);
	logs_in();
	answers(CALLCENTER "agent list\n\n", AGENTS);
	answers(CALLCENTER "tier list\n\n", "+OK\n");
	answers(CALLCENTER "queue list members sales\n\n", MEMBERS);
	hears_and_says("api show channels as json\n\n", NULL);
	gate_shuts = true;
	switch_says(with_length("api/response", CHANNELS));
	until_given("|list channels\n" CHANNELS "|");
	assert_nothing_is_due();
	input_resume(input);
	until_given("list done\n|");
}

/* ---- lists */

static void
no_round_is_done_by_half(void **state)
{
	static const char much[STANZA_BODY_MAX + 1];

	(void)state;
	log_begins();
	assert_int_equal(open_input(), 0);
	until_called(1);
	logs_in();
	answers(CALLCENTER "queue list\n\n", "-ERR callcenter_config Command not found!\n");
	beats();
	is_asked_how_it_is();
	assert_int_equal(
	    times_logged("queue list cannot be used: \"-ERR callcenter_config Command"), 1);
	beats();
	time_passes(60);
	answers(CALLCENTER "queue list\n\n", QUEUES);
	answers(CALLCENTER "agent list\n\n", AGENTS);
	hears_and_says(
	    CALLCENTER "tier list\n\n", "Content-Type: api/response\nContent-Length: 1048577\n\n");
	until_given("list agents\n" AGENTS "|");
	assert_int_equal(bufferevent_write(peer, much, sizeof(much)), 0);
	beats();
	is_asked_how_it_is();
	assert_int_equal(times_logged("it is longer than 1 MiB"), 1);
	beats();
	time_passes(60);
	lists_all();
	assert_int_equal(times_logged("lists all again"), 1);
	log_ends();
}

static void
only_the_queues_that_are_set(void **state)
{
	(void)state;
	settings.queues = only_sales;
	assert_int_equal(open_input(), 0);
	until_called(1);
	logs_in();
	answers(CALLCENTER "agent list\n\n", AGENTS);
	event("{\"CC-Queue\":\"help\"}");
	event("{\"CC-Queue\":\"sales\"}");
	event("{\"CC-Queue\":7}");
	answers(CALLCENTER "tier list\n\n", TIERS);
	answers(CALLCENTER "queue list members sales\n\n", MEMBERS);
	answers("api show channels as json\n\n", CHANNELS);
	until_given("list agents\n" AGENTS "|{\"CC-Queue\":\"sales\"}|{\"CC-Queue\":7}|"
	            "list tiers\nqueue|agent|state\nsales|alice|Ready\n+OK\n|"
	            "list members sales\n" MEMBERS "|list channels\n" CHANNELS "|list done\n|");
	assert_int_equal(counters.skipped, 7 + 1); /* the kit's dialect makes no events */
}

static void
a_flood_is_taken(void **state)
{
	(void)state;
	opens(1);
	flood_begins("Content-Type: text/event-json\nContent-Length: 40\n\n"
	             "{\"Event-Name\":\"CHANNEL_HANGUP_COMPLETE\"}");
	loop_until(is_flood_over, NULL);
	assert_int_equal(counters.refused, 0);
	assert_nothing_stayed();
}

/* ---- the settings */

static void
no_setting_is_a_command(void **state)
{
	static char evils[][20] = { "x\n\napi shutdown", "it's", "a\\", "" };
	static char *queues[2];

	(void)state;
	settings.queues = queues;
	for (size_t i = 0; i < COUNTOF(evils); i++) {
		queues[0] = evils[i];
		assert_int_equal(open_input(), EXIT_CONFIG);
	}
	settings.queues = NULL;
	write_secret("a\001b\n");
	assert_int_equal(open_input(), EXIT_CONFIG);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(listens),
		TEST(a_wrong_password_is_said_once),
		TEST(strangers_are_named),
		TEST(a_farewell_is_said),
		TEST(all_is_listed_each_minute),
		TEST(silence_ends_the_line),
		TEST(no_heartbeat_ends_the_line),
		TEST(waits_for_the_disk),
		TEST(no_round_ends_behind_the_gate),
		TEST(no_round_is_done_by_half),
		TEST(only_the_queues_that_are_set),
		TEST(a_flood_is_taken),
		TEST(no_setting_is_a_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
