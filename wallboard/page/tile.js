// SPDX-License-Identifier: MIT
/*
 * tile.js: one queue on the board: its name, its state in a word, five figures,
 * and where the last two hours went.
 *
 * What each figure is, of which field and how formed, stands in its tooltip
 * and its data-field: a number nobody can explain is not believed.
 */
import { el, figure, nameElement, setAttribute, setText } from "./dom.js";
import { GLYPHS, isBelow, isJudged, isOver, statusOf, statusWord, tileFigures } from "./figures.js";
import { trend } from "./trend.js";
import { queuePath } from "./url.js";

const CAPTIONS = { sl: "service_level", first_response: "first_response", promise: "promise" };
const DETAILS = [
	["offered", "offered"], ["handled", "handled"], ["abandoned", "abandoned"],
	["short", "short_abandoned"], ["available", "agents_ready"], ["busy", "agents_busy"],
	["asa", "asa"],
];

const LONG_NAME = 11;	/* characters beside the widest status */

/* ---- what it is made of ---- */

function makeHead(name, t)
{
	const glyph = el("span", { class: "glyph", "aria-hidden": "true" });
	const word = el("span", { "data-figure": "status" });
	const incomplete = el("abbr", { class: "incomplete", title: t("figures_incomplete"), hidden: true }, "\u2248");
	const link = el("a", { href: queuePath(name) + location.search, tabindex: "-1" }, nameElement(name));
	const heading = el("h2", { title: name, "data-long": name.length > LONG_NAME }, link);
	const element = el("header", {}, heading, incomplete, el("p", { class: "status" }, glyph, " ", word));

	return { element, glyph, word, incomplete };
}

function makeService(t)
{
	const made = figure("sl", t("service_level"), "service");
	const count = el("span", { "data-figure": "sl_n" });
	const target = el("span", { class: "target" });

	made.element.append(el("dd", { class: "of" }, count, " ", target));
	return { ...made, count, target, caption: made.element.firstChild };
}

function makeDetail(t)
{
	const cells = DETAILS.map(([, caption]) => figure("", t(caption)));

	cells.forEach((cell, i) => cell.value.setAttribute("data-figure", "detail_" + DETAILS[i][0]));
	return { element: el("dl", { class: "detail" }, ...cells.map((cell) => cell.element)), cells };
}

function makeParts(name, t)
{
	const parts = {
		head: makeHead(name, t),
		waiting: figure("waiting_count", t("waiting"), "hero waiting"),
		wait: figure("oldest_wait_seconds", t("longest_wait"), "wait"),
		service: makeService(t),
		hour: figure("offered_per_hour", t("per_hour"), "hour"),
		aht: figure("aht", t("handle_time"), "aht"),
		trend: el("div", { class: "trend-place" }),
		detail: makeDetail(t),
	};

	setAttribute(parts.waiting.value, "data-field", "waiting_count");
	setAttribute(parts.wait.value, "data-field", "oldest_wait_seconds");
	setAttribute(parts.hour.value, "data-field", "offered_per_hour");
	setAttribute(parts.waiting.element, "title", t("waiting"));
	setAttribute(parts.hour.element, "title", t("per_hour_tip"));
	return parts;
}

/* ---- what it says ---- */

const LONG = { waiting_count: 4, oldest_wait_seconds: 6 };	/* characters */

function put(part, text)
{
	setText(part.value, text);
	setAttribute(part.value, "data-length",
		text.length >= LONG[part.value.dataset.figure] ? "long" : null);
}

/* Too much for a line at full size: of a tall tile, of a wide one. */
function showTightness(element, { waiting, wait, service })
{
	const two = waiting.value.textContent.length + wait.value.textContent.length;

	setAttribute(element, "data-tight", two > 7);
	setAttribute(element, "data-full", two + service.value.textContent.length > 9);
}

function showService(part, s, { t, fmt })
{
	const values = { ratio: fmt.percent(s.ratio), n: fmt.number(s.count), target: fmt.percent(s.target),
		window: t("window." + s.window), threshold: fmt.seconds(s.threshold),
		formula: t("formula." + s.formula), open: fmt.number(s.open) };

	put(part, values.ratio);
	setAttribute(part.value, "data-field", s.field);
	setAttribute(part.count, "data-field", s.countField);
	setText(part.caption, t(CAPTIONS[s.kind]));
	setText(part.count, t("of_n", values));
	setText(part.target, s.kind === "promise" ? "" : t("target", values));
	setAttribute(part.element, "title", t(s.kind === "sl" ? "service_tip" : "owed_tip", values));
}

function showHead(head, queue, { t })
{
	setText(head.glyph, GLYPHS[statusOf(queue)]);
	setText(head.word, statusWord(queue, t));
	setAttribute(head.element.querySelector(".status"), "title", queue?.status_reason ?? t("unknown_queue"));
	head.incomplete.hidden = !(queue?.degraded > 0) || statusOf(queue) === "unknown";
}

function showDetail(part, detail, fmt)
{
	part.cells.forEach((cell, i) => {
		const what = DETAILS[i][0];

		setText(cell.value, what === "asa" ? fmt.seconds(detail.asa) : fmt.number(detail[what]));
	});
}

function show(parts, queue, elapsedMs, ctx)
{
	const { t, fmt, url } = ctx;
	const f = tileFigures(queue ?? {}, url.window, elapsedMs);

	showHead(parts.head, queue, ctx);
	put(parts.waiting, fmt.number(f.waiting));
	put(parts.wait, fmt.seconds(f.wait));
	setAttribute(parts.wait.element, "title",
		t("wait_tip", { threshold: fmt.seconds(f.service.threshold) }));
	setAttribute(parts.wait.element, "data-trouble", isJudged(queue) && isOver(queue, f.wait));
	showService(parts.service, f.service, ctx);
	setAttribute(parts.service.element, "data-trouble", isJudged(queue) && isBelow(f.service));
	put(parts.hour, fmt.number(f.perHour));
	put(parts.aht, fmt.seconds(f.aht));
	setAttribute(parts.aht.value, "data-field", f.ahtField);
	setAttribute(parts.aht.element, "title", t("aht_tip", { window: t("window." + (url.window ?? "60m")) }));
	showDetail(parts.detail, f.detail, fmt);
}

/* ---- the tile ---- */

let made = 0;

export function makeTile(name, ctx)
{
	const parts = makeParts(name, ctx.t);
	const { head, waiting, wait, service, hour, aht, detail } = parts;
	const id = "tile-" + ++made;
	const figures = el("dl", { class: "figures" }, ...[waiting, wait, service, hour, aht].map((p) => p.element));
	const element = el("section", { class: "tile", "data-queue": name, tabindex: "0", "aria-labelledby": id },
		head.element, el("div", { class: "body" }, figures, parts.trend, detail.element));

	head.element.querySelector("h2").id = id;
	return {
		element,
		update(queue, elapsedMs) {
			setAttribute(element, "data-status", statusOf(queue));
			show(parts, queue, elapsedMs, ctx);
			showTightness(element, parts);
		},
		showTrend(figures) {
			parts.trend.replaceChildren(trend(figures, { width: 240, height: 48, label: ctx.t("trend") }));
		},
		open: () => head.element.querySelector("a").click(),
	};
}
