/* SPDX-License-Identifier: MIT */
/*
 * zap.c: CURVE for sockets, and the one who says who may come (ZeroMQ's RFC
 * 27).  libzmq asks over inproc, with the peer's key; we answer.
 *
 * CURVE by itself lets everybody in who has any key, and so does libzmq while
 * nobody answers: it is ZMQ_ZAP_ENFORCE_DOMAIN that keeps the door shut.  So
 * each bound socket has a domain of its own, is to be refused without an
 * answer, and both are read back before it may be bound.
 *
 * Whatever is asked that is not plainly "CURVE, this known key, at a door that
 * is there" is refused, with 400.  A key that is nobody's is refused with 300,
 * "not now": told 400 a client gives up for good, and the one whose key is
 * copied here a minute after he was started would have to be started again.
 *
 * Who was let in stays in for as long as the
 * connection lives: who is to go is cut off by closing the socket (zev_reopen).
 *
 * It reads no files and knows no names but those of the key ring.
 */
#include "lib/zap.h"

#include <sys/queue.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>
#include <zmq.h>

#include "ccmon/clock.h"
#include "ccmon/log.h"
#include "ccmon/service.h"

/* zmq.h hides it among its drafts; the library has it since 4.3. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

#define ENDPOINT "inproc://zeromq.zap.01"
#define VERSION "1.0"
#define KEY_BYTES 32
#define DOMAIN_MAX 24 /* bytes with NUL */
#define LOOK_AGAIN_MS 100 /* as in zev.c */

/* The parts of a question, in their order. */
enum part { VERSION_PART, REQUEST, DOMAIN, ADDRESS, ROUTING_ID, MECHANISM, CREDENTIAL, NPARTS };

struct question {
	zmq_msg_t part[NPARTS + 1]; /* the last takes what is too much */
	unsigned n; /* that came */
};

struct door {
	LIST_ENTRY(door) link;
	const struct keys *keys;
	char *where;
	char domain[DOMAIN_MAX];
	struct log_complaint refused;
};

static LIST_HEAD(door_list, door) doors = LIST_HEAD_INITIALIZER(doors);
static void *answers; /* the socket */
static struct event *asked;
static struct question question; /* reused */

/* ---- keys */

int
key_pair_make(struct key_pair *pair)
{
	return zmq_curve_keypair(pair->public, pair->secret);
}

bool
key_is_sound(const char key[KEY_TEXT_MAX])
{
	uint8_t bytes[KEY_BYTES];
	bool good = strlen(key) == KEY_TEXT_MAX - 1 && zmq_z85_decode(bytes, key) != NULL;

	explicit_bzero(bytes, sizeof(bytes));
	return good;
}

int
key_pair_complete(struct key_pair *pair)
{
	return key_is_sound(pair->secret) ? zmq_curve_public(pair->public, pair->secret) : -1;
}

/* ---- the answer */

static struct str
part(const struct question *q, enum part i)
{
	zmq_msg_t *msg = (zmq_msg_t *)(uintptr_t)&q->part[i];

	if (i >= q->n)
		return STR_NONE;
	return (struct str){ zmq_msg_data(msg), (uint32_t)zmq_msg_size(msg) };
}

static bool
part_is(const struct question *q, enum part i, const char *text)
{
	return str_is(part(q, i), text);
}

static struct door *
find_door(struct str domain)
{
	struct door *d;

	LIST_FOREACH(d, &doors, link)
	if (str_is(domain, d->domain))
		return d;
	return NULL;
}

/* The door where somebody wants in with a CURVE key, and the key. */
static struct door *
read_question(const struct question *q, char key[KEY_TEXT_MAX])
{
	struct str bytes = part(q, CREDENTIAL);

	if (q->n != NPARTS || !part_is(q, VERSION_PART, VERSION) ||
	    !part_is(q, MECHANISM, "CURVE") || bytes.n != KEY_BYTES ||
	    zmq_z85_encode(key, (const uint8_t *)bytes.p, KEY_BYTES) == NULL)
		return NULL;
	return find_door(part(q, DOMAIN));
}

static void
complain(struct door *d, const char *key, struct str address)
{
	log_complain(&d->refused, clock_mono(), "keys",
	    "refused at %s: address=%s key=%s, which nobody in %s has", d->where,
	    log_quote(address), key, d->keys->peers_dir);
}

/* Status, and who it is. */
static const char *
decide(const struct question *q, const char **name)
{
	char key[KEY_TEXT_MAX];
	struct door *d = read_question(q, key);

	*name = "";
	if (d == NULL)
		return "400";
	*name = key_ring_whose(&d->keys->peers, key);
	if (*name != NULL)
		return "200";
	*name = "";
	complain(d, key, part(q, ADDRESS));
	return "300";
}

static int
send_part(struct str text, int flags)
{
	return TEMP_FAILURE_RETRY(zmq_send(answers, text.p, text.n, flags));
}

static void
answer(const struct question *q)
{
	const char *name, *status = decide(q, &name);
	const struct str reply[] = {
		STR_LIT(VERSION), part(q, REQUEST), str_of(status), STR_LIT(""), /* in words */
		str_of(name), STR_LIT(""), /* metadata */
	};

	for (size_t i = 0; i < COUNTOF(reply); i++)
		if (send_part(reply[i], i + 1 < COUNTOF(reply) ? ZMQ_SNDMORE : 0) == -1)
			return; /* no answer is a refusal */
}

