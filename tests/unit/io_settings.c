/* SPDX-License-Identifier: MIT */
/*
 * io_settings.c: ccmon.cfg as operators write it, and as they mistype it.
 * Reads etc/ccmon.cfg from the current directory, the project's own.
 */
#include <ccmon/secret.h>

#include "settings_kit.h"

#include <sys/stat.h>

#include "lib/option.h"

#define CONTRACT                                                                                   \
	"site = \"main\";  timezone = \"Europe/Oslo\";  windows = [\"15m\", \"60m\", "             \
	"\"today\"];\n"                                                                            \
	"redis: { unix = \"/run/redis/redis-server.sock\"; };\n"                                   \
	"daemon: { ingest = \"ipc:///run/ccmon/ingest.ipc\"; flush = \"250ms\"; clock = "          \
	"\"wall\"; };\n"                                                                           \
	"collectors: {\n"                                                                          \
	"  call: { journal = \"/var/lib/ccmon/call\";\n"                                           \
	"    inputs = ( { type = \"zmq-sub\"; connect = [\"tcp://127.0.0.1:5556\"]; dialect = "    \
	"\"native\"; } ); };\n"                                                                    \
	"  email: { journal = \"/var/lib/ccmon/email\";\n"                                         \
	"    inputs = ( { type = \"zmq-pull\"; bind = [\"ipc:///run/ccmon/email.ipc\"]; dialect "  \
	"= \"native\"; } ); };\n"                                                                  \
	"};\n"                                                                                     \
	"defaults: {\n"                                                                            \
	"  call:  { threshold = \"20s\"; target = 0.80; short_abandon = \"5s\"; sl_formula = "     \
	"\"short_removed\"; max_wait = \"2h\"; max_handle = \"8h\"; };\n"                          \
	"  chat:  { threshold = \"30s\"; target = 0.80; first_response = \"60s\"; next_response "  \
	"= \"120s\"; };\n"                                                                         \
	"  email: { first_response = \"4h\"; first_response_target = 0.90; resolution = \"2d\"; "  \
	"calendar = \"office\"; };\n"                                                              \
	"};\n"                                                                                     \
	"queues: {\n"                                                                              \
	"  sales: { channel = \"call\"; match = [\"1001\", \"q-sales\"]; };\n"                     \
	"  vip:   { channel = \"call\"; threshold = \"10s\"; target = 0.95; calendar = "           \
	"\"always\"; };\n"                                                                         \
	"  post:  { channel = \"email\"; };\n"                                                     \
	"};\n"                                                                                     \
	"calendars: { office: { timezone = \"Asia/Tokyo\"; open = [\"mon-fri 08:00-18:00\", "      \
	"\"sat 09:00-13:00\"]; holidays = [\"2026-12-25\"]; }; };\n"                               \
	"hooks: { pager: { command = [\"/etc/ccmon/hooks/ntfy\"]; timeout = \"30s\"; }; };\n"      \
	"alerts: { oldest_wait: { scope = \"queue:*\"; when = \"oldest_wait_seconds > 60\"; for "  \
	"= \"30s\"; clear = \"oldest_wait_seconds < 20\"; severity = \"page\"; hooks = "           \
	"[\"pager\"]; }; };\n"                                                                     \
	"wallboard: { listen = \"127.0.0.1:8787\"; };\n"

static const struct queue_def *
queue(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < s->site.nqueues; i++)
		if (strcmp(s->site.queues[i].name, name) == 0)
			return &s->site.queues[i];
	fail_msg("no queue %s", name);
	return NULL;
}

static void
test_contract_sample(void **state)
{
	struct settings *s = load_good(CONTRACT);
	const struct queue_def *q;

	(void)state;
	assert_string_equal(s->site.name, "main");
	assert_string_equal(s->site.zones[0].name, "Europe/Oslo");
	assert_int_equal(s->site.nzones, 2);
	assert_int_equal(s->site.nwindows, 3);
	assert_true(s->has_alerts);
	q = queue(s, "sales");
	assert_int_equal(q->nmatch, 2);
	assert_string_equal(q->match[1], "q-sales");
	assert_int_equal(q->policy.threshold, 20000);
	q = queue(s, "vip");
	assert_int_equal(q->policy.target, 9500);
	assert_null(q->calendar);
	assert_int_equal(q->zone, 0);
	q = queue(s, "post");
	assert_string_equal(q->calendar, "office");
	assert_string_equal(s->site.zones[q->zone].name, "Asia/Tokyo");
	assert_int_equal(q->policy.first_response_target, 9000);
	assert_int_equal(s->ncollectors, 2);
	assert_string_equal(s->collectors[0].inputs[0].subscribe[0], "");
	assert_null(s->collectors[1].inputs[0].subscribe);
	assert_string_equal(
	    settings_collector(s, "email")->inputs[0].bind[0], "ipc:///run/ccmon/email.ipc");
	assert_null(settings_collector(s, "fax"));
	assert_int_equal(s->site.calendars.n, 1);
	assert_ptr_equal(s->site.calendars.zones, s->site.zones);
	assert_int_equal(s->site.calendars.calendar[0].nweek[5], 1);
	assert_int_equal(s->site.calendars.calendar[0].nexceptions, 1);
	assert_non_null(rules_find(&s->rules, "oldest_wait"));
	assert_string_equal(rules_hook(&s->rules, "pager")->command[0], "/etc/ccmon/hooks/ntfy");
	settings_free(s);
}

