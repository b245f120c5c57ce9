// SPDX-License-Identifier: MIT
/*
 * plot.js: a chart that lives: a figure with its legend, the picture, a pointer
 * that mouse and arrow keys move through time, and the same figures as a table
 * for who cannot see it.
 *
 * The legend is the read-out: it shows the figures of the time under the
 * pointer, else of the newest, so no tooltip covers what it explains.
 */
import { extremes } from "./chart.js";
import { el, setText } from "./dom.js";
import { label, path, picture, place, svg, swatch } from "./picture.js";

const STEP = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -4, PageUp: 4 };

/* ---- the same in words ---- */

function span(data, i)
{
	const from = data.grid.time[i];
	const to = Math.min(from + data.grid.length, data.now);

	return `${data.clock.text(from)}\u2013${data.clock.text(to)}`;
}

function shown(data, layer, i)
{
	return (layer.format ?? data.format)(layer.values[i]);
}

function summary(data, title, t)
{
	const told = data.layers.map((layer) => {
		const e = extremes(data.grid.time, layer.values);
		const format = layer.format ?? data.format;
		return e === null ? `${layer.label}: \u2014` : t("chart_summary", {
			label: layer.label, last: format(e.last), max: format(e.max),
			time: data.clock.text(e.at) });
	});

	return `${title}. ${told.join("; ")}.`;
}

function table(data, title, t)
{
	const { layers } = data;
	const head = [t("chart_time"), ...layers.map((l) => l.label)];
	const known = data.grid.time.map((_, i) => i).filter((i) =>
		layers.some((l) => l.values[i] !== null));
	const row = (i) => el("tr", {}, el("th", { scope: "row" }, span(data, i)),
		...layers.map((l) => el("td", {}, shown(data, l, i))));

	return el("table", {}, el("caption", {}, title),
		el("thead", {}, el("tr", {}, ...head.map((h) => el("th", { scope: "col" }, h)))),
		el("tbody", {}, ...known.map(row)));
}

function legend(data)
{
	const entry = ({ id, type, label }, ...rest) =>
		el("li", {}, ...swatch(id, type), el("span", {}, label), ...rest);
	const layers = data.layers.map((layer) => entry(layer, el("b", { "data-of": layer.id })));

	return data.limit ? [...layers, entry({ ...data.limit, id: "limit", type: "line" })] : layers;
}

/* ---- the elements ---- */

function frame(name, title, t)
{
	const part = {
		time: el("time"),
		legend: el("ul"),
		image: svg("svg", { role: "img" }),
		pointer: el("div", { class: "pointer", role: "slider", tabindex: "0",
			"aria-label": `${title}: ${t("chart_time")}`, "aria-valuemin": "0" }),
		unseen: el("div", { class: "unseen" }),
	};

	part.field = el("div", { class: "field" }, part.image, part.pointer);
	part.figure = el("figure", { "data-chart": name },
		el("figcaption", {}, el("h3", {}, title), part.time, part.legend), part.field, part.unseen);
	return part;
}

/* ---- the chart c: { part, title, t, data, place, chosen } ---- */

function newest({ layers, grid })
{
	return grid.time.findLastIndex((_, i) => layers.some((l) => l.values[i] !== null));
}

/* The figures of the chosen time, else of the newest there are. */
function tell(c)
{
	const { part, data } = c;
	const i = c.chosen ?? newest(data);
	const told = data.layers.map((l) => (i < 0 ? "\u2014" : shown(data, l, i)));
	const when = i < 0 ? "" : span(data, i);

	setText(part.time, when);
	data.layers.forEach((l, k) => setText(part.legend.querySelector(`[data-of="${l.id}"]`), told[k]));
	part.pointer.setAttribute("aria-valuenow", Math.max(i, 0));
	part.pointer.setAttribute("aria-valuetext",
		`${when}: ${data.layers.map((l, k) => `${l.label} ${told[k]}`).join(", ")}`);
	part.image.querySelector(".cursor")?.remove();
	if (c.chosen !== null && c.place)
		part.image.append(path(`M${c.place.middles[i]} ${c.place.y(0)}V0`, "cursor"));
}

function draw(c)
{
	const { part, data } = c;
	const box = { width: part.field.clientWidth, height: part.field.clientHeight };

	if (data === null || box.width === 0)
		return;
	const p = place(data, box, parseFloat(getComputedStyle(part.field).fontSize));
	const nothing = label((p.left + p.right) / 2, p.bottom / 2, c.t("chart_no_data"), "none");

	c.place = p;
	part.image.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
	part.image.replaceChildren(...picture(data, p), ...(newest(data) < 0 ? [nothing] : []));
	tell(c);
}

function choose(c, i)
{
	if (c.data === null)
		return;
	c.chosen = i === null ? null : Math.max(0, Math.min(i, c.data.grid.time.length - 1));
	tell(c);
}

function show(c, data)
{
	const { part, title, t } = c;
	const last = data.grid.time.length - 1;

	c.data = data;
	c.place = null;	/* it was that of the old ones */
	if (c.chosen !== null)
		c.chosen = Math.min(c.chosen, last);
	part.legend.replaceChildren(...legend(data));
	part.unseen.replaceChildren(table(data, title, t));
	part.image.setAttribute("aria-label", summary(data, title, t));
	part.pointer.setAttribute("aria-valuemax", Math.max(0, last));
	tell(c);
	draw(c);
}

/* ---- the pointer ---- */

/* Where a key leads from there, or null: it is no key of ours. */
function target(key, from, last)
{
	if (key === "Home")
		return 0;
	if (key === "End")
		return last;
	return Object.hasOwn(STEP, key) ? from + STEP[key] : null;
}

function keyed(c, event)
{
	if (c.data === null)
		return;
	const last = newest(c.data);
	const to = target(event.key, c.chosen ?? last, last);

	if (to === null)
		return;
	event.preventDefault();
	choose(c, to);
}

function hovered(c, event)
{
	const x = event.clientX - c.part.field.getBoundingClientRect().left;

	if (c.place)
		choose(c, c.place.edges.findLastIndex((edge, i) => edge <= x || i === 0));
}

function watch(c)
{
	const { pointer } = c.part;

	for (const type of ["pointermove", "pointerdown"])
		pointer.addEventListener(type, (event) => hovered(c, event));
	/* A finger that leaves has chosen; a mouse that leaves has gone. */
	pointer.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && choose(c, null));
	pointer.addEventListener("blur", () => choose(c, null));
	pointer.addEventListener("keydown", (event) => keyed(c, event));
}

/*
 * plot("waits", "Waits", t) -> { element, show(data), close() }, data:
 *	grid	{ time, length } of onGrid()	to	the axis' end, ms
 *	clock	of clockOf()			now	ms
 *	running	start of what has not ended, or null
 *	unit	count, seconds, ratio		format	(value) -> text
 *	top	the axis reaches at least so far
 *	limit	{ value, label } or null
 *	layers	[{ id, label, type, values, format }]; type is one of those of
 *		picture.js; of a line, poor and faint mark points; of a band, low
 *		and high; a figure is told, not drawn
 */
export function plot(name, title, t)
{
	const c = { part: frame(name, title, t), title, t, data: null, place: null, chosen: null };
	const sized = new ResizeObserver(() => draw(c));

	watch(c);
	sized.observe(c.part.field);
	return {
		element: c.part.figure,
		show: (data) => show(c, data),
		close: () => sized.disconnect(),
	};
}
