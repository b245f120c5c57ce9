// SPDX-License-Identifier: MIT
//
// The board without a browser: which queues, where, how large, on which page;
// who is newly late; when the page is loaded anew.

import assert from "node:assert/strict";
import { test } from "node:test";
import { formats } from "../../../wallboard/page/figures.js";
import { announcement, latecomers, titleOf } from "../../../wallboard/page/late.js";
import { arrange, share, SHAPES } from "../../../wallboard/page/layout.js";
import { isDue } from "../../../wallboard/page/reload.js";
import { turned } from "../../../wallboard/page/rotate.js";
import { parseSnapshot, shownQueues } from "../../../wallboard/page/snapshot.js";
import { byState, inState, STATES } from "../../../wallboard/page/states.js";
import { grouped } from "../../../wallboard/page/trends.js";
import { words } from "../../../wallboard/page/words.js";

/* ---- snapshot ---- */

const text = '{"site":"x","version":1,"queues":{"b":{"channel":"call"},"__proto__":{"channel":"chat"},"a10":{},"a9":{}},"alerts":{}}';
const all = { queues: [], channel: "" };
const names = (...args) => shownQueues(...args).map(([name]) => name);

test("names are keys of a Map, whatever they are", () => {
	const snapshot = parseSnapshot(text);

	assert.equal(snapshot.queues.get("__proto__").channel, "chat");
	assert.equal(snapshot.queues.get("constructor"), undefined);
	assert.equal(snapshot.feeds.size, 0);
	assert.deepEqual(snapshot.totals, {});
});

test("queues keep their place: by name, or as asked for", () => {
	const snapshot = parseSnapshot(text);

	assert.deepEqual(names(snapshot, all), ["__proto__", "a9", "a10", "b"]);
	assert.deepEqual(names(snapshot, { ...all, queues: ["b", "gone", "a9", "b"] }), ["b", "gone", "a9"]);
	assert.deepEqual(names(snapshot, { ...all, channel: "call" }), ["b"]);
	assert.deepEqual(names(snapshot, all, " A"), ["a9", "a10"]);
	assert.equal(shownQueues(snapshot, { ...all, queues: ["gone"] })[0][1], null);
});

/* ---- lists ---- */

test("spare columns go to the longest lists, as long as they are too long", () => {
	assert.deepEqual(share([26, 0, 1, 39, 2, 4, 0], 10, 26), [1, 1, 1, 2, 1, 1, 1]);
	assert.deepEqual(share([60, 0, 1, 90], 8, 26), [3, 1, 1, 3]);
	assert.deepEqual(share([60, 90], 1, 10), [1, 1]);
	assert.deepEqual(share([], 4, 10), []);
	assert.deepEqual(share([3, 0, 2], 10, 26), [1, 1, 1]);
});

/* ---- layout: the room below the strip of a 1080p television ---- */

const TV = { width: 1888, height: 890, gap: 12 };
const FLOOR = 20.6;

test("ten queues fit a television, above the floor", () => {
	const { cols, rows, pages, unit } = arrange(TV, 10, { floor: FLOOR });

	assert.deepEqual([cols, rows, pages], [5, 2, 1]);
	assert.ok(unit >= FLOOR);
});

test("nothing is larger than its room, nor below the floor", () => {
	for (let n = 1; n <= 60; n++) {
		const { cols, rows, unit, shape, perPage, pages } = arrange(TV, n, { floor: FLOOR });

		assert.ok(unit >= FLOOR, `${n}`);
		assert.ok(cols * rows >= perPage && perPage * pages >= n && perPage * (pages - 1) < n, `${n}`);
		assert.ok(cols * SHAPES[shape].width * unit + (cols - 1) * TV.gap <= TV.width + 0.01, `${n}`);
		assert.ok(rows * SHAPES[shape].height * unit + (rows - 1) * TV.gap <= TV.height + 0.01, `${n}`);
	}
});

test("forty take turns, as many on each page; or are scrolled", () => {
	assert.deepEqual([arrange(TV, 40, { floor: FLOOR }).perPage, arrange(TV, 40, { floor: FLOOR }).pages], [10, 4]);
	const scrolled = arrange(TV, 40, { floor: FLOOR, scrolls: true });
	assert.deepEqual([scrolled.pages, scrolled.scrolls], [1, true]);
	assert.ok(scrolled.unit >= FLOOR);
});