static void
test_nothing_said(void **state)
{
	struct settings *s = load_good("");
	struct site site;

	(void)state;
	site_defaults(&site);
	assert_string_equal(s->site.name, "main");
	assert_string_equal(s->site.zones[0].name, "UTC");
	assert_memory_equal(s->site.defaults, site.defaults, sizeof(site.defaults));
	assert_memory_equal(&s->site.limits, &site.limits, sizeof(site.limits));
	assert_memory_equal(s->site.windows, site.windows, sizeof(site.windows));
	assert_int_equal(s->site.silent_after, site.silent_after);
	assert_string_equal(s->redis.unix_path, "/run/redis/redis-server.sock");
	assert_string_equal(s->daemon.ingest, "ipc:///run/ccmon/ingest.ipc");
	assert_int_equal(s->daemon.flush, 250);
	assert_false(s->has_alerts);
	assert_int_equal(s->rules.nhooks, 0);
	assert_non_null(rules_find(&s->rules, "redis_down"));
	assert_null(s->rules.paging.hooks[0]);
	assert_int_equal(s->rules.paging.storm, 20);
	assert_int_equal(s->rules.paging.ack_timeout, 3600000);
	assert_null(s->rules.paging.watchdog_hook);
	assert_int_equal(s->rules.paging.watchdog_every, 60000);
	settings_free(s);
}

/* The defaults the table tells are those the engine has without a file. */
static void
test_policy_table(void **state)
{
	static const char *const channels[] = { "call", "chat", "email" };
	char text[8192] = "defaults: {";
	struct settings *s;
	struct site site;
	size_t n = strlen(text);
	const char *quote;

	(void)state;
	for (unsigned c = 0; c < CHANNEL_COUNT; c++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s: {", channels[c]);
		for (const struct option *o = options; o < options + noptions; o++) {
			if (o->section != SECTION_DEFAULTS || o->base != BASE_POLICY)
				continue;
			quote = o->type == OPTION_RATIO ? "" : "\"";
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s = %s%s%s; ", o->name,
			    quote, o->fallback[c], quote);
		}
		n += (size_t)snprintf(text + n, sizeof(text) - n, "};");
	}
	snprintf(text + n, sizeof(text) - n, "};");
	s = load_good(text);
	site_defaults(&site);
	assert_memory_equal(s->site.defaults, site.defaults, sizeof(site.defaults));
	settings_free(s);
}

/* A word stands for the same thing in the file and in the engine. */
static void
test_formulas(void **state)
{
	char text[128];
	struct settings *s;

	(void)state;
	for (unsigned f = 0; f < SL_NFORMULAS; f++) {
		snprintf(text, sizeof(text), "defaults: { call: { sl_formula = \"%s\"; }; };",
		    sl_formula_name(f));
		s = load_good(text);
		assert_int_equal(s->site.defaults[CHANNEL_CALL].formula, f);
		settings_free(s);
	}
}

static void
test_inheritance(void **state)
{
	struct settings *s =
	    load_good("queues: { a: { target = 1; channel = \"chat\"; match = \"b\"; }; };\n"
	              "defaults: { chat: { threshold = \"45s\"; risk = 0.5; }; };\n");
	const struct queue_def *q = queue(s, "a");

	(void)state;
	assert_int_equal(q->channel, CHANNEL_CHAT);
	assert_int_equal(q->policy.threshold, 45000);
	assert_int_equal(q->policy.risk, 5000);
	assert_int_equal(q->policy.target, 10000);
	assert_int_equal(q->nmatch, 1);
	settings_free(s);
}

