// SPDX-License-Identifier: MIT
/*
 * plot.js: a chart of chart.js as elements: a figure with its legend, the SVG,
 * a pointer that mouse and arrow keys move through time, and the same figures
 * as a table for who cannot see it.
 *
 * The SVG is drawn anew in the pixels it really has, once a minute and when
 * its place changes; so text keeps the page's size on a phone and on a wall.
 */
import { boxPath, extremes, linePath, niceTicks, scale, stacked, stepPath, timeTicks, topOf }
	from "./chart.js";

const SVG = "http://www.w3.org/2000/svg";
const STEP = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -4, PageUp: 4 };

function fill(element, attributes, children) {
	for (const [name, value] of Object.entries(attributes))
		element.setAttribute(name, value);
	element.append(...children);
	return element;
}

export function html(tag, attributes = {}, ...children) {
	return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
	return fill(document.createElementNS(SVG, tag), attributes, children);
}

function path(d, kind) {
	return svg("path", { d, class: kind, "vector-effect": "non-scaling-stroke" });
}

function label(x, y, text, kind) {
	return svg("text", { x, y, class: kind }, text);
}

function group(id, ...children) {
	return svg("g", { "data-layer": id }, ...children);
}

/* ---- the place: margins for the labels, and the two scales ---- */

function place(data, box, em) {
	const top = topOf(data.layers, data.top ?? 0);
	const heights = niceTicks(data.unit, top, Math.max(2, Math.floor(box.height / (3.4 * em))));
	const names = heights.map(data.format);
	const left = (Math.max(...names.map((n) => n.length)) * 0.62 + 0.6) * em;
	const right = box.width - 1.7 * em;
	const bottom = box.height - 1.7 * em;
	const x = scale(data.grid.time[0], data.to, left, right);
	const y = scale(0, heights.at(-1), bottom, 0.7 * em);
	const at = data.grid.time.map(x);

	return {
		em, left, right, bottom, x, y, heights, names,
		edges: [...at, x(data.grid.time.at(-1) + data.grid.length)],
		middles: data.grid.time.map((ms) => x(ms + data.grid.length / 2)),
		levels: (values) => values.map((v) => (v === null ? null : y(v))),
	};
}

function axes(data, p) {
	const hours = Math.max(2, Math.floor((p.right - p.left) / (5 * p.em)));
	const across = p.heights.map((v) => path(`M${p.left} ${p.y(v)}H${p.right}`, "rule"));
	const names = p.heights.map((v, i) =>
		label(p.left - 0.4 * p.em, p.y(v) + 0.35 * p.em, p.names[i], "name level"));
	const times = timeTicks(data.grid.time[0], data.to, data.clock, hours).map((tick) =>
		label(p.x(tick.at), p.bottom + 1.35 * p.em, tick.label, "name time"));

	return svg("g", { class: "axes" }, ...across, ...names, ...times);
}

/* ---- the layers, by type ---- */

/* A point: round, or a triangle where it misses what was promised. */
function mark(x, y, r, kind) {
	const d = kind.includes("poor")
		? `M${x} ${y - 1.5 * r}l${1.5 * r} ${2.6 * r}h${-3 * r}Z`
		: `M${x - r} ${y}a${r} ${r} 0 1 1 ${2 * r} 0a${r} ${r} 0 1 1 ${-2 * r} 0Z`;

	return path(d, kind);
}

function marks(layer, p) {
	const ys = p.levels(layer.values);

	return ys.flatMap((y, i) => {
		const kind = ["mark", layer.poor[i] ? "poor" : "", layer.faint[i] ? "faint" : ""];
		return y === null ? [] : [mark(p.middles[i], y, 0.24 * p.em, kind.join(" ").trim())];
	});
}

