// SPDX-License-Identifier: MIT
/*
 * queue.js: the page of one queue: its six figures large, a line of details,
 * and the charts of its day.
 *
 * It has no clock of its own: snapshots drive it.  A history is asked for once
 * a minute of them, and at once when the line is new: it was down, or nobody
 * looked.  A history that cannot be had leaves the charts as they were, and a
 * line that says so.
 */
import { clockOf, dayBegin } from "./chart.js";
import { FIELDS, dayOf, minutesFrom } from "./day.js";
import { el, figure, nameElement, setAttribute, setText } from "./dom.js";
import { GLYPHS, isBelow, isOver, statusOf, statusWord, tileFigures } from "./figures.js";
import { plot } from "./plot.js";
import { TITLE, chartsOf } from "./queuecharts.js";

const EVERY = 60e3, AGAIN = 10e3;	/* ms: between two histories; after one that failed */

/* ---- the head ---- */

/* [data-figure, key of the label, (figures, queue, ctx) -> text]; the sixth of
 * the six, the status, stands beside the name. */
const SIX = [
	["waiting_count", "waiting", (f, queue, { fmt }) => fmt.number(f.waiting)],
	["oldest_wait_seconds", "longest_wait", (f, queue, { fmt }) => fmt.seconds(f.wait)],
	["sl", "service_level", (f, queue, { fmt }) => fmt.percent(f.service.ratio)],
	["offered_per_hour", "per_hour", (f, queue, { fmt }) => fmt.number(f.perHour)],
	["aht", "handle_time", (f, queue, { fmt }) => fmt.seconds(f.aht)],
];

const DETAILS = [
	["offered", "offered", (f, queue, { fmt }) => fmt.number(f.detail.offered)],
	["handled", "handled", (f, queue, { fmt }) => fmt.number(f.detail.handled)],
	["abandoned", "abandoned", (f, queue, { fmt }) => fmt.number(f.detail.abandoned)],
	["short", "short_abandoned", (f, queue, { fmt }) => fmt.number(f.detail.short)],
	["asa", "asa", (f, queue, { fmt }) => fmt.seconds(f.detail.asa)],
	["p90", "p90", (f, queue, { fmt, url }) => fmt.seconds(queue["wait_p90_seconds_" + windowOf(url)])],
	["available", "agents_ready", (f, queue, { fmt }) => fmt.number(f.detail.available)],
	["busy", "agents_busy", (f, queue, { fmt }) => fmt.number(f.detail.busy)],
];

/* What is ahead: where waits are promised, and where answers are owed. */
const AHEAD = [
	["nowcast_sl_ratio", "nowcast", (f, queue, { fmt }) => fmt.percent(queue.nowcast_sl_ratio)],
	["est_wait_seconds", "est_wait", (f, queue, { fmt }) => fmt.seconds(queue.est_wait_seconds)],
	["sl_recover_count", "to_recover", (f, queue, { fmt }) => fmt.number(queue.sl_recover_count)],
];
const OWED = [
	["backlog_count", "backlog", (f, queue, { fmt }) => fmt.number(queue.backlog_count)],
	["overdue_count", "overdue", (f, queue, { fmt }) => fmt.number(owed(f, queue, "overdue"))],
	["due_1h_count", "due_1h", (f, queue, { fmt }) => fmt.number(owed(f, queue, "due_1h"))],
];

const windowOf = (url) => url.window ?? "60m";
const owed = (f, queue, what) => queue[`${f.service.kind}_${what}_count`];

const list = (table, t) => el("dl", {}, ...table.map(([name, label]) => figure(name, t(label)).element));

function makeHead(name, { t, url })
{
	const six = el("div", { class: "six" }, list(SIX, t));
	const more = el("div", { class: "more" },
		el("p", {}, t("window." + windowOf(url))), list(DETAILS, t), list(AHEAD, t), list(OWED, t));
	const title = el("div", { class: "title" }, el("h2", {}, nameElement(name)),
		el("p", { class: "status", "data-figure": "status" }));

	six.querySelector("[data-figure=sl]").after(el("dd", { class: "of", "data-figure": "sl_n" }));
	return el("header", {}, title, six, more);
}

