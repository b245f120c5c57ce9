#!/bin/sh
# SPDX-License-Identifier: MIT
#
# docs.sh: does the documentation say what the tables say?  The pages made
# from tables are up to date; every setting is in etc/ccmon.cfg (that they
# load is tests/unit/io_settings.c's); every verb and option of ccmonctl is in
# its page; every page is clean mdoc.  Prints what is missing, or "docs: ok".
set -eu
cd "$(dirname "$0")/.."

bad=0
missing()
{
	echo "docs: $1" >&2
	bad=1
}

# names MACRO FILE: the first text in each row of a table.
names()
{
	sed -n "s/^[[:space:]]*$1([^\"]*\"\\([^\"]*\\)\".*/\\1/p" "$2" | sort -u
}

# rows TABLE: the first text in each row of a table of ccmonctl.
rows()
{
	sed -n "/^} $1\[\] = {/,/^};/s/^	{ \"\([a-z-]*\)\", .*/\1/p" ctl/ccmonctl.c
}

sh scripts/manpages.sh --check || bad=1

for name in $(names OPTION lib/settings.def; names POLICY lib/settings.def); do
	grep -Eq "^[#|[:space:]]*(.*[{;] )?$name = " etc/ccmon.cfg ||
		missing "etc/ccmon.cfg lacks the setting $name"
done

if [ -e ctl/ccmonctl.c ]; then
	verbs=$(rows verbs) options=$(rows rows)
	[ -n "$verbs" ] || missing "no verbs found in ctl/ccmonctl.c"
	for verb in $verbs; do
		grep -q "^\.It Cm $verb\b" doc/ccmonctl.1 || missing "doc/ccmonctl.1 lacks $verb"
	done
	[ -n "$options" ] || missing "no options found in ctl/ccmonctl.c"
	for option in $options; do
		grep -q "^\.It Fl .*-$option\b" doc/ccmonctl.1 ||
			missing "doc/ccmonctl.1 lacks --$option"
	done
fi

if command -v mandoc >/dev/null; then
	mandoc -Tlint -Wwarning doc/*.[1578] || bad=1
fi

[ $bad = 0 ] && echo "docs: ok"
exit $bad
