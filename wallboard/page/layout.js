// SPDX-License-Identifier: MIT
/*
 * layout.js: how many tiles side by side, and how large their text; how much
 * room each of some lists gets.
 *
 * A tile is laid out in two shapes, in units of its caption's size; of all
 * ways to cover the room that one wins whose text is largest.  When even that
 * is below what can be read from ten metres (the floor, the page's own text
 * size), the tiles are dealt to pages.  Pure.
 */

/* What a tile needs, in its own em; see tile.css. */
export const SHAPES = {
	tall: { width: 17.4, height: 20 },
	wide: { width: 24.5, height: 15.4 },
};

export const DETAIL = 3;	/* em more, with the second line */

const fitOf = (room, cols, rows, more) => Object.entries(SHAPES).map(([shape, need]) => ({
	shape, cols, rows,
	unit: Math.min((room.width - (cols - 1) * room.gap) / cols / need.width,
		(room.height - (rows - 1) * room.gap) / rows / (need.height + more)),
}));

const larger = (a, b) => (b.unit > a.unit + 0.01 ? b : a);

/* The best way to show n at once. */
function fit(room, n, { cols, more })
{
	const tries = cols > 0 ? [Math.min(cols, n)] : Array.from({ length: n }, (_, i) => i + 1);

	return tries.flatMap((c) => fitOf(room, c, Math.ceil(n / c), more)).reduce(larger);
}

/* One under the other, as wide as they are read well: a phone, a scroll. */
function scrolled(room, n, floor, cols)
{
	const { width } = SHAPES.wide;
	const fitting = Math.floor((room.width + room.gap) / (width * floor + room.gap));
	const count = Math.max(1, Math.min(n, cols || fitting));
	const unit = (room.width - (count - 1) * room.gap) / count / width;

	return { shape: "wide", cols: count, rows: Math.ceil(n / count), unit, perPage: n, pages: 1, scrolls: true };
}

/*
 * room {width, height, gap} in px; floor: the least text size in px; scrolls:
 * pages are not wanted; column: nor is more than one beside another, as on a
 * phone; more: em that a tile needs beyond its shape.
 */
export function arrange(room, n, { floor, cols = 0, scrolls = false, column = false, more = 0 })
{
	if (n < 1)
		return { shape: "tall", cols: 1, rows: 1, unit: floor, perPage: 1, pages: 1, scrolls };
	for (let pages = 1; pages <= (column ? 0 : n); pages++) {
		const perPage = Math.ceil(n / pages);
		const best = fit(room, perPage, { cols, more });

		if (best.unit >= floor)
			return { ...best, perPage, pages: Math.ceil(n / perPage), scrolls: false };
		if (scrolls)
			break;
	}
	return scrolled(room, n, floor, column ? 1 : cols);
}

/*
 * How many of the columns each of some lists gets: one, and of those to spare
 * the longest lists, until none is longer than rows.
 */
export function share(lengths, columns, rows)
{
	const spans = lengths.map(() => 1);
	const height = (i) => Math.ceil(lengths[i] / spans[i]);

	for (let spare = columns - lengths.length; spare > 0; spare--) {
		const tallest = spans.reduce((best, _, i) => (height(i) > height(best) ? i : best), 0);

		if (!(height(tallest) > rows))	/* not of none either */
			break;
		spans[tallest]++;
	}
	return spans;
}
