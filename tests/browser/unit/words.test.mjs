// SPDX-License-Identifier: MIT
//
// Five languages say the same things, with the same holes for values; and the
// alerts are told in them.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { formats } from "../../../wallboard/page/figures.js";
import { sentence, shownAlerts, stateWords, subject } from "../../../wallboard/page/sentences.js";
import { LANGUAGES, words } from "../../../wallboard/page/words.js";

const PAGE = new URL("../../../wallboard/page/", import.meta.url);
const ROOT = new URL("../../../", import.meta.url);
const holes = (text) => (text.match(/\{\w+\}/g) ?? []).sort().join();

test("every language has every key, its holes, and words in it", () => {
	for (const [lang, dictionary] of Object.entries(LANGUAGES)) {
		assert.deepEqual(Object.keys(dictionary).sort(), Object.keys(LANGUAGES.en).sort(), lang);
		for (const [key, text] of Object.entries(dictionary)) {
			assert.equal(holes(text), holes(LANGUAGES.en[key]), `${lang} ${key}`);
			assert.notEqual(text.trim(), "", `${lang} ${key}`);
		}
	}
});

test("what the page says by a plain key is in the dictionary", () => {
	const sources = readdirSync(PAGE).filter((f) => f.endsWith(".js"))
		.map((f) => readFileSync(new URL(f, PAGE), "utf8")).join("\n");
	const keys = [...sources.matchAll(/\bt\("([a-z][\w.]*[a-z0-9])"[,)]/g)].map((m) => m[1]);

	assert.ok(keys.length > 30);
	assert.deepEqual(keys.filter((key) => !words("en").has(key)), []);
});

test("every rule that is built in or shipped has a sentence", () => {
	const read = (path) => readFileSync(new URL(path, ROOT), "utf8");
	const builtin = [...read("include/ccmon/monitor.def").matchAll(/^BUILTIN\("(\w+)"/gm)].map((m) => m[1]);
	const alerts = read("etc/ccmon.cfg").split(/^alerts: \{$/m)[1].split(/^\};$/m)[0];
	const shipped = [...alerts.matchAll(/^\t(\w+): \{$/gm)].map((m) => m[1]);

	assert.ok(builtin.length >= 8 && shipped.length >= 10);
	assert.deepEqual([...builtin, ...shipped].filter((rule) => !words("en").has("rule." + rule)), []);
});

test("values are put in once, and names are no keys", () => {
	const t = words("en");

	assert.equal(t("of_n", { n: "{n}" }), "of {n}");
	assert.equal(t("of_n", {}), "of {n}");
	assert.equal(t("constructor"), "constructor");
	assert.equal(words("__proto__")("waiting"), "waiting");
	assert.equal(words("de")("waiting"), "wartend");
});

const t = words("en"), fmt = formats("en");
const alert = { rule: "oldest_wait", scope: "queue:sales", state: "firing", severity: "warn",
	metric: "oldest_wait_seconds", value: 260, threshold: 60, began_epoch_ms: 1000 };

test("an alert in a sentence", () => {
	assert.equal(sentence(alert, t, fmt), "longest wait 4:20, limit 1:00");
	assert.equal(sentence({ ...alert, rule: "of_our_own" }, t, fmt), "of_our_own: 4:20, limit 1:00");
	assert.equal(sentence(alert, words("de"), formats("de")), "längste Wartezeit 4:20, Grenze 1:00");
});

test("whom it is about", () => {
	assert.equal(subject(alert, "site", t), "sales");
	assert.equal(subject({ scope: "queue:a:b" }, "site", t), "a:b");
	assert.equal(subject({ scope: "site" }, "here", t), "here");
	assert.equal(subject({ scope: "agent:" }, "here", t), "an agent");
});

test("which are shown, and in what order", () => {
	const of = (state, severity, began) => ({ ...alert, state, severity, began_epoch_ms: began });
	const all = new Map([["acked", of("acked", "page", 1)], ["new", of("firing", "page", 9)], ["old", of("firing", "page", 2)],
		["warn", of("firing", "warn", 1)], ["pending", of("pending", "page", null)], ["done", of("resolved", "page", 1)],
		["silenced", of("silenced", "page", 1)], ["blind", of("unknown", "info", 3)], ["never", of("unknown", "page", null)]]);

	assert.deepEqual(shownAlerts(all).map(([id]) => id), ["old", "new", "warn", "blind", "acked"]);
});

test("what has been done about it", () => {
	assert.equal(stateWords({ state: "acked", by: "bo" }, t), "acknowledged by bo");
	assert.equal(stateWords({ state: "acked", by: null }, t), "acknowledged");
	assert.equal(stateWords({ state: "firing", flapping: true }, t), "on and off");
	assert.equal(stateWords(alert, t), "");
});
