/* SPDX-License-Identifier: MIT */
/*
 * zammad.c: the dialect of Zammad's webhooks, one post a message.
 *
 * A ticket is a contact, its group the queue.  Agents go by their login, which
 * is unique where a name is not.  All tickets are email but those that came
 * over a chat: a ticket about a phone call is paperwork with hours to answer,
 * the call itself is counted where it rang.
 *
 * A post shows a ticket and its newest article as they are, not what changed.
 * So each post tells the whole story again: that it came, who has it, what was
 * written, how it stands; and each event is named by what it is about, so that
 * what was told before is dropped.  When a ticket came back, or who got it when,
 * is in no post, so times alone do not tell what is new: names live as long as
 * tickets do, which is a year.  What happened too long before the last change
 * for its name to be known is not told again.
 *
 * A visit has one of two names, so that its end finds it in whatever group the
 * ticket is by then: at the end of a later one nothing says which closing it
 * came after, only that there was one.
 *
 * Nothing that anybody wrote is read, and of customers only their number.
 */
#include "collectors/dialects/table.h"
#include "web.h"

#define DAY INT64_C(86400000) /* ms */
#define KNOWN_FOR (366 * DAY) /* as mails are (collectors/inputs/maildir.c) */
/* What a post tells again is known for half of that; less a day for its way. */
#define TOLD_BEFORE (KNOWN_FOR / 2 - DAY)

#define NOBODY 1 /* id of the owner of what nobody owns */

struct ticket {
	struct web *w;
	const struct json_node *node, *article;
	struct str id;
	struct str owner; /* login, or none */
	struct str owner_id;
	struct str visit; /* "first", or "again": it was closed before */
	struct str since; /* what names a visit that goes on: its beginning */
	bool is_closed, is_gone, is_pending; /* gone: merged or removed */
	msec_t created, updated;
	msec_t closed; /* the last time, or -1: never, or nothing says when */
};

/* ---- a ticket */

/* What a post names either by a word, or by an object that has the word. */
static struct str
word_of(struct web *w, const struct json_node *from, const char *name, const char *path)
{
	const struct json_node *node = web_at(from, name);

	return node != NULL && node->type == JSON_TEXT ? node->text : web_text(w, from, path);
}

/* Ways to write that are talked over, not mailed. */
static const char *
channel_of(struct web *w, const struct json_node *ticket)
{
	static const char *const chats[] = { "chat", "sms", "telegram personal-message",
		"whatsapp message", "facebook feed post", "facebook feed comment", "twitter status",
		"twitter direct-message" };
	struct str type = word_of(w, ticket, "create_article_type", "create_article_type.name");

	for (size_t i = 0; i < COUNTOF(chats); i++)
		if (str_is(type, chats[i]))
			return "chat";
	return "email";
}

/* States are known by the names Zammad comes with; any other one is open. */
static void
read_state(struct ticket *t)
{
	struct str state = word_of(t->w, t->node, "state", "state.name");

	if (state.n == 0)
		web_refuse(t->w, REFUSAL_MISSING, "ticket.state");
	t->is_pending = str_begins(state, "pending");
	t->is_closed = str_is(state, "closed");
	t->is_gone = str_is(state, "merged") || str_is(state, "removed");
}

static void
read_owner(struct ticket *t)
{
	const struct json_node *id = web_at(t->node, "owner_id");

	if (id != NULL && id->type == JSON_INT && id->integer == NOBODY)
		return;
	t->owner = word_of(t->w, t->node, "owner", "owner.login");
	t->owner_id = web_name(t->w, t->node, "owner_id");
	if (str_is(t->owner, "-"))
		t->owner = STR_NONE;
}

/* Older versions know the first closing only.  To be merged is no closing. */
static void
read_times(struct ticket *t)
{
	t->created = web_time(t->w, t->node, "created_at");
	t->updated = web_time(t->w, t->node, "updated_at");
	t->closed = web_time(t->w, t->node, "last_close_at");
	if (t->closed < 0)
		t->closed = web_time(t->w, t->node, "close_at");
}

