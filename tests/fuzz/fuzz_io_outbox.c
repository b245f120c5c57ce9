/* SPDX-License-Identifier: MIT */
/*
 * fuzz_io_outbox.c: any bytes as what the outbox has on disk.  The input is
 * values, each after a byte that says what it is to be: one with its key as
 * the bytes say, or one of the four kinds with a key, and a CRC, that fit.
 *
 * Whatever a runner finds there, it tells the daemon nothing the daemon could
 * not read, finishes every page it goes on with, and finds it finished when
 * it begins once more.
 */
#include <ccmon/wire.h>
#include "daemon/hooks/outbox.h"
#include "daemon/hooks/post.h"

#include <endian.h>

#include "bytes.h"
#include "raw_lmdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum table { PAGES, IDS, DELIVERIES, HOOKS, META, NTABLES }; /* outbox.c */
static const char *const tables[NTABLES] = { "pages", "ids", "deliveries", "hooks", "meta" };

#define HEAD 24 /* bytes before a page's fields */

/* ---- on disk */

static struct str
number_key(char key[8], uint64_t seq)
{
	seq = htobe64(seq);
	memcpy(key, &seq, sizeof(seq));
	return (struct str){ key, sizeof(seq) };
}

static void
put_page(struct raw *r, struct bytes *b)
{
	static char value[HEAD + UINT16_MAX];
	char key[8];
	uint64_t seq = take_number(b, 1);
	struct str fields;
	uint32_t crc;

	memset(value, 0, HEAD);
	value[4] = (char)take_number(b, 1); /* finished */
	value[5] = (char)take_number(b, 1); /* delivered */
	fields = take_text(b, 2);
	memcpy(value + HEAD, fields.p, fields.n);
	crc = htole32(crc32c(0, value + sizeof(crc), HEAD - sizeof(crc) + fields.n));
	memcpy(value, &crc, sizeof(crc));
	raw_put(r, PAGES, number_key(key, seq), (struct str){ value, HEAD + fields.n });
}

static void
put_id(struct raw *r, struct bytes *b)
{
	struct str id = take_text(b, 1);
	uint64_t seq = htobe64(take_number(b, 1));

	raw_put(r, IDS, id, (struct str){ (const char *)&seq, sizeof(seq) });
}

static void
put_delivery(struct raw *r, struct bytes *b)
{
	char key[12];
	uint32_t n;

	(void)number_key(key, take_number(b, 1));
	n = htobe32((uint32_t)take_number(b, 1));
	memcpy(key + 8, &n, sizeof(n));
	raw_put(r, DELIVERIES, (struct str){ key, sizeof(key) },
	    take_bytes(b, sizeof(struct outbox_delivery)));
}

static void
put_hook(struct raw *r, struct bytes *b)
{
	struct outbox_hook h;
	struct str name = take_text(b, 1), value = take_text(b, 1);

	memset(&h, (int)take_number(b, 1), sizeof(h));
	memcpy(&h, value.p, value.n < sizeof(h) ? value.n : sizeof(h));
	raw_put(r, HOOKS, name, (struct str){ (const char *)&h, sizeof(h) });
}

static void
put_any(struct raw *r, struct bytes *b)
{
	unsigned table = (unsigned)take_number(b, 1) % NTABLES;
	struct str key = take_text(b, 1);

	raw_put(r, table, key, take_text(b, 2));
}

static void
write_outbox(struct bytes b)
{
	static void (*const put[])(
	    struct raw *, struct bytes *) = { put_any, put_page, put_id, put_delivery, put_hook };
	struct raw r;

	raw_open(&r, "outbox.mdb", tables, NTABLES);
	while (bytes_left(&b))
		put[take_number(&b, 1) % COUNTOF(put)](&r, &b);
	raw_close(&r);
}

/* ---- a runner */

/* What the runner said, as the daemon reads it: the number of pages it told
 * of that are not finished. */
static size_t
hear(struct out *said)
{
	struct str rest = { said->buf, (uint32_t)said->len }, fields;
	struct frame f;
	uint8_t type;
	size_t open = 0;
	int n, rc;

	while (rest.n > 0 && (n = frame_first(rest, &type, &fields)) > 0) {
		rc = frame_open(&f, type, fields);
		assert(rc == 0);
		open += type == FRAME_TOLD && !f.told.finished;
		frame_close(&f);
		rest.p += n;
		rest.n -= (uint32_t)n;
	}
	assert(rest.n == 0);
	out_reset(said);
	return open;
}

static void
take_rules(struct post *p, const struct rules *rules)
{
	struct frame f;
	struct out o;
	int rc;

	out_init(&o);
	frame_rules(&o, rules);
	rc = frame_open(
	    &f, FRAME_RULES, (struct str){ o.buf + FRAME_HEADER, (uint32_t)o.len - FRAME_HEADER });
	assert(rc == 0);
	post_take(p, &f);
	frame_close(&f);
	out_fini(&o);
}

/* False: what is there is of another version, or no outbox. */
static bool
live(const struct rules *rules, size_t *open)
{
	struct post *p;
	struct out said;

	out_init(&said);
	clock_turn();
	if ((p = post_open(scratch, &said)) != NULL) {
		*open = hear(&said);
		take_rules(p, rules);
		post_take(p, &(struct frame){ .type = FRAME_GO });
		(void)post_turn(p, true);
		(void)post_turn(p, true);
		(void)hear(&said);
		post_close(p);
	}
	out_fini(&said);
	return p != NULL;
}

/* At first the configuration names no hook, so every page is given up and
 * none is run; then one, and how it stands is reported. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "sms", program[] = "/nonexistent";
	static char *command[] = { program, NULL };
	static struct hook_def hook = { name, command, NULL, 1, 1, 0 };
	static const struct rules none, one = { .hook = &hook, .nhooks = 1 };
	size_t open = 0;

	scratch_begin();
	write_outbox((struct bytes){ data, data + size });
	if (live(&none, &open)) {
		bool again = live(&one, &open);

		assert(again && open == 0);
	}
	return 0;
}
