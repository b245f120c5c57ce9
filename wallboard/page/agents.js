// SPDX-License-Identifier: MIT
/*
 * agents.js: who does what, and for how long: a column a state, or more where
 * many are in it, those first who have been in it longest.  Or only how many of
 * each team, or nothing: what the server gives away is its settings' business.
 */
import { el, keepChildren, nameElement, setAttribute, setText } from "./dom.js";
import { share } from "./layout.js";
import { STATES, byState, inState } from "./states.js";

const EVERY = 2000;	/* ms between two questions */

/* ---- by name ---- */

function makeAgent(name)
{
	const why = el("span", { class: "why", dir: "auto" }), time = el("span", { class: "in-state" });

	return { why, time, element: el("li", { "data-agent": name }, nameElement(name), why, time) };
}

function makeState(state, t)
{
	const count = el("span", { class: "count", "data-figure": "agents_" + state });
	const list = el("ul", {});
	const element = el("section", { class: "state-column", "data-state": state },
		el("h2", {}, count, el("span", { class: "word" }, t("state." + state))), list);

	return { element, count, list, agents: new Map() };
}

function showState(column, agents, now, fmt)
{
	setText(column.count, fmt.number(agents.length));
	keepChildren(column.list, column.agents, agents.map((a) => a.name), makeAgent);
	for (const agent of agents) {
		const item = column.agents.get(agent.name);

		setText(item.why, agent.state_reason ?? "");
		setAttribute(item.element, "title", [agent.name, agent.state_reason].filter(Boolean).join(" \u00b7 "));
		setText(item.time, fmt.seconds(inState(agent, now)));
	}
}

/* What fits below one another in the window, and beside one another in the grid. */
function roomOf(place)
{
	const item = place.querySelector("li"), head = place.querySelector("h2");
	const below = innerHeight - place.getBoundingClientRect().top - 2 * (head?.offsetHeight ?? 0);

	return { columns: getComputedStyle(place).gridTemplateColumns.split(" ").length,
		rows: item === null ? 1 : Math.max(1, Math.floor(below / item.offsetHeight)) };
}

function widen(place, columns, groups)
{
	const { columns: all, rows } = roomOf(place);
	const spans = share([...groups.values()].map((agents) => agents.length), all, rows);

	[...groups.keys()].forEach((state, i) => {
		columns.get(state).element.style.gridColumn = `span ${spans[i]}`;
		columns.get(state).list.style.columnCount = spans[i];
	});
}

function namesView(root, { t, fmt })
{
	const columns = new Map();
	const place = el("div", { class: "states" });

	root.replaceChildren(place);
	return (data, now) => {
		const groups = byState(data.agents);

		keepChildren(place, columns, [...groups.keys()], (state) => makeState(state, t));
		for (const [state, agents] of groups)
			showState(columns.get(state), agents, now, fmt);
		widen(place, columns, groups);
	};
}

/* ---- by team ---- */

function makeTeam(name, t)
{
	const cells = STATES.map((state) => el("td", { "data-figure": "agents_" + state }));
	const head = el("th", { scope: "row" }, name === "" ? t("no_team") : nameElement(name));

	return { cells, element: el("tr", { "data-team": name }, head, ...cells) };
}

function teamsView(root, { t, fmt })
{
	const teams = new Map();
	const body = el("tbody", {});
	const heads = ["team", ...STATES.map((state) => "state." + state)];

	root.replaceChildren(el("table", { class: "teams" },
		el("thead", {}, el("tr", {}, ...heads.map((key) => el("th", { scope: "col" }, t(key))))), body));
	return (data) => {
		keepChildren(body, teams, data.teams.map((team) => team.name), (name) => makeTeam(name, t));
		for (const team of data.teams)
			STATES.forEach((state, i) => setText(teams.get(team.name).cells[i], fmt.number(team[state])));
	};
}

/* ---- the view ---- */

const VIEWS = { names: namesView, teams: teamsView };

const isEmpty = (data) => (data.agents ?? data.teams ?? []).length === 0;

export function agentsView(root, ctx, model)
{
	const place = el("div", { class: "agents" });
	const note = el("p", { class: "note", role: "status" });
	let data = null, cameAt = 0, askedAt = -Infinity, mode = null, show = null, closed = false;

	root.replaceChildren(el("h2", { class: "unseen" }, ctx.t("agents")), place, note);

	async function ask()
	{
		askedAt = performance.now();
		try {
			data = await ctx.api("/api/v1/agents");
			cameAt = performance.now();
			setText(note, "");
		} catch (error) {
			setText(note, ctx.t("not_loaded", { why: error.message }));
		}
		if (!closed && data !== null)
			draw();
	}

	function draw()
	{
		if (data.mode !== mode) {
			place.replaceChildren();
			mode = data.mode;
			show = VIEWS[mode]?.(place, ctx) ?? null;
		}
		if (show === null)
			setText(note, ctx.t("agents_off"));
		else if (isEmpty(data))
			setText(note, ctx.t("agents_none"));
		/* They tick by the server's clock, and stop when it is not heard. */
		show?.(data, data.time + (model.trusted ? performance.now() - cameAt : 0));
		setAttribute(place, "data-mode", mode);
	}

	return {
		update() {
			if (performance.now() - askedAt >= EVERY && model.trusted)
				ask();
			else if (data !== null && model.trusted)
				draw();
		},
		close() {
			closed = true;
		},
	};
}
