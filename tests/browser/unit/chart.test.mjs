// SPDX-License-Identifier: MIT
/* The geometry of the charts: hours of the clock, scales, and above all gaps. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { boxPath, clockOf, dayBegin, extremes, linePath, niceTicks, onGrid, scale, stacked,
	stepPath, timeTicks, topOf } from "../../../wallboard/page/chart.js";

const at = (text) => Date.parse(text);
const iso = (ms) => new Date(ms).toISOString().slice(0, 16);

test("a day begins at its start, by the clock of its zone", () => {
	const oslo = clockOf("Europe/Oslo");

	assert.equal(iso(dayBegin(at("2026-11-22T12:20:31Z"), oslo)), "2026-11-21T23:00");
	assert.equal(iso(dayBegin(at("2026-11-21T23:00:00Z"), oslo)), "2026-11-21T23:00");
	assert.equal(iso(dayBegin(at("2026-11-21T22:59:59Z"), oslo)), "2026-11-20T23:00");
	assert.equal(iso(dayBegin(at("2026-11-22T02:59:00Z"), oslo, 4 * 60)), "2026-11-21T03:00");
	assert.equal(iso(dayBegin(at("2026-11-22T03:00:00Z"), oslo, 4 * 60)), "2026-11-22T03:00");
	assert.equal(iso(dayBegin(at("2026-11-22T12:00:00Z"), clockOf("Asia/Kathmandu"))),
		"2026-11-21T18:15");
});

test("days of 23 and 25 hours", () => {
	const oslo = clockOf("Europe/Oslo");

	assert.equal(iso(dayBegin(at("2026-03-29T20:00:00Z"), oslo)), "2026-03-28T23:00");
	assert.equal(iso(dayBegin(at("2026-10-25T20:00:00Z"), oslo)), "2026-10-24T22:00");
	/* half past two does not come that night: the day begins when it is over */
	assert.equal(iso(dayBegin(at("2026-03-29T12:00:00Z"), oslo, 150)), "2026-03-29T01:00");
});

test("hours are hours of the clock, few enough to read", () => {
	const kathmandu = clockOf("Asia/Kathmandu");
	const from = at("2026-11-22T02:15:00Z"); /* 08:00 there */
	const ticks = timeTicks(from, from + 9 * 3600e3, kathmandu, 5);

	assert.deepEqual(ticks.map((t) => t.label), ["08:00", "10:00", "12:00", "14:00", "16:00"]);
	assert.deepEqual(timeTicks(from, from + 1800e3, kathmandu, 5).map((t) => t.label),
		["08:00", "08:15", "08:30"]);
});

test("ticks: whole contacts, seconds of a clock, quarters of a whole", () => {
	assert.deepEqual(niceTicks("count", 2, 5), [0, 1, 2]);
	assert.deepEqual(niceTicks("count", 47, 5), [0, 10, 20, 30, 40, 50]);
	assert.deepEqual(niceTicks("count", 0, 5), [0, 1]);
	assert.deepEqual(niceTicks("seconds", 50, 4), [0, 15, 30, 45, 60]);
	assert.deepEqual(niceTicks("seconds", 7000, 4), [0, 1800, 3600, 5400, 7200]);
	assert.deepEqual(niceTicks("seconds", 250000, 4), [0, 86400, 172800, 259200]);
	assert.deepEqual(niceTicks("ratio", 1, 4), [0, 0.25, 0.5, 0.75, 1]);
	assert.deepEqual(niceTicks("ratio", 1, 2), [0, 0.5, 1]);
});

test("a scale may be upside down, or of no length", () => {
	assert.equal(scale(0, 10, 100, 0)(2.5), 75);
	assert.equal(scale(5, 5, 30, 90)(5), 30);
});

test("a line has gaps for null, and a dot for a lone figure", () => {
	assert.equal(linePath([0, 1, 2, 3], [9, 8, null, 7]), "M0 9L1 8M3 7h0");
	assert.equal(linePath([0, 1, 2], [null, 5, null]), "M1 5h0");
	assert.equal(linePath([0, 1], [null, null]), "");
	assert.equal(linePath([0, 1], [0, 0]), "M0 0L1 0");
});

test("steps hold to the end of their interval, and end at a gap", () => {
	assert.equal(stepPath([0, 10, 20, 30, 40], [5, 3, null, 4]), "M0 5H10V3H20M30 4H40");
});

test("boxes: none for null, none for nothing", () => {
	assert.equal(boxPath([0, 10, 20, 30], [9, 9, 9], [4, null, 9], 1), "M1 9H9V4H1Z");
});

test("a stack stands on what is below it; null stays unknown", () => {
	assert.deepEqual(stacked([[1, null, 3], [2, 2, null], [4, 4, 4]]), [
		{ low: [0, null, 0], high: [1, null, 3] },
		{ low: [1, 0, null], high: [3, 2, null] },
		{ low: [3, 2, 3], high: [7, 6, 7] },
	]);
	assert.equal(topOf([{ type: "bars", values: [1, 5] }, { type: "bars", values: [2, null] },
		{ type: "line", values: [4, null] }, { type: "figure", values: [99, 99] }]), 5);
	assert.equal(topOf([{ type: "line", values: [null] }], 20), 20);
});

test("newest and highest pass over what is not known", () => {
	assert.deepEqual(extremes([10, 20, 30, 40], [1, 7, 2, null]), { last: 2, max: 7, at: 20 });
	assert.equal(extremes([10, 20], [null, null]), null);
	assert.deepEqual(extremes([10], [0]), { last: 0, max: 0, at: 10 });
});

test("a grid has a place for each interval, also for those nobody wrote", () => {
	const history = { seconds: 60, time: [120e3, 240e3], fields: { a: [1, 2], b: [null, 0] } };
	const grid = onGrid(history, 100e3, 301e3);

	assert.deepEqual(grid.time, [60e3, 120e3, 180e3, 240e3, 300e3]);
	assert.deepEqual(grid.fields.get("a"), [null, 1, null, 2, null]);
	assert.deepEqual(grid.fields.get("b"), [null, null, null, 0, null]);
	assert.deepEqual(onGrid(history, 120e3, 120e3).time, [120e3]);
});
