// SPDX-License-Identifier: MIT
/*
 * trend.js: the small line in a tile: which way it goes, no axes, no figures.
 * It is a shape of twenty-odd points, drawn from 0 so that a small change looks
 * small; where nothing is known it has a gap, and it ends in a dot: now.
 */
import { linePath, scale } from "./chart.js";
import { svg } from "./picture.js";

const EDGE = 4;	/* px: room for the dot and for half a line */

/* Where the points are; the dot is where the last figure is, if that is known. */
export function trendShape(figures, width, height)
{
	const top = Math.max(0, ...figures.filter((v) => v !== null)) || 1;
	const x = scale(0, Math.max(1, figures.length - 1), EDGE, width - EDGE);
	const y = scale(0, top, height - EDGE, EDGE);
	const ys = figures.map((v) => (v === null ? null : y(v)));
	const last = ys.at(-1) ?? null;

	return {
		path: linePath(figures.map((_, i) => x(i)), ys),
		dot: last === null ? null : { x: x(figures.length - 1), y: last },
	};
}

export function trend(figures, { width = 240, height = 48, label = "" } = {})
{
	const shape = trendShape(figures, width, height);
	const told = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
	const image = svg("svg", { class: "trend", viewBox: `0 0 ${width} ${height}`,
		preserveAspectRatio: "none", ...told },
	svg("path", { d: shape.path, "vector-effect": "non-scaling-stroke" }));

	/* A line of no length with a round cap: a dot that does not become an egg. */
	if (shape.dot !== null)
		image.append(svg("path", { class: "dot", "vector-effect": "non-scaling-stroke",
			d: `M${shape.dot.x} ${shape.dot.y}h0.01` }));
	return image;
}
