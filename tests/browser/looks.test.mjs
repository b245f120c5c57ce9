// SPDX-License-Identifier: MIT
//
// The page in seven windows and themes: everything has room, nothing is asked
// of others, nothing goes wrong, and axe finds no barrier of level A or AA.

import assert from "node:assert/strict";
import { House } from "./lib/house.mjs";
import { Writer, agentsOf, dayOf, ten } from "./lib/figures.mjs";
import { barriers, clipped, foreign, fresh, openPage } from "./lib/page.mjs";
import { test, until } from "./lib/test.mjs";

const PHONE = { isMobile: true, hasTouch: true, deviceScaleFactor: 3 };

// Where ten tiles need not fit at once the page may be longer than the window.
const LOOKS = [
	{ name: "a laptop, dark", size: [1366, 768], theme: "dark" },
	{ name: "a TV, dark", size: [1920, 1080], theme: "dark", also: true },
	{ name: "a TV, light", size: [1920, 1080], theme: "light", also: true },
	{ name: "a TV, high contrast", size: [1920, 1080], theme: "contrast", also: true },
	{ name: "4K, dark", size: [3840, 2160], theme: "dark" },
	{ name: "a TV on its side", size: [1080, 1920], theme: "dark" },
	{ name: "a phone", size: [390, 844], theme: "auto", also: true, scrolls: true, more: PHONE },
];

// Everything a view must not do, in one list that says which.
async function wrongWith(page, look, scrolls)
{
	return {
		clipped: await clipped(page, { scrolls }),
		barriers: await barriers(page),
		foreign: foreign(page),
		faults: page.faults,
	};
}

const NOTHING = { clipped: [], barriers: [], foreign: [], faults: [] };

async function open(t, look)
{
	const house = await House.open(t);
	const writer = new Writer(house.redis, ten(), { demo: true });

	await dayOf(writer);
	await writer.agents(agentsOf(24));
	await writer.start();
	t.after(() => writer.stop());
	await house.startBoard();
	const [width, height] = look.size;
	const page = await openPage(t, { viewport: { width, height }, ...look.more });
	return { house, page };
}

async function show(page, house, path, look, ready)
{
	await page.goto(house.url(path, { theme: look.theme, lang: "en" }));
	await fresh(page, "live");
	await page.waitForSelector(ready);
}

for (const look of LOOKS) {
	test(`looks: ${look.name}: the board`, async (t) => {
		const { house, page } = await open(t, look);

		await show(page, house, "/", look, "section.tile");
		assert.equal(await page.locator("section.tile:visible").count(), 10);
		// a line of history is fetched after the first figures
		await until("the trends", () => page.locator("section.tile svg").count());
		assert.deepEqual(await wrongWith(page, look, look.scrolls), NOTHING);
		assert.equal(await page.getAttribute("body", "data-demo"), "1");
	});
	if (!look.also)
		continue;
	test(`looks: ${look.name}: a queue, and the agents`, async (t) => {
		const { house, page } = await open(t, look);

		await show(page, house, "/queue/technical%20desk", look, ".charts figure svg");
		assert.equal(await page.locator(".charts figure[data-chart]").count(), 4);
		assert.deepEqual(await wrongWith(page, look, true), NOTHING);
		await show(page, house, "/agents", look, "[data-agent]");
		assert.equal(await page.locator("[data-agent]").count(), 24);
		assert.deepEqual(await wrongWith(page, look, true), NOTHING);
	});
}

test("looks: the colours of the reader's system, when they are forced", async (t) => {
	const { house, page } = await open(t, { size: [1920, 1080], more: { forcedColors: "active" } });

	await show(page, house, "/", { theme: "dark" }, "section.tile");
	assert.deepEqual(await wrongWith(page, {}, false), NOTHING);
	// What colour said is still said: the late one by its word and its glyph.
	const late = page.locator('section.tile[data-status="crit"] [data-figure="status"]');
	assert.match(await late.innerText(), /LATE/);
});

test("looks: nothing moves for who asked for that", async (t) => {
	const { house, page } = await open(t, { size: [1920, 1080], more: { reducedMotion: "reduce" } });

	await show(page, house, "/", { theme: "dark" }, "section.tile");
	const moving = await page.evaluate(() => document.getAnimations()
	    .filter((a) => a.playState == "running" && (a.effect?.getComputedTiming().duration ?? 0) > 1).length);
	assert.equal(moving, 0);
});

// A measure that finds nothing proves something only if it finds what is there.
test("looks: what is wrong would be found", async (t) => {
	const { house, page } = await open(t, { size: [1920, 1080] });

	await show(page, house, "/", { theme: "dark" }, "section.tile");
	assert.deepEqual(await wrongWith(page, {}, false), NOTHING);
	await page.evaluate(() => {
		const [one, two, three] = document.querySelectorAll("section.tile");
		one.querySelector("dt").textContent = "W".repeat(60);
		two.querySelector("dt").style.color = "#222222";
		three.style.width = "3000px";
		fetch("https://example.invalid/figures").catch(() => {});
	});
	await until("the policy to refuse", () => page.faults.some((f) => /Content Security Policy/.test(f)));
	const wrong = await wrongWith(page, {}, false);
	assert.ok(wrong.clipped.some((w) => /W{9}/.test(w)), "a text");
	assert.ok(wrong.clipped.some((w) => /out of the window/.test(w)), "a tile");
	assert.ok(wrong.barriers.some((w) => /color-contrast/.test(w)), "a contrast");
});
