/* SPDX-License-Identifier: MIT */
/*
 * settings_maildir.c: does a mailbox make sense?  Its lists of addresses are
 * looked at here, once, so that who reads mails need not doubt them.
 */
#include "settings_load.h"

/* "address=name", "address", "@domain=name" or "@domain": without quotes and
 * spaces, which no address needs that somebody answers at. */
static bool
is_entry(const char *text, bool may_be_domain)
{
	const char *at = strchr(text, '@'), *name = at == NULL ? NULL : strchr(at, '=');
	size_t n = name == NULL ? strlen(text) : (size_t)(name - text);

	if (at == NULL || at + 1 == text + n || (at == text && !may_be_domain))
		return false;
	if (strcspn(text, " \t\"<>,;:()") < n || memchr(at + 1, '@', n - (size_t)(at + 1 - text)))
		return false;
	return name == NULL || (name[1] != '\0' && strlen(name + 1) <= NAME_MAX_BYTES);
}

static void
check_entries(struct load *l, const struct conf_node *node, const char *option, char **texts,
    bool may_be_domain)
{
	const struct conf_node *list = conf_find(node, option);

	for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
		if (!is_entry(texts[i], may_be_domain))
			problem(l, item_node(list, i),
			    "\"%s\": write \"sales@example.org\" or \"sales@example.org=name\"%s",
			    texts[i], may_be_domain ? ", or \"@example.org\"" : "");
}

static void
check_folders(struct load *l, const struct conf_node *node, const struct input_settings *in)
{
	const struct conf_node *list = conf_find(node, "folders");

	for (size_t i = 0; in->folders != NULL && in->folders[i] != NULL; i++)
		if (in->folders[i][0] == '/')
			problem(l, item_node(list, i), "\"%s\" is not below path: write \".Sent\"",
			    in->folders[i]);
}

/* What is remembered of a mailbox goes by its source. */
static void
check_source(struct load *l, const struct conf_node *node, const struct collector_settings *c,
    const struct input_settings *in)
{
	if (in->source == NULL)
		problem(l, node, "needs a source, the name of its feed");
	for (const struct input_settings *other = c->inputs; in->source != NULL && other < in;
	     other++)
		if (other->type == INPUT_MAILDIR && other->source != NULL &&
		    strcmp(other->source, in->source) == 0)
			problem(l, conf_find(node, "source"),
			    "another mailbox has this source; each needs its own");
}

void
settings_maildir(struct load *l, const struct conf_node *node, const struct collector_settings *c,
    struct input_settings *in)
{
	if (in->path == NULL || in->path[0] != '/')
		problem(l, in->path == NULL ? node : conf_find(node, "path"),
		    "needs a path from /, of the directory that holds new and cur");
	if (in->queue == NULL)
		problem(l, node, "needs a queue for its mails");
	check_source(l, node, c, in);
	check_folders(l, node, in);
	check_entries(l, node, "addresses", in->addresses, false);
	check_entries(l, node, "agents", in->agents, true);
}
