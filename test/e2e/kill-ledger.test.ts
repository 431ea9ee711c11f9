import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { AuditRow } from "@gantry/contracts/audit";
import type { UsageRow } from "@gantry/contracts/usage";
import { type Admin, createAdmin } from "../harness/admin.ts";
import { ask } from "../harness/chat.ts";
import { type FloodReply, startFlood } from "../harness/flood.ts";
import { waitUntilNone } from "../harness/processes.ts";
import { countTokens, readBooks, sumUsage } from "../harness/read-books.ts";
import { startGantry } from "../harness/start-gantry.ts";
import { verifyAudit } from "../harness/verify-audit.ts";

const clients = 2_000;
/** So many answers are seen before the server is killed. */
const seen = 300;
const keysPerProject = 10;
/** In tokens: room for a few requests only, so that some are refused while the others run. */
const smallBudget = 20_000;

const env = {
  GANTRY_MAX_PROCESSES: "4",
  GANTRY_QUEUE_LENGTH: String(clients),
  GANTRY_QUEUE_WAIT_MS: "600000",
  GANTRY_LOG_LEVEL: "warn",
};

/** No two bodies are the same; every other one asks for a stream. */
const sayNumber = (index: number) => ({
  model: "haiku",
  messages: [{ role: "user", content: `[[demo:say ${index}]]` }],
  ...(index % 2 === 0 && { stream: true, stream_options: { include_usage: true } }),
});

/** Two projects with keys, and on each of them budgets of money and of tokens. Gives the keys' texts. */
async function layOut(admin: Admin): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const name of ["first", "second"]) {
    const project = await admin.createProject({ name });
    await createBudgets(admin, "project", project.id);
    for (let index = 0; index < keysPerProject; index++) {
      const { id, key } = await admin.createKey({ projectId: project.id, name: `${name} ${index}` });
      await createBudgets(admin, "key", id);
      if (index === 0) await admin.createBudget({ subject: "key", subjectId: id, limit: smallBudget });
      keys.push(key);
    }
  }
  return keys;
}

async function createBudgets(admin: Admin, subject: "project" | "key", subjectId: string): Promise<void> {
  for (const unit of ["micros", "tokens"] as const) {
    for (const window of ["day", "lifetime"] as const) {
      await admin.createBudget({ subject, subjectId, unit, window, limit: 1_000_000_000_000 });
    }
  }
}

/** Usage rows by the digest of the request's body, by which the audit knows it. */
function indexByBody(audit: readonly AuditRow[], usage: readonly UsageRow[]): ReadonlyMap<string, readonly UsageRow[]> {
  const byTarget = Map.groupBy(usage, ({ id }) => `request:${id}`);
  const byBody = Map.groupBy(audit, ({ payloadDigest }) => payloadDigest ?? "");
  return new Map([...byBody].map(([body, rows]) => [body, rows.flatMap(({ target }) => byTarget.get(target) ?? [])]));
}

const digestOf = ({ sent }: FloodReply): string => hash("sha256", sent);

/** What the client was told that it used. */
function readTokens({ raw }: FloodReply): number | undefined {
  const found = /"total_tokens":(\d+)/.exec(raw)?.[1];
  return found === undefined ? undefined : Number(found);
}

test(`a server killed amidst ${clients} completions lost nothing that a client saw finished, and keeps nothing reserved`, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-ledger-"));
  const data = join(folder.path, "data");
  const killed = await startGantry({ data, env });
  const keys = await layOut(createAdmin(killed));
  const requests = Array.from({ length: clients }, (_, index) => ({
    key: keys[index % keys.length] ?? assert.fail(),
    body: sayNumber(index),
  }));
  const flood = startFlood(killed.url, requests);
  await flood.untilFinished(seen);
  await killed.kill9();
  const replies = await flood.replies;
  await waitUntilNone(killed.processes);

  const next = await startGantry({ data, env });
  try {
    const { budgets, usage } = await readBooks(next);
    const now = Date.now();
    for (const budget of budgets) {
      assert.equal(budget.reserved, 0, `${budget.id} keeps nothing reserved`);
      assert.equal(budget.spent, sumUsage(budget, usage, now), `${budget.id} is the sum of its rows`);
      assert.ok(budget.spent <= budget.limit);
    }
    assert.equal(budgets.length, 2 * (4 + keysPerProject * 4 + 1));
    assert.ok(budgets.every(({ subject, spent }) => subject === "key" || spent > 0));

    const booked = indexByBody(await createAdmin(next).readAudit({ action: "completion.finished" }), usage);
    const finished = replies.filter((reply) => reply.status === 200 && reply.finished);
    assert.ok(finished.length >= seen);
    for (const reply of finished) {
      const rows = booked.get(digestOf(reply)) ?? [];
      assert.deepEqual(
        rows.map((row) => [row.outcome, countTokens(row)]),
        [["completed", readTokens(reply)]],
        reply.sent,
      );
    }
    const refused = replies.filter(({ status, raw }) => status === 429 && raw.includes('"budget_exceeded"'));
    assert.ok(refused.length > 0, "the small budgets refused somebody");
    assert.ok(refused.every((reply) => !booked.has(digestOf(reply))));

    const byOutcome = Map.groupBy(usage, ({ outcome }) => outcome);
    assert.deepEqual([...byOutcome.keys()].toSorted(), ["completed", "lost"]);
    assert.ok((byOutcome.get("lost")?.length ?? 0) > clients / 2, "most were under way when it was killed");
    assert.equal(new Set(usage.map(({ id }) => id)).size, usage.length);
    assert.ok(usage.length <= clients - refused.length);

    await verifyAudit(next);
    assert.equal((await ask({ url: next.url, key: keys[1] ?? "" }, sayNumber(clients))).text, String(clients));
  } finally {
    await next.stop();
    await killed.stop();
  }
});
