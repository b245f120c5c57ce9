// SPDX-License-Identifier: MIT
/*
 * strip.js: the line at the top: whose board it is, the whole site in five
 * figures, whether all this is new, and the time.  The clock is the browser's:
 * a screen that froze is seen by it.
 */
import { el, figure, nameElement, setAttribute, setText } from "./dom.js";
import { siteFigures } from "./figures.js";
import { shownQueues } from "./snapshot.js";

function makeFigures(t)
{
	const parts = {
		waiting_count: figure("waiting_count", t("total_waiting")),
		oldest_wait_seconds: figure("oldest_wait_seconds", t("worst_wait"), "worst"),
		offered_count_today: figure("offered_count_today", t("offered_today")),
		handled_count_today: figure("handled_count_today", t("handled_today")),
		agents_available_count: figure("agents_available_count", t("agents_of"), "agents-ready"),
	};
	const who = el("bdi", { class: "who", dir: "auto" });
	const staffed = el("dd", { class: "of" });

	for (const { element } of Object.values(parts))
		element.setAttribute("title", element.textContent);
	parts.oldest_wait_seconds.element.append(el("dd", { class: "of" }, who));
	parts.agents_available_count.element.append(staffed);
	return { parts, who, staffed };
}

/* ---- freshness in words ---- */

function sinceWords(model, { t, fmt })
{
	const at = model.monitor?.updated_epoch_ms ?? null;

	return at === null ? t("fresh.down_unknown") : t("fresh.down", { time: fmt.clock(at) });
}

export function freshWords(model, ctx)
{
	const { state, seconds } = model.fresh;

	if (model.refused)
		return ctx.t("fresh.refused");
	if (state === "down")
		return sinceWords(model, ctx);
	return ctx.t("fresh." + state, { time: ctx.fmt.seconds(seconds) });
}

/* ---- the strip ---- */

export function makeStrip(root, ctx)
{
	const { t, fmt } = ctx;
	const { parts, who, staffed } = makeFigures(t);
	const title = el("a", { href: "/" + location.search });
	const demo = el("p", { class: "demo", hidden: true }, t("demo"));
	const fresh = el("p", { id: "fresh" });
	const pages = el("p", { class: "pages" });
	const clock = el("time", { id: "clock" });
	const agents = el("a", { class: "to-agents", href: "/agents" + location.search },
		parts.agents_available_count.element.querySelector("dt").textContent);

	parts.agents_available_count.element.querySelector("dt").replaceChildren(agents);
	root.append(el("div", { class: "site" }, el("h1", {}, title), demo),
		el("dl", { class: "totals" }, ...Object.values(parts).map((p) => p.element)),
		el("div", { class: "state" }, el("div", {}, pages, fresh), clock));

	function showTotals(model)
	{
		const shown = shownQueues(model.snapshot, ctx.url);
		const f = siteFigures(model.snapshot, shown, ctx.url, model.elapsed);

		for (const name of ["waiting_count", "offered_count_today", "handled_count_today", "agents_available_count"])
			setText(parts[name].value, fmt.number(f[name]));
		setText(parts.oldest_wait_seconds.value, fmt.seconds(f.worst?.[1] ?? null));
		setText(who, f.worst?.[0] ?? "");
		setAttribute(who, "title", f.worst?.[0] ?? null);
		setText(staffed, t("of_staffed", { n: fmt.number(f.agents_staffed_count) }));
		parts.agents_available_count.element.hidden = ctx.url.queues.length > 0;
	}

	function showState(model, [page, count])
	{
		setText(clock, fmt.clock(Date.now()));
		setText(fresh, freshWords(model, ctx));
		setText(pages, count > 1 ? t("page_of", { page: page + 1, pages: count }) : "");
	}

	return {
		update(model, page) {
			const name = ctx.url.title || model.snapshot?.title || model.snapshot?.site || "ccmon";

			if (title.textContent !== name)
				title.replaceChildren(nameElement(name));
			setAttribute(title, "title", name);
			demo.hidden = !model.snapshot?.demo;
			showState(model, page);
			if (model.snapshot !== null)
				showTotals(model);
		},
	};
}
