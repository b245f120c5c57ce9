// SPDX-License-Identifier: MIT
//
// page.mjs: the browser, and a page of it that keeps book of everything that
// must not happen: requests to others, errors, refusals by the policy.

import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const MODULES = resolve(process.env.BUILD ?? "build", "browser");
const require = createRequire(join(MODULES, "here.js"));
const { chromium } = require("playwright-core");
const AXE = require.resolve("axe-core/axe.min.js");

const LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

let browser = null;

// One Chromium for all tests; each has a context, and so a profile, of its own.
// As root it has no sandbox to itself, and sound needs no click on a kiosk.
export async function openBrowser()
{
	browser = await chromium.launch({
		executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
		args: ["--autoplay-policy=no-user-gesture-required", ...(process.getuid() == 0 ? ["--no-sandbox"] : [])],
	});
	return browser.version();
}

export async function closeBrowser()
{
	await browser?.close();
}

// A page and what went wrong on it: page.faults, a list of words.
export async function openPage(t, options = {})
{
	const context = await browser.newContext({
		viewport: { width: 1920, height: 1080 }, locale: "en-GB", timezoneId: "Europe/Oslo", colorScheme: "dark",
		serviceWorkers: "block", ...options,
	});
	const page = await context.newPage();

	t.after(() => context.close());
	page.setDefaultTimeout(30_000);
	watch(page);
	return page;
}

function watch(page)
{
	const fault = (text) => page.faults.push(text);

	page.faults = [];
	page.asked = [];	// every address it wanted
	page.on("request", (r) => page.asked.push(r.url()));
	page.on("pageerror", (e) => fault(`error: ${e.stack ?? e}`));
	page.on("console", (m) => {
		if (m.type() == "error" || m.type() == "warning")
			fault(`console ${m.type()}: ${m.text()}`);
	});
	page.on("dialog", (d) => { fault(`dialog: ${d.message()}`); d.dismiss(); });
}

// Addresses of others than the page's own origin.
export function foreign(page)
{
	const own = new URL(page.url()).origin;

	return page.asked.filter((u) => !u.startsWith("data:") && new URL(u).origin != own);
}

// axe's findings of levels A and AA, a line each.  Where the reader's system
// sets the colours its contrasts are not ours, and axe does not see them.
export async function barriers(page)
{
	if (!await page.evaluate(() => "axe" in window))
		await page.evaluate(require("node:fs").readFileSync(AXE, "utf8"));
	const { violations } = await page.evaluate((values) => window.axe.run(document, {
		runOnly: { type: "tag", values },
		rules: { "color-contrast": { enabled: !matchMedia("(forced-colors: active)").matches } },
	}), LEVELS);

	return violations.map((v) => `${v.id}: ${v.help}: ` +
	    v.nodes.slice(0, 3).map((n) => `${n.target} ${n.any[0]?.message ?? ""}`).join(" | "));
}

// What is too large for its place: the page sideways, a text in its element,
// a tile in the window.  A text that is cut on purpose, with dots and a title
// that says all of it, is not clipped.
export function clipped(page, { scrolls = false } = {})
{
	return page.evaluate((scrolls) => {
		const found = [], root = document.documentElement;
		const name = (e) => `${e.tagName.toLowerCase()}.${e.className?.baseVal ?? e.className} "${e.textContent.trim().slice(0, 30)}"`;
		const shown = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility == "visible";
		const forReaders = (e) => e.closest(".unseen, [hidden]") !== null;
		// With dots at its end, and all of it for who points at it.
		const cutOnPurpose = (box, e) => {
			const { textOverflow, webkitLineClamp } = getComputedStyle(box);
			return (textOverflow == "ellipsis" || webkitLineClamp != "none") && e.closest("[title]") !== null;
		};
		const clips = (e) => e instanceof HTMLElement && getComputedStyle(e).overflowX != "visible";
		// The boxes a text must stay in: of all that clip it, and of its tile.
		const frames = (e) => (e === null || e === document.body ? []
			: [...(clips(e) || e.matches("section.tile") ? [e] : []), ...frames(e.parentElement)]);
		const rectsOf = (text) => {
			const range = document.createRange();
			range.selectNodeContents(text);
			return [...range.getClientRects()].filter((r) => r.width > 0);
		};
		const leaves = (r, box) => r.left < box.left - 1.5 || r.right > box.right + 1.5 ||
		    (box.height > 0 && r.bottom > box.bottom + r.height / 4);
		const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT,
		    (n) => (n.data.trim() != "" && n.parentElement instanceof HTMLElement ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP));

		if (root.scrollWidth > root.clientWidth)
			found.push(`the page is ${root.scrollWidth} wide in ${root.clientWidth}`);
		if (!scrolls && root.scrollHeight > root.clientHeight)
			found.push(`the page is ${root.scrollHeight} high in ${root.clientHeight}`);
		for (let n; (n = texts.nextNode()) !== null;) {
			const e = n.parentElement, around = frames(e);
			if (!shown(e) || forReaders(e) || around.some((box) => cutOnPurpose(box, e)))
				continue;
			if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)
				found.push(`${name(e)} is ${e.scrollWidth} wide in ${e.clientWidth}`);
			for (const r of rectsOf(n)) {
				const left = around.find((f) => leaves(r, f.getBoundingClientRect()));
				if (left)
					found.push(`${name(e)} is not all within ${name(left)}`);
			}
		}
		for (const tile of document.querySelectorAll("section.tile")) {
			const box = tile.getBoundingClientRect();
			if (!shown(tile))
				continue;
			if (tile.scrollHeight > tile.clientHeight + 1 || tile.scrollWidth > tile.clientWidth + 1)
				found.push(`${name(tile)} holds ${tile.scrollWidth}x${tile.scrollHeight} in ${tile.clientWidth}x${tile.clientHeight}`);
			if (box.left < -1 || box.right > root.clientWidth + 1 || (!scrolls && box.bottom > root.clientHeight + 1))
				found.push(`${name(tile)} is out of the window`);
			for (const f of tile.querySelectorAll("[data-figure]")) {
				const b = f.getBoundingClientRect();
				if (b.width > 0 && (b.right > box.right + 1 || b.bottom > box.bottom + 1 || b.left < box.left - 1))
					found.push(`${name(f)} sticks out of its tile`);
			}
		}
		return found.length > 8 ? [...found.slice(0, 8), `and ${found.length - 8} more`] : found;
	}, scrolls);
}

// The figures a tile shows, as text.
export function tileTexts(page, queue)
{
	return page.evaluate((queue) => {
		const tile = [...document.querySelectorAll("section.tile")].find((e) => e.dataset.queue === queue);
		if (!tile)
			return null;
		const texts = Object.fromEntries([...tile.querySelectorAll("[data-figure]")]
		    .map((e) => [e.dataset.figure, e.textContent.trim()]));
		return { ...texts, _status: tile.dataset.status };
	}, queue);
}

export function fresh(page, state, ms = 30_000)
{
	return page.waitForFunction((s) => document.body.dataset.fresh === s, state, { timeout: ms, polling: 50 });
}
