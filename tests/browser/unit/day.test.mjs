// SPDX-License-Identifier: MIT
/* A queue's day out of quarters and minutes: what can be told, and what not. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { FIELDS, dayOf, soFar } from "../../../wallboard/page/day.js";

const MIN = 60e3;
const noon = Date.parse("2026-11-22T12:00:00Z");
const midnight = noon - 720 * MIN;

/* A history of rows [[minutes after noon, { field: value }], ...]. */
function history(seconds, rows) {
	const fields = FIELDS.map((f) => [f, rows.map(([, row]) => row[f] ?? null)]);

	return { seconds, time: rows.map(([at]) => noon + at * MIN), fields: Object.fromEntries(fields) };
}

test("minutes become a quarter: sums, weighted means, newest levels, no percentile", () => {
	const minutes = history(60, [
		[-1, { offered_count: 100 }],
		[0, { offered_count: 2, answered_count: 1, wait_sum_seconds: 10, asa_seconds: 10, sl_ratio: 1,
			sl_n: 3, wait_p90_seconds: 9, wait_max_seconds: 10, agents_staffed_count: 8 }],
		[1, { offered_count: 4, answered_count: 3, wait_sum_seconds: 90, asa_seconds: 30, sl_ratio: 0,
			sl_n: 1, wait_p90_seconds: 40, wait_max_seconds: 44, agents_staffed_count: 7 }],
		[2, { offered_count: 0, answered_count: 0, sl_n: 0 }],
	]);
	const quarter = soFar(minutes, noon, noon + 15 * MIN);

	assert.equal(quarter.offered_count, 6);
	assert.equal(quarter.asa_seconds, 25);
	assert.equal(quarter.sl_ratio, 0.75);
	assert.equal(quarter.sl_n, 4);
	assert.equal(quarter.wait_p90_seconds, null);
	assert.equal(quarter.wait_max_seconds, 44);
	assert.equal(quarter.agents_staffed_count, 7);
	assert.equal(quarter.first_response_ratio, null);
});

test("of no minutes nothing is known, not 0", () => {
	assert.ok(Object.values(soFar(history(60, []), noon, noon + MIN)).every((v) => v === null));
});

test("no contacts: counts are 0, means and shares unknown", () => {
	const quarter = soFar(history(60, [[0, { offered_count: 0, answered_count: 0, sl_n: 0 }]]),
		noon, noon + MIN);

	assert.equal(quarter.offered_count, 0);
	assert.equal(quarter.asa_seconds, null);
	assert.equal(quarter.sl_ratio, null);
});

test("a day by the quarter begins with its first busy hour, ends with what runs", () => {
	const quarters = history(900, [[-300, { offered_count: 0 }], [-285, { offered_count: 9 }],
		[-270, { offered_count: 8 }], [-15, { offered_count: 7 }]]);
	const minutes = history(60, [[0, { offered_count: 1 }], [1, { offered_count: 2 }]]);
	const day = dayOf(quarters, minutes, midnight, noon + 2 * MIN + 5e3);

	assert.equal(day.from, noon - 300 * MIN);
	assert.equal(day.length, 15 * MIN);
	assert.equal(day.running, noon);
	assert.equal(day.to, noon + 15 * MIN);
	assert.deepEqual(day.fields.get("offered_count").slice(0, 4), [0, 9, 8, null]);
	assert.deepEqual(day.fields.get("offered_count").slice(-2), [7, 3]);
});

test("the levels of the running quarter are those of now, also when unknown now", () => {
	const quarters = history(900, [[-285, { offered_count: 9 }]]);
	const minutes = history(60, [[-1, { agents_staffed_count: 4 }],
		[0, { agents_staffed_count: 5, agents_required_count: 6, waiting_count: 7 }]]);
	const day = dayOf(quarters, minutes, midnight, noon + 2 * MIN,
		{ agents_staffed_count: 3, agents_required_count: null });
	const last = (field) => day.fields.get(field).slice(-2);

	assert.deepEqual(last("agents_staffed_count"), [4, 3]);
	assert.deepEqual(last("agents_required_count"), [null, null]);
	assert.deepEqual(last("waiting_count"), [null, 7]);
});

test("a quarter that has ended and is not written yet comes of its minutes", () => {
	const quarters = history(900, [[-285, { offered_count: 9 }], [-15, { offered_count: 7 }]]);
	const minutes = history(60, [[3, { offered_count: 5 }]]);
	const day = dayOf(quarters, minutes, midnight, noon + 15 * MIN + 4e3);

	assert.deepEqual(day.fields.get("offered_count").slice(-3), [7, 5, null]);
	assert.equal(day.running, noon + 15 * MIN);
});

test("a young day is shown by the minute, on an axis of half an hour at least", () => {
	const minutes = history(60, [[-2, { offered_count: 4 }], [-1, { offered_count: 5 }]]);
	const day = dayOf(history(900, []), minutes, midnight, noon);

	assert.equal(day.length, MIN);
	assert.equal(day.from, noon - 15 * MIN);
	assert.equal(day.to, noon + 15 * MIN);
	assert.equal(day.running, null);
	assert.deepEqual(day.fields.get("offered_count").slice(-3), [4, 5, null]);
});

test("what was before the day began is not of it", () => {
	const quarters = history(900, [[-735, { offered_count: 9 }], [-300, { offered_count: 1 }]]);
	const day = dayOf(quarters, history(60, []), midnight, noon);

	assert.equal(day.from, midnight);
	assert.ok(!day.fields.get("offered_count").includes(9));
});
