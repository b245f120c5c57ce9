/* SPDX-License-Identifier: MIT */
/*
 * said.c: reading what a message of FreeSWITCH says.
 *
 * Headers are texts, whatever they mean, and two units of time stand side by
 * side in one event: CC-*-Time are whole seconds, Event-Date-Timestamp and
 * Caller-*-Time microseconds.  A caller's name comes as her telephone sent it
 * and may be no UTF-8; for that no call is lost, the bytes are replaced.
 */
#include <ccmon/event.h>

#include "freeswitch.h"

static const char *const header_names[FS_NHEADERS] = {
	[FS_UUID] = "CC-Member-UUID",
	[FS_SESSION] = "CC-Member-Session-UUID",
	[FS_QUEUE] = "CC-Queue",
	[FS_AGENT_NAME] = "CC-Agent",
	[FS_AGENT_UUID] = "CC-Agent-UUID",
	[FS_JOINED] = "CC-Member-Joined-Time",
	[FS_ANSWERED] = "CC-Agent-Answered-Time",
	[FS_LEAVING] = "CC-Member-Leaving-Time",
};

void
fs_refuse(struct freeswitch *fs, enum refusal why, const char *detail)
{
	if (fs->why != REFUSAL_NONE)
		return;
	fs->why = why;
	fs->detail = str_of(detail);
}

static struct str
last_text(const struct json_node *node)
{
	struct str text = STR_NONE;

	if (node->type != JSON_ARRAY)
		return node->type == JSON_TEXT ? node->text : STR_NONE;
	for (node = node->child; node != NULL; node = node->next)
		if (node->type == JSON_TEXT)
			text = node->text;
	return text;
}

struct str
fs_header(const struct freeswitch *fs, const char *name)
{
	const struct json_node *node = json_path(fs->root, name);

	return node != NULL ? last_text(node) : STR_NONE;
}

bool
fs_header_is(const struct freeswitch *fs, const char *name, const char *word)
{
	return str_is(fs_header(fs, name), word);
}

int64_t
fs_number(struct str text)
{
	int64_t n = 0;

	if (text.n == 0 || text.n > 18)
		return -1;
	for (uint32_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return -1;
		n = n * 10 + (text.p[i] - '0');
	}
	return n;
}

struct str
fs_take(struct str *rest, char end)
{
	const char *p = rest->n > 0 ? memchr(rest->p, end, rest->n) : NULL;
	struct str taken = *rest;

	if (p == NULL) {
		*rest = (struct str){ rest->p + rest->n, 0 };
		return taken;
	}
	taken.n = (uint32_t)(p - rest->p);
	*rest = (struct str){ p + 1, rest->n - taken.n - 1 };
	return taken;
}

bool
fs_name_set(struct fs_name *name, struct str text)
{
	if (name_check(text, 1, FS_NAME_MAX) != REFUSAL_NONE)
		return false;
	name->n = (uint8_t)text.n;
	memcpy(name->p, text.p, text.n);
	return true;
}

bool
fs_name_is(const struct fs_name *name, struct str text)
{
	return name->n == text.n && text.n > 0 && memcmp(name->p, text.p, text.n) == 0;
}

struct str
fs_name_str(const struct fs_name *name)
{
	return (struct str){ name->p, name->n };
}

static void
read_name(struct freeswitch *fs, enum fs_header h, bool needed, struct fs_name *name)
{
	struct str text = fs_header(fs, header_names[h]);

	if (text.n == 0 && !needed)
		return;
	if (text.n == 0)
		fs_refuse(fs, REFUSAL_MISSING, header_names[h]);
	else if (!fs_name_set(name, text))
		fs_refuse(fs, name_check(text, 1, FS_NAME_MAX), header_names[h]);
}

/* Whole seconds; 0 is how the switch says that there is none. */
static void
read_time(struct freeswitch *fs, enum fs_header h, bool needed, msec_t *time)
{
	struct str text = fs_header(fs, header_names[h]);
	int64_t seconds = fs_number(text);

	if (text.n > 0 && (seconds < 0 || seconds > TIME_HIGH / MSEC_PER_SEC))
		fs_refuse(fs, REFUSAL_BAD_VALUE, header_names[h]);
	else if (seconds > 0)
		*time = seconds * MSEC_PER_SEC;
	else if (needed)
		fs_refuse(fs, REFUSAL_MISSING, header_names[h]);
}

