import { keyInput, profileInput, projectInput } from "@gantry/contracts/access";
import { FailureError } from "@gantry/contracts/errors";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import { checkInput } from "./check-input.ts";
import { pageFields, positionField, timeField, versionField } from "./query-fields.ts";

function refusalOf(schema: z.ZodType, input: unknown): string {
  try {
    checkInput(schema, input, "body");
  } catch (error) {
    assert.ok(error instanceof FailureError);
    const { code, message, param } = error.failure;
    assert.equal(code, "invalid_request");
    assert.ok(param !== undefined && message.startsWith(`${param}: `), message);
    return message;
  }
  return "accepted";
}

const key = { name: "ci", projectId: "prj_1", profile: "pro" };

test("a refusal names the field, what was expected and what came", () => {
  for (const [schema, input, message] of [
    [projectInput, null, "body: expected an object, got null"],
    [projectInput, [], "body: expected an object, got an array of 0"],
    [projectInput, {}, "name: expected a string, got nothing"],
    [projectInput, { name: 7 }, "name: expected a string, got 7"],
    [projectInput, { name: "" }, 'name: expected at least 1 character, got ""'],
    [projectInput, { name: "x".repeat(121) }, "name: expected at most 120 characters, got a string of 121 characters"],
    [projectInput, { name: "<b>" }, 'name: expected letters, digits, blanks and . : @ / _ - only, got "<b>"'],
    [projectInput, { name: "a", nmae: 1 }, "nmae: not known here"],
    [projectInput, { name: "a", cache: { enabled: "yes" } }, 'cache.enabled: expected true or false, got "yes"'],
    [projectInput, { name: "a", metadata: { a: 1 } }, "metadata.a: expected a string, got 1"],
    [keyInput, { ...key, scopes: [] }, "scopes: expected at least 1 entry, got an array of 0"],
    [
      keyInput,
      { ...key, scopes: ["root"] },
      'scopes[0]: expected one of inference, tasks, sessions, approve, admin, got "root"',
    ],
    [keyInput, { ...key, expiresAt: 1.5 }, "expiresAt: expected a whole number, got 1.5"],
    [keyInput, { ...key, limits: { concurrent: 0 } }, "limits.concurrent: expected at least 1, got 0"],
    [profileInput, { name: "p", toolRules: [{}] }, "toolRules[0].tool: expected a string, got nothing"],
  ] as const) {
    assert.equal(refusalOf(schema, input), message);
  }
});

test("a hostile name of a field makes no long message", () => {
  assert.ok(refusalOf(projectInput, { name: "a", ["x".repeat(100_000)]: 1 }).length < 200);
  assert.ok(refusalOf(projectInput, { name: "a", metadata: { ["x".repeat(100_000)]: "" } }).length < 300);
  assert.match(refusalOf(projectInput, JSON.parse('{"name":"a","__proto__":{}}')), /^__proto__: not known here/);
});

test("times are epoch milliseconds, dates or times with a zone", () => {
  const read = (text: string) => checkInput(timeField, text, "from");
  assert.equal(read("1763000000000"), 1_763_000_000_000);
  assert.equal(read("2026-11-20"), Date.UTC(2026, 10, 20));
  assert.equal(read("2026-11-20T10:00:00Z"), Date.UTC(2026, 10, 20, 10));
  assert.equal(read("2026-11-20T10:00+02:00"), Date.UTC(2026, 10, 20, 8));
  for (const wrong of ["", "yesterday", "2026-02-31", "2026-13-01", "2026-11-20T10:00", "-1", "1e3", "9".repeat(16)]) {
    assert.match(refusalOf(timeField, wrong), /^body: expected epoch milliseconds, a date such as/, wrong);
  }
});

test("numbers in a query are plain digits within their bounds", () => {
  assert.equal(checkInput(pageFields.limit, undefined, "limit"), undefined);
  assert.equal(checkInput(pageFields.limit, "200", "limit"), 200);
  for (const wrong of ["0", "201", "-1", "1.5", "1e2", " 1", "", "9".repeat(20)]) {
    assert.match(refusalOf(pageFields.limit, wrong), /^body: expected a whole number from 1 to 200, got/);
  }
  assert.equal(checkInput(positionField, "0", "after"), 0);
  assert.equal(checkInput(versionField, "3", "version"), 3);
  assert.match(refusalOf(pageFields.limit, ["1", "2"]), /expected a string, got an array of 2/);
});
