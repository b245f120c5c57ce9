// SPDX-License-Identifier: MIT
//
// png.mjs: a picture of Chromium's, packed as small as it goes.  Its own
// packing is for speed; large plain areas, unfiltered, take half of that.

import { deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = 8, CHANNELS = { 2: 3, 6: 4 };		// colour type: bytes a pixel

function chunksOf(png)
{
	const chunks = [];

	for (let at = SIGNATURE; at < png.length;) {
		const length = png.readUInt32BE(at);
		chunks.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
		at += length + 12;
	}
	return chunks;
}

function crc32(bytes)
{
	let crc = ~0;

	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++)
			crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc >>> 0;
}

function chunk({ type, data })
{
	const all = Buffer.alloc(data.length + 12);

	all.writeUInt32BE(data.length);
	all.write(type, 4, "latin1");
	data.copy(all, 8);
	all.writeUInt32BE(crc32(all.subarray(4, -4)), all.length - 4);
	return all;
}

function paeth(a, b, c)
{
	const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];

	if (pa <= pb && pa <= pc)
		return a;
	return pb <= pc ? b : c;
}

const PREDICT = [() => 0, (a) => a, (a, b) => b, (a, b) => (a + b) >> 1, paeth];

// Each row begins with the number of its filter; afterwards all have none.
function unfilter(rows, stride, pixel)
{
	for (let row = 0; row < rows.length; row += stride + 1) {
		const predict = PREDICT[rows[row]];
		rows[row] = 0;
		for (let i = row + 1; i <= row + stride; i++) {
			const a = i - row > pixel ? rows[i - pixel] : 0, b = row ? rows[i - stride - 1] : 0;
			const c = row && i - row > pixel ? rows[i - stride - 1 - pixel] : 0;
			rows[i] += predict(a, b, c);
		}
	}
	return rows;
}

// Eight bits a channel and no interlacing: what Chromium writes.
export function repacked(png)
{
	const chunks = chunksOf(png), header = chunks[0].data, pixel = CHANNELS[header[9]];
	const packed = chunks.filter((c) => c.type == "IDAT").map((c) => c.data);
	const rows = unfilter(inflateSync(Buffer.concat(packed)), header.readUInt32BE(0) * pixel, pixel);
	const all = [chunks[0], { type: "IDAT", data: deflateSync(rows, { level: 9, memLevel: 9 }) },
		{ type: "IEND", data: Buffer.alloc(0) }];

	return Buffer.concat([png.subarray(0, SIGNATURE), ...all.map(chunk)]);
}
