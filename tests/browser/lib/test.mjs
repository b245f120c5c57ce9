// SPDX-License-Identifier: MIT
//
// test.mjs: who wants to be run says test(name, body); run() runs them, a few
// at a time, those that measure time alone at the end, and says what came of
// each.  Not node:test: its reports and its ways to run files at once differ
// between the versions of Node that are about.

const LIMIT_MS = 180_000;	// the slowest needs a sixth of it

const tests = [];

// test(name, body): body gets {after, note}: after(f) cleans up, whatever
// happens, the last first; note(text) is shown beside the result.
export function test(name, body, { alone = false } = {})
{
	tests.push({ name, body, alone });
}

function deadline(ms)
{
	let timer;
	const late = new Promise((_, no) => {
		timer = setTimeout(() => no(new Error(`not done within ${ms / 1000} s`)), ms);
	});

	return { late, clear: () => clearTimeout(timer) };
}

async function runOne({ name, body }, report)
{
	const began = performance.now(), cleanups = [], notes = [], limit = deadline(LIMIT_MS);
	const t = { after: (f) => cleanups.push(f), note: (text) => notes.push(text) };
	let wrong = null;

	try {
		await Promise.race([body(t), limit.late]);
	} catch (error) {
		wrong = error;
	}
	limit.clear();
	for (const f of cleanups.reverse())
		await Promise.resolve().then(() => f(wrong)).catch((error) => { wrong ??= error; });
	report({ name, wrong, notes, seconds: (performance.now() - began) / 1000 });
}

// run(wanted, jobs, report): those whose name contains one of the words wanted.
export async function run(wanted, jobs, report)
{
	const chosen = tests.filter((t) => wanted.length == 0 || wanted.some((w) => t.name.includes(w)));
	const queue = chosen.filter((t) => !t.alone);
	const worker = async () => {
		for (let next; (next = queue.shift()) !== undefined;)
			await runOne(next, report);
	};

	await Promise.all(Array.from({ length: jobs }, worker));
	for (const t of chosen.filter((t) => t.alone))
		await runOne(t, report);
	return chosen.length;
}

// until(what, condition, ms): polls until it gives something true, and gives
// that.  A test waits for conditions, never for a time.
export async function until(what, condition, ms = 30_000)
{
	const end = performance.now() + ms;

	for (;;) {
		const answer = await condition();
		if (answer)
			return answer;
		if (performance.now() > end)
			throw new Error(`waited ${ms / 1000} s for ${what}`);
		await new Promise((go) => setTimeout(go, 20));
	}
}
