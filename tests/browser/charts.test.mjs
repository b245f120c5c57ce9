// SPDX-License-Identifier: MIT
//
// The charts of a queue's page show what the history has: no less, and above
// all no more.

import assert from "node:assert/strict";
import { House } from "./lib/house.mjs";
import { Writer, ten } from "./lib/figures.mjs";
import { fresh, openPage } from "./lib/page.mjs";
import { test, until } from "./lib/test.mjs";

const QUARTER = 900_000, MINUTE = 60_000;
const DASH = "\u2014";

// A day that began twelve hours ago, whatever the hour of the test is.
const site = () => `day_start = "${String((new Date().getUTCHours() + 12) % 24).padStart(2, "0")}:00";`;

async function open(t)
{
	const house = await House.open(t, { site: site() });
	const writer = await new Writer(house.redis, ten()).start();

	t.after(() => writer.stop());
	await house.startBoard();
	return { house, writer, page: await openPage(t) };
}

const running = () => Math.floor(Date.now() / QUARTER) * QUARTER;

// Twenty quarters before the end: 10 offered in the first, 11 in the next ...
// The sixth nobody wrote; in the eighth nobody came.
async function writeDay(writer, end = running())
{
	const start = end - 20 * QUARTER;
	const entry = (i) => [start + i * QUARTER, { offered_count: 10 + i, answered_count: 9 + i, abandoned_count: 1,
		sl_ratio: (0.6 + i / 100).toFixed(4), sl_n: 10 + i, asa_seconds: (20 + i).toFixed(3),
		wait_p90_seconds: (60 + i).toFixed(3), agents_staffed_count: 8, agents_required_count: 9 }];
	const nobody = [start + 8 * QUARTER, { offered_count: 0, answered_count: 0, abandoned_count: 0, sl_ratio: null,
		sl_n: 0, asa_seconds: null, wait_p90_seconds: null, agents_staffed_count: 8, agents_required_count: null }];

	await writer.history("sales", "15m", Array.from({ length: 20 }, (_, i) => i)
	    .filter((i) => i != 6).map((i) => (i == 8 ? nobody : entry(i))));
	return start;
}

const time = (ms) => new Date(ms).toISOString().slice(11, 16);
const chart = (page, name) => page.locator(`.charts figure[data-chart=${name}]`);

// The rows of a chart's table, as texts by the time they begin.
async function rowsOf(page, name)
{
	const rows = await chart(page, name).locator("tbody tr").evaluateAll((all) =>
	    all.map((row) => [...row.cells].map((cell) => cell.textContent)));

	return new Map(rows.map(([span, ...cells]) => [span.slice(0, 5), cells]));
}

const legend = (page, name) => chart(page, name).locator("li b").allTextContents();

async function show(page, house)
{
	await page.goto(house.url("/queue/sales", { lang: "en" }));
	await fresh(page, "live");
	await chart(page, "staffing").locator("svg text").first().waitFor();
}

test("charts: the figures of the history, a gap for what nobody wrote, a dash for what is undefined", async (t) => {
	const { house, writer, page } = await open(t);
	const start = await writeDay(writer);

	await show(page, house);
	const service = await rowsOf(page, "service"), at = (i) => time(start + i * QUARTER);
	assert.deepEqual(service.get(at(0)), ["60%", "10"]);
	assert.deepEqual(service.get(at(19)), ["79%", "29"]);
	assert.equal(service.get(at(6)), undefined);
	assert.deepEqual(service.get(at(8)), [DASH, "0"]);
	assert.deepEqual((await rowsOf(page, "waits")).get(at(9)), ["1:09", "0:29", DASH]);
	assert.equal((await rowsOf(page, "waits")).get(at(8)), undefined);
	assert.deepEqual((await rowsOf(page, "volume")).get(at(8)), ["0", "0", "0"]);
	assert.deepEqual((await rowsOf(page, "staffing")).get(at(9)), ["1", "9", "8"]);

	const line = await chart(page, "service").locator("[data-layer=service] path.line").last().getAttribute("d");
	assert.equal(line.split("M").length - 1, 3, `three pieces: ${line}`);
	assert.deepEqual(page.faults, []);
});

test("charts: keys move through time, and the legend tells", async (t) => {
	const { house, writer, page } = await open(t);
	const start = await writeDay(writer);

	await show(page, house);
	await chart(page, "volume").locator("[role=slider]").focus();
	await page.keyboard.press("End");
	for (let i = 0; i < 5; i++)
		await page.keyboard.press("ArrowLeft");
	const span = await chart(page, "volume").locator("time").innerText();
	const spoken = await chart(page, "volume").locator("[role=slider]").getAttribute("aria-valuetext");
	const told = await legend(page, "volume");
	assert.deepEqual(told, (await rowsOf(page, "volume")).get(span.slice(0, 5)));
	assert.ok(spoken.startsWith(span) && told.every((text) => spoken.includes(text)), spoken);
	assert.equal(span.slice(0, 5), time(start + 14 * QUARTER));
	await page.keyboard.press("Escape");
	await page.waitForURL(house.url("/", { lang: "en" }));
});

test("charts: what runs is of its minutes, and asked for at once when the line is back", async (t) => {
	const { house, writer, page } = await open(t);
	// two minutes of it are over; it may be over itself, and not be written
	const minute = Math.floor((Date.now() - 2 * MINUTE) / QUARTER) * QUARTER;
	const shown = async () => (await rowsOf(page, "volume")).get(time(minute))?.join();

	await writeDay(writer, minute);
	await writer.history("sales", "1m", [[minute, { offered_count: 4, answered_count: 3, abandoned_count: 0 }]]);
	await show(page, house);
	await until("the quarter that runs", async () => await shown() == "3,0,4");

	await house.board.end();
	await fresh(page, "reconnecting");
	await writer.history("sales", "1m", [[minute + MINUTE, { offered_count: 5, answered_count: 5, abandoned_count: 1 }]]);
	await house.startBoard();
	const began = performance.now();
	await until("both minutes", async () => await shown() == "8,1,9", 20_000);
	t.note(`${((performance.now() - began) / 1000).toFixed(1)} s`);
});

test("charts: a history that cannot be had is said, and asked for again", async (t) => {
	const { house, writer, page } = await open(t);
	let refuse = true;

	await writeDay(writer);
	await page.route("**/api/v1/history?*", (route) => (refuse
	    ? route.fulfill({ status: 503, json: { error: "Redis does not answer" } }) : route.continue()));
	await page.goto(house.url("/queue/sales", { lang: "en" }));
	await until("the words", async () => (await page.innerText(".queue .note")).includes("Redis does not answer"));
	assert.equal(await page.locator(".charts figure").count(), 0);
	refuse = false;
	await until("the charts", async () => await page.locator(".charts figure").count() == 4, 20_000);
	await until("no more words", async () => await page.locator(".queue .note").innerText() == "");
});