test("a room too small for one scrolls a column", () => {
	const { cols, pages, scrolls } = arrange({ width: 360, height: 300, gap: 8 }, 5, { floor: FLOOR });

	assert.deepEqual([cols, pages, scrolls], [1, 1, true]);
});

test("columns are as many as asked for", () => {
	assert.equal(arrange(TV, 10, { floor: 8, cols: 2 }).cols, 2);
	assert.equal(arrange(TV, 3, { floor: 8, cols: 9 }).cols, 3);
	assert.equal(arrange(TV, 0, { floor: 8 }).pages, 1);
});

/* ---- turning pages ---- */

test("pages turn in time, and end where there are fewer", () => {
	const at = { page: 1, turnAt: 100 };

	assert.deepEqual(turned(at, 99, 3, 20), at);
	assert.deepEqual(turned(at, 100, 3, 20), { page: 2, turnAt: 120 });
	assert.deepEqual(turned({ page: 2, turnAt: 100 }, 100, 3, 20), { page: 0, turnAt: 120 });
	assert.equal(turned({ page: 5, turnAt: 100 }, 1, 3, 20).page, 2);
	assert.equal(turned(at, 1, 1, 20).page, 0);
});

/* ---- late ---- */

const late = ["a", { status: "crit", waiting_count: 3, oldest_wait_seconds: 65 }], fine = ["b", { status: "ok" }];

test("late is news once, and not to who has just come", () => {
	assert.deepEqual(latecomers([late, fine], null).fresh, []);
	assert.deepEqual(latecomers([late, fine], []).fresh, [late]);
	assert.deepEqual(latecomers([late, fine], ["a"]).fresh, []);
	assert.deepEqual(latecomers([late, ["gone", null]], []).names, ["a"]);
});

test("what is announced, and what stands on the tab", () => {
	const t = words("en");

	assert.equal(announcement(late, { t, fmt: formats("en"), url: { window: null } }),
		"a is late. Waiting: 3, longest wait 1:05.");
	assert.equal(titleOf([late, fine], true, "", "Site", t), "\u25a0 1 late \u00b7 Site");
	assert.equal(titleOf([fine], true, "", "Site", t), "\u25cf OK \u00b7 Site");
	assert.equal(titleOf([fine], false, "NO NEW DATA", "Site", t), "? NO NEW DATA \u00b7 Site");
});

/* ---- trends ---- */

test("minutes become points of five; where nobody counted is a gap", () => {
	const now = 3600e3, minute = (i) => now - i * 60e3;

	assert.deepEqual(grouped([minute(15), minute(14), minute(13), minute(5), minute(0)], [1, 2, null, 7, 9], now, 1200e3),
		[3, null, 7]);
	assert.deepEqual(grouped([0], [5], now, 900e3), [null, null]);
});

/* ---- agents ---- */

test("agents: every one is in a state, the longest first", () => {
	const agent = (name, state, since) => ({ name, state, state_since_epoch_ms: since });
	const groups = byState([agent("a", "acw", 20), agent("b", "acw", 10), agent("c", "dancing", 1)]);

	assert.deepEqual([...groups.keys()], STATES);
	assert.deepEqual(groups.get("acw").map((one) => one.name), ["b", "a"]);
	assert.deepEqual(groups.get("offline").map((one) => one.name), ["c"]);
	assert.equal(inState(agent("a", "acw", 1000), 3500), 2.5);
	assert.equal(inState(agent("a", "acw", null), 3500), null);
	assert.equal(inState(agent("a", "acw", 9000), 3500), 0);
});

/* ---- at four in the morning ---- */

test("the page is loaded anew when a four o'clock has passed", () => {
	const at = (day, hour, minute = 0) => new Date(2026, 4, day, hour, minute);

	assert.equal(isDue(at(1, 22), at(2, 3, 59)), false);
	assert.equal(isDue(at(1, 22), at(2, 4)), true);
	assert.equal(isDue(at(2, 4, 1), at(2, 23)), false);
	assert.equal(isDue(at(2, 4, 1), at(3, 5)), true);
});
