# Boots systemd in namespaces of its own. Its root is an overlay of this machine's files, so that
# nothing it writes remains, and it finds no units of this machine. It shares only the network.
#
#   unshare --mount --cgroup sh boot.sh DIRECTORY REPOSITORY NODE
#
# DIRECTORY/files contains the files to add. Once the namespaces exist, DIRECTORY/pid contains the id
# of this process, the parent of systemd. When it ends, systemd and all services end.
set -eu
umask 022
directory=$1 repository=$2 node=$3
PATH=/usr/sbin:/usr/bin:/sbin:/bin
cd "$directory"

mkdir memory
mount -t tmpfs tmpfs memory
mkdir memory/changes memory/work memory/root memory/cgroup
root=memory/root
mount -t overlay -o "lowerdir=/,upperdir=memory/changes,workdir=memory/work" overlay "$root"
mount -t tmpfs -o mode=755 tmpfs "$root/etc/systemd/system"
cp -R files/. "$root"

# The paths that the unit names.
mkdir -p "$root/opt/rollcall"
mount --bind "$repository" "$root/opt/rollcall"
[ -e "$root/usr/bin/node" ] || touch "$root/usr/bin/node"
mount --bind "$node" "$root/usr/bin/node"

mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s pts/ptmx "$root/dev/ptmx"
mount -t sysfs -o ro sysfs "$root/sys"

# The root of the new cgroup namespace is the cgroup of the process that creates it.
mount -t cgroup2 cgroup2 memory/cgroup
mkdir "memory/cgroup/${directory##*/}"
echo $$ >"memory/cgroup/${directory##*/}/cgroup.procs"

exec 3>pid
cd "$root"
pivot_root . run
cd /
exec unshare --pid --fork --kill-child --cgroup --ipc --uts sh -euc '
  mount -t proc proc /proc
  # Otherwise systemd would raise limits of this machine.
  mount -o bind,ro /proc/sys /proc/sys
  umount -l /run
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  # systemd mounts the credentials of a service in a namespace of its own, from which they propagate.
  mount --make-rshared /
  echo "$1" >&3
  exec 3>&-
  exec env -i PATH="$PATH" container=rollcall-test SYSTEMD_UNIT_PATH=/etc/systemd/system "$0" --system --unit=basic.target
' /usr/lib/systemd/systemd $$
