// SPDX-License-Identifier: MIT
//
// run.mjs [WORD...]: the tests of the wall-board's page: first those of its
// pure modules, then those in Chromium, or only those with one of the words in
// their name.  The last line has the counts.
//
// BUILD: where the programs are, and browser/node_modules (build); JOBS: tests
// at a time (3); CHROMIUM: the browser (/usr/bin/chromium).

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { run } from "./lib/test.mjs";
import { closeBrowser, openBrowser } from "./lib/page.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const counts = { passed: 0, failed: 0 };

const filesOf = (dir) => readdirSync(dir).filter((f) => f.endsWith(".test.mjs")).sort().map((f) => join(dir, f));

function indent(text)
{
	return text.split("\n").map((line) => "        " + line).join("\n");
}

function report({ name, wrong, notes, seconds })
{
	const beside = notes.length ? `: ${notes.join("; ")}` : "";

	counts[wrong ? "failed" : "passed"]++;
	console.log(`  ${wrong ? "FAILED" : "ok"}\t${name}${beside} (${seconds.toFixed(1)} s)`);
	if (wrong)
		console.log(indent([wrong.stack ?? String(wrong), wrong.logs].filter(Boolean).join("\n")));
}

// Files named .js are modules here; Node before 22 wants to be told.
const TYPE = Number(process.versions.node.split(".")[0]) < 22 ? ["--experimental-default-type=module"] : [];

// The modules that know no page: node --test says how many there are.
function runUnits()
{
	const files = filesOf(join(HERE, "unit"));
	if (files.length == 0)
		return;
	const done = spawnSync(process.execPath, [...TYPE, "--test", "--test-reporter=tap", ...files], { encoding: "utf8" });
	const count = (word) => Number(done.stdout.match(new RegExp(`^# ${word} (\\d+)$`, "m"))?.[1] ?? 0);
	const passed = count("pass"), failed = count("fail") + count("cancelled");

	counts.passed += passed;
	counts.failed += failed || Number(done.status != 0 || passed == 0);
	console.log(`  ${done.status == 0 ? "ok" : "FAILED"}\tthe page's pure modules: ${passed} passed`);
	if (done.status != 0)
		console.log(indent(done.stdout + done.stderr));
}

const words = process.argv.slice(2);

if (words.length == 0)
	runUnits();
for (const file of filesOf(HERE))
	await import(pathToFileURL(file));
console.log(`  Chromium ${await openBrowser()}, Node ${process.versions.node}`);
if (await run(words, Number(process.env.JOBS ?? 3), report) == 0)
	counts.failed++;	// nothing ran: that is no success
await closeBrowser();
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed ? 1 : 0);
