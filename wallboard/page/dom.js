// SPDX-License-Identifier: MIT
/*
 * dom.js: elements from script.  Texts are texts: nothing here, or anywhere on
 * the page, makes markup of a string.
 */

export function el(tag, attributes = {}, ...children)
{
	const element = document.createElement(tag);

	for (const [name, value] of Object.entries(attributes))
		if (value !== null && value !== false)
			element.setAttribute(name, value === true ? "" : value);
	element.append(...children);
	return element;
}

/* Touched only when it changes: a screen reader's place, and a TV's power. */
export function setText(element, text)
{
	if (element.textContent !== text)
		element.textContent = text;
}

export function setAttribute(element, name, value)
{
	if (value === null || value === false)
		element.removeAttribute(name);
	else if (element.getAttribute(name) !== value)
		element.setAttribute(name, value === true ? "" : value);
}

/* Somebody's name, in whatever direction it is written. */
export const nameElement = (name) => el("bdi", { dir: "auto" }, name);

/* A figure with its caption: {element, value}. */
export function figure(name, caption, kind = "")
{
	const value = el("dd", { "data-figure": name });

	return { element: el("div", { class: ("figure " + kind).trim() }, el("dt", {}, caption), value), value };
}

/* The children of a list, by key: kept, made, put in order, taken away. */
export function keepChildren(parent, kept, wanted, make)
{
	for (const [key, child] of kept) {
		if (wanted.includes(key))
			continue;
		child.element.remove();
		kept.delete(key);
	}
	wanted.forEach((key, i) => {
		if (!kept.has(key))
			kept.set(key, make(key));
		const { element } = kept.get(key);
		if (parent.children[i] !== element)
			parent.insertBefore(element, parent.children[i] ?? null);
	});
}