/* While it is closed its last closing is the end of the visit, and there was
 * one before it if the first is another. */
static void
name_visit(struct ticket *t)
{
	msec_t first = web_time(t->w, t->node, "close_at");
	bool is_first = t->is_closed ? first < 0 || first == t->closed : t->closed < 0;

	t->visit = t->since = STR_LIT("first");
	if (is_first)
		return;
	t->visit = STR_LIT("again");
	t->since = web_make(t->w, "after %lld", (long long)t->closed);
}

static struct ticket
read_ticket(struct web *w)
{
	struct ticket t = { .w = w, .node = web_at(w->root, "ticket") };
	const struct json_node *article = web_at(w->root, "article");

	t.id = web_name(w, t.node, "id");
	if (web_at(article, "id") != NULL)
		t.article = article;
	read_state(&t);
	read_owner(&t);
	read_times(&t);
	name_visit(&t);
	web_common(w, M_CHANNEL, str_of(channel_of(w, t.node)));
	web_common(w, M_CONTACT, t.id);
	web_common(w, M_QUEUE, word_of(w, t.node, "group", "group.name"));
	web_common(w, M_CUSTOMER, web_name(w, t.node, "customer_id"));
	return t;
}

/* Was it told by an earlier post whose names may be forgotten by now? */
static bool
is_old(const struct ticket *t, msec_t at)
{
	return at >= 0 && t->updated - at > TOLD_BEFORE;
}

/* Closed long ago, and told then: only who wrote now is news. */
static bool
is_over(const struct ticket *t)
{
	return t->is_closed && is_old(t, t->closed);
}

/* Who answered a later visit was told while it went on; at its end what would
 * name that is not known any more. */
static bool
has_answers(const struct ticket *t)
{
	return str_is(t->visit, "first") || !(t->is_closed || t->is_gone);
}

/* When it was closed; where nothing says when, this change has to do. */
static msec_t
left_at(const struct ticket *t)
{
	return t->is_closed && t->closed >= 0 ? t->closed : t->updated;
}

/* ---- its story */

static void
enter(const struct ticket *t, msec_t at)
{
	web_begin(t->w, EV_QUEUED, at);
	web_id(t->w, "%.*s queued %.*s", STR_ARG(t->id), STR_ARG(t->since));
	web_give(t->w, M_VISIT, t->visit);
}

/* One that an agent began is no customer's until the customer comes back. */
static void
enter_first(const struct ticket *t)
{
	struct str sender =
	    word_of(t->w, t->node, "create_article_sender", "create_article_sender.name");

	enter(t, t->created);
	if (str_is(sender, "Agent"))
		web_give_word(t->w, M_DIRECTION, "out");
}

/* When it came back: with what the customer wrote, else with this change. */
static msec_t
reopened_at(const struct ticket *t)
{
	msec_t written = web_time(t->w, t->article, "created_at");

	return written > t->closed ? written : t->updated;
}

static void
come_back(const struct ticket *t)
{
	msec_t at = reopened_at(t);

	web_begin(t->w, EV_REOPENED, at);
	web_id(t->w, "%.*s reopened %.*s", STR_ARG(t->id), STR_ARG(t->since));
	enter(t, at);
}

static void
arrive(const struct ticket *t)
{
	if (t->closed >= 0 && !t->is_closed && !t->is_gone)
		come_back(t);
	else if (str_is(t->visit, "first") && !is_old(t, t->created))
		enter_first(t);
}

static void
answer(const struct ticket *t, struct str agent, struct str id, msec_t at)
{
	web_begin(t->w, EV_ANSWERED, at);
	web_id(t->w, "%.*s answered %.*s %.*s", STR_ARG(t->id), STR_ARG(id), STR_ARG(t->since));
	web_give(t->w, M_VISIT, t->visit);
	web_give(t->w, M_AGENT, agent);
}

