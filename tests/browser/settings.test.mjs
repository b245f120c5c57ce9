// SPDX-License-Identifier: MIT
//
// All that can be set in the address or by a key.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { House } from "./lib/house.mjs";
import { Writer, agentsOf, lateQueue, queue, ten } from "./lib/figures.mjs";
import { fresh, openPage } from "./lib/page.mjs";
import { test, until } from "./lib/test.mjs";

async function open(t, board = ten(), sections = {}, options = {})
{
	const house = await House.open(t, sections);
	const writer = await new Writer(house.redis, board).start();

	t.after(() => writer.stop());
	await house.startBoard();
	return { house, writer, page: await openPage(t, options) };
}

async function show(page, house, settings, path = "/")
{
	await page.goto(house.url(path, { lang: "en", ...settings }));
	await fresh(page, "live");
}

const tiles = (page) => page.evaluate(() => [...document.querySelectorAll("section.tile")]
    .filter((e) => e.getClientRects().length > 0).map((e) => e.dataset.queue));

const ground = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

test("settings: the theme, in the address and by its key", async (t) => {
	const { house, page } = await open(t);
	const grounds = new Map();

	for (const theme of ["dark", "light", "contrast"]) {
		await show(page, house, { theme });
		grounds.set(theme, await ground(page));
	}
	assert.equal(new Set(grounds.values()).size, 3);
	await show(page, house, { theme: "dark" });
	const seen = new Set([await ground(page)]);
	for (let i = 0; i < 4; i++) {
		await page.keyboard.press("t");
		seen.add(await ground(page));
	}
	assert.deepEqual([...seen].sort(), [...grounds.values()].sort());
});

test("settings: five languages, each with all its words", async (t) => {
	const { house, page } = await open(t);
	const captions = new Set();

	for (const lang of ["en", "de", "es", "nb", "pt"]) {
		for (const path of ["/", "/queue/sales", "/agents"]) {
			await show(page, house, { lang }, path);
			assert.equal(await page.getAttribute("html", "lang"), lang);
			// a word that is not there shows as its key
			assert.doesNotMatch(await page.innerText("body"), /\b[a-z]+\.[a-z]+[a-z_.]*\b|\{\w+\}/);
			if (path == "/")
				captions.add(await page.innerText("section.tile >> nth=0"));
		}
	}
	assert.equal(captions.size, 5);
	assert.deepEqual(page.faults, []);
});

test("settings: the browser's language, where none is asked for", async (t) => {
	const { house, page } = await open(t, ten(), {}, { locale: "nn-NO" });

	await page.goto(house.url());
	await fresh(page, "live");
	assert.equal(await page.getAttribute("html", "lang"), "nb");
});

test("settings: some queues, in that order; a channel; columns", async (t) => {
	const { house, page } = await open(t);

	await show(page, house, { queues: "vip,sales,not there" });
	assert.deepEqual(await tiles(page), ["vip", "sales", "not there"]);
	await show(page, house, { channel: "email" });
	assert.deepEqual(await tiles(page), ["mail"]);
	for (const cols of [2, 5]) {
		await show(page, house, { cols });
		const lefts = await page.evaluate(() => [...document.querySelectorAll("section.tile")]
		    .map((e) => Math.round(e.getBoundingClientRect().left)));
		assert.equal(new Set(lefts).size, cols);
	}
	await show(page, house, { title: "Floor 2" });
	assert.match(await page.innerText("header"), /Floor 2/);
});

test("settings: the view of the address, also by Back and Forward", async (t) => {
	const { house, page } = await open(t);
	const shows = (view) => page.waitForSelector(`body[data-view="${view}"]`);

	await show(page, house, { view: "agents", queues: "sales" });
	await shows("agents");
	await page.click("h1 a");
	await shows("board");
	assert.equal(new URL(page.url()).search, "?lang=en&queues=sales");
	await page.goBack();
	await shows("agents");
	await page.keyboard.press("Escape");
	await shows("board");
	await page.goBack();
	await shows("agents");
	await page.goForward();
	await shows("board");
	assert.deepEqual(page.faults, []);
});

test("settings: tiles keep their place", async (t) => {
	const { house, writer, page } = await open(t);

	await show(page, house, {});
	const before = await tiles(page);
	writer.board.queues.set("sales", lateQueue());
	await page.waitForSelector('section.tile[data-queue="sales"][data-status="crit"]');
	assert.deepEqual(await tiles(page), before);
});

const many = () => ({ queues: new Map(Array.from({ length: 40 }, (_, i) => [`queue ${i + 1}`, queue()])),
	alerts: new Map(), feeds: new Map() });

