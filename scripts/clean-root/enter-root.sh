# What an engine does before it starts a container's program: run by `unshare`, in namespaces of its own, as root.
# ROOT is the image's files, DATA the volume, CLAUDE the folder with the CLI, TMP the options of /tmp, MASKED whether /proc is covered
# as an engine covers it by itself. The arguments are the program and what becomes of it.
set -e
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
cd "$ROOT"
mkdir -p opt/claude
# By this engines tell that it is a container.
touch .dockerenv
mount -t proc proc proc
if [ "$MASKED" = yes ]; then mount --bind proc/sys proc/sys && mount -o remount,bind,ro proc/sys; fi
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount --rbind /sys/fs/cgroup sys/fs/cgroup
mount -t tmpfs -o nosuid,mode=0755 tmpfs dev
for name in null zero full random urandom tty; do touch "dev/$name"; mount --bind "/dev/$name" "dev/$name"; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
mount -t tmpfs -o nosuid,nodev,noexec,mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o "nosuid,nodev,noexec,$TMP" tmpfs tmp
mount --bind "$DATA" "$ROOT$VOLUME"
mount --bind "$CLAUDE" opt/claude
mount -o remount,bind,ro opt/claude
ip link set lo up
mount -o remount,bind,ro "$ROOT"
pivot_root . .
umount -l .
exec "$@"
