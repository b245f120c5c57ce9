// SPDX-License-Identifier: MIT
/*
 * keys.js: the keyboard.  A key is a word in a table; what it does is the
 * caller's.  Keys with Ctrl, Alt or Meta are the browser's, and in a field
 * only Esc is ours.
 */

const WORDS = new Map([
	["f", "fullScreen"], ["t", "theme"], ["s", "sound"], ["/", "filter"], ["?", "help"], ["Escape", "back"],
	["ArrowLeft", "left"], ["ArrowRight", "right"], ["ArrowUp", "up"], ["ArrowDown", "down"],
]);

/* What a key asks for: {word} or {word: "focus", number}, or null. */
export function wordOf(event)
{
	if (event.ctrlKey || event.altKey || event.metaKey)
		return null;
	if (/^[1-9]$/.test(event.key))
		return { word: "focus", number: Number(event.key) - 1 };
	const word = WORDS.get(event.key.length === 1 ? event.key.toLowerCase() : event.key);

	return word === undefined ? null : { word };
}

const isField = (target) => target instanceof HTMLElement && target.matches("input, textarea, select");

/* Whatever is open over the board has its own Esc; who has other uses for a
 * key, like a chart's pointer, takes it before us. */
const isOver = (target) => target instanceof HTMLElement && target.closest("dialog") !== null;

/* deeds: word -> function that says false when the key is not for it. */
export function listen(deeds)
{
	addEventListener("keydown", (event) => {
		const asked = wordOf(event);

		if (asked === null || event.defaultPrevented || !(asked.word in deeds))
			return;
		if ((isField(event.target) && asked.word !== "back") || (isOver(event.target) && asked.word !== "help"))
			return;
		if (deeds[asked.word](asked.number) !== false)
			event.preventDefault();
	});
}
