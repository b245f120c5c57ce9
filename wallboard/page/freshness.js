// SPDX-License-Identifier: MIT
/*
 * freshness.js: may what stands on the page be believed?
 *
 * A board that shows old figures as new ones is worse than none.  So there
 * are clocks of their own for the line to the server, for the version of the
 * figures, and (by the status of a queue) for each feed.  A line that is open
 * proves nothing: the server sends on when the daemon has died.  Pure: all
 * times are the browser's monotonic milliseconds, but for *EpochMs.
 *
 * facts:
 *	shownAt		since when somebody looks, or null: nobody does
 *	open		the line is open
 *	heardAt		when anything came over it last, or null
 *	versionAt	when a new version came, or null: none yet
 *	versions	how many came since the line was opened
 *	staleAfter	ms
 *	monitor		the last `monitor` event, or null;  monitorAt: when it came
 */

export const LINE_SILENT = 5000;	/* ms; the server says something each second */

const MONITOR_GONE = ["none", "stopping"];

/*
 * The first figures over a new line may be old ones, and of a daemon that was
 * killed long ago none come; their age is what the server's clock says.  After
 * that only their coming counts, for the two clocks may differ.  Of figures
 * that never came it is only known how long they have been waited for.
 */
function newsAge(now, facts)
{
	const since = now - (facts.versionAt ?? facts.shownAt);
	const { monitor } = facts;

	if (facts.versions > 1 || !monitor?.updated_epoch_ms)
		return since;
	return Math.max(since, monitor.time - monitor.updated_epoch_ms + now - facts.monitorAt);
}

const lineIsUp = (now, facts) => facts.open && now - facts.heardAt < LINE_SILENT;

export function freshness(now, facts)
{
	const up = lineIsUp(now, facts);
	const says = (state, ms = 0) => ({ state, seconds: Math.floor(Math.max(ms, 0) / 1000) });

	if (up && facts.monitor?.redis && MONITOR_GONE.includes(facts.monitor.state))
		return says("down", now - (facts.versionAt ?? now));
	if (facts.shownAt === null)
		return says("connecting");
	const age = newsAge(now, facts);

	if (age >= facts.staleAfter)
		return says("stale", age);
	if (facts.versionAt === null)
		return says("connecting");
	return says(up && facts.monitor?.redis !== false ? "live" : "reconnecting", age);
}

/* Only then do waits tick, and may a sound be heard. */
export const isTrusted = (state) => state === "live" || state === "reconnecting";
