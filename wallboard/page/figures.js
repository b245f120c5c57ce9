// SPDX-License-Identifier: MIT
/*
 * figures.js: which figures are shown, and how they are written.
 *
 * What is not known is a dash: never 0, never 100 %.  Pure; numbers are
 * written the way the page's language does.
 */

export const DASH = "\u2014";
export const GLYPHS = {
	ok: "\u25cf", warn: "\u25b2", crit: "\u25a0", closed: "\u25cb", unknown: "?",
};

const isKnown = (v) => typeof v === "number" && Number.isFinite(v);
const two = (n) => String(n).padStart(2, "0");

/* ---- how they are written ---- */

/* 1:05, 1:02:03; past ten hours nobody counts seconds: 27 h. */
function length(v)
{
	const s = Math.floor(Math.max(v, 0));
	const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;

	if (h >= 10)
		return `${h}\u00a0h`;
	return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/* Rounded, but 99.6 is not all, and 0.4 is not nothing. */
function wholePercent(ratio)
{
	const rounded = Math.round(ratio * 100);

	if (rounded === 100 && ratio < 1)
		return 99;
	return rounded === 0 && ratio > 0 ? 1 : rounded;
}

const orDash = (write) => (v) => (isKnown(v) ? write(v) : DASH);

/* Times are those of the zone, the browser's where none is said. */
export function formats(lang, zone)
{
	const plain = new Intl.NumberFormat(lang, { maximumFractionDigits: 0 });
	const decimal = new Intl.NumberFormat(lang, { maximumFractionDigits: 2 });
	const share = new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 0 });
	const minute = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
	const second = new Intl.DateTimeFormat(lang, { timeStyle: "medium", hourCycle: "h23", timeZone: zone });

	return {
		number: orDash((v) => plain.format(v)),
		decimal: orDash((v) => decimal.format(v)),
		seconds: orDash(length),
		percent: orDash((v) => share.format(wholePercent(v) / 100)),
		timeOfDay: orDash((v) => minute.format(v)),
		clock: orDash((v) => second.format(v)),
	};
}

export const { number, seconds, percent } = formats("en");

/* As the settings take them: 15m, 1h30m, today. */
const ITS_WINDOW = /_((\d+(w|d|h|m|s|ms))+|today)$/;

/* By the unit in a name: oldest_wait_seconds, sl_ratio_ignore.  How many contacts
 * an agent has at once is called a ratio, and is no share. */
const UNITS = [
	[/_seconds(_total)?$/, "seconds"],
	[/^concurrency_ratio$/, "decimal"],
	[/_ratio(_[a-z_]+)?$/, "percent"],
];

/* A figure of any name; what is counted has no decimals to show. */
export function written(fmt, field, v)
{
	const name = (field ?? "").replace(ITS_WINDOW, "");
	const unit = UNITS.find(([pattern]) => pattern.test(name))?.[1] ?? "decimal";

	return fmt[unit](v);
}

/* ---- the status ---- */

const STATUSES = ["ok", "warn", "crit", "closed", "unknown"];
/* Of two the later is the worse; as the daemon has it. */
const WORSE = ["closed", "ok", "unknown", "warn", "crit"];

/* A queue that is not there, or in a state from the future, is not known. */
export function statusOf(queue)
{
	return STATUSES.includes(queue?.status) ? queue.status : "unknown";
}

export const statusWord = (queue, t) => t("status." + statusOf(queue));

export function worstStatus(queues)
{
	const ranks = queues.map((queue) => WORSE.indexOf(statusOf(queue)));

	return ranks.length > 0 ? WORSE[Math.max(...ranks)] : "unknown";
}

/* ---- a queue's figures ---- */

/*
 * The window of each where the address does not say: the service level over
 * what the status is judged by; the others over what is long enough to have
 * some in it.
 */
const WINDOW = { sl: "15m", response: "60m", aht: "60m" };

/* One that is promised as a share within a time, as calls and chats are. */
function serviceLevel(queue, window)
{
	const w = window ?? WINDOW.sl;

	return { kind: "sl", field: "sl_ratio_" + w, countField: "sl_n_" + w, window: w,
		target: queue.sl_target_ratio, threshold: queue.sl_threshold_seconds,
		formula: queue.sl_formula };
}

