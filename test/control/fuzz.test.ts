import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { adminOperations } from "../../packages/server/src/adapters/http/admin/admin-operations.ts";
import type { Operation } from "../../packages/server/src/adapters/http/admin/operation.ts";
import { openEmbedded, openOnServer, startAdminApi } from "./start-admin-api.ts";

const operations: Readonly<Record<string, Operation>> = adminOperations;

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom(
    "default",
    "prj_default",
    "pro",
    "free",
    "admin",
    "key",
    "project",
    "day",
    "tokens",
    "csv",
    "jsonl",
    "",
  ),
  fc.constantFrom("2026-11-20", "1", "0", "-1", "1e9", "999999999999999", "\u0000", "\uD800", "__proto__", "../x", "%"),
  fc.string({ minLength: 300, maxLength: 600 }),
);
const value: fc.Arbitrary<unknown> = fc.oneof(
  { maxDepth: 2 },
  text,
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, 1, -1, 2 ** 53, 8_640_000_000_000_000, 1e308, true, false, null),
  fc.array(text, { maxLength: 3 }),
  fc.dictionary(text, text, { maxKeys: 3 }),
  fc.constantFrom<unknown>(
    ["inference"],
    { enabled: true, maxAgeSeconds: 1 },
    { amount: 1, until: 8_640_000_000_000_000 },
    { requestsPerMinute: 1 },
    [{ tool: "*", action: "allow" }],
  ),
);

/** What a field of that name is most often, so that requests get past the first check. */
const good: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  name: fc.constantFrom("a", "b", "c-1"),
  projectId: fc.constant("default"),
  profile: fc.constant("pro"),
  subject: fc.constantFrom("project", "run"),
  subjectId: fc.constant("default"),
  subject_id: fc.constant("prj_default"),
  unit: fc.constantFrom("micros", "tokens"),
  window: fc.constantFrom("day", "lifetime"),
  limit: fc.constantFrom<unknown>(1, 9, "5"),
  disabled: fc.boolean(),
  shadow: fc.boolean(),
  overlapSeconds: fc.nat(100),
  networkAccess: fc.boolean(),
  allowedModels: fc.constant(["*"]),
  metadata: fc.constant({ a: "b" }),
  format: fc.constantFrom("json", "csv", "jsonl"),
  by: fc.constantFrom("model", "key", "day"),
  from: fc.constant("2026-11-01"),
  to: fc.constant("2026-12-01"),
};
const needed = ["name", "projectId", "profile", "subject", "subjectId", "unit", "window", "limit"];

function objectOf(schema: Operation["body"], anything: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> {
  const names = Object.keys(schema?.shape ?? {});
  if (names.length === 0) return fc.dictionary(text, anything, { maxKeys: 2 });
  const fields = names.map((name): [string, fc.Arbitrary<unknown>] => [
    name,
    fc.oneof({ weight: 12, arbitrary: good[name] ?? anything }, { weight: 1, arbitrary: anything }),
  ]);
  const whole = fc.record(Object.fromEntries(fields));
  // Few at a time of what is not needed: one that is wrong hides the others.
  return fc
    .tuple(whole, fc.array(fc.constantFrom(...names), { maxLength: 2 }))
    .map(([all, kept]) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => needed.includes(name) || kept.includes(name))),
    );
}

const requests = fc.constantFrom(...Object.entries(operations)).chain(([called, operation]) =>
  fc.record({
    called: fc.constant(called),
    /** Undefined for what was made last. */
    name: fc.oneof(text, fc.constantFrom("default", "pro", "a", "b"), fc.constant(undefined)),
    query: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, objectOf(operation.query, text)),
    body: fc.oneof(
      { weight: 6, arbitrary: objectOf(operation.body, value).map((body) => JSON.stringify(body)) },
      fc.json(),
      fc.string({ unit: "binary", maxLength: 20 }),
    ),
  }),
);

for (const [store, open] of [
  ["an embedded store", openEmbedded],
  ["a database server", openOnServer],
] as const) {
  test(`whatever is sent to a route of the control plane on ${store}, no answer blames the server`, async (context) => {
    const api = await startAdminApi(context, open);
    const seen = new Set<number>();
    let made = "";
    await fc.assert(
      fc.asyncProperty(requests, async ({ called, name, query, body }) => {
        const { method = "", path = "" } = operations[called] ?? {};
        const filled = path.replaceAll(/:\w+/g, () => encodeURIComponent((name ?? made).toWellFormed()));
        const search = new URLSearchParams(
          Object.entries(query).map(([field, given]): [string, string] => [field, String(given)]),
        );
        const answer = await api.call(method, `${filled}?${search}`, method === "GET" ? undefined : body);
        if (answer.status === 201) made = (answer.json as { id?: string }).id ?? made;
        seen.add(answer.status);
        assert.ok(answer.status < 500, `${answer.status}: ${answer.text}`);
        assert.ok(answer.text.length < 300_000);
      }),
      { numRuns: 1500 },
    );
    for (const status of [200, 201, 400, 404]) assert.ok(seen.has(status), `${status} was never answered`);
  });
}
