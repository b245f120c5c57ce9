// SPDX-License-Identifier: MIT
//
// figures.mjs: figures of our own making, written into Redis as the daemon
// writes them (daemon/snapshot.c, board.c), so that a test knows each of them,
// and can have names and states no simulation would come by.

import { KEY, SITE } from "./house.mjs";

const TTL_MS = 60_000;		// BOARD_TTL_MS

const WINDOWS = ["15m", "60m", "today"];

// What a queue has beside its name: a busy and healthy one, of one window.
const WINDOW_FIGURES = {
	offered_count: 96, answered_count: 90, abandoned_count: 4, short_abandoned_count: 1, flowed_out_count: 0,
	callback_count: 0, stuck_count: 0, handled_count: 88, missed_count: 2, transferred_count: 3,
	abandon_ratio: 0.0417, asa_seconds: 11.2, wait_p90_seconds: 19.5, aht_seconds: 245.3,
	talk_avg_seconds: 214, hold_avg_seconds: 11, acw_avg_seconds: 20.3, sl_ratio: 0.9, sl_n: 94,
	sl_good_count: 84, first_response_ratio: null, promise_ratio: null, occupancy_ratio: 0.71,
	resolved_count: 0, fcr_ratio: null, csat_ratio: null, csat_n: 0, complaint_count: 0,
};

const QUEUE_FIGURES = {
	channel: "call", status: "ok", status_reason: "service level 0.9000 of 94 in 15 minutes, target 0.8000",
	degraded: 0, degraded_reason: "", open: 1, window_coverage_ratio: 1, waiting_count: 2, oldest_wait_seconds: 9.267,
	waiting_over_target_count: 0, at_risk_count: 0, in_progress_count: 12, offered_per_hour: 96, handled_per_hour: 88,
	sl_target_ratio: 0.8, sl_threshold_seconds: 20, sl_formula: "short_removed", sl_recover_count: 0,
	first_response_running_count: 0, first_response_overdue_count: 0, first_response_due_1h_count: 0,
	promise_running_count: 0, promise_overdue_count: 0, promise_due_1h_count: 0, backlog_count: 0,
	nowcast_sl_ratio: 0.91, agents_required_count: 16, agents_gap_count: 1, est_wait_seconds: 21,
	agents_staffed_count: 17, agents_available_count: 3, agents_on_contact_count: 12, agents_acw_count: 1,
	agents_paused_count: 1,
};

// At every window the same, unless a name with its window is in the changes.
function windowed(figures)
{
	return Object.fromEntries(WINDOWS.flatMap((w) => Object.entries(figures).map(([k, v]) => [`${k}_${w}`, v])));
}

export function queue(changes = {})
{
	return { ...QUEUE_FIGURES, ...windowed(WINDOW_FIGURES), ...changes };
}

// One of which nothing is known but that it is there.
export function emptyQueue(changes = {})
{
	const nothing = Object.fromEntries(Object.entries(queue())
	    .filter(([, v]) => typeof v == "number").map(([k]) => [k, null]));

	return queue({ ...nothing, open: 1, degraded: 0, status_reason: "too few", ...changes });
}

export function lateQueue(changes = {})
{
	return queue({ status: "crit", status_reason: "service level 0.5800 of 96 in 15 minutes, target 0.8000",
		waiting_count: 27, oldest_wait_seconds: 412, sl_ratio_15m: 0.58, sl_n_15m: 96, ...changes });
}

export function alert(id, changes = {})
{
	const [rule, scope = "site"] = id.split("/");
	const since = Date.now() - 95_000;

	return { id, rule, scope, state: "firing", severity: "page", flapping: false, metric: "waiting_count",
		condition: "waiting_count > 20 for 1m", value: 27, threshold: 20, since_epoch_ms: since, began_epoch_ms: since,
		ended_epoch_ms: null, episode: `${id}@${since}`, round: 1, step: 1, steps: 3, next_step_epoch_ms: since + 300_000,
		by: null, note: null, until_epoch_ms: null, silence: null, inhibitor: null,
		summary: `${scope}: 27 wait, more than 20`, ...changes };
}

export function feed(changes = {})
{
	return { status: "ok", status_reason: "events arrive", seq: 331, last_event_epoch_ms: Date.now(), events_total: 331,
		lost_total: 0, duplicate_total: 0, silent: 0, gap_count: 0, rejected_total: 0, inconsistent_total: 0, ...changes };
}

// Names as keys: fromEntries and JSON keep "__proto__" as one like any other.
const named = (map) => Object.fromEntries([...map].map(([name, fields]) => [name, { name, ...fields }]));

