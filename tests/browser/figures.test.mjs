// SPDX-License-Identifier: MIT
//
// What stands on the page is what stands in Redis: with figures of our own
// making, where each is known, and with the whole of ccmon behind it.

import assert from "node:assert/strict";
import { House, KEY } from "./lib/house.mjs";
import { Writer, agentsOf, alert, emptyQueue, queue, ten } from "./lib/figures.mjs";
import { fresh, openPage, tileTexts } from "./lib/page.mjs";
import { test, until } from "./lib/test.mjs";

const DASH = "\u2014";
const WORDS = { ok: "OK", warn: "WATCH", crit: "LATE", closed: "CLOSED", unknown: "NO DATA" };

// Read back from how people write them, so that nothing of the page's own
// arithmetic is in the test.
function number(text)
{
	return text === DASH ? null : Number(text.replace(/[,\s]/g, ""));
}

function seconds(text)
{
	if (text === DASH)
		return null;
	return text.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
}

function ratio(text)
{
	return text === DASH ? null : Number(text.replace(/[%\s]/g, "")) / 100;
}

const near = (shown, is, by) => (is === null ? shown === null : shown !== null && Math.abs(shown - is) <= by);

// The six of a queue: what is wrong with them, or nothing.  Waits tick.
function differences(name, shown, q)
{
	const service = q.sl_threshold_seconds !== null ? ["sl_ratio_15m", "sl_n_15m"] : ["first_response_ratio_60m"];
	const checks = {
		waiting_count: near(number(shown.waiting_count), q.waiting_count, 0),
		oldest_wait_seconds: near(seconds(shown.oldest_wait_seconds), q.oldest_wait_seconds, q.waiting_count ? 3 : 0.999),
		sl: near(ratio(shown.sl), q[service[0]], 0.0051),
		offered_per_hour: near(number(shown.offered_per_hour), q.offered_per_hour, 0.5),
		aht: near(seconds(shown.aht), q.aht_seconds_60m, 1),
		status: shown.status.includes(WORDS[q.status]),
		_status: shown._status === q.status,
	};

	// (How many it is formed of is left out where there are none.)
	if (service[1] && q[service[1]])
		checks.sl_n = shown.sl_n.match(/\d[\d,]*/)?.[0].replace(",", "") === String(q[service[1]]);
	return Object.entries(checks).filter(([, right]) => !right)
	    .map(([k]) => `${name}: ${k} is shown as ${JSON.stringify(shown[k])}`);
}

async function allDifferences(page, queues)
{
	const wrong = [];

	for (const [name, q] of queues) {
		const shown = await tileTexts(page, name);
		wrong.push(...(shown ? differences(name, shown, q) : [`${name}: no tile`]));
	}
	return wrong;
}

// What is shown goes on ticking while its writer is kept from the next snapshot.
async function expectEqual(page, queues)
{
	let wrong;

	await until("the page to equal the figures", async () => (wrong = await allDifferences(page, queues)).length == 0)
	    .catch(() => assert.deepEqual(wrong, []));
}

async function open(t, board, path = "/", settings = {})
{
	const house = await House.open(t);
	const writer = new Writer(house.redis, board);

	await writer.start();
	t.after(() => writer.stop());
	await house.startBoard();
	const page = await openPage(t);
	await page.goto(house.url(path, { lang: "en", ...settings }));
	await fresh(page, "live");
	return { house, writer, page };
}

test("figures: six of each queue, and they follow", async (t) => {
	const board = ten();
	const { page } = await open(t, board);

	await expectEqual(page, board.queues);
	board.queues.set("sales", queue({ waiting_count: 1234, oldest_wait_seconds: 4321, offered_per_hour: 2345.4,
		aht_seconds_15m: 3725, aht_seconds_60m: 3725, sl_ratio_15m: 0.995, sl_n_15m: 20_481, status: "warn" }));
	await until("the new figures", async () => (await tileTexts(page, "sales"))._status == "warn");
	await expectEqual(page, board.queues);
	// rounded it would be all of them
	assert.match((await tileTexts(page, "sales")).sl, /^99\s?%/);
});

