// SPDX-License-Identifier: MIT
//
// redis.mjs: the little of Redis's protocol a writer of figures needs, over a
// Unix socket, so that the tests want no package for it.

import { connect } from "node:net";
import { once } from "node:events";

const CRLF = "\r\n";

function encode(words)
{
	const parts = words.map((w) => {
		const bytes = Buffer.from(String(w));
		return Buffer.concat([Buffer.from(`$${bytes.length}${CRLF}`), bytes, Buffer.from(CRLF)]);
	});

	return Buffer.concat([Buffer.from(`*${words.length}${CRLF}`), ...parts]);
}

// decode(buffer, at): [value, where it ends], or null where it is cut short.
function decode(buffer, at)
{
	const eol = buffer.indexOf(CRLF, at);
	if (eol < 0)
		return null;
	const head = buffer.toString("utf8", at + 1, eol), next = eol + 2;

	switch (String.fromCharCode(buffer[at])) {
	case "+": return [head, next];
	case "-": return [new Error(head), next];
	case ":": return [Number(head), next];
	case "$": return decodeText(buffer, next, Number(head));
	case "*": return decodeList(buffer, next, Number(head));
	default: throw new Error("Redis says what nobody understands: " + head);
	}
}

function decodeText(buffer, at, length)
{
	if (length < 0)
		return [null, at];
	if (buffer.length < at + length + 2)
		return null;
	return [buffer.toString("utf8", at, at + length), at + length + 2];
}

function decodeList(buffer, at, length)
{
	const list = [];

	for (let i = 0; i < length; i++) {
		const one = decode(buffer, at);
		if (one === null)
			return null;
		list.push(one[0]);
		at = one[1];
	}
	return [length < 0 ? null : list, at];
}

export class Redis {
	#socket;
	#waiting = [];
	#rest = Buffer.alloc(0);

	static async open(path)
	{
		const r = new Redis();

		r.#socket = connect(path);
		await once(r.#socket, "connect");
		r.#socket.on("data", (data) => r.#read(data));
		r.#socket.on("error", (error) => r.#end(error));
		r.#socket.on("close", () => r.#end(new Error("Redis is gone")));
		return r;
	}

	// ask("GET", key): what Redis answers; an error is thrown.
	ask(...words)
	{
		return new Promise((yes, no) => {
			if (this.#socket.destroyed)
				return no(new Error("Redis is gone"));
			this.#waiting.push({ yes, no });
			this.#socket.write(encode(words));
		});
	}

	// hash(key): its fields, as a Map.
	async hash(key)
	{
		const flat = await this.ask("HGETALL", key), map = new Map();

		for (let i = 0; i < flat.length; i += 2)
			map.set(flat[i], flat[i + 1]);
		return map;
	}

	close()
	{
		this.#socket.destroy();
	}

	#read(data)
	{
		let at = 0, one;

		this.#rest = Buffer.concat([this.#rest, data]);
		while (at < this.#rest.length && (one = decode(this.#rest, at)) !== null) {
			const { yes, no } = this.#waiting.shift();
			one[0] instanceof Error ? no(one[0]) : yes(one[0]);
			at = one[1];
		}
		this.#rest = this.#rest.subarray(at);
	}

	#end(error)
	{
		for (const { no } of this.#waiting.splice(0))
			no(error);
	}
}
