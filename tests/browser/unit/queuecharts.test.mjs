// SPDX-License-Identifier: MIT
/* Which figures the charts of a queue show: by what the queue promises. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { formats } from "../../../wallboard/page/figures.js";
import { chartsOf } from "../../../wallboard/page/queuecharts.js";
import { words } from "../../../wallboard/page/words.js";

const tools = { t: words("en"), fmt: formats("en") };
const calls = { sl_threshold_seconds: 20, sl_target_ratio: 0.8 };
const mails = { sl_threshold_seconds: null, sl_target_ratio: null, first_response_running_count: 3 };

function chart(queue, id, fields) {
	const [, , what] = chartsOf(queue, tools.t).find(([name]) => name === id);
	const length = Object.values(fields)[0].length;
	const day = { time: Array.from({ length }, (_, i) => i), fields: new Map(Object.entries(fields)) };
	const data = what(day, queue, tools);

	return { ...data, layer: (name) => data.layers.find((l) => l.id === name) };
}

test("a queue with a threshold: waits, contacts, service level, agents", () => {
	assert.deepEqual(chartsOf(calls, tools.t).map(([id, title]) => [id, title]), [["waits", "Waits"],
		["volume", "Contacts"], ["service", "service level"], ["staffing", "Agents"]]);
});

test("one that owes answers: how many wait for one, and the share in time", () => {
	const shown = chartsOf(mails, tools.t).map(([id]) => id);
	const service = chart(mails, "service", { first_response_ratio: [0.5, null],
		first_response_met_count: [1, 0], first_response_missed_count: [1, 0], sl_ratio: [1, 1] });

	assert.deepEqual(shown, ["backlog", "volume", "service", "staffing"]);
	assert.deepEqual(service.layer("service").values, [0.5, null]);
	assert.deepEqual(service.layer("n").values, [2, 0]);
	assert.equal(service.limit, null);
});

test("the threshold is on the chart of waits, also when all waited less", () => {
	const waits = chart(calls, "waits", { asa_seconds: [2], wait_p90_seconds: [4] });

	assert.equal(waits.limit.value, 20);
	assert.equal(waits.limit.label, "threshold 0:20");
	assert.ok(waits.top > 20);
});

test("below target is marked, few contacts are faint, unknown is neither", () => {
	const service = chart(calls, "service", { sl_ratio: [0.79, 0.8, 0.5, null], sl_n: [50, 50, 4, 0] });

	assert.deepEqual(service.layer("service").poor, [true, false, true, false]);
	assert.deepEqual(service.layer("service").faint, [false, false, true, true]);
});

test("agents missing: only where both are known, never less than none", () => {
	const missing = chart(calls, "staffing", { agents_staffed_count: [5, 9, null, 4],
		agents_required_count: [7, 7, 7, null] }).layer("missing");

	assert.deepEqual(missing.values, [2, 0, null, null]);
	assert.deepEqual(missing.high, [7, 9, null, null]);
});

test("who left otherwise is shown where somebody did", () => {
	const fields = { offered_count: [3], answered_count: [1], abandoned_count: [1],
		flowed_out_count: [0], callback_count: [0] };
	const ids = (f) => chart(calls, "volume", f).layers.map((l) => l.id);

	assert.deepEqual(ids(fields), ["answered", "abandoned", "offered"]);
	assert.deepEqual(ids({ ...fields, callback_count: [1] }),
		["answered", "abandoned", "left_otherwise", "offered"]);
});

test("a field the history does not have is unknown", () => {
	assert.deepEqual(chart(calls, "waits", { asa_seconds: [1, 2] }).layer("p90").values, [null, null]);
});
