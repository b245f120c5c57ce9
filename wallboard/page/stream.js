// SPDX-License-Identifier: MIT
/*
 * stream.js: the line to the server, and the facts freshness.js judges by.
 *
 * A hidden tab closes its line: a browser has six to one server, and figures
 * nobody sees need none.  Which ones it had, and since when, is kept: what comes
 * when it is shown again may be the same, or nothing.
 *
 * EventSource comes back by itself after a broken line, but not after an answer
 * it does not like, and not when the line is open and dead; so there is somebody
 * here who looks.
 */
import { freshness, LINE_SILENT } from "./freshness.js";
import { parseSnapshot } from "./snapshot.js";

export { freshness } from "./freshness.js";

const AGAIN = 2000;	/* ms until another line is tried */

const NO_LINE = { shownAt: null, open: false, heardAt: null, versions: 0, monitor: null, monitorAt: null };

/* onOpen() for each line; onSnapshot(snapshot) for each new version; onRefused()
 * when we may not. */
export function openStream({ api, streamUrl, onOpen, onSnapshot, onRefused })
{
	let facts = { ...NO_LINE, versionAt: null, staleAfter: 15e3 };
	let version = null, source = null, triedAt = 0;

	const heard = () => {
		facts.heardAt = performance.now();
	};

	function monitor(event)
	{
		heard();
		facts.monitor = JSON.parse(event.data);
		facts.monitorAt = facts.heardAt;
		facts.staleAfter = (facts.monitor.stale_after_seconds ?? 15) * 1000;
	}

	/* The same version again is no news. */
	function snapshot(event)
	{
		const came = parseSnapshot(event.data);

		heard();
		if (came.version === version)
			return;
		version = came.version;
		facts.versionAt = facts.heardAt;
		facts.versions++;
		onSnapshot(came);
	}

	function opened()
	{
		heard();
		facts = { ...facts, open: true, versions: 0, monitor: null };
		onRefused(false);
		onOpen();
	}

	/* EventSource does not say why; a plain question does. */
	async function broke()
	{
		facts.open = false;
		if (source?.readyState !== EventSource.CLOSED)
			return;
		try {
			await api("/api/v1/snapshot");
		} catch (error) {
			onRefused(error.status === 401);
		}
	}

	function open()
	{
		triedAt = performance.now();
		facts.shownAt ??= triedAt;
		source = new EventSource(streamUrl);
		source.addEventListener("open", opened);
		source.addEventListener("error", broke);
		source.addEventListener("monitor", monitor);
		source.addEventListener("snapshot", snapshot);
	}

	function close()
	{
		source?.close();
		source = null;
		facts = { ...facts, ...NO_LINE };
	}

	function isDead(now)
	{
		if (source.readyState === EventSource.CLOSED)
			return now - triedAt > AGAIN;
		return source.readyState === EventSource.OPEN && now - facts.heardAt > 2 * LINE_SILENT;
	}

	/* Looked at by the page's clock. */
	function tend()
	{
		if (source === null || !isDead(performance.now()))
			return;
		source.close();
		facts.open = false;
		open();
	}

	document.addEventListener("visibilitychange", () => (document.hidden ? close() : source ?? open()));
	if (!document.hidden)
		open();
	return {
		tend,
		fresh: () => freshness(performance.now(), facts),
		monitor: () => facts.monitor,
	};
}
