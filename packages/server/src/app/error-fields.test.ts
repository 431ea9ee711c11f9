import assert from "node:assert/strict";
import { test } from "node:test";
import { toErrorFields } from "./error-fields.ts";

test("the log tells an error's kind, sentence, code, place and cause", () => {
  const cause = Object.assign(new Error("no room"), { code: "ENOSPC" });
  const fields = toErrorFields(new TypeError("it failed", { cause }));
  assert.equal(fields.type, "TypeError");
  assert.equal(fields.message, "it failed");
  assert.match(fields.stack ?? "", /^ {4}at .*error-fields\.test\.ts/);
  assert.equal(fields.cause?.code, "ENOSPC");
});

test("what libraries hang on an error, and what a parser quotes, is not told", () => {
  const parse = (): unknown => JSON.parse('{"prompt": sesame');
  let parsing: unknown;
  try {
    parse();
  } catch (error) {
    parsing = error;
  }
  assert.match(String(parsing), /sesame/);
  const error = Object.assign(new Error("it failed", { cause: parsing }), { request: { prompt: "sesame" } });
  assert.doesNotMatch(JSON.stringify(toErrorFields(error)), /sesame/);
});

test("a ring of causes, and what is no error, do no harm", () => {
  const error = new Error("ring");
  error.cause = error;
  assert.equal(JSON.stringify(toErrorFields(error)).match(/"message":"ring"/g)?.length, 6);
  assert.doesNotMatch(JSON.stringify(toErrorFields({ prompt: "sesame" })), /sesame/);
});