static const struct {
	const char *text, *said;
} bad[] = {
	{ "defaults: { call: { treshold = \"20s\"; }; };",
	    ":1: defaults.call.treshold: unknown setting; did you mean threshold?\n" },
	{ "colectors: { };", ":1: colectors: unknown setting; did you mean collectors?\n" },
	{ "zebra = 1;", ":1: zebra: unknown setting\n" },
	{ "silent_after = 20;", ":1: silent_after: 20 has no unit: write \"20s\"\n" },
	{ "silent_after = \"20\";", ":1: silent_after: \"20\" is no length of time: write "
	                            "\"250ms\", \"20s\", \"1h30m\" or \"2d\"\n" },
	{ "daemon: { flush = \"1ms\"; };",
	    ":1: daemon.flush: \"1ms\" is not within 10 ms to 10000 ms\n" },
	{ "defaults: {\n call: { target = 80; }; };",
	    ":2: defaults.call.target: a ratio is from 0 to 1: write 0.80\n" },
	{ "defaults: { call: { target = -0.5; }; };",
	    ":1: defaults.call.target: a ratio is from 0 to 1, such as 0.80\n" },
	{ "defaults: { fax: { }; };",
	    ":1: defaults.fax: is no channel: there are call, chat and email\n" },
	{ "redis: { host = \"::1\"; port = 3000000000; };",
	    ":1: 3000000000: a whole number this large needs an L after it\n" },
	{ "redis: { host = \"::1\"; port = 3000000000L; };",
	    ":1: redis.port: 3000000000 is not within 1 to 65535\n" },
	{ "redis: { host = \"localhost\"; };",
	    ":1: redis.host: \"localhost\" is no numeric address: write \"127.0.0.1\"\n" },
	{ "redis: { host = \"::1\"; unix = \"/x\"; };",
	    ":1: redis.host: there is unix already: one of unix, host, nodes, sentinels\n" },
	{ "redis: { nodes = [\"::1:7001\"]; sentinels = [\"::1:26379\"]; master = \"m\"; };",
	    ":1: redis.sentinels: there is nodes already: one of unix, host, nodes, sentinels\n" },
	{ "redis: { nodes = [\"127.0.0.1:7001\",\n \"redis2:7001\"]; };",
	    ":2: redis.nodes[1]: \"redis2:7001\" is no numeric address and port: write "
	    "\"127.0.0.1:6379\"\n" },
	{ "redis: { sentinels = [\"127.0.0.1\"]; master = \"m\"; };",
	    ":1: redis.sentinels[0]: \"127.0.0.1\" is no numeric address and port: write "
	    "\"127.0.0.1:6379\"\n" },
	{ "redis: { sentinels = []; master = \"m\"; };", ":1: redis.sentinels: is empty\n" },
	{ "redis: { sentinels = [\"127.0.0.1:26379\"]; };",
	    ":1: redis.sentinels: needs a master beside it: its name there\n" },
	{ "redis: { master = \"m\"; };", ":1: redis.master: needs sentinels beside it\n" },
	{ "site = \"a{b}\";", /* it would break the hash tag of a cluster */
	    ":1: site: stands in every key of Redis: no spaces, braces, colons or *?[]\\\n" },
	{ "site = \"a:b\";",
	    ":1: site: stands in every key of Redis: no spaces, braces, colons or *?[]\\\n" },
	{ "site = 5;", ":1: site: must be a text in quotes\n" },
	{ "timezone = \"Mars/Base\";",
	    ":1: timezone: there is no time zone \"Mars/Base\"; \"Europe/Oslo\" is one\n" },
	{ "day_start = \"06:10\";",
	    ":1: day_start: \"06:10\" is not a whole multiple of 15 minutes\n" },
	{ "windows = [\"15m\", \"60x\"];", ":1: windows: \"60x\" is no window: write \"15m\", "
	                                   "\"60m\", \"24h\" at most, or \"today\"\n" },
	{ "windows = [ ];", ":1: windows: needs at least one window\n" },
	{ "demo = \"yes\";", ":1: demo: must be true or false\n" },
	{ "queues: { a: { }; };",
	    ":1: queues.a: needs a channel: \"call\", \"chat\" or \"email\"\n" },
	{ "queues: { a: { channel = \"fax\"; }; };",
	    ":1: queues.a.channel: \"fax\" is not one of call, chat, email\n" },
	{ "queues: { a: { channel = \"call\"; calendar = \"night\"; }; };",
	    ":1: queues.a.calendar: there is no calendar \"night\"\n" },
	{ "queues: { a: { channel = \"call\"; };\n b: { channel = \"call\"; match = [\"x\", "
	  "\"a\"]; }; };",
	    ":2: queues.b.match: \"a\" is queue a already\n" },
	{ "queues: { a: { channel = \"call\"; match = [\"x\"]; };\n b: { channel = \"chat\"; match "
	  "= [\"x\"]; }; };",
	    ":2: queues.b.match: \"x\" is queue a already\n" },
	{ "queues: { a: { channel = \"call\"; threshold = \"4s\"; }; };",
	    ":1: queues.a.threshold: threshold of 4000 ms is below short_abandon of 5000 ms: "
	    "nobody could abandon too late\n" },
	{ "queues = 5;", ":1: queues: must be a group: { name: { ... }; }\n" },
	{ "collectors: { c: { }; };",
	    ":1: collectors.c: needs inputs = ( { type = \"zmq-sub\"; ... } )\n" },
	{ "collectors: { c: { inputs = ( { type = \"zmq-sub\"; } ); }; };",
	    ":1: collectors.c.inputs[0]: needs an endpoint: bind or connect\n" },
	{ "collectors: { c: { inputs = ( { bind = \"ipc:///x\"; } ); }; };",
	    ":1: collectors.c.inputs[0]: needs a type: \"zmq-sub\", \"zmq-pull\", \"http\", "
	    "\"maildir\", \"file\", \"ami\" or \"esl\"\n" },
	{ "collectors: { c: { keep = \"1h\"; inputs = ( { type = \"zmq-pull\"; bind = \"udp://x\"; "
	  "} ); }; };",
	    ":1: collectors.c.keep: is below the longest window: write \"86400s\" or more\n"
	    ":1: collectors.c.inputs[0].bind: \"udp://x\" is no endpoint: write \"ipc:///path\" or "
	    "\"tcp://address:port\"\n" },
	{ "collectors: { c: { max_size = \"99999999999G\"; inputs = ( { type = \"zmq-pull\"; bind "
	  "= \"tcp://*:0\"; } ); }; };",
	    ":1: collectors.c.max_size: \"99999999999G\" is no size: write \"512M\" or \"4G\"\n" },
	{ "collectors: { c: { max_size = \"999999999T\"; inputs = ( { type = \"zmq-pull\"; bind = "
	  "\"tcp://*:1\"; } ); }; };",
	    ":1: collectors.c.max_size: \"999999999T\" is not within 1048576 to 1099511627776 "
	    "bytes\n" },
#define HTTP(more) "collectors: { c: { inputs = ( { type = \"http\"; " more " } ); }; };"
	{ HTTP("listen = \"0.0.0.0:80\";"),
	    ":1: collectors.c.inputs[0].listen: others than this machine can reach it: needs a "
	    "secret_file beside it\n" },
	{ HTTP("listen = \"[::]:80\";"),
	    ":1: collectors.c.inputs[0].listen: others than this machine can reach it: needs a "
	    "secret_file beside it\n" },
	{ HTTP("listen = \"localhost:80\";"),
	    ":1: collectors.c.inputs[0].listen: \"localhost:80\": write \"127.0.0.1:8790\" or "
	    "\"[::1]:8790\"\n" },
	{ HTTP("listen = \"::1:80\";"),
	    ":1: collectors.c.inputs[0].listen: \"::1:80\": write \"127.0.0.1:8790\" or "
	    "\"[::1]:8790\"\n" },
	{ HTTP("listen = \"127.0.0.1:65536\";"),
	    ":1: collectors.c.inputs[0].listen: \"127.0.0.1:65536\": write \"127.0.0.1:8790\" or "
	    "\"[::1]:8790\"\n" },
	{ HTTP("path = \"chat\";"),
	    ":1: collectors.c.inputs[0].path: \"chat\": begins with \"/\" and has no spaces and "
	    "none of ?#%\"<>\\\n" },
	{ HTTP("path = \"/a?b\";"),
	    ":1: collectors.c.inputs[0].path: \"/a?b\": begins with \"/\" and has no spaces and "
	    "none of ?#%\"<>\\\n" },
	{ HTTP("max_connections = 513;"),
	    ":1: collectors.c.inputs[0].max_connections: 513 is not within 1 to 512\n" },
	{ HTTP("bind = \"tcp://*:1\";\nconnect = \"tcp://h:1\";\nsubscribe = \"a\";\nhwm = 9;"),
	    ":1: collectors.c.inputs[0].bind: only zmq-sub and zmq-pull have endpoints\n"
	    ":2: collectors.c.inputs[0].connect: only zmq-sub and zmq-pull have endpoints\n"
	    ":3: collectors.c.inputs[0].subscribe: only zmq-sub has subscriptions\n"
	    ":4: collectors.c.inputs[0].hwm: only zmq-sub and zmq-pull have a queue of "
	    "messages\n" },
	{ "collectors: { c: { inputs = ( { type = \"zmq-pull\"; bind = \"ipc:///i\";\nlisten = "
	  "\"127.0.0.1:1\";\npath = \"/\";\nsecret_file = \"/x\";\nmax_connections = 1; } ); }; };",
	    ":2: collectors.c.inputs[0].listen: only http listens; zmq-sub and zmq-pull have bind\n"
	    ":3: collectors.c.inputs[0].path: only http, maildir and file have a path\n"
	    ":4: collectors.c.inputs[0].secret_file: only http, ami and esl have a secret\n"
	    ":5: collectors.c.inputs[0].max_connections: only http counts connections\n" },
	{ "collectors: { c: { inputs = ( { type = \"http\"; },\n{ type = \"http\"; } ); }; };",
	    ":2: collectors.c.inputs[1]: there is an input with the path /native at "
	    "127.0.0.1:8790 already\n" },
	{ "collectors: { c: { inputs = ( { type = \"http\"; } ); };\n"
	  "d: { inputs = ( { type = \"http\"; path = \"/d\"; } ); }; };",
	    ":2: collectors.d.inputs[0]: collectors.c listens at 127.0.0.1:8790 already; each "
	    "needs its own\n" },
#define MAILDIR(more)                                                                              \
	"collectors: { c: { inputs = ( { type = \"maildir\"; path = \"/m\"; source = \"m\"; "      \
	"queue = \"q\";\n" more " } ); }; };"
	{ "collectors: { c: { inputs = ( { type = \"maildir\"; } ); }; };",
	    ":1: collectors.c.inputs[0]: needs a path from /, of the directory that holds new and "
	    "cur\n"
	    ":1: collectors.c.inputs[0]: needs a queue for its mails\n"
	    ":1: collectors.c.inputs[0]: needs a source, the name of its feed\n" },
	{ MAILDIR("agents = [\"alice\", \"@=x\", \"a@b@c\", \"a b@c\", \"a@b=\"]; "),
	    ":2: collectors.c.inputs[0].agents[0]: \"alice\": write \"sales@example.org\" or "
	    "\"sales@example.org=name\", or \"@example.org\"\n"
	    ":2: collectors.c.inputs[0].agents[1]: \"@=x\": write \"sales@example.org\" or "
	    "\"sales@example.org=name\", or \"@example.org\"\n"
	    ":2: collectors.c.inputs[0].agents[2]: \"a@b@c\": write \"sales@example.org\" or "
	    "\"sales@example.org=name\", or \"@example.org\"\n"
	    ":2: collectors.c.inputs[0].agents[3]: \"a b@c\": write \"sales@example.org\" or "
	    "\"sales@example.org=name\", or \"@example.org\"\n"
	    ":2: collectors.c.inputs[0].agents[4]: \"a@b=\": write \"sales@example.org\" or "
	    "\"sales@example.org=name\", or \"@example.org\"\n" },
	{ MAILDIR("addresses = [\"@example.org\"];"),
	    ":2: collectors.c.inputs[0].addresses[0]: \"@example.org\": write "
	    "\"sales@example.org\" or \"sales@example.org=name\"\n" },
	{ MAILDIR("folders = [\"/x\"];"),
	    ":2: collectors.c.inputs[0].folders[0]: \"/x\" is not below path: write \".Sent\"\n" },
	{ MAILDIR("dialect = \"native\";"), ":2: collectors.c.inputs[0].dialect: maildir, ami and "
	                                    "esl have a dialect of their own\n" },
	{ MAILDIR("start = \"later\";"),
	    ":2: collectors.c.inputs[0].start: \"later\" is not one of now, all\n" },
	{ "collectors: { c: { inputs = ( { type = \"maildir\"; path = \"/m\"; source = \"m\"; "
	  "queue "
	  "= \"q\"; },\n{ type = \"maildir\"; path = \"/n\"; source = \"m\"; queue = \"q\"; } ); "
	  "}; };",
	    ":2: collectors.c.inputs[1].source: another mailbox has this source; each needs its "
	    "own\n" },
	{ HTTP("queue = \"q\";\nagents = [\"a@b\"];"),
	    ":1: collectors.c.inputs[0].queue: only maildir needs to be told its queue\n"
	    ":2: collectors.c.inputs[0].agents: only maildir tells agents by their addresses\n" },
	{ "collectors: { c: { inputs = (\n{ type = \"file\"; path = \"log\"; },\n{ type = \"ami\"; "
	  "address = \"pbx:1\"; dialect = \"x\"; },\n{ type = \"esl\"; username = \"u\"; } ); }; "
	  "};",
	    ":2: collectors.c.inputs[0].path: \"log\": begins with \"/\"\n"
	    ":3: collectors.c.inputs[1].dialect: maildir, ami and esl have a dialect of their own\n"
	    ":3: collectors.c.inputs[1].address: \"pbx:1\": write \"127.0.0.1:5038\" or "
	    "\"[::1]:8021\"\n"
	    ":3: collectors.c.inputs[1]: needs a source, the name of its feed\n"
	    ":3: collectors.c.inputs[1]: needs a secret_file\n"
	    ":3: collectors.c.inputs[1]: needs a username, the section's name in manager.conf\n"
	    ":4: collectors.c.inputs[2].username: only ami logs in by name\n"
	    ":4: collectors.c.inputs[2]: needs a source, the name of its feed\n"
	    ":4: collectors.c.inputs[2]: needs a secret_file\n" },
	{ "collectors: { c: { inputs = (\n{ type = \"file\"; path = \"/q\"; source = \"p\"; "
	  "gives = \"calls\"; },\n{ type = \"ami\"; source = \"p\"; username = \"u\"; "
	  "secret_file = \"/s\"; } ); }; };",
	    ":3: collectors.c.inputs[1]: another input tells of p, and all would count twice: "
	    "write "
	    "gives = \"calls\" in one and \"agents\" in the other\n" },
	{ "redis: { operator_username = \"o\"; };",
	    ":1: redis: operator_username and operator_password_file go together\n" },
	{ "redis: { board_password_file = \"/p\"; };",
	    ":1: redis: board_username and board_password_file go together\n" },
	{ "wallboard: { listen = \"localhost:80\";\nagents = \"teams\"; };",
	    ":1: wallboard.listen: \"localhost:80\": write \"127.0.0.1:8787\" or \"[::1]:8787\"\n"
	    ":2: wallboard.agents: needs teams: { north: { agents = [\"anna\", \"b*\"]; }; } "
	    "beside it\n" },
	{ "wallboard: { stale_after = \"1s\";\nteams: { n: { agents = []; }; }; };",
	    ":1: wallboard.stale_after: \"1s\" is not within 2000 ms to 3600000 ms\n" },
	{ "wallboard: { teams: { n: { agents = []; }; }; };",
	    ":1: wallboard.teams.n: needs agents = [\"anna\", \"b*\"]\n" },
	{ "redis: { password = \"hunter2\"; };",
	    ":1: redis.password: everybody may read this file: put the password in one of its "
	    "own, mode 0600, and name that in password_file\n" },
	{ HTTP("secret = \"hunter2\";"),
	    ":1: collectors.c.inputs[0].secret: everybody may read this file: put the secret in "
	    "one of its own, mode 0600, and name that in secret_file\n" },
	{ "a = 1;\nb = 2;\na = 3;", ":3: duplicate setting name\n" },
	{ "a = 20s;", ":1: syntax error\n" },
};

