import assert from "node:assert/strict";
import { profileInput } from "@gantry/contracts/access";
import { hasCode, noon, readPages } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

export function describeProfiles(describe: Describe): void {
  describe("a new store holds the three tiers", async ({ control }) => {
    const [free, pro, enterprise] = await Promise.all(
      ["free", "pro", "enterprise"].map((name) => control.findProfile(name)),
    );
    assert.partialDeepStrictEqual(free, {
      version: 1,
      allowedTools: ["Read"],
      blockedTools: ["Write", "Edit", "Bash"],
      allowedModels: ["haiku"],
      maxCostPerTaskMicros: 100_000,
      filesystemAccess: "readonly",
      installPackages: false,
    });
    assert.partialDeepStrictEqual(pro, { version: 1, allowedModels: ["haiku", "sonnet"], maxExecutionSeconds: 300 });
    assert.partialDeepStrictEqual(enterprise, {
      version: 1,
      allowedModels: ["*"],
      allowedMcpServers: ["*"],
      networkHosts: ["*"],
      networkAccess: true,
      filesystemAccess: "readwrite",
      installPackages: true,
      maxCostPerTaskMicros: 10_000_000,
    });
    for (const profile of [free, pro, enterprise]) {
      assert.deepEqual([profile?.readDirectories, profile?.writeDirectories, profile?.toolRules], [[], [], []]);
    }
  });

  describe("a change makes the next version, and the old ones stay", async ({ control }) => {
    const input = profileInput.parse({ name: "mine", allowedModels: ["haiku"], maxCpuCores: 0.25 });
    const first = await control.putProfile(input, noon);
    assert.deepEqual(first, { ...input, version: 1, createdAt: noon });
    const second = await control.putProfile({ ...input, allowedModels: [] }, noon + 1);
    assert.equal(second.version, 2);
    assert.deepEqual(await control.findProfile("mine"), second);
    assert.deepEqual(await control.findProfile("mine", 1), first);
    assert.equal(await control.findProfile("mine", 3), undefined);
  });

  describe("changes that race each get a version of their own", async ({ control }) => {
    const toInput = (seconds: number) => profileInput.parse({ name: "mine", maxExecutionSeconds: seconds });
    const racing = Array.from({ length: 16 }, (_, index) => control.putProfile(toInput(index), noon));
    const versions = (await Promise.all(racing)).map(({ version }) => version);
    assert.deepEqual(
      versions.toSorted((left, right) => left - right),
      Array.from({ length: 16 }, (_, index) => index + 1),
    );
    const kept = await readPages(5, (page) => control.listProfileVersions("mine", page));
    assert.equal(new Set(kept.map(({ maxExecutionSeconds }) => maxExecutionSeconds)).size, 16);
  });

  describe("profiles are listed once each, in their newest version", async ({ control }) => {
    for (const name of ["a", "b", "c"]) await control.putProfile(profileInput.parse({ name }), Date.UTC(2100, 1));
    await control.putProfile(profileInput.parse({ name: "a" }), Date.UTC(2100, 2));
    const all = (await control.listProfiles({ limit: 10 })).items;
    assert.deepEqual(
      all.map(({ name, version }) => `${name}@${version}`),
      ["c@1", "b@1", "a@2", "pro@1", "free@1", "enterprise@1"],
    );
    assert.deepEqual(await readPages(1, (page) => control.listProfiles(page)), all);
    assert.deepEqual(await readPages(4, (page) => control.listProfiles(page)), all);
  });

  describe("versions are listed newest first, and a cursor that is none is refused", async ({ control }) => {
    for (const at of [1, 2, 3]) await control.putProfile(profileInput.parse({ name: "mine" }), at);
    const versions = await readPages(2, (page) => control.listProfileVersions("mine", page));
    assert.deepEqual(
      versions.map(({ version }) => version),
      [3, 2, 1],
    );
    assert.deepEqual(await control.listProfileVersions("none", { limit: 2 }), { items: [], nextCursor: null });
    for (const cursor of ["", "x", "-1", "1e9", "99999999999"]) {
      await assert.rejects(control.listProfileVersions("mine", { limit: 2, cursor }), hasCode("invalid_request"));
    }
    await assert.rejects(control.listProfiles({ limit: 2, cursor: "none" }), hasCode("invalid_request"));
  });
}
