# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# What the lint tests share: where things are, and TAP. Each test looks for complaints,
# prints one result per question with the complaints as its comments, and ends with
# `done_testing`. From the top folder a test also runs by hand; those that need a build
# take the one of tools/run, or the folder named in $top_builddir.

set -eu
LC_ALL=C
export LC_ALL

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build/run}"
: "${PRATTLED:=$top_builddir/prattled}"

# What `tools/deps packaging` has unpacked and not installed.
# shellcheck disable=SC2034 # for the tests
unpacked=$top_srcdir/build/unpacked
PATH=$PATH:/usr/sbin:/sbin:$unpacked/usr/bin:$unpacked/usr/sbin:$unpacked/sbin

# Names of files are printed relative to the sources, as a compiler would.
cd "$top_srcdir"

tests=0

# report NAME COMPLAINTS: passed if there is no complaint.
report()
{
	tests=$((tests + 1))
	if [ -z "$2" ]; then
		echo "ok $tests - $1"
	else
		echo "not ok $tests - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

# skip NAME WHY: count one question as skipped.
skip()
{
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# skip_all WHY: nothing can be asked here.
skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

# has PROGRAM NAME: is it there? Else the question of that name is skipped.
has()
{
	command -v "$1" >/dev/null 2>&1 && return 0
	skip "$2" "$1 is not installed"
	return 1
}

# need PROGRAM: skip the whole test if it is not installed.
need()
{
	command -v "$1" >/dev/null 2>&1 || skip_all "$1 is not installed"
}

done_testing()
{
	echo "1..$tests"
}

# sources FOLDER...: our C files there, one a line.
sources()
{
	find "$@" -type f \( -name '*.[ch]' -o -name '*.def' \) | sort
}

# scripts: our shell scripts, one a line.
scripts()
{
	find bench tools tests debian .ci -type f ! -path 'debian/prattled/*' ! -name '*~' ! -name '*.py' ! -name '*.[ch]' \
		! -path '*/corpus/*' |
		while read -r file; do
			if head -n 3 "$file" | grep -qE '^#!/bin/(ba)?sh|shellcheck shell='
			then
				echo "$file"
			fi
		done | sort
}
