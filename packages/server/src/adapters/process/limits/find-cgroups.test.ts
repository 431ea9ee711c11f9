import assert from "node:assert/strict";
import { test } from "node:test";
import { findCgroups } from "./find-cgroups.ts";

const mounts = [
  "30 24 0:27 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw",
  "31 24 0:28 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory",
  "32 24 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct",
  "33 24 0:30 /part /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids",
  "34 24 0:31 / /proc rw - proc proc rw",
].join("\n");

test("each hierarchy of interest is found with the server's own group, old and new side by side", () => {
  const membership =
    "9:name=systemd:/\n8:pids:/part/service\n5:cpu,cpuacct:/\n4:memory:/a:b/c\n2:devices:/\n0::/user.slice/x\n";
  assert.deepEqual(findCgroups(membership, mounts), [
    { version: 1, directory: "/sys/fs/cgroup/pids/service", controllers: ["pids"] },
    { version: 1, directory: "/sys/fs/cgroup/cpu,cpuacct", controllers: ["cpu"] },
    { version: 1, directory: "/sys/fs/cgroup/memory/a:b/c", controllers: ["memory"] },
    { version: 2, directory: "/sys/fs/cgroup/unified/user.slice/x", controllers: [] },
  ]);
});

test("a group beside what is mounted, or in a hierarchy that is not, cannot be used", () => {
  assert.deepEqual(findCgroups("8:pids:/partly\n7:memory:/x\n", mounts.split("\n").slice(3).join("\n")), []);
  assert.deepEqual(findCgroups("", ""), []);
  assert.deepEqual(findCgroups("0::/\n", "nonsense\n"), []);
});
