import { test } from "node:test";
import assert from "node:assert/strict";
import { profileInput, type PermissionProfile } from "@gantry/contracts/access";
import { decide, type AccessRequest } from "./decide.ts";
import { defaultProfiles } from "./default-profiles.ts";

const [free, pro, enterprise] = defaultProfiles.map((profile) => ({ ...profile, version: 1, createdAt: 0 }));

test("the tiers are what the contract takes, with every field written out", () => {
  for (const profile of defaultProfiles) {
    assert.deepEqual(profileInput.parse(profile), profile);
    assert.deepEqual(Object.keys(profile).sort(), Object.keys(profileInput.shape).sort());
  }
});

const tool = (name: string): AccessRequest => ({ kind: "tool", tool: name });
const cases: readonly [string, AccessRequest, string][] = [
  ["reads", tool("Read"), "free pro enterprise"],
  ["searches", tool("Grep"), "pro enterprise"],
  ["runs commands", tool("Bash"), "pro enterprise"],
  ["edits", tool("Edit"), "enterprise"],
  ["uses haiku", { kind: "model", names: ["claude-haiku-5-5", "haiku"] }, "free pro enterprise"],
  ["uses sonnet", { kind: "model", names: ["claude-sonnet-5-5", "sonnet"] }, "pro enterprise"],
  ["uses opus", { kind: "model", names: ["claude-opus-5-5", "opus"] }, "enterprise"],
  ["asks a code reviewer", { kind: "agent", name: "code-reviewer" }, "pro enterprise"],
  ["asks any agent", { kind: "agent", name: "planner" }, "enterprise"],
  ["uses a code analyzer", { kind: "skill", name: "code-analyzer" }, "pro enterprise"],
  ["reads its workspace", { kind: "read", path: "/workspace/a" }, "free pro enterprise"],
  ["writes its workspace", { kind: "write", path: "/workspace/a" }, "enterprise"],
  ["begins with any directory", { kind: "directory", name: "default" }, "enterprise"],
  ["reads the system", { kind: "read", path: "/etc/passwd" }, ""],
  ["reaches the network", { kind: "network", host: "example.com" }, "enterprise"],
  ["installs packages", { kind: "package_installation" }, "enterprise"],
  ["runs for a minute", { kind: "execution_seconds", seconds: 60 }, "free pro enterprise"],
  ["runs for eleven minutes", { kind: "execution_seconds", seconds: 660 }, ""],
  ["spends a dollar", { kind: "cost", micros: 1_000_000 }, "pro enterprise"],
  ["runs ten tasks at once", { kind: "concurrent_tasks", tasks: 10 }, "enterprise"],
];

for (const [what, request, allowed] of cases) {
  test(`who ${what}: ${allowed === "" ? "nobody" : allowed}`, () => {
    const allowing = [free, pro, enterprise].filter((profile) => profile !== undefined && isAllowed(profile, request));
    assert.equal(allowing.map((profile) => profile?.name).join(" "), allowed);
  });
}

function isAllowed(profile: PermissionProfile, request: AccessRequest): boolean {
  return decide(profile, request).action === "allow";
}
