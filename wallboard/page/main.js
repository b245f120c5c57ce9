// SPDX-License-Identifier: MIT
/*
 * main.js: joins the page: the settings of the address, the line to the
 * server, the strip, the alerts, and one view below them.  All that changes
 * is in `model`; twice a second everything is told to look at it.
 */
import { agentsView } from "./agents.js";
import { makeAlerts } from "./alerts.js";
import { boardView } from "./board.js";
import { formats } from "./figures.js";
import { isTrusted } from "./freshness.js";
import { makeFilter, makeHelp } from "./help.js";
import { listen } from "./keys.js";
import { makeHerald, titleOf } from "./late.js";
import { queueView } from "./queue.js";
import { keepReloading } from "./reload.js";
import { shownQueues } from "./snapshot.js";
import { makeSound } from "./sound.js";
import { openStream } from "./stream.js";
import { freshWords, makeStrip } from "./strip.js";
import { keepTheme } from "./theme.js";
import { nextTheme, pickLang, route, settings, withSetting } from "./url.js";
import { words } from "./words.js";

const TICK = 500;	/* ms */
const find = (id) => document.getElementById(id);

/* ---- what every view is given ---- */

async function api(path, params = {})
{
	const query = new URLSearchParams(params);

	if (url.token)
		query.set("token", url.token);
	const reply = await fetch(`${path}?${query}`, { cache: "no-store" });
	const body = await reply.json().catch(() => ({}));

	if (!reply.ok)
		throw Object.assign(new Error(body.error ?? `HTTP ${reply.status}`), { status: reply.status });
	return body;
}

const url = settings(location.search);
const lang = pickLang(url.lang, navigator.languages);
const ctx = { url, lang, t: words(lang), fmt: formats(lang), api, zone: undefined };

const model = {
	snapshot: null,
	cameAt: 0,		/* when, by the browser's monotonic clock */
	elapsed: 0,		/* ms of its waits since; stands still when stale */
	fresh: { state: "connecting", seconds: 0 },
	trusted: false,
	monitor: null,
	refused: false,
	filter: "",
};

document.documentElement.lang = lang;
document.documentElement.style.setProperty("--scale", url.scale / 100);
document.body.toggleAttribute("data-detail", url.detail);

const applyTheme = keepTheme(ctx);
const strip = makeStrip(find("strip"), ctx);
const alerts = makeAlerts(find("alerts"), ctx);
const sound = makeSound(find("sound"), ctx.t);
const herald = makeHerald(find("announce"), ctx, () => sound.late());
const help = makeHelp(ctx.t);
const filter = makeFilter(ctx.t, (text) => {
	model.filter = text;
	view.update();
});

/* ---- the views ---- */

function queuePage(name)
{
	const page = queueView(find("view"), name, ctx);

	return { ...page, update: () => model.snapshot && page.update(model.snapshot, model.elapsed) };
}

function openView()
{
	const { view: which, name } = route(location.pathname, settings(location.search).view);

	document.body.dataset.view = which;
	if (which === "queue")
		return queuePage(name);
	return (which === "agents" ? agentsView : boardView)(find("view"), ctx, model);
}

let view = openView();

function changeView()
{
	view.close();
	filter.close();
	view = openView();
	look();
	scrollTo(0, 0);
}

/* From view to view the document stays, and so does full screen; what was set
 * since the link was made is in the address, and so is the view. */
function follow(event)
{
	const link = event.target.closest?.("a[href]");

	if (!link || link.origin !== location.origin || event.button !== 0 || event.ctrlKey || event.metaKey
	    || event.shiftKey || event.defaultPrevented)
		return;
	event.preventDefault();
	history.pushState(null, "", link.pathname + withSetting(location.search, "view", null));
	changeView();
}

/* ---- twice a second ---- */

function judge()
{
	model.fresh = stream.fresh();
	model.trusted = isTrusted(model.fresh.state);
	model.monitor = stream.monitor() ?? model.monitor;
	if (model.trusted)
		model.elapsed = performance.now() - model.cameAt;
	document.body.dataset.fresh = model.fresh.state;
	document.body.toggleAttribute("data-refused", model.refused);
}

function look()
{
	judge();
	view.update();
	strip.update(model, view.pages?.() ?? [0, 1]);
	if (model.snapshot === null)
		return;
	const shown = shownQueues(model.snapshot, url);

	alerts.update(model.snapshot);
	document.title = titleOf(shown, model.trusted, freshWords(model, ctx),
		url.title || model.snapshot.title || model.snapshot.site, ctx.t);
}

/* Times are the site's: who looks from far away speaks of the same hours. */
function keepZone(zone)
{
	if (!zone || zone === ctx.zone)
		return;
	try {
		Object.assign(ctx.fmt, formats(lang, zone));
		ctx.zone = zone;
	} catch {
		/* a zone this browser has never heard of: its own must do */
	}
}

function take(snapshot)
{
	keepZone(snapshot.timezone);
	model.snapshot = snapshot;
	model.cameAt = performance.now();
	model.elapsed = 0;
	if (snapshot.demo)
		document.body.dataset.demo = "1";
	else
		delete document.body.dataset.demo;
	herald(shownQueues(snapshot, url));
	look();
}

const stream = openStream({ api, onSnapshot: take, onOpen: () => view.renew?.(),
	streamUrl: "/events" + (url.token ? "?token=" + encodeURIComponent(url.token) : ""),
	onRefused: (refused) => {
		model.refused = refused;
	} });

/* ---- what people do ---- */

/* Kept in the address, so that a reload, or who is sent it, sees the same. */
function keep(name, value)
{
	history.replaceState(null, "", location.pathname + withSetting(location.search, name, value));
}

function back()
{
	if (filter.close() || model.snapshot === null)
		return;
	if (document.body.dataset.view === "board") {
		document.activeElement?.blur();
		return;
	}
	history.pushState(null, "", "/" + withSetting(location.search, "view", null));
	changeView();
}

const onBoard = (deed) => (arg) => (view.move ? deed(arg) : false);

listen({
	fullScreen: () => (document.fullscreenElement ? document.exitFullscreen()
		: document.documentElement.requestFullscreen()).catch(() => {}),
	theme: () => {
		url.theme = nextTheme(url.theme);
		applyTheme();
		keep("theme", url.theme);
	},
	sound: () => keep("sound", sound.toggle() ? "1" : null),
	filter: onBoard(() => filter.open()),
	help: () => help.toggle(),
	back,
	focus: onBoard((i) => view.focusNumber(i)),
	left: onBoard(() => view.move(-1, 0)),
	right: onBoard(() => view.move(1, 0)),
	up: onBoard(() => view.move(0, -1)),
	down: onBoard(() => view.move(0, 1)),
});
document.addEventListener("click", follow);
addEventListener("popstate", changeView);
sound.set(url.sound);
keepReloading(() => model.fresh.state === "live");
setInterval(() => {
	stream.tend();
	look();
}, TICK);
look();
