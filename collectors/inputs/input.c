/* SPDX-License-Identifier: MIT */
/*
 * input.c: an input, whatever it is, for those who only start, pause and
 * stop it.
 */
#include "collectors/inputs/inputs.h"

#include <stdlib.h>

struct input {
	const struct input_kind *kind;
	struct input_options options;
	void *it;
};

static const struct input_kind *const kinds[INPUT_NTYPES] = {
	[INPUT_ZMQ_SUB] = &input_zmq,
	[INPUT_ZMQ_PULL] = &input_zmq,
	[INPUT_HTTP] = &input_http,
	[INPUT_MAILDIR] = &input_maildir,
	[INPUT_FILE] = &input_file,
	[INPUT_AMI] = &input_ami,
	[INPUT_ESL] = &input_esl,
};

int
input_open(struct input **out, const struct input_options *o)
{
	struct input *in = calloc(1, sizeof(*in));
	int code;

	if (in == NULL)
		return EXIT_TROUBLE;
	in->options = *o;
	in->kind = kinds[o->settings->type];
	code = in->kind->open(&in->it, &in->options);
	if (code != 0)
		free(in);
	else
		*out = in;
	return code;
}

void
input_close(struct input *in)
{
	if (in == NULL)
		return;
	in->kind->close(in->it);
	free(in);
}

void
input_pause(struct input *in)
{
	in->kind->pause(in->it);
}

void
input_resume(struct input *in)
{
	in->kind->resume(in->it);
}

void
input_reload(struct input *in)
{
	if (in->kind->reload != NULL)
		in->kind->reload(in->it);
}

void
input_written(struct input *in, uint64_t upto)
{
	if (in->kind->written != NULL)
		in->kind->written(in->it, upto);
}