static void
test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		assert_null(load(bad[i].text));
		assert_string_equal(said, bad[i].said);
	}
}

/* All in one go, in the order of the file, and no more than can be read. */
static void
test_many(void **state)
{
	char text[4096] = "";

	(void)state;
	for (int i = 0; i < 30; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "unknown%d = 1;\n", i);
	assert_null(load(text));
	assert_int_equal(nsaid, 21);
	assert_memory_equal(said, ":1: ", 4);
	assert_non_null(strstr(said, ":20: unknown19: unknown setting\nand 10 more\n"));
}

static void
test_path_length(void **state)
{
	char text[512], ipc[128];
	struct settings *s;

	(void)state;
	for (int n = 107; n <= 108; n++) {
		memset(ipc, 'x', sizeof(ipc));
		ipc[n] = '\0';
		snprintf(text, sizeof(text), "daemon: { ingest = \"ipc://%s\"; };", ipc);
		s = load(text);
		assert_int_equal(s != NULL, n == 107);
		settings_free(s);
	}
	assert_non_null(strstr(said, "the path has 108 bytes; a socket's name has at most 107"));
}

static void
test_files(void **state)
{
	(void)state;
	unlink(path);
	said[0] = '\0';
	assert_null(settings_load(path, complain, NULL));
	assert_string_equal(said, ": cannot read: No such file or directory\n");
	put(path, "");
	assert_int_equal(chmod(path, 0646), 0);
	said[0] = '\0';
	assert_null(settings_load(path, complain, NULL));
	assert_non_null(strstr(said, ": everybody may write to it"));
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	said[0] = '\0';
	assert_null(settings_load(path, complain, NULL));
	assert_string_equal(said, ": is not a regular file\n");
	unlink(path);
}

