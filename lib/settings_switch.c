/* SPDX-License-Identifier: MIT */
/*
 * settings_switch.c: do the inputs make sense that follow a switch: its log
 * (file), or itself (ami, esl)?  Two of them may tell of one switch, but not
 * the same of it, or all would be counted twice.
 */
#include "settings_load.h"

#include <stdlib.h>

static void
check_file(struct load *l, const struct conf_node *node, const struct input_settings *in)
{
	if (in->path == NULL)
		problem(l, node, "a file needs a path");
	else if (in->path[0] != '/')
		problem(l, conf_find(node, "path"), "\"%s\": begins with \"/\"", in->path);
}

/* It speaks its own language, at its own port. */
static void
set_ways(struct load *l, struct input_settings *in, const char *dialect, const char *address)
{
	free(in->dialect);
	in->dialect = strdup(dialect);
	if (in->address == NULL)
		in->address = strdup(address);
	if (in->dialect == NULL || in->address == NULL)
		no_memory(l);
}

static void
check_line(struct load *l, const struct conf_node *node, const struct input_settings *in)
{
	bool is_loopback;

	if (in->address != NULL && listen_parse(in->address, &is_loopback) == -1)
		problem(l, conf_find(node, "address"),
		    "\"%s\": write \"127.0.0.1:5038\" or \"[::1]:8021\"", in->address);
	if (in->source == NULL)
		problem(l, node, "needs a source, the name of its feed");
	if (in->secret_file == NULL)
		problem(l, node, "needs a secret_file");
	if (in->username == NULL && in->type == INPUT_AMI)
		problem(l, node, "needs a username, the section's name in manager.conf");
}

static bool
is_of_switch(const struct input_settings *in)
{
	return in->type == INPUT_FILE || in->type == INPUT_AMI || in->type == INPUT_ESL;
}

static bool
is_twice(const struct input_settings *a, const struct input_settings *b)
{
	return is_of_switch(b) && a->source != NULL && b->source != NULL &&
	       strcmp(a->source, b->source) == 0 &&
	       (a->gives == b->gives || a->gives == GIVES_ALL || b->gives == GIVES_ALL);
}

static void
check_twice(struct load *l, const struct conf_node *node, const struct collector_settings *c,
    const struct input_settings *in)
{
	for (const struct collector_settings *d = l->settings->collectors; d <= c; d++)
		for (size_t i = 0; i < d->ninputs && &d->inputs[i] != in; i++)
			if (is_twice(in, &d->inputs[i]))
				problem(l, node,
				    "another input tells of %s, and all would count twice: write "
				    "gives = \"calls\" in one and \"agents\" in the other",
				    in->source);
}

void
settings_switch(struct load *l, const struct conf_node *node, const struct collector_settings *c,
    struct input_settings *in)
{
	if (in->type == INPUT_FILE)
		check_file(l, node, in);
	else {
		if (in->type == INPUT_AMI)
			set_ways(l, in, "ami", "127.0.0.1:5038");
		else
			set_ways(l, in, "freeswitch", "127.0.0.1:8021");
		check_line(l, node, in);
	}
	check_twice(l, node, c, in);
}
