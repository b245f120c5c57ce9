// SPDX-License-Identifier: MIT
//
// screenshots.mjs DIRECTORY: board.png, queue.png and top.png, for the README.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { screenHtml } from "./lib/ansi.mjs";
import { House } from "./lib/house.mjs";
import { Writer, agentsOf, dayOf, ten } from "./lib/figures.mjs";
import { closeBrowser, fresh, openBrowser, openPage } from "./lib/page.mjs";
import { repacked } from "./lib/png.mjs";
import { until } from "./lib/test.mjs";

const MOST_BYTES = 250_000;
const directory = resolve(process.argv[2] ?? "doc");
const BUILD = resolve(process.env.BUILD ?? "build");

async function take(target, name)
{
	const png = repacked(await target.screenshot({ animations: "disabled" }));

	if (png.length > MOST_BYTES)
		throw new Error(`${name} has ${png.length} bytes, more than ${MOST_BYTES}`);
	writeFileSync(join(directory, name), png);
	console.log(`${name}: ${png.length} bytes`);
}

async function boardAndQueue(t, house)
{
	const page = await openPage(t);

	await page.goto(house.url("/", { theme: "dark", lang: "en", title: "Contact center" }));
	await fresh(page, "live");
	await until("the trends", async () => await page.locator("section.tile svg").count() >= 9);
	await take(page, "board.png");
	await page.goto(house.url("/queue/technical%20desk", { theme: "dark", lang: "en", title: "Contact center" }));
	await page.waitForSelector(".charts figure svg");
	await fresh(page, "live");
	await take(page, "queue.png");
}

// A terminal of its own: tmux with a socket in the house.
async function top(t, house)
{
	const tmux = (...args) => execFileSync("tmux", ["-f", "/dev/null", "-S", join(house.dir, "tmux"), ...args], { encoding: "utf8" });

	t.after(() => tmux("kill-server"));
	tmux("new-session", "-d", "-x", "110", "-y", "20", "-e", "TERM=tmux-256color", "-e", "LC_ALL=C.UTF-8",
	    join(BUILD, "ccmonctl"), "-c", join(house.dir, "ccmon.cfg"), "top");
	const screen = await until("top to show the queues", () => {
		const text = tmux("capture-pane", "-e", "-p");
		return text.includes("technical desk") && text;
	});
	const page = await openPage(t, { viewport: { width: 1400, height: 900 } });
	await page.setContent(screenHtml(screen.trimEnd()));
	await take(page.locator("pre"), "top.png");
}

const cleanups = [], t = { after: (f) => cleanups.push(f) };

try {
	const house = await House.open(t), writer = new Writer(house.redis, ten(), { demo: true });

	await dayOf(writer);
	await writer.agents(agentsOf(24));
	await writer.start();
	t.after(() => writer.stop());
	await house.startBoard();
	await openBrowser();
	await boardAndQueue(t, house);
	await top(t, house);
} finally {
	for (const f of cleanups.reverse())
		await f();
	await closeBrowser();
}
