// SPDX-License-Identifier: MIT
/*
 * theme.js: which colours: those of the address, or those the system asks for.
 */

const LIGHT = matchMedia("(prefers-color-scheme: light)");
const CONTRAST = matchMedia("(prefers-contrast: more)");

function chosen(theme)
{
	if (theme !== "auto")
		return theme;
	if (CONTRAST.matches)
		return "contrast";
	return LIGHT.matches ? "light" : "dark";
}

export function keepTheme(ctx)
{
	const apply = () => {
		document.documentElement.dataset.theme = chosen(ctx.url.theme);
	};

	LIGHT.addEventListener("change", apply);
	CONTRAST.addEventListener("change", apply);
	apply();
	return apply;
}
