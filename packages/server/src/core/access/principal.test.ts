import { test } from "node:test";
import assert from "node:assert/strict";
import { scopes } from "@gantry/contracts/access";
import { errorCatalogue } from "@gantry/contracts/errors";
import { requireScope, toPolicyName } from "./principal.ts";

test("a key does what its scopes say and nothing else", () => {
  for (const held of scopes) {
    for (const needed of scopes) {
      const failure = requireScope({ scopes: [held] }, needed);
      assert.equal(failure?.code, held === needed ? undefined : "insufficient_scope");
    }
  }
});

test("the refusal is a 403 and names what is needed and what the key has", () => {
  assert.deepEqual(requireScope({ scopes: ["inference", "tasks"] }, "admin"), {
    code: "insufficient_scope",
    message: 'This needs a key with the scope "admin"; the scopes of this key are: inference, tasks.',
  });
  assert.match(requireScope({ scopes: [] }, "tasks")?.message ?? "", /are: none\.$/);
  assert.equal(errorCatalogue.insufficient_scope.status, 403);
});

test("a policy is named with its version", () => {
  assert.equal(toPolicyName({ name: "pro", version: 3 }), "pro@3");
});
