// SPDX-License-Identifier: MIT
//
// What is shown of a queue and of the site, and how it is written.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DASH, formats, isBelow, isOver, number, percent, seconds, service, siteFigures, statusOf, tileFigures,
	waitNow, worstStatus, worstWait, written } from "../../../wallboard/page/figures.js";

const NOTHING = [null, undefined, NaN, Infinity, "", "12"];

test("what is not known is a dash", () => {
	for (const v of NOTHING)
		for (const write of [number, seconds, percent, formats("de").clock])
			assert.equal(write(v), DASH);
});

test("lengths of time", () => {
	const cases = [[0, "0:00"], [0.999, "0:00"], [65, "1:05"], [3599.9, "59:59"], [3723, "1:02:03"],
		[35999, "9:59:59"], [36000, "10\u00a0h"], [-3, "0:00"]];

	for (const [v, text] of cases)
		assert.equal(seconds(v), text);
});

test("a share is not rounded to all or nothing", () => {
	assert.deepEqual([1, 0.999, 0.995, 0.804, 0.004, 0].map(percent), ["100%", "99%", "99%", "80%", "1%", "0%"]);
});

test("numbers as the language writes them", () => {
	assert.equal(formats("de").number(1234), "1.234");
	assert.equal(formats("en").number(1234), "1,234");
	assert.equal(formats("de").percent(0.5), "50\u00a0%");
});

test("a figure by the unit in its name", () => {
	const fmt = formats("en");

	assert.equal(written(fmt, "oldest_wait_seconds", 61), "1:01");
	assert.equal(written(fmt, "sl_ratio_15m", 0.5), "50%");
	assert.equal(written(fmt, "waiting_count", 7), "7");
	assert.equal(written(fmt, null, null), DASH);
});

test("a figure in any window the settings allow", () => {
	const fmt = formats("en");

	for (const window of ["1s", "5m", "30m", "1h", "1h30m", "90s", "3600000ms", "24h", "1d", "today"]) {
		assert.equal(written(fmt, "sl_ratio_" + window, 0.42), "42%");
		assert.equal(written(fmt, "aht_seconds_" + window, 754), "12:34");
		assert.equal(written(fmt, "handled_per_login_hour_" + window, 4.625), "4.63");
	}
});

test("a figure that is neither a count, a share nor a time has decimals", () => {
	const fmt = formats("en");

	assert.equal(written(fmt, "ces_score_today", 4.6), "4.6");
	assert.equal(written(fmt, "ces_score_today", 5), "5");
	assert.equal(written(fmt, "concurrency_ratio_60m", 2.4), "2.4");
	assert.equal(written(formats("de"), "review_avg_60m", 79.5), "79,5");
});