function showHead(head, queue, elapsedMs, ctx)
{
	const { t, fmt, url } = ctx;
	const figures = tileFigures(queue, url.window, elapsedMs);
	const { kind, count } = figures.service;
	const cell = (name) => head.querySelector(`[data-figure="${name}"]`);

	for (const [name, , write] of [...SIX, ...DETAILS, ...AHEAD, ...OWED])
		setText(cell(name), write(figures, queue, ctx));
	setText(cell("status"), `${GLYPHS[statusOf(queue)]} ${statusWord(queue, t)}`);
	setAttribute(cell("status"), "title", queue.status_reason ?? "");
	cell("nowcast_sl_ratio").closest("dl").hidden = kind !== "sl";
	cell("backlog_count").closest("dl").hidden = kind === "sl";
	setText(cell("sl").previousSibling, t(TITLE[kind]));
	setText(cell("sl_n"), t("of_n", { n: fmt.number(count) }));
	setAttribute(cell("sl"), "data-trouble", isBelow(figures.service));
	setAttribute(cell("oldest_wait_seconds"), "data-trouble", isOver(queue, figures.wait));
}

/* ---- the charts ---- */

function askHistory(ctx, queue, interval, from)
{
	return ctx.api("/api/v1/history", { interval, queue, from, fields: FIELDS.join(",") });
}

async function loadDay(ctx, name, snapshot)
{
	const { time: now, day_start_seconds: dayStart = 0 } = snapshot;
	const clock = clockOf(ctx.zone, ctx.lang);
	const begin = dayBegin(now, clock, dayStart / 60);
	const [quarters, minutes] = await Promise.all([
		askHistory(ctx, name, "15m", begin),
		askHistory(ctx, name, "1m", minutesFrom(begin, now)),
	]);

	return { day: dayOf(quarters, minutes, begin, now, snapshot.queues.get(name)), clock };
}

/* The plots stay as long as the queue is shown by the same charts. */
function makeCharts(place, ctx)
{
	let plots = new Map(), shape = "";

	function build(charts)
	{
		const now = charts.map(([id, title]) => id + title).join();

		if (now === shape)
			return;
		close();
		plots = new Map(charts.map(([id, title]) => [id, plot(id, title, ctx.t)]));
		place.replaceChildren(...[...plots.values()].map((p) => p.element));
		shape = now;
	}

	function close()
	{
		for (const one of plots.values())
			one.close();
	}

	function show({ day, clock }, queue)
	{
		const charts = chartsOf(queue, ctx.t);

		build(charts);
		for (const [id, , what] of charts)
			plots.get(id).show({ grid: day, clock, to: day.to, now: day.now, running: day.running,
				...what(day, queue, ctx) });
	}

	return { show, close };
}

/* ---- the page ---- */

export function queueView(root, name, ctx)
{
	const head = makeHead(name, ctx);
	const note = el("p", { class: "note", role: "status" });
	const place = el("div", { class: "charts" });
	const page = el("section", { class: "queue", "data-queue": name }, head, note, place);
	const charts = makeCharts(place, ctx);
	let queue = {}, last = null, due = 0, asking = false, closed = false;

	async function refresh(snapshot)
	{
		asking = true;
		due = performance.now() + EVERY;
		try {
			const day = await loadDay(ctx, name, snapshot);
			if (!closed)
				charts.show(day, queue);
			setText(note, "");
		} catch (error) {
			due = performance.now() + AGAIN;
			setText(note, ctx.t("not_loaded", { why: error.message }));
		}
		asking = false;
	}

	/* Only a new snapshot asks for new charts: when none comes, nothing is new. */
	function heed(snapshot)
	{
		if (snapshot === last)
			return;
		last = snapshot;
		if (!snapshot.queues.has(name))
			setText(note, ctx.t("unknown_queue"));
		else if (!asking && performance.now() >= due)
			refresh(snapshot);
	}

	root.replaceChildren(page);
	return {
		update(snapshot, elapsedMs = 0) {
			queue = snapshot.queues.get(name) ?? {};
			setAttribute(page, "data-status", statusOf(queue));
			showHead(head, queue, elapsedMs, ctx);
			heed(snapshot);
		},
		/* The line is new: there may be more to see than a minute ago. */
		renew() {
			due = 0;
		},
		close() {
			closed = true;
			charts.close();
		},
	};
}
