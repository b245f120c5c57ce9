// SPDX-License-Identifier: MIT
/*
 * trends.js: the tiles' two hours of arrivals.
 *
 * Asked for once a minute, one queue after the other: forty at once would be
 * a burst each minute from each screen.  What cannot be had is left as it was
 * until the next minute; the line on the tile is an ornament to its figures.
 */

const EVERY = 60e3;	/* ms */
const GROUP = 300e3;	/* ms: a point of the line */
const SPAN = 7200e3;	/* ms */

/* Minutes to points of five, newest last; a point nobody counted is null. */
export function grouped(time, counts, now, span = SPAN, group = GROUP)
{
	const last = Math.floor(now / group), n = span / group;
	const points = Array.from({ length: n }, () => null);

	time.forEach((at, i) => {
		const place = n - 1 - (last - Math.floor(at / group));

		if (counts[i] !== null && place >= 0 && place < n)
			points[place] = (points[place] ?? 0) + counts[i];
	});
	return points.slice(0, -1);	/* the last one is not over */
}

async function ask(ctx, name, now)
{
	const history = await ctx.api("/api/v1/history",
		{ interval: "1m", queue: name, from: Math.floor(now - SPAN), fields: "offered_count" });

	return grouped(history.time, history.fields.offered_count, now);
}

/* tiles(): [name, tile] of those shown; now(): the snapshot's time, or null. */
export function keepTrends(ctx, tiles, now)
{
	const askedAt = new Map(), known = new Map();
	let busy = false, closed = false;

	const isDue = ([name]) => performance.now() - (askedAt.get(name) ?? -Infinity) >= EVERY;

	async function round()
	{
		for (const [name, tile] of tiles().filter(isDue)) {
			if (closed || now() === null)
				return;
			askedAt.set(name, performance.now());
			try {
				known.set(name, await ask(ctx, name, now()));
				tile.showTrend(known.get(name));
			} catch {
				/* the line to the server has words of its own */
			}
		}
	}

	return {
		/* What was learnt of a queue before its tile was there. */
		remind(name, tile) {
			if (known.has(name))
				tile.showTrend(known.get(name));
		},
		async tick() {
			if (busy)
				return;
			busy = true;
			await round();
			busy = false;
		},
		close() {
			closed = true;
		},
	};
}
