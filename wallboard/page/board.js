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

class Board {
	tiles = new Map();	/* name -> tile, of this page */
	shown = [];		/* [name, queue] of all pages */
	layout = null;
	late = null;

	constructor(root, ctx, model)
	{
		Object.assign(this, { ctx, model });
		this.grid = el("div", { class: "board" });
		this.note = el("p", { class: "note", role: "status" });
		this.rotation = makeRotation(ctx, () => this.show());
		this.trends = keepTrends(ctx, () => [...this.tiles], () => model.snapshot?.time ?? null);
		this.observer = new ResizeObserver(() => this.resize());
		root.replaceChildren(this.grid, this.note);
		this.observer.observe(this.grid);
		this.grid.addEventListener("keydown", (event) => this.onKey(event));
		this.grid.addEventListener("click", (event) => this.onClick(event));
	}

	/* New figures, another second: what is shown follows. */
	update()
	{
		if (this.model.snapshot === null)
			return;
		const before = this.shown.length;

		this.shown = shownQueues(this.model.snapshot, this.ctx.url, this.model.filter);
		if (this.layout === null || this.shown.length !== before)
			this.place();
		this.heedLate();
		this.rotation.tick();
		this.show();
		this.sayNothing();
	}

	resize()
	{
		if (this.layout === null)
			return;
		this.place();
		this.show();
	}

	place()
	{
		const { url } = this.ctx;

		this.layout = arrange(roomOf(this.grid), this.shown.length, { floor: rem(), cols: url.cols,
			more: url.detail ? DETAIL : 0, scrolls: url.rotate === 0, column: innerWidth < PHONE });
		lay(this.grid, this.layout);
		this.rotation.setPages(this.layout.pages);
	}

	show()
	{
		const from = this.rotation.page() * this.layout.perPage;
		const page = this.shown.slice(from, from + this.layout.perPage);

		keepChildren(this.grid, this.tiles, page.map(([name]) => name), (name) => this.newTile(name));
		for (const [name, queue] of page)
			this.tiles.get(name).update(queue, this.model.elapsed);
		this.trends.tick();
	}

	newTile(name)
	{
		const tile = makeTile(name, this.ctx);

		this.trends.remind(name, tile);
		return tile;
	}

	sayNothing()
	{
		const { t } = this.ctx, { filter } = this.model;

		if (this.shown.length > 0)
			setText(this.note, "");
		else
			setText(this.note, filter ? t("no_match", { filter }) : t("no_queues"));
	}

	pageOf(name)
	{
		return Math.floor(this.shown.findIndex(([one]) => one === name) / this.layout.perPage);
	}

	heedLate()
	{
		const now = latecomers(this.shown, this.late);

		this.late = now.names;
		if (now.fresh.length > 0)
			this.rotation.stayOn(this.pageOf(now.fresh[0][0]));
	}

	/* ---- the keyboard, the mouse, a finger ---- */

	focused()
	{
		return this.shown.findIndex(([name]) => this.tiles.get(name)?.element === document.activeElement);
	}

	focusNumber(i)
	{
		if (i < 0 || i >= this.shown.length)
			return;
		const name = this.shown[i][0];

		this.rotation.stayOn(this.pageOf(name));
		this.show();
		this.tiles.get(name).element.focus();
	}

	move(columns, rows)
	{
		if (this.shown.length === 0)
			return;
		const from = this.focused();
		const to = from < 0 ? this.rotation.page() * this.layout.perPage : from + columns + rows * this.layout.cols;

		this.focusNumber(Math.min(Math.max(to, 0), this.shown.length - 1));
	}

	onKey(event)
	{
		if (event.key === "Enter" && this.focused() >= 0)
			this.tiles.get(this.shown[this.focused()][0]).open();
	}

	/* A click on the name is the link's own. */
	onClick(event)
	{
		const name = event.target.closest?.(".tile")?.dataset.queue;

		if (name !== undefined && event.target.closest("a") === null)
			this.tiles.get(name)?.open();
	}

	pages()
	{
		return [this.rotation.page(), this.layout?.pages ?? 1];
	}

	close()
	{
		this.observer.disconnect();
		this.trends.close();
		document.body.removeAttribute("data-scrolls");
	}
}

export const boardView = (root, ctx, model) => new Board(root, ctx, model);
