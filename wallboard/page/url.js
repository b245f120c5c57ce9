// SPDX-License-Identifier: MIT
/*
 * url.js: everything that can be set is set in the address, so that a screen
 * on a wall needs no login, no mouse and no memory.
 *
 * Pure: text in, settings out.  What is not understood is as if it were not
 * there; a typing mistake must not leave a wall dark.
 */

const THEMES = ["auto", "dark", "light", "contrast"];
const LANGS = ["en", "de", "es", "nb", "pt"];
const CHANNELS = ["call", "chat", "email"];
const WINDOWS = ["15m", "60m", "today"];
const VIEWS = ["board", "agents"];

const oneOf = (words, otherwise) => (text) => (words.includes(text) ? text : otherwise);
const flag = (text) => text === "1";
const text = (given) => given ?? "";
const names = (given) => (given ?? "").split(",").map((name) => name.trim()).filter(Boolean);

/* A whole number within its limits; not given or nonsense: otherwise. */
function whole(least, most, otherwise)
{
	return (given) => {
		const n = /^\d{1,6}$/.test(given ?? "") ? Number(given) : NaN;

		return n >= least && n <= most ? n : otherwise;
	};
}

/* How each one is read. */
const SETTINGS = {
	queues: names,
	channel: oneOf(CHANNELS, ""),	/* "": all */
	theme: oneOf(THEMES, "auto"),
	lang: oneOf(LANGS, null),	/* null: the browser's */
	cols: whole(1, 20, 0),		/* 0: as fits */
	scale: whole(50, 200, 100),	/* % */
	sound: flag,
	rotate: whole(0, 3600, 20),	/* seconds a page; 0: scroll instead */
	view: oneOf(VIEWS, "board"),
	title: text,
	detail: flag,
	window: oneOf(WINDOWS, null),	/* null: each figure's own */
	token: text,
};

export function settings(search)
{
	const given = new URLSearchParams(search);
	const read = ([name, reader]) => [name, reader(given.get(name))];

	return Object.fromEntries(Object.entries(SETTINGS).map(read));
}

/* The same address with one setting changed; null takes it away. */
export function withSetting(search, name, value)
{
	const given = new URLSearchParams(search);

	if (value === null)
		given.delete(name);
	else
		given.set(name, value);
	const changed = given.toString();
	return changed ? "?" + changed : "";
}

/* What the path asks for: {view: "queue", name}, or a view without a name. */
export function route(pathname, view = "board")
{
	const queue = /^\/queue\/([^/]+)$/.exec(pathname);

	if (pathname === "/agents")
		return { view: "agents", name: null };
	if (!queue)
		return { view, name: null };
	try {
		return { view: "queue", name: decodeURIComponent(queue[1]) };
	} catch {
		return { view: "queue", name: queue[1] };	/* a stray % */
	}
}

export const queuePath = (name) => "/queue/" + encodeURIComponent(name);

export function nextTheme(theme)
{
	return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
}

/* The first language of the reader's that there are words for. */
export function pickLang(wanted, readers)
{
	const known = (tag) => {
		const base = tag.toLowerCase().split("-")[0];

		return base === "no" || base === "nn" ? "nb" : base;
	};

	return wanted ?? (readers ?? []).map(known).find((lang) => LANGS.includes(lang)) ?? "en";
}
