// SPDX-License-Identifier: MIT
/*
 * help.js: the two things that open over the board: the list of keys, and the
 * field that filters.
 */
import { el } from "./dom.js";

const KEYS = [
	["F", "help.f"], ["T", "help.t"], ["1 \u2026 9", "help.1"], ["\u2190 \u2191 \u2192 \u2193", "help.arrows"],
	["Enter", "help.enter"], ["/", "help.filter"], ["S", "help.s"], ["?", "help.help"], ["Esc", "help.esc"],
];

export function makeHelp(t)
{
	const rows = KEYS.map(([key, does]) => el("div", {}, el("dt", {}, el("kbd", {}, key)), el("dd", {}, t(does))));
	const close = el("button", { type: "submit" }, t("close"));
	const dialog = el("dialog", { class: "help", "aria-labelledby": "help-title" },
		el("form", { method: "dialog" }, el("h2", { id: "help-title" }, t("help")),
			el("dl", {}, ...rows), close));

	document.body.append(dialog);
	return { toggle: () => (dialog.open ? dialog.close() : dialog.showModal()) };
}

/* onChange(text) as somebody types; empty: it is over. */
export function makeFilter(t, onChange)
{
	const input = el("input", { type: "search", id: "filter", "aria-label": t("filter"),
		placeholder: t("filter"), hidden: true, dir: "auto", autocomplete: "off", spellcheck: "false" });

	input.addEventListener("input", () => onChange(input.value));
	input.addEventListener("keydown", (event) => event.key === "Enter" && input.blur());
	document.body.append(input);
	return {
		open() {
			input.hidden = false;
			input.focus();
			input.select();
		},
		/* false: it was not open */
		close() {
			const was = !input.hidden;

			input.hidden = true;
			input.value = "";
			if (was)
				onChange("");
			return was;
		},
	};
}
