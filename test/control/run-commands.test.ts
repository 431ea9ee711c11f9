import type { Run } from "@gantry/contracts/runs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runGantry } from "./run-gantry.ts";
import { startRunServer, tokensPerCall } from "./start-run-server.ts";

test("a run is made, shown, raised and ended from the command line", async (context) => {
  const server = await startRunServer(context);
  const { text: key } = await server.makeKey();
  const run = async (line: string) => {
    const ran = await runGantry(server.url, line.split(" "), key);
    assert.deepEqual([ran.code, ran.stderr], [0, ""], line);
    return ran.stdout;
  };
  const made = await run("runs create --models haiku,son* --expires 90m --tokens 20 --metadata job=7,by=me");
  assert.match(made, /models +haiku, son\*\nmade under +pro@1\nmetadata +job=7, by=me\n/);
  assert.match(
    made,
    /created +2026-11-20T12:00:00Z\nexpires +2026-11-20T13:30:00Z\nended +-\ntoken +gr_\S{56}\n\nKeep/,
  );
  const [, id = ""] = /^id +(\S+)\n/.exec(made) ?? [];
  const [, token = ""] = /token +(\S+)\n/.exec(made) ?? [];

  assert.equal((await server.call(token, "POST", "/v1/messages", {})).status, 200);
  const shown = await run(`runs get ${id}`);
  assert.match(shown, /state +open\n[^]*calls +1\ntokens in +10\ntokens cached +0\ntokens out +5\ncost +\$0\.000035\n/);
  assert.match(shown, /budget +15 tokens spent and 0 tokens reserved of 20 tokens\n/);
  assert.match(await run(`runs update ${id} --tokens ${3 * tokensPerCall}`), /reserved of 45 tokens\n/);
  assert.match(await run("runs list"), new RegExp(`^ID .*\n${id} +prj_default +key_\\w+ +haiku, son\\* +open `));
  assert.match(await run(`runs end ${id}`), /state +ended\n/);
  assert.match(await run(`runs get ${id}`), /ended +2026-11-20T12:00:00Z\n/);
  assert.equal((await server.call(token, "POST", "/v1/messages", {})).status, 401);

  const plain: Run & { token: string } = JSON.parse(await run("runs create --json"));
  assert.deepEqual([plain.models, plain.expiresAt - plain.createdAt, plain.budgetId], [["*"], 3_600_000, null]);
  assert.match(await run(`runs get ${plain.id}`), /budget +-\n/);
  const all = JSON.parse((await runGantry(server.url, ["runs", "list", "--json"], server.adminKey)).stdout);
  assert.deepEqual(
    all.data.map((row: Run) => row.id),
    [plain.id, id].toSorted().toReversed(),
  );
});

test("what a run cannot be is said in one line", async (context) => {
  const server = await startRunServer(context);
  const { text: key } = await server.makeKey();
  const { id } = await server.makeRun(key, { budget: { unit: "micros", limit: 5 } });
  const { id: unbound } = await server.makeRun(key);
  for (const [line, code, message] of [
    ["runs create --usd 1 --tokens 1", 2, /^--usd: expected no --tokens beside it/],
    ["runs create --expires soon", 2, /^--expires: expected a length of time/],
    ["runs create --expires 31d", 1, /^expiresInSeconds: expected at most 2592000, got 2678400 \(invalid_request\)$/],
    ["runs create --models opus", 1, /^The profile of this key allows these models: haiku, sonnet\. \(forbidden\)$/],
    ["runs get run_none", 1, /^There is no such run\. \(not_found\)$/],
    [`runs update ${id}`, 2, /^--usd: expected one of --usd and --tokens/],
    [`runs update ${id} --tokens 9`, 2, /^--tokens: expected --usd, the budget's unit/],
    [`runs update ${unbound} --tokens 9`, 1, /^The run has no budget of its own\. \(conflict\)$/],
  ] as const) {
    const ran = await runGantry(server.url, line.split(" "), key);
    assert.deepEqual([ran.code, ran.stdout], [code, ""], line);
    assert.match(ran.stderr.replace(/^gantry: /, "").trimEnd(), message);
  }
});