static void
test_password(void **state)
{
	struct redis_settings r = { .password_file = path };
	const char *why;
	char *password;

	(void)state;
	put(path, "s3cret\n");
	assert_int_equal(chmod(path, 0604), 0);
	assert_null(settings_redis_password(&r, &why));
	assert_string_equal(why, "others can read it: chmod o= the file");
	assert_int_equal(chmod(path, 0600), 0);
	password = settings_redis_password(&r, &why);
	assert_string_equal(password, "s3cret");
	free(password);
	put(path, "");
	assert_int_equal(chmod(path, 0600), 0);
	assert_null(settings_redis_password(&r, &why));
	assert_string_equal(why, "empty");
}

/* A secret for us and root; nobody else made it, or may read it. */
static void
test_secret(void **state)
{
	const char *why;
	char *secret, long_one[600];

	(void)state;
	put(path, "s3cret\r\nmore");
	assert_int_equal(chmod(path, 0640), 0);
	secret = secret_read(path, &why);
	assert_string_equal(secret, "s3cret");
	assert_true(secret_is(STR_LIT("s3cret"), (struct str){ secret, 6 }));
	assert_false(secret_is(STR_LIT("s3cres"), (struct str){ secret, 6 }));
	assert_false(secret_is(STR_LIT("s3cret"), (struct str){ secret, 5 }));
	secret_free(secret);
	assert_int_equal(chmod(path, 0620), 0);
	assert_null(secret_read(path, &why));
	assert_string_equal(why, "its group can write it: chmod 0640 or 0600 the file");
	if (geteuid() == 0) {
		assert_int_equal(chmod(path, 0640), 0);
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_null(secret_read(path, &why));
		assert_string_equal(
		    why, "its group can read it: chmod 0600 the file, or chown it to root");
		assert_int_equal(chmod(path, 0600), 0);
		assert_null(secret_read(path, &why));
		assert_string_equal(why, "it belongs to somebody else: chown it to root");
	}
	memset(long_one, 'x', sizeof(long_one));
	long_one[599] = '\0';
	put(path, long_one);
	assert_int_equal(chmod(path, 0600), 0);
	assert_null(secret_read(path, &why));
	assert_string_equal(why, "too long for a secret");
	unlink(path);
	assert_null(secret_read(path, &why));
	assert_string_equal(why, "No such file or directory");
	assert_null(secret_read("/", &why));
	assert_string_equal(why, "not a regular file");
}

