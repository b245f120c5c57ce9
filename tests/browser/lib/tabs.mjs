// SPDX-License-Identifier: MIT
//
// tabs.mjs: a Chromium whose tabs hide each other.  Playwright tells each of
// its pages that it is looked at, so none is ever hidden; this one is spoken to
// without it, over a pipe: DevTools messages, a NUL after each.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export class Tabs {
	#browser;
	#last = 0;
	#asked = new Map();	// id: what waits for its answer
	#rest = "";
	heard = [];		// events: {method, params, sessionId}

	// One whose profile is in dir.
	static open(t, dir)
	{
		const tabs = new Tabs();
		const args = ["--headless", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu",
			`--user-data-dir=${join(dir, "profile")}`, ...(process.getuid() == 0 ? ["--no-sandbox"] : []), "about:blank"];

		tabs.#browser = spawn(process.env.CHROMIUM ?? "/usr/bin/chromium", args,
		    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
		tabs.#browser.stdio[4].setEncoding("utf8").on("data", (data) => tabs.#read(data));
		t.after(() => tabs.#close());
		return tabs;
	}

	send(method, params = {}, sessionId = undefined)
	{
		const id = ++this.#last;

		this.#browser.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
		return new Promise((yes, no) => this.#asked.set(id, { yes, no }));
	}

	// A tab, in front of the others.
	async create(url)
	{
		const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
		const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
		const tell = (method, params) => this.send(method, params, sessionId);

		await tell("Network.enable");
		await tell("Page.enable");
		await tell("Page.navigate", { url });
		return {
			toFront: () => this.send("Target.activateTarget", { targetId }),
			eval: async (expression) => (await tell("Runtime.evaluate", { expression })).result.value,
			heard: (method) => this.heard.filter((e) => e.sessionId == sessionId && e.method == method).map((e) => e.params),
		};
	}

	#read(data)
	{
		const messages = (this.#rest + data).split("\0");

		this.#rest = messages.pop();
		messages.map((m) => JSON.parse(m)).forEach((m) => this.#take(m));
	}

	#take(message)
	{
		const asked = this.#asked.get(message.id);

		this.#asked.delete(message.id);
		if (!asked)
			this.heard.push(message);
		else if (message.error)
			asked.no(new Error(message.error.message));
		else
			asked.yes(message.result);
	}

	async #close()
	{
		const gone = once(this.#browser, "exit");

		this.#browser.kill("SIGTERM");
		await gone;
	}
}