const draw = {
	line: (layer, p) => [
		path(linePath(p.middles, p.levels(layer.values)), "line"),
		...(layer.poor ? marks(layer, p) : []),
	],
	step: (layer, p) => [path(stepPath(p.edges, p.levels(layer.values)), "line")],
	bars: (layer, p) => {
		const gap = Math.min(2, (p.edges[1] - p.edges[0]) / 6);
		return [path(boxPath(p.edges, p.levels(layer.low), p.levels(layer.high), gap), "box")];
	},
	band: (layer, p) => [path(boxPath(p.edges, p.levels(layer.low), p.levels(layer.high)), "box")],
	figure: () => [],
};

function withStacks(layers) {
	const bars = layers.filter((l) => l.type === "bars");
	const stack = stacked(bars.map((l) => l.values));

	return layers.map((l) => (l.type === "bars" ? { ...l, ...stack[bars.indexOf(l)] } : l));
}

function limit(data, p) {
	const y = p.y(data.limit.value);

	return group("limit", path(`M${p.left} ${y}H${p.right}`, "line"));
}

/* The interval that has not ended: a veil over it says "so far". */
function runningBand(data, p) {
	const from = p.x(data.running), to = p.edges.at(-1);

	return path(`M${from} ${p.y(0)}H${to}V${p.y(p.heights.at(-1))}H${from}Z`, "running");
}

function picture(data, p) {
	const layers = withStacks(data.layers).map((l) =>
		group(l.id, ...draw[l.type](l, p)));

	return [
		...(data.running === null ? [] : [runningBand(data, p)]),
		axes(data, p),
		...layers,
		...(data.limit ? [limit(data, p)] : []),
	];
}

/* ---- the same in words ---- */

function span(data, i) {
	const from = data.grid.time[i];
	const to = Math.min(from + data.grid.length, data.now);

	return `${data.clock.text(from)}\u2013${data.clock.text(to)}`;
}

function shown(data, layer, i) {
	return (layer.format ?? data.format)(layer.values[i]);
}

function summary(data, title, t) {
	const told = data.layers.map((layer) => {
		const e = extremes(data.grid.time, layer.values);
		const format = layer.format ?? data.format;
		return e === null ? `${layer.label}: \u2014` : t("chart_summary", {
			label: layer.label, last: format(e.last), max: format(e.max),
			time: data.clock.text(e.at) });
	});

	return `${title}. ${told.join("; ")}.`;
}

function table(data, title, t) {
	const { layers } = data;
	const head = [t("chart_time"), ...layers.map((l) => l.label)];
	const known = data.grid.time.map((_, i) => i).filter((i) =>
		layers.some((l) => l.values[i] !== null));
	const row = (i) => html("tr", {}, html("th", { scope: "row" }, span(data, i)),
		...layers.map((l) => html("td", {}, shown(data, l, i))));

	return html("table", {}, html("caption", {}, title),
		html("thead", {}, html("tr", {}, ...head.map((h) => html("th", { scope: "col" }, h)))),
		html("tbody", {}, ...known.map(row)));
}

const SWATCHES = {
	line: ["M1 6H23", "line"],
	step: ["M1 9H12V3H23", "line"],
	bars: ["M5 1H19V11H5Z", "box"],
	band: ["M1 2H23V10H1Z", "box"],
};

function key(id, type, text, ...rest) {
	const shape = SWATCHES[type] === undefined ? [] : [svg("svg",
		{ class: "swatch", viewBox: "0 0 24 12", "aria-hidden": "true" },
		group(id, path(...SWATCHES[type])))];

	return html("li", {}, ...shape, html("span", {}, text), ...rest);
}

function legend(data) {
	const layers = data.layers.map((layer) =>
		key(layer.id, layer.type, layer.label, html("b", { "data-of": layer.id })));

	return data.limit ? [...layers, key("limit", "line", data.limit.label)] : layers;
}

/* ---- one chart that lives ---- */