/* A name without a slash is one of the credentials systemd hands over. */
static void
test_credential(void **state)
{
	const char *why, *name = strrchr(path, '/') + 1;
	char *secret, place[sizeof(path)], room[16];

	(void)state;
	put(path, "s3cret\n");
	assert_int_equal(chmod(path, 0400), 0);
	snprintf(place, sizeof(place), "%.*s", (int)(name - path - 1), path);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", place, 1), 0);
	assert_non_null(secret = secret_read(name, &why));
	assert_string_equal(secret, "s3cret");
	secret_free(secret);
	assert_null(secret_read("no-such-credential", &why));
	assert_string_equal(why, "No such file or directory");
	assert_null(secret_path("much-too-long-for-the-room", room, sizeof(room)));
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_null(secret_read(name, &why));
	assert_string_equal(why, "a name without a slash is a credential of a systemd unit "
	                         "(LoadCredential=), and there are none: write the file's path");
	unlink(path);
}

/* Inputs with paths of their own share an address. */
static void
test_http(void **state)
{
	struct settings *s = load_good(
	    "collectors: { chat: { inputs = ( { type = \"http\"; dialect = \"queue_log\"; },"
	    "{ type = \"http\"; path = \"/n\"; },"
	    "{ type = \"http\"; listen = \"0.0.0.0:80\"; secret_file = \"/s\"; },"
	    "{ type = \"http\"; listen = \"[::1]:80\"; max_connections = 3; } ); }; };");
	const struct input_settings *in = s->collectors[0].inputs;

	(void)state;
	assert_string_equal(in[0].listen, "127.0.0.1:8790");
	assert_string_equal(in[0].path, "/queue_log");
	assert_null(in[0].secret_file);
	assert_int_equal(in[0].max_connections, 100);
	assert_string_equal(in[1].listen, "127.0.0.1:8790");
	assert_string_equal(in[1].path, "/n");
	assert_string_equal(in[2].listen, "0.0.0.0:80");
	assert_string_equal(in[2].path, "/native");
	assert_string_equal(in[2].secret_file, "/s");
	assert_int_equal(in[3].max_connections, 3);
	settings_free(s);
}

