/* SPDX-License-Identifier: MIT */
/*
 * json.cc: JSON from outside, read by simdjson and handed on as plain C.
 *
 * simdjson checks the whole document, UTF-8 included, before anything of it
 * is seen; this adds what it leaves open: no name twice, a limit of members.
 * The text is copied first, because simdjson reads up to a vector beyond its
 * end.  Integers that fit no 64 bits and reals beyond a double are refused
 * with the document: nobody's event has one.
 */
#include <ccmon/json.h>

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
	uint8_t *text;		/* max_len bytes and the padding; owned */
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
	p->text = static_cast<uint8_t *>(calloc(1, max_len + simdjson::SIMDJSON_PADDING));
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

static void
set_value(struct json_parser *p, struct json_member *m, dom::element value)
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
	case dom::element_type::ARRAY:
		set_array(p, m, value.get_array().value_unsafe());
		break;
	case dom::element_type::OBJECT:
		m->type = JSON_OBJECT;
		break;
	case dom::element_type::NULL_VALUE:
		m->type = JSON_NULL;
		break;
	}
}

static bool
same_text(struct str a, struct str b)
{
	return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

/* One of 64 bits by the ends and the length of the key. */
static uint64_t
key_bit(struct str key)
{
	unsigned h = key.n;

	if (key.n > 0)
		h = h * 5 + static_cast<uint8_t>(key.p[0]) * 3 +
		    static_cast<uint8_t>(key.p[key.n / 2]) * 7 +
		    static_cast<uint8_t>(key.p[key.n - 1]);
	return UINT64_C(1) << (h & 63);
}

/* Is the key among the first n?  *seen holds their bits, so that mostly
 * nobody needs to look. */
static bool
is_repeated(const struct json_member *members, int n, struct str key, uint64_t *seen)
{
	uint64_t bit = key_bit(key);

	if ((*seen & bit) != 0)
		for (int i = 0; i < n; i++)
			if (same_text(members[i].key, key))
				return true;
	*seen |= bit;
	return false;
}

int
json_parse(struct json_parser *p, const char *text, size_t len,
    struct json_member out[JSON_MEMBERS_MAX])
{
	dom::object object;
	uint64_t seen = 0;
	int n = 0;

	p->narrays = 0;
	if (len > p->max_len)
		return -1;
	memcpy(p->text, text, len);
	memset(p->text + len, 0, simdjson::SIMDJSON_PADDING);
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
