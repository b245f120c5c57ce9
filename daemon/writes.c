/* SPDX-License-Identifier: MIT */
/*
 * writes.c: a list of Redis writes that is done as one, by one script, if we
 * still own the state (scripts.h).
 *
 * The words are put down in RESP as they come, so that sealing a list of
 * many megabytes is two copies and no formatting.
 */
#include "daemon.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scripts.h"

/* A write's number of words is known only when it ends: it is put down with
 * so many digits, leading zeros and all. */
#define COUNT_DIGITS 7

void
writes_init(struct writes *w, const char *prefix)
{
	memset(w, 0, sizeof(*w));
	w->prefix = prefix;
	out_init(&w->keys);
	out_init(&w->args);
	out_init(&w->key);
}

void
writes_fini(struct writes *w)
{
	out_fini(&w->keys);
	out_fini(&w->args);
	out_fini(&w->key);
}

void
writes_reset(struct writes *w)
{
	out_reset(&w->keys);
	out_reset(&w->args);
	w->nkeys = w->nargs = 0;
}

void
write_begin(struct writes *w, const char *verb, const char *key, ...)
{
	char name[256]; /* bytes; the longest is history:queue:<64>:15m */
	va_list ap;
	int n;

	va_start(ap, key);
	n = vsnprintf(name, sizeof(name), key, ap);
	va_end(ap);
	assert(n >= 0 && (size_t)n < sizeof(name));
	out_reset(&w->key);
	out_str(&w->key, w->prefix);
	out_str(&w->key, name);
	if (w->key.failed)
		w->keys.failed = true;
	else
		resp_word(&w->keys, w->key.buf, w->key.len);
	w->nkeys++;
	resp_text(&w->args, verb);
	w->count_at = w->args.len;
	resp_word(&w->args, "0000000", COUNT_DIGITS);
	w->nargs += 2;
	w->nwords = 0;
}

void
write_word(struct writes *w, struct str word)
{
	resp_word(&w->args, word.n > 0 ? word.p : "", word.n);
	w->nwords++;
}

void
write_text(struct writes *w, const char *text)
{
	resp_text(&w->args, text);
	w->nwords++;
}

void
write_int(struct writes *w, int64_t n)
{
	resp_int(&w->args, n);
	w->nwords++;
}

void
write_figure(struct writes *w, int64_t value, enum unit unit)
{
	char buf[FIGURE_TEXT_MAX];
	size_t n = figure_format(buf, value, unit, "NaN");

	resp_word(&w->args, buf, n);
	w->nwords++;
}

void
write_end(struct writes *w)
{
	char digits[COUNT_DIGITS + 1];
	size_t at = w->count_at + sizeof("$7\r\n") - 1;

	assert(w->nwords < 10000000);
	if (!w->args.failed) {
		snprintf(digits, sizeof(digits), "%0*u", COUNT_DIGITS, (unsigned)w->nwords);
		memcpy(w->args.buf + at, digits, COUNT_DIGITS);
	}
	w->nargs += w->nwords;
}

void
writes_add(struct writes *w, const struct writes *other)
{
	out_bytes(&w->keys, other->keys.buf, other->keys.len);
	out_bytes(&w->args, other->args.buf, other->args.len);
	w->nkeys += other->nkeys;
	w->nargs += other->nargs;
	w->keys.failed |= other->keys.failed;
	w->args.failed |= other->args.failed;
}

size_t
writes_size(const struct writes *w)
{
	return w->keys.len + w->args.len;
}

bool
writes_failed(const struct writes *w)
{
	return w->keys.failed || w->args.failed;
}

static void
put_key(struct out *command, const char *prefix, const char *name)
{
	char key[PREFIX_MAX + 16]; /* bytes with NUL; "state:meta" */
	int n = snprintf(key, sizeof(key), "%s%s", prefix, name);

	assert(n > 0 && (size_t)n < sizeof(key));
	resp_word(command, key, (size_t)n);
}

static void
put_batch(struct out *command, const uint64_t *batch)
{
	if (batch != NULL)
		resp_int(command, (int64_t)*batch);
	else
		resp_text(command, "");
}

void
writes_seal(const struct writes *w, struct out *command, const char *owner,
    const uint64_t *expected, const uint64_t *next)
{
	resp_begin(command, 3 + 1 + w->nkeys + 4 + w->nargs);
	resp_text(command, "EVAL");
	resp_text(command, script_write);
	resp_int(command, (int64_t)w->nkeys + 1);
	put_key(command, w->prefix, "state:meta");
	out_bytes(command, w->keys.buf, w->keys.len);
	resp_text(command, owner);
	put_batch(command, expected);
	put_batch(command, next);
	resp_int(command, LEASE_MS);
	out_bytes(command, w->args.buf, w->args.len);
	command->failed |= writes_failed(w);
}

/* A lease that has ended is a write like any other: it comes after the script
 * has moved it on. */
void
lease_command(struct out *command, const char *prefix, const char *owner, msec_t lease)
{
	bool ends = lease == 0;

	resp_begin(command, ends ? 3 + 2 + 4 + 4 : 3 + 1 + 4);
	resp_text(command, "EVAL");
	resp_text(command, script_write);
	resp_int(command, ends ? 2 : 1);
	put_key(command, prefix, "state:meta");
	if (ends)
		put_key(command, prefix, "state:meta");
	resp_text(command, owner);
	put_batch(command, NULL);
	put_batch(command, NULL);
	resp_int(command, ends ? LEASE_MS : lease);
	if (!ends)
		return;
	resp_text(command, "HSET");
	resp_int(command, 2);
	resp_text(command, "lease");
	resp_int(command, 0);
}

void
acquire_command(struct out *command, const struct acquire *a)
{
	resp_begin(command, 3 + 3 + 7);
	resp_text(command, "EVAL");
	resp_text(command, script_acquire);
	resp_int(command, 3);
	put_key(command, a->prefix, "state:meta");
	put_key(command, a->prefix, "meta");
	put_key(command, a->prefix, "standby");
	resp_text(command, a->held);
	resp_int(command, (int64_t)a->epoch);
	resp_text(command, a->nonce);
	resp_text(command, a->instance);
	resp_int(command, getpid());
	resp_int(command, a->claim);
	resp_int(command, LEASE_MS);
}