static void
test_wallboard(void **state)
{
	struct settings *s = load_good("site = \"east\";"), *t;

	(void)state;
	assert_string_equal(s->wallboard.listen, "127.0.0.1:8787");
	assert_string_equal(s->wallboard.title, "east");
	assert_int_equal(s->wallboard.agents, AGENTS_NAMES);
	assert_int_equal(s->wallboard.stale_after, 15000);
	assert_int_equal(s->wallboard.max_clients, 1200);
	assert_false(s->wallboard.is_open);
	settings_free(s);
	t = load_good("wallboard: { listen = \"[::]:80\"; hosts = [\"b\"]; agents = \"teams\";"
	              "title = \"Help\"; token_file = \"/t\";"
	              "teams: { n: { agents = [\"a*\", \"b\"]; }; }; };");
	assert_true(t->wallboard.is_open);
	assert_string_equal(t->wallboard.title, "Help");
	assert_int_equal(t->wallboard.agents, AGENTS_TEAMS);
	assert_int_equal(t->wallboard.nteams, 1);
	assert_string_equal(t->wallboard.teams[0].name, "n");
	assert_string_equal(t->wallboard.teams[0].agents[1], "b");
	settings_free(t);
}

static void
test_maildir(void **state)
{
	struct settings *s = load_good(MAILDIR("")), *t;
	const struct input_settings *in = s->collectors[0].inputs;

	(void)state;
	assert_int_equal(in->type, INPUT_MAILDIR);
	assert_string_equal(in->path, "/m");
	assert_int_equal(in->start, MAIL_START_NOW);
	assert_int_equal(in->anew_after, INT64_C(2592000000));
	settings_free(s);
	t = load_good(MAILDIR("folders = [\".Sent\"]; start = \"all\"; anew_after = \"0s\";"
	                      "addresses = [\"a@b\", \"c@d=e f\"]; agents = [\"@b\", \"@c=x\"];"));
	in = t->collectors[0].inputs;
	assert_string_equal(in->folders[0], ".Sent");
	assert_string_equal(in->addresses[1], "c@d=e f");
	assert_string_equal(in->agents[1], "@c=x");
	assert_int_equal(in->start, MAIL_START_ALL);
	assert_int_equal(in->anew_after, 0);
	settings_free(t);
}

