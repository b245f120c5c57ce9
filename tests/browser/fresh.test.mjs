// SPDX-License-Identifier: MIT
//
// A board says when it cannot be believed, and comes back by itself.

import assert from "node:assert/strict";
import { House } from "./lib/house.mjs";
import { Writer, ten } from "./lib/figures.mjs";
import { barriers, clipped, fresh, openPage, tileTexts } from "./lib/page.mjs";
import { Tabs } from "./lib/tabs.mjs";
import { test, until } from "./lib/test.mjs";

async function open(t, daemon = false)
{
	const house = await House.open(t, { queues: 'sales: { channel = "call"; };' });
	const writer = daemon ? null : await new Writer(house.redis, ten()).start();

	t.after(() => writer?.stop());
	await house.startBoard();
	const page = await openPage(t);
	return { house, writer, page };
}

const word = (page) => page.locator("#fresh").innerText();

// How long something took, in seconds.
async function took(something)
{
	const began = performance.now();

	await something;
	return (performance.now() - began) / 1000;
}

// Nothing changes for so many turns of the page's own second.
async function stands(page, queue)
{
	const texts = [];

	for (let i = 0; i < 3; i++) {
		texts.push((await tileTexts(page, queue)).oldest_wait_seconds);
		const clock = await page.innerText("#clock");
		await until("the clock to go on", async () => await page.innerText("#clock") != clock);
	}
	return new Set(texts).size == 1;
}

// Has every tile lost its colour, by a filter of its own or of one around it?
function isGrey(page)
{
	return page.evaluate(() => {
		const grey = (e) => e !== null && (/grayscale\((1|100%)\)/.test(getComputedStyle(e).filter) || grey(e.parentElement));
		return [...document.querySelectorAll("section.tile")].every(grey);
	});
}

test("fresh: the writer is killed, and comes back", async (t) => {
	const { house, writer, page } = await open(t);

	await page.goto(house.url("/", { lang: "en" }));
	await fresh(page, "live");
	assert.equal(await isGrey(page), false);
	await writer.stop();
	const stale = await took(fresh(page, "stale", 20_000));	// 17 is aimed at; machines are slow
	assert.match(await word(page), /NO NEW DATA.*0:1\d/is);
	assert.equal(await isGrey(page), true);
	assert.equal(await stands(page, "technical desk"), true);
	assert.deepEqual(await barriers(page), []);
	assert.deepEqual(await clipped(page), []);
	await writer.start();
	t.note(`stale after ${stale.toFixed(1)} s, live after ${(await took(fresh(page, "live", 10_000))).toFixed(1)} s`);
	assert.equal(await isGrey(page), false);
	assert.deepEqual(page.faults, []);
});

test("fresh: old figures are not new because the page is", async (t) => {
	const { house, writer, page } = await open(t);

	await writer.stop();
	await house.redis.ask("HSET", "ccmon:v1:{test}:meta", "updated_epoch_ms", Date.now() - 40_000);
	await page.goto(house.url("/", { lang: "en" }));
	await fresh(page, "stale", 5000);
	assert.match(await word(page), /0:4\d/);
});

test("fresh: the monitor ends, and is there again", async (t) => {
	const { house, page } = await open(t, true);
	const daemon = house.ours("ccmond").start();

	await page.goto(house.url("/", { lang: "en" }));
	await fresh(page, "live");
	await daemon.end("SIGTERM");
	await fresh(page, "down", 5000);
	assert.match(await word(page), /DOWN|NOT RUNNING|STOPPED/i);
	assert.equal(await isGrey(page), true);
	assert.deepEqual(await barriers(page), []);
	daemon.start();
	await fresh(page, "live");
	assert.deepEqual(page.faults, []);
});

test("fresh: Redis goes, and comes back", async (t) => {
	const { house, writer, page } = await open(t);

	await page.goto(house.url("/", { lang: "en" }));
	await fresh(page, "live");
	await writer.stop();
	await house.restartRedis(() => fresh(page, "reconnecting", 5000));
	await new Writer(house.redis, ten()).write();
	await fresh(page, "live", 5000);
});

test("fresh: the server is killed, and comes back", async (t) => {
	const { house, page } = await open(t);

	await page.goto(house.url("/", { lang: "en" }));
	await fresh(page, "live");
	await house.board.end();
	await fresh(page, "reconnecting", 8000);
	await house.startBoard();
	const back = await took(fresh(page, "live", 10_000));
	t.note(`live ${back.toFixed(1)} s after it was back`);
	// that nobody answered is what the browser says of its own accord, in many words
	assert.deepEqual(page.faults.filter((f) => !f.includes("net::ERR_")), []);
});

// How many streams a tab has open, by what its network was told.
function streams(tab)
{
	const begun = tab.heard("Network.requestWillBeSent").filter((e) => new URL(e.request.url).pathname == "/events");
	const ended = new Set(["Network.loadingFinished", "Network.loadingFailed"].flatMap(tab.heard).map((e) => e.requestId));

	return begun.filter((e) => !ended.has(e.requestId)).length;
}

test("fresh: nobody looks at a hidden tab, so it has no stream", async (t) => {
	const house = await House.open(t), tabs = Tabs.open(t, house.dir);
	const writer = await new Writer(house.redis, ten()).start();

	t.after(() => writer.stop());
	await house.startBoard();
	const tab = await tabs.create(house.url("/", { lang: "en" }));
	const isLive = () => tab.eval("document.body.dataset.fresh === 'live'");
	await until("the board", isLive);
	assert.equal(streams(tab), 1);
	const other = await tabs.create("about:blank");
	await until("the tab to be hidden", () => tab.eval("document.hidden"));
	await until("its stream to end", () => streams(tab) == 0, 3000);
	await tab.toFront();
	await until("a stream again", () => streams(tab) == 1, 3000);
	await until("the board again", isLive, 3000);
	await other.toFront();
	await until("no stream again", () => streams(tab) == 0, 3000);
});
