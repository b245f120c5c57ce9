// SPDX-License-Identifier: MIT
/*
 * rotate.js: turns the pages of a board that has several.
 *
 * There are pages only when tiles would be too small to read; with many pages
 * a late queue is seen for seconds in minutes, so one that turns late brings
 * its page up and keeps it there for a minute.
 */

const STAY = 60e3;	/* ms */

/*
 * The page at a moment, pure: {page, turnAt} -> {page, turnAt}; pages may have
 * become fewer.
 */
export function turned({ page, turnAt }, now, pages, everyMs)
{
	if (pages < 2)
		return { page: 0, turnAt: now + everyMs };
	if (page >= pages)
		return { page: pages - 1, turnAt };
	return now < turnAt ? { page, turnAt } : { page: (page + 1) % pages, turnAt: now + everyMs };
}

export function makeRotation(ctx, onTurn)
{
	const every = (ctx.url.rotate || 20) * 1000;
	let at = { page: 0, turnAt: performance.now() + every }, pages = 1;

	function go(next)
	{
		const changed = next.page !== at.page;

		at = next;
		if (changed)
			onTurn();
	}

	return {
		page: () => at.page,
		setPages(n) {
			pages = n;
			at = { ...at, page: Math.min(at.page, Math.max(n - 1, 0)) };
		},
		tick: () => go(turned(at, performance.now(), pages, every)),
		stayOn: (page) => go({ page, turnAt: performance.now() + STAY }),
	};
}