test("figures: what is not known is a dash", async (t) => {
	const queues = new Map([["nothing", emptyQueue()], ["no level", emptyQueue({ sl_n_15m: 0, sl_threshold_seconds: 20 })],
		["nobody", queue({ waiting_count: 0, oldest_wait_seconds: 0, offered_per_hour: 0, sl_ratio_15m: null, sl_n_15m: 0 })]]);
	const { page } = await open(t, { queues, alerts: new Map(), feeds: new Map() });
	const nothing = await tileTexts(page, "nothing");

	for (const f of ["waiting_count", "oldest_wait_seconds", "sl", "offered_per_hour", "aht"])
		assert.equal(nothing[f], DASH, f);
	assert.equal((await tileTexts(page, "no level")).sl, DASH);
	const nobody = await tileTexts(page, "nobody");
	assert.equal(nobody.sl, DASH);
	assert.equal(nobody.waiting_count, "0");
	assert.equal(nobody.offered_per_hour, "0");
	const text = await page.innerText("body");
	assert.doesNotMatch(text, /NaN|undefined|null|Infinity|\[object/);
});

test("figures: the strip, and the alerts", async (t) => {
	const board = ten();
	const { page, writer } = await open(t, board);
	const strip = (f) => page.locator(`.strip [data-figure="${f}"]`).first().innerText();
	const { totals } = writer.snapshot();

	assert.equal(number(await strip("waiting_count")), totals.waiting_count);
	assert.match(await page.locator(".strip").innerText(), /technical desk/);
	const listed = page.locator(".alerts li[data-alert]");
	assert.equal(await listed.count(), 1);
	assert.match(await listed.innerText(), /technical desk/);
	board.alerts.set("mails_late/queue:mail", alert("mails_late/queue:mail", { severity: "warn" }));
	await until("the second alert", async () => await listed.count() == 2);
	board.alerts.clear();
	await until("no alert", async () => await listed.count() == 0);
});

test("figures: waits tick between snapshots", async (t) => {
	const queues = new Map([["slow", queue({ waiting_count: 1, oldest_wait_seconds: 100 })],
		["nobody", queue({ waiting_count: 0, oldest_wait_seconds: 0 })]]);
	const { page, writer } = await open(t, { queues, alerts: new Map(), feeds: new Map() });

	await writer.stop();
	await until("a wait of 1:45", async () => seconds((await tileTexts(page, "slow")).oldest_wait_seconds) >= 105);
	assert.equal(await page.getAttribute("body", "data-fresh"), "live");
	assert.equal(seconds((await tileTexts(page, "nobody")).oldest_wait_seconds), 0);
});

test("figures: agents and their states", async (t) => {
	const { house, writer, page } = await open(t, ten());

	await writer.agents(agentsOf(5));
	await page.goto(house.url("/agents", { lang: "en" }));
	await page.waitForSelector("[data-agent]");
	for (const [name] of agentsOf(5))
		assert.equal(await page.locator(`[data-agent="${name}"]`).count(), 1);
	await writer.agents(new Map([["Anna 1", { state: "paused", state_reason: "fire drill" }]]));
	await until("the new state", async () => /fire drill/.test(await page.locator('[data-agent="Anna 1"]').innerText()));
});

// Figures of a hash in Redis, as they would be in JSON.
function parsed(hash)
{
	const value = (v) => (v === "NaN" ? null : v !== "" && Number.isFinite(Number(v)) ? Number(v) : v);

	return Object.fromEntries([...hash].map(([k, v]) => [k, value(v)]));
}

test("figures: all of ccmon behind it: the page equals Redis, then a feed falls silent", async (t) => {
	const house = await House.open(t, { queues: 'sales: { channel = "call"; }; support: { channel = "call"; threshold = "30s"; };' });
	house.ours("ccmond").start();
	house.ours("ccmon-collector", "call").start();
	const feed = house.feed("sim", "--hours", "endless", "--flat", "--rate", "20", "--seed", "3").start();
	await until("the first contacts", async () =>
	    Number(await house.redis.ask("HGET", KEY + "site", "offered_count_60m")) > 20);
	await house.startBoard();
	const page = await openPage(t);
	await page.goto(house.url("/", { lang: "en" }));
	await fresh(page, "live");

	// One that stops in the middle: nothing moves but what waits.
	feed.signal("SIGSTOP");
	const names = (await house.redis.ask("SMEMBERS", KEY + "queues")).sort();
	assert.ok(names.length >= 3);
	let wrong;
	await until("the page to equal Redis", async () => {
		const queues = new Map();
		for (const name of names)
			queues.set(name, parsed(await house.redis.hash(`${KEY}queue:${name}`)));
		wrong = await allDifferences(page, queues);
		const { waiting_count } = parsed(await house.redis.hash(KEY + "site"));
		const strip = await page.locator('.strip [data-figure="waiting_count"]').first().innerText();
		if (number(strip) !== waiting_count)
			wrong.push(`the strip shows ${strip} of ${waiting_count}`);
		return wrong.length == 0;
	}).catch(() => assert.deepEqual(wrong, []));

	// Then it is known that nothing is known.
	await until("NO DATA in every tile", async () => {
		const shown = await Promise.all(names.map((name) => tileTexts(page, name)));
		return shown.every((s) => s._status == "unknown" && s.status.includes(WORDS.unknown));
	}, 40_000);
	assert.equal(await page.getAttribute("body", "data-fresh"), "live");
	feed.signal("SIGCONT");
	await until("figures again", async () => (await tileTexts(page, names[0]))._status != "unknown");
});
