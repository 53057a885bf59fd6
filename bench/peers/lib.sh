# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# What the drivers share. Each is called as
#
#	bench/peers/NAME PORT FOLDER
#
# and becomes that server, in the foreground, on 127.0.0.1, with its files in FOLDER and
# its limits off. Exit status 77, and a word, if it is not installed, which
#
#	bench/peers/NAME installed
#	bench/peers/NAME protocol
#
# ask and no more, and how bench/load is to talk to it.

set -eu

# driver PROTOCOL PROGRAM ARGUMENTS...: what every driver begins with.
driver()
{
	protocol=$1
	program=$2
	shift 2
	if [ "$*" = protocol ]; then
		echo "$protocol"
		exit 0
	fi
	PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
	if ! command -v "$program" >/dev/null 2>&1; then
		echo "$program is not installed"
		exit 77
	fi
	if [ "$*" = installed ]; then
		exit 0
	fi
	if [ $# -ne 2 ]; then
		echo "usage: ${0##*/} PORT FOLDER" >&2
		exit 2
	fi
	# shellcheck disable=SC2034 # it is for the driver
	port=$1 folder=$2
	# shellcheck disable=SC3045 # dash and bash have them
	ulimit -n "$(ulimit -H -n)"
}
