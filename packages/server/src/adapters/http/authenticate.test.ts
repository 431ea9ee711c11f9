import assert from "node:assert/strict";
import { test } from "node:test";
import { FailureError } from "@gantry/contracts/errors";
import { authenticate } from "./authenticate.ts";

const findOwner = (key: string) => (key === "good" ? "ada" : undefined);
const ownerOf = (headers: Record<string, string[]>) => authenticate(headers, findOwner);

test("the owner is found by either header, however the scheme is written", () => {
  for (const headers of [
    { authorization: ["Bearer good"] },
    { authorization: ["bearer   good  "] },
    { "x-api-key": ["good"] },
    { authorization: ["Basic Z29vZA=="], "x-api-key": ["good"] },
  ]) {
    assert.equal(ownerOf(headers), "ada", JSON.stringify(headers));
  }
});

test("a key that is missing, wrong, misplaced or given twice is refused", () => {
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
    assert.throws(
      () => ownerOf(headers),
      (error) =>
        error instanceof FailureError && error.failure.code === "unauthorized" && !error.message.includes("good"),
      JSON.stringify(headers),
    );
  }
});
