// SPDX-License-Identifier: MIT
/* The line in a tile: drawn from 0, with gaps, a dot only where now is known. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { trendShape } from "../../../wallboard/page/trend.js";

test("from 0 to the highest, left to right", () => {
	const shape = trendShape([0, 10, 5], 108, 28);

	assert.equal(shape.path, "M4 24L54 4L104 14");
	assert.deepEqual(shape.dot, { x: 104, y: 14 });
});

test("unknown is a gap, and no dot where the last is unknown", () => {
	const shape = trendShape([10, null, 10, null], 94.6, 28);

	assert.equal(shape.path, "M4 4h0M61.7 4h0");
	assert.equal(shape.dot, null);
});

test("nothing, all unknown, all zero", () => {
	assert.deepEqual(trendShape([], 100, 30), { path: "", dot: null });
	assert.deepEqual(trendShape([null, null], 100, 30), { path: "", dot: null });
	assert.equal(trendShape([0, 0], 108, 28).path, "M4 24L104 24");
});
