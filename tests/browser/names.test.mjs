// SPDX-License-Identifier: MIT
//
// Names come from outside, and anything may be one.  On the page it is text,
// the same text, and nothing else.

import assert from "node:assert/strict";
import { House } from "./lib/house.mjs";
import { Writer, alert, feed, lateQueue, queue } from "./lib/figures.mjs";
import { barriers, clipped, foreign, fresh, openPage, tileTexts } from "./lib/page.mjs";
import { test, until } from "./lib/test.mjs";

const NAMES = [
	"<img src=x onerror=alert(1)>",
	"<script>alert(2)</script>",
	"'\"><svg onload=alert(3)>",
	"__proto__", "constructor", "toString",
	"javascript:alert(4)",
	"{title} ${1+1} {{7*7}}",
	"&lt;b&gt; &amp;",
	"\u05e9\u05d9\u05e8\u05d5\u05ea \u05dc\u05e7\u05d5\u05d7\u05d5\u05ea",		// right to left
	"\u202egnp.exe",								// and what only turns it round
	"\u{1f4de}\u{1f469}\u{1f3fd}\u200d\u{1f4bb}",
	"W".repeat(64),
	"a/b?c#d%e&f",
];

const board = () => ({
	queues: new Map(NAMES.map((n, i) => [n, i == 0 ? lateQueue({ status_reason: n }) : queue()])),
	alerts: new Map(NAMES.map((n) => [`r/queue:${n}`, alert(`r/queue:${n}`, { scope: `queue:${n}`, rule: n, summary: n, note: n })])),
	feeds: new Map(NAMES.map((n) => [n, feed()])),
});

// No element came of a name, no code ran, nobody was asked.
async function isText(page)
{
	const made = await page.evaluate(() =>
	    [...document.querySelectorAll("body img, body script, [onerror], [onload]")]
	    .filter((e) => !(e.localName == "script" && e.src.startsWith(location.origin))).map((e) => e.outerHTML));

	assert.deepEqual(made, []);
	assert.deepEqual(page.faults, []);
	assert.deepEqual(foreign(page), []);
	assert.equal(await page.evaluate(() => ({}).channel === undefined && ({}).status === undefined), true);
}

async function open(t, options)
{
	const house = await House.open(t, { wallboard: 'title = "<b>T</b>";' });
	const writer = new Writer(house.redis, board());

	await writer.agents(new Map(NAMES.map((n) => [n, { state: "on_contact", state_since_epoch_ms: Date.now(),
		queues: n, state_reason: n }])));
	await writer.start();
	t.after(() => writer.stop());
	await house.startBoard();
	return { house, page: await openPage(t, options) };
}

test("names: of queues, alerts and feeds stay text", async (t) => {
	const { house, page } = await open(t);

	await page.goto(house.url("/", { lang: "en", rotate: 0 }));
	await fresh(page, "live");
	for (const name of NAMES) {
		const shown = await tileTexts(page, name);
		assert.ok(shown, `a tile for ${name}`);
		assert.equal(shown.waiting_count, name == NAMES[0] ? "27" : "2", name);
		const all = await page.evaluate((n) => [...document.querySelectorAll("section.tile")]
		    .find((e) => e.dataset.queue === n).textContent, name);
		assert.ok(all.includes(name), `${name} is in its tile: ${all}`);
	}
	assert.ok(await page.locator(".alerts li[data-alert]").count() > 0);
	assert.deepEqual(await clipped(page, { scrolls: true }), []);
	assert.deepEqual(await barriers(page), []);
	await isText(page);
});

test("names: of alerts, on a phone, which has room for all", async (t) => {
	const { house, page } = await open(t, { viewport: { width: 390, height: 844 } });

	await page.goto(house.url("/", { lang: "en" }));
	await fresh(page, "live");
	const shown = await page.evaluate(() => [...document.querySelectorAll(".alerts li[data-alert]")]
	    .map((e) => [e.dataset.alert, e.textContent]));
	assert.equal(shown.length, NAMES.length);
	for (const name of NAMES)
		assert.ok(shown.some(([id, text]) => id == `r/queue:${name}` && text.includes(name)), name);
	assert.deepEqual(await clipped(page, { scrolls: true }), []);
	await isText(page);
});

test("names: on the page of a queue, and of agents", async (t) => {
	const { house, page } = await open(t);

	for (const name of NAMES.filter((_, i) => i % 2 == 0 || i == NAMES.length - 1)) {
		await page.goto(house.url("/queue/" + encodeURIComponent(name), { lang: "en" }));
		await fresh(page, "live");
		await until(`${name} in the page`, async () => (await page.textContent("main")).includes(name));
	}
	await page.goto(house.url("/agents", { lang: "en" }));
	await page.waitForSelector("[data-agent]");
	const shown = await page.evaluate(() => [...document.querySelectorAll("[data-agent]")].map((e) => e.dataset.agent));
	assert.deepEqual(shown.sort(), [...NAMES].sort());
	await isText(page);
});

test("names: in the address", async (t) => {
	const { house, page } = await open(t);

	for (const settings of [{ queues: NAMES[0] + "," + NAMES[3] }, { title: NAMES[0] }, { lang: "__proto__", theme: "constructor" },
	    { channel: NAMES[1] }, { cols: "1e9", scale: "-1", rotate: "x" }]) {
		await page.goto(house.url("/", settings));
		await fresh(page, "live");
		await isText(page);
	}
});