/* A note tells colleagues, even one that the customer may see. */
static bool
is_private(struct web *w, const struct json_node *article)
{
	return web_flag(w, article, "internal") ||
	       str_is(word_of(w, article, "type", "type.name"), "note");
}

static void
write_article(const struct ticket *t)
{
	struct web *w = t->w;
	struct str sender = word_of(w, t->article, "sender", "sender.name");
	struct str id = web_name(w, t->article, "id");
	struct str agent = word_of(w, t->article, "created_by", "created_by.login");
	msec_t at = web_time(w, t->article, "created_at");
	bool is_agent = str_is(sender, "Agent");
	bool private = is_agent && is_private(w, t->article);

	if (is_old(t, at))
		return;
	if (is_agent && !private && t->owner.n == 0 && has_answers(t) && !is_over(t))
		answer(t, agent, id, at);
	web_begin(w, EV_MESSAGE, at);
	web_id(w, "article %.*s", STR_ARG(id));
	if (is_agent)
		web_give(w, M_AGENT, agent);
	web_give_word(w, M_FROM,
	    is_agent                     ? "agent"
	    : str_is(sender, "Customer") ? "customer"
	                                 : "auto");
	if (private)
		web_give_int(w, M_PUBLIC, 0);
}

static void
stand(const struct ticket *t)
{
	web_begin(t->w, EV_STATUS, t->updated);
	web_id(t->w, "%.*s status %lld", STR_ARG(t->id), (long long)t->updated);
	web_give_word(t->w, M_STATUS, t->is_pending ? "pending" : "open");
}

/* By the time of the closing.  Where that is not known each post would make up
 * another one: then by the visit, which ends once. */
static void
name_end(const struct ticket *t, const char *what)
{
	if (t->is_closed && t->closed >= 0)
		web_id(t->w, "%.*s %s %lld", STR_ARG(t->id), what, (long long)t->closed);
	else
		web_id(t->w, "%.*s %s %.*s", STR_ARG(t->id), what, STR_ARG(t->since));
}

/* No agent had it or ever wrote: it was closed unanswered. */
static void
leave(const struct ticket *t)
{
	bool answered = t->owner.n > 0 || web_at(t->node, "first_response_at") != NULL;

	web_begin(t->w, answered ? EV_ENDED : EV_FLOWED_OUT, left_at(t));
	name_end(t, "left");
	web_give(t->w, M_VISIT, t->visit);
	if (answered)
		web_give_word(t->w, M_BY, "system");
	else
		web_give_word(t->w, M_REASON, "withdrawn");
}

static void
finish(const struct ticket *t)
{
	leave(t);
	web_begin(t->w, EV_RESOLVED, left_at(t));
	name_end(t, "resolved");
	web_give(t->w, M_AGENT, t->owner);
}

/* ---- the post */

static void
tell(const struct ticket *t)
{
	arrive(t);
	if (t->owner.n > 0 && has_answers(t))
		answer(t, t->owner, t->owner_id, left_at(t));
	if (t->article != NULL)
		write_article(t);
	if (t->is_closed || t->is_gone)
		finish(t);
	else
		stand(t);
}

static void
read_post(struct web *w)
{
	struct ticket t;

	if (web_at(w->root, "ticket") == NULL) {
		web_skip(w, STR_LIT("post without a ticket"));
		return;
	}
	t = read_ticket(w);
	if (!is_over(&t))
		tell(&t);
	else if (t.article != NULL)
		write_article(&t);
}

static void
decode(void *state, const char *msg, size_t len, msec_t received, struct dialect_result *res)
{
	(void)received;
	web_decode(state, msg, len, res, read_post);
}

static const struct dialect_http http = {
	.signature_header = "X-Hub-Signature",
	.signature = SIGNATURE_SHA1,
};

const struct dialect dialect_zammad = {
	.name = "zammad",
	.text = "Zammad's webhooks, one post a message; needs a source of its own",
	.needs_source = true,
	.open = web_open,
	.close = web_close,
	.decode = decode,
	.http = &http,
	.known_for = KNOWN_FOR,
};
