// SPDX-License-Identifier: MIT
/*
 * late.js: what is told beyond the picture: to who listens, that a queue has
 * turned late; to who has another tab in front, how bad it is.  Late once is
 * told once, and not to who has just come: that it was so before is on the
 * board.  Pure but for the two places it writes to.
 */
import { el } from "./dom.js";
import { GLYPHS, statusOf, tileFigures, worstStatus } from "./figures.js";

/* Of those shown the ones that are late; and of them the new ones. */
export function latecomers(shown, before)
{
	const late = shown.filter(([, queue]) => queue !== null && statusOf(queue) === "crit");
	const isNew = ([name]) => before !== null && !before.includes(name);

	return { names: late.map(([name]) => name), fresh: late.filter(isNew) };
}

export function announcement([name, queue], { t, fmt, url })
{
	const f = tileFigures(queue, url.window, 0);

	return t("late_announcement", { name, waiting: fmt.number(f.waiting), wait: fmt.seconds(f.wait) });
}

/* "■ 2 late · site" */
export function titleOf(shown, trusted, fresh, name, t)
{
	if (!trusted)
		return `? ${fresh} \u00b7 ${name}`;
	const statuses = shown.map(([, queue]) => queue);
	const worst = worstStatus(statuses);
	const n = statuses.filter((queue) => statusOf(queue) === worst).length;
	const words = worst === "crit" ? t("title_late", { n }) : t("status." + worst);

	return `${GLYPHS[worst]} ${words} \u00b7 ${name}`;
}

export function makeHerald(region, ctx, onLate)
{
	let before = null;

	return (shown) => {
		const now = latecomers(shown, before);

		before = now.names;
		if (now.fresh.length === 0)
			return;
		/* Anew each time: the same words again are news again. */
		region.replaceChildren(el("p", {}, now.fresh.map((one) => announcement(one, ctx)).join(" ")));
		onLate();
	};
}