/* ---- the socket */

static bool
receive(struct question *q)
{
	zmq_msg_t *msg;

	q->n = 0;
	do {
		msg = &q->part[q->n < NPARTS ? q->n : NPARTS];
		if (TEMP_FAILURE_RETRY(zmq_msg_recv(msg, answers, ZMQ_DONTWAIT)) == -1)
			return false;
		q->n++;
	} while (zmq_msg_more(msg));
	return true;
}

/* The descriptor tells once that something changed: so until there is none. */
static void
on_asked(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	while (receive(&question))
		answer(&question);
}

static int
watch(void)
{
	static const struct timeval look_again = { 0, LOOK_AGAIN_MS * 1000 };
	evutil_socket_t fd;
	size_t n = sizeof(fd);

	if (zmq_getsockopt(answers, ZMQ_FD, &fd, &n) == -1)
		return -1;
	asked = event_new(service_base(), fd, EV_READ | EV_PERSIST, on_asked, NULL);
	return asked != NULL ? event_add(asked, &look_again) : -1;
}

int
zap_open(void *context)
{
	int linger = 0, saved;

	if (answers != NULL)
		return 0;
	for (size_t i = 0; i < COUNTOF(question.part); i++)
		zmq_msg_init(&question.part[i]);
	answers = zmq_socket(context, ZMQ_REP);
	if (answers != NULL && zmq_setsockopt(answers, ZMQ_LINGER, &linger, sizeof(linger)) == 0 &&
	    zmq_bind(answers, ENDPOINT) == 0 && watch() == 0)
		return 0;
	saved = errno;
	zap_close();
	errno = saved;
	return -1;
}

void
zap_close(void)
{
	if (asked != NULL)
		event_free(asked);
	if (answers != NULL) {
		(void)zmq_unbind(answers, ENDPOINT); /* at once: zmq_close takes its time */
		zmq_close(answers);
		for (size_t i = 0; i < COUNTOF(question.part); i++)
			zmq_msg_close(&question.part[i]);
	}
	asked = NULL;
	answers = NULL;
}

/* ---- doors */

struct door *
door_new(const struct keys *keys, const char *where)
{
	static unsigned number;
	struct door *d = calloc(1, sizeof(*d));

	if (d == NULL || (d->where = strdup(where)) == NULL) {
		free(d);
		return NULL;
	}
	d->keys = keys;
	snprintf(d->domain, sizeof(d->domain), "ccmon-%u", ++number);
	LIST_INSERT_HEAD(&doors, d, link);
	return d;
}

void
door_free(struct door *d)
{
	if (d == NULL)
		return;
	LIST_REMOVE(d, link);
	free(d->where);
	free(d);
}

/* ---- sockets */

static int
set_text(void *socket, int option, const char *text)
{
	return TEMP_FAILURE_RETRY(zmq_setsockopt(socket, option, text, strlen(text)));
}

static int
set_key(void *socket, int option, const char key[KEY_TEXT_MAX])
{
	return TEMP_FAILURE_RETRY(zmq_setsockopt(socket, option, key, KEY_TEXT_MAX));
}

static int
set_on(void *socket, int option)
{
	int on = 1;

	return TEMP_FAILURE_RETRY(zmq_setsockopt(socket, option, &on, sizeof(on)));
}

static bool
is_set(void *socket, int option, int wanted)
{
	int value = -1;
	size_t n = sizeof(value);

	return TEMP_FAILURE_RETRY(zmq_getsockopt(socket, option, &value, &n)) == 0 &&
	       value == wanted;
}

/* What was set is so: a door that is open by mistake tells nobody. */
static int
check(bool good)
{
	if (!good)
		errno = EACCES;
	return good ? 0 : -1;
}

int
zap_guard(void *socket, const struct door *d)
{
	if (answers == NULL)
		return check(false);
	if (set_on(socket, ZMQ_CURVE_SERVER) == -1 ||
	    set_key(socket, ZMQ_CURVE_SECRETKEY, d->keys->own.secret) == -1 ||
	    set_text(socket, ZMQ_ZAP_DOMAIN, d->domain) == -1 ||
	    set_on(socket, ZMQ_ZAP_ENFORCE_DOMAIN) == -1)
		return -1;
	return check(is_set(socket, ZMQ_MECHANISM, ZMQ_CURVE) &&
	             is_set(socket, ZMQ_CURVE_SERVER, 1) &&
	             is_set(socket, ZMQ_ZAP_ENFORCE_DOMAIN, 1));
}

int
zap_greet(void *socket, const struct keys *k)
{
	if (set_key(socket, ZMQ_CURVE_PUBLICKEY, k->own.public) == -1 ||
	    set_key(socket, ZMQ_CURVE_SECRETKEY, k->own.secret) == -1 ||
	    set_key(socket, ZMQ_CURVE_SERVERKEY, k->server) == -1)
		return -1;
	return check(is_set(socket, ZMQ_MECHANISM, ZMQ_CURVE));
}
