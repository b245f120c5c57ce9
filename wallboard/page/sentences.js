// SPDX-License-Identifier: MIT
/*
 * sentences.js: the alerts as the page's language says them.
 *
 * The daemon has its own English for pages and logs; here each is put together
 * from the rule, what it is about, and the figures.  A rule of the site's own
 * making is said by its name.  Pure.
 */
import { written } from "./figures.js";

const SHOWN = ["firing", "acked", "unknown"];
const RANK = { page: 0, warn: 1, info: 2 };

/* One that nobody can see any more was firing when its feed fell silent. */
const isShown = (alert) => SHOWN.includes(alert.state)
	&& (alert.state !== "unknown" || typeof alert.began_epoch_ms === "number");

const order = (a, b) => (a.state === "acked") - (b.state === "acked")
	|| (RANK[a.severity] ?? 3) - (RANK[b.severity] ?? 3)
	|| (a.began_epoch_ms ?? 0) - (b.began_epoch_ms ?? 0);

/* [id, alert] of those that matter now: the worst first, then the oldest. */
export function shownAlerts(alerts)
{
	return [...alerts].filter(([, alert]) => isShown(alert)).sort(([, a], [, b]) => order(a, b));
}

/* "queue:sales" -> sales; an agent may have been left out: privacy. */
export function subject(alert, site, t)
{
	const scope = alert.scope ?? "";
	const name = scope.includes(":") ? scope.slice(scope.indexOf(":") + 1) : "";

	if (scope.startsWith("agent:") && name === "")
		return t("an_agent");
	return name || site;
}

export function sentence(alert, t, fmt)
{
	const key = "rule." + alert.rule;

	return t(t.has(key) ? key : "rule.other", { rule: alert.rule,
		value: written(fmt, alert.metric, alert.value),
		limit: written(fmt, alert.metric, alert.threshold) });
}

export function stateWords(alert, t)
{
	if (alert.state === "acked")
		return alert.by ? t("acked_by", { by: alert.by }) : t("acked");
	if (alert.state === "unknown")
		return t("alert_unknown");
	return alert.flapping ? t("flapping") : "";
}
