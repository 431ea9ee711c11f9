import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeAnswer } from "./decode-answer.ts";
import { decodePieces, describeAnswer, isWellFormed, readAnswer, readStream } from "./test-answers.ts";

test("an answer as a whole says what it says streamed", () => {
  for (const name of ["text", "tools", "refusal", "length", "filtered"]) {
    const streamed = describeAnswer(decodePieces([readStream(name)]));
    assert.deepEqual(describeAnswer(decodeAnswer(readAnswer(name))), streamed);
  }
});

test("an answer that failed is a failure alone, with what it has used", () => {
  const events = decodeAnswer(readAnswer("failed"));
  assert.deepEqual(describeAnswer(events), ["failed: upstream_rate_limited, 112+1024+64 in 90 out"]);
});

test("an error in the place of an answer is told as what it is", () => {
  const events = decodeAnswer({ error: { message: "m", type: "insufficient_quota" } });
  assert.deepEqual(describeAnswer(events), ["failed: upstream_usage_limit, 0+0+0 in 0 out"]);
});

test("an answer without a status counts as complete", () => {
  const output = [{ type: "message", content: [{ type: "output_text", text: "hi" }] }];
  assert.deepEqual(describeAnswer(decodeAnswer({ id: "r", model: "m", output })), [
    "started: r m",
    "text: hi",
    "finished: stop, 0+0+0 in 0 out",
  ]);
});

test("what is no answer, or not a finished one, ends in one failure", () => {
  for (const body of [undefined, null, "", [], 7, {}, { status: "queued", output: [] }, { object: "list", data: [] }]) {
    const events = decodeAnswer(body);
    const end = events.at(-1);
    assert.ok(isWellFormed(events) && end?.type === "call.failed" && end.error.code === "upstream_failed");
  }
});

test("any JSON at all is well formed", () => {
  const body = fc.oneof(
    fc.jsonValue(),
    fc.record({ status: fc.jsonValue(), output: fc.array(fc.jsonValue()), usage: fc.jsonValue() }),
  );
  fc.assert(fc.property(body, (value) => assert.ok(isWellFormed(decodeAnswer(value)))));
});
