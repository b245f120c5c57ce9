#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pages.sh DIRECTORY: prints a C file that has all files of that directory in
# it, by their names below it: the page of the wall-board (wallboard/assets.c).
# The assembler reads them, so what they hold makes no difference.
set -eu
directory=${1:?usage: pages.sh DIRECTORY}

n=0 table=
cat <<'END'
/* Made by scripts/pages.sh. */
#include "wallboard/wallboard.h"

__asm__(".section .rodata\n");
END
for path in $(find "$directory" -type f ! -name '.*' | LC_ALL=C sort); do
	name=${path#"$directory"/}
	case $name in
	*[!A-Za-z0-9._/-]*) echo "pages.sh: $name: letters, digits, and . _ -" >&2; exit 1 ;;
	esac
	cat <<-END
	__asm__("page_$n: .incbin \"$path\"\npage_${n}_end: .byte 0\n");
	extern const char page_${n}[], page_${n}_end[];
	END
	table="$table	{ \"$name\", page_$n, page_${n}_end },
"
	n=$((n + 1))
done
cat <<END
__asm__(".text\n");

const struct asset page_files[] = {
$table	{ NULL, NULL, NULL },
};
const size_t npage_files = $n;
END
