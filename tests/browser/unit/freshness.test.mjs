// SPDX-License-Identifier: MIT
//
// When a board may be believed: the three clocks.

import assert from "node:assert/strict";
import { test } from "node:test";
import { freshness, isTrusted, LINE_SILENT } from "../../../wallboard/page/freshness.js";

const NOW = 1e6;
const monitor = { time: 5e9, redis: true, state: "running", updated_epoch_ms: 5e9 - 200 };
const live = { shownAt: NOW - 60e3, open: true, heardAt: NOW - 500, versionAt: NOW - 600, versions: 9, staleAfter: 15e3, monitor, monitorAt: NOW - 500 };
const state = (changes, now = NOW) => freshness(now, { ...live, ...changes }).state;

test("all well", () => {
	assert.deepEqual(freshness(NOW, live), { state: "live", seconds: 0 });
});

const began = { ...live, shownAt: NOW, versionAt: null, versions: 0 };
const noLine = { ...began, open: false, heardAt: null, monitor: null, monitorAt: null };

test("nothing has come yet: it is waited for as long as figures are new", () => {
	const noRedis = { ...monitor, redis: false, state: "none", updated_epoch_ms: null };

	for (const facts of [{ ...began, monitor: null }, noLine, { ...began, monitor: noRedis }, began]) {
		const heard = { ...facts, heardAt: NOW + 14500, monitorAt: NOW + 14500 };

		assert.equal(freshness(NOW + 14999, heard).state, "connecting");
		assert.deepEqual(freshness(NOW + 16e3, heard), { state: "stale", seconds: 16 });
	}
	assert.deepEqual(freshness(NOW + 3600e3, noLine), { state: "stale", seconds: 3600 });
});

test("none are to come: the snapshot of a daemon that was killed is gone, when it wrote last is known", () => {
	const killed = { ...monitor, updated_epoch_ms: monitor.time - 3600e3 };

	assert.deepEqual(freshness(NOW + 500, { ...began, heardAt: NOW + 500, monitor: killed, monitorAt: NOW + 500 }),
		{ state: "stale", seconds: 3600 });
});

test("while nobody looks nothing is said; then the figures are as old as they are", () => {
	const hidden = { ...noLine, versionAt: NOW - 600 };

	assert.equal(freshness(NOW + 3600e3, { ...hidden, shownAt: null }).state, "connecting");
	assert.equal(freshness(NOW, hidden).state, "reconnecting");
	assert.deepEqual(freshness(NOW + 3600e3, { ...hidden, shownAt: NOW + 3600e3 }), { state: "stale", seconds: 3600 });
});

test("the line is down, or open and dead: alarming only when the figures are old", () => {
	assert.equal(state({ open: false }), "reconnecting");
	assert.equal(state({ heardAt: NOW - LINE_SILENT }), "reconnecting");
	assert.equal(state({ open: false, versionAt: NOW - 15e3 }), "stale");
	assert.equal(state({ monitor: { ...monitor, redis: false, state: "none" } }), "reconnecting");
});

test("an open line that brings nothing new is stale", () => {
	assert.equal(state({ versionAt: NOW - 14999 }), "live");
	assert.deepEqual(freshness(NOW, { ...live, versionAt: NOW - 16e3 }), { state: "stale", seconds: 16 });
});

test("old figures are not new because the line is", () => {
	const old = { ...monitor, updated_epoch_ms: monitor.time - 40e3 };

	assert.deepEqual(freshness(NOW, { ...live, versions: 1, monitor: old }), { state: "stale", seconds: 40 });
	assert.equal(state({ versions: 1 }), "live");
});

test("two clocks that differ are no reason once versions come", () => {
	const skewed = { ...monitor, updated_epoch_ms: monitor.time - 60e3 };

	assert.equal(state({ versions: 2, monitor: skewed }), "live");
});

test("the monitor is down, and says so", () => {
	for (const gone of ["none", "stopping"])
		assert.equal(state({ monitor: { ...monitor, state: gone } }), "down");
	assert.equal(state({ monitor: { ...monitor, state: "none" }, versionAt: null }), "down");
	assert.equal(state({ monitor: { ...monitor, state: "starting" } }), "live");
});

test("ticking stops with trust", () => {
	assert.deepEqual(["live", "reconnecting", "connecting", "stale", "down"].map(isTrusted), [true, true, false, false, false]);
});
