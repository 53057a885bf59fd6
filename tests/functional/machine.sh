#!/bin/sh
# SPDX-License-Identifier: ISC
#
# machine.sh FOLDER: boots this machine's systemd a second time, in namespaces of its own
# and with little but /usr of this one. FOLDER becomes its root, for nobody else to see;
# what it writes is in memory. Prints the pid of its systemd, and takes it down with all
# that runs in it when standard input ends, so also when whoever started this is killed.
# For root.

set -eu

folder=${2-}

# our_cgroup: the folder of the one we are in, of version 2.
our_cgroup()
{
	# What is mounted where stands ahead of " - TYPE".
	top=$(sed -n 's/^[^ ]* [^ ]* [^ ]* [^ ]* \([^ ]*\) .* - cgroup2 .*/\1/p' \
		/proc/self/mountinfo | head -n 1)
	echo "$top$(sed -n 's/^0:://p' /proc/self/cgroup)"
}

# remove_cgroup FOLDER: once the last process in it is gone, which takes a moment.
remove_cgroup()
{
	tries=200
	while [ -d "$1" ] && [ "$tries" -gt 0 ] &&
		! find "$1" -depth -type d -exec rmdir {} + 2>/dev/null; do
		tries=$((tries - 1))
		sleep 0.05
	done
}

# end PID: of unshare, which ends when its child is gone, and leaves no orphan then.
end()
{
	child=$(cat "/proc/$1/task/$1/children")
	# shellcheck disable=SC2086 # a blank follows
	kill -KILL ${child:-$1}
	wait "$1" || :
}

outside()
{
	parent=$(our_cgroup)
	# Those whose owner was killed before he could remove them.
	for cgroup in "$parent"/prattle-test.*; do
		[ ! -d "$cgroup" ] || [ -e "/proc/${cgroup##*.}" ] || remove_cgroup "$cgroup"
	done
	cgroup=$parent/prattle-test.$$
	mkdir "$cgroup"

	# Each of them dies with the one before it.
	# shellcheck disable=SC2016 # the dollars are for the other shell
	sh -c 'echo "$$" >"$1/cgroup.procs"
		exec setpriv --pdeathsig KILL unshare --fork --kill-child \
			--pid --mount --uts --ipc --net --cgroup "$0" inside "$2"' \
		"$0" "$cgroup" "$folder" </dev/null &
	trap 'end $!; remove_cgroup "$cgroup"' EXIT
	trap 'exit 1' HUP INT TERM
	read -r _ || :
}

# device NAME...
device()
{
	for name; do
		: >"dev/$name"
		mount --bind "/dev/$name" "dev/$name"
	done
}

# units: those of systemd that ours need, and no others of this machine.
units()
{
	from=/usr/lib/systemd/system
	to=usr/lib/systemd/system
	mount -t tmpfs -o mode=0755 tmpfs "$to"
	for name in basic.target multi-user.target network-online.target network.target \
		shutdown.target sockets.target sysinit.target \
		systemd-journald-dev-log.socket systemd-journald.service \
		systemd-journald.socket; do
		cp -P "$from/$name" "$to/"
	done
	mkdir "$to/sysinit.target.wants"
	ln -s ../systemd-journald.service "$to/sysinit.target.wants/"
}

inside()
{
	# As it is called outside, for /proc is still that of outside.
	read -r pid _ </proc/self/stat

	mount -t tmpfs -o mode=0755 tmpfs "$folder"
	cd "$folder"
	mkdir .upper .work dev etc home proc root run sys tmp usr var var/lib
	chmod 1777 tmp
	mount -t overlay -o "lowerdir=/usr,upperdir=.upper,workdir=.work" overlay usr
	for dir in bin lib lib32 lib64 libx32 sbin; do
		if [ -L "/$dir" ]; then
			cp -P "/$dir" "$dir"
		elif [ -d "/$dir" ]; then
			mkdir "$dir"
			mount --bind "/$dir" "$dir"
		fi
	done
	mount -t proc proc proc
	mount -t sysfs -o ro sysfs sys
	mount -t cgroup2 cgroup2 sys/fs/cgroup
	mount -t tmpfs -o mode=0755 tmpfs dev
	device full null random tty urandom zero
	ln -s pts/ptmx dev/ptmx

	echo 'root:x:0:0:root:/root:/bin/sh' >etc/passwd
	echo 'root:x:0:' >etc/group
	echo 'passwd: files' >etc/nsswitch.conf
	tr -d - </proc/sys/kernel/random/uuid >etc/machine-id
	cp /etc/ld.so.cache etc/
	units
	ip link set lo up

	mkdir .old
	pivot_root . .old
	umount -l .old
	rmdir .old

	echo "$pid"
	exec >&2
	exec env -i container=prattle-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		/lib/systemd/systemd --unit=basic.target --show-status=no
}

case $1 in
inside) inside ;;
*)
	folder=$1
	outside
	;;
esac
