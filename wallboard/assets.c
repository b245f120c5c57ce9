/* SPDX-License-Identifier: MIT */
/*
 * assets.c: the files the page is made of.
 *
 * They are in the program, so that there is nothing to install and nothing to
 * go missing.  With a directory given, a file that is there comes first: for
 * other colours, and for working on the page.  Such files are read each time;
 * a name from outside leads nowhere else.
 */
#include "wallboard.h"

#include <ccmon/log.h>
#include <ccmon/siphash.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (4 << 20) /* bytes */
#define NAME_LONGEST 128 /* bytes */

static const struct {
	const char *end, *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
	{ ".json", MEDIA_JSON },
	{ ".webmanifest", "application/manifest+json" },
	{ ".png", "image/png" },
	{ ".ico", "image/x-icon" },
	{ ".woff2", "font/woff2" },
	{ ".txt", MEDIA_TEXT },
};

#define ETAG_MAX (SIPHASH_HEX + 3) /* with quotes and NUL */

struct built_in {
	struct body *body;
	char etag[ETAG_MAX];
};

struct assets {
	int directory; /* or -1 */
	struct built_in *built_in; /* as page_files */
};

static const char *
type_of(const char *name)
{
	size_t n = strlen(name), end;

	for (size_t i = 0; i < COUNTOF(types); i++) {
		end = strlen(types[i].end);
		if (n > end && strcmp(name + n - end, types[i].end) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

static void
make_etag(char etag[ETAG_MAX], const struct body *b)
{
	static const uint8_t key[SIPHASH_KEY]; /* whoever has the file may know it */
	struct str text = { b->bytes.buf, (uint32_t)b->bytes.len };

	etag[0] = '"';
	siphash_hex(etag + 1, key, text);
	memcpy(etag + 1 + SIPHASH_HEX, "\"", 2);
}

/* Plain names only: no way up, nothing hidden, no escapes. */
static bool
is_plain(struct str name)
{
	bool begins = true;

	if (name.n == 0 || name.n >= NAME_LONGEST)
		return false;
	for (uint32_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		               (c >= '0' && c <= '9') || c == '_' || c == '-';

		if (!is_word && (begins || (c != '.' && c != '/')))
			return false;
		begins = c == '/';
	}
	return !begins;
}

static void
serve(struct request *r, const char *name, struct body *b, const char *etag)
{
	struct answer a = { .status = 200, .type = type_of(name), .etag = etag, .body = b };
	struct str had = request_header(r, "If-None-Match");

	if (had.p != NULL && memmem(had.p, had.n, etag, strlen(etag)) != NULL) {
		a.status = 304;
		a.body = NULL;
	}
	request_answer(r, &a);
}

/* ---- in the directory */

/* All of it, or NULL. */
static struct body *
read_file(int fd)
{
	struct out text;
	struct body *b = NULL;
	struct stat st;
	char block[16384];
	ssize_t n = -1;

	out_init(&text);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_MAX)
		while ((n = read(fd, block, sizeof(block))) > 0 && text.len <= FILE_MAX)
			out_bytes(&text, block, (size_t)n);
	if (n == 0)
		b = body_new(&text);
	out_fini(&text);
	return b;
}

static bool
serve_from(int directory, struct request *r, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct body *b = fd == -1 ? NULL : read_file(fd);
	char etag[ETAG_MAX];

	if (fd != -1)
		close(fd);
	if (b == NULL)
		return false;
	make_etag(etag, b);
	serve(r, name, b, etag);
	body_release(b);
	return true;
}

/* ---- built in */

static struct body *
copy(const struct asset *a)
{
	struct out text;

	out_init(&text);
	out_bytes(&text, a->begin, (size_t)(a->end - a->begin));
	return body_new(&text);
}

void
assets_serve(struct assets *a, struct request *r, struct str wanted)
{
	char name[NAME_LONGEST];

	if (!is_plain(wanted)) {
		request_say(r, 404, "there is no such file");
		return;
	}
	(void)snprintf(name, sizeof(name), "%.*s", STR_ARG(wanted));
	if (a->directory != -1 && serve_from(a->directory, r, name))
		return;
	for (size_t i = 0; i < npage_files; i++)
		if (strcmp(page_files[i].name, name) == 0) {
			serve(r, name, a->built_in[i].body, a->built_in[i].etag);
			return;
		}
	request_say(r, 404, "there is no such file");
}

static bool
open_built_in(struct assets *a)
{
	a->built_in = calloc(npage_files + 1, sizeof(*a->built_in));
	for (size_t i = 0; a->built_in != NULL && i < npage_files; i++) {
		if ((a->built_in[i].body = copy(&page_files[i])) == NULL)
			return false;
		make_etag(a->built_in[i].etag, a->built_in[i].body);
	}
	return a->built_in != NULL;
}

struct assets *
assets_new(const char *directory)
{
	struct assets *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->directory = -1;
	if (directory != NULL &&
	    (a->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		log_error("start", "cannot use %s: %s", directory, strerror(errno));
	if (open_built_in(a) && (directory == NULL || a->directory != -1))
		return a;
	assets_free(a);
	return NULL;
}

void
assets_free(struct assets *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; a->built_in != NULL && i < npage_files; i++)
		body_release(a->built_in[i].body);
	free(a->built_in);
	if (a->directory != -1)
		close(a->directory);
	free(a);
}
