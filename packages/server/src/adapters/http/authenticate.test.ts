import assert from "node:assert/strict";
import { test } from "node:test";
import { FailureError } from "@gantry/contracts/errors";
import { authenticate, findKeyHeaders, type KeyHeaders } from "./authenticate.ts";
import { samplePrincipal } from "./sample-principal.ts";

const identify = async (key: string) => (key === "good" ? samplePrincipal : undefined);
const keyOf = async (headers: KeyHeaders) => (await authenticate(headers, identify)).keyId;

test("the key is found in either header, however the scheme is written", async () => {
  for (const headers of [
    { authorization: ["Bearer good"] },
    { authorization: ["bearer   good  "] },
    { "x-api-key": ["good"] },
    { authorization: ["Basic Z29vZA=="], "x-api-key": ["good"] },
  ]) {
    assert.equal(await keyOf(headers), samplePrincipal.keyId, JSON.stringify(headers));
  }
});

test("a key that is missing, wrong, misplaced or given twice is refused", async () => {
  for (const headers of [
    {},
    { authorization: ["good"] },
    { authorization: ["Bearer"] },
    { authorization: ["Bearer "] },
    { authorization: ["Bearer bad"] },
    { authorization: ["Bearer good good"] },
    { authorization: ["Bearer bad"], "x-api-key": ["good"] },
    { authorization: ["Bearer good", "Bearer bad"] },
    { "x-api-key": ["good", "good"] },
    { "x-api-key": [""] },
    { "x-api-key": ["Bearer good"] },
  ]) {
    await assert.rejects(
      keyOf(headers),
      (error) =>
        error instanceof FailureError && error.failure.code === "unauthorized" && !error.message.includes("good"),
      JSON.stringify(headers),
    );
  }
});

test("every header that may hold a key is found, however its name is written, and no other", () => {
  const raw = ["Authorization", "Bearer a", "x-other", "authorization", "X-API-Key", "b", "authorization", "Bearer c"];
  assert.deepEqual(findKeyHeaders(raw), { authorization: ["Bearer a", "Bearer c"], "x-api-key": ["b"] });
  assert.deepEqual(findKeyHeaders([]), {});
});
