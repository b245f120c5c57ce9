// SPDX-License-Identifier: MIT
/*
 * snapshot.js: the server's JSON as the page holds it.
 *
 * What is keyed by somebody's names becomes a Map, for a queue may be called
 * "__proto__"; the fields of one thing are of our own naming and stay a plain
 * object.  Pure.
 */

const NAMED = ["queues", "channels", "alerts", "feeds"];

export function parseSnapshot(text)
{
	const snapshot = JSON.parse(text);

	for (const shelf of NAMED)
		snapshot[shelf] = new Map(Object.entries(snapshot[shelf] ?? {}));
	snapshot.totals ??= {};
	return snapshot;
}

/*
 * The queues this page is about, always in the same place: in the order of
 * ?queues=, else by name.  One that is asked for and not there is null: it
 * shows as an empty tile, not as a gap that moves the others.
 */
export function shownQueues(snapshot, url, filter = "")
{
	const wanted = filter.trim().toLocaleLowerCase();
	const byName = (a, b) => a.localeCompare(b, undefined, { numeric: true });
	const names = url.queues.length > 0 ? [...new Set(url.queues)]
		: [...snapshot.queues.keys()].sort(byName);
	const isWanted = ([name, queue]) => name.toLocaleLowerCase().includes(wanted)
		&& (!url.channel || queue?.channel === url.channel);

	return names.map((name) => [name, snapshot.queues.get(name) ?? null]).filter(isWanted);
}
