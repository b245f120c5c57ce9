// SPDX-License-Identifier: MIT
/*
 * queuecharts.js: the charts of a queue's day: which figures, drawn as what.
 * Pure; day.js brings the figures, plot.js draws.
 */
import { service } from "./figures.js";

const FEW = 5;	/* contacts; a share of fewer is drawn fainter */

/* What a queue promises, in words. */
export const TITLE = { sl: "service_level", first_response: "first_response", promise: "promise" };

const known = (v) => v !== null && v !== undefined;

function figures(day)
{
	return (field) => day.fields.get(field) ?? day.time.map(() => null);
}

/* Two columns as one; null where either is. */
function both(a, b, form)
{
	return a.map((v, i) => (known(v) && known(b[i]) ? form(v, b[i]) : null));
}

function waits(day, queue, { t, fmt })
{
	const of = figures(day);
	const threshold = queue.sl_threshold_seconds ?? null;

	return {
		unit: "seconds",
		format: fmt.seconds,
		top: (threshold ?? 0) * 1.3,
		limit: known(threshold)
			? { value: threshold, label: t("threshold", { threshold: fmt.seconds(threshold) }) } : null,
		layers: [
			{ id: "p90", label: t("p90"), type: "line", values: of("wait_p90_seconds") },
			{ id: "asa", label: t("asa"), type: "line", values: of("asa_seconds") },
			{ id: "longest", label: t("longest"), type: "figure", values: of("wait_max_seconds") },
		],
	};
}

/* A queue that promises no answer within seconds: how many nobody took yet. */
function waiting(day, queue, { t, fmt })
{
	return {
		unit: "count",
		format: fmt.number,
		layers: [
			{ id: "waiting", label: t("waiting"), type: "step",
				values: figures(day)("waiting_count") },
		],
	};
}

function volume(day, queue, { t, fmt })
{
	const of = figures(day);
	const left = both(of("flowed_out_count"), of("callback_count"), (a, b) => a + b);
	const bars = [["answered", of("answered_count")], ["abandoned", of("abandoned_count")]];

	if (left.some((v) => v > 0))
		bars.push(["left_otherwise", left]);
	return {
		unit: "count",
		format: fmt.number,
		layers: [
			...bars.map(([id, values]) => ({ id, label: t(id), type: "bars", values })),
			{ id: "offered", label: t("offered"), type: "step", values: of("offered_count") },
		],
	};
}

/* The share in time, by what the queue promises, and what it is formed of. */
function served(day, kind)
{
	const of = figures(day);
	const n = kind === "sl" ? of("sl_n")
		: both(of(`${kind}_met_count`), of(`${kind}_missed_count`), (a, b) => a + b);

	return { ratio: of(`${kind}_ratio`), n };
}

function inTime(day, queue, { t, fmt })
{
	const { kind, target } = service(queue);
	const { ratio, n } = served(day, kind);

	return {
		unit: "ratio",
		format: fmt.percent,
		top: 1,
		limit: known(target)
			? { value: target, label: t("target", { target: fmt.percent(target) }) } : null,
		layers: [
			{ id: "service", label: t(TITLE[kind]), type: "line", values: ratio,
				poor: ratio.map((v) => known(v) && known(target) && v < target),
				faint: n.map((v) => v < FEW) },
			{ id: "n", label: t("contacts"), type: "figure", values: n, format: fmt.number },
		],
	};
}

function staffing(day, queue, { t, fmt })
{
	const of = figures(day);
	const staffed = of("agents_staffed_count"), required = of("agents_required_count");
	const missing = both(required, staffed, (a, b) => Math.max(0, a - b));

	return {
		unit: "count",
		format: fmt.number,
		layers: [
			{ id: "missing", label: t("missing"), type: "band", values: missing,
				low: staffed, high: both(required, staffed, Math.max) },
			{ id: "required", label: t("needed"), type: "step", values: required },
			{ id: "staffed", label: t("staffed"), type: "step", values: staffed },
		],
	};
}

/*
 * [id, title, (day, queue, { t, fmt }) -> what plot.js shows] of each chart_
 * A queue that owes answers, not waits, shows how many wait.
 */
export function chartsOf(queue, t)
{
	const { kind } = service(queue);
	const first = kind === "sl" ? ["waits", t("chart_waits"), waits]
		: ["backlog", t("waiting"), waiting];

	return [
		first,
		["volume", t("chart_volume"), volume],
		["service", t(TITLE[kind]), inTime],
		["staffing", t("chart_staffing"), staffing],
	];
}
