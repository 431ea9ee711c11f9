import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../core/ports/clock.ts";
import { createSchemaChecker } from "./create-schema-checker.ts";

test("a pattern that would never end is ended, and the next question is answered", async () => {
  const checker = createSchemaChecker({ clock: { after: (_ms, call) => systemClock.after(300, call) } });
  const trap = { type: "object", properties: { a: { type: "string", pattern: "^(a+)+$" } } };
  await assert.rejects(checker.check(trap, { a: `${"a".repeat(60)}!` }), /took too long/);
  const patient = createSchemaChecker({ clock: systemClock });
  assert.deepEqual(await patient.check(trap, { a: "b" }), ['output.a: must match pattern "^(a+)+$"']);
  assert.equal(await patient.examine(trap, trap), undefined);
});
