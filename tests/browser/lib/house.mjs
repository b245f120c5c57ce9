// SPDX-License-Identifier: MIT
//
// house.mjs: a ccmon of its own for one test: a private redis-server on a Unix
// socket, the wall-board at an address of its own, and on demand the daemon, a
// collector and a feed.  All of it in one directory that goes with
// the test.  Only processes started here are ended, by their number.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync, closeSync, readFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { Redis } from "./redis.mjs";
import { until } from "./test.mjs";

export const SITE = "test";
export const KEY = `ccmon:v1:{${SITE}}:`;
const BUILD = resolve(process.env.BUILD ?? "build");

// Debian's redis-tools has the server inside a program of another name, which
// looks at the name it is called by.
function redisServer(dir)
{
	const find = (name) => process.env.PATH.split(delimiter).map((d) => join(d, name)).find(existsSync);
	const found = find("redis-server") ?? find("valkey-server");

	if (found)
		return found;
	symlinkSync(find("redis-check-rdb"), join(dir, "redis-server"));
	return join(dir, "redis-server");
}

// An address of the loopback that no other house has, in this process or in
// another: a port that was looked up and let go would be anybody's.
const PORT = 8787;
let houses = 0;

const ownAddress = () => `127.${process.pid >> 8 & 255}.${process.pid & 255}.${2 + houses++ % 250}:${PORT}`;

class Program {
	#child = null;

	constructor(name, dir, command)
	{
		Object.assign(this, { name, dir, command, logFile: join(dir, `${name}.log`) });
	}

	start({ stdin = "ignore" } = {})
	{
		const log = openSync(this.logFile, "a");

		this.#child = spawn(this.command[0], this.command.slice(1), { stdio: [stdin, log, log], cwd: this.dir });
		closeSync(log);
		return this;
	}

	// A line to its standard input.
	say(line)
	{
		this.#child.stdin.write(line + "\n");
	}

	get runs()
	{
		return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
	}

	signal(word)
	{
		this.#child.kill(word);
	}

	async end(signal = "SIGKILL")
	{
		if (!this.runs)
			return;
		const gone = once(this.#child, "exit");
		this.#child.kill(signal);
		await gone;
	}

	get log()
	{
		return existsSync(this.logFile) ? readFileSync(this.logFile, "utf8") : "";
	}

	// What it has to say when it should run and does not.
	check()
	{
		if (!this.runs)
			throw new Error(`${this.name} has ended:\n${this.log}`);
		return true;
	}
}

export class House {
	#programs = [];

	// open(t, {site, queues, wallboard}): lines of its ccmon.cfg, and of those
	// sections of it; or a function that gives them for a house.
	static async open(t, sections = {})
	{
		const house = new House();

		house.dir = await mkdtemp(join(tmpdir(), "ccmon-browser."));
		t.after((wrong) => house.#close(wrong));
		house.address = ownAddress();
		house.socket = join(house.dir, "redis.sock");
		house.#configure(sections instanceof Function ? sections(house) : sections);
		await house.#startRedis();
		return house;
	}

	#configure({ queues = "", wallboard = "", site = "" })
	{
		mkdirSync(join(this.dir, "state"));
		writeFileSync(join(this.dir, "ccmon.cfg"), `
			site = "${SITE}";
			${site}
			redis: { unix = "${this.socket}"; };
			daemon: { ingest = "ipc://${this.dir}/ingest"; state_dir = "${this.dir}/state"; };
			collectors: { call: { journal = "${this.dir}/journal"; inputs = (
				{ type = "zmq-pull"; bind = ["ipc://${this.dir}/call.in"]; }); }; };
			queues: { ${queues} };
			wallboard: { listen = "${this.address}"; ${wallboard} };
			`);
	}

	async #startRedis()
	{
		this.server ??= this.add("redis", redisServer(this.dir), "--port", "0", "--unixsocket", this.socket,
		    "--dir", this.dir, "--save", "", "--appendonly", "no");
		this.server.start();
		this.redis = await until("redis-server", () => Redis.open(this.socket).catch(() => null));
	}

	// It loses what it knew; meanwhile() happens while there is none.
	async restartRedis(meanwhile)
	{
		await this.server.end();
		this.redis.close();
		await meanwhile();
		await this.#startRedis();
	}

	add(name, program, ...args)
	{
		const p = new Program(name, this.dir, [program, ...args]);

		this.#programs.push(p);
		return p;
	}

	// A program of ours, with this house's settings.
	ours(name, ...args)
	{
		return this.add(name, join(BUILD, name), "-c", join(this.dir, "ccmon.cfg"), ...args);
	}

	// ccmon-feed, which publishes to the collector.
	feed(...args)
	{
		return this.add("ccmon-feed", join(BUILD, "ccmon-feed"), ...args, "--push", "--connect", `ipc://${this.dir}/call.in`);
	}

	async startBoard()
	{
		this.board ??= this.ours("ccmon-wallboard");
		this.board.start();
		await until("the wall-board to answer", () => this.board.check() &&
		    fetch(this.url("/healthz")).then((r) => r.ok, () => false));
		return this.board;
	}

	url(path = "/", settings = {})
	{
		const query = new URLSearchParams(settings).toString();

		return `http://${this.address}${path}${query ? "?" + query : ""}`;
	}

	async #close(wrong)
	{
		this.redis?.close();
		for (const p of this.#programs.reverse())
			await p.end();
		if (wrong)
			wrong.logs = this.#programs.filter((p) => p.name != "redis" && p.log)
			    .map((p) => `${p.name}: ${p.log.slice(-1500)}`).join("\n");
		// what is left of a browser may still write into its profile
		await rm(this.dir, { recursive: true, force: true, maxRetries: 20 });
	}
}
