/* SPDX-License-Identifier: MIT */
/*
 * rocketchat.c: the dialect of Rocket.Chat's omnichannel webhooks, one post a
 * message.
 *
 * A room is a contact, its department the queue (both by their id; the name of
 * a department is in no post); a room without one is in a queue called like the
 * source.  Agents go by their username.  A closed room never opens again, so
 * closing it ends the conversation and, if an agent had it, the matter.
 *
 * Most posts bring all messages of the room so far, most of them for the
 * second time, and what is tried again comes again: each event is named by
 * what it is about, so that a repeat is known.  Names are remembered for days, a
 * room may be open for weeks: a message so long before the latest that its name
 * may be forgotten is not told again.  Posts about queues say no time of their
 * own: then it is the latest one in them.
 *
 * Nothing that anybody wrote is read, and of visitors only their id.
 */
#include "collectors/dialects/table.h"
#include "web.h"

/* The user Rocket.Chat itself writes as. */
#define BOT "rocket.cat"

/* One day less than names are known for (collectors/inputs/intake.c). */
#define TOLD_BEFORE INT64_C(518400000) /* ms; 6 days */

struct room {
	struct web *w;
	const struct json_node *post;
	struct str id, queue;
	struct str agent; /* who has it, or none */
	struct str last; /* id of the last message an agent wrote, or none */
	msec_t taken; /* by that agent, or -1 */
	msec_t latest; /* of all times in the post */
};

static struct str
or_else(struct str text, struct str other)
{
	return text.n > 0 ? text : other;
}

static msec_t
later(msec_t a, msec_t b)
{
	return a > b ? a : b;
}

/* ---- a room */

static const struct json_node *
first_message(const struct room *r)
{
	const struct json_node *messages = web_at(r->post, "messages");

	if (messages == NULL || messages->type == JSON_ARRAY)
		return messages != NULL ? messages->child : NULL;
	web_refuse(r->w, REFUSAL_ILL_TYPED, "messages");
	return NULL;
}

/* An agent's has the agent's id: so has the bot's. */
static const char *
author_of(struct web *w, const struct json_node *message)
{
	if (web_at(message, "agentId") == NULL)
		return "customer";
	return str_is(web_text(w, message, "username"), BOT) ? "bot" : "agent";
}

static bool
is_by_agent(struct web *w, const struct json_node *message)
{
	return strcmp(author_of(w, message), "agent") == 0;
}

static void
look_at_messages(struct room *r)
{
	const struct json_node *m;

	for (m = first_message(r); m != NULL; m = m->next) {
		r->latest = later(r->latest, web_time(r->w, m, "ts"));
		if (is_by_agent(r->w, m))
			r->last = or_else(web_text(r->w, m, "_id"), r->last);
	}
}

static void
look_at_times(struct room *r)
{
	static const char *const paths[] = { "createdAt", "lastMessageAt", "servedBy.ts",
		"oldServedBy.ts", "closedAt" };

	r->latest = -1;
	for (size_t i = 0; i < COUNTOF(paths); i++)
		r->latest = later(r->latest, web_time(r->w, r->post, paths[i]));
	look_at_messages(r);
}

/* Posts of messages do not name the room's department, but the visitor's,
 * which moves along. */
static struct room
read_room(struct web *w)
{
	struct room r = { .w = w, .post = w->root };
	struct str source = { w->source, w->source_len };
	struct str department =
	    or_else(web_text(w, r.post, "departmentId"), web_text(w, r.post, "visitor.department"));

	r.id = web_text(w, r.post, "_id");
	r.queue = or_else(department, source);
	r.agent = or_else(
	    web_text(w, r.post, "servedBy.username"), web_text(w, r.post, "agent.username"));
	r.taken = web_time(w, r.post, "servedBy.ts");
	look_at_times(&r);
	web_common(w, M_CHANNEL, STR_LIT("chat"));
	web_common(w, M_CONTACT, r.id);
	web_common(w, M_QUEUE, r.queue);
	web_common(w, M_CUSTOMER, web_text(w, r.post, "visitor._id"));
	return r;
}

/* Once a department, until an agent writes: a room that starts is queued too,
 * and one that is forwarded may come back. */
static void
enter(const struct room *r, msec_t at)
{
	web_begin(r->w, EV_QUEUED, at);
	web_id(r->w, "%.*s queued %.*s %.*s", STR_ARG(r->id), STR_ARG(r->queue), STR_ARG(r->last));
}

static void
answer(const struct room *r, const char *how)
{
	msec_t at = r->taken >= 0 ? r->taken : r->latest;

	web_begin(r->w, EV_ANSWERED, at);
	web_id(r->w, "%.*s %s %.*s %lld", STR_ARG(r->id), how, STR_ARG(r->agent), (long long)at);
	web_give(r->w, M_AGENT, r->agent);
}

/* ---- messages */

/* That a chat was closed, or a page looked at, was not said by anybody. */
static void
take_message(const struct room *r, const struct json_node *message)
{
	struct web *w = r->w;
	struct str id = web_text(w, message, "_id");
	msec_t at = web_time(w, message, "ts");

	if (web_flag(w, message, "closingMessage") || web_at(message, "navigation") != NULL)
		return;
	if (at >= 0 && r->latest - at > TOLD_BEFORE)
		return;
	web_begin(w, EV_MESSAGE, at);
	if (id.n > 0)
		web_id(w, "message %.*s", STR_ARG(id));
	web_give_word(w, M_FROM, author_of(w, message));
	if (is_by_agent(w, message))
		web_give(w, M_AGENT, web_text(w, message, "username"));
}

