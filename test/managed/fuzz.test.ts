import fc from "fast-check";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Operation } from "../../packages/server/src/adapters/http/admin/operation.ts";
import { describedOperations } from "../../packages/server/src/adapters/http/managed/managed-operations.ts";
import { type Managed, startManaged } from "./start-managed.ts";

const operations: Readonly<Record<string, Operation>> = describedOperations;

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom(
    "agent",
    "self",
    "cloud",
    "limited",
    "file",
    "user.message",
    "user.interrupt",
    "user.tool_confirmation",
  ),
  fc.constantFrom("1", "0", "-1", "1e9", "999999999999999", "\u0000", "\uD800", "__proto__", "../x", "%", "[]", "desc"),
  fc.string({ minLength: 300, maxLength: 600 }),
);
const value: fc.Arbitrary<unknown> = fc.oneof(
  { maxDepth: 3 },
  text,
  fc.integer(),
  fc.constantFrom<unknown>(0, 1, -1, 2 ** 53, 1e308, true, false, null, [], {}),
  fc.array(fc.oneof(text, fc.dictionary(text, text, { maxKeys: 3 })), { maxLength: 3 }),
  fc.dictionary(text, text, { maxKeys: 3 }),
);

/** What a field of that name is most often, so that requests get past the first check. */
const good: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  name: fc.constantFrom("a", "b"),
  model: fc.constantFrom<unknown>("haiku", { id: "haiku", effort: "low" }),
  metadata: fc.constantFrom<unknown>({ a: "b" }, { a: null }),
  limit: fc.constantFrom("1", "5"),
  order: fc.constantFrom("asc", "desc"),
  tools: fc.constantFrom<unknown>(
    [],
    [{ type: "agent_toolset_20260401" }],
    [{ type: "mcp_toolset", mcp_server_name: "m" }],
  ),
  config: fc.constantFrom<unknown>(null, { type: "cloud" }, { type: "cloud", networking: { type: "limited" } }),
  events: fc.constantFrom<unknown>(
    [{ type: "user.interrupt" }],
    [{ type: "user.tool_confirmation", tool_use_id: "sevt_none", result: "allow" }],
    [{ type: "user.custom_tool_result", custom_tool_use_id: "sevt_none" }],
    [{ type: "system.message", content: [{ type: "text", text: "x" }] }],
    [{ type: "user.tool_result", tool_use_id: "x" }],
  ),
  decision: fc.constantFrom("allow", "deny"),
  title: fc.constantFrom("t", null),
  type: fc.constant("file"),
};

function objectOf(schema: Operation["body"]): fc.Arbitrary<Record<string, unknown>> {
  const names = Object.keys(schema?.shape ?? {});
  if (names.length === 0) return fc.dictionary(text, value, { maxKeys: 2 });
  const fields = names.map((name): [string, fc.Arbitrary<unknown>] => [
    name,
    fc.oneof({ weight: 6, arbitrary: good[name] ?? value }, { weight: 1, arbitrary: value }),
  ]);
  return fc.record(Object.fromEntries(fields), {
    requiredKeys: names.filter((name) => ["name", "model", "events"].includes(name)),
  });
}

let managed: Managed;
const known: Record<string, string> = {};
before(async () => {
  managed = await startManaged();
  const { agents, environments, sessions, files } = managed.client.beta;
  const agent = await agents.create({ name: "a", model: "haiku" });
  const environment = await environments.create({ name: "e" });
  const session = await sessions.create({ agent: agent.id, environment_id: environment.id });
  const file = await files.upload({ file: new File(["x"], "x.txt") });
  Object.assign(known, { agents: agent.id, environments: environment.id, sessions: session.id, files: file.id });
});
after(() => managed.gantry.stop());

test("whatever is sent, no answer is a fault of the server's, and each refusal has the vendor's shape", async () => {
  const request = fc.constantFrom(...Object.keys(operations)).chain((name) =>
    fc.record({
      name: fc.constant(name),
      ids: fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant("") }, { weight: 1, arbitrary: text }), {
        minLength: 2,
        maxLength: 2,
      }),
      query: objectOf(operations[name]?.query),
      body: fc.oneof({ weight: 9, arbitrary: objectOf(operations[name]?.body) }, { weight: 1, arbitrary: value }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(request, async ({ name, ids, query, body }) => {
      const operation = operations[name];
      if (operation === undefined) return;
      // A stream has no end; a form has tests of its own; what is deleted is needed again.
      if (operation.path.endsWith("stream") || operation.path.endsWith("/ws") || "form" in operation) return;
      if (operation.method === "DELETE" || operation.path.endsWith("/archive")) ids = ids.map((id) => id || "none");
      const rest = [...ids];
      const kind = operation.path.split("/")[2] ?? "";
      const path = operation.path.replaceAll(/:\w+/g, () =>
        encodeURIComponent((rest.shift() || known[kind] || "none").toWellFormed()),
      );
      const search = new URLSearchParams();
      for (const [field, given] of Object.entries(query)) {
        const shown = typeof given === "object" ? JSON.stringify(given) : String(given);
        if (given !== undefined) search.append(field.toWellFormed(), shown.toWellFormed());
      }
      const sends = operation.method !== "GET" && operation.method !== "DELETE";
      const sent = `${operation.method} ${path}?${search} ${JSON.stringify(body)}`;
      const signal = AbortSignal.timeout(60_000);
      const response = await managed
        .send(operation.method, `${path}?${search}`, { ...(sends && { body }), signal })
        .catch((error: unknown) => assert.fail(`${sent}\n${String(error)}`));
      const answer = await response.text();
      assert.ok(response.status < 500 || response.status === 501, `${sent}\n${response.status} ${answer}`);
      assert.ok(response.headers.get("request-id"), sent);
      // Pages for people say what is wrong in words.
      if (operation.texts?.includes("text/html") === true) return;
      if (response.status >= 400) assert.equal((JSON.parse(answer) as { type: string }).type, "error", sent);
    }),
    { numRuns: 200, endOnFailure: true },
  );
  assert.doesNotMatch(managed.gantry.stderr(), /failed inside/);
});
