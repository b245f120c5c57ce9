#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// node one-queue.js [QUEUE]: one queue, every second.  Package nodejs, and nothing of npm's.
const queue = process.argv[2] || 'sales';
const ask = ['HMGET', `ccmon:v1:{${process.env.SITE || 'main'}}:queue:${queue}`, 'updated_epoch_ms', 'waiting_count',
	'oldest_wait_seconds', 'sl_ratio_15m', 'sl_n_15m', 'status'];
const figure = (x, form) => (x === 'NaN' ? '-' : form(Number(x)));
const redis = require('net').connect(process.env.REDIS_PORT || 6379, '127.0.0.1');
let text = '';
redis.on('end', () => { throw new Error('Redis is gone'); });
redis.on('data', (bytes) => {
	text += bytes;
	if (text[0] === '-') throw new Error(text);
	// of each its length, $-1 when it is not there, and itself
	const all = [...text.matchAll(/\$(?:-1|\d+\r\n(.*))\r\n/g)].map((m) => m[1]);
	if (all.length < 6) return;
	const [updated, waiting, longest, level, n, status] = all;
	text = '';
	if (!(Date.now() - updated < 15000)) console.log(`${queue}: no news`);
	else console.log(`${queue}: ${waiting} waiting, longest ${figure(longest, (x) => `${Math.floor(x)} s`)}, service level ` +
		`${figure(level, (x) => `${(x * 100).toFixed(1)} %`)} of ${n}, ${status}`);
});
const look = () => redis.write(`*${ask.length}\r\n` + ask.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join(''));
look(setInterval(look, 1000));
