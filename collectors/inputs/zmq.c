/* SPDX-License-Identifier: MIT */
/*
 * zmq.c: messages from a ZeroMQ socket, subscribed or pulled.
 *
 * The socket itself would accept messages longer than an event may be, so
 * that one who sends them is told (in the rejects) and not just cut off.
 *
 * What is bound over tcp knows its publishers by their keys (keys.h).  That one
 * has lost his costs the others what is under way, as a restart would.
 */
#include "collectors/inputs/inputs.h"
#include "ccmon/keys.h"
#include "ccmon/zev.h"

#include <errno.h>
#include <stdlib.h>

#define LONGEST (1 << 20) /* bytes; beyond it the sender is cut off */
#define BUDGET 512 /* messages before others get their turn */
#define COALESCE_MS 2 /* a wake-up costs as much as ten messages */
#define COALESCE_BELOW 64 /* messages; a flood is not made to wait */

struct zmq_input {
	const struct input_options *options;
	struct intake intake;
	struct keys keys;
	struct replay *replay; /* or NULL */
	struct zev *zev;
};

static bool
on_message(void *arg, const struct zev_frames *f)
{
	struct zmq_input *in = arg;
	struct str body = f->frame[f->n > 1]; /* [topic][body] or [body] */
	struct taken taken;

	if (f->n > COUNTOF(f->frame))
		intake_refuse(&in->intake, REFUSAL_BAD_FRAMES, body);
	else if (body.n > EVENT_BODY_MAX)
		intake_refuse(&in->intake, REFUSAL_OVERSIZED, body);
	else
		intake_message(&in->intake, body, &taken);
	return true; /* taken; whether more may come was settled */
}

/* ---- opening */

static int
each(struct zmq_input *in, char **list, int (*verb)(struct zev *, const char *), const char *what)
{
	for (; list != NULL && *list != NULL; list++) {
		if (verb(in->zev, *list) == 0)
			continue;
		log_error("input", "collector %s: cannot %s %s: %s", in->options->collector, what,
		    *list, zev_error(errno));
		return errno == EINVAL || errno == EPROTONOSUPPORT ? EXIT_CONFIG : EXIT_TROUBLE;
	}
	return 0;
}

static bool
has_keys(const struct input_settings *s)
{
	return s->peers_dir != NULL || s->server_key_file != NULL;
}

static int
read_keys(struct zmq_input *in)
{
	const struct input_settings *s = in->options->settings;

	if (!has_keys(s))
		return 0;
	return keys_read(&in->keys, in->options->key_file, s->server_key_file, s->peers_dir) == 0
	           ? 0
	           : EXIT_CONFIG;
}

static void
warn_of_plaintext(const struct zmq_input *in)
{
	const struct input_settings *s = in->options->settings;

	for (char **p = s->connect; s->plaintext && p != NULL && *p != NULL; p++)
		log_warn("plaintext",
		    "collector %s: what comes from %s is neither encrypted nor proven to be its",
		    in->options->collector, *p);
}

static int
open_socket(struct zmq_input *in)
{
	const struct input_settings *s = in->options->settings;
	struct zev_options z = {
		.type = s->type == INPUT_ZMQ_SUB ? ZEV_SUB : ZEV_PULL,
		.hwm = s->hwm,
		.max_msg = LONGEST,
		.on_message = on_message,
		.arg = in,
		.budget = BUDGET,
		.coalesce_ms = COALESCE_MS,
		.coalesce_below = COALESCE_BELOW,
		.keys = has_keys(s) ? &in->keys : NULL,
		.plaintext = !has_keys(s), /* the settings allow it only where they say so */
	};
	int code = 0;

	in->zev = zev_open(&z);
	if (in->zev == NULL) {
		log_error("input", "cannot open a socket: %s", zev_error(errno));
		return EXIT_TROUBLE;
	}
	if (s->type == INPUT_ZMQ_SUB)
		code = each(in, s->subscribe, zev_subscribe, "subscribe to");
	if (code == 0)
		code = each(in, s->bind, zev_bind, "bind");
	if (code == 0)
		code = each(in, s->connect, zev_connect, "connect to");
	warn_of_plaintext(in);
	return code;
}

static void
zmq_close(void *it)
{
	struct zmq_input *in = it;

	if (in->zev != NULL)
		zev_close(in->zev);
	replay_close(in->replay);
	keys_wipe(&in->keys);
	intake_close(&in->intake);
	free(in);
}

static int
zmq_open(void **out, const struct input_options *o)
{
	struct zmq_input *in = calloc(1, sizeof(*in));
	int code;

	if (in == NULL)
		return EXIT_TROUBLE;
	in->options = o;
	code = intake_open(&in->intake, o);
	if (code == 0)
		code = read_keys(in);
	if (code == 0)
		code = open_socket(in);
	if (code == 0 && o->settings->replay != NULL)
		code = replay_open(&in->replay, &in->intake,
		    o->settings->server_key_file != NULL ? &in->keys : NULL);
	if (code != 0)
		zmq_close(in);
	else
		*out = in;
	return code;
}

static void
zmq_pause(void *it)
{
	struct zmq_input *in = it;

	intake_hold(&in->intake);
	replay_hold(in->replay);
	zev_pause(in->zev);
}

static void
zmq_resume(void *it)
{
	struct zmq_input *in = it;

	intake_resume(&in->intake);
	if (in->intake.held)
		return;
	zev_resume(in->zev);
	replay_resume(in->replay);
}

static void
zmq_reload(void *it)
{
	struct zmq_input *in = it;

	if (in->keys.peers_dir == NULL || keys_renew(&in->keys) != 1)
		return;
	log_info("input", "all connections are ended; who may come back does so by himself");
	zev_reopen(in->zev);
}

const struct input_kind input_zmq = {
	.open = zmq_open,
	.close = zmq_close,
	.pause = zmq_pause,
	.resume = zmq_resume,
	.reload = zmq_reload,
};