bool
fs_said_read(struct freeswitch *fs, unsigned needs, struct fs_said *said)
{
	memset(said, 0, sizeof(*said));
	for (unsigned h = 0; h < FS_NNAMES; h++)
		read_name(fs, (enum fs_header)h, (needs >> h & 1) != 0, &said->name[h]);
	for (unsigned h = FS_JOINED; h < FS_NHEADERS; h++)
		read_time(fs, (enum fs_header)h, (needs >> h & 1) != 0, &said->time[h]);
	return fs->why == REFUSAL_NONE;
}

/* ---- UTF-8 */

/* Of the character p begins with; 1 where it is none. */
static uint32_t
character_length(struct str rest)
{
	unsigned char c = (unsigned char)rest.p[0];
	uint32_t n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	return n <= rest.n && utf8_valid((struct str){ rest.p, n }) ? n : 1;
}

struct str
fs_mend(struct freeswitch *fs, struct str text)
{
	uint32_t i, n;

	if (utf8_valid(text))
		return text;
	for (i = 0; i < text.n; i += n) {
		n = character_length((struct str){ text.p + i, text.n - i });
		memcpy(fs->clean + i, text.p + i, n);
		if (n == 1 && (text.p[i] & 0x80) != 0)
			fs->clean[i] = '?';
	}
	return (struct str){ fs->clean, text.n };
}

/* ---- how a call went on, and who ended it */

/*
 * An entry of a channel's transfer_history:
 *	seconds:uuid:bl_xfer:extension/context/dialplan		blind
 *	seconds:uuid:att_xfer:one@one's domain/other@...	attended
 * and seconds:uuid:uuid_br:uuid, which is how the queue itself joined the two.
 */
static struct str
entry_target(struct str entry, msec_t since)
{
	int64_t seconds = fs_number(fs_take(&entry, ':'));
	struct str kind;

	(void)fs_take(&entry, ':');
	kind = fs_take(&entry, ':');
	if (seconds < since / MSEC_PER_SEC ||
	    (!str_is(kind, "bl_xfer") && !str_is(kind, "att_xfer")))
		return STR_NONE;
	if (str_is(kind, "bl_xfer"))
		return fs_take(&entry, '/');
	(void)fs_take(&entry, '/');
	return entry.n > 0 ? entry : kind;
}

/* Its last entry: of an array's, of "ARRAY::entry|:entry", or the only one. */
static struct str
last_entry(struct str history)
{
	const struct str array = STR_LIT("ARRAY::");

	if (history.n < array.n || memcmp(history.p, array.p, array.n) != 0)
		return history;
	for (uint32_t i = history.n; i > array.n; i--)
		if (memcmp(history.p + i - 2, "|:", 2) == 0)
			return (struct str){ history.p + i, history.n - i };
	return (struct str){ history.p + array.n, history.n - array.n };
}

struct str
fs_transfer_target(struct freeswitch *fs, msec_t since)
{
	struct str to = entry_target(last_entry(fs_header(fs, "variable_transfer_history")), since);

	return name_check(to, 1, ID_MAX_BYTES) == REFUSAL_NONE ? to : STR_NONE;
}

/* Neither side's doing. */
static const char *const system_causes[] = { "ALLOTTED_TIMEOUT", "MANAGER_REQUEST", "MEDIA_TIMEOUT",
	"RECOVERY_ON_TIMER_EXPIRE", "SYSTEM_SHUTDOWN" };

/* That a side sent the BYE only its own channel tells; a cause tells of no
 * side, and CC-Hangup-Cause is that of the ringing, not of the end. */
enum fs_by
fs_who_ended(const struct freeswitch *fs, enum fs_by side)
{
	struct str cause = fs_header(fs, "Hangup-Cause");

	for (unsigned i = 0; i < COUNTOF(system_causes); i++)
		if (str_is(cause, system_causes[i]))
			return FS_BY_SYSTEM;
	if (fs_header_is(fs, "variable_sip_hangup_disposition", "recv_bye"))
		return side;
	return FS_BY_UNKNOWN;
}
