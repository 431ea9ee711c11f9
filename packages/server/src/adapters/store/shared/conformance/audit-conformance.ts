import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { AuditRow } from "@gantry/contracts/audit";
import { chainEntry } from "../../../../core/audit/audit-chain.ts";
import type { AuditLog } from "../../../../core/ports/audit-log.ts";
import { noon, sampleEntry, sampleRequest, sampleUsage, toMicros } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Reads the whole log and fails where a row is not what follows from the one before. */
export async function readVerifiedAudit(audit: AuditLog): Promise<readonly AuditRow[]> {
  const rows: AuditRow[] = [];
  for (;;) {
    const page = await audit.read({}, rows.at(-1)?.sequence ?? 0, 500);
    if (page.length === 0) return rows;
    for (const row of page) {
      assert.deepEqual(row, chainEntry(rows.at(-1), row, digest));
      rows.push(row);
    }
  }
}

export function describeAudit(describe: Describe): void {
  describe("rows are numbered from 1 and chained, however many come at once", async ({ audit, ledger }) => {
    assert.equal(await audit.head(), undefined);
    const appended = await Promise.all(
      Array.from({ length: 40 }, (_, index) => audit.append(sampleEntry(`key:${index}`, { action: "key.created" }))),
    );
    await ledger.reserve(sampleRequest("r", 5));
    await ledger.settle("r", toMicros(5), sampleUsage("r", 5), sampleEntry("request:r"));
    const rows = await readVerifiedAudit(audit);
    assert.equal(rows.length, 41);
    assert.equal(rows[0]?.sequence, 1);
    for (const row of appended) assert.deepEqual(rows[row.sequence - 1], row);
    const last = rows[40];
    assert.deepEqual(await audit.head(), { sequence: 41, hash: last?.hash, at: noon });
  });

  describe("text that cannot be stored as it is breaks neither the chain nor a settlement", async ({
    audit,
    ledger,
  }) => {
    const strange = "NUL \u0000, half a pair \ud83d";
    const appended = await audit.append(sampleEntry(`budget:${strange}`, { detail: strange, address: strange }));
    assert.equal(appended.detail, "NUL \ufffd, half a pair \ufffd");
    assert.deepEqual(await ledger.reserve(sampleRequest(strange, 1, { keyId: strange })), { kind: "reserved" });
    const usage = sampleUsage(strange, 1, { model: strange, keyId: strange });
    assert.equal(await ledger.settle(strange, toMicros(1), usage, sampleEntry(`request:${strange}`)), true);
    const rows = await readVerifiedAudit(audit);
    assert.deepEqual(rows[0], appended);
    assert.equal(rows.length, 2);
    assert.equal((await audit.read({ target: `budget:${strange}` }, 0, 5)).length, 1);
  });

  describe("the chain goes on after a crash", async ({ audit }, tested) => {
    await audit.append(sampleEntry("key:1"));
    const reopened = await tested.crash();
    await reopened.audit.append(sampleEntry("key:2", { detail: "quote ' and \u{1F600}", address: null }));
    const rows = await readVerifiedAudit(reopened.audit);
    assert.deepEqual(
      rows.map(({ target }) => target),
      ["key:1", "key:2"],
    );
  });

  describe("rows are read by what they say, in order, after a number", async ({ audit }) => {
    await audit.append(sampleEntry("key:1", { at: noon, action: "key.created", actor: "admin" }));
    await audit.append(sampleEntry("key:1", { at: noon + 1, action: "key.revoked", actor: "admin", projectId: null }));
    await audit.append(sampleEntry("key:2", { at: noon + 2, action: "key.created", actor: "key_x" }));
    const read = async (...parameters: Parameters<AuditLog["read"]>): Promise<number[]> =>
      (await audit.read(...parameters)).map(({ sequence }) => sequence);
    assert.deepEqual(await read({}, 0, 10), [1, 2, 3]);
    assert.deepEqual(await read({}, 1, 1), [2]);
    assert.deepEqual(await read({ actor: "admin" }, 0, 10), [1, 2]);
    assert.deepEqual(await read({ action: "key.created" }, 1, 10), [3]);
    assert.deepEqual(await read({ target: "key:1" }, 0, 10), [1, 2]);
    assert.deepEqual(await read({ projectId: "prj_a" }, 0, 10), [1, 3]);
    assert.deepEqual(await read({ from: noon + 1, to: noon + 2 }, 0, 10), [2]);
    assert.deepEqual(await read({ actor: "a\0" }, 0, 10), []);
    assert.deepEqual(await read({}, 3, 10), []);
  });
}