function frame(name, title, t) {
	const part = {
		time: html("time"),
		legend: html("ul"),
		image: svg("svg", { role: "img" }),
		pointer: html("div", { class: "pointer", role: "slider", tabindex: "0",
			"aria-label": `${title}: ${t("chart_time")}`, "aria-valuemin": "0" }),
		unseen: html("div", { class: "unseen" }),
	};

	part.field = html("div", { class: "field" }, part.image, part.pointer);
	part.figure = html("figure", { "data-chart": name },
		html("figcaption", {}, html("h2", {}, title), part.time, part.legend),
		part.field, part.unseen);
	return part;
}

/*
 * plot("waits", "Waits", t) -> { element, show(data), close() }, data:
 *	grid	{ time, length } of onGrid()	to	the axis' end, ms
 *	clock	of clockOf()			now	ms
 *	running	start of what has not ended, or null
 *	unit	count, seconds, ratio		format	(value) -> text
 *	top	the axis reaches at least so far
 *	limit	{ value, label } or null
 *	layers	[{ id, label, type, values, format }]; type is one of draw's; of a
 *		line, poor and faint mark points; of a band, low and high
 */
export function plot(name, title, t) {
	const part = frame(name, title, t);
	let data = null, p = null, chosen = null;

	function newest() {
		return data.grid.time.findLastIndex((_, i) =>
			data.layers.some((l) => l.values[i] !== null));
	}

	function point() {
		const i = Math.min(chosen ?? newest(), data.grid.time.length - 1);

		part.time.textContent = i < 0 ? "" : span(data, i);
		for (const layer of data.layers)
			part.legend.querySelector(`[data-of="${layer.id}"]`).textContent =
				i < 0 ? "\u2014" : shown(data, layer, i);
		part.pointer.setAttribute("aria-valuenow", Math.max(i, 0));
		part.pointer.setAttribute("aria-valuetext", i < 0 ? "\u2014" : `${span(data, i)}: ` +
			data.layers.map((l) => `${l.label} ${shown(data, l, i)}`).join(", "));
		part.image.querySelector(".cursor")?.remove();
		if (chosen !== null && p)
			part.image.append(path(`M${p.middles[i]} ${p.y(0)}V0`, "cursor"));
	}

	function redraw() {
		const box = { width: part.field.clientWidth, height: part.field.clientHeight };

		if (data === null || data.grid.time.length === 0 || box.width === 0)
			return;
		p = place(data, box, parseFloat(getComputedStyle(part.field).fontSize));
		part.image.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
		part.image.replaceChildren(...picture(data, p));
		if (newest() < 0)
			part.image.append(label((p.left + p.right) / 2, p.bottom / 2, t("chart_no_data"), "none"));
		point();
	}

	function choose(i) {
		if (data === null)
			return;
		chosen = i === null ? null : Math.max(0, Math.min(i, data.grid.time.length - 1));
		point();
	}

	function keyed(event) {
		const now = chosen ?? newest();
		const next = event.key === "Home" ? 0 : event.key === "End" ? newest()
			: event.key in STEP ? now + STEP[event.key] : null;

		if (next === null)
			return;
		event.preventDefault();
		event.stopPropagation();
		choose(next);
	}

	function hovered(event) {
		const x = event.clientX - part.field.getBoundingClientRect().left;
		if (p)
			choose(p.edges.findLastIndex((edge, i) => edge <= x || i === 0));
	}

	const sized = new ResizeObserver(redraw);
	sized.observe(part.field);
	part.pointer.addEventListener("pointermove", hovered);
	part.pointer.addEventListener("pointerdown", hovered);
	part.pointer.addEventListener("pointerleave", () => choose(null));
	part.pointer.addEventListener("keydown", keyed);
	part.pointer.addEventListener("blur", () => choose(null));

	return {
		element: part.figure,
		show(fresh) {
			data = fresh;
			part.legend.replaceChildren(...legend(data));
			part.unseen.replaceChildren(table(data, title, t));
			part.image.setAttribute("aria-label", summary(data, title, t));
			part.pointer.setAttribute("aria-valuemax", Math.max(0, data.grid.time.length - 1));
			point();
			redraw();
		},
		close() {
			sized.disconnect();
		},
	};
}
