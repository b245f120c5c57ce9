/* SPDX-License-Identifier: MIT */
/*
 * json.cc: JSON from outside, read by simdjson and handed on as plain C.
 *
 * simdjson checks the whole document, UTF-8 included, before anything of it
 * is seen; this adds what it leaves open: no name twice, a limit of members.
 * The text is copied first, because simdjson reads up to a vector beyond its
 * end.  Integers that fit no 64 bits and reals beyond a double are refused
 * with the document: nobody's event has one.
 *
 * Nearly every event, though, is a plain document: one flat object of ASCII
 * texts without escapes, whole numbers and literals.  Such a one is read in
 * one pass without simdjson, at half the cost.  That pass refuses nothing:
 * whatever is not plain, or wrong, or in doubt is simdjson's from the first
 * byte.  The fuzzer holds both against a third reader.
 *
 * A tree is for nested documents: simdjson's, copied into nodes that C can
 * walk.  They are made once, so that a document costs no memory.
 */
#include <ccmon/json.h>

#include <endian.h>
#include <simdjson.h>

#include <cstdlib>
#include <new>

namespace dom = simdjson::dom;

/* An array of the document, and where the last question about it was. */
struct array_cursor {
	dom::array array;
	dom::array::iterator at;
	size_t index;
};

struct json_parser {
	dom::parser parser;
	char *text;		/* max_len bytes and the padding; owned */
	size_t max_len;
	int narrays;
	array_cursor arrays[JSON_MEMBERS_MAX];
};

struct json_parser *
json_parser_new(size_t max_len)
{
	auto *p = new (std::nothrow) json_parser();

	if (p == nullptr)
		return nullptr;
	p->max_len = max_len;
	p->text = static_cast<char *>(calloc(1, max_len + simdjson::SIMDJSON_PADDING));
	/* simdjson's limit is the first depth that is too deep; what is empty has none. */
	if (p->text == nullptr || p->parser.allocate(max_len, JSON_DEPTH_MAX + 1) != 0) {
		json_parser_free(p);
		return nullptr;
	}
	return p;
}

void
json_parser_free(struct json_parser *p)
{
	if (p == nullptr)
		return;
	free(p->text);
	delete p;
}

static struct str
to_str(std::string_view s)
{
	return { s.data(), static_cast<uint32_t>(s.size()) };
}

