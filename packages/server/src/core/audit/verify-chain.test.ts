import { test } from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import type { AuditEntry, AuditRow } from "@gantry/contracts/audit";
import { chainEntry, chainStart } from "./audit-chain.ts";
import { verifyChain } from "./verify-chain.ts";

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

const text = fc.string({ unit: "binary", maxLength: 8 });
const optional = fc.option(text, { nil: null });
const anyEntry: fc.Arbitrary<AuditEntry> = fc.record({
  at: fc.nat(),
  actor: text,
  action: text,
  target: text,
  projectId: optional,
  address: optional,
  policy: optional,
  result: fc.constantFrom("ok", "refused", "failed"),
  detail: optional,
  payloadDigest: optional,
});
const anyEntries = fc.array(anyEntry, { minLength: 1, maxLength: 8 });

function toChain(entries: readonly AuditEntry[]): AuditRow[] {
  const rows: AuditRow[] = [];
  for (const entry of entries) rows.push(chainEntry(rows.at(-1), entry, digest));
  return rows;
}

const entryOf = (detail: string): AuditEntry => ({
  at: 1,
  actor: "admin",
  action: "key.created",
  target: "key:1",
  projectId: null,
  address: null,
  policy: null,
  result: "ok",
  detail,
  payloadDigest: null,
});
const rows = toChain(["one", "two", "three", "four", "five"].map(entryOf));
const [one, two, three, four, five] = rows as [AuditRow, AuditRow, AuditRow, AuditRow, AuditRow];

async function faultOf(
  tampered: readonly AuditRow[],
  checkpoint?: { sequence: number; hash: string },
): Promise<string> {
  const verdict = await verifyChain(tampered, digest, checkpoint);
  return verdict.ok ? "ok" : `${verdict.fault.kind} ${verdict.fault.sequence}`;
}

/** Writes a row anew with a hash that fits it, as somebody with access to the store could. */
function rewrite(row: AuditRow, change: Partial<AuditRow>): AuditRow {
  const { sequence, previousHash, hash: _, ...entry } = { ...row, ...change };
  return chainEntry({ sequence: sequence - 1, hash: previousHash }, entry, digest);
}

test("an untouched chain is right, with its head", async () => {
  await fc.assert(
    fc.asyncProperty(anyEntries, async (entries) => {
      const chain = toChain(entries);
      const { sequence, hash } = chain.at(-1) ?? { sequence: 0, hash: "" };
      assert.deepEqual(await verifyChain(chain, digest), { ok: true, rows: chain.length, head: { sequence, hash } });
    }),
  );
});

test("nothing is right too, and a stream is read as it comes", async () => {
  assert.deepEqual(await verifyChain([], digest), { ok: true, rows: 0, head: undefined });
  async function* stream() {
    for (const row of rows) yield await Promise.resolve(row);
  }
  assert.equal((await verifyChain(stream(), digest)).ok, true);
});

const tamperings: readonly [string, readonly AuditRow[], string][] = [
  ["a changed field", [one, { ...two, detail: "x" }, three], "changed 2"],
  ["a changed hash", [one, { ...two, hash: one.hash }, three], "changed 2"],
  ["a changed link", [one, { ...two, previousHash: three.hash }, three], "changed 2"],
  ["a row written anew", [one, rewrite(two, { detail: "x" }), three], "unlinked 3"],
  ["a first row written anew with another start", [rewrite(one, { previousHash: five.hash }), two], "unlinked 1"],
  ["the contents of two rows exchanged", [one, { ...three, sequence: 2 }, { ...two, sequence: 3 }], "changed 2"],
  ["a missing row", [one, two, four, five], "missing 3"],
  ["missing rows", [one, five], "missing 2"],
  ["a missing first row", [two, three], "missing 1"],
  ["a missing row, the others numbered anew", [one, { ...three, sequence: 2 }], "changed 2"],
  ["a missing row, the next written anew", [one, rewrite(three, { sequence: 2 })], "unlinked 2"],
  ["two rows exchanged", [one, three, two, four, five], "reordered 2"],
  ["a row moved to the end", [one, three, four, five, two], "reordered 2"],
  ["a row there twice", [one, two, two, three], "reordered 2"],
  ["a first row there again at the end", [...rows, one], "reordered 1"],
  ["a number that is none", [one, { ...two, sequence: Number.NaN }], "reordered NaN"],
  ["a number 0", [{ ...one, sequence: 0 }], "reordered 0"],
  ["half a number", [one, { ...two, sequence: 1.5 }], "reordered 1.5"],
];

