/* SPDX-License-Identifier: MIT */
/*
 * one-queue [QUEUE]: one queue, every second.
 *
 *	cc -o one-queue one-queue.c -lhiredis -lm	(package libhiredis-dev)
 */
#include <hiredis/hiredis.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { UPDATED, WAITING, LONGEST, LEVEL, COUNT, STATUS };

static void
figure(const char *before, const char *form, double value)
{
	printf("%s", before);
	printf(isnan(value) ? "-" : form, value);
}

int
main(int argc, char **argv)
{
	const char *queue = argc > 1 ? argv[1] : "sales", *site = getenv("SITE"), *port = getenv("REDIS_PORT");
	redisContext *c = redisConnect("127.0.0.1", port != NULL ? atoi(port) : 6379);
	redisReply *r;

	while (c != NULL && (r = redisCommand(c, "HMGET ccmon:v1:{%s}:queue:%s updated_epoch_ms"
	    " waiting_count oldest_wait_seconds sl_ratio_15m sl_n_15m status",
	    site != NULL ? site : "main", queue)) != NULL && r->type == REDIS_REPLY_ARRAY) {
		if (r->element[UPDATED]->str == NULL || time(NULL) - atoll(r->element[UPDATED]->str) / 1000 > 15)
			printf("%s: no news\n", queue);
		else {
			printf("%s: %s waiting", queue, r->element[WAITING]->str);
			figure(", longest ", "%.0f s", floor(atof(r->element[LONGEST]->str)));
			figure(", service level ", "%.1f %%", atof(r->element[LEVEL]->str) * 100);
			printf(" of %s, %s\n", r->element[COUNT]->str, r->element[STATUS]->str);
		}
		fflush(stdout);
		freeReplyObject(r);
		sleep(1);
	}
	fputs("one-queue: Redis refuses, or is gone\n", stderr);
	return 1;
}
