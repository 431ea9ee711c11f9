import assert from "node:assert/strict";
import { FailureError } from "@gantry/contracts/errors";
import { hasCode, noon, readPages, sampleKey } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

export function describeKeys(describe: Describe): void {
  describe("a key is shown without its hashes, and found with them by its public part", async ({ control }) => {
    const limits = { requestsPerMinute: 60, concurrent: 2 };
    const created = await control.createKey(
      sampleKey("key_a", { limits, scopes: ["inference", "admin"], metadata: { team: "x" }, expiresAt: noon + 5 }),
    );
    assert.deepEqual(created, {
      id: "key_a",
      publicId: "public-key_a",
      name: "name of key_a",
      projectId: "prj_default",
      profile: "free",
      scopes: ["inference", "admin"],
      limits,
      metadata: { team: "x" },
      expiresAt: noon + 5,
      disabled: false,
      revokedAt: null,
      createdAt: noon,
      lastUsedAt: null,
    });
    assert.deepEqual(await control.getKey("key_a"), created);
    assert.deepEqual(await control.findKey("public-key_a"), {
      ...created,
      secretHash: "hash-key_a",
      previousSecretHash: null,
      previousUntil: null,
    });
  });

  describe("a key needs a project and a profile that exist", async ({ control }) => {
    const isInvalid = (param: string) => (error: unknown) =>
      hasCode("invalid_request")(error) && error instanceof FailureError && error.failure.param === param;
    await assert.rejects(control.createKey(sampleKey("key_a", { projectId: "prj_none" })), isInvalid("projectId"));
    await assert.rejects(control.createKey(sampleKey("key_a", { profile: "none" })), isInvalid("profile"));
    await control.createKey(sampleKey("key_a"));
    await assert.rejects(control.updateKey("key_a", { profile: "none" }), isInvalid("profile"));
  });

  describe("a public part that is taken is refused", async ({ control }) => {
    await control.createKey(sampleKey("key_a"));
    const twin = control.createKey(sampleKey("key_b", { publicId: "public-key_a" }));
    await assert.rejects(twin, hasCode("conflict"));
  });

  describe("an update of a key changes only what it names", async ({ control }) => {
    const created = await control.createKey(sampleKey("key_a", { expiresAt: noon, limits: { concurrent: 1 } }));
    assert.deepEqual(await control.updateKey("key_a", { disabled: true }), { ...created, disabled: true });
    assert.deepEqual(
      await control.updateKey("key_a", { disabled: false, expiresAt: null, limits: {}, profile: "pro" }),
      {
        ...created,
        expiresAt: null,
        limits: {},
        profile: "pro",
      },
    );
    assert.equal(await control.updateKey("key_none", { name: "x" }), undefined);
    assert.equal(await control.updateKey("key_none", {}), undefined);
  });

  describe("a rotation keeps the secret before it until its end; the next one forgets it", async ({ control }) => {
    const created = await control.createKey(sampleKey("key_a"));
    assert.deepEqual(await control.rotateKey("key_a", "second", noon + 10), created);
    assert.partialDeepStrictEqual(await control.findKey("public-key_a"), {
      secretHash: "second",
      previousSecretHash: "hash-key_a",
      previousUntil: noon + 10,
    });
    await control.rotateKey("key_a", "third", noon + 20);
    assert.partialDeepStrictEqual(await control.findKey("public-key_a"), {
      secretHash: "third",
      previousSecretHash: "second",
      previousUntil: noon + 20,
    });
    assert.equal(await control.rotateKey("key_none", "x", noon), undefined);
  });

  describe("a revocation is for good", async ({ control }) => {
    await control.createKey(sampleKey("key_a"));
    assert.equal((await control.revokeKey("key_a", noon + 1))?.revokedAt, noon + 1);
    assert.equal((await control.revokeKey("key_a", noon + 2))?.revokedAt, noon + 1);
    assert.equal((await control.updateKey("key_a", { disabled: false }))?.revokedAt, noon + 1);
    await assert.rejects(control.rotateKey("key_a", "second", noon), hasCode("conflict"));
    assert.equal((await control.findKey("public-key_a"))?.secretHash, "hash-key_a");
    assert.equal(await control.revokeKey("key_none", noon), undefined);
  });

  describe("uses are noted many at once, and a late note never hides a newer use", async ({ control }) => {
    const ids = Array.from({ length: 1100 }, (_, index) => `key_${index}`);
    for (const id of ids) await control.createKey(sampleKey(id));
    await control.touchKeys(new Map(ids.map((id, index) => [id, noon + index])));
    await control.touchKeys(
      new Map([
        ["key_5", noon + 3],
        ["key_6", noon + 9],
        ["key_none", noon],
      ]),
    );
    await control.touchKeys(new Map());
    const used = async (id: string): Promise<number | null | undefined> => (await control.getKey(id))?.lastUsedAt;
    assert.deepEqual([await used("key_0"), await used("key_1099")], [noon, noon + 1099]);
    assert.deepEqual([await used("key_5"), await used("key_6")], [noon + 5, noon + 9]);
  });

  describe("keys are listed newest first, of all projects or of one", async ({ control }) => {
    await control.createProject("prj_b", { name: "b" }, noon);
    for (const index of [1, 2, 3, 4]) {
      const projectId = index % 2 === 0 ? "prj_b" : "prj_default";
      await control.createKey(sampleKey(`key_${index}`, { projectId, createdAt: noon + index }));
    }
    const list = async (projectId?: string): Promise<string[]> => {
      const keys = await readPages(1, (page) =>
        control.listKeys(projectId === undefined ? page : { ...page, projectId }),
      );
      return keys.map(({ id }) => id);
    };
    assert.deepEqual(await list(), ["key_4", "key_3", "key_2", "key_1"]);
    assert.deepEqual(await list("prj_b"), ["key_4", "key_2"]);
    assert.deepEqual(await list("prj_none"), []);
  });
}
