/* SPDX-License-Identifier: MIT */
/*
 * scripts.h: the two Lua programs that run inside Redis.
 *
 * They are sent as text (EVAL) each time: 700 bytes and 2 us more a call than
 * by digest, and there is no NOSCRIPT to recover from when Redis restarts
 * or somebody flushes its scripts.
 */
#ifndef CCMON_SCRIPTS_H
#define CCMON_SCRIPTS_H

/*
 * Do a list of writes as one, if we still own the state.  The batch number is
 * written last; a list that comes twice is found by it.
 *
 * The nil is looked for before the owner: after a FLUSHALL we are not
 * replaced, the state is gone.  An XADD whose id is not above the stream's
 * last was done before.  MULTI and Lua do not roll back: the first write that
 * fails ends the list, the batch number stays, and as all values are
 * absolute the same list can be done again.
 *
 *	KEYS	state:meta, then the key of each write
 *	ARGV	owner; batch before ('' any); batch after ('' as it is);
 *		for each write its command, its number of words, its words
 */
static const char script_write[] =
	"local m = redis.call('HMGET', KEYS[1], 'owner', 'batch')\n"
	"if not m[1] then return -1 end\n"
	"if m[1] ~= ARGV[1] then return -2 end\n"
	"if ARGV[2] ~= '' then\n"
	"	local batch = m[2] or '0'\n"
	"	if batch == ARGV[3] then return 0 end\n"
	"	if batch ~= ARGV[2] then return -3 end\n"
	"end\n"
	"local at = 4\n"
	"for i = 2, #KEYS do\n"
	"	local n = tonumber(ARGV[at + 1])\n"
	"	local r = redis.pcall(ARGV[at], KEYS[i], unpack(ARGV, at + 2, at + 1 + n))\n"
	"	if type(r) == 'table' and r.err and\n"
	"	    not (ARGV[at] == 'XADD' and r.err:find('equal or smaller', 1, true)) then\n"
	"		return r\n"
	"	end\n"
	"	at = at + 2 + n\n"
	"end\n"
	"if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'batch', ARGV[3]) end\n"
	"return 1\n";

/*
 * Become the owner, or stay it.  A daemon that begins takes the state from
 * whoever has it.  One that comes back after its connection was lost: if it
 * still is the owner, all is well; if there is none, or one of a lower epoch
 * (Redis was rolled back to before our time), it takes it anew; one of our
 * epoch or a higher one came after us, and we are replaced: owner ''.
 *
 *	KEYS	state:meta, meta
 *	ARGV	owner we were or ''; our epoch or 0; a new nonce
 *	gives	owner, batch, format, rewriting, version last published
 */
static const char script_acquire[] =
	"local m = redis.call('HMGET', KEYS[1], 'owner', 'epoch')\n"
	"local owner, epoch = m[1], tonumber(m[2] or '0')\n"
	"if ARGV[1] ~= '' and owner and owner ~= ARGV[1] and epoch >= tonumber(ARGV[2]) then\n"
	"	return {'', owner}\n"
	"end\n"
	"if ARGV[1] == '' or owner ~= ARGV[1] then\n"
	"	epoch = string.format('%d', math.max(epoch, tonumber(ARGV[2])) + 1)\n"
	"	owner = epoch .. ':' .. ARGV[3]\n"
	"	redis.call('HSET', KEYS[1], 'epoch', epoch, 'owner', owner)\n"
	"end\n"
	"local s = redis.call('HMGET', KEYS[1], 'batch', 'format', 'rewriting')\n"
	"local version = redis.call('HGET', KEYS[2], 'version')\n"
	"return {owner, s[1] or '', s[2] or '', s[3] or '', version or ''}\n";

#endif
