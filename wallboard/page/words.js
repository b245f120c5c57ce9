// SPDX-License-Identifier: MIT
/*
 * words.js: t(key, values) gives a text of the page in its language.
 *
 * A key nobody translated is said in English, one nobody knows is shown as it
 * is: a wall with one odd word is better than an empty one.  That all five
 * languages have the same keys is a test's business.
 */
import en from "./words/en.js";
import de from "./words/de.js";
import es from "./words/es.js";
import nb from "./words/nb.js";
import pt from "./words/pt.js";

export const LANGUAGES = { en, de, es, nb, pt };

/* Values go in as they are: once, so that a name like "{n}" stays a name. */
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (hole, name) =>
	Object.hasOwn(values, name) ? String(values[name]) : hole);

export function words(lang)
{
	const own = Object.hasOwn(LANGUAGES, lang) ? LANGUAGES[lang] : en;
	const find = (key) => [own, en].find((dictionary) => Object.hasOwn(dictionary, key));
	const t = (key, values = {}) => fill(find(key)?.[key] ?? key, values);

	t.has = (key) => find(key) !== undefined;
	return t;
}
