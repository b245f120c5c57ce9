// SPDX-License-Identifier: MIT
/*
 * chart.js: charts of a day, drawn by the page itself.
 *
 * This is the geometry: numbers in, numbers and paths out; it knows no document,
 * so node tests it.  picture.js makes SVG of it, plot.js a figure that answers
 * mouse and keys.  A chart library would be many times as long, for less: here
 * what is not known (null) is never 0 and never joined up, and a lone figure
 * between two gaps is a dot.
 */
const QUARTER = 15 * 60e3;	/* ms; no zone's offset is finer */
const DAY_MINUTES = 1440;

/* ---- time ---- */

/* A clock of a zone: (ms) -> "13:45", and (ms) -> minutes since midnight. */
export function clockOf(zone, lang = "en")
{
	const how = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
	const shown = new Intl.DateTimeFormat(lang, how);
	const plain = new Intl.DateTimeFormat("en-GB", how);

	return {
		text: (ms) => shown.format(ms),
		minutes: (ms) => {
			const [hours, minutes] = plain.format(ms).split(":");
			return Number(hours) * 60 + Number(minutes);
		},
	};
}

/*
 * When the day that `now` is in began: going back in quarters of an hour, the
 * first where the time since `startMinutes` jumps up by about a day.  (It also
 * jumps by an hour, when clocks are put back; that is no new day.)
 */
export function dayBegin(now, clock, startMinutes = 0)
{
	const since = (ms) => (clock.minutes(ms) - startMinutes + DAY_MINUTES) % DAY_MINUTES;
	let at = Math.floor(now / QUARTER) * QUARTER;

	while (since(at - QUARTER) - since(at) < DAY_MINUTES / 2)
		at -= QUARTER;
	return at;
}

/* Full hours (or halves, quarters) of the clock, at most `wanted` of them. */
export function timeTicks(from, to, clock, wanted)
{
	const minutes = (to - from) / 60e3;
	const step = [15, 30, 60, 120, 180, 240, 360].find((s) => minutes / s <= wanted) ?? 720;
	const ticks = [];

	for (let at = Math.ceil(from / QUARTER) * QUARTER; at <= to; at += QUARTER)
		if (clock.minutes(at) % step === 0)
			ticks.push({ at, label: clock.text(at) });
	return ticks;
}

/*
 * A history as the server sends it, laid on a grid without holes, from the
 * interval that holds `from` to the one that holds `to`: what it has no entry
 * for is null in every field.
 */
export function onGrid(history, from, to)
{
	const length = history.seconds * 1000;
	const first = Math.floor(from / length) * length;
	const count = Math.floor((to - first) / length) + 1;
	const row = new Map(history.time.map((at, i) => [at, i]));
	const time = Array.from({ length: count }, (_, i) => first + i * length);
	const lay = (values) => time.map((at) => values[row.get(at)] ?? null);
	const fields = Object.entries(history.fields).map(([name, values]) => [name, lay(values)]);

	return { time, length, fields: new Map(fields) };
}

/* ---- scales ---- */

export function scale(from, to, start, end)
{
	const k = to === from ? 0 : (end - start) / (to - from);

	return (value) => start + (value - from) * k;
}

const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800];

function decimalStep(least)
{
	const decade = 10 ** Math.floor(Math.log10(least));

	return decade * [1, 2, 5, 10].find((k) => decade * k >= least * (1 - 1e-9));
}

const steps = {
	count: (least) => Math.max(1, decimalStep(least)),
	seconds: (least) => SECONDS.find((s) => s >= least) ?? 86400 * decimalStep(least / 86400),
	ratio: (least) => [0.1, 0.25, 0.5].find((s) => s >= least) ?? 1,
};

/* From 0 to the first step at or above `top`, in at most `wanted` steps. */
export function niceTicks(unit, top, wanted)
{
	const step = steps[unit](Math.max(top, 1e-9) / wanted);
	const count = Math.max(1, Math.ceil(top / step - 1e-9));

	return Array.from({ length: count + 1 }, (_, i) => i * step);
}

/* ---- paths; xs and ys in pixels, null in ys is a gap ---- */

const px = (v) => Math.round(v * 10) / 10;

/* A line by its points.  "h0" with round caps makes a lone point a dot. */
export function linePath(xs, ys)
{
	const known = (i) => ys[i] !== null && ys[i] !== undefined;
	let path = "";

	xs.forEach((x, i) => {
		if (!known(i))
			return;
		path += `${known(i - 1) ? "L" : "M"}${px(x)} ${px(ys[i])}`;
		if (!known(i - 1) && !known(i + 1))
			path += "h0";
	});
	return path;
}

/* A level that holds from one edge to the next; edges has one more than ys. */
export function stepPath(edges, ys)
{
	let path = "";

	ys.forEach((y, i) => {
		if (y === null)
			return;
		path += (ys[i - 1] ?? null) === null ? `M${px(edges[i])} ${px(y)}` : `V${px(y)}`;
		path += `H${px(edges[i + 1])}`;
	});
	return path;
}

/* Boxes between two levels, as bars (with a gap beside each) and bands are. */
export function boxPath(edges, lows, highs, gap = 0)
{
	let path = "";

	highs.forEach((high, i) => {
		if (high === null || lows[i] === null || high === lows[i])
			return;
		path += `M${px(edges[i] + gap)} ${px(lows[i])}H${px(edges[i + 1] - gap)}` +
			`V${px(high)}H${px(edges[i] + gap)}Z`;
	});
	return path;
}

/* Each layer on those before it: [[low, high], ...] of each; null stays null. */
export function stacked(layers)
{
	const base = (layers[0] ?? []).map(() => 0);

	return layers.map((values) => {
		const low = values.map((v, i) => (v === null ? null : base[i]));
		const high = values.map((v, i) => (v === null ? null : (base[i] += v)));
		return { low, high };
	});
}

/* The highest there is to show: of lines, of stacks, of limits. */
export function topOf(layers, least = 0)
{
	const bars = layers.filter((l) => l.type === "bars").map((l) => l.values);
	const lines = layers.filter((l) => l.type === "line" || l.type === "step");
	const all = [...stacked(bars).map((s) => s.high), ...lines.map((l) => l.values)];

	return all.flat().reduce((top, v) => (v !== null && v > top ? v : top), least);
}

/* Newest, highest and when, for who listens; null where nothing is known. */
export function extremes(time, values)
{
	const known = values.map((v, i) => i).filter((i) => values[i] !== null);
	const high = known.reduce((best, i) => (best < 0 || values[i] > values[best] ? i : best), -1);

	if (high < 0)
		return null;
	return { last: values[known.at(-1)], max: values[high], at: time[high] };
}
