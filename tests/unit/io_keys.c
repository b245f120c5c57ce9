/* SPDX-License-Identifier: MIT */
/*
 * io_keys.c: keys as they stand in files: right ones, and those that must not
 * be used; and settings that leave a way over tcp without them.
 */
#include "settings_kit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <ccmon/keys.h>

static char file[sizeof(dir) + 64];

/* DIR/NAME with this text and mode; its path. */
static const char *
key_file(const char *name, const char *text, mode_t mode)
{
	snprintf(file, sizeof(file), "%s/%s", dir, name);
	put(file, text);
	assert_int_equal(chmod(file, mode), 0);
	return file;
}

static void
drop(const char *name)
{
	snprintf(file, sizeof(file), "%s/%s", dir, name);
	unlink(file);
}

static struct key_pair
new_pair(void)
{
	struct key_pair pair;

	assert_int_equal(key_pair_make(&pair), 0);
	return pair;
}

/* ---- one key */

static void
test_pair(void **state)
{
	struct key_pair made = new_pair(), read;
	const char *why;

	(void)state;
	assert_int_equal(key_pair_read(&read, key_file("k", made.secret, 0600), &why), 0);
	assert_string_equal(read.public, made.public);
	assert_string_equal(read.secret, made.secret);
	drop("k");
}

static void
test_bad_pairs(void **state)
{
	struct key_pair made = new_pair(), read;
	char text[128];
	const char *why;

	(void)state;
	for (unsigned mode = 0604; mode <= 0607; mode++)
		assert_int_equal(key_pair_read(&read, key_file("k", made.secret, mode), &why), -1);
	assert_non_null(strstr(why, "others can read it"));
	snprintf(text, sizeof(text), "%.39s", made.secret);
	assert_int_equal(key_pair_read(&read, key_file("k", text, 0600), &why), -1);
	assert_non_null(strstr(why, "holds no secret key"));
	snprintf(text, sizeof(text), "%sx", made.secret);
	assert_int_equal(key_pair_read(&read, key_file("k", text, 0600), &why), -1);
	snprintf(text, sizeof(text), "%.39s\"", made.secret); /* not of Z85's letters */
	assert_int_equal(key_pair_read(&read, key_file("k", text, 0600), &why), -1);
	drop("k");
	assert_int_equal(key_pair_read(&read, file, &why), -1);
}

static void
test_public(void **state)
{
	struct key_pair made = new_pair();
	char key[KEY_TEXT_MAX], text[64];
	const char *why;

	(void)state;
	snprintf(text, sizeof(text), "%s\n", made.public);
	assert_int_equal(key_public_read(key, key_file("k.key", text, 0644), &why), 0);
	assert_string_equal(key, made.public);
	assert_int_equal(key_public_read(key, key_file("k.key", text, 0646), &why), -1);
	assert_int_equal(key_public_read(key, key_file("k.key", "", 0644), &why), -1);
	assert_int_equal(key_public_read(key, key_file("k.key", text + 1, 0644), &why), -1);
	drop("k.key");
}

/* ---- a directory of them */

static unsigned ncomplaints;

static void
count(void *arg, const char *name, const char *why)
{
	(void)arg, (void)name, (void)why;
	ncomplaints++;
}

static void
test_ring(void **state)
{
	struct key_pair a = new_pair(), b = new_pair(), c = new_pair();
	struct key_ring ring;
	const char *why;

	(void)state;
	key_file("a.key", a.public, 0644);
	key_file("b.key", b.public, 0644);
	key_file("again.key", a.public, 0644); /* whose is it? */
	key_file("bad.key", "nonsense", 0644);
	key_file("c.key_secret", c.secret, 0600);
	key_file(".c.key", c.public, 0644);
	ncomplaints = 0;
	assert_int_equal(key_ring_read(&ring, dir, count, NULL, &why), 0);
	assert_int_equal(ring.n, 2);
	assert_int_equal(ncomplaints, 2);
	assert_string_equal(key_ring_whose(&ring, a.public), "a");
	assert_string_equal(key_ring_whose(&ring, b.public), "b");
	assert_null(key_ring_whose(&ring, c.public));
	key_ring_fini(&ring);
	assert_int_equal(key_ring_read(&ring, "/nowhere", count, NULL, &why), -1);
	assert_int_equal(chmod(dir, 0702), 0);
	assert_int_equal(key_ring_read(&ring, dir, count, NULL, &why), -1);
	assert_int_equal(chmod(dir, 0700), 0);
	for (const char *const *p = (const char *[]){ "a.key", "b.key", "again.key", "bad.key",
	         "c.key_secret", ".c.key", NULL };
	     *p != NULL; p++)
		drop(*p);
}

static void
test_renew(void **state)
{
	struct key_pair own = new_pair(), a = new_pair(), b = new_pair();
	char secret[sizeof(file)];
	struct keys keys;

	(void)state;
	key_file("a.key", a.public, 0644);
	snprintf(secret, sizeof(secret), "%s", key_file("own.key_secret", own.secret, 0600));
	assert_int_equal(keys_read(&keys, secret, NULL, dir), 0);
	assert_int_equal(keys_renew(&keys), 0);
	key_file("b.key", b.public, 0644); /* one more */
	assert_int_equal(keys_renew(&keys), 0);
	assert_int_equal(keys.peers.n, 2);
	key_file("a.key", own.public, 0644); /* another */
	assert_int_equal(keys_renew(&keys), 1);
	assert_int_equal(keys_renew(&keys), 0);
	assert_int_equal(chmod(dir, 0702), 0);
	assert_int_equal(keys_renew(&keys), -1);
	assert_int_equal(keys.peers.n, 2);
	assert_int_equal(chmod(dir, 0700), 0);
	drop("b.key"); /* one less */
	assert_int_equal(keys_renew(&keys), 1);
	keys_wipe(&keys);
	drop("a.key");
	drop("own.key_secret");
	assert_int_equal(keys_read(&keys, secret, NULL, dir), -1);
}

