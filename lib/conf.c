/* SPDX-License-Identifier: MIT */
/*
 * conf.c: the one place that knows libconfig, version 1.5 as Debian has it,
 * and what it keeps quiet about.
 *
 * It reads 3000000000 as -1294967296 and says nothing, so every integer in
 * the files is looked at again in their own text.  It takes a time that grows
 * with the square of the file, so the file is limited.  It opens anything, so
 * a pipe, or a file the whole world may write, is refused before it looks.
 */
#include <ccmon/conf.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libconfig.h>

#define FILES_MAX 32 /* a file and what it includes */
#define LINE_MAX_BYTES 512 /* bytes of a complaint */

struct conf {
	config_t config;
	conf_complain_fn *complain;
	void *arg;
	bool bad;
	const char *files[FILES_MAX]; /* borrowed from config */
	size_t nfiles;
};

CCMON_PRINTF(4, 5)
static void
complain(struct conf *c, const char *file, unsigned line, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES], where[16] = "";
	int n;
	va_list ap;

	if (line > 0)
		snprintf(where, sizeof(where), ":%u", line);
	n = snprintf(text, sizeof(text), "%s%s: ", file, where);
	va_start(ap, fmt);
	if (n >= 0 && (size_t)n < sizeof(text))
		vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	c->bad = true;
	c->complain(c->arg, text);
}

