import assert from "node:assert/strict";
import { test } from "node:test";
import { explainBubblewrapFailure } from "./explain-bubblewrap-failure.ts";

const host = { container: false, appArmorRestricts: false, namespacesOff: false };

test("each way in which walls are refused has its own way out", () => {
  const cases = [
    ["bwrap: Unknown option --perms", host, /too old/, /0\.5/],
    [
      "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted",
      { ...host, appArmorRestricts: true },
      /forbidden/,
      /AppArmor/,
    ],
    ["bwrap: setting up uid map: Permission denied", { ...host, appArmorRestricts: true }, /forbidden/, /apparmor\.d/],
    [
      "bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.",
      { ...host, namespacesOff: true },
      /forbidden/,
      /sysctl/,
    ],
    [
      "bwrap: Creating new namespace failed: Operation not permitted",
      { ...host, container: true },
      /forbidden/,
      /seccomp=unconfined/,
    ],
    [
      "bwrap: Can't mount proc on /newroot/proc: Operation not permitted",
      { ...host, container: true },
      /\/proc/,
      /systempaths=unconfined/,
    ],
    ["bwrap: Can't find source path /usr: No such file", host, /does not work/, /bwrap --ro-bind/],
  ] as const;
  for (const [stderr, facts, reason, remedy] of cases) {
    const explained = explainBubblewrapFailure(stderr, facts);
    assert.match(explained.reason, reason);
    assert.match(explained.remedy, remedy);
  }
});
