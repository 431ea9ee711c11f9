import assert from "node:assert/strict";
import { test } from "node:test";
import { errorCatalogue, type ErrorCode, toFailure } from "@gantry/contracts/errors";
import { adminProfile } from "../../packages/server/src/core/access/admin-profile.ts";
import { toRefusalEntry } from "../../packages/server/src/core/audit/to-refusal-entry.ts";

const refused = {
  principal: {
    keyId: "key_a",
    keyName: "a",
    projectId: "prj_a",
    owner: "prj_a",
    scopes: [],
    profile: adminProfile,
    limits: {},
    aliases: {},
    cache: { enabled: false, maxAgeSeconds: 1 },
  },
  requestId: "req_1",
  method: "POST",
  route: "/v1/chat/completions",
  address: "127.0.0.1",
  payloadDigest: "d",
};

test("what a policy refuses is recorded, and nothing else", () => {
  const codes = Object.keys(errorCatalogue) as ErrorCode[];
  const recorded = codes.filter((code) => toRefusalEntry(toFailure(code), refused, 5) !== undefined);
  assert.deepEqual(recorded.toSorted(), ["budget_exceeded", "forbidden", "insufficient_scope"]);
  assert.deepEqual(toRefusalEntry(toFailure("forbidden", "no secret sentence"), refused, 5), {
    at: 5,
    actor: "key_a",
    action: "request.refused",
    target: "POST /v1/chat/completions",
    projectId: "prj_a",
    address: "127.0.0.1",
    policy: "admin@1",
    result: "refused",
    detail: "forbidden req_1",
    payloadDigest: "d",
  });
});