test("settings: forty queues take turns", async (t) => {
	const { house, page } = await open(t, many());
	const seen = new Set(), pages = new Set();

	await show(page, house, { rotate: 1 });
	await until("all to have been seen", async () => {
		const now = await tiles(page);
		assert.ok(now.length < 40);
		now.forEach((name) => seen.add(name));
		pages.add(now.join());
		return seen.size == 40;
	}, 40_000);
	assert.ok(pages.size >= 2);
	t.note(`${pages.size} pages`);
});

// Counts the tones a page starts, and lets them sound.
const COUNT_TONES = () => {
	const start = OscillatorNode.prototype.start;

	window.tones = 0;
	OscillatorNode.prototype.start = function (...when) { window.tones++; return start.apply(this, when); };
};

test("settings: a tone when a queue becomes late, and only then", async (t) => {
	const { house, writer, page } = await open(t);
	const tones = () => page.evaluate(() => window.tones);
	const become = async (status) => {
		writer.board.queues.set("sales", status == "crit" ? lateQueue() : queue({ status }));
		await page.waitForSelector(`section.tile[data-queue="sales"][data-status="${status}"]`);
	};

	await page.addInitScript(COUNT_TONES);
	await show(page, house, { sound: 1 });
	// One is late from the start: that is no news.
	assert.equal(await tones(), 0);
	await become("warn");
	assert.equal(await tones(), 0);
	await become("crit");
	await until("a tone", async () => await tones() > 0);
	const once = await tones();
	const version = writer.version;
	await until("two more snapshots", () => writer.version >= version + 2);
	await become("ok");
	assert.equal(await tones(), once);
	await become("crit");
	await until("another tone", async () => await tones() == 2 * once);
});

test("settings: no sound where none is asked for", async (t) => {
	const { house, writer, page } = await open(t);

	await page.addInitScript(COUNT_TONES);
	await show(page, house, {});
	writer.board.queues.set("sales", lateQueue());
	await page.waitForSelector('section.tile[data-queue="sales"][data-status="crit"]');
	assert.equal(await page.evaluate(() => window.tones), 0);
});

test("settings: the keyboard finds its way", async (t) => {
	const { house, page } = await open(t);

	await show(page, house, {});
	const first = (await tiles(page))[0];
	await page.keyboard.press("1");
	assert.equal(await page.evaluate(() => document.activeElement.closest("section.tile")?.dataset.queue), first);
	await page.keyboard.press("Enter");
	await page.waitForURL(/\/queue\//);
	await page.waitForSelector(".charts figure");
	await page.keyboard.press("Escape");
	await page.waitForURL((u) => u.pathname == "/");
	await page.waitForSelector("section.tile");
	assert.deepEqual(page.faults, []);
});

test("settings: a token opens the page, and nothing else does", async (t) => {
	const token = "correct-horse-battery";
	const house = await House.open(t, ({ dir }) => {
		writeFileSync(join(dir, "token"), token + "\n", { mode: 0o600 });
		return { wallboard: `token_file = "${dir}/token";` };
	});
	const writer = await new Writer(house.redis, ten()).start();
	t.after(() => writer.stop());
	await house.startBoard();
	for (const path of ["/", "/queue/sales", "/events", "/api/v1/snapshot", "/metrics"]) {
		assert.equal((await fetch(house.url(path))).status, 401, path);
		assert.equal((await fetch(house.url(path, { token: token + "x" }))).status, 401, path);
	}
	const page = await openPage(t);
	await show(page, house, { token });
	assert.equal((await tiles(page)).length, 10);
	await show(page, house, { token }, "/queue/sales");
	await page.waitForSelector(".charts figure svg");
	assert.deepEqual(page.faults, []);
	await page.goto(house.url());
	assert.doesNotMatch(await page.content(), /sales/);
});

test("settings: agents as teams, and not at all", async (t) => {
	for (const [mode, teams] of [["teams", 'teams: { north: { agents = ["Anna*", "B*"]; }; };'], ["off", ""]]) {
		const { house, writer, page } = await open(t, ten(), { wallboard: `agents = "${mode}"; ${teams}` });

		await writer.agents(agentsOf(16));
		await show(page, house, {}, "/agents");
		if (mode == "teams")
			await page.waitForSelector('[data-team="north"]');
		const names = [...agentsOf(16).keys()];
		const all = await page.content() + await (await fetch(house.url("/api/v1/agents"))).text() +
		    await (await fetch(house.url("/api/v1/snapshot"))).text();
		assert.deepEqual(names.filter((n) => all.includes(n)), []);
		assert.equal(await page.locator("[data-agent]").count(), 0);
		assert.deepEqual(page.faults, []);
	}
});
