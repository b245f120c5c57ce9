// SPDX-License-Identifier: MIT
/*
 * day.js: a queue's day, put together from its history.
 *
 * The server keeps quarters of an hour and minutes that are over.  A day is
 * shown by the quarter; a quarter that has not been written yet is worked out
 * of its minutes, as far as that can be told: counts are summed, means and
 * shares are formed anew from sums and counts, levels are the newest.  A
 * percentile of minutes is no percentile of their quarter, so there is none.
 * A day younger than two hours is shown by the minute.
 */
import { onGrid } from "./chart.js";

const MINUTE = 60e3, QUARTER = 15 * MINUTE, HOUR = 60 * MINUTE;	/* ms */
const YOUNG = 2 * HOUR;
const LEAST_AXIS = 30 * MINUTE;	/* a day of a minute is no chart */

const add = (values) => values.reduce((sum, v) => sum + v, 0);
const share = (part, whole) => (whole > 0 ? part / whole : null);

/* How the figure of a quarter follows from those of its minutes, of which
 * known(field) gives the ones that are not null. */
const sum = (field) => (known) => (known(field).length > 0 ? add(known(field)) : null);
const newest = (field) => (known) => known(field).at(-1) ?? null;
const highest = (field) => (known) => (known(field).length > 0 ? Math.max(...known(field)) : null);
const unknown = () => () => null;

/* Of a promise: kept / (kept + not kept). */
const kept = (name) => (known) => {
	const good = add(known(`${name}_met_count`));

	return share(good, good + add(known(`${name}_missed_count`)));
};

const promise = (name) => ({
	[`${name}_met_count`]: sum(`${name}_met_count`),
	[`${name}_missed_count`]: sum(`${name}_missed_count`),
	[`${name}_ratio`]: kept(name),
});

function serviceLevel(known, rows)
{
	const decided = rows.filter((r) => r.sl_ratio !== null && r.sl_n > 0);

	return share(add(decided.map((r) => r.sl_ratio * r.sl_n)), add(decided.map((r) => r.sl_n)));
}

const SO_FAR = {
	offered_count: sum("offered_count"),
	answered_count: sum("answered_count"),
	abandoned_count: sum("abandoned_count"),
	flowed_out_count: sum("flowed_out_count"),
	callback_count: sum("callback_count"),
	wait_sum_seconds: sum("wait_sum_seconds"),
	asa_seconds: (known) => share(add(known("wait_sum_seconds")), add(known("answered_count"))),
	wait_p90_seconds: unknown(),
	wait_max_seconds: highest("wait_max_seconds"),
	sl_n: sum("sl_n"),
	sl_ratio: serviceLevel,
	...promise("first_response"),
	...promise("promise"),
	waiting_count: newest("waiting_count"),
	agents_staffed_count: newest("agents_staffed_count"),
	agents_required_count: newest("agents_required_count"),
};

export const FIELDS = Object.keys(SO_FAR);

/* The minutes of [from, to) as one interval; all null where there are none. */
export function soFar(minutes, from, to)
{
	const rows = minutes.time.flatMap((at, i) => (at < from || at >= to ? []
		: [Object.fromEntries(FIELDS.map((f) => [f, minutes.fields[f]?.[i] ?? null]))]));
	const known = (field) => rows.map((r) => r[field]).filter((v) => v !== null);

	return Object.fromEntries(FIELDS.map((f) => [f, SO_FAR[f](known, rows)]));
}

const LEVELS = ["waiting_count", "agents_staffed_count", "agents_required_count"];
const levelsOf = (queue) => Object.fromEntries(
	LEVELS.filter((f) => f in queue).map((f) => [f, queue[f]]));

/* When something first happened, or somebody was there; null: not yet. */
function awake(history)
{
	const busy = ["offered_count", "answered_count", "agents_staffed_count"];
	const i = history.time.findIndex((_, k) => busy.some((f) => history.fields[f]?.[k] > 0));

	return i < 0 ? null : history.time[i];
}

function byMinute(minutes, from, now)
{
	return { ...onGrid(minutes, from, now), from, now, to: Math.max(now, from + LEAST_AXIS), running: null };
}

function byQuarter(quarters, minutes, from, now, levels)
{
	const day = onGrid(quarters, from, now);
	const written = quarters.time.at(-1) ?? -Infinity;
	const running = Math.floor(now / QUARTER) * QUARTER;

	day.time.forEach((at, i) => {
		if (at <= written || at < now - 2 * QUARTER)
			return;
		const known = soFar(minutes, at, at + QUARTER);
		for (const [field, value] of Object.entries(at < running ? known : { ...known, ...levels }))
			day.fields.get(field)?.splice(i, 1, value);
	});
	return { ...day, from, now, to: running + QUARTER, running };
}

/*
 * The day so far, on a grid: { time, length, fields, from, to, now, running }, of
 * histories by the quarter since `begin`, and by the minute since YOUNG ago;
 * queue: as the snapshot has it, for the levels of the running quarter.
 * It begins with the hour in which something first happened.
 */
export function dayOf(quarters, minutes, begin, now, queue = {})
{
	const first = Math.min(awake(quarters) ?? Infinity, awake(minutes) ?? Infinity, now);
	const whole = (length) => Math.max(begin, Math.floor(first / length) * length);

	return now - whole(HOUR) > YOUNG
		? byQuarter(quarters, minutes, whole(HOUR), now, levelsOf(queue))
		: byMinute(minutes, whole(QUARTER), now);
}

export const minutesFrom = (begin, now) => Math.max(begin, now - YOUNG - QUARTER);