/* The file's text, NUL-ended, or NULL after a complaint.  Caller frees. */
static char *
slurp(struct conf *c, const char *path)
{
	struct stat st;
	char *text = NULL;
	ssize_t n = -1;
	int fd;

	/* O_NONBLOCK: opening a pipe nobody writes to must not hang */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1 || fstat(fd, &st) == -1)
		complain(c, path, 0, "cannot read: %s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		complain(c, path, 0, "is not a regular file");
	else if (st.st_mode & S_IWOTH)
		complain(c, path, 0, "everybody may write to it: chmod o-w %s", path);
	else if (st.st_size > CONF_FILE_MAX)
		complain(c, path, 0, "is longer than %d bytes", CONF_FILE_MAX);
	else if ((text = malloc((size_t)st.st_size + 1)) == NULL ||
	         (n = read(fd, text, (size_t)st.st_size)) == -1)
		complain(c, path, 0, "cannot read: %s", strerror(errno));
	if (fd != -1)
		close(fd);
	if (n == -1) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

/* Past a comment or a string, so that only settings are left. */
static const char *
skip(const char *p, unsigned *line)
{
	const char *end;

	if (*p == '#' || strncmp(p, "//", 2) == 0)
		return p + strcspn(p, "\n");
	if (strncmp(p, "/*", 2) == 0) {
		end = strstr(p + 2, "*/");
		end = end == NULL ? p + strlen(p) : end + 2;
	} else {
		for (end = p + 1; *end != '\0' && *end != '"'; end++)
			if (*end == '\\' && end[1] != '\0')
				end++;
		end += *end == '"';
	}
	for (; p < end; p++)
		*line += *p == '\n';
	return end;
}

/* One number as written: does libconfig read it as what it says? */
static const char *
check_number(struct conf *c, const char *file, unsigned line, const char *p)
{
	size_t n = strspn(p, "0123456789abcdefABCDEFxX.+-");
	bool whole = strcspn(p, ".") >= n;
	bool hex = p[0] == '0' && (p[1] == 'x' || p[1] == 'X');
	long long value;

	if (!hex && strcspn(p, "eE") < n)
		whole = false;
	errno = 0;
	value = strtoll(p, NULL, hex ? 16 : 10);
	if (whole && p[n] != 'L' && (errno == ERANGE || value > INT32_MAX))
		complain(c, file, line, "%.*s: a whole number this large needs an L after it",
		    (int)n, p);
	return p + n + strspn(p + n, "L");
}

static void
check_numbers(struct conf *c, const char *file)
{
	char *text = slurp(c, file);
	const char *p = text;
	unsigned line = 1;

	while (p != NULL && *p != '\0') {
		if (*p == '#' || *p == '"' || (*p == '/' && (p[1] == '/' || p[1] == '*')))
			p = skip(p, &line);
		else if (isalpha((unsigned char)*p) || *p == '*' || *p == '_')
			p += strcspn(p, " \t\r\n=:;,(){}[]\"");
		else if (isdigit((unsigned char)*p))
			p = check_number(c, file, line, p);
		else
			line += *p++ == '\n';
	}
	free(text);
}

static void
collect_files(struct conf *c, const config_setting_t *s)
{
	const char *file = config_setting_source_file(s);
	size_t i;

	for (i = 0; i < c->nfiles && file != c->files[i]; i++)
		;
	if (i == c->nfiles && i < FILES_MAX && file != NULL)
		c->files[c->nfiles++] = file;
	if (config_setting_is_aggregate(s))
		for (i = 0; i < (size_t)config_setting_length(s); i++)
			collect_files(c, config_setting_get_elem(s, (unsigned)i));
}

static void
read_tree(struct conf *c, const char *path)
{
	const char *file;

	if (config_read_file(&c->config, path) != CONFIG_TRUE) {
		file = config_error_file(&c->config);
		complain(c, file == NULL ? path : file, (unsigned)config_error_line(&c->config),
		    "%s", config_error_text(&c->config));
		return;
	}
	collect_files(c, config_root_setting(&c->config));
	for (size_t i = 0; i < c->nfiles; i++)
		check_numbers(c, c->files[i]);
}

struct conf *
conf_open(const char *path, conf_complain_fn *fn, void *arg)
{
	struct conf *c = calloc(1, sizeof(*c));
	char *text;

	if (c == NULL) {
		fn(arg, "out of memory");
		return NULL;
	}
	c->complain = fn;
	c->arg = arg;
	config_init(&c->config);
	if ((text = slurp(c, path)) != NULL)
		read_tree(c, path);
	free(text);
	if (c->bad) {
		conf_close(c);
		return NULL;
	}
	return c;
}

void
conf_close(struct conf *c)
{
	if (c == NULL)
		return;
	config_destroy(&c->config);
	free(c);
}

/* A node is libconfig's setting under a name of ours. */
static const config_setting_t *
setting(const struct conf_node *n)
{
	return (const config_setting_t *)(const void *)n;
}

static const struct conf_node *
node(const config_setting_t *s)
{
	return (const struct conf_node *)(const void *)s;
}

const struct conf_node *
conf_root(const struct conf *c)
{
	return node(config_root_setting(&c->config));
}

enum conf_type
conf_type(const struct conf_node *n)
{
	switch (config_setting_type(setting(n))) {
	case CONFIG_TYPE_GROUP:
		return CONF_GROUP;
	case CONFIG_TYPE_ARRAY:
	case CONFIG_TYPE_LIST:
		return CONF_LIST;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return CONF_INT;
	case CONFIG_TYPE_FLOAT:
		return CONF_REAL;
	case CONFIG_TYPE_BOOL:
		return CONF_BOOL;
	default:
		return CONF_TEXT;
	}
}

const char *
conf_name(const struct conf_node *n)
{
	return config_setting_name(setting(n));
}

const char *
conf_file(const struct conf_node *n)
{
	return config_setting_source_file(setting(n));
}

unsigned
conf_line(const struct conf_node *n)
{
	return config_setting_source_line(setting(n));
}

static size_t
put_path(const config_setting_t *s, char *buf, size_t len)
{
	const config_setting_t *parent = config_setting_parent(s);
	int n;

	if (parent == NULL)
		return 0;
	len = put_path(parent, buf, len);
	if (config_setting_name(s) == NULL)
		n = snprintf(buf + len, CONF_PATH_MAX - len, "[%d]", config_setting_index(s));
	else
		n = snprintf(buf + len, CONF_PATH_MAX - len, "%s%s", len > 0 ? "." : "",
		    config_setting_name(s));
	len += n < 0 ? 0 : (size_t)n;
	return len < CONF_PATH_MAX ? len : CONF_PATH_MAX - 1;
}

void
conf_path(const struct conf_node *n, char buf[CONF_PATH_MAX])
{
	buf[0] = '\0';
	put_path(setting(n), buf, 0);
}

size_t
conf_count(const struct conf_node *n)
{
	return (size_t)config_setting_length(setting(n));
}

const struct conf_node *
conf_item(const struct conf_node *n, size_t i)
{
	return node(config_setting_get_elem(setting(n), (unsigned)i));
}

const struct conf_node *
conf_find(const struct conf_node *n, const char *name)
{
	return node(config_setting_get_member(setting(n), name));
}

int64_t
conf_int(const struct conf_node *n)
{
	/* get_int64 of a 32-bit setting gives 0 */
	if (config_setting_type(setting(n)) == CONFIG_TYPE_INT)
		return config_setting_get_int(setting(n));
	return config_setting_get_int64(setting(n));
}

double
conf_real(const struct conf_node *n)
{
	if (conf_type(n) == CONF_INT)
		return (double)conf_int(n);
	return config_setting_get_float(setting(n));
}

bool
conf_bool(const struct conf_node *n)
{
	return config_setting_get_bool(setting(n));
}

const char *
conf_text(const struct conf_node *n)
{
	return config_setting_get_string(setting(n));
}