static bool
same_text(struct str a, struct str b)
{
	return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

/* Each key has set one of 64 bits in both, so that mostly nobody needs to look
 * for it among the others. */
struct key_filter {
	uint64_t one, two;
};

/* Were the key's bits set already?  Now they are. */
static inline bool
is_set(struct key_filter *seen, struct str key)
{
	uint64_t h = key.n, one, two;
	bool both;

	if (key.n > 0)
		h = h << 24 | static_cast<uint8_t>(key.p[0]) << 16 |
		    static_cast<uint8_t>(key.p[key.n / 2]) << 8 |
		    static_cast<uint8_t>(key.p[key.n - 1]);
	h *= UINT64_C(0x9e3779b97f4a7c15);
	one = UINT64_C(1) << (h >> 58);
	two = UINT64_C(1) << (h >> 52 & 63);
	both = (seen->one & one) != 0 && (seen->two & two) != 0;
	seen->one |= one;
	seen->two |= two;
	return both;
}

/* Is the key among the first n? */
static inline bool
is_repeated(const struct json_member *members, int n, struct str key, struct key_filter *seen)
{
	if (is_set(seen, key))
		for (int i = 0; i < n; i++)
			if (same_text(members[i].key, key))
				return true;
	return false;
}

/* ---- a plain document.  Each part says where it ended, or nullptr: not plain.
 * The zeros behind the text end every one of them. ---- */

typedef int8_t bytes16 __attribute__((vector_size(16)));

/* The first byte that is a quote, a backslash, a control character or not
 * ASCII (negative).  Sixteen at once: most texts need only one step. */
static inline const char *
plain_end(const char *p)
{
	bytes16 b, stops;
	uint64_t half[2];

	for (;; p += sizeof(b)) {
		memcpy(&b, p, sizeof(b));
		stops = (b < 0x20) | (b == '"') | (b == '\\');
		memcpy(half, &stops, sizeof(half));
		if ((half[0] | half[1]) != 0)
			break;
	}
	return half[0] != 0 ? p + __builtin_ctzll(le64toh(half[0])) / 8
			    : p + 8 + __builtin_ctzll(le64toh(half[1])) / 8;
}

static inline const char *
plain_text(const char *p, struct str *text)
{
	const char *first = p + 1, *end;

	if (*p != '"')
		return nullptr;
	end = plain_end(first);
	*text = { first, static_cast<uint32_t>(end - first) };
	return *end == '"' ? end + 1 : nullptr;
}

/* Not more digits than fit whatever they are; -0 is left to simdjson. */
static const char *
plain_int(const char *p, int64_t *integer)
{
	bool negative = *p == '-';
	const char *first = p + negative;
	int64_t value = 0;

	for (p = first; *p >= '0' && *p <= '9' && p - first < 18; p++)
		value = value * 10 + (*p - '0');
	if (p == first || (*first == '0' && (negative || p - first > 1)))
		return nullptr;
	*integer = negative ? -value : value;
	return p;
}

static const char *
plain_literal(const char *p, struct json_member *m)
{
	static const struct {
		const char *word;
		size_t len;
		enum json_type type;
	} literals[] = {
		{ "true", 4, JSON_BOOL },
		{ "false", 5, JSON_BOOL },
		{ "null", 4, JSON_NULL },
	};

	for (const auto &l : literals)
		if (memcmp(p, l.word, l.len) == 0) {
			m->type = l.type;
			m->boolean = *p == 't';
			return p + l.len;
		}
	return nullptr;
}

static const char *
plain_value(const char *p, struct json_member *m)
{
	if (*p == '"') {
		m->type = JSON_TEXT;
		return plain_text(p, &m->text);
	}
	if (*p == '-' || (*p >= '0' && *p <= '9')) {
		m->type = JSON_INT;
		return plain_int(p, &m->integer);
	}
	return plain_literal(p, m);
}

static const char *
skip_space(const char *p)
{
	while (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')
		p++;
	return p;
}

static const char *
plain_member(const char *p, struct json_member *m)
{
	p = plain_text(skip_space(p), &m->key);
	if (p == nullptr || *(p = skip_space(p)) != ':')
		return nullptr;
	p = plain_value(skip_space(p + 1), m);
	return p == nullptr ? p : skip_space(p);
}

/* The number of members, or -1: not plain. */
static int
plain_parse(const char *text, size_t len, struct json_member out[JSON_MEMBERS_MAX])
{
	const char *p = skip_space(text);
	struct key_filter seen = {};
	int n = 0;

	if (*p != '{')
		return -1;
	do {
		if (n == JSON_MEMBERS_MAX)
			return -1;
		out[n] = {};
		p = plain_member(p + 1, &out[n]);
		if (p == nullptr || is_repeated(out, n, out[n].key, &seen))
			return -1;
		n++;
	} while (*p == ',');
	return *p == '}' && skip_space(p + 1) == text + len ? n : -1;
}

/* ---- any document ---- */

static void
set_real(struct json_member *m, double value)
{
	m->type = JSON_REAL;
	m->real = value;
}

static void
set_array(struct json_parser *p, struct json_member *m, dom::array array)
{
	m->type = JSON_ARRAY;
	m->handle = p->narrays;
	p->arrays[p->narrays++] = { array, array.begin(), 0 };
}

/* Anything but an array or an object. */
static void
set_plain(struct json_member *m, dom::element value)
{
	switch (value.type()) {
	case dom::element_type::STRING:
		m->type = JSON_TEXT;
		m->text = to_str(value.get_string().value_unsafe());
		break;
	case dom::element_type::INT64:
		m->type = JSON_INT;
		m->integer = value.get_int64().value_unsafe();
		break;
	case dom::element_type::UINT64:
		set_real(m, static_cast<double>(value.get_uint64().value_unsafe()));
		break;
	case dom::element_type::DOUBLE:
		set_real(m, value.get_double().value_unsafe());
		break;
	case dom::element_type::BOOL:
		m->type = JSON_BOOL;
		m->boolean = value.get_bool().value_unsafe();
		break;
	case dom::element_type::NULL_VALUE:
		m->type = JSON_NULL;
		break;
	case dom::element_type::ARRAY:
	case dom::element_type::OBJECT:
		break;
	}
}

static void
set_value(struct json_parser *p, struct json_member *m, dom::element value)
{
	if (value.is_array())
		set_array(p, m, value.get_array().value_unsafe());
	else if (value.is_object())
		m->type = JSON_OBJECT;
	else
		set_plain(m, value);
}

static int
any_parse(struct json_parser *p, size_t len, struct json_member out[JSON_MEMBERS_MAX])
{
	dom::object object;
	struct key_filter seen = {};
	int n = 0;

	if (p->parser.parse(p->text, len, false).get(object) != 0)
		return -1;
	for (dom::key_value_pair member : object) {
		struct str key = to_str(member.key);

		if (n == JSON_MEMBERS_MAX || is_repeated(out, n, key, &seen))
			return -1;
		out[n] = {};
		out[n].key = key;
		set_value(p, &out[n++], member.value);
	}
	return n;
}

int
json_parse(struct json_parser *p, const char *text, size_t len,
    struct json_member out[JSON_MEMBERS_MAX])
{
	int n;

	p->narrays = 0;
	if (len > p->max_len)
		return -1;
	memcpy(p->text, text, len);
	memset(p->text + len, 0, simdjson::SIMDJSON_PADDING);
	n = plain_parse(p->text, len, out);
	return n >= 0 ? n : any_parse(p, len, out);
}

/* Going forward costs a step; going back begins anew. */
static bool
move_to(array_cursor *c, size_t i)
{
	if (i < c->index) {
		c->at = c->array.begin();
		c->index = 0;
	}
	for (; c->index < i && c->at != c->array.end(); c->index++)
		++c->at;
	return c->at != c->array.end();
}

int
json_array_text(struct json_parser *p, const struct json_member *m, size_t i, struct str *out)
{
	std::string_view text;

	if (m->type != JSON_ARRAY || m->handle < 0 || m->handle >= p->narrays)
		return -1;
	array_cursor *c = &p->arrays[m->handle];
	if (!move_to(c, i))
		return 0;
	if ((*c->at).get(text) != 0)
		return -1;
	*out = to_str(text);
	return 1;
}

/* ---- a tree ---- */

struct json_tree {
	dom::parser parser;
	char *text;		/* max_len bytes and the padding; owned */
	size_t max_len, max_nodes, max_members;
	struct json_node *nodes; /* max_nodes; owned, touched when used */
	size_t n;
	bool repeats;		/* a name may come again */
};

struct json_tree *
json_tree_new(size_t max_len)
{
	return json_tree_new_wide(max_len, JSON_TREE_NODES_MAX, JSON_TREE_MEMBERS_MAX);
}

struct json_tree *
json_tree_new_wide(size_t max_len, size_t max_nodes, size_t max_members)
{
	auto *t = new (std::nothrow) json_tree();

	if (t == nullptr)
		return nullptr;
	t->max_len = max_len;
	t->max_nodes = max_nodes;
	t->max_members = max_members;
	t->text = static_cast<char *>(calloc(1, max_len + simdjson::SIMDJSON_PADDING));
	t->nodes = static_cast<struct json_node *>(calloc(max_nodes, sizeof(*t->nodes)));
	if (t->text == nullptr || t->nodes == nullptr ||
	    t->parser.allocate(max_len, JSON_TREE_DEPTH_MAX + 1) != 0) {
		json_tree_free(t);
		return nullptr;
	}
	return t;
}

void
json_tree_allow_repeats(struct json_tree *t)
{
	t->repeats = true;
}

void
json_tree_free(struct json_tree *t)
{
	if (t == nullptr)
		return;
	free(t->nodes);
	free(t->text);
	delete t;
}

static struct json_node *
add_node(struct json_tree *t)
{
	if (t->n == t->max_nodes)
		return nullptr;
	t->nodes[t->n] = {};
	return &t->nodes[t->n++];
}

static bool fill_node(struct json_tree *, struct json_node *, dom::element);

/* One more behind *last, which is the parent's `child` or the last one's
 * `next`; nullptr: too many. */
static struct json_node *
add_child(struct json_tree *t, const struct json_node ***last, dom::element value)
{
	struct json_node *node = add_node(t);

	if (node == nullptr || !fill_node(t, node, value))
		return nullptr;
	**last = node;
	*last = &node->next;
	return node;
}

static bool
fill_array(struct json_tree *t, struct json_node *node, dom::array array)
{
	const struct json_node **last = &node->child;

	node->type = JSON_ARRAY;
	for (dom::element value : array)
		if (add_child(t, &last, value) == nullptr)
			return false;
	return true;
}

/* Is there one of that key before it? */
static bool
is_second(const struct json_node *first, const struct json_node *node)
{
	for (; first != node; first = first->next)
		if (same_text(first->key, node->key))
			return true;
	return false;
}

static bool
fill_object(struct json_tree *t, struct json_node *node, dom::object object)
{
	const struct json_node **last = &node->child;
	struct key_filter seen = {};
	size_t n = 0;

	node->type = JSON_OBJECT;
	for (dom::key_value_pair member : object) {
		struct json_node *child = add_child(t, &last, member.value);

		if (child == nullptr || n++ == t->max_members)
			return false;
		child->key = to_str(member.key);
		if (!t->repeats && is_set(&seen, child->key) && is_second(node->child, child))
			return false;
	}
	return true;
}

/* Not deeper than JSON_TREE_DEPTH_MAX: simdjson saw to that.  */
static bool
fill_node(struct json_tree *t, struct json_node *node, dom::element value)
{
	struct json_member m = {};

	if (value.is_object())
		return fill_object(t, node, value.get_object().value_unsafe());
	if (value.is_array())
		return fill_array(t, node, value.get_array().value_unsafe());
	set_plain(&m, value);
	node->type = m.type;
	node->boolean = m.boolean;
	node->text = m.text;
	if (m.type == JSON_INT)
		node->integer = m.integer;
	else if (m.type == JSON_REAL)
		node->real = m.real;
	return true;
}

const struct json_node *
json_tree_parse(struct json_tree *t, const char *text, size_t len)
{
	dom::element root;

	t->n = 0;
	if (len > t->max_len)
		return nullptr;
	memcpy(t->text, text, len);
	memset(t->text + len, 0, simdjson::SIMDJSON_PADDING);
	if (t->parser.parse(t->text, len, false).get(root) != 0 || !root.is_object() ||
	    !fill_node(t, add_node(t), root))
		return nullptr;
	return &t->nodes[0];
}

static const struct json_node *
find_member(const struct json_node *object, struct str key)
{
	const struct json_node *node = nullptr;

	if (object->type == JSON_OBJECT)
		for (node = object->child; node != nullptr && !same_text(node->key, key);)
			node = node->next;
	return node;
}

const struct json_node *
json_path(const struct json_node *from, const char *path)
{
	const char *dot;

	for (; from != nullptr && path != nullptr; path = *dot == '.' ? dot + 1 : nullptr) {
		dot = path + strcspn(path, ".");
		from = find_member(from, { path, static_cast<uint32_t>(dot - path) });
	}
	return from;
}