for (const [what, tampered, expected] of tamperings) {
  test(`${what} is found: ${expected}`, async () => {
    assert.equal(await faultOf(tampered), expected);
  });
}

test("a cut tail and a chain written anew are right by themselves, and found by a checkpoint", async () => {
  const anew = toChain(["one", "two", "x", "four", "five"].map(entryOf));
  const cut = rows.slice(0, 3);
  assert.deepEqual([await faultOf(cut), await faultOf(anew)], ["ok", "ok"]);
  assert.equal(await faultOf(cut, five), "cut 4");
  assert.equal(await faultOf([], one), "cut 1");
  assert.equal(await faultOf(anew, five), "checkpoint 5");
  assert.equal(await faultOf(anew, three), "checkpoint 3");
});

test("a checkpoint holds for every chain that goes on from it", async () => {
  for (const row of rows) assert.equal(await faultOf(rows, row), "ok");
  assert.equal(await faultOf(rows, { sequence: 0, hash: chainStart }), "ok");
  assert.equal(await faultOf([], { sequence: 0, hash: chainStart }), "ok");
});

test("a checkpoint that is none is not taken for a proof", async () => {
  assert.equal(await faultOf(rows, { sequence: 0, hash: five.hash }), "checkpoint 0");
  for (const sequence of [Number.NaN, 2.5, -7, 2 ** 60]) {
    assert.equal(await faultOf(rows, { sequence, hash: five.hash }), "checkpoint 0");
  }
  assert.equal(await faultOf(rows, { ...five, hash: five.hash.toUpperCase() }), "checkpoint 5");
});

test("every message names the row", async () => {
  for (const [, tampered] of tamperings) {
    const verdict = await verifyChain(tampered, digest);
    assert.ok(!verdict.ok && verdict.fault.message.includes(String(verdict.fault.sequence)));
  }
});

test("whatever field of whatever row is changed, it is found at that row or by the next", async () => {
  const fields = [
    "at",
    "actor",
    "action",
    "target",
    "projectId",
    "address",
    "policy",
    "result",
    "detail",
    "payloadDigest",
  ] as const;
  const chainFields = ["sequence", "previousHash", "hash"] as const;
  const value = fc.oneof(text, fc.constant(null), fc.nat());
  await fc.assert(
    fc.asyncProperty(
      anyEntries,
      fc.nat(),
      fc.constantFrom(...fields, ...chainFields),
      value,
      async (entries, at, field, to) => {
        const chain = toChain(entries);
        const index = at % chain.length;
        const row = chain[index];
        assert.ok(row !== undefined);
        fc.pre(row[field] !== to);
        const changed = chain.with(index, { ...row, [field]: to });
        const verdict = await verifyChain(changed, digest);
        assert.ok(!verdict.ok);
      },
    ),
    { numRuns: 500 },
  );
});

test("whatever rows are left out or exchanged, it is found with a checkpoint of the whole", async () => {
  await fc.assert(
    fc.asyncProperty(anyEntries, fc.nat(), fc.nat(), async (entries, left, right) => {
      const chain = toChain(entries);
      const [from, to] = [left % chain.length, right % chain.length];
      const head = chain.at(-1);
      const without = chain.toSpliced(from, 1);
      assert.notEqual(await faultOf(without, head), "ok");
      if (from === to) return;
      const [a, b] = [chain[from], chain[to]];
      assert.ok(a !== undefined && b !== undefined);
      assert.match(await faultOf(chain.with(from, b).with(to, a), head), /^reordered/);
    }),
  );
});
