// SPDX-License-Identifier: MIT
/*
 * picture.js: what is drawn of a chart: axes, layers and limit, as SVG, in the
 * pixels there really are; so text keeps the page's size on a phone and on a
 * wall.  How it looks is charts.css's business.
 */
import { boxPath, linePath, niceTicks, scale, stacked, stepPath, timeTicks, topOf } from "./chart.js";

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children)
{
	const element = document.createElementNS(SVG, tag);

	for (const [name, value] of Object.entries(attributes))
		element.setAttribute(name, value);
	element.append(...children);
	return element;
}

export function path(d, kind)
{
	return svg("path", { d, class: kind, "vector-effect": "non-scaling-stroke" });
}

export function label(x, y, text, kind)
{
	return svg("text", { x, y, class: kind }, text);
}

function group(id, ...children)
{
	return svg("g", { "data-layer": id }, ...children);
}

/* ---- the place: margins for the labels, and the two scales ---- */

export function place(data, box, em)
{
	const top = topOf(data.layers, data.top ?? 0);
	const heights = niceTicks(data.unit, top, Math.max(2, Math.floor(box.height / (2.6 * em))));
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

function axes(data, p)
{
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
function mark(x, y, r, kind)
{
	const d = kind.includes("poor")
		? `M${x} ${y - 1.5 * r}l${1.5 * r} ${2.6 * r}h${-3 * r}Z`
		: `M${x - r} ${y}a${r} ${r} 0 1 1 ${2 * r} 0a${r} ${r} 0 1 1 ${-2 * r} 0Z`;

	return path(d, kind);
}

function marks(layer, p)
{
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

function withStacks(layers)
{
	const bars = layers.filter((l) => l.type === "bars");
	const stack = stacked(bars.map((l) => l.values));

	return layers.map((l) => (l.type === "bars" ? { ...l, ...stack[bars.indexOf(l)] } : l));
}

function limit(data, p)
{
	const y = p.y(data.limit.value);

	return group("limit", path(`M${p.left} ${y}H${p.right}`, "line"));
}

/* The interval that has not ended: a veil over it says "so far". */
function runningBand(data, p)
{
	const from = p.x(data.running), to = p.edges.at(-1);

	return path(`M${from} ${p.y(0)}H${to}V${p.y(p.heights.at(-1))}H${from}Z`, "running");
}

export function picture(data, p)
{
	const layers = withStacks(data.layers).map((l) =>
		group(l.id, ...draw[l.type](l, p)));

	return [
		...(data.running === null ? [] : [runningBand(data, p)]),
		axes(data, p),
		...layers,
		...(data.limit ? [limit(data, p)] : []),
	];
}

/* A small picture of a layer's type for the legend; of a mere figure, none. */
const SWATCHES = {
	line: ["M1 6H23", "line"],
	step: ["M1 9H12V3H23", "line"],
	bars: ["M5 1H19V11H5Z", "box"],
	band: ["M1 2H23V10H1Z", "box"],
};

export function swatch(id, type)
{
	if (SWATCHES[type] === undefined)
		return [];
	return [svg("svg", { class: "swatch", viewBox: "0 0 24 12", "aria-hidden": "true" },
		group(id, path(...SWATCHES[type])))];
}
