# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# What the tools share. Read with `.` after `cd` to the top folder.

# die TEXT...
die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# try LOG COMMAND...: run it quietly; if it fails, show the end of what it said.
try()
{
	try_log=$1
	shift
	if "$@" >"$try_log" 2>&1 </dev/null; then
		return 0
	fi
	tail -n 40 "$try_log" >&2
	printf '\n%s: this failed: %s\nall it said is in %s\n' "${0##*/}" "$*" \
		"$try_log" >&2
	return 1
}

# build_run: build/run/prattled, for use right there. Its sysconfdir is one that does not
# exist, so that the configuration of an installed prattled is left out of this.
build_run()
{
	configure_in build/run --quiet --sysconfdir="$PWD/build/run/etc" || return 1
	try build/run/make.log make --no-print-directory -C build/run -j2 prattled prattlectl
}

# configure_in FOLDER ARGUMENTS...: make sure that FOLDER is configured. make itself runs
# autoconf and configure again when their inputs change.
configure_in()
{
	folder=$1
	shift
	if [ -e config.status ]; then
		die "this folder is configured itself; run \`make distclean\` first"
	fi
	mkdir -p "$folder"
	if [ ! -x configure ] || [ ! -e Makefile.in ]; then
		try "$folder/autogen.log" tools/autogen || return 1
	fi
	# Other arguments than last time count as well.
	if [ ! -e "$folder/Makefile" ] || [ "$(cat "$folder/arguments")" != "$*" ]; then
		(
			top=$PWD
			cd "$folder"
			try "$PWD/configure.log" "$top/configure" "$@"
		) || return 1
		echo "$*" >"$folder/arguments"
	fi
}
