/* SPDX-License-Identifier: MIT */
/*
 * replay_main.c: a fuzz target without a fuzzer: it gets each file named on
 * the command line, once.  So the corpora are tests that need no clang.
 *
 * The input is handed over in a block of exactly its size, so that reading
 * one byte too far is found by the sanitizer.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
fatal(const char *path)
{
	perror(path);
	exit(1);
}

static void
replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	long size;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) == -1)
		fatal(path);
	rewind(f);
	data = malloc((size_t)size);
	if ((data == NULL && size > 0) || fread(data, 1, (size_t)size, f) != (size_t)size)
		fatal(path);
	fclose(f);
	LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
}

int
main(int argc, char **argv)
{
	int i;

	if (argc < 2) {
		fprintf(stderr, "usage: %s FILE...\n", argv[0]);
		return 64;
	}
	for (i = 1; i < argc; i++) {
		fprintf(stderr, "%s\n", argv[i]); /* the last one named is the one that broke it */
		replay(argv[i]);
	}
	return 0;
}
