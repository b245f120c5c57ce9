// SPDX-License-Identifier: MIT
/*
 * queue.js: the page of one queue: its six figures large, a line of details,
 * and the charts of its day.
 *
 * It has no clock of its own: snapshots drive it.  A history is asked for once
 * a minute of them, and at once after a pause, for then the line was down or
 * nobody looked.  A history that cannot be had leaves the charts as they were,
 * and a line that says so.
 */
import { clockOf, dayBegin } from "./chart.js";
import { FIELDS, dayOf, minutesFrom } from "./day.js";
import { GLYPHS, isBelow, isOver, statusOf, statusWord, tileFigures } from "./figures.js";
import { html, plot } from "./plot.js";
import { TITLE, chartsOf } from "./queuecharts.js";

const EVERY = 60e3, AGAIN = 10e3;	/* ms: between two histories; after one that failed */
const PAUSE = 5e3;			/* ms without a snapshot */

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

const p90 = (queue, url) => queue[`wait_p90_seconds_${url.window ?? "60m"}`];
const DETAILS = [
	["offered", "offered", (f, queue, { fmt }) => fmt.number(f.detail.offered)],
	["handled", "handled", (f, queue, { fmt }) => fmt.number(f.detail.handled)],
	["abandoned", "abandoned", (f, queue, { fmt }) => fmt.number(f.detail.abandoned)],
	["short", "short_abandoned", (f, queue, { fmt }) => fmt.number(f.detail.short)],
	["asa", "asa", (f, queue, { fmt }) => fmt.seconds(f.detail.asa)],
	["p90", "p90", (f, queue, { fmt, url }) => fmt.seconds(p90(queue, url))],
	["available", "agents_ready", (f, queue, { fmt }) => fmt.number(f.detail.available)],
	["busy", "agents_busy", (f, queue, { fmt }) => fmt.number(f.detail.busy)],
	["nowcast", "nowcast", (f, queue, { fmt }) => fmt.percent(queue.nowcast_sl_ratio)],
	["est_wait", "est_wait", (f, queue, { fmt }) => fmt.seconds(queue.est_wait_seconds)],
	["recover", "to_recover", (f, queue, { fmt }) => fmt.number(queue.sl_recover_count)],
];

function list(table, t) {
	const cell = ([name, label]) => html("div", {}, html("dt", {}, t(label)),
		html("dd", { "data-figure": name }));

	return html("dl", {}, ...table.map(cell));
}

function makeHead(name, { t, url }) {
	const six = html("div", { class: "six" }, list(SIX, t));
	const more = html("div", { class: "more" },
		html("p", {}, t(`window_${url.window ?? "60m"}`)), list(DETAILS, t));
	const title = html("div", { class: "title" }, html("h1", { dir: "auto" }, name),
		html("p", { class: "status", "data-figure": "status" }));

	six.querySelector("[data-figure=sl]").after(html("dd", { class: "of", "data-figure": "sl_n" }));
	return html("header", {}, title, six, more);
}

/* Not what stands there already: who listens would hear it again. */
function put(cell, text) {
	if (cell.textContent !== text)
		cell.textContent = text;
}

function showHead(head, queue, elapsedMs, ctx) {
	const { t, fmt, url } = ctx;
	const figures = tileFigures(queue, url.window, elapsedMs);
	const { kind, count } = figures.service;
	const cell = (name) => head.querySelector(`[data-figure="${name}"]`);

	for (const [name, , write] of [...SIX, ...DETAILS])
		put(cell(name), write(figures, queue, ctx));
	put(cell("status"), `${GLYPHS[statusOf(queue)]} ${statusWord(queue, t)}`);
	put(cell("sl").previousSibling, t(TITLE[kind]));
	put(cell("sl_n"), t(kind === "sl" ? "of_n" : "n_owed", { n: fmt.number(count) }));
	cell("sl").toggleAttribute("data-below", isBelow(figures.service));
	cell("oldest_wait_seconds").toggleAttribute("data-over", isOver(queue, figures.wait));
}

/* ---- the charts ---- */

function askHistory(ctx, queue, interval, from) {
	return ctx.api("/api/v1/history", { interval, queue, from, fields: FIELDS.join(",") });
}

async function loadDay(ctx, name, now) {
	const clock = clockOf(ctx.zone, ctx.lang);
	const begin = dayBegin(now, clock, ctx.dayStart ?? 0);
	const [quarters, minutes] = await Promise.all([
		askHistory(ctx, name, "15m", begin),
		askHistory(ctx, name, "1m", minutesFrom(begin, now)),
	]);

	return { day: dayOf(quarters, minutes, begin, now), clock };
}

/* The plots stay as long as the queue is shown by the same charts. */
function makeCharts(place, ctx) {
	let plots = new Map(), shape = "";

	function build(charts) {
		const now = charts.map(([id, title]) => id + title).join();

		if (now === shape)
			return;
		close();
		plots = new Map(charts.map(([id, title]) => [id, plot(id, title, ctx.t)]));
		place.replaceChildren(...[...plots.values()].map((p) => p.element));
		shape = now;
	}

	function close() {
		for (const one of plots.values())
			one.close();
	}

	function show({ day, clock }, queue) {
		const charts = chartsOf(queue, ctx.t);

		build(charts);
		for (const [id, , what] of charts)
			plots.get(id).show({ grid: day, clock, to: day.to, now: day.now, running: day.running,
				...what(day, queue, ctx) });
	}

	return { show, close };
}

/* ---- the page ---- */

export function queueView(root, name, ctx) {
	const head = makeHead(name, ctx);
	const note = html("p", { class: "note", role: "status" });
	const place = html("div", { class: "charts" });
	const page = html("section", { class: "queue", "data-queue": name }, head, note, place);
	const charts = makeCharts(place, ctx);
	let queue = {}, asking = false, closed = false, due = 0, heard = 0;

	async function refresh(now) {
		asking = true;
		try {
			const day = await loadDay(ctx, name, now);
			if (!closed)
				charts.show(day, queue);
			due = performance.now() + EVERY;
			note.textContent = "";
		} catch (error) {
			due = performance.now() + AGAIN;
			note.textContent = ctx.t("not_loaded", { why: error.message });
		}
		asking = false;
	}

	function update(snapshot, elapsedMs = 0) {
		const known = snapshot.queues.get(name);
		const now = performance.now();

		queue = known ?? {};
		page.dataset.status = statusOf(known);
		showHead(head, queue, elapsedMs, ctx);
		if (!known)
			note.textContent = ctx.t("unknown_queue");
		else if (!asking && (now >= due || now - heard > PAUSE))
			refresh(snapshot.time);
		heard = now;
	}

	root.replaceChildren(page);
	return {
		update,
		close() {
			closed = true;
			charts.close();
		},
	};
}
