// SPDX-License-Identifier: MIT
/*
 * alerts.js: the line below the strip: what fires, since when, and what
 * somebody has taken care of.  It has the height of one line whatever
 * happens, so that the tiles do not move; the rest is counted.
 */
import { el, keepChildren, nameElement, setAttribute, setText } from "./dom.js";
import { sentence, shownAlerts, stateWords, subject } from "./sentences.js";

const GLYPH = { page: "\u25a0", warn: "\u25b2", info: "\u25cf" };
const MOST = 8;		/* that are drawn to see whether they fit */

function makeAlert()
{
	const parts = { glyph: el("span", { class: "glyph", "aria-hidden": "true" }),
		who: el("b", { class: "who" }), what: el("span", { class: "what" }), when: el("span", { class: "when" }) };

	return { ...parts, element: el("li", {}, ...Object.values(parts)) };
}

function showAlert(item, [id, alert], site, { t, fmt })
{
	const name = subject(alert, site, t);
	const since = t("since", { time: fmt.timeOfDay(alert.began_epoch_ms ?? alert.since_epoch_ms) });
	const state = stateWords(alert, t);
	const what = sentence(alert, t, fmt);

	setAttribute(item.element, "data-alert", id);
	setAttribute(item.element, "data-state", alert.state);
	setAttribute(item.element, "data-severity", alert.severity);
	setAttribute(item.element, "title", [name, what, since, state].filter(Boolean).join(" \u00b7 "));
	setText(item.glyph, alert.state === "acked" ? "\u2713" : GLYPH[alert.severity] ?? "?");
	if (item.who.textContent !== name)
		item.who.replaceChildren(nameElement(name));
	setText(item.what, what);
	setText(item.when, [since, state].filter(Boolean).join(" \u00b7 "));
}

export function makeAlerts(root, ctx)
{
	const list = el("ul", {});
	const rest = el("p", { class: "rest" });
	const items = new Map();

	root.setAttribute("aria-label", ctx.t("alerts"));
	root.append(list, rest);

	const isPhone = () => matchMedia("(max-width: 640px)").matches;
	let fitted = "";

	function sayRest(all, shown)
	{
		const more = all - shown;

		setText(rest, all === 0 ? ctx.t("no_alerts") : more > 0 ? ctx.t("more_alerts", { n: more }) : "");
	}

	/* As many as the line holds, at least one; a phone has room below. */
	function fit(all)
	{
		const children = [...list.children];
		const now = root.clientWidth + list.textContent + all;

		if (now === fitted)
			return;
		children.forEach((item) => {
			item.hidden = false;
		});
		for (let n = children.length; n > 1 && !isPhone(); n--) {
			sayRest(all, n);
			if (list.scrollWidth <= list.clientWidth)
				break;
			children[n - 1].hidden = true;
		}
		sayRest(all, children.filter((item) => !item.hidden).length);
		fitted = root.clientWidth + list.textContent + all;
	}

	return {
		update(snapshot) {
			const all = shownAlerts(snapshot.alerts);
			const drawn = isPhone() ? all : all.slice(0, MOST);

			keepChildren(list, items, drawn.map(([id]) => id), makeAlert);
			for (const one of drawn)
				showAlert(items.get(one[0]), one, snapshot.site, ctx);
			setAttribute(root, "data-none", all.length === 0);
			fit(all.length);
		},
	};
}