// ten(): ten queues as on a TV, one late, one that watches, one closed.
export function ten()
{
	const plain = ["sales", "support", "billing", "orders", "returns", "chat"];
	const queues = new Map(plain.map((name, i) => [name, queue({ waiting_count: i, offered_per_hour: 41 + 97 * i,
		oldest_wait_seconds: 3.7 * i, aht_seconds_15m: 185 + 31 * i, aht_seconds_60m: 185 + 31 * i,
		sl_ratio_15m: 0.815 + 0.031 * i, sl_n_15m: 11 + 23 * i, offered_count_15m: 12 + 24 * i,
		abandoned_count_15m: i, agents_staffed_count: 4 + 7 * i, agents_available_count: (i * 5) % 4, offered_count_today: 312 + 741 * i,
		handled_count_today: 297 + 722 * i })]));

	queues.set("chat", { ...queues.get("chat"), channel: "chat" });
	queues.set("technical desk", lateQueue());
	queues.set("vip", queue({ status: "warn", sl_target_ratio: 0.95, sl_ratio_15m: 0.87, waiting_count: 3,
		oldest_wait_seconds: 48, status_reason: "service level 0.8700 of 94 in 15 minutes, target 0.9500" }));
	queues.set("night line", emptyQueue({ status: "closed", open: 0, waiting_count: 0, sl_threshold_seconds: 20,
		sl_target_ratio: 0.8 }));
	queues.set("mail", queue({ channel: "email", sl_target_ratio: null, sl_threshold_seconds: null, waiting_count: 0,
		oldest_wait_seconds: 0, ...windowed({ sl_ratio: null, sl_n: 0, first_response_ratio: 0.83, first_response_n: 41,
			promise_ratio: 0.97, promise_n: 30, aht_seconds: 412 }),
		first_response_target_ratio: 0.8, first_response_running_count: 37, backlog_count: 37,
		status_reason: "no service level is promised" }));
	const late = alert("oldest_wait_page/queue:technical desk", { metric: "oldest_wait_seconds",
		condition: "oldest_wait_seconds > 60 for 30s", value: 345, threshold: 60,
		summary: "queue:technical desk: oldest_wait_seconds is 345, limit 60" });

	return { queues, alerts: new Map([[late.id, late]]),
		feeds: new Map([["pbx1", feed()], ["mail1", feed()]]) };
}

function totals(queues)
{
	const all = [...queues.values()], sum = (k) => all.reduce((n, q) => n + (q[k] ?? 0), 0);

	return queue({ waiting_count: sum("waiting_count"), offered_per_hour: sum("offered_per_hour"),
		handled_per_hour: sum("handled_per_hour"), offered_count_today: sum("offered_count_today"),
		handled_count_today: sum("handled_count_today"), oldest_wait_seconds: Math.max(0, ...all.map((q) => q.oldest_wait_seconds ?? 0)),
		agents_available_count: 31, agents_staffed_count: 104 });
}

// What Redis holds of it is as the daemon writes it: NaN where JSON has null.
const flat = (fields) => Object.entries(fields).flatMap(([k, v]) => [k, v ?? "NaN"]);

export class Writer {
	#timer = null;
	#busy = Promise.resolve();
	started = Date.now() - 3_600_000;
	state = "running";
	site = {};		// changes to the totals

	// board: {queues, alerts, feeds}, Maps, to be changed as a test likes.
	constructor(redis, board, { demo = false } = {})
	{
		Object.assign(this, { redis, board, demo, version: Date.now() });
	}

	snapshot(now = Date.now())
	{
		const { queues, alerts, feeds } = this.board;

		return { schema_version: 1, site: SITE, time: now, version: this.version, demo: this.demo,
			queues: named(queues), channels: { call: { name: "call", ...queue() } },
			totals: { name: SITE, ...totals(queues), ...this.site }, alerts: Object.fromEntries(alerts), feeds: named(feeds) };
	}

	// As one publication of the daemon.
	async write()
	{
		const now = Date.now(), { redis } = this;

		this.version++;
		await Promise.all([
			redis.ask("SET", KEY + "snapshot", JSON.stringify(this.snapshot(now)), "PX", TTL_MS),
			redis.ask("HSET", KEY + "meta", "schema_version", 1, "updated_epoch_ms", now, "version", this.version,
			    "instance", SITE, "pid", 1, "started", this.started, "state_began_epoch_ms", this.started,
			    "program", "test", "state", this.state, "demo", Number(this.demo)),
			redis.ask("PUBLISH", KEY + "tick", this.version),
		]);
	}

