import assert from "node:assert/strict";
import type { UsageRow } from "@gantry/contracts/usage";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { type Admin, callApi, createAdmin, readApi } from "../harness/admin.ts";
import { ask, chat, readReply, sendChat } from "../harness/chat.ts";
import { countTokens } from "../harness/read-books.ts";
import { connectRaw, toRawRequest } from "../harness/raw-client.ts";
import { eventually } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";
import { type StorePlace, storePlaces } from "../harness/store-places.ts";

const toBody = (content: string, more: object = {}) => ({
  model: "haiku",
  messages: [{ role: "user", content }],
  ...more,
});
const hello = toBody("[[demo:say hello]]");
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

const tokensOf = (rows: readonly UsageRow[]): number => rows.reduce((sum, row) => sum + countTokens(row), 0);
const dollarsOf = (rows: readonly UsageRow[]): number =>
  rows.reduce((sum, { costMicros }) => sum + (costMicros ?? 0), 0) / 1e6;
const groupBy = <Name extends string>(rows: readonly UsageRow[], name: (row: UsageRow) => Name) =>
  Object.groupBy(rows, name) as Record<Name, readonly UsageRow[]>; // No group is empty.

for (const { where, openPlace } of storePlaces) {
  describe(`usage and audit on ${where}`, () => {
    let place: StorePlace;
    let gantry: Gantry;
    let admin: Admin;
    before(async () => {
      place = await openPlace();
      gantry = await startGantry({ env: { ...place.env, GANTRY_UPSTREAM_RETRIES: "0", GANTRY_MIN_READY: "0" } });
      admin = createAdmin(gantry);
    });
    after(async () => {
      await gantry.stop();
      await place.close();
    });

    test("an answer is booked when its client has the last byte, however it ends", async () => {
      const key = await admin.createKey();
      const seen: string[] = [];
      for (const [content, more, outcome] of [
        ["[[demo:say hello]]", {}, "completed"],
        ["[[demo:say hello]]", { stream: true }, "completed"],
        ["[[demo:tokens 50]]", { max_tokens: 10 }, "cut"],
        ["[[demo:status 500]]", {}, "failed"],
        ["[[demo:drop]]", { stream: true }, "failed"],
      ] as const) {
        await chat(key, toBody(content, more));
        seen.unshift(outcome);
        const rows = await admin.listUsage({ key_id: key.id });
        assert.deepEqual(
          rows.map((row) => row.outcome),
          seen,
          content,
        );
      }
      const raw = await connectRaw(gantry.url);
      raw.socket.write(toRawRequest(key, { ...hello, stream: true }));
      await raw.until("data: [DONE]");
      const [row, ...rest] = await admin.listUsage({ key_id: key.id });
      raw.socket.destroy();
      assert.deepEqual([row?.outcome, rest.length], ["completed", seen.length]);
    });

    test("an answer that its client leaves is booked with what was seen of it", async () => {
      const key = await admin.createKey();
      const client = await connectRaw(gantry.url);
      client.socket.write(toRawRequest(key, toBody("[[demo:hang 9]]", { stream: true })));
      await client.until('"tok9 "');
      client.socket.destroy();
      await eventually(async () => (await admin.listUsage({ key_id: key.id })).length === 1, "it is booked");
      const [row] = await admin.listUsage({ key_id: key.id });
      assert.equal(row?.outcome, "cancelled");
      // Nine words of five bytes, four of which are taken for a token.
      assert.equal(row.tokens.outputTokens, 12);
      assert.ok((row.costMicros ?? 0) > 0);
    });

    test("a row tells what a request was, in the figures of its answer", async () => {
      const key = await admin.createKey();
      const { usage } = await ask(key, hello);
      const [row] = await admin.listUsage({ key_id: key.id });
      assert.ok(row !== undefined && usage !== undefined);
      const { id, at, tokens, costMicros, latencyMs, firstTokenMs, ...rest } = row;
      assert.match(id, /^req_[0-9a-f]{32}$/);
      assert.ok(Math.abs(Date.now() - at) < 60_000);
      assert.equal(tokens.inputTokens + tokens.cacheReadTokens + tokens.cacheWriteTokens, usage.prompt_tokens);
      assert.equal(tokens.outputTokens, usage.completion_tokens);
      assert.ok((costMicros ?? 0) > 0 && firstTokenMs !== null && firstTokenMs <= latencyMs);
      assert.match(rest.model, /^claude-haiku-/);
      assert.deepEqual(rest, {
        projectId: "prj_default",
        keyId: key.id,
        runId: null,
        model: rest.model,
        driver: "claude",
        outcome: "completed",
        profile: "enterprise@1",
      });
    });

    test("a request id of the client's own bills nothing away, though it comes twice", async () => {
      const key = await admin.createKey();
      const headers = { "x-request-id": "req_00000000000000000000000000000001" };
      for (let count = 0; count < 2; count += 1) {
        const reply = await ask(key, hello, { headers });
        assert.equal(reply.headers.get("x-request-id"), headers["x-request-id"]);
      }
      const ids = (await admin.listUsage({ key_id: key.id })).map(({ id }) => id);
      assert.equal(new Set(ids).size, 2);
      assert.ok(!ids.includes(headers["x-request-id"]));
    });

    test("a project's usage comes in the documented shape, and adds up to its rows", async () => {
      const project = await admin.createProject();
      const [one, two] = [
        await admin.createKey({ projectId: project.id }),
        await admin.createKey({ projectId: project.id }),
      ];
      await ask(one, hello);
      await ask(two, toBody("[[demo:say hello]]", { model: "sonnet" }));
      await ask(two, hello);
      const budget = { subject: "project", subjectId: project.id, window: "month", limit: 1_000_000 } as const;
      await admin.createBudget(budget);
      await ask(one, hello);

      const rows = await admin.listUsage({ project_id: project.id });
      const [last] = rows;
      assert.ok(last !== undefined && rows.length === 4);
      const toGroup = (group: readonly UsageRow[]) => ({ tokens: tokensOf(group), cost: dollarsOf(group) });
      const byModel = groupBy(rows, ({ model }) => model);
      const expected = {
        project_id: project.id,
        period: "month",
        total_tokens: tokensOf(rows),
        total_cost: dollarsOf(rows),
        by_model: Object.fromEntries(Object.entries(byModel).map(([model, group]) => [model, toGroup(group)])),
        limit: 1_000_000,
        // A budget counts from when it was made.
        remaining: 1_000_000 - countTokens(last),
      };
      assert.equal(Object.keys(byModel).length, 2);
      assert.deepEqual(await readApi(one, "GET", "/v1/usage"), expected);

      const { breakdown } = await readApi<{ breakdown: readonly object[] }>(two, "GET", "/v1/usage?by=key&period=day");
      const byKey = Object.entries(groupBy(rows, ({ keyId }) => keyId));
      assert.deepEqual(
        new Set(breakdown),
        new Set(byKey.map(([group, of]) => ({ group, requests: of.length, ...toGroup(of) }))),
      );

      const { raw, headers } = await callApi(one, "GET", "/v1/usage?format=csv");
      assert.match(headers.get("content-type") ?? "", /^text\/csv/);
      const lines = raw.split("\r\n");
      assert.match(lines[0] ?? "", /^model,requests,inputTokens,.*costMicros,costUsd,unpriced,keys$/);
      assert.equal(lines.length, 4);
      for (const [model, group] of Object.entries(byModel)) {
        const line = lines.find((each) => each.startsWith(`${model},`)) ?? "";
        assert.ok(line.includes(`,${dollarsOf(group)},0,`), line);
      }
    });

    test("the daily report counts all requests, their cost and the keys that were active", async () => {
      const rows = await admin.listUsage();
      const days = groupBy(rows, ({ at }) => new Date(at).toISOString().slice(0, 10));
      const expected = Object.entries(days).map(([date, of]) => ({
        date,
        total_sessions: of.length,
        total_cost_usd: dollarsOf(of),
        active_users: new Set(of.map(({ keyId }) => keyId)).size,
      }));
      assert.ok(expected.length > 0);
      const report = await readApi(gantry, "GET", "/v1/organizations/usage_report/claude_code");
      assert.deepEqual(report, { daily_metrics: expected.toReversed() });
    });

    test("the audit has one entry for each completion, with the digest of the body as it was sent", async () => {
      const key = await admin.createKey({ profile: "pro" });
      const body = `{ "messages":[{"role":"user","content":"[[demo:say h\\u00e9llo]]  ünïcode"}],\n\t"model" : "haiku" }`;
      const reply = await readReply(await sendChat(key, body));
      assert.equal(reply.text, "héllo");
      await chat(key, toBody("[[demo:status 500]]"));
      const entries = await admin.readAudit({ actor: key.id });
      const [last, first] = await admin.listUsage({ key_id: key.id });
      const common = {
        actor: key.id,
        action: "completion.finished",
        projectId: "prj_default",
        address: "127.0.0.1",
        policy: "pro@1",
      };
      assert.equal(entries.length, 2);
      assert.partialDeepStrictEqual(entries, [
        { ...common, target: `request:${first?.id}`, result: "ok", detail: "completed", payloadDigest: sha256(body) },
        { ...common, target: `request:${last?.id}`, result: "failed", detail: "failed" },
      ]);
      const everything = await admin.readAudit({ action: "completion.finished" });
      const billed = (await admin.listUsage()).map(({ id }) => `request:${id}`);
      assert.deepEqual(new Set(everything.map(({ target }) => target)), new Set(billed));
      assert.equal(everything.length, billed.length);
    });
  });
}
