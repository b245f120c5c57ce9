// SPDX-License-Identifier: MIT
//
// The settings in the address: each as it is meant, and nonsense as nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nextTheme, pickLang, queuePath, route, settings, withSetting } from "../../../wallboard/page/url.js";

test("nothing asked for", () => {
	assert.deepEqual(settings(""), { queues: [], channel: "", theme: "auto", lang: null, cols: 0, scale: 100,
		sound: false, rotate: 20, view: "board", title: "", detail: false, window: null, token: "" });
});

test("everything asked for", () => {
	const url = settings("?queues=sales,%20vip,,&channel=call&theme=light&lang=nb&cols=4&scale=90&sound=1&rotate=0"
		+ "&view=agents&title=Floor+2&detail=1&window=today&token=a%2Bb");

	assert.deepEqual(url, { queues: ["sales", "vip"], channel: "call", theme: "light", lang: "nb", cols: 4, scale: 90,
		sound: true, rotate: 0, view: "agents", title: "Floor 2", detail: true, window: "today", token: "a+b" });
});

test("nonsense is as if it were not there", () => {
	const url = settings("?channel=calls&theme=constructor&lang=__proto__&cols=1e9&scale=-1&rotate=x&view=toString&window=5m&sound=yes");

	assert.deepEqual(url, settings(""));
});

test("one setting changed, the others kept", () => {
	assert.equal(withSetting("?queues=a%2Cb&theme=dark", "theme", "light"), "?queues=a%2Cb&theme=light");
	assert.equal(withSetting("?theme=dark", "theme", null), "");
});

test("paths", () => {
	for (const name of ["sales", "a/b?c#d%e", "<img>", "\u05d9", "__proto__"])
		assert.deepEqual(route(queuePath(name)), { view: "queue", name });
	assert.deepEqual(route("/agents"), { view: "agents", name: null });
	assert.deepEqual(route("/", "agents"), { view: "agents", name: null });
	assert.deepEqual(route("/queue/50%"), { view: "queue", name: "50%" });
});

test("themes go round", () => {
	assert.equal(["auto", "dark", "light", "contrast"].map(nextTheme).join(), "dark,light,contrast,auto");
});

test("the reader's language, as far as there are words", () => {
	assert.equal(pickLang("de", ["en-GB"]), "de");
	assert.equal(pickLang(null, ["fr-FR", "pt-BR", "en"]), "pt");
	assert.equal(pickLang(null, ["nn-NO"]), "nb");
	assert.equal(pickLang(null, ["no"]), "nb");
	assert.equal(pickLang(null, ["fr"]), "en");
	assert.equal(pickLang(null, undefined), "en");
});
