import assert from "node:assert/strict";
import { test } from "node:test";
import { startRunServer, tokensPerCall, type Node, type RunServer } from "./start-run-server.ts";

const admin = { id: "admin", address: null, policy: null };
const ask = async (node: Pick<Node, "call">, token: string) =>
  (await node.call(token, "POST", "/v1/messages", {})).status;

async function askUntilRefused(server: RunServer, token: string): Promise<number> {
  let calls = 0;
  while ((await ask(server, token)) === 200) calls += 1;
  return calls;
}

test("a run with a budget of three calls makes three, then its budget is reached, and it goes on after a raise", async (context) => {
  const server = await startRunServer(context);
  const key = await server.makeKey();
  const budget = { unit: "tokens", limit: 3 * tokensPerCall };
  const { id, token } = await server.makeRun(key.text, { budget });
  const state = async () => (await server.readRun(key.text, id)).state;
  assert.equal(await askUntilRefused(server, token), 3);
  const reached = await server.readRun(key.text, id);
  assert.deepEqual([reached.state, reached.usage.calls, reached.budget?.spent], ["budget_reached", 3, budget.limit]);
  const refused = await server.call(token, "POST", "/v1/messages", {});
  assert.deepEqual([refused.status, refused.headers.get("x-should-retry")], [429, "false"]);

  // The key itself is not held by a run's budget, and its calls change nothing of the run.
  assert.equal(await ask(server, key.text), 200);
  assert.equal(await state(), "budget_reached");

  const raised = await server.call(key.text, "PATCH", `/v1/runs/${id}`, { budget: { limit: 5 * tokensPerCall } });
  assert.partialDeepStrictEqual(raised.json, { state: "budget_reached", budget: { limit: 5 * tokensPerCall } });
  assert.equal(await ask(server, token), 200);
  assert.equal(await state(), "open");
  assert.equal(await askUntilRefused(server, token), 1);
  const { state: last, usage } = await server.readRun(key.text, id);
  assert.deepEqual([last, usage.calls, usage.tokens.inputTokens], ["budget_reached", 5, 50]);
});

test("the budgets of the key and the project hold a run as well", async (context) => {
  const server = await startRunServer(context);
  const key = await server.makeKey();
  const { id, token } = await server.makeRun(key.text);
  const bound = { subject: "key", subjectId: key.id, unit: "tokens", window: "minute", shadow: false } as const;
  await server.control.budgets.create(admin, { ...bound, limit: tokensPerCall });
  assert.equal(await askUntilRefused(server, token), 1);
  assert.equal((await server.readRun(key.text, id)).state, "budget_reached");
  server.pass(60_000);
  assert.equal(await ask(server, token), 200);
  assert.equal((await server.readRun(key.text, id)).state, "open");
});

test("a refusal for another reason is none of the budget's", async (context) => {
  const server = await startRunServer(context);
  const key = await server.makeKey({ limits: { requestsPerMinute: 1 } });
  const { id, token } = await server.makeRun(key.text, { budget: { unit: "tokens", limit: 1000 } });
  assert.deepEqual([await ask(server, token), await ask(server, token)], [200, 429]);
  assert.equal((await server.readRun(key.text, id)).state, "open");
});

test("a run whose budget one server found used up goes on at another", async (context) => {
  const server = await startRunServer(context);
  const other = await server.openNode();
  const key = await server.makeKey();
  const { id, token } = await server.makeRun(key.text, { budget: { unit: "tokens", limit: tokensPerCall } });
  assert.equal(await askUntilRefused(server, token), 1);
  await other.call(key.text, "PATCH", `/v1/runs/${id}`, { budget: { limit: 2 * tokensPerCall } });
  assert.equal(await ask(other, token), 200);
  assert.equal((await server.readRun(key.text, id)).state, "open");
  // The first still thinks that it is so; a refusal there is noted nevertheless.
  assert.equal(await ask(server, token), 429);
  assert.equal((await server.readRun(key.text, id)).state, "budget_reached");
});

test("a run that has ended stays ended, whatever becomes of its budget", async (context) => {
  const server = await startRunServer(context);
  const key = await server.makeKey();
  const { id, token } = await server.makeRun(key.text, { budget: { unit: "tokens", limit: 0 } });
  assert.equal(await ask(server, token), 429);
  await server.call(key.text, "POST", `/v1/runs/${id}/end`);
  assert.equal(await ask(server, token), 401);
  assert.equal((await server.readRun(key.text, id)).state, "ended");
});

test("calls at one time make no more calls than the budget has room for", async (context) => {
  const server = await startRunServer(context);
  const key = await server.makeKey();
  const { id, token } = await server.makeRun(key.text, { budget: { unit: "tokens", limit: 2 * tokensPerCall } });
  const statuses = await Promise.all(Array.from({ length: 12 }, () => ask(server, token)));
  const { usage, budget } = await server.readRun(key.text, id);
  assert.equal(usage.calls, statuses.filter((status) => status === 200).length);
  assert.deepEqual([budget?.spent, budget?.reserved], [usage.calls * tokensPerCall, 0]);
  assert.ok(usage.calls >= 1 && usage.calls <= 3);
});