// [name, unit] of all there are; a clock's figures as those of promises.
function allFigures()
{
	const table = readFileSync(new URL("../../../include/ccmon/metrics.def", import.meta.url), "utf8");
	const rows = [...table.matchAll(/^METRIC\([^,]+, (name )?"(\w+)", (\w+),/gm)];

	return rows.map(([, ofClock, name, unit]) => [ofClock ? "promise" + name : name, unit]);
}

test("every figure there is, by its unit", () => {
	const fmt = formats("en"), all = allFigures();
	const shapes = { COUNT: "0.5", RATIO: "50%", SECONDS: "0:00", RATE: "0.5", NUMBER: "0.5", FLAG: "0.5" };

	assert.ok(all.length > 150 && all.some(([name]) => name === "promise_due_15m_count"));
	for (const [name, unit] of all.filter(([, unit]) => unit !== "EPOCH_MS"))
		for (const field of [name, name + "_30m", name + "_today"])
			assert.equal(written(fmt, field, 0.5), shapes[unit], field);
});

test("a status of nobody, or from the future, is not known", () => {
	assert.deepEqual([null, {}, { status: "purple" }, { status: "crit" }].map(statusOf),
		["unknown", "unknown", "unknown", "crit"]);
});

test("the worst status", () => {
	const of = (...words) => worstStatus(words.map((status) => ({ status })));

	assert.equal(of("ok", "warn", "unknown"), "warn");
	assert.equal(of("unknown", "ok", "closed"), "unknown");
	assert.equal(of("closed", "ok"), "ok");
	assert.equal(of(), "unknown");
});

const CALL = { status: "ok", sl_threshold_seconds: 20, sl_target_ratio: 0.8, sl_formula: "offered",
	sl_ratio_15m: 0.7, sl_n_15m: 10, sl_ratio_today: 0.9, sl_n_today: 99, waiting_count: 2, oldest_wait_seconds: 15 };
const MAIL = { status: "ok", sl_threshold_seconds: null, first_response_ratio_60m: 0.9, first_response_n_60m: 30,
	first_response_target_ratio: 0.95, first_response_running_count: 4 };

test("service: by the level where one is promised, else by answers, else by updates", () => {
	const { kind, ratio, count, field } = service(CALL, null);

	assert.deepEqual([kind, ratio, count, field], ["sl", 0.7, 10, "sl_ratio_15m"]);
	assert.equal(service(CALL, "today").count, 99);
	assert.deepEqual([service(MAIL, null).kind, service(MAIL, null).ratio, service(MAIL, null).count], ["first_response", 0.9, 30]);
	assert.equal(service({ promise_ratio_60m: 0.5, promise_running_count: 1 }, null).kind, "promise");
	assert.deepEqual([service({}, null).kind, service({}, null).ratio], ["first_response", null]);
});

test("service: below the target only where there is something to judge", () => {
	assert.equal(isBelow(service(CALL, null)), true);
	assert.equal(isBelow(service(CALL, "today")), false);
	assert.equal(isBelow(service({ ...CALL, sl_n_15m: 0 }, null)), false);
	assert.equal(isBelow(service(MAIL, null)), true);
	assert.equal(isBelow(service({ ...MAIL, first_response_target_ratio: undefined }, null)), false);
});

test("a wait ticks while somebody waits and the feed is heard", () => {
	assert.equal(waitNow(CALL, 2500), 17.5);
	assert.equal(waitNow({ ...CALL, waiting_count: 0 }, 2500), 15);
	assert.equal(waitNow({ ...CALL, status: "unknown" }, 2500), 15);
	assert.equal(waitNow({ ...CALL, oldest_wait_seconds: null }, 2500), null);
	assert.equal(isOver(CALL, 21), true);
	assert.equal(isOver(CALL, 19), false);
	assert.equal(isOver(MAIL, 9999), false);
});

test("the window of the address is that of all that have one", () => {
	const queue = { ...CALL, aht_seconds_60m: 60, aht_seconds_today: 90, asa_seconds_today: 3 };

	assert.equal(tileFigures(queue, null, 0).aht, 60);
	assert.equal(tileFigures(queue, "today", 0).aht, 90);
	assert.equal(tileFigures(queue, "today", 0).detail.asa, 3);
});

const shown = [["a", { ...CALL, offered_count_today: 3 }], ["b", { ...CALL, oldest_wait_seconds: 70, offered_count_today: null }],
	["gone", null], ["mail", { ...MAIL, waiting_count: 0, oldest_wait_seconds: 9999 }]];
const snapshot = { totals: { waiting_count: 40, agents_available_count: 5 }, channels: new Map([["chat", { waiting_count: 7 }]]) };

test("the longest wait has a name, and somebody who waits", () => {
	assert.deepEqual(worstWait(shown, 1000), ["b", 71]);
	assert.equal(worstWait([], 0), null);
});

test("the site: totals as they are, counts of some queues added up, their agents not known", () => {
	const all = { queues: [], channel: "" };

	assert.equal(siteFigures(snapshot, shown, all, 0).waiting_count, 40);
	assert.equal(siteFigures(snapshot, shown, { ...all, channel: "chat" }, 0).waiting_count, 7);
	const some = siteFigures(snapshot, shown, { ...all, queues: ["a", "b"] }, 0);
	assert.deepEqual([some.waiting_count, some.offered_count_today, some.agents_available_count], [4, 3, null]);
	assert.equal(siteFigures(snapshot, [["gone", null]], { ...all, queues: ["gone"] }, 0).waiting_count, null);
});
