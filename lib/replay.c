/* SPDX-License-Identifier: MIT */
/*
 * replay.c: the words of the replay socket, written and read; both ends use
 * them, so that they agree.
 */
#include "ccmon/replay.h"
#include "ccmon/event.h"

#include <string.h>

static void
put_number(struct out *o, const char *key, int64_t value)
{
	json_key(o, key);
	json_int(o, value);
}

static void
begin(struct out *o, const char *what, const struct replay_span *s)
{
	json_open(o, '{');
	json_key(o, what);
	json_open(o, '{');
	json_key(o, "source");
	json_text(o, s->source);
	put_number(o, "boot", s->boot);
	put_number(o, "from", (int64_t)s->from);
	put_number(o, "to", (int64_t)s->to);
}

static void
end(struct out *o)
{
	json_close(o, '}');
	json_close(o, '}');
}

void
replay_put_ask(struct out *o, const struct replay_span *s)
{
	begin(o, "replay", s);
	end(o);
}

void
replay_put_end(struct out *o, const struct replay_span *s, uint64_t sent)
{
	begin(o, "replayed", s);
	put_number(o, "sent", (int64_t)sent);
	end(o);
}

/* ---- reading */

static bool
read_number(const struct json_node *from, const char *name, int64_t low, int64_t *value)
{
	const struct json_node *n = json_path(from, name);

	if (n == NULL || n->type != JSON_INT || n->integer < low || n->integer > COUNT_HIGH)
		return false;
	*value = n->integer;
	return true;
}

static bool
read_span(const struct json_node *n, struct replay_span *s)
{
	const struct json_node *source = json_path(n, "source");
	int64_t from, to;

	if (source == NULL || source->type != JSON_TEXT ||
	    name_check(source->text, 1, NAME_MAX_BYTES) != REFUSAL_NONE ||
	    !read_number(n, "boot", 0, &s->boot) || !read_number(n, "from", 1, &from) ||
	    !read_number(n, "to", from, &to))
		return false;
	s->source = source->text;
	s->from = (uint64_t)from;
	s->to = (uint64_t)to;
	return true;
}

enum replay_type
replay_read(struct json_tree *tree, struct str body, struct replay_span *s, uint64_t *sent)
{
	const struct json_node *message = json_tree_parse(tree, body.p, body.n), *n;
	int64_t count;

	if (message == NULL)
		return REPLAY_NONSENSE;
	if ((n = json_path(message, "replay")) != NULL)
		return read_span(n, s) ? REPLAY_ASK : REPLAY_NONSENSE;
	if ((n = json_path(message, "replayed")) == NULL)
		return REPLAY_EVENT;
	if (!read_span(n, s) || !read_number(n, "sent", 0, &count))
		return REPLAY_NONSENSE;
	*sent = (uint64_t)count;
	return REPLAY_END;
}
