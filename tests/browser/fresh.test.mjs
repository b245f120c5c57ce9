// SPDX-License-Identifier: MIT
//
// A board says when it cannot be believed, and comes back by itself.

import assert from "node:assert/strict";
import { House, KEY } from "./lib/house.mjs";
import { Writer, ten } from "./lib/figures.mjs";
import { barriers, clipped, fresh, openPage, tileTexts } from "./lib/page.mjs";
import { Tabs } from "./lib/tabs.mjs";
import { test, until } from "./lib/test.mjs";

async function open(t, { daemon = false, wallboard = "" } = {})
{
	const house = await House.open(t, { queues: 'sales: { channel = "call"; };', wallboard });
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
function allGrey()
{
	const grey = (e) => e !== null && (/grayscale\((1|100%)\)/.test(getComputedStyle(e).filter) || grey(e.parentElement));

	return [...document.querySelectorAll("section.tile")].every(grey);
}

const isGrey = (page) => page.evaluate(allGrey);

// What Redis holds an hour after the daemon was killed: its figures have
// expired, when it wrote them has not.
async function killedAnHourAgo({ redis }, writer)
{
	await writer.stop();
	await redis.ask("DEL", KEY + "snapshot");
	await redis.ask("HSET", KEY + "meta", "updated_epoch_ms", Date.now() - 3600_000);
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
	await house.redis.ask("HSET", KEY + "meta", "updated_epoch_ms", Date.now() - 40_000);
	await page.goto(house.url("/", { lang: "en" }));
	await fresh(page, "stale", 5000);
	assert.match(await word(page), /0:4\d/);
});

test("fresh: a page opened long after the daemon was killed", async (t) => {
	const { house, writer, page } = await open(t);

	await killedAnHourAgo(house, writer);
	await page.goto(house.url("/", { lang: "en" }));
	await fresh(page, "stale", 10_000);
	assert.match(await word(page), /NO NEW DATA for 1:0\d:\d\d/);
	assert.deepEqual(await barriers(page), []);
	await writer.start();
	await fresh(page, "live", 10_000);
	assert.deepEqual(page.faults, []);
});

test("fresh: a page opened while Redis is away", async (t) => {
	const { house, writer, page } = await open(t, { wallboard: 'stale_after = "3s";' });

	await writer.stop();
	await house.restartRedis(async () => {
		await page.goto(house.url("/", { lang: "en" }));
		await fresh(page, "stale");
		assert.match(await word(page), /NO NEW DATA for 0:\d\d/);
	});
	const again = await new Writer(house.redis, ten()).start();
	t.after(() => again.stop());
	await fresh(page, "live", 10_000);
});

test("fresh: a page that never gets a line", async (t) => {
	const { house, page } = await open(t);

	await page.route("**/events*", (route) => route.abort());
	await page.goto(house.url("/", { lang: "en" }));
	await fresh(page, "connecting");
	await fresh(page, "stale");
	assert.match(await word(page), /NO NEW DATA for 0:\d\d/);
	await page.unroute("**/events*");
	await fresh(page, "live");
});

test("fresh: the monitor ends, and is there again", async (t) => {
	const { house, page } = await open(t, { daemon: true });
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

// A board that was live, in a tab that is hidden by another.
async function openHidden(t, wallboard = "")
{
	const house = await House.open(t, { wallboard }), tabs = Tabs.open(t, house.dir);
	const writer = await new Writer(house.redis, ten()).start();

	t.after(() => writer.stop());
	await house.startBoard();
	const tab = await tabs.create(house.url("/", { lang: "en" }));
	const is = (state) => tab.eval(`document.body.dataset.fresh === "${state}"`);
	const says = () => tab.eval("document.querySelector('#fresh').innerText");
	await until("the board", () => is("live"));
	assert.equal(streams(tab), 1);
	const other = await tabs.create("about:blank");
	await until("the tab to be hidden", () => tab.eval("document.hidden"));
	return { house, writer, tab, other, is, says, isGrey: () => tab.eval(`(${allGrey})()`) };
}

test("fresh: nobody looks at a hidden tab, so it has no stream", async (t) => {
	const { tab, other, is } = await openHidden(t);

	await until("its stream to end", () => streams(tab) == 0, 3000);
	await tab.toFront();
	await until("a stream again", () => streams(tab) == 1, 3000);
	await until("the board again", () => is("live"), 3000);
	await other.toFront();
	await until("no stream again", () => streams(tab) == 0, 3000);
});

test("fresh: a tab is shown again long after the daemon was killed", async (t) => {
	const { house, writer, tab, is, says, isGrey } = await openHidden(t);

	await killedAnHourAgo(house, writer);
	await until("the hidden tiles to be grey", isGrey);
	await tab.toFront();
	await until("the age of the figures", () => is("stale"));
	assert.match(await says(), /NO NEW DATA for 1:0\d:\d\d/);
	assert.equal(await isGrey(), true);
	await writer.start();
	await until("the board again", () => is("live"));
	assert.equal(await isGrey(), false);
});

test("fresh: a tab is shown again and nobody answers", async (t) => {
	const { house, tab, is, says, isGrey } = await openHidden(t, 'stale_after = "3s";');

	await house.board.end();
	await tab.toFront();
	await until("the age of the figures", () => is("stale"));
	assert.match(await says(), /NO NEW DATA for 0:\d\d/);
	assert.equal(await isGrey(), true);
	await house.startBoard();
	await until("the board again", () => is("live"));
});