#define INPUTS(more) "collectors: { c: { inputs: (" more "); }; };"
#define LOG(more)                                                                                  \
	"{ type = \"file\"; path = \"/q\"; dialect = \"queue_log\"; source = \"p\"; " more "}"
#define AMI(more)                                                                                  \
	"{ type = \"ami\"; source = \"p\"; username = \"u\"; secret_file = \"/s\"; " more "}"

static void
test_switches(void **state)
{
	struct settings *s = load_good(INPUTS(LOG("gives = \"calls\";") ", " AMI(
	    "gives = \"agents\"; queues = [\"sales\"];") ", { type = \"esl\"; source = \"f\"; "
	                                                 "secret_file = \"/s\"; address = "
	                                                 "\"[::1]:1\"; }"));
	const struct input_settings *in = s->collectors[0].inputs;

	(void)state;
	assert_int_equal(in[0].gives, GIVES_CALLS);
	assert_string_equal(in[0].dialect, "queue_log");
	assert_string_equal(in[1].dialect, "ami");
	assert_string_equal(in[1].address, "127.0.0.1:5038");
	assert_string_equal(in[1].queues[0], "sales");
	assert_string_equal(in[2].dialect, "freeswitch");
	assert_string_equal(in[2].address, "[::1]:1");
	settings_free(s);
}

/* ---- the file that is shipped */

/* Its text; with_commented makes settings of "#name" and, with
 * with_others, of "#|name" too. */
static char *
shipped(bool with_commented, bool with_others)
{
	FILE *f = fopen("etc/ccmon.cfg", "r");
	char *text = calloc(1, CONF_FILE_MAX), *p;

	assert_non_null(f);
	assert_non_null(text);
	assert_true(fread(text, 1, CONF_FILE_MAX - 1, f) > 0);
	fclose(f);
	for (p = text; p != NULL && with_commented; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (p[0] != '#' || p[1] == ' ' || p[1] == '\n')
			continue;
		if (p[1] == '|' && with_others)
			memcpy(p, "  ", 2);
		else if (p[1] != '|')
			*p = ' ';
	}
	return text;
}

static void
test_shipped_loads(void **state)
{
	char *text;

	(void)state;
	for (int commented = 0; commented <= 1; commented++) {
		text = shipped(commented, false);
		settings_free(load_good(text));
		free(text);
	}
}

/* Does some place of the section, which is within node, have this setting? */
static bool
stands_in(const struct conf_node *node, enum section section, const char *name)
{
	const struct section_row *s = &sections[section];

	node = conf_find(node, s->name);
	if (node == NULL || s->shape == SHAPE_GROUP)
		return node != NULL && conf_find(node, name) != NULL;
	for (size_t i = 0; i < conf_count(node); i++)
		if (conf_find(conf_item(node, i), name) != NULL)
			return true;
	return false;
}

static bool
stands(const struct conf_node *root, enum section section, const char *name)
{
	const struct section_row *s = &sections[section];
	const struct conf_node *parents;

	if (section == SECTION_SITE)
		return conf_find(root, name) != NULL;
	if (s->parent == SECTION_SITE)
		return stands_in(root, section, name);
	parents = conf_find(root, sections[s->parent].name);
	if (sections[s->parent].shape == SHAPE_GROUP)
		return parents != NULL && stands_in(parents, section, name);
	for (size_t i = 0; i < conf_count(parents); i++)
		if (stands_in(conf_item(parents, i), section, name))
			return true;
	return false;
}

static void
test_shipped_is_complete(void **state)
{
	char *text = shipped(true, true);
	struct conf *c;

	(void)state;
	put(path, text);
	c = conf_open(path, complain, NULL);
	assert_non_null(c);
	for (const struct option *o = options; o < options + noptions; o++) {
		/* a queue's policy stands in its channel's */
		if (o->section == SECTION_QUEUE && o->base == BASE_POLICY)
			continue;
		if (!stands(conf_root(c), o->section, o->name))
			fail_msg("etc/ccmon.cfg lacks %s of section %s", o->name,
			    sections[o->section].name);
	}
	conf_close(c);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contract_sample),
		cmocka_unit_test(test_nothing_said),
		cmocka_unit_test(test_policy_table),
		cmocka_unit_test(test_formulas),
		cmocka_unit_test(test_inheritance),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_path_length),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_credential),
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_wallboard),
		cmocka_unit_test(test_maildir),
		cmocka_unit_test(test_switches),
		cmocka_unit_test(test_shipped_loads),
		cmocka_unit_test(test_shipped_is_complete),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