	async start(everyMs = 1000)
	{
		await this.write();
		this.#timer = setInterval(() => { this.#busy = this.write().catch(() => clearInterval(this.#timer)); }, everyMs);
		return this;
	}

	// As if it were killed: what it wrote stays.
	async stop()
	{
		clearInterval(this.#timer);
		await this.#busy;
	}

	// Agents: a Map of names to the fields of their hashes.
	async agents(agents)
	{
		for (const [name, fields] of agents) {
			await this.redis.ask("SADD", KEY + "agents", name);
			await this.redis.ask("HSET", KEY + "agent:" + name, ...flat({ name, state_reason: "",
				contacts_now_count: 0, handled_count_today: 21, aht_seconds_today: 251.2, occupancy_ratio_60m: 0.78, ...fields }));
		}
	}

	// history(queue, interval, entries): [start's epoch ms, fields] each, as
	// the daemon's streams; queue null: the site.
	async history(name, interval, entries)
	{
		const key = KEY + (name === null ? "history:site:" : `history:queue:${name}:`) + interval;

		await Promise.all(entries.map(([start, fields]) => this.redis.ask("XADD", key, `${start}-0`, ...flat(fields))));
	}
}

// agentsOf(n): so many, in every state.
export function agentsOf(n)
{
	const names = ["Anna", "Björn", "Carmen", "Dagny", "Emil", "Fatima", "Gustavo", "Hanne"];
	const states = ["available", "on_contact", "on_contact", "acw", "on_hold", "ringing", "paused", "offline"];

	return new Map(Array.from({ length: n }, (_, i) => {
		const state = states[(i * 5) % states.length];
		return [`${names[i % names.length]} ${1 + Math.floor(i / names.length)}`, { state,
			state_reason: state == "paused" ? "lunch" : "", state_since_epoch_ms: Date.now() - 7000 * (i + 1),
			queues: "sales support", contacts_now_count: Number(state == "on_contact") }];
	}));
}

// What the history of a queue says of one interval, at phase 0..1 of its day:
// a hill before noon and a lower one after, and one hour that went wrong.
// Chance is not chance, so that the pictures are always the same.
function interval(phase, seconds, size)
{
	const hill = (at, width) => Math.exp(-(((phase - at) / width) ** 2));
	const chance = Math.sin(phase * 7919 + size) * Math.sqrt(900 / seconds) * 0.12;
	const load = size * (0.15 + hill(0.38, 0.12) + 0.75 * hill(0.66, 0.13)) * Math.max(0.1, 1 + chance);
	const rush = hill(0.93, 0.03), offered = Math.round(load * seconds / 900 * (1 + rush));
	const sl = Math.max(0.4, 0.93 - 0.09 * hill(0.38, 0.08) - 0.45 * rush);
	const staffed = Math.round(load / 7 + 4);

	const answered = Math.round(offered * (0.97 - 0.15 * rush)), asa = 5 + 9 * load / size + 90 * rush;

	return { offered_count: offered, answered_count: answered, wait_sum_seconds: (asa * answered).toFixed(3),
		abandoned_count: Math.round(offered * (0.03 + 0.1 * rush)), handled_count: Math.round(offered * 0.95),
		sl_ratio: offered ? sl.toFixed(4) : null, sl_n: offered, wait_p90_seconds: (9 + 16 * load / size + 240 * rush).toFixed(3),
		wait_max_seconds: (14 + 31 * load / size + 380 * rush).toFixed(3), asa_seconds: asa.toFixed(3),
		waiting_count: Math.round(load / 9 + 20 * rush), aht_seconds: (225 + 40 * hill(0.5, 0.3)).toFixed(3),
		agents_staffed_count: staffed, agents_required_count: Math.round(staffed * (0.92 + 0.4 * rush)) };
}

// dayOf(writer): the history of each of its queues: today by quarters of an
// hour, the last two hours by minutes, the last month by days.
export async function dayOf(writer, now = Date.now())
{
	const lengths = [["1m", 60_000, 130], ["15m", 900_000, 64], ["1d", 86_400_000, 30]];

	for (const [i, name] of [...writer.board.queues.keys(), null].entries())
		for (const [word, ms, n] of lengths) {
			const last = Math.floor(now / ms) * ms - ms;
			const entries = Array.from({ length: n }, (_, k) => [last - (n - 1 - k) * ms,
				interval(word == "1m" ? 0.8 + 0.13 * k / n : 0.93 * k / n, ms / 1000, 90 + 17 * i)]);
			await writer.history(name, word, entries);
		}
}
