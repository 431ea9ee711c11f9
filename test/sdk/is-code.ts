import assert from "node:assert/strict";
import { GantryError } from "../../packages/sdk/src/index.ts";

/** For `assert.rejects`: a failure of the client with that code. */
export const isCode =
  (code: string) =>
  (error: unknown): true => {
    assert.ok(error instanceof GantryError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  };