/* ---- settings */

#define COLLECTOR(more, input) "collectors: { c: { " more " inputs = ( { " input " } ); }; };"
#define KEYS "key_file = \"/k\"; daemon_key_file = \"/d\";"
#define SUB(more) COLLECTOR("key_file = \"/k\";", "type = \"zmq-sub\"; " more)

static const char *const good[] = {
	"daemon: { ingest = \"tcp://10.0.0.1:1\"; key_file = \"/k\"; peers_dir = \"/p\"; };",
	"daemon: { ingest = \"tcp://127.0.0.1:1\"; key_file = \"/k\"; peers_dir = \"/p\"; "
	"};" COLLECTOR(KEYS, "type = \"zmq-pull\"; bind = \"ipc:///x\";"),
	SUB("connect = \"tcp://127.0.0.1:1\";"),
	SUB("connect = \"tcp://[::1]:1\";"),
	SUB("connect = \"tcp://10.0.0.1:1\"; plaintext = true;"),
	SUB("connect = \"tcp://10.0.0.1:1\"; server_key_file = \"/s\";"),
	SUB("bind = \"tcp://*:1\"; peers_dir = \"/p\";"),
};

/* Each has one mistake, and these words are in what is said of it. */
static const struct {
	const char *text, *words;
} bad[] = {
	{ "daemon: { ingest = \"tcp://127.0.0.1:1\"; };",
	    "daemon.ingest: tcp needs keys: run \"ccmonctl" },
	{ "daemon: { ingest = \"tcp://127.0.0.1:1\"; key_file = \"/k\"; };",
	    "key_file: needs peers_dir" },
	{ "daemon: { ingest = \"tcp://127.0.0.1:1\"; peers_dir = \"/k\"; };",
	    "peers_dir: needs key_file" },
	{ "daemon: { key_file = \"/k\"; };", "daemon.key_file: ingest is not tcp" },
	{ "daemon: { peers_dir = \"/k\"; };", "daemon.peers_dir: ingest is not tcp" },
	{ "daemon: { standby = [\"tcp://10.0.0.1:1\"]; };" COLLECTOR(
	      "key_file = \"/k\";", "type = \"zmq-pull\"; bind = \"ipc:///x\";"),
	    "collectors.c: the daemon is reached over tcp: run \"ccmonctl keygen c\"" },
	{ COLLECTOR(KEYS, "type = \"zmq-pull\"; bind = \"ipc:///x\";"),
	    "daemon_key_file: the daemon is not reached over tcp" },
	{ SUB("bind = \"tcp://127.0.0.1:1\";"), "bind: tcp needs keys: run \"ccmonctl keygen c\"" },
	{ COLLECTOR("", "type = \"zmq-sub\"; bind = \"tcp://*:1\"; peers_dir = \"/p\";"),
	    "bind: tcp needs keys" },
	{ SUB("bind = [\"tcp://*:1\", \"ipc:///x\"]; peers_dir = \"/p\";"),
	    "needs an input of its own" },
	{ SUB("bind = \"tcp://*:1\"; peers_dir = \"/p\"; plaintext = true;"),
	    "plaintext: it is for who connects" },
	{ SUB("bind = \"ipc:///x\"; peers_dir = \"/p\";"), "peers_dir: nothing is bound over tcp" },
	{ SUB("bind = \"ipc:///x\"; plaintext = true;"), "plaintext: nothing is reached over tcp" },
	{ SUB("connect = \"tcp://10.0.0.1:1\";"), "tcp://10.0.0.1:1 is elsewhere" },
	{ SUB("connect = \"tcp://localhost:1\";"), "tcp://localhost:1 is elsewhere" },
	{ SUB("connect = \"tcp://127.example.org:1\";"), "is elsewhere" },
	{ SUB("connect = \"tcp://127.0.0.1;10.0.0.1:1\";"), "is elsewhere" },
	{ SUB("connect = \"tcp://127.0.0.1:1\"; replay = \"tcp://10.0.0.1:2\";"),
	    "replay: tcp://10.0.0.1:2 is elsewhere" },
	{ SUB("connect = [\"tcp://127.0.0.1:1\", \"tcp://10.0.0.1:1\"];"),
	    "connect[1]: tcp://10.0.0.1:1" },
	{ SUB("connect = \"tcp://10.0.0.1:1\"; plaintext = true; server_key_file = \"/s\";"),
	    "plaintext: there is a server_key_file" },
	{ COLLECTOR(
	      "", "type = \"zmq-sub\"; connect = \"tcp://10.0.0.1:1\"; server_key_file = \"/s\";"),
	    "server_key_file: needs key_file" },
	{ COLLECTOR("", "type = \"http\"; plaintext = true;"),
	    "only zmq-sub and zmq-pull have keys" },
};

static void
test_settings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(good); i++)
		settings_free(load_good(good[i]));
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		assert_null(load(bad[i].text));
		if (strstr(said, bad[i].words) == NULL || nsaid != 1)
			fail_msg("%s\nsaid %s", bad[i].text, said);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pair),
		cmocka_unit_test(test_bad_pairs),
		cmocka_unit_test(test_public),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_renew),
		cmocka_unit_test(test_settings),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
