// SPDX-License-Identifier: MIT
/*
 * board.js: the tiles.  Each keeps its place; trouble shows where it is.  When
 * there are more than can be read from afar they are dealt to pages, and
 * rotate.js turns those.
 */
import { el, keepChildren, setText } from "./dom.js";
import { latecomers } from "./late.js";
import { arrange, DETAIL } from "./layout.js";
import { makeRotation } from "./rotate.js";
import { shownQueues } from "./snapshot.js";
import { makeTile } from "./tile.js";
import { keepTrends } from "./trends.js";

const PHONE = 640;	/* px: below, tiles are scrolled */

const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

/* The window's, not the grid's own height: that one follows from the layout. */
function roomOf(grid)
{
	const top = grid.getBoundingClientRect().top + scrollY;
	const below = parseFloat(getComputedStyle(document.body).paddingBlockEnd);

	return { width: grid.clientWidth, height: innerHeight - top - below,
		gap: parseFloat(getComputedStyle(grid).columnGap) };
}

function lay(root, layout)
{
	root.dataset.shape = layout.shape;
	root.style.setProperty("--cols", layout.cols);
	root.style.setProperty("--rows", layout.rows);
	root.style.setProperty("--unit", `${layout.unit.toFixed(2)}px`);
	document.body.toggleAttribute("data-scrolls", layout.scrolls);
}

export function boardView(root, ctx, model)
{
	const tiles = new Map();
	const grid = el("div", { class: "board" });
	const note = el("p", { class: "note", role: "status" });
	let shown = [], layout = null, late = null;

	const rotation = makeRotation(ctx, () => show());
	const trends = keepTrends(ctx, () => [...tiles], () => model.snapshot?.time ?? null);
	const pageOf = (name) => Math.floor(shown.findIndex(([one]) => one === name) / layout.perPage);

	root.replaceChildren(grid, note);

	function newTile(name)
	{
		const tile = makeTile(name, ctx);

		trends.remind(name, tile);
		return tile;
	}

	function place()
	{
		layout = arrange(roomOf(grid), shown.length, { floor: rem(), cols: ctx.url.cols,
			more: ctx.url.detail ? DETAIL : 0, scrolls: ctx.url.rotate === 0, column: innerWidth < PHONE });
		lay(grid, layout);
		rotation.setPages(layout.pages);
	}

	function show()
	{
		const from = rotation.page() * layout.perPage;
		const page = shown.slice(from, from + layout.perPage);

		keepChildren(grid, tiles, page.map(([name]) => name), newTile);
		for (const [name, queue] of page)
			tiles.get(name).update(queue, model.elapsed);
		trends.tick();
	}

	function sayNothing()
	{
		if (model.snapshot === null || shown.length > 0)
			setText(note, "");
		else
			setText(note, model.filter ? ctx.t("no_match", { filter: model.filter }) : ctx.t("no_queues"));
	}

	function heedLate()
	{
		const now = latecomers(shown, late);

		late = now.names;
		if (now.fresh.length > 0)
			rotation.stayOn(pageOf(now.fresh[0][0]));
	}

	/* New figures, another second, another size: what is shown follows. */
	function update()
	{
		if (model.snapshot === null)
			return;
		const before = shown.length;

		shown = shownQueues(model.snapshot, ctx.url, model.filter);
		if (layout === null || shown.length !== before)
			place();
		heedLate();
		rotation.tick();
		show();
		sayNothing();
	}

	function resize()
	{
		if (model.snapshot === null)
			return;
		place();
		show();
	}

	/* ---- the keyboard ---- */

	function focusNumber(i)
	{
		if (i < 0 || i >= shown.length)
			return;
		const name = shown[i][0];

		rotation.stayOn(pageOf(name));
		show();
		tiles.get(name).element.focus();
	}

	const focused = () => shown.findIndex(([name]) => tiles.get(name)?.element === document.activeElement);

	function move(columns, rows)
	{
		if (shown.length === 0)
			return;
		const from = focused();
		const to = from < 0 ? rotation.page() * layout.perPage : from + columns + rows * layout.cols;

		focusNumber(Math.min(Math.max(to, 0), shown.length - 1));
	}

	const observer = new ResizeObserver(resize);

	observer.observe(grid);
	grid.addEventListener("keydown", (event) => {
		if (event.key === "Enter" && focused() >= 0)
			tiles.get(shown[focused()][0]).open();
	});
	grid.addEventListener("click", (event) => {
		const name = event.target.closest?.(".tile")?.dataset.queue;

		if (name !== undefined && event.target.closest("a") === null)
			tiles.get(name)?.open();
	});
	return {
		update, focusNumber, move,
		pages: () => [rotation.page(), layout?.pages ?? 1],
		close() {
			observer.disconnect();
			trends.close();
			document.body.removeAttribute("data-scrolls");
		},
	};
}