/* One that owes an answer, or an update, by a time, as mails do. */
function answers(queue, kind, window)
{
	const w = window ?? WINDOW.response;

	return { kind, field: `${kind}_ratio_${w}`, countField: `${kind}_n_${w}`, window: w,
		target: queue[kind + "_target_ratio"] ?? null, threshold: null, formula: null,
		open: queue[kind + "_running_count"] };
}

const hasAny = (queue, kind, window) => isKnown(queue[`${kind}_ratio_${window ?? WINDOW.response}`])
	|| queue[kind + "_running_count"] > 0;

function chooseService(queue, window)
{
	if (isKnown(queue.sl_threshold_seconds))
		return serviceLevel(queue, window);
	const owesUpdates = !hasAny(queue, "first_response", window) && hasAny(queue, "promise", window);

	return answers(queue, owesUpdates ? "promise" : "first_response", window);
}

/* How a queue serves: the field, its value, and what it is formed of. */
export function service(queue, window)
{
	const chosen = chooseService(queue, window);

	return { ...chosen, ratio: queue[chosen.field] ?? null,
		count: queue[chosen.countField] ?? null };
}

/* Those that somebody is to look at; said by a mark beside the colour. */
export function isJudged(queue)
{
	return ["ok", "warn", "crit"].includes(statusOf(queue));
}
export function isBelow(s)
{
	return isKnown(s.ratio) && isKnown(s.target) && s.count > 0 && s.ratio < s.target;
}
export function isOver(queue, wait)
{
	return isKnown(wait) && isKnown(queue.sl_threshold_seconds) && queue.waiting_count > 0
		&& wait > queue.sl_threshold_seconds;
}

/* A wait goes on between two snapshots, as long as we know that it does. */
export function waitNow(queue, elapsedMs)
{
	const ticks = queue.waiting_count > 0 && statusOf(queue) !== "unknown";

	if (!isKnown(queue.oldest_wait_seconds))
		return null;
	return queue.oldest_wait_seconds + (ticks ? elapsedMs / 1000 : 0);
}

/* The six of a tile, and what the second line tells. */
export function tileFigures(queue, window, elapsedMs)
{
	const w = window ?? WINDOW.aht;

	return {
		waiting: queue.waiting_count,
		wait: waitNow(queue, elapsedMs),
		service: service(queue, window),
		perHour: queue.offered_per_hour,
		ahtField: "aht_seconds_" + w,
		aht: queue["aht_seconds_" + w],
		detail: {
			offered: queue["offered_count_" + w],
			handled: queue["handled_count_" + w],
			abandoned: queue["abandoned_count_" + w],
			short: queue["short_abandoned_count_" + w],
			available: queue.agents_available_count,
			busy: queue.agents_on_contact_count,
			asa: queue["asa_seconds_" + w],
		},
	};
}

/* ---- the site's ---- */

const sum = (queues, field) => queues.reduce((n, queue) =>
	isKnown(queue[field]) ? (n ?? 0) + queue[field] : n, null);

/* [name, seconds] of who has waited longest, or null. */
export function worstWait(shown, elapsedMs)
{
	const waits = shown
		.filter(([, queue]) => queue !== null && queue.waiting_count > 0)
		.map(([name, queue]) => [name, waitNow(queue, elapsedMs)])
		.filter(([, wait]) => isKnown(wait));

	return waits.reduce((worst, one) => (worst === null || one[1] > worst[1] ? one : worst), null);
}

/*
 * Counts may be added up, shares may not.  Agents may not either, for one can
 * be in many queues: where only some queues are shown nobody knows them.
 */
export function siteFigures(snapshot, shown, url, elapsedMs)
{
	const whole = url.channel ? snapshot.channels.get(url.channel) ?? {} : snapshot.totals;
	const queues = shown.map(([, queue]) => queue).filter((queue) => queue !== null);
	const count = (field) => (url.queues.length > 0 ? sum(queues, field) : whole[field]);
	const agents = (field) => (url.queues.length > 0 ? null : whole[field]);

	return {
		waiting_count: count("waiting_count"),
		worst: worstWait(shown, elapsedMs),
		offered_count_today: count("offered_count_today"),
		handled_count_today: count("handled_count_today"),
		agents_available_count: agents("agents_available_count"),
		agents_staffed_count: agents("agents_staffed_count"),
	};
}
