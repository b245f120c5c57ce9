<?php
// SPDX-License-Identifier: MIT
// php one-queue.php [QUEUE]: one queue, every second.  Package php-cli, and no extension.
$queue = $argv[1] ?? 'sales';
$ask = ['HMGET', 'ccmon:v1:{' . (getenv('SITE') ?: 'main') . "}:queue:$queue", 'updated_epoch_ms', 'waiting_count',
	'oldest_wait_seconds', 'sl_ratio_15m', 'sl_n_15m', 'status'];
$figure = fn($form, $x, $times = 1) => $x === 'NaN' ? '-' : sprintf($form, $x * $times);
$redis = stream_socket_client('tcp://127.0.0.1:' . (getenv('REDIS_PORT') ?: 6379)) or exit(1);
for (; ; sleep(1)) {
	fwrite($redis, '*' . count($ask) . "\r\n");
	foreach ($ask as $word)
		fwrite($redis, '$' . strlen($word) . "\r\n$word\r\n");
	if (fgets($redis) !== "*6\r\n")
		throw new Exception('Redis refuses, or is gone');
	for ($v = []; count($v) < 6; )		// its length, $-1 when it is not there; itself
		$v[] = fgets($redis) === "$-1\r\n" ? null : rtrim(fgets($redis));
	if (microtime(true) - $v[0] / 1000 > 15)
		echo "$queue: no news\n";
	else
		echo "$queue: $v[1] waiting, longest {$figure('%d s', $v[2])}, service level {$figure('%.1f %%', $v[3], 100)} of $v[4], $v[5]\n";
}
