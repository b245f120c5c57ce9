/* SPDX-License-Identifier: MIT */
/*
 * nearest.c: Levenshtein's distance, one row at a time.  A word is near when
 * at most a third of its letters are wrong: "treshold" is, "colour" is not.
 */
#include <ccmon/nearest.h>

#define WORD_BYTES_MAX 64 /* longer words are compared by their beginning */

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static unsigned
distance(const char *a, const char *b)
{
	unsigned row[WORD_BYTES_MAX + 1], diagonal, above;
	size_t na = strnlen(a, WORD_BYTES_MAX), nb = strnlen(b, WORD_BYTES_MAX);

	for (unsigned j = 0; j <= nb; j++)
		row[j] = j;
	for (unsigned i = 1; i <= na; i++) {
		diagonal = row[0];
		row[0] = i;
		for (unsigned j = 1; j <= nb; j++) {
			above = row[j];
			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[nb];
}

void
nearest_begin(struct nearest *n, const char *word)
{
	n->word = word;
	n->best = NULL;
	n->distance = (unsigned)(strnlen(word, WORD_BYTES_MAX) + 2) / 3 + 1;
}

void
nearest_offer(struct nearest *n, const char *known)
{
	unsigned d = distance(n->word, known);

	if (d < n->distance) {
		n->distance = d;
		n->best = known;
	}
}
