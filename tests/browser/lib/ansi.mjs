// SPDX-License-Identifier: MIT
//
// ansi.mjs: a terminal's screen, as tmux capture-pane -e gives it, as an HTML
// document: only colours and attributes (SGR), which is all that is in there.

const PALETTE = ["#1c232c", "#ff7a59", "#7fb685", "#f0b429", "#6ea8fe", "#c792ea", "#5fc9d6", "#d5dce4",
	"#6b7684", "#ff9c82", "#a3d3a8", "#ffd166", "#9cc4ff", "#dbb4f5", "#93e1ea", "#ffffff"];
const GROUND = "#0b0f14", INK = "#f4f7fa";

const hex = (...rgb) => "#" + rgb.map((v) => v.toString(16).padStart(2, "0")).join("");

// One of the 256: the sixteen, a cube of 6 x 6 x 6, and 24 greys.
function indexed(n)
{
	const level = (v) => (v ? 55 + 40 * v : 0);

	if (n < 16)
		return PALETTE[n];
	if (n >= 232)
		return hex(8 + 10 * (n - 232), 8 + 10 * (n - 232), 8 + 10 * (n - 232));
	return hex(level(Math.floor((n - 16) / 36)), level(Math.floor((n - 16) / 6) % 6), level((n - 16) % 6));
}

const PLAIN = { ink: null, ground: null, bold: false, dim: false, underlined: false, reversed: false };

// 38 and 48: "5;n" or "2;r;g;b" follow.
function extended(codes)
{
	if (codes.shift() == 5)
		return indexed(codes.shift());
	return hex(...codes.splice(0, 3));
}

function applied(style, codes)
{
	const next = { ...style };

	for (let code; (code = codes.shift()) !== undefined;) {
		if (code == 0) Object.assign(next, PLAIN);
		else if (code == 1) next.bold = true;
		else if (code == 2) next.dim = true;
		else if (code == 22) next.bold = next.dim = false;
		else if (code == 4) next.underlined = true;
		else if (code == 24) next.underlined = false;
		else if (code == 7) next.reversed = true;
		else if (code == 27) next.reversed = false;
		else if (code >= 30 && code <= 37) next.ink = PALETTE[code - 30];
		else if (code >= 90 && code <= 97) next.ink = PALETTE[code - 82];
		else if (code >= 40 && code <= 47) next.ground = PALETTE[code - 40];
		else if (code >= 100 && code <= 107) next.ground = PALETTE[code - 92];
		else if (code == 38) next.ink = extended(codes);
		else if (code == 48) next.ground = extended(codes);
		else if (code == 39) next.ink = null;
		else if (code == 49) next.ground = null;
	}
	return next;
}

function css(s)
{
	const ink = s.ink ?? INK, ground = s.ground ?? GROUND;
	const [fore, back] = s.reversed ? [ground, ink] : [ink, ground];

	return `color:${fore};background:${back};` + (s.bold ? "font-weight:bold;" : "") + (s.dim ? "opacity:.65;" : "") +
	    (s.underlined ? "text-decoration:underline;" : "");
}

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

export function screenHtml(screen)
{
	let style = PLAIN, html = "";

	for (const part of screen.split(/(\x1b\[[\d;]*m)/)) {
		const codes = /^\x1b\[([\d;]*)m$/.exec(part);
		if (codes)
			style = applied(style, codes[1].split(";").map(Number));
		else if (part)
			html += `<span style="${css(style)}">${escaped(part)}</span>`;
	}
	return `<!doctype html><meta charset="utf-8"><style>body{margin:0;background:${GROUND}}` +
	    `pre{display:inline-block;margin:0;padding:16px 20px;font:16px/1.25 "DejaVu Sans Mono",monospace}</style><pre>${html}</pre>`;
}
