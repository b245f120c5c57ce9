/* SPDX-License-Identifier: MIT */
/*
 * scripts.h: the two Lua programs that run inside Redis.
 *
 * They are sent as text (EVAL) each time: 1,000 bytes and 2 us more a call than
 * by digest, and there is no NOSCRIPT to recover from when Redis restarts
 * or somebody flushes its scripts.
 */
#ifndef CCMON_SCRIPTS_H
#define CCMON_SCRIPTS_H

/*
 * Do a list of writes as one, if we still own the state.  The batch number is
 * written last; a list that comes twice is found by it.
 *
 * Whoever writes lives: the end of the lease moves on, by the clock of Redis.
 * That is written only when it moves by half a second (LEASE_STEP_MS), or was
 * more than a minute ahead, because the clock was set back.
 *
 * The nil is looked for before the owner: after a FLUSHALL we are not
 * replaced, the state is gone; so it is when its data are, unless they are just
 * being written anew: what changed would be taken for the whole, so the batch
 * goes, too.  An XADD whose id is not above the stream's
 * last was done before.  MULTI and Lua do not roll back: the first write that
 * fails ends the list, the batch number stays, and as all values are
 * absolute the same list can be done again.
 *
 *	KEYS	state:meta, then the key of each write
 *	ARGV	owner; batch before ('' any); batch after ('' as it is); ms of
 *		the lease; for each write its command, its number of words, its
 *		words
 */
static const char script_write[] =
	"local m = redis.call('HMGET', KEYS[1], 'owner', 'batch', 'lease')\n"
	"if not m[1] then return -1 end\n"
	"if m[1] ~= ARGV[1] then return -2 end\n"
	"local t = redis.call('TIME')\n"
	"local lease = t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[4]\n"
	"local moves = lease - tonumber(m[3] or '0')\n"
	"if moves >= 500 or moves <= -60000 then\n"
	"	redis.call('HSET', KEYS[1], 'lease', string.format('%d', lease))\n"
	"end\n"
	"if ARGV[2] ~= '' then\n"
	"	local batch = m[2] or '0'\n"
	"	if batch == ARGV[3] then return 0 end\n"
	"	if batch ~= ARGV[2] then return -3 end\n"
	"end\n"
	"local at, data = 5, KEYS[1]:sub(1, -5) .. 'data'\n"
	"for i = 2, #KEYS do\n"
	"	local n = tonumber(ARGV[at + 1])\n"
	"	if KEYS[i] == data and ARGV[at] == 'HSET' and redis.call('EXISTS', data) == 0 and\n"
	"	    redis.call('HEXISTS', KEYS[1], 'rewriting') == 0 then\n"
	"		redis.call('HDEL', KEYS[1], 'batch', 'format')\n"
	"		return -1\n"
	"	end\n"
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
 * Become the owner, or stay it.
 *
 * A daemon that begins takes the state over when nobody has it, when the lease
 * was its own (it was killed, and is back), or ran out; else the answer says
 * who has it and for how long, and that somebody stands by is noted.  How much
 * it may take it says itself: who stands by and did not see the lease run out
 * leaves the one who had it the time to come back.
 *
 * One that comes back after its connection was lost: if it still is the owner,
 * all is well, whatever became of the lease; if there is none, or one of a
 * lower epoch whom nobody keeps up (Redis was rolled back to before our time),
 * it takes it anew; otherwise somebody came after us, and we are replaced.
 *
 * A lease that ends in more than a minute was given by a clock that has been
 * set back since: it is cut short, and its owner, if he lives, renews it.
 *
 *	KEYS	state:meta, meta, standby
 *	ARGV	owner we were or ''; its epoch, or the highest one seen, or 0; a
 *		new nonce; our instance and host; our pid; 0 take nothing, 1
 *		what ran out, 2 what nobody has, too; ms of a lease
 *	gives	owner, batch, format, rewriting, version last published; or
 *		'', owner, instance and host and pid of who has it, ms left
 */
static const char script_acquire[] =
	"local m = redis.call('HMGET', KEYS[1], 'owner', 'epoch', 'lease', 'holder')\n"
	"local t = redis.call('TIME')\n"
	"local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
	"local owner, epoch, holder = m[1], tonumber(m[2] or '0'), m[4] or ''\n"
	"local left = tonumber(m[3] or '0') - now\n"
	"if left > 60000 then\n"
	"	left = tonumber(ARGV[7])\n"
	"	redis.call('HSET', KEYS[1], 'lease', string.format('%d', now + left))\n"
	"end\n"
	"local others = owner and holder:sub(1, #ARGV[4] + 1) ~= ARGV[4] .. ' '\n"
	"if ARGV[1] ~= '' then\n"
	"	if owner and owner ~= ARGV[1] and\n"
	"	    (epoch >= tonumber(ARGV[2]) or (others and left > 0)) then\n"
	"		return {'', owner, holder, left}\n"
	"	end\n"
	"elseif (others and (left > 0 or ARGV[6] == '0')) or (not owner and ARGV[6] ~= '2') then\n"
	"	if redis.call('PTTL', KEYS[3]) < 4000 then\n"
	"		local instance, host = ARGV[4]:match('^(%S*) (.*)$')\n"
	"		redis.call('HSET', KEYS[3], 'instance', instance, 'host', host,\n"
	"		    'pid', ARGV[5], 'updated_epoch_ms', string.format('%d', now))\n"
	"		redis.call('PEXPIRE', KEYS[3], 5000)\n"
	"	end\n"
	"	return {'', owner or '', holder, left}\n"
	"end\n"
	"if ARGV[1] == '' or owner ~= ARGV[1] then\n"
	"	epoch = string.format('%d', math.max(epoch, tonumber(ARGV[2])) + 1)\n"
	"	owner = epoch .. ':' .. ARGV[3]\n"
	"	redis.call('HSET', KEYS[1], 'epoch', epoch, 'owner', owner)\n"
	"end\n"
	"redis.call('HSET', KEYS[1], 'holder', ARGV[4] .. ' ' .. ARGV[5],\n"
	"    'lease', string.format('%d', now + ARGV[7]))\n"
	"if redis.call('HGET', KEYS[3], 'instance') == ARGV[4]:match('^%S*') then\n"
	"	redis.call('DEL', KEYS[3])\n"
	"end\n"
	"local s = redis.call('HMGET', KEYS[1], 'batch', 'format', 'rewriting')\n"
	"local version = redis.call('HGET', KEYS[2], 'version')\n"
	"return {owner, s[1] or '', s[2] or '', s[3] or '', version or ''}\n";

#endif
