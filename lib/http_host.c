/* SPDX-License-Identifier: MIT */
/*
 * http_host.c: is it us whom a request calls by name?
 *
 * A page on somebody's screen may post to any name, and whoever owns the name
 * may let it lead here: to a port that only this machine can reach (DNS
 * rebinding).  The browser says the name in Host, and it is none of ours.
 * Numbers are not looked up, so they lead nobody astray; they must be ours all
 * the same.
 */
#include "ccmon/http.h"

#include <arpa/inet.h>
#include <strings.h>

/* ::ffff:0:0/96 is IPv4 in IPv6; RFC 4291, 2.5.5.2. */
static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

struct address {
	uint8_t b[16];
};

/* false: that is no number. */
static bool
address_parse(struct str s, struct address *a)
{
	char text[INET6_ADDRSTRLEN];

	if (s.n == 0 || s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	memcpy(a->b, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, a->b + sizeof(mapped)) == 1 ||
	       inet_pton(AF_INET6, text, a->b) == 1;
}

static bool
is_loopback(const struct address *a)
{
	static const struct address one = { { [15] = 1 } };

	return memcmp(a, &one, sizeof(one)) == 0 ||
	       (memcmp(a, mapped, sizeof(mapped)) == 0 && a->b[12] == 127);
}

/* 0.0.0.0 or ::, where every address is ours. */
static bool
is_any(const struct address *a)
{
	static const uint8_t zero[16];

	return memcmp(a->b + 12, zero, 4) == 0 &&
	       (memcmp(a, zero, 12) == 0 || memcmp(a, mapped, 12) == 0);
}

/* Without the port, the brackets of a number, and the dot of a whole name. */
static struct str
bare(struct str s)
{
	const char *end = s.n == 0        ? NULL
	                  : s.p[0] == '[' ? memchr(s.p, ']', s.n)
	                                  : memrchr(s.p, ':', s.n);

	if (end != NULL)
		s.n = (uint32_t)(end - s.p);
	if (end != NULL && s.p[0] == '[') {
		s.p++;
		s.n--;
	}
	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

static bool
is_name(struct str host, const char *name)
{
	return str_is_any_case(host, name);
}

bool
http_host_is_ours(struct str host, const char *listen, char *const *names)
{
	struct address said, own;

	host = bare(host);
	if (address_parse(host, &said))
		return is_loopback(&said) ||
		       (address_parse(bare(str_of(listen)), &own) &&
		           (is_any(&own) || memcmp(&said, &own, sizeof(own)) == 0));
	for (; names != NULL && *names != NULL; names++)
		if (is_name(host, *names))
			return true;
	return is_name(host, "localhost");
}