static void
take_messages(const struct room *r)
{
	const struct json_node *m;

	for (m = first_message(r); m != NULL; m = m->next)
		take_message(r, m);
}

/* ---- the posts there are: what happens before, first */

static void
started(const struct room *r)
{
	enter(r, web_time(r->w, r->post, "createdAt"));
	take_messages(r);
}

static void
queued(const struct room *r)
{
	enter(r, r->latest);
	take_messages(r);
}

static void
taken(const struct room *r)
{
	take_messages(r);
	answer(r, "answered");
}

/* The agent who takes it told so before, while it still was another's. */
static void
to_agent(const struct room *r)
{
	web_begin(r->w, EV_TRANSFERRED, r->taken >= 0 ? r->taken : r->latest);
	web_id(r->w, "%.*s transferred %.*s %lld", STR_ARG(r->id), STR_ARG(r->agent),
	    (long long)r->taken);
	web_give(r->w, M_AGENT, web_text(r->w, r->post, "oldServedBy.username"));
	web_give(r->w, M_TO_AGENT, r->agent);
	answer(r, "forwarded");
}

static void
to_department(const struct room *r)
{
	struct str source = { r->w->source, r->w->source_len };
	struct str from = or_else(web_text(r->w, r->post, "oldDepartmentId"), source);

	web_begin(r->w, EV_TRANSFERRED, r->latest);
	web_id(r->w, "%.*s transferred %.*s %.*s", STR_ARG(r->id), STR_ARG(r->queue),
	    STR_ARG(r->last));
	web_give(r->w, M_QUEUE, from);
	web_give(r->w, M_TO_QUEUE, r->queue);
	enter(r, r->latest);
	if (r->taken >= 0)
		answer(r, "answered");
}

static void
forwarded(const struct room *r)
{
	take_messages(r);
	if (web_at(r->post, "oldServedBy") != NULL)
		to_agent(r);
	else
		to_department(r);
}

static void
message(const struct room *r)
{
	take_messages(r);
}

static const char *
closer_of(const struct room *r)
{
	if (str_is(web_text(r->w, r->post, "closer"), "visitor"))
		return "customer";
	return str_is(web_text(r->w, r->post, "closedBy.username"), BOT) ? "system" : "agent";
}

/* Nobody had it: the visitor gave up, or it was put away. */
static void
close_unanswered(const struct room *r, msec_t at, const char *by)
{
	bool is_abandoned = strcmp(by, "customer") == 0;

	web_begin(r->w, is_abandoned ? EV_ABANDONED : EV_FLOWED_OUT, at);
	web_id(r->w, "%.*s closed", STR_ARG(r->id));
	if (!is_abandoned)
		web_give_word(r->w, M_REASON, "withdrawn");
}

/* The sample that the settings page sends is a closed room that was not closed. */
static void
closed(const struct room *r)
{
	msec_t at = web_time(r->w, r->post, "closedAt");
	const char *by = closer_of(r);

	if (at < 0)
		return;
	take_messages(r);
	if (r->agent.n == 0) {
		close_unanswered(r, at, by);
		return;
	}
	web_begin(r->w, EV_ENDED, at);
	web_id(r->w, "%.*s closed", STR_ARG(r->id));
	web_give(r->w, M_AGENT, r->agent);
	web_give_word(r->w, M_BY, by);
	web_begin(r->w, EV_RESOLVED, at);
	web_id(r->w, "%.*s resolved", STR_ARG(r->id));
	web_give(r->w, M_AGENT, r->agent);
}

/* A message left while nobody was there has no id, and is answered by mail. */
static const struct {
	const char *type;
	void (*read)(const struct room *); /* NULL: says nothing to count */
} posts[] = {
	{ "LivechatSessionStart", started },
	{ "LivechatSessionQueued", queued },
	{ "LivechatSessionTaken", taken },
	{ "LivechatSessionForwarded", forwarded },
	{ "Message", message },
	{ "LivechatSession", closed },
	{ "LivechatEdit", NULL },
	{ "LeadCapture", NULL },
	{ "LivechatOfflineMessage", NULL },
};

static void
read_post(struct web *w)
{
	struct str type = web_text(w, w->root, "type");
	struct room room;
	size_t i = 0;

	if (type.n == 0)
		web_refuse(w, REFUSAL_MISSING, "type");
	while (i < COUNTOF(posts) && !str_is(type, posts[i].type))
		i++;
	if (i == COUNTOF(posts))
		web_skip(w, type);
	else if (posts[i].read != NULL) {
		room = read_room(w);
		posts[i].read(&room);
	}
}

static void
decode(void *state, const char *msg, size_t len, msec_t received, struct dialect_result *res)
{
	(void)received;
	web_decode(state, msg, len, res, read_post);
}

static const struct dialect_http http = {
	.token_header = "X-RocketChat-Livechat-Token",
};

const struct dialect dialect_rocketchat = {
	.name = "rocketchat",
	.text = "Rocket.Chat's omnichannel webhooks, one post a message; needs a source of its own",
	.needs_source = true,
	.open = web_open,
	.close = web_close,
	.decode = decode,
	.http = &http,
};
