import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Admin, callApi, createAdmin } from "../harness/admin.ts";
import { assertChatError } from "../harness/assert-chat-error.ts";
import { ask, chat, type ChatBody, type ChatTarget } from "../harness/chat.ts";
import { startFreezingProxy } from "../harness/freezing-proxy.ts";
import { waitUntilNone } from "../harness/processes.ts";
import { countTokens, readBooks, sumUsage } from "../harness/read-books.ts";
import { eventually, untilBusy } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";
import { isLocalPostgres, startPostgres, type Postgres } from "../harness/start-postgres.ts";
import { verifyAudit } from "../harness/verify-audit.ts";

const toBody = (content: string): ChatBody => ({
  model: "haiku",
  max_tokens: 20,
  messages: [{ role: "user", content }],
});
const hello = toBody("[[demo:say hello]]");
const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

describe("servers that share a PostgreSQL database", () => {
  let postgres: Postgres;
  let nodes: readonly [Gantry, Gantry];
  let admin: Admin;
  let lost: { readonly budgetId: string; readonly keyId: string };

  before(async () => {
    postgres = await startPostgres();
    const env = { GANTRY_DATABASE_URL: await postgres.createDatabase(), GANTRY_MAX_PROCESSES: "2" };
    const [first, second, doomed] = await Promise.all([1, 2, 3].map(() => startGantry({ env })));
    assert.ok(first && second && doomed);
    nodes = [first, second];
    admin = createAdmin(first);
    // What it leaves behind is freed when its lease is over; the last test looks at that.
    lost = await killAtWork(doomed);
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await postgres.stop();
  });

  /** The same key at another node. */
  const at = (node: Gantry, { key }: ChatTarget): ChatTarget => ({ url: node.url, key });
  /** The nodes in turn. */
  const nodeOf = (index: number): Gantry => nodes[index % 2 === 0 ? 0 : 1];

  async function killAtWork(doomed: Gantry) {
    const key = await admin.createKey();
    const budget = await admin.createBudget({ subject: "key", subjectId: key.id, limit: 1_000_000 });
    const turns = [1, 2].map(() => assert.rejects(chat(at(doomed, key), toBody("[[demo:hang]]"))));
    await untilBusy(doomed, 2);
    assert.ok((await admin.readBudget(budget.id)).reserved > 0);
    await doomed.kill9();
    await Promise.all(turns);
    await waitUntilNone(doomed.processes);
    await doomed.stop();
    return { budgetId: budget.id, keyId: key.id };
  }

  test("a key that is made on one works on the others, and one that is revoked is refused there within a second", async () => {
    const key = await admin.createKey();
    const there = at(nodes[1], key);
    assert.equal((await ask(there, hello)).text, "hello");
    await admin.revokeKey(key.id);
    const revokedAt = performance.now();
    await eventually(() => performance.now() - revokedAt >= 1000, "a second is over");
    assert.equal((await callApi(there, "GET", "/v1/models")).status, 401);
    assertChatError(await chat(there, hello), "unauthorized");
  });

  test("a budget holds over both, and its sum is right", async () => {
    const project = await admin.createProject();
    const key = await admin.createKey({ projectId: project.id });
    const budget = await admin.createBudget({ subject: "project", subjectId: project.id, limit: 4_000 });
    let working = true;
    const watch = async (): Promise<void> => {
      while (working) {
        const { spent, reserved, limit } = await admin.readBudget(budget.id);
        assert.ok(spent + reserved <= limit, `${spent} spent and ${reserved} reserved of ${limit}`);
      }
    };
    const watching = watch();
    const turns = Array.from({ length: 40 }, (_, index) => chat(at(nodeOf(index), key), hello));
    const replies = await Promise.all(turns).finally(() => (working = false));
    await watching;

    const answered = replies.filter(({ status }) => status === 200);
    const refused = replies.filter(({ status }) => status !== 200);
    assert.ok(answered.length > 0 && refused.length > 0, `${answered.length} answered, ${refused.length} refused`);
    for (const reply of refused) assertChatError(reply, "budget_exceeded");
    const { budgets, usage } = await readBooks(nodes[1]);
    const state = budgets.find(({ id }) => id === budget.id) ?? assert.fail();
    assert.equal(state.reserved, 0);
    assert.equal(state.spent, sumUsage(state, usage, Date.now()));
    assert.equal(
      state.spent,
      answered.reduce((sum, reply) => sum + (reply.usage?.total_tokens ?? 0), 0),
    );
  });

  test("a limit of requests per minute holds over both together", async () => {
    const perMinute = 5;
    const key = await admin.createKey({ limits: { requestsPerMinute: perMinute } });
    const began = performance.now();
    const replies = await Promise.all(Array.from({ length: 30 }, (_, index) => chat(at(nodeOf(index), key), hello)));
    const refilled = Math.ceil(((performance.now() - began) / 60_000) * perMinute);
    const answered = replies.filter(({ status }) => status === 200).length;
    assert.ok(answered >= perMinute && answered <= perMinute + refilled, `${answered} were answered`);
    for (const reply of replies.filter(({ status }) => status !== 200)) {
      assertChatError(reply, "rate_limited");
      assert.ok(Number(reply.headers.get("retry-after")) > 0);
    }
  });

  test(
    "while the database is gone both say so, and when it is back they book what was under way",
    { skip: !isLocalPostgres() && "the server is not ours to end" },
    async () => {
      const key = await admin.createKey();
      const budget = await admin.createBudget({ subject: "key", subjectId: key.id, limit: 1_000_000 });
      const slow = { ...toBody("[[demo:tokens 60]] [[demo:pace 50]]"), max_tokens: 500 };
      const turns = nodes.flatMap((node) => [
        chat(at(node, key), slow),
        chat(at(node, key), { ...slow, stream: true }),
      ]);
      await Promise.all(nodes.map((node) => untilBusy(node, 2)));
      await postgres.kill9();
      for (const node of nodes) {
        await eventually(async () => (await statusOf(`${node.url}/ready`)) === 503, "it is not ready");
        assert.equal(await statusOf(`${node.url}/health`), 200);
        for (const stream of [false, true]) {
          assertChatError(await chat(at(node, key), { ...hello, stream }), "store_unavailable");
        }
        assertChatError(await chat(node, hello), "store_unavailable");
      }
      // Nobody was told that these came to their end.
      for (const reply of await Promise.all(turns)) assertChatError(reply, "store_unavailable");

      await postgres.restart();
      for (const node of nodes) {
        await eventually(async () => (await statusOf(`${node.url}/ready`)) === 200, "it is ready again");
        assert.equal((await ask(at(node, key), hello)).text, "hello");
      }
      await eventually(async () => (await admin.readBudget(budget.id)).reserved === 0, "all is booked");
      const { budgets, usage } = await readBooks(nodes[0]);
      const state = budgets.find(({ id }) => id === budget.id) ?? assert.fail();
      assert.equal(state.spent, sumUsage(state, usage, Date.now()));
      const own = usage.filter(({ keyId }) => keyId === key.id);
      assert.equal(own.filter(({ outcome }) => outcome === "completed").length, turns.length + nodes.length);
      assert.ok(own.every((row) => countTokens(row) > 0));
    },
  );

  test(
    "a database that hangs makes a server not ready, and requests wait until it goes on",
    { skip: !isLocalPostgres() && "the server is not ours to hold up" },
    async () => {
      const proxy = await startFreezingProxy(await postgres.createDatabase());
      const node = await startGantry({ env: { GANTRY_DATABASE_URL: proxy.url } });
      try {
        proxy.freeze();
        await eventually(async () => (await statusOf(`${node.url}/ready`)) === 503, "it is not ready");
        const held = ask(node, hello);
        assert.equal(await statusOf(`${node.url}/health`), 200);
        proxy.thaw();
        assert.equal((await held).text, "hello");
        await eventually(async () => (await statusOf(`${node.url}/ready`)) === 200, "it is ready again");
      } finally {
        proxy.thaw();
        await node.stop();
        await proxy.stop();
      }
    },
  );

  test("what a killed server had reserved is freed by another when its lease is over", async () => {
    await eventually(async () => (await admin.readBudget(lost.budgetId)).reserved === 0, "it is freed", 120_000);
    assert.equal((await admin.readBudget(lost.budgetId)).spent, 0);
    const rows = await admin.listUsage({ key_id: lost.keyId });
    assert.deepEqual(
      rows.map(({ outcome }) => outcome),
      ["lost", "lost"],
    );
    await verifyAudit(nodes[0]);
  });
});
