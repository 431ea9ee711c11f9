import { test } from "node:test";
import assert from "node:assert/strict";
import type { StoredKey } from "../ports/control-store.ts";
import { checkKey, type KeyRefusal } from "./check-key.ts";

const now = 1_000_000;
const sameHash = (left: string, right: string): boolean => left === right;

const key: StoredKey = {
  id: "key_1",
  publicId: "abcdefghij27",
  name: "a key",
  projectId: "prj_1",
  profile: "free",
  scopes: ["inference"],
  limits: {},
  metadata: {},
  expiresAt: null,
  disabled: false,
  revokedAt: null,
  createdAt: 0,
  lastUsedAt: null,
  secretHash: "new",
  previousSecretHash: null,
  previousUntil: null,
};

const rotated = { previousSecretHash: "old", previousUntil: now + 1 };

const cases: readonly [string, Partial<StoredKey>, string, KeyRefusal | "ok"][] = [
  ["the right secret", {}, "new", "ok"],
  ["a wrong secret", {}, "other", "unknown"],
  ["no secret at all", {}, "", "unknown"],
  ["the secret before a rotation, within the overlap", rotated, "old", "ok"],
  ["the new secret within the overlap", rotated, "new", "ok"],
  ["the secret before a rotation, when the overlap ends", { ...rotated, previousUntil: now }, "old", "unknown"],
  ["the secret before a rotation without an end", { ...rotated, previousUntil: null }, "old", "unknown"],
  ["a key in its last millisecond", { expiresAt: now + 1 }, "new", "ok"],
  ["a key when it expires", { expiresAt: now }, "new", "expired"],
  ["a key whose expiry is no time", { expiresAt: Number.NaN }, "new", "expired"],
  ["a disabled key", { disabled: true }, "new", "disabled"],
  ["a revoked key", { revokedAt: now - 1 }, "new", "revoked"],
  ["a key revoked by a clock ahead of ours", { revokedAt: now + 5000 }, "new", "revoked"],
  ["a key that is all of that", { revokedAt: 0, disabled: true, expiresAt: 0 }, "new", "revoked"],
  ["a disabled key that expired", { disabled: true, expiresAt: 0 }, "new", "disabled"],
  ["a revoked key with the secret before", { ...rotated, revokedAt: now }, "old", "revoked"],
  ["a revoked key with a wrong secret", { revokedAt: now }, "other", "unknown"],
];

for (const [what, change, secretHash, expected] of cases) {
  test(`${what}: ${expected}`, () => {
    const stored = { ...key, ...change };
    const check = checkKey(stored, secretHash, now, sameHash);
    assert.deepEqual(check, expected === "ok" ? { ok: true, key: stored } : { ok: false, reason: expected });
  });
}

test("a key that is not there is unknown", () => {
  assert.deepEqual(checkKey(undefined, "new", now, sameHash), { ok: false, reason: "unknown" });
});

test("a time that is no time lets nothing pass that has an end", () => {
  assert.deepEqual(checkKey({ ...key, expiresAt: now }, "new", Number.NaN, sameHash), { ok: false, reason: "expired" });
  assert.deepEqual(checkKey({ ...key, ...rotated }, "old", Number.NaN, sameHash), { ok: false, reason: "unknown" });
});

test("digests are compared by the given comparison alone", () => {
  const compared: string[] = [];
  checkKey({ ...key, ...rotated }, "old", now, (left, right) => {
    compared.push(`${left}/${right}`);
    return false;
  });
  assert.deepEqual(compared, ["new/old", "old/old"]);
});
