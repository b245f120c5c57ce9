/* SPDX-License-Identifier: MIT */
/*
 * fuzz_hook_line.c: any bytes on the line between daemon and hook runner.
 *
 * Frames are taken one after the other, as the line does.  What is taken is
 * written again: the same frame must come out, so every field was read where
 * it was, and nothing is read that could not have been written.
 */
#include <daemon/hooks/frame.h>

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* ---- each kind as it was taken */

static void
rules_again(struct out *o, const struct frame *f)
{
	frame_rules(o, &f->rules);
}

static void
page_again(struct out *o, const struct frame *f)
{
	frame_page(o, &f->page);
}

static void
cancel_again(struct out *o, const struct frame *f)
{
	frame_cancel(o, f->id);
}

static void
told_again(struct out *o, const struct frame *f)
{
	frame_told(o, &f->told);
}

static void
ready_again(struct out *o, const struct frame *f)
{
	(void)f;
	frame_ready(o);
}

static void
stored_again(struct out *o, const struct frame *f)
{
	frame_stored(o, f->id);
}

static void
finished_again(struct out *o, const struct frame *f)
{
	frame_finished(o, f->id, f->delivered);
}

static void
result_again(struct out *o, const struct frame *f)
{
	frame_result(o, &f->result);
}

static void
cancelled_again(struct out *o, const struct frame *f)
{
	frame_cancelled(o, f->id);
}

static void
status_again(struct out *o, const struct frame *f)
{
	frame_status(o, f->status, f->nstatus);
}

static void
tell_again(struct out *o, const struct frame *f)
{
	(void)f;
	frame_tell(o);
}

static void
go_again(struct out *o, const struct frame *f)
{
	frame_go(o, f->type == FRAME_GO);
}

static void (*const again[FRAME_NTYPES])(struct out *, const struct frame *) = {
	[FRAME_RULES] = rules_again,
	[FRAME_PAGE] = page_again,
	[FRAME_CANCEL] = cancel_again,
	[FRAME_TOLD] = told_again,
	[FRAME_READY] = ready_again,
	[FRAME_STORED] = stored_again,
	[FRAME_FINISHED] = finished_again,
	[FRAME_RESULT] = result_again,
	[FRAME_CANCELLED] = cancelled_again,
	[FRAME_STATUS] = status_again,
	[FRAME_TELL] = tell_again,
	[FRAME_GO] = go_again,
	[FRAME_HOLD] = go_again,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, (uint32_t)size }, fields;
	struct frame f;
	struct out o;
	uint8_t type;
	int n;

	out_init(&o);
	while ((n = frame_first(rest, &type, &fields)) > 0) {
		assert((uint32_t)n <= rest.n);
		if (frame_open(&f, type, fields) != 0)
			break;
		out_reset(&o);
		again[type](&o, &f);
		assert(!o.failed && o.len == (size_t)n && memcmp(o.buf, rest.p, o.len) == 0);
		frame_close(&f);
		rest.p += n;
		rest.n -= (uint32_t)n;
	}
	out_fini(&o);
	return 0;
}
